//! A reading as the API shows it.

use async_graphql::Object;
use entity::machine::Unit;
use entity::reading::Model;

use crate::domain::fields::{cubic_metres, kwh};
use crate::domain::reading::{ESTIMATED, SENT_ENERGY, SENT_POWER};
use crate::graphql::scalars::DateTime;

/// A reading, and what its machine is measured in.
pub(in crate::graphql) struct Reading(pub(in crate::graphql) Model, pub(in crate::graphql) Unit);

/// What a machine drew during the interval that ends at `time`.
#[Object]
impl Reading {
    /// End of the interval.
    async fn time(&self) -> DateTime {
        DateTime(self.0.time_ms)
    }

    /// Power, kW. Null while nothing tells it, and for a machine measured in m³.
    async fn power_kw(&self) -> Option<f64> {
        kwh(self.1, self.0.power_kw)
    }

    /// Energy of the interval, kWh. Null for a machine measured in m³.
    async fn energy_kwh(&self) -> Option<f64> {
        kwh(self.1, Some(self.0.energy_kwh))
    }

    /// The meter's running register, kWh, if it was sent.
    async fn counter_kwh(&self) -> Option<f64> {
        kwh(self.1, self.0.counter_kwh)
    }

    /// Flow, m³/h, of a machine measured in m³.
    async fn flow_m3_per_h(&self) -> Option<f64> {
        cubic_metres(self.1, self.0.power_kw)
    }

    /// Volume of the interval, m³, of a machine measured in m³.
    async fn volume_m3(&self) -> Option<f64> {
        cubic_metres(self.1, Some(self.0.energy_kwh))
    }

    /// The meter's running register, m³, if it was sent.
    async fn counter_m3(&self) -> Option<f64> {
        cubic_metres(self.1, self.0.counter_kwh)
    }

    /// Whether the power was computed rather than sent.
    async fn power_is_derived(&self) -> bool {
        self.0.flags & SENT_POWER == 0
    }

    /// Whether the energy was drawn at some time in a gap of more than three intervals, nobody knows when.
    async fn is_estimated(&self) -> bool {
        self.0.flags & ESTIMATED != 0
    }

    /// Whether the energy was computed rather than sent.
    async fn energy_is_derived(&self) -> bool {
        self.0.flags & SENT_ENERGY == 0
    }
}
