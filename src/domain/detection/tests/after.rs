//! What comes after something was told: its end, more of it, or another fault.

use super::super::detector::is_of_means;
use super::*;

/// Asserts that nothing is told of this machine once it is back from two hours of being odd: it has drawn this `share` of the
/// usual, and if that is less then nothing for most of the time, and some minutes long less than usual.
fn comes_back(interval_ms: i64, share: f64, power_kw: impl Fn(i64) -> f64) {
    let (mut detector, odd_ms) = grown_with(interval_ms, 10, &power_kw);
    let is_fall = share < 1.0;
    let (half_ms, back_ms) = (odd_ms + 30 * MINUTE_MS, odd_ms + 2 * HOUR_MS);
    let odd = |ms| if is_fall && ms > half_ms { 0.0 } else { share * power_kw(ms) };
    let told = opened(&feed(&mut detector, interval_ms, (odd_ms, back_ms), odd));
    assert!(!told.is_empty(), "{interval_ms} {share}");
    let back = |ms: i64| if is_fall && ms <= back_ms + 6 * MINUTE_MS { 0.7 } else { 1.0 } * power_kw(ms);
    let after = opened(&feed(&mut detector, interval_ms, (back_ms, back_ms + 4 * HOUR_MS), back));
    assert!(after.is_empty(), "{interval_ms} {share}: {after:?}");
}

#[test]
fn that_a_machine_is_back_is_no_anomaly_of_its_own() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        for share in [0.0, 0.6, 0.8, 1.6] {
            comes_back(interval_ms, share, usual_kw);
            comes_back(interval_ms, share, |ms| usual_kw(ms) * (1.0 + 0.05 * wavers(ms)));
        }
    }
}

#[test]
fn a_jump_is_over_soon_after_the_machine_is_back() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS] {
        for minutes in [1, 5, 20] {
            let even_kw = |ms| 40.0 + wavers(ms);
            let (mut detector, odd_ms) = grown_with(interval_ms, 10, even_kw);
            let back_ms = odd_ms + minutes * MINUTE_MS;
            feed(&mut detector, interval_ms, (odd_ms, back_ms), |ms| 60.0 + 1.5 * wavers(ms));
            assert!(detector.is_open(Kind::Spike), "{interval_ms} {minutes}");
            let after = feed(&mut detector, interval_ms, (back_ms, back_ms + 2 * HOUR_MS), even_kw);
            for change in after {
                let Change::Closed { kind, ended_ms } = change else { continue };
                // The mean of half an hour is odd for as long.
                let most_ms = if kind == Kind::Spike { 10 } else { 30 } * MINUTE_MS;
                assert!(ended_ms - back_ms <= most_ms, "{interval_ms} {minutes} {kind:?}: {}", ended_ms - back_ms);
            }
            assert!(detector.alarms.are_calm(), "{interval_ms} {minutes}");
        }
    }
}

#[test]
fn what_is_open_grows() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS] {
        for pause_minutes in [0, 6, 17] {
            let wavers_kw = |ms| usual_kw(ms) * (1.0 + 0.07 * wavers(ms));
            let (mut detector, odd_ms) = grown_with(interval_ms, 10, wavers_kw);
            let at = |minutes: i64| odd_ms + minutes * MINUTE_MS;
            let first = feed(&mut detector, interval_ms, (odd_ms, at(10)), |ms| 1.8 * wavers_kw(ms));
            assert!(opened(&first).contains(&Kind::Spike), "{interval_ms}: {first:?}");
            feed(&mut detector, interval_ms, (at(10), at(10 + pause_minutes)), wavers_kw);
            let (from_ms, back_ms) = (at(10 + pause_minutes), at(20 + pause_minutes));
            let changes = feed(&mut detector, interval_ms, (from_ms, back_ms), |ms| 4.0 * wavers_kw(ms));
            let is_told = |change: &Change| match change {
                Change::Opened(it) | Change::Grew(it) => it.kind == Kind::Spike && it.value > 100.0,
                Change::Closed { .. } => false,
            };
            assert!(changes.iter().any(is_told), "{interval_ms} {pause_minutes}: {changes:?}");
            let after = opened(&feed(&mut detector, interval_ms, (back_ms, back_ms + 2 * HOUR_MS), wavers_kw));
            assert!(after.is_empty(), "{interval_ms} {pause_minutes}: {after:?}");
        }
    }
}

#[test]
fn what_is_said_of_a_rhythm_was_measured() {
    let (mut detector, odd_ms) = grown_with(10 * SECOND_MS, 10, |ms| 40.0 + 0.6 * wavers(ms));
    let odd_kw = |ms| 48.0 + 0.6 * wavers(ms);
    let changes = feed(&mut detector, 10 * SECOND_MS, (odd_ms, odd_ms + 30 * MINUTE_MS), odd_kw);
    let of_means = changes.iter().filter_map(|change| match change {
        Change::Opened(it) | Change::Grew(it) if is_of_means(it.kind) => Some(it.value),
        _ => None,
    });
    let values: Vec<f64> = of_means.collect();
    assert!(!values.is_empty() && values.iter().all(|kw| (46.0..50.0).contains(kw)), "{values:?}");
}

