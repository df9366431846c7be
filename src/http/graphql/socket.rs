//! The GraphQL socket: `graphql-transport-ws`, as <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md> has it,
//! and if the operator says so its predecessor.
//!
//! A socket's messages are taken one after the other.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::timeout;
use tungstenite::handshake::derive_accept_key;

use super::operations::{self, Wanted};
use crate::access::{Caller, Credential, Hold};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::http::answer::check_origin;
use crate::http::callers::key_in;
use crate::http::front::{Client, Stream};
use crate::http::pace::Who;
use crate::http::{Doors, callers, identity};
use crate::push::{self, Format, Message, Reader, Socket};

/// The subprotocol, and the one it replaced, which is spoken only where the operator says so.
const PROTOCOL: &str = "graphql-transport-ws";
const LEGACY_PROTOCOL: &str = "graphql-ws";
/// With what a socket is closed whose client may not have it, or may have it no longer.
pub(in crate::http) const FORBIDDEN: (u16, &str) = (4403, "Forbidden");
/// How long a client may take to introduce itself.
const INTRODUCTION: Duration = Duration::from_secs(3);

/// Why a socket is closed: the protocol's code and a reason.
type Closing = (u16, String);

/// Whether a request wants to become a socket.
pub(in crate::http) fn wants_socket(headers: &HeaderMap) -> bool {
    has_token(headers, header::UPGRADE, "websocket")
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// `GET /graphql/ws`, and `GET /graphql` with an upgrade.
pub(in crate::http) async fn open(State(doors): State<Doors>, mut request: Request) -> Result<Response> {
    let headers = request.headers();
    let wrong =
        |why: &str| Err(Error::invalid(Code::InvalidHandshake, format!("this is no WebSocket handshake: {why}")));
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
    check_origin(&doors, headers)?;
    let accept = derive_accept_key(key.as_bytes());
    let offers = |protocol| has_token(headers, header::SEC_WEBSOCKET_PROTOCOL, protocol);
    let speaks = if offers(PROTOCOL) {
        Some((PROTOCOL, Format::Socket))
    } else {
        let is_spoken = doors.0.config.legacy_sockets && offers(LEGACY_PROTOCOL);
        is_spoken.then_some((LEGACY_PROTOCOL, Format::LegacySocket))
    };
    let Some(upgrade) = request.extensions_mut().remove::<hyper::upgrade::OnUpgrade>() else {
        return wrong("the connection cannot be upgraded");
    };
    let caller = request.extensions_mut().remove::<Caller>().unwrap_or_else(Caller::nobody);
    let peer = callers::peer_in(request.extensions());
    let serve = async move {
        let Ok(upgraded) = upgrade.await else { return };
        let Ok(parts) = hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<Client>>(upgraded) else {
            tracing::error!("an upgraded connection is not one of ours");
            return;
        };
        // The seat is kept until the socket has ended.
        let (stream, _seat) = parts.io.into_inner().into_parts();
        let format = speaks.map_or(Format::Socket, |(_, format)| format);
        let socket = match stream {
            Stream::Plain(stream) => Socket::new(stream, format),
            Stream::Tls(stream) => {
                let (stream, state) = stream.into_inner();
                Socket::under_tls(stream, state, format)
            }
        };
        doors.0.sockets.add(&socket);
        let mut reader = Reader::new(doors.0.config.max_message_bytes);
        // Copied, because it holds on to the whole buffer of the server, and sockets are many and live long.
        reader.feed(&parts.read_buf);
        drop(parts.read_buf);
        let hold = doors.0.rooms.access.hold(&caller);
        let mut connection = Connection { doors, socket, reader, caller, peer, hold, is_introduced: false };
        if speaks.is_none() {
            return connection.socket.close(4406, "Subprotocol not acceptable");
        }
        connection.serve().await;
    };
    tokio::spawn(identity::inherited(serve));
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept.parse().map_err(|_| Error::Internal("no header".to_owned()))?);
    if let Some((protocol, _)) = speaks {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, header::HeaderValue::from_static(protocol));
    }
    Ok(response)
}

