//! `/metrics`: each measure that the README lists is there, and moves when what it measures happens.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use crate::harness::raw::{Raw, get};
use crate::harness::socket::Socket;
use crate::harness::webhook::Receiver;
use crate::harness::{Database, Program, client, until};

/// What no client can bring about: faults of ours or of the database midway, and a machine too slow for its ticks.
const NOT_AT_WILL: [&str; 3] =
    ["wattline_exports_broken_off_total", "wattline_panics_total", "wattline_ticks_skipped_total"];

/// The names in the README's table.
fn listed() -> BTreeSet<String> {
    let rows = include_str!("../../README.md").lines().filter_map(|line| line.strip_prefix("| `wattline_"));
    let names: BTreeSet<_> = rows.map(|row| format!("wattline_{}", row.split('`').next().expect("a name"))).collect();
    assert!(names.len() > 20, "{names:?}");
    names
}

/// The names on a page, those with a value above zero only if so asked. A histogram counts what it has seen.
fn names_on(page: &str, only_moved: bool) -> BTreeSet<String> {
    let samples = page.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
    let moved = samples.filter(|(_, value)| !only_moved || value.parse::<f64>().is_ok_and(|value| value > 0.0));
    moved
        .map(|(series, _)| {
            let name = series.split('{').next().expect("a name");
            name.strip_suffix("_count").unwrap_or(name).to_owned()
        })
        .collect()
}

struct Plant {
    program: Program,
    moved: BTreeSet<String>,
}

impl Plant {
    async fn look(&mut self) -> String {
        let page = self.program.get("/metrics").await;
        self.moved.extend(names_on(&page, true));
        page
    }

    async fn until_moved(&mut self, names: &[&str]) {
        until(&names.join(", "), async || {
            self.look().await;
            names.iter().all(|name| self.moved.contains(*name)).then_some(())
        })
        .await;
    }

    async fn run(&self, document: &str, variables: Value) -> Value {
        let answer = self.post("/graphql", &json!({"query": document, "variables": variables})).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        post(&self.program.address, path, body).await
    }
}

async fn post(address: &str, path: &str, body: &Value) -> Value {
    let request = client().post(format!("http://{address}{path}")).header("content-type", "application/json");
    request.body(body.to_string()).send().await.expect("an answer").json().await.expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_measure_is_there_and_moves() {
    let database = Database::sqlite();
    let arguments = ["serve", "--interval", "0.1", "--refused-rows", "1", "--delivery-attempts", "1"];
    let more = ["--allow-private-webhooks", "true", "--busy-timeout", "3", "--max-address-clients", "60"];
    let more = [&more[..], &["--header-timeout", "3", "--max-requests-per-second", "500"]].concat();
    let program = Program::start(&database, &[&arguments[..], &more[..]].concat());
    let mut plant = Plant { program, moved: BTreeSet::new() };
    plant.run("mutation { registerMachine(input: {name: \"press\"}) { machine { id } } }", json!({})).await;

    too_many_at_once(&mut plant).await;
    what_becomes_of_readings(&mut plant).await;
    a_database_that_is_locked(&mut plant, &database).await;
    what_is_pushed(&mut plant).await;
    who_is_told(&mut plant).await;
    a_backlog_of_the_detection(&mut plant).await;
    who_reads_nothing(&mut plant).await;

    let page = plant.look().await;
    let missing: Vec<_> = listed().difference(&names_on(&page, false)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?} are not there: {page}");
    let still: Vec<_> =
        listed().difference(&plant.moved).filter(|name| !NOT_AT_WILL.contains(&name.as_str())).cloned().collect();
    assert!(still.is_empty(), "{still:?} stand still: {page}");
    plant.program.stop();
}

/// Connections that ask for nothing, more than there may be, and more requests than there may be.
async fn too_many_at_once(plant: &mut Plant) {
    let address = plant.program.address.clone();
    let idle = join_all((0..100).map(|_| Raw::connect(&address))).await;
    join_all(idle.into_iter().map(async |mut raw| raw.rest().await)).await;
    plant.until_moved(&["wattline_connections_refused_total", "wattline_connections_cut_total"]).await;
    let mut raw = Raw::connect(&address).await;
    let asked = get("/ping").repeat(100);
    until("there are too many requests", async || {
        raw.send(&asked).await;
        plant.look().await;
        plant.moved.contains("wattline_requests_limited_total").then_some(())
    })
    .await;
    drop(raw);
    until("they have been dealt with", async || plant.look().await.starts_with('#').then_some(())).await;
}

async fn what_becomes_of_readings(plant: &mut Plant) {
    let row = |machine: &str, energy: f64| json!({"machine": machine, "time": 1_760_000_000, "energy_kwh": energy});
    for (rows, outcome) in [
        (vec![row("press", 1.0)], "accepted"),
        (vec![row("press", 1.0)], "duplicates"),
        (vec![row("press", 2.0)], "corrected"),
    ] {
        assert_eq!(plant.post("/api/v1/readings", &Value::Array(rows)).await[outcome], 1);
    }
    plant.post("/api/v1/readings", &json!([row("saw", 1.0), row("mill", 1.0)])).await;
    let page = plant.look().await;
    for (outcome, count) in [("accepted", 1), ("duplicate", 1), ("corrected", 1), ("rejected", 2)] {
        let line = format!("\nwattline_readings_total{{outcome=\"{outcome}\"}} {count}\n");
        assert!(page.contains(&line), "{line}: {page}");
    }
    assert!(page.contains("\nwattline_refused_readings_shed_total 1\n"), "one is kept: {page}");
}

async fn a_database_that_is_locked(plant: &mut Plant, database: &Database) {
    let db = database.connect().await;
    let holder = db.begin().await.expect("a transaction");
    holder.execute_unprepared("UPDATE site SET name = name").await.expect("the lock");
    let address = plant.program.address.clone();
    let rows = json!([{"machine": "press", "time": 1_760_000_010, "energy_kwh": 1}]);
    // While the first waits for the lock, the others wait for the writer.
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (address, rows) = (address.clone(), rows.clone());
            tokio::spawn(async move { post(&address, "/api/v1/readings", &rows).await })
        })
        .collect();
    plant.until_moved(&["wattline_waiting_batches", "wattline_batches_failed_total"]).await;
    holder.rollback().await.expect("released");
    for sender in senders {
        sender.await.expect("no panic");
    }
}

