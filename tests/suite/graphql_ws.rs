//! The GraphQL socket, rule by rule: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::socket::Socket;
use crate::harness::{Database, Program, Server, client};

const PROTOCOL: Option<&str> = Some("graphql-transport-ws");
const STATS: &str = "subscription { statsUpdates { asOf totalReadings } }";

async fn server() -> (Database, Server) {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    (database, server)
}

/// What is said after the introduction, and the code with which the server closes.
fn breaches() -> Vec<(Message, u16)> {
    let text = |value: Value| Message::text(value.to_string());
    let payload = json!({"query": STATS});
    vec![
        (Message::text("no JSON"), 4400),
        (text(json!([])), 4400),
        (text(json!({"id": "1"})), 4400),
        (text(json!({"type": 7})), 4400),
        (text(json!({"type": "start", "id": "1"})), 4400),
        (text(json!({"type": "next", "id": "1", "payload": {}})), 4400),
        (text(json!({"type": "connection_ack"})), 4400),
        (text(json!({"type": "ping", "payload": "text"})), 4400),
        (text(json!({"type": "complete"})), 4400),
        (text(json!({"type": "complete", "id": 7})), 4400),
        (text(json!({"type": "subscribe", "payload": payload})), 4400),
        (text(json!({"type": "subscribe", "id": "", "payload": payload})), 4400),
        (text(json!({"type": "subscribe", "id": "1"})), 4400),
        (text(json!({"type": "subscribe", "id": "1", "payload": {}})), 4400),
        (text(json!({"type": "subscribe", "id": "1", "payload": {"query": 7}})), 4400),
        (text(json!({"type": "subscribe", "id": "1", "payload": {"query": STATS, "variables": "x"}})), 4400),
        (text(json!({"type": "subscribe", "id": "1", "payload": {"query": STATS, "operationName": 7}})), 4400),
        (text(json!({"type": "subscribe", "id": "1", "payload": {"query": STATS, "extensions": 7}})), 4400),
        (text(json!({"type": "connection_init"})), 4429),
        (Message::binary(b"{}".to_vec()), 1003),
        (Message::text("x".repeat(65_537)), 1009),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_breach_has_its_code() {
    let (_database, server) = server().await;
    for (message, code) in breaches() {
        let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
        socket.send_raw(message.clone()).await;
        let (closed, reason) = socket.closed().await;
        assert_eq!(closed, code, "{message:?}: {reason}");
        assert!(!reason.is_empty() && reason.len() <= 123, "{reason}");
    }
    for (protocol, message, code) in [
        (None, None, 4406),
        (PROTOCOL, Some(json!({"type": "subscribe", "id": "1", "payload": {"query": STATS}})), 4401),
        (PROTOCOL, Some(json!({"type": "connection_init", "payload": "text"})), 4400),
        (PROTOCOL, None, 4408),
    ] {
        let mut socket = Socket::silent(server.address, protocol).await;
        if let Some(message) = &message {
            socket.send(message.clone()).await;
        }
        assert_eq!(socket.closed().await.0, code, "{message:?}");
    }
    let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
    socket.subscribe("1", STATS, json!({})).await;
    socket.event("1").await;
    socket.subscribe("1", STATS, json!({})).await;
    assert_eq!(socket.closed().await, (4409, "Subscriber for 1 already exists".to_owned()));
    // Other handshakes are answered over HTTP.
    assert_eq!(server.get("/graphql/ws").await.code(), "INVALID_HANDSHAKE");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_begin_fail_end_and_free_their_ids() {
    let (_database, server) = server().await;
    let mut socket = Socket::silent(server.address, PROTOCOL).await;
    socket.send(json!({"type": "ping", "payload": {"a": 1}})).await;
    assert_eq!(socket.next().await, json!({"type": "pong"}), "before the introduction too");
    socket.send(json!({"type": "connection_init", "payload": {}})).await;
    assert_eq!(socket.next().await, json!({"type": "connection_ack"}));
    socket.send(json!({"type": "pong"})).await;
    socket.send(json!({"type": "complete", "id": "nothing"})).await;

    for (query, code) in [
        ("subscription { nothing }", "INVALID_DOCUMENT"),
        ("subscription {", "INVALID_DOCUMENT"),
        ("query A { sites { id } } query B { sites { id } }", "INVALID_DOCUMENT"),
        ("{ nothing }", "INVALID_DOCUMENT"),
        ("subscription { ...F } fragment F on Subscription { ...F }", "INVALID_DOCUMENT"),
        ("subscription { ...F } fragment F on Query { sites { id } }", "INVALID_DOCUMENT"),
        ("subscription { ...F }", "INVALID_DOCUMENT"),
        ("", "INVALID_BODY"),
        ("subscription { anomalyDetected(after: \"99\") { cursor } }", "INVALID_CURSOR"),
    ] {
        socket.subscribe("1", query, json!({})).await;
        let answer = socket.next().await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("1")), "{answer}");
        assert_eq!(answer["payload"][0]["extensions"]["code"], code, "{answer}");
    }
    // The id is free again, for a query, a mutation and a subscription behind a fragment.
    socket.subscribe("1", "query($name: String) { machine(name: $name) { id } }", json!({"name": "none"})).await;
    assert_eq!(socket.event("1").await, json!({"machine": null}));
    assert_eq!(socket.next().await, json!({"id": "1", "type": "complete"}));
    let register = "mutation { registerMachine(input: {name: \"press\"}) { machine { name } } }";
    socket.subscribe("1", register, json!({})).await;
    assert_eq!(socket.event("1").await, json!({"registerMachine": {"machine": {"name": "press"}}}));
    assert_eq!(socket.next().await["type"], "complete");
    let behind = "subscription S($no: Boolean!) { ...F }
        fragment F on Subscription { ...G ... on Subscription @include(if: $no) { anomalyDetected { cursor } } }
        fragment G on Subscription { statsUpdates { ...H } } fragment H on SystemStats { totalReadings }";
    socket.subscribe("1", behind, json!({"no": false})).await;
    let event = socket.next().await;
    assert_eq!(event["payload"]["data"], json!({"statsUpdates": {"totalReadings": 0}}), "{event}");
    assert!(event["payload"]["extensions"]["sequence"].is_number(), "{event}");
    socket.send(json!({"type": "complete", "id": "1"})).await;
    // Nothing more comes of it; what comes next is of the same id and another operation.
    socket.subscribe("1", "{ sites { name } }", json!({})).await;
    loop {
        let message = socket.next().await;
        if message["payload"]["data"].get("sites").is_some() {
            break;
        }
        assert_eq!(message["payload"]["data"], json!({"statsUpdates": {"totalReadings": 0}}));
    }
    assert_eq!(socket.next().await, json!({"id": "1", "type": "complete"}));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_has_so_many_operations_and_hears_the_end() {
    let database = Database::sqlite();
    let options = Options { max_subscriptions: Some(3), interval: Some(3600.0), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let mut socket = Socket::graphql(server.address, "/graphql").await;
    for id in ["a", "b", "c"] {
        socket.subscribe(id, STATS, json!({})).await;
        socket.event(id).await;
    }
    socket.subscribe("d", STATS, json!({})).await;
    let answer = socket.next().await;
    assert_eq!((&answer["id"], &answer["type"]), (&json!("d"), &json!("error")));
    assert_eq!(answer["payload"][0]["extensions"]["code"], "TOO_MANY_SUBSCRIPTIONS");
    // The same with other blanks is the same: whoever comes late has the current value at once, although no tick comes.
    let mut late = Socket::graphql(server.address, "/graphql").await;
    late.subscribe("z", "# none\nsubscription {\n  statsUpdates { asOf, totalReadings } }", json!({})).await;
    late.event("z").await;
    let stopped = tokio::spawn(server.stop());
    assert_eq!(socket.closed().await, (1001, "the server goes away".to_owned()));
    assert_eq!(late.closed().await.0, 1001);
    stopped.await.expect("an orderly end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stalls_is_cut_off_and_delays_nobody() {
    let database = Database::sqlite();
    let server = Program::start(&database, &["serve", "--interval", "0.1"]);
    let mut stalled = Socket::graphql(&server.address, "/graphql/ws").await;
    // A message of a hundred kilobytes at every tick, none of which is read.
    let fields: String = (0..90).map(|i| format!("{}{i}: asOf ", "x".repeat(500))).collect();
    for id in 0..2 {
        let query = format!("subscription {{ statsUpdates {{ a{id}: asOf {fields} }} }}");
        stalled.subscribe(&id.to_string(), &query, json!({})).await;
    }
    let mut healthy = Socket::graphql(&server.address, "/graphql/ws").await;
    healthy.subscribe("h", STATS, json!({})).await;
    let mut last = 0;
    loop {
        let event = healthy.next().await;
        let sequence = event["payload"]["extensions"]["sequence"].as_i64().expect("a number");
        assert_eq!(sequence, if last == 0 { sequence } else { last + 1 }, "nobody else misses a value");
        last = sequence;
        let metrics = server.get("/metrics").await;
        if metrics.contains("wattline_sockets_cut_total{reason=\"stalled\"} 1") {
            let shed = metrics.lines().find(|line| line.starts_with("wattline_push_shed_total "));
            assert!(shed.is_some(), "old values give way to new ones: {metrics}");
            break;
        }
        assert!(last < 600, "a minute has gone by");
    }
    // Whoever is silent is asked whether it is still there.
    healthy.pinged().await;
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_falls_behind_on_anomalies_is_told_where_to_go_on() {
    let (_database, server) = server().await;
    server.register("press", json!({})).await;
    let watch = "subscription($after: String) { anomalyDetected(after: $after) { node { id message } } }";
    let mut socket = Socket::narrow(server.address).await;
    socket.subscribe("a", "subscription { anomalyDetected { node { id message } } }", json!({})).await;
    let mut other = Socket::graphql(server.address, "/graphql/ws").await;
    other.subscribe("o", "subscription { anomalyDetected { cursor } }", json!({})).await;
    let in_each = 50;
    let one = |i: usize| {
        let input = "{machine: \"press\", kind: \"SPIKE\", startedAt: \"2026-11-01T08:00:00Z\", message: $m}";
        format!("m{i}: reportAnomaly(input: {input}) {{ anomaly {{ id }} }} ")
    };
    let mutation = format!("mutation($m: String) {{ {} }}", (0..in_each).map(one).collect::<String>());
    let mut all = 0;
    // Until the system's buffers are full, and then what may wait; the other gets each at once.
    while !server.get("/metrics").await.text.contains("wattline_push_behind_total 1") {
        assert!(all < 20_000, "40 MB have been taken from a client that reads nothing");
        server.data(&mutation, json!({"m": "x".repeat(2000)})).await;
        for _ in 0..in_each {
            all += 1;
            assert_eq!(other.event("o").await["anomalyDetected"]["cursor"], all.to_string());
        }
    }
    let mut got = 0;
    let cursor = loop {
        let message = socket.next().await;
        if message["type"] == "error" {
            let error = &message["payload"][0];
            assert_eq!(error["extensions"]["code"], "TOO_FAR_BEHIND", "{error}");
            break error["extensions"]["cursor"].as_str().expect("a cursor").to_owned();
        }
        got += 1;
        assert_eq!(message["payload"]["extensions"]["cursor"], got.to_string());
    };
    assert_eq!(cursor, got.to_string());
    socket.subscribe("a", watch, json!({"after": cursor})).await;
    for n in got + 1..=all {
        assert_eq!(socket.next().await["payload"]["extensions"]["cursor"], n.to_string());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_legacy_protocol_is_spoken_where_the_operator_says_so() {
    let legacy = Some("graphql-ws");
    let (_database, refusing) = server().await;
    let request = client().get(refusing.url("/graphql")).header("connection", "upgrade").header("upgrade", "websocket");
    let request = request.header("sec-websocket-version", "13").header("sec-websocket-protocol", "graphql-ws");
    let answer = request.header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==").send().await.expect("an answer");
    assert!(!answer.headers().contains_key("sec-websocket-protocol"), "it is not spoken by itself");
    drop(answer);
    refusing.stop().await;
    let database = Database::sqlite();
    let options = Options { legacy_sockets: Some(true), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    // Who knows both speaks the newer one.
    let mut socket = Socket::silent(server.address, Some("graphql-ws, graphql-transport-ws")).await;
    socket.send(json!({"type": "connection_init"})).await;
    assert_eq!(socket.next().await["type"], "connection_ack");
    socket.subscribe("1", "{ sites { name } }", json!({})).await;
    assert_eq!(socket.next().await["type"], "next");
    let mut socket = Socket::silent(server.address, legacy).await;
    socket.send(json!({"type": "connection_init", "payload": {}})).await;
    assert_eq!(socket.next().await, json!({"type": "connection_ack"}));
    socket.send(json!({"id": "1", "type": "start", "payload": {"query": STATS, "variables": {}}})).await;
    for _ in 0..2 {
        let message = socket.next().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("data"), &json!("1")));
        assert_eq!(message["payload"]["data"]["statsUpdates"]["totalReadings"], 0);
    }
    socket.send(json!({"id": "1", "type": "stop"})).await;
    socket.send(json!({"id": "2", "type": "start", "payload": {"query": "{ nothing }"}})).await;
    let error = loop {
        let message = socket.next().await;
        if message["id"] == "2" {
            break message;
        }
    };
    assert_eq!(
        (&error["type"], &error["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("INVALID_DOCUMENT"))
    );
    socket.send(json!({"id": "1", "type": "start", "payload": {"query": "{ sites { name } }"}})).await;
    assert_eq!(socket.next().await["payload"]["data"]["sites"][0]["name"], "default");
    assert_eq!(socket.next().await, json!({"id": "1", "type": "complete"}));
    socket.send(json!({"type": "connection_terminate"})).await;
    assert_eq!(socket.closed().await.0, 1000);
    let mut socket = Socket::silent(server.address, legacy).await;
    socket.send(json!({"type": "connection_init"})).await;
    socket.next().await;
    socket.subscribe("1", STATS, json!({})).await;
    assert_eq!(socket.closed().await.0, 4400, "the newer one's words are not of this protocol");
    server.stop().await;
}
