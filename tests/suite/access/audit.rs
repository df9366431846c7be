//! The audit: every change is in it once, with who made it, and no secret ever is.

use entity::api_key::Scope;
use serde_json::{Value, json};

use super::{As, key, run, store};
use crate::harness::{Answer, Database, Server, client, on_both};

on_both!(every_change_is_in_the_audit_with_who_made_it);

async fn entries(server: &Server, admin: &str) -> Vec<Value> {
    let query = "{ audit(first: 100) { totalCount edges { node { at by field requestId } } } }";
    let audit = As(server, admin).data(query).await;
    let edges = audit["audit"]["edges"].as_array().expect("edges").clone();
    assert_eq!(audit["audit"]["totalCount"], edges.len());
    edges.into_iter().map(|mut edge| edge["node"].take()).collect()
}

async fn every_change_is_in_the_audit_with_who_made_it(database: Database) {
    let admin = run(&database, &["key", "create", "--scope", "admin", "--name", "boss"], "");
    run(&database, &["user", "create", "anna", "--scope", "operate"], "a long password\n");
    // The second registers nothing and corrects nothing.
    for reading in ["lathe,1760000000,1", "lathe,1760000060,1"] {
        run(&database, &["import", "--auto-register", "-"], &format!("machine,time,energy_kwh\n{reading}\n"));
    }
    let server = Server::start(&database).await;
    let as_admin = As(&server, &admin);
    as_admin.data("mutation { registerMachine(input: {name: \"press\"}) { machine { id } } }").await;
    // What changes nothing is not in it: a refusal, a mistake, a question, a reading.
    as_admin.ask("mutation { registerMachine(input: {name: \"press\"}) { machine { id } } }").await;
    as_admin.data("{ sites { name } }").await;
    let reading = "x,machine=press power_kw=1 1793520000000000000";
    assert_eq!(as_admin.post("/api/v1/readings", "text/plain", reading).await.status, 200);
    assert_eq!(as_admin.post("/api/v1/readings", "text/plain", reading).await.json()["duplicates"], 1);
    let reader = key(&store(&database).await, Scope::Read, None).await;
    As(&server, &reader).ask("mutation { registerMachine(input: {name: \"saw\"}) { machine { id } } }").await;
    // Readings that replace others are a change, by whichever door they come.
    let corrected = "x,machine=press power_kw=2 1793520000000000000\nx,machine=press power_kw=2 1793520001000000000";
    assert_eq!(as_admin.post("/api/v1/readings", "text/plain", corrected).await.json()["corrected"], 1);
    let again = "{machine: \"press\", time: \"2026-11-01T08:00:00Z\", powerKw: 3}";
    let again = format!("mutation {{ recordReadings(input: {{readings: [{again}]}}) {{ corrected }} }}");
    assert_eq!(as_admin.data(&again).await["recordReadings"]["corrected"], 1);
    let trial =
        as_admin.post("/api/v1/readings?dry_run=true", "text/plain", "x,machine=press power_kw=4 1793520000000000000");
    assert_eq!(trial.await.json()["corrected"], 1);
    // Several in one request, each by its own name.
    let several = "mutation { a: registerMachine(input: {name: \"saw\"}) { machine { id } }
        reportAnomaly(input: {machine: \"press\", kind: \"X\", startedAt: \"2026-11-01T08:00:00Z\"}) { anomaly { id } } }";
    let request = client().post(server.url("/graphql")).bearer_auth(&admin).header("x-request-id", "several");
    let request = request.header("content-type", "application/json").body(json!({"query": several}).to_string());
    let anomaly = Answer::of(request).await.json()["data"]["reportAnomaly"]["anomaly"]["id"].clone();
    let acknowledge =
        format!("mutation {{ acknowledgeAnomaly(input: {{id: {anomaly}}}) {{ anomaly {{ statusBy }} }} }}");
    let boss = format!("key {} (boss)", &admin[..11]);
    let by = as_admin.data(&acknowledge).await["acknowledgeAnomaly"]["anomaly"]["statusBy"].clone();
    assert_eq!(by, boss, "whose key it is need not be said");
    // A person, by their session.
    let credentials = json!({"name": "anna", "password": "a long password"}).to_string();
    let signed_in = server.post("/api/v1/session", "application/json", credentials).await;
    let cookie =
        signed_in.headers["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    let request = client().post(server.url("/graphql")).header("cookie", &cookie);
    let request = request.header("content-type", "application/json").body(json!({"query": acknowledge}).to_string());
    let by = Answer::of(request).await.json()["data"]["acknowledgeAnomaly"]["anomaly"]["statusBy"].clone();
    assert_eq!(by, "anna", "who has signed in need not say so");
    Answer::of(client().delete(server.url("/api/v1/session")).header("cookie", &cookie)).await;
    let entries = entries(&server, &admin).await;
    let told: Vec<_> = entries.iter().map(|entry| (entry["by"].as_str(), entry["field"].as_str())).collect();
    let expected = [
        ("command line", "key create"),
        ("command line", "user create"),
        ("command line", "import"),
        (&boss, "registerMachine"),
        (&boss, "readings"),
        (&boss, "recordReadings"),
        (&boss, "registerMachine"),
        (&boss, "reportAnomaly"),
        (&boss, "acknowledgeAnomaly"),
        ("user anna", "signIn"),
        ("user anna", "acknowledgeAnomaly"),
        ("user anna", "signOut"),
    ];
    assert_eq!(told, expected.map(|(by, field)| (Some(by), Some(field))));
    assert!(entries[6..8].iter().all(|entry| entry["requestId"] == "several"), "{entries:?}");
    assert!(entries[3..].iter().all(|entry| entry["requestId"].is_string() && entry["at"].is_string()));
    let all = json!(entries).to_string();
    for secret in [&admin[12..], "a long password", cookie.split_once('=').expect("a value").1] {
        assert!(!all.contains(secret), "{all}");
    }
    server.stop().await;
}
