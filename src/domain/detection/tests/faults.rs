//! What is found, and how soon.

use super::super::peaks::{Lasting, TWO_HALVES};
use super::*;

/// Asserts that a fault of some hours opens `kind`, and that all is closed half a day later.
fn finds(kind: Kind, interval_ms: i64, hour: i64, hours: i64, fault: impl Fn(i64) -> f64) {
    let (mut detector, now_ms) = grown(interval_ms, hour);
    let end_ms = now_ms + hours * HOUR_MS;
    let mut changes = feed(&mut detector, interval_ms, (now_ms, end_ms), fault);
    assert!(opened(&changes).contains(&kind), "{kind:?} is not among {changes:?}");
    changes.extend(feed(&mut detector, interval_ms, (end_ms, end_ms + 12 * HOUR_MS), usual_kw));
    assert!(closed(&changes).contains(&kind), "{kind:?} is not closed in {changes:?}");
}

#[test]
fn each_kind_is_found_and_closed() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        finds(Kind::Spike, interval_ms, 10, 1, |ms| usual_kw(ms) * 1.5);
        finds(Kind::Drop, interval_ms, 10, 1, |ms| 0.03 + 0.02 * noise(ms));
        finds(Kind::Flatline, interval_ms, 10, 1, |_| 29.5);
        finds(Kind::Overload, interval_ms, 10, 1, |ms| usual_kw(ms) * 2.2);
    }
}

#[test]
fn what_matters_is_found_within_a_quarter_of_an_hour() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        for hour in [2, 10] {
            let (detector, now_ms) = grown(interval_ms, hour);
            let within = |fault: &dyn Fn(i64) -> f64| {
                opened(&feed(&mut detector.clone(), interval_ms, (now_ms, now_ms + 15 * MINUTE_MS), fault))
            };
            assert!(!within(&|ms| usual_kw(ms) * 1.3).is_empty(), "leak, {interval_ms}, {hour}");
            assert!(!within(&|ms| usual_kw(ms) * 1.5).is_empty(), "overload, {interval_ms}, {hour}");
            assert!(!within(&|_| 0.02).is_empty(), "dead, {interval_ms}, {hour}");
            let stuck = !within(&|_| usual_kw(now_ms)).is_empty();
            // By night this one often repeats itself by chance.
            assert!(stuck || hour == 2, "stuck, {interval_ms}");
        }
    }
}

#[test]
fn a_machine_left_running_at_night_is_a_pattern_within_two_hours() {
    for interval_ms in [10 * SECOND_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] {
        let (mut detector, now_ms) = grown(interval_ms, 22);
        let day_kw = |ms| usual_kw(ms - 12 * HOUR_MS);
        let changes = feed(&mut detector, interval_ms, (now_ms, now_ms + 2 * HOUR_MS), day_kw);
        assert!(opened(&changes).contains(&Kind::Pattern), "{interval_ms}: {changes:?}");
    }
}

/// Two shifts with breaks at two thirds of the power, and a tenth of it for the controls at all other times.
fn shifts_kw(time_ms: i64) -> f64 {
    let is_break = (720..750).contains(&(time_ms.rem_euclid(DAY_MS) / MINUTE_MS));
    match (is_at_work(time_ms), is_break) {
        (false, _) => 2.0 + 0.05 * noise(time_ms),
        (true, true) => 12.0 + noise(time_ms),
        (true, false) => 18.0 + 4.0 * noise(time_ms),
    }
}

#[test]
fn a_machine_that_rests_when_it_should_work_is_told_though_its_controls_are_on() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS] {
        for (day, hour) in [(22, 9), (23, 14), (24, 19), (25, 10)] {
            let (mut detector, now_ms) = (Detector::new(), MONDAY_MS + day * DAY_MS + hour * HOUR_MS);
            feed(&mut detector, interval_ms, (MONDAY_MS, now_ms), shifts_kw);
            let by_night_kw = |ms| shifts_kw(ms - hour * HOUR_MS);
            let changes = feed(&mut detector, interval_ms, (now_ms, now_ms + 15 * MINUTE_MS), by_night_kw);
            assert!(!opened(&changes).is_empty(), "{interval_ms}, day {day}");
        }
    }
}

