//! What dashboards of the source system, probes and scrapers ask for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Doors;
use super::callers::Visitor;
use crate::codes::Code;
use crate::domain::instant::parse_ms;
use crate::domain::rest::{Precision, RestStats};
use crate::error::{Error, Result};

/// `?site=…&as_of=…`, both optional.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Name of the site.
    site: Option<String>,
    /// An instant as in readings; now if absent.
    as_of: Option<String>,
}

/// `GET /api/v1/stats/system`: the source system's seventeen fields.
pub(super) async fn system_stats(
    Visitor { rooms, .. }: Visitor,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<RestStats>> {
    let wrong = |why: String| Error::invalid(Code::InvalidParameter, why);
    let Query(parameters) = parameters.map_err(|e| wrong(e.body_text()))?;
    let site = rooms.store.site_by_name(parameters.site.as_deref()).await?;
    let snapshot = match parameters.as_of {
        Some(as_of) => rooms.stats.at(site.id, parse_ms(&as_of, None).map_err(|e| wrong(e.to_string()))?).await?,
        None => rooms.stats.now(site.id).await?,
    };
    Ok(Json(RestStats::new(&snapshot.stats, Precision::Rounded)))
}

/// `GET /api/v1/health`: 200, or 503 with the reason.
pub(super) async fn health(State(doors): State<Doors>) -> Response {
    let store = &doors.0.rooms.store;
    let (kind, version) = (store.kind(), env!("CARGO_PKG_VERSION"));
    match store.check().await {
        Ok(()) => {
            let healthy =
                json!({"status": "healthy", "database": "connected", "database_kind": kind, "version": version});
            Json(healthy).into_response()
        }
        Err(error) => {
            let unhealthy = json!({"status": "unhealthy", "database": "disconnected", "database_kind": kind,
                "version": version, "error": {"code": error.code(), "message": error.public_message()}});
            (StatusCode::SERVICE_UNAVAILABLE, Json(unhealthy)).into_response()
        }
    }
}

/// `GET /metrics`: counters in Prometheus' text format.
pub(super) async fn metrics(State(doors): State<Doors>, visitor: Visitor) -> Result<impl IntoResponse> {
    visitor.caller.require_all_sites("/metrics")?;
    measure(&doors);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], doors.0.metrics.render()))
}

/// Sets the measures of what there is at the moment.
fn measure(doors: &Doors) {
    let shared = &doors.0;
    let set = |name: &'static str, count: usize| {
        metrics::gauge!(name).set(u32::try_from(count).map_or(f64::INFINITY, f64::from));
    };
    let (executions, members) = shared.hub.sizes();
    set("wattline_hub_keys", executions);
    set("wattline_subscribers", members);
    set("wattline_sockets", shared.sockets.count());
    set("wattline_plain_sockets", shared.plain_sockets.len());
    set("wattline_waiting_batches", shared.rooms.ingest.waiting());
}

/// `GET /schema.graphql`: the schema, or 304 for who has it.
pub(super) async fn schema(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    static SCHEMA: LazyLock<(String, String)> = LazyLock::new(|| {
        let text = crate::graphql::sdl();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        (text, tag)
    });
    if !doors.0.config.introspection {
        return (StatusCode::NOT_FOUND, "this server does not show its schema\n").into_response();
    }
    let (text, tag) = &*SCHEMA;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    let head = [(header::ETAG, tag.as_str()), (header::CONTENT_TYPE, "application/graphql; charset=utf-8")];
    // A proxy that packs answers marks the tag as weak.
    if known == "*" || known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag) {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, text.as_str()).into_response()
}
