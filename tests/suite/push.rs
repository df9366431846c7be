//! What it costs to push: one computation a tick, however many watch. Measured on a server of its own process, whose
//! counters are nobody else's.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::socket::Socket;
use crate::harness::{Database, Program, on_both};

on_both!(a_tick_is_computed_once_for_all);

const WATCHERS: usize = 40;
const SUBSCRIPTION: &str = "subscription { statsUpdates { asOf totalReadings } }";

async fn a_tick_is_computed_once_for_all(database: Database) {
    let server = Program::start(&database, &["serve", "--interval", "0.5"]);
    let mut sockets = Vec::new();
    for i in 0..WATCHERS {
        let mut socket = if i % 2 == 0 {
            Socket::graphql(&server.address, "/graphql/ws").await
        } else {
            Socket::plain(&server.address).await
        };
        if i % 2 == 0 {
            socket.subscribe("s", SUBSCRIPTION, json!({})).await;
        }
        socket.next().await;
        sockets.push(socket);
    }
    let before = computed(&server).await;
    let mut instants = BTreeSet::new();
    for (i, socket) in sockets.iter_mut().enumerate() {
        for _ in 0..4 {
            let update = socket.next().await;
            let path = if i % 2 == 0 { "/payload/data/statsUpdates/asOf" } else { "/timestamp" };
            instants.insert(update.pointer(path).and_then(|time| time.as_str()).expect("a time").to_owned());
        }
    }
    let made = computed(&server).await - before;
    let pushed = WATCHERS * 4;
    assert!(instants.len() >= 2, "time passes: {instants:?}");
    // Four ticks are awaited; a loaded machine may see a few more go by until the counter is read.
    assert!((3..20).contains(&made), "{made} computations for {pushed} pushed updates");
    server.stop();
}

/// How many statistics the server has computed.
async fn computed(server: &Program) -> usize {
    let metrics = server.get("/metrics").await;
    let line = metrics.lines().find(|line| line.starts_with("wattline_statistics_computed_total "));
    line.and_then(|line| line.split(' ').next_back()?.parse().ok()).unwrap_or_else(|| panic!("no counter: {metrics}"))
}
