//! Bad input gets a code and a sentence through every door, and keeps no good row out.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::socket::Socket;
use crate::harness::{Answer, Database, Server, on_both};
use crate::recordings::wattline;

on_both!(
    bad_rows_keep_no_good_row_out,
    bodies_that_are_not_what_they_say,
    documents_and_arguments,
    names_that_no_machine_can_have,
    sockets_are_measured_too,
);

/// 2026-11-01T08:00:00Z
const NOW_MS: i64 = 1_793_520_000_000;

/// Rows that are refused, as JSON and with their code.
fn bad_rows() -> Vec<(Value, &'static str)> {
    let row = |more: Value| {
        let mut row = json!({"machine": "press", "time": NOW_MS});
        row.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        row
    };
    vec![
        (row(json!({})), "EMPTY_READING"),
        (row(json!({"power_kw": 5, "energy_kwh": -0.1})), "NEGATIVE_ENERGY"),
        (row(json!({"energy_kwh": 1e300})), "VALUE_TOO_LARGE"),
        (row(json!({"power_kw": 1, "energy_kwh": 1, "time": NOW_MS + 300_001})), "TIME_IN_FUTURE"),
        (row(json!({"energy_kwh": 1, "machine": "pres"})), "UNKNOWN_MACHINE"),
        (row(json!({"power_kw": 100.1, "energy_kwh": 1})), "POWER_ABOVE_LIMIT"),
        (row(json!({"energy_kwh": 1, "time": "2026-11-01T08:00:00"})), "INVALID_TIME"),
        (row(json!({"energy_kwh": 1, "time": "yesterday"})), "INVALID_TIME"),
        (row(json!({"energy_kwh": "1"})), "INVALID_ROW"),
        (row(json!({"energy_kwh": 1, "powr_kw": 1})), "INVALID_ROW"),
        (json!({"time": NOW_MS, "energy_kwh": 1}), "INVALID_ROW"),
        (json!(7), "INVALID_ROW"),
    ]
}

fn good_row(at: usize) -> Value {
    json!({"machine": "press", "time": NOW_MS - 1000 * i64::try_from(at).expect("small"), "power_kw": 1, "energy_kwh": 0.25})
}

async fn start(database: &Database) -> Server {
    let options = Options { max_body_bytes: Some(20_000), max_rows: Some(50), ..Options::default() };
    let options = Options { hosts: Some("plant.example, other".to_owned()), max_query_bytes: Some(10_000), ..options };
    let server = Server::start_with(database, options, Clock::manual(NOW_MS)).await;
    server.register("press", json!({"ratedPowerKw": 10})).await;
    server
}

