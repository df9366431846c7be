//! Real recordings, imported by the binary and checked against plain SQL over the raw rows at several instants.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use entity::{meter_event, reading, rollup};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::harness::oracle::truth;
use crate::harness::{Database, Server, on_both, recording};

on_both!(
    of_a_steel_works,
    of_two_transformers_with_gaps_and_feed_in,
    of_a_state,
    of_a_state_as_the_file_is,
    of_a_steel_works_shuffled,
    of_a_transformer_shuffled,
);

pub(crate) fn wattline(database: &Database, arguments: &[&str]) -> Command {
    let mut command =
        Command::new(std::env::var_os("WATTLINE_BINARY").unwrap_or(env!("CARGO_BIN_EXE_wattline").into()));
    command.args(arguments).env("WATTLINE_DATABASE", &database.url).stdin(Stdio::null());
    command
}

fn import(database: &Database, file: &Path, interval_s: i64, more: &[&str]) -> Output {
    let interval_s = interval_s.to_string();
    let file = file.to_str().expect("a path");
    let mut command = wattline(database, &["import", "--auto-register", "--expected-interval", &interval_s, file]);
    command.args(more).output().expect("the program runs")
}

fn summary(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(!words.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    words.join(" ")
}

/// Looks at some instants, spread over the recording and a little beyond.
async fn check(database: &Database, first: &str, last: &str) {
    let ms = |text: &str| wattline::domain::instant::parse_ms(text, None).expect("a time");
    let (first_ms, last_ms) = (ms(first), ms(last));
    let server = Server::start(database).await;
    let db = database.connect().await;
    for part in 0..=7 {
        let as_of_ms = (first_ms + (last_ms - first_ms) / 7 * part + part * 61_000) / 1000 * 1000;
        let stats = server.stats(Some(as_of_ms), None).await;
        let differences = truth(&db, 1, as_of_ms).await.differences(&stats, 0.12, 0.5);
        assert!(differences.is_empty(), "at {as_of_ms}: {differences:?}");
        assert!(stats["totalReadings"].as_i64().expect("a count") > 0, "{stats}");
    }
    server.stop().await;
}

async fn of_a_steel_works(database: Database) {
    let file = recording("steel.wattline.csv");
    let output = import(&database, &file, 900, &[]);
    assert_eq!(summary(&output), "accepted 35040 duplicates 0 corrected 0 rejected 0");
    assert!(output.status.success());
    check(&database, "2017-12-31T15:15:00Z", "2018-12-31T15:00:00Z").await;
    let stats = wattline(&database, &["stats", "--json", "--as-of", "2018-12-31T15:00:00Z"]).output().expect("runs");
    let stats: Value = serde_json::from_slice(&stats.stdout).expect("JSON");
    // The sum of the file's own column, added up by another program.
    assert_eq!(stats["total_readings"], 35_040);
    let sum: f64 = column_sum(&file, 3);
    assert!((stats["total_energy"].as_f64().expect("known") / sum - 1.0).abs() < 1e-12, "{stats} {sum}");
    // The same file again changes nothing, through standard input too.
    let again = wattline(&database, &["import", "-"])
        .stdin(std::fs::File::open(&file).expect("a file"))
        .output()
        .expect("runs");
    assert_eq!(summary(&again), "accepted 0 duplicates 35040 corrected 0 rejected 0");
}

fn column_sum(file: &Path, column: usize) -> f64 {
    let text = std::fs::read_to_string(file).expect("a file");
    text.lines()
        .skip(1)
        .map(|line| line.split(',').nth(column).expect("a field").parse::<f64>().expect("a number"))
        .sum()
}

/// Writes rows in Wattline's own format.
fn converted(rows: impl Iterator<Item = String>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let lines: Vec<String> = std::iter::once("machine,time,power_kw,energy_kwh".to_owned()).chain(rows).collect();
    std::fs::write(&file, lines.join("\n")).expect("written");
    file
}

async fn of_two_transformers_with_gaps_and_feed_in(database: Database) {
    // Hourly loads of six feeders, some negative; local times without an offset.
    let text = std::fs::read_to_string(recording("ETTh1.csv")).expect("a file");
    let feeders = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL"];
    let rows = text.lines().skip(1).flat_map(|line| {
        let fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        (0..6).map(move |i| {
            let kw: f64 = fields[i + 1].parse().expect("a number");
            format!("{},{},{kw},{}", feeders[i], fields[0], kw.max(0.0))
        })
    });
    let file = converted(rows);
    let refused = import(&database, file.path(), 3600, &[]);
    assert!(summary(&refused).ends_with("rejected 104520"), "times without an offset need a zone: {refused:?}");
    assert_eq!(refused.status.code(), Some(1));
    let output = import(&database, file.path(), 3600, &["--timezone", "Asia/Shanghai"]);
    assert_eq!(summary(&output), "accepted 104520 duplicates 0 corrected 0 rejected 0");
    check(&database, "2016-06-30T16:00:00Z", "2018-06-26T11:00:00Z").await;
}

async fn of_a_state(database: Database) {
    // Half-hourly demand in MW of a whole state: sent over HTTP, late half first.
    let text = std::fs::read_to_string(recording("vic_electricity.csv")).expect("a file");
    let rows: Vec<Value> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let kw = fields[1].parse::<f64>().expect("a number") * 1000.0;
            json!({"machine": "victoria", "time": fields[0], "power_kw": kw, "energy_kwh": kw / 2.0})
        })
        .collect();
    assert_eq!(rows.len(), 52_608);
    let server = Server::start(&database).await;
    server.register("victoria", json!({"expectedIntervalSeconds": 1800})).await;
    let (early, late) = rows.split_at(rows.len() / 2);
    for part in [late, early] {
        let receipt = server.record(json!(part)).await;
        assert_eq!(receipt["accepted"], 26_304);
    }
    server.stop().await;
    check(&database, "2011-12-31T13:00:00Z", "2014-12-31T12:30:00Z").await;
}

