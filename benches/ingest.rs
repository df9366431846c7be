//! How much of a bare table's speed the whole write path keeps: `cargo bench --bench ingest -- [ROWS]`.
//!
//! The same readings in the same batches, each batch one durable transaction: once into a bare `readings` table, and
//! through [`wattline::ingest::Ingest::record`] with its checks, derived values, rollups and receipts, for each kind of
//! input: power and energy, power alone, a register alone. Three rounds, in turns, and the ratios of the medians,
//! because these machines are noisy.

#[path = "../tests/suite/harness/postgres.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod postgres;

use std::time::{Duration, Instant};

use entity::SiteId;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use wattline::clock::Clock;
use wattline::domain::reading::Values;
use wattline::events::Events;
use wattline::ingest::{Batch, Ingest, IngestSettings, MachineRef};
use wattline::store::{Store, StoreSettings};

const MACHINES: usize = 8;
const BATCH_ROWS: usize = 8192;
const ROUNDS: usize = 3;
const START_MS: i64 = 1_700_000_000_000;
/// Rows of one statement; `SQLite` takes at most 32,766 values.
const STATEMENT_ROWS: usize = 4096;

#[derive(Clone, Copy)]
struct Row {
    machine: usize,
    time_ms: i64,
    power_kw: f64,
    energy_kwh: f64,
    register_kwh: f64,
}

/// What of a row is sent.
type Input = fn(&Row) -> Values;

const INPUTS: [(&str, Input); 3] = [
    ("power and energy", |row| Values {
        power_kw: Some(row.power_kw),
        energy_kwh: Some(row.energy_kwh),
        ..Values::default()
    }),
    ("power", |row| Values { power_kw: Some(row.power_kw), ..Values::default() }),
    ("register", |row| Values { counter_kwh: Some(row.register_kwh), ..Values::default() }),
];

fn rows(from: usize, to: usize) -> Vec<Row> {
    let row = |i: usize| {
        let (second, varied) = (i / MACHINES, f64::from(u16::try_from(i * 7919 % 6000).unwrap_or_default()));
        let power_kw = 20.0 + varied / 100.0;
        // Ten watt-hours a second, give or take six, so that it never falls.
        let register_kwh = 5000.0 + f64::from(u32::try_from(second).unwrap_or_default()) / 100.0 + varied / 1e6;
        let time_ms = START_MS + i64::try_from(second).unwrap_or_default() * 1000;
        Row { machine: i % MACHINES, time_ms, power_kw, energy_kwh: power_kw / 3600.0, register_kwh }
    };
    (from..to).map(row).collect()
}

fn batches(count: usize) -> impl Iterator<Item = Vec<Row>> {
    (0..count).step_by(BATCH_ROWS).map(move |from| rows(from, count.min(from + BATCH_ROWS)))
}

#[tokio::main]
async fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let server = postgres::start("on");
    println!("{count} rows, {BATCH_ROWS} a durable transaction, medians of {ROUNDS} rounds");
    println!("{:9} {:16} {:>11} {:>6}", "database", "input", "rows/s", "ratio");
    for kind in ["sqlite", "postgres"] {
        let url = async |name: String| match kind {
            "sqlite" => format!("sqlite://{}/{name}.db", folder.path().display()),
            _ => new_database(&server, &name).await,
        };
        let (mut bare, mut whole) = (Vec::new(), INPUTS.map(|_| Vec::new()));
        for round in 0..ROUNDS {
            bare.push(into_a_bare_table(&url(format!("bare_{round}")).await, count).await);
            for (at, ((_, input), times)) in INPUTS.iter().zip(&mut whole).enumerate() {
                times.push(through_the_write_path(&url(format!("whole_{round}_{at}")).await, count, *input).await);
            }
        }
        let bare_s = median_s(bare);
        let line = |name: &str, seconds: f64| {
            #[expect(clippy::cast_precision_loss, reason = "some millions of rows")]
            let rate = count as f64 / seconds;
            println!("{kind:9} {name:16} {rate:11.0} {:6.2}", bare_s / seconds);
        };
        line("bare table", bare_s);
        for ((name, _), times) in INPUTS.iter().zip(whole) {
            line(name, median_s(times));
        }
    }
}

