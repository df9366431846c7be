//! Results as responses that go on: server-sent events and multipart, read as bytes; and documents by their hash.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::{Answer, Database, Program, Server, client, until};

const STATS: &str = "subscription { statsUpdates { totalReadings } }";

/// A response that goes on.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    /// Everything up to and with an end; the rest is kept.
    async fn up_to(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.text.find(end) {
                let rest = self.text.split_off(at + end.len());
                return std::mem::replace(&mut self.text, rest);
            }
            let chunk = self.response.chunk().await.expect("no break").expect("more");
            self.text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    /// The data of the next event of a name, as JSON.
    async fn event(&mut self, name: &str) -> Value {
        loop {
            let block = self.up_to("\n\n").await;
            if block == ":\n\n" {
                continue;
            }
            let (event, data) = block.trim_end().split_once('\n').expect("a name and data");
            assert_eq!(event, format!("event: {name}"), "{block}");
            let data = data.strip_prefix("data:").expect("data").trim();
            return if data.is_empty() { Value::Null } else { serde_json::from_str(data).expect("JSON") };
        }
    }
}

async fn server() -> (Database, Server) {
    let database = Database::sqlite();
    let options = Options { interval: Some(0.2), max_subscriptions: Some(2), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    (database, server)
}

fn post(server: &Server, path: &str, accept: &str, body: &Value) -> reqwest::RequestBuilder {
    let request = client().post(server.url(path)).header("content-type", "application/json");
    request.header("accept", accept).body(body.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_one_operation() {
    let (_database, server) = server().await;
    for path in ["/graphql", "/graphql/stream"] {
        let mut stream = Stream::open(post(&server, path, "text/event-stream", &json!({"query": STATS}))).await;
        assert_eq!(stream.response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let first = stream.event("next").await;
        assert_eq!(first["data"], json!({"statsUpdates": {"totalReadings": 0}}));
        let second = stream.event("next").await;
        assert!(second["extensions"]["sequence"].as_u64() > first["extensions"]["sequence"].as_u64(), "{second}");
    }
    for (query, code) in [
        ("subscription { nothing }", "INVALID_DOCUMENT"),
        ("subscription {", "INVALID_DOCUMENT"),
        ("subscription { anomalyDetected(after: \"99\") { cursor } }", "INVALID_CURSOR"),
        ("", "INVALID_BODY"),
    ] {
        let mut stream = Stream::open(post(&server, "/graphql", "text/event-stream", &json!({"query": query}))).await;
        let event = stream.event("next").await;
        assert_eq!(event["errors"][0]["extensions"]["code"], code, "{event}");
        assert_eq!(stream.event("complete").await, Value::Null);
        assert!(stream.response.chunk().await.expect("an orderly end").is_none());
    }
    // Nothing is changed by GET, here neither.
    let mutation = "mutation{registerMachine(input:{name:\"press\"}){machine{id}}}";
    let answer = server.get_with(&format!("/graphql/stream?query={mutation}"), "accept", "text/event-stream").await;
    assert_eq!((answer.status, answer.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
    let answer = server.get_with(&format!("/graphql?query={STATS}"), "accept", "application/json").await;
    assert_eq!((answer.status, answer.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
    // Who takes both gets a stream of what there is to watch, and one answer to a question.
    let both = "text/event-stream, application/json";
    let answer = post(&server, "/graphql", both, &json!({"query": "{ sites { name } }"})).send().await.expect("answer");
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
    let mut stream = Stream::open(post(&server, "/graphql", both, &json!({"query": STATS}))).await;
    stream.event("next").await;
    server.stop().await;
    // A stream that a restart cuts off does not look like one that ended.
    while let Some(chunk) = match stream.response.chunk().await {
        Ok(chunk) => Some(chunk.expect("no orderly end")),
        Err(_) => None,
    } {
        drop(chunk);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_many_operations() {
    let (_database, server) = server().await;
    let answer = client().put(server.url("/graphql/stream")).send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    let token = answer.text().await.expect("a token");
    let open = || client().get(server.url(&format!("/graphql/stream?token={token}")));
    let run = async |id: &str, query: &str| {
        let body = json!({"query": query, "extensions": {"operationId": id}});
        let request = post(&server, "/graphql/stream", "application/json", &body);
        request.header("x-graphql-event-stream-token", &token).send().await.expect("an answer").status().as_u16()
    };
    // What begins before the stream is open waits for it.
    assert_eq!(run("a", STATS).await, 202);
    let mut stream = Stream::open(open()).await;
    let event = stream.event("next").await;
    assert_eq!(
        (&event["id"], &event["payload"]["data"]),
        (&json!("a"), &json!({"statsUpdates": {"totalReadings": 0}}))
    );
    assert_eq!(open().send().await.expect("an answer").status(), 409);
    assert_eq!(run("a", STATS).await, 409);
    assert_eq!(run("", STATS).await, 400);
    let end = async |id: &str| {
        let url = server.url(&format!("/graphql/stream?token={token}&operationId={id}"));
        client().delete(url).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(end("a").await, 200);
    loop {
        let block = stream.up_to("\n\n").await;
        if block == "event: complete\ndata: {\"id\":\"a\"}\n\n" {
            break;
        }
    }
    assert_eq!(run("b", "{ sites { name } }").await, 202);
    let payload = json!({"data": {"sites": [{"name": "default"}]}});
    assert_eq!(stream.event("next").await, json!({"id": "b", "payload": payload}));
    assert_eq!(stream.event("complete").await, json!({"id": "b"}));
    assert_eq!(run("b", "{ nothing }").await, 202);
    assert_eq!(stream.event("next").await["payload"]["errors"][0]["extensions"]["code"], "INVALID_DOCUMENT");
    assert_eq!(stream.event("complete").await, json!({"id": "b"}));
    // Once the client has gone, so has the stream.
    drop(stream);
    until("the stream is forgotten", async || (run("c", STATS).await == 404).then_some(())).await;
    assert_eq!(open().send().await.expect("an answer").status(), 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_nobody_opens_makes_room_again() {
    let database = Database::sqlite();
    let options = Options { max_streams: Some(1), stream_reservation: Some(0.5), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let reserve = async || {
        let request = client().put(server.url("/graphql/stream"));
        Answer::of(request).await
    };
    assert_eq!(reserve().await.status, 201);
    let refused = reserve().await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "TOO_MANY_STREAMS"));
    until("there is room again", async || (reserve().await.status == 201).then_some(())).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_one_operation() {
    let (_database, server) = server().await;
    let accept = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json";
    let mut stream = Stream::open(post(&server, "/graphql", accept, &json!({"query": STATS}))).await;
    let media_type = stream.response.headers()["content-type"].to_str().expect("text").to_owned();
    assert_eq!(media_type, "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=\"1.0\"");
    assert_eq!(stream.up_to("\r\n--graphql").await, "\r\n--graphql");
    let mut values = 0;
    while values < 2 {
        let part = stream.up_to("\r\n--graphql").await;
        let (head, body) = part.split_once("\r\n\r\n").expect("a head and a body");
        assert_eq!(head, "\r\nContent-Type: application/json");
        let body: Value = serde_json::from_str(body.trim_end_matches("\r\n--graphql")).expect("JSON");
        // An empty one shows that the connection lives.
        if body != json!({}) {
            assert_eq!(body["payload"]["data"], json!({"statsUpdates": {"totalReadings": 0}}));
            values += 1;
        }
    }
    let wrong = json!({"query": "subscription { nothing }"});
    let mut stream = Stream::open(post(&server, "/graphql", "multipart/mixed", &wrong)).await;
    let text = stream.up_to("--graphql--\r\n").await;
    assert!(text.contains("{\"payload\":null,\"errors\":[{"), "{text}");
    assert!(stream.response.chunk().await.expect("an orderly end").is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stalls_is_cut_off_and_costs_nobody_else() {
    let database = Database::sqlite();
    let server = Program::start(&database, &["serve", "--interval", "0.1"]);
    let url = format!("http://{}/graphql/stream", server.address);
    let watch = |query: &str| {
        let request = client().post(&url).header("content-type", "application/json");
        Stream::open(request.body(json!({"query": query}).to_string()))
    };
    // Fifty kilobytes at every tick, none of which is read.
    let fields: String = (0..90).map(|i| format!("{}{i}: asOf ", "x".repeat(500))).collect();
    let _stalled = watch(&format!("subscription {{ statsUpdates {{ {fields} }} }}")).await;
    let mut reading = watch(STATS).await;
    let mut last = 0;
    while !server.get("/metrics").await.contains("wattline_sockets_cut_total{reason=\"stalled\"} 1") {
        let sequence = reading.event("next").await["extensions"]["sequence"].as_i64().expect("a number");
        assert_eq!(sequence, if last == 0 { sequence } else { last + 1 }, "nobody else misses a value");
        last = sequence;
        assert!(last < 600, "a minute has gone by");
    }
    server.stop();
}

fn sha256(document: &str) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    Sha256::digest(document).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

async fn ask(server: &Server, body: Value) -> Answer {
    server.post("/graphql", "application/json", body.to_string()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_known_by_their_hash() {
    let document = "{ sites { name } }";
    let persisted = |hash: &str| json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let hash = sha256(document);
    let data = json!({"data": {"sites": [{"name": "default"}]}});

    // Neither a list nor a memory.
    let (_database, server) = server().await;
    let answer = ask(&server, json!({"extensions": persisted(&hash)})).await;
    assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_SUPPORTED");
    assert_eq!(answer.json()["errors"][0]["message"], "PersistedQueryNotSupported");
    assert_eq!(ask(&server, json!({"query": document, "extensions": persisted(&hash)})).await.json(), data);
    let wrong = ask(&server, json!({"query": document, "extensions": persisted(&sha256("{ nothing }"))})).await;
    assert_eq!(wrong.code(), "PERSISTED_QUERY_MISMATCH");
    assert_eq!(ask(&server, json!({"documentId": "sha256:xyz"})).await.code(), "INVALID_DOCUMENT_ID");
    server.stop().await;

    // A memory of one document.
    let database = Database::sqlite();
    let options = Options { automatic_documents: Some(1), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let answer = ask(&server, json!({"extensions": persisted(&hash)})).await;
    assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(answer.json()["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(ask(&server, json!({"query": document, "extensions": persisted(&hash)})).await.json(), data);
    assert_eq!(ask(&server, json!({"extensions": persisted(&hash)})).await.json(), data);
    let address = format!("/graphql?documentId={hash}");
    assert_eq!(server.get(&address).await.json(), data);
    let other = "{ sites { id } }";
    ask(&server, json!({"query": other, "extensions": persisted(&sha256(other))})).await;
    assert_eq!(server.get(&address).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    server.stop().await;

    // A list, and nothing but the list; as a map and as a manifest.
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{"id": hash, "name": "Sites", "type": "query", "body": document},
            {"id": sha256(STATS), "name": "Stats", "type": "subscription", "body": STATS}]});
    for list in [json!({"ignored": document, "too": STATS}), manifest] {
        let database = Database::sqlite();
        let file = database.folder().join("documents.json");
        std::fs::write(&file, list.to_string()).expect("written");
        let options = Options {
            documents_file: Some(file.display().to_string()),
            only_listed_documents: Some(true),
            automatic_documents: Some(10),
            ..Options::default()
        };
        let server = Server::start_with(&database, options, Clock::system()).await;
        assert_eq!(ask(&server, json!({"documentId": format!("sha256:{hash}")})).await.json(), data);
        assert_eq!(ask(&server, json!({"query": document})).await.json(), data);
        let answer = ask(&server, json!({"query": other, "extensions": persisted(&sha256(other))})).await;
        assert_eq!(answer.code(), "DOCUMENT_NOT_LISTED");
        let mut socket = crate::harness::socket::Socket::graphql(server.address, "/graphql").await;
        let payload = json!({"extensions": persisted(&sha256(STATS))});
        socket.send(json!({"id": "1", "type": "subscribe", "payload": payload})).await;
        assert_eq!(socket.event("1").await, json!({"statsUpdates": {"totalReadings": 0}}));
        socket.subscribe("2", "subscription { statsUpdates { asOf } }", json!({})).await;
        let refused = loop {
            let message = socket.next().await;
            if message["id"] == "2" {
                break message;
            }
        };
        assert_eq!(refused["payload"][0]["extensions"]["code"], "DOCUMENT_NOT_LISTED", "{refused}");
        server.stop().await;
    }
}
