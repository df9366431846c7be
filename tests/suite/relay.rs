//! Relay's rules: connections in both directions, total counts, things by their ids; and what they cost the database.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::{Database, Program, Server, on_both};

on_both!(nested_pages_cost_the_same_for_any_number_of_machines, pages_are_right_and_counted);

/// Machines with readings, registers that were reset, and anomalies.
async fn fill(post: impl AsyncFn(&str, Value) -> Value, machines: usize) {
    for first in (0..machines).step_by(25) {
        let fields: String = (first..machines.min(first + 25))
            .map(|n| format!("m{n}: registerMachine(input: {{name: \"m{n}\", expectedIntervalSeconds: 1}}) {{ machine {{ id }} }} "))
            .collect();
        post("/graphql", json!({"query": format!("mutation {{ {fields} }}")})).await;
        let fields: String = (first..machines.min(first + 25))
            .flat_map(|n| (0..3).map(move |k| (n, k)))
            .map(|(n, k)| {
                let severity = if k == 1 { "CRITICAL" } else { "WARNING" };
                format!(
                    "a{n}_{k}: reportAnomaly(input: {{machine: \"m{n}\", kind: \"K{k}\", severity: {severity}, \
                     startedAt: \"2026-11-01T08:00:0{k}Z\"}}) {{ anomaly {{ id }} }} "
                )
            })
            .collect();
        post("/graphql", json!({"query": format!("mutation {{ {fields} }}")})).await;
    }
    let rows: Vec<Value> = (0..machines)
        .flat_map(|n| {
            (0..5).map(move |k| {
                let counter = if k == 3 { 0.5 } else { 100.0 + f64::from(k) };
                json!({"machine": format!("m{n}"), "time": format!("2026-11-01T08:00:0{k}Z"), "counter_kwh": counter})
            })
        })
        .collect();
    post("/api/v1/readings", Value::Array(rows)).await;
}

async fn nested_pages_cost_the_same_for_any_number_of_machines(database: Database) {
    let program = Program::start(&database, &["serve", "--interval", "3600", "--max-query-cost", "1000000"]);
    let post = async |path: &str, body: Value| -> Value {
        let request = crate::harness::client().post(format!("http://{}{path}", program.address));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        assert!(answer.get("errors").is_none(), "{answer}");
        answer
    };
    fill(post, 100).await;
    let statements = async || -> u64 {
        let metrics = program.get("/metrics").await;
        let line = metrics.lines().find(|line| line.starts_with("wattline_sql_statements_total "));
        line.and_then(|line| line.split_once(' ')?.1.parse().ok()).unwrap_or(0)
    };
    let cost = async |machines: usize| {
        let query = format!(
            "{{ machines(first: {machines}) {{ totalCount edges {{ node {{ name site {{ name }} latestReading {{ time }}
                readings(last: 2) {{ totalCount edges {{ node {{ time }} }} }}
                meterEvents(first: 2) {{ totalCount edges {{ node {{ time }} }} }}
                anomalies(first: 2, filter: {{severity: CRITICAL}}) {{
                    totalCount edges {{ node {{ kind machine {{ name site {{ name }} }} }} }} }} }} }} }} }}"
        );
        let before = statements().await;
        let answer = post("/graphql", json!({"query": query})).await;
        let after = statements().await;
        let page = answer["data"]["machines"]["edges"].as_array().expect("edges").clone();
        assert_eq!((page.len(), &answer["data"]["machines"]["totalCount"]), (machines, &json!(100)));
        for edge in page {
            let machine = &edge["node"];
            assert_eq!(machine["readings"]["edges"].as_array().map(Vec::len), Some(2), "{machine}");
            assert_eq!(machine["readings"]["totalCount"], 5);
            assert_eq!(machine["meterEvents"]["totalCount"], 1);
            assert_eq!(machine["anomalies"]["totalCount"], 1);
            assert_eq!(machine["anomalies"]["edges"][0]["node"]["machine"]["name"], machine["name"]);
        }
        after - before
    };
    // A batch goes off a millisecond after its first key, and so may be torn on a slow machine: the least of several is
    // what it costs. One edge that is not batched would cost a hundred alone.
    let mut least = (u64::MAX, u64::MAX);
    for _ in 0..5 {
        least = (least.0.min(cost(2).await), least.1.min(cost(100).await));
    }
    assert!(least.0 > 5, "statements are counted: {least:?}");
    assert!(least.1 < least.0 + 60, "for 2 and for 100 machines: {least:?}");
    program.stop();
}

