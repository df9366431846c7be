//! Backups: made while readings come in, with everything that was acknowledged before; put back only where nothing is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use wattline::clock::Clock;

use crate::bad_weather::{on_a_disk_of, sentences};
use crate::harness::oracle::truth;
use crate::harness::{Database, Program, Server, client, on_both, until};
use crate::recordings::wattline;

on_both!(
    has_what_was_acknowledged_before_it,
    is_put_only_where_nothing_is_lost,
    is_looked_at_before_anything_is_changed,
    keeps_its_file_from_others,
);

const SENDERS: i64 = 3;
const BATCH: i64 = 20;

/// A reading by the number of its machine and its time.
type Key = (i64, i64);

/// What was tried and what was acknowledged, kept outside of the server.
#[derive(Clone, Default)]
struct Ledger {
    attempted: Arc<Mutex<BTreeMap<Key, f64>>>,
    acknowledged: Arc<Mutex<BTreeSet<Key>>>,
    is_over: Arc<AtomicBool>,
}

impl Ledger {
    fn acknowledged(&self) -> BTreeSet<Key> {
        self.acknowledged.lock().expect("no panic").clone()
    }

    /// Sends readings of one machine until it is over.
    async fn send(self, address: String, machine: i64, from_ms: i64) {
        let (client, mut n) = (client(), 0);
        while !self.is_over.load(Ordering::SeqCst) {
            let keys: Vec<Key> = (n..n + BATCH).map(|n| (machine, from_ms + n * 10)).collect();
            n += BATCH;
            let power_kw = |(machine, time_ms): &Key| (machine * 100 + time_ms % 97) as f64 / 8.0;
            self.attempted.lock().expect("no panic").extend(keys.iter().map(|key| (*key, power_kw(key))));
            let row =
                |key: &Key| json!({"machine": format!("press-{machine}"), "time": key.1, "power_kw": power_kw(key)});
            let body = json!(keys.iter().map(row).collect::<Vec<_>>()).to_string();
            let request = client.post(format!("http://{address}/api/v1/readings")).body(body);
            let answer = request.header("content-type", "application/json").send().await.expect("an answer");
            let receipt: Value = answer.json().await.expect("JSON");
            assert_eq!(receipt["accepted"], BATCH, "{receipt}");
            self.acknowledged.lock().expect("no panic").extend(keys);
        }
    }
}

/// Another empty database of the same kind.
async fn another(database: &Database) -> Database {
    if database.name().is_some() { Database::postgres().await } else { Database::sqlite() }
}

fn run(database: &Database, arguments: &[&str], file: &Path) -> Output {
    wattline(database, &[arguments, &[file.to_str().expect("a path")]].concat()).output().expect("runs")
}

/// What a command says that does not do what it was told.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", sentences(output));
    sentences(output)
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", sentences(output));
}

async fn stored(database: &Database) -> BTreeMap<Key, f64> {
    let sql = "SELECT CAST(substr(m.name, 7) AS bigint), r.time_ms, r.power_kw FROM reading r \
               JOIN machine m ON m.id = r.machine_id";
    let db = database.connect().await;
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("SQL");
    let row = |row: &sea_orm::QueryResult| {
        let key = (row.try_get_by_index(0).expect("a number"), row.try_get_by_index(1).expect("a time"));
        (key, row.try_get_by_index(2).expect("a power"))
    };
    rows.iter().map(row).collect()
}

