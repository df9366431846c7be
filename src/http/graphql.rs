//! GraphQL over HTTP and over WebSockets.
//!
//! Only `application/json` is taken and GET never changes anything: a page of another origin can send neither without
//! being asked, so no foreign page can write.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response as Executed};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::Json;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Doors;
use super::answer::{check_origin, media_type, read_body};
use crate::error::{Error, Result};
use crate::graphql::check_document;

/// The subprotocol spoken: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes that a socket reads ahead. The library's default of 128 KiB a socket adds up with thousands of them.
const READ_BUFFER_BYTES: usize = 4096;
/// Bytes of a socket message at most.
const MESSAGE_BYTES: usize = 1024 * 1024;
const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// `POST /graphql`
pub(super) async fn post(State(doors): State<Doors>, headers: HeaderMap, body: Body) -> Result<Response> {
    if media_type(&headers) != "application/json" {
        return Err(Error::invalid("UNSUPPORTED_MEDIA_TYPE", "send application/json as Content-Type"));
    }
    let body = read_body(body, doors.0.config.max_body_bytes).await?;
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Error::invalid("BATCH_NOT_SUPPORTED", "send one request at a time, not a list of them"));
    }
    let request: Request = serde_json::from_slice(&body)
        .map_err(|e| Error::invalid("INVALID_BODY", format!("the body is not a GraphQL request: {e}")))?;
    execute(&doors, &headers, request).await
}

/// The parameters of a query over GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
}

/// `GET /graphql?query=…`, which also upgrades to a socket.
pub(super) async fn get(
    State(doors): State<Doors>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Response> {
    if let Ok(upgrade) = upgrade {
        return open_socket(doors, headers, upgrade).await;
    }
    let Query(parameters) = parameters.map_err(|e| Error::invalid("INVALID_PARAMETER", e.body_text()))?;
    let mut request = Request::new(parameters.query);
    if let Some(name) = parameters.operation_name {
        request = request.operation_name(name);
    }
    if let Some(variables) = parameters.variables {
        let variables = serde_json::from_str(&variables)
            .map_err(|e| Error::invalid("INVALID_PARAMETER", format!("variables is not JSON: {e}")))?;
        request = request.variables(variables);
    }
    let max_query_bytes = doors.0.config.max_query_bytes;
    check_document(&request.query, max_query_bytes)?;
    let only_queries = |request: &mut Request| {
        let document = request.parsed_query().ok()?;
        Some(document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query))
    };
    if only_queries(&mut request) == Some(false) {
        return Err(Error::invalid("METHOD_NOT_ALLOWED", "GET is for queries: send everything else with POST"));
    }
    execute(&doors, &headers, request).await
}

/// `GET /graphql/ws`
pub(super) async fn socket(
    State(doors): State<Doors>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response> {
    open_socket(doors, headers, upgrade).await
}

async fn execute(doors: &Doors, headers: &HeaderMap, request: Request) -> Result<Response> {
    let executed = doors.0.schema.execute(request).await;
    let accepts = |name| headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains(name));
    if !accepts(GRAPHQL_JSON) {
        return Ok(Json(executed).into_response());
    }
    Ok((status(&executed), [(header::CONTENT_TYPE, GRAPHQL_JSON)], Json(executed)).into_response())
}

/// 400 when no field was reached, as the media type asks.
fn status(executed: &Executed) -> StatusCode {
    let unreached = executed.errors.iter().any(|error| error.path.is_empty());
    if unreached { StatusCode::BAD_REQUEST } else { StatusCode::OK }
}

async fn open_socket(doors: Doors, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Result<Response> {
    check_origin(&headers)?;
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|offered| offered.to_str().ok());
    if !offered.is_some_and(|offered| offered.split(',').any(|name| name.trim() == PROTOCOL)) {
        let message = format!("offer {PROTOCOL} as Sec-WebSocket-Protocol");
        return Err(Error::invalid("INVALID_PROTOCOL", message));
    }
    let protocol = transport_ws().await?;
    let upgrade = upgrade.protocols([PROTOCOL]).read_buffer_size(READ_BUFFER_BYTES).max_message_size(MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(async move |socket| {
        let shutdown = doors.0.shutdown.clone();
        let serve = GraphQLWebSocket::new(socket, doors.0.schema.clone(), protocol).serve();
        let _ = shutdown.run_until_cancelled(serve).await;
    }))
}

/// The library's name for the protocol, which only its extractor gives out.
async fn transport_ws() -> Result<GraphQLProtocol> {
    let request = axum::http::Request::builder().header(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL).body(());
    let (mut parts, ()): (Parts, ()) = request.map_err(|e| Error::Internal(e.to_string()))?.into_parts();
    let protocol = GraphQLProtocol::from_request_parts(&mut parts, &()).await;
    protocol.map_err(|status| Error::Internal(format!("the library does not know {PROTOCOL}: {status}")))
}
