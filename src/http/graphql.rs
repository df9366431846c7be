//! GraphQL over HTTP.
//!
//! Only `application/json` is taken and GET never changes anything: a page of another origin can send neither without
//! being asked, so no foreign page can write.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response as Executed};
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Doors;
use super::answer::{media_type, read_body};
use super::graphql_ws;
use crate::error::{Error, Result};
use crate::graphql::check_document;

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
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
    request: axum::extract::Request,
) -> Result<Response> {
    if graphql_ws::wants_socket(request.headers()) {
        return graphql_ws::open(State(doors), request).await;
    }
    let headers = request.headers().clone();
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
