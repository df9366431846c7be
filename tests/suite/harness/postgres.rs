//! A PostgreSQL server of the test run's own: Debian's program, a temporary folder, a free port, gone with the run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock};

use sea_orm::{ConnectionTrait, Database};

/// Followed by the process that the server belongs to.
const FOLDER_PREFIX: &str = "wattline-postgres-";

static SERVER: OnceLock<String> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Makes a new database and returns its address.
pub(crate) async fn create_database() -> String {
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(|| start("off"))).await.expect("a server");
    new_database_on(server).await
}

/// The same on some server.
pub(crate) async fn new_database_on(server: &str) -> String {
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
pub(crate) fn start(fsync: &'static str) -> String {
    Cluster::start(fsync).url()
}

/// A server that can be restarted.
pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    fsync: &'static str,
    /// Says when it has ended.
    ended: Mutex<Receiver<()>>,
}

impl Cluster {
    /// Starts a new one.
    pub(crate) fn start(fsync: &'static str) -> Self {
        remove_folders_of_ended_runs();
        let prefix = format!("{FOLDER_PREFIX}{}-", std::process::id());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a folder").keep();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        run(as_owner("initdb", &folder)
            .args(["-A", "trust", "-U", "wattline", "-E", "UTF8", "--no-sync", "--locale=C", "-D"])
            .arg(folder.join("data")));
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let ended = Mutex::new(run_until_ready(server(&folder, port, fsync)));
        Self { folder, port, fsync, ended }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://wattline@127.0.0.1:{}", self.port)
    }

    /// Ends it by a signal, and starts it again over what is there: `INT` ends it in order, `QUIT` at once.
    pub(crate) fn restart(&self, signal: &str) {
        let noted = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("its process id");
        run(Command::new("kill").args(["-s", signal, noted.lines().next().expect("a process id")]));
        let mut ended = self.ended.lock().expect("no panic");
        ended.recv().expect("its end");
        *ended = run_until_ready(server(&self.folder, self.port, self.fsync));
    }
}

/// A server outlives every destructor of its run, which ends it by a signal: its folder is left to the next run.
fn remove_folders_of_ended_runs() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(FOLDER_PREFIX)) else { continue };
        let Some(run) = rest.split('-').next().and_then(|run| run.parse::<u32>().ok()) else { continue };
        if !Path::new(&format!("/proc/{run}")).exists() {
            // Two runs may remove the same one.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").expect("status").contains("\nUid:\t0")
}

/// One of PostgreSQL's programs, which do not run as root.
fn as_owner(program: &str, folder: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    // PostgreSQL takes SIGINT as an order to stop at once and in order.
    command.args(["--pdeathsig", "INT"]).arg(programs().join(program)).current_dir(folder);
    command
}

fn server(folder: &Path, port: u16, fsync: &str) -> Command {
    let mut server = as_owner("postgres", folder);
    server.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c"]);
    server.arg(format!("fsync={fsync}")).arg("-p").arg(port.to_string());
    server.arg("-k").arg(folder).arg("-D").arg(folder.join("data")).stderr(Stdio::piped());
    server
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program that starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Starts a server; what is given back says when it has ended. The thread that starts a process with a death signal is
/// the one whose end sends it, so it lives as long as the run.
fn run_until_ready(mut command: Command) -> Receiver<()> {
    let (ready, is_ready) = channel();
    let (end, ended) = channel();
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
        let _ = end.send(());
    });
    is_ready.recv().expect("a thread that lives").unwrap_or_else(|log| panic!("PostgreSQL did not start: {log}"));
    ended
}
