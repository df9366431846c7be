//! The demand of a site: sums over machines and means over time, by quarters of an hour.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};

use crate::harness::{Database, Server, on_both};
use crate::series::{HOUR_MS, near, rows, time};

on_both!(
    of_two_machines_over_midnight,
    makes_no_peak_of_a_gap,
    makes_no_peak_of_a_long_interval,
    of_nothing_is_not_known,
);

const FIELDS: &str = "siteDemand { presentPowerKw presentMachines demandKw demandAt
    today { from peakKw peakAt meanPowerKw loadFactorPercent } month { from peakKw peakAt meanPowerKw loadFactorPercent } }";
const QUARTER_MS: i64 = 900_000;
const DAY_MS: i64 = 86_400_000;

async fn demand(server: &Server, site: Option<&str>, as_of_ms: i64) -> Value {
    let query = format!("query($at: DateTime, $site: ID) {{ systemStats(asOf: $at, siteId: $site) {{ {FIELDS} }} }}");
    let variables = json!({"at": time(as_of_ms), "site": site});
    server.data(&query, variables).await["systemStats"]["siteDemand"].take()
}

/// Compares a site in UTC with its raw rows.
pub(crate) async fn check(
    server: &Server,
    db: &DatabaseConnection,
    (row_id, site): (i64, &str),
    as_of_ms: i64,
) -> Result<(), TestCaseError> {
    let shown = demand(server, Some(site), as_of_ms).await;
    let known: Vec<_> = rows(db, row_id).await.into_iter().filter(|row| row.time_ms <= as_of_ms).collect();
    let last_end_ms = as_of_ms / QUARTER_MS * QUARTER_MS;
    prop_assert_eq!(&shown["demandAt"], &json!(time(last_end_ms)));
    let of_quarter = |end_ms: i64| {
        let from_ms = end_ms - QUARTER_MS;
        let parts = known.iter().filter_map(|row| {
            // A quarter of an hour tells apart what is sent every minute or fits into it.
            let fits = row.interval_ms <= 60_000 || QUARTER_MS % row.interval_ms == 0;
            let whole = (row.time_ms - row.interval_ms, row.time_ms);
            match (row.spread.map(|spread| (spread.0, spread.1)), fits) {
                (None, true) => (row.time_ms > from_ms && row.time_ms <= end_ms).then_some(row.energy_kwh),
                (spread, _) => {
                    let (since_ms, until_ms) = spread.unwrap_or(whole);
                    let within_ms = until_ms.min(end_ms) - since_ms.max(from_ms);
                    let share = within_ms as f64 / (until_ms - since_ms) as f64;
                    let counted = row.time_ms > from_ms && row.time_ms <= end_ms;
                    (within_ms > 0).then_some(row.energy_kwh * share).or(counted.then_some(0.0))
                }
            }
        });
        parts.reduce(|a, b| a + b).map(|kwh| kwh * 4.0)
    };
    prop_assert!(near(shown["demandKw"].as_f64(), of_quarter(last_end_ms)), "{}: {}", as_of_ms, shown);
    let mut present = Vec::new();
    for of_machine in known.chunk_by(|a, b| a.machine == b.machine) {
        let oldest_ms = as_of_ms - 3 * of_machine[0].interval_ms;
        let mut recent = of_machine.iter().rev().take_while(|row| row.time_ms >= oldest_ms);
        present.extend(recent.find_map(|row| row.power_kw));
    }
    prop_assert_eq!(&shown["presentMachines"], &json!(present.len()));
    let sum = (!present.is_empty()).then(|| present.iter().sum());
    prop_assert!(near(shown["presentPowerKw"].as_f64(), sum), "{}: {}", as_of_ms, shown);
    let month_ms =
        jiff::Timestamp::from_millisecond(as_of_ms).expect("an instant").to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let month_ms = month_ms.date().first_of_month().to_zoned_datetime(jiff::tz::TimeZone::UTC).expect("a date");
    let month_ms = month_ms.timestamp().as_millisecond();
    let first_ms = known.iter().map(|row| row.time_ms).min().unwrap_or(i64::MAX);
    for (name, from_ms) in [("today", as_of_ms / DAY_MS * DAY_MS), ("month", month_ms)] {
        let ends = (from_ms / QUARTER_MS + 1..=last_end_ms / QUARTER_MS).map(|quarter| quarter * QUARTER_MS);
        let quarters: Vec<(i64, f64)> = ends.filter_map(|end_ms| Some((end_ms, of_quarter(end_ms)?))).collect();
        let peak = quarters.iter().map(|quarter| quarter.1).reduce(f64::max);
        let kwh: f64 = quarters.iter().map(|quarter| quarter.1 / 4.0).sum();
        let hours = (last_end_ms - first_ms.max(from_ms)) as f64 / HOUR_MS as f64;
        let mean = (!quarters.is_empty() && hours > 0.0).then(|| kwh / hours);
        let period = &shown[name];
        prop_assert_eq!(&period["from"], &json!(time(from_ms)));
        prop_assert!(near(period["peakKw"].as_f64(), peak), "{} {}: {} not {:?}", name, as_of_ms, period, peak);
        prop_assert!(near(period["meanPowerKw"].as_f64(), mean), "{} {}: {} not {:?}", name, as_of_ms, period, mean);
        let factor = mean.zip(peak).filter(|(_, peak)| *peak != 0.0).map(|(mean, peak)| 100.0 * mean / peak);
        prop_assert!(near(period["loadFactorPercent"].as_f64(), factor), "{} {}: {}", name, as_of_ms, period);
    }
    Ok(())
}

