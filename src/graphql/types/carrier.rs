//! Energy carriers as the API shows them: each with totals of its own.

use async_graphql::{Context, Enum, Object};
use entity::site;

use crate::domain::statistics::{Facts, Rates, SystemStats, system_stats};
use crate::error::Result;
use crate::graphql::scalars::{DateTime, Long};
use crate::store::{Measured, Store};

/// The form of energy that a machine consumes. Carriers are never added to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::machine::Carrier")]
pub(in crate::graphql) enum Carrier {
    /// Electricity: the carrier of the sixteen statistics.
    Electricity,
    /// Fuel gas.
    Gas,
    /// Steam.
    Steam,
    /// Compressed air.
    CompressedAir,
    /// Water.
    Water,
    /// Heat.
    Heat,
}

/// What a meter measures in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::machine::Unit")]
pub(in crate::graphql) enum MeterUnit {
    /// Kilowatt-hours, and kilowatts.
    Kwh,
    /// Cubic metres, and cubic metres an hour.
    CubicMetre,
}

/// The statistics of one carrier.
pub(in crate::graphql) struct CarrierStats {
    measured: Measured,
    currency: String,
    rates: Option<Rates>,
    day_amount: f64,
    stats: SystemStats,
}

/// What the machines of one carrier and unit used by `asOf`, defined as the sixteen statistics are for electricity. Cost
/// and carbon are null until rates are set with `setCarrierRates`.
#[Object]
impl CarrierStats {
    /// The carrier.
    async fn carrier(&self) -> Carrier {
        self.measured.0.into()
    }

    /// What its amounts are measured in.
    async fn unit(&self) -> MeterUnit {
        self.measured.1.into()
    }

    /// The instant they hold for, a whole second.
    async fn as_of(&self) -> DateTime {
        DateTime(self.stats.as_of_ms)
    }

    /// Seconds between the instants for which there are statistics, as in `SystemStats`.
    async fn resolution_seconds(&self) -> i64 {
        self.stats.resolution_s
    }

    /// Time of the last reading by then. Null where single readings are no longer kept.
    async fn last_reading_at(&self) -> Option<DateTime> {
        self.stats.last_reading_at_ms.map(DateTime)
    }

    /// ISO 4217 currency of the money.
    async fn currency(&self) -> &str {
        &self.currency
    }

    /// Price of a `unit`, in `currency`.
    async fn price_per_unit(&self) -> Option<f64> {
        self.rates.map(|rates| rates.price_per_unit)
    }

    /// Carbon of a `unit`, kg CO2.
    async fn carbon_kg_per_unit(&self) -> Option<f64> {
        self.rates.map(|rates| rates.carbon_kg_per_unit)
    }

    /// Number of readings.
    async fn total_readings(&self) -> Long {
        Long(self.stats.total_readings)
    }

    /// Amount of all readings, in `unit`.
    async fn total_amount(&self) -> f64 {
        self.stats.total_energy_kwh
    }

    /// Amount of the day's window, in `unit`.
    async fn amount_per_day(&self) -> f64 {
        self.day_amount
    }

    /// Amount of the day's window an hour, in `unit`; since the first reading, if that is less than 24 hours ago.
    async fn amount_per_hour(&self) -> Option<f64> {
        self.stats.energy_per_hour_kwh
    }

    /// Greatest power (kW) or flow (m³/h) of a single reading in the day's window.
    async fn peak_rate(&self) -> Option<f64> {
        self.stats.peak_power_kw
    }

    /// Mean power (kW) or flow (m³/h) over the readings of the day's window.
    async fn avg_rate(&self) -> Option<f64> {
        self.stats.avg_power_kw
    }

    /// Data completeness, %.
    async fn uptime_percent(&self) -> Option<f64> {
        self.stats.uptime_percent
    }

    /// Machines with a reading in the day's window.
    async fn active_machines_today(&self) -> Option<usize> {
        self.stats.active_machines_today
    }

    /// Cost of all, in `currency`.
    async fn estimated_cost(&self) -> Option<f64> {
        self.rates.map(|_| self.stats.estimated_cost)
    }

    /// Cost of the day's window, in `currency`.
    async fn cost_per_day(&self) -> Option<f64> {
        self.rates.map(|_| self.stats.cost_per_day)
    }

    /// Carbon of all, kg CO2.
    async fn carbon_footprint(&self) -> Option<f64> {
        self.rates.map(|_| self.stats.carbon_footprint_kg)
    }

    /// Carbon of the day's window, kg CO2.
    async fn carbon_per_day(&self) -> Option<f64> {
        self.rates.map(|_| self.stats.carbon_per_day_kg)
    }
}

/// The rates of a carrier at a site: settings for electricity, what was set for the others.
pub(in crate::graphql) async fn rates(
    ctx: &Context<'_>,
    site: entity::SiteId,
    measured: Measured,
) -> Result<Option<Rates>> {
    ctx.data_unchecked::<Store>().rates(site, measured, *ctx.data_unchecked::<Rates>()).await
}

/// The statistics of each carrier and unit that a site has machines of, at an instant on a whole second.
pub(in crate::graphql) async fn carrier_stats(
    ctx: &Context<'_>,
    site: &site::Model,
    as_of_ms: i64,
) -> Result<Vec<CarrierStats>> {
    let store = ctx.data_unchecked::<Store>();
    let mut all = Vec::new();
    for measured in store.carriers(site.id).await? {
        let rates = rates(ctx, site.id, measured).await?;
        let facts: Facts = store.in_time(store.statistics(site.id, measured, as_of_ms)).await?;
        let stats = system_stats(&facts, rates.unwrap_or(Rates { price_per_unit: 0.0, carbon_kg_per_unit: 0.0 }));
        let day_amount = facts.day.energy_kwh.total();
        all.push(CarrierStats { measured, currency: site.currency.clone(), rates, day_amount, stats });
    }
    Ok(all)
}
