//! Single readings kept for a while only: statistics, series and totals stay as they were.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::oracle::truth;
use crate::harness::{Database, Server, number, on_both, until};
use crate::series::{HOUR_MS, time};

on_both!(nothing_that_buckets_carry_changes);

const DAY_MS: i64 = 24 * HOUR_MS;
/// 2026-03-01T00:00:00Z
const START_MS: i64 = 1_772_323_200_000;
const DAYS: i64 = 75;
const NOW_MS: i64 = START_MS + DAYS * DAY_MS;
/// Kept for thirty days; the horizon moves by whole days, on `PostgreSQL` by months.
const READING_DAYS: u32 = 30;

/// Ten-minute readings, never at a full minute: power, energy and a register with a gap of two days, a reset and a
/// glitch near the horizon.
fn readings() -> Vec<Value> {
    let mut rows = Vec::new();
    for n in 0..DAYS * 144 {
        let time = START_MS + n * 600_000 + 5000;
        let kw = 10.0 + f64::from((n * 7919 % 600) as i32) / 10.0;
        rows.push(json!({"machine": "press", "time": time, "power_kw": kw, "energy_kwh": kw / 6.0}));
        rows.push(json!({"machine": "pump", "time": time + 1000, "power_kw": kw / 2.0}));
        if !(20 * 144..22 * 144).contains(&n) {
            let counted = n as f64 * 0.5;
            let kwh = if n == 31 * 144 - 2 || n == 45 * 144 - 2 { 0.0 } else { counted };
            rows.push(json!({"machine": "register", "time": time + 2000, "counter_kwh": kwh}));
        }
        if n < 100 {
            rows.push(json!({"machine": "gone", "time": time + 3000, "energy_kwh": 1.0}));
        }
    }
    rows
}

async fn start(database: &Database, reading_days: u32, now_ms: i64) -> Server {
    let options = Options { reading_days: Some(reading_days), ..Options::default() };
    Server::start_with(database, options, Clock::manual(now_ms)).await
}