async fn of_two_machines_over_midnight(database: Database) {
    let server = Server::start(&database).await;
    let register = "mutation { registerSite(input: {name: \"berlin\", timeZone: \"Europe/Berlin\"}) { site { id } } }";
    let site = server.data(register, json!({})).await["registerSite"]["site"]["id"].as_str().expect("an id").to_owned();
    for machine in ["press", "pump", "boiler"] {
        let carrier = if machine == "boiler" { "GAS" } else { "ELECTRICITY" };
        server.register(machine, json!({"siteId": site, "carrier": carrier, "expectedIntervalSeconds": 300})).await;
    }
    // From 23:00 to 01:00 in Berlin, at the end of October; the press 12 kW, the pump 6 kW and once 18.
    let midnight_ms = 1_793_487_600_000;
    assert_eq!(time(midnight_ms), "2026-10-31T23:00:00Z");
    let rows: Vec<Value> = (-12_i64..=12)
        .flat_map(|i| {
            let time = midnight_ms + i * 300_000;
            let pump_kw = if (-5..-2).contains(&i) { 18.0 } else { 6.0 };
            let row =
                |machine, kw: f64| json!({"machine": machine, "time": time, "power_kw": kw, "energy_kwh": kw / 12.0});
            [row("press", 12.0), row("pump", pump_kw), row("boiler", 2249.0)]
        })
        .collect();
    let answer = server.post("/api/v1/readings?site=berlin", "application/json", json!(rows).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let before = demand(&server, Some(&site), midnight_ms - 1000).await;
    assert_eq!((&before["presentPowerKw"], &before["presentMachines"]), (&json!(18.0), &json!(2)));
    assert_eq!((&before["demandKw"], &before["demandAt"]), (&json!(30.0), &json!("2026-10-31T22:45:00Z")));
    assert_eq!(before["today"]["peakKw"], 30.0);
    assert_eq!(before["today"]["peakAt"], "2026-10-31T22:45:00Z");
    assert_eq!(before["month"]["from"], "2026-09-30T22:00:00Z");
    // At midnight a new day and a new month begin; the last quarter belongs to the old ones.
    let at = demand(&server, Some(&site), midnight_ms).await;
    assert_eq!((&at["demandKw"], &at["demandAt"]), (&json!(18.0), &json!("2026-10-31T23:00:00Z")));
    assert_eq!((&at["today"]["from"], &at["today"]["peakKw"]), (&json!("2026-10-31T23:00:00Z"), &Value::Null));
    let after = demand(&server, Some(&site), midnight_ms + HOUR_MS).await;
    let expected = json!({"from": "2026-10-31T23:00:00Z", "peakKw": 18.0, "peakAt": "2026-10-31T23:15:00Z",
        "meanPowerKw": 18.0, "loadFactorPercent": 100.0});
    assert_eq!((&after["today"], &after["month"]), (&expected, &expected));
    // A quarter of an hour without readings, and the last powers no longer tell the present.
    let later = demand(&server, Some(&site), midnight_ms + HOUR_MS + QUARTER_MS).await;
    assert_eq!((&later["presentMachines"], &later["demandKw"]), (&json!(2), &Value::Null));
    let later = demand(&server, Some(&site), midnight_ms + HOUR_MS + QUARTER_MS + 1000).await;
    assert_eq!((&later["presentMachines"], &later["presentPowerKw"]), (&json!(0), &Value::Null));
    server.stop().await;
}

async fn makes_no_peak_of_a_gap(database: Database) {
    let server = Server::start(&database).await;
    server.register("register", json!({"expectedIntervalSeconds": 60})).await;
    // 2026-11-01T08:00:00Z; 10 kW, but nothing comes in for six hours.
    let start_ms = 1_793_520_000_000;
    let minutes = (0..=60_i64).chain(420..=450);
    let row =
        |min: i64| json!({"machine": "register", "time": start_ms + min * 60_000, "counter_kwh": min as f64 / 6.0});
    server.record(minutes.map(row).collect()).await;
    let shown = demand(&server, None, start_ms + 450 * 60_000).await;
    assert!(near(shown["today"]["peakKw"].as_f64(), Some(10.0)), "{shown}");
    assert!(near(shown["today"]["meanPowerKw"].as_f64(), Some(10.0)), "{shown}");
    // While the line was down, nobody knew.
    let during = demand(&server, None, start_ms + 300 * 60_000).await;
    assert_eq!((&during["demandKw"], &during["presentPowerKw"]), (&Value::Null, &Value::Null));
    server.stop().await;
}

/// What a machine sends at a minute.
type Sends = fn(i64) -> Option<Value>;

/// 10 kW all the time: every hour, every ten minutes, as power with a gap, and as a register that glitched.
async fn makes_no_peak_of_a_long_interval(database: Database) {
    let server = Server::start(&database).await;
    let start_ms = 1_793_520_000_000;
    let sent: [(&str, i64, Sends); 4] = [
        ("hourly", 60, |_| Some(json!({"energy_kwh": 10.0}))),
        ("ten minutes", 10, |_| Some(json!({"energy_kwh": 10.0 / 6.0}))),
        ("held", 15, |min| (!(60..240).contains(&min)).then(|| json!({"power_kw": 10.0}))),
        ("glitch", 15, |min| {
            let kwh = if (90..=120).contains(&min) { 0.0 } else { 500.0 + min as f64 / 6.0 };
            Some(json!({"counter_kwh": kwh}))
        }),
    ];
    for (name, interval_min, values) in sent {
        let site = server.register_site(name).await;
        server.register(name, json!({"siteId": site, "expectedIntervalSeconds": interval_min * 60})).await;
        let rows = (0..=480 / interval_min).filter_map(|n| {
            let mut row = values(n * interval_min)?;
            row["machine"] = json!(name);
            row["time"] = json!(start_ms + n * interval_min * 60_000);
            Some(row)
        });
        let rows: Value = rows.collect();
        let path = format!("/api/v1/readings?site={}", name.replace(' ', "%20"));
        let answer = server.post(&path, "application/json", rows.to_string()).await;
        assert_eq!(answer.json()["rejected"], json!([]), "{name}: {}", answer.text);
        let shown = demand(&server, Some(&site), start_ms + 480 * 60_000).await;
        assert!(near(shown["today"]["peakKw"].as_f64(), Some(10.0)), "{name}: {shown}");
        assert!(near(shown["demandKw"].as_f64(), Some(10.0)), "{name}: {shown}");
    }
    server.stop().await;
}

async fn of_nothing_is_not_known(database: Database) {
    let server = Server::start(&database).await;
    let shown = demand(&server, None, 1_793_520_000_000).await;
    for (field, value) in [("presentPowerKw", Value::Null), ("presentMachines", json!(0)), ("demandKw", Value::Null)] {
        assert_eq!(shown[field], value, "{shown}");
    }
    assert_eq!(shown["today"]["meanPowerKw"], Value::Null);
    server.stop().await;
}
