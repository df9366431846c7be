//! A caller of one site meets that site and no other: every root field of the schema, with its own ids and with foreign
//! ones; the other doors; and subscriptions that are the same but for who asks.

use std::collections::BTreeSet;

use entity::SiteId;
use entity::api_key::Scope;
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use super::documents::{Plant, documents};
use super::matrix::root_fields;
use super::{As, code_of, key, store};
use crate::harness::socket::Socket;
use crate::harness::{Database, Server, on_both};

on_both!(
    every_root_field_shows_and_changes_one_site_only,
    every_other_door_shows_one_site_only,
    the_same_subscription_shows_each_caller_its_own,
);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Two sites that have one of everything, each with its name in all texts; and keys of theirs.
async fn plants(server: &Server, admin: &str) -> [Plant; 2] {
    let admin = As(server, admin);
    let mut plants = Vec::new();
    for name in ["alpha", "bravo"] {
        let site =
            admin.data(&format!("mutation {{ registerSite(input: {{name: \"{name}\"}}) {{ site {{ id }} }} }}")).await;
        let site = text(&site["registerSite"]["site"]["id"]);
        let register = format!(
            "mutation {{ registerMachine(input: {{siteId: \"{site}\", name: \"{name}-press\"}}) {{ machine {{ id }} }} }}"
        );
        let machine = text(&admin.data(&register).await["registerMachine"]["machine"]["id"]);
        let rows = json!([
            {"machine": format!("{name}-press"), "time": "2026-11-01T08:00:00Z", "power_kw": 1, "energy_kwh": 1},
            {"machine": format!("{name}-nobody"), "time": "2026-11-01T08:00:00Z", "power_kw": 1},
        ]);
        let path = format!("/api/v1/readings?site={name}");
        assert_eq!(admin.post(&path, "application/json", rows.to_string()).await.status, 200);
        let report = format!(
            "mutation {{ reportAnomaly(input: {{siteId: \"{site}\", machine: \"{name}-press\", kind: \"SPIKE\", \
             startedAt: \"2026-11-01T08:00:00Z\", message: \"{name}\"}}) {{ anomaly {{ id }} }} }}"
        );
        let anomaly = text(&admin.data(&report).await["reportAnomaly"]["anomaly"]["id"]);
        let comment = format!(
            "mutation {{ commentAnomaly(input: {{id: \"{anomaly}\", note: \"{name}\"}}) {{ anomaly {{ history {{ id }} }} }} }}"
        );
        let change = text(&admin.data(&comment).await["commentAnomaly"]["anomaly"]["history"][0]["id"]);
        let announce = format!(
            "mutation {{ scheduleMaintenance(input: {{siteId: \"{site}\", note: \"{name}\", from: \"2090-01-01T00:00:00Z\", \
             to: \"2090-01-02T00:00:00Z\"}}) {{ maintenance {{ id }} }} }}"
        );
        let maintenance = text(&admin.data(&announce).await["scheduleMaintenance"]["maintenance"]["id"]);
        let refused = format!("{{ refusedReadings(filter: {{siteId: \"{site}\"}}) {{ edges {{ node {{ id }} }} }} }}");
        let refused = text(&admin.data(&refused).await["refusedReadings"]["edges"][0]["node"]["id"]);
        let watch = format!(
            "mutation {{ saveWatchRule(input: {{siteId: \"{site}\", name: \"{name}\", kind: THRESHOLD, aboveKw: 900}}) \
             {{ watchRule {{ id }} }} }}"
        );
        let budget = format!(
            "mutation {{ saveBudget(input: {{siteId: \"{site}\", name: \"{name}\", quantity: ENERGY, period: MONTH, \
             limit: 1000, contactPointIds: []}}) {{ budget {{ id }} }} }}"
        );
        let notification = format!(
            "mutation {{ saveNotificationRule(input: {{siteId: \"{site}\", name: \"{name}\", contactPointIds: []}}) \
             {{ notificationRule {{ id }} }} }}"
        );
        let rules = [
            text(&admin.data(&watch).await["saveWatchRule"]["watchRule"]["id"]),
            text(&admin.data(&budget).await["saveBudget"]["budget"]["id"]),
            text(&admin.data(&notification).await["saveNotificationRule"]["notificationRule"]["id"]),
        ];
        plants.push(Plant { name, site, machine, anomaly, change, maintenance, refused, rules });
    }
    plants.try_into().unwrap_or_else(|_| panic!("two plants"))
}