async fn pages_are_right_and_counted(database: Database) {
    let options = Options { max_query_cost: Some(1_000_000), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    fill(async |path: &str, body: Value| server.post(path, "application/json", body.to_string()).await.json(), 3).await;
    let data = server
        .data(
            "{ machines { edges { cursor node { id
                 start: readings(first: 2) { pageInfo { hasNextPage endCursor } edges { node { time } } }
                 end: readings(last: 2) { pageInfo { hasPreviousPage startCursor } edges { node { time } } }
                 anomalies { totalCount edges { cursor node { id kind } } }
                 none: anomalies(filter: {machineIds: []}) { totalCount edges { cursor } } } } }
               anomalies(first: 1) { totalCount } refusedReadings { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!((&data["anomalies"]["totalCount"], &data["refusedReadings"]["totalCount"]), (&json!(9), &json!(0)));
    let seconds = |page: &Value| -> Vec<String> {
        let edges = page["edges"].as_array().expect("edges").iter();
        edges.map(|edge| edge["node"]["time"].as_str().expect("a time")[17..19].to_owned()).collect()
    };
    for edge in data["machines"]["edges"].as_array().expect("edges") {
        let machine = &edge["node"];
        assert_eq!(
            (seconds(&machine["start"]), seconds(&machine["end"])),
            (vec!["00".to_owned(), "01".to_owned()], vec!["03".to_owned(), "04".to_owned()])
        );
        assert_eq!(machine["start"]["pageInfo"]["hasNextPage"], true);
        assert_eq!(machine["end"]["pageInfo"]["hasPreviousPage"], true);
        let kinds: Vec<&Value> =
            machine["anomalies"]["edges"].as_array().expect("edges").iter().map(|e| &e["node"]["kind"]).collect();
        assert_eq!(kinds, ["K0", "K1", "K2"]);
        assert_eq!(machine["none"], json!({"totalCount": 0, "edges": []}));
    }
    // A cursor stays where it is, whatever is inserted around it.
    let machine = &data["machines"]["edges"][0]["node"];
    let (id, end) = (machine["id"].clone(), machine["start"]["pageInfo"]["endCursor"].clone());
    let early = json!([{"machine": "m0", "time": "2026-11-01T07:59:59.5Z", "energy_kwh": 0.1},
        {"machine": "m0", "time": "2026-11-01T08:00:01.5Z", "energy_kwh": 0.1}]);
    server.record(early).await;
    let next = "query($id: ID!, $after: String) { machine(id: $id) { readings(first: 2, after: $after) {
        edges { node { time } } } } }";
    let page = server.data(next, json!({"id": id, "after": end})).await["machine"]["readings"].clone();
    assert_eq!(seconds(&page), ["01", "02"]);
    // Several things by their ids, in their order.
    let anomaly = machine["anomalies"]["edges"][2]["node"]["id"].clone();
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let found = server.data(nodes, json!({"ids": [anomaly, id, "nonsense", id]})).await["nodes"].clone();
    let (found_machine, found_anomaly) =
        (json!({"__typename": "Machine", "id": id}), json!({"__typename": "Anomaly", "id": anomaly}));
    assert_eq!(found, json!([found_anomaly, found_machine, null, found_machine]));
    let too_many: Vec<&str> = vec!["x"; 1001];
    let answer = server.graphql(nodes, json!({"ids": too_many})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_PAGE");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_subgraphs_find_things_by_their_ids_where_it_is_a_subgraph() {
    let database = Database::sqlite();
    let entities = "query($of: [_Any!]!) { _entities(representations: $of) {
        __typename ... on Machine { name } ... on Site { name } ... on Anomaly { kind } } }";
    let server = Server::start(&database).await;
    let press = server.register("press", json!({})).await;
    let report = "mutation { reportAnomaly(input: {machine: \"press\", kind: \"SPIKE\",
        startedAt: \"2026-11-01T08:00:00Z\"}) { anomaly { id machine { site { id } } } } }";
    let anomaly = server.data(report, json!({})).await["reportAnomaly"]["anomaly"].clone();
    let site = anomaly["machine"]["site"]["id"].clone();
    let representations = json!([{"__typename": "Anomaly", "id": anomaly["id"]},
        {"__typename": "Machine", "id": press}, {"__typename": "Site", "id": site}]);
    // Not unless the operator says so.
    for query in ["{ _service { sdl } }", entities] {
        let answer = server.graphql(query, json!({"of": representations})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_DOCUMENT", "{answer}");
    }
    server.stop().await;
    let options = Options { federation: Some(true), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let found = server.data(entities, json!({"of": representations})).await["_entities"].clone();
    let names = json!([{"__typename": "Anomaly", "kind": "SPIKE"}, {"__typename": "Machine", "name": "press"},
        {"__typename": "Site", "name": "default"}]);
    assert_eq!(found, names);
    let sdl = server.data("{ _service { sdl } }", json!({})).await["_service"]["sdl"].clone();
    assert!(sdl.as_str().expect("text").contains("type Machine implements Node @key(fields: \"id\")"));
    server.stop().await;
}
