//! `wattline doctor`: all is well, and what is not is named.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::domain::instant::format_ms;

use crate::harness::{Database, Program, Server, on_both};
use crate::recordings::wattline;

on_both!(says_that_all_is_well, names_what_is_wrong);

const QUARTER_MS: i64 = 900_000;

/// A plant of two days that end now: power, registers with a gap and a correction, another carrier.
async fn plant(database: &Database) -> i64 {
    let server = Server::start(database).await;
    for (name, more) in [
        ("press", json!({})),
        ("register", json!({"expectedIntervalSeconds": 600})),
        ("boiler", json!({"carrier": "GAS"})),
    ] {
        server.register(name, more).await;
    }
    let end_ms = Clock::system().now_ms() / QUARTER_MS * QUARTER_MS;
    let mut rows = Vec::new();
    for n in (0..288).filter(|n| !(100..150).contains(n)) {
        let time = end_ms - n * 600_000;
        let kw = (n * 7919 % 600) as f64 / 7.0;
        rows.push(json!({"machine": "press", "time": time, "power_kw": kw}));
        rows.push(json!({"machine": "register", "time": time, "counter_kwh": 1000.0 - n as f64 / 3.0}));
        rows.push(json!({"machine": "boiler", "time": time, "power_kw": kw, "energy_kwh": kw / 6.0}));
    }
    server.record(json!(rows)).await;
    server.record(json!([{"machine": "press", "time": end_ms, "power_kw": 77.7}])).await;
    server.stop().await;
    end_ms
}

fn doctor(database: &Database) -> (Option<i32>, Value) {
    let output = wattline(database, &["doctor", "--json"]).output().expect("runs");
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code(), report.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr))))
}

/// Status and sentence of a check.
fn check(report: &Value, name: &str) -> (String, String) {
    let found = report["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {report}"));
    let text = |key: &str| found[key].as_str().expect("a text").to_owned();
    (text("status"), text("message"))
}

async fn says_that_all_is_well(database: Database) {
    plant(&database).await;
    let server = Program::start(&database, &["serve"]);
    let (code, report) = doctor(&database);
    assert_eq!((code, &report["is_healthy"]), (Some(0), &json!(true)), "{report}");
    let names: Vec<&str> =
        report["checks"].as_array().expect("checks").iter().filter_map(|check| check["name"].as_str()).collect();
    let all = ["configuration", "database", "schema", "integrity", "disk", "access", "clock", "rollups", "totals"];
    assert_eq!(names, all);
    assert!(all.iter().filter(|name| **name != "disk").all(|name| check(&report, name).0 == "ok"), "{report}");
    let buckets: i64 =
        check(&report, "rollups").1.split(' ').next().and_then(|count| count.parse().ok()).expect("a count");
    assert_eq!(buckets, database.number("SELECT count(*) FROM rollup").await, "every bucket is compared");
    let lines = wattline(&database, &["doctor"]).output().expect("runs");
    let lines = String::from_utf8_lossy(&lines.stdout).into_owned();
    assert_eq!(lines.lines().count(), all.len(), "{lines}");
    assert!(lines.starts_with("ok       configuration  "), "{lines}");
    server.stop();
}