async fn has_what_was_acknowledged_before_it(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plant.backup");
    let program = Program::start(&database, &["serve", "--detect", "false"]);
    let from_ms = Clock::system().now_ms() - 3_600_000;
    let ledger = Ledger::default();
    let mut senders = Vec::new();
    for machine in 0..SENDERS {
        let register =
            format!("mutation {{ registerMachine(input: {{name: \"press-{machine}\"}}) {{ machine {{ id }} }} }}");
        program.query(&register).await.expect("a machine");
        senders.push(tokio::spawn(ledger.clone().send(program.address.clone(), machine, from_ms)));
    }
    let before = until("some hundred readings", async || {
        Some(ledger.acknowledged()).filter(|acknowledged| acknowledged.len() > 600)
    })
    .await;
    let backup = run(&database, &["backup"], &file);
    succeeds(&backup);
    let at_end = ledger.acknowledged().len();
    let all = until("further readings", async || Some(ledger.acknowledged()).filter(|all| all.len() > at_end)).await;
    ledger.is_over.store(true, Ordering::SeqCst);
    for sender in senders {
        sender.await.expect("no panic");
    }
    assert!(at_end > before.len(), "readings came in meanwhile");

    let other = another(&database).await;
    succeeds(&run(&other, &["restore"], &file));
    let restored = stored(&other).await;
    let attempted = ledger.attempted.lock().expect("no panic").clone();
    let lost: Vec<&Key> = before.iter().filter(|key| !restored.contains_key(key)).collect();
    assert!(lost.is_empty(), "{} acknowledged readings are lost", lost.len());
    assert!(restored.iter().all(|(key, kw)| attempted.get(key) == Some(kw)), "nothing that nobody sent");
    // The control: what came after the backup is not in it, so that this would find what is lost.
    assert!(!all.iter().all(|key| restored.contains_key(key)), "the ledger goes on behind the backup");

    let doctor = wattline(&other, &["doctor"]).output().expect("runs");
    succeeds(&doctor);
    let server = Server::start(&other).await;
    let db = other.connect().await;
    for as_of_ms in [from_ms + 5000, from_ms + 3_600_000].map(|ms| ms / 1000 * 1000) {
        let stats = server.stats(Some(as_of_ms), None).await;
        let differences = truth(&db, 1, as_of_ms).await.differences(&stats, 0.12, 0.5);
        assert_eq!(differences, Vec::<String>::new());
    }
    server.stop().await;
    program.stop();
    let audit = "SELECT count(*) FROM audit WHERE field = 'restore' AND \"by\" = 'command line'";
    assert_eq!(other.number(audit).await, 1);
}

/// A plant with one machine of this name and one reading.
async fn plant(database: &Database, machine: &str) {
    let server = Server::start(database).await;
    server.register(machine, json!({})).await;
    server.record(json!([{"machine": machine, "time": "2026-11-01T08:00:00Z", "power_kw": 2, "energy_kwh": 1}])).await;
    server.stop().await;
}

async fn machines(database: &Database, name: &str) -> i64 {
    database.number(&format!("SELECT count(*) FROM machine WHERE name = '{name}'")).await
}

async fn is_put_only_where_nothing_is_lost(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plant.backup");
    assert!(refusal(&run(&database, &["backup"], &file)).contains("no "), "there is nothing yet");
    assert!(!file.exists());
    plant(&database, "press").await;
    succeeds(&run(&database, &["backup"], &file));
    let first = std::fs::read(&file).expect("a file");
    assert!(refusal(&run(&database, &["backup"], &file)).contains("say --replace"));
    assert!(std::fs::read(&file).expect("a file") == first, "as it was");
    succeeds(&run(&database, &["backup", "--replace"], &file));

    let other = another(&database).await;
    plant(&other, "saw").await;
    assert!(refusal(&run(&other, &["restore"], &file)).contains("has rows already"));
    let server = Program::start(&other, &["serve"]);
    let in_use = refusal(&run(&other, &["restore", "--replace"], &file));
    assert!(in_use.contains("in use: stop"), "{in_use}");
    server.stop();
    assert_eq!((machines(&other, "saw").await, machines(&other, "press").await), (1, 0), "as it was");
    succeeds(&run(&other, &["restore", "--replace"], &file));
    assert_eq!((machines(&other, "saw").await, machines(&other, "press").await), (0, 1));
    succeeds(&wattline(&other, &["doctor"]).output().expect("runs"));

    // A server that has only been started has nothing to lose.
    let fresh = another(&database).await;
    Server::start(&fresh).await.stop().await;
    succeeds(&run(&fresh, &["restore"], &file));
    assert_eq!(machines(&fresh, "press").await, 1);
}

