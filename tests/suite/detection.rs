//! Anomalies: found in stored readings, told once, never lost, whatever happens meanwhile.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::domain::instant::format_ms;

use crate::harness::socket::Socket;
use crate::harness::{Database, Server, number, on_both, until};

on_both!(
    a_machine_that_stops_is_told_once_and_its_end_too,
    restarts_and_late_readings_change_nothing,
    what_goes_on_is_not_over_when_the_machine_is_judged_again,
    old_and_awaited_anomalies_are_kept_and_nobody_is_told,
    what_was_never_told_is_forgotten_if_it_is_not_found_again,
    silence_is_told_by_the_clock,
    what_people_dismiss_is_quiet_at_that_machine_until_they_reopen_it,
    two_servers_find_each_anomaly_once,
);

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// 2026-11-02T00:00:00Z, a Monday.
pub(crate) const MONDAY_MS: i64 = 1_793_577_600_000;
/// The fault: the machine stands still from Thursday 10:00 on, for an hour and a half.
pub(crate) const STOPS_MS: i64 = MONDAY_MS + 3 * DAY_MS + 10 * 60 * MINUTE_MS;
pub(crate) const GOES_ON_MS: i64 = STOPS_MS + 90 * MINUTE_MS;
const END_MS: i64 = MONDAY_MS + 3 * DAY_MS + 20 * 60 * MINUTE_MS;

/// What a machine of two shifts draws, kW.
pub(crate) fn power_kw(time_ms: i64) -> f64 {
    if STOPS_MS < time_ms && time_ms <= GOES_ON_MS { 0.05 * noise(time_ms) } else { usual_power_kw(time_ms) }
}

/// The same without the fault.
pub(crate) fn usual_power_kw(time_ms: i64) -> f64 {
    let minute = time_ms.rem_euclid(DAY_MS) / MINUTE_MS;
    if (6 * 60..22 * 60).contains(&minute) { 40.0 + 4.0 * noise(time_ms) } else { 5.0 + noise(time_ms) }
}

/// Anything that looks like chance and is the same each time, 0 to 1.
fn noise(time_ms: i64) -> f64 {
    ((time_ms / MINUTE_MS).wrapping_mul(2_654_435_761) % 1000).abs() as f64 / 1000.0
}

fn readings(from_ms: i64, to_ms: i64) -> Value {
    readings_of("saw", MINUTE_MS, (from_ms, to_ms), power_kw)
}

/// What a machine sends in `from_ms < time <= to_ms`, once in each step.
pub(crate) fn readings_of(
    machine: &str,
    step_ms: i64,
    (from_ms, to_ms): (i64, i64),
    power_kw: impl Fn(i64) -> f64,
) -> Value {
    let times = (from_ms / step_ms + 1..=to_ms / step_ms).map(|step| step * step_ms);
    times.map(|ms| json!({"machine": machine, "time": format_ms(ms), "power_kw": power_kw(ms)})).collect()
}

async fn start(database: &Database, clock: &Clock) -> Server {
    let options =
        Options { detect: Some(true), rejudge_after: Some(0.0), checkpoint_every: Some(0.0), ..Options::default() };
    Server::start_with(database, options, clock.clone()).await
}

/// A server with the machine and its readings up to an instant, and a clock that stands there.
async fn started(database: &Database, to_ms: i64) -> (Server, Clock, String) {
    let clock = Clock::manual(to_ms);
    let server = start(database, &clock).await;
    let id = server.register("saw", json!({"expectedIntervalSeconds": 60})).await;
    server.record(readings(MONDAY_MS, to_ms)).await;
    (server, clock, id)
}

/// Lets time pass: the readings of each four minutes come in when they are over.
async fn pass(server: &Server, clock: &Clock, from_ms: i64, to_ms: i64) {
    let mut at_ms = from_ms;
    while at_ms < to_ms {
        let next_ms = (at_ms + 4 * MINUTE_MS).min(to_ms);
        clock.set_ms(next_ms);
        server.record(readings(at_ms, next_ms)).await;
        at_ms = next_ms;
    }
}

