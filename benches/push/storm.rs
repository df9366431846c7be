//! What happens when everybody comes back at once.

use std::fmt::Write as _;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::clients::{Subscriber, ask};
use crate::{line, start};

/// Clients that come back with a cursor, and the anomalies that each has missed.
const RETURNING: usize = 1000;
const MISSED: usize = 1000;
/// Clients that come back and want the same statistics.
const WATCHERS: usize = 10_000;
/// Clients that are there all the time.
const LIVE: usize = 100;

const ANOMALIES: &str = "subscription($after: String) { anomalyDetected(after: $after) { cursor node { id kind severity \
    startedAt message machine { name } } } }";
const STATISTICS: &str = "subscription { statsUpdates { asOf totalReadings totalEnergy peakPower } }";

/// Prints how long it takes until all have what they came for, and how late the others get theirs meanwhile.
pub(crate) async fn storm() {
    let (mut serving, mut said) = start(&["wattline", "1"]);
    let address = line(&mut said);
    drop::<BufReader<_>>(said);
    ask(&address, "mutation { registerMachine(input: {name: \"press\"}) { machine { id } } }").await;
    for first in (0..MISSED).step_by(50) {
        let mut reports = String::new();
        for n in first..first + 50 {
            let input = r#"{machine: "press", kind: "SPIKE", startedAt: "2026-11-01T08:00:00Z"}"#;
            let _ = write!(reports, "m{n}: reportAnomaly(input: {input}) {{ anomaly {{ id }} }} ");
        }
        ask(&address, &format!("mutation {{ {reports} }}")).await;
    }

    // Microseconds since the tick, the latest of all.
    let latest_us = Arc::new(AtomicU64::new(0));
    let mut live = JoinSet::new();
    for _ in 0..LIVE {
        let mut subscriber = subscribe(&address, STATISTICS, serde_json::Value::Null).await;
        subscriber.messages(1).await;
        let latest_us = latest_us.clone();
        live.spawn(async move {
            loop {
                subscriber.messages(1).await;
                latest_us.fetch_max(since_tick_us(), Ordering::Relaxed);
            }
        });
    }
    let calm = latest_after(&latest_us, Duration::from_secs(5)).await;
    println!("{LIVE} live clients, nobody else: the last has its statistics {calm:.0} ms after the tick at the latest");

    let began = Instant::now();
    let mut returning = JoinSet::new();
    for _ in 0..RETURNING {
        let address = address.clone();
        returning.spawn(async move {
            let mut subscriber = subscribe(&address, ANOMALIES, serde_json::json!({"after": "0"})).await;
            subscriber.messages(MISSED).await;
        });
    }
    while let Some(returned) = returning.join_next().await {
        returned.expect("all anomalies");
    }
    let taken_s = began.elapsed().as_secs_f64();
    let stormy = latest_us.swap(0, Ordering::Relaxed) / 1000;
    println!(
        "{RETURNING} clients that missed {MISSED} anomalies each have caught up after {taken_s:.1} s; meanwhile {stormy} ms"
    );

    let began = Instant::now();
    let mut watching = Vec::new();
    let mut connecting = JoinSet::new();
    for at in 0..WATCHERS {
        // As many at a time as a system lets wait to be accepted.
        if at >= 500 {
            watching.push(connecting.join_next().await.expect("one more").expect("a first value"));
        }
        let address = address.clone();
        connecting.spawn(async move {
            let mut subscriber = subscribe(&address, STATISTICS, serde_json::Value::Null).await;
            subscriber.messages(1).await;
            subscriber
        });
    }
    while let Some(subscriber) = connecting.join_next().await {
        watching.push(subscriber.expect("a first value"));
    }
    let taken_s = began.elapsed().as_secs_f64();
    let stormy = latest_us.load(Ordering::Relaxed) / 1000;
    println!("{WATCHERS} clients have their first statistics after {taken_s:.1} s; meanwhile {stormy} ms");
    let metrics = reqwest::get(format!("http://{address}/metrics")).await.expect("an answer").text().await;
    for line in metrics.expect("a body").lines().filter(|line| line.starts_with("wattline_documents_validated_total")) {
        println!("{line}");
    }
    live.abort_all();
    let _ = serving.kill();
    let _ = serving.wait();
}

async fn subscribe(address: &str, query: &str, variables: serde_json::Value) -> Subscriber {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let mut subscriber = Subscriber::new(stream).await;
    subscriber.send(&serde_json::json!({"type": "connection_init"})).await;
    subscriber.messages(1).await;
    let payload = serde_json::json!({"query": query, "variables": variables});
    subscriber.send(&serde_json::json!({"id": "1", "type": "subscribe", "payload": payload})).await;
    subscriber
}

fn since_tick_us() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    u64::from(now.subsec_micros())
}

#[expect(clippy::cast_precision_loss, reason = "a second at most")]
async fn latest_after(latest_us: &AtomicU64, wait: Duration) -> f64 {
    latest_us.store(0, Ordering::Relaxed);
    tokio::time::sleep(wait).await;
    latest_us.swap(0, Ordering::Relaxed) as f64 / 1000.0
}
