//! Traces for OpenTelemetry, if a collector is named: how long a request took, and what of that went where. What is sent
//! carries no query string, no header and no document.
//!
//! The spans are on the level `debug`, so that the log stays as it is.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::error::{Error, Result};

/// How long the last of them may take to be sent when the program ends.
const FAREWELL: Duration = Duration::from_secs(3);

/// What sends them. What waits to be sent is bounded by the library (`OTEL_BSP_MAX_QUEUE_SIZE`).
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to a collector, by OTLP over HTTP; none if none is named.
    pub fn open(collector: &str) -> Result<Option<Self>> {
        if collector.is_empty() {
            return Ok(None);
        }
        // For a collector behind TLS; an error only says that it is chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .build()
            .map_err(|e| Error::Config(format!("the collector of traces {collector}: {e}")))?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name("wattline").with_attribute(version).build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Some(Self(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())))
    }

    /// Takes what the program says of what it does, beside the log.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let tracer = self.0.tracer("wattline");
        let filter = filter_fn(is_of_traces).with_max_level_hint(LevelFilter::DEBUG);
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
        layer.with_filter(filter)
    }

    /// Sends what is left.
    pub async fn end(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(FAREWELL)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!(?ended, "the last traces were not sent");
        }
    }
}

/// Spans of our own but for the one of the log, and what goes wrong within them.
fn is_of_traces(it: &Metadata<'_>) -> bool {
    it.target().starts_with("wattline")
        && if it.is_span() { it.name() != "request" } else { *it.level() <= Level::WARN }
}