async fn what_is_pushed(plant: &mut Plant) {
    let mut socket = Socket::graphql(&plant.program.address, "/graphql").await;
    socket.subscribe("a", "subscription { anomalyDetected { cursor } }", json!({})).await;
    let mut plain = Socket::plain(&plant.program.address).await;
    plain.next().await;
    let report = "mutation { reportAnomaly(input: {machine: \"press\", kind: \"SPIKE\", \
                  startedAt: \"2026-11-01T08:00:00Z\"}) { anomaly { id } } }";
    plant.run(report, json!({})).await;
    socket.event("a").await;
    let page = plant.look().await;
    for line in ["wattline_hub_keys 1", "wattline_subscribers 1", "wattline_sockets 1", "wattline_plain_sockets 1"] {
        assert!(page.contains(&format!("\n{line}\n")), "{line}: {page}");
    }
    until("both have been measured", async || {
        let page = plant.look().await;
        ["anomalies", "statistics"]
            .iter()
            .all(|what| page.contains(&format!("\nwattline_push_seconds_count{{what=\"{what}\"}}")))
            .then_some(())
    })
    .await;
    // Whoever goes is counted no longer, and with which code is.
    socket.send_raw(tokio_tungstenite::tungstenite::Message::Close(None)).await;
    until("it is gone", async || {
        let page = plant.look().await;
        (page.contains("\nwattline_hub_keys 0\n")
            && page.contains("\nwattline_sockets_closed_total{code=\"1000\"} 1\n"))
        .then_some(())
    })
    .await;
}

async fn who_is_told(plant: &mut Plant) {
    let receiver = Receiver::start(&[204, 500]).await;
    let save = "mutation($input: SaveContactPointInput!) { saveContactPoint(input: $input) { contactPoint { id } } }";
    let input = json!({"name": "hook", "channel": "WEBHOOK", "address": receiver.url()});
    let to = plant.run(save, json!({"input": input})).await["saveContactPoint"]["contactPoint"]["id"].clone();
    let save = "mutation($input: SaveNotificationRuleInput!) { saveNotificationRule(input: $input) \
                { notificationRule { id } } }";
    let rule =
        json!({"name": "all", "contactPointIds": [to], "graceSeconds": 0, "gatherSeconds": 0, "digestSeconds": 0});
    plant.run(save, json!({"input": rule})).await;
    for (calls, outcome) in [(1, "delivered"), (2, "failed")] {
        let report = "mutation($at: DateTime!) { reportAnomaly(input: {machine: \"press\", kind: \"DROP\", \
                      startedAt: $at}) { anomaly { id } } }";
        let at = wattline::domain::instant::format_ms(wattline::clock::Clock::system().now_ms());
        plant.run(report, json!({"at": at})).await;
        receiver.wait(calls).await;
        let line = format!("wattline_deliveries_total{{outcome=\"{outcome}\"}} 1");
        until(&line, async || plant.look().await.contains(&line).then_some(())).await;
    }
}

async fn a_backlog_of_the_detection(plant: &mut Plant) {
    let rows: Vec<Value> = (0..60_000)
        .map(|i| json!({"machine": "press", "time": 1_770_000_000 + i * 10, "power_kw": f64::from(i % 7), "energy_kwh": 0.1}))
        .collect();
    assert_eq!(plant.post("/api/v1/readings", &Value::Array(rows)).await["accepted"], 60_000);
    let names = ["wattline_machines_to_judge", "wattline_detection_lag_seconds", "wattline_detection_seconds"];
    plant.until_moved(&names).await;
    until("all are judged", async || {
        let page = plant.look().await;
        (page.contains("\nwattline_machines_to_judge 0\n") && page.contains("\nwattline_detection_lag_seconds 0\n"))
            .then_some(())
    })
    .await;
}

/// Statistics give way at a client that reads nothing, anomalies end with an error, and the client is cut off.
async fn who_reads_nothing(plant: &mut Plant) {
    let mut stalled = Socket::graphql(&plant.program.address, "/graphql").await;
    let fields: String = (0..90).map(|i| format!("{}{i}: asOf ", "x".repeat(500))).collect();
    stalled.subscribe("s", &format!("subscription {{ statsUpdates {{ {fields} }} }}"), json!({})).await;
    stalled.subscribe("a", "subscription { anomalyDetected { node { message } } }", json!({})).await;
    plant.until_moved(&["wattline_push_shed_total"]).await;
    let one = "reportAnomaly(input: {machine: \"press\", kind: \"SPIKE\", startedAt: \"2026-11-01T08:00:00Z\", \
               message: $m}) { anomaly { id } }";
    let fifty: String = (0..50).map(|i| format!("m{i}: {one} ")).collect();
    let mutation = format!("mutation($m: String) {{ {fifty} }}");
    until("it is too far behind", async || {
        plant.run(&mutation, json!({"m": "x".repeat(2000)})).await;
        plant.look().await;
        plant.moved.contains("wattline_push_behind_total").then_some(())
    })
    .await;
    plant.until_moved(&["wattline_sockets_cut_total"]).await;
}