#[test]
fn what_grows_is_what_is_open() {
    for (first, gap_minutes) in [(1.3, 20), (1.3, 40), (1.8, 30), (2.4, 60)] {
        let (mut detector, odd_ms) = grown(MINUTE_MS, 10);
        let (mut changes, mut now_ms) = (Vec::new(), odd_ms);
        for (share, minutes) in [(first, 5), (1.0, gap_minutes), (2.4, 60), (1.0, 120)] {
            let to_ms = now_ms + minutes * MINUTE_MS;
            changes.extend(feed(&mut detector, MINUTE_MS, (now_ms, to_ms), |ms| share * usual_kw(ms)));
            now_ms = to_ms;
        }
        let mut over_ms = std::collections::BTreeMap::new();
        for change in changes {
            match change {
                Change::Closed { kind, ended_ms } => _ = over_ms.insert(kind as usize, ended_ms),
                Change::Grew(it) => {
                    let over_ms = over_ms.get(&(it.kind as usize)).copied().unwrap_or(i64::MIN);
                    assert!(over_ms < it.started_ms, "{first} {gap_minutes}: {it:?}");
                }
                Change::Opened(_) => {}
            }
        }
    }
}

#[test]
fn another_fault_is_told_while_means_show_the_first() {
    let wavers_kw = |ms| usual_kw(ms) * (1.0 + 0.05 * wavers(ms));
    for interval_ms in [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] {
        for (first, gap_hours, second) in [(0.6, 3, 4.0), (0.0, 2, 2.4), (2.4, 2, 0.0)] {
            let (mut detector, odd_ms) = grown_with(interval_ms, 8, wavers_kw);
            let at = |hours: i64| odd_ms + hours * HOUR_MS;
            feed(&mut detector, interval_ms, (odd_ms, at(1)), |ms| first * wavers_kw(ms));
            feed(&mut detector, interval_ms, (at(1), at(1 + gap_hours)), wavers_kw);
            let other = (at(1 + gap_hours), at(2 + gap_hours));
            let changes = feed(&mut detector, interval_ms, other, |ms| second * wavers_kw(ms));
            let is_told = |change: &Change| matches!(change, Change::Opened(_) | Change::Grew(_));
            assert!(changes.iter().any(is_told), "{interval_ms} {first} {gap_hours} {second}: {changes:?}");
        }
    }
}

#[test]
fn a_fall_that_outlasts_a_silence_is_not_over() {
    for interval_ms in [10 * SECOND_MS, 30 * SECOND_MS] {
        for silent_minutes in [12, 40] {
            let (mut detector, odd_ms) = grown(interval_ms, 10);
            let silent_ms = odd_ms + 20 * MINUTE_MS;
            let sags_kw = |ms| 0.6 * usual_kw(ms);
            feed(&mut detector, interval_ms, (odd_ms, silent_ms), sags_kw);
            assert!(detector.is_open(Kind::Drop), "{interval_ms}");
            let heard_ms = silent_ms + silent_minutes * MINUTE_MS;
            let changes = feed(&mut detector, interval_ms, (heard_ms, heard_ms + HOUR_MS), sags_kw);
            assert_eq!(closed(&changes), [Kind::NoData], "{interval_ms} {silent_minutes}");
        }
    }
}

#[test]
fn no_news_is_what_is_over_or_told_but_no_other_fault() {
    let (mut detector, odd_ms) = grown(MINUTE_MS, 10);
    let is_no_news = |detector: &Detector, kind, since_ms, now_ms, kw| {
        detector.is_no_news(kind, since_ms, sample(now_ms + MINUTE_MS, kw))
    };
    // A jump to less than is usual, or a fall to more.
    for (kind, kw, expected) in
        [(Kind::Spike, 10.0, true), (Kind::Spike, 50.0, false), (Kind::Drop, 10.0, false), (Kind::Drop, 50.0, true)]
    {
        assert_eq!(is_no_news(&detector, kind, i64::MAX, odd_ms, kw), expected, "{kind:?} {kw}");
    }
    let back_ms = odd_ms + HOUR_MS;
    feed(&mut detector, MINUTE_MS, (odd_ms, back_ms), |ms| 2.0 * usual_kw(ms));
    let asked = [(Kind::Drop, 30.0), (Kind::Pattern, 30.0), (Kind::Pattern, 60.0), (Kind::Pattern, 15.0)];
    let told = asked.map(|(kind, kw)| is_no_news(&detector, kind, odd_ms, back_ms, kw));
    assert_eq!(told, [true; 4], "while it is open");
    let calm_ms = back_ms + 2 * HOUR_MS;
    feed(&mut detector, MINUTE_MS, (back_ms, calm_ms), usual_kw);
    assert!(detector.alarms.are_calm());
    let over = asked.map(|(kind, kw)| is_no_news(&detector, kind, odd_ms, calm_ms, kw));
    assert_eq!(over, [false, true, false, false], "once it is over");
}
