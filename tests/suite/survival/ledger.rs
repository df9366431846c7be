//! What senders have tried and what they were told, kept outside of the program; and senders that keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
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

async fn send(address: String, machine: &'static str, ledger: Arc<Mutex<Ledger>>) {
    let client = client();
    loop {
        let (batch, rows) = {
            let mut ledger = ledger.lock().expect("no panic");
            let batch = ledger.next(machine);
            let row = |key: &Key| json!({"machine": key.0, "time": key.1, "energy_kwh": ledger.attempted[key]});
            let rows: Vec<Value> = batch.iter().map(row).collect();
            (batch, rows)
        };
        let sent = client.post(format!("http://{address}/api/v1/readings")).json(&rows).send().await;
        let answer = match sent {
            Ok(answer) => {
                let is_good = answer.status().is_success();
                answer.json::<Value>().await.ok().filter(|_| is_good)
            }
            Err(_) => None,
        };
        let mut ledger = ledger.lock().expect("no panic");
        let Some(answer) = answer else {
            ledger.unanswered.push(batch);
            return;
        };
        let taken = answer["accepted"].as_u64().unwrap_or(0) + answer["duplicates"].as_u64().unwrap_or(0);
        assert_eq!(taken, batch.len() as u64, "{answer}");
        ledger.acknowledged.extend(batch);
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
