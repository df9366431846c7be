//! What a client may take of the server: requests a second, connections, time. Each limit is a setting, what is beyond it
//! is refused with a code, and whoever keeps to it notices nothing.

use entity::api_key::Scope;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::access::{As, code_of, key, store};
use crate::harness::raw::{Raw, get, post};
use crate::harness::socket::Socket;
use crate::harness::{Database, Program, Server, client, until};

async fn server(options: Options) -> (Database, Server) {
    let database = Database::sqlite();
    let server = Server::start_with(&database, options, Clock::system()).await;
    (database, server)
}

const SITES: &str = r#"{"query":"{ sites { name } }"}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_a_second_of_an_address() {
    let (_database, server) = server(Options { max_requests_per_second: Some(2), ..Options::default() }).await;
    let mut taken = 0;
    let refused = loop {
        let answer = server.post("/graphql", "application/json", SITES).await;
        match answer.status {
            200 => taken += 1,
            _ => break answer,
        }
        assert!(taken < 200, "there is no limit");
    };
    assert!(taken >= 4, "two seconds of requests may come at once: {taken}");
    assert_eq!((refused.status, code_of(&refused).as_deref()), (429, Some("TOO_MANY_REQUESTS")), "{}", refused.text);
    assert!(refused.json()["errors"].is_array(), "as GraphQL has it: {}", refused.text);
    assert_eq!(refused.headers["retry-after"], "1");
    // Whether the server lives may be asked at any time.
    for _ in 0..20 {
        assert_eq!(server.get("/healthz").await.status, 200);
    }
    until("it is let in again", async || {
        (server.post("/graphql", "application/json", SITES).await.status == 200).then_some(())
    })
    .await;
    server.stop().await;
}

/// A GraphQL socket of whoever has a key.
async fn socket_of(server: &Server, key: &str) -> Socket {
    let bearer = format!("Bearer {key}");
    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("authorization", bearer.as_str())];
    let mut socket = Socket::opened_with(server.address, "/graphql", &headers).await;
    socket.send(json!({"type": "connection_init"})).await;
    assert_eq!(socket.next().await["type"], "connection_ack");
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_a_second_of_a_key_and_of_its_sockets() {
    let (database, server) = server(Options { max_requests_per_second: Some(4), ..Options::default() }).await;
    let store = store(&database).await;
    let (greedy, modest) = (key(&store, Scope::Read, None).await, key(&store, Scope::Read, None).await);
    until("the server asks", async || (server.get("/metrics").await.status == 401).then_some(())).await;
    let mut asked = 0;
    let refused = loop {
        asked += 1;
        let answer = As(&server, &greedy).get("/api/v1/stats/system").await;
        if answer.status != 200 {
            break answer;
        }
        assert!(asked < 200, "there is no limit");
    };
    assert_eq!((refused.status, code_of(&refused).as_deref()), (429, Some("TOO_MANY_REQUESTS")), "{}", refused.text);
    assert_eq!(As(&server, &modest).get("/api/v1/stats/system").await.status, 200, "each key has its own");

    // Operations on a socket count as requests, but for subscriptions that somebody has already.
    let watch = "subscription { statsUpdates { asOf } }";
    let mut first = socket_of(&server, &modest).await;
    first.subscribe("0", watch, json!({})).await;
    first.next().await;
    let mut socket = socket_of(&server, &modest).await;
    for id in 1..=40 {
        socket.subscribe(&id.to_string(), watch, json!({})).await;
    }
    for _ in 1..=40 {
        assert_eq!(socket.next().await["type"], "next");
    }
    let mut socket = socket_of(&server, &modest).await;
    for id in 0..40 {
        socket.subscribe(&format!("q{id}"), "{ sites { name } }", json!({})).await;
    }
    let refused = loop {
        let message = socket.next().await;
        if message["type"] == "error" {
            break message;
        }
    };
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_REQUESTS", "{refused}");
    server.stop().await;
}

