//! `POST /api/v1/readings`: many readings at once, as JSON array, NDJSON or CSV, packed or not.

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Doors;
use super::answer::{media_type, read_body};
use crate::error::{Error, Result};
use crate::ingest::{Batch, Format, Receipt, decode};

/// `?site=…&timezone=…`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Where machine names are looked up.
    site: Option<String>,
    /// Where times without an offset were written.
    timezone: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    accepted: u64,
    duplicates: u64,
    corrected: u64,
    rejected: Vec<Rejected>,
}

#[derive(Serialize)]
struct Rejected {
    index: u64,
    code: &'static str,
    message: String,
}

/// Stores what can be stored: 200 and what became of each row, or 422 if every row was refused.
pub(super) async fn record(
    State(doors): State<Doors>,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let Query(parameters) = parameters.map_err(|e| Error::invalid("INVALID_PARAMETER", e.body_text()))?;
    let format = Format::of_media_type(media_type(&headers)).ok_or_else(|| {
        let message = "send application/json (an array), application/x-ndjson or text/csv as Content-Type";
        Error::invalid("UNSUPPORTED_MEDIA_TYPE", message)
    })?;
    let zone = parameters.timezone.as_deref().map(time_zone).transpose()?;
    let config = &doors.0.config;
    let body = read_body(body, config.max_body_bytes).await?;
    let site = doors.0.rooms.store.site_by_name(parameters.site.as_deref()).await?;
    let mut batch = Batch::new(site.id);
    decode(format, &body, zone.as_ref(), config.max_rows, &mut batch)?;
    let receipt = doors.0.rooms.ingest.record(batch).await?;
    Ok(answer(receipt))
}

/// The zone of this name.
pub(super) fn time_zone(name: &str) -> Result<TimeZone> {
    let message = || format!("{name:?} is no IANA time zone, such as Europe/Berlin");
    TimeZone::get(name).map_err(|_| Error::invalid("INVALID_PARAMETER", message()))
}

fn answer(receipt: Receipt) -> Response {
    let stored = receipt.accepted + receipt.duplicates + receipt.corrected;
    let all_refused = stored == 0 && !receipt.rejected.is_empty();
    let status = if all_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let rejected = receipt.rejected.into_iter();
    let answer = Answer {
        accepted: receipt.accepted,
        duplicates: receipt.duplicates,
        corrected: receipt.corrected,
        rejected: rejected.map(|r| Rejected { index: r.index, code: r.code, message: r.message }).collect(),
    };
    (status, Json(answer)).into_response()
}
