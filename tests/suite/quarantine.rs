//! Refused readings: kept with their reason, listed, counted, exported, and sent again once the reason is gone.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::{Database, Server, on_both, until};

on_both!(
    what_is_refused_is_kept_and_can_be_sent_again,
    every_door_keeps_what_it_refuses,
    exports_are_whole_and_harmless,
    only_the_newest_are_kept_and_not_for_ever,
    what_is_sent_again_finds_its_machine_and_pushes_nothing_out,
);

/// 2026-11-01T08:00:00Z
const START_S: i64 = 1_793_520_000;

async fn counts(server: &Server, filter: Value) -> Value {
    let query = "query($filter: RefusedReadingFilter) { refusedReadingCounts(filter: $filter) { code machine rows } }";
    server.data(query, json!({"filter": filter})).await["refusedReadingCounts"].take()
}

async fn resubmit(server: &Server, filter: Value) -> Value {
    let mutation = "mutation($filter: RefusedReadingFilter) {
        resubmitReadings(input: {filter: $filter}) { accepted duplicates corrected rejected } }";
    server.data(mutation, json!({"filter": filter})).await["resubmitReadings"].take()
}

async fn nodes(server: &Server) -> Vec<Value> {
    let query = "{ refusedReadings(first: 1000) { edges { node {
        id code message machine time powerKw energyKwh counterKwh row receivedAt site { name } } } } }";
    let data = server.data(query, json!({})).await;
    let edges = data["refusedReadings"]["edges"].as_array().expect("edges").iter();
    edges.map(|edge| edge["node"].clone()).collect()
}

async fn post(server: &Server, media_type: &str, body: impl Into<String>) -> Value {
    server.post("/api/v1/readings", media_type, body.into()).await.json()
}

async fn what_is_refused_is_kept_and_can_be_sent_again(database: Database) {
    let mut server = Server::start(&database).await;
    server.register("press", json!({"ratedPowerKw": 10})).await;
    let rows: Vec<Value> = (0..2500)
        .map(|i| json!({"machine": "late", "time": START_S + i * 10, "power_kw": 36.0, "energy_kwh": 0.1}))
        .chain([json!({"machine": "press", "time": START_S, "power_kw": 200.0, "counter_kwh": 7.0})])
        .chain([json!({"machine": "press", "time": START_S, "power_kw": 5.0, "energy_kwh": 0.5})])
        .collect();
    let receipt = post(&server, "application/json", json!(rows).to_string()).await;
    assert_eq!((&receipt["accepted"], receipt["rejected"].as_array().map(Vec::len)), (&json!(1), Some(2501)));
    server.restart(&database).await;
    let all = json!([
        {"code": "UNKNOWN_MACHINE", "machine": "late", "rows": 2500},
        {"code": "POWER_ABOVE_LIMIT", "machine": "press", "rows": 1},
    ]);
    assert_eq!(counts(&server, Value::Null).await, all);
    let press = &nodes(&server).await;
    assert_eq!(press.len(), 1000, "a page");
    let query = "query($filter: RefusedReadingFilter) { refusedReadings(filter: $filter) { edges { node {
        id code machine time powerKw energyKwh counterKwh row site { name } } } } }";
    let found = server.data(query, json!({"filter": {"machine": "press"}})).await;
    let node = &found["refusedReadings"]["edges"][0]["node"];
    let id = node["id"].clone();
    let expected = json!({"id": id, "code": "POWER_ABOVE_LIMIT", "machine": "press", "time": "2026-11-01T08:00:00Z",
        "powerKw": 200.0, "energyKwh": null, "counterKwh": 7.0, "row": null, "site": {"name": "default"}});
    assert_eq!(node, &expected);
    let by_id = server.data("query($id: ID!) { node(id: $id) { __typename id } }", json!({"id": id})).await;
    assert_eq!(by_id["node"], json!({"__typename": "RefusedReading", "id": id}));

    let nothing = json!({"accepted": 0, "duplicates": 0, "corrected": 0, "rejected": 2501});
    assert_eq!(resubmit(&server, Value::Null).await, nothing, "nothing has changed");
    assert_eq!(counts(&server, Value::Null).await, all);
    server.register("late", json!({})).await;
    // One of them has come in the meantime.
    server.record(json!([{"machine": "late", "time": START_S, "power_kw": 36.0, "energy_kwh": 0.1}])).await;
    let stored = json!({"accepted": 2499, "duplicates": 1, "corrected": 0, "rejected": 0});
    assert_eq!(resubmit(&server, json!({"code": "UNKNOWN_MACHINE"})).await, stored);
    assert_eq!(counts(&server, Value::Null).await, json!([all[1]]));
    let total = server.stats(None, None).await;
    assert_eq!(total["totalReadings"], 2501);
    assert!((total["totalEnergy"].as_f64().expect("known") - 250.5).abs() < 1e-9, "{total}");
    server.stop().await;
}

