//! SIGKILL at moments that nobody chose, while readings come in and statistics go out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::ledger::{Ledger, differences, register, send_until_it_ends, stored};
use super::{PATIENCE, rounds, some_time_below, start};
use crate::harness::socket::Socket;
use crate::harness::{Database, on_both};

on_both!(what_was_acknowledged_outlives_any_kill);

async fn what_was_acknowledged_outlives_any_kill(database: Database) {
    let rounds = rounds(if database.name().is_some() { 4 } else { 8 });
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let (program, took) = start(&database, &[]).await;
        slowest = slowest.max(took);
        if round == 0 {
            register(&program).await;
        }
        let kept = stored(&database).await;
        assert_eq!(ledger.lock().expect("no panic").faults(&kept), [""; 0], "round {round}");
        assert_eq!(differences(&database, &program).await, [""; 0], "round {round}");
        let mut watcher = Socket::graphql(&program.address, "/graphql/ws").await;
        watcher.subscribe("stats", "subscription { statsUpdates { totalReadings } }", json!({})).await;
        watcher.event("stats").await;
        let acknowledged = || ledger.lock().expect("no panic").acknowledged.len();
        let before = acknowledged();
        let senders = tokio::spawn({
            let (address, ledger) = (program.address.clone(), ledger.clone());
            async move { send_until_it_ends(&address, &ledger).await }
        });
        tokio::time::timeout(PATIENCE, async {
            while acknowledged() == before {
                watcher.event("stats").await;
            }
        })
        .await
        .expect("readings are taken and statistics pushed");
        // The moment is what is tried out.
        tokio::time::sleep(some_time_below(400)).await;
        program.kill();
        senders.await.expect("no panic");
    }
    let (program, took) = start(&database, &[]).await;
    let ledger = ledger.lock().expect("no panic").clone();
    let kept = stored(&database).await;
    assert_eq!(ledger.faults(&kept), [""; 0]);
    assert_eq!(differences(&database, &program).await, [""; 0]);
    println!(
        "{rounds} rounds: {} readings acknowledged, {} stored; ready again after {:?} at the most",
        ledger.acknowledged.len(),
        kept.len(),
        slowest.max(took)
    );
    // The controls: what must be found is found.
    let mut lying = ledger.clone();
    lying.lie();
    assert_eq!(lying.faults(&kept).len(), 1);
    assert_eq!(Ledger::default().faults(&kept).len(), kept.len());
    let first = ledger.acknowledged.iter().min_by_key(|key| key.1).expect("a reading");
    let delete = format!("DELETE FROM reading WHERE time_ms = {}", first.1);
    database.connect().await.execute_unprepared(&delete).await.expect("SQL");
    assert!(!ledger.faults(&stored(&database).await).is_empty(), "a lost row is found");
    assert!(!differences(&database, &program).await.is_empty(), "statistics without their rows are found");
}
