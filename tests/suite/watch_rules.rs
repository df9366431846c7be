//! Rules that people set for machines: found in stored readings like the detector's anomalies, and told like them.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::domain::instant::format_ms;

use crate::harness::webhook::{Call, Receiver};
use crate::harness::{Database, Server, on_both, until};

on_both!(
    a_threshold_is_broken_and_over_whatever_happens_meanwhile,
    consumption_outside_of_production_hours_is_found_by_the_sites_clocks,
    missing_data_are_told_by_the_clock,
    a_changed_or_removed_rule_lets_go_of_what_it_found,
    the_end_is_told_only_where_the_beginning_was,
    the_end_waits_until_the_beginning_has_arrived,
    that_a_rule_is_no_more_is_no_recovery,
    what_was_odd_at_a_machine_is_over_once_it_is_retired,
);

/// 2026-11-26T09:00:00Z, a Thursday.
const NOW_MS: i64 = 1_795_683_600_000;
const SECOND_MS: i64 = 1000;

fn options() -> Options {
    Options {
        detect: Some(true),
        checkpoint_every: Some(0.0),
        rejudge_after: Some(0.0),
        allow_private_webhooks: Some(true),
        ..Options::default()
    }
}

async fn save_rule(server: &Server, input: Value) -> Value {
    let mutation = "mutation($input: SaveWatchRuleInput!) { saveWatchRule(input: $input) { watchRule { id } } }";
    server.data(mutation, json!({"input": input})).await["saveWatchRule"]["watchRule"]["id"].take()
}

/// Readings of a machine at these seconds after [`NOW_MS`], the clock going with them.
async fn send(server: &Server, clock: &Clock, machine: &str, readings: &[(i64, f64)]) {
    for (second, power_kw) in readings {
        let time_ms = NOW_MS + second * SECOND_MS;
        clock.set_ms(clock.now_ms().max(time_ms));
        server.record(json!([{"machine": machine, "time": format_ms(time_ms), "power_kw": power_kw}])).await;
    }
}

/// Machine, kind, seconds of begin and end, value, rule.
type Told<Text> = (Text, Text, i64, Option<i64>, Option<f64>, Text);

