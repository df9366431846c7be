//! Exports: everything, streamed, on the site's clocks, and adding up to what the screen shows.

use serde_json::{Value, json};
use wattline::domain::instant::format_ms;

use crate::harness::{Answer, Database, Program, Server, client, on_both, until};

on_both!(
    rows_are_whole_and_add_up,
    a_trial_leaves_nothing_behind,
    an_export_that_cannot_begin_is_an_error,
    an_export_that_breaks_off_is_logged_and_counted,
);

/// 2026-10-24 00:00 in Berlin: the clocks go back in the night after.
const BEGIN_MS: i64 = 1_792_792_800_000;
const QUARTER_MS: i64 = 900_000;

/// A CSV text as objects.
fn rows(text: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let object =
        |record: &csv::StringRecord| header.iter().zip(record).map(|(k, v)| (k.to_owned(), v.into())).collect();
    reader.records().map(|record| Value::Object(object(&record.expect("a row")))).collect()
}

fn number(value: &Value) -> f64 {
    value.as_str().expect("text").parse().expect("a number")
}

async fn plant(database: &Database) -> (Server, String) {
    let server = Server::start(database).await;
    let site = "mutation { registerSite(input: {name: \"werk\", timeZone: \"Europe/Berlin\", currency: \"EUR\"}) {
        site { id } } }";
    let site = server.data(site, json!({})).await["registerSite"]["site"]["id"].as_str().expect("an id").to_owned();
    for name in ["-press", "saw"] {
        server.register(name, json!({"siteId": site, "expectedIntervalSeconds": 900})).await;
    }
    // Thirty days of quarters of an hour, each machine with other amounts.
    for (at, name) in ["-press", "saw"].iter().enumerate() {
        let readings: Vec<Value> = (1..=2880_i64)
            .map(|n| {
                let kwh = f64::from(i32::try_from(n).expect("small") % 7 + i32::try_from(at).expect("small")) * 0.1;
                json!({"machine": name, "time": format_ms(BEGIN_MS + n * QUARTER_MS), "energy_kwh": kwh})
            })
            .collect();
        let answer = server.post("/api/v1/readings?site=werk", "application/json", Value::Array(readings).to_string());
        assert_eq!(answer.await.json()["accepted"], 2880);
    }
    (server, site)
}

