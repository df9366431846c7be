//! What senders have tried and what they were told, kept outside of the program; and senders that keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wattline::domain::instant::format_ms;

use crate::harness::oracle::truth;
use crate::harness::{Database, FIELDS, Program, client};

/// The first reading's time: 2026-11-01.
pub(super) const START_MS: i64 = 1_793_491_200_000;
const MACHINES: [&str; 3] = ["press", "saw", "oven"];

/// A reading's machine and time.
type Key = (String, i64);

/// What was tried, and what of it was acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    attempted: BTreeMap<Key, f64>,
    pub(super) acknowledged: BTreeSet<Key>,
    /// Batches without an answer: they are sent again.
    unanswered: Vec<Vec<Key>>,
    /// Readings that were there already when they were sent again.
    pub(super) duplicates: u64,
    /// Batches that were refused, and with which codes.
    pub(super) refused: BTreeMap<String, usize>,
    /// The longest that a sender has waited to be refused.
    pub(super) slowest_refusal: Duration,
}

impl Ledger {
    /// What is wrong with what is stored.
    pub(super) fn faults(&self, stored: &[(Key, f64)]) -> Vec<String> {
        let keys: BTreeSet<&Key> = stored.iter().map(|(key, _)| key).collect();
        let lost = self.acknowledged.iter().filter(|key| !keys.contains(key)).map(|key| format!("lost: {key:?}"));
        let foreign = stored.iter().filter(|(key, kwh)| self.attempted.get(key) != Some(kwh));
        let foreign = foreign.map(|row| format!("never sent: {row:?}"));
        let twice = (keys.len() < stored.len()).then(|| "something is stored twice".to_owned());
        lost.chain(foreign).chain(twice).collect()
    }

    /// The next batch: one without an answer, or else a new one of up to twenty readings.
    fn next(&mut self, machine: &str) -> Vec<Key> {
        let is_of = |batch: &Vec<Key>| batch[0].0 == machine;
        if let Some(at) = self.unanswered.iter().position(is_of) {
            return self.unanswered.swap_remove(at);
        }
        let last = self.attempted.range((machine.to_owned(), 0)..=(machine.to_owned(), i64::MAX)).next_back();
        let first_ms = last.map_or(START_MS, |((_, time_ms), _)| time_ms + 1000);
        let size = 1 + first_ms / 1000 % 20;
        let batch: Vec<Key> = (0..size).map(|n| (machine.to_owned(), first_ms + 1000 * n)).collect();
        // Quarters, so that their sums are exact.
        self.attempted.extend(batch.iter().map(|key| (key.clone(), (key.1 / 1000 % 8) as f64 / 4.0)));
        batch
    }

    /// Whether a batch of this machine's is still to be taken.
    fn owes(&self, machine: &str) -> bool {
        self.unanswered.iter().any(|batch| batch[0].0 == machine)
    }

    /// One more acknowledged reading that was never stored: what the check must find.
    pub(super) fn lie(&mut self) {
        self.acknowledged.insert(("press".to_owned(), 0));
    }
}

/// Registers the senders' machines.
pub(super) async fn register(program: &Program) {
    for name in MACHINES {
        let mutation = format!(
            "mutation {{ registerMachine(input: {{name: {name:?}, expectedIntervalSeconds: 1}}) {{ machine {{ id }} }} }}"
        );
        program.query(&mutation).await.expect("registered");
    }
}

/// Sends batch after batch for each machine until the program answers no more; also those that had no answer before.
pub(super) async fn send_until_it_ends(address: &str, ledger: &Arc<Mutex<Ledger>>) {
    let senders = MACHINES.map(|machine| tokio::spawn(send(address.to_owned(), machine, ledger.clone())));
    for sender in senders {
        sender.await.expect("no panic");
    }
}

/// Sends batch after batch for each machine, whatever the program answers, until it is told to stop and all is taken.
pub(super) async fn send_until_all_is_taken(address: &str, ledger: &Arc<Mutex<Ledger>>, stop: &CancellationToken) {
    let keep_on = |machine| async move {
        let client = client();
        while !stop.is_cancelled() || ledger.lock().expect("no panic").owes(machine) {
            if !send_one(&client, address, machine, ledger).await {
                // As a client does that was told to try again later.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    futures_util::future::join_all(MACHINES.map(keep_on)).await;
}

async fn send(address: String, machine: &'static str, ledger: Arc<Mutex<Ledger>>) {
    let client = client();
    while send_one(&client, &address, machine, &ledger).await {}
}

/// Sends one batch; whether it was taken.
async fn send_one(client: &reqwest::Client, address: &str, machine: &str, ledger: &Arc<Mutex<Ledger>>) -> bool {
    let (batch, rows) = {
        let mut ledger = ledger.lock().expect("no panic");
        let batch = ledger.next(machine);
        let row = |key: &Key| json!({"machine": key.0, "time": key.1, "energy_kwh": ledger.attempted[key]});
        let rows: Vec<Value> = batch.iter().map(row).collect();
        (batch, rows)
    };
    let begun = Instant::now();
    let sent = client.post(format!("http://{address}/api/v1/readings")).json(&rows).send().await;
    let answer = match sent {
        Ok(answer) => {
            let is_good = answer.status().is_success();
            answer.json::<Value>().await.map(|answer| (is_good, answer)).ok()
        }
        Err(_) => None,
    };
    let mut ledger = ledger.lock().expect("no panic");
    match answer {
        Some((true, answer)) => {
            let counted = |what: &str| answer[what].as_u64().unwrap_or(0);
            assert_eq!(counted("accepted") + counted("duplicates"), batch.len() as u64, "{answer}");
            ledger.duplicates += counted("duplicates");
            ledger.acknowledged.extend(batch);
            true
        }
        refused => {
            let code = refused.map_or(Value::Null, |(_, answer)| answer["error"]["code"].clone());
            *ledger.refused.entry(code.to_string()).or_default() += 1;
            ledger.slowest_refusal = ledger.slowest_refusal.max(begun.elapsed());
            ledger.unanswered.push(batch);
            false
        }
    }
}

/// All that is stored.
pub(super) async fn stored(database: &Database) -> Vec<(Key, f64)> {
    let db = database.connect().await;
    let sql = "SELECT m.name, r.time_ms, r.energy_kwh FROM reading r JOIN machine m ON m.id = r.machine_id";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("SQL");
    let row = |row: &sea_orm::QueryResult| {
        let key = (row.try_get_by_index(0).expect("a name"), row.try_get_by_index(1).expect("a time"));
        (key, row.try_get_by_index(2).expect("an energy"))
    };
    rows.iter().map(row).collect()
}

/// In what the statistics differ from the raw rows.
pub(super) async fn differences(database: &Database, program: &Program) -> Vec<String> {
    let last_ms = stored(database).await.iter().map(|((_, time_ms), _)| *time_ms).max().unwrap_or(START_MS);
    let query = format!("{{ systemStats(asOf: \"{}\") {{ {FIELDS} }} }}", format_ms(last_ms));
    let stats = program.query(&query).await.expect("statistics");
    truth(&database.connect().await, 1, last_ms).await.differences(&stats["systemStats"], 0.12, 0.5)
}
