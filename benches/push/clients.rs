//! The subscribers: as little work as a client can do, so that it is the server that is measured.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::MEASURED;
use crate::servers::until_next;

const QUERY: &str = "subscription { statsUpdates { asOf totalReadings totalEnergy dataRate uptimeDays uptimePercent \
    readingsPerMinute energyPerHour peakPower avgPower efficiency estimatedCost costPerDay carbonFootprint \
    carbonPerDay totalAnomalies activeMachinesToday } }";

/// What all clients count together.
#[derive(Default)]
pub(crate) struct Counts {
    messages: AtomicU64,
    /// By tick of the second: the latest arrival since the tick, microseconds.
    last_us: Mutex<BTreeMap<u64, u64>>,
    is_counting: AtomicBool,
}

/// Connects so many subscribers, and counts once it is told to.
pub(crate) async fn clients(address: &str, count: usize) {
    let counts = Arc::new(Counts::default());
    let (ready, mut readies) = mpsc::channel(count);
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

async fn client(stream: TcpStream, at: usize, counts: Arc<Counts>, ready: mpsc::Sender<()>) {
    let mut subscriber = Subscriber::new(stream).await;
    let subscribe = serde_json::json!({"id": format!("00000000-0000-0000-0000-{at:012}"), "type": "subscribe",
        "payload": {"query": QUERY}});
    for message in [serde_json::json!({"type": "connection_init"}), subscribe] {
        subscriber.send(&message).await;
        subscriber.messages(1).await;
    }
    ready.send(()).await.expect("counted");
    loop {
        let frames = subscriber.read().await;
        if frames > 0 && counts.is_counting.load(Ordering::Relaxed) {
            counts.messages.fetch_add(frames, Ordering::Relaxed);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            let mut last_us = counts.last_us.lock().expect("not poisoned");
            let latest = last_us.entry(now.as_secs()).or_default();
            *latest = (*latest).max(u64::from(now.subsec_micros()));
        }
    }
}

/// Runs a query or a mutation that must succeed.
pub(crate) async fn ask(address: &str, query: &str) {
    let body = serde_json::json!({"query": query}).to_string();
    let request = reqwest::Client::new().post(format!("http://{address}/graphql"));
    let answer = request.header("content-type", "application/json").body(body).send().await.expect("an answer");
    let answer = answer.text().await.expect("a body");
    assert!(answer.starts_with("{\"data\""), "{answer}");
}

/// One client's socket.
pub(crate) struct Subscriber {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Subscriber {
    /// Shakes hands.
    pub(crate) async fn new(mut stream: TcpStream) -> Self {
        let request = "GET /graphql/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
            Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        Self { stream, received: Vec::new() }
    }

    pub(crate) async fn send(&mut self, message: &serde_json::Value) {
        self.stream.write_all(&masked(0x81, message.to_string().as_bytes())).await.expect("sent");
    }

    /// Waits until so many messages have come.
    pub(crate) async fn messages(&mut self, count: usize) {
        let mut come = 0;
        while come < count {
            come += usize::try_from(self.read().await).expect("few");
        }
    }

    /// Reads what is there and answers pings; how many messages it completes.
    async fn read(&mut self) -> u64 {
        let (frames, pings) = read_frames(&mut self.stream, &mut self.received).await;
        if self.received.is_empty() {
            // Ten thousand that wait keep no room.
            self.received = Vec::new();
        }
        if pings > 0 {
            let _ = self.stream.write_all(&masked(0x8A, b"")).await;
        }
        frames
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
