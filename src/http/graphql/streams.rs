//! Operations whose results come as a response that goes on: server-sent events as graphql-sse has them
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>), and multipart.
//!
//! A response is a socket like any other to [`crate::push`]; only that nothing comes in on it.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use parking_lot::Mutex;
use serde::Deserialize;

use super::accept::Accepted;
use super::operations::{self, Operation, Wanted};
use super::{answer as answer_alone, read_one};
use crate::access::{Caller, Hold};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::http::callers::{self, Visitor};
use crate::http::{Doors, identity};
use crate::push::{BOUNDARY, Format, Socket};

/// The header that names a stream of many operations.
pub(in crate::http) const STREAM_TOKEN: &str = "x-graphql-event-stream-token";

type Pieces = BoxStream<'static, io::Result<Vec<u8>>>;

/// The streams of single connection mode, by token.
#[derive(Debug, Default)]
pub(in crate::http) struct Streams(Mutex<HashMap<Box<str>, Stream>>);

struct Stream {
    socket: Arc<Socket>,
    /// Whose it is.
    caller: Caller,
    /// Until its client has opened it.
    pieces: Option<Pieces>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("is_open", &self.pieces.is_none()).finish_non_exhaustive()
    }
}

/// `/graphql/stream`
pub(in crate::http) fn routes() -> MethodRouter<Doors> {
    get(stream).post(stream).put(reserve).delete(end)
}

/// Runs one operation, whose results are the response.
pub(super) async fn answer(doors: &Doors, format: Format, operation: Result<Operation>) -> Response {
    let (socket, pieces) = Socket::response(format);
    let hold = operation.as_ref().map_or_else(|_| Hold::default(), |operation| operation.hold(doors));
    spawn(doors, &socket, hold, None);
    operations::begin(doors, &socket, "", operation).await;
    response(format, pieces.boxed())
}

/// Serves a response until its client has gone or its operation has ended.
fn spawn(doors: &Doors, socket: &Arc<Socket>, hold: Hold, token: Option<Box<str>>) {
    doors.0.sockets.add(socket);
    let (doors, socket) = (doors.clone(), socket.clone());
    let serve = async move {
        tokio::select! {
            _ = socket.read() => {}
            // Nothing says 4403 in a response: it breaks off, and whoever asks anew is told why.
            () = hold.revoked() => {}
        }
        socket.cut();
        operations::let_all_go(&doors, &socket);
        if let Some(token) = token {
            doors.0.streams.0.lock().remove(&token);
        }
    };
    tokio::spawn(identity::inherited(serve));
}

fn response(format: Format, pieces: Pieces) -> Response {
    let media_type = match format {
        Format::Multipart => format!("multipart/mixed; boundary=\"{BOUNDARY}\"; subscriptionSpec=\"1.0\""),
        _ => "text/event-stream; charset=utf-8".to_owned(),
    };
    let mut response = Body::from_stream(pieces).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&media_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies of nginx's kind hold responses back otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// What stands in the address in single connection mode.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    token: Option<String>,
    operation_id: Option<String>,
}

/// The token of a stream, from the header or the address.
fn token<'a>(headers: &'a HeaderMap, parameters: &'a Parameters) -> Option<&'a str> {
    let in_header = headers.get(STREAM_TOKEN).and_then(|value| value.to_str().ok());
    in_header.or(parameters.token.as_deref())
}