async fn bad_rows_keep_no_good_row_out(database: Database) {
    let server = start(&database).await;
    let mixed: Vec<Value> =
        bad_rows().iter().enumerate().flat_map(|(at, (bad, _))| [bad.clone(), good_row(at)]).collect();
    let codes: Vec<_> = bad_rows().iter().enumerate().map(|(at, (_, code))| (json!(2 * at), json!(code))).collect();
    let check = |answer: &Answer, accepted: usize, duplicates: usize| {
        assert_eq!(answer.status, 200, "{}", answer.text);
        let receipt = answer.json();
        assert_eq!((&receipt["accepted"], &receipt["duplicates"]), (&json!(accepted), &json!(duplicates)), "{receipt}");
        let rejected = receipt["rejected"].as_array().expect("a list");
        let got: Vec<_> = rejected.iter().map(|r| (r["index"].clone(), r["code"].clone())).collect();
        assert_eq!(got, codes);
        assert!(rejected.iter().all(|r| r["message"].as_str().is_some_and(|m| m.len() > 10)), "sentences: {receipt}");
    };
    let count = bad_rows().len();
    let answer = server.post("/api/v1/readings", "application/json", Value::Array(mixed.clone()).to_string()).await;
    check(&answer, count, 0);
    let lines: String = mixed.iter().map(|row| format!("{row}\n")).collect();
    check(&server.post("/api/v1/readings", "application/x-ndjson", lines).await, 0, count);
    let stats = server.stats(None, None).await;
    assert_eq!(stats["totalEnergy"], 0.25 * f64::from(u8::try_from(count).expect("small")));

    let csv = "machine,time,power_kw,energy_kwh\npress,2026-11-01T07:00:00Z,1,NaN\npress,2026-11-01T07:00:00Z,inf,1\n\
        press,2026-11-01T07:00:00Z,1,0,5\npress,2026-11-01T07:00:00Z,x,1\n,2026-11-01T07:00:00Z,1,1\npress,2026-11-01T07:00:00Z,1,1\n";
    let receipt = server.post("/api/v1/readings", "text/csv", csv).await.json();
    let codes: Vec<_> = receipt["rejected"].as_array().expect("a list").iter().map(|r| r["code"].clone()).collect();
    assert_eq!(json!(codes), json!(["NOT_FINITE", "NOT_FINITE", "INVALID_ROW", "INVALID_ROW", "INVALID_ROW"]));
    assert_eq!(receipt["accepted"], 1);
    let all_bad = server.post("/api/v1/readings", "application/json", json!([bad_rows()[0].0]).to_string()).await;
    assert_eq!(all_bad.status, 422, "{}", all_bad.text);

    let mutation = "mutation($readings: [ReadingInput!]!) { recordReadings(input: {readings: $readings}) {
        accepted rejected { index code message } } }";
    let readings = json!([
        {"machine": "press", "time": "2026-11-01T06:00:00Z"},
        {"machine": "press", "time": "2026-11-01T06:00:00Z", "energyKwh": 3},
        {"machine": "pres", "time": "2026-11-01T06:00:00Z", "energyKwh": 3},
    ]);
    let payload = server.data(mutation, json!({"readings": readings})).await["recordReadings"].take();
    assert_eq!(payload["accepted"], 1);
    let codes: Vec<_> =
        payload["rejected"].as_array().expect("a list").iter().map(|r| (&r["index"], &r["code"])).collect();
    assert_eq!(json!(codes), json!([[0, "EMPTY_READING"], [2, "UNKNOWN_MACHINE"]]));
    let metrics = server.get("/metrics").await.text;
    let counter = "wattline_readings_rejected_total{code=\"UNKNOWN_MACHINE\"} ";
    assert!(metrics.lines().any(|line| line.strip_prefix(counter).is_some_and(|count| count != "0")), "{metrics}");
    server.stop().await;
}

