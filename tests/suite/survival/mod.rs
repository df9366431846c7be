//! What survives: the program as a process of its own, ended or cut off at moments that nobody chose, under load, with a ledger kept
//! outside of it: acknowledged is in stored, stored is in attempted, each once, and the statistics equal the raw rows.
//!
//! A few rounds in every run of the tests; as many as wanted, with the release binary, by
//! `SURVIVAL_ROUNDS=200 WATTLINE_BINARY=$PWD/target/release/wattline cargo test --test suite survival -- --nocapture`.

mod clocks;
mod kill;
mod ledger;
mod postgres;
mod sync;
mod terminate;

use std::time::{Duration, Instant};

use crate::harness::{Database, Program, client};

/// How long a process may take for what it is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is tried, unless somebody wants more.
fn rounds(usual: usize) -> usize {
    std::env::var("SURVIVAL_ROUNDS").map_or(usual, |rounds| rounds.parse().expect("SURVIVAL_ROUNDS is a number"))
}

/// Some time below so many milliseconds, another one each time.
fn some_time_below(ms: u128) -> Duration {
    let ms = uuid::Uuid::new_v4().as_u128() % ms;
    Duration::from_millis(u64::try_from(ms).expect("small"))
}

/// Starts a server and waits until it says that it is ready; how long that took.
async fn start(database: &Database, arguments: &[&str]) -> (Program, Duration) {
    let begun = Instant::now();
    let program = Program::start(database, &[&["serve", "--interval", "0.2", "--detect", "false"], arguments].concat());
    while !is_ready(&program).await {
        assert!(begun.elapsed() < PATIENCE, "not ready: {:?}", program.log());
    }
    (program, begun.elapsed())
}

async fn is_ready(program: &Program) -> bool {
    let answer = client().get(format!("http://{}/readyz", program.address)).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}
