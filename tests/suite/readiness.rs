//! `/readyz` names what keeps requests from being served, and says so no longer once it has passed; `/healthz` says that
//! the process lives, whatever else.

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use wattline::clock::Clock;
use wattline::config::Options;

use crate::bad_weather::{on_a_disk_of, sentences};
use crate::harness::{Answer, Database, Server, number, on_both, until};

on_both!(a_database_that_cannot_be_written, a_schema_of_another_version);

async fn start(database: &Database) -> Server {
    let options = Options { busy_timeout: Some(0.3), ..Options::default() };
    Server::start_with(database, options, Clock::system()).await
}

/// It is not ready for this one reason, and lives.
async fn is_unready(server: &Server, code: &str) {
    let answer = server.get("/readyz").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, code), "{}", answer.text);
    let answer = answer.json();
    assert_eq!(answer["reasons"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(answer["reasons"][0]["code"], code, "{answer}");
    assert!(answer["reasons"][0]["message"].as_str().is_some_and(|message| message.len() > 20), "{answer}");
    assert_eq!(server.get("/healthz").await.status, 200);
}

/// Good news is a second old at most.
async fn turns(server: &Server, status: u16) -> Answer {
    until(&format!("/readyz says {status}"), async || {
        Some(server.get("/readyz").await).filter(|answer| answer.status == status)
    })
    .await
}

async fn a_database_that_cannot_be_written(database: Database) {
    let server = start(&database).await;
    assert_eq!(turns(&server, 200).await.json(), json!({"status": "ready"}));
    let db = database.connect().await;
    let written = "SELECT count(*) FROM lease WHERE name = 'readiness'";
    assert_eq!(number(&db, written).await, 1, "a row was written");
    let holder = db.begin().await.expect("a transaction");
    let lock = match holder.get_database_backend() {
        sea_orm::DbBackend::Postgres => "LOCK TABLE lease IN EXCLUSIVE MODE",
        _ => "UPDATE site SET name = name",
    };
    holder.execute_unprepared(lock).await.expect("the lock");
    turns(&server, 503).await;
    is_unready(&server, "DATABASE_BUSY").await;
    assert_eq!(server.stats(None, None).await["totalReadings"], 0, "reading goes on");
    holder.rollback().await.expect("released");
    turns(&server, 200).await;
    server.stop().await;
}

async fn a_schema_of_another_version(database: Database) {
    let server = start(&database).await;
    let db = database.connect().await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_of_a_newer_one', 0)";
    db.execute_unprepared(newer).await.expect("written");
    turns(&server, 503).await;
    is_unready(&server, "NOT_MIGRATED").await;
    db.execute_unprepared("DELETE FROM seaql_migrations WHERE version LIKE 'm9999%'").await.expect("written");
    turns(&server, 200).await;
    let older = "DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)";
    db.execute_unprepared(older).await.expect("written");
    turns(&server, 503).await;
    is_unready(&server, "NOT_MIGRATED").await;
    server.stop().await;
}

/// A disk that fills up: not ready before it is full, and ready again once there is room.
#[test]
fn a_disk_with_little_room() {
    let script = r#"
        serve "$DISK.log"
        turns() { until curl -s -w '%{http_code}\n' "$URL/readyz" | tee "$DISK.answer" | grep -q "$1\$"; do kill -0 $SERVER; done; cat "$DISK.answer"; }
        turns 200
        head -c 40000000 /dev/zero > "$DISK/ballast"
        turns 503
        curl -s -o "$DISK.answer" -w 'alive %{http_code}\n' "$URL/healthz"
        rm "$DISK/ballast"
        turns 200
        kill $SERVER; wait $SERVER
        rm -f "$DISK.answer" "$DISK.log"
    "#;
    let output = on_a_disk_of(64 * 1024, script);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &sentences(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("\"status\":\"ready\"").count(), 2, "{said}");
    assert_eq!(said.matches("{\"code\":\"DISK_LOW\"").count(), 2, "{said}");
    assert!(said.contains("needs 33554432") && said.contains("alive 200"), "{said}");
}