fn median_s(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

async fn new_database(server: &str, name: &str) -> String {
    let admin = Database::connect(format!("{server}/postgres")).await.expect("a connection");
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
    format!("{server}/{name}")
}

async fn into_a_bare_table(url: &str, count: usize) -> Duration {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(|options| {
        let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        options.synchronous(SqliteSynchronous::Full).pragma("wal_autocheckpoint", "4096").pragma("cache_size", "-65536")
    });
    let db = Database::connect(options).await.expect("a connection");
    let tail = if db.get_database_backend() == DbBackend::Postgres { "" } else { "WITHOUT ROWID" };
    let table = format!(
        "CREATE TABLE readings (machine_id bigint NOT NULL, time_ms bigint NOT NULL, power_kw double precision, \
         energy_kwh double precision NOT NULL, PRIMARY KEY (machine_id, time_ms)) {tail}"
    );
    db.execute_unprepared(&table).await.expect("a table");
    let begun = Instant::now();
    for batch in batches(count) {
        let transaction = db.begin().await.expect("a transaction");
        for rows in batch.chunks(STATEMENT_ROWS) {
            transaction.execute_raw(insert(&db, rows)).await.expect("rows");
        }
        transaction.commit().await.expect("on disk");
    }
    begun.elapsed()
}

/// The fastest plain insert of each database: many rows, or an array a column.
fn insert(db: &DatabaseConnection, rows: &[Row]) -> Statement {
    let head = "INSERT INTO readings (machine_id, time_ms, power_kw, energy_kwh)";
    let machine_id = |row: &Row| i64::try_from(row.machine).unwrap_or_default();
    if db.get_database_backend() == DbBackend::Postgres {
        let sql = format!(
            "{head} SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::double precision[], $4::double precision[])"
        );
        let machines: Vec<i64> = rows.iter().map(machine_id).collect();
        let times: Vec<i64> = rows.iter().map(|row| row.time_ms).collect();
        let powers: Vec<f64> = rows.iter().map(|row| row.power_kw).collect();
        let energies: Vec<f64> = rows.iter().map(|row| row.energy_kwh).collect();
        let values = [machines.into(), times.into(), powers.into(), energies.into()];
        return Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    }
    let sql = format!("{head} VALUES {}", vec!["(?,?,?,?)"; rows.len()].join(","));
    let values = rows.iter().flat_map(|row| {
        let numbers: [sea_orm::Value; 4] =
            [machine_id(row).into(), row.time_ms.into(), row.power_kw.into(), row.energy_kwh.into()];
        numbers
    });
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

async fn through_the_write_path(url: &str, count: usize, input: Input) -> Duration {
    let busy_timeout = Duration::from_secs(5);
    let settings =
        StoreSettings { url: url.to_owned(), max_connections: 2, busy_timeout, timeout: Duration::from_mins(1) };
    let store = Store::open(&settings).await.expect("a store");
    let (ingest, writer) = Ingest::new(store.clone(), Clock::system(), Events::default(), IngestSettings::default());
    let writer = tokio::spawn(writer.run());
    let begun = Instant::now();
    for rows in batches(count) {
        let mut batch = Batch::new(SiteId(1));
        batch.auto_register_interval_s = Some(1);
        for (index, row) in (0..).zip(&rows) {
            let machine = MachineRef::Name(format!("machine-{}", row.machine));
            batch.push(index, machine, row.time_ms, input(row));
        }
        let receipt = ingest.record(batch).await.expect("a receipt");
        assert_eq!(receipt.accepted, rows.len() as u64);
    }
    let elapsed = begun.elapsed();
    drop(ingest);
    writer.await.expect("an orderly end");
    store.close().await.expect("closed");
    elapsed
}
