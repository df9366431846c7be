//! A PostgreSQL server of the test run's own: Debian's program, a temporary folder, a free port, gone with the run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database};

static SERVER: OnceLock<String> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Makes a new database and returns its address.
pub(crate) async fn create_database() -> String {
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(|| start("off"))).await.expect("a server");
    let admin = Database::connect(format!("{server}/postgres")).await.expect("a connection");
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a new database");
    admin.close().await.expect("closed");
    format!("{server}/{name}")
}

/// The newest PostgreSQL that Debian's packages have put here.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    let newest = newest.expect("PostgreSQL is not installed: run `make test`, or apt-get install postgresql");
    PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"))
}

/// Starts a server and returns its address; `fsync` is `on` or `off`.
pub(crate) fn start(fsync: &str) -> String {
    let folder = tempfile::Builder::new().prefix("wattline-postgres-").tempdir().expect("a folder").keep();
    let root = std::fs::read_to_string("/proc/self/status").expect("status").contains("\nUid:\t0");
    if root {
        run(Command::new("chown").arg("postgres").arg(&folder));
    }
    let as_owner = |program: &str| {
        let mut command = Command::new("setpriv");
        if root {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        }
        // PostgreSQL takes SIGINT as an order to stop at once and in order.
        command.args(["--pdeathsig", "INT"]).arg(programs().join(program)).current_dir(&folder);
        command
    };
    let data = folder.join("data");
    run(as_owner("initdb")
        .args(["-A", "trust", "-U", "wattline", "-E", "UTF8", "--no-sync", "--locale=C", "-D"])
        .arg(&data));
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let mut server = as_owner("postgres");
    server.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c"]);
    server.arg(format!("fsync={fsync}")).arg("-p");
    server.arg(port.to_string()).arg("-k").arg(&folder).arg("-D").arg(&data).stderr(Stdio::piped());
    run_until_ready(server, &folder);
    format!("postgres://wattline@127.0.0.1:{port}")
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program that starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The thread that starts a process with a death signal is the one whose end sends it, so it lives as long as the run.
fn run_until_ready(mut command: Command, folder: &Path) {
    let (ready, is_ready) = std::sync::mpsc::channel();
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        let mut server: Child = command.spawn().expect("PostgreSQL starts");
        let log = BufReader::new(server.stderr.take().expect("its log"));
        let mut lines = Vec::new();
        for line in log.lines().map_while(Result::ok) {
            if line.contains("ready to accept connections") {
                let _ = ready.send(Ok(()));
            }
            lines.push(line);
        }
        let _ = ready.send(Err(lines.join("\n")));
        let _ = server.wait();
        let _ = std::fs::remove_dir_all(folder);
    });
    is_ready.recv().expect("a thread that lives").unwrap_or_else(|log| panic!("PostgreSQL did not start: {log}"));
}