async fn bodies_that_are_not_what_they_say(database: Database) {
    let server = start(&database).await;
    let json_type = "application/json";
    let good = good_row(0).to_string();
    let cases: Vec<(Answer, u16, &str)> = vec![
        (server.post("/api/v1/readings", json_type, format!("[{good}")).await, 400, "INVALID_BODY"),
        (server.post("/api/v1/readings", json_type, good.clone()).await, 400, "INVALID_BODY"),
        (server.post("/api/v1/readings", json_type, "").await, 400, "INVALID_BODY"),
        (server.post("/api/v1/readings", "image/png", "x").await, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (server.post("/api/v1/readings", "text/csv", "machine,power_kw\npress,1").await, 400, "INVALID_HEADER"),
        (server.post("/api/v1/readings", "text/csv", "machine,time,powr_kw\n").await, 400, "INVALID_HEADER"),
        (server.post("/api/v1/readings", "text/csv", "machine,time,power_kw,time\n").await, 400, "INVALID_HEADER"),
        (server.post("/api/v1/readings", "text/csv", "").await, 400, "INVALID_HEADER"),
        (
            server.post("/api/v1/readings", json_type, format!("[{}]", vec![good.as_str(); 51].join(","))).await,
            413,
            "TOO_MANY_ROWS",
        ),
        (server.post("/api/v1/readings", json_type, " ".repeat(20_001)).await, 413, "BODY_TOO_LARGE"),
        (server.post_packed("/api/v1/readings", json_type, "gzip", bomb()).await, 413, "BODY_TOO_LARGE"),
        (server.post_packed("/api/v1/readings", json_type, "gzip", b"not gzip".to_vec()).await, 400, "INVALID_BODY"),
        (
            server.post_packed("/api/v1/readings", json_type, "gzip", cut_off(&format!("[{good}]"))).await,
            400,
            "INVALID_BODY",
        ),
        (server.post("/api/v1/readings?site=nowhere", json_type, format!("[{good}]")).await, 404, "NOT_FOUND"),
        (server.post("/api/v1/readings?zone=UTC", json_type, format!("[{good}]")).await, 400, "INVALID_PARAMETER"),
        (server.post("/api/v1/readings?timezone=Mars", json_type, format!("[{good}]")).await, 400, "INVALID_PARAMETER"),
        (server.post("/graphql", "text/plain", r#"{"query":"{ sites { id } }"}"#).await, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (server.post("/graphql", json_type, "{").await, 400, "INVALID_BODY"),
        (
            server.post("/graphql", json_type, json!({"query": "#".repeat(65_537)}).to_string()).await,
            413,
            "BODY_TOO_LARGE",
        ),
        (
            server.get("/graphql?query=mutation%7BretireMachine(input:%7Bid:%22x%22%7D)%7Bmachine%7Bid%7D%7D%7D").await,
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (
            server
                .post("/graphql", json_type, json!({"query": format!("{{ {} }}", "a ".repeat(5000))}).to_string())
                .await,
            400,
            "DOCUMENT_TOO_LARGE",
        ),
        (server.post("/graphql", json_type, "[{\"query\":\"{sites{id}}\"}]").await, 400, "BATCH_NOT_SUPPORTED"),
        (server.get("/api/v1/stats/system?as_of=yesterday").await, 400, "INVALID_PARAMETER"),
        (server.get("/api/v1/stats/system?asof=2026-11-01T08:00:00Z").await, 400, "INVALID_PARAMETER"),
        (server.get("/api/v1/stats/system?site=nowhere").await, 404, "NOT_FOUND"),
        (server.get_with("/api/v1/stats/system", "host", "wattline.evil.example").await, 421, "HOST_NOT_ALLOWED"),
    ];
    for (answer, status, code) in cases {
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text);
    }
    for host in ["localhost:8080", "192.168.1.20", "[::1]:8080", "Plant.example:80"] {
        assert_eq!(server.get_with("/healthz", "host", host).await.status, 200, "{host}");
    }
    let unpacked = server.post_packed("/api/v1/readings", json_type, "br", b"x".to_vec()).await;
    assert_eq!(unpacked.status, 415, "an encoding that is not spoken");
    assert_eq!(server.stats(None, None).await["totalReadings"], 0, "nothing was stored");
    server.stop().await;
}

/// A megabyte of blanks in a few bytes.
fn bomb() -> Vec<u8> {
    packed(&" ".repeat(1_000_000))
}

fn cut_off(text: &str) -> Vec<u8> {
    let mut packed = packed(text);
    packed.truncate(packed.len() - 12);
    packed
}

fn packed(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(text.as_bytes()).expect("packed");
    packer.finish().expect("packed")
}

async fn documents_and_arguments(database: Database) {
    let server = start(&database).await;
    let id = server.register("saw", json!({})).await;
    let (down, up) = ("anomalies(first: 1) { edges { node { machine { ".repeat(4), "} } } } ".repeat(4));
    let deep = format!("{{ machines(first: 1) {{ edges {{ node {{ {down} id {up} }} }} }} }}");
    let aliases: String = (0..200).map(|i| format!("a{i}: sites {{ id }} ")).collect();
    let typenames: String = (0..30).map(|i| format!("a{i}: __typename ")).collect();
    let register = |input: &str| format!("mutation {{ registerMachine(input: {{{input}}}) {{ machine {{ id }} }} }}");
    let report = |input: &str| {
        format!(
            "mutation {{ reportAnomaly(input: {{machine: \"saw\", kind: \"K\", {input}}}) {{ anomaly {{ id }} }} }}"
        )
    };
    let known = server.data(&report("startedAt: \"2026-11-01T08:00:00Z\""), json!({})).await;
    let anomaly = known["reportAnomaly"]["anomaly"]["id"].as_str().expect("an id");
    let rule = |mutation: &str, input: &str, what: &str| {
        format!("mutation {{ {mutation}(input: {{name: \"r\", {input}}}) {{ {what} {{ id }} }} }}")
    };
    let cases = [
        ("{ nonsense }".to_owned(), "INVALID_DOCUMENT"),
        ("{ sites {".to_owned(), "INVALID_DOCUMENT"),
        (deep, "DOCUMENT_TOO_COMPLEX"),
        (format!("{{ {aliases} }}"), "DOCUMENT_TOO_COMPLEX"),
        (format!("{{ machines(first: 1000) {{ edges {{ node {{ {typenames} }} }} }} }}"), "DOCUMENT_TOO_COMPLEX"),
        (format!("{{ __typename {} }}", "@skip(if: false) ".repeat(21)), "DOCUMENT_TOO_COMPLEX"),
        (
            "{ machines(first: 1000) { edges { node { readings(first: 1000) { edges { node { time } } } } } } }"
                .to_owned(),
            "DOCUMENT_TOO_COMPLEX",
        ),
        ("{ machines(first: 1001) { pageInfo { hasNextPage } } }".to_owned(), "INVALID_PAGE"),
        ("{ machines(first: -1) { pageInfo { hasNextPage } } }".to_owned(), "INVALID_PAGE"),
        ("{ machines(first: 1, last: 1) { pageInfo { hasNextPage } } }".to_owned(), "INVALID_PAGE"),
        ("{ machines(after: \"x\") { pageInfo { hasNextPage } } }".to_owned(), "INVALID_CURSOR"),
        ("{ machine { id } }".to_owned(), "INVALID_INPUT"),
        ("{ machine(id: \"QW5vbWFseTox\") { id } }".to_owned(), "INVALID_ID"),
        ("{ systemStats(asOf: \"2026-11-01T08:05:01Z\") { totalReadings } }".to_owned(), "AS_OF_IN_FUTURE"),
        ("{ systemStats(siteId: \"U2l0ZTo5OQ==\") { totalReadings } }".to_owned(), "NOT_FOUND"),
        (register("name: \"saw\""), "NAME_TAKEN"),
        (register("name: \"\""), "INVALID_INPUT"),
        (register("name: \"tab\\tted\""), "INVALID_INPUT"),
        (register("name: \"nul\\u0000\""), "INVALID_INPUT"),
        (register("name: \"x\", ratedPowerKw: 0"), "INVALID_INPUT"),
        (register("name: \"x\", expectedIntervalSeconds: 0"), "INVALID_INPUT"),
        (report("startedAt: \"2026-11-01T08:06:00Z\""), "INVALID_INPUT"),
        (report("startedAt: \"2026-11-01T08:00:00Z\", score: 1.5"), "INVALID_INPUT"),
        (report("startedAt: \"2026-11-01T08:00:00Z\", endedAt: \"2026-11-01T08:06:00Z\""), "INVALID_INPUT"),
        (report("startedAt: \"2026-11-01T08:00:00Z\", endedAt: \"2026-11-01T07:00:00Z\""), "INVALID_INPUT"),
        (report("startedAt: \"2026-11-01T08:00:00Z\"").replace("saw", "sow"), "UNKNOWN_MACHINE"),
        (
            format!("mutation {{ commentAnomaly(input: {{id: \"{anomaly}\", note: \" \"}}) {{ anomaly {{ id }} }} }}"),
            "INVALID_INPUT",
        ),
        (rule("saveNotificationRule", "kinds: [], contactPointIds: []", "notificationRule"), "INVALID_INPUT"),
        (rule("saveNotificationRule", "machineIds: [], contactPointIds: []", "notificationRule"), "INVALID_INPUT"),
        (rule("saveWatchRule", "kind: NO_DATA, machineIds: []", "watchRule"), "INVALID_INPUT"),
        (
            "mutation { registerSite(input: {name: \"s\", timeZone: \"Mars\"}) { site { id } } }".to_owned(),
            "INVALID_INPUT",
        ),
        ("mutation { registerSite(input: {name: \"default\"}) { site { id } } }".to_owned(), "NAME_TAKEN"),
    ];
    for (query, code) in cases {
        let response = server.graphql(&query, json!({})).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], code, "{query}: {response}");
        assert!(response["errors"][0]["message"].as_str().is_some_and(|m| !m.is_empty()), "{response}");
    }
    server.record(json!([{"machine": "saw", "time": NOW_MS, "power_kw": 1, "energy_kwh": 1}])).await;
    let update = "mutation($id: ID!) { updateMachine(input: {id: $id, carrier: GAS}) { machine { carrier } } }";
    let response = server.graphql(update, json!({"id": id})).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "CARRIER_FIXED");
    server.stop().await;
}

