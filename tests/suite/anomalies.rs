//! Anomalies that other systems report: stored, counted, pushed at once, replayed from a cursor without gap or repeat, and
//! reported again.

use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::harness::socket::Socket;
use crate::harness::{Database, Server, on_both};

on_both!(
    are_stored_counted_and_pushed,
    are_replayed_without_gap_or_repeat,
    that_were_taken_back_leave_their_cursors_behind,
    are_filtered,
    are_listed_as_they_began,
    go_through_their_states,
    known_by_an_id_stay_one
);

const REPORT: &str = "mutation($input: ReportAnomalyInput!) { reportAnomaly(input: $input) { anomaly { id } } }";
const WATCH: &str = "subscription($after: String, $severity: Severity, $machines: [ID!]) {
    anomalyDetected(after: $after, severity: $severity, machineIds: $machines) {
        cursor node { id kind severity message source status startedAt machine { name } }
    }
}";
const START: &str = "2026-11-01T08:00:00Z";

async fn report(server: &Server, machine: &str, kind: &str, severity: &str) -> String {
    report_at(server, machine, kind, severity, START).await
}

async fn report_at(server: &Server, machine: &str, kind: &str, severity: &str, started_at: &str) -> String {
    let input = json!({"machine": machine, "kind": kind, "severity": severity, "startedAt": started_at, "value": 99.5, "message": "too much"});
    let data = server.data(REPORT, json!({"input": input})).await;
    data["reportAnomaly"]["anomaly"]["id"].as_str().expect("an id").to_owned()
}

async fn are_stored_counted_and_pushed(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
    socket.subscribe("a", WATCH, json!({})).await;
    // An operation that answers after the subscription was read shows that it is in place.
    settle(&mut socket).await;
    let id = report(&server, "press", "SPIKE", "CRITICAL").await;
    let edge = socket.event("a").await["anomalyDetected"].take();
    let node = &edge["node"];
    assert_eq!((&node["id"], &node["kind"], &node["severity"]), (&json!(id), &json!("SPIKE"), &json!("CRITICAL")));
    assert_eq!((&node["source"], &node["status"]), (&json!("EXTERNAL"), &json!("OPEN")));
    assert_eq!((&node["startedAt"], &node["machine"]["name"]), (&json!(START), &json!("press")));
    assert_eq!(server.stats(None, None).await["totalAnomalies"], 1);
    let before = wattline::domain::instant::parse_ms(START, None).expect("a time") - 1000;
    assert_eq!(server.stats(Some(before), None).await["totalAnomalies"], 0);
    let listed = server.data("{ anomalies(last: 1) { edges { cursor node { id } } } }", json!({})).await;
    assert_eq!(listed["anomalies"]["edges"][0], json!({"cursor": edge["cursor"], "node": {"id": id}}));
    server.stop().await;
}

/// A query on the same socket; its answer comes after what was sent before is under way.
async fn settle(socket: &mut Socket) {
    socket.subscribe("settle", "{ sites { id } }", json!({})).await;
    assert_eq!(socket.next().await["type"], "next");
    assert_eq!(socket.next().await, json!({"id": "settle", "type": "complete"}));
}

async fn are_replayed_without_gap_or_repeat(database: Database) {
    let mut server = Server::start(&database).await;
    server.register("press", json!({})).await;
    let mut ids = Vec::new();
    for i in 0..150 {
        ids.push(report(&server, "press", &format!("K{i}"), "WARNING").await);
    }
    let mut seen = Vec::new();
    let mut cursor = json!("0");
    // A client that loses its socket again and again, and its server once, while more anomalies come in.
    for round in 0..5 {
        let mut socket = Socket::graphql(server.address, "/graphql").await;
        socket.subscribe("a", WATCH, json!({"after": cursor})).await;
        let late = report(&server, "press", &format!("L{round}"), "CRITICAL").await;
        ids.push(late.clone());
        let enough = if round == 4 { usize::MAX } else { 20 };
        for _ in 0..enough {
            let edge = socket.event("a").await["anomalyDetected"].take();
            cursor = edge["cursor"].clone();
            seen.push(edge["node"]["id"].as_str().expect("an id").to_owned());
            if seen.last() == Some(&late) {
                break;
            }
        }
        drop(socket);
        if round == 2 {
            server.stop().await;
            server = Server::start(&database).await;
        }
    }
    assert_eq!(seen, ids);
    server.stop().await;
}

