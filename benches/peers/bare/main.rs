//! What `logpolicy plan` is measured beside: the AWS SDK's own calls and nothing around them; and a client that counts how
//! many answers a server gives. `benches/peers/run` runs it.
//!
//! ```sh
//! bare one
//! bare fleet FILE AT_ONCE         # a line of FILE is a target: account, blank, Region
//! bare load ADDRESS CONNECTIONS SECONDS
//! ```

#![allow(clippy::print_stdout, reason = "a program of the benchmarks")]

mod fleet;
mod load;
mod one;

use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

/// One thread, as `logpolicy` has.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["one"] => one::run().await,
        ["fleet", file, at_once] => fleet::run(file, at_once.parse()?).await,
        ["load", address, connections, seconds] => {
            load::run(address, connections.parse()?, seconds.parse()?).await
        }
        _ => Err("bare one | bare fleet FILE AT_ONCE | bare load ADDRESS CONNECTIONS SECONDS".into()),
    }
}
