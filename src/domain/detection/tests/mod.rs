//! What the detector promises, tried on made-up machines: what it finds (`faults`), also once more (`again`) and for weeks
//! (`drift`), what comes after it (`after`), what it leaves alone, and that it can be stored after any reading.

mod after;
mod again;
mod drift;
mod faults;
mod holidays;
mod stops;

use super::*;
use crate::domain::reading::GREATEST_VALUE;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A Monday, 2026-01-05, 00:00 UTC.
const MONDAY_MS: i64 = 1_767_571_200_000;

fn traits(interval_ms: i64) -> Traits {
    Traits { rated_power_kw: Some(50.0), expected_interval_ms: interval_ms }
}

/// A repeatable number within -1..1 (splitmix64's finalizer).
fn noise(key: i64) -> f64 {
    let mut bits = key.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from(u16::try_from((bits ^ (bits >> 31)) >> 48).unwrap_or(0)) / 32_768.0 - 1.0
}

/// A repeatable number within -3..3 that is seldom near its ends.
fn wavers(key: i64) -> f64 {
    (0..3).map(|part| noise(4 * key + part)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "times of some weeks")]
const fn real(ms: i64) -> f64 {
    ms as f64
}

/// Day since a Monday, and hour of it.
fn day_and_hour(time_ms: i64) -> (i64, i64) {
    ((time_ms - MONDAY_MS).div_euclid(DAY_MS), time_ms.rem_euclid(DAY_MS) / HOUR_MS)
}

/// Whether it is within two shifts of a working day.
fn is_at_work(time_ms: i64) -> bool {
    let (day, hour) = day_and_hour(time_ms);
    day.rem_euclid(7) < 5 && (6..22).contains(&hour)
}

/// A machine with two shifts on five days: 30 kW at work, 6 kW else, some noise.
fn usual_kw(time_ms: i64) -> f64 {
    let kw = if is_at_work(time_ms) { 30.0 + 2.0 * noise(time_ms) } else { 6.0 + 0.5 * noise(time_ms) };
    (kw * 100.0).round() / 100.0
}

fn sample(time_ms: i64, power_kw: f64) -> Sample {
    let minute = (time_ms - MONDAY_MS).rem_euclid(7 * DAY_MS) / MINUTE_MS;
    Sample { time_ms, local_minute_of_week: u16::try_from(minute).unwrap_or(0), power_kw }
}

/// Feeds `from_ms < time <= to_ms` and returns what changed.
fn feed(
    detector: &mut Detector,
    interval_ms: i64,
    (from_ms, to_ms): (i64, i64),
    power_kw: impl Fn(i64) -> f64,
) -> Vec<Change> {
    let times = (1..=(to_ms - from_ms) / interval_ms).map(|n| from_ms + n * interval_ms);
    times.flat_map(|ms| detector.judge(&traits(interval_ms), sample(ms, power_kw(ms))).changes).collect()
}

/// Three weeks old, at some hour of the Wednesday after.
fn grown(interval_ms: i64, hour: i64) -> (Detector, i64) {
    grown_with(interval_ms, hour, usual_kw)
}

/// The same of another machine.
fn grown_with(interval_ms: i64, hour: i64, power_kw: impl Fn(i64) -> f64) -> (Detector, i64) {
    let mut detector = Detector::new();
    let now_ms = MONDAY_MS + 23 * DAY_MS + hour * HOUR_MS;
    feed(&mut detector, interval_ms, (MONDAY_MS, now_ms), power_kw);
    (detector, now_ms)
}

fn opened(changes: &[Change]) -> Vec<Kind> {
    let kind = |change: &Change| if let Change::Opened(finding) = change { Some(finding.kind) } else { None };
    changes.iter().filter_map(kind).collect()
}

fn closed(changes: &[Change]) -> Vec<Kind> {
    let kind = |change: &Change| if let Change::Closed { kind, .. } = change { Some(*kind) } else { None };
    changes.iter().filter_map(kind).collect()
}

