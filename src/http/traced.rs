//! The span of a request in the traces of OpenTelemetry.

use std::borrow::Cow;

use axum::extract::{MatchedPath, Request};
use opentelemetry::global;
use opentelemetry_http::HeaderExtractor;
use tracing::{Span, debug_span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of a request, which goes on with the trace of whoever sent it (`traceparent`). Names as OpenTelemetry has them
/// for servers: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>.
pub(super) fn of_request(request: &Request, id: &str) -> Span {
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
pub(super) fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}
