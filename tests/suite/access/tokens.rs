//! Tokens of a trusted issuer: which are taken, as what, and for how long.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use super::revocation::{BAR, closes_all};
use super::{As, code_of};
use crate::harness::issuer::{Issuer, SigningKey};
use crate::harness::socket::Socket;
use crate::harness::{Database, Server, on_both, until};

on_both!(tokens_are_taken_for_what_their_claims_say);

const AUDIENCE: &str = "plant";
const HOUR_MS: i64 = 3_600_000;

fn options(issuer: &Issuer) -> Options {
    Options {
        issuer: Some(issuer.url()),
        token_audience: Some(AUDIENCE.to_owned()),
        scope_claim: Some("groups".to_owned()),
        scope_values: Some("admin=plant admins,ingest=gateways,read=everybody".to_owned()),
        site_claim: Some("plant.site".to_owned()),
        ..Options::default()
    }
}

/// Claims that are in order at an instant, for an hour.
fn claims(issuer: &Issuer, at_ms: i64, group: &str) -> Value {
    let at_s = at_ms / 1000;
    json!({"iss": issuer.url(), "aud": [AUDIENCE, "other"], "sub": "gateway-7", "iat": at_s, "nbf": at_s,
        "exp": at_s + 3600, "groups": [group], "plant": {"site": "*"}})
}

/// The same with one of them otherwise, or left out if that is null.
fn but(mut claims: Value, name: &str, value: Value) -> Value {
    match value {
        Value::Null => drop(claims.as_object_mut().expect("claims").remove(name)),
        value => claims[name] = value,
    }
    claims
}

async fn tokens_are_taken_for_what_their_claims_say(database: Database) {
    let keys = [SigningKey::rsa("rsa", 2048), SigningKey::ec("ec"), SigningKey::ed("ed")];
    let issuer = Issuer::start(&keys.each_ref()).await;
    let clock = Clock::system();
    let server = Server::start_with(&database, options(&issuer), clock.clone()).await;
    // With an issuer access is set up: nobody is let in without.
    assert_eq!(server.get("/api/v1/session").await.status, 401);
    let now_ms = clock.now_ms();
    for key in &keys {
        let token = key.sign(&claims(&issuer, now_ms, "everybody"));
        let who = As(&server, &token).get("/api/v1/session").await;
        assert_eq!((who.status, &who.json()["kind"], &who.json()["scope"]), (200, &json!("token"), &json!("read")));
        let refused = As(&server, &token).ask("mutation { registerSite(input: {name: \"x\"}) { site { id } } }").await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "FORBIDDEN"));
        let mut socket = Socket::with_key(server.address, &token).await;
        socket.subscribe("1", "subscription { statsUpdates { totalReadings } }", json!({})).await;
        assert_eq!(socket.event("1").await["statsUpdates"]["totalReadings"], 0);
    }
    let admin = keys[1].sign(&claims(&issuer, now_ms, "plant admins"));
    As(&server, &admin).data("mutation { registerSite(input: {name: \"north\"}) { site { id } } }").await;
    let audit = As(&server, &admin).data("{ audit(first: 9) { edges { node { by field } } } }").await;
    assert_eq!(audit["audit"]["edges"][0]["node"], json!({"by": "token gateway-7", "field": "registerSite"}));
    // One site alone.
    let of_north = but(claims(&issuer, now_ms, "everybody"), "plant", json!({"site": "north"}));
    let of_north = keys[0].sign(&of_north);
    assert_eq!(As(&server, &of_north).data("{ sites { name } }").await, json!({"sites": [{"name": "north"}]}));
    // One that sends and sees nothing.
    let sender = keys[2].sign(&claims(&issuer, now_ms, "gateways"));
    let row = "x,machine=press power_kw=1 1793520000000000000";
    assert_eq!(As(&server, &sender).post("/api/v1/readings", "text/plain", row).await.status, 422);
    assert_eq!(As(&server, &sender).get("/metrics").await.status, 403);
    assert_eq!(issuer.reads(), 1, "its keys are remembered");
    server.stop().await;
}