async fn that_were_taken_back_leave_their_cursors_behind(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    for kind in ["FIRST", "SECOND"] {
        report(&server, "press", kind, "WARNING").await;
    }
    let last = server.data("{ anomalies(last: 1) { pageInfo { endCursor } } }", json!({})).await;
    let cursor = last["anomalies"]["pageInfo"]["endCursor"].clone();
    // As the detection does with what it has not found again when late readings had come.
    let beside = database.connect().await;
    beside.execute_unprepared("DELETE FROM anomaly WHERE kind = 'SECOND'").await.expect("SQL");
    let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
    socket.subscribe("a", WATCH, json!({"after": cursor})).await;
    settle(&mut socket).await;
    report(&server, "press", "THIRD", "WARNING").await;
    assert_eq!(socket.event("a").await["anomalyDetected"]["node"]["kind"], "THIRD");
    server.stop().await;
}

async fn are_filtered(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    let saw = server.register("saw", json!({})).await;
    for (machine, severity) in [("press", "CRITICAL"), ("saw", "WARNING"), ("saw", "CRITICAL"), ("press", "WARNING")] {
        report(&server, machine, "SPIKE", severity).await;
    }
    let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
    socket.subscribe("a", WATCH, json!({"after": "0", "severity": "CRITICAL", "machines": [saw]})).await;
    let edge = socket.event("a").await["anomalyDetected"].take();
    assert_eq!((&edge["cursor"], &edge["node"]["machine"]["name"]), (&json!("3"), &json!("saw")));
    let count = async |filter: Value| {
        let query = "query($filter: AnomalyFilter) { anomalies(filter: $filter) { edges { cursor } } }";
        server.data(query, json!({"filter": filter})).await["anomalies"]["edges"].as_array().expect("edges").len()
    };
    assert_eq!(count(json!({})).await, 4);
    assert_eq!(count(json!({"severity": "WARNING"})).await, 4, "at least a warning");
    assert_eq!(count(json!({"severity": "CRITICAL", "machineIds": [saw]})).await, 1);
    assert_eq!(count(json!({"from": START})).await, 0, "from is exclusive");
    assert_eq!(count(json!({"to": START})).await, 4);
    let wrong = server.graphql(WATCH, json!({})).await;
    assert!(wrong["errors"][0]["message"].is_string(), "a subscription needs a socket: {wrong}");
    server.stop().await;
}

async fn go_through_their_states(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    let id = report(&server, "press", "SPIKE", "WARNING").await;
    for (mutation, status) in [("acknowledgeAnomaly", "ACKNOWLEDGED"), ("resolveAnomaly", "RESOLVED")] {
        let query = format!(
            "mutation($id: ID!) {{ {mutation}(input: {{id: $id, by: \"Ada\", note: \"seen\"}}) {{ anomaly {{ status statusBy statusNote statusAt }} }} }}"
        );
        let anomaly = server.data(&query, json!({"id": id})).await[mutation]["anomaly"].take();
        assert_eq!(
            (&anomaly["status"], &anomaly["statusBy"], &anomaly["statusNote"]),
            (&json!(status), &json!("Ada"), &json!("seen"))
        );
        assert!(anomaly["statusAt"].is_string(), "{anomaly}");
    }
    let unknown = "mutation { resolveAnomaly(input: {id: \"QW5vbWFseTo5OTk=\"}) { anomaly { id } } }";
    assert_eq!(server.graphql(unknown, json!({})).await["errors"][0]["extensions"]["code"], "NOT_FOUND");
    server.stop().await;
}

