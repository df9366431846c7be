//! The source system's own doors, and the push of statistics: first value at once, then one shared snapshot at every
//! tick.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::socket::Socket;
use crate::harness::{Database, Server, on_both};

on_both!(rest_rounds_as_its_source, the_plain_socket_pushes, statistics_are_pushed);

/// 2026-11-24T08:00:30Z
const NOW_MS: i64 = 1_795_507_230_000;

async fn plant(database: &Database, interval: f64) -> Server {
    let options = Options { interval: Some(interval), ..Options::default() };
    let server = Server::start_with(database, options, Clock::manual(NOW_MS)).await;
    server.register("press", json!({"expectedIntervalSeconds": 10})).await;
    let reading = |ago_s: i64, kw: f64| json!({"machine": "press", "time": NOW_MS - ago_s * 1000, "power_kw": kw, "energy_kwh": 28.1474});
    server.record(json!([reading(0, 12.5), reading(10, 131.6), reading(20, 7.25)])).await;
    server
}

fn rounded() -> Value {
    json!({"total_readings": 3, "total_energy": 84, "data_rate": 3, "uptime_days": 0, "uptime_percent": 100.0,
        "readings_per_minute": 0, "energy_per_hour": 15200, "peak_power": 132, "avg_power": 50, "efficiency": 38.3,
        "estimated_cost": 10.13, "cost_per_day": 10.13, "carbon_footprint": 42.22, "carbon_per_day": 42.22,
        "total_anomalies": 0, "active_machines_today": 1, "timestamp": "2026-11-24T08:00:30Z"})
}

async fn rest_rounds_as_its_source(database: Database) {
    let empty = Server::start(&database).await;
    let stats = empty.get("/api/v1/stats/system").await.json();
    for unknown in ["uptime_percent", "energy_per_hour", "peak_power", "avg_power", "efficiency"] {
        assert_eq!(stats[unknown], Value::Null, "{unknown}");
    }
    assert_eq!((&stats["total_readings"], &stats["total_energy"]), (&json!(0), &json!(0)));
    empty.stop().await;
    let server = plant(&database, 1.0).await;
    assert_eq!(server.get("/api/v1/stats/system").await.json(), rounded());
    let health = server.get("/api/v1/health").await;
    assert_eq!(health.status, 200);
    assert_eq!((&health.json()["status"], &health.json()["database"]), (&json!("healthy"), &json!("connected")));
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.get(probe).await.status, 200, "{probe}");
    }
    let metrics = server.get("/metrics").await.text;
    let counter = "wattline_readings_total{outcome=\"accepted\"} ";
    assert!(metrics.lines().any(|line| line.strip_prefix(counter).is_some_and(|count| count != "0")), "{metrics}");
    server.stop().await;
}

async fn the_plain_socket_pushes(database: Database) {
    let server = plant(&database, 1.0).await;
    let mut socket = Socket::plain(server.address).await;
    let update = json!({"type": "stats_update", "stats": rounded(), "timestamp": "2026-11-24T08:00:30Z"});
    assert_eq!(socket.next().await, update, "at once");
    assert_eq!(socket.next().await, update, "and at the tick");
    let report = "mutation { reportAnomaly(input: {machine: \"press\", kind: \"SPIKE\", severity: CRITICAL,
        startedAt: \"2026-11-24T08:00:20Z\", value: 131.6}) { anomaly { id } } }";
    server.data(report, json!({})).await;
    let message = loop {
        let message = socket.next().await;
        if message["type"] != "stats_update" {
            break message;
        }
    };
    assert_eq!((&message["type"], &message["timestamp"]), (&json!("anomaly_detected"), &json!("2026-11-24T08:00:30Z")));
    let anomaly = &message["anomaly"];
    assert_eq!(
        (&anomaly["machine"], &anomaly["kind"], &anomaly["value"]),
        (&json!("press"), &json!("SPIKE"), &json!(131.6))
    );
    server.stop().await;
}

async fn statistics_are_pushed(database: Database) {
    // No tick comes within the test, so what comes at once is the first value.
    let server = plant(&database, 3600.0).await;
    let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
    socket.subscribe("s", "subscription { statsUpdates { totalReadings totalEnergy asOf } }", json!({})).await;
    let first = socket.event("s").await["statsUpdates"].take();
    assert_eq!((&first["totalReadings"], &first["asOf"]), (&json!(3), &json!("2026-11-24T08:00:30Z")));
    assert!((first["totalEnergy"].as_f64().expect("known") - 3.0 * 28.1474).abs() < 1e-9, "full precision: {first}");
    server.stop().await;
    let server = Server::start_with(&database, Options::default(), Clock::system()).await;
    let mut socket = Socket::graphql(server.address, "/graphql").await;
    socket.subscribe("s", "subscription { statsUpdates { totalReadings asOf } }", json!({})).await;
    assert_eq!(socket.event("s").await["statsUpdates"]["totalReadings"], 3);
    server.record(json!([{"machine": "press", "time": NOW_MS - 5000, "power_kw": 1, "energy_kwh": 1}])).await;
    let mut ticks = Vec::new();
    while ticks.len() < 3 {
        let update = socket.event("s").await["statsUpdates"].take();
        if update["totalReadings"] == 4 {
            ticks.push(
                wattline::domain::instant::parse_ms(update["asOf"].as_str().expect("a time"), None).expect("a time"),
            );
        }
    }
    assert_eq!((ticks[1] - ticks[0], ticks[2] - ticks[1]), (1000, 1000), "on a steady grid of one second");
    server.stop().await;
}
