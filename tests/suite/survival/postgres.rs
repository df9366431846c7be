//! PostgreSQL that is restarted, ends sessions, loses the answers to commits, or vanishes from the network: nothing is lost
//! or doubled, nobody waits long for an error, and sessions do not pile up.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::ledger::{Ledger, differences, register, send_until_all_is_taken, stored};
use super::{PATIENCE, is_ready, rounds, some_time_below, start};
use crate::harness::proxy::{Proxy, Way};
use crate::harness::socket::Socket;
use crate::harness::{Cluster, Database, Program, client, number, until};

/// How soon whoever waits for PostgreSQL must have an error.
const SOON: Duration = Duration::from_secs(6);
/// Sessions at most: eight that read, four that write, one that asks whether it is there.
const SESSIONS: i64 = 8 + 4 + 1;

/// A server over a database, and senders that go on whatever happens.
struct Running {
    database: Database,
    program: Program,
    ledger: Arc<Mutex<Ledger>>,
    stop: CancellationToken,
    senders: JoinHandle<()>,
    /// Sees the sessions on the server.
    beside: sea_orm::DatabaseConnection,
}

impl Running {
    async fn start(database: Database) -> Self {
        let (program, _) = start(&database, &[]).await;
        Self::over(program, database).await
    }

    /// The same by way of a proxy.
    async fn start_behind_a_proxy() -> (Self, Proxy) {
        let database = Database::postgres().await;
        let (way, proxy) = database.through_a_proxy().await;
        let (program, _) = start(&way, &[]).await;
        (Self::over(program, database).await, proxy)
    }

    async fn over(program: Program, database: Database) -> Self {
        register(&program).await;
        let (ledger, stop) = (Arc::new(Mutex::new(Ledger::default())), CancellationToken::new());
        let senders = tokio::spawn({
            let (address, ledger, stop) = (program.address.clone(), ledger.clone(), stop.clone());
            async move { send_until_all_is_taken(&address, &ledger, &stop).await }
        });
        let beside = database.connect().await;
        let running = Self { database, program, ledger, stop, senders, beside };
        running.takes_more().await;
        running
    }

    fn acknowledged(&self) -> usize {
        self.ledger.lock().expect("no panic").acknowledged.len()
    }

    async fn takes_more(&self) {
        let before = self.acknowledged();
        until("readings are taken", async || (self.acknowledged() > before).then_some(())).await;
    }

    /// Its sessions that keep locks while they wait for what it says next.
    async fn in_the_middle(&self) -> i64 {
        let longer = "AND state LIKE 'idle in transaction%' AND state_change < now() - interval '2 s'";
        number(&self.beside, &format!("SELECT count(*) {OF_PROGRAM} {longer}")).await
    }

    async fn sessions(&self) -> i64 {
        number(&self.beside, &format!("SELECT count(*) {OF_PROGRAM}")).await
    }

    /// Ends the senders and sees that everything is right; the controls find what is not.
    async fn settle(self) -> Ledger {
        self.stop.cancel();
        timeout(PATIENCE, self.senders).await.expect("all is taken").expect("no panic");
        let ledger = self.ledger.lock().expect("no panic").clone();
        let kept = stored(&self.database).await;
        assert_eq!(ledger.faults(&kept), [""; 0]);
        assert_eq!(ledger.acknowledged.len(), kept.len());
        assert_eq!(differences(&self.database, &self.program).await, [""; 0]);
        assert!(ledger.slowest_refusal < SOON, "{:?}", ledger.slowest_refusal);
        let known = ["\"DATABASE_UNAVAILABLE\"", "\"DATABASE_BUSY\""];
        assert!(ledger.refused.keys().all(|code| known.contains(&code.as_str())), "{:?}", ledger.refused);
        let mut lying = ledger.clone();
        lying.lie();
        assert_eq!(lying.faults(&kept).len(), 1);
        self.beside
            .execute_unprepared("DELETE FROM reading WHERE time_ms = (SELECT min(time_ms) FROM reading)")
            .await
            .expect("SQL");
        assert!(
            !differences(&self.database, &self.program).await.is_empty(),
            "statistics without their rows are found"
        );
        ledger
    }
}

/// Its sessions.
const OF_PROGRAM: &str = "FROM pg_stat_activity WHERE application_name = 'wattline' AND datname = current_database()";

