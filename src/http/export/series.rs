//! Series, of a site or of one machine: as `statsHistory` and `Machine.series`, but without an end.
//!
//! They are read in pieces, each from one state of the database.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use entity::machine::{Carrier, Unit};
use serde::{Deserialize, Serialize};

use super::{Format, Place, parameters, response};
use crate::domain::fields::{cubic_metres, kwh};
use crate::domain::series::{Every, SeriesBucket, edges, show};
use crate::error::{Error, Result};
use crate::http::Doors;
use crate::http::callers::Visitor;

/// Buckets in a piece.
const BUCKETS_AT_ONCE: i64 = 2000;
/// There are more where clocks change, or months are short.
const GREATEST_BUCKETS: usize = 2500;

/// `?format=csv|ndjson&site=…&machine=…&carrier=…&unit=…&from=…&to=…&every=…`: of the site's electricity if neither a
/// machine nor a carrier is named; `to` is now if absent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default)]
    format: Format,
    site: Option<String>,
    machine: Option<String>,
    carrier: Option<Carrier>,
    unit: Option<Unit>,
    from: String,
    to: Option<String>,
    every: String,
}

const COLUMNS: [&str; 15] = [
    "from",
    "to",
    "readings",
    "energy_kwh",
    "mean_power_kw",
    "min_power_kw",
    "max_power_kw",
    "volume_m3",
    "mean_flow_m3_per_h",
    "min_flow_m3_per_h",
    "max_flow_m3_per_h",
    "completeness_percent",
    "estimated_share",
    "cost",
    "carbon_kg",
];

#[derive(Serialize)]
struct Row {
    from: String,
    to: String,
    readings: i64,
    energy_kwh: Option<f64>,
    mean_power_kw: Option<f64>,
    min_power_kw: Option<f64>,
    max_power_kw: Option<f64>,
    volume_m3: Option<f64>,
    mean_flow_m3_per_h: Option<f64>,
    min_flow_m3_per_h: Option<f64>,
    max_flow_m3_per_h: Option<f64>,
    completeness_percent: Option<f64>,
    estimated_share: Option<f64>,
    cost: Option<f64>,
    carbon_kg: Option<f64>,
}

/// `GET /api/v1/export/series`
pub(super) async fn export(
    State(doors): State<Doors>,
    Visitor { rooms, hold, .. }: Visitor,
    uri: Uri,
) -> Result<Response> {
    let Parameters { format, site, machine, carrier, unit, from, to, every } = parameters(&uri)?;
    let place = Place::find(&rooms, site.as_deref()).await?;
    let store = rooms.store.clone();
    let (machines, measured) = if let Some(name) = machine {
        let machine = place.machine(&rooms, &name).await?;
        let measured = (machine.carrier, machine.unit);
        (vec![machine], measured)
    } else {
        let measured = (carrier.unwrap_or(Carrier::Electricity), unit.unwrap_or_default());
        (store.machines_of_carrier(place.site.id, measured).await?, measured)
    };
    let rates = store.rates(place.site.id, measured, doors.0.config.rates()).await?;
    let now_ms = rooms.clock.now_ms();
    let from_ms = place.parse(Some(&from))?.unwrap_or_default();
    let to_ms = place.parse(to.as_deref())?.unwrap_or(now_ms);
    let every: Every = every.parse()?;
    // Said before the answer begins.
    next_edges(from_ms, to_ms, every, &place)?;
    let machines = std::sync::Arc::new(machines);
    response(hold, ("series", format), move |at: Option<i64>| {
        let (store, place, machines) = (store.clone(), place.clone(), machines.clone());
        async move {
            let begin_ms = at.unwrap_or(from_ms);
            if begin_ms >= to_ms {
                return Ok(None);
            }
            let edges = next_edges(begin_ms, to_ms, every, &place)?;
            let parts = store.in_time(store.series(&machines, &edges, now_ms)).await?;
            let rows = show(&parts, &edges, now_ms, rates).into_iter().map(|bucket| row(&bucket, measured.1, &place));
            let text = format.text(at.is_none().then_some(&COLUMNS), rows)?;
            Ok(Some((text, edges.last().copied().unwrap_or(to_ms))))
        }
    })
    .await
}

/// The edges of the next piece: up to the last whole bucket of a stretch that has not too many, or to the end.
fn next_edges(from_ms: i64, to_ms: i64, every: Every, place: &Place) -> Result<Vec<i64>> {
    let piece_ms = every.about_ms().saturating_mul(BUCKETS_AT_ONCE);
    let end_ms = to_ms.min(from_ms.saturating_add(piece_ms));
    let mut edges = edges(from_ms, end_ms, every, &place.zone, GREATEST_BUCKETS)?;
    if end_ms < to_ms {
        edges.pop();
    }
    if edges.len() < 2 {
        return Err(Error::Internal("a piece of a series without a bucket".to_owned()));
    }
    Ok(edges)
}

fn row(bucket: &SeriesBucket, unit: Unit, place: &Place) -> Row {
    Row {
        from: place.time(bucket.from_ms),
        to: place.time(bucket.to_ms),
        readings: bucket.readings,
        energy_kwh: kwh(unit, bucket.energy_kwh),
        mean_power_kw: kwh(unit, bucket.mean_power_kw),
        min_power_kw: kwh(unit, bucket.min_power_kw),
        max_power_kw: kwh(unit, bucket.max_power_kw),
        volume_m3: cubic_metres(unit, bucket.energy_kwh),
        mean_flow_m3_per_h: cubic_metres(unit, bucket.mean_power_kw),
        min_flow_m3_per_h: cubic_metres(unit, bucket.min_power_kw),
        max_flow_m3_per_h: cubic_metres(unit, bucket.max_power_kw),
        completeness_percent: bucket.completeness_percent,
        estimated_share: bucket.estimated_share,
        cost: bucket.cost,
        carbon_kg: bucket.carbon_kg,
    }
}
