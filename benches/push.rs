//! What a push costs: `cargo bench --bench push -- [SOCKETS ...]`.
//!
//! The floor is a bare axum server: one task a socket with a 4 KiB read buffer, which writes one frame that was made
//! once to its socket at every tick. Against it stands the whole of Wattline: the real server, whose subscribers all
//! select the sixteen statistics. Both run in processes of their own, in turns, with the clients in a third; ratios of
//! medians, because these machines are noisy. CPU is the server's, delay is from the tick (a whole second of the wall
//! clock) to the last subscriber, memory is what a connection adds to the server.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wattline::app::App;
use wattline::clock::Clock;
use wattline::config::Options;

const ROUNDS: usize = 5;
const MEASURED: Duration = Duration::from_secs(6);
const QUERY: &str = "subscription { statsUpdates { asOf totalReadings totalEnergy dataRate uptimeDays uptimePercent \
    readingsPerMinute energyPerHour peakPower avgPower efficiency estimatedCost costPerDay carbonFootprint \
    carbonPerDay totalAnomalies activeMachinesToday } }";
/// What Wattline sends to an empty plant, to the byte.
const FRAME: &str = r#"{"id":"00000000-0000-0000-0000-000000000000","type":"next","payload":{"data":{"statsUpdates":{"asOf":"2026-11-26T01:00:00Z","totalReadings":0,"totalEnergy":0.0,"dataRate":0,"uptimeDays":0,"uptimePercent":null,"readingsPerMinute":0.0,"energyPerHour":null,"peakPower":null,"avgPower":null,"efficiency":null,"estimatedCost":0.0,"costPerDay":0.0,"carbonFootprint":0.0,"carbonPerDay":0.0,"totalAnomalies":0,"activeMachinesToday":0}},"extensions":{"sequence":10}}}"#;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("floor") => runtime().block_on(floor(ticks_of(&arguments))),
        Some("whole") => runtime().block_on(whole(ticks_of(&arguments))),
        Some("clients") => runtime().block_on(clients(&arguments[1], number(&arguments[2]))),
        _ => {
            let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
            let sizes = if sizes.is_empty() { vec![1000, 5000, 10_000, 20_000] } else { sizes };
            println!("medians of {ROUNDS} rounds in turns; CPU of the server per million messages");
            println!("sockets  ticks/s         CPU s   ratio    last p50 ms   ratio   KiB/socket   lost");
            for size in sizes {
                compare(size, 1);
            }
            compare(500, 100);
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// Ticks a second.
fn ticks_of(arguments: &[String]) -> u32 {
    arguments[1].parse().expect("a number")
}

/// One run of a server with its clients.
#[derive(Clone, Copy)]
struct Run {
    cpu_s_per_million: f64,
    last_ms: f64,
    kib_per_socket: f64,
    /// Messages that did not come, of those that a client was to get.
    lost: f64,
}

fn compare(sockets: usize, ticks: u32) {
    let (mut floor, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floor.push(run("floor", sockets, ticks));
        whole.push(run("whole", sockets, ticks));
    }
    let (floor, whole) = (median(&floor), median(&whole));
    for (name, of, base) in [("floor", floor, floor), ("wattline", whole, floor)] {
        println!(
            "{sockets:7}  {ticks:7}  {name:9} {:8.2}   {:5.2}   {:12.1}   {:5.2}   {:10.1}   {:.3} %",
            of.cpu_s_per_million,
            of.cpu_s_per_million / base.cpu_s_per_million,
            of.last_ms,
            of.last_ms / base.last_ms,
            of.kib_per_socket,
            of.lost * 100.0
        );
    }
}

fn median(runs: &[Run]) -> Run {
    let middle = |value: fn(&Run) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Run {
        cpu_s_per_million: middle(|run| run.cpu_s_per_million),
        last_ms: middle(|run| run.last_ms),
        kib_per_socket: middle(|run| run.kib_per_socket),
        lost: middle(|run| run.lost),
    }
}

fn start(arguments: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let program = std::env::current_exe().expect("this program");
    let mut child =
        Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    (child, output)
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    line.trim().to_owned()
}

#[expect(clippy::cast_precision_loss, reason = "some millions of messages")]
fn run(server: &str, sockets: usize, ticks: u32) -> Run {
    let (mut serving, mut address) = start(&[server, &ticks.to_string()]);
    let address = line(&mut address);
    let id = serving.id();
    let memory_kib = resident_kib(id);
    let (mut loading, mut said) = start(&["clients", &address, &sockets.to_string()]);
    assert_eq!(line(&mut said), "connected");
    let kib_per_socket = (resident_kib(id) - memory_kib) / sockets as f64;
    let cpu_s = cpu_s(id);
    loading.stdin.take().expect("its input").write_all(b"count\n").expect("told");
    let counted = line(&mut said);
    let used_s = self::cpu_s(id) - cpu_s;
    let mut counted = counted.split(' ').map(|number| number.parse::<f64>().expect("a number"));
    let (messages, last_ms) = (counted.next().expect("messages"), counted.next().expect("a delay"));
    let _ = loading.wait();
    let _ = serving.kill();
    let _ = serving.wait();
    let expected = (sockets as f64) * f64::from(ticks) * MEASURED.as_secs_f64();
    Run { cpu_s_per_million: used_s / messages * 1e6, last_ms, kib_per_socket, lost: 1.0 - messages / expected }
}

/// User and system time of a process, s: the 14th and 15th field of its `stat`, in hundredths.
fn cpu_s(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().expect("ticks") / 100.0).sum()
}

