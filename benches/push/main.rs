//! What a push costs: `cargo bench --bench push -- [SOCKETS ...]`, and what a storm of clients does: `-- storm`.
//!
//! The floor is a bare axum server: one task a socket with a 4 KiB read buffer, which writes one frame that was made
//! once to its socket at every tick. Against it stands the whole of Wattline: the real server, whose subscribers all
//! select the sixteen statistics. At 1,000 sockets the same schema behind the GraphQL library's own socket and Node's
//! graphql-ws stand beside them. All run in processes of their own, in turns, with the clients in a third; ratios of
//! medians, because these machines are noisy. CPU is the server's, delay is from the tick (a whole second of the wall
//! clock) to the last subscriber, memory is what a connection adds to the server.

mod clients;
mod servers;
mod storm;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ROUNDS: usize = 5;
const MEASURED: Duration = Duration::from_secs(6);

fn main() {
    // What its HTTP clients need, as the server does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("floor") => runtime().block_on(servers::floor(ticks_of(&arguments))),
        Some("wattline") => runtime().block_on(servers::whole(ticks_of(&arguments))),
        Some("stock") => runtime().block_on(servers::stock(ticks_of(&arguments))),
        Some("storm") => runtime().block_on(storm::storm()),
        Some("clients") => runtime().block_on(clients::clients(&arguments[1], number(&arguments[2]))),
        _ => {
            let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
            let sizes = if sizes.is_empty() { vec![1000, 5000, 10_000, 20_000] } else { sizes };
            println!("medians of {ROUNDS} rounds in turns; CPU of the server per million messages");
            println!("sockets  ticks/s         CPU s   ratio    last p50 ms   ratio   KiB/socket   lost");
            for size in sizes {
                let all: &[&str] =
                    if size <= 1000 { &["floor", "wattline", "stock", "node"] } else { &["floor", "wattline"] };
                compare(size, 1, all);
            }
            compare(500, 100, &["floor", "wattline"]);
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

fn compare(sockets: usize, ticks: u32, servers: &[&str]) {
    let mut runs: Vec<Vec<Run>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (server, runs) in servers.iter().zip(&mut runs) {
            runs.push(run(server, sockets, ticks));
        }
    }
    let medians: Vec<Run> = runs.iter().map(|runs| median(runs)).collect();
    for (name, of) in servers.iter().zip(&medians) {
        println!(
            "{sockets:7}  {ticks:7}  {name:9} {:8.2}   {:5.2}   {:12.1}   {:5.2}   {:10.1}   {:.3} %",
            of.cpu_s_per_million,
            of.cpu_s_per_million / medians[0].cpu_s_per_million,
            of.last_ms,
            of.last_ms / medians[0].last_ms,
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
    let mut command = if arguments[0] == "node" {
        let modules = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/node/node_modules");
        assert!(std::path::Path::new(modules).exists(), "Node's part is missing: npm ci --prefix examples/node");
        let mut node = Command::new("node");
        node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/push/node.mjs"));
        node
    } else {
        Command::new(std::env::current_exe().expect("this program"))
    };
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
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