/// The file with its own names and units, power alone: held until the next reading, half an hour later.
async fn of_a_state_as_the_file_is(database: Database) {
    let mapped = ["--map", "time=Time,power_mw=Demand", "--machine", "victoria"];
    let output = import(&database, &recording("vic_electricity.csv"), 1800, &mapped);
    assert_eq!(summary(&output), "accepted 52608 duplicates 0 corrected 0 rejected 0");
    check(&database, "2011-12-31T13:00:00Z", "2014-12-31T12:30:00Z").await;
    // The first half hour's energy is not known; from there on it is the demand half an hour before.
    let text = std::fs::read_to_string(recording("vic_electricity.csv")).expect("a file");
    let demands = text.lines().skip(1).map(|line| line.split(',').nth(1).and_then(|mw| mw.parse::<f64>().ok()));
    let demands: Vec<f64> = demands.map(|mw| mw.expect("a number")).collect();
    let expected = demands[..demands.len() - 1].iter().sum::<f64>() * 1000.0 / 2.0;
    let server = Server::start(&database).await;
    let total = server.stats(None, None).await["totalEnergy"].as_f64().expect("a number");
    assert!((total - expected).abs() < 1e-9 * expected, "{total} instead of {expected}");
    server.stop().await;
}

/// Time, power, kW, and energy, kWh.
type Recorded = (String, f64, f64);

const KINDS: [&str; 3] = ["power", "register", "either"];

