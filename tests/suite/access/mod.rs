//! Who may do what: keys and people, their scopes and sites, what browsers may be made to do, and what ends when.

mod audit;
mod browsers;
mod documents;
mod matrix;
mod openid;
mod revocation;
mod rules;
mod secrets;
mod setting_up;
mod sites;
mod tokens;

use entity::SiteId;
use entity::api_key::Scope;
use serde_json::{Value, json};
use wattline::access::{NewKeyRequest, create_key};
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::store::Store;

use crate::harness::{Answer, Database, Server, client};
use crate::recordings::wattline;

pub(crate) const SCOPES: [Scope; 4] = [Scope::Read, Scope::Ingest, Scope::Operate, Scope::Admin];

/// The store under a server, for what the command line does.
pub(crate) async fn store(database: &Database) -> Store {
    let options = Options { database: Some(database.url.clone()), ..Options::default() };
    Store::open(&options.resolve().expect("valid settings").store()).await.expect("an open database")
}

/// Makes a key.
pub(crate) async fn key(store: &Store, scope: Scope, site_id: Option<SiteId>) -> String {
    let request = NewKeyRequest { name: "test".to_owned(), scope, site_id, expires_at_ms: None };
    create_key(store, Clock::system().now_ms(), request).await.expect("a key").secret
}

/// Runs a command that has to succeed; what it prints.
pub(crate) fn run(database: &Database, arguments: &[&str], input: &str) -> String {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut command = wattline(database, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("runs");
    running.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
    let output = running.wait_with_output().expect("ends");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}

/// An address with a parameter.
pub(crate) fn with_query(server: &Server, path: &str, name: &str, value: &str) -> reqwest::Url {
    reqwest::Url::parse_with_params(&server.url(path), &[(name, value)]).expect("an address")
}

/// A server as one caller meets it.
pub(crate) struct As<'a>(pub(crate) &'a Server, pub(crate) &'a str);

impl As<'_> {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(client().get(self.0.url(path)).bearer_auth(self.1)).await
    }

    pub(crate) async fn post(&self, path: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = client().post(self.0.url(path)).bearer_auth(self.1);
        Answer::of(request.header("content-type", media_type).body(body)).await
    }

    /// The whole answer to a GraphQL operation.
    pub(crate) async fn ask(&self, query: &str) -> Answer {
        self.post("/graphql", "application/json", json!({"query": query}).to_string()).await
    }

    /// The data of an operation that must succeed.
    pub(crate) async fn data(&self, query: &str) -> Value {
        let answer = self.ask(query).await;
        let mut response = answer.json();
        assert!(answer.status == 200 && response.get("errors").is_none(), "{query}: {}", answer.text);
        response["data"].take()
    }
}

/// The code of an answer's first error, if it has one.
pub(crate) fn code_of(answer: &Answer) -> Option<String> {
    let answer = answer.json();
    let code = answer["errors"][0]["extensions"]["code"].as_str().or_else(|| answer["error"]["code"].as_str());
    code.map(str::to_owned)
}
