//! The demo: the binary itself, from an empty folder to live statistics and a past.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TryGetableMany};
use serde_json::{Value, json};
use wattline::app::App;
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::demo::{self, DemoSettings, MACHINES, Plant};
use wattline::domain::reading::{SENT_COUNTER, SENT_ENERGY, SENT_POWER};

use crate::harness::oracle::truth;
use crate::harness::{Database, Program, Server, on_both, until};

on_both!(has_a_past_is_live_and_goes_on_after_a_restart, registers_go_on_from_what_is_stored);

const ARGUMENTS: [&str; 7] = ["demo", "--history", "1", "--interval", "0.5", "--seed", "7"];
const QUERY: &str = "{ systemStats {
    asOf totalReadings dataRate uptimePercent activeMachinesToday totalEnergy totalAnomalies } }";
const EVENTS: &str = "{ machines { edges { node { name meterEvents(first: 3) { edges { node { time kind } } } } } } }";

/// The statistics once something holds of them.
async fn once(demo: &Program, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    until(what, async || Some(demo.query(QUERY).await?["systemStats"].take()).filter(&holds)).await
}

fn assert_no_meter_events(data: &Value) {
    let machines = data["machines"]["edges"].as_array().expect("machines");
    assert_eq!(machines.len(), MACHINES.len());
    for machine in machines {
        assert_eq!(machine["node"]["meterEvents"]["edges"], json!([]), "{machine}");
    }
}

async fn rows<T: TryGetableMany>(db: &DatabaseConnection, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect("SQL");
    rows.iter().map(|row| T::try_get_many_by_index(row).expect("the columns")).collect()
}

/// The only value of an answer.
async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    rows::<(i64,)>(db, sql).await[0].0
}

async fn has_a_past_is_live_and_goes_on_after_a_restart(database: Database) {
    let demo = Program::start(&database, &ARGUMENTS);
    let count = |stats: &Value| stats["totalReadings"].as_i64().unwrap_or_default();
    let first = once(&demo, "a live reading", |stats| count(stats) > 0).await;
    let later = once(&demo, "more readings", |stats| count(stats) > count(&first)).await;
    assert!(later["asOf"].as_str() >= first["asOf"].as_str());
    // Two machines send each second, three each ten, two each thirty; the boiler burns gas and does not count.
    let a_day = 2 * 86_400 + 3 * 8_640 + 2 * 2_880;
    let whole = once(&demo, "a day of history", |stats| count(stats) > a_day * 999 / 1000).await;
    assert_eq!(whole["activeMachinesToday"], 7, "{whole}");
    assert!(whole["uptimePercent"].as_f64().is_some_and(|percent| percent > 99.0 && percent < 100.0), "{whole}");
    assert!(whole["totalEnergy"].as_f64().is_some_and(|kwh| kwh > 500.0), "{whole}");
    let told = once(&demo, "the day's faults", |stats| stats["totalAnomalies"].as_i64() > Some(0)).await;
    assert_no_meter_events(&demo.query(EVENTS).await.expect("events"));
    let db = database.connect().await;
    assert_inputs_of_all_kinds(&db).await;
    drop(demo);

    let last_ms = number(&db, "SELECT max(time_ms) FROM reading").await;
    until("a gap", async || (Clock::system().now_ms() > last_ms + 2000).then_some(())).await;
    let demo = Program::start(&database, &ARGUMENTS);
    let again = once(&demo, "readings after the restart", |stats| count(stats) > count(&told)).await;
    let limit = count(&told) + 2 * 3600;
    assert!(count(&again) < limit, "the past is not written twice: {again}");
    let as_of_ms = wattline::domain::instant::parse_ms(again["asOf"].as_str().expect("a time"), None).expect("a time");
    let truth = truth(&db, 1, as_of_ms).await;
    assert!(count(&again) <= truth.total_readings, "all that was counted is stored");
    // The hour with the gap is sent again, and its readings are what they were.
    let outcome = async |name: &str| {
        let page = demo.get("/metrics").await;
        let key = format!("wattline_readings_total{{outcome=\"{name}\"}} ");
        page.lines().find_map(|line| line.strip_prefix(&key)?.parse::<u64>().ok())
    };
    until("the hour with the gap", async || outcome("duplicate").await.filter(|&count| count > 0)).await;
    assert_eq!(outcome("corrected").await, Some(0));
    assert_no_meter_events(&demo.query(EVENTS).await.expect("events"));
    demo.stop();
}