/// A token of parts that nobody signed.
fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_token_is_taken() {
    let database = Database::sqlite();
    let (rsa, ec) = (SigningKey::rsa("rsa", 2048), SigningKey::ec("ec"));
    let (weak, stranger) = (SigningKey::rsa("weak", 1024), SigningKey::ec("ec"));
    let issuer = Issuer::start(&[&rsa, &ec, &weak]).await;
    let clock = Clock::system();
    let server = Server::start_with(&database, options(&issuer), clock.clone()).await;
    let good = claims(&issuer, clock.now_ms(), "everybody");
    let now_s = clock.now_ms() / 1000;
    assert_eq!(As(&server, &rsa.sign(&good)).get("/metrics").await.status, 200);
    let header = |key: &SigningKey, change: fn(&mut Header)| {
        let mut header = key.header();
        change(&mut header);
        encode(&header, &good, &key.signs).expect("a token")
    };
    // With what everybody knows of a key as a shared secret.
    let confused = |secret: &[u8], id: &str| {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &good, &EncodingKey::from_secret(secret)).expect("a token")
    };
    let modulus = URL_SAFE_NO_PAD.decode(rsa.jwk["n"].as_str().expect("text")).expect("Base64");
    let signed = ec.sign(&good);
    let signature = signed.rsplit('.').next().expect("a signature");
    let critical = json!({"alg": "ES256", "kid": "ec", "crit": ["exp"]});
    for (what, token) in [
        ("alg none", unsigned(&json!({"alg": "none"}), &good, "")),
        ("alg none with a signature", unsigned(&json!({"alg": "None", "kid": "ec"}), &good, signature)),
        ("no algorithm", unsigned(&json!({"kid": "ec"}), &good, signature)),
        ("no signature", unsigned(&json!({"alg": "ES256", "kid": "ec"}), &good, "")),
        (
            "other claims",
            unsigned(&json!({"alg": "ES256", "kid": "ec"}), &but(good.clone(), "sub", json!("x")), signature),
        ),
        ("HMAC by the modulus", confused(&modulus, "rsa")),
        ("HMAC by the JWK", confused(rsa.jwk.to_string().as_bytes(), "rsa")),
        ("HMAC by the shared key", confused(b"a secret that is shared", "shared")),
        ("an algorithm that is not pinned", header(&rsa, |header| header.alg = Algorithm::RS384)),
        ("a key of another kind", header(&ec, |header| header.kid = Some("rsa".to_owned()))),
        ("an unknown key", header(&ec, |header| header.kid = Some("new".to_owned()))),
        ("no key named", header(&ec, |header| header.kid = None)),
        ("a stranger's key by a known name", stranger.sign(&good)),
        ("a weak key", weak.sign(&good)),
        ("something else than for access", header(&ec, |header| header.typ = Some("logout+jwt".to_owned()))),
        ("what must be understood", unsigned(&critical, &good, signature)),
        ("another issuer", ec.sign(&but(good.clone(), "iss", json!("https://evil.example")))),
        ("no issuer", ec.sign(&but(good.clone(), "iss", Value::Null))),
        ("another audience", ec.sign(&but(good.clone(), "aud", json!("other")))),
        ("no audience", ec.sign(&but(good.clone(), "aud", Value::Null))),
        ("nobody's", ec.sign(&but(good.clone(), "sub", Value::Null))),
        ("no end", ec.sign(&but(good.clone(), "exp", Value::Null))),
        ("an end in words", ec.sign(&but(good.clone(), "exp", json!("tomorrow")))),
        ("expired", ec.sign(&but(good.clone(), "exp", json!(now_s - 1)))),
        ("not yet", ec.sign(&but(good.clone(), "nbf", json!(now_s + 120)))),
        ("of tomorrow", ec.sign(&but(good.clone(), "iat", json!(now_s + 120)))),
        ("no token", "a.b.c".to_owned()),
        ("no token either", "x".repeat(2000)),
    ] {
        let answer = As(&server, &token).get("/api/v1/stats/system").await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"), "{what}: {}", answer.text);
        assert!(!answer.text.contains(&token), "{what}");
        let mut socket = Socket::silent(server.address, Some("graphql-transport-ws")).await;
        let payload = json!({"Authorization": format!("Bearer {token}")});
        socket.send(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(socket.closed().await.0, 4403, "{what}");
    }
    // Clocks differ a little.
    let ahead = ec.sign(&but(but(good.clone(), "nbf", json!(now_s + 20)), "iat", json!(now_s + 20)));
    assert_eq!(As(&server, &ahead).get("/metrics").await.status, 200);
    // Known, and nothing granted.
    for (name, value) in [
        ("groups", json!(["admin"])),
        ("groups", Value::Null),
        ("plant", json!({"site": "nowhere"})),
        ("plant", Value::Null),
    ] {
        let token = ec.sign(&but(good.clone(), name, value));
        let answer = As(&server, &token).ask("{ sites { name } }").await;
        assert_eq!((answer.status, code_of(&answer).as_deref()), (403, Some("FORBIDDEN")), "{name}: {}", answer.text);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_changes_its_keys_and_is_not_asked_too_often() {
    let database = Database::sqlite();
    let (old, new) = (SigningKey::ec("old"), SigningKey::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let now_ms = Clock::system().now_ms();
    let clock = Clock::manual(now_ms);
    let server = Server::start_with(&database, options(&issuer), clock.clone()).await;
    let (by_old, by_new) =
        (old.sign(&claims(&issuer, now_ms, "everybody")), new.sign(&claims(&issuer, now_ms, "everybody")));
    let status = async |token: &str| As(&server, token).get("/metrics").await.status;
    assert_eq!((status(&by_old).await, status(&by_new).await), (200, 401));
    // Whatever is made up, the issuer is asked once in ten seconds.
    issuer.show(&[&old, &new]);
    for _ in 0..20 {
        assert_eq!(status(&by_new).await, 401);
    }
    assert_eq!(issuer.reads(), 1);
    clock.set_ms(now_ms + 10_000);
    assert_eq!((status(&by_new).await, status(&by_old).await, issuer.reads()), (200, 200, 2));
    // What is withdrawn is no longer taken within minutes, and closes what was open by it.
    let mut socket = Socket::with_key(server.address, &by_old).await;
    let mut unharmed = Socket::with_key(server.address, &by_new).await;
    issuer.show(&[&new]);
    clock.set_ms(now_ms + 310_000);
    assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()));
    assert_eq!((status(&by_old).await, status(&by_new).await), (401, 200));
    unharmed.subscribe("1", "subscription { statsUpdates { totalReadings } }", json!({})).await;
    unharmed.event("1").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_expires_closes_what_is_open_by_it() {
    let database = Database::sqlite();
    let key = SigningKey::ec("ec");
    // Its keys may also be in a file, where the server does not reach it.
    let issuer = Issuer::start(&[]).await;
    let file = database.folder().join("keys.json");
    std::fs::write(&file, json!({"keys": [key.jwk]}).to_string()).expect("written");
    let options = Options { issuer_keys: Some(file.display().to_string()), ..options(&issuer) };
    let now_ms = Clock::system().now_ms();
    let clock = Clock::manual(now_ms);
    let server = Server::start_with(&database, options, clock.clone()).await;
    let token = key.sign(&claims(&issuer, now_ms, "everybody"));
    let longer = but(claims(&issuer, now_ms, "everybody"), "exp", json!((now_ms + 2 * HOUR_MS) / 1000));
    let mut unharmed = Socket::with_key(server.address, &key.sign(&longer)).await;
    let took = closes_all(&server, &token, async || clock.set_ms(now_ms + HOUR_MS)).await;
    assert!(took < BAR, "{took:?}");
    assert_eq!(As(&server, &token).get("/metrics").await.status, 401);
    unharmed.subscribe("1", "{ sites { name } }", json!({})).await;
    unharmed.event("1").await;
    assert_eq!(issuer.reads(), 0);
    server.stop().await;
}

/// An issuer that cannot be reached lets nobody in, and keeps nobody waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_cannot_be_reached_lets_nobody_in() {
    let database = Database::sqlite();
    let key = SigningKey::ec("ec");
    let issuer = Issuer::start(&[&key]).await;
    let gone = Options { issuer: Some("http://127.0.0.1:9".to_owned()), ..options(&issuer) };
    let server = Server::start_with(&database, gone, Clock::system()).await;
    let claims = but(claims(&issuer, Clock::system().now_ms(), "everybody"), "iss", json!("http://127.0.0.1:9"));
    let token = key.sign(&claims);
    let begun = Instant::now();
    assert_eq!(As(&server, &token).get("/metrics").await.status, 401);
    assert!(begun.elapsed() < BAR);
    // Everything else goes on.
    until("the server is ready", async || (server.get("/readyz").await.status == 200).then_some(())).await;
    server.stop().await;
}
