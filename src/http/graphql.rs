//! GraphQL over HTTP: <https://graphql.github.io/graphql-over-http/draft/>.
//!
//! Only `application/json` is taken and GET never changes anything: a page of another origin can send neither without
//! being asked, so no foreign page can write. Every answer is a GraphQL response, refusals too.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response as Executed, Value};
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Doors;
use super::answer::{media_type, read_body};
use super::graphql_ws;
use crate::error::{Error, Result};
use crate::graphql::check_document;

/// What an answer is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    /// Older: every request that could be read is answered with 200.
    Json,
    /// Newer: the status says whether anything was executed.
    GraphqlJson,
}

/// `POST /graphql`
pub(super) async fn post(State(doors): State<Doors>, headers: HeaderMap, body: Body) -> Response {
    let Some(media) = Media::accepted(&headers) else { return not_acceptable() };
    media.answer(posted(&doors, &headers, body).await)
}

async fn posted(doors: &Doors, headers: &HeaderMap, body: Body) -> Result<Executed> {
    if !media_type(headers).eq_ignore_ascii_case("application/json") || !is_utf8(headers) {
        return Err(Error::invalid("UNSUPPORTED_MEDIA_TYPE", "send application/json in UTF-8 as Content-Type"));
    }
    let body = read_body(body, doors.0.config.max_body_bytes).await?;
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Error::invalid("BATCH_NOT_SUPPORTED", "send one request at a time, not a list of them"));
    }
    let request: Request = serde_json::from_slice(&body)
        .map_err(|e| Error::invalid("INVALID_BODY", format!("the body is not a GraphQL request: {e}")))?;
    check_document(&request.query, doors.0.config.documents())?;
    Ok(doors.0.schema.execute(request).await)
}

/// Whether the body is in UTF-8, as it is where nothing else is said.
fn is_utf8(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let charset = value.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("charset="));
    charset.is_none_or(|charset| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
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
) -> Response {
    if graphql_ws::wants_socket(request.headers()) {
        return graphql_ws::open(State(doors), request).await.into_response();
    }
    let Some(media) = Media::accepted(request.headers()) else { return not_acceptable() };
    let parameters = parameters.map_err(|e| Error::invalid("INVALID_PARAMETER", e.body_text()));
    let outcome = match parameters {
        Ok(Query(parameters)) => queried(&doors, parameters).await,
        Err(error) => Err(error),
    };
    media.answer(outcome)
}

async fn queried(doors: &Doors, parameters: Parameters) -> Result<Executed> {
    let mut request = Request::new(parameters.query);
    if let Some(name) = parameters.operation_name {
        request = request.operation_name(name);
    }
    if let Some(variables) = parameters.variables {
        let variables = serde_json::from_str(&variables)
            .map_err(|e| Error::invalid("INVALID_PARAMETER", format!("variables is not JSON: {e}")))?;
        request = request.variables(variables);
    }
    check_document(&request.query, doors.0.config.documents())?;
    let only_queries = |request: &mut Request| {
        let document = request.parsed_query().ok()?;
        Some(document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query))
    };
    if only_queries(&mut request) == Some(false) {
        return Err(Error::invalid("METHOD_NOT_ALLOWED", "GET is for queries: send everything else with POST"));
    }
    Ok(doors.0.schema.execute(request).await)
}

impl Media {
    /// What the client would rather have; the older one where it does not say.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let values: Vec<&str> =
            headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        if values.is_empty() {
            return Some(Self::Json);
        }
        let ranges: Vec<(&str, f64)> = values.iter().flat_map(|value| value.split(',')).map(range).collect();
        let quality = |media: Self| {
            let names = [media.name(), "application/*", "*/*"];
            let most_specific =
                names.iter().find_map(|name| ranges.iter().find(|range| range.0.eq_ignore_ascii_case(name)));
            most_specific.map_or(0.0, |range| range.1)
        };
        let is_first = |media: Self| ranges.iter().position(|range| range.0.eq_ignore_ascii_case(media.name()));
        let (json, graphql) = (quality(Self::Json), quality(Self::GraphqlJson));
        if json <= 0.0 && graphql <= 0.0 {
            return None;
        }
        let named_first = match (is_first(Self::GraphqlJson), is_first(Self::Json)) {
            (Some(graphql), Some(json)) => graphql < json,
            (graphql, json) => graphql.is_some() && json.is_none(),
        };
        let prefers_graphql = graphql > json || (named_first && graphql >= json);
        Some(if prefers_graphql { Self::GraphqlJson } else { Self::Json })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlJson => "application/graphql-response+json",
        }
    }

    fn answer(self, outcome: Result<Executed>) -> Response {
        let (mut response, body) = match outcome {
            Ok(executed) => {
                let headers = executed.http_headers.clone();
                // Where nothing was executed there are no data, not even null ones.
                let unexecuted = executed.data == Value::Null
                    && !executed.errors.is_empty()
                    && executed.errors.iter().all(|error| error.path.is_empty());
                let refused = unexecuted && self == Self::GraphqlJson;
                let status = if refused { StatusCode::BAD_REQUEST } else { StatusCode::OK };
                let body = if unexecuted {
                    json!({"errors": executed.errors}).to_string()
                } else {
                    serde_json::to_string(&executed).unwrap_or_default()
                };
                ((status, headers).into_response(), body)
            }
            Err(error) => {
                let body =
                    json!({"errors": [{"message": error.public_message(), "extensions": {"code": error.code()}}]});
                (error.into_response(), body.to_string())
            }
        };
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

/// A media range and how much it is wanted, 0 to 1.
fn range(text: &str) -> (&str, f64) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts.find_map(|parameter| parameter.strip_prefix("q=")).and_then(|quality| quality.parse().ok());
    (name, quality.unwrap_or(1.0))
}

fn not_acceptable() -> Response {
    let message = "accept application/graphql-response+json or application/json";
    let mut response = Media::Json.answer(Err(Error::invalid("NOT_ACCEPTABLE", message)));
    *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_what_it_would_rather_have() {
        let accepted = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            Media::accepted(&headers)
        };
        let (json, graphql) = (Some(Media::Json), Some(Media::GraphqlJson));
        assert_eq!(Media::accepted(&HeaderMap::new()), json);
        for (accept, expected) in [
            ("*/*", json),
            ("application/*", json),
            ("application/json", json),
            ("application/graphql-response+json", graphql),
            ("application/graphql-response+json, application/json;q=0.9", graphql),
            ("application/graphql-response+json;q=0.5, application/json", json),
            ("application/json, application/graphql-response+json", json),
            ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", graphql),
            ("text/html, application/json;q=0", None),
            ("image/png", None),
            ("text/html, */*;q=0.1", json),
        ] {
            assert_eq!(accepted(accept), expected, "{accept}");
        }
    }
}
