//! The table of what each root field needs, held to the schema, and then to a running server: every field, every scope,
//! callers of all sites and of one.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use entity::SiteId;
use entity::api_key::Scope;
use wattline::access::{FIELDS, Need};

use super::{As, SCOPES, code_of, key, store};
use crate::harness::{Answer, Database, Server, client, on_both};

on_both!(every_root_field_takes_only_who_has_its_scope, every_other_door_takes_only_who_has_its_scope);

/// Every field at a root of the schema, with the root.
pub(crate) fn root_fields() -> BTreeMap<String, String> {
    let schema = include_str!("../../../schema.graphql");
    let mut fields = BTreeMap::new();
    for definition in parse_schema(schema).expect("a schema").definitions {
        let TypeSystemDefinition::Type(of) = definition else { continue };
        let root = of.node.name.node.to_string();
        let (TypeKind::Object(object), true) =
            (of.node.kind, ["Query", "Mutation", "Subscription"].contains(&root.as_str()))
        else {
            continue;
        };
        for field in object.fields {
            assert!(fields.insert(field.node.name.node.to_string(), root.clone()).is_none(), "two of a name");
        }
    }
    assert!(fields.len() > 30, "{fields:?}");
    fields
}

/// What a field needs, said a second time: by its root, and for mutations one by one.
fn needed(name: &str, root: &str) -> Need {
    match (root, name) {
        (_, "audit") => Need::Administer,
        ("Query" | "Subscription", _) => Need::Read,
        (_, "recordReadings" | "resubmitReadings") => Need::Record,
        (
            _,
            "reportAnomaly"
            | "acknowledgeAnomaly"
            | "resolveAnomaly"
            | "reopenAnomaly"
            | "commentAnomaly"
            | "dismissAnomaly"
            | "snoozeMachine"
            | "scheduleMaintenance"
            | "cancelMaintenance"
            | "saveWatchRule"
            | "removeWatchRule"
            | "saveBudget"
            | "removeBudget",
        ) => Need::Operate,
        _ => Need::Administer,
    }
}

#[test]
fn every_root_field_is_in_the_table_once() {
    let fields = root_fields();
    for (name, root) in &fields {
        let known: Vec<_> = FIELDS.iter().filter(|field| field.name == name).collect();
        assert_eq!(known.len(), 1, "{name} is in the table of src/access/fields.rs");
        assert_eq!(known[0].need, needed(name, root), "{name}");
    }
    for field in FIELDS.iter().filter(|field| !field.name.starts_with('_')) {
        assert!(fields.contains_key(field.name), "{} is no field of the schema", field.name);
    }
}

/// Whether a scope has what something needs, said a second time too.
fn may(scope: Scope, need: Need) -> bool {
    match scope {
        Scope::Read => need == Need::Read,
        Scope::Ingest => need == Need::Record,
        Scope::Operate => need != Need::Administer,
        Scope::Admin => true,
    }
}

async fn every_root_field_takes_only_who_has_its_scope(database: Database) {
    let store = store(&database).await;
    let mut callers = Vec::new();
    for scope in SCOPES {
        for site in [None, Some(SiteId(1))] {
            callers.push((scope, site, key(&store, scope, site).await));
        }
    }
    let server = Server::start(&database).await;
    for (name, root) in root_fields() {
        // What is missing of its arguments and its selection is said to whom it is allowed at all.
        let document = format!("{} {{ {name} }}", root.to_lowercase());
        let in_fragment = format!(
            "{} {{ ...F }} fragment F on {root} {{ ... {{ a: {name} @skip(if: true) }} }}",
            root.to_lowercase()
        );
        let nobody =
            server.post("/graphql", "application/json", serde_json::json!({"query": document}).to_string()).await;
        assert_eq!((nobody.status, nobody.code().as_str()), (401, "UNAUTHENTICATED"), "{name}");
        let field = FIELDS.iter().find(|field| field.name == name).expect("in the table");
        for (scope, site, key) in &callers {
            for document in [&document, &in_fragment] {
                let answer = As(&server, key).ask(document).await;
                let is_refused = answer.status == 403 && answer.code() == "FORBIDDEN";
                let may = may(*scope, needed(&name, &root)) && (site.is_none() || field.is_of_sites);
                assert_eq!(is_refused, !may, "{document} as {scope:?} of {site:?}: {}", answer.text);
                assert_ne!(code_of(&answer).as_deref(), Some("UNAUTHENTICATED"), "{document}");
            }
        }
    }
    for name in ["__schema { types { name } }", "__type(name: \"Query\") { name }"] {
        for (scope, _, key) in &callers {
            let is_refused = As(&server, key).ask(&format!("{{ {name} }}")).await.status == 403;
            assert_eq!(is_refused, *scope == Scope::Ingest, "{name} as {scope:?}");
        }
    }
    server.stop().await;
}

async fn every_other_door_takes_only_who_has_its_scope(database: Database) {
    let store = store(&database).await;
    let mut callers = Vec::new();
    for scope in SCOPES {
        callers.push((scope, key(&store, scope, None).await));
    }
    let server = Server::start(&database).await;
    let from = "from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z&every=PT1H";
    let doors = [
        ("GET", "/schema.graphql".to_owned(), Need::Read),
        ("GET", "/metrics".to_owned(), Need::Read),
        ("GET", "/api/v1/stats/system".to_owned(), Need::Read),
        ("GET", "/api/v1/export/readings".to_owned(), Need::Read),
        ("GET", "/api/v1/export/anomalies".to_owned(), Need::Read),
        ("GET", "/api/v1/export/refused".to_owned(), Need::Read),
        ("GET", "/api/v1/export/statistics".to_owned(), Need::Read),
        ("GET", format!("/api/v1/export/series?{from}"), Need::Read),
        ("GET", "/ws".to_owned(), Need::Read),
        ("POST", "/api/v1/readings".to_owned(), Need::Record),
        ("POST", "/write".to_owned(), Need::Record),
        ("POST", "/api/v2/write".to_owned(), Need::Record),
    ];
    for (method, path, need) in doors {
        let request = || {
            let method = method.parse().expect("a method");
            client().request(method, server.url(&path)).header("content-type", "text/plain").body("")
        };
        // To its end, so that no answer is broken off while the database reads on.
        let status = async |request: reqwest::RequestBuilder| Answer::of(request).await.status;
        assert_eq!(status(request()).await, 401, "{path}");
        assert_eq!(status(request().bearer_auth("wl_00000000_nobody")).await, 401, "{path}");
        for (scope, key) in &callers {
            let is_refused = status(request().bearer_auth(key)).await == 403;
            assert_eq!(is_refused, !may(*scope, need), "{path} as {scope:?}");
            // As senders for InfluxDB say it.
            let as_token = status(request().header("authorization", format!("Token {key}"))).await;
            assert_eq!(as_token == 403, is_refused, "{path} as {scope:?}");
        }
    }
    // What anybody may have.
    for path in ["/healthz", "/readyz", "/api/v1/health", "/ping"] {
        assert!(server.get(path).await.status < 300, "{path}");
    }
    server.stop().await;
}
