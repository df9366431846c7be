//! What drifts for weeks: told once, over when it is mended; and what does not drift.

use super::*;

/// By so much it grows or falls a day.
const A_DAY: f64 = 0.01;

/// A machine that has drifted so many days, at a power.
fn drifted(power_kw: f64, days: i64, a_day: f64) -> f64 {
    power_kw * (1.0 + a_day * real(days.max(0) * DAY_MS) / real(DAY_MS))
}

/// Three weeks old, then so many days at a power; what changed in them.
fn told_of(interval_ms: i64, days: i64, power_kw: impl Fn(i64, i64) -> f64) -> (Detector, i64, Vec<Change>) {
    let (mut detector, begins_ms) = grown(interval_ms, 0);
    let power_kw = |ms: i64| power_kw(ms, (ms - begins_ms) / DAY_MS);
    let changes = feed(&mut detector, interval_ms, (begins_ms, begins_ms + days * DAY_MS), power_kw);
    (detector, begins_ms, changes)
}

fn drifts(changes: &[Change]) -> Vec<Finding> {
    let drift = |change: &Change| match change {
        Change::Opened(finding) if finding.kind == Kind::Drift => Some(*finding),
        _ => None,
    };
    changes.iter().filter_map(drift).collect()
}

#[test]
fn one_percent_a_day_is_told_once_and_over_when_it_is_mended() {
    for (interval_ms, a_day) in [(MINUTE_MS, A_DAY), (15 * MINUTE_MS, A_DAY), (15 * MINUTE_MS, -A_DAY)] {
        let (mut detector, begins_ms, changes) =
            told_of(interval_ms, 28, |ms, days| drifted(usual_kw(ms), days, a_day));
        let told = drifts(&changes);
        let [drift] = told[..] else { panic!("{interval_ms} {a_day}: {told:?}") };
        let after = |ms: i64| (ms - begins_ms) / DAY_MS;
        assert!(after(drift.at_ms) <= 21 && (0..10).contains(&after(drift.started_ms)), "{drift:?}");
        assert!(detector.is_open(Kind::Drift), "{interval_ms} {a_day}");
        // What the last day drew, and what the weeks before did.
        let now_kw = drifted(30.0, after(drift.at_ms), a_day);
        assert!((drift.value - now_kw).abs() < 1.0, "{now_kw}: {drift:?}");
        assert!((drift.expected.mid - 30.0).abs() < (drift.value - 30.0).abs(), "{drift:?}");
        let how = if a_day > 0.0 { "more and more" } else { "less and less" };
        assert!(sentence(&drift, "kW", "a Monday").starts_with(&format!("has drawn {how} for ")), "{drift:?}");
        let mended_ms = begins_ms + 28 * DAY_MS;
        let changes = feed(&mut detector, interval_ms, (mended_ms, mended_ms + 2 * DAY_MS), usual_kw);
        assert!(closed(&changes).contains(&Kind::Drift), "{interval_ms} {a_day}: {changes:?}");
        let changes = feed(&mut detector, interval_ms, (mended_ms + 2 * DAY_MS, mended_ms + 30 * DAY_MS), usual_kw);
        assert!(drifts(&changes).is_empty(), "{changes:?}");
    }
}

#[test]
fn what_people_dismiss_may_drift_further() {
    let mut detector = grown(15 * MINUTE_MS, 0).0;
    for _ in 0..4 {
        detector.quieter(Kind::Drift);
    }
    let begins_ms = MONDAY_MS + 23 * DAY_MS;
    let power_kw = |ms: i64| drifted(usual_kw(ms), (ms - begins_ms) / DAY_MS, A_DAY);
    let changes = feed(&mut detector, 15 * MINUTE_MS, (begins_ms, begins_ms + 21 * DAY_MS), power_kw);
    assert!(drifts(&changes).is_empty(), "{changes:?}");
}

#[test]
fn another_level_or_days_that_differ_are_no_drift() {
    let higher = |ms: i64, _| 1.3 * usual_kw(ms);
    // Orders differ from day to day, shifts from week to week.
    let orders = |ms: i64, days: i64| usual_kw(ms) * (1.0 + 0.2 * noise(days));
    let weeks = |ms: i64, days: i64| usual_kw(ms) * if days / 7 % 2 == 0 { 0.8 } else { 1.0 };
    let healthy = |ms: i64, _| usual_kw(ms);
    for (what, power_kw) in
        [("higher", &higher as &dyn Fn(i64, i64) -> f64), ("orders", &orders), ("weeks", &weeks), ("healthy", &healthy)]
    {
        let (_, _, changes) = told_of(15 * MINUTE_MS, 56, power_kw);
        assert!(drifts(&changes).is_empty(), "{what}: {:?}", drifts(&changes));
    }
}

#[test]
fn the_luck_of_a_few_busy_hours_is_no_drift() {
    let hour_of = |ms: i64| (ms - MONDAY_MS).div_euclid(HOUR_MS);
    let weekly = |ms: i64| match (hour_of(ms) % 168, hour_of(ms) / 168) {
        (34, week) => 100.0 + 10.0 * noise(week),
        _ => 20.0 + noise(ms),
    };
    let once = |ms: i64| if hour_of(ms) == 15 * 24 + 9 { 100.0 } else { 10.0 + 0.2 * noise(ms) };
    let batches = |ms: i64| if noise(hour_of(ms)) > 0.8 { 80.0 + noise(ms) } else { 3.0 + 0.1 * noise(ms) };
    let machines: [(&str, &dyn Fn(i64) -> f64); 3] = [("weekly", &weekly), ("once", &once), ("batches", &batches)];
    for (what, power_kw) in machines {
        let mut detector = Detector::new();
        let changes = feed(&mut detector, 15 * MINUTE_MS, (MONDAY_MS, MONDAY_MS + 180 * DAY_MS), power_kw);
        assert!(drifts(&changes).is_empty(), "{what}: {:?}", drifts(&changes));
    }
}
