//! GraphQL over HTTP: <https://graphql.github.io/graphql-over-http/draft/>.
//!
//! Only `application/json` is taken and GET never changes anything: a page of another origin can send neither without
//! being asked, so no foreign page can write. Every answer is a GraphQL response, refusals too.

mod accept;
mod documents;
mod operations;
mod socket;
mod streams;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response as Executed, Value};
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use self::accept::{Accepted, Media};
use self::operations::{Operation, Wanted, graphql_error};
use super::answer::{media_type, read_body};
use super::{Doors, callers};
use crate::access::Caller;
use crate::codes::Code;
use crate::error::{Error, Result};

pub(super) use documents::Documents;
pub(super) use socket::{FORBIDDEN, open as open_socket, wants_socket};
pub(super) use streams::{STREAM_TOKEN, Streams, routes as stream_routes};

/// `GET /graphql?query=…`, which also upgrades to a socket, and `POST /graphql`.
pub(super) async fn serve(State(doors): State<Doors>, request: Request) -> Response {
    if wants_socket(request.headers()) {
        return socket::open(State(doors), request).await.into_response();
    }
    let (parts, body) = request.into_parts();
    answer(&doors, &parts, body, Accepted::of(&parts.headers)).await
}

/// Refuses a request before it is read.
pub(super) fn refuse(headers: &HeaderMap, error: Error) -> Response {
    refuse_in(media_for(headers), error)
}

/// What a refusal is written in for who sent these.
pub(super) fn media_for(headers: &HeaderMap) -> Media {
    Accepted::of(headers).media.unwrap_or(Media::Json)
}

/// The same, for who takes this.
pub(super) fn refuse_in(media: Media, error: Error) -> Response {
    media.answer(Err(error))
}

/// Answers a request of a client that takes this.
async fn answer(doors: &Doors, parts: &Parts, body: Body, accepted: Accepted) -> Response {
    let media = accepted.media.unwrap_or(Media::Json);
    if accepted.media.is_none() && accepted.stream.is_none() {
        let message = "accept application/graphql-response+json, application/json or text/event-stream";
        return media.answer(Err(Error::invalid(Code::NotAcceptable, message)));
    }
    let is_get = parts.method != Method::POST;
    let wanted =
        if is_get { parameters(&parts.uri).map(Requests::One) } else { read(doors, &parts.headers, body).await };
    let caller = callers::caller(parts);
    match wanted {
        Ok(Requests::One(wanted)) => answer_one(doors, accepted, wanted.operation(doors, &caller), is_get).await,
        Ok(Requests::Batch(all)) => batch(doors, &caller, media, all).await,
        Err(error) => media.answer(Err(error)),
    }
}

/// Executes one operation: as a stream where the client takes nothing else, or takes both and has something to watch.
async fn answer_one(doors: &Doors, accepted: Accepted, operation: Result<Operation>, is_get: bool) -> Response {
    let media = accepted.media.unwrap_or(Media::Json);
    let mut operation = match (operation, accepted) {
        (Ok(operation), _) => operation,
        (Err(error), Accepted { media: None, stream: Some(format) }) => {
            return streams::answer(doors, format, Err(error)).await;
        }
        (Err(error), _) => return media.answer(Err(error)),
    };
    // Asked for only where it matters; that a document has none is said where it is executed.
    let kind = if is_get || accepted.stream.is_some() { operation.kind(doors).ok() } else { None };
    let watches = kind == Some(OperationType::Subscription);
    let stream = accepted.stream.filter(|_| watches || accepted.media.is_none());
    let is_query = kind.is_none_or(|kind| kind == OperationType::Query);
    if is_get && !is_query && !(watches && stream.is_some()) {
        let message = "GET is for queries: send everything else with POST";
        return media.answer(Err(Error::invalid(Code::MethodNotAllowed, message)));
    }
    match stream {
        Some(format) => streams::answer(doors, format, Ok(operation)).await,
        None => media.answer(operation.execute(doors).await),
    }
}

/// Executes several requests beside each other; the answers are in their order.
async fn batch(doors: &Doors, caller: &Caller, media: Media, all: Vec<Wanted>) -> Response {
    let execute = async |wanted: Wanted| wanted.operation(doors, caller)?.execute(doors).await;
    let answers = join_all(all.into_iter().map(async |wanted| match execute(wanted).await {
        Ok(executed) => body_of(&executed),
        Err(error) => refusal(&error),
    }));
    let body = format!("[{}]", answers.await.join(","));
    media.response(StatusCode::OK.into_response(), body)
}

