//! The sixteen statistics as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use super::SiteDemand;
use crate::graphql::scalars::{DateTime, Long};
use crate::push::{Snapshot, StatsHub};

pub(in crate::graphql) struct SystemStats(pub(in crate::graphql) Arc<Snapshot>);

/// The sixteen statistics of a site's electricity machines at `asOf`, exact and at full precision. The day's window
/// runs from 24 hours before the minute of `asOf` to `asOf`, both ends included. Null means not known.
#[Object]
impl SystemStats {
    /// The instant they hold for, a whole second.
    async fn as_of(&self) -> DateTime {
        DateTime(self.0.stats.as_of_ms)
    }

    /// Seconds between the instants for which there are statistics: 1. It is 60 where single readings are no longer kept:
    /// then `asOf` is a whole minute, the day's window begins just after 24 hours before it, and what is known of single
    /// machines is null between quarters of an hour.
    async fn resolution_seconds(&self) -> i64 {
        self.0.stats.resolution_s
    }

    /// Time of the last reading by then. Null where single readings are no longer kept.
    async fn last_reading_at(&self) -> Option<DateTime> {
        self.0.stats.last_reading_at_ms.map(DateTime)
    }

    /// ISO 4217 currency of the money below.
    async fn currency(&self) -> &str {
        &self.0.site.currency
    }

    /// Number of readings.
    async fn total_readings(&self) -> Long {
        Long(self.0.stats.total_readings)
    }

    /// Energy of all readings, kWh.
    async fn total_energy(&self) -> f64 {
        self.0.stats.total_energy_kwh
    }

    /// Readings in the last 60 seconds, 1/min.
    async fn data_rate(&self) -> Long {
        Long(self.0.stats.data_rate)
    }

    /// Whole days since the first reading, d.
    async fn uptime_days(&self) -> Long {
        Long(self.0.stats.uptime_days)
    }

    /// Data completeness, %: received readings against those expected of each machine since its first.
    async fn uptime_percent(&self) -> Option<f64> {
        self.0.stats.uptime_percent
    }

    /// Readings a minute over the last 10 minutes, 1/min.
    async fn readings_per_minute(&self) -> f64 {
        self.0.stats.readings_per_minute
    }

    /// Energy of the day's window an hour, kWh/h; since the first reading, if that is less than 24 hours ago.
    async fn energy_per_hour(&self) -> Option<f64> {
        self.0.stats.energy_per_hour_kwh
    }

    /// Greatest power of a single reading in the day's window, kW.
    async fn peak_power(&self) -> Option<f64> {
        self.0.stats.peak_power_kw
    }

    /// Mean power over the readings of the day's window, kW.
    async fn avg_power(&self) -> Option<f64> {
        self.0.stats.avg_power_kw
    }

    /// Average against peak power, %.
    async fn efficiency(&self) -> Option<f64> {
        self.0.stats.efficiency_percent
    }

    /// Cost of all energy, in `currency`.
    async fn estimated_cost(&self) -> f64 {
        self.0.stats.estimated_cost
    }

    /// Cost of the energy of the day's window, in `currency`.
    async fn cost_per_day(&self) -> f64 {
        self.0.stats.cost_per_day
    }

    /// Carbon of all energy, kg CO2.
    async fn carbon_footprint(&self) -> f64 {
        self.0.stats.carbon_footprint_kg
    }

    /// Carbon of the energy of the day's window, kg CO2.
    async fn carbon_per_day(&self) -> f64 {
        self.0.stats.carbon_per_day_kg
    }

    /// The power of the site as a whole. `peakPower` is the greatest of a single reading of one machine and `avgPower` a
    /// mean over readings; these are sums over machines and means over time.
    async fn site_demand(&self, ctx: &Context<'_>) -> Result<SiteDemand> {
        Ok(SiteDemand(ctx.data_unchecked::<StatsHub>().demand(&self.0).await?.clone()))
    }

    /// Anomalies that began by then.
    async fn total_anomalies(&self) -> Long {
        Long(self.0.stats.total_anomalies)
    }

    /// Machines with a reading in the day's window.
    async fn active_machines_today(&self) -> Option<usize> {
        self.0.stats.active_machines_today
    }
}
