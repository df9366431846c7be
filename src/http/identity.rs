//! Which request it was: one id in the answer's `x-request-id`, in every error and in every line of the log.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tokio::task::futures::TaskLocalFuture;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::instrument::Instrumented;

use super::traced;

/// The header.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Of an id that a client chose, which is to fit into a line of the log.
const GREATEST_BYTES: usize = 64;

tokio::task_local! {
    static REQUEST_ID: Arc<str>;
}

/// Gives a request its id: the one it brought, if that is made of letters, digits, dots, dashes and underscores, or a new
/// one.
pub(super) async fn identify(request: Request, next: Next) -> Response {
    let id: Arc<str> = brought(request.headers()).unwrap_or_else(|| uuid::Uuid::new_v4().to_string().into());
    let span = tracing::info_span!("request", id = &*id, method = %request.method(), path = request.uri().path());
    let (trace, begun) = (traced::of_request(&request, &id), Instant::now());
    let run = REQUEST_ID.scope(id.clone(), next.run(request)).instrument(span);
    let mut response = run.instrument(trace.clone()).await;
    traced::answered(&trace, response.status().as_u16());
    let class = ["1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(response.status().as_u16() / 100).clamp(1, 5) - 1];
    metrics::histogram!("wattline_request_seconds", "status" => class).record(begun.elapsed());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn brought(headers: &HeaderMap) -> Option<Arc<str>> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (!id.is_empty() && id.len() <= GREATEST_BYTES && id.bytes().all(is_plain)).then(|| id.into())
}

/// The id of the request that this is done for.
pub(super) fn request_id() -> Option<Arc<str>> {
    REQUEST_ID.try_with(Arc::clone).ok().filter(|id| !id.is_empty())
}

/// What a task of its own does for the same request. No async function: sockets live long, and there are many.
pub(super) fn inherited<F: Future>(future: F) -> Instrumented<TaskLocalFuture<Arc<str>, F>> {
    REQUEST_ID.scope(request_id().unwrap_or_default(), future).in_current_span()
}
