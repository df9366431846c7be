//! How long the sixteen statistics take, whatever the table's size: `cargo bench --bench statistics -- [ROWS]`.
//!
//! Fills one SQLite database through the write path to a million readings, then to ROWS (50 million), and at both sizes
//! measures [`wattline::store::Store::statistics`] and, at the end, plain SQL over the raw rows. Then it opens the big
//! database anew and takes the time to its first statistics.

use std::time::{Duration, Instant};

use entity::SiteId;
use entity::machine::{Carrier, Unit};
use sea_orm::{ConnectionTrait, Database, Statement};
use wattline::clock::Clock;
use wattline::domain::reading::Values;
use wattline::events::Events;
use wattline::ingest::{Batch, Ingest, IngestSettings, MachineRef};
use wattline::store::{Store, StoreSettings};

const MACHINES: i64 = 8;
const SMALL_ROWS: i64 = 1_000_000;
const BATCH_ROWS: i64 = 16_384;
const START_MS: i64 = 1_700_000_000_000;
const REPEATS: usize = 201;
/// The part of the definitions that looks at most rows.
const NAIVE: &str = "SELECT count(*), sum(energy_kwh), min(time_ms), max(power_kw) FILTER (WHERE time_ms > ?1), \
    avg(power_kw) FILTER (WHERE time_ms > ?1), count(*) FILTER (WHERE time_ms > ?2), \
    count(DISTINCT machine_id) FILTER (WHERE time_ms > ?1) \
    FROM reading WHERE machine_id IN (SELECT id FROM machine WHERE carrier = 'electricity') AND time_ms <= ?3";

#[tokio::main]
async fn main() {
    let rows = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(50_000_000);
    let folder =
        tempfile::Builder::new().tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk of the target");
    let url = format!("sqlite://{}/wattline.db", folder.path().display());
    let (busy_timeout, timeout) = (Duration::from_secs(5), Duration::from_mins(1));
    let settings = StoreSettings { url: url.clone(), max_connections: 2, busy_timeout, timeout };
    let store = Store::open(&settings).await.expect("a store");
    fill(&store, 0, SMALL_ROWS).await;
    let small = typical(&store, SMALL_ROWS).await;
    println!("{SMALL_ROWS:>10} readings: statistics {:8.3} ms", ms(small));
    fill(&store, SMALL_ROWS, rows).await;
    let big = typical(&store, rows).await;
    println!("{rows:>10} readings: statistics {:8.3} ms   {:.2} times the small", ms(big), ms(big) / ms(small));
    let naive = naive(&url, rows).await;
    println!("{rows:>10} readings: plain SQL  {:8.0} ms   {:.0} times the statistics", ms(naive), ms(naive) / ms(big));
    store.close().await.expect("closed");
    let begun = Instant::now();
    let store = Store::open(&settings).await.expect("a store");
    store.statistics(SiteId(1), (Carrier::Electricity, Unit::Kwh), as_of_ms(rows)).await.expect("statistics");
    println!("{rows:>10} readings: opened anew, first statistics after {:.0} ms", ms(begun.elapsed()));
    store.close().await.expect("closed");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The last reading's second, which lies in the middle of a minute.
fn as_of_ms(rows: i64) -> i64 {
    START_MS + (rows / MACHINES - 1) * 1000
}

async fn fill(store: &Store, from: i64, to: i64) {
    let (ingest, writer) = Ingest::new(store.clone(), Clock::system(), Events::default(), IngestSettings::default());
    let writer = tokio::spawn(writer.run());
    let mut at = from;
    while at < to {
        let end = to.min(at + BATCH_ROWS);
        let mut batch = Batch::new(SiteId(1));
        batch.auto_register_interval_s = Some(1);
        for (index, i) in (0..).zip(at..end) {
            let power_kw = 20.0 + f64::from(i32::try_from(i * 7919 % 6000).unwrap_or_default()) / 100.0;
            let values = Values { power_kw: Some(power_kw), energy_kwh: Some(power_kw / 3600.0), counter_kwh: None };
            batch.push(
                index,
                MachineRef::Name(format!("machine-{}", i % MACHINES)),
                START_MS + i / MACHINES * 1000,
                values,
            );
        }
        ingest.record(batch).await.expect("a receipt");
        at = end;
    }
    drop(ingest);
    writer.await.expect("an orderly end");
}

/// The median of many.
async fn typical(store: &Store, rows: i64) -> Duration {
    let mut times = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        let begun = Instant::now();
        let facts =
            store.statistics(SiteId(1), (Carrier::Electricity, Unit::Kwh), as_of_ms(rows)).await.expect("statistics");
        times.push(begun.elapsed());
        assert_eq!(facts.total.readings, rows);
    }
    times.sort_unstable();
    times[REPEATS / 2]
}

async fn naive(url: &str, rows: i64) -> Duration {
    let db = Database::connect(url.to_owned()).await.expect("a connection");
    let now_ms = as_of_ms(rows);
    let values = [(now_ms - 86_400_000).into(), (now_ms - 60_000).into(), now_ms.into()];
    let begun = Instant::now();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), NAIVE, values);
    db.query_one_raw(statement).await.expect("SQL");
    begun.elapsed()
}