async fn known_by_an_id_stay_one(database: Database) {
    let server = Server::start(&database).await;
    for machine in ["press", "saw"] {
        server.register(machine, json!({})).await;
    }
    let report = async |more: Value| {
        let mut input = json!({"machine": "press", "externalId": "order 7", "kind": "SPIKE", "startedAt": START});
        input.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        server.graphql(REPORT, json!({"input": input})).await
    };
    let id_of = |answer: &Value| answer["data"]["reportAnomaly"]["anomaly"]["id"].as_str().expect("an id").to_owned();
    let value = json!({"value": 41.0, "message": "hums"});
    let mut ids: Vec<_> = join_all((0..32).map(|_| report(value.clone()))).await.iter().map(id_of).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    // Another machine's, and another one of the same machine.
    for more in [json!({"machine": "saw"}), json!({"externalId": "order 8"})] {
        assert_ne!(id_of(&report(more).await), ids[0]);
    }
    let mut socket = Socket::graphql(server.address, "/graphql/ws").await;
    socket.subscribe("a", "subscription { anomalyChanged { node { kind anomaly { id } } } }", json!({})).await;
    settle(&mut socket).await;
    let ended_at = "2026-11-01T08:04:00Z";
    // What is less severe, or not said, changes nothing; nor does what was said before.
    for more in [json!({"severity": "CRITICAL"}), json!({}), json!({"endedAt": ended_at}), json!({"endedAt": ended_at})]
    {
        assert_eq!(id_of(&report(more).await), ids[0]);
    }
    for kind in ["ESCALATED", "ENDED"] {
        let node = socket.event("a").await["anomalyChanged"]["node"].take();
        assert_eq!(node, json!({"kind": kind, "anomaly": {"id": ids[0]}}));
    }
    let other = id_of(&report(json!({"externalId": "order 8"})).await);
    // People deal with it while it is reported again: neither waits for the other for ever.
    let comment = "mutation($id: ID!) { commentAnomaly(input: {id: $id, note: \"seen\"}) { anomaly { id } } }";
    let both = (0..64).map(async |n| match n % 2 {
        0 => report(json!({"value": n, "externalId": "order 8"})).await,
        _ => server.graphql(comment, json!({"id": other})).await,
    });
    for answer in join_all(both).await {
        assert_eq!(answer["errors"], Value::Null, "{answer}");
    }
    for more in [
        json!({"kind": "DROP"}),
        json!({"startedAt": "2026-11-01T08:00:01Z"}),
        json!({"externalId": ""}),
        json!({"externalId": "x".repeat(201)}),
        json!({"endedAt": "2026-11-01T07:59:00Z"}),
    ] {
        let refused = report(more).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{refused}");
    }
    // Wattline's own kinds are the same however they are written.
    let same = report(json!({"externalId": "order 8", "kind": "Spike"})).await;
    assert_eq!(id_of(&same), other, "{same}");
    let count = "query($kind: String) { anomalies(filter: {kind: $kind}) { totalCount } }";
    for (kind, found) in [("SPIKE", 3), ("spike", 3), ("Bearing hot", 0)] {
        let counted = server.data(count, json!({"kind": kind})).await;
        assert_eq!(counted["anomalies"]["totalCount"], found, "{kind}");
    }
    let query =
        "query($id: ID!) { node(id: $id) { ... on Anomaly { externalId kind severity startedAt endedAt value message
        history { kind } } } anomalies { totalCount } }";
    let told = json!({"externalId": "order 7", "kind": "SPIKE", "severity": "CRITICAL", "startedAt": START,
        "endedAt": ended_at, "value": 41.0, "message": "hums", "history": [{"kind": "ESCALATED"}, {"kind": "ENDED"}]});
    let now = server.data(query, json!({"id": ids[0]})).await;
    assert_eq!(now, json!({"node": told, "anomalies": {"totalCount": 3}}));
    server.stop().await;
}

async fn are_listed_as_they_began(database: Database) {
    let server = Server::start(&database).await;
    server.register("press", json!({})).await;
    // Found in the order of the alphabet; B and E began at once.
    for (kind, minute) in [("A", 40), ("B", 20), ("C", 30), ("D", 10), ("E", 20)] {
        let at = format!("2026-11-01T08:{minute}:00Z");
        report_at(&server, "press", kind, if kind == "C" { "CRITICAL" } else { "WARNING" }, &at).await;
    }
    let page = async |order: &str, arguments: &str| {
        let query = format!(
            "{{ anomalies({order} {arguments}) {{ edges {{ cursor node {{ kind }} }} pageInfo {{ hasPreviousPage hasNextPage startCursor endCursor }} }} }}"
        );
        let anomalies = server.data(&query, json!({})).await["anomalies"].take();
        let edges = anomalies["edges"].as_array().expect("edges").clone();
        let kinds: String = edges.iter().map(|edge| edge["node"]["kind"].as_str().expect("a kind")).collect();
        (kinds, edges, anomalies["pageInfo"].clone())
    };
    assert_eq!(page("", "first: 9").await.0, "ABCDE");
    let (kinds, all, _) = page("orderBy: STARTED", "first: 9").await;
    assert_eq!(kinds, "DBECA");
    // A cursor is that of the anomaly, whatever the order.
    let (_, found, _) = page("orderBy: FOUND", "first: 9").await;
    assert!(all.iter().all(|edge| found.contains(edge)), "{all:?} {found:?}");
    // From every place, forwards and backwards.
    for (place, edge) in all.iter().enumerate() {
        let cursor = &edge["cursor"];
        let (after, _, info) = page("orderBy: STARTED", &format!("first: 2, after: {cursor}")).await;
        assert_eq!(after, kinds[place + 1..].chars().take(2).collect::<String>());
        assert_eq!(info["hasNextPage"], place + 3 < 5, "{info}");
        let (before, _, info) = page("orderBy: STARTED", &format!("last: 2, before: {cursor}")).await;
        assert_eq!(before, kinds[place.saturating_sub(2)..place]);
        assert_eq!(info["hasPreviousPage"], place > 2, "{info}");
    }
    let filtered = page("orderBy: STARTED", "last: 9, filter: {from: \"2026-11-01T08:20:00Z\"}").await;
    assert_eq!(filtered.0, "CA");
    let missing =
        server.graphql("{ anomalies(orderBy: STARTED, first: 1, after: \"99\") { totalCount } }", json!({})).await;
    assert_eq!(missing["errors"][0]["extensions"]["code"], "INVALID_CURSOR", "{missing}");
    server.stop().await;
}
