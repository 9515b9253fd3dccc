//! What must hold for any bytes, by the name of the target: each check panics where it does not. The fuzzer of `fuzz/`
//! and the test `fuzz` run the same ones.

#![allow(dead_code, unreachable_pub, clippy::panic, reason = "each fuzz target takes the one that it needs")]

mod choices;
mod containment;
mod desired_state;
mod emulator_http;
mod foreign;
mod kept;
mod odd_access;
mod policy;

pub use desired_state::desired_state;
pub use emulator_http::emulator_http;
pub use foreign::{cloudformation, terraform_state};
pub use kept::{saved_plan, state};
pub use policy::{canonical, policy};

/// Regular policies, of which everything is to be shown, and odd ones, of which what is claimed must hold.
pub fn containment(data: &[u8]) {
    containment::containment(data);
    odd_access::odd_access(data);
}

/// A check for any bytes.
pub type Check = fn(&[u8]);

/// All of them.
pub const TARGETS: [(&str, Check); 9] = [
    ("desired_state", desired_state),
    ("policy", policy),
    ("canonical", canonical),
    ("containment", containment),
    ("saved_plan", saved_plan),
    ("state", state),
    ("terraform_state", terraform_state),
    ("cloudformation", cloudformation),
    ("emulator_http", emulator_http),
];
