//! A wall clock that jumps: an hour and a day, forwards and back.

use serde_json::json;
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::domain::instant::format_ms;

use super::PATIENCE;
use super::ledger::START_MS;
use crate::harness::oracle::truth;
use crate::harness::socket::Socket;
use crate::harness::{Database, Server, on_both, until};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

on_both!(a_clock_that_jumps_breaks_nothing);

async fn a_clock_that_jumps_breaks_nothing(database: Database) {
    let clock = Clock::manual(START_MS);
    let options = Options { interval: Some(0.1), detect: Some(true), ..Options::default() };
    let server = Server::start_with(&database, options, clock.clone()).await;
    server.register("press", json!({"expectedIntervalSeconds": 60})).await;
    let mut live = Socket::graphql(&server.address, "/graphql/ws").await;
    live.subscribe("stats", "subscription { statsUpdates { asOf totalReadings } }", json!({})).await;
    let mut anomalies = Socket::graphql(&server.address, "/graphql/ws").await;
    anomalies.subscribe("new", "subscription { anomalyDetected { cursor node { kind } } }", json!({})).await;
    let mut now_ms = START_MS;
    let mut cursors: Vec<u64> = Vec::new();
    let jumps = [HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS, 60_000, DAY_MS, HOUR_MS];
    for (nth, jump_ms) in jumps.into_iter().enumerate() {
        now_ms += jump_ms;
        clock.set_ms(now_ms);
        let time_ms = now_ms - 1000 * (nth as i64 + 1);
        server.record(json!([{"machine": "press", "time": time_ms, "power_kw": 4.0, "energy_kwh": 0.25}])).await;
        let report = "mutation($at: DateTime!, $kind: String!) { reportAnomaly(input: {machine: \"press\", kind: $kind, startedAt: $at}) \
                      { anomaly { id } } }";
        server.data(report, json!({"at": format_ms(time_ms), "kind": format!("JUMP_{nth}")})).await;
        loop {
            let event = anomalies.event("new").await["anomalyDetected"].take();
            cursors.push(event["cursor"].as_str().expect("a cursor").parse().expect("a number"));
            if event["node"]["kind"] == format!("JUMP_{nth}") {
                break;
            }
        }
        // The live statistics follow the clock, whichever way it goes.
        let as_of = json!(format_ms(now_ms));
        let followed = async { while live.event("stats").await["statsUpdates"]["asOf"] != as_of {} };
        tokio::time::timeout(PATIENCE, followed).await.expect("live statistics of the new time");
        // The detection looks on, and finds what it finds between two looks.
        until("the statistics are those of the rows", async || {
            let truth = truth(&database.connect().await, 1, now_ms).await;
            truth.differences(&server.stats(Some(now_ms), None).await, 0.12, 0.5).is_empty().then_some(())
        })
        .await;
    }
    assert!(cursors.is_sorted_by(|a, b| a < b), "cursors only grow: {cursors:?}");
    tokio::time::timeout(2 * PATIENCE, server.stop()).await.expect("an end in order");
}
