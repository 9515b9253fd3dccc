//! One HTTP client for all targets.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;

/// An HTTP client whose connector is made with the first request, and not tried out anew by each service client that is made
/// with it: that reads every root certificate of the machine again, a quarter of a millisecond for each target.
#[derive(Debug)]
pub(super) struct OnceConnected(SharedHttpClient);

impl OnceConnected {
    /// The client that the SDK would make for each service client anew: rustls, the machine's root certificates, proxies from
    /// the environment.
    pub(super) fn https() -> SharedHttpClient {
        let client = Builder::new().build_with_connector_fn(|settings, components| {
            let mut connector =
                ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(CryptoMode::Ring));
            connector.set_connector_settings(settings.cloned());
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            connector.set_proxy_config(Some(ProxyConfig::from_env()));
            connector.build()
        });
        SharedHttpClient::new(Self(client))
    }

    /// A plain client that knows no proxies, for the sandbox.
    pub(super) fn plain() -> SharedHttpClient {
        SharedHttpClient::new(Self(Builder::new().build_http()))
    }
}

impl HttpClient for OnceConnected {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn validate_base_client_config(
        &self,
        _components: &RuntimeComponentsBuilder,
        _config: &ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
