//! The GraphQL socket: `graphql-transport-ws`, as <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md> has it.
//!
//! A socket's messages are taken one after the other. Subscriptions are shared with whoever has the same (see
//! [`crate::push`]); queries and mutations run beside each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request as Operation, Value, Variables};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tungstenite::handshake::derive_accept_key;

use super::Doors;
use super::answer::check_origin;
use crate::error::{Error, Result};
use crate::graphql::check_document;
use crate::push::{self, Loss, Message, Progress, Reader, Socket};

/// The subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// How long a client may take to introduce itself.
const INTRODUCTION: Duration = Duration::from_secs(3);

/// Why a socket is closed: the protocol's code and a reason.
type Closing = (u16, String);

/// Whether a request wants to become a socket.
pub(super) fn wants_socket(headers: &HeaderMap) -> bool {
    has_token(headers, header::UPGRADE, "websocket")
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// `GET /graphql/ws`, and `GET /graphql` with an upgrade.
pub(super) async fn open(State(doors): State<Doors>, mut request: Request) -> Result<Response> {
    let headers = request.headers();
    let wrong = |why: &str| Err(Error::invalid("INVALID_HANDSHAKE", format!("this is no WebSocket handshake: {why}")));
    if request.method() != Method::GET || request.version() != Version::HTTP_11 || !wants_socket(headers) {
        return wrong("send GET over HTTP/1.1 with Upgrade: websocket");
    }
    if !has_token(headers, header::CONNECTION, "upgrade") {
        return wrong("Connection: Upgrade is missing");
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return wrong("Sec-WebSocket-Version is 13");
    }
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else { return wrong("Sec-WebSocket-Key is missing") };
    check_origin(headers)?;
    let accept = derive_accept_key(key.as_bytes());
    let speaks_it = has_token(headers, header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
    let Some(upgrade) = request.extensions_mut().remove::<hyper::upgrade::OnUpgrade>() else {
        return wrong("the connection cannot be upgraded");
    };
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let Ok(parts) = hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) else {
            tracing::error!("an upgraded connection is no TCP stream");
            return;
        };
        let socket = Socket::new(parts.io.into_inner());
        doors.0.sockets.add(&socket);
        let mut reader = Reader::new(doors.0.config.max_message_bytes);
        // Copied, because it holds on to the whole buffer of the server, and sockets are many and live long.
        reader.feed(&parts.read_buf);
        drop(parts.read_buf);
        let mut connection = Connection { doors, socket, reader, is_introduced: false };
        if !speaks_it {
            return connection.socket.close(4406, "Subprotocol not acceptable");
        }
        connection.serve().await;
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept.parse().map_err(|_| Error::Internal("no header".to_owned()))?);
    if speaks_it {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, header::HeaderValue::from_static(PROTOCOL));
    }
    Ok(response)
}

/// One client's socket.
struct Connection {
    doors: Doors,
    socket: Arc<Socket>,
    reader: Reader,
    is_introduced: bool,
}

