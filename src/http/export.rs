//! Exports: CSV or NDJSON, streamed page by page, without an end that the reader did not ask for.
//!
//! A text that a spreadsheet would take for a formula gets an apostrophe in front.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use entity::machine::Unit;
use entity::refused_reading;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::Doors;
use crate::domain::instant::format_ms;
use crate::error::{Error, Result};
use crate::store::{Page, RefusedFilter};

/// Rows read at once.
const ROWS_AT_ONCE: u64 = 1000;

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Csv,
    Ndjson,
}

/// `?format=csv|ndjson&site=…&code=…&machine=…`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusedParameters {
    #[serde(default)]
    format: Format,
    site: Option<String>,
    code: Option<String>,
    machine: Option<String>,
}

const REFUSED_COLUMNS: [&str; 12] = [
    "machine",
    "time",
    "power_kw",
    "energy_kwh",
    "counter_kwh",
    "flow_m3_per_h",
    "volume_m3",
    "counter_m3",
    "code",
    "message",
    "received_at",
    "row",
];

/// A refused reading: the columns of an import, and what else is known.
#[derive(Serialize)]
struct RefusedRow<'a> {
    machine: Option<Cow<'a, str>>,
    time: Option<String>,
    power_kw: Option<f64>,
    energy_kwh: Option<f64>,
    counter_kwh: Option<f64>,
    flow_m3_per_h: Option<f64>,
    volume_m3: Option<f64>,
    counter_m3: Option<f64>,
    code: &'a str,
    message: Cow<'a, str>,
    received_at: String,
    row: Option<Cow<'a, str>>,
}

/// `GET /api/v1/export/refused`
pub(super) async fn refused(
    State(doors): State<Doors>,
    parameters: Result<Query<RefusedParameters>, QueryRejection>,
) -> Result<Response> {
    let Query(parameters) = parameters.map_err(|e| Error::invalid("INVALID_PARAMETER", e.body_text()))?;
    let store = doors.0.rooms.store.clone();
    let site_id = store.site_by_name(parameters.site.as_deref()).await?.id;
    let RefusedParameters { format, code, machine, .. } = parameters;
    let filter = RefusedFilter { site_id: Some(site_id), code, machine, ..RefusedFilter::default() };
    let pages = stream::try_unfold(None, move |after: Option<i64>| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let page = Page { after, before: None, limit: ROWS_AT_ONCE, from_end: false };
            let rows = store.refused(&filter, page).await?;
            let is_first = after.is_none();
            if rows.is_empty() && !is_first {
                return Ok(None);
            }
            let text =
                format.text(is_first.then_some(&REFUSED_COLUMNS), rows.iter().map(|row| refused_row(row, format)))?;
            Ok::<_, Error>(Some((text, Some(rows.last().map_or(i64::MAX, |row| row.id.0)))))
        }
    });
    let name = format!("attachment; filename=\"refused.{}\"", format.extension());
    let headers = [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(pages)).into_response())
}

fn refused_row(row: &refused_reading::Model, format: Format) -> RefusedRow<'_> {
    let shown = |text| format.shown(text);
    let kwh = |amount: Option<f64>| amount.filter(|_| row.unit == Unit::Kwh);
    let cubic_metres = |amount: Option<f64>| amount.filter(|_| row.unit == Unit::CubicMetre);
    RefusedRow {
        machine: row.machine.as_deref().map(shown),
        time: row.time_ms.map(format_ms),
        power_kw: kwh(row.power_kw),
        energy_kwh: kwh(row.energy_kwh),
        counter_kwh: kwh(row.counter_kwh),
        flow_m3_per_h: cubic_metres(row.power_kw),
        volume_m3: cubic_metres(row.energy_kwh),
        counter_m3: cubic_metres(row.counter_kwh),
        code: &row.code,
        message: shown(&row.message),
        received_at: format_ms(row.received_at_ms),
        row: row.row.as_deref().map(shown),
    }
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// A text that somebody sent.
    fn shown(self, text: &str) -> Cow<'_, str> {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if is_formula && self == Self::Csv { format!("'{text}").into() } else { text.into() }
    }

    /// Writes some rows; CSV with a header if there is one.
    fn text<T: Serialize>(self, header: Option<&[&str]>, rows: impl Iterator<Item = T>) -> Result<Bytes> {
        let wrong = |e: &dyn std::fmt::Display| Error::Internal(format!("a row cannot be written: {e}"));
        match self {
            Self::Csv => {
                let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
                header.map_or(Ok(()), |header| csv.write_record(header)).map_err(|e| wrong(&e))?;
                for row in rows {
                    csv.serialize(row).map_err(|e| wrong(&e))?;
                }
                Ok(csv.into_inner().map_err(|e| wrong(&e))?.into())
            }
            Self::Ndjson => {
                let mut text = Vec::new();
                for row in rows {
                    serde_json::to_writer(&mut text, &row).map_err(|e| wrong(&e))?;
                    text.push(b'\n');
                }
                Ok(text.into())
            }
        }
    }
}