async fn names_what_is_wrong(database: Database) {
    let end_ms = plant(&database).await;
    let db = database.connect().await;
    let sql = async |sql: &str| assert!(db.execute_unprepared(sql).await.expect("SQL").rows_affected() > 0, "{sql}");
    let end_min = end_ms / 60_000;
    let of_press = "scope = 0 AND owner_id = (SELECT id FROM machine WHERE name = 'press')";
    let of_site = "scope = 1 AND owner_id = 1";

    // A row is altered, and put back: each time the doctor names it, and is content again.
    let alterations = [
        (
            format!("{of_press} AND width_min = 15 AND end_min = {end_min}"),
            "energy_kwh",
            "0.001",
            "machine press: the bucket of 15 min",
        ),
        (
            format!("{of_press} AND width_min = 15 AND end_min = {end_min}"),
            "readings",
            "1",
            "machine press: the bucket of 15 min",
        ),
        (
            format!(
                "{of_press} AND width_min = 1440 AND end_min = (SELECT min(end_min) FROM rollup WHERE {of_press} AND width_min = 1440)"
            ),
            "power_kw_max",
            "1",
            "machine press: the bucket of 1440 min",
        ),
        (
            format!("{of_site} AND width_min = 1 AND end_min = {end_min}"),
            "power_kw_sum",
            "0.5",
            "site default (electricity in kwh): the bucket of 1 min",
        ),
    ];
    for (row, column, more, named) in &alterations {
        sql(&format!("UPDATE rollup SET {column} = {column} + {more} WHERE {row}")).await;
        let (code, report) = doctor(&database);
        let (status, message) = check(&report, "rollups");
        assert_eq!((code, status.as_str()), (Some(1), "fault"), "{report}");
        assert!(message.contains(named), "{message}");
        if row.contains("= 15 ") || row.contains("= 1 ") {
            assert!(message.contains(&format_ms(end_ms)), "{message}");
        }
        sql(&format!("UPDATE rollup SET {column} = {column} - {more} WHERE {row}")).await;
    }
    assert_eq!(doctor(&database).0, Some(0));

    // All buckets of the site say one reading more: only its machines know better.
    for end in ["+", "-"] {
        sql(&format!("UPDATE rollup SET readings = readings {end} 1 WHERE {of_site} AND width_min = 46080")).await;
        let (code, report) = doctor(&database);
        assert_eq!(
            (code, check(&report, "totals").0 == "fault"),
            (Some(i32::from(end == "+")), end == "+"),
            "{report}"
        );
    }

    // Readings that no bucket knows, of a machine that there is not, and of tomorrow.
    let tomorrow_ms = end_ms + 86_400_000;
    let table = if database.name().is_some() { "reading_old" } else { "reading" };
    let stray_ms = if database.name().is_some() { 900_000_000_000 } else { tomorrow_ms };
    sql(&format!("INSERT INTO {table} (machine_id, time_ms, energy_kwh, flags) VALUES (999, {stray_ms}, 1, 2)")).await;
    let (code, report) = doctor(&database);
    assert_eq!(code, Some(1));
    assert!(check(&report, "rollups").1.contains("machine 999, which is not there"), "{report}");
    sql("DELETE FROM reading WHERE machine_id = 999").await;
    if database.name().is_none() {
        sql(&format!("UPDATE reading SET time_ms = {tomorrow_ms} WHERE machine_id = 1 AND time_ms = {end_ms}")).await;
        let (_, report) = doctor(&database);
        let (status, message) = check(&report, "clock");
        assert!(status == "fault" && message.contains("ahead: this clock is slow"), "{report}");
    }
}

/// What cannot be reached, is not ours or is set up wrongly is said, and no database is made on the way.
#[tokio::test]
async fn a_database_that_is_not_there_is_a_fault() {
    let database = Database::sqlite();
    let (code, report) = doctor(&database);
    assert_eq!(code, Some(1));
    assert!(check(&report, "database").1.contains("there is no database"), "{report}");
    assert!(!database.path().exists());
    assert!(wattline(&database, &["migrate"]).status().expect("runs").success());
    let arguments = ["doctor", "--json", "--listen", "0.0.0.0:8080", "--documents-file", "/nowhere.json"];
    let output = wattline(&database, &arguments).output().expect("runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(1));
    assert!(check(&report, "configuration").1.contains("/nowhere.json"), "{report}");
    let (status, message) = check(&report, "access");
    assert!(status == "fault" && message.contains("serve refuses 0.0.0.0:8080"), "{report}");
}

/// A file with damaged pages is a fault, and says to restore a backup.
#[tokio::test]
async fn a_damaged_file_is_a_fault() {
    let database = Database::sqlite();
    plant(&database).await;
    let mut bytes = std::fs::read(database.path()).expect("a file");
    let (from, to) = (bytes.len() / 2, bytes.len() / 2 + 9000);
    bytes[from..to].fill(0x5a);
    std::fs::write(database.path(), bytes).expect("written");
    let (code, report) = doctor(&database);
    assert_eq!((code, check(&report, "integrity").0.as_str()), (Some(1), "fault"), "{report}");
}
