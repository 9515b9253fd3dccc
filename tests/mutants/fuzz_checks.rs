//! The checks of the fuzz targets that know the room `policy` alone, on random choices: laid out with the room's other tests
//! by `tests/mutants/run`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    dead_code,
    unreachable_pub,
    reason = "a test"
)]

mod checks {
    pub mod choices;
    pub mod containment;
    pub mod policy;
}
mod random;

use std::fs;

use random::Random;

fn inputs(number: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(7);
    (0..number).map(move |_| {
        let length = random.below(90);
        (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
    })
}

#[test]
fn containment() {
    inputs(300).for_each(|input| checks::containment::containment(&input));
}

#[test]
fn canonical() {
    inputs(500).for_each(|input| checks::policy::canonical(&input));
}

#[test]
fn policy() {
    for entry in fs::read_dir("tests/corpus").unwrap() {
        checks::policy::policy(&fs::read(entry.unwrap().path()).unwrap());
    }
}
