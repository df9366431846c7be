//! Every way in gives the same result: GraphQL, and HTTP as JSON, NDJSON and CSV, packed or not.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::harness::{Answer, Database, Server, on_both};

on_both!(
    all_give_the_same,
    duplicates_and_corrections_are_told_apart,
    a_duplicate_changes_nothing_after_a_change_of_interval,
    many_senders_at_once_lose_nothing,
);

const CSV: &str = "time,energy_kwh,machine,power_kw\n\
    2026-11-01T08:00:00Z,0.1,press,6\n2026-11-01T09:00:10+01:00,,press,12.5\n1793520020000,0.2,press,\n";

fn rows() -> Vec<Value> {
    vec![
        json!({"machine": "press", "time": "2026-11-01T08:00:00Z", "power_kw": 6, "energy_kwh": 0.1}),
        json!({"machine": "press", "time": 1_793_520_010, "powerKw": 12.5}),
        json!({"machine": "press", "time": "2026-11-01T08:00:20.000Z", "energy_kwh": 0.2, "power_kw": null}),
    ]
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).expect("packed");
    packer.finish().expect("packed")
}

async fn all_give_the_same(database: Database) {
    let server = Server::start(&database).await;
    let json = Value::Array(rows()).to_string();
    let ndjson = rows().iter().map(|row| format!("{row}\n")).collect::<String>() + "\n";
    let path = |site: &str| format!("/api/v1/readings?site={site}");
    let mut stored = Vec::new();
    for site in ["json", "ndjson", "csv", "gzip", "graphql"] {
        let id = server.register_site(site).await;
        server.register("press", json!({"siteId": id, "expectedIntervalSeconds": 10})).await;
        let receipt = match site {
            "json" => server.post(&path(site), "application/json; charset=utf-8", json.clone()).await,
            "ndjson" => server.post(&path(site), "application/x-ndjson", ndjson.clone()).await,
            "csv" => server.post(&path(site), "text/csv", CSV).await,
            "gzip" => server.post_packed(&path(site), "text/csv", "gzip", gzip(&format!("\u{feff}{CSV}"))).await,
            _ => graphql(&server, &id).await,
        };
        assert_eq!(receipt.status, 200, "{site}: {}", receipt.text);
        let expected = json!({"accepted": 3, "duplicates": 0, "corrected": 0, "rejected": []});
        assert_eq!(receipt.json(), expected, "{site}");
        let query = "query($id: ID!) { machine(name: \"press\", siteId: $id) {
            latestReading { time } readings { edges { node { time powerKw energyKwh powerIsDerived energyIsDerived } } } } }";
        stored.push(server.data(query, json!({"id": id})).await);
    }
    let node = |time: &str, kw: f64, kwh: f64, power: bool, energy: bool| json!({"node": {"time": time, "powerKw": kw, "energyKwh": kwh, "powerIsDerived": power, "energyIsDerived": energy}});
    let held = 6.0 * 10_000.0 / 3_600_000.0;
    let expected = json!([
        node("2026-11-01T08:00:00Z", 6.0, 0.1, false, false),
        node("2026-11-01T08:00:10Z", 12.5, held, false, true),
        node("2026-11-01T08:00:20Z", 72.0, 0.2, true, false),
    ]);
    for machine in &stored {
        assert_eq!(machine["machine"]["readings"]["edges"], expected);
        assert_eq!(machine["machine"]["latestReading"]["time"], "2026-11-01T08:00:20Z");
    }
    server.stop().await;
}

/// The same rows through the mutation; the answer in the shape of the other doors.
async fn graphql(server: &Server, site: &str) -> Answer {
    let mutation = "mutation($input: RecordReadingsInput!) { recordReadings(input: $input) {
        accepted duplicates corrected rejected { index code message } } }";
    let readings = json!([
        {"machine": "press", "time": "2026-11-01T08:00:00Z", "powerKw": 6, "energyKwh": 0.1},
        {"machine": "press", "time": "2026-11-01T08:00:10Z", "powerKw": 12.5},
        {"machine": "press", "time": "2026-11-01T08:00:20Z", "energyKwh": 0.2},
    ]);
    let data = server.data(mutation, json!({"input": {"siteId": site, "readings": readings}})).await;
    Answer { status: 200, headers: reqwest::header::HeaderMap::new(), text: data["recordReadings"].to_string() }
}

async fn duplicates_and_corrections_are_told_apart(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    let row = |kw: f64| json!({"machine": "press", "time": "2026-11-01T08:00:00Z", "power_kw": kw, "energy_kwh": 1});
    let receipt = server.record(json!([row(6.0), row(6.0), row(7.0)])).await;
    assert_eq!(receipt, json!({"accepted": 1, "duplicates": 1, "corrected": 1, "rejected": []}));
    let receipt = server.record(json!([row(7.0)])).await;
    assert_eq!(receipt, json!({"accepted": 0, "duplicates": 1, "corrected": 0, "rejected": []}));
    let stats = server.stats(None, None).await;
    assert_eq!((&stats["totalReadings"], &stats["totalEnergy"]), (&json!(1), &json!(1.0)));
    server.stop().await;
}

async fn many_senders_at_once_lose_nothing(database: Database) {
    let server = Server::start(&database).await;
    for machine in 0..4 {
        server.register(&format!("m{machine}"), json!({})).await;
    }
    let start_ms = 1_793_520_000_000_i64;
    let send = |sender: i64| {
        let server = &server;
        async move {
            for i in 0..25_i64 {
                let time = start_ms + (sender * 25 + i) * 1000;
                server.record(json!([{"machine": format!("m{}", sender % 4), "time": time, "energy_kwh": 0.5, "power_kw": 1}])).await;
            }
        }
    };
    futures_util::future::join_all((0..20).map(send)).await;
    let stats = server.stats(Some(start_ms + 3_600_000), None).await;
    assert_eq!((&stats["totalReadings"], &stats["totalEnergy"]), (&json!(500), &json!(250.0)));
    server.stop().await;
}

async fn a_duplicate_changes_nothing_after_a_change_of_interval(database: Database) {
    let server = Server::start(&database).await;
    let id = server.register("press", json!({"expectedIntervalSeconds": 60})).await;
    let rows = json!([
        {"machine": "press", "time": "2026-11-01T08:00:00Z", "power_kw": 60},
        {"machine": "press", "time": "2026-11-01T08:05:00Z", "power_kw": 60},
    ]);
    server.record(rows.clone()).await;
    assert_eq!(server.stats(None, None).await["totalEnergy"], 3.0, "held for three minutes");
    let update =
        "mutation($id: ID!) { updateMachine(input: {id: $id, expectedIntervalSeconds: 10}) { machine { id } } }";
    server.data(update, json!({"id": id})).await;
    assert_eq!(server.record(rows).await["duplicates"], 2);
    assert_eq!(server.stats(None, None).await["totalEnergy"], 3.0, "a duplicate changes nothing");
    server.stop().await;
}
