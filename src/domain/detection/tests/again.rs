//! What happens once more: told as the first time, until it is how things are.

use super::*;

/// Asserts that a machine that stands for so many minutes is told, that it is over when it goes on, and that it is told
/// again within a quarter of an hour when it stands so many hours after it stopped.
fn stands_twice(hour: i64, minutes: i64, hours: i64) {
    let (mut detector, stops_ms) = grown(MINUTE_MS, hour);
    let (goes_on_ms, stands_ms) = (stops_ms + minutes * MINUTE_MS, stops_ms + hours * HOUR_MS);
    let mut changes = feed(&mut detector, MINUTE_MS, (stops_ms, goes_on_ms), |_| 0.02);
    changes.extend(feed(&mut detector, MINUTE_MS, (goes_on_ms, stands_ms), usual_kw));
    assert!(opened(&changes).contains(&Kind::Drop) && closed(&changes).contains(&Kind::Drop), "{changes:?}");
    let stands = feed(&mut detector, MINUTE_MS, (stands_ms, stands_ms + 15 * MINUTE_MS), |_| 0.02);
    assert!(opened(&stands).contains(&Kind::Drop), "{stands:?}");
}

#[test]
fn what_is_over_does_not_hide_that_a_machine_stands() {
    stands_twice(2, 5, 8);
}

#[test]
fn a_machine_that_stands_once_more_within_hours_is_told_as_soon() {
    stands_twice(8, 10, 2);
}

/// Minutes until the second of two equal faults is told, and whether it is open until its end; None if it is not told. The
/// first is on the day before, at the same time; `days` old is the machine then.
fn told_again(interval_ms: i64, days: i64, minutes: i64, fault: impl Fn(i64) -> f64) -> Option<(i64, bool)> {
    told_again_of(interval_ms, days, minutes, usual_kw, fault)
}

/// The same of another machine.
fn told_again_of(
    interval_ms: i64,
    days: i64,
    minutes: i64,
    usual_kw: impl Fn(i64) -> f64,
    fault: impl Fn(i64) -> f64,
) -> Option<(i64, bool)> {
    let mut detector = Detector::new();
    let first_ms = MONDAY_MS + days * DAY_MS + 10 * HOUR_MS + 48 * MINUTE_MS;
    let second_ms = first_ms + DAY_MS;
    feed(&mut detector, interval_ms, (MONDAY_MS, first_ms), &usual_kw);
    feed(&mut detector, interval_ms, (first_ms, first_ms + minutes * MINUTE_MS), &fault);
    feed(&mut detector, interval_ms, (first_ms + minutes * MINUTE_MS, second_ms), &usual_kw);
    assert!(detector.alarms.severity().is_none(), "the first one is not over");
    let changes = feed(&mut detector, interval_ms, (second_ms, second_ms + minutes * MINUTE_MS), &fault);
    let told_ms = changes.iter().find_map(|change| match change {
        Change::Opened(finding) => Some(finding.at_ms),
        _ => None,
    });
    told_ms.map(|told_ms| ((told_ms - second_ms) / MINUTE_MS, detector.alarms.severity().is_some()))
}

#[test]
fn a_machine_that_stands_again_the_next_day_is_told_as_soon() {
    for (interval_ms, ages) in [(10 * SECOND_MS, 14..15), (MINUTE_MS, 7..9), (5 * MINUTE_MS, 21..23)] {
        for (days, minutes) in ages.flat_map(|days| [(days, 120), (days, 480)]) {
            let told = told_again(interval_ms, days, minutes, |ms| 0.05 + 0.02 * noise(ms));
            assert!(told.is_some_and(|(after, open)| after <= 5 && open), "{interval_ms} {days} {minutes}: {told:?}");
        }
    }
}

#[test]
fn a_machine_that_is_overloaded_again_the_next_day_is_told_as_soon() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let told = told_again(interval_ms, 22, 120, |ms| 1.3 * usual_kw(ms));
        assert!(told.is_some_and(|(after, open)| after <= 15 && open), "{interval_ms}: {told:?}");
    }
}

/// A machine of one shift whose power wavers by a fifth from reading to reading.
fn wavering_kw(time_ms: i64) -> f64 {
    let hour = time_ms.rem_euclid(DAY_MS) / HOUR_MS;
    let wavers = (0..4).map(|part| noise(4 * time_ms + part)).sum::<f64>();
    if is_at_work(time_ms) && (7..16).contains(&hour) { 24.0 + 2.2 * wavers } else { 1.2 + 0.05 * wavers }
}

#[test]
fn what_goes_on_is_not_over_though_as_much_was_seen_the_day_before() {
    for days in 20..30 {
        if matches!(days % 7, 0..4) {
            let told = told_again_of(MINUTE_MS, days, 150, wavering_kw, |ms| 1.3 * wavering_kw(ms));
            assert!(told.is_some_and(|(after, open)| after <= 15 && open), "{days}: {told:?}");
        }
    }
}

#[test]
fn what_it_does_day_by_day_is_told_some_times_only() {
    let (mut detector, now_ms) = grown(MINUTE_MS, 0);
    let is_pause = |ms: i64| is_at_work(ms) && (720..750).contains(&(ms.rem_euclid(DAY_MS) / MINUTE_MS));
    let paused_kw = |ms: i64| if is_pause(ms) { 0.05 + 0.02 * noise(ms) } else { usual_kw(ms) };
    let first = opened(&feed(&mut detector, MINUTE_MS, (now_ms, now_ms + 14 * DAY_MS), paused_kw));
    let later = opened(&feed(&mut detector, MINUTE_MS, (now_ms + 14 * DAY_MS, now_ms + 42 * DAY_MS), paused_kw));
    assert!((2..=7).contains(&first.len()) && later.len() <= 2, "{first:?} {later:?}");
}

