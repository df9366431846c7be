//! How good detection is: faults put into machines that have none of their own, and what of them is found in time.
//!
//! The machines are those of the demo plant, at one reading in ten seconds and in five minutes, and recordings that lie
//! beside the project (`../shared/data`). Each fault is judged by a detector that knows the machine up to there without
//! any. The development set is for choosing constants, the test set for looking at once they are chosen.

use std::path::Path;

use jiff::tz::TimeZone;
use wattline::demo::{MACHINES, Plant};
use wattline::domain::detection::{Change, Detector, Kind, Sample, Traits};
use wattline::domain::instant::{minute_of_week, parse_ms};

const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
const WEEK_MS: i64 = 7 * DAY_MS;
/// A Monday, 2026-01-05, 00:00 in Berlin.
const MONDAY_MS: i64 = 1_767_567_600_000;
const DEMO_WEEKS: i64 = 5;
/// Places tried for a fault, until one fits.
const TRIES: usize = 20_000;

/// What a machine drew, and its clocks.
struct Series {
    group: &'static str,
    name: String,
    traits: Traits,
    samples: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Draws 1.3 times as much.
    Leak,
    /// Draws 1.5 times as much.
    Overload,
    /// Stands still.
    Dead,
    /// Repeats its last value.
    Stuck,
    /// Draws at night what it drew by day.
    Night,
    /// Draws at a weekend what it drew on working days.
    Weekend,
}

/// By name, and whether it is for looking at only.
const SETS: [(&str, bool); 2] = [("development", false), ("test", true)];
const FAULTS: [Fault; 6] = [Fault::Leak, Fault::Overload, Fault::Dead, Fault::Stuck, Fault::Night, Fault::Weekend];

#[derive(Clone, Copy, Default)]
struct Tally {
    injected: usize,
    found: usize,
    in_time: usize,
}

