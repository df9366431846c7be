//! What is told as it goes on, and what is not: seen, snoozed, worked on, over, retired; and what got worse.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::domain::instant::format_ms;

use crate::detection::{
    DAY_MS, GOES_ON_MS, MINUTE_MS, MONDAY_MS, STOPS_MS, judged, power_kw, readings_of, usual_power_kw,
};
use crate::harness::webhook::{Call, Receiver};
use crate::harness::{Database, Server, on_both, until};
use crate::telling::{NOW_MS, options, report, rule};

on_both!(
    what_somebody_has_seen_or_nobody_waits_for_is_not_told,
    what_is_due_while_nobody_is_to_be_told_waits_for_the_end_of_that,
    what_another_system_reports_again_is_told_as_it_goes_on,
    what_goes_on_after_it_was_kept_quiet_is_told,
    what_the_detector_found_before_work_is_told_by_what_it_sees_after_it,
    what_another_system_reports_of_a_quiet_time_is_told_if_it_goes_on,
);

async fn what_somebody_has_seen_or_nobody_waits_for_is_not_told(database: Database) {
    let receiver = Receiver::start(&[]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    let over = ["over", "long over"];
    for machine in
        ["seen", "snoozed", "worked on", "snoozed later", "worked on later", "retired", "told"].into_iter().chain(over)
    {
        server.register(machine, json!({})).await;
    }
    let id_of = async |name: &str| {
        server.data("query($name: String) { machine(name: $name) { id } }", json!({"name": name})).await["machine"]["id"]
            .clone()
    };
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    rule(&server, &to, json!({"graceSeconds": 60})).await;
    let later = format_ms(NOW_MS + 3_600_000);
    server.snooze(id_of("snoozed").await, Some(later.clone())).await;
    server.work_on(id_of("worked on").await, format_ms(NOW_MS - 1000), later.clone()).await;
    let mut reported = Vec::new();
    for machine in ["seen", "snoozed", "worked on", "snoozed later", "worked on later", "retired", "told"] {
        reported.push(report(&server, machine, json!({"externalId": "1"})).await);
    }
    for (kind, over_for_ms) in [("OVER_AT_ONCE", 3_599_000), ("LONG_OVER", 3_601_000)] {
        let more = json!({"kind": kind, "startedAt": format_ms(NOW_MS - 7_200_000), "endedAt": format_ms(NOW_MS - over_for_ms)});
        report(&server, "long over", more).await;
    }
    // Over before anybody was to be told.
    clock.set_ms(NOW_MS + 10_000);
    for more in [json!({}), json!({"endedAt": format_ms(NOW_MS + 5000)})] {
        let mut again = json!({"externalId": "7", "startedAt": format_ms(NOW_MS - 5000)});
        again.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        report(&server, "over", again).await;
    }
    let acknowledge =
        "mutation($id: ID!) { acknowledgeAnomaly(input: {id: $id, by: \"Kim\"}) { anomaly { id isQuiet } } }";
    server.data(acknowledge, json!({"id": reported[0]})).await;
    // Snoozed once it had been found: nobody is told of it then either.
    server.snooze(id_of("snoozed later").await, Some(later.clone())).await;
    server.work_on(id_of("worked on later").await, format_ms(NOW_MS - 1000), later.clone()).await;
    let retire = "mutation($id: ID!) { retireMachine(input: {id: $id}) { machine { id } } }";
    server.data(retire, json!({"id": id_of("retired").await})).await;
    let quiet = server.data("{ anomalies(filter: {isQuiet: true}) { totalCount } }", json!({})).await;
    assert_eq!(quiet["anomalies"]["totalCount"], 2);
    clock.set_ms(NOW_MS + 70_000);
    let call = receiver.wait(1).await[0].json();
    let alerts = call["data"]["alerts"].as_array().expect("a list");
    let told: Vec<_> = alerts.iter().map(|alert| (alert["machine"].clone(), alert["kind"].clone())).collect();
    assert_eq!(
        told,
        [("told", "SPIKE"), ("long over", "OVER_AT_ONCE")].map(|(machine, kind)| (json!(machine), json!(kind)))
    );
    // It is worse than what was seen; and worse at a machine that is snoozed by now, whatever was told before.
    server.snooze(id_of("told").await, Some(later)).await;
    for machine in ["told", "seen"] {
        report(&server, machine, json!({"externalId": "1", "severity": "CRITICAL"})).await;
    }
    let call = receiver.wait(2).await[1].json();
    let alerts = call["data"]["alerts"].as_array().expect("a list");
    let told: Vec<_> = alerts.iter().map(|alert| (alert["machine"].clone(), alert["event"].clone())).collect();
    assert_eq!(told, [(json!("seen"), json!("escalated"))], "{call}");
    // Who has heard that it is worse hears that it is over; and once it is snoozed no more, how bad it is by now.
    server.snooze(id_of("snoozed later").await, None).await;
    report(&server, "seen", json!({"externalId": "1", "endedAt": format_ms(NOW_MS + 70_000)})).await;
    report(&server, "snoozed later", json!({"externalId": "1", "severity": "CRITICAL"})).await;
    clock.set_ms(NOW_MS + 140_000);
    let expected = [("seen", "recovered"), ("snoozed later", "opened")];
    let told = until("both are told", async || {
        let calls = receiver.calls();
        let alerts =
            calls[2..].iter().flat_map(|call| call.json()["data"]["alerts"].as_array().expect("a list").clone());
        let mut told: Vec<_> = alerts.map(|alert| (alert["machine"].clone(), alert["event"].clone())).collect();
        told.sort_by_key(|(machine, _)| machine.to_string());
        Some(told).filter(|told| told.len() >= expected.len())
    });
    let told = told.await;
    assert_eq!(told, expected.map(|(machine, event)| (json!(machine), json!(event))));
    server.stop().await;
}

/// All that was told to a webhook so far: of which machine, and what.
fn heard_by(receiver: &Receiver) -> Vec<(String, String)> {
    let calls: Vec<_> = receiver.calls().iter().map(Call::json).collect();
    let alerts = calls.iter().flat_map(|call| call["data"]["alerts"].as_array().expect("a list"));
    let text = |alert: &Value, name: &str| alert[name].as_str().expect("text").to_owned();
    alerts.map(|alert| (text(alert, "machine"), text(alert, "event"))).collect()
}

/// What has been told since the last look until this time, but for a report of a machine `told` that nobody snoozes: that it
/// is there shows that all else is.
async fn told_since(
    server: &Server,
    clock: &Clock,
    receiver: &Receiver,
    already: &Cell<usize>,
    now_ms: i64,
) -> Vec<String> {
    let began_ms = clock.now_ms();
    report(server, "told", json!({"externalId": format_ms(now_ms), "startedAt": format_ms(began_ms)})).await;
    clock.set_ms(now_ms);
    let all = until("what is told of any machine is told", async || {
        let all: Vec<_> = heard_by(receiver).into_iter().map(|(machine, event)| machine + " " + &event).collect();
        Some(all).filter(|all| all[already.get()..].iter().any(|told| told == "told opened"))
    });
    let mut told = all.await.split_off(already.get());
    already.set(already.get() + told.len());
    told.retain(|told| told != "told opened");
    told.sort();
    told
}

async fn what_is_due_while_nobody_is_to_be_told_waits_for_the_end_of_that(database: Database) {
    const HOUR_MS: i64 = 60 * MINUTE_MS;
    let receiver = Receiver::start(&[]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    rule(&server, &to, json!({"graceSeconds": 60})).await;
    let mut ids = Vec::new();
    let machines = [
        "goes on",
        "worked on",
        "ends",
        "seen",
        "gets worse",
        "gets worse and ends",
        "woken",
        "over at once",
        "worked on later",
        "worked on twice",
    ];
    for machine in machines.into_iter().chain(["told"]) {
        ids.push(server.register(machine, json!({})).await);
    }
    let already = Cell::new(0);
    let told = async |now_ms: i64| told_since(&server, &clock, &receiver, &already, now_ms).await;
    // To somebody else it is told together with what comes within half an hour, but for one machine.
    let later = Receiver::start(&[]).await;
    let (to_later, _) = server.contact_point("WEBHOOK", &later.url()).await;
    rule(&server, &to_later, json!({"graceSeconds": 60, "gatherSeconds": 1800, "machineIds": [ids[10]]})).await;
    rule(&server, &to_later, json!({"graceSeconds": 60, "machineIds": [ids[0]]})).await;
    // And to a third one together with what comes until after the end of that time.
    let last = Receiver::start(&[]).await;
    let (to_last, _) = server.contact_point("WEBHOOK", &last.url()).await;
    rule(&server, &to_last, json!({"graceSeconds": 60, "gatherSeconds": 3900, "machineIds": [ids[0]]})).await;
    for machine in ["gets worse", "gets worse and ends", "over at once"] {
        report(&server, machine, json!({"externalId": "1"})).await;
    }
    assert_eq!(
        told(NOW_MS + 2 * MINUTE_MS).await,
        ["gets worse and ends opened", "gets worse opened", "over at once opened"]
    );
    let mut reported = Vec::new();
    for machine in ["goes on", "worked on", "ends", "seen", "woken", "worked on later", "worked on twice"] {
        reported.push(report(&server, machine, json!({"externalId": "1"})).await);
    }
    let end_ms = NOW_MS + HOUR_MS;
    for (machine, id) in machines.into_iter().zip(&ids) {
        match machine {
            "worked on" => _ = server.work_on(id, format_ms(NOW_MS - HOUR_MS), format_ms(end_ms)).await,
            // It had begun before, or falls due between two times whose first is not long over.
            "worked on later" => _ = server.work_on(id, format_ms(NOW_MS + MINUTE_MS), format_ms(end_ms)).await,
            "worked on twice" => {
                let (first_end_ms, second_ms) = (NOW_MS + 20 * MINUTE_MS, NOW_MS + 30 * MINUTE_MS);
                _ = server.work_on(id, format_ms(NOW_MS - HOUR_MS), format_ms(first_end_ms)).await;
                _ = server.work_on(id, format_ms(second_ms), format_ms(end_ms)).await;
            }
            _ => server.snooze(id, Some(format_ms(end_ms))).await,
        }
    }
    for machine in ["gets worse", "gets worse and ends"] {
        report(&server, machine, json!({"externalId": "1", "severity": "CRITICAL"})).await;
    }
    let over = json!({"externalId": "1", "severity": "CRITICAL", "endedAt": format_ms(NOW_MS + MINUTE_MS)});
    report(&server, "over at once", over).await;
    assert_eq!(told(NOW_MS + 7 * MINUTE_MS).await, ["over at once recovered"]);
    let acknowledge = "mutation($id: ID!) { acknowledgeAnomaly(input: {id: $id, by: \"Kim\"}) { anomaly { id } } }";
    server.data(acknowledge, json!({"id": reported[3]})).await;
    for machine in ["ends", "gets worse and ends"] {
        report(&server, machine, json!({"externalId": "1", "endedAt": format_ms(NOW_MS + 6 * MINUTE_MS)})).await;
    }
    // Its end is told, as its beginning was; and what a machine does that is snoozed no more.
    server.snooze(&ids[6], None).await;
    assert_eq!(told(NOW_MS + 12 * MINUTE_MS).await, ["gets worse and ends recovered", "woken opened"]);
    assert_eq!(later.calls().len(), 0, "told before it has gathered");
    assert_eq!(told(end_ms + 10 * MINUTE_MS).await, [""; 0]);
    assert_eq!(told(end_ms + 11 * MINUTE_MS).await, [""; 0]);
    assert_eq!(last.calls().len(), 0, "told before it has gone on for a while");
    let expected = [
        "gets worse escalated",
        "goes on opened",
        "worked on later opened",
        "worked on opened",
        "worked on twice opened",
    ];
    assert_eq!(told(end_ms + 16 * MINUTE_MS).await, expected);
    last.wait(1).await;
    server.stop().await;
}

async fn what_another_system_reports_again_is_told_as_it_goes_on(database: Database) {
    let receiver = Receiver::start(&[]).await;
    let server = Server::start_with(&database, options(), Clock::manual(NOW_MS)).await;
    server.register("press", json!({})).await;
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    rule(&server, &to, json!({})).await;
    let said = [
        (json!({}), "opened"),
        (json!({"severity": "CRITICAL"}), "escalated"),
        (json!({"endedAt": format_ms(NOW_MS)}), "recovered"),
    ];
    for (already, (more, event)) in said.into_iter().enumerate() {
        let mut input = json!({"externalId": "7"});
        input.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        for _ in 0..2 {
            report(&server, "press", input.clone()).await;
        }
        let call = receiver.wait(already + 1).await[already].json();
        let alerts = call["data"]["alerts"].as_array().expect("a list");
        assert_eq!(alerts.len(), 1, "{call}");
        assert_eq!((&alerts[0]["event"], &alerts[0]["machine"]), (&json!(event), &json!("press")));
    }
    server.stop().await;
    assert_eq!(receiver.calls().len(), 3);
}

/// Minutes after the machines stop, as an instant in ms since the epoch.
const fn after(minutes: i64) -> i64 {
    STOPS_MS + minutes * MINUTE_MS
}

/// A server that detects, its clock where the machines stop, and a webhook with its contact point.
async fn started_to_detect(database: &Database) -> (Server, Clock, Receiver, Value) {
    let (receiver, clock) = (Receiver::start(&[]).await, Clock::manual(STOPS_MS));
    let detects = Options { detect: Some(true), checkpoint_every: Some(0.0), ..options() };
    let server = Server::start_with(database, detects, clock.clone()).await;
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    (server, clock, receiver, to)
}

async fn what_goes_on_after_it_was_kept_quiet_is_told(database: Database) {
    const MACHINES: [&str; 4] = ["worked on", "snoozed", "came late", "worked on for long"];
    let (server, clock, receiver, to) = started_to_detect(&database).await;
    rule(&server, &to, json!({"kinds": ["DROP"]})).await;
    let mut ids = Vec::new();
    for name in MACHINES {
        ids.push(server.register(name, json!({"expectedIntervalSeconds": 60})).await);
    }
    let send = async |names: &[&str], from_ms: i64, to_ms: i64| {
        clock.set_ms(to_ms);
        for name in names {
            server.record(readings_of(name, MINUTE_MS, (from_ms, to_ms), power_kw)).await;
        }
        judged(&database).await;
    };
    send(&MACHINES, MONDAY_MS, STOPS_MS).await;
    server.snooze(&ids[1], Some(format_ms(after(20)))).await;
    let ends_early = server.work_on(&ids[0], format_ms(after(-60)), format_ms(after(120))).await;
    for (from, to) in [(-60, 40), (40, 88)] {
        server.work_on(&ids[3], format_ms(after(from)), format_ms(after(to))).await;
    }
    // Whose drop is told, once detection has looked around: it does for a machine that it does not know.
    let told = async |now_ms: i64| {
        let name = format!("at {now_ms}");
        server.register(&name, json!({})).await;
        server.record(json!([{"machine": name, "time": format_ms(now_ms), "power_kw": 1}])).await;
        judged(&database).await;
        let query = "{ anomalies(filter: {kind: \"DROP\"}) { nodes { isQuiet machine { name } } } }";
        let found = server.data(query, json!({})).await["anomalies"]["nodes"].take();
        let found = found.as_array().expect("a list");
        let name = |row: &Value| row["machine"]["name"].as_str().expect("a name").to_owned();
        let told: BTreeSet<_> = found.iter().filter(|row| row["isQuiet"] == false).map(name).collect();
        (told.into_iter().collect::<Vec<_>>().join(", "), found.iter().map(name).collect::<BTreeSet<_>>().len())
    };
    // So much has been heard of by webhook.
    let heard = async |count: usize| {
        until("all is heard of", async || {
            let mut heard: Vec<_> =
                heard_by(&receiver).into_iter().map(|(machine, event)| event + " " + &machine).collect();
            heard.sort();
            Some(heard).filter(|heard| heard.len() >= count)
        })
        .await
    };
    send(&["worked on", "snoozed", "worked on for long"], STOPS_MS, after(20)).await;
    let cancel = "mutation($id: ID!) { cancelMaintenance(input: {id: $id}) { site { name } } }";
    server.data(cancel, json!({"id": ends_early})).await;
    send(&["worked on", "snoozed", "worked on for long"], after(20), after(34)).await;
    assert_eq!(told(after(34)).await, (String::new(), 3));
    send(&["worked on", "snoozed", "worked on for long"], after(34), after(36)).await;
    assert_eq!(told(after(36)).await, ("snoozed, worked on".to_owned(), 3));
    // An hour and more without a network.
    send(&["came late"], STOPS_MS, after(80)).await;
    assert_eq!(told(after(80)).await, ("came late, snoozed, worked on".to_owned(), 4));
    heard(3).await;
    send(&["worked on", "snoozed", "worked on for long"], after(36), after(80)).await;
    send(&MACHINES, after(80), GOES_ON_MS + 60 * MINUTE_MS).await;
    assert_eq!(told(GOES_ON_MS + 60 * MINUTE_MS).await.0, "came late, snoozed, worked on");
    let names = ["came late", "snoozed", "worked on"];
    let expected = ["opened", "recovered"].map(|event| names.map(|name| format!("{event} {name}")));
    assert_eq!(heard(6).await, expected.concat());
    let query = "{ anomalies(filter: {kind: \"DROP\", isQuiet: false}) { nodes { history { kind } } } }";
    let stories = server.data(query, json!({})).await;
    for story in stories["anomalies"]["nodes"].as_array().expect("a list") {
        let kinds: Vec<_> = story["history"].as_array().expect("a list").iter().map(|change| &change["kind"]).collect();
        assert_eq!(kinds, ["ANNOUNCED", "ENDED"]);
    }
    server.stop().await;
}

async fn what_the_detector_found_before_work_is_told_by_what_it_sees_after_it(database: Database) {
    const WORK_ENDS: i64 = 80;
    const SECOND_ENDS: i64 = 200;
    let (server, clock, receiver, to) = started_to_detect(&database).await;
    rule(&server, &to, json!({"kinds": ["DROP"], "graceSeconds": 1800})).await;
    rule(&server, &to, json!({"kinds": ["SPIKE"], "graceSeconds": 60})).await;
    server.register("told", json!({})).await;
    let machines = ["goes on", "is over", "falls silent", "grows", "seen", "back", "back from work"];
    let interval_s = |name: &str| if name.starts_with("back") { 30 } else { 300 };
    for name in machines {
        let id = server.register(name, json!({"expectedIntervalSeconds": interval_s(name)})).await;
        let work = match name {
            // What grows in a second work was quiet for the first, which is over for long.
            "grows" | "seen" => [(-60, 6), (50, SECOND_ENDS)].as_slice(),
            "back from work" => &[(-60, 45)],
            _ => &[(20, WORK_ENDS)],
        };
        for &(from, to) in work {
            server.work_on(&id, format_ms(after(from)), format_ms(after(to))).await;
        }
    }
    let send = async |names: &[&str], from_ms: i64, to_ms: i64| {
        clock.set_ms(to_ms);
        for name in names {
            let kw = |ms| match *name {
                "grows" | "seen" if ms > after(66) => 2.4 * usual_power_kw(ms),
                "grows" | "seen" if ms > STOPS_MS => 1.2 * usual_power_kw(ms),
                "goes on" | "falls silent" if ms > STOPS_MS => 0.05,
                "back from work" if ms > STOPS_MS && ms <= after(WORK_ENDS) => 2.4 * usual_power_kw(ms),
                _ if ms > STOPS_MS && ms <= after(WORK_ENDS) => 0.05,
                _ => usual_power_kw(ms),
            };
            server.record(readings_of(name, interval_s(name) * 1000, (from_ms, to_ms), kw)).await;
        }
        judged(&database).await;
    };
    // Detection looks around for a machine that it does not know.
    let looked_around = async |name: &str| {
        server.register(name, json!({})).await;
        server.record(json!([{"machine": name, "time": format_ms(clock.now_ms()), "power_kw": 1}])).await;
        judged(&database).await;
    };
    let already = Cell::new(0);
    let told = async |minutes: i64| told_since(&server, &clock, &receiver, &already, after(minutes)).await;
    // Who sends more often needs fewer days to be known.
    send(&machines[..5], MONDAY_MS - 7 * DAY_MS, MONDAY_MS).await;
    send(&machines, MONDAY_MS, after(15)).await;
    let query = "{ anomalies(filter: {kind: \"DROP\", isQuiet: false}) { totalCount } }";
    assert_eq!(server.data(query, json!({})).await["anomalies"]["totalCount"], 4);
    let spike = async |machine: &str| {
        let query =
            "{ anomalies(filter: {kind: \"SPIKE\"}) { nodes { id severity isQuiet startedAt machine { name } } } }";
        let found = server.data(query, json!({})).await["anomalies"]["nodes"].take();
        let of_machine = |spike: &&Value| {
            spike["machine"]["name"] == machine && spike["startedAt"].as_str() > Some(&format_ms(STOPS_MS))
        };
        found.as_array().expect("a list").iter().find(of_machine).cloned().expect("one of the machine")
    };
    let acknowledge = "mutation($id: ID!) { acknowledgeAnomaly(input: {id: $id, by: \"Kim\"}) { anomaly { id } } }";
    server.data(acknowledge, json!({"id": spike("seen").await["id"]})).await;
    send(&machines, after(15), after(40)).await;
    send(&machines[..5], after(40), after(WORK_ENDS)).await;
    assert_eq!(told(81).await, [""; 0]);
    // Both have grown in the second work; of what somebody has seen, that it is worse is put off.
    for (machine, is_quiet) in [("grows", true), ("seen", false)] {
        let spike = spike(machine).await;
        assert_eq!((&spike["severity"], &spike["isQuiet"]), (&json!("CRITICAL"), &json!(is_quiet)), "{machine}");
    }
    // Longer than machines need that send more often.
    let (goes_on, grow) = (&machines[..2], &machines[3..5]);
    send(goes_on, after(WORK_ENDS), after(100)).await;
    assert_eq!(told(101).await, [""; 0]);
    send(goes_on, after(100), after(140)).await;
    assert_eq!(told(141).await, ["goes on opened"]);
    // Who was silent is not told by the first readings, and not at all if it is as usual.
    send(&["falls silent", "back"], after(140), after(150)).await;
    assert_eq!(told(152).await, [""; 0]);
    // Also where it comes back long after the work.
    send(&["back from work"], after(165), after(170)).await;
    looked_around("new").await;
    assert_eq!(spike("back from work").await["isQuiet"], true);
    send(&["falls silent", "back"], after(150), after(205)).await;
    assert_eq!(told(206).await, ["falls silent opened"]);
    send(grow, after(WORK_ENDS), after(SECOND_ENDS + 50)).await;
    assert_eq!(told(SECOND_ENDS + 51).await, [""; 0]);
    send(grow, after(SECOND_ENDS + 50), after(SECOND_ENDS + 65)).await;
    assert_eq!(told(SECOND_ENDS + 66).await, ["seen escalated"]);
    // The other is told once detection has looked around.
    looked_around("new later").await;
    assert_eq!(told(SECOND_ENDS + 68).await, ["grows opened"]);
    server.stop().await;
}

async fn what_another_system_reports_of_a_quiet_time_is_told_if_it_goes_on(database: Database) {
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    let at = |minutes: i64| format_ms(NOW_MS + minutes * MINUTE_MS);
    let id = server.register("snoozed", json!({})).await;
    server.snooze(id, Some(at(10))).await;
    let id = server.register("worked on", json!({})).await;
    server.work_on(id, at(0), at(10)).await;
    clock.set_ms(NOW_MS + 12 * MINUTE_MS);
    for machine in ["snoozed", "worked on"] {
        for (ended_at, is_quiet) in [(Some(at(9)), true), (Some(at(11)), false), (None, false)] {
            let id = report(&server, machine, json!({"startedAt": at(8), "endedAt": ended_at})).await;
            let query = "query($id: ID!) { node(id: $id) { ... on Anomaly { isQuiet } } }";
            let node = server.data(query, json!({"id": id})).await;
            assert_eq!(node["node"]["isQuiet"], json!(is_quiet), "{machine} {ended_at:?}");
        }
    }
    server.stop().await;
}
