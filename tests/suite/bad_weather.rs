//! A database that is locked, gone, full or read-only: an error that says what and what to do, nothing half-written,
//! and all well again when the cause has passed.

use std::process::{Command, Output};

use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use crate::harness::{Answer, Database, Server, on_both, until};

on_both!(while_somebody_else_holds_the_lock, while_it_is_gone);

const TIME: &str = "2026-11-01T08:00:00Z";

fn reading() -> Value {
    json!([{"machine": "press", "time": TIME, "power_kw": 2, "energy_kwh": 0.5}])
}

async fn start(database: &Database) -> Server {
    let options = Options { busy_timeout: Some(0.3), ..Options::default() };
    let server = Server::start_with(database, options, Clock::system()).await;
    server.register("press", json!({})).await;
    server
}

async fn send(server: &Server) -> Answer {
    server.post("/api/v1/readings", "application/json", reading().to_string()).await
}

async fn while_somebody_else_holds_the_lock(database: Database) {
    let server = start(&database).await;
    let db = database.connect().await;
    let holder = db.begin().await.expect("a transaction");
    let lock = match holder.get_database_backend() {
        sea_orm::DbBackend::Postgres => "LOCK TABLE machine IN EXCLUSIVE MODE",
        _ => "UPDATE site SET name = name",
    };
    holder.execute_unprepared(lock).await.expect("the lock");
    let answer = send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "DATABASE_BUSY"), "{}", answer.text);
    assert_eq!(answer.headers["retry-after"], "1");
    assert!(answer.text.contains("Nothing was stored"), "{}", answer.text);
    let mutation = "mutation { registerMachine(input: {name: \"saw\"}) { machine { id } } }";
    assert_eq!(server.graphql(mutation, json!({})).await["errors"][0]["extensions"]["code"], "DATABASE_BUSY");
    assert_eq!(server.stats(None, None).await["totalReadings"], 0, "reading goes on");
    holder.rollback().await.expect("released");
    assert_eq!(send(&server).await.json()["accepted"], 1, "the same again is taken");
    server.stop().await;
}

async fn while_it_is_gone(database: Database) {
    let server = start(&database).await;
    let way_back = take_away(&database).await;
    let answer = send(&server).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "DATABASE_UNAVAILABLE"), "{}", answer.text);
    let health = server.get("/api/v1/health").await;
    assert_eq!((health.status, &health.json()["status"]), (503, &json!("unhealthy")), "{}", health.text);
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.get("/healthz").await.status, 200, "the process itself lives");
    give_back(&database, way_back).await;
    // A database that is just up may turn the first ones away; then nothing was stored, and the answer says so.
    until("the same again is taken", async || {
        let answer = send(&server).await;
        assert!(answer.status == 503 || answer.json()["accepted"] == 1, "{}", answer.text);
        (answer.status != 503).then_some(())
    })
    .await;
    assert_eq!(server.get("/readyz").await.status, 200);
    server.stop().await;
}

/// What brings the database back: a connection beside it, on PostgreSQL.
type WayBack = Option<sea_orm::DatabaseConnection>;

async fn take_away(database: &Database) -> WayBack {
    let Some(name) = database.name() else {
        std::fs::rename(database.path(), database.folder().join("elsewhere")).expect("moved");
        return None;
    };
    let beside = sea_orm::Database::connect(database.url.replace(name, "postgres")).await.expect("a connection");
    let backend = beside.get_database_backend();
    let end_sessions = format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'");
    let rename = format!("ALTER DATABASE {name} RENAME TO {name}_elsewhere");
    until("the database has another name", async || {
        beside.execute_raw(Statement::from_string(backend, end_sessions.clone())).await.expect("SQL");
        beside.execute_unprepared(&rename).await.ok()
    })
    .await;
    Some(beside)
}

async fn give_back(database: &Database, way_back: WayBack) {
    let (Some(beside), Some(name)) = (way_back, database.name()) else {
        return std::fs::rename(database.folder().join("elsewhere"), database.path()).expect("moved back");
    };
    beside.execute_unprepared(&format!("ALTER DATABASE {name}_elsewhere RENAME TO {name}")).await.expect("SQL");
}

