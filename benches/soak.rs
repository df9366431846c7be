//! What becomes of the server's memory, files and tasks in the long run: `cargo bench --bench soak -- [SECONDS]`, an hour
//! unless said otherwise.
//!
//! The program as it is shipped serves a plant of 40 machines with half a day of history, which send in every format, also
//! again, wrong, and too much; sockets and streams that stay, and others that come and go, politely or not; questions,
//! exports, anomalies, and requests that are refused. Every ten seconds its memory, open files and tasks are read from
//! outside. After a sixth of the time, the warm-up, the slope of each is that of a straight line through all readings
//! (least squares).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use reqwest::Client;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const MACHINES: u64 = 40;
/// What the machines have sent before: so much that the database's caches are full before anything is measured.
const HISTORY: Duration = Duration::from_hours(12);
/// Of the history in one request.
const HISTORY_PART_S: u64 = 240;
/// Sockets that stay.
const WATCHERS: usize = 50;
const EVERY: Duration = Duration::from_secs(10);
const CSV_HEAD: &str = "machine,time,power_kw\n";
/// Memory may grow by so much an hour, MiB.
const GREATEST_SLOPE_MIB: f64 = 1.0;

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// What is read of the process.
#[derive(Clone, Copy)]
struct Reading {
    at_s: f64,
    /// All that is resident, and of that what is nobody else's and no file's.
    memory_mib: f64,
    anonymous_mib: f64,
    files: f64,
    tasks: f64,
}

/// The server, and who counts what was done to it.
#[derive(Clone)]
struct Plant {
    client: Client,
    address: Arc<str>,
    done: Arc<AtomicU64>,
}

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(3600);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(soak(Duration::from_secs(seconds)));
}

async fn soak(length: Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut process, address) = start(folder.path());
    // A connection that has been idle for as long as the server allows may be closed while a request is on its way.
    let client = Client::builder().pool_idle_timeout(Duration::from_secs(2)).build().expect("a client");
    let plant = Plant { client, address: address.into(), done: Arc::default() };
    let machines: Vec<String> = (0..MACHINES)
        .map(|i| {
            format!(
                "m{i}: registerMachine(input: {{name: \"m-{i}\", expectedIntervalSeconds: 1}}) {{ machine {{ id }} }}"
            )
        })
        .collect();
    plant.ask(&format!("mutation {{ {} }}", machines.join(" "))).await;
    plant.tell_history().await;
    let mut load = tokio::task::JoinSet::new();
    for _ in 0..WATCHERS {
        load.spawn(plant.clone().watch());
    }
    load.spawn(plant.clone().stream());
    load.spawn(plant.clone().send());
    load.spawn(plant.clone().come_and_go());
    load.spawn(plant.clone().question());
    load.spawn(plant.clone().export());
    load.spawn(plant.clone().attack());
    let began = Instant::now();
    let mut readings = Vec::new();
    let mut clock = tokio::time::interval(EVERY);
    println!(
        "{:>8} {:>12} {:>13} {:>7} {:>7} {:>10}",
        "s", "memory MiB", "anonymous MiB", "files", "tasks", "requests"
    );
    while began.elapsed() < length {
        clock.tick().await;
        if let Some(ended) = load.try_join_next() {
            panic!("a part of the load ended: {ended:?}");
        }
        let reading = plant.read(process.id(), began).await;
        if readings.len() % 30 == 0 {
            print(&reading, plant.done.load(Ordering::Relaxed));
        }
        readings.push(reading);
    }
    print(readings.last().expect("a reading"), plant.done.load(Ordering::Relaxed));
    let warm = length.as_secs_f64() / 6.0;
    readings.retain(|reading| reading.at_s >= warm);
    let memory = slope_an_hour(&readings, |reading| reading.memory_mib);
    println!("an hour, after {warm:.0} s: memory {memory:+.2} MiB (bar {GREATEST_SLOPE_MIB})");
    println!("anonymous {:+.2} MiB", slope_an_hour(&readings, |reading| reading.anonymous_mib));
    println!("files {:+.2}", slope_an_hour(&readings, |reading| reading.files));
    println!("tasks {:+.2}", slope_an_hour(&readings, |reading| reading.tasks));
    load.shutdown().await;
    process.kill().expect("killed");
    process.wait().expect("an end");
}

/// Starts the program that is shipped, or `WATTLINE_BINARY`, and waits for its address.
fn start(folder: &std::path::Path) -> (Child, String) {
    let binary = std::env::var("WATTLINE_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_wattline").to_owned());
    let database = format!("sqlite://{}", folder.join("soak.db").display());
    let mut process = Command::new(binary)
        .args(["serve", "--listen", "127.0.0.1:0", "--interval", "1", "--database", &database])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once("://")?.1.to_owned())).expect("its address");
    // Somebody must go on reading, or the program stands still when the pipe is full.
    std::thread::spawn(move || lines.for_each(drop));
    (process, address)
}

