//! What `logpolicy plan` is measured beside: the AWS SDK's own calls and nothing around them; and a client that counts how
//! many answers a server gives. `benches/peers/run` runs it.
//!
//! ```sh
//! bare one
//! bare fleet FILE AT_ONCE         # a line of FILE is a target: account, blank, Region
//! bare load ADDRESS CONNECTIONS SECONDS
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of the benchmarks")]

mod fleet;
mod load;
mod one;

use std::error::Error;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder as Client;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use tokio::runtime::Builder;

/// The configuration that a program of the SDK begins with, and the same TLS stack as logpolicy's.
async fn configuration() -> SdkConfig {
    let http = Client::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await
}

type Failure = Box<dyn Error>;
type Outcome = Result<(), Failure>;

/// One call has one thread; many have one for each core, as tokio gives them by itself.
fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (mut one, mut many) = (Builder::new_current_thread(), Builder::new_multi_thread());
    let (one, many) = (one.enable_all(), many.enable_all());
    match arguments.as_slice() {
        ["one"] => one.build()?.block_on(one::run()),
        ["fleet", file, at_once] => many.build()?.block_on(fleet::run(file, at_once.parse()?)),
        ["load", address, connections, seconds] => {
            one.build()?.block_on(load::run(address, connections.parse()?, seconds.parse()?))
        }
        _ => Err("bare one | bare fleet FILE AT_ONCE | bare load ADDRESS CONNECTIONS SECONDS".into()),
    }
}
