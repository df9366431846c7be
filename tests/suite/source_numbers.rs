//! The source system's published numbers, as readings that give them.

use serde_json::{Value, json};

use crate::harness::{Database, Server, on_both};

on_both!(hold);

/// 2026-03-10T12:00:00Z
const NOW_MS: i64 = 1_773_144_000_000;
const DAY_MS: i64 = 86_400_000;

async fn hold(database: Database) {
    let server = Server::start(&database).await;
    server.register("main", json!({"expectedIntervalSeconds": 3600})).await;
    // 28,147 kWh in all, of which 5,271.52 in the day, at 132 kW once and such that the mean is 54.
    let before_the_day = 28_147.0 - 5_271.52;
    let mut readings =
        vec![json!({"machine": "main", "time": NOW_MS - 5 * DAY_MS, "power_kw": 80, "energy_kwh": before_the_day})];
    let powers = [132.0, 28.0, 2.0];
    for (i, power) in powers.iter().enumerate() {
        let energy = if i == 0 { 5_271.52 } else { 0.0 };
        let time = NOW_MS - (i as i64 + 1) * 3_600_000;
        readings.push(json!({"machine": "main", "time": time, "power_kw": power, "energy_kwh": energy}));
    }
    server.record(Value::Array(readings)).await;
    let stats = server.stats(Some(NOW_MS), None).await;
    let near = |field: &str, expected: f64, within: f64| {
        let value = stats[field].as_f64().unwrap_or_else(|| panic!("{field} is {}", stats[field]));
        assert!((value - expected).abs() <= within, "{field}: {value} instead of {expected}");
    };
    near("totalEnergy", 28_147.0, 1e-9);
    near("estimatedCost", 3_377.64, 1e-9);
    near("carbonFootprint", 14_073.5, 1e-9);
    near("costPerDay", 632.58, 0.005);
    near("carbonPerDay", 2_635.76, 1e-9);
    near("energyPerHour", 220.0, 0.5);
    near("avgPower", 54.0, 1e-9);
    near("peakPower", 132.0, 0.0);
    near("efficiency", 40.9, 0.05);
    server.stop().await;
}

/// Seven machines at one reading a second, 1,170,610 readings in six days: 32.3 %. Received and expected of each machine
/// decide, so the same share is reached with fewer rows: the rule itself is asked with the full numbers.
#[test]
fn completeness_of_six_days() {
    use wattline::domain::statistics::{Facts, MachineFacts, Rates, system_stats};
    let as_of_ms = NOW_MS;
    let first_ms = as_of_ms - 6 * DAY_MS;
    let machine = |received| MachineFacts {
        first_ms,
        last_ms: Some(as_of_ms),
        received: Some(received),
        is_active: Some(true),
        interval_s: 1,
        retired_at_ms: None,
    };
    let machines = (0..7).map(|i| machine(1_170_610 / 7 + i64::from(i < 1_170_610 % 7))).collect();
    let facts = Facts { as_of_ms, machines, ..Facts::default() };
    let stats = system_stats(&facts, Rates { price_per_unit: 0.12, carbon_kg_per_unit: 0.5 });
    let percent = stats.uptime_percent.expect("known");
    assert_eq!(format!("{percent:.1}"), "32.3");
}