fn resident_kib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

/// Until the next tick of the wall clock's grid.
fn until_next(ticks: u32) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let interval = Duration::from_secs(1) / ticks;
    let since = Duration::from_nanos(u64::try_from(now.as_nanos() % interval.as_nanos()).unwrap_or(0));
    interval.saturating_sub(since)
}

async fn floor(ticks: u32) {
    let (frames, _) = broadcast::channel::<Utf8Bytes>(16);
    let open = async |State(frames): State<broadcast::Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade| -> Response {
        upgrade.read_buffer_size(4096).on_upgrade(async move |mut socket| {
            let mut frames = frames.subscribe();
            // As Wattline: introduced, and then the value at once.
            for answer in [r#"{"type":"connection_ack"}"#, FRAME] {
                let _ = socket.recv().await;
                let _ = socket.send(Message::Text(answer.into())).await;
            }
            loop {
                tokio::select! {
                    frame = frames.recv() => {
                        let Ok(frame) = frame else { continue };
                        if socket.send(Message::Text(frame)).await.is_err() {
                            return;
                        }
                    }
                    message = socket.recv() => if message.is_none_or(|message| message.is_err()) {
                        return;
                    },
                }
            }
        })
    };
    let router = Router::new().route("/graphql/ws", get(open)).with_state(frames.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let frame: Utf8Bytes = FRAME.into();
        loop {
            tokio::time::sleep(until_next(ticks)).await;
            let _ = frames.send(frame.clone());
        }
    });
    axum::serve(listener, router).await.expect("served");
}

async fn whole(ticks: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    // At more than ten ticks a second they are made here.
    let interval = if ticks == 1 { 1.0 } else { 3600.0 };
    let database = format!("sqlite://{}/wattline.db", folder.path().display());
    let options = Options { database: Some(database), interval: Some(interval), ..Options::default() };
    let app = App::open(options.resolve().expect("settings"), Clock::system()).await.expect("an app");
    if ticks > 1 {
        let stats = app.rooms.stats.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(until_next(ticks)).await;
                stats.step().await;
            }
        });
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    app.serve(listener, CancellationToken::new()).await.expect("served");
}

/// What all clients count together.
#[derive(Default)]
struct Counts {
    messages: AtomicU64,
    /// By tick of the second: the latest arrival since the tick, microseconds.
    last_us: std::sync::Mutex<std::collections::BTreeMap<u64, u64>>,
    is_counting: std::sync::atomic::AtomicBool,
}