/// What a site's tables hold, as an administrator of all sites sees it.
async fn state_of(server: &Server, admin: &str, plant: &Plant) -> Value {
    let Plant { site, machine, .. } = plant;
    As(server, admin)
        .data(&format!(
            "{{ site: node(id: \"{site}\") {{ ... on Site {{ name currency timeZone }} }} \
             machines(siteId: \"{site}\") {{ totalCount }} maintenance(siteId: \"{site}\") {{ id note }} \
             machine(id: \"{machine}\") {{ name ratedPowerKw retiredAt snoozedUntil readings {{ totalCount }} }} \
             watchRules(siteId: \"{site}\") {{ id name }} budgets(siteId: \"{site}\") {{ id name }} \
             anomalies(filter: {{siteId: \"{site}\"}}) {{ edges {{ node {{ status history {{ id kind }} }} }} }} \
             refusedReadings(filter: {{siteId: \"{site}\"}}) {{ edges {{ node {{ id receivedAt }} }} }} }}"
        ))
        .await
}

async fn every_root_field_shows_and_changes_one_site_only(database: Database) {
    let store = store(&database).await;
    let admin = key(&store, Scope::Admin, None).await;
    let server = Server::start(&database).await;
    let [alpha, bravo] = plants(&server, &admin).await;
    let of_alpha = key(&store, Scope::Admin, Some(SiteId(2))).await;
    let of_alpha = As(&server, &of_alpha);
    let before = state_of(&server, &admin, &bravo).await;
    let missing = |field: &str| panic!("{field} is a new root field: say in documents.rs how it is asked for");
    let all = root_fields().into_keys().flat_map(|field| documents(&field, &bravo).unwrap_or_else(|| missing(&field)));
    // What only looks comes first: what is refused of the rest stands among the caller's own refused readings.
    let (looks, changes): (Vec<_>, Vec<_>) = all.partition(|document| document.starts_with('{'));
    for document in looks.into_iter().chain(changes) {
        let answer = of_alpha.ask(&document).await;
        let mut response = answer.json();
        // A sentence may repeat what was asked for.
        for error in response["errors"].as_array_mut().into_iter().flatten() {
            error["message"].take();
        }
        let told = response.to_string();
        let foreign = [bravo.name, &bravo.site, &bravo.machine, &bravo.anomaly, &bravo.maintenance, &bravo.refused];
        let foreign = foreign.into_iter().chain(bravo.rules.iter().map(String::as_str)).collect::<Vec<_>>();
        assert!(!foreign.iter().any(|it| told.contains(it)), "{document}: {told}");
        if let Some(code) = code_of(&answer) {
            assert!(["NOT_FOUND", "UNKNOWN_MACHINE"].contains(&code.as_str()), "{document}: {told}");
        } else if document.starts_with("mutation") {
            let is_refused = told.contains("UNKNOWN_MACHINE") || document.contains("resubmitReadings");
            assert!(is_refused, "{document}: {told}");
        }
    }
    assert_eq!(state_of(&server, &admin, &bravo).await, before, "nothing of the other site has changed");
    // With ids of its own all of it works, whatever site is asked for or none.
    let own = state_of(&server, &admin, &alpha).await;
    // Those come last that take away what the others need.
    let last = ["withdrawMeterReplacement", "retireMachine", "cancelMaintenance", "removeWatchRule", "removeBudget"];
    let first = root_fields().into_keys().filter(|field| !last.contains(&field.as_str()));
    for field in first.chain(last.map(str::to_owned)) {
        for document in documents(&field, &alpha).expect("as above") {
            let told = of_alpha.data(&document).await;
            let of_field = &told[&field];
            let is_missing = of_field.is_null() || of_field.as_array().is_some_and(|all| all.contains(&Value::Null));
            assert!(!is_missing && !told.to_string().contains("UNKNOWN_MACHINE"), "{document}: {told}");
        }
    }
    assert_ne!(state_of(&server, &admin, &alpha).await, own);
    server.stop().await;
}

async fn every_other_door_shows_one_site_only(database: Database) {
    let store = store(&database).await;
    let admin = key(&store, Scope::Admin, None).await;
    let server = Server::start(&database).await;
    plants(&server, &admin).await;
    let of_alpha = key(&store, Scope::Admin, Some(SiteId(2))).await;
    let of_alpha = As(&server, &of_alpha);
    let series = "series?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z&every=PT1H";
    for export in ["readings", "anomalies", "refused", "statistics", series] {
        let path = format!("/api/v1/export/{export}");
        let own = of_alpha.get(&path).await;
        assert_eq!(own.status, 200, "{path}: {}", own.text);
        assert!(
            !own.text.contains("bravo") && (export == series || own.text.contains("alpha")),
            "{path}: {}",
            own.text
        );
        let foreign = of_alpha.get(&format!("{path}{}site=bravo", if path.contains('?') { "&" } else { "?" })).await;
        assert_eq!((foreign.status, foreign.code().as_str()), (404, "NOT_FOUND"), "{path}");
    }
    assert_eq!(of_alpha.get("/api/v1/stats/system").await.json()["total_readings"], 1);
    assert_eq!(of_alpha.get("/api/v1/stats/system?site=bravo").await.status, 404);
    assert_eq!(of_alpha.get("/metrics").await.status, 403, "counters are of all sites");
    let row = "x,machine=bravo-press power_kw=1 1793520000000000000";
    assert_eq!(of_alpha.post("/api/v1/readings?site=bravo", "text/plain", row).await.status, 404);
    assert_eq!(of_alpha.post("/api/v2/write?bucket=bravo", "text/plain", row).await.status, 404);
    assert_eq!(of_alpha.post("/api/v1/readings", "text/plain", row).await.status, 422);
    let own = "x,machine=alpha-press power_kw=1 1793520060000000000";
    assert_eq!(of_alpha.post("/api/v2/write?bucket=alpha", "text/plain", own).await.status, 204);
    server.stop().await;
}

