//! The schema comes up to date at start: from every earlier one, with what was stored under it; with two processes at
//! once; never from a newer program's database.

use std::process::Stdio;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::harness::oracle::truth;
use crate::harness::{Database, Server, number, on_both};
use crate::recordings::wattline;

on_both!(
    what_was_stored_under_the_first_schema_is_all_there,
    each_step_leads_to_the_same_schema,
    two_processes_may_start_at_once,
    a_newer_database_is_refused,
    a_foreign_database_is_left_alone,
);

/// 2026-11-01T12:00:00Z, when the plant of `tests/released/first` had stored its last reading.
const END_MS: i64 = 1_793_534_400_000;

/// A plant's database as the first schema kept it: machines of two carriers, registers with a gap, a reset and a
/// replaced meter, a correction, an anomaly that somebody has acknowledged.
async fn load_first(database: &Database) {
    let kind = if database.name().is_some() { "postgres" } else { "sqlite" };
    new_file(database);
    let path = format!("{}/tests/released/first/{kind}.sql", env!("CARGO_MANIFEST_DIR"));
    let db = database.connect().await;
    db.execute_unprepared(&std::fs::read_to_string(path).expect("a dump")).await.expect("SQL");
    db.close().await.expect("closed");
}

/// What to connect to, on SQLite.
fn new_file(database: &Database) {
    if database.name().is_none() {
        std::fs::File::create(database.path()).expect("an empty file");
    }
}