fn print(reading: &Reading, done: u64) {
    let Reading { at_s, memory_mib, anonymous_mib, files, tasks } = reading;
    println!("{at_s:>8.0} {memory_mib:>12.2} {anonymous_mib:>13.2} {files:>7} {tasks:>7} {done:>10}");
}

/// How much it rises in an hour: the straight line that lies nearest to all readings.
#[expect(clippy::cast_precision_loss, reason = "hundreds")]
fn slope_an_hour(readings: &[Reading], of: impl Fn(&Reading) -> f64) -> f64 {
    let count = readings.len() as f64;
    let mean_s = readings.iter().map(|reading| reading.at_s).sum::<f64>() / count;
    let mean = readings.iter().map(&of).sum::<f64>() / count;
    let rise: f64 = readings.iter().map(|reading| (reading.at_s - mean_s) * (of(reading) - mean)).sum();
    let spread: f64 = readings.iter().map(|reading| (reading.at_s - mean_s).powi(2)).sum();
    3600.0 * rise / spread
}

impl Plant {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn count(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    async fn ask(&self, query: &str) -> Value {
        let request = self.client.post(self.url("/graphql")).header("content-type", "application/json");
        let answer = request.body(json!({"query": query}).to_string()).send().await.expect("an answer");
        self.count();
        let answer: Value = answer.json().await.expect("JSON");
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        answer
    }

    async fn read(&self, process: u32, began: Instant) -> Reading {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
        let mib = |name: &str| {
            let kib = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
            kib.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
        };
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("its files").count();
        let metrics = self.client.get(self.url("/metrics")).send().await.expect("an answer");
        let metrics = metrics.text().await.expect("a text");
        let tasks = metrics.lines().find_map(|line| line.strip_prefix("wattline_tasks ")).expect("its tasks");
        Reading {
            at_s: began.elapsed().as_secs_f64(),
            memory_mib: mib("VmRSS:"),
            anonymous_mib: mib("RssAnon:"),
            files: f64::from(u32::try_from(files).expect("not so many")),
            tasks: tasks.parse().expect("a number"),
        }
    }

    /// A reading a second of every machine, up to now.
    async fn tell_history(&self) {
        let (from_s, now_s) = (now_ms() / 1000 - HISTORY.as_secs(), now_ms() / 1000);
        for part_s in (from_s..now_s).step_by(usize::try_from(HISTORY_PART_S).expect("not so many")) {
            let times = part_s..now_s.min(part_s + HISTORY_PART_S);
            let rows = times.flat_map(|second| {
                (0..MACHINES).map(move |machine| format!("m-{machine},{second},{}\n", power_kw(machine, second)))
            });
            self.send_readings("/api/v1/readings", "text/csv", format!("{CSV_HEAD}{}", rows.collect::<String>())).await;
        }
    }

    async fn send_readings(&self, path: &str, kind: &str, body: String) {
        let request = self.client.post(self.url(path)).header("content-type", kind);
        let answer = request.body(body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path} {kind}: {answer:?}");
        self.count();
    }

    /// Every machine once a second, in one format after the other; now and then what was sent before, what is refused, and
    /// what is late.
    async fn send(self) {
        let mut clock = tokio::time::interval(Duration::from_secs(1));
        for second in 0_u64.. {
            clock.tick().await;
            let now_ms = now_ms();
            let late_ms = if second.is_multiple_of(7) { 7_200_000 } else { 0 };
            let rows = (0..MACHINES).map(|machine| (machine, now_ms - late_ms, power_kw(machine, second)));
            let (path, kind, body) = match second % 4 {
                0 => {
                    let rows: Vec<Value> = rows
                        .map(|(machine, time, kw)| json!({"machine": format!("m-{machine}"), "time": time, "power_kw": kw}))
                        .collect();
                    ("/api/v1/readings", "application/json", Value::from(rows).to_string())
                }
                1 => {
                    let lines = rows.map(|(machine, time, kw)| format!("m-{machine},{time},{kw}\n"));
                    ("/api/v1/readings", "text/csv", format!("{CSV_HEAD}{}", lines.collect::<String>()))
                }
                2 => {
                    let lines = rows.map(|(machine, time, kw)| {
                        format!("{{\"machine\":\"m-{machine}\",\"time\":{time},\"power_kw\":{kw}}}\n")
                    });
                    ("/api/v1/readings", "application/x-ndjson", lines.collect())
                }
                _ => {
                    let lines =
                        rows.map(|(machine, time, kw)| format!("power,machine=m-{machine} power_kw={kw} {time}\n"));
                    ("/write?precision=ms", "text/plain", lines.collect())
                }
            };
            for _ in 0..=u64::from(second.is_multiple_of(10)) {
                self.send_readings(path, kind, body.clone()).await;
            }
        }
    }

    async fn socket(&self) -> Socket {
        let mut request = format!("ws://{}/graphql/ws", self.address).into_client_request().expect("a request");
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
        let (mut socket, _) = connect_async(request).await.expect("a socket");
        let query = |id: &str, query: &str| json!({"id": id, "type": "subscribe", "payload": {"query": query}});
        for message in [
            json!({"type": "connection_init"}),
            query("1", "subscription { statsUpdates { asOf totalReadings totalEnergy } }"),
            query("2", "subscription { anomalyDetected { node { id message } } }"),
        ] {
            socket.send(Message::text(message.to_string())).await.expect("sent");
        }
        self.count();
        socket
    }

    /// Stays, and reads what comes.
    async fn watch(self) {
        let mut socket = self.socket().await;
        while let Some(message) = socket.next().await {
            let message = message.expect("a message");
            assert!(!message.to_text().is_ok_and(|text| text.contains("\"errors\"")), "{message}");
        }
    }

    /// The same as an event stream.
    async fn stream(self) {
        let query = json!({"query": "subscription { statsUpdates { asOf } }"}).to_string();
        let request = self.client.post(self.url("/graphql")).header("content-type", "application/json");
        let answer = request.header("accept", "text/event-stream").body(query).send().await.expect("an answer");
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            piece.expect("a piece");
        }
    }

