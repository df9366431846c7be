//! The sixteen statistics: from what was counted to what is shown. The definitions are those of the README's table.

use super::buckets::DAY_MS;
use super::rollup::Bucket;

/// Price and carbon of a kilowatt-hour, or of a cubic metre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Money a unit, in the site's currency.
    pub price_per_unit: f64,
    /// Carbon, kg CO2 a unit.
    pub carbon_kg_per_unit: f64,
}

/// What is known of one electricity machine that has a reading by `as_of_ms`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MachineFacts {
    /// Its first reading, ms since the epoch.
    pub first_ms: i64,
    /// Its last reading by then; none where that is no longer known.
    pub last_ms: Option<i64>,
    /// How many readings by then; none where that is no longer known.
    pub received: Option<i64>,
    /// Whether it has a reading in the day's window; none where that is no longer known.
    pub is_active: Option<bool>,
    /// Seconds between readings as expected.
    pub interval_s: i64,
    /// When it was retired, ms since the epoch.
    pub retired_at_ms: Option<i64>,
}

/// What was counted of a site by `as_of_ms`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The instant, ms since the epoch, on a whole second.
    pub as_of_ms: i64,
    /// Seconds between the instants for which there are statistics: 1, or 60 where single readings are no longer kept.
    pub resolution_s: i64,
    /// The machines with readings.
    pub machines: Vec<MachineFacts>,
    /// Everything up to then.
    pub total: Bucket,
    /// The day's window: from 24 h before the minute, both ends included.
    pub day: Bucket,
    /// Readings of the last 60 s.
    pub last_minute: i64,
    /// Readings of the last 10 min.
    pub last_ten_minutes: i64,
    /// Anomalies that began by then.
    pub anomalies: i64,
}

/// The sixteen, at full precision.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named and defined in the README; the GraphQL type documents each")]
pub struct SystemStats {
    pub as_of_ms: i64,
    pub resolution_s: i64,
    pub last_reading_at_ms: Option<i64>,
    pub total_readings: i64,
    pub total_energy_kwh: f64,
    pub data_rate: i64,
    pub uptime_days: i64,
    pub uptime_percent: Option<f64>,
    pub readings_per_minute: f64,
    pub energy_per_hour_kwh: Option<f64>,
    pub peak_power_kw: Option<f64>,
    pub avg_power_kw: Option<f64>,
    pub efficiency_percent: Option<f64>,
    pub estimated_cost: f64,
    pub cost_per_day: f64,
    pub carbon_footprint_kg: f64,
    pub carbon_per_day_kg: f64,
    pub total_anomalies: i64,
    pub active_machines_today: Option<usize>,
}

/// The start of the day's window, ms since the epoch: 24 h before the minute of `as_of_ms`.
#[must_use]
pub fn day_window_start_ms(as_of_ms: i64) -> i64 {
    as_of_ms.div_euclid(60_000) * 60_000 - DAY_MS
}

/// Computes the sixteen.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds stay far below 2^53")]
pub fn system_stats(facts: &Facts, rates: Rates) -> SystemStats {
    let Facts { as_of_ms, machines, total, day, .. } = facts;
    let first_ms = machines.iter().map(|m| m.first_ms).min();
    let since_first_ms = first_ms.map_or(0, |first_ms| as_of_ms - first_ms);
    let hours = (since_first_ms as f64 / 3_600_000.0).min(24.0);
    let total_kwh = total.energy_kwh.total();
    let day_kwh = day.energy_kwh.total();
    let avg_power_kw = (day.powers > 0).then(|| day.power_kw.total() / day.powers as f64);
    let peak_power_kw = day.power_kw_max;
    SystemStats {
        as_of_ms: *as_of_ms,
        resolution_s: facts.resolution_s,
        last_reading_at_ms: machines.iter().filter_map(|m| m.last_ms).max(),
        total_readings: total.readings,
        total_energy_kwh: total_kwh,
        data_rate: facts.last_minute,
        uptime_days: since_first_ms / DAY_MS,
        uptime_percent: completeness_percent(machines, *as_of_ms),
        readings_per_minute: facts.last_ten_minutes as f64 / 10.0,
        energy_per_hour_kwh: (day.readings > 0 && hours > 0.0).then(|| day_kwh / hours),
        peak_power_kw,
        avg_power_kw,
        efficiency_percent: match (avg_power_kw, peak_power_kw) {
            (Some(avg), Some(peak)) if peak != 0.0 => Some(100.0 * avg / peak),
            _ => None,
        },
        estimated_cost: total_kwh * rates.price_per_unit,
        cost_per_day: day_kwh * rates.price_per_unit,
        carbon_footprint_kg: total_kwh * rates.carbon_kg_per_unit,
        carbon_per_day_kg: day_kwh * rates.carbon_kg_per_unit,
        total_anomalies: facts.anomalies,
        active_machines_today: machines.iter().map(|m| m.is_active.map(usize::from)).sum(),
    }
}

/// Received readings against expected ones, each machine counted up to what was expected of it.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn completeness_percent(machines: &[MachineFacts], as_of_ms: i64) -> Option<f64> {
    let (mut received, mut expected) = (0, 0);
    for machine in machines {
        let end_ms = machine.retired_at_ms.map_or(as_of_ms, |retired| retired.min(as_of_ms));
        let of_machine = (1 + (end_ms - machine.first_ms).div_euclid(machine.interval_s * 1000)).max(0);
        received += machine.received?.min(of_machine);
        expected += of_machine;
    }
    (expected > 0).then(|| 100.0 * received as f64 / expected as f64)
}