/// Works day and night in one week, and by day in the next.
fn by_turns_kw(time_ms: i64) -> f64 {
    let is_lead = (time_ms - MONDAY_MS).div_euclid(7 * DAY_MS) % 2 == 0;
    let is_day = (6..22).contains(&((time_ms - MONDAY_MS).rem_euclid(DAY_MS) / HOUR_MS));
    let level_kw = match (is_lead, is_day) {
        (true, true) => 50.0,
        (true, false) => 30.0,
        (false, true) => 25.0,
        (false, false) => 0.2,
    };
    level_kw * (1.0 + 0.02 * noise(time_ms))
}

#[test]
fn a_machine_that_takes_turns_each_week_is_told_where_it_is_left_running_in_either() {
    for interval_ms in [10 * SECOND_MS, 5 * MINUTE_MS] {
        for week in [4, 5] {
            let mut detector = Detector::new();
            let night_ms = MONDAY_MS + (7 * week + 2) * DAY_MS + 22 * HOUR_MS;
            feed(&mut detector, interval_ms, (MONDAY_MS, night_ms), by_turns_kw);
            let by_day_kw = |ms| by_turns_kw(ms - 12 * HOUR_MS);
            let healthy = feed(&mut detector.clone(), interval_ms, (night_ms, night_ms + 2 * HOUR_MS), by_turns_kw);
            assert!(opened(&healthy).is_empty(), "{interval_ms}, week {week}: {healthy:?}");
            let changes = feed(&mut detector, interval_ms, (night_ms, night_ms + 2 * HOUR_MS), by_day_kw);
            assert!(!opened(&changes).is_empty(), "{interval_ms}, week {week}: {changes:?}");
        }
    }
}

/// Runs for some minutes of thirteen, more or fewer each time, and stands still for the rest: all day, every day.
fn cycling_kw(time_ms: i64) -> f64 {
    let (cycle, into_ms) = (time_ms.div_euclid(13 * MINUTE_MS), time_ms.rem_euclid(13 * MINUTE_MS));
    let runs_ms = 9 * MINUTE_MS + i64::from(noise(cycle) > 0.0) * MINUTE_MS;
    if into_ms < runs_ms { 30.0 + noise(time_ms) } else { 0.0 }
}

#[test]
fn a_machine_that_stops_all_the_time_is_dead_when_it_does_not_start_again() {
    for interval_ms in [10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS] {
        let mut detector = Detector::new();
        let now_ms = MONDAY_MS + 23 * DAY_MS + 10 * HOUR_MS;
        feed(&mut detector, interval_ms, (MONDAY_MS, now_ms), cycling_kw);
        let mut healthy = detector.clone();
        let changes = feed(&mut healthy, interval_ms, (now_ms, now_ms + 2 * DAY_MS), cycling_kw);
        assert!(opened(&changes).is_empty(), "{interval_ms}: {changes:?}");
        let changes = feed(&mut detector, interval_ms, (now_ms, now_ms + 15 * MINUTE_MS), |_| 0.0);
        assert!(opened(&changes).contains(&Kind::Drop), "{interval_ms}: {changes:?}");
    }
}

#[test]
fn what_rises_bit_by_bit_is_compared_with_what_was_before_it() {
    let mut halves = Lasting::<TWO_HALVES>::default();
    let mut judge = |step: i64, number: f32| {
        halves.judge(sample(MONDAY_MS + step * 5 * MINUTE_MS, 0.0).local_minute_of_week, number, 0.0, 3.0)
    };
    let usual = |step: i64| 10.0 + if noise(step) > 0.0 { 0.5 } else { 0.0 };
    let steps = 21 * 288;
    let most = (0..steps).map(|step| judge(step, usual(step))).skip(3 * 288).fold(0.0, f32::max);
    // Each time by less than what is usual from one to the next, for ten hours.
    let rises = (1..=120_i16).map(|n| judge(steps + i64::from(n), 10.0 + 0.05 * f32::from(n)));
    let last = rises.last().expect("ten hours");
    assert!(last > most + 2.0, "{last} {most}");
}