/// A machine three times: sending power alone, a register alone, and now the one and now the other. The register begins
/// at `first_kwh`, and again at `width_kwh`.
fn of_each_kind(machine: &str, recorded: &[Recorded], first_kwh: f64, width_kwh: f64) -> Vec<String> {
    let mut register_kwh = first_kwh;
    let mut lines = Vec::new();
    for (at, (time, power_kw, energy_kwh)) in recorded.iter().enumerate() {
        register_kwh += energy_kwh;
        let (power, register) = (format!("{power_kw},"), format!(",{:.2}", register_kwh % width_kwh));
        let either = if at % 2 == 0 { &register } else { &power };
        for (kind, values) in KINDS.iter().zip([&power, &register, either]) {
            lines.push(format!("{machine} {kind},{time},{values}"));
        }
    }
    lines
}

async fn of_a_steel_works_shuffled(database: Database) {
    let text = std::fs::read_to_string(recording("steel.wattline.csv")).expect("a file");
    let recorded: Vec<Recorded> = text
        .lines()
        .skip(1)
        .take(2500)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |at: usize| fields[at].parse().expect("a number");
            (fields[1].to_owned(), number(2), number(3))
        })
        .collect();
    let lines = of_each_kind("steel", &recorded, 90_000.0, 100_000.0);
    let machines = KINDS.map(|kind| format!("steel {kind}"));
    let machine = json!({"expectedIntervalSeconds": 900, "registerWidthKwh": 100_000});
    let kinds = check_order_does_not_matter(&database, &machines, &machine, "", &lines).await;
    assert_eq!(kinds, [meter_event::Kind::Rollover; 2]);
}

async fn of_a_transformer_shuffled(database: Database) {
    // Local times, and ten days in which some feeders feed in now and then.
    let text = std::fs::read_to_string(recording("ETTh2.csv")).expect("a file");
    let hours: Vec<Vec<&str>> = text.lines().skip(13_000).take(250).map(|line| line.split(',').collect()).collect();
    let feeders = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL"];
    let mut lines = Vec::new();
    for (i, feeder) in feeders.iter().enumerate() {
        let recorded = hours.iter().map(|hour| {
            let kw: f64 = hour[i + 1].parse().expect("a number");
            (hour[0].to_owned(), kw, kw.max(0.0))
        });
        lines.extend(of_each_kind(feeder, &recorded.collect::<Vec<_>>(), 0.0, f64::INFINITY));
    }
    // As they came: hour by hour.
    lines.sort_by_key(|line| line.split(',').nth(1).expect("a time").to_owned());
    let machines: Vec<String> =
        feeders.iter().flat_map(|feeder| KINDS.map(|kind| format!("{feeder} {kind}"))).collect();
    let machine = json!({"expectedIntervalSeconds": 3600});
    let kinds = check_order_does_not_matter(&database, &machines, &machine, "?timezone=Asia/Shanghai", &lines).await;
    assert_eq!(kinds, []);
}

/// Sends lines once in order, and elsewhere shuffled, a third of them twice, in batches of odd sizes and with a restart
/// in the middle: the same must be stored. Returns what the registers did.
async fn check_order_does_not_matter(
    database: &Database,
    machines: &[String],
    machine: &Value,
    parameters: &str,
    lines: &[String],
) -> Vec<meter_event::Kind> {
    let in_order = if database.name().is_some() { Database::postgres().await } else { Database::sqlite() };
    let server = Server::start(&in_order).await;
    for name in machines {
        server.register(name, machine.clone()).await;
    }
    assert_eq!(send(&server, parameters, lines, &[lines.len()]).await, (lines.len(), 0));
    server.stop().await;

    let mut server = Server::start(database).await;
    for name in machines {
        server.register(name, machine.clone()).await;
    }
    let twice = lines.iter().step_by(3);
    let count_twice = twice.len();
    let sent = shuffled(lines.iter().chain(twice).cloned().collect());
    let (early, late) = sent.split_at(sent.len() / 2);
    let sizes = [1, 7, 333, 19, 1001, 97];
    let before = send(&server, parameters, early, &sizes).await;
    server.restart(database).await;
    let after = send(&server, parameters, late, &sizes).await;
    server.stop().await;
    assert_eq!((before.0 + after.0, before.1 + after.1), (lines.len(), count_twice));
    let (expected, found) = (in_order.connect().await, database.connect().await);
    assert_same_readings(&expected, &found).await;
    assert_same_rollups(&expected, &found).await;
    let (expected, found) = (events(&expected).await, events(&found).await);
    assert_eq!(found, expected);
    expected.into_iter().map(|event| event.kind).collect()
}

