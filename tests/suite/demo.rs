//! The demo: the binary itself, from an empty folder to a page, live statistics and a past.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::harness::oracle::truth;
use crate::harness::{Database, client, on_both, until};
use crate::recordings::wattline;

on_both!(has_a_past_is_live_and_goes_on_after_a_restart);

struct Demo {
    process: Child,
    address: String,
}

impl Demo {
    fn start(database: &Database) -> Self {
        let arguments = ["demo", "--history", "1", "--listen", "127.0.0.1:0", "--interval", "0.5", "--seed", "7"];
        let mut process = wattline(database, &arguments).stderr(Stdio::piped()).spawn().expect("runs");
        let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("http://")).expect("the address");
        // Somebody must go on reading, or the program stands still when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let address = line.split_whitespace().last().expect("a word").to_owned();
        Self { process, address }
    }

    async fn stats(&self) -> Option<Value> {
        let query = "{ systemStats { asOf totalReadings dataRate uptimePercent activeMachinesToday totalEnergy } }";
        let body = json!({"query": query}).to_string();
        let request = client().post(format!("{}/graphql", self.address)).header("content-type", "application/json");
        let mut answer: Value = request.body(body).send().await.ok()?.json().await.ok()?;
        Some(answer["data"]["systemStats"].take()).filter(Value::is_object)
    }

    /// Its statistics once something holds of them.
    async fn once(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        until(what, async || self.stats().await.filter(&holds)).await
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn has_a_past_is_live_and_goes_on_after_a_restart(database: Database) {
    let demo = Demo::start(&database);
    let count = |stats: &Value| stats["totalReadings"].as_i64().unwrap_or_default();
    let first = demo.once("a live reading", |stats| count(stats) > 0).await;
    let later = demo.once("more readings", |stats| count(stats) > count(&first)).await;
    assert!(later["asOf"].as_str() >= first["asOf"].as_str());
    // Two machines send each second, three each ten, two each thirty; the boiler burns gas and does not count.
    let a_day = 2 * 86_400 + 3 * 8_640 + 2 * 2_880;
    let whole = demo.once("a day of history", |stats| count(stats) > a_day * 999 / 1000).await;
    assert_eq!(whole["activeMachinesToday"], 7, "{whole}");
    assert!(whole["uptimePercent"].as_f64().is_some_and(|percent| percent > 99.0 && percent < 100.0), "{whole}");
    assert!(whole["totalEnergy"].as_f64().is_some_and(|kwh| kwh > 500.0), "{whole}");
    drop(demo);

    let demo = Demo::start(&database);
    let again = demo.once("readings after the restart", |stats| count(stats) > count(&whole)).await;
    let limit = count(&whole) + 2 * 3600;
    assert!(count(&again) < limit, "the past is not written twice: {again}");
    let as_of_ms = wattline::domain::instant::parse_ms(again["asOf"].as_str().expect("a time"), None).expect("a time");
    let truth = truth(&database.connect().await, 1, as_of_ms).await;
    assert!(count(&again) <= truth.total_readings, "all that was counted is stored");
}
