//! Refused readings: the columns of an import, and why they were refused.

use std::borrow::Cow;

use axum::http::Uri;
use axum::response::Response;
use entity::refused_reading;
use serde::{Deserialize, Serialize};

use super::{Format, Place, page_after, parameters, response};
use crate::domain::fields::{cubic_metres, kwh};
use crate::error::Result;
use crate::http::callers::Visitor;
use crate::store::RefusedFilter;

/// `?format=csv|ndjson&site=…&code=…&machine=…`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default)]
    format: Format,
    site: Option<String>,
    code: Option<String>,
    machine: Option<String>,
}

const COLUMNS: [&str; 12] = [
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
pub(super) async fn export(Visitor { rooms, hold, .. }: Visitor, uri: Uri) -> Result<Response> {
    let Parameters { format, site, code, machine } = parameters(&uri)?;
    let place = Place::find(&rooms, site.as_deref()).await?;
    let filter = RefusedFilter { site_id: Some(place.site.id), code, machine, ..RefusedFilter::default() };
    let store = rooms.store.clone();
    response(hold, ("refused", format), move |after| {
        let (store, filter, place) = (store.clone(), filter.clone(), place.clone());
        async move {
            let rows = store.refused(&filter, page_after(after)).await?;
            if rows.is_empty() && after.is_some() {
                return Ok(None);
            }
            let texts = rows.iter().map(|row| refused_row(row, format, &place));
            let text = format.text(after.is_none().then_some(&COLUMNS), texts)?;
            Ok(Some((text, rows.last().map_or(i64::MAX, |row| row.id.0))))
        }
    })
    .await
}

fn refused_row<'a>(row: &'a refused_reading::Model, format: Format, place: &Place) -> RefusedRow<'a> {
    let shown = |text| format.shown(text);
    RefusedRow {
        machine: row.machine.as_deref().map(shown),
        time: row.time_ms.map(|time_ms| place.time(time_ms)),
        power_kw: kwh(row.unit, row.power_kw),
        energy_kwh: kwh(row.unit, row.energy_kwh),
        counter_kwh: kwh(row.unit, row.counter_kwh),
        flow_m3_per_h: cubic_metres(row.unit, row.power_kw),
        volume_m3: cubic_metres(row.unit, row.energy_kwh),
        counter_m3: cubic_metres(row.unit, row.counter_kwh),
        code: &row.code,
        message: shown(&row.message),
        received_at: place.time(row.received_at_ms),
        row: row.row.as_deref().map(shown),
    }
}
