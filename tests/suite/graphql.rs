//! The GraphQL API as an integrator meets it: machines registered, found, changed and retired, pages both ways, nodes.

use serde_json::{Value, json};

use crate::harness::{Database, Server, on_both};

on_both!(
    machines_are_registered_found_changed_and_retired,
    pages_go_both_ways,
    any_node_is_found_by_its_id,
    the_schema_is_served_to_who_lacks_it,
);

async fn machines_are_registered_found_changed_and_retired(database: Database) {
    let server = Server::start(&database).await;
    let id = server.register("press", json!({"kind": "INJECTION_MOLDING", "ratedPowerKw": 90})).await;
    let query = "query($id: ID) { machine(id: $id) { name kind carrier ratedPowerKw expectedIntervalSeconds retiredAt
        site { name currency } latestReading { time } } }";
    let machine = server.data(query, json!({"id": id})).await["machine"].take();
    let expected = json!({"name": "press", "kind": "INJECTION_MOLDING", "carrier": "ELECTRICITY", "ratedPowerKw": 90.0,
        "expectedIntervalSeconds": 10, "retiredAt": null, "site": {"name": "default", "currency": machine["site"]["currency"]},
        "latestReading": null});
    assert_eq!(machine, expected);
    let update =
        "mutation($id: ID!) { updateMachine(input: {id: $id, name: \"press-2\", expectedIntervalSeconds: 60}) {
        machine { name expectedIntervalSeconds ratedPowerKw } } }";
    let updated = server.data(update, json!({"id": id})).await["updateMachine"]["machine"].take();
    assert_eq!(updated, json!({"name": "press-2", "expectedIntervalSeconds": 60, "ratedPowerKw": 90.0}));
    server
        .record(json!([{"machine": "press-2", "time": "2026-11-01T08:00:00Z", "power_kw": 3, "energy_kwh": 0.05}]))
        .await;
    let named = "{ machine(name: \"press-2\") { latestReading { time powerKw energyKwh } } }";
    let latest = json!({"time": "2026-11-01T08:00:00Z", "powerKw": 3.0, "energyKwh": 0.05});
    assert_eq!(server.data(named, json!({})).await["machine"]["latestReading"], latest);
    let retire = "mutation($id: ID!) { retireMachine(input: {id: $id}) { machine { retiredAt } } }";
    assert!(server.data(retire, json!({"id": id})).await["retireMachine"]["machine"]["retiredAt"].is_string());
    assert_eq!(server.data("{ machine(name: \"nobody\") { id } }", json!({})).await["machine"], Value::Null);
    server.stop().await;
}

async fn pages_go_both_ways(database: Database) {
    let server = Server::start(&database).await;
    for name in ["a", "b", "c", "d", "e"] {
        server.register(name, json!({})).await;
    }
    let query = "query($first: Int, $after: String, $last: Int, $before: String) {
        machines(first: $first, after: $after, last: $last, before: $before) {
            edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }";
    let names = |page: &Value| {
        let edges = page["edges"].as_array().expect("edges");
        edges.iter().map(|edge| edge["node"]["name"].as_str().expect("a name")).collect::<String>()
    };
    let page = async |variables: Value| server.data(query, variables).await["machines"].take();
    let first = page(json!({"first": 2})).await;
    assert_eq!((names(&first).as_str(), &first["pageInfo"]["hasNextPage"]), ("ab", &json!(true)));
    let rest = page(json!({"first": 9, "after": first["pageInfo"]["endCursor"]})).await;
    assert_eq!((names(&rest).as_str(), &rest["pageInfo"]["hasNextPage"]), ("cde", &json!(false)));
    let last = page(json!({"last": 2})).await;
    assert_eq!((names(&last).as_str(), &last["pageInfo"]["hasPreviousPage"]), ("de", &json!(true)));
    let before = page(json!({"last": 9, "before": last["pageInfo"]["startCursor"]})).await;
    assert_eq!((names(&before).as_str(), &before["pageInfo"]["hasPreviousPage"]), ("abc", &json!(false)));
    server.stop().await;
}

async fn any_node_is_found_by_its_id(database: Database) {
    let server = Server::start(&database).await;
    let machine = server.register("press", json!({})).await;
    let site = server.register_site("north").await;
    let query = "query($id: ID!) { node(id: $id) { __typename id ... on Machine { name } ... on Site { name } } }";
    let found = server.data(query, json!({"id": machine})).await["node"].take();
    assert_eq!(found, json!({"__typename": "Machine", "id": machine, "name": "press"}));
    let found = server.data(query, json!({"id": site})).await["node"].take();
    assert_eq!(found, json!({"__typename": "Site", "id": site, "name": "north"}));
    server.stop().await;
}

async fn the_schema_is_served_to_who_lacks_it(database: Database) {
    let server = Server::start(&database).await;
    let schema = server.get("/schema.graphql").await;
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).expect("the schema");
    assert_eq!((schema.status, schema.text.trim_end()), (200, kept.trim_end()));
    let tag = schema.headers["etag"].to_str().expect("text").to_owned();
    let known = server.get_with("/schema.graphql", "if-none-match", &format!("\"other\", W/{tag}")).await;
    assert_eq!((known.status, known.text.as_str(), &known.headers["etag"]), (304, "", &schema.headers["etag"]));
    assert_eq!(server.get_with("/schema.graphql", "if-none-match", "\"other\"").await.status, 200);
    server.stop().await;
}
