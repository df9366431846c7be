//! What was let in ends when that is taken back, whoever does so and from wherever: sockets with 4403, streams by breaking
//! off, within five seconds.

use std::time::{Duration, Instant};

use entity::api_key::Scope;
use futures_util::StreamExt;
use serde_json::{Value, json};
use wattline::access::{NewKeyRequest, create_key};
use wattline::clock::Clock;

use super::{As, key, run, store, with_query};
use crate::harness::socket::Socket;
use crate::harness::{Answer, Database, Server, client, on_both, until};

on_both!(
    a_revoked_key_closes_what_is_open_by_it,
    a_key_that_expires_closes_what_is_open_by_it,
    whoever_is_let_in_no_longer_loses_their_sockets,
);

/// The bar, and no more.
pub(super) const BAR: Duration = Duration::from_secs(5);
const STATS: &str = "subscription { statsUpdates { totalReadings } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_says_who_it_is_by_header_or_when_it_introduces_itself() {
    let database = Database::sqlite();
    let store = store(&database).await;
    let (reader, sender) = (key(&store, Scope::Read, None).await, key(&store, Scope::Ingest, None).await);
    let server = Server::start(&database).await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let bearer = |key: &str| format!("Bearer {key}");
    let introduced = async |header: Option<&str>, payload: Option<Value>| {
        let header = header.map(bearer);
        let headers: Vec<_> =
            [Some(protocol), header.as_deref().map(|value| ("authorization", value))].into_iter().flatten().collect();
        let mut socket = Socket::opened_with(server.address, "/graphql/ws", &headers).await;
        let mut init = json!({"type": "connection_init"});
        if let Some(payload) = payload {
            init["payload"] = payload;
        }
        socket.send(init).await;
        socket
    };
    let as_reader = json!({"Authorization": bearer(&reader)});
    for (header, payload) in [
        (Some(reader.as_str()), None),
        (None, Some(as_reader.clone())),
        (None, Some(json!({"authorization": format!("bearer {reader}")}))),
        // What is said last holds.
        (Some(&sender), Some(as_reader)),
    ] {
        let mut socket = introduced(header, payload).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket.subscribe("1", STATS, json!({})).await;
        assert_eq!(socket.event("1").await["statsUpdates"]["totalReadings"], 0);
    }
    for payload in [
        None,
        Some(json!({})),
        Some(json!({"Authorization": "Bearer wl_00000000_x"})),
        Some(json!({"Authorization": 7})),
    ] {
        assert_eq!(introduced(None, payload).await.closed().await.0, 4403);
    }
    // A key that may not see is let in, and sees nothing; nor does it get in with who may.
    let mut watching = introduced(Some(&reader), None).await;
    assert_eq!(watching.next().await["type"], "connection_ack");
    watching.subscribe("1", STATS, json!({})).await;
    watching.event("1").await;
    let mut socket = introduced(Some(&sender), None).await;
    assert_eq!(socket.next().await["type"], "connection_ack");
    for document in [STATS, "{ sites { name } }", "subscription { anomalyDetected(after: \"0\") { cursor } }"] {
        socket.subscribe("1", document, json!({})).await;
        let error = socket.next().await;
        assert_eq!(
            (&error["type"], &error["payload"][0]["extensions"]["code"]),
            (&json!("error"), &json!("FORBIDDEN"))
        );
    }
    server.stop().await;
}

/// Everything that can be open by a key; done when all of it is closed.
pub(super) async fn closes_all(server: &Server, key: &str, end: impl AsyncFnOnce()) -> Duration {
    let mut socket = Socket::with_key(server.address, key).await;
    socket.subscribe("1", STATS, json!({})).await;
    socket.event("1").await;
    let bearer = format!("Bearer {key}");
    let mut plain = Socket::opened_with(server.address, "/ws", &[("authorization", &bearer)]).await;
    assert_eq!(plain.next().await["type"], "stats_update");
    let stream = client().get(with_query(server, "/graphql", "query", STATS)).bearer_auth(key);
    let stream = stream.header("accept", "text/event-stream").send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let mut pieces = stream.bytes_stream();
    pieces.next().await.expect("a piece").expect("a piece");
    let reserved = Answer::of(client().put(server.url("/graphql/stream")).bearer_auth(key)).await;
    let shared = client().get(with_query(server, "/graphql/stream", "token", &reserved.text)).bearer_auth(key);
    let shared = shared.send().await.expect("a stream");
    assert_eq!(shared.status(), 200);
    let mut shared = shared.bytes_stream();
    end().await;
    let begun = Instant::now();
    assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()));
    assert_eq!(plain.closed().await, (4403, "Forbidden".to_owned()));
    while let Some(Ok(_)) = pieces.next().await {}
    while let Some(Ok(_)) = shared.next().await {}
    begun.elapsed()
}