/// Prints both sets, or the one that is named.
pub(crate) fn run(set: Option<&str>) {
    println!("{:14} | false alarms (worst machine) | found % (in time %) of {FAULTS:?}", "set");
    for (name, is_test) in SETS {
        if set.is_some_and(|set| set != name) {
            continue;
        }
        println!("{name}: false alarms a machine and week after the first week");
        let all = load(is_test);
        let mut groups: Vec<&str> = all.iter().map(|series| series.group).collect();
        groups.dedup();
        for group in groups {
            report(group, &all, chance_seed(is_test));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts")]
fn percent(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "weeks")]
fn report(group: &str, all: &[Series], seed: u64) {
    let mut found = [Tally::default(); FAULTS.len()];
    let (mut alarms, mut weeks, mut worst) = (0.0, 0.0, 0.0_f64);
    for series in all.iter().filter(|series| series.group == group) {
        let own = f64::from(judge(series, seed, &mut found));
        let samples = &series.samples;
        let own_weeks = (samples[samples.len() - 1].time_ms - samples[0].time_ms - WEEK_MS) as f64 / WEEK_MS as f64;
        alarms += own;
        weeks += own_weeks;
        worst = worst.max(own / own_weeks);
    }
    let shares = found.map(|f| format!("{:.0} ({:.0})", percent(f.found, f.injected), percent(f.in_time, f.injected)));
    println!("{group:14} | {:.2} ({worst:.2}) | {}", alarms / weeks, shares.join(" | "));
}

/// What one could find at most of what is left running at the demo plant, who knew half a year of its healthy days and told
/// of a mean of two hours that is reached once a week at that time of the day, or once in five weeks.
pub(crate) fn most() {
    println!("left running, demo 10 s: found % by one who tells of what comes once a week (once in five weeks)");
    for (name, is_test) in SETS {
        let all = demo(plant_seeds(is_test));
        for fault in [Fault::Night, Fault::Weekend] {
            let shares: Vec<f64> = all
                .iter()
                .filter(|series| series.group == "demo 10 s")
                .flat_map(|series| {
                    let places =
                        plan(series, chance_seed(is_test)).into_iter().filter(|(_, planned)| *planned == fault);
                    places.filter_map(|(at, _)| share_as_high(series, fault, at)).collect::<Vec<_>>()
                })
                .collect();
            // Nights of working days are five a week, days of rest two.
            let a_week = if fault == Fault::Night { 5.0 } else { 2.0 };
            let found = |share: f64| percent(shares.iter().filter(|as_high| **as_high < share).count(), shares.len());
            println!("{name:12} {fault:?} | {:.0} ({:.0})", found(1.0 / a_week), found(0.2 / a_week));
        }
    }
}

/// On which share of the half year's other days the mean of two hours from there on is as high as with the fault; None if
/// the machine runs then anyway.
#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share_as_high(series: &Series, fault: Fault, at: usize) -> Option<f64> {
    let (machine, seed) = series.name.split_once('#')?;
    let index = MACHINES.iter().position(|known| known.name == machine)?;
    let plant = healthy_plant(seed.parse().ok()?);
    let (faulty_kw, runs_anyway) = first_hours(series, &faulty(series, fault, at), at);
    if runs_anyway {
        return None;
    }
    let today = i64::from(series.samples[at].local_minute_of_week / 1440);
    let is_alike = |day: &i64| ((today + day).rem_euclid(7) < 5) == (fault == Fault::Night);
    let mean_kw = |day: i64| {
        let from_ms = series.samples[at].time_ms + day * DAY_MS;
        let interval_ms = series.traits.expected_interval_ms;
        let times = (0..2 * HOUR_MS / interval_ms).map(|n| from_ms + n * interval_ms);
        let powers: Vec<f64> = times.filter_map(|ms| plant.sample(index, ms)).map(|sample| sample.power_kw).collect();
        powers.iter().sum::<f64>() / powers.len().max(1) as f64
    };
    let days: Vec<f64> = (1..=180).filter(is_alike).map(mean_kw).collect();
    Some(days.iter().filter(|kw| **kw >= faulty_kw).count() as f64 / days.len() as f64)
}

/// Judges a machine, with faults in copies of it; the alarms of what has none, after the first week.
fn judge(series: &Series, seed: u64, found: &mut [Tally]) -> u32 {
    let mut plan = plan(series, seed);
    let mut detector = Detector::new();
    let first_ms = series.samples[0].time_ms;
    let mut alarms = 0;
    for (at, sample) in series.samples.iter().enumerate() {
        while let Some((_, fault)) = plan.pop_if(|(place, _)| *place == at) {
            try_fault(series, &detector, at, fault, &mut found[fault as usize]);
        }
        let opened = |change: &Change| matches!(change, Change::Opened(it) if it.kind != Kind::NoData);
        let changes = detector.judge(&series.traits, *sample).changes;
        if sample.time_ms >= first_ms + WEEK_MS {
            alarms += u32::try_from(changes.iter().filter(|change| opened(change)).count()).unwrap_or_default();
        }
    }
    alarms
}

/// Where which fault is put, the last first: from the third week on, where the machine is at work, or at its hour.
fn plan(series: &Series, seed: u64) -> Vec<(usize, Fault)> {
    let count = if series.group.starts_with("demo") { 8 } else { 10 };
    let name = series.name.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let mut chance = Chance(seed ^ name);
    let first = series.samples.partition_point(|sample| sample.time_ms < series.samples[0].time_ms + 2 * WEEK_MS);
    let mut plan = Vec::new();
    for fault in FAULTS {
        let places = (0..TRIES).map(|_| first + chance.below(series.samples.len() - first));
        plan.extend(places.filter(|at| fits(series, fault, *at)).take(count).map(|at| (at, fault)));
    }
    plan.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    plan
}

fn fits(series: &Series, fault: Fault, at: usize) -> bool {
    if at + rows_of(12 * HOUR_MS, series) + 24 >= series.samples.len() {
        return false;
    }
    let minute = i64::from(series.samples[at].local_minute_of_week);
    let (day, hour) = (minute / 1440, minute % 1440 / 60);
    match fault {
        Fault::Night => day < 5 && hour == 22,
        Fault::Weekend => day >= 5 && (8..14).contains(&hour),
        _ => {
            let usual_kw = mean_kw(series.samples.iter().step_by(97));
            let quarter = rows_of(15 * MINUTE_MS, series).max(2);
            let least_kw = series.traits.rated_power_kw.map_or(0.5 * usual_kw, |rated_kw| 0.2 * rated_kw);
            mean_kw(series.samples[at..at + quarter].iter()) > least_kw
        }
    }
}

/// Puts a fault in from a row on, and counts whether and when it is found.
fn try_fault(series: &Series, detector: &Detector, at: usize, fault: Fault, found: &mut Tally) {
    let faulty = faulty(series, fault, at);
    let is_left_running = matches!(fault, Fault::Night | Fault::Weekend);
    if is_left_running && first_hours(series, &faulty, at).1 {
        return;
    }
    found.injected += 1;
    let interval_ms = series.traits.expected_interval_ms;
    let limit_ms = (if is_left_running { 2 * HOUR_MS } else { 15 * MINUTE_MS }).max(3 * interval_ms);
    let mut detector = detector.clone();
    for sample in &faulty {
        let told = |change: &Change| matches!(change, Change::Opened(it) | Change::Grew(it) if it.kind != Kind::NoData);
        if detector.judge(&series.traits, *sample).changes.iter().any(told) {
            found.found += 1;
            let after_ms = sample.time_ms - faulty[0].time_ms + interval_ms;
            found.in_time += usize::from(after_ms <= limit_ms);
            return;
        }
    }
}

/// Mean of the first two hours of what was left running, kW, and whether the machine runs then anyway.
fn first_hours(series: &Series, faulty: &[Sample], at: usize) -> (f64, bool) {
    let rows = rows_of(2 * HOUR_MS, series).clamp(1, faulty.len());
    let faulty_kw = mean_kw(faulty[..rows].iter());
    (faulty_kw, faulty_kw < 1.3 * mean_kw(series.samples[at..at + rows].iter()) + 1e-9)
}

/// The rows of a fault: two hours of it, eight where it is left running, a day of slow readings.
fn faulty(series: &Series, fault: Fault, at: usize) -> Vec<Sample> {
    let hours = match fault {
        Fault::Night | Fault::Weekend => 8,
        _ if series.traits.expected_interval_ms > 5 * MINUTE_MS => 24,
        _ => 2,
    };
    let rows = rows_of(hours * HOUR_MS, series).max(8).min(series.samples.len() - at);
    let days_back = i64::from(series.samples[at].local_minute_of_week / 1440) - 3;
    let mut noise = Chance(at as u64);
    let power_kw = |sample: &Sample| match fault {
        Fault::Leak => 1.3 * sample.power_kw,
        Fault::Overload => 1.5 * sample.power_kw,
        Fault::Dead => 0.03 * noise.unit(),
        Fault::Stuck => series.samples[at - 1].power_kw,
        Fault::Night => kw_at(series, sample.time_ms - 12 * HOUR_MS),
        Fault::Weekend => kw_at(series, sample.time_ms - days_back * DAY_MS),
    };
    let mut power_kw = power_kw;
    let to_hundredths = |kw: f64| (kw * 100.0).round() / 100.0;
    let faulty = |sample: &Sample| Sample { power_kw: to_hundredths(power_kw(sample)), ..*sample };
    series.samples[at..at + rows].iter().map(faulty).collect()
}

fn kw_at(series: &Series, time_ms: i64) -> f64 {
    let at = series.samples.partition_point(|sample| sample.time_ms < time_ms);
    series.samples[at.min(series.samples.len() - 1)].power_kw
}

#[expect(clippy::cast_precision_loss, reason = "a mean")]
fn mean_kw<'a>(samples: impl Iterator<Item = &'a Sample>) -> f64 {
    let (sum, count) = samples.fold((0.0, 0_usize), |(sum, count), sample| (sum + sample.power_kw, count + 1));
    sum / count.max(1) as f64
}