#[test]
fn a_slow_leak_is_found_although_the_detector_adapts() {
    let (mut detector, now_ms) = grown(5 * MINUTE_MS, 0);
    #[expect(clippy::cast_precision_loss, reason = "some weeks")]
    let leak = |ms: i64| usual_kw(ms) * (1.0 + 0.02 * (ms - now_ms) as f64 / DAY_MS as f64);
    let changes = feed(&mut detector, 5 * MINUTE_MS, (now_ms, now_ms + 14 * DAY_MS), leak);
    assert!(!opened(&changes).is_empty());
}

/// Rounds of a pump of five minutes each: it fills for two of them or three, then stands. By the mean or by the lowest
/// of some minutes, a few rounds of too much power are nothing.
fn pump_kw(time_ms: i64) -> f64 {
    let (round, into) = (time_ms.div_euclid(5 * MINUTE_MS), time_ms.div_euclid(MINUTE_MS).rem_euclid(5));
    match into {
        0 => 9.0 + 8.0 * noise(7 * round),
        1 => 18.5 + 0.3 * noise(time_ms),
        2 if noise(round) > 0.0 => 18.5 + 0.3 * noise(time_ms),
        _ => 0.4 + 0.02 * noise(time_ms),
    }
}

/// A pump that fills for about half of each round of some five minutes; of each morning a second one helps it. So its mean
/// moves with the rounds, and what is far too much at other hours is seen each day.
fn helped_pump_kw(time_ms: i64) -> f64 {
    let round_ms = 310 * SECOND_MS;
    let fills = |ms: i64| {
        let (round, into_ms) = (ms.div_euclid(round_ms), ms.rem_euclid(round_ms));
        real(into_ms) < real(round_ms) * (0.5 + 0.2 * wave(round * round_ms, 2 * HOUR_MS))
    };
    let filled = (1..=6).map(|part| if fills(time_ms - 10 * part * SECOND_MS) { 1.0 / 6.0 } else { 0.0 }).sum::<f64>();
    let helps = (410..500).contains(&time_ms.div_euclid(MINUTE_MS).rem_euclid(1440));
    let second_kw = if helps { 17.5 } else { 0.0 };
    0.4 + 0.02 * noise(time_ms) + filled * (18.5 + 0.3 * noise(time_ms)) + second_kw
}

/// Of sixteen leaks that begin in the fourth week, an hour and a half apart, how many are told within a quarter of an hour.
fn leaks_in_time(interval_ms: i64, usual_kw: impl Fn(i64) -> f64) -> usize {
    let mut detector = Detector::new();
    let mut known_ms = MONDAY_MS;
    let mut is_told = |begin_ms: i64| {
        feed(&mut detector, interval_ms, (known_ms, begin_ms), &usual_kw);
        known_ms = begin_ms;
        let leak_kw = |ms| 1.3 * usual_kw(ms);
        !opened(&feed(&mut detector.clone(), interval_ms, (begin_ms, begin_ms + 15 * MINUTE_MS), leak_kw)).is_empty()
    };
    (0..16).filter(|n| is_told(MONDAY_MS + 24 * DAY_MS + 3 * n * HOUR_MS / 2)).count()
}

#[test]
fn a_machine_that_cycles_is_told_when_its_highest_powers_are_too_high_again_and_again() {
    let found = leaks_in_time(MINUTE_MS, pump_kw);
    assert!(found >= 15, "{found} of 16");
    let found = leaks_in_time(MINUTE_MS, helped_pump_kw);
    assert!(found >= 14, "{found} of 16");
}