/// All anomalies, as far as they do not depend on when they were found.
async fn found(server: &Server) -> Vec<Value> {
    let query = "{ anomalies(first: 1000) { nodes { kind severity startedAt endedAt value expected score message } } }";
    let mut all = server.data(query, json!({})).await["anomalies"]["nodes"].take();
    let all = all.as_array_mut().expect("a list");
    all.sort_by_key(|anomaly| (anomaly["startedAt"].to_string(), anomaly["kind"].to_string()));
    std::mem::take(all)
}

/// Waits until all readings of all machines have been judged, also those that came late.
pub(crate) async fn judged(database: &Database) {
    let db = database.connect().await;
    let query = "SELECT (SELECT count(*) FROM late_reading) + (SELECT count(*) FROM machine m WHERE \
                 (SELECT max(time_ms) FROM reading r WHERE r.machine_id = m.id) > \
                 coalesce((SELECT time_ms FROM detector d WHERE d.machine_id = m.id), 0))";
    until("all readings are judged", async || (number(&db, query).await == 0).then_some(())).await;
}

async fn a_machine_that_stops_is_told_once_and_its_end_too(database: Database) {
    let (server, clock, _) = started(&database, STOPS_MS).await;
    let mut socket = Socket::graphql(&server.address, "/graphql/ws").await;
    let fields =
        "cursor node { kind severity startedAt endedAt isQuiet message expectedLow expectedHigh machine { name } }";
    socket.subscribe("new", &format!("subscription {{ anomalyDetected {{ {fields} }} }}"), json!({})).await;
    pass(&server, &clock, STOPS_MS, STOPS_MS + 15 * MINUTE_MS).await;
    let event = socket.event("new").await;
    let anomaly = &event["anomalyDetected"]["node"];
    assert_eq!((&anomaly["isQuiet"], &anomaly["endedAt"]), (&json!(false), &Value::Null), "{anomaly}");
    assert_eq!(anomaly["machine"]["name"], "saw");
    let started_at = anomaly["startedAt"].as_str().expect("a time").to_owned();
    assert!((format_ms(STOPS_MS)..format_ms(STOPS_MS + 15 * MINUTE_MS)).contains(&started_at), "{anomaly}");
    assert!(anomaly["expectedLow"].as_f64().expect("a number") > 10.0, "usual is 40 kW: {anomaly}");
    let mut changes = Socket::graphql(&server.address, "/graphql/ws").await;
    let query = "subscription { anomalyChanged(after: \"0\") { cursor node { kind by anomaly { kind endedAt } } } }";
    changes.subscribe("changes", query, json!({})).await;
    pass(&server, &clock, STOPS_MS + 15 * MINUTE_MS, END_MS).await;
    let kind = anomaly["kind"].clone();
    loop {
        let change = changes.event("changes").await["anomalyChanged"]["node"].take();
        if change["kind"] == "ENDED" && change["anomaly"]["kind"] == kind {
            assert_eq!(change["by"], Value::Null);
            break;
        }
    }
    judged(&database).await;
    let all = found(&server).await;
    let open: Vec<_> = all.iter().filter(|anomaly| anomaly["endedAt"].is_null()).collect();
    assert!(open.is_empty(), "{open:#?}");
    let keys: BTreeSet<_> = all.iter().map(|anomaly| format!("{} {}", anomaly["kind"], anomaly["startedAt"])).collect();
    assert_eq!(keys.len(), all.len(), "each once: {all:#?}");
    server.stop().await;
}

