//! What lies in `deploy/` is of this program: the settings, commands and metrics that it names are there.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::socket::Socket;
use crate::harness::{Database, Program, until};
use crate::recordings::wattline;

/// Every file: its path and its text.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    assert!(found.len() >= 10, "{} files", found.len());
    found
}

/// The words that begin so, made of such letters.
fn words<'a>(text: &'a str, begin: &'a str, is_part: fn(char) -> bool) -> impl Iterator<Item = &'a str> {
    text.match_indices(begin).map(move |(at, _)| {
        let word = &text[at..];
        let end = word[begin.len()..].find(|letter| !is_part(letter)).map_or(word.len(), |end| begin.len() + end);
        &word[..end]
    })
}

fn help(arguments: &[&str]) -> String {
    let output = wattline(&Database::sqlite(), &[arguments, &["--help"]].concat()).output().expect("runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn every_variable_that_is_named_is_a_setting() {
    let known = help(&["serve"]);
    let known: BTreeSet<&str> =
        words(&known, "WATTLINE_", |letter| letter.is_ascii_uppercase() || letter == '_').collect();
    let mut named = 0;
    for (path, text) in files() {
        for variable in words(&text, "WATTLINE_", |letter| letter.is_ascii_uppercase() || letter == '_') {
            // `WATTLINE_…` stands for any of them.
            assert!(variable == "WATTLINE_" || known.contains(variable), "{path} names {variable}");
            named += 1;
        }
    }
    assert!(named > 10, "{named} variables");
}

#[test]
fn every_command_that_is_named_takes_its_flags() {
    let commands: [&[&str]; 8] = [
        &["serve"],
        &["backup"],
        &["restore"],
        &["doctor"],
        &["migrate"],
        &["key", "create"],
        &["user", "create"],
        &["import"],
    ];
    let helps: Vec<String> = commands.iter().map(|command| help(command)).collect();
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    let known: BTreeSet<&str> = helps.iter().flat_map(|help| words(help, "--", is_part)).collect();
    let mut seen = 0;
    for (path, text) in files() {
        for line in text.lines() {
            let mut tokens = line.split_whitespace().map(|token| token.trim_matches(['`', '\'', '"', '.', ',', ';']));
            if !tokens.by_ref().any(|token| token == "wattline" || token.ends_with("/bin/wattline")) {
                continue;
            }
            for flag in tokens.filter(|token| token.len() > 2 && token.starts_with("--")) {
                assert!(known.contains(flag), "{path}: there is no {flag} in {line:?}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 3, "{seen} flags");
}

/// The names that a page of metrics has, those of a histogram's parts among them.
fn served(page: &str) -> BTreeSet<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .flat_map(|(name, kind)| match kind {
            "histogram" => ["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")).to_vec(),
            _ => vec![name.to_owned()],
        })
        .collect()
}

/// From the first scrape on: an alert on what rises sees no rise in a counter that was not there before.
#[tokio::test]
async fn every_metric_that_is_named_is_served() {
    let files = files();
    let of_watching: Vec<&(String, String)> =
        files.iter().filter(|(path, _)| path.contains("/grafana/") || path.contains("/prometheus/")).collect();
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let database = Database::sqlite();
    let program = Program::start(&database, &["serve", "--interval", "0.2"]);
    let _socket = Socket::plain(&program.address).await;
    let page =
        until("a tick", async || Some(program.get("/metrics").await).filter(|page| page.contains("_tick_seconds")))
            .await;
    let served = served(&page);
    let mut named = BTreeSet::new();
    for (path, text) in of_watching {
        for name in words(text, "wattline_", is_part) {
            assert!(served.contains(name), "{path} names {name}, which is not among {served:?}");
            named.insert(name);
        }
    }
    assert!(named.len() > 12, "{named:?}");
    for sample in
        ["wattline_deliveries_total{outcome=\"failed\"} 0", "wattline_batches_failed_total{code=\"DATABASE_FULL\"} 0"]
    {
        assert!(page.contains(sample), "{sample} is not in {page}");
    }
    program.stop();
}

#[test]
fn the_dashboard_can_be_read() {
    let (_, text) = files().into_iter().find(|(path, _)| path.ends_with("dashboard.json")).expect("a dashboard");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    for panel in dashboard["panels"].as_array().expect("panels") {
        let targets = panel["targets"].as_array().expect("targets");
        assert!(!targets.is_empty() && targets.iter().all(|target| target["expr"].is_string()), "{panel}");
        assert_eq!(panel["datasource"], json!({"type": "prometheus", "uid": "${datasource}"}));
    }
}
