//! People sign in at an issuer: there and back, and everything that could be made up on the way.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use super::{As, key, run, store};
use crate::harness::issuer::{CLIENT, Issuer, SigningKey};
use crate::harness::socket::Socket;
use crate::harness::{Answer, Database, Server, client, client_that_stays, on_both};

on_both!(people_sign_in_at_the_issuer);

const SESSION: &str = "wattline_session=";
const BEGIN: &str = "/api/v1/session/openid";

/// Makes a token of claims.
type Sign = Box<dyn Fn(&Value) -> String + Send>;

fn options(issuer: &Issuer) -> Options {
    Options {
        issuer: Some(issuer.url()),
        client_id: Some(CLIENT.0.to_owned()),
        client_secret: Some(CLIENT.1.to_owned()),
        sign_in_scopes: Some("profile groups".to_owned()),
        scope_claim: Some("groups".to_owned()),
        public_url: Some("https://plant.example".to_owned()),
        ..Options::default()
    }
}

/// What an ID token says beside what every one does.
fn with(mut claims: Value, more: &Value) -> Value {
    let now_s = Clock::system().now_ms() / 1000;
    claims["iat"] = json!(now_s);
    claims["exp"] = json!(now_s + 300);
    claims.as_object_mut().expect("claims").extend(more.as_object().expect("claims").clone());
    claims
}

/// A browser, as far as it matters here.
struct Browser<'a> {
    server: &'a Server,
    http: reqwest::Client,
    /// What it keeps from the beginning.
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Server) -> Self {
        Self { server, http: client_that_stays(), cookie: String::new() }
    }

    async fn get(&self, url: &str) -> Answer {
        Answer::of(self.http.get(url).header("cookie", &self.cookie)).await
    }

    /// To the issuer and up to the way back: the query with which it is to come back.
    async fn go(&mut self) -> String {
        let begun = self.get(&self.server.url(BEGIN)).await;
        assert_eq!(begun.status, 303, "{}", begun.text);
        cookie_of(&begun, "wattline_sign_in=").expect("a cookie").clone_into(&mut self.cookie);
        let back = self.get(location(&begun)).await;
        let back = reqwest::Url::parse(location(&back)).expect("an address");
        assert_eq!(
            (back.scheme(), back.host_str(), back.path()),
            ("https", Some("plant.example"), "/api/v1/session/openid/callback")
        );
        back.query().expect("a query").to_owned()
    }

    async fn come_back(&self, query: &str) -> Answer {
        self.get(&self.server.url(&format!("{BEGIN}/callback?{query}"))).await
    }

    async fn sign_in(&mut self) -> Answer {
        let query = self.go().await;
        self.come_back(&query).await
    }
}

fn location(answer: &Answer) -> &str {
    answer.headers["location"].to_str().expect("text")
}

/// The cookie of a name that an answer sets, without its attributes.
fn cookie_of<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let set = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().expect("text"));
    set.filter(|cookie| !cookie.contains("Max-Age=0")).find(|cookie| cookie.starts_with(name))?.split(';').next()
}

