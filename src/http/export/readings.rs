//! Readings, machine by machine and by time: the columns of an import, and how much of them was computed.

use axum::http::Uri;
use axum::response::Response;
use entity::{machine, reading};
use serde::Serialize;

use super::{Place, Selection, page_after, parameters, response};
use crate::domain::fields::{cubic_metres, kwh};
use crate::domain::reading::{ESTIMATED, SENT_ENERGY, SENT_POWER};
use crate::error::Result;
use crate::http::callers::Visitor;
use crate::store::{MachineFilter, Store};

const COLUMNS: [&str; 11] = [
    "machine",
    "time",
    "power_kw",
    "energy_kwh",
    "counter_kwh",
    "flow_m3_per_h",
    "volume_m3",
    "counter_m3",
    "power_is_derived",
    "energy_is_derived",
    "is_estimated",
];

#[derive(Serialize)]
struct Row<'a> {
    machine: &'a str,
    time: String,
    power_kw: Option<f64>,
    energy_kwh: Option<f64>,
    counter_kwh: Option<f64>,
    flow_m3_per_h: Option<f64>,
    volume_m3: Option<f64>,
    counter_m3: Option<f64>,
    power_is_derived: bool,
    energy_is_derived: bool,
    is_estimated: bool,
}

/// Where an export is: at a machine, after one of its readings.
struct At {
    machine: usize,
    after_ms: Option<i64>,
}

/// `GET /api/v1/export/readings`: of all machines if none is named.
pub(super) async fn export(Visitor { rooms, hold, .. }: Visitor, uri: Uri) -> Result<Response> {
    let Selection { format, site, machine, from, to } = parameters(&uri)?;
    let place = Place::find(&rooms, site.as_deref()).await?;
    let store = rooms.store.clone();
    let machines = match machine {
        Some(name) => vec![place.machine(&rooms, &name).await?],
        None => all_machines(&store, &place).await?,
    };
    let from_ms = place.parse(from.as_deref())?.unwrap_or(i64::MIN);
    let to_ms = place.parse(to.as_deref())?.unwrap_or(i64::MAX);
    let machines = std::sync::Arc::new(machines);
    response(hold, ("readings", format), move |at: Option<At>| {
        let (store, place, machines) = (store.clone(), place.clone(), machines.clone());
        async move {
            let is_first = at.is_none();
            let at = at.unwrap_or(At { machine: 0, after_ms: None });
            let Some(machine) = machines.get(at.machine) else {
                return Ok(is_first.then_some((format.text(Some(&COLUMNS), std::iter::empty::<Row<'_>>())?, at)));
            };
            let page = page_after(at.after_ms);
            let rows = store.readings(&[machine.id], (from_ms, to_ms), page).await?;
            let name = format.shown(&machine.name);
            let texts = rows.iter().map(|reading| row(machine, &name, reading, &place));
            let text = format.text(is_first.then_some(&COLUMNS), texts)?;
            let next = match rows.last() {
                Some(last) if rows.len() as u64 == page.limit => {
                    At { machine: at.machine, after_ms: Some(last.time_ms) }
                }
                _ => At { machine: at.machine + 1, after_ms: None },
            };
            Ok(Some((text, next)))
        }
    })
    .await
}

async fn all_machines(store: &Store, place: &Place) -> Result<Vec<machine::Model>> {
    let filter = MachineFilter { site_id: Some(place.site.id), ..MachineFilter::default() };
    let mut machines: Vec<machine::Model> = Vec::new();
    loop {
        let page = page_after(machines.last().map(|machine| machine.id.0));
        let rows = store.machines(&filter, page).await?;
        let is_last = (rows.len() as u64) < page.limit;
        machines.extend(rows);
        if is_last {
            return Ok(machines);
        }
    }
}

fn row<'a>(machine: &machine::Model, name: &'a str, reading: &reading::Model, place: &Place) -> Row<'a> {
    Row {
        machine: name,
        time: place.time(reading.time_ms),
        power_kw: kwh(machine.unit, reading.power_kw),
        energy_kwh: kwh(machine.unit, Some(reading.energy_kwh)),
        counter_kwh: kwh(machine.unit, reading.counter_kwh),
        flow_m3_per_h: cubic_metres(machine.unit, reading.power_kw),
        volume_m3: cubic_metres(machine.unit, Some(reading.energy_kwh)),
        counter_m3: cubic_metres(machine.unit, reading.counter_kwh),
        power_is_derived: reading.flags & SENT_POWER == 0,
        energy_is_derived: reading.flags & SENT_ENERGY == 0,
        is_estimated: reading.flags & ESTIMATED != 0,
    }
}
