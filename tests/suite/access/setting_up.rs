//! Before and after access is set up: who may call from where, and the commands that make, replace and revoke keys.

use std::process::Stdio;

use serde_json::json;
use wattline::clock::Clock;
use wattline::config::Options;

use super::{As, code_of, key, run, store};
use crate::harness::{Answer, Database, Program, Server, client, on_both, until};
use crate::recordings::wattline;

on_both!(keys_are_made_listed_replaced_and_revoked);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_others_reach_is_only_served_with_access_set_up() {
    let database = Database::sqlite();
    let serve = |more: &[&str]| {
        let mut command = wattline(&database, &["serve", "--listen", "0.0.0.0:0"]);
        command.args(more).stderr(Stdio::piped()).stdout(Stdio::null());
        command
    };
    let refused = serve(&[]).output().expect("runs");
    let sentence = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && sentence.contains("wattline user create"), "{sentence}");
    // Said out loud, or with somebody to let in, it is served; a key that is taken no longer lets nobody in.
    let served = |more: &[&str]| {
        let mut running = serve(more).spawn().expect("runs");
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(running.stderr.take().expect("a pipe")));
        let is_served = lines.any(|line| line.is_ok_and(|line| line.contains("http://0.0.0.0:")));
        running.kill().expect("ends");
        running.wait().expect("ends");
        is_served
    };
    assert!(served(&["--insecure", "true"]));
    let secret = run(&database, &["key", "create", "--scope", "read"], "");
    assert!(served(&[]));
    run(&database, &["key", "revoke", &secret[..11]], "");
    assert!(!served(&[]));
    run(&database, &["user", "create", "anna", "--scope", "admin"], "a long password\n");
    assert!(served(&[]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loopback_is_open_until_access_is_set_up_and_then_asks() {
    let database = Database::sqlite();
    let program = Program::start(&database, &["serve"]);
    let ask = async |key: Option<&str>| {
        let request = client().get(format!("http://{}/api/v1/session", program.address));
        Answer::of(match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        })
        .await
    };
    let who = ask(None).await;
    assert_eq!((who.status, who.json()), (200, json!({"kind": "open", "name": null, "scope": "admin", "site": null})));
    // A sender that was told to bring something brings it.
    assert_eq!(ask(Some("-")).await.status, 200);
    let secret = run(&database, &["key", "create", "--scope", "operate", "--name", "line 1"], "");
    until("the server asks", async || (ask(None).await.status == 401).then_some(())).await;
    assert_eq!(ask(Some(&secret)).await.json()["scope"], "operate");
    assert_eq!(ask(Some("-")).await.status, 401);
    // It does not open when the last key is gone.
    run(&database, &["key", "revoke", &secret[..11]], "");
    assert_eq!((ask(Some(&secret)).await.status, ask(None).await.status), (401, 401));
    program.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loopback_stays_open_where_the_operator_says_so_but_not_through_a_proxy() {
    let database = Database::sqlite();
    key(&store(&database).await, entity::api_key::Scope::Read, None).await;
    let options = Options { open_loopback: Some(true), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    assert_eq!(server.get("/metrics").await.status, 200);
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"] {
        assert_eq!(server.get_with("/metrics", header, "203.0.113.7").await.status, 401, "{header}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_is_told_to_those_who_may_see_or_to_nobody() {
    let database = Database::sqlite();
    let reader = key(&store(&database).await, entity::api_key::Scope::Read, None).await;
    let (ask, typo) = ("{ __schema { queryType { name } } }", "{ sites { nam } }");
    let server = Server::start(&database).await;
    assert_eq!(As(&server, &reader).data(ask).await["__schema"]["queryType"]["name"], "Query");
    assert!(As(&server, &reader).ask(typo).await.text.contains("Did you mean"));
    server.stop().await;
    let options = Options { introspection: Some(false), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let told = As(&server, &reader).ask(ask).await;
    assert!(!told.text.contains("queryType\":{"), "{}", told.text);
    let mistaken = As(&server, &reader).ask(typo).await;
    assert!(code_of(&mistaken).is_some() && !mistaken.text.contains("Did you mean"), "{}", mistaken.text);
    assert_eq!(As(&server, &reader).get("/schema.graphql").await.status, 404);
    server.stop().await;
}

async fn keys_are_made_listed_replaced_and_revoked(database: Database) {
    let create = ["key", "create", "--scope", "ingest", "--name", "telegraf", "--expires", "90d", "--site", "default"];
    let old = run(&database, &create, "");
    let prefix = &old[..11];
    assert!(old.starts_with("wl_") && old.len() == 55, "{old}");
    let new = run(&database, &["key", "rotate", prefix], "");
    let listed = run(&database, &["key", "list"], "");
    for (key, state) in [(&old, "until"), (&new, "until")] {
        let line = listed.lines().find(|line| line.starts_with(&key[..11])).expect("listed");
        assert!(["telegraf", "ingest", "default", "never", state].iter().all(|it| line.contains(it)), "{line}");
        assert!(!listed.contains(&key[12..]), "no secret is listed");
    }
    // Two are taken at a time, not three.
    for prefix in [&old[..11], &new[..11]] {
        let third = wattline(&database, &["key", "rotate", prefix]).output().expect("runs");
        assert!(!third.status.success() && String::from_utf8_lossy(&third.stderr).contains("both taken"));
    }
    let server = Server::start(&database).await;
    let line = "x,machine=press power_kw=1 1793520000000000000";
    for key in [&old, &new] {
        let answer = As(&server, key).post("/api/v1/readings", "text/plain", line).await;
        assert_eq!((answer.status, answer.json()["rejected"][0]["code"].as_str()), (422, Some("UNKNOWN_MACHINE")));
    }
    run(&database, &["key", "revoke", &old[..11]], "");
    assert_eq!(As(&server, &old).post("/api/v1/readings", "text/plain", line).await.status, 401);
    assert_eq!(As(&server, &new).post("/api/v1/readings", "text/plain", line).await.status, 422);
    // The right prefix with another secret is as good as nothing.
    let forged = format!("{}{}", &new[..12], &old[12..]);
    assert_eq!(As(&server, &forged).post("/api/v1/readings", "text/plain", line).await.status, 401);
    until("it is noted that it was used", async || {
        let listed = run(&database, &["key", "list"], "");
        let line = listed.lines().find(|line| line.starts_with(&new[..11])).expect("listed");
        (!line.contains("never")).then_some(())
    })
    .await;
    run(&database, &["key", "rotate", &new[..11]], "");
    server.stop().await;
    // The database has no secret to be stolen.
    let rows = database.connect().await;
    let statement = sea_orm::Statement::from_string(
        sea_orm::ConnectionTrait::get_database_backend(&rows),
        "SELECT prefix, secret_hash FROM api_key",
    );
    for row in sea_orm::ConnectionTrait::query_all_raw(&rows, statement).await.expect("SQL") {
        let hash: Vec<u8> = row.try_get("", "secret_hash").expect("a hash");
        assert_eq!(hash.len(), 32);
    }
}