async fn the_same_subscription_shows_each_caller_its_own(database: Database) {
    let store = store(&database).await;
    let admin = key(&store, Scope::Admin, None).await;
    let options = Options { interval: Some(0.5), ..Options::default() };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let plants = plants(&server, &admin).await;
    let mut sockets = Vec::new();
    for site in [None, Some(SiteId(2)), Some(SiteId(3)), Some(SiteId(3))] {
        let mut socket = Socket::with_key(server.address, &key(&store, Scope::Read, site).await).await;
        socket.subscribe("found", "subscription { anomalyDetected { node { message } } }", json!({})).await;
        socket
            .subscribe("changed", "subscription { anomalyChanged { node { anomaly { message } } } }", json!({}))
            .await;
        socket
            .subscribe("again", "subscription { anomalyDetected(after: \"0\") { node { message } } }", json!({}))
            .await;
        socket.subscribe("stats", "subscription { statsUpdates { totalReadings } }", json!({})).await;
        sockets.push(socket);
    }
    // An answer to something else: by then all are listening.
    for socket in &mut sockets {
        socket.subscribe("done", "{ sites { name } }", json!({})).await;
    }
    let mut told: Vec<BTreeSet<String>> = Vec::new();
    for (socket, sees) in sockets.iter_mut().zip([&["alpha", "bravo"][..], &["alpha"], &["bravo"], &["bravo"]]) {
        // The default site has no readings; that of a caller of one site has one.
        let readings = usize::from(sees.len() == 1);
        let (mut found, mut is_done) = (BTreeSet::new(), false);
        while !is_done || found.len() < sees.len() + 1 {
            let message = socket.next().await;
            if message["type"] != "next" {
                continue;
            }
            match message["id"].as_str() {
                Some("again") => drop(found.insert(message["payload"]["data"].to_string())),
                Some("stats") => {
                    assert_eq!(message["payload"]["data"]["statsUpdates"]["totalReadings"], readings, "{message}");
                    found.insert("stats".to_owned());
                }
                Some("done") => is_done = true,
                other => panic!("{other:?}: {message}"),
            }
        }
        told.push(found);
    }
    for (found, sees) in told.iter().zip([&["alpha", "bravo"][..], &["alpha"], &["bravo"], &["bravo"]]) {
        for name in ["alpha", "bravo"] {
            let is_told = found.iter().any(|event| event.contains(name));
            assert_eq!(is_told, sees.contains(&name), "{found:?}");
        }
    }
    for plant in &plants {
        let admin = As(&server, &admin);
        let report = format!(
            "mutation {{ reportAnomaly(input: {{machine: \"{}\", kind: \"X\", startedAt: \"2026-11-01T08:00:00Z\", \
             message: \"new {}\"}}) {{ anomaly {{ id }} }} }}",
            plant.machine, plant.name
        );
        admin.data(&report).await;
        admin
            .data(&format!(
                "mutation {{ resolveAnomaly(input: {{id: \"{}\"}}) {{ anomaly {{ id }} }} }}",
                plant.anomaly
            ))
            .await;
    }
    for (socket, sees) in sockets.iter_mut().zip([&["alpha", "bravo"][..], &["alpha"], &["bravo"], &["bravo"]]) {
        let mut expected = BTreeSet::new();
        for name in sees {
            expected.extend([format!("found new {name}"), format!("again new {name}"), format!("changed {name}")]);
        }
        let mut found = BTreeSet::new();
        // One more tick than is needed: what is not to come would have come.
        let mut ticks = 0;
        while found.len() < expected.len() || ticks < 2 {
            let message = socket.next().await;
            if message["type"] != "next" {
                continue;
            }
            let (id, data) = (message["id"].as_str().expect("an id"), &message["payload"]["data"]);
            match id {
                "stats" => ticks += 1,
                "changed" => {
                    let of = &data["anomalyChanged"]["node"]["anomaly"]["message"];
                    found.insert(format!("changed {}", text(of)));
                }
                _ => drop(found.insert(format!("{id} {}", text(&data["anomalyDetected"]["node"]["message"])))),
            }
        }
        assert_eq!(found, expected);
    }
    server.stop().await;
}