/// What a body asks for.
enum Requests {
    One(Wanted),
    Batch(Vec<Wanted>),
}

async fn read(doors: &Doors, headers: &HeaderMap, body: Body) -> Result<Requests> {
    if !media_type(headers).eq_ignore_ascii_case("application/json") || !is_utf8(headers) {
        return Err(Error::invalid(Code::UnsupportedMediaType, "send application/json in UTF-8 as Content-Type"));
    }
    let body = read_body(body, doors.0.config.max_body_bytes).await?;
    let wrong =
        |e: serde_json::Error| Error::invalid(Code::InvalidBody, format!("the body is not a GraphQL request: {e}"));
    if !body.trim_ascii_start().starts_with(b"[") {
        return serde_json::from_slice(&body).map(Requests::One).map_err(wrong);
    }
    let all: Vec<Wanted> = serde_json::from_slice(&body).map_err(wrong)?;
    let greatest = doors.0.config.max_batch;
    if greatest < 2 {
        return Err(Error::invalid(Code::BatchNotSupported, "send one request at a time, not a list of them"));
    }
    if all.is_empty() || all.len() > greatest {
        return Err(Error::invalid(Code::BatchTooLarge, format!("a list has 1 to {greatest} requests")));
    }
    Ok(Requests::Batch(all))
}

/// Reads the body of a single request.
async fn read_one(doors: &Doors, headers: &HeaderMap, body: Body) -> Result<Wanted> {
    match read(doors, headers, body).await? {
        Requests::One(wanted) => Ok(wanted),
        Requests::Batch(_) => Err(Error::invalid(Code::BatchNotSupported, "send one request at a time here")),
    }
}

/// Whether the body is in UTF-8, as it is where nothing else is said.
fn is_utf8(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let charset = value.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("charset="));
    charset.is_none_or(|charset| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

/// Reads the parameters of an address.
fn parameters(uri: &Uri) -> Result<Wanted> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Parameters {
        query: Option<String>,
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
        document_id: Option<String>,
    }
    let Query(parameters) =
        Query::<Parameters>::try_from_uri(uri).map_err(|e| Error::invalid(Code::InvalidParameter, e.body_text()))?;
    let object = |name: &str, text: Option<String>| {
        let wrong = |e| Error::invalid(Code::InvalidParameter, format!("{name} is no JSON object: {e}"));
        text.map(|text| serde_json::from_str(&text).map_err(wrong)).transpose()
    };
    Ok(Wanted {
        query: parameters.query,
        operation_name: parameters.operation_name,
        variables: object("variables", parameters.variables)?,
        extensions: object("extensions", parameters.extensions)?,
        document_id: parameters.document_id,
    })
}

/// Whether no field was reached: then there are no data, not even null ones.
fn is_refused(executed: &Executed) -> bool {
    executed.data == Value::Null
        && !executed.errors.is_empty()
        && executed.errors.iter().all(|error| error.path.is_empty())
}

/// As JSON, its fields in the order in which they were asked for; what cannot be written, which no response should be, is
/// null.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn body_of(executed: &Executed) -> String {
    if is_refused(executed) { format!("{{\"errors\":{}}}", json(&executed.errors)) } else { json(executed) }
}

fn refusal(error: &Error) -> String {
    format!("{{\"errors\":[{}]}}", json(&graphql_error(error)))
}

impl Media {
    fn answer(self, outcome: Result<Executed>) -> Response {
        match outcome {
            Ok(executed) => {
                let is_error = is_refused(&executed) && self == Self::GraphqlJson;
                let status = if is_error { StatusCode::BAD_REQUEST } else { StatusCode::OK };
                self.response((status, executed.http_headers.clone()).into_response(), body_of(&executed))
            }
            Err(error) => {
                let body = refusal(&error);
                self.response(error.into_response(), body)
            }
        }
    }

    fn response(self, mut response: Response, body: String) -> Response {
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        let content_type = format!("{}; charset=utf-8", self.name());
        headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_str(&content_type).unwrap_or(HeaderValue::from_static("")));
        headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        *response.body_mut() = Body::from(body);
        response
    }
}