/// `PUT /graphql/stream`: reserves a stream and answers with its token (`TOO_MANY_STREAMS`).
async fn reserve(State(doors): State<Doors>, visitor: Visitor) -> Result<Response> {
    let token = uuid::Uuid::new_v4().simple().to_string();
    let (socket, pieces) = Socket::response(Format::SharedEventStream);
    {
        let mut streams = doors.0.streams.0.lock();
        let max_streams = doors.0.config.max_streams;
        if streams.len() >= max_streams {
            let message = format!("{max_streams} streams are reserved or open: try again later");
            return Err(Error::invalid(Code::TooManyStreams, message));
        }
        streams.insert(
            token.as_str().into(),
            Stream { socket: socket.clone(), caller: visitor.caller, pieces: Some(pieces.boxed()) },
        );
    }
    spawn(&doors, &socket, visitor.hold, Some(token.as_str().into()));
    // Holds on to nothing: the service must be able to end meanwhile.
    let (shared, reserved) = (Arc::downgrade(&doors.0), token.clone());
    let reservation = Duration::from_secs_f64(doors.0.config.stream_reservation);
    tokio::spawn(async move {
        tokio::time::sleep(reservation).await;
        let Some(shared) = shared.upgrade() else { return };
        let streams = shared.streams.0.lock();
        if let Some(stream) = streams.get(&*reserved).filter(|stream| stream.pieces.is_some()) {
            stream.socket.cut();
        }
    });
    Ok((StatusCode::CREATED, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], token).into_response())
}

/// `GET /graphql/stream` and `POST /graphql/stream`: with a token they open its stream and begin operations on it,
/// without one they run one operation of their own.
async fn stream(
    State(doors): State<Doors>,
    Query(parameters): Query<Parameters>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let token = token(&parts.headers, &parameters).map(str::to_owned);
    let is_get = parts.method == Method::GET;
    let accepted = Accepted { media: None, stream: Some(Format::EventStream) };
    let caller = callers::caller(&parts);
    let outcome = match token {
        Some(token) if is_get => open(&doors, &caller, &token),
        Some(token) => match read_one(&doors, &parts.headers, body).await {
            Ok(wanted) => add(&doors, &caller, &token, wanted).await,
            Err(error) => Err(error),
        },
        None => return answer_alone(&doors, &parts, body, accepted).await,
    };
    outcome.into_response()
}

/// Opens a reserved stream.
fn open(doors: &Doors, caller: &Caller, token: &str) -> Result<Response> {
    let mut streams = doors.0.streams.0.lock();
    let stream = streams.get_mut(token).filter(|stream| stream.caller == *caller).ok_or_else(unknown)?;
    let pieces = stream.pieces.take();
    let pieces = pieces.ok_or_else(|| Error::invalid(Code::StreamAlreadyOpen, "this stream is open already"))?;
    Ok(response(Format::SharedEventStream, pieces))
}

/// Begins an operation on a stream.
async fn add(doors: &Doors, caller: &Caller, token: &str, wanted: Wanted) -> Result<Response> {
    let socket = socket_of(doors, caller, token)?;
    let id = wanted.extensions.as_ref().and_then(|extensions| extensions.get("operationId"));
    let Some(id) = id.and_then(|id| id.as_str()).filter(|id| !id.is_empty()).map(str::to_owned) else {
        return Err(Error::invalid(Code::InvalidBody, "extensions.operationId is missing"));
    };
    if socket.operations().contains_key(&*id) {
        return Err(Error::invalid(Code::OperationExists, format!("an operation {id:?} is under way on this stream")));
    }
    operations::begin(doors, &socket, &id, wanted.operation(doors, caller)).await;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// `DELETE /graphql/stream?operationId=…`: ends an operation of a stream.
async fn end(
    State(doors): State<Doors>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Result<StatusCode> {
    let token = token(&headers, &parameters).ok_or_else(unknown)?;
    let socket = socket_of(&doors, &visitor.caller, token)?;
    let operation = socket.operations().remove(parameters.operation_id.as_deref().unwrap_or_default());
    if let Some(operation) = operation {
        operations::let_go(&doors, operation);
        socket.end_operation(parameters.operation_id.as_deref().unwrap_or_default(), None);
    }
    Ok(StatusCode::OK)
}

/// The stream of this token, which is its caller's alone.
fn socket_of(doors: &Doors, caller: &Caller, token: &str) -> Result<Arc<Socket>> {
    let streams = doors.0.streams.0.lock();
    let stream = streams.get(token).filter(|stream| stream.caller == *caller);
    Ok(stream.ok_or_else(unknown)?.socket.clone())
}

fn unknown() -> Error {
    Error::NotFound("there is no such stream: reserve one with PUT".to_owned())
}