fn is_critical(change: &Change) -> bool {
    match change {
        Change::Opened(finding) | Change::Grew(finding) => finding.severity == Severity::Critical,
        Change::Closed { .. } => false,
    }
}

#[test]
fn a_plain_rhythm_raises_hardly_an_alarm_once_it_is_known() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 15 * MINUTE_MS, HOUR_MS] {
        let mut detector = Detector::new();
        let (week_ms, month_ms) = (MONDAY_MS + 7 * DAY_MS, MONDAY_MS + 35 * DAY_MS);
        feed(&mut detector, interval_ms, (MONDAY_MS, week_ms), usual_kw);
        let first = opened(&feed(&mut detector, interval_ms, (week_ms, month_ms), usual_kw));
        let later = opened(&feed(&mut detector, interval_ms, (month_ms, month_ms + 28 * DAY_MS), usual_kw));
        assert!(first.len() <= 10 && later.len() <= 2, "{interval_ms}: {first:?} {later:?}");
    }
}

/// Lamps: two shifts, and else a power that is nearly always the same hundredth.
fn lamps_kw(time_ms: i64) -> f64 {
    let kw = if is_at_work(time_ms) { 12.0 + 0.08 * noise(time_ms) } else { 0.6 + 0.0052 * noise(time_ms) };
    (kw * 100.0).round() / 100.0
}

#[test]
fn a_power_that_hardly_ever_moves_is_no_stuck_meter() {
    let (mut detector, week_ms) = (Detector::new(), MONDAY_MS + 7 * DAY_MS);
    feed(&mut detector, MINUTE_MS, (MONDAY_MS, week_ms), lamps_kw);
    let changes = feed(&mut detector, MINUTE_MS, (week_ms, week_ms + 28 * DAY_MS), lamps_kw);
    assert!(!opened(&changes).contains(&Kind::Flatline), "{changes:?}");
}

#[test]
fn the_hour_of_a_clock_change_is_no_disaster() {
    let (mut detector, now_ms) = grown(5 * MINUTE_MS, 0);
    // The wall clock, and with it the shifts, go an hour ahead.
    let mut alarms = 0;
    for n in 1..=7 * 288 {
        let local_ms = now_ms + n * 5 * MINUTE_MS + HOUR_MS;
        let reading = Sample { time_ms: local_ms - HOUR_MS, ..sample(local_ms, usual_kw(local_ms)) };
        alarms += opened(&detector.judge(&traits(5 * MINUTE_MS), reading).changes).len();
    }
    assert!(alarms <= 2, "{alarms}");
}

#[test]
fn what_never_draws_less_than_nothing_is_not_expected_to() {
    // It works for some minutes and stands for some, at random.
    let fitful_kw = |ms: i64| if noise(ms / (7 * MINUTE_MS)) > 0.2 { 40.0 + 8.0 * noise(ms) } else { 0.0 };
    let least_expected = |power_kw: &dyn Fn(i64) -> f64| {
        let changes = feed(&mut Detector::new(), MINUTE_MS, (MONDAY_MS, MONDAY_MS + 7 * DAY_MS), |ms| {
            // Something to be told about, now and then.
            if (ms - MONDAY_MS) % (9 * HOUR_MS) < 5 * MINUTE_MS { 200.0 } else { power_kw(ms) }
        });
        let findings = changes.iter().filter_map(|change| match change {
            Change::Opened(finding) | Change::Grew(finding) => Some(finding.expected.low),
            Change::Closed { .. } => None,
        });
        findings.fold(f64::INFINITY, f64::min)
    };
    assert!(least_expected(&fitful_kw).abs() < 1e-9, "{}", least_expected(&fitful_kw));
    let feeding_back = |ms| fitful_kw(ms) - 5.0;
    assert!(least_expected(&feeding_back) < -5.0, "{}", least_expected(&feeding_back));
}