/// Shots, each order's at a scale of its own, which differ by more than a leak; between orders the mould is changed, and
/// every half hour or so there is a stop.
fn moulding_kw(time_ms: i64) -> f64 {
    let since_ms = time_ms - MONDAY_MS;
    let (order, into_ms) = (since_ms.div_euclid(31 * HOUR_MS), since_ms.rem_euclid(31 * HOUR_MS));
    let (stop, into_stop_ms) = (time_ms.div_euclid(25 * MINUTE_MS), time_ms.rem_euclid(25 * MINUTE_MS));
    if into_ms < 40 * MINUTE_MS {
        return 1.0 + 0.03 * noise(time_ms);
    }
    if real(into_stop_ms) < 120_000.0 * noise(stop) {
        return 12.0 + noise(time_ms);
    }
    let shot_kw = match noise(time_ms) {
        part if part < -0.6 => 40.0,
        part if part < 0.3 => 24.0,
        _ => 8.0,
    };
    shot_kw * [0.75, 0.9, 1.05][usize::try_from(order.rem_euclid(3)).unwrap_or(0)] * (1.0 + 0.03 * noise(time_ms + 1))
}

#[test]
fn a_factor_on_all_it_does_is_told_though_orders_differ_by_more() {
    for interval_ms in [30 * SECOND_MS, MINUTE_MS] {
        let found = leaks_in_time(interval_ms, moulding_kw);
        assert!(found >= 14, "{interval_ms}: {found} of 16");
    }
}

/// A number within -1..1 that goes from one chance value to the next.
fn wave(time_ms: i64, length_ms: i64) -> f64 {
    let (knot, part) = (time_ms.div_euclid(length_ms), real(time_ms.rem_euclid(length_ms)) / real(length_ms));
    let eased = 0.5 - 0.5 * (std::f64::consts::PI * part).cos();
    noise(length_ms + knot) * (1.0 - eased) + noise(length_ms + knot + 1) * eased
}

/// A burner that follows what is asked for, up and down by a third within half an hour.
fn burner_kw(time_ms: i64) -> f64 {
    let asked = 1.0 + 0.25 * wave(time_ms, 33 * MINUTE_MS) + 0.15 * wave(time_ms, 9 * MINUTE_MS);
    (20.0 + 14.0 * wave(time_ms, HOUR_MS)) * asked * (1.0 + 0.006 * noise(time_ms))
}

#[test]
fn a_jump_is_told_where_the_power_goes_up_and_down_by_more_but_slowly() {
    let found = leaks_in_time(30 * SECOND_MS, burner_kw);
    assert!(found >= 14, "{found} of 16");
}

/// Stands for days before its first shift, and between shifts, at the same power to the last digit.
fn charger_kw(time_ms: i64) -> f64 {
    let charges = time_ms >= MONDAY_MS + 2 * DAY_MS && is_at_work(time_ms);
    if charges { (100.0 * (22.0 + noise(time_ms))).round() / 100.0 } else { 0.6 }
}

#[test]
fn a_stuck_meter_is_found_by_three_equal_readings_however_long_the_machine_stood_before_its_first_start() {
    for interval_ms in [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] {
        let mut detector = Detector::new();
        let begin_ms = MONDAY_MS + 16 * DAY_MS + 10 * HOUR_MS;
        feed(&mut detector, interval_ms, (MONDAY_MS, begin_ms), charger_kw);
        let last_kw = charger_kw(begin_ms);
        let stuck = feed(&mut detector, interval_ms, (begin_ms, begin_ms + 3 * interval_ms), |_| last_kw);
        assert_eq!(opened(&stuck), [Kind::Flatline], "{interval_ms}");
    }
}

/// Decks of an oven on a coarse meter: a sixth of the readings at work equal the one before, all in the same hours.
fn decks_kw(seed: i64, time_ms: i64) -> f64 {
    if !is_at_work(time_ms) {
        return 0.3 + 0.05 * noise(time_ms);
    }
    let batch = time_ms / (90 * MINUTE_MS);
    let level_kw = 8.0 + 6.0 * noise(seed * 104_729 + batch).abs();
    let spread_kw = if noise(seed * 7919 + batch) > 0.4 { 0.08 } else { 1.5 };
    ((level_kw + spread_kw * noise(seed ^ time_ms)) * 10.0).round() / 10.0
}

