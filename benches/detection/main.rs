//! What detection costs and what it finds: a detector's size and its time a reading, how far the whole of it keeps up with
//! a plant, and faults put into machines.
//!
//! `cargo bench --bench detection` measures the detector alone against the least that a reading can cost, a running mean
//! and variance of it. `cargo bench --bench detection -- soak [SECONDS]` runs a thousand machines at one reading a second
//! through the write path and detection, and says how late anomalies are told. `cargo bench --bench detection -- faults
//! [development|test]` says what is found, `-- most` how much could be of what is left running. `nab.py` beside this file
//! scores `wattline detect` on the Numenta benchmark, `workshop.py` on machines of another make.

mod faults;

use std::time::{Duration, Instant};

use entity::SiteId;
use faults::{DAY_MS, HOUR_MS};
use futures_util::StreamExt;
use metrics_exporter_prometheus::PrometheusBuilder;
use wattline::app::App;
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::domain::detection::{Detector, Sample, Traits};
use wattline::domain::reading::Values;
use wattline::ingest::{Batch, MachineRef};
use wattline::store::AnomalyFilter;

const READINGS: i64 = 2_000_000;
const INTERVALS_S: [i64; 4] = [1, 10, 60, 900];
const ROUNDS: usize = 5;
const MACHINES: i64 = 1000;
/// A Monday, 2026-01-05, 00:00 UTC.
const MONDAY_MS: i64 = 1_767_571_200_000;
/// Hours of history before the soak, and seconds between its readings.
const HISTORY_H: i64 = 30;
const HISTORY_STEP_S: i64 = 60;
/// The hour it is for the machines when the soak begins: one in which a stop is odd, whenever it is run.
const BEGIN_H: i64 = 12;
/// Steps of history in one batch.
const HISTORY_BATCH: i64 = 10;

/// What a machine of two shifts draws, kW.
#[expect(clippy::cast_precision_loss, reason = "a thousandth")]
fn power_kw(machine: i64, time_ms: i64) -> f64 {
    let noise = ((time_ms / 1000).wrapping_mul(2_654_435_761) ^ machine.wrapping_mul(40_503)).rem_euclid(1000);
    let works = (6..22).contains(&(time_ms.rem_euclid(DAY_MS) / HOUR_MS));
    if works { 40.0 + noise as f64 / 250.0 } else { 5.0 + noise as f64 / 1000.0 }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let second = arguments.get(1).map(String::as_str);
    match arguments.first().map(String::as_str) {
        Some("soak") => {
            let seconds = second.and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            runtime.block_on(soak(seconds));
        }
        Some("faults") => faults::run(second),
        Some("most") => faults::most(),
        _ => alone(),
    }
}

/// The detector by itself: medians of five rounds in turns.
fn alone() {
    println!("state: {} bytes in memory, {} stored", size_of::<Detector>(), Detector::new().to_bytes().len());
    println!("interval s | ns a reading | ns of mean and variance | ratio");
    for interval_s in INTERVALS_S {
        let samples: Vec<Sample> = (0..READINGS).map(|n| sample(MONDAY_MS + n * interval_s * 1000)).collect();
        let traits = Traits { rated_power_kw: Some(60.0), expected_interval_ms: interval_s * 1000 };
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(nanoseconds(|| {
                let mut detector = Detector::new();
                for sample in &samples {
                    std::hint::black_box(detector.judge(&traits, *sample));
                }
            }));
            floor.push(nanoseconds(|| {
                let (mut mean, mut variance) = (0.0, 0.0);
                for sample in &samples {
                    let off = sample.power_kw - mean;
                    mean += 0.01 * off;
                    variance += 0.01 * (off * off - variance);
                    std::hint::black_box((mean, variance));
                }
            }));
        }
        let (ours, floor) = (median(ours), median(floor));
        println!("{interval_s} | {ours:.0} | {floor:.1} | {:.0}", ours / floor);
    }
}

fn sample(time_ms: i64) -> Sample {
    let minute = (time_ms - MONDAY_MS).div_euclid(60_000).rem_euclid(10_080);
    Sample { time_ms, local_minute_of_week: u16::try_from(minute).unwrap_or_default(), power_kw: power_kw(1, time_ms) }
}

