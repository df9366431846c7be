//! Real recordings, imported by the binary and checked against plain SQL over the raw rows at several instants.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::harness::oracle::truth;
use crate::harness::{Database, Server, on_both, recording};

on_both!(of_a_steel_works, of_two_transformers_with_gaps_and_feed_in, of_a_state, of_a_state_as_the_file_is);

pub(crate) fn wattline(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wattline"));
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