#[test]
fn storing_it_after_any_reading_changes_nothing() {
    for (interval_ms, every) in [(10 * SECOND_MS, 1), (10 * SECOND_MS, 7), (MINUTE_MS, 3), (15 * MINUTE_MS, 1)] {
        let fault = |ms: i64| match (ms - MONDAY_MS) / HOUR_MS {
            50..52 => 29.5,
            60..61 => 90.0,
            66..69 => 0.01,
            _ => usual_kw(ms),
        };
        let (mut kept, mut restored) = (Detector::new(), Detector::new());
        for n in 1..=4 * DAY_MS / interval_ms {
            let ms = MONDAY_MS + n * interval_ms;
            let missing = (80..82).contains(&((ms - MONDAY_MS) / HOUR_MS));
            if missing {
                continue;
            }
            let reading = sample(ms, fault(ms));
            assert_eq!(kept.judge(&traits(interval_ms), reading), restored.judge(&traits(interval_ms), reading));
            if n % every == 0 {
                restored = Detector::from_bytes(&restored.to_bytes()).expect("its own bytes");
            }
        }
        assert_eq!(kept, restored);
    }
}

#[test]
fn bytes_of_something_else_are_refused() {
    let bytes = Detector::new().to_bytes();
    assert_eq!(Detector::from_bytes(&[]), Err(RestoreError::Length(0)));
    assert_eq!(Detector::from_bytes(&bytes[..99]), Err(RestoreError::Length(99)));
    assert_eq!(Detector::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(RestoreError::Length(bytes.len() + 1)));
    assert_eq!(Detector::from_bytes(&[99; 99]), Err(RestoreError::Version(99)));
}

#[test]
fn it_takes_less_than_four_kibibytes_in_memory_and_stored() {
    assert!(size_of::<Detector>() <= 4096, "{}", size_of::<Detector>());
    for interval_ms in [10 * SECOND_MS, HOUR_MS] {
        let (detector, _) = grown(interval_ms, 10);
        assert!(detector.to_bytes().len() <= 4096, "{}", detector.to_bytes().len());
    }
}

#[test]
fn silence_is_the_same_whether_the_clock_or_the_next_reading_tells() {
    let (mut by_clock, now_ms) = grown(MINUTE_MS, 10);
    let mut by_reading = by_clock.clone();
    let traits = traits(MINUTE_MS);
    let mut told = Vec::new();
    while let Some(due_ms) = by_clock.next_silence_ms(&traits) {
        assert_eq!(by_clock.silence(&traits, due_ms - 1), None);
        told.extend(by_clock.silence(&traits, due_ms + 17));
    }
    let after = sample(now_ms + 3 * HOUR_MS, usual_kw(now_ms + 3 * HOUR_MS));
    told.extend(by_clock.judge(&traits, after).changes);
    assert_eq!(told, by_reading.judge(&traits, after).changes);
    assert!(matches!(told[..], [Change::Opened(first), Change::Grew(second), Change::Closed { .. }, ..]
        if first.kind == Kind::NoData && first.started_ms == now_ms + 5 * MINUTE_MS && second.severity == Severity::Critical));
    assert_eq!(by_clock, by_reading);
}

#[test]
fn old_and_equal_times_are_ignored() {
    let (mut detector, now_ms) = grown(MINUTE_MS, 10);
    let before = detector.clone();
    for ms in [now_ms, now_ms - 1, now_ms - DAY_MS] {
        let judgement = detector.judge(&traits(MINUTE_MS), sample(ms, 1000.0));
        assert!(judgement.score <= 0.0 && judgement.changes.is_empty());
    }
    assert_eq!(detector, before);
}

