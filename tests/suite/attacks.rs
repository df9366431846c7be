//! Attacks that cost the attacker little. Each is refused or cut off, costs the server little, and does not keep it from
//! answering others meanwhile. Measured on the program itself, whose time is nobody else's.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::harness::raw::{Raw, get, post};
use crate::harness::socket::Socket;
use crate::harness::{Database, Program, client};

/// What one attack may cost of a processor; what the compiler does not optimise takes many times as long. The bars of the
/// program as it is shipped: `WATTLINE_BINARY=$PWD/target/release/wattline cargo test --test suite attacks -- --nocapture`.
fn greatest_cost() -> Duration {
    if is_shipped() { Duration::from_millis(50) } else { Duration::from_secs(3) }
}

fn is_shipped() -> bool {
    std::env::var_os("WATTLINE_BINARY").is_some()
}

/// Within which one is cut off that just waits.
const GREATEST_WAIT: Duration = Duration::from_secs(12);
/// How long a healthy client may have to wait, at the 99th percentile; machines that run all tests do other things, too.
fn greatest_delay() -> Duration {
    if is_shipped() { Duration::from_millis(250) } else { Duration::from_secs(3) }
}

/// How often each is made, so that its cost can be measured.
const TIMES: u32 = 5;

fn start(database: &Database) -> Program {
    // Nothing of its own to do while it is measured.
    Program::start(database, &["serve", "--interval", "3600", "--detect", "false"])
}