/// All series that stored buckets carry, of the site and of each machine.
async fn series(server: &Server) -> Value {
    let query = "query($from: DateTime!, $to: DateTime!, $month: DateTime!) {
        site: statsHistory(from: $from, to: $to, every: \"P1D\") { ...all }
        months: statsHistory(from: $from, to: $to, every: \"P1M\") { ...all }
        quarters: statsHistory(from: $month, to: $to, every: \"PT15M\") { ...all }
        machines(first: 4) { edges { node { series(from: $from, to: $to, every: \"PT1H\") { ...all } } } } }
        fragment all on StatsBucket { readings energyKwh meanPowerKw minPowerKw maxPowerKw completenessPercent
            estimatedShare }";
    let month = time(NOW_MS - 60 * DAY_MS);
    server.data(query, json!({"from": time(START_MS), "to": time(NOW_MS), "month": month})).await
}

async fn nothing_that_buckets_carry_changes(database: Database) {
    let server = start(&database, 0, NOW_MS).await;
    for machine in ["press", "pump", "register", "gone"] {
        server.register(machine, json!({"expectedIntervalSeconds": 600})).await;
    }
    for part in readings().chunks(7919) {
        server.record(json!(part)).await;
    }
    let db = database.connect().await;
    let rows_before = number(&db, "SELECT count(*) FROM reading").await;
    // Whole quarters and others, old and new, some of them before the first reading and after the last.
    let instants: Vec<i64> = (-1..=DAYS + 1)
        .flat_map(|day| [0, 15 * 60_000, 7 * HOUR_MS + 37 * 60_000].map(|ms| START_MS + day * DAY_MS + ms))
        .filter(|instant_ms| *instant_ms <= NOW_MS)
        .collect();
    let mut before = Vec::new();
    for instant_ms in &instants {
        before.push((server.stats(Some(*instant_ms), None).await, truth(&db, 1, *instant_ms).await));
    }
    let series_before = series(&server).await;
    let events = "{ machine(name: \"register\") { meterEvents { edges { node { time kind } } } } }";
    let events_before = server.data(events, json!({})).await;
    server.stop().await;

    let server = start(&database, READING_DAYS, NOW_MS).await;
    let first = format!("SELECT CAST(coalesce(max(time_ms), 0) AS bigint) FROM horizon WHERE time_ms > {START_MS}");
    let horizon_ms =
        until("the horizon has moved", async || Some(number(&db, &first).await).filter(|ms| *ms > 0)).await;
    let (expected_ms, kept) =
        if database.name().is_some() { (START_MS + 31 * DAY_MS, "a month") } else { (START_MS + 45 * DAY_MS, "a day") };
    assert_eq!(horizon_ms, expected_ms, "{kept}");
    let old = format!("SELECT count(*) FROM reading WHERE time_ms < {horizon_ms}");
    // First and last of each machine, thirteen registers, both ends of the gap.
    let few = until("old readings are gone", async || Some(number(&db, &old).await).filter(|rows| *rows < 30)).await;
    assert!(few >= 8, "{few}");
    assert!(number(&db, "SELECT count(*) FROM reading").await < rows_before * 2 / 3);
    if database.name().is_some() {
        let months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'reading'::regclass";
        assert_eq!(number(&db, months).await, 3, "April, May, and what is older");
    }

    assert_eq!(series(&server).await, series_before);
    assert_eq!(server.data(events, json!({})).await, events_before);
    for (instant_ms, (stats_before, truth)) in instants.iter().zip(&before) {
        let stats = server.stats(Some(*instant_ms), None).await;
        let resolution = "query($at: DateTime) { systemStats(asOf: $at) { resolutionSeconds } }";
        let resolution = server.data(resolution, json!({"at": time(*instant_ms)})).await;
        if *instant_ms >= horizon_ms + DAY_MS {
            assert_eq!((&stats, &resolution["systemStats"]["resolutionSeconds"]), (stats_before, &json!(1)));
            continue;
        }
        assert_eq!(resolution["systemStats"]["resolutionSeconds"], 60);
        let mut differences = truth.differences(&stats, 0.12, 0.5);
        differences.retain(|difference| !difference.starts_with("lastReadingAt: null"));
        if instant_ms % 900_000 != 0 && *instant_ms > START_MS {
            assert_eq!((&stats["uptimePercent"], &stats["activeMachinesToday"]), (&Value::Null, &Value::Null));
            differences.retain(|one| !one.starts_with("uptimePercent") && !one.starts_with("activeMachinesToday"));
        }
        assert_eq!(differences, Vec::<String>::new(), "at {}", time(*instant_ms));
    }

    // What can no longer be compared is refused; what follows from readings that stay is right.
    let row = |machine: &str, ms: i64| json!({"machine": machine, "time": ms, "power_kw": 60.0});
    let late = json!([row("press", horizon_ms), row("pump", horizon_ms + 1)]).to_string();
    let answer = server.post("/api/v1/readings", "application/json", late).await.json();
    assert_eq!((&answer["accepted"], &answer["rejected"][0]["code"]), (&json!(1), &json!("TOO_OLD")), "{answer}");
    let query = "query($from: DateTime!, $to: DateTime!) { machine(name: \"pump\") {
        readings(from: $from, to: $to) { edges { node { powerKw energyKwh } } } } }";
    let range = json!({"from": time(START_MS), "to": time(horizon_ms + 10_000)});
    let found = server.data(query, range).await;
    let edges = found["machine"]["readings"]["edges"].as_array().expect("edges");
    let power_kw = |n: i64| 5.0 + f64::from((n * 7919 % 600) as i32) / 20.0;
    let last = (horizon_ms - START_MS) / 600_000 - 1;
    let held_kwh = power_kw(last) * (600_000.0 - 6000.0 + 1.0) / HOUR_MS as f64;
    let energy = edges[0]["node"]["energyKwh"].as_f64().expect("energy");
    assert!((energy - held_kwh).abs() < 1e-9, "{energy} {held_kwh}: held from the last reading before the horizon");
    assert_eq!(edges.len(), 2, "older ones are not listed: {found}");
    let id = server.data("{ machine(name: \"register\") { id } }", json!({})).await["machine"]["id"].take();
    let replace = "mutation($id: ID!, $at: DateTime!) { replaceMeter(input: {id: $id, at: $at, oldCounterKwh: 1,
        newCounterKwh: 2}) { machine { name } } }";
    let fine = "query($from: DateTime!, $at: DateTime!) {
        statsHistory(from: $from, to: $at, every: \"PT1M\") { energyKwh } }";
    for (query, variables) in [
        (replace, json!({"id": id, "at": time(horizon_ms)})),
        (fine, json!({"from": time(horizon_ms - HOUR_MS), "at": time(horizon_ms)})),
    ] {
        let answer = server.graphql(query, variables).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BEFORE_HORIZON", "{answer}");
    }
    server.stop().await;
}