/// The command line says what is wrong and ends with a code that scripts can read.
#[test]
fn the_command_line() {
    let database = Database::sqlite();
    let missing = database.folder().join("none.csv");
    let config = database.folder().join("wattline.toml");
    std::fs::write(&config, "prise = 0.3").expect("written");
    let cases: [(&[&str], &str); 6] = [
        (&["import", missing.to_str().expect("a path")], "none.csv"),
        (&["import", "--auto-register", "--expected-interval", "0", "-"], "expected interval"),
        (&["serve", "--listen", "0.0.0.0:0"], "other machines"),
        (&["stats", "--config", config.to_str().expect("a path")], "prise"),
        (&["stats", "--database", "mysql://x"], "sqlite://FILE"),
        (&["stats", "--as-of", "noon"], "noon"),
    ];
    for (arguments, sentence) in cases {
        let output = wattline(&database, arguments).output().expect("runs");
        assert!(!output.status.success(), "{arguments:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(sentence), "{arguments:?}: {error}");
    }
}

/// Names that no machine can have keep no good row out, however many there are.
async fn names_that_no_machine_can_have(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    let row = |machine: String| json!({"machine": machine, "time": NOW_MS, "energy_kwh": 1});
    let mut rows = vec![row("nul\0".to_owned()), row("x".repeat(201)), row(String::new()), row("press".to_owned())];
    rows.extend((0..40_000).map(|i| row(format!("a wrong column {i}"))));
    let answer = server.post("/api/v1/readings", "application/json", Value::Array(rows).to_string()).await;
    assert_eq!(answer.status, 200, "{}", &answer.text[..200.min(answer.text.len())]);
    let receipt = answer.json();
    assert_eq!(receipt["accepted"], 1);
    let rejected = receipt["rejected"].as_array().expect("a list");
    assert_eq!(rejected.len(), 40_003);
    assert!(rejected.iter().all(|row| row["code"] == "UNKNOWN_MACHINE"));
    assert_eq!(server.data("{ machine(name: \"nul\\u0000\") { id } }", json!({})).await["machine"], Value::Null);
    assert_eq!(server.get("/api/v1/stats/system?site=%00").await.code(), "NOT_FOUND");
    server.stop().await;
}

/// The limits of documents hold over sockets, and what cannot be watched ends at once.
async fn sockets_are_measured_too(database: Database) {
    let server = start(&database).await;
    let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
    let long = format!("{{ sites {{ id }} }} {}", "#".repeat(10_000));
    let last = "subscription { anomalyDetected(after: \"99\") { cursor } }";
    let site = "subscription { statsUpdates(siteId: \"U2l0ZTo5OTk=\") { asOf } }";
    for (id, query, code) in
        [("a", long.as_str(), "DOCUMENT_TOO_LARGE"), ("b", last, "INVALID_CURSOR"), ("c", site, "NOT_FOUND")]
    {
        socket.subscribe(id, query, json!({})).await;
        let message = socket.next().await;
        let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
        assert_eq!(errors[0]["extensions"]["code"], code, "{message}");
        if message["type"] == "next" {
            assert_eq!(socket.next().await, json!({"type": "complete", "id": id}));
        }
    }
    server.stop().await;
}