/// Power and energy, power alone, a register alone, power and a register; and energy is the integral of power always.
async fn assert_inputs_of_all_kinds(db: &DatabaseConnection) {
    let inputs: Vec<(String, i64, f64, f64)> = rows(
        db,
        "SELECT m.name, CAST(r.flags & 7 AS bigint), sum(r.energy_kwh), sum(r.power_kw) * m.expected_interval_s / 3600
         FROM reading r JOIN machine m ON m.id = r.machine_id
         GROUP BY m.id, m.name, m.expected_interval_s, r.flags & 7",
    )
    .await;
    assert_eq!(inputs.len(), MACHINES.len(), "each machine keeps to one kind: {inputs:?}");
    let kinds: BTreeSet<i64> = inputs.iter().map(|(_, sent, ..)| *sent).collect();
    let of_all = [SENT_POWER + SENT_ENERGY, SENT_POWER, SENT_COUNTER, SENT_POWER + SENT_COUNTER];
    assert_eq!(kinds, of_all.map(i64::from).into(), "{inputs:?}");
    for (name, _, energy_kwh, integral_kwh) in inputs {
        assert!((energy_kwh / integral_kwh - 1.0).abs() < 0.005, "{name}: {energy_kwh} of {integral_kwh} kWh");
    }
}

/// A Wednesday, 2026-01-07T10:10:00Z.
const START_MS: i64 = 1_767_780_600_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

async fn registers_go_on_from_what_is_stored(database: Database) {
    // By machine and time.
    let mut stored = BTreeMap::new();
    // Stopped within an hour, then for half a day; the last history goes back beyond the first.
    for (start_ms, history_days) in [(START_MS, 0), (START_MS + 49 * MINUTE_MS, 0), (START_MS + 13 * HOUR_MS, 1)] {
        run_for_two_minutes(&database, start_ms, history_days).await;
        let sql = "SELECT m.name, r.time_ms, r.counter_kwh FROM reading r JOIN machine m ON m.id = r.machine_id
                   WHERE r.counter_kwh IS NOT NULL";
        let now: Vec<(String, i64, f64)> = rows(&database.connect().await, sql).await;
        let before = std::mem::replace(&mut stored, now.into_iter().map(|(name, ms, kwh)| ((name, ms), kwh)).collect());
        let changed: Vec<_> = before.iter().filter(|(key, kwh)| stored.get(key) != Some(kwh)).collect();
        assert!(changed.is_empty(), "{changed:?}");
    }
    let plant = Plant::new(1, TimeZone::UTC);
    for (index, machine) in MACHINES.iter().enumerate().filter(|(_, machine)| machine.sends.register()) {
        let of_machine = stored.iter().filter(|((name, _), _)| name == machine.name);
        let registers: Vec<(i64, f64)> = of_machine.map(|((_, time_ms), kwh)| (*time_ms, *kwh)).collect();
        assert!(registers.len() > 24 * 120, "{} values of {}", registers.len(), machine.name);
        for pair in registers.windows(2) {
            let counted_wh = plant.counted_wh(index, pair[0].0, pair[1].0);
            let shown_wh = ((pair[1].1 - pair[0].1) * 1000.0).round() as i64;
            assert_eq!(shown_wh, counted_wh, "{}: {pair:?}", machine.name);
        }
    }
    let server = Server::start(&database).await;
    assert_no_meter_events(&server.data(EVENTS, json!({})).await);
    server.stop().await;
}

/// Runs a demo that starts at an instant until its history is whole and two minutes have passed.
async fn run_for_two_minutes(database: &Database, start_ms: i64, history_days: u32) {
    let config = Options { database: Some(database.url.clone()), detect: Some(false), ..Options::default() }
        .resolve()
        .expect("settings");
    let app = App::open(config, Clock::scaled(start_ms, 60.0)).await.expect("an open database");
    let running =
        tokio::spawn(demo::run(app.rooms.clone(), DemoSettings { history_days, seed: 1, reports_faults: true }));
    let db = database.connect().await;
    let from_ms = start_ms / HOUR_MS * HOUR_MS - i64::from(history_days) * 24 * HOUR_MS;
    let end_ms = start_ms + 2 * MINUTE_MS;
    let sql = format!("SELECT count(*) FROM reading WHERE time_ms > {from_ms} AND time_ms <= {end_ms}");
    // Two machines send each second, three each ten, three each thirty; some readings get lost.
    let expected = (end_ms - from_ms) / 1000 * 24 / 10 * 998 / 1000;
    until("the history and two minutes", async || (number(&db, &sql).await > expected).then_some(())).await;
    running.abort();
    assert!(running.await.expect_err("it never ends").is_cancelled());
    app.close().await.expect("closed");
}