#[expect(clippy::cast_precision_loss, reason = "a mean")]
fn nanoseconds(work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_nanos() as f64 / READINGS as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A thousand machines at one reading a second, of which one more stands still every second.
async fn soak(seconds: i64) {
    let metrics = PrometheusBuilder::new().install_recorder().expect("a recorder");
    let counted = |name: &str| -> u64 {
        let text = metrics.render();
        let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let database = Some(format!("sqlite://{}", folder.path().join("wattline.db").display()));
    let options = Options { database, ..Options::default() };
    let app = App::open(options.resolve().expect("settings"), Clock::system()).await.expect("a database");
    let rooms = app.rooms.clone();
    let site = rooms.store.site_by_name(None).await.expect("a site").id;
    let now_ms = Clock::system().now_ms() / 1000 * 1000;
    let ahead_ms = BEGIN_H * HOUR_MS - now_ms.rem_euclid(DAY_MS);
    let begin = Instant::now();
    let mut stored = 0;
    let mut time_ms = now_ms - HISTORY_H * HOUR_MS;
    while time_ms < now_ms {
        let mut batch = new_batch(site);
        for _ in 0..HISTORY_BATCH {
            push(&mut batch, time_ms, ahead_ms, 0);
            time_ms += HISTORY_STEP_S * 1000;
        }
        stored += rooms.ingest.record(batch).await.expect("stored").accepted;
    }
    println!("history: {stored} readings stored in {:.1} s", begin.elapsed().as_secs_f64());
    while counted("wattline_readings_judged_total") < stored {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("and judged after {:.1} s", begin.elapsed().as_secs_f64());
    let mut told = Box::pin(rooms.anomalies.watch(AnomalyFilter::default(), None).await.expect("a feed"));
    let (mut late_ms, mut farthest_behind, cpu) = (Vec::new(), 0, cpu_seconds());
    let (start, start_ms) = (tokio::time::Instant::now(), Clock::system().now_ms() / 1000 * 1000);
    for second in 1..=seconds {
        tokio::time::sleep_until(start + Duration::from_secs(second.unsigned_abs())).await;
        farthest_behind = farthest_behind.max(stored - counted("wattline_readings_judged_total"));
        let mut batch = new_batch(site);
        push(&mut batch, start_ms + second * 1000, ahead_ms, second);
        stored += rooms.ingest.record(batch).await.expect("stored").accepted;
        let committed = Instant::now();
        while let Some(left) = Duration::from_millis(900).checked_sub(committed.elapsed()) {
            let Ok(Some(anomaly)) = tokio::time::timeout(left, told.next()).await else { break };
            anomaly.expect("an anomaly");
            late_ms.push(committed.elapsed().as_millis());
        }
    }
    late_ms.sort_unstable();
    let at = |share: usize| late_ms.get(late_ms.len() * share / 100).copied().unwrap_or_default();
    println!("{seconds} s of {MACHINES} readings a second: at most {farthest_behind} not judged a second later");
    println!("{} anomalies, told p50 {} ms and p99 {} ms after the commit", late_ms.len(), at(50), at(99));
    #[expect(clippy::cast_precision_loss, reason = "minutes")]
    let share = (cpu_seconds() - cpu) / seconds as f64 * 100.0;
    println!("CPU of all, writing included: {share:.0} % of a core");
    app.close().await.expect("closed");
}

/// CPU time of this process, s: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>, in steps of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap_or_default() / 100.0).sum()
}

fn new_batch(site: SiteId) -> Batch {
    let mut batch = Batch::new(site);
    batch.auto_register_interval_s = Some(1);
    batch
}

/// Adds one reading of each machine, of which the first `stopped` draw nothing; their clocks are so much ahead.
fn push(batch: &mut Batch, time_ms: i64, ahead_ms: i64, stopped: i64) {
    for machine in 0..MACHINES {
        let power_kw = if machine < stopped { 0.0 } else { power_kw(machine, time_ms + ahead_ms) };
        let values = Values { power_kw: Some(power_kw), ..Values::default() };
        batch.push(machine.unsigned_abs(), MachineRef::Name(format!("machine-{machine}")), time_ms, values);
    }
}
