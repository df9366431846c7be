//! Errors as HTTP answers: a status, a code and a sentence, as `{"error": {"code": …, "message": …, "requestId": …}}`.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::readiness::shutting_down;
use super::{Doors, graphql, identity};
use crate::codes::Code;
use crate::config::Config;
use crate::error::{Error, Result};

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if self.is_ours() {
            tracing::error!(code = %self.code(), error = %self, "a request failed");
        }
        let status = match &self {
            Self::Invalid { code, .. } => status_of(*code),
            Self::Config(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Busy(_) | Self::ReadOnly(_) | Self::Full(_) | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let error = serde_json::json!({"error":
            {"code": self.code(), "message": self.public_message(), "requestId": identity::request_id()}});
        let retry_after = self.retry_after().map(|wait| [(header::RETRY_AFTER, wait.as_secs().to_string())]);
        // The rest of a body that nobody reads would be taken for the next request: say that there will be none.
        let unread = matches!(
            self.code(),
            Code::BodyTooLarge | Code::UnsupportedMediaType | Code::RequestTimeout | Code::TooManyConnections
        );
        let close = unread.then_some([(header::CONNECTION, "close")]);
        let challenge = (status == StatusCode::UNAUTHORIZED).then_some([(header::WWW_AUTHENTICATE, "Bearer")]);
        (status, retry_after, close, challenge, Json(error)).into_response()
    }
}

/// What is still answered once the server ends.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Begins nothing once the server ends (`SHUTTING_DOWN`), and gives up what takes too long (`REQUEST_TIMEOUT`).
pub(super) async fn bound(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let media = path.starts_with("/graphql").then(|| graphql::media_for(request.headers()));
    let refuse = |error: Error| match media {
        Some(media) => graphql::refuse_in(media, error),
        None => error.into_response(),
    };
    let mut answer = if doors.0.shutdown.is_cancelled() && !PROBES.contains(&path) {
        refuse(shutting_down())
    } else {
        in_time(&doors.0.config, async { Ok(next.run(request).await) }).await.unwrap_or_else(refuse)
    };
    if doors.0.shutdown.is_cancelled() {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// Gives something up that takes longer than a request may (`REQUEST_TIMEOUT`).
pub(super) async fn in_time<T>(config: &Config, work: impl Future<Output = Result<T>>) -> Result<T> {
    let limit = Duration::from_secs_f64(config.request_timeout);
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let seconds = config.request_timeout;
        let message = format!("not done within {seconds} s: what was being written may or may not be stored");
        Err(Error::invalid(Code::RequestTimeout, message))
    })
}

/// What a client gets of a panic; the log has the rest.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Error::Internal("a request panicked".to_owned()).into_response()
}

fn status_of(code: Code) -> StatusCode {
    match code {
        Code::TooManyRows | Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::OriginNotAllowed | Code::Forbidden => StatusCode::FORBIDDEN,
        Code::HostNotAllowed => StatusCode::MISDIRECTED_REQUEST,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::TooManyStreams | Code::TooManyAttempts | Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Code::IssuerUnavailable | Code::RequestTimeout | Code::TooManyConnections | Code::ShuttingDown => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::OperationExists | Code::StreamAlreadyOpen => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The whole body, unpacked, up to the limit.
pub(super) async fn read_body(body: Body, limit_bytes: usize) -> Result<Bytes> {
    to_bytes(body, limit_bytes).await.map_err(|error| {
        if error.source().is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
            let message = format!("the body is longer than {limit_bytes} bytes: send it in several requests");
            return Error::invalid(Code::BodyTooLarge, message);
        }
        Error::invalid(
            Code::InvalidBody,
            format!("the body ends too soon or is not packed as it says: {error}. Nothing was stored"),
        )
    })
}

/// The media type of the body, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// What a client says that it takes, by an `Accept` header or one of its kind: each with how much it is wanted, 0 to 1.
pub(super) fn wanted<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = (&'a str, f64)> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|value| {
        let mut parts = value.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts.find_map(|parameter| parameter.strip_prefix("q=")).and_then(|quality| quality.parse().ok());
        (name, quality.unwrap_or(1.0))
    })
}

/// Refuses to be called by a name that is not ours (`HOST_NOT_ALLOWED`). A page of another site can have its name lead
/// here and would then count as of the same origin; an IP address, `localhost` and the configured names cannot.
pub(super) async fn check_host(State(doors): State<Doors>, mut request: Request, next: Next) -> Response {
    // HTTP/2 says it in the address, and has no header for it.
    if let (None, Some(authority)) = (request.headers().get(header::HOST), request.uri().authority())
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    let Some(host) = request.headers().get(header::HOST) else { return next.run(request).await };
    let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    let name = authority.map(|authority| authority.host().trim_matches(['[', ']']).to_ascii_lowercase());
    let name = name.unwrap_or_default();
    let is_configured = || doors.0.config.hosts.split(',').any(|host| host.trim().eq_ignore_ascii_case(&name));
    if name == "localhost" || name.parse::<IpAddr>().is_ok() || (!name.is_empty() && is_configured()) {
        return next.run(request).await;
    }
    let message = format!("{name:?} is not known to be this server's name: the operator names it with --hosts");
    Error::invalid(Code::HostNotAllowed, message).into_response()
}

/// Refuses what a page of another origin asks for, unless the operator named it: browsers send cookies along and ask
/// nobody.
pub(super) fn check_origin(doors: &Doors, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    if doors.0.config.origin_list().any(|known| origin.as_bytes().eq_ignore_ascii_case(known.as_bytes())) {
        return Ok(());
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    match (origin.as_ref().and_then(Uri::authority), host) {
        (Some(authority), Some(host)) if authority.as_str() == host => Ok(()),
        _ => {
            let message = "pages of this origin may not do this: the operator names it with --origins";
            Err(Error::invalid(Code::OriginNotAllowed, message))
        }
    }
}