/// Runs a shell script with a file system of its own, of so many KiB, in the folder `$DISK`.
pub(crate) fn on_a_disk_of(kib: u32, script: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    // `serve LOG` starts a server with its log there; its process is $SERVER, its address $URL.
    let serve = r#"serve() {
        "$WATTLINE" serve --listen 127.0.0.1:0 2> "$1" & SERVER=$!
        until grep -q http: "$1"; do kill -0 $SERVER; done
        URL=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$1")
    }"#;
    let script = format!("set -e; {serve}; mount -t tmpfs -o size={kib}k none \"$DISK\"; {script}");
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &script]).env("DISK", folder.path());
    command.env("WATTLINE", env!("CARGO_BIN_EXE_wattline"));
    command.env("WATTLINE_DATABASE", format!("sqlite://{}/wattline.db", folder.path().display()));
    command.output().expect("unshare, of the package util-linux")
}

pub(crate) fn sentences(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What was acknowledged stays readable, and nothing of the refused part is there.
#[test]
fn a_full_disk_is_said_and_keeps_what_was_stored() {
    let import = "seq 1760000000 1760199999 | sed 's/^/press,/; s/$/,2,0.5/' | sed '1i machine,time,power_kw,energy_kwh' \
        | \"$WATTLINE\" import --auto-register - && exit 9; cp -r \"$DISK\" \"$DISK.copy\"; \
        WATTLINE_DATABASE=sqlite://$DISK.copy/wattline.db \"$WATTLINE\" stats --json; rm -r \"$DISK.copy\"";
    let output = on_a_disk_of(6000, import);
    assert!(output.status.success(), "{}", sentences(&output));
    assert!(sentences(&output).contains("disk of the database is full"), "{}", sentences(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let (summary, stats) = text.split_once('{').expect("a summary, then the statistics");
    let accepted: u64 = summary
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().last())
        .expect("a count")
        .parse()
        .expect("a count");
    let stats: Value = serde_json::from_str(&format!("{{{stats}")).expect("JSON");
    assert!(accepted > 0 && accepted < 200_000, "{summary}");
    assert_eq!(stats["total_readings"], accepted, "what was acknowledged is there, and no more");
}

#[test]
fn a_disk_that_cannot_be_written_is_said() {
    let script = "\"$WATTLINE\" migrate; mount -o remount,ro \"$DISK\"; \
        printf 'machine,time,energy_kwh\\npress,1760000000,1\\n' | \"$WATTLINE\" import --auto-register -";
    let output = on_a_disk_of(6000, script);
    assert_eq!(output.status.code(), Some(1), "{}", sentences(&output));
    assert!(sentences(&output).contains("can be written"), "{}", sentences(&output));
}

/// A server whose disk fills up refuses what it cannot store, and once there is room again, what it acknowledges is
/// on disk: seen by another process, after the server was killed.
#[test]
fn a_server_survives_a_full_disk() {
    let script = r#"
        serve "$DISK/log"
        send() { curl -s -o "$DISK.answer" -w '%{http_code}' -H 'content-type: application/json' "$URL/$1" -d "$2"; }
        send graphql '{"query":"mutation{registerMachine(input:{name:\"press\"}){machine{id}}}"}' > "$DISK.answer"
        head -c 100000000 /dev/zero > "$DISK/ballast" 2> /dev/null || true
        REFUSED=0 N=0
        while [ $REFUSED -lt 3 ] && [ $N -lt 3000 ]; do
            N=$((N + 1))
            CODE=$(send api/v1/readings "[{\"machine\":\"press\",\"time\":$((1760000000 + N)),\"energy_kwh\":1}]")
            [ "$CODE" = 200 ] || { REFUSED=$((REFUSED + 1)); cat "$DISK.answer"; echo; }
        done
        rm "$DISK/ballast"
        for LATER in 1 2 3; do
            send api/v1/readings "[{\"machine\":\"press\",\"time\":$((1770000000 + LATER)),\"energy_kwh\":1000}]"; echo
        done
        kill -9 $SERVER; wait $SERVER || true
        "$WATTLINE" stats --json | grep -o '"total_energy": [0-9]*'
        rm -f "$DISK.answer"
    "#;
    let output = on_a_disk_of(4000, script);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &sentences(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("DATABASE_FULL").count(), 3, "{said}");
    assert_eq!(said.lines().filter(|line| *line == "200").count(), 3, "taken again once there is room: {said}");
    let energy =
        said.split("\"total_energy\": ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("statistics");
    assert_eq!(energy.parse::<u64>().expect("kWh") / 1000, 3, "what was acknowledged is there: {said}");
}