#[test]
fn a_coarse_meter_is_not_stuck_where_equal_readings_come_together() {
    for interval_ms in [MINUTE_MS, 5 * MINUTE_MS] {
        let (mut false_alarms, mut found) = (0, 0);
        let (known_ms, stuck_ms) = (MONDAY_MS + 14 * DAY_MS, MONDAY_MS + 42 * DAY_MS + 10 * HOUR_MS);
        let is_stuck =
            |changes: Vec<Change>| opened(&changes).into_iter().filter(|kind| *kind == Kind::Flatline).count();
        for seed in 1..=8 {
            let (mut detector, healthy_kw) = (Detector::new(), |ms| decks_kw(seed, ms));
            feed(&mut detector, interval_ms, (MONDAY_MS, known_ms), healthy_kw);
            false_alarms += is_stuck(feed(&mut detector, interval_ms, (known_ms, stuck_ms), healthy_kw));
            let stuck = feed(&mut detector, interval_ms, (stuck_ms, stuck_ms + 2 * HOUR_MS), |_| healthy_kw(stuck_ms));
            found += is_stuck(stuck).min(1);
        }
        assert!(false_alarms <= 4 && found >= 7, "{interval_ms}: {false_alarms} in 32 weeks, {found} of 8");
    }
}

#[test]
fn that_a_machine_is_back_where_it_usually_is_is_no_spike() {
    let extruder_kw = |ms| 150.0 + 2.0 * noise(ms);
    let mut detector = Detector::new();
    let purge_ms = MONDAY_MS + 24 * DAY_MS + 10 * HOUR_MS;
    feed(&mut detector, MINUTE_MS, (MONDAY_MS, purge_ms), extruder_kw);
    let back_ms = purge_ms + 40 * MINUTE_MS;
    let purge = feed(&mut detector, MINUTE_MS, (purge_ms, back_ms), |ms| 28.0 + noise(ms));
    assert!(opened(&purge).contains(&Kind::Drop), "{purge:?}");
    let back = feed(&mut detector, MINUTE_MS, (back_ms, back_ms + HOUR_MS), extruder_kw);
    assert_eq!(opened(&back), [], "{back:?}");
}

/// Runs on working days from six to ten in the evening, but for a minute in seven; else whenever there is something to
/// move, for some minutes of one in five.
fn belt_kw(seed: i64, time_ms: i64) -> f64 {
    batches_kw(seed, 0.2, time_ms)
}

/// The same, and there is something to move for such a `share` of the time.
fn batches_kw(seed: i64, share: f64, time_ms: i64) -> f64 {
    let chance = 0.5 + 0.5 * noise(seed + time_ms.div_euclid(23 * MINUTE_MS));
    let works = is_at_work(time_ms) || chance < share;
    let stops = time_ms.rem_euclid(7 * MINUTE_MS) < MINUTE_MS;
    if works && !stops { 6.0 + 0.5 * noise(time_ms) } else { 0.4 + 0.02 * noise(time_ms) }
}

#[test]
fn a_belt_that_runs_at_night_now_and_then_is_told_when_it_never_rests() {
    for interval_ms in [10 * SECOND_MS, 5 * MINUTE_MS] {
        let hours_until_told = |seed: i64| {
            let mut detector = Detector::new();
            let now_ms = MONDAY_MS + 24 * DAY_MS + 22 * HOUR_MS + 20 * MINUTE_MS;
            feed(&mut detector, interval_ms, (MONDAY_MS, now_ms), |ms| belt_kw(seed, ms));
            let by_day_kw = |ms| belt_kw(seed, ms - 12 * HOUR_MS);
            let hours = (1..=4).map(|hour| (hour, now_ms + (hour - 1) * HOUR_MS));
            let mut told = hours.filter_map(|(hour, from_ms)| {
                let changes = feed(&mut detector, interval_ms, (from_ms, from_ms + HOUR_MS), by_day_kw);
                opened(&changes).contains(&Kind::Pattern).then_some(hour)
            });
            told.next()
        };
        let told: Vec<_> = (0..8).filter_map(|seed| hours_until_told(1_000_000 * seed)).collect();
        assert!(told.len() >= 7, "{interval_ms}: {told:?} hours");
        assert!(told.iter().filter(|hours| **hours <= 2).count() >= 5, "{interval_ms}: {told:?} hours");
    }
}

