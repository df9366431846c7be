//! Every statistic equals the plain SQL of its definition over the raw rows: random plants, gaps, duplicates,
//! corrections, any order of arrival, any batches, a restart in the middle, on both databases.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use wattline::domain::register::{EventKind, Meter, Point, Register};

use crate::harness::oracle::truth;
use crate::harness::{Database, Server, on_both};

on_both!(equal_their_definitions, of_two_sites_and_carriers_stay_apart, count_a_retired_machine_up_to_its_end);

/// 2026-03-01T00:00:00Z
const START_MS: i64 = 1_772_323_200_000;
const HOUR_MS: f64 = 3_600_000.0;

#[derive(Clone, Debug)]
struct Machine {
    carrier: &'static str,
    interval_s: i64,
    rated_kw: Option<f64>,
    width_kwh: Option<f64>,
}

#[derive(Clone, Debug)]
struct Reading {
    machine: usize,
    time_ms: i64,
    values: Values,
}

/// What is sent: power, energy, register.
type Values = (Option<f64>, Option<f64>, Option<f64>);

/// A plant, its readings in order of arrival, where batches end and the restart is, and when to look.
#[derive(Clone, Debug)]
struct Plant {
    machines: Vec<Machine>,
    readings: Vec<Reading>,
    batch_ends: Vec<bool>,
    restart_at: usize,
    instants_ms: Vec<i64>,
    /// Series to look at: the range and the length of the buckets.
    series: Vec<(i64, i64, &'static str)>,
}

fn machine() -> impl Strategy<Value = Machine> {
    let carrier = prop_oneof![4 => Just("ELECTRICITY"), 1 => Just("GAS")];
    let interval = prop_oneof![Just(1_i64), Just(10), Just(60), Just(900)];
    let rated = prop::option::of(Just(60.0));
    let width = prop::option::of(Just(100.0));
    (carrier, interval, rated, width).prop_map(|(carrier, interval_s, rated_kw, width_kwh)| Machine {
        carrier,
        interval_s,
        rated_kw,
        width_kwh,
    })
}

/// Values that a meter sends: with decimals that no binary float holds, zero now and then, feed-in too.
fn values() -> impl Strategy<Value = Values> {
    let power = prop_oneof![8 => (0_i32..50_000).prop_map(|n| f64::from(n) / 100.0), 1 => Just(0.0), 1 => Just(-3.3)];
    let energy = prop_oneof![8 => (0_i32..1_000_000).prop_map(|n| f64::from(n) / 10_000.0), 1 => Just(0.0)];
    (power, energy, register(), 0..8).prop_map(|(power, energy, register, which)| match which {
        0 => (None, Some(energy), None),
        1 => (Some(power), None, None),
        2..5 => (None, None, Some(register)),
        5 => (Some(power), None, Some(register)),
        6 => (None, Some(energy), Some(register)),
        _ => (Some(power), Some(energy), None),
    })
}

/// Below zero: the register that a meter of 10 kW shows at the reading's time, made up later. Else it shows this
/// instead: zeroes, another meter's count, jumps.
fn register() -> impl Strategy<Value = f64> {
    prop_oneof![12 => Just(-1.0), 1 => Just(0.0), 1 => Just(0.5), 1 => Just(99.75), 1 => Just(50_000.0), 1 => Just(50_000.5)]
}

/// The register of a reading at a time.
fn shown(values: Values, ms: i64) -> Values {
    let count = |kwh: f64| if kwh < 0.0 { 40.0 + (ms as f64 / HOUR_MS * 10_000.0).round() / 1000.0 } else { kwh };
    (values.0, values.1, values.2.map(count))
}

fn plant() -> impl Strategy<Value = Plant> {
    // Ten minutes, thirty hours or ten weeks: the windows' edges, the day's, and buckets of every width.
    let span_s = prop_oneof![Just(600_i64), Just(30 * 3600), Just(70 * 86_400)];
    (prop::collection::vec(machine(), 1..5), span_s).prop_flat_map(|(machines, span_s)| {
        let count = machines.len();
        // Times on a coarse grid collide (duplicates, corrections); some fall between whole seconds and minutes.
        let time = (0..=span_s * 2).prop_map(|half| half * 500);
        let minute = (0..=span_s / 60).prop_map(|minute| minute * 60_000);
        let time = prop_oneof![3 => time, 1 => minute.clone(), 1 => minute.prop_map(|ms| ms + 1)];
        let reading = (0..count, time, values()).prop_map(|(machine, ms, values)| Reading {
            machine,
            time_ms: START_MS + ms,
            values: shown(values, ms),
        });
        let again = prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(values())), 0..30);
        let arrivals = (prop::collection::vec(reading, 1..120), again).prop_map(repeat_some).prop_shuffle();
        (Just(machines), Just(span_s), arrivals).prop_flat_map(|(machines, span_s, readings)| {
            let count = readings.len();
            let last_s = span_s + 2 * 86_400;
            let instant = prop_oneof![
                (0..=last_s).prop_map(|s| START_MS + s * 1000),
                (0..count).prop_map({
                    let readings = readings.clone();
                    move |at| readings[at].time_ms.div_euclid(1000) * 1000
                }),
            ];
            (
                Just(machines),
                Just(readings),
                prop::collection::vec(prop::bool::weighted(0.1), count),
                0..count,
                prop::collection::vec(instant, 6),
                prop::collection::vec(series(last_s), 3),
            )
                .prop_map(|(machines, readings, batch_ends, restart_at, instants_ms, series)| Plant {
                    machines,
                    readings,
                    batch_ends,
                    restart_at,
                    instants_ms,
                    series,
                })
        })
    })
}