async fn is_looked_at_before_anything_is_changed(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, bad) = (folder.path().join("plant.backup"), folder.path().join("bad"));
    plant(&database, "press").await;
    succeeds(&run(&database, &["backup"], &file));
    let other = another(&database).await;
    plant(&other, "saw").await;
    let refused = |file: &Path| refusal(&run(&other, &["restore", "--replace"], file));

    std::fs::write(&bad, "machine,time\n").expect("written");
    assert!(refused(&bad).contains("is no backup"));
    assert!(refused(&folder.path().join("missing")).contains("missing"));
    let mut damaged = std::fs::read(&file).expect("a file");
    let (from, to) = (damaged.len() / 3, damaged.len() / 2);
    damaged[from..to].fill(0x5a);
    damaged.truncate(damaged.len() - 100);
    std::fs::write(&bad, damaged).expect("written");
    refused(&bad);
    let elsewhere = if database.name().is_some() { Database::sqlite() } else { Database::postgres().await };
    let wrong_kind = refusal(&run(&elsewhere, &["restore"], &file));
    assert!(wrong_kind.contains("is a backup of"), "{wrong_kind}");

    let db = database.connect().await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)";
    db.execute_unprepared(newer).await.expect("SQL");
    db.close().await.expect("closed");
    succeeds(&run(&database, &["backup", "--replace"], &file));
    let newer = refused(&file);
    assert!(newer.contains("newer Wattline") && newer.contains("m29990101_000001_later"), "{newer}");
    assert_eq!(machines(&other, "saw").await, 1, "after all of these");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 2, "no parts are left behind: {left:?}");
    if database.name().is_none() {
        let left: Vec<_> =
            std::fs::read_dir(other.folder()).expect("a folder").flatten().map(|e| e.file_name()).collect();
        assert!(left.iter().all(|name| name.to_string_lossy().starts_with("wattline.db")), "{left:?}");
    }
}

/// What is in a database is not for everybody on the machine.
async fn keeps_its_file_from_others(database: Database) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plant.backup");
    plant(&database, "press").await;
    succeeds(&run(&database, &["backup"], &file));
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
}

/// A database without its log lacks what is in it: such a file is no backup.
#[tokio::test]
async fn a_database_in_use_is_no_backup() {
    let (database, other) = (Database::sqlite(), Database::sqlite());
    let server = Program::start(&database, &["serve"]);
    let refused = refusal(&run(&other, &["restore"], &database.path()));
    assert!(refused.contains("a database in use, not a backup"), "{refused}");
    assert!(!other.path().exists());
    server.stop();
}

/// Where there is no room, no file is there that looks like a backup.
#[tokio::test]
async fn a_backup_that_finds_no_room_leaves_nothing_behind() {
    let database = Database::sqlite();
    plant(&database, "press").await;
    let script = format!(
        "WATTLINE_DATABASE='{}' \"$WATTLINE\" backup \"$DISK/plant.backup\" && exit 9; ls -A \"$DISK\"",
        database.url
    );
    let output = on_a_disk_of(64, &script);
    assert!(output.status.success(), "{}", sentences(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{}", sentences(&output));
    assert!(sentences(&output).contains("there is no room"), "{}", sentences(&output));
}

#[tokio::test]
async fn what_is_missing_for_postgres_is_said() {
    let database = Database::postgres().await;
    plant(&database, "press").await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut backup = wattline(&database, &["backup", folder.path().join("x").to_str().expect("a path")]);
    let said = refusal(&backup.env("PATH", folder.path()).output().expect("runs"));
    assert!(said.contains("pg_dump") && said.contains("install postgresql-client"), "{said}");
}