async fn rows_are_whole_and_add_up(database: Database) {
    let (server, site) = plant(&database).await;
    let report = "mutation($site: ID!) { reportAnomaly(input: {siteId: $site, machine: \"saw\", kind: \"@SPIKE\",
        startedAt: \"2026-10-25T01:30:00Z\", message: \"=HYPERLINK(\\\"http://evil.example\\\")\"}) { anomaly { id } } }";
    server.data(report, json!({"site": site})).await;
    let total = server.stats(None, Some(&site)).await["totalEnergy"].as_f64().expect("a number");

    let answer = server.get("/api/v1/export/readings?site=werk").await;
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"readings.csv\"");
    let readings = rows(&answer.text);
    assert_eq!(readings.len(), 5760);
    assert!((readings.iter().map(|row| number(&row["energy_kwh"])).sum::<f64>() - total).abs() < 1e-6);
    // What a spreadsheet would take for a formula is a text, and both sides of the change of clocks are told apart.
    assert_eq!(readings[0]["machine"], "'-press");
    assert_eq!(readings[0]["time"], "2026-10-24T00:15:00+02:00");
    let night: Vec<&Value> = readings[96..].iter().take(14).map(|row| &row["time"]).collect();
    assert_eq!(night[10], "2026-10-25T02:45:00+02:00");
    assert_eq!(night[11], "2026-10-25T02:00:00+01:00");
    let narrow = "/api/v1/export/readings?site=werk&machine=saw&format=ndjson&from=2026-10-25T02:45:00%2B02:00\
        &to=2026-10-25T03:15:00";
    let lines = server.get(narrow).await.text;
    let times: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["time"].take()).collect();
    assert_eq!(times.len(), 6);
    assert_eq!((&times[0], &times[5]), (&json!("2026-10-25T02:00:00+01:00"), &json!("2026-10-25T03:15:00+01:00")));

    // A series comes in pieces, and is the one that GraphQL shows.
    let (from, to) = (format_ms(BEGIN_MS), format_ms(BEGIN_MS + 2880 * QUARTER_MS));
    let query = "query($site: ID, $from: DateTime!, $to: DateTime!, $every: Interval!) {
        statsHistory(siteId: $site, from: $from, to: $to, every: $every) { from energyKwh cost completenessPercent } }";
    for (every, count) in [("PT15M", 2880), ("PT2M", 21_600), ("P1D", 30), ("P1M", 2)] {
        let answer = server.get(&format!("/api/v1/export/series?site=werk&from={from}&to={to}&every={every}")).await;
        let series = rows(&answer.text);
        assert_eq!(series.len(), count, "{every}");
        let known = series.iter().filter(|row| row["energy_kwh"] != "");
        assert!((known.map(|row| number(&row["energy_kwh"])).sum::<f64>() - total).abs() < 1e-6, "{every}");
        if count > 10_000 {
            continue;
        }
        let variables = json!({"site": site, "from": from, "to": to, "every": every});
        let shown = server.data(query, variables).await["statsHistory"].take();
        for (row, bucket) in series.iter().zip(shown.as_array().expect("buckets")) {
            let begin = row["from"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
            assert_eq!(format_ms(begin.as_millisecond()), bucket["from"].as_str().expect("a time"));
            assert_eq!(json!(number(&row["energy_kwh"])), bucket["energyKwh"], "{row} {bucket}");
            assert_eq!(json!(number(&row["cost"])), bucket["cost"]);
        }
    }
    let of_one =
        server.get(&format!("/api/v1/export/series?site=werk&machine=saw&from={from}&to={to}&every=P1M")).await;
    assert!(rows(&of_one.text).iter().map(|row| number(&row["energy_kwh"])).sum::<f64>() < total);

    let anomalies = rows(&server.get("/api/v1/export/anomalies?site=werk&machine=saw").await.text);
    assert_eq!(anomalies.len(), 1);
    assert_eq!(anomalies[0]["message"], "'=HYPERLINK(\"http://evil.example\")");
    assert_eq!(
        (&anomalies[0]["kind"], &anomalies[0]["started_at"]),
        (&json!("'@SPIKE"), &json!("2026-10-25T02:30:00+01:00"))
    );
    assert!(
        rows(&server.get("/api/v1/export/anomalies?site=werk&from=2026-10-25T02:30:00%2B01:00").await.text).is_empty()
    );

    let statistics = rows(&server.get("/api/v1/export/statistics?site=werk").await.text);
    assert_eq!((statistics.len(), number(&statistics[0]["total_energy"])), (1, total));

    let line = server.get("/api/v1/export/statistics?site=werk&format=ndjson").await.json();
    assert_eq!((&line["site"], &line["total_energy"]), (&json!("werk"), &json!(total)));

    for (path, code) in [
        ("readings?site=werk&machine=none", "NOT_FOUND"),
        ("readings?site=none", "NOT_FOUND"),
        ("readings?site=werk&form=csv", "INVALID_PARAMETER"),
        ("readings?site=werk&from=yesterday", "INVALID_PARAMETER"),
        ("series?site=werk&from=2026-11-01T00:00:00Z&every=PT7M", "INVALID_INPUT"),
        ("series?site=werk&from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z&every=P1D", "INVALID_RANGE"),
        ("series?site=werk&every=P1D", "INVALID_PARAMETER"),
    ] {
        assert_eq!(server.get(&format!("/api/v1/export/{path}")).await.code(), code, "{path}");
    }
    // Nothing there is a header alone.
    assert!(rows(&server.get("/api/v1/export/readings").await.text).is_empty());
    server.stop().await;
}