async fn every_door_keeps_what_it_refuses(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    post(&server, "application/json", r#"[{"machine": "press"}, {"machine": "a", "time": 1, "power_kw": 1}]"#).await;
    post(
        &server,
        "application/x-ndjson",
        "{\"machine\": \"press\", \"time\": \"soon\", \"power_kw\": 1}\nno \0 json\n",
    )
    .await;
    post(&server, "text/csv", "machine,time,power_kw\npress,1793520000,NaN\npress,1793520000,\"1,5\"\n").await;
    post(&server, "text/plain", "meter,machine=press power_kw=oops\nmeter,machine=b power_kw=1 1793520000000000000\n")
        .await;
    let mutation = "mutation { recordReadings(input: {readings: [
        {machine: \"c\", time: \"2026-11-01T08:00:00Z\", powerKw: 1}]}) { accepted } }";
    server.data(mutation, json!({})).await;
    let nodes = nodes(&server).await;
    let kept: Vec<_> = nodes.iter().map(|node| json!([node["code"], node["machine"], node["row"]])).collect();
    let expected = json!([
        ["INVALID_ROW", null, "{\"machine\": \"press\"}"],
        ["UNKNOWN_MACHINE", "a", null],
        ["INVALID_TIME", null, "{\"machine\": \"press\", \"time\": \"soon\", \"power_kw\": 1}"],
        ["INVALID_ROW", null, "no  json"],
        ["INVALID_ROW", null, "press,1793520000,1,5"],
        ["NOT_FINITE", "press", null],
        ["INVALID_ROW", null, "meter,machine=press power_kw=oops"],
        ["UNKNOWN_MACHINE", "b", null],
        ["UNKNOWN_MACHINE", "c", null],
    ]);
    assert_eq!(json!(kept), expected);
    // What could not be read stays where it is, and so does what could be read in part only.
    let receipt = json!({"accepted": 0, "duplicates": 0, "corrected": 0, "rejected": 3});
    assert_eq!(resubmit(&server, Value::Null).await, receipt);
    assert_eq!(self::nodes(&server).await.len(), 9);
    server.stop().await;
}

async fn exports_are_whole_and_harmless(database: Database) {
    let server = Server::start(&database).await;
    let empty = server.get("/api/v1/export/refused").await;
    let header = "machine,time,power_kw,energy_kwh,counter_kwh,flow_m3_per_h,volume_m3,counter_m3,code,message,\
        received_at,row\n";
    assert_eq!((empty.status, empty.text.as_str()), (200, header));
    let rows: Vec<Value> = (0..2345)
        .map(|i| json!({"machine": "=cmd()", "time": START_S + i, "power_kw": f64::from(i as i32) / 10.0}))
        .chain([json!({"machine": "late", "time": START_S, "counter_kwh": 12.5})])
        .collect();
    post(&server, "application/json", json!(rows).to_string()).await;
    let answer = server.get("/api/v1/export/refused").await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2347, header.trim_end()));
    assert!(lines[1].starts_with("'=cmd(),2026-11-01T08:00:00Z,0.0,,,,,,UNKNOWN_MACHINE,"), "{}", lines[1]);
    let answer = server.get("/api/v1/export/refused?format=ndjson&machine=late").await;
    let row: Value = answer.json();
    assert_eq!((&row["machine"], &row["counter_kwh"], &row["power_kw"]), (&json!("late"), &json!(12.5), &Value::Null));
    assert_eq!(server.get("/api/v1/export/refused?format=xml").await.code(), "INVALID_PARAMETER");
    // What was exported can be imported: the columns beside those of a reading are passed over.
    server.register("late", json!({})).await;
    let csv = server.get("/api/v1/export/refused?machine=late").await.text;
    let receipt = post(&server, "text/csv", csv).await;
    assert_eq!(receipt, json!({"accepted": 1, "duplicates": 0, "corrected": 0, "rejected": []}));
    server.stop().await;
}