async fn restarts_and_late_readings_change_nothing(database: Database) {
    let (server, _, _) = started(&database, END_MS).await;
    judged(&database).await;
    let expected = found(&server).await;
    assert!(!expected.is_empty());
    server.stop().await;
    let other = || async { if database.name().is_some() { Database::postgres().await } else { Database::sqlite() } };
    // A restart after every few hours.
    let restarted = other().await;
    let clock = Clock::manual(END_MS);
    let mut server = start(&restarted, &clock).await;
    server.register("saw", json!({"expectedIntervalSeconds": 60})).await;
    let mut from_ms = MONDAY_MS;
    while from_ms < END_MS {
        let to_ms = (from_ms + 7 * 60 * MINUTE_MS).min(END_MS);
        server.record(readings(from_ms, to_ms)).await;
        server.stop().await;
        server = start(&restarted, &clock).await;
        from_ms = to_ms;
    }
    judged(&restarted).await;
    assert_eq!(found(&server).await, expected);
    server.stop().await;
    // A day later, so that nobody is told: the fault first, then what came before it, from the last to the first.
    let late = other().await;
    let clock = Clock::manual(END_MS + DAY_MS);
    let server = start(&late, &clock).await;
    server.register("saw", json!({"expectedIntervalSeconds": 60})).await;
    server.record(readings(STOPS_MS - 60 * MINUTE_MS, END_MS)).await;
    judged(&late).await;
    assert_ne!(found(&server).await, expected, "without the rest other things seem odd");
    server.record(readings(MONDAY_MS + DAY_MS, STOPS_MS - 60 * MINUTE_MS)).await;
    server.record(readings(MONDAY_MS, MONDAY_MS + DAY_MS)).await;
    judged(&late).await;
    assert_eq!(found(&server).await, expected);
    server.stop().await;
}

/// Kind and whether it is quiet, of all anomalies of a machine that began within some minutes.
async fn found_within(server: &Server, machine: &str, from_ms: i64, minutes: i64) -> Vec<(String, String, bool)> {
    let query = "query($machine: [ID!], $from: DateTime!, $to: DateTime!) {
        anomalies(first: 100, filter: {machineIds: $machine, from: $from, to: $to}) { nodes { id kind isQuiet } } }";
    let (from, to) = (format_ms(from_ms - 5 * MINUTE_MS), format_ms(from_ms + minutes * MINUTE_MS));
    let found = server.data(query, json!({"machine": [machine], "from": from, "to": to})).await;
    let facts = |it: &Value| {
        (
            it["id"].as_str().expect("an id").to_owned(),
            it["kind"].as_str().expect("a kind").to_owned(),
            it["isQuiet"] == true,
        )
    };
    found["anomalies"]["nodes"].as_array().expect("a list").iter().map(facts).collect()
}

async fn what_people_dismiss_is_quiet_at_that_machine_until_they_reopen_it(database: Database) {
    let (hour_ms, clock) = (60 * MINUTE_MS, Clock::manual(MONDAY_MS));
    let server = start(&database, &clock).await;
    let mut machines = Vec::new();
    for name in ["saw", "mill"] {
        machines.push(server.register(name, json!({"expectedIntervalSeconds": 60})).await);
    }
    let mut at_ms = MONDAY_MS;
    // Ten minutes of so much more than usual, kW, at nine o'clock of a day; what is found of it at both machines.
    let mut peak = async |day: i64, more_kw: f64| {
        let peak_ms = MONDAY_MS + day * DAY_MS + 9 * hour_ms;
        let rows = |from_ms: i64, to_ms: i64| -> Value {
            let times = (from_ms / MINUTE_MS + 1..=to_ms / MINUTE_MS).map(|minute| minute * MINUTE_MS);
            let row = |(ms, name)| {
                let more_kw = if peak_ms < ms && ms <= peak_ms + 10 * MINUTE_MS { more_kw } else { 0.0 };
                json!({"machine": name, "time": format_ms(ms), "power_kw": usual_power_kw(ms) + more_kw})
            };
            times.flat_map(|ms| [(ms, "saw"), (ms, "mill")]).map(row).collect()
        };
        clock.set_ms(peak_ms);
        server.record(rows(at_ms, peak_ms)).await;
        judged(&database).await;
        at_ms = peak_ms;
        while at_ms < peak_ms + hour_ms {
            clock.set_ms(at_ms + 4 * MINUTE_MS);
            server.record(rows(at_ms, at_ms + 4 * MINUTE_MS)).await;
            judged(&database).await;
            at_ms += 4 * MINUTE_MS;
        }
        [found_within(&server, &machines[0], peak_ms, 30).await, found_within(&server, &machines[1], peak_ms, 30).await]
    };
    let told = |found: &[(String, String, bool)]| found.iter().any(|(.., is_quiet)| !is_quiet);
    let [of_saw, of_mill] = peak(10, 20.0).await;
    assert!(told(&of_saw) && told(&of_mill), "{of_saw:?} {of_mill:?}");
    let mutate = async |field: &str, input: &str, id: &str| {
        let query = format!("mutation($id: ID!) {{ {field}(input: {{id: $id{input}}}) {{ anomaly {{ id }} }} }}");
        server.data(&query, json!({"id": id})).await;
    };
    for (id, ..) in &of_saw {
        mutate("dismissAnomaly", "", id).await;
    }
    let [again, of_mill] = peak(11, 20.0).await;
    assert!(!again.is_empty() && !told(&again) && told(&of_mill), "{again:?} {of_mill:?}");
    // Something else, though it goes the same way.
    let [other, _] = peak(14, 80.0).await;
    assert!(told(&other), "{other:?}");
    for (id, ..) in &of_saw {
        mutate("reopenAnomaly", "", id).await;
    }
    let [again, _] = peak(15, 20.0).await;
    assert!(told(&again), "{again:?}");
    server.stop().await;
}