#[test]
fn what_people_called_no_anomaly_is_usual_the_next_day() {
    let (mut detector, now_ms) = grown(MINUTE_MS, 10);
    let standing_kw = |ms| 0.05 + 0.02 * noise(ms);
    let first = opened(&feed(&mut detector, MINUTE_MS, (now_ms, now_ms + 5 * MINUTE_MS), standing_kw));
    assert_eq!(first, [Kind::Drop]);
    detector.quieter(Kind::Drop);
    let end_ms = now_ms + 120 * MINUTE_MS;
    feed(&mut detector, MINUTE_MS, (now_ms + 5 * MINUTE_MS, end_ms), standing_kw);
    feed(&mut detector, MINUTE_MS, (end_ms, now_ms + DAY_MS), usual_kw);
    let second = opened(&feed(&mut detector, MINUTE_MS, (now_ms + DAY_MS, end_ms + DAY_MS), standing_kw));
    assert!(second.is_empty(), "{second:?}");
}

/// The machine of two shifts, with less noise.
fn steadier_kw(time_ms: i64) -> f64 {
    10.0 + usual_kw(time_ms) - noise(time_ms)
}

#[test]
fn a_fall_is_one_anomaly_for_as_long_as_it_lasts() {
    for (interval_ms, part) in [(10 * SECOND_MS, 0.5), (10 * SECOND_MS, 0.7), (5 * MINUTE_MS, 0.6)] {
        let (mut detector, now_ms) = grown_with(interval_ms, 10, steadier_kw);
        let end_ms = now_ms + 110 * MINUTE_MS;
        let changes = feed(&mut detector, interval_ms, (now_ms, end_ms), |ms| part * steadier_kw(ms));
        let told = (opened(&changes), closed(&changes));
        assert_eq!(told, (vec![Kind::Drop], vec![]), "{interval_ms} {part}: {changes:?}");
    }
}

#[test]
fn what_is_told_is_not_what_is_usual() {
    let (mut detector, now_ms) = grown_with(MINUTE_MS, 10, steadier_kw);
    let changes = feed(&mut detector, MINUTE_MS, (now_ms, now_ms + 5 * MINUTE_MS), |ms| 0.7 * steadier_kw(ms));
    let Some(Change::Opened(finding)) = changes.first() else { panic!("{changes:?}") };
    assert!(finding.value < finding.expected.low, "{finding:?}");
}

/// A machine that works day and night.
fn steady_kw(time_ms: i64) -> f64 {
    40.0 + 2.0 * noise(time_ms)
}

#[test]
fn a_fall_is_over_soon_after_the_machine_is_back() {
    for (interval_ms, minutes, part) in [(MINUTE_MS, 10, 0.0), (5 * MINUTE_MS, 60, 0.0), (5 * MINUTE_MS, 110, 0.6)] {
        let (mut detector, now_ms) = grown_with(interval_ms, 10, steady_kw);
        let end_ms = now_ms + minutes * MINUTE_MS;
        let told = opened(&feed(&mut detector, interval_ms, (now_ms, end_ms), |ms| part * steady_kw(ms)));
        assert!(told.contains(&Kind::Drop), "{interval_ms} {minutes} {part}: {told:?}");
        let changes = feed(&mut detector, interval_ms, (end_ms, end_ms + 15 * interval_ms), steady_kw);
        assert!(!detector.is_open(Kind::Drop), "{interval_ms} {minutes} {part}: {changes:?}");
    }
}

#[test]
fn a_leak_is_over_soon_after_the_machine_is_back() {
    for interval_ms in [MINUTE_MS, 5 * MINUTE_MS] {
        let (mut detector, now_ms) = grown(interval_ms, 9);
        let end_ms = now_ms + 4 * HOUR_MS;
        let told = opened(&feed(&mut detector, interval_ms, (now_ms, end_ms), |ms| 1.3 * usual_kw(ms)));
        assert!(!told.is_empty() && detector.alarms.severity().is_some(), "{interval_ms}: {told:?}");
        let changes = feed(&mut detector, interval_ms, (end_ms, end_ms + HOUR_MS), usual_kw);
        assert!(detector.alarms.severity().is_none(), "{interval_ms}: {told:?} {changes:?}");
    }
}

/// Asserts that a machine that draws something else from now on is told once, and that this is usual some days later.
fn learns(interval_ms: i64, old_kw: impl Fn(i64) -> f64, new_kw: impl Fn(i64) -> f64) {
    let (mut detector, now_ms) = grown_with(interval_ms, 10, old_kw);
    let told = opened(&feed(&mut detector, interval_ms, (now_ms, now_ms + 4 * DAY_MS), &new_kw));
    assert!(told == [Kind::Drop] && !detector.is_open(Kind::Drop), "{interval_ms}: {told:?}");
    let later = opened(&feed(&mut detector, interval_ms, (now_ms + 4 * DAY_MS, now_ms + 14 * DAY_MS), new_kw));
    assert!(later.len() <= 1, "{interval_ms}: {later:?}");
}

#[test]
fn a_new_normal_is_learned_after_a_day() {
    learns(MINUTE_MS, steady_kw, |ms| 25.0 + 2.0 * noise(ms));
    learns(5 * MINUTE_MS, usual_kw, |ms| 0.1 * usual_kw(ms));
}