/// Any range that begins within the plant's time, of at most some 500 buckets.
fn series(last_s: i64) -> impl Strategy<Value = (i64, i64, &'static str)> {
    let every = prop_oneof![
        Just(("PT10S", 10)),
        Just(("PT1M", 60)),
        Just(("PT15M", 900)),
        Just(("PT1H", 3600)),
        Just(("P1D", 86_400)),
        Just(("P1W", 604_800)),
        Just(("P1M", 2_592_000)),
    ];
    (every, -3600..last_s, 1..500_000_i64, 0..3_i64).prop_map(|((every, length_s), from_s, share, odd_ms)| {
        let from_ms = START_MS + from_s * 1000 + odd_ms;
        (from_ms, from_ms + 1 + length_s * share, every)
    })
}

/// Which reading comes once more, and its other values if it has others.
type Repeated = (prop::sample::Index, Option<Values>);

/// Sends some readings once more, as they were or with other values.
fn repeat_some((mut readings, again): (Vec<Reading>, Vec<Repeated>)) -> Vec<Reading> {
    for (which, values) in again {
        let mut reading = which.get(&readings).clone();
        if let Some(values) = values {
            reading.values = shown(values, reading.time_ms - START_MS);
        }
        readings.push(reading);
    }
    readings
}

async fn equal_their_definitions(database: Database) {
    let mut runner = TestRunner::new(Config { max_shrink_iters: 200, ..Config::default() });
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    for case in 0..cases {
        let mut tree = plant().new_tree(&mut runner).expect("a plant");
        let Err(mut failure) = check(&database, &format!("{case}"), &tree.current()).await else { continue };
        // Shrinks by hand, since the check is asynchronous.
        let mut smallest = tree.current();
        let mut step = 0;
        while step < 200 && tree.simplify() {
            step += 1;
            loop {
                let smaller = tree.current();
                match check(&database, &format!("{case}-{step}"), &smaller).await {
                    Err(error) => {
                        (failure, smallest) = (error, smaller);
                        break;
                    }
                    Ok(()) if tree.complicate() => step += 1,
                    Ok(()) => break,
                }
            }
        }
        panic!("{failure}\n{smallest:#?}");
    }
}

/// A site of its own for each plant; the others' rows must not show.
async fn check(database: &Database, site: &str, plant: &Plant) -> Result<(), TestCaseError> {
    let mut server = Server::start(database).await;
    let db = database.connect().await;
    let outcome = check_on(database, &db, &mut server, site, plant).await;
    db.close().await.expect("closed");
    server.stop().await;
    outcome
}