fn forbidden() -> Closing {
    (FORBIDDEN.0, FORBIDDEN.1.to_owned())
}

/// One client's socket.
struct Connection {
    doors: Doors,
    socket: Arc<Socket>,
    reader: Reader,
    caller: Caller,
    peer: Option<IpAddr>,
    hold: Hold,
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

impl Connection {
    /// Serves until either side has had enough.
    async fn serve(&mut self) {
        let introduced = timeout(INTRODUCTION, self.read_until(|connection| connection.is_introduced)).await;
        let ended = match introduced {
            Err(_) => Err((4408, "Connection initialisation timeout".to_owned())),
            Ok(Ok(true)) => {
                let hold = self.hold.clone();
                tokio::select! {
                    ended = self.read_until(|_| false) => ended.map(drop),
                    () = hold.revoked() => Err(forbidden()),
                }
            }
            Ok(other) => other.map(drop),
        };
        match ended {
            Ok(()) => self.socket.cut(),
            Err((code, reason)) => self.socket.close(code, &reason),
        }
        operations::let_all_go(&self.doors, &self.socket);
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
        let is_legacy = self.socket.format() == Format::LegacySocket;
        // The legacy words for the same.
        let r#type = match wire.r#type {
            "start" if is_legacy => "subscribe",
            "stop" if is_legacy => "complete",
            "connection_terminate" if is_legacy => return Err((1000, String::new())),
            "subscribe" | "complete" | "ping" | "pong" if is_legacy => "",
            r#type => r#type,
        };
        match r#type {
            "connection_init" | "ping" | "pong" if !is_object => Err(invalid("its payload is no object")),
            "connection_init" if self.is_introduced => Err((4429, "Too many initialisation requests".to_owned())),
            "connection_init" => {
                self.introduce(wire.payload).await?;
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
                let wanted: Wanted =
                    serde_json::from_str(payload.get()).map_err(|_| invalid("its payload is no operation"))?;
                if !wanted.names_a_document() {
                    return Err(invalid("its payload has no query"));
                }
                if !self.is_introduced {
                    return Err((4401, "Unauthorized".to_owned()));
                }
                if self.socket.operations().contains_key(&*id) {
                    return Err((4409, format!("Subscriber for {id} already exists")));
                }
                let operation = wanted.operation(&self.doors, &self.caller);
                let who = Who::of(Some(&self.caller), self.peer);
                let operation = operation.and_then(|operation| operation.in_pace(&self.doors, who));
                operations::begin(&self.doors, &self.socket, &id, operation).await;
                Ok(())
            }
            "complete" => {
                let operation = self.socket.operations().remove(&*id()?);
                if let Some(operation) = operation {
                    operations::let_go(&self.doors, operation);
                }
                Ok(())
            }
            _ => Err(invalid("its type is not one that a client sends")),
        }
    }

    /// Finds out who the client is: by what it says now, or said when it opened the socket.
    async fn introduce(&mut self, payload: Option<&RawValue>) -> Result<(), Closing> {
        #[derive(Deserialize)]
        struct Introduction {
            #[serde(alias = "authorization")]
            #[serde(rename = "Authorization")]
            authorization: Option<String>,
        }
        let introduction = payload.and_then(|payload| serde_json::from_str::<Introduction>(payload.get()).ok());
        let authorization = introduction.and_then(|introduction| introduction.authorization);
        let access = &self.doors.0.rooms.access;
        let is_open = self.caller.granted().is_ok_and(|granted| granted.credential == Credential::Open);
        if let Some(key) = authorization.as_deref().and_then(key_in).filter(|_| !is_open) {
            self.caller = access.by_bearer(key).await.map_err(|error| match error.code() {
                Code::Unauthenticated | Code::Forbidden => forbidden(),
                _ => (4500, "Internal server error".to_owned()),
            })?;
            self.hold = access.hold(&self.caller);
        }
        self.caller.granted().map(drop).map_err(|_| forbidden())
    }

    fn say(&self, message: &str) {
        let mut frame = Vec::new();
        push::write_text(&mut frame, &[message.as_bytes()]);
        self.socket.insist(&frame);
    }
}
