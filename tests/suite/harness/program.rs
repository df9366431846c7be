//! The program itself as a process of its own, for what only that shows: its own counters, its end, its restart.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Database, client};
use crate::recordings::wattline;

/// A running `wattline serve` or `wattline demo`; killed when dropped.
pub(crate) struct Program {
    /// Host and port.
    pub(crate) address: String,
    process: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts a subcommand that serves, on a free port, and waits until it says its address.
    pub(crate) fn start(database: &Database, arguments: &[&str]) -> Self {
        Self::start_with(database, arguments, &[])
    }

    /// The same with variables of its environment.
    pub(crate) fn start_with(database: &Database, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = wattline(database, arguments);
        command.envs(variables.iter().copied());
        let mut process = command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().expect("runs");
        let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.split_once("://")?.1.to_owned())).expect("the address");
        // Somebody must go on reading, or the program stands still when the pipe is full.
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = log.clone();
        std::thread::spawn(move || lines.for_each(|line| kept.lock().expect("no panic").push(line)));
        Self { address, process, log }
    }

    /// The lines it has logged so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// The body at a path.
    pub(crate) async fn get(&self, path: &str) -> String {
        let response = client().get(format!("http://{}{path}", self.address)).send().await;
        response.expect("an answer").text().await.expect("a body")
    }

    /// The data of a GraphQL query; none while the server is not up yet.
    pub(crate) async fn query(&self, query: &str) -> Option<Value> {
        let body = json!({"query": query}).to_string();
        let request = client().post(format!("http://{}/graphql", self.address));
        let request = request.header("content-type", "application/json").body(body);
        let mut answer: Value = request.send().await.ok()?.json().await.ok()?;
        Some(answer["data"].take()).filter(Value::is_object)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The time of processors that it has used.
    pub(crate) fn cpu(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("its threads");
        let used = threads.filter_map(|thread| {
            let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(used.sum())
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn ask_to_end(&self) {
        let pid = self.process.id().to_string();
        assert!(std::process::Command::new("kill").arg(pid).status().expect("kill").success());
    }

    /// Waits for its end; the code of it, if it has one, and the time since `since`.
    pub(crate) async fn ended(mut self, since: Instant) -> (Option<i32>, Duration) {
        let wait = move || (self.process.wait().expect("an end").code(), since.elapsed());
        tokio::task::spawn_blocking(wait).await.expect("no panic")
    }

    /// Ends it without asking.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("an end");
    }

    /// Sees that it ends well.
    pub(crate) fn has_ended(mut self) {
        assert!(self.process.wait().expect("an end").success(), "an orderly end");
    }

    /// Asks it to end, and sees that it ends well.
    pub(crate) fn stop(self) {
        self.ask_to_end();
        self.has_ended();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
