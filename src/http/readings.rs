//! Many readings at once, packed or not: `POST /api/v1/readings` as JSON array, NDJSON, CSV or InfluxDB line protocol,
//! and the two doors of InfluxDB, `/write` and `/api/v2/write`, so that its senders need another address and no more.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Doors;
use super::answer::{media_type, read_body};
use super::callers::Visitor;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::ingest::{Batch, Decoding, Format, Precision, Receipt, decode};

/// `?site=…&timezone=…&precision=…&dry_run=true`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Unit of the timestamps of line protocol.
    precision: Option<String>,
    /// Where machine names are looked up.
    site: Option<String>,
    /// Where times without an offset were written.
    timezone: Option<String>,
    /// Store nothing, and say what would become of each row.
    #[serde(default)]
    dry_run: bool,
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

/// `POST /api/v1/readings`. Stores what can be stored: 200 and what became of each row, or 422 if every row was refused.
pub(super) async fn record(
    State(doors): State<Doors>,
    visitor: Visitor,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let Query(parameters) = parameters.map_err(|e| Error::invalid(Code::InvalidParameter, e.body_text()))?;
    let format = Format::of_media_type(media_type(&headers)).ok_or_else(|| {
        let message = "send application/json (an array), application/x-ndjson, text/csv or text/plain (InfluxDB line \
            protocol) as Content-Type";
        Error::invalid(Code::UnsupportedMediaType, message)
    })?;
    let zone = parameters.timezone.as_deref().map(time_zone).transpose()?;
    let Parameters { site, precision, dry_run, .. } = parameters;
    let place = Place { site, precision, is_trial: dry_run };
    Ok(answer(store(&doors, &visitor, (format, zone.as_ref()), &place, body).await?))
}

/// What a sender for InfluxDB says; what else it says is passed over.
#[derive(Debug, Deserialize)]
pub(super) struct InfluxParameters {
    /// The site, in version 2.
    bucket: Option<String>,
    /// The site, in version 1.
    db: Option<String>,
    precision: Option<String>,
}

/// `POST /write` and `POST /api/v2/write`: 204 if every line was stored or is about something else; else 400, and what
/// could be stored is.
pub(super) async fn write(
    State(doors): State<Doors>,
    visitor: Visitor,
    parameters: Result<Query<InfluxParameters>, QueryRejection>,
    body: Body,
) -> Result<Response> {
    let Query(parameters) = parameters.map_err(|e| Error::invalid(Code::InvalidParameter, e.body_text()))?;
    let place = Place { site: parameters.bucket.or(parameters.db), precision: parameters.precision, is_trial: false };
    let receipt = store(&doors, &visitor, (Format::Influx, None), &place, body).await?;
    let Some(first) = receipt.rejected.first() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let message = format!("partial write: {}: {} dropped={}", first.code, first.message, receipt.rejected.len());
    let error = serde_json::json!({"code": "invalid", "message": message, "error": message});
    Ok((StatusCode::BAD_REQUEST, Json(error)).into_response())
}

/// `GET /ping`, with which senders for InfluxDB ask whether there is one and which protocol it speaks.
pub(super) async fn ping() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [("x-influxdb-version", "1.8-wattline")])
}

/// Where rows go, how their times are written, and whether they are stored at all.
struct Place {
    site: Option<String>,
    precision: Option<String>,
    is_trial: bool,
}

async fn store(
    doors: &Doors,
    visitor: &Visitor,
    (format, zone): (Format, Option<&TimeZone>),
    place: &Place,
    body: Body,
) -> Result<Receipt> {
    let precision = place.precision.as_deref().map_or(Some(Precision::default()), Precision::of_name);
    let precision = precision.ok_or_else(|| {
        Error::invalid(Code::InvalidParameter, "precision is ns, us, ms or s: the unit of the lines' timestamps")
    })?;
    let (config, rooms) = (&doors.0.config, &visitor.rooms);
    let body = read_body(body, config.max_body_bytes).await?;
    let mut batch = Batch::new(rooms.store.site_by_name(place.site.as_deref()).await?.id);
    batch.is_trial = place.is_trial;
    batch.author = Some(visitor.author("readings")?);
    let (mapping, now_ms, greatest_rows) = (&config.map, rooms.clock.now_ms(), config.max_rows);
    decode(format, &body, &Decoding { zone, mapping, precision, now_ms, greatest_rows }, &mut batch)?;
    rooms.ingest.record(batch).await
}

/// The zone of this name.
pub(super) fn time_zone(name: &str) -> Result<TimeZone> {
    let message = || format!("{name:?} is no IANA time zone, such as Europe/Berlin");
    TimeZone::get(name).map_err(|_| Error::invalid(Code::InvalidParameter, message()))
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
        rejected: rejected.map(|r| Rejected { index: r.index, code: r.code.as_str(), message: r.message }).collect(),
    };
    (status, Json(answer)).into_response()
}
