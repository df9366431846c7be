//! That an acknowledged reading is on the disk: the order of the program's own calls, and a disk that refuses.

use std::path::Path;
use std::process::{Command, Stdio};

use super::ledger::START_MS;
use super::start;
use crate::harness::{Database, Program, client};

/// Acknowledgements that are looked at.
const ACKNOWLEDGED: i64 = 1000;

/// Sends one reading and says whether it was acknowledged.
async fn is_acknowledged(client: &reqwest::Client, program: &Program, nth: i64) -> bool {
    let body = format!("[{{\"machine\":\"press\",\"time\":{},\"energy_kwh\":0.25}}]", START_MS + 1000 * nth);
    let request = client.post(format!("http://{}/api/v1/readings", program.address));
    let answer = request.header("content-type", "application/json").body(body).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

async fn register(program: &Program) {
    program
        .query("mutation { registerMachine(input: {name: \"press\"}) { machine { id } } }")
        .await
        .expect("a machine");
}

/// `strace` over a running program, until that ends.
struct Tracer(std::process::Child);

impl Tracer {
    /// Attaches to all threads; what they call from then on is written to `log`.
    fn attach(program: &Program, log: &Path, options: &[&str]) -> Self {
        let mut command = Command::new("strace");
        command.args(["-f", "-s", "20", "-o"]).arg(log).args(options);
        command.args(["-p", &program.id().to_string()]).stderr(Stdio::piped());
        let mut tracer = command.spawn().expect("strace is not installed: run `make test`, or apt-get install strace");
        let said = std::io::BufReader::new(tracer.stderr.take().expect("a pipe"));
        let mut lines = std::io::BufRead::lines(said).map_while(Result::ok);
        assert!(lines.any(|line| line.contains("attached")), "strace is not let in");
        std::thread::spawn(move || lines.for_each(drop));
        Self(tracer)
    }

    fn wait(mut self) {
        self.0.wait().expect("strace ends with its program");
    }
}

/// How many of the answers in a trace had no sync since the answer before.
fn unsynced(trace: &str) -> (i64, i64) {
    let (mut answers, mut unsynced, mut is_synced) = (0, 0, false);
    for line in trace.lines() {
        if line.contains("sync") && line.trim_end().ends_with("= 0") {
            is_synced = true;
        }
        if line.contains("HTTP/1.1 200") {
            answers += 1;
            unsynced += i64::from(!is_synced);
            is_synced = false;
        }
    }
    (answers, unsynced)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledgement_comes_after_a_sync() {
    let database = Database::sqlite();
    let (program, _) = start(&database, &[]).await;
    register(&program).await;
    let log = database.folder().join("trace");
    let tracer = Tracer::attach(&program, &log, &["-e", "trace=fsync,fdatasync,write,writev,sendto,sendmsg"]);
    let client = client();
    for nth in 0..ACKNOWLEDGED {
        assert!(is_acknowledged(&client, &program, nth).await, "reading {nth}");
    }
    program.stop();
    tracer.wait();
    let trace = std::fs::read_to_string(&log).expect("a trace");
    assert_eq!(unsynced(&trace), (ACKNOWLEDGED, 0), "answers, and those without a sync before them");
    // The control: without the syncs all would be found.
    let without: String = trace.lines().filter(|line| !line.contains("sync")).map(|line| format!("{line}\n")).collect();
    assert_eq!(unsynced(&without), (ACKNOWLEDGED, ACKNOWLEDGED));
}

/// What a failed sync has lost nobody can know, so the program ends, and begins anew from what is on the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_is_never_acknowledged_and_ends_the_program() {
    let database = Database::sqlite();
    let (program, _) = start(&database, &[]).await;
    register(&program).await;
    let client = client();
    for nth in 0..10 {
        assert!(is_acknowledged(&client, &program, nth).await);
    }
    let log = database.folder().join("trace");
    let calls = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"];
    let tracer = Tracer::attach(&program, &log, &calls);
    assert!(!is_acknowledged(&client, &program, 10).await, "nobody knows whether it is on the disk");
    let (code, _) = program.ended(std::time::Instant::now()).await;
    assert_eq!(code, Some(74), "EX_IOERR of sysexits.h");
    tracer.wait();
    let (program, _) = start(&database, &[]).await;
    assert!(is_acknowledged(&client, &program, 10).await, "taken once the disk is well");
    let stored = database.number("SELECT count(*) FROM reading").await;
    assert_eq!(stored, 11);
}