/// Of sixteen belts that run for three tenths of their quiet hours, how many are told within two hours when they go on as
/// so many hours `before`.
fn belts_told(interval_ms: i64, now_ms: i64, before: i64) -> usize {
    let is_told = |seed: &i64| {
        let (mut detector, seed) = (Detector::new(), 1_000_000 * seed);
        feed(&mut detector, interval_ms, (MONDAY_MS, now_ms), |ms| batches_kw(seed, 0.3, ms));
        let by_day_kw = |ms| batches_kw(seed, 0.3, ms - before * HOUR_MS);
        !opened(&feed(&mut detector, interval_ms, (now_ms, now_ms + 2 * HOUR_MS), by_day_kw)).is_empty()
    };
    (0..16).filter(is_told).count()
}

#[test]
fn a_belt_that_often_runs_at_night_is_told_within_two_hours_when_it_goes_on_as_by_day() {
    for interval_ms in [10 * SECOND_MS, 5 * MINUTE_MS] {
        let told = belts_told(interval_ms, MONDAY_MS + 24 * DAY_MS + 22 * HOUR_MS, 12);
        assert!(told >= 14, "{interval_ms}: {told} of 16");
    }
}

#[test]
fn what_several_eyes_find_nearly_odd_is_odd() {
    let told = belts_told(5 * MINUTE_MS, MONDAY_MS + 26 * DAY_MS + 10 * HOUR_MS, 72);
    assert!(told >= 9, "{told} of 16");
}

#[test]
fn a_machine_that_works_on_saturdays_is_not_left_running_on_one() {
    for interval_ms in [MINUTE_MS, 5 * MINUTE_MS] {
        let told_on_saturdays = |seed: i64| {
            let early = |ms: i64| (6..14).contains(&(ms.rem_euclid(DAY_MS) / HOUR_MS));
            let is_saturday = |ms: i64| (ms - MONDAY_MS).div_euclid(DAY_MS).rem_euclid(7) == 5;
            // On Saturdays as on Fridays, but by the early shift alone.
            let power_kw =
                |ms: i64| belt_kw(1_000_000 * seed, if is_saturday(ms) && early(ms) { ms - DAY_MS } else { ms });
            let (mut detector, known_ms) = (Detector::new(), MONDAY_MS + 14 * DAY_MS);
            feed(&mut detector, interval_ms, (MONDAY_MS, known_ms), power_kw);
            let later = feed(&mut detector, interval_ms, (known_ms, known_ms + 28 * DAY_MS), power_kw);
            let begins = later.iter().filter_map(|it| if let Change::Opened(it) = it { Some(it.at_ms) } else { None });
            begins.filter(|ms| is_saturday(*ms) && early(*ms)).count()
        };
        let told: usize = (0..8).map(told_on_saturdays).sum();
        assert!(told <= 2, "{interval_ms}: {told} in 32 weeks");
    }
}

#[test]
fn a_machine_that_stands_on_a_holiday_is_told_once_that_day() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let (mut detector, begin_ms) = (Detector::new(), MONDAY_MS + 23 * DAY_MS);
        feed(&mut detector, interval_ms, (MONDAY_MS, begin_ms), shifts_kw);
        let as_on_sunday_kw = |ms| shifts_kw(ms - 3 * DAY_MS);
        let holiday = feed(&mut detector, interval_ms, (begin_ms, begin_ms + DAY_MS), as_on_sunday_kw);
        assert_eq!(opened(&holiday), [Kind::Drop], "{interval_ms}: {holiday:?}");
    }
}