async fn clients(address: &str, count: usize) {
    let counts = Arc::new(Counts::default());
    let (ready, mut readies) = tokio::sync::mpsc::channel(count);
    for at in 0..count {
        let stream = TcpStream::connect(address).await.expect("a connection");
        tokio::spawn(client(stream, at, counts.clone(), ready.clone()));
        if at % 50 == 49 {
            for _ in 0..50 {
                readies.recv().await;
            }
        }
    }
    for _ in 0..count % 50 {
        readies.recv().await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("connected");
    let mut said = String::new();
    std::io::stdin().read_line(&mut said).expect("a line");
    // From the middle between two ticks to the middle between two others.
    tokio::time::sleep(until_next(1) + Duration::from_millis(600)).await;
    counts.is_counting.store(true, Ordering::SeqCst);
    tokio::time::sleep(MEASURED).await;
    counts.is_counting.store(false, Ordering::SeqCst);
    let mut delays: Vec<u64> = counts.last_us.lock().expect("not poisoned").values().copied().collect();
    delays.sort_unstable();
    let median_us = u32::try_from(delays[delays.len() / 2]).expect("under an hour");
    println!("{} {}", counts.messages.load(Ordering::SeqCst), f64::from(median_us) / 1000.0);
}

async fn client(mut stream: TcpStream, at: usize, counts: Arc<Counts>, ready: tokio::sync::mpsc::Sender<()>) {
    let request = "GET /graphql/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    let subscribe = serde_json::json!({"id": format!("00000000-0000-0000-0000-{at:012}"), "type": "subscribe",
        "payload": {"query": QUERY}});
    let mut received = Vec::new();
    let mut frames = 0_u64;
    for message in [r#"{"type":"connection_init"}"#.to_owned(), subscribe.to_string()] {
        stream.write_all(&masked(0x81, message.as_bytes())).await.expect("sent");
        let before = frames;
        while frames == before {
            frames += read_frames(&mut stream, &mut received).await.0;
        }
    }
    ready.send(()).await.expect("counted");
    let mut buffer = Vec::with_capacity(0);
    std::mem::swap(&mut buffer, &mut received);
    loop {
        let (frames, pings) = read_frames(&mut stream, &mut buffer).await;
        if pings > 0 && stream.write_all(&masked(0x8A, b"")).await.is_err() {
            return;
        }
        if frames > 0 && counts.is_counting.load(Ordering::Relaxed) {
            counts.messages.fetch_add(frames, Ordering::Relaxed);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            let mut last_us = counts.last_us.lock().expect("not poisoned");
            let latest = last_us.entry(now.as_secs()).or_default();
            *latest = (*latest).max(u64::from(now.subsec_micros()));
        }
    }
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()).expect("a short message") {
        length @ 0..=125 => frame.push(0x80 | u8::try_from(length).expect("short")),
        length => {
            frame.push(0x80 | 0x7E);
            frame.extend(length.to_be_bytes());
        }
    }
    // A mask of zeroes leaves the payload as it is.
    frame.extend([0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// Reads what is there; how many frames of text it completes, and how many pings.
async fn read_frames(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> (u64, u64) {
    let mut chunk = [0; 2048];
    let read = stream.read(&mut chunk).await.unwrap_or(0);
    if read == 0 {
        // The server has gone; the other clients go on counting.
        std::future::pending::<()>().await;
    }
    buffer.extend_from_slice(&chunk[..read]);
    let (mut texts, mut pings, mut at) = (0, 0, 0);
    while buffer.len() >= at + 4 {
        let (head, length) = match buffer[at + 1] {
            126 => (4, usize::from(u16::from_be_bytes([buffer[at + 2], buffer[at + 3]]))),
            short => (2, usize::from(short)),
        };
        if buffer.len() < at + head + length {
            break;
        }
        match buffer[at] {
            0x81 => texts += 1,
            _ => pings += 1,
        }
        at += head + length;
    }
    // A ping alone is shorter than the head of a long frame.
    if buffer.len() == at + 2 && buffer[at] == 0x89 {
        (pings, at) = (pings + 1, at + 2);
    }
    buffer.drain(..at);
    (texts, pings)
}