#[test]
fn a_power_that_never_changed_may_change_by_any_amount() {
    let powers_kw = [0.0, 1e-12, 5.0, -5.0, 8_589_934_592.0, -8_589_934_592.0, GREATEST_VALUE, -GREATEST_VALUE];
    for (interval_ms, age_ms) in [(20 * SECOND_MS, 2 * DAY_MS), (MINUTE_MS, 2 * DAY_MS), (HOUR_MS, 30 * DAY_MS)] {
        for before_kw in powers_kw {
            let mut constant = Detector::new();
            feed(&mut constant, interval_ms, (MONDAY_MS, MONDAY_MS + age_ms), |_| before_kw);
            for after_kw in powers_kw {
                let mut detector = constant.clone();
                for step in 1..=200 {
                    // There, back at once, and there to stay.
                    let power_kw = if step == 2 { before_kw } else { after_kw };
                    let now = sample(MONDAY_MS + age_ms + step * interval_ms, power_kw);
                    let judgement = detector.judge(&traits(interval_ms), now);
                    let is_score = |score: f64| (0.0..=1.0).contains(&score);
                    assert!(is_score(judgement.score), "{before_kw} to {after_kw} kW: {judgement:?}");
                    for change in judgement.changes {
                        if let Change::Opened(finding) | Change::Grew(finding) = change {
                            assert!(is_score(finding.score), "{before_kw} to {after_kw} kW: {finding:?}");
                        }
                    }
                }
                let bytes = detector.to_bytes();
                assert_eq!(Detector::from_bytes(&bytes), Ok(detector), "{before_kw} to {after_kw} kW");
            }
        }
    }
}

#[test]
fn a_lone_spike_does_not_hide_the_next_fault() {
    let (mut detector, now_ms) = grown(MINUTE_MS, 10);
    feed(&mut detector, MINUTE_MS, (now_ms, now_ms + MINUTE_MS), |_| 480.0);
    feed(&mut detector, MINUTE_MS, (now_ms + MINUTE_MS, now_ms + DAY_MS), usual_kw);
    let fault_ms = now_ms + DAY_MS;
    let changes = feed(&mut detector, MINUTE_MS, (fault_ms, fault_ms + HOUR_MS), |ms| usual_kw(ms) * 1.5);
    assert!(!opened(&changes).is_empty());
}

#[test]
fn what_people_dismiss_needs_more_from_then_on() {
    let (mut detector, now_ms) = grown(MINUTE_MS, 10);
    let fault = |ms: i64| usual_kw(ms) * 1.25;
    let loud = opened(&feed(&mut detector.clone(), MINUTE_MS, (now_ms, now_ms + HOUR_MS), fault)).len();
    for _ in 0..20 {
        for kind in Kind::ALL {
            detector.quieter(kind);
        }
    }
    let quiet = opened(&feed(&mut detector.clone(), MINUTE_MS, (now_ms, now_ms + HOUR_MS), fault)).len();
    assert!(loud > quiet, "{loud} {quiet}");
    let worst = feed(&mut detector, MINUTE_MS, (now_ms, now_ms + HOUR_MS), |ms| usual_kw(ms) * 8.0);
    assert!(!opened(&worst).is_empty(), "dismissals are bounded");
}

#[test]
fn the_reading_that_opens_an_anomaly_scores_more_than_what_is_known_of_it() {
    let mut opens = 0;
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let (mut detector, now_ms) = grown(interval_ms, 10);
        let faults: [&dyn Fn(i64) -> f64; 3] = [&|ms| 1.3 * usual_kw(ms), &|_| 0.02, &|ms| usual_kw(ms) + 6.0];
        for ms in (1..=4 * 7 * DAY_MS / interval_ms).map(|n| now_ms + n * interval_ms) {
            // Every other day from ten to twelve another fault.
            let day = (ms - now_ms).div_euclid(DAY_MS);
            let is_odd = day % 2 == 0 && (ms - now_ms).rem_euclid(DAY_MS) < 2 * HOUR_MS;
            let fault = faults[usize::try_from(day / 2 % 3).unwrap_or(0)];
            let judgement =
                detector.judge(&traits(interval_ms), sample(ms, if is_odd { fault(ms) } else { usual_kw(ms) }));
            if judgement.changes.iter().any(|change| matches!(change, Change::Opened(_))) {
                opens += 1;
                assert!(judgement.score > 0.4, "{interval_ms} {ms}: {judgement:?}");
            }
        }
    }
    assert!(opens > 20, "{opens}");
}