/// What a document of so many bytes asks for, by the tricks that are known.
fn documents() -> Vec<(&'static str, String, &'static str)> {
    let mut laughs = "query { ...F0 } ".to_owned();
    for level in 0..30 {
        let _ = write!(laughs, "fragment F{level} on Query {{ ...F{0} ...F{0} }} ", level + 1);
    }
    laughs += "fragment F30 on Query { sites { name } }";
    let mut chain = "query { ...F0 } ".to_owned();
    for level in 0..600 {
        let _ = write!(chain, "fragment F{level} on Query {{ ...F{} }} ", level + 1);
    }
    chain += "fragment F600 on Query { sites { name } }";
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }";
    let aliases =
        |count: usize| format!("{{ {} }}", (0..count).map(|i| format!("a{i}:__typename ")).collect::<String>());
    let nested =
        |open: &str, close: &str, depth: usize| format!("{{ {} x {} }}", open.repeat(depth), close.repeat(depth));
    let number = "9".repeat(60_000);
    vec![
        ("50,000 aliases", aliases(50_000), "DOCUMENT_TOO_LARGE"),
        ("aliases up to the limit of tokens", aliases(1_600), "DOCUMENT_TOO_COMPLEX"),
        ("deep nesting", nested("a {", "}", 1_600), "DOCUMENT_TOO_COMPLEX"),
        ("deep nesting in fragments", nested("... {", "}", 1_600), "DOCUMENT_TOO_COMPLEX"),
        (
            "deep nesting in lists",
            format!("{{ sites(a: {}{}) {{ id }} }}", "[".repeat(2_000), "]".repeat(2_000)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        (
            "deep nesting in objects",
            format!("{{ sites(a: {}1{}) {{ id }} }}", "{a:".repeat(1_200), "}".repeat(1_200)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        (
            "deep nesting in types",
            format!("query($v: {}Int{}) {{ sites {{ id }} }}", "[".repeat(2_000), "]".repeat(2_000)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        (
            "deep nesting behind a string",
            format!("{{ sites(a: \"\"\" \" \"\"\", b: {}{}) {{ id }} }}", "[".repeat(2_000), "]".repeat(2_000)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        ("a long chain of fragments", chain, "DOCUMENT_TOO_COMPLEX"),
        ("fragments in a circle", circle.to_owned(), "INVALID_DOCUMENT"),
        ("a fragment in itself", "{ ...A } fragment A on Query { ...A ...A }".to_owned(), "INVALID_DOCUMENT"),
        ("fragments that double", laughs, "DOCUMENT_TOO_COMPLEX"),
        (
            "directives on one field",
            format!("{{ __typename {} }}", "@skip(if: false) ".repeat(700)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        ("unknown directives", format!("{{ __typename {} }}", "@a ".repeat(2_400)), "DOCUMENT_TOO_COMPLEX"),
        ("the same field", format!("{{ {} }}", "sites{id}".repeat(1_200)), "DOCUMENT_TOO_COMPLEX"),
        (
            "the same field up to the limit",
            format!("{{ {} }}", "sites{id}".repeat(100)),
            "{\"data\":{\"sites\":[{\"id\":",
        ),
        (
            "the same field in fragments",
            format!("{{ {} }} fragment F on Query {{ sites {{ id }} }}", "...F ".repeat(1_000)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        (
            "the same field within one",
            format!("{{ systemStats {{ {} }} }}", "totalReadings ".repeat(4_000)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        (
            "the same field within one up to the limit",
            format!("{{ systemStats {{ {} }} }}", "totalReadings ".repeat(1_499)),
            "{\"data\":{\"systemStats\":{\"totalReadings\":0",
        ),
        (
            "the same field within one in fragments",
            format!(
                "{{ systemStats {{ {} }} }} fragment F on SystemStats {{ {} }}",
                "...F ".repeat(100),
                "totalReadings ".repeat(100)
            ),
            "DOCUMENT_TOO_COMPLEX",
        ),
        (
            "the same connection within one",
            format!("{{ machines {{ nodes {{ {} }} }} }}", "a:anomalies{totalCount}".repeat(99)),
            "DOCUMENT_TOO_COMPLEX",
        ),
        (
            "many variables",
            format!("query({}) {{ sites {{ id }} }}", (0..1_200).map(|i| format!("$v{i}:Int ")).collect::<String>()),
            "INVALID_DOCUMENT",
        ),
        ("a huge number", format!("{{ machines(first: {number}) {{ totalCount }} }}"), "INVALID_DOCUMENT"),
        ("a huge exponent", "{ machines(first: 1e99999) { totalCount } }".to_owned(), "INVALID_DOCUMENT"),
        (
            "a page of the greatest number",
            "{ machines(first: 2147483647) { nodes { id } } }".to_owned(),
            "DOCUMENT_TOO_COMPLEX",
        ),
    ]
}

/// Requests that are refused, each with its code; or answered, with what.
fn requests() -> Vec<(&'static str, String, &'static str)> {
    let query = |document: &str| post("/graphql", &json!({"query": document}).to_string());
    let mut all: Vec<_> =
        documents().into_iter().map(|(name, document, code)| (name, query(&document), code)).collect();
    let one = json!({"query": "{ sites { id } }"}).to_string();
    let list = format!("[{}]", vec![one.as_str(); 10_000].join(","));
    let variables = format!(
        r#"{{"query":"query($n: Int) {{ machines(first: $n) {{ totalCount }} }}","variables":{{"n":{}}}}}"#,
        "9".repeat(300)
    );
    let nested = format!(
        r#"{{"query":"{{ sites {{ id }} }}","variables":{{"a":{}{}}}}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let power = format!(r#"[{{"machine":"press","time":1760000000,"power_kw":{}}}]"#, "9".repeat(100_000));
    all.extend([
        ("a list of 10,000 requests", post("/graphql", &list), "BATCH_NOT_SUPPORTED"),
        ("a huge number as a variable", post("/graphql", &variables), "INVALID_DOCUMENT"),
        ("deep nesting in variables", post("/graphql", &nested), "INVALID_BODY"),
        ("deep nesting in readings", post("/api/v1/readings", &"[".repeat(100_000)), "INVALID_BODY"),
        ("a huge number as a power", post("/api/v1/readings", &power), "INVALID_ROW"),
    ]);
    for (_, request, _) in &mut all {
        // Its end is the end of its answer.
        *request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    }
    all
}

/// Makes an attack and says what of the processor it cost.
async fn cost(program: &Program, attack: impl AsyncFn()) -> Duration {
    attack().await;
    let before = program.cpu();
    for _ in 0..TIMES {
        attack().await;
    }
    program.cpu().saturating_sub(before) / TIMES
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_costs_little() {
    let database = Database::sqlite();
    let program = start(&database);
    let (mut dear, mut wrong) = (Vec::new(), Vec::new());
    for (name, request, code) in requests() {
        let answer = Raw::say(&program.address, &request).await.rest().await;
        if !answer.contains(code) {
            wrong.push(format!("{name} is not {code}: {}", &answer[..answer.len().min(600)]));
        }
        let attack = async || drop(Raw::say(&program.address, &request).await.rest().await);
        let cost = cost(&program, attack).await;
        eprintln!("{name}: {cost:?}");
        dear.extend((cost > greatest_cost()).then_some((name, cost)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let headers = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x-flood: y\r\n".repeat(50_000));
    let flood = async || {
        let answer = Raw::say(&program.address, &headers).await.rest().await;
        assert!(answer.is_empty() || answer.contains(" 431 "), "{answer}");
    };
    let frames = async || giant_frames(&program.address).await;
    for (name, cost) in
        [("a flood of headers", cost(&program, flood).await), ("giant frames", cost(&program, frames).await)]
    {
        eprintln!("{name}: {cost:?}");
        dear.extend((cost > greatest_cost()).then_some((name, cost)));
    }
    assert!(dear.is_empty(), "{dear:?}");
    program.stop();
}

/// Frames that say that they are long, a text in many frames, and one without end: the socket closes, and waits for none.
async fn giant_frames(address: &str) {
    let init = json!({"type": "connection_init"}).to_string();
    let frame =
        |is_final, opcode, payload: Vec<u8>| Message::Frame(Frame::message(payload, OpCode::Data(opcode), is_final));
    let mut socket = Socket::silent(address, Some("graphql-transport-ws")).await;
    socket.send_raw(Message::text(init.clone())).await;
    socket.send_raw(frame(true, Data::Text, vec![b'x'; 70_000])).await;
    assert_eq!(socket.closed().await.0, 1009);
    let mut socket = Socket::silent(address, Some("graphql-transport-ws")).await;
    socket.send_raw(frame(false, Data::Text, vec![b'x'; 60_000])).await;
    socket.send_raw(frame(false, Data::Continue, vec![b'x'; 6_000])).await;
    assert_eq!(socket.closed().await.0, 1009);
    for path in ["/graphql/ws", "/ws"] {
        let handshake = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        );
        let mut raw = Raw::say(address, handshake).await;
        assert!(raw.up_to("\r\n\r\n").await.starts_with("HTTP/1.1 101"));
        // A text of 2^62 bytes.
        raw.send([&[0x81, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4][..], &[0; 1000]].concat()).await;
        raw.rest().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_just_waits_is_cut_off() {
    let database = Database::sqlite();
    let program = start(&database);
    let (before, began) = (program.cpu(), Instant::now());
    let half = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-half: ";
    let said = ["", half, "G"];
    let waiting = join_all((0..500).map(|i| Raw::say(&program.address, said[i % 3]))).await;
    join_all(waiting.into_iter().map(async |mut raw| assert_eq!(raw.rest().await, ""))).await;
    let (cost, took) = (program.cpu().saturating_sub(before), began.elapsed());
    eprintln!("500 that wait: cut off after {took:?}, for {cost:?} in all");
    assert!(took < GREATEST_WAIT, "{took:?}");
    program.stop();
}

/// One after the other, again and again, beside five hundred connections that wait, while somebody asks as people do.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn others_are_answered_meanwhile() {
    let database = Database::sqlite();
    let program = start(&database);
    let requests = requests();
    let idle = join_all((0..500).map(|_| Raw::connect(&program.address))).await;
    let until = Instant::now() + Duration::from_secs(10);
    let attacker = async {
        let mut made = 0_usize;
        while Instant::now() < until {
            for (_, request, _) in &requests {
                Raw::say(&program.address, request).await.rest().await;
                made += 1;
            }
            giant_frames(&program.address).await;
            let _half_sent = Raw::say(&program.address, "GET / HTTP/1.1\r\nhost: ").await;
        }
        made
    };
    let (client, url) = (client(), format!("http://{}/graphql", program.address));
    let healthy = async {
        let mut delays = Vec::new();
        while Instant::now() < until {
            let began = Instant::now();
            let request = client.post(&url).header("content-type", "application/json");
            let request = request.body(json!({"query": "{ systemStats { totalReadings } }"}).to_string());
            let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
            assert_eq!(answer["data"]["systemStats"]["totalReadings"], 0, "{answer}");
            delays.push(began.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        delays.sort_unstable();
        delays
    };
    let (made, delays) = futures_util::future::join(attacker, healthy).await;
    let p99 = delays[delays.len() * 99 / 100];
    eprintln!(
        "{} answers to a healthy client beside {made} attacks: half within {:?}, 99 % within {p99:?}",
        delays.len(),
        delays[delays.len() / 2]
    );
    assert!(p99 < greatest_delay(), "{p99:?}");
    drop(idle);
    assert!(Raw::say(&program.address, get("/healthz")).await.up_to("ok").await.contains("200"));
    program.stop();
}
