//! Every way in gives the same result: GraphQL, and HTTP as JSON, NDJSON and CSV, packed or not.

use std::io::Write as _;

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::{Answer, Database, Server, on_both};

on_both!(
    all_give_the_same,
    duplicates_and_corrections_are_told_apart,
    a_duplicate_changes_nothing_after_a_change_of_interval,
    many_senders_at_once_lose_nothing,
    units_are_in_the_names,
    foreign_names_are_mapped,
    influx_senders_need_another_address_and_no_more,
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

/// Power and energy of each row of a machine, by time.
async fn rows_of(server: &Server, machine: &str) -> Vec<(Value, Value, Value)> {
    let query = "query($name: String) { machine(name: $name) {
        readings { edges { node { powerKw energyKwh counterKwh } } } } }";
    let found = server.data(query, json!({"name": machine})).await;
    let edges = found["machine"]["readings"]["edges"].as_array().expect("edges").iter();
    edges
        .map(|e| (e["node"]["powerKw"].clone(), e["node"]["energyKwh"].clone(), e["node"]["counterKwh"].clone()))
        .collect()
}

async fn units_are_in_the_names(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    let start_s = 1_793_520_000;
    server
        .record(json!([
            {"machine": "press", "time": start_s, "power_w": 12_500, "energyWh": 250},
            {"machine": "press", "time": start_s + 10, "powerMw": 0.0125, "energy_mwh": 0.001, "counter_wh": 7_000_500},
        ]))
        .await;
    let csv = format!("machine,time,power_w,counter_mwh\npress,{},12500,7.25\n", start_s + 20);
    assert_eq!(server.post("/api/v1/readings", "text/csv", csv).await.json()["accepted"], 1);
    let expected = vec![
        (json!(12.5), json!(0.25), Value::Null),
        (json!(12.5), json!(1.0), json!(7000.5)),
        (json!(12.5), json!(249.5), json!(7250.0)),
    ];
    assert_eq!(rows_of(&server, "press").await, expected);
    let twice = json!([{"machine": "press", "time": start_s, "power_w": 1, "power_kw": 1}]).to_string();
    let answer = server.post("/api/v1/readings", "application/json", twice).await;
    assert_eq!((answer.status, &answer.json()["rejected"][0]["code"]), (422, &json!("INVALID_ROW")));
    server.stop().await;
}

async fn foreign_names_are_mapped(database: Database) {
    let map = "machine=meter_id,time=ts,power_w=P".parse().expect("a mapping");
    let options = Options { map: Some(map), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    server.register("press", json!({})).await;
    server.record(json!([{"meter_id": "press", "ts": 1_793_520_000, "P": 1500, "cos_phi": 0.9}])).await;
    let csv = "ts,meter_id,cos_phi,P\n1793520010,press,0.9,2500\n";
    assert_eq!(server.post("/api/v1/readings", "text/csv", csv).await.json()["accepted"], 1);
    let lines = "modbus,meter_id=press P=3500i,cos_phi=0.9 1793520020000000000";
    assert_eq!(server.post("/api/v1/readings", "text/plain", lines).await.json()["accepted"], 1);
    let powers: Vec<_> = rows_of(&server, "press").await.into_iter().map(|row| row.0).collect();
    assert_eq!(json!(powers), json!([1.5, 2.5, 3.5]));
    server.stop().await;
}

async fn influx_senders_need_another_address_and_no_more(database: Database) {
    const NOW_MS: i64 = 1_793_520_100_000;
    let server = Server::start_with(&database, Options::default(), Clock::manual(NOW_MS)).await;
    server.register("press", json!({})).await;
    server.register("energy_meter", json!({})).await;
    let ping = server.get("/ping").await;
    assert_eq!((ping.status, ping.headers["x-influxdb-version"].as_bytes()), (204, &b"1.8-wattline"[..]));
    // As Telegraf sends: what it measured, in the precision it says, among much that is about something else.
    let telegraf = "# a comment\ncpu,host=edge usage_idle=98.5 1793520000000\n\
        meter,host=edge,machine=press power_kw=12.5,energy_kwh=0.035,voltage=401.2 1793520000000\n\n\
        meter,host=edge,machine=press power_w=13500i 1793520010000\n";
    let written = server.post("/api/v2/write?org=plant&bucket=default&precision=ms", "text/plain", telegraf).await;
    assert_eq!((written.status, written.text.as_str()), (204, ""));
    let rows = rows_of(&server, "press").await;
    assert_eq!((rows.len(), &rows[0].0, &rows[0].1, &rows[1].0), (2, &json!(12.5), &json!(0.035), &json!(13.5)));
    // As Home Assistant sends: the unit as measurement, energy as a register; a line without a time is of now.
    let home = "kWh,domain=sensor,entity_id=energy_meter friendly_name_str=\"Meter\",value=812.5 1793520000000000000\n\
        °C,domain=sensor,entity_id=hall value=19.5 1793520000000000000\n\
        Wh,domain=sensor,entity_id=energy_meter value=813000 1793520010000000000\n\
        W,domain=sensor,entity_id=energy_meter value=1800\n";
    assert_eq!(server.post("/write?db=default", "application/octet-stream", home).await.status, 204);
    let rows = rows_of(&server, "energy_meter").await;
    let registers: Vec<_> = rows.iter().map(|row| (&row.1, &row.2)).collect();
    assert_eq!(registers[..2], [(&json!(0.0), &json!(812.5)), (&json!(0.5), &json!(813.0))]);
    assert_eq!(rows[2].0, json!(1.8));
    let latest = server.data("{ machine(name: \"energy_meter\") { latestReading { time } } }", json!({})).await;
    assert_eq!(latest["machine"]["latestReading"]["time"], wattline::domain::instant::format_ms(NOW_MS));
    // What is wrong is said in InfluxDB's way, and keeps nothing else out.
    let mixed = "m,machine=pres power_kw=1 1793520020\nm,machine=press power_kw=2 1793520020\nm power_kw=3\n\
        m,machine=press power_kw=\"x\" 1793520020\nnonsense\n";
    let partial = server.post("/write?precision=s", "text/plain", mixed).await;
    assert_eq!(partial.status, 400);
    let message = partial.json()["error"].as_str().expect("a sentence").to_owned();
    assert!(message.starts_with("partial write: UNKNOWN_MACHINE") && message.ends_with("dropped=4"), "{message}");
    assert_eq!(rows_of(&server, "press").await.len(), 3);
    assert_eq!(server.post("/write?db=elsewhere", "text/plain", "").await.code(), "NOT_FOUND");
    assert_eq!(server.post("/write?precision=h", "text/plain", "").await.code(), "INVALID_PARAMETER");
    // Plain text is what a page of another origin can send without asking.
    let foreign =
        server.post_from("https://evil.example", "/api/v2/write?bucket=default", "text/plain", telegraf).await;
    assert_eq!((foreign.status, foreign.code().as_str()), (403, "ORIGIN_NOT_ALLOWED"));
    server.stop().await;
}