/// A message of the protocol as it was sent.
#[derive(Deserialize)]
struct Wire<'a> {
    r#type: &'a str,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// What is to be executed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscribe {
    query: String,
    operation_name: Option<String>,
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(rename = "extensions")]
    _extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Connection {
    /// Serves until either side has had enough.
    async fn serve(&mut self) {
        let introduced = timeout(INTRODUCTION, self.read_until(|connection| connection.is_introduced)).await;
        let ended = match introduced {
            Err(_) => Err((4408, "Connection initialisation timeout".to_owned())),
            Ok(Ok(true)) => self.read_until(|_| false).await.map(drop),
            Ok(other) => other.map(drop),
        };
        match ended {
            Ok(()) => self.socket.cut(),
            Err((code, reason)) => self.socket.close(code, &reason),
        }
        let operations = std::mem::take(&mut *self.socket.operations());
        for operation in operations.into_values() {
            self.let_go(operation);
        }
    }

    /// Takes messages until something holds (true) or the client has gone (false).
    async fn read_until(&mut self, holds: fn(&Self) -> bool) -> Result<bool, Closing> {
        loop {
            while let Some(message) = self.next_message()? {
                match message {
                    // Apart, so that a socket that only waits does not keep room for it.
                    Message::Text(text) => Box::pin(self.take(&text)).await?,
                    Message::Ping(payload) => {
                        let mut frame = Vec::new();
                        push::write_pong(&mut frame, &payload);
                        self.socket.insist(&frame);
                    }
                    Message::Pong => {}
                    Message::Close(code) => {
                        self.socket.close(code.unwrap_or(1000), "");
                        return Ok(false);
                    }
                }
                if holds(self) {
                    return Ok(true);
                }
            }
            let bytes = self.socket.read().await;
            if bytes.is_empty() {
                return Ok(false);
            }
            self.socket.heard();
            self.reader.feed(&bytes);
        }
    }

    fn next_message(&mut self) -> Result<Option<Message>, Closing> {
        self.reader.next_message().map_err(|broken| (broken.code, broken.reason.to_owned()))
    }

    async fn take(&mut self, text: &str) -> Result<(), Closing> {
        let invalid = |why: &str| (4400, format!("Invalid message received: {why}"));
        let wire: Wire<'_> = serde_json::from_str(text).map_err(|_| invalid("it is no JSON object with a type"))?;
        let is_object = wire.payload.is_none_or(|payload| payload.get().starts_with('{'));
        let id = || wire.id.clone().filter(|id| !id.is_empty()).ok_or_else(|| invalid("it has no id"));
        match wire.r#type {
            "connection_init" | "ping" | "pong" if !is_object => Err(invalid("its payload is no object")),
            "connection_init" if self.is_introduced => Err((4429, "Too many initialisation requests".to_owned())),
            "connection_init" => {
                self.is_introduced = true;
                self.say(r#"{"type":"connection_ack"}"#);
                Ok(())
            }
            "ping" => {
                self.say(r#"{"type":"pong"}"#);
                Ok(())
            }
            "pong" => Ok(()),
            "subscribe" => {
                let id = id()?;
                let payload = wire.payload.ok_or_else(|| invalid("it has no payload"))?;
                let subscribe = serde_json::from_str(payload.get());
                let subscribe = subscribe.map_err(|_| invalid("its payload is no operation"))?;
                if !self.is_introduced {
                    return Err((4401, "Unauthorized".to_owned()));
                }
                if self.socket.operations().contains_key(&*id) {
                    return Err((4409, format!("Subscriber for {id} already exists")));
                }
                self.begin(&id, subscribe).await;
                Ok(())
            }
            "complete" => {
                let operation = self.socket.operations().remove(&*id()?);
                if let Some(operation) = operation {
                    self.let_go(operation);
                }
                Ok(())
            }
            _ => Err(invalid("its type is not one that a client sends")),
        }
    }

    fn say(&self, message: &str) {
        say(&self.socket, message);
    }

    fn let_go(&self, operation: push::Operation) {
        match operation {
            push::Operation::Shared(place) => self.doors.0.hub.leave(&place),
            push::Operation::Own(task) => task.abort(),
        }
    }

    /// Begins an operation; returns when a subscription listens.
    async fn begin(&self, id: &str, subscribe: Subscribe) {
        let (shared, config) = (&self.doors.0, &self.doors.0.config);
        if self.socket.operations().len() >= config.max_subscriptions {
            let message = format!("a socket has at most {} operations at a time", config.max_subscriptions);
            return self.refuse(id, "TOO_MANY_SUBSCRIPTIONS", &message);
        }
        if let Err(error) = check_document(&subscribe.query, config.documents()) {
            return self.refuse(id, error.code(), &error.public_message());
        }
        let key = key(&subscribe);
        let Subscribe { query, operation_name, variables, .. } = subscribe;
        let is_known = shared.hub.has(&key);
        let mut operation = Operation::new(query);
        if let Some(variables) = variables {
            operation = operation.variables(Variables::from_json(variables.into()));
        }
        if let Some(name) = &operation_name {
            operation = operation.operation_name(name);
        }
        // What somebody else has already need not be parsed again to know what it is.
        let kind = if is_known {
            OperationType::Subscription
        } else {
            let document = operation.parsed_query();
            match document.map(|document| type_of(document, operation_name.as_deref())) {
                Ok(Some(kind)) => kind,
                Ok(None) => return self.refuse(id, "INVALID_DOCUMENT", "the document has no operation of this name"),
                Err(error) => return self.refuse(id, "INVALID_DOCUMENT", &error.message),
            }
        };
        let schema = shared.schema.clone();
        if kind == OperationType::Subscription {
            let loss = if key.contains("anomalyDetected") { Loss::Nothing } else { Loss::ButTheLatest };
            let execute = move |progress: Progress| schema.execute_stream(operation.data(progress));
            shared.hub.subscribe(&self.socket, id, &key, loss, execute).await;
        } else {
            self.execute(id, operation);
        }
    }

    /// Runs a query or a mutation beside others.
    fn execute(&self, id: &str, operation: Operation) {
        let (schema, socket, id): (_, _, Box<str>) = (self.doors.0.schema.clone(), self.socket.clone(), id.into());
        let mut operations = self.socket.operations();
        let ended = id.clone();
        let task = tokio::spawn(async move {
            let response = schema.execute(operation).await;
            // Its id is free before the client can know that it is.
            if socket.operations().remove(&id).is_none() {
                return;
            }
            if response.data == Value::Null && response.errors.iter().all(|error| error.path.is_empty()) {
                say(&socket, &json!({"id": id, "type": "error", "payload": response.errors}).to_string());
            } else {
                say(&socket, &json!({"id": id, "type": "next", "payload": response}).to_string());
                say(&socket, &json!({"id": id, "type": "complete"}).to_string());
            }
        });
        operations.insert(ended, push::Operation::Own(task.abort_handle()));
    }

    fn refuse(&self, id: &str, code: &str, message: &str) {
        let error = json!({"message": message, "extensions": {"code": code}});
        self.say(&json!({"id": id, "type": "error", "payload": [error]}).to_string());
    }
}

fn say(socket: &Socket, message: &str) {
    let mut frame = Vec::new();
    push::write_text(&mut frame, &[message.as_bytes()]);
    socket.insist(&frame);
}

/// What two subscriptions have in common when they are the same: the document but for blanks and comments, the name of
/// the operation and the variables. One that begins after a cursor is like no other.
fn key(subscribe: &Subscribe) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut key = normalised(&subscribe.query);
    if key.contains("after") {
        key = format!("{key}\n{}", NEXT.fetch_add(1, Ordering::Relaxed));
    }
    let variables = serde_json::to_string(&subscribe.variables).unwrap_or_default();
    format!("{key}\n{}\n{variables}", subscribe.operation_name.as_deref().unwrap_or_default())
}

/// A document with one blank where there is any number of blanks, commas, line ends or comments; as it is where it has
/// block strings, whose blanks may matter.
fn normalised(document: &str) -> String {
    if document.contains("\"\"\"") {
        return document.to_owned();
    }
    let mut text = String::with_capacity(document.len());
    let mut rest = document.chars().peekable();
    let mut in_string = false;
    while let Some(char) = rest.next() {
        match char {
            '"' => {
                in_string = !in_string;
                text.push(char);
            }
            '\\' if in_string => {
                text.push(char);
                text.extend(rest.next());
            }
            '#' if !in_string => while rest.next_if(|char| *char != '\n' && *char != '\r').is_some() {},
            _ if !in_string && (char.is_whitespace() || char == ',' || char == '\u{feff}') => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            _ => text.push(char),
        }
    }
    text.trim().to_owned()
}

/// The type of the operation of this name, or of the only one.
fn type_of(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    let mut operations = document.operations.iter();
    match name {
        Some(name) => operations.find(|(known, _)| known.is_some_and(|known| known == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    }
    .map(|(_, operation)| operation.node.ty)
}