async fn what_goes_on_is_not_over_when_the_machine_is_judged_again(database: Database) {
    // It stops a second time in the week after, and stands.
    let again_ms = MONDAY_MS + 8 * DAY_MS + 10 * 60 * MINUTE_MS;
    let (server, clock, _) = started(&database, again_ms).await;
    let standing = (1..=30).map(|n| again_ms + n * MINUTE_MS);
    let standing: Value =
        standing.map(|ms| json!({"machine": "saw", "time": format_ms(ms), "power_kw": 0.05 * noise(ms)})).collect();
    clock.set_ms(again_ms + 30 * MINUTE_MS);
    server.record(standing).await;
    judged(&database).await;
    let expected = found(&server).await;
    let open = |all: &[Value]| -> Vec<Value> {
        all.iter().filter(|anomaly| anomaly["endedAt"].is_null()).map(|anomaly| anomaly["kind"].clone()).collect()
    };
    let kinds_before = expected.iter().filter(|anomaly| !anomaly["endedAt"].is_null()).map(|anomaly| &anomaly["kind"]);
    let kinds_before: Vec<_> = kinds_before.collect();
    assert!(open(&expected).iter().any(|kind| kinds_before.contains(&kind)), "the same again: {expected:#?}");
    let changes = "SELECT count(*) FROM anomaly_change";
    let changes_before = database.number(changes).await;
    // A minute later than one of Monday, as usual as that.
    let late_ms = MONDAY_MS + 12 * 60 * MINUTE_MS + MINUTE_MS / 2;
    server.record(json!([{"machine": "saw", "time": format_ms(late_ms), "power_kw": 42.0}])).await;
    judged(&database).await;
    let now = found(&server).await;
    let facts = |all: &[Value]| -> Vec<(Value, Value, bool)> {
        let of = |it: &Value| (it["kind"].clone(), it["startedAt"].clone(), it["endedAt"].is_null());
        all.iter().map(of).collect()
    };
    assert_eq!(facts(&now), facts(&expected));
    assert_eq!(database.number(changes).await, changes_before, "nothing is told of it");
    server.stop().await;
}