async fn a_trial_leaves_nothing_behind(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({"ratedPowerKw": 10.0})).await;
    server.record(json!([{"machine": "press", "time": "2026-11-01T08:00:00Z", "energy_kwh": 1.0}])).await;
    let csv = "machine,time,energy_kwh,power_kw\npress,2026-11-01T08:00:00Z,1.0,\npress,2026-11-01T08:00:10Z,0.1,\n\
        press,2026-11-01T08:00:20Z,,1000\nsaw,2026-11-01T08:00:20Z,1,\npress,soon,1,\n";
    let outcome = async |path: &str| {
        let receipt = server.post(path, "text/csv", csv).await.json();
        let codes = receipt["rejected"].as_array().expect("rows").iter().map(|row| row["code"].clone()).collect();
        (receipt["accepted"].clone(), receipt["duplicates"].clone(), receipt["corrected"].clone(), Value::Array(codes))
    };
    let before = server.stats(None, None).await["totalReadings"].clone();
    let trial = outcome("/api/v1/readings?dry_run=true").await;
    assert_eq!((&trial.0, &trial.1, &trial.2), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(trial.3.as_array().map(Vec::len), Some(3), "{trial:?}");
    assert_eq!(server.stats(None, None).await["totalReadings"], before);
    let refused = server.data("{ refusedReadings { totalCount } }", json!({})).await;
    assert_eq!(refused["refusedReadings"]["totalCount"], 0);
    // What is done for real comes out as the trial said.
    assert_eq!(outcome("/api/v1/readings").await, trial);
    assert_eq!(server.stats(None, None).await["totalReadings"], json!(2));
    // Real ones that wait beside trials are kept.
    let real = async |n: i64| {
        let time = format_ms(1_793_523_600_000 + n * 10_000);
        server.record(json!([{"machine": "press", "time": time, "energy_kwh": 0.1}])).await
    };
    let trials = async || {
        for _ in 0..20 {
            outcome("/api/v1/readings?dry_run=true").await;
        }
    };
    let reals = async |from: i64| {
        for n in from..from + 20 {
            real(n).await;
        }
    };
    tokio::join!(trials(), reals(1000), trials(), reals(2000));
    assert_eq!(server.stats(None, None).await["totalReadings"], json!(42));
    server.stop().await;
}

async fn an_export_that_cannot_begin_is_an_error(database: Database) {
    let (server, _) = plant(&database).await;
    let rows = database.connect().await;
    let series = "series?site=werk&from=2026-10-24T00:00:00Z&to=2026-10-25T00:00:00Z&every=PT1H";
    for (export, table) in [
        ("readings?site=werk", "reading"),
        ("refused", "refused_reading"),
        ("anomalies", "anomaly"),
        (series, "rollup"),
    ] {
        let path = format!("/api/v1/export/{export}");
        assert_eq!(server.get(&path).await.status, 200, "{path}");
        let rename = |from: &str, to: &str| {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            async { sea_orm::ConnectionTrait::execute_unprepared(&rows, &{ sql }).await.expect("SQL") }
        };
        rename(table, "elsewhere").await;
        let answer = server.get(&path).await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "INTERNAL"), "{path}: {}", answer.text);
        assert_eq!(answer.json()["error"]["requestId"], answer.headers["x-request-id"].to_str().expect("text"));
        assert!(!answer.text.contains(table), "{}", answer.text);
        rename("elsewhere", table).await;
    }
    server.stop().await;
}

async fn an_export_that_breaks_off_is_logged_and_counted(database: Database) {
    let program = Program::start(&database, &["serve"]);
    let url = |path: &str| format!("http://{}{path}", program.address);
    let rows: Vec<Value> = (0..2500)
        .map(|n| json!({"machine": "nowhere", "time": format_ms(BEGIN_MS + n * QUARTER_MS), "power_kw": 1}))
        .collect();
    let sent = client().post(url("/api/v1/readings")).header("content-type", "application/json");
    assert_eq!(Answer::of(sent.body(Value::Array(rows).to_string())).await.status, 422);
    assert_eq!(Answer::of(client().get(url("/api/v1/export/refused"))).await.text.lines().count(), 2501);
    // Beyond the first piece, what no version of the program has written.
    let spoil = "UPDATE refused_reading SET unit = 'BUSHEL' WHERE id = 1500";
    sea_orm::ConnectionTrait::execute_unprepared(&database.connect().await, spoil).await.expect("SQL");
    let request = client().get(url("/api/v1/export/refused")).header("x-request-id", "the-one-that-breaks-off");
    let mut response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let mut lines = 0;
    let broken = loop {
        match response.chunk().await {
            Ok(Some(piece)) => lines += String::from_utf8_lossy(&piece).matches('\n').count(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && lines >= 1001, "it does not look like an end, after {lines} lines");
    let line =
        until("it is logged", async || program.log().into_iter().find(|line| line.contains("an export broke off")));
    let line = line.await;
    assert!(["the-one-that-breaks-off", "refused", "INTERNAL"].iter().all(|it| line.contains(it)), "{line}");
    let metrics = program.get("/metrics").await;
    assert!(metrics.contains("wattline_exports_broken_off_total{code=\"INTERNAL\"} 1"), "{metrics}");
    program.stop();
}
