//! What a meter's register did beside counting, as the API shows it.

use async_graphql::{Enum, Object};
use entity::meter_event::Model;

use crate::graphql::scalars::DateTime;

/// What a register did beside counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::meter_event::Kind")]
pub(in crate::graphql) enum MeterEventKind {
    /// It passed its width and began again at zero; the energy is counted.
    Rollover,
    /// It was set back to zero or near it; the fall is no consumption.
    Reset,
    /// It left its level and came back; what was drawn meanwhile is counted once.
    Glitch,
    /// It went to another level and stayed there: another meter. The change is no consumption.
    Replaced,
}

pub(in crate::graphql) struct MeterEvent(pub(in crate::graphql) Model);

/// Something that a meter's register did beside counting.
#[Object]
impl MeterEvent {
    /// Time of the reading that showed it.
    async fn time(&self) -> DateTime {
        DateTime(self.0.time_ms)
    }

    /// What it was.
    async fn kind(&self) -> MeterEventKind {
        self.0.kind.into()
    }

    /// The register before, kWh (or m³).
    async fn before_kwh(&self) -> f64 {
        self.0.before_kwh
    }

    /// The register in the reading, kWh (or m³).
    async fn after_kwh(&self) -> f64 {
        self.0.after_kwh
    }
}