async fn a_revoked_key_closes_what_is_open_by_it(database: Database) {
    let store = store(&database).await;
    let (reader, other) = (key(&store, Scope::Read, None).await, key(&store, Scope::Read, None).await);
    let server = Server::start(&database).await;
    let mut unharmed = Socket::with_key(server.address, &other).await;
    // By another process, as on another replica.
    let took = closes_all(&server, &reader, async || drop(run(&database, &["key", "revoke", &reader[..11]], ""))).await;
    assert!(took < BAR, "{took:?}");
    let refused = As(&server, &reader).ask("{ sites { name } }").await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "UNAUTHENTICATED"));
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    assert_eq!(As(&server, &reader).get("/api/v1/stats/system").await.code(), "UNAUTHENTICATED");
    unharmed.subscribe("1", STATS, json!({})).await;
    unharmed.event("1").await;
    server.stop().await;
}

async fn a_key_that_expires_closes_what_is_open_by_it(database: Database) {
    let store = store(&database).await;
    let now_ms = Clock::system().now_ms();
    let clock = Clock::manual(now_ms);
    let (name, expires_at_ms) = ("brief".to_owned(), Some(now_ms + 60_000));
    let request = NewKeyRequest { name, scope: Scope::Read, site_id: None, expires_at_ms };
    let brief = create_key(&store, now_ms, request).await.expect("a key").secret;
    let server = Server::start_with(&database, wattline::config::Options::default(), clock.clone()).await;
    let took = closes_all(&server, &brief, async || clock.set_ms(now_ms + 60_000)).await;
    assert!(took < BAR, "{took:?}");
    assert_eq!(As(&server, &brief).get("/api/v1/stats/system").await.status, 401);
    server.stop().await;
}

async fn whoever_is_let_in_no_longer_loses_their_sockets(database: Database) {
    run(&database, &["user", "create", "anna", "--scope", "admin"], "a long password\n");
    let server = Server::start(&database).await;
    let credentials = json!({"name": "anna", "password": "a long password"}).to_string();
    let open = async || {
        let signed_in = server.post("/api/v1/session", "application/json", credentials.clone()).await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.text);
        let cookie =
            signed_in.headers["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
        let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("cookie", cookie.as_str())];
        let mut socket = Socket::opened_with(server.address, "/graphql/ws", &headers).await;
        socket.send(json!({"type": "connection_init"})).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        (socket, cookie)
    };
    let who =
        async |cookie: &str| Answer::of(client().get(server.url("/api/v1/session")).header("cookie", cookie)).await;
    // Signing out, in this process.
    let ((mut socket, cookie), (mut other, other_cookie)) = (open().await, open().await);
    let begun = Instant::now();
    assert_eq!(Answer::of(client().delete(server.url("/api/v1/session")).header("cookie", &cookie)).await.status, 204);
    assert_eq!(socket.closed().await.0, 4403);
    assert!(begun.elapsed() < BAR);
    assert_eq!((who(&cookie).await.status, who(&other_cookie).await.status), (401, 200));
    // Being let in no longer, by another process.
    let begun = Instant::now();
    run(&database, &["user", "remove", "anna"], "");
    assert_eq!(other.closed().await.0, 4403);
    assert!(begun.elapsed() < BAR);
    assert_eq!(server.post("/api/v1/session", "application/json", credentials.clone()).await.status, 401);
    // Let in anew, with less.
    run(&database, &["user", "create", "anna", "--scope", "read"], "a long password\n");
    let (_socket, cookie) = open().await;
    assert_eq!(who(&cookie).await.json()["scope"], "read");
    server.stop().await;
}

/// Whoever was let in because access was not set up is out once it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setting_access_up_closes_what_was_open_without() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let mut socket = Socket::graphql(server.address, "/graphql").await;
    socket.subscribe("1", STATS, json!({})).await;
    socket.event("1").await;
    run(&database, &["key", "create", "--scope", "read"], "");
    assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()));
    until("nobody is let in without", async || (server.get("/metrics").await.status == 401).then_some(())).await;
    server.stop().await;
}