fn rows_of(span_ms: i64, series: &Series) -> usize {
    usize::try_from(span_ms / series.traits.expected_interval_ms).unwrap_or_default()
}

fn load(is_test: bool) -> Vec<Series> {
    let mut all = demo(plant_seeds(is_test));
    all.extend(recordings(is_test));
    all
}

/// Of the demo plants of a set.
const fn plant_seeds(is_test: bool) -> [u64; 3] {
    if is_test { [103, 104, 105] } else { [1, 2, 3] }
}

/// Of the places of its faults.
const fn chance_seed(is_test: bool) -> u64 {
    if is_test { 99 } else { 11 }
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").expect("a zone")
}

fn healthy_plant(seed: u64) -> Plant {
    Plant::new(seed, berlin()).with_hours_between_faults(f64::INFINITY)
}

/// The demo plant without faults, every ten seconds, or as seldom as a machine sends, and as means of five minutes; another
/// season for each seed.
fn demo(seeds: [u64; 3]) -> Vec<Series> {
    let zone = berlin();
    let mut all = Vec::new();
    for (group, least_ms) in [("demo 10 s", 10_000), ("demo 5 min", 5 * MINUTE_MS)] {
        for seed in seeds {
            let plant = healthy_plant(seed);
            let from_ms = MONDAY_MS + i64::try_from(seed % 10).unwrap_or_default() * DEMO_WEEKS * WEEK_MS;
            for (index, machine) in MACHINES.iter().enumerate() {
                let own_ms = 1000 * machine.interval_s.max(10);
                let interval_ms = own_ms.max(least_ms);
                let readings = interval_ms / own_ms;
                let steps = DEMO_WEEKS * WEEK_MS / interval_ms;
                let mean = |step: i64| {
                    let times = (1..=readings).map(|n| from_ms + (step - 1) * interval_ms + n * own_ms);
                    let powers: Vec<f64> =
                        times.filter_map(|ms| plant.sample(index, ms)).map(|sample| sample.power_kw).collect();
                    let time_ms = from_ms + step * interval_ms;
                    let count = u32::try_from(powers.len()).map_or(1.0, f64::from);
                    let power_kw = (powers.iter().sum::<f64>() / count * 100.0).round() / 100.0;
                    (!powers.is_empty()).then(|| sample(time_ms, power_kw, &zone))
                };
                let traits = Traits { rated_power_kw: Some(machine.rated_power_kw), expected_interval_ms: interval_ms };
                let name = format!("{}#{seed}", machine.name);
                all.push(Series { group, name, traits, samples: (1..=steps).filter_map(mean).collect() });
            }
        }
    }
    all
}

