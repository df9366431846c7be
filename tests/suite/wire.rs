//! What goes with every answer: its request's id, its packing; and lists of requests, where they are allowed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::socket::Socket;
use crate::harness::{Database, Program, Server, client, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_has_an_id_in_its_errors_and_in_the_log() {
    let database = Database::sqlite();
    let program = Program::start(&database, &["serve", "--log-format", "json"]);
    let url = |path: &str| format!("http://{}{path}", program.address);
    let ask = async |id: Option<&str>, query: &str| {
        let mut request = client().post(url("/graphql")).header("content-type", "application/json");
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        let answer = request.body(json!({"query": query}).to_string()).send().await.expect("an answer");
        let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
        (id, answer.json::<Value>().await.expect("JSON"))
    };
    // Every answer has one, and no two the same.
    let (first, second) = (ask(None, "{ sites { id } }").await.0, ask(None, "{ sites { id } }").await.0);
    assert_ne!(first, second);
    assert!(first.len() >= 32, "{first}");
    // The client's own, unless it could forge a line of the log.
    assert_eq!(ask(Some("batch-7_a.2"), "{ sites { id } }").await.0, "batch-7_a.2");
    for forged in ["two words", "a\"b", "", &"x".repeat(65)] {
        assert!(ask(Some(forged), "{ sites { id } }").await.0.len() >= 32, "{forged}");
    }
    let (id, answer) = ask(Some("mistake"), "{ nothing }").await;
    assert_eq!(answer["errors"][0]["extensions"]["requestId"], id);
    let (id, answer) = ask(Some("mistake"), "").await;
    assert_eq!(answer["errors"][0]["extensions"]["requestId"], id);
    let request = client().post(url("/api/v1/readings")).header("x-request-id", "rest");
    let answer: Value = request.body("[]").send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["error"]["requestId"], "rest", "{answer}");
    let mut socket = Socket::graphql(&program.address, "/graphql").await;
    socket.subscribe("1", "{ nothing }", json!({})).await;
    let error = socket.next().await;
    assert!(error["payload"][0]["extensions"]["requestId"].is_string(), "{error}");

    // A failure of ours: the client gets a code and the id, the log has the id and the reason.
    let connection = database.connect().await;
    sea_orm::ConnectionTrait::execute_unprepared(&connection, "ALTER TABLE machine RENAME TO gone")
        .await
        .expect("done");
    let (_, answer) = ask(Some("fault-1"), "{ machines { edges { node { id } } } }").await;
    assert_eq!(answer["errors"][0]["extensions"]["requestId"], "fault-1", "{answer}");
    assert!(!answer.to_string().contains("no such table"), "{answer}");
    until("the log tells", async || {
        let log = program.log();
        log.iter().any(|line| line.contains("fault-1") && line.contains("no such table")).then_some(())
    })
    .await;
    program.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_packed_as_the_client_asks() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let plain = server.get("/schema.graphql").await;
    assert!(!plain.headers.contains_key("content-encoding"));
    for encoding in ["br", "gzip", "zstd"] {
        let packed = client().get(server.url("/schema.graphql")).header("accept-encoding", encoding);
        let packed = packed.send().await.expect("an answer");
        assert_eq!(packed.headers()["content-encoding"], encoding);
        let bytes = packed.bytes().await.expect("a body").len();
        assert!(bytes * 3 < plain.text.len(), "{encoding}: {bytes} of {}", plain.text.len());
        let builder = reqwest::Client::builder().brotli(encoding == "br").gzip(encoding == "gzip");
        let unpacking = builder.zstd(encoding == "zstd").build().expect("a client");
        let text = unpacking.get(server.url("/schema.graphql")).send().await.expect("an answer").text().await;
        assert_eq!(text.expect("a body"), plain.text, "{encoding}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_requests_are_answered_in_order_where_they_are_allowed() {
    let database = Database::sqlite();
    let options = Options { max_batch: Some(3), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let post = async |body: Value| server.post("/graphql", "application/json", body.to_string()).await;
    let (good, bad) = (json!({"query": "{ sites { name } }"}), json!({"query": "{ nothing }"}));
    let answers = post(json!([good, bad, {"query": ""}])).await.json();
    assert_eq!(answers[0], json!({"data": {"sites": [{"name": "default"}]}}));
    assert_eq!(answers[1]["errors"][0]["extensions"]["code"], "INVALID_DOCUMENT");
    assert_eq!(answers[2]["errors"][0]["extensions"]["code"], "INVALID_BODY");
    assert_eq!(answers.as_array().expect("a list").len(), 3);
    for wrong in [json!([]), json!([good, good, good, good])] {
        assert_eq!(post(wrong).await.code(), "BATCH_TOO_LARGE");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_subscriptions_that_are_the_same_are_validated_once() {
    let database = Database::sqlite();
    let program = Program::start(&database, &["serve", "--interval", "3600"]);
    let query = "subscription { statsUpdates { totalReadings } }";
    let mut sockets = Vec::new();
    for _ in 0..200 {
        let mut socket = Socket::graphql(&program.address, "/graphql").await;
        for id in 0..50 {
            socket.subscribe(&id.to_string(), query, json!({})).await;
        }
        sockets.push(socket);
    }
    // Each has its first value, although there is but one tick; in which order is nobody's business.
    for socket in &mut sockets {
        let mut ids = BTreeSet::new();
        for _ in 0..50 {
            let message = socket.next().await;
            assert_eq!(message["payload"]["data"], json!({"statsUpdates": {"totalReadings": 0}}), "{message}");
            ids.insert(message["id"].to_string());
        }
        assert_eq!(ids.len(), 50, "{ids:?}");
    }
    let metrics = program.get("/metrics").await;
    let validated = metrics.lines().find(|line| line.starts_with("wattline_documents_validated_total "));
    assert_eq!(validated, Some("wattline_documents_validated_total 1"));
    program.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_are_let_in_where_they_are_named() {
    let database = Database::sqlite();
    let options = Options { origins: Some("https://dash.example, http://[::1]:5173".to_owned()), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let open = async |origin: &str| {
        let request = client().get(server.url("/graphql")).header("origin", origin);
        let request = request.header("connection", "upgrade").header("upgrade", "websocket");
        let request =
            request.header("sec-websocket-version", "13").header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        request
            .header("sec-websocket-protocol", "graphql-transport-ws")
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    let may_read = async |origin: &str| {
        let request = client().request(reqwest::Method::OPTIONS, server.url("/graphql")).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let answer = request.header("access-control-request-headers", "content-type").send().await.expect("an answer");
        let allowed = answer.headers().get("access-control-allow-origin").map(|value| value.to_str().expect("text"));
        allowed == Some(origin)
    };
    let own = format!("http://{}", server.address);
    for (origin, opens, reads) in [
        (own.as_str(), 101, false),
        ("https://dash.example", 101, true),
        ("http://[::1]:5173", 101, true),
        ("http://dash.example", 403, false),
        ("https://dash.example.evil.example", 403, false),
        ("null", 403, false),
    ] {
        assert_eq!((open(origin).await, may_read(origin).await), (opens, reads), "{origin}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_come_in_the_order_in_which_they_are_asked_for() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let query = "{ b: __typename sites { timeZone name currency } a: __typename }";
    let expected = r#"{"b":"Query","sites":[{"timeZone":"UTC","name":"default","currency":"USD"}],"a":"Query"}"#;
    let answer = server.post("/graphql", "application/json", json!({"query": query}).to_string()).await;
    assert_eq!(answer.text, format!("{{\"data\":{expected}}}"));
    let mut socket = Socket::graphql(&server.address, "/graphql/ws").await;
    socket.subscribe("1", query, json!({})).await;
    let message = socket.next_text().await;
    assert!(message.contains(expected), "{message}");
    server.stop().await;
}