    /// Sockets that end in every way.
    async fn come_and_go(self) {
        for round in 0_u64.. {
            let mut socket = self.socket().await;
            for _ in 0..3 {
                socket.next().await.expect("a message").expect("a message");
            }
            match round % 3 {
                0 => socket.close(None).await.expect("closed"),
                1 => drop(socket),
                _ => {
                    socket.send(Message::text("not at all")).await.expect("sent");
                    while let Some(Ok(_)) = socket.next().await {}
                }
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    async fn question(self) {
        let questions = [
            "{ systemStats { totalReadings totalEnergy dataRate peakPower efficiency estimatedCost carbonFootprint } }",
            "{ machines(first: 40) { totalCount nodes { id name anomalies(first: 3) { nodes { id message } } } } }",
            "{ anomalies(first: 20) { totalCount nodes { id severity status message } } }",
            "{ systemStats { siteDemand { presentPowerKw } } }",
            "{ statsHistory(from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\", every: \"1h\") { from } }",
        ];
        for round in 0_usize.. {
            self.ask(questions[round % questions.len()]).await;
            if round.is_multiple_of(50) {
                let at = jiff::Timestamp::now();
                let report = format!("machine: \"m-{}\", kind: \"ROUND_{round}\", startedAt: \"{at}\"", round % 40);
                self.ask(&format!("mutation {{ reportAnomaly(input: {{{report}}}) {{ anomaly {{ id }} }} }}")).await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Exports of what came since, of which every other one is not read to its end.
    async fn export(self) {
        let from = jiff::Timestamp::now();
        for round in 0_u64.. {
            let path = format!("/api/v1/export/readings?format=csv&from={from}");
            let answer = self.client.get(self.url(&path)).send().await.expect("an answer");
            assert!(answer.status().is_success(), "{answer:?}");
            if round.is_multiple_of(2) {
                answer.bytes().await.expect("a body");
            }
            self.count();
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    }

    /// What is refused.
    async fn attack(self) {
        let deep = format!("{{ a {} }}", "{ a ".repeat(300));
        for round in 0_u64.. {
            let (path, kind, body) = match round % 5 {
                0 => ("/graphql", "application/json", json!({"query": deep}).to_string()),
                1 => ("/graphql", "application/json", format!("{{\"query\": \"{{ none{round} }}\"}}")),
                2 => ("/api/v1/readings", "application/json", "[".repeat(10_000)),
                3 => ("/api/v1/readings", "text/csv", format!("machine,time,power_kw\nunknown-{round},1,1\nm-1,x,y\n")),
                _ => ("/nowhere", "text/plain", "x".repeat(100_000)),
            };
            let request = self.client.post(self.url(path)).header("content-type", kind).body(body);
            request.send().await.expect("an answer").bytes().await.expect("a body");
            self.count();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// What a machine draws, which goes up and down and now and then to another level.
fn power_kw(machine: u64, second: u64) -> u64 {
    20 + (machine * 7 + second / 600 * 3 + second * machine % 5) % 40
}

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    u64::try_from(now.as_millis()).expect("not so late")
}
