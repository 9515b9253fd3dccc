//! One HTTP client for all targets.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::Limited;

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

/// The longest answer of a service, above any that is true: 50 events of CloudTrail on a page, 256 KiB each.
pub(super) const MOST_OF_AN_ANSWER: usize = 32 * 1024 * 1024;

/// The longest answer of a store: a record holds twenty applies with all documents, before and after.
pub(super) const MOST_OF_A_RECORD: usize = 128 * 1024 * 1024;

/// An HTTP client whose answers end: whoever sends more than anybody needs is not read to the end.
#[derive(Debug)]
pub(super) struct Bounded {
    client: SharedHttpClient,
    most: usize,
}

impl Bounded {
    /// The client, with answers of so many bytes at most.
    pub(super) fn shared(client: SharedHttpClient, most: usize) -> SharedHttpClient {
        SharedHttpClient::new(Self { client, most })
    }
}

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(BoundedConnector { connector, most: self.most })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_base_client_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct BoundedConnector {
    connector: SharedHttpConnector,
    most: usize,
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, most) = (self.connector.call(request), self.most);
        HttpConnectorFuture::new(async move {
            Ok(answer.await?.map(|body| SdkBody::from_body_1_x(Limited::new(body, most))))
        })
    }
}
