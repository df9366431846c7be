//! The schema comes up to date at start: with two processes at once, never from a newer program's database.

use std::process::Stdio;

use sea_orm::ConnectionTrait;

use crate::harness::{Database, on_both};
use crate::recordings::wattline;

on_both!(two_processes_may_start_at_once, a_newer_database_is_refused, a_foreign_database_is_left_alone);

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
    if database.name().is_none() {
        std::fs::File::create(database.path()).expect("an empty file");
    }
    let db = database.connect().await;
    db.execute_unprepared("CREATE TABLE machine (id integer)").await.expect("SQL");
    for command in ["migrate", "stats"] {
        let output = wattline(&database, &[command]).output().expect("runs");
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
    db.execute_unprepared("INSERT INTO machine VALUES (1)").await.expect("the table is as it was");
}