/// What rules have found.
async fn found(server: &Server) -> Vec<Told<String>> {
    let query =
        "{ anomalies(first: 100) { nodes { source kind startedAt endedAt value machine { name } rule { name } } } }";
    let data = server.data(query, json!({})).await;
    let seconds = |time: &Value| {
        let at: jiff::Timestamp = time.as_str()?.parse().ok()?;
        Some((at.as_millisecond() - NOW_MS) / SECOND_MS)
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nodes = data["anomalies"]["nodes"].as_array().expect("a list").clone();
    let of_rules = nodes.iter().filter(|node| node["source"] == "RULE");
    let told = of_rules.map(|node| {
        let (begin, end) = (seconds(&node["startedAt"]).expect("a time"), seconds(&node["endedAt"]));
        let (machine, rule) = (text(&node["machine"]["name"]), text(&node["rule"]["name"]));
        (machine, text(&node["kind"]), begin, end, node["value"].as_f64(), rule)
    });
    told.collect()
}

async fn wait_for(server: &Server, expected: &[Told<&str>]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(machine, kind, begin, end, value, rule)| {
            ((*machine).to_owned(), (*kind).to_owned(), *begin, *end, *value, (*rule).to_owned())
        })
        .collect();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let now = found(server).await;
        if now == expected {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "found {now:#?}\nnot {expected:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn a_threshold_is_broken_and_over_whatever_happens_meanwhile(database: Database) {
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    for (machine, kind) in [("saw", "MOTOR"), ("press", "MOTOR"), ("pump", "PUMP")] {
        server.register(machine, json!({"kind": kind})).await;
    }
    save_rule(
        &server,
        json!({"name": "too much", "kind": "THRESHOLD", "machineKind": "MOTOR", "aboveKw": 50.0,
        "hysteresisKw": 5.0, "forSeconds": 30, "severity": "CRITICAL"}),
    )
    .await;
    // For less than its time, and of a machine that is not meant.
    send(&server, &clock, "press", &[(10, 60.0), (20, 60.0), (30, 50.0), (40, 60.0)]).await;
    send(&server, &clock, "pump", &[(10, 60.0), (50, 60.0)]).await;
    send(&server, &clock, "saw", &[(10, 51.0), (20, 80.0), (30, 52.0), (40, 51.0)]).await;
    wait_for(&server, &[("saw", "THRESHOLD", 10, None, Some(80.0), "too much")]).await;
    server.stop().await;
    let server = Server::start_with(&database, options(), clock.clone()).await;
    // Back within the limit, but not by the hysteresis; then higher than before, then over.
    send(&server, &clock, "saw", &[(50, 46.0), (60, 90.0), (70, 45.0), (80, 60.0)]).await;
    let over = ("saw", "THRESHOLD", 10, Some(60), Some(90.0), "too much");
    wait_for(&server, &[over]).await;
    // A late reading has the machine judged again: the same is found, once.
    send(&server, &clock, "saw", &[(5, 20.0)]).await;
    let late = "SELECT count(*) FROM late_reading";
    until("it is judged again", async || (database.number(late).await == 0).then_some(())).await;
    // From 80 on it is above again.
    send(&server, &clock, "saw", &[(90, 60.0), (100, 60.0), (110, 60.0)]).await;
    wait_for(&server, &[over, ("saw", "THRESHOLD", 80, None, Some(60.0), "too much")]).await;
    let message = server.data("{ anomalies(first: 1) { nodes { message severity expectedHigh } } }", json!({})).await;
    let told = "drew 90 kW, more than 50 kW for 30 s (rule \"too much\")";
    let node = &message["anomalies"]["nodes"][0];
    assert_eq!(node, &json!({"message": told, "severity": "CRITICAL", "expectedHigh": 50.0}));
    server.stop().await;
}

async fn consumption_outside_of_production_hours_is_found_by_the_sites_clocks(database: Database) {
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    let site = server.data("{ sites { id } }", json!({})).await["sites"][0]["id"].clone();
    let zone = "mutation($id: ID!) { updateSite(input: {id: $id, timeZone: \"Europe/Berlin\"}) { site { id } } }";
    server.data(zone, json!({"id": site})).await;
    let saw = server.register("saw", json!({})).await;
    server.register("press", json!({})).await;
    // In Berlin it is ten o'clock: production ends in a minute.
    let hours = json!([{"days": ["MONDAY", "THURSDAY"], "from": "06:00", "to": "10:01"}]);
    save_rule(
        &server,
        json!({"name": "night", "kind": "OFF_HOURS", "machineIds": [saw], "aboveKw": 2.0,
        "forSeconds": 20, "productionHours": hours}),
    )
    .await;
    for machine in ["saw", "press"] {
        send(&server, &clock, machine, &[(40, 30.0), (50, 30.0), (60, 30.0), (70, 30.0), (80, 30.0), (90, 1.0)]).await;
    }
    wait_for(&server, &[("saw", "OFF_HOURS", 60, Some(80), Some(30.0), "night")]).await;
    server.stop().await;
}

async fn missing_data_are_told_by_the_clock(database: Database) {
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    server.register("saw", json!({"expectedIntervalSeconds": 3600})).await;
    save_rule(&server, json!({"name": "silent", "kind": "NO_DATA", "forSeconds": 120})).await;
    send(&server, &clock, "saw", &[(10, 7.0)]).await;
    clock.set_ms(NOW_MS + 129 * SECOND_MS);
    until("it is judged", async || (database.number("SELECT count(*) FROM detector").await == 1).then_some(())).await;
    assert_eq!(found(&server).await, []);
    clock.set_ms(NOW_MS + 130 * SECOND_MS);
    wait_for(&server, &[("saw", "NO_DATA", 10, None, Some(7.0), "silent")]).await;
    send(&server, &clock, "saw", &[(200, 8.0)]).await;
    let saw = ("saw", "NO_DATA", 10, Some(200), Some(7.0), "silent");
    wait_for(&server, &[saw]).await;
    // One that has never sent is silent since the rule is there, told once it has been known for the rule's time.
    server.register("mute", json!({"expectedIntervalSeconds": 3600})).await;
    let mute = until("it is told", async || {
        clock.set_ms(clock.now_ms() + 60 * SECOND_MS);
        found(&server).await.into_iter().find(|(machine, ..)| machine == "mute")
    });
    assert_eq!(mute.await, ("mute".to_owned(), "NO_DATA".to_owned(), 0, None, None, "silent".to_owned()));
    server.stop().await;
}

async fn a_changed_or_removed_rule_lets_go_of_what_it_found(database: Database) {
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    server.register("saw", json!({})).await;
    let rule = json!({"name": "too much", "kind": "THRESHOLD", "aboveKw": 50.0, "forSeconds": 0});
    let id = save_rule(&server, rule.clone()).await;
    send(&server, &clock, "saw", &[(10, 60.0)]).await;
    wait_for(&server, &[("saw", "THRESHOLD", 10, None, Some(60.0), "too much")]).await;
    clock.set_ms(NOW_MS + 15 * SECOND_MS);
    let save_with = async |more: Value| {
        let mut changed = rule.clone();
        changed.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        save_rule(&server, changed).await;
    };
    // Saved as it is, or by another name, it goes on, and what it has found.
    save_with(json!({"id": id})).await;
    save_with(json!({"id": id, "name": "far too much"})).await;
    wait_for(&server, &[("saw", "THRESHOLD", 10, None, Some(60.0), "far too much")]).await;
    save_with(json!({"id": id, "aboveKw": 55.0})).await;
    let first = ("saw", "THRESHOLD", 10, Some(15), Some(60.0), "too much");
    wait_for(&server, &[first]).await;
    send(&server, &clock, "saw", &[(20, 54.0), (30, 56.0)]).await;
    wait_for(&server, &[first, ("saw", "THRESHOLD", 30, None, Some(56.0), "too much")]).await;
    clock.set_ms(NOW_MS + 35 * SECOND_MS);
    let remove = "mutation($id: ID!) { removeWatchRule(input: {id: $id}) { removedId } }";
    server.data(remove, json!({"id": id})).await;
    send(&server, &clock, "saw", &[(40, 80.0)]).await;
    let ends = [("saw", "THRESHOLD", 10, Some(15), Some(60.0), ""), ("saw", "THRESHOLD", 30, Some(35), Some(56.0), "")];
    wait_for(&server, &ends).await;
    for (wrong, word) in [
        (json!({"name": "x", "kind": "THRESHOLD"}), "aboveKw or belowKw"),
        (json!({"name": "x", "kind": "THRESHOLD", "aboveKw": 1.0, "belowKw": 2.0}), "above belowKw"),
        (json!({"name": "x", "kind": "OFF_HOURS", "aboveKw": 1.0}), "productionHours"),
        (json!({"name": "x", "kind": "NO_DATA", "forSeconds": 0}), "at least one second"),
        (json!({"name": "x", "kind": "THRESHOLD", "aboveKw": 1.0, "forSeconds": -1}), "forSeconds"),
        (
            json!({"name": "x", "kind": "OFF_HOURS", "aboveKw": 1.0,
            "productionHours": [{"days": [], "from": "06:00", "to": "25:00"}]}),
            "no time of a clock",
        ),
    ] {
        let mutation = "mutation($input: SaveWatchRuleInput!) { saveWatchRule(input: $input) { watchRule { id } } }";
        let answer = server.graphql(mutation, json!({"input": wrong})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "INVALID_INPUT", "{answer}");
        assert!(error["message"].as_str().expect("text").contains(word), "{answer}");
    }
    server.stop().await;
}

/// What was told: machine and event of each alert.
fn told(calls: &[Call]) -> Vec<String> {
    let alerts = calls.iter().flat_map(|call| call.json()["data"]["alerts"].as_array().expect("a list").clone());
    let of =
        |alert: Value| format!("{} {}", alert["machine"].as_str().unwrap_or(""), alert["event"].as_str().unwrap_or(""));
    alerts.map(of).collect()
}

/// A threshold of 50 kW, and that a receiver is told of what breaks it after so many seconds.
async fn tell_of_too_much(server: &Server, receiver: &Receiver, grace_s: i64) {
    save_rule(server, json!({"name": "too much", "kind": "THRESHOLD", "aboveKw": 50.0, "forSeconds": 0})).await;
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    let save = "mutation($input: SaveNotificationRuleInput!) { saveNotificationRule(input: $input) { notificationRule { id } } }";
    let input = json!({"name": "all", "kinds": ["THRESHOLD"], "contactPointIds": [to], "graceSeconds": grace_s,
        "gatherSeconds": 0, "digestSeconds": 0});
    server.data(save, json!({"input": input})).await;
}

async fn the_end_waits_until_the_beginning_has_arrived(database: Database) {
    let receiver = Receiver::start(&[500]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    server.register("saw", json!({})).await;
    tell_of_too_much(&server, &receiver, 0).await;
    send(&server, &clock, "saw", &[(10, 60.0)]).await;
    receiver.wait(1).await;
    send(&server, &clock, "saw", &[(11, 10.0)]).await;
    let messages = "SELECT count(*) FROM delivery";
    until("the end is written", async || (database.number(messages).await == 2).then_some(())).await;
    // The next round has begun, and the receiver would answer.
    clock.set_ms(NOW_MS + 12 * SECOND_MS);
    let tried = "SELECT count(*) FROM delivery WHERE attempts = 1";
    until("the first attempt is noted", async || (database.number(tried).await == 1).then_some(())).await;
    clock.set_ms(NOW_MS + 30 * SECOND_MS);
    assert_eq!(told(&receiver.wait(3).await), ["saw opened", "saw opened", "saw recovered"]);
    server.stop().await;
}

async fn that_a_rule_is_no_more_is_no_recovery(database: Database) {
    let receiver = Receiver::start(&[]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    server.register("saw", json!({})).await;
    tell_of_too_much(&server, &receiver, 0).await;
    send(&server, &clock, "saw", &[(10, 60.0)]).await;
    assert_eq!(told(&receiver.wait(1).await), ["saw opened"]);
    let id = server.data("{ watchRules { id } }", json!({})).await["watchRules"][0]["id"].clone();
    clock.set_ms(NOW_MS + 20 * SECOND_MS);
    let remove = "mutation($id: ID!) { removeWatchRule(input: {id: $id}) { removedId } }";
    server.data(remove, json!({"id": id})).await;
    wait_for(&server, &[("saw", "THRESHOLD", 10, Some(20), Some(60.0), "")]).await;
    let report = "mutation($at: DateTime!) { reportAnomaly(input: {machine: \"saw\", kind: \"THRESHOLD\", startedAt: $at}) \
                  { anomaly { id } } }";
    server.data(report, json!({"at": format_ms(NOW_MS + 20 * SECOND_MS)})).await;
    assert_eq!(told(&receiver.wait(2).await), ["saw opened", "saw opened"]);
    server.stop().await;
}

async fn what_was_odd_at_a_machine_is_over_once_it_is_retired(database: Database) {
    let receiver = Receiver::start(&[]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    let id = server.register("saw", json!({})).await;
    server.register("press", json!({})).await;
    tell_of_too_much(&server, &receiver, 60).await;
    for machine in ["saw", "press"] {
        send(&server, &clock, machine, &[(10, 60.0)]).await;
    }
    let [saw, press] = ["saw", "press"].map(|name| (name, "THRESHOLD", 10, None, Some(60.0), "too much"));
    wait_for(&server, &[saw, press]).await;
    clock.set_ms(NOW_MS + 20 * SECOND_MS);
    let retire = "mutation($id: ID!) { retireMachine(input: {id: $id}) { machine { id } } }";
    server.data(retire, json!({"id": id})).await;
    let over = ("saw", "THRESHOLD", 10, Some(20), Some(60.0), "too much");
    wait_for(&server, &[over, press]).await;
    clock.set_ms(NOW_MS + 80 * SECOND_MS);
    assert_eq!(told(&receiver.wait(1).await), ["press opened"]);
    // It stays over after a restart.
    server.stop().await;
    let server = Server::start_with(&database, options(), clock.clone()).await;
    send(&server, &clock, "press", &[(90, 10.0)]).await;
    assert_eq!(told(&receiver.wait(2).await), ["press opened", "press recovered"]);
    wait_for(&server, &[over, ("press", "THRESHOLD", 10, Some(10), Some(60.0), "too much")]).await;
    server.stop().await;
}

async fn the_end_is_told_only_where_the_beginning_was(database: Database) {
    let receiver = Receiver::start(&[]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    for machine in ["short", "long"] {
        server.register(machine, json!({})).await;
    }
    tell_of_too_much(&server, &receiver, 60).await;
    for machine in ["short", "long"] {
        send(&server, &clock, machine, &[(10, 60.0)]).await;
    }
    send(&server, &clock, "short", &[(30, 10.0)]).await;
    until("both are found", async || (found(&server).await.len() == 2).then_some(())).await;
    until("one is over", async || {
        let now = found(&server).await;
        let is_over = |name: &str| now.iter().any(|it| it.0 == name && it.3.is_some());
        (is_over("short") && !is_over("long")).then_some(())
    })
    .await;
    // Found at half a minute at the latest.
    clock.set_ms(NOW_MS + 90 * SECOND_MS);
    assert_eq!(told(&receiver.wait(1).await), ["long opened"]);
    send(&server, &clock, "long", &[(100, 10.0)]).await;
    assert_eq!(told(&receiver.wait(2).await), ["long opened", "long recovered"]);
    let call = receiver.calls()[1].json();
    assert_eq!(call["data"]["alerts"][0]["ended_at"], format_ms(NOW_MS + 10 * SECOND_MS));
    server.stop().await;
    assert_eq!(receiver.calls().len(), 2);
}