#[test]
fn an_anomaly_starts_with_the_first_odd_reading() {
    for interval_ms in [MINUTE_MS, 15 * MINUTE_MS, HOUR_MS] {
        let (mut detector, now_ms) = grown(interval_ms, 10);
        let changes = feed(&mut detector, interval_ms, (now_ms, now_ms + 3 * HOUR_MS), |ms| usual_kw(ms) * 3.0);
        let first = changes.iter().find_map(|it| if let Change::Opened(it) = it { Some(it.started_ms) } else { None });
        assert_eq!(first, Some(now_ms + interval_ms), "{changes:?}");
    }
}

#[test]
fn what_is_told_to_be_usual_is_that_of_the_hour_whatever_the_last_readings_drew() {
    let (mut detector, now_ms) = grown(MINUTE_MS, 0);
    let mut told = 0;
    for ms in (1..=180).map(|n| now_ms + n * MINUTE_MS) {
        let usual = detector.usual(ms);
        // More and more of it.
        let power_kw = usual_kw(ms) + 0.1 * real(ms - now_ms) / real(MINUTE_MS);
        for change in detector.judge(&traits(MINUTE_MS), sample(ms, power_kw)).changes {
            if let Change::Opened(finding) | Change::Grew(finding) = change {
                let edges = |band: Band| (band.low, band.high);
                assert_eq!(Some(edges(finding.expected)), usual.map(edges), "{finding:?}");
                assert!((4.0..6.0).contains(&finding.expected.low) && (6.0..8.0).contains(&finding.expected.high));
                told += 1;
            }
        }
    }
    assert!(told >= 1, "{told}");
}

#[test]
fn what_is_usual_at_an_hour_is_known_after_its_first_day_and_holds_what_is_healthy() {
    assert_eq!(Detector::new().usual(MONDAY_MS), None);
    let (mut detector, now_ms) = grown(MINUTE_MS, 10);
    let inside = |detector: &Detector, from_ms: i64| {
        let times = (1..=7 * 1440).map(|n| from_ms + n * MINUTE_MS);
        times.filter(|&ms| detector.usual(ms - 1).is_some_and(|band| band.holds(usual_kw(ms)))).count()
    };
    for from_ms in [now_ms, now_ms + 70 * DAY_MS, now_ms - 70 * DAY_MS] {
        assert!(inside(&detector, from_ms) > 7 * 1440 * 95 / 100, "{from_ms}");
    }
    let night = detector.usual(now_ms + 16 * HOUR_MS + 1).expect("known");
    assert!(night.low <= night.mid && night.mid <= night.high && night.high < 15.0, "{night:?}");
    // An hour of the wall clock earlier, as after the end of summer time.
    let later_ms = now_ms + 8 * DAY_MS;
    detector.judge(&traits(MINUTE_MS), Sample { time_ms: later_ms, ..sample(later_ms - HOUR_MS, 30.0) });
    assert_eq!(detector.usual(later_ms + 12 * HOUR_MS + HOUR_MS / 2).map(|band| band.high > 25.0), Some(true));
    let mut young = Detector::new();
    feed(&mut young, MINUTE_MS, (MONDAY_MS, MONDAY_MS + 25 * HOUR_MS), usual_kw);
    assert!(young.usual(MONDAY_MS + 30 * HOUR_MS + 1).is_some() && young.usual(MONDAY_MS + 5 * DAY_MS).is_none());
}

#[test]
fn a_new_machine_is_told_of_quietly() {
    for interval_ms in [10 * SECOND_MS, 5 * MINUTE_MS] {
        let mut detector = Detector::new();
        let changes = feed(&mut detector, interval_ms, (MONDAY_MS, MONDAY_MS + 2 * DAY_MS), |ms| {
            if usual_kw(ms) > 15.0 { 1.4 * usual_kw(ms) } else { 0.02 * usual_kw(ms) }
        });
        assert!(!changes.iter().any(is_critical), "{interval_ms}: {changes:?}");
    }
}