/// One half of each recording, or one of two transformers.
fn recordings(is_test: bool) -> Vec<Series> {
    let half = |mut series: Series| {
        let middle = series.samples.len() / 2;
        series.samples = if is_test { series.samples.split_off(middle) } else { series.samples[..middle].to_vec() };
        series
    };
    let transformers = if is_test { "ETTh2.csv" } else { "ETTh1.csv" };
    let mut all = vec![
        half(recording("steel 15 min", "steel.wattline.csv", ("time", "power_kw"), 15, "Asia/Seoul")),
        half(recording("Victoria 30 min", "vic_electricity.csv", ("Time", "Demand"), 30, "Australia/Melbourne")),
    ];
    for load in ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL"] {
        all.push(recording("ETT 1 h", transformers, ("date", load), 60, "UTC"));
    }
    all
}

fn recording(group: &'static str, file: &str, (time, power): (&str, &str), interval_min: i64, zone: &str) -> Series {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    let zone = TimeZone::get(zone).expect("a zone");
    let mut rows = csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let header = rows.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|found| found == name).expect("a column");
    let (time, power) = (column(time), column(power));
    let mut samples: Vec<Sample> = Vec::new();
    for row in rows.records() {
        let row = row.expect("a row");
        let time_ms = parse_ms(&row[time], Some(&TimeZone::UTC)).expect("a time");
        if samples.last().is_none_or(|last| last.time_ms < time_ms) {
            samples.push(sample(time_ms, row[power].parse().expect("a number"), &zone));
        }
    }
    let traits = Traits { rated_power_kw: None, expected_interval_ms: interval_min * MINUTE_MS };
    Series { group, name: format!("{file}#{power}"), traits, samples }
}

fn sample(time_ms: i64, power_kw: f64, zone: &TimeZone) -> Sample {
    Sample { time_ms, local_minute_of_week: minute_of_week(time_ms, zone), power_kw }
}

/// Chance that is the same each time (Knuth's MMIX constants, <https://en.wikipedia.org/wiki/Linear_congruential_generator>).
struct Chance(u64);

impl Chance {
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below a length")]
    #[expect(clippy::cast_precision_loss, reason = "a length")]
    fn below(&mut self, length: usize) -> usize {
        (self.unit() * length as f64) as usize
    }
}
