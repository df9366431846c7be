//! Traces for OpenTelemetry, if a collector is named: how long a request took, and what of that went where. What is sent
//! carries no query string, no header and no document.
//!
//! The spans are on the level `debug`, so that the log stays as it is.

use std::borrow::Cow;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Span, Subscriber, debug_span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;
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
        tracing_opentelemetry::layer().with_tracer(tracer).with_filter(filter)
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

/// The span of a request, which goes on with the trace of whoever sent it (`traceparent`). Names as OpenTelemetry has them
/// for servers: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>.
pub fn of_request(request: &Request, id: &str) -> Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let method = request.method();
    let name = || route.map_or_else(|| Cow::from(method.as_str()), |route| format!("{method} {route}").into());
    let span = debug_span!(
        "http",
        otel.name = &*name(),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        url.path = request.uri().path(),
        request.id = id,
        http.response.status_code = field::Empty,
        otel.status_code = field::Empty,
    );
    if !span.is_disabled() {
        let sender = global::get_text_map_propagator(|it| it.extract(&HeaderExtractor(request.headers())));
        // Refused only for a span that is not new.
        let _ = span.set_parent(sender);
    }
    span
}

/// With what the request of a span was answered.
pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}