/// Sockets have seats too, and whoever goes leaves theirs to others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_of_an_address_and_in_all() {
    for options in [
        Options { max_address_clients: Some(3), ..Options::default() },
        Options { max_clients: Some(3), ..Options::default() },
    ] {
        let (_database, server) = server(options).await;
        let asked = async || {
            let mut raw = Raw::say(server.address, get("/healthz")).await;
            let answer = raw.up_to("}}").await;
            (raw, answer)
        };
        let (graphql, plain) = (Socket::graphql(server.address, "/graphql").await, Socket::plain(server.address).await);
        let mut held = Raw::say(server.address, get("/healthz")).await;
        assert!(held.up_to("ok").await.starts_with("HTTP/1.1 200"));
        let (mut refused, answer) = asked().await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"TOO_MANY_CONNECTIONS\""), "{answer}");
        assert!(answer.contains("retry-after: 1") && answer.contains("connection: close"), "{answer}");
        assert_eq!(refused.rest().await, "", "and it is closed");
        held.send(get("/healthz")).await;
        assert!(held.up_to("ok").await.starts_with("HTTP/1.1 200"), "who has a seat keeps it");
        let mut kept = Vec::new();
        for leaves in [graphql, plain] {
            drop(leaves);
            let mut next = until("there is a seat", async || {
                let mut raw = Raw::say(server.address, get("/healthz")).await;
                raw.up_to("\r\n").await.starts_with("HTTP/1.1 200").then_some(raw)
            })
            .await;
            next.send(get("/healthz")).await;
            held.send(get("/healthz")).await;
            // Taken again before the next one leaves.
            kept.push(next);
        }
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_a_request() {
    let (database, server) = server(Options { request_timeout: Some(0.5), ..Options::default() }).await;
    server.register("press", json!({})).await;
    // A body that does not come to its end.
    for (path, pointer) in [("/api/v1/readings", "/error/code"), ("/graphql", "/errors/0/extensions/code")] {
        let whole = post(path, &format!("[{}]", " ".repeat(1000)));
        let mut raw = Raw::say(server.address, &whole[..whole.len() - 1]).await;
        let answer = raw.rest().await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 503"), "{answer}");
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body.pointer(pointer), Some(&json!("REQUEST_TIMEOUT")), "{body}");
    }
    // Work that does not come to its end, over HTTP and over a socket.
    let db = database.connect().await;
    let holder = db.begin().await.expect("a transaction");
    holder.execute_unprepared("UPDATE site SET name = name").await.expect("the lock");
    let mutation = "mutation { registerMachine(input: {name: \"saw\"}) { machine { id } } }";
    let answer = server.post("/graphql", "application/json", json!({"query": mutation}).to_string()).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "REQUEST_TIMEOUT"), "{}", answer.text);
    let mut socket = Socket::graphql(server.address, "/graphql").await;
    socket.subscribe("1", mutation, json!({})).await;
    let error = socket.next().await;
    assert_eq!(error["payload"][0]["extensions"]["code"], "REQUEST_TIMEOUT", "{error}");
    holder.rollback().await.expect("released");
    until("it is done again", async || {
        (server.graphql(mutation, json!({})).await.get("errors").is_none()).then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_do_nothing() {
    let options = Options { header_timeout: Some(0.3), idle_timeout: Some(1.0), ..Options::default() };
    let (_database, server) = server(options).await;
    let began = std::time::Instant::now();
    for begun in ["", "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: "] {
        assert_eq!(Raw::say(server.address, begun).await.rest().await, "", "{begun}");
    }
    assert!(began.elapsed().as_secs_f64() >= 0.6, "each had its time");
    let mut raw = Raw::say(server.address, get("/healthz")).await;
    assert!(raw.up_to("ok").await.starts_with("HTTP/1.1 200"));
    let began = std::time::Instant::now();
    assert_eq!(raw.rest().await, "");
    assert!(began.elapsed().as_secs_f64() >= 0.9, "who has asked may wait longer: {:?}", began.elapsed());
    // Who asks and takes nothing of the answers.
    let mut raw = Raw::say(server.address, get("/schema.graphql").repeat(300)).await;
    let cut = "wattline_connections_cut_total{reason=\"stalled\"}";
    until("it is cut off", async || server.get("/metrics").await.text.contains(cut).then_some(())).await;
    raw.rest().await;
    // A socket and a stream that go on do nothing wrong.
    let mut socket = Socket::graphql(server.address, "/graphql").await;
    let request = client().post(server.url("/graphql/stream")).header("content-type", "application/json");
    let body = r#"{"query":"subscription { statsUpdates { asOf } }"}"#;
    let mut stream = request.body(body).send().await.expect("a stream");
    socket.subscribe("1", "subscription { statsUpdates { asOf } }", json!({})).await;
    for _ in 0..3 {
        socket.event("1").await;
        assert!(stream.chunk().await.expect("an open stream").is_some());
    }
    for (reason, count) in [("unasked", 2), ("idle", 1)] {
        let line = format!("wattline_connections_cut_total{{reason=\"{reason}\"}}");
        let page = server.get("/metrics").await.text;
        let found = page.lines().find_map(|l| l.strip_prefix(&line)?.trim().parse::<u64>().ok());
        assert!(found.is_some_and(|found| found >= count), "{line}: {page}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_length_of_headers() {
    let (_database, server) = server(Options { max_header_bytes: Some(20_000), ..Options::default() }).await;
    let with =
        |bytes: usize| format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: {}\r\n\r\n", "x".repeat(bytes));
    assert!(Raw::say(server.address, with(15_000)).await.up_to("ok").await.starts_with("HTTP/1.1 200"));
    let answer = Raw::say(server.address, with(60_000)).await.rest().await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.stop().await;
}

/// The server ends: what is under way is finished, nothing more begins, and both are said.
/// Else what a client sends next on it would be lost without a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_not_read_ends_the_connection_and_that_is_said() {
    let (_database, server) = server(Options { max_body_bytes: Some(50_000), ..Options::default() }).await;
    for (path, bytes, status) in
        [("/nowhere", 100_000, "404"), ("/nowhere", 10, "404"), ("/api/v1/readings", 100_000, "413")]
    {
        let answer = Raw::say(server.address, post(path, &"x".repeat(bytes))).await.rest().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{path}, {bytes} bytes: {answer}");
    }
    // One that is read leaves it open, refused or not.
    let mut raw = Raw::connect(server.address).await;
    for (path, body) in [("/api/v1/readings", "no JSON"), ("/graphql", "{}"), ("/graphql", SITES)] {
        raw.send(post(path, body)).await;
        let head = raw.up_to("\r\n\r\n").await;
        assert!(!head.contains("connection: close"), "{path}: {head}");
    }
    raw.send(get("/nowhere")).await;
    assert!(raw.up_to("404").await.contains("404"), "without a body there is nothing to read");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_the_server() {
    let database = Database::sqlite();
    let program = Program::start(&database, &["serve"]);
    let mut plain = Socket::plain(&program.address).await;
    plain.next().await;
    let mut socket = Socket::graphql(&program.address, "/graphql").await;
    let whole = post("/graphql", SITES);
    let mut under_way = Raw::say(&program.address, &whole[..whole.len() - 5]).await;
    let mut waiting = Raw::say(&program.address, get("/healthz")).await;
    assert!(waiting.up_to("ok").await.contains("200"));
    program.ask_to_end();
    let asked = async |path: &str| Raw::say(&program.address, get(path)).await.rest().await;
    let began = std::time::Instant::now();
    let unready = until("it is not ready", async || {
        Some(asked("/readyz").await).filter(|answer| answer.starts_with("HTTP/1.1 503"))
    })
    .await;
    assert!(unready.contains("{\"code\":\"SHUTTING_DOWN\""), "{unready}");
    assert!(began.elapsed().as_secs_f64() < 1.0, "at once, but for the machine's own pace: {:?}", began.elapsed());
    assert!(asked("/healthz").await.starts_with("HTTP/1.1 200"), "it lives still");
    let refused = asked("/api/v1/stats/system").await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("\"SHUTTING_DOWN\""), "{refused}");
    assert_eq!(waiting.rest().await, "", "a connection that waits is closed");
    assert_eq!(socket.closed().await.0, 1001);
    assert_eq!(plain.closed().await.0, 1001);
    under_way.send(&whole[whole.len() - 5..]).await;
    let answer = under_way.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"default\""), "{answer}");
    program.has_ended();
}