async fn check_on(
    database: &Database,
    db: &sea_orm::DatabaseConnection,
    server: &mut Server,
    site: &str,
    plant: &Plant,
) -> Result<(), TestCaseError> {
    let site_id = server.register_site(site).await;
    for (at, machine) in plant.machines.iter().enumerate() {
        let more = json!({"siteId": site_id, "carrier": machine.carrier, "expectedIntervalSeconds": machine.interval_s,
                "ratedPowerKw": machine.rated_kw, "registerWidthKwh": machine.width_kwh});
        server.register(&format!("m{at}"), more).await;
    }
    let mut batch = Vec::new();
    for (at, reading) in plant.readings.iter().enumerate() {
        batch.push(json!({"machine": format!("m{}", reading.machine), "time": reading.time_ms,
            "power_kw": reading.values.0, "energy_kwh": reading.values.1, "counter_kwh": reading.values.2}));
        if plant.batch_ends[at] || at == plant.restart_at || at + 1 == plant.readings.len() {
            let body = Value::Array(std::mem::take(&mut batch)).to_string();
            let answer = server.post(&format!("/api/v1/readings?site={site}"), "application/json", body).await;
            prop_assert_eq!(answer.status, 200, "{}", answer.text);
            prop_assert_eq!(&answer.json()["rejected"], &json!([]));
        }
        if at == plant.restart_at {
            server.restart(database).await;
        }
    }
    let row_id = row_id(db, site).await;
    let stored = stored_rows(db, row_id).await;
    let (rows, events) = expected_rows(plant);
    prop_assert_eq!(&stored, &rows, "stored rows");
    prop_assert_eq!(&stored_events(db, row_id).await, &events, "meter events");
    for &instant_ms in &plant.instants_ms {
        let stats = server.stats(Some(instant_ms), Some(&site_id)).await;
        let differences = truth(db, row_id, instant_ms).await.differences(&stats, 0.12, 0.5);
        prop_assert!(differences.is_empty(), "at {}: {:?}", instant_ms, differences);
        crate::demand::check(server, db, (row_id, &site_id), instant_ms).await?;
    }
    for &(from_ms, to_ms, every) in &plant.series {
        crate::series::check(server, db, (row_id, &site_id), (from_ms, to_ms), every).await?;
    }
    Ok(())
}

async fn row_id(db: &sea_orm::DatabaseConnection, site: &str) -> i64 {
    use sea_orm::{ConnectionTrait, Statement};
    let sql = "SELECT id FROM site WHERE name = $1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [site.into()]);
    db.query_one_raw(statement).await.expect("SQL").expect("the site").try_get("", "id").expect("its id")
}

/// Machine, time, power and energy; floats by their bits.
type Rows = Vec<(String, i64, Option<u64>, u64)>;

async fn stored_rows(db: &sea_orm::DatabaseConnection, site: i64) -> Rows {
    use sea_orm::{ConnectionTrait, Statement};
    let sql = "SELECT m.name, r.time_ms, r.power_kw, r.energy_kwh FROM reading r JOIN machine m ON m.id = r.machine_id \
               WHERE m.site_id = $1 ORDER BY m.name, r.time_ms";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [site.into()]);
    let rows = db.query_all_raw(statement).await.expect("SQL");
    let number = |value: f64| (value + 0.0).to_bits();
    rows.iter()
        .map(|row| {
            let power: Option<f64> = row.try_get("", "power_kw").expect("power");
            let energy: f64 = row.try_get("", "energy_kwh").expect("energy");
            (
                row.try_get("", "name").expect("name"),
                row.try_get("", "time_ms").expect("time"),
                power.map(number),
                number(energy),
            )
        })
        .collect()
}

/// Machine, time and kind.
type Events = Vec<(String, i64, String)>;

async fn stored_events(db: &sea_orm::DatabaseConnection, site: i64) -> Events {
    use sea_orm::{ConnectionTrait, Statement};
    let sql = "SELECT m.name, e.time_ms, e.kind FROM meter_event e JOIN machine m ON m.id = e.machine_id \
               WHERE m.site_id = $1 ORDER BY m.name, e.time_ms";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [site.into()]);
    let text = |row: &sea_orm::QueryResult, column| row.try_get::<String>("", column).expect("text");
    let rows = db.query_all_raw(statement).await.expect("SQL");
    rows.iter().map(|row| (text(row, "name"), row.try_get("", "time_ms").expect("time"), text(row, "kind"))).collect()
}