async fn old_and_awaited_anomalies_are_kept_and_nobody_is_told(database: Database) {
    // Imported a day later.
    let clock = Clock::manual(END_MS + DAY_MS);
    let server = start(&database, &clock).await;
    let id = server.register("saw", json!({"expectedIntervalSeconds": 60})).await;
    let mut socket = Socket::graphql(&server.address, "/graphql/ws").await;
    socket.subscribe("new", "subscription { anomalyDetected { node { kind startedAt } } }", json!({})).await;
    server.record(readings(MONDAY_MS, END_MS)).await;
    judged(&database).await;
    let quiet = "query($quiet: Boolean!) { anomalies(filter: {isQuiet: $quiet}) { totalCount } }";
    let count = async |is_quiet: bool| {
        let data = server.data(quiet, json!({"quiet": is_quiet})).await;
        data["anomalies"]["totalCount"].as_u64().expect("a number")
    };
    assert!(count(true).await > 0);
    assert_eq!(count(false).await, 0);
    let report = "mutation($at: DateTime!) { reportAnomaly(input: {machine: \"saw\", kind: \"HEARD\", startedAt: $at}) \
                  { anomaly { id } } }";
    server.data(report, json!({"at": format_ms(END_MS)})).await;
    let first = socket.event("new").await;
    assert_eq!(first["anomalyDetected"]["node"]["kind"], "HEARD", "what is reported is the first to be told: {first}");
    // A window, and a machine that is snoozed.
    let schedule = "mutation($input: ScheduleMaintenanceInput!) { scheduleMaintenance(input: $input) \
                    { maintenance { id from to note machine { name } site { name } } } }";
    let window =
        json!({"machineId": id, "from": format_ms(END_MS), "to": format_ms(END_MS + 2 * DAY_MS), "note": "oil"});
    let planned = server.data(schedule, json!({"input": window})).await["scheduleMaintenance"]["maintenance"].take();
    assert_eq!((&planned["note"], &planned["machine"]["name"]), (&json!("oil"), &json!("saw")));
    let listed = server.data("{ maintenance { id } }", json!({})).await;
    assert_eq!(listed["maintenance"], json!([{"id": planned["id"]}]));
    let node = server.data("query($id: ID!) { node(id: $id) { __typename id } }", json!({"id": planned["id"]})).await;
    assert_eq!(node["node"], json!({"__typename": "Maintenance", "id": planned["id"]}));
    let cancel = "mutation($id: ID!) { cancelMaintenance(input: {id: $id}) { site { name } } }";
    server.data(cancel, json!({"id": planned["id"]})).await;
    assert_eq!(server.data("{ maintenance { id } }", json!({})).await["maintenance"], json!([]));
    let wrong = json!({"from": format_ms(END_MS), "to": format_ms(END_MS)});
    let refused = server.graphql(schedule, json!({"input": wrong})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID_INPUT");
    let snooze = "mutation($id: ID!, $until: DateTime) { snoozeMachine(input: {id: $id, until: $until}) \
                  { machine { snoozedUntil } } }";
    let until_ms = format_ms(END_MS + 2 * DAY_MS);
    let snoozed = server.data(snooze, json!({"id": id, "until": until_ms})).await;
    assert_eq!(snoozed["snoozeMachine"]["machine"]["snoozedUntil"], json!(until_ms));
    let past = server.data(snooze, json!({"id": id, "until": format_ms(MONDAY_MS)})).await;
    assert_eq!(past["snoozeMachine"]["machine"]["snoozedUntil"], Value::Null);
    let last = server.graphql(snooze, json!({"id": id, "until": "9999-12-31T23:59:59Z"})).await;
    let why = last["errors"][0]["message"].as_str().expect("a sentence");
    assert!(why.contains("is too late: the last time is 9999-12-30T22:00:00"), "{why}");
    let woken = server.data(snooze, json!({"id": id, "until": null})).await;
    assert_eq!(woken["snoozeMachine"]["machine"]["snoozedUntil"], Value::Null);
    server.stop().await;
}

async fn what_was_never_told_is_forgotten_if_it_is_not_found_again(database: Database) {
    let (server, clock, id) = started(&database, STOPS_MS).await;
    judged(&database).await;
    server.snooze(&id, Some(format_ms(STOPS_MS + DAY_MS))).await;
    let report = "mutation($at: DateTime!) { reportAnomaly(input: {machine: \"saw\", kind: \"DRIFT\", startedAt: $at}) \
                  { anomaly { isQuiet } } }";
    let reported = server.data(report, json!({"at": format_ms(STOPS_MS - DAY_MS)})).await;
    assert_eq!(reported["reportAnomaly"]["anomaly"]["isQuiet"], true);
    server.snooze(&id, None).await;
    server.stop().await;
    // As if a detector of an older version had found it.
    let db = database.connect().await;
    let state = if database.name().is_some() { r"'\x00'" } else { "x'00'" };
    for set in ["anomaly SET source = 'DETECTOR' WHERE kind = 'DRIFT'", &format!("detector SET state = {state}")] {
        db.execute_unprepared(&format!("UPDATE {set}")).await.expect("a change");
    }
    let server = start(&database, &clock).await;
    until("it is forgotten", async || {
        let query = "{ anomalies(filter: {kind: \"DRIFT\"}) { totalCount } }";
        (server.data(query, json!({})).await["anomalies"]["totalCount"] == 0).then_some(())
    })
    .await;
    server.stop().await;
}

async fn silence_is_told_by_the_clock(database: Database) {
    let (server, clock, _) = started(&database, STOPS_MS).await;
    judged(&database).await;
    let mut socket = Socket::graphql(&server.address, "/graphql/ws").await;
    let fields = "node { id kind severity startedAt message expected }";
    socket.subscribe("new", &format!("subscription {{ anomalyDetected {{ {fields} }} }}"), json!({})).await;
    clock.set_ms(STOPS_MS + 20 * MINUTE_MS);
    let anomaly = socket.event("new").await["anomalyDetected"]["node"].take();
    assert_eq!((&anomaly["kind"], &anomaly["expected"]), (&json!("NO_DATA"), &Value::Null), "{anomaly}");
    // What people do about it is its story.
    let id = &anomaly["id"];
    for (mutation, by, note) in [
        ("acknowledgeAnomaly", "Ada", "on my way"),
        ("commentAnomaly", "Ada", "the gateway is dead"),
        ("resolveAnomaly", "Bo", "new gateway"),
        ("reopenAnomaly", "Bo", "not yet"),
        ("dismissAnomaly", "Bo", "planned after all"),
    ] {
        let kind = if mutation == "commentAnomaly" { "CommentAnomalyInput" } else { "AnomalyStatusInput" };
        let query = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ anomaly {{ status }} }} }}");
        server.data(&query, json!({"input": {"id": id, "by": by, "note": note}})).await;
    }
    let query = "query($id: ID!) { node(id: $id) { ... on Anomaly { status statusBy statusNote endedAt \
                 history { id kind by note } } } }";
    let story = server.data(query, json!({"id": id})).await["node"].take();
    assert_eq!((&story["status"], &story["statusBy"]), (&json!("RESOLVED"), &json!("Bo")));
    let kinds: Vec<_> = story["history"].as_array().expect("a list").iter().map(|change| &change["kind"]).collect();
    assert_eq!(kinds, ["ACKNOWLEDGED", "COMMENTED", "RESOLVED", "REOPENED", "DISMISSED"]);
    let comment = &story["history"][1];
    assert_eq!((&comment["by"], &comment["note"]), (&json!("Ada"), &json!("the gateway is dead")));
    let query = "query($id: ID!) { node(id: $id) { ... on AnomalyChange { kind anomaly { id } } } }";
    let node = server.data(query, json!({"id": comment["id"]})).await["node"].take();
    assert_eq!(node, json!({"kind": "COMMENTED", "anomaly": {"id": id}}));
    // A client that comes back with a cursor gets the rest of the story, and nothing twice.
    let mut changes = Socket::graphql(&server.address, "/graphql/ws").await;
    let query = "subscription($after: String) { anomalyChanged(after: $after) { cursor node { kind } } }";
    changes.subscribe("1", query, json!({"after": "0"})).await;
    while changes.event("1").await["anomalyChanged"]["node"]["kind"] != "ACKNOWLEDGED" {}
    let second = changes.event("1").await;
    drop(changes);
    let mut changes = Socket::graphql(&server.address, "/graphql/ws").await;
    changes.subscribe("1", query, json!({"after": second["anomalyChanged"]["cursor"]})).await;
    assert_eq!(changes.event("1").await["anomalyChanged"]["node"]["kind"], "RESOLVED");
    server.stop().await;
}

async fn two_servers_find_each_anomaly_once(database: Database) {
    let (first, clock, _) = started(&database, STOPS_MS).await;
    let second = start(&database, &clock).await;
    let mut from_ms = STOPS_MS;
    while from_ms < END_MS {
        let to_ms = from_ms + 30 * MINUTE_MS;
        let server = if (from_ms / MINUTE_MS / 30) % 2 == 0 { &first } else { &second };
        pass(server, &clock, from_ms, to_ms).await;
        from_ms = to_ms;
    }
    // Whoever had the work lets go of it, and the other goes on.
    first.stop().await;
    clock.set_ms(END_MS + 60_000);
    judged(&database).await;
    let all = found(&second).await;
    assert!(!all.is_empty());
    let keys: BTreeSet<_> = all.iter().map(|anomaly| format!("{} {}", anomaly["kind"], anomaly["startedAt"])).collect();
    assert_eq!(keys.len(), all.len(), "each once: {all:#?}");
    second.stop().await;
}
