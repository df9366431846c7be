//! The demo: the binary itself, from an empty folder to live statistics and a past.

use serde_json::Value;

use crate::harness::oracle::truth;
use crate::harness::{Database, Program, on_both, until};

on_both!(has_a_past_is_live_and_goes_on_after_a_restart);

const ARGUMENTS: [&str; 7] = ["demo", "--history", "1", "--interval", "0.5", "--seed", "7"];
const QUERY: &str = "{ systemStats {
    asOf totalReadings dataRate uptimePercent activeMachinesToday totalEnergy totalAnomalies } }";

/// The statistics once something holds of them.
async fn once(demo: &Program, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    until(what, async || Some(demo.query(QUERY).await?["systemStats"].take()).filter(&holds)).await
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
    drop(demo);

    let demo = Program::start(&database, &ARGUMENTS);
    let again = once(&demo, "readings after the restart", |stats| count(stats) > count(&told)).await;
    let limit = count(&told) + 2 * 3600;
    assert!(count(&again) < limit, "the past is not written twice: {again}");
    let as_of_ms = wattline::domain::instant::parse_ms(again["asOf"].as_str().expect("a time"), None).expect("a time");
    let truth = truth(&database.connect().await, 1, as_of_ms).await;
    assert!(count(&again) <= truth.total_readings, "all that was counted is stored");
    demo.stop();
}
