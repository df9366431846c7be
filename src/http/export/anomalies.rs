//! Anomalies, in the order in which they were found.

use std::borrow::Cow;

use axum::http::Uri;
use axum::response::Response;
use entity::anomaly::{Severity, Source, Status};
use serde::Serialize;

use super::{Place, Selection, page_after, parameters, response};
use crate::error::Result;
use crate::http::callers::Visitor;
use crate::store::{AnomalyFilter, AnomalyOrder};

const COLUMNS: [&str; 19] = [
    "id",
    "machine",
    "kind",
    "severity",
    "status",
    "started_at",
    "ended_at",
    "detected_at",
    "value",
    "expected",
    "expected_low",
    "expected_high",
    "deviation",
    "score",
    "message",
    "source",
    "status_by",
    "status_note",
    "is_quiet",
];

#[derive(Serialize)]
struct Row<'a> {
    id: i64,
    machine: Option<Cow<'a, str>>,
    kind: Cow<'a, str>,
    severity: Severity,
    status: Status,
    started_at: String,
    ended_at: Option<String>,
    detected_at: String,
    value: Option<f64>,
    expected: Option<f64>,
    expected_low: Option<f64>,
    expected_high: Option<f64>,
    deviation: Option<f64>,
    score: Option<f64>,
    message: Option<Cow<'a, str>>,
    source: Source,
    status_by: Option<Cow<'a, str>>,
    status_note: Option<Cow<'a, str>>,
    is_quiet: bool,
}

/// `GET /api/v1/export/anomalies`: those that began in the time asked for.
pub(super) async fn export(Visitor { rooms, hold, .. }: Visitor, uri: Uri) -> Result<Response> {
    let Selection { format, site, machine, from, to } = parameters(&uri)?;
    let place = Place::find(&rooms, site.as_deref()).await?;
    let machine_ids = match machine {
        Some(name) => Some(vec![place.machine(&rooms, &name).await?.id]),
        None => None,
    };
    let (from_ms, to_ms) = (place.parse(from.as_deref())?, place.parse(to.as_deref())?);
    let site_id = Some(place.site.id);
    let filter = AnomalyFilter { site_id, machine_ids, from_ms, to_ms, ..AnomalyFilter::default() };
    let store = rooms.store.clone();
    response(hold, ("anomalies", format), move |after| {
        let (store, filter, place) = (store.clone(), filter.clone(), place.clone());
        async move {
            let rows = store.anomalies(&filter, AnomalyOrder::Found, page_after(after)).await?;
            if rows.is_empty() && after.is_some() {
                return Ok(None);
            }
            let mut ids: Vec<_> = rows.iter().map(|row| row.machine_id).collect();
            ids.sort_unstable();
            ids.dedup();
            let machines = store.machines_by_id(&ids).await?;
            let texts = rows.iter().map(|row| {
                let machine = machines.iter().find(|machine| machine.id == row.machine_id);
                let text =
                    |text: &'_ Option<String>| text.as_deref().map(|text| format.shown(text).into_owned().into());
                Row {
                    id: row.id.0,
                    machine: machine.map(|machine| format.shown(&machine.name)),
                    kind: format.shown(&row.kind),
                    severity: row.severity,
                    status: row.status,
                    started_at: place.time(row.started_at_ms),
                    ended_at: row.ended_at_ms.map(|time_ms| place.time(time_ms)),
                    detected_at: place.time(row.detected_at_ms),
                    value: row.value,
                    expected: row.expected,
                    expected_low: row.low,
                    expected_high: row.high,
                    deviation: row.deviation,
                    score: row.score,
                    message: text(&row.message),
                    source: row.source,
                    status_by: text(&row.status_by),
                    status_note: text(&row.status_note),
                    is_quiet: row.is_quiet,
                }
            });
            let text = format.text(after.is_none().then_some(&COLUMNS), texts)?;
            Ok(Some((text, rows.last().map_or(i64::MAX, |row| row.id.0))))
        }
    })
    .await
}