#[test]
fn what_was_left_running_is_no_news_once_it_is_over() {
    let is_told_late = |seed: &i64| {
        let (mut detector, seed) = (Detector::new(), 1_000_000 * seed);
        let (begin_ms, over_ms) = (MONDAY_MS + 24 * DAY_MS + 22 * HOUR_MS, 95 * MINUTE_MS);
        feed(&mut detector, MINUTE_MS, (MONDAY_MS, begin_ms), |ms| batches_kw(seed, 0.3, ms));
        let by_day_kw = |ms| batches_kw(seed, 0.3, ms - 12 * HOUR_MS);
        let runs = feed(&mut detector, MINUTE_MS, (begin_ms, begin_ms + over_ms), by_day_kw);
        let rests_kw = |ms| 0.4 + 0.02 * noise(ms);
        let rests = feed(&mut detector, MINUTE_MS, (begin_ms + over_ms, begin_ms + 2 * HOUR_MS), rests_kw);
        opened(&runs).is_empty() && !opened(&rests).is_empty()
    };
    let told: Vec<_> = (0..16).filter(is_told_late).collect();
    assert!(told.len() <= 1, "{told:?}");
}

/// Panels on a roof: what they feed in from seven to five, more or less as clouds pass; nothing else.
fn panels_kw(time_ms: i64) -> f64 {
    let day = (time_ms.rem_euclid(DAY_MS) - 7 * HOUR_MS).clamp(0, 10 * HOUR_MS);
    let sun = (std::f64::consts::PI * f64::from(u32::try_from(day / MINUTE_MS).unwrap_or(0)) / 600.0).sin();
    (-60.0 * sun * (0.8 + 0.15 * noise(time_ms)) * 100.0).round() / 100.0 + 0.0
}

#[test]
fn a_meter_is_stuck_at_what_is_fed_in_too() {
    let (mut detector, now_ms) = (Detector::new(), MONDAY_MS + 22 * DAY_MS + 10 * HOUR_MS);
    feed(&mut detector, MINUTE_MS, (MONDAY_MS, now_ms), panels_kw);
    let changes = feed(&mut detector, MINUTE_MS, (now_ms, now_ms + 15 * MINUTE_MS), |_| panels_kw(now_ms));
    assert!(opened(&changes).contains(&Kind::Flatline), "{changes:?}");
}

/// Pumps in one week of two, day and night, at nearly the same power, and rests in the other.
fn standby_kw(time_ms: i64) -> f64 {
    let pumps = (time_ms - MONDAY_MS).div_euclid(7 * DAY_MS) % 2 == 1;
    if pumps { 18.0 + 0.2 * noise(time_ms) } else { 0.05 + 0.02 * noise(time_ms) }
}

#[test]
fn a_start_after_a_week_of_rest_is_told_once_and_trifles_after_it_are_not() {
    let (mut detector, now_ms) = (Detector::new(), MONDAY_MS + 7 * DAY_MS);
    feed(&mut detector, MINUTE_MS, (MONDAY_MS, now_ms), standby_kw);
    let changes = feed(&mut detector, MINUTE_MS, (now_ms, now_ms + 12 * HOUR_MS), standby_kw);
    assert_eq!(opened(&changes), [Kind::Spike], "{changes:?}");
}

#[test]
fn what_is_left_running_is_one_anomaly_for_as_long_as_it_runs() {
    let (mut detector, now_ms) = (Detector::new(), MONDAY_MS + 24 * DAY_MS + 22 * HOUR_MS + 20 * MINUTE_MS);
    feed(&mut detector, MINUTE_MS, (MONDAY_MS, now_ms), |ms| belt_kw(0, ms));
    let by_day_kw = |ms| belt_kw(0, ms - 12 * HOUR_MS);
    let changes = feed(&mut detector, MINUTE_MS, (now_ms, now_ms + 7 * HOUR_MS), by_day_kw);
    let patterns = |kinds: Vec<Kind>| kinds.iter().filter(|kind| **kind == Kind::Pattern).count();
    assert_eq!((patterns(opened(&changes)), patterns(closed(&changes))), (1, 0), "{changes:?}");
}