async fn people_sign_in_at_the_issuer(database: Database) {
    let signs = SigningKey::rsa("rsa", 2048);
    let issuer = Issuer::start(&[&signs]).await;
    let admin = key(&store(&database).await, entity::api_key::Scope::Admin, None).await;
    run(&database, &["user", "create", "bert", "--scope", "admin"], "a long password\n");
    let server = Server::start_with(&database, options(&issuer), Clock::system()).await;
    assert_eq!(server.get("/api/v1/session/ways").await.json(), json!({"password": true, "openid": true}));
    let signs = std::sync::Arc::new(signs);
    let says = |more: Value| {
        let signs = signs.clone();
        issuer.sign_by(move |claims| signs.sign(&with(claims, &more)));
    };
    says(json!({"sub": "1", "preferred_username": "anna", "groups": ["staff", "operate"]}));
    // What is asked of the issuer.
    let mut browser = Browser::new(&server);
    let begun = browser.get(&server.url(BEGIN)).await;
    let asked = reqwest::Url::parse(location(&begun)).expect("an address");
    let asked: std::collections::HashMap<_, _> = asked.query_pairs().into_owned().collect();
    assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT.0));
    assert_eq!((asked["scope"].as_str(), asked["code_challenge_method"].as_str()), ("openid profile groups", "S256"));
    assert!(["state", "nonce", "code_challenge"].iter().all(|name| asked[*name].len() == 43), "{asked:?}");
    let kept = begun.headers["set-cookie"].to_str().expect("text");
    assert!(kept.ends_with("; Path=/api/v1/session/openid; Max-Age=600; HttpOnly; SameSite=Lax; Secure"), "{kept}");
    let derived = ["state", "nonce", "code_challenge"];
    assert!(derived.iter().all(|name| !kept.contains(&asked[*name])), "what is kept is told nobody");
    // There and back.
    let query = browser.go().await;
    let signed_in = browser.come_back(&query).await;
    assert_eq!((signed_in.status, location(&signed_in)), (303, "/"), "{}", signed_in.text);
    let session = cookie_of(&signed_in, SESSION).expect("a session").to_owned();
    let who =
        async |cookie: &str| Answer::of(client().get(server.url("/api/v1/session")).header("cookie", cookie)).await;
    let anna = |scope: &str| json!({"kind": "session", "name": "anna", "scope": scope, "site": null});
    assert_eq!(who(&session).await.json(), anna("operate"));
    // Once: neither the code nor what the browser kept is good for anything now.
    assert_eq!(browser.come_back(&query).await.status, 401);
    // With other groups another scope, in every session of hers.
    says(json!({"sub": "1", "preferred_username": "anna", "groups": "read"}));
    assert_eq!(browser.sign_in().await.status, 303);
    assert_eq!(who(&session).await.json(), anna("read"));
    let out = client().delete(server.url("/api/v1/session")).header("cookie", &session);
    assert_eq!((Answer::of(out).await.status, who(&session).await.status), (204, 401));
    // There is no password by which she could sign in, and nobody else's name to be had.
    let credentials = json!({"name": "anna", "password": ""}).to_string();
    assert_eq!(server.post("/api/v1/session", "application/json", credentials).await.status, 401);
    says(json!({"sub": "2", "preferred_username": "bert", "groups": "read"}));
    assert_eq!(browser.sign_in().await.code(), "NAME_TAKEN");
    // Whom somebody here removes is out, and stays so.
    says(json!({"sub": "1", "preferred_username": "anna the first", "groups": "admin"}));
    let session = cookie_of(&browser.sign_in().await, SESSION).expect("a session").to_owned();
    assert_eq!(who(&session).await.json(), anna("admin"), "she is who she was");
    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("cookie", session.as_str())];
    let mut socket = Socket::opened_with(server.address, "/graphql/ws", &headers).await;
    socket.send(json!({"type": "connection_init"})).await;
    run(&database, &["user", "remove", "anna"], "");
    assert_eq!(socket.closed().await.0, 4403);
    assert_eq!(browser.sign_in().await.code(), "FORBIDDEN");
    let audit = As(&server, &admin).data("{ audit(first: 20) { edges { node { by field } } } }").await;
    let changes = audit["audit"]["edges"].as_array().expect("edges").iter();
    let signed_in = changes.filter(|edge| edge["node"]["field"] == "signIn").count();
    assert_eq!(signed_in, 3, "{audit}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_is_signed_in() {
    let database = Database::sqlite();
    let (signs, stranger) = (SigningKey::ec("ec"), SigningKey::ec("ec"));
    let issuer = Issuer::start(&[&signs]).await;
    let server = Server::start_with(&database, options(&issuer), Clock::system()).await;
    let good = json!({"sub": "1", "email": "anna@plant.example", "groups": "admin"});
    let (signs, stranger) = (std::sync::Arc::new(signs), std::sync::Arc::new(stranger));
    let refused = async |what: &str, answer: Answer, code: &str| {
        assert_eq!(answer.code(), code, "{what}: {}", answer.text);
        assert_eq!(cookie_of(&answer, SESSION), None, "{what}");
    };
    // On the way back: the state of another browser, none, or another issuer's answer.
    let by_signs = signs.clone();
    let claims = good.clone();
    issuer.sign_by(move |more| by_signs.sign(&with(more, &claims)));
    let (mut browser, mut other) = (Browser::new(&server), Browser::new(&server));
    let query = browser.go().await;
    let foreign = other.go().await;
    let state = |query: &str| query.split_once("state=").expect("a state").1.to_owned();
    for (what, query) in [
        ("another browser's", foreign.clone()),
        ("another state", query.replace(&state(&query), &state(&foreign))),
        ("no state", query.replace("state", "estate")),
        ("no code", query.replace("code=", "edoc=")),
        ("denied", format!("{query}&error=access_denied")),
        ("another issuer", format!("{query}&iss=https%3A%2F%2Fevil.example")),
        ("another code", query.replace("code-", "code-1")),
    ] {
        refused(what, browser.come_back(&query).await, "UNAUTHENTICATED").await;
    }
    // The code of one begun elsewhere, with the state of this: PKCE.
    let code = foreign.split('&').find(|pair| pair.starts_with("code=")).expect("a code");
    refused("another's code", browser.come_back(&format!("{code}&state={}", state(&query))).await, "UNAUTHENTICATED")
        .await;
    refused("twice", browser.come_back(&format!("{query}&{query}")).await, "INVALID_PARAMETER").await;
    assert_eq!(Browser::new(&server).come_back(&query).await.code(), "UNAUTHENTICATED", "without what it kept");
    assert_eq!(browser.come_back(&query).await.status, 303, "and as it is meant");
    // In the token.
    let (secret, name) = (CLIENT.1.as_bytes().to_vec(), signs.id);
    let hmac = move |claims: &Value| {
        let header = Header { kid: Some(name.to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, claims, &EncodingKey::from_secret(&secret)).expect("a token")
    };
    let none = |claims: &Value| {
        let part = |value: &Value| {
            base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, value.to_string())
        };
        format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
    };
    let now_s = Clock::system().now_ms() / 1000;
    let by_signs = || -> Sign {
        let signs = signs.clone();
        Box::new(move |claims: &Value| signs.sign(claims))
    };
    let by_stranger: Sign = {
        let stranger = stranger.clone();
        Box::new(move |claims: &Value| stranger.sign(claims))
    };
    for (what, change, sign, code) in [
        ("alg none", json!({}), Box::new(none) as Sign, "UNAUTHENTICATED"),
        ("HMAC by the client's secret", json!({}), Box::new(hmac), "UNAUTHENTICATED"),
        ("a stranger's key", json!({}), by_stranger, "UNAUTHENTICATED"),
        ("another nonce", json!({"nonce": "x"}), by_signs(), "UNAUTHENTICATED"),
        ("no nonce", json!({"nonce": null}), by_signs(), "UNAUTHENTICATED"),
        ("for another", json!({"aud": "other"}), by_signs(), "UNAUTHENTICATED"),
        ("for another too", json!({"aud": [CLIENT.0, "other"]}), by_signs(), "UNAUTHENTICATED"),
        ("another issuer", json!({"iss": "https://evil.example"}), by_signs(), "UNAUTHENTICATED"),
        ("expired", json!({"exp": now_s - 1}), by_signs(), "UNAUTHENTICATED"),
        ("in no group", json!({"groups": ["staff"]}), by_signs(), "FORBIDDEN"),
        ("in no group at all", json!({"groups": null}), by_signs(), "FORBIDDEN"),
    ] {
        let mut all = good.clone();
        all.as_object_mut().expect("claims").extend(change.as_object().expect("claims").clone());
        issuer.sign_by(move |claims| sign(&with(claims, &all)));
        refused(what, browser.sign_in().await, code).await;
    }
    // A browser is shown the page, which knows the code.
    let query = browser.go().await;
    let callback = browser.http.get(server.url(&format!("{BEGIN}/callback?{query}"))).header("cookie", &browser.cookie);
    let shown = Answer::of(callback.header("accept", "text/html,*/*;q=0.8")).await;
    assert_eq!((shown.status, location(&shown)), (303, "/?sign-in=FORBIDDEN"));
    // An ID token is no key.
    let id_token = signs.sign(&with(json!({"iss": issuer.url(), "aud": CLIENT.0}), &good));
    assert_eq!(As(&server, &id_token).get("/metrics").await.status, 401);
    assert_eq!(database.number("SELECT count(*) FROM session").await, 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_signs_with_a_new_key_is_believed_and_no_longer_by_the_old_one() {
    let database = Database::sqlite();
    let (old, new) = (SigningKey::ec("old"), SigningKey::rsa("new", 2048));
    let issuer = Issuer::start(&[&old]).await;
    let now_ms = Clock::system().now_ms();
    let clock = Clock::manual(now_ms);
    let server = Server::start_with(&database, options(&issuer), clock.clone()).await;
    let keys = std::sync::Arc::new([old, new]);
    let claims = json!({"sub": "1", "name": "anna", "groups": "read", "exp": now_ms / 1000 + 3600});
    let signs_by = |index: usize| {
        let (keys, claims) = (keys.clone(), claims.clone());
        issuer.sign_by(move |more| keys[index].sign(&with(more, &claims)));
    };
    let mut browser = Browser::new(&server);
    signs_by(0);
    assert_eq!(browser.sign_in().await.status, 303);
    issuer.show(&[&keys[1]]);
    clock.set_ms(now_ms + 20_000);
    signs_by(1);
    assert_eq!(browser.sign_in().await.status, 303);
    signs_by(0);
    assert_eq!(browser.sign_in().await.code(), "UNAUTHENTICATED");
    assert_eq!(issuer.reads(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_issuer_there_is_no_such_way_and_one_that_is_gone_says_so() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    assert_eq!(server.get("/api/v1/session/ways").await.json()["openid"], false);
    assert_eq!(server.get(BEGIN).await.code(), "NOT_FOUND");
    assert_eq!(server.get(&format!("{BEGIN}/callback?code=x&state=y")).await.code(), "NOT_FOUND");
    server.stop().await;
    let issuer = Issuer::start(&[]).await;
    let gone = Options { issuer: Some("http://127.0.0.1:9".to_owned()), ..options(&issuer) };
    let server = Server::start_with(&database, gone, Clock::system()).await;
    let answer = server.get(BEGIN).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "ISSUER_UNAVAILABLE"));
    server.stop().await;
}