fn tell(what: &str, ledger: &Ledger) {
    println!(
        "{what}: {} readings acknowledged, batches refused: {:?}, the slowest after {:?}; duplicates: {}",
        ledger.acknowledged.len(),
        ledger.refused,
        ledger.slowest_refusal,
        ledger.duplicates
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_terminated_lose_nothing() {
    let running = Running::start(Database::postgres().await).await;
    let (rounds, mut ended, mut most) = (rounds(30), 0, 0);
    for _ in 0..rounds {
        // The moment is what is tried out.
        tokio::time::sleep(some_time_below(100)).await;
        most = most.max(running.sessions().await);
        ended += number(&running.beside, &format!("SELECT count(pg_terminate_backend(pid)) {OF_PROGRAM}")).await;
        running.takes_more().await;
    }
    assert!(most <= SESSIONS, "{most} sessions");
    assert!(is_ready(&running.program).await);
    let ledger = running.settle().await;
    assert!(!ledger.refused.is_empty(), "some were ended at work");
    tell(&format!("{rounds} rounds, {ended} sessions ended, {most} at once"), &ledger);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_lose_nothing() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::start("off")).await.expect("a server");
    let database = Database::on(&cluster).await;
    let mut running = Running::start(database).await;
    let cluster = Arc::new(cluster);
    let rounds = rounds(4);
    for round in 0..rounds {
        let signal = if round % 2 == 0 { "INT" } else { "QUIT" };
        let restarted = cluster.clone();
        tokio::task::spawn_blocking(move || restarted.restart(signal)).await.expect("a restart");
        running.takes_more().await;
        assert!(is_ready(&running.program).await);
    }
    running.beside = running.database.connect().await;
    assert!(running.sessions().await <= SESSIONS);
    tell(&format!("{rounds} restarts"), &running.settle().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_commit_doubles_nothing() {
    let (running, proxy) = Running::start_behind_a_proxy().await;
    let cuts = rounds(20);
    let swallows = cuts.div_ceil(10);
    for way in [vec![Way::CutsACommit; cuts], vec![Way::SwallowsACommit; swallows]].concat() {
        let before = proxy.lost();
        proxy.turn(way);
        until("an answer is lost", async || (proxy.lost() > before).then_some(())).await;
        running.takes_more().await;
        assert!(running.sessions().await <= SESSIONS);
    }
    let ledger = running.settle().await;
    assert!(ledger.duplicates > 0, "what was stored without an answer was there when it came again");
    tell(&format!("{} answers to commits lost", proxy.lost()), &ledger);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_black_hole_is_said_and_loses_nothing() {
    vanishes(Way::Hole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_network_has_forgotten_are_not_used_again() {
    vanishes(Way::Oblivion).await;
}

/// What every server answers at once: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

/// How long it is gone: longer where more rounds are wanted.
fn length() -> Duration {
    Duration::from_secs(if std::env::var("SURVIVAL_ROUNDS").is_ok() { 30 } else { 8 })
}

async fn vanishes(how: Way) {
    let (running, proxy) = Running::start_behind_a_proxy().await;
    let address = running.program.address.clone();
    let total = Arc::new(AtomicU64::new(u64::MAX));
    let least = total.clone();
    let stats = follow(&address, "statsUpdates { totalReadings }", move |data| {
        data["statsUpdates"]["totalReadings"].as_u64() >= Some(least.load(Ordering::SeqCst))
    });
    let anomalies = follow(&address, "anomalyDetected { node { kind } }", |data| {
        data["anomalyDetected"]["node"]["kind"] == "AFTER"
    });
    let (stats, anomalies) = (stats.await, anomalies.await);
    let begun = Instant::now();
    proxy.turn(how);
    let mut slowest = BTreeMap::new();
    // Those that hear of it first, and those that come later.
    let first = asked_all(&address).await;
    let in_the_middle = running.in_the_middle().await;
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    while begun.elapsed() < length() {
        pace.tick().await;
        for (door, (is_refused, answer, took)) in asked_all(&address).await {
            assert!(is_refused, "{door}: {answer}");
            let slowest: &mut Duration = slowest.entry(door).or_default();
            *slowest = took.max(*slowest);
        }
    }
    let firsts: Vec<_> = first.iter().map(|(door, (_, _, took))| (door, took)).collect();
    println!("{how:?}: the first answers came after {firsts:?}, later ones after {slowest:?} at the most");
    // What a moment ago was ready may still say so.
    let is_in_time = |(door, (is_refused, _, took)): &(&str, Told)| *took < SOON && (*is_refused || *door == "ready");
    assert!(first.iter().all(is_in_time), "{first:?}");
    assert!(slowest.values().all(|took| *took < SOON / 2), "{slowest:?}");
    // The control: there is a hole.
    let mut through = TcpStream::connect(("127.0.0.1", proxy.port)).await.expect("a connection");
    through.write_all(SSL_REQUEST).await.expect("sent");
    assert!(timeout(Duration::from_secs(1), through.read_u8()).await.is_err(), "nothing passes");
    proxy.turn(Way::Open);
    let over = Instant::now();
    let says_no = timeout(PATIENCE, through.read_u8()).await.expect("something passes");
    assert_eq!(says_no.expect("an answer"), b'N');
    until("it is ready again", async || is_ready(&running.program).await.then_some(())).await;
    let ready_after = over.elapsed();
    running.takes_more().await;
    println!("{how:?}: ready {ready_after:?} and taking readings {:?} after it", over.elapsed());
    assert!(ready_after < SOON, "{ready_after:?}");
    until("no lock stays", async || (running.in_the_middle().await == 0).then_some(())).await;
    println!(
        "{how:?}: {in_the_middle} sessions were in the middle of a transaction; no lock {:?} after it",
        over.elapsed()
    );
    let since = format!("AND backend_start > now() - interval '{} ms'", over.elapsed().as_millis());
    let new = number(&running.beside, &format!("SELECT count(*) {OF_PROGRAM} {since}")).await;
    assert!(new <= SESSIONS, "{new} sessions");
    if how == Way::Hole {
        until("sessions of before are gone", async || (running.sessions().await <= SESSIONS).then_some(())).await;
    }
    // Subscriptions have stayed open, and say what is new.
    total.store(running.acknowledged() as u64, Ordering::SeqCst);
    let report = "mutation { reportAnomaly(input: {machine: \"press\", kind: \"AFTER\", \
                  startedAt: \"2026-11-01T00:00:00Z\"}) { anomaly { id } } }";
    running.program.query(report).await.expect("reported");
    stats.await.expect("no panic");
    anomalies.await.expect("no panic");
    tell(&format!("{how:?}"), &running.settle().await);
}

/// Subscribes, and reads on until something comes; errors are passed over, but an end is none.
async fn follow(address: &str, what: &str, is_it: impl Fn(&Value) -> bool + Send + 'static) -> JoinHandle<()> {
    let mut socket = Socket::graphql(address, "/graphql/ws").await;
    socket.subscribe("it", &format!("subscription {{ {what} }}"), json!({})).await;
    // Answered once it listens.
    socket.send(json!({"type": "ping"})).await;
    while socket.next().await["type"] != "pong" {}
    tokio::spawn(async move {
        loop {
            let message = socket.next().await;
            assert_eq!(message["type"], "next", "{message}");
            if is_it(&message["payload"]["data"]) {
                break;
            }
        }
    })
}

/// Whether it was an error, the answer, and how long it took.
type Told = (bool, Value, Duration);

/// Asks at several doors at once: what each says, and when.
async fn asked_all(address: &str) -> Vec<(&'static str, Told)> {
    let (machines, readings) = (
        json!({"query": "{ machines(first: 5) { nodes { name } } }"}),
        json!([
            {"machine": "press", "time": super::ledger::START_MS, "energy_kwh": 0.0}
        ]),
    );
    let post = |path: &str, body: &Value| client().post(format!("http://{address}{path}")).json(body);
    let doors = [
        ("graphql", post("/graphql", &machines)),
        ("readings", post("/api/v1/readings", &readings)),
        ("ready", client().get(format!("http://{address}/readyz"))),
    ];
    let asked = doors.map(|(door, request)| async move {
        let begun = Instant::now();
        let answer = request.send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        let is_refused = answer.get("error").is_some() || answer.get("errors").is_some();
        (door, (is_refused, answer, begun.elapsed()))
    });
    futures_util::future::join_all(asked).await
}