/// The same rows in another order, always the same one (Fisher and Yates, over Knuth's MMIX generator).
fn shuffled(mut rows: Vec<String>) -> Vec<String> {
    let mut state: u64 = 2026;
    for i in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(i, (state >> 33) as usize % (i + 1));
    }
    rows
}

/// Sends lines in batches of these sizes, again and again; returns how many were accepted, and how many duplicates.
async fn send(server: &Server, parameters: &str, lines: &[String], sizes: &[usize]) -> (usize, usize) {
    let (mut accepted, mut duplicates, mut rest) = (0, 0, lines);
    for size in sizes.iter().cycle() {
        let (batch, later) = rest.split_at(rest.len().min(*size));
        if batch.is_empty() {
            break;
        }
        rest = later;
        let body = format!("machine,time,power_kw,counter_kwh\n{}\n", batch.join("\n"));
        let answer = server.post(&format!("/api/v1/readings{parameters}"), "text/csv", body).await;
        let receipt = answer.json();
        assert_eq!((&receipt["corrected"], &receipt["rejected"]), (&json!(0), &json!([])), "{receipt}");
        let count = |what: &str| receipt[what].as_u64().expect("a count") as usize;
        (accepted, duplicates) = (accepted + count("accepted"), duplicates + count("duplicates"));
    }
    (accepted, duplicates)
}

async fn assert_same_readings(expected: &DatabaseConnection, found: &DatabaseConnection) {
    let rows = async |db| {
        let rows = reading::Entity::find().order_by_asc(reading::Column::MachineId);
        let rows = rows.order_by_asc(reading::Column::TimeMs).all(db).await.expect("rows");
        let bits = |row: reading::Model| {
            let values = [row.power_kw, Some(row.energy_kwh), row.counter_kwh].map(|value| value.map(f64::to_bits));
            (row.machine_id, row.time_ms, values, row.flags)
        };
        rows.into_iter().map(bits).collect::<Vec<_>>()
    };
    let (expected, found) = (rows(expected).await, rows(found).await);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

async fn assert_same_rollups(expected: &DatabaseConnection, found: &DatabaseConnection) {
    let rows = async |db| {
        let rows = rollup::Entity::find().order_by_asc(rollup::Column::Scope).order_by_asc(rollup::Column::OwnerId);
        let rows = rows.order_by_asc(rollup::Column::WidthMin).order_by_asc(rollup::Column::EndMin);
        rows.all(db).await.expect("rows")
    };
    let (expected, found) = (rows(expected).await, rows(found).await);
    assert_eq!(found.len(), expected.len());
    let exact = |row: &rollup::Model| {
        let key = (row.scope, row.owner_id, row.width_min, row.end_min);
        (key, row.readings, row.powers, row.power_kw_min, row.power_kw_max)
    };
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(exact(found), exact(expected));
        let energies = [found, expected].map(|row| row.energy_kwh + row.energy_kwh_rest);
        let powers = [found, expected].map(|row| row.power_kw_sum + row.power_kw_sum_rest);
        assert!(near(energies[0], energies[1]) && near(powers[0], powers[1]), "{found:?} instead of {expected:?}");
    }
}

async fn events(db: &DatabaseConnection) -> Vec<meter_event::Model> {
    let events = meter_event::Entity::find().order_by_asc(meter_event::Column::MachineId);
    events.order_by_asc(meter_event::Column::TimeMs).all(db).await.expect("rows")
}
