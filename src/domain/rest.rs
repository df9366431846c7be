//! The sixteen statistics as the source system's REST interface and socket wrote them: its names, its rounding, plus a
//! timestamp. What is not known stays null.

use serde::Serialize;
use serde_json::{Number, Value};

use super::instant::format_ms;
use super::statistics::SystemStats;

/// How many decimals are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As the source system: whole numbers, one decimal for percentages, two for money and carbon.
    Rounded,
    /// All.
    Full,
}

/// The seventeen fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "named and defined in the README's table")]
pub struct RestStats {
    pub total_readings: i64,
    pub total_energy: Value,
    pub data_rate: i64,
    pub uptime_days: i64,
    pub uptime_percent: Value,
    pub readings_per_minute: Value,
    pub energy_per_hour: Value,
    pub peak_power: Value,
    pub avg_power: Value,
    pub efficiency: Value,
    pub estimated_cost: Value,
    pub cost_per_day: Value,
    pub carbon_footprint: Value,
    pub carbon_per_day: Value,
    pub total_anomalies: i64,
    pub active_machines_today: Option<usize>,
    pub timestamp: String,
}

impl RestStats {
    /// Writes the statistics down.
    #[must_use]
    pub fn new(stats: &SystemStats, precision: Precision) -> Self {
        let figure = |value, decimals| figure(value, (precision == Precision::Rounded).then_some(decimals));
        Self {
            total_readings: stats.total_readings,
            total_energy: figure(Some(stats.total_energy_kwh), 0),
            data_rate: stats.data_rate,
            uptime_days: stats.uptime_days,
            uptime_percent: figure(stats.uptime_percent, 1),
            readings_per_minute: figure(Some(stats.readings_per_minute), 0),
            energy_per_hour: figure(stats.energy_per_hour_kwh, 0),
            peak_power: figure(stats.peak_power_kw, 0),
            avg_power: figure(stats.avg_power_kw, 0),
            efficiency: figure(stats.efficiency_percent, 1),
            estimated_cost: figure(Some(stats.estimated_cost), 2),
            cost_per_day: figure(Some(stats.cost_per_day), 2),
            carbon_footprint: figure(Some(stats.carbon_footprint_kg), 2),
            carbon_per_day: figure(Some(stats.carbon_per_day_kg), 2),
            total_anomalies: stats.total_anomalies,
            active_machines_today: stats.active_machines_today,
            timestamp: format_ms(stats.as_of_ms),
        }
    }
}

/// Rounds as the source system's Python did: to the nearest, of two equally near ones to the even.
fn figure(value: Option<f64>, decimals: Option<usize>) -> Value {
    let Some(value) = value else { return Value::Null };
    match decimals {
        None => Number::from_f64(value).map_or(Value::Null, Value::Number),
        Some(decimals) => {
            let text = format!("{value:.decimals$}");
            let number = if decimals == 0 { text.parse::<i64>().ok().map(Into::into) } else { None };
            number.or_else(|| text.parse().ok().and_then(Number::from_f64)).map_or(Value::Null, Value::Number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_like_python() {
        for (value, decimals, expected) in
            [(2.5, 0, "2"), (3.5, 0, "4"), (-0.4, 0, "0"), (0.125, 2, "0.12"), (2.675, 2, "2.67"), (40.909, 1, "40.9")]
        {
            assert_eq!(figure(Some(value), Some(decimals)).to_string(), expected, "{value}");
        }
        assert_eq!(figure(Some(0.1 + 0.2), None).to_string(), "0.30000000000000004");
        assert_eq!(figure(None, Some(0)), Value::Null);
    }
}