/// Every column and index, but for those of monthly partitions.
async fn schema(db: &sea_orm::DatabaseConnection) -> Vec<String> {
    let sql = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
             || coalesce(' ' || column_default, '') FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name NOT LIKE 'reading\\_2%' \
             UNION ALL SELECT indexdef FROM pg_indexes \
             WHERE schemaname = current_schema() AND tablename NOT LIKE 'reading\\_2%' ORDER BY 1"
        }
        _ => {
            "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || coalesce(' ' || c.dflt_value, '') \
             FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' \
             UNION ALL SELECT name || coalesce(sql, '') FROM sqlite_master WHERE type = 'index' ORDER BY 1"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("SQL");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

async fn what_was_stored_under_the_first_schema_is_all_there(database: Database) {
    load_first(&database).await;
    let doctor = wattline(&database, &["doctor"]).output().expect("runs");
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.success() && said.contains("migrations are missing"), "{said}");
    assert!(wattline(&database, &["migrate"]).status().expect("runs").success());

    let server = Server::start(&database).await;
    let db = database.connect().await;
    for as_of_ms in [END_MS, END_MS - 3 * 3_600_000 - 123_000, END_MS + 86_400_000] {
        let stats = server.stats(Some(as_of_ms), None).await;
        assert_eq!(truth(&db, 1, as_of_ms).await.differences(&stats, 0.12, 0.5), Vec::<String>::new());
    }
    // What that version itself said of it.
    let stats = server.stats(Some(END_MS), None).await;
    let said = ["totalReadings", "totalEnergy", "peakPower", "avgPower", "uptimePercent", "totalAnomalies"];
    let then = json!([138, 615.166_666_666_666_6, 64.5, 26.356_934_306_569_343, 95.833_333_333_333_33, 1]);
    assert_eq!(json!(said.map(|name| &stats[name])), then);
    let query = "{ machine(name: \"meter\") { meterEvents { nodes { kind beforeKwh afterKwh } } }
        anomalies(last: 1) { nodes { kind severity status message isQuiet machine { name } } }
        carrierStats(asOf: \"2026-11-01T12:00:00Z\") { carrier totalAmount } }";
    let found = server.data(query, json!({})).await;
    let events = found["machine"]["meterEvents"]["nodes"].as_array().expect("events");
    assert!(!events.is_empty(), "{found}");
    let anomaly = json!({"kind": "BEARING", "severity": "CRITICAL", "status": "ACKNOWLEDGED", "message": "it whistles",
        "isQuiet": false, "machine": {"name": "press"}});
    assert_eq!(found["anomalies"]["nodes"], json!([anomaly]));
    let gas = found["carrierStats"].as_array().expect("carriers").iter().find(|one| one["carrier"] == "GAS");
    assert_eq!(gas.expect("gas")["totalAmount"], 878.8);
    assert_eq!(number(&db, "SELECT count(*) FROM meter_replacement").await, 1);

    // And it goes on: a late reading, a correction, the next one of a register.
    let rows = json!([{"machine": "press", "time": END_MS - 7_199_000, "power_kw": 30},
        {"machine": "press", "time": END_MS - 595_000, "power_kw": 31},
        {"machine": "meter", "time": END_MS + 5000, "counter_kwh": 97.5}]);
    let receipt = server.record(rows).await;
    assert_eq!((&receipt["accepted"], &receipt["corrected"]), (&json!(2), &json!(1)), "{receipt}");
    let stats = server.stats(Some(END_MS + 60_000), None).await;
    assert_eq!(truth(&db, 1, END_MS + 60_000).await.differences(&stats, 0.12, 0.5), Vec::<String>::new());
    server.stop().await;
    let doctor = wattline(&database, &["doctor"]).output().expect("runs");
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
}

/// No migration is changed once it has landed: what the first one makes is what was released; and a plant that comes from
/// any step has in the end what a new one has.
async fn each_step_leads_to_the_same_schema(database: Database) {
    let another = async || if database.name().is_some() { Database::postgres().await } else { Database::sqlite() };
    let start = async |steps| {
        let new = another().await;
        new_file(&new);
        let db = new.connect().await;
        Migrator::up(&db, steps).await.expect("migrated");
        schema(&db).await
    };
    load_first(&database).await;
    let db = database.connect().await;
    assert_eq!(schema(&db).await, start(Some(1)).await, "the first migration is as it was released");
    let newest = start(None).await;
    db.close().await.expect("closed");
    for steps in 0..Migrator::migrations().len() as u32 {
        let old = another().await;
        load_first(&old).await;
        let db = old.connect().await;
        Migrator::up(&db, Some(steps)).await.expect("migrated");
        db.close().await.expect("closed");
        let output = wattline(&old, &["migrate"]).output().expect("runs");
        assert!(output.status.success(), "{steps}: {}", String::from_utf8_lossy(&output.stderr));
        let db = old.connect().await;
        assert_eq!(schema(&db).await, newest, "after {steps} steps");
        assert_eq!(number(&db, "SELECT count(*) FROM reading").await, 210, "after {steps} steps");
    }
}

async fn two_processes_may_start_at_once(database: Database) {
    let start = || wattline(&database, &["migrate"]).stderr(Stdio::piped()).spawn().expect("runs");
    let processes: Vec<_> = (0..4).map(|_| start()).collect();
    for process in processes {
        let output = process.wait_with_output().expect("ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let db = database.connect().await;
    let rows =
        db.query_all_raw(sea_orm::Statement::from_string(db.get_database_backend(), "SELECT name FROM site")).await;
    assert_eq!(rows.expect("SQL").len(), 1, "the default site, once");
}

async fn a_newer_database_is_refused(database: Database) {
    assert!(wattline(&database, &["migrate"]).status().expect("runs").success());
    let db = database.connect().await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)";
    db.execute_unprepared(newer).await.expect("SQL");
    let output = wattline(&database, &["stats"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let sentence = String::from_utf8_lossy(&output.stderr);
    assert!(sentence.contains("newer Wattline") && sentence.contains("m29990101_000001_later"), "{sentence}");
}

async fn a_foreign_database_is_left_alone(database: Database) {
    new_file(&database);
    let db = database.connect().await;
    db.execute_unprepared("CREATE TABLE machine (id integer)").await.expect("SQL");
    for command in ["migrate", "stats"] {
        let output = wattline(&database, &[command]).output().expect("runs");
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
    db.execute_unprepared("INSERT INTO machine VALUES (1)").await.expect("the table is as it was");
}