async fn only_the_newest_are_kept_and_not_for_ever(database: Database) {
    const DAY_MS: i64 = 86_400_000;
    let now_ms = START_S * 1000;
    let options = || Options { refused_rows: Some(10), ..Options::default() };
    let server = Server::start_with(&database, options(), Clock::manual(now_ms)).await;
    for part in [0..7, 7..14, 14..40] {
        let rows: Vec<Value> = part.map(|i| json!({"machine": format!("m{i}"), "time": 0, "power_kw": 1})).collect();
        post(&server, "application/json", json!(rows).to_string()).await;
    }
    let names = |nodes: Vec<Value>| nodes.iter().map(|node| node["machine"].clone()).collect::<Value>();
    let newest: Value = (30..40).map(|i| format!("m{i}")).collect();
    assert_eq!(names(nodes(&server).await), newest);
    server.stop().await;
    let server = Server::start_with(&database, options(), Clock::manual(now_ms + 30 * DAY_MS + 1)).await;
    until("the old ones are gone", async || nodes(&server).await.is_empty().then_some(())).await;
    server.stop().await;
}

async fn what_is_sent_again_finds_its_machine_and_pushes_nothing_out(database: Database) {
    let now_ms = START_S * 1000;
    let options = Options { refused_rows: Some(20), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::manual(now_ms)).await;
    // Two sites with a machine of the same name; the reading is sent by the id of one.
    let site = server.register_site("a").await;
    server.register("press", json!({})).await;
    let id = server.register("press", json!({"siteId": site, "ratedPowerKw": 1})).await;
    let record = "mutation($machine: String!, $time: DateTime!) {
        recordReadings(input: {readings: [{machine: $machine, time: $time, powerKw: 36}]}) { rejected { code } } }";
    let data = server.data(record, json!({"machine": id, "time": "2026-11-01T07:00:00Z"})).await;
    assert_eq!(data["recordReadings"]["rejected"], json!([{"code": "POWER_ABOVE_LIMIT"}]));
    let update = "mutation($id: ID!) { updateMachine(input: {id: $id, ratedPowerKw: 100}) { machine { name } } }";
    server.data(update, json!({"id": id})).await;
    // Timestamps beyond any calendar are refused as such, not kept as some other time.
    let line = "meter,machine=press power_kw=1 -100000000000000000\nmeter,machine=press power_kw=1 1793520000000000000";
    let answer = server.post("/api/v1/readings?precision=ms", "text/plain", line).await.json();
    let codes = [&answer["rejected"][0]["code"], &answer["rejected"][1]["code"]];
    assert_eq!(codes, [&json!("INVALID_TIME"), &json!("INVALID_TIME")], "{answer}");
    // Ten of each of two unknown machines in turn: sending some again pushes none of the others out.
    let rows: Vec<Value> =
        (0..16).map(|i| json!({"machine": format!("m{}", i % 2), "time": i, "power_kw": 1})).collect();
    post(&server, "application/json", json!(rows).to_string()).await;
    let before: Vec<Value> = nodes(&server).await.iter().map(|node| node["id"].clone()).collect();
    for _ in 0..3 {
        assert_eq!(resubmit(&server, json!({"machine": "m1"})).await["rejected"], 8);
    }
    let both = tokio::join!(resubmit(&server, json!({"machine": "m1"})), resubmit(&server, json!({"machine": "m1"})));
    assert!(both.0["rejected"].as_i64() <= Some(8) && both.1["rejected"].as_i64() <= Some(8), "{both:?}");
    let after: Vec<Value> = nodes(&server).await.iter().map(|node| node["id"].clone()).collect();
    assert_eq!(before, after, "none doubled, none lost");
    assert_eq!(resubmit(&server, json!({"machine": "press"})).await["accepted"], 1);
    let query = "query($id: ID!) { machine(id: $id) { latestReading { powerKw } } }";
    assert_eq!(server.data(query, json!({"id": id})).await["machine"]["latestReading"]["powerKw"], 36.0);
    server.stop().await;
}