/// What the contract says is stored, machine by machine, gone through once in the order of time: the last values sent,
/// energy as sent, else counted by the register, else from the power before held for at most three intervals; power as
/// sent, else from energy over the time since the reading before.
fn expected_rows(plant: &Plant) -> (Rows, Events) {
    let mut sent: BTreeMap<(usize, i64), Values> = BTreeMap::new();
    for reading in &plant.readings {
        sent.insert((reading.machine, reading.time_ms), reading.values);
    }
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for (at, machine) in plant.machines.iter().enumerate() {
        let interval_ms = machine.interval_s * 1000;
        let meter =
            Meter { interval_ms, greatest_kw: machine.rated_kw.map(|kw| kw * 10.0), width_kwh: machine.width_kwh };
        let mut register = Register::default();
        let mut found = BTreeMap::new();
        let mut before: Option<(i64, Option<f64>)> = None;
        for (&(_, time_ms), &(power_kw, energy_kwh, counter_kwh)) in sent.range((at, i64::MIN)..=(at, i64::MAX)) {
            let step = counter_kwh.map(|kwh| register.step(Point { time_ms, kwh }, &meter));
            found.extend(step.and_then(|step| step.event).map(|event| (event.time_ms, event.kind)));
            let counted_kwh = step.and_then(|step| step.energy_kwh);
            let elapsed_ms = before.map_or(interval_ms, |before| time_ms - before.0);
            let held_ms = elapsed_ms.min(3 * interval_ms) as f64;
            let held_kwh = before.and_then(|before| before.1).map_or(0.0, |kw| (kw * held_ms / HOUR_MS).max(0.0));
            let energy = match (energy_kwh, counter_kwh) {
                (Some(kwh), _) => kwh,
                (None, Some(_)) => counted_kwh.unwrap_or(0.0),
                (None, None) => held_kwh,
            };
            let power = power_kw.or(energy_kwh.or(counted_kwh).map(|kwh| kwh * HOUR_MS / elapsed_ms as f64));
            rows.push((format!("m{at}"), time_ms, power.map(|kw| (kw + 0.0).to_bits()), (energy + 0.0).to_bits()));
            before = Some((time_ms, power));
        }
        let kind = |kind: EventKind| format!("{kind:?}").to_uppercase();
        events.extend(found.into_iter().map(|(time_ms, found)| (format!("m{at}"), time_ms, kind(found))));
    }
    (rows, events)
}

async fn of_two_sites_and_carriers_stay_apart(database: Database) {
    let server = Server::start(&database).await;
    let other = server.register_site("other").await;
    server.register("press", json!({})).await;
    server.register("boiler", json!({"carrier": "GAS", "kind": "BOILER"})).await;
    server.register("press", json!({"siteId": other})).await;
    let reading =
        |machine: &str, kw: f64| json!({"machine": machine, "time": START_MS, "power_kw": kw, "energy_kwh": kw / 2.0});
    server.record(json!([reading("press", 10.0), reading("boiler", 2249.0)])).await;
    let answer = server
        .post("/api/v1/readings?site=other", "application/json", json!([reading("press", 7.0)]).to_string())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let here = server.stats(Some(START_MS + 60_000), None).await;
    let there = server.stats(Some(START_MS + 60_000), Some(&other)).await;
    assert_eq!(
        (&here["totalEnergy"], &here["peakPower"], &here["totalReadings"]),
        (&json!(5.0), &json!(10.0), &json!(1))
    );
    assert_eq!((&there["totalEnergy"], &there["peakPower"]), (&json!(3.5), &json!(7.0)));
    server.stop().await;
}

async fn count_a_retired_machine_up_to_its_end(database: Database) {
    let server = Server::start(&database).await;
    let id = server.register("old", json!({"expectedIntervalSeconds": 60})).await;
    let readings: Vec<Value> =
        (0..10).map(|i| json!({"machine": "old", "time": START_MS + i * 60_000, "energy_kwh": 0.5})).collect();
    server.record(Value::Array(readings)).await;
    let later = START_MS + 19 * 60_000;
    assert_eq!(server.stats(Some(later), None).await["uptimePercent"], 50.0);
    let retire =
        "mutation($id: ID!, $at: DateTime) { retireMachine(input: {id: $id, at: $at}) { machine { retiredAt } } }";
    let at = wattline::domain::instant::format_ms(START_MS + 9 * 60_000);
    let data = server.data(retire, json!({"id": id, "at": at})).await;
    assert_eq!(data["retireMachine"]["machine"]["retiredAt"], at);
    let stats = server.stats(Some(later), None).await;
    assert_eq!(stats["uptimePercent"], 100.0);
    let db = database.connect().await;
    assert_eq!(truth(&db, 1, later).await.differences(&stats, 0.12, 0.5), Vec::<String>::new());
    server.stop().await;
}
