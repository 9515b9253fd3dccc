//! See `checks::cloudformation`.

#![no_main]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "the checks of a test")]

#[path = "../../tests/fuzz/checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::cloudformation(data));