#[test]
fn of_its_first_shifts_one_start_is_told_at_most_and_a_stop_is() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] {
        let mut detector = Detector::new();
        let stop_ms = MONDAY_MS + 3 * DAY_MS + 10 * HOUR_MS;
        let mut changes = feed(&mut detector, interval_ms, (MONDAY_MS, stop_ms), usual_kw);
        let stopped = feed(&mut detector.clone(), interval_ms, (stop_ms, stop_ms + HOUR_MS), |_| 0.02);
        assert!(!opened(&stopped).is_empty(), "{interval_ms}");
        changes.extend(feed(&mut detector, interval_ms, (stop_ms, MONDAY_MS + 8 * DAY_MS), usual_kw));
        assert!(opened(&changes).len() <= 1, "{interval_ms}: {changes:?}");
        changes.extend(feed(&mut detector, interval_ms, (MONDAY_MS + 8 * DAY_MS, MONDAY_MS + 21 * DAY_MS), usual_kw));
        assert!(!changes.iter().any(is_critical), "{interval_ms}: {changes:?}");
    }
}

#[test]
fn on_its_second_day_what_is_half_as_much_again_is_told_soon() {
    let wavers_kw = |ms: i64| usual_kw(ms) * (1.0 + 0.07 * wavers(ms));
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] {
        let mut detector = Detector::new();
        let noon_ms = MONDAY_MS + DAY_MS + 12 * HOUR_MS;
        feed(&mut detector, interval_ms, (MONDAY_MS, noon_ms), wavers_kw);
        let soon_ms = noon_ms + 15 * MINUTE_MS;
        let told = opened(&feed(&mut detector, interval_ms, (noon_ms, soon_ms), |ms| 1.5 * wavers_kw(ms)));
        assert!(!told.is_empty(), "{interval_ms}");
    }
}

#[test]
fn a_restless_machine_is_bounded_and_a_calm_one_is_not_deaf() {
    // Every other day it does something new, twice as high as ever or not at all.
    let restless = |ms: i64| match (ms - MONDAY_MS) / HOUR_MS {
        hour if hour % 48 == 34 => usual_kw(ms) * (1.2 + 0.4 * noise(hour).abs()),
        hour if hour % 48 == 12 => usual_kw(ms) * (0.5 + 0.4 * noise(hour)).max(0.0),
        _ => usual_kw(ms),
    };
    let mut detector = Detector::new();
    let (month_ms, later_ms) = (MONDAY_MS + 28 * DAY_MS, MONDAY_MS + 84 * DAY_MS);
    feed(&mut detector, 5 * MINUTE_MS, (MONDAY_MS, month_ms), restless);
    let alarms = opened(&feed(&mut detector, 5 * MINUTE_MS, (month_ms, later_ms), restless));
    assert!(alarms.len() <= 8, "{}: {alarms:?}", alarms.len());
}

/// What an inverter feeds in, less on a cloudy day; at night it draws next to nothing.
fn inverter_kw(time_ms: i64) -> f64 {
    let from_noon = (real(time_ms.rem_euclid(DAY_MS)) / real(HOUR_MS) - 12.6) / 6.6;
    let sunshine = if from_noon.abs() < 1.0 { (from_noon * std::f64::consts::FRAC_PI_2).cos() } else { 0.0 };
    let clouds = 0.65 + 0.3 * noise(time_ms.div_euclid(DAY_MS));
    let kw = if sunshine > 0.01 { -48.0 * sunshine.powf(1.2) * clouds } else { 0.02 };
    ((kw + 0.02 * noise(time_ms)) * 100.0).round() / 100.0
}

#[test]
fn an_inverter_is_not_left_running_at_sunset() {
    let mut detector = Detector::new();
    let weeks = [0, 14, 42].map(|days| MONDAY_MS + days * DAY_MS);
    feed(&mut detector, MINUTE_MS, (weeks[0], weeks[1]), inverter_kw);
    let told = opened(&feed(&mut detector, MINUTE_MS, (weeks[1], weeks[2]), inverter_kw));
    assert!(told.len() <= 4, "{told:?}");
}
