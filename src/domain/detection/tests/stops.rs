//! Machines that stand at certain hours of the week: that they do is no news, that they stand at others is.

use super::super::rhythm::Rhythm;
use super::super::stops::Stops;
use super::*;

const SUNDAY: i64 = 6;

/// A dryer that works day and night, but stands as this says of a day, counted from a Monday, and an hour of it.
fn dryer_kw(stands: impl Fn(i64, i64) -> bool) -> impl Fn(i64) -> f64 {
    move |time_ms| {
        let (day, hour) = day_and_hour(time_ms);
        let wavers = (0..4).map(|part| noise(4 * time_ms + part)).sum::<f64>();
        let by_day = (real(time_ms.rem_euclid(DAY_MS)) / real(DAY_MS) * std::f64::consts::TAU).sin();
        if stands(day, hour) { 2.0 + 0.1 * wavers } else { 66.0 + 5.0 * by_day + 1.7 * wavers }
    }
}

/// On Wednesdays from 8 to 10.
fn is_cleaned(day: i64, hour: i64) -> bool {
    day % 7 == 2 && (8..10).contains(&hour)
}

/// Asserts that this machine is told each time when it stands on these days, which come after its fourth week: soon, and
/// until it goes on.
fn stands_on(days: &[i64], interval_ms: i64, usual_kw: impl Fn(i64) -> f64) {
    let mut detector = Detector::new();
    let mut now_ms = MONDAY_MS;
    for day in days {
        let stop_ms = MONDAY_MS + day * DAY_MS + 14 * HOUR_MS;
        feed(&mut detector, interval_ms, (now_ms, stop_ms), &usual_kw);
        assert!(!detector.is_open(Kind::Drop), "{interval_ms}: it stands before day {day}");
        let soon_ms = stop_ms + 15 * MINUTE_MS + interval_ms;
        let told = opened(&feed(&mut detector, interval_ms, (stop_ms, soon_ms), |_| 0.0));
        assert!(told.contains(&Kind::Drop), "{interval_ms}: day {day}: {told:?}");
        now_ms = stop_ms + 2 * HOUR_MS;
        feed(&mut detector, interval_ms, (soon_ms, now_ms), |_| 0.0);
        assert!(detector.is_open(Kind::Drop), "{interval_ms}: over on day {day}");
    }
}

#[test]
fn a_machine_with_weekly_pauses_that_stands_again_at_another_hour_is_told_again() {
    let is_cleaned_or_rests = |day, hour| is_cleaned(day, hour) || day % 7 == SUNDAY;
    for interval_ms in [MINUTE_MS, 5 * MINUTE_MS] {
        for days in [[29, 30], [29, 36]] {
            stands_on(&days, interval_ms, dryer_kw(is_cleaned));
            stands_on(&days, interval_ms, dryer_kw(is_cleaned_or_rests));
        }
        stands_on(&[29, 36, 43], interval_ms, dryer_kw(is_cleaned_or_rests));
        stands_on(&[29, 30, 31], interval_ms, dryer_kw(|day, _| day % 7 == SUNDAY));
    }
}

/// What [`Stops`] say of each minute in which a machine stands from an hour of Monday to another, and then goes on; it
/// teaches from an hour on.
fn stands(stops: &mut Stops, hours: std::ops::Range<u16>, teaches_from: u16) -> Vec<f32> {
    let minutes = 60 * hours.start..60 * hours.end;
    let news = minutes.map(|minute| stops.judge(60_000.0, minute, true, minute >= 60 * teaches_from)).collect();
    stops.judge(60_000.0, 60 * hours.end, false, hours.end > teaches_from);
    news
}

#[test]
fn several_stops_in_a_row_are_one_piece_of_news() {
    let (mut one, mut several) = (Stops::default(), Stops::default());
    stands(&mut one, 8..9, 24);
    (8..14).for_each(|hour| _ = stands(&mut several, hour..hour + 1, 24));
    let [one, several, never] = [one, several, Stops::default()].map(|mut stops| stands(&mut stops, 20..21, 24)[0]);
    assert!((one - several).abs() < 0.01 && one < never - 1.0, "{one} {several} {never}");
}

#[test]
fn a_stop_that_people_dismiss_is_known_by_all_its_hours() {
    let mut stops = Stops::default();
    for teaches_from in [24, 15] {
        assert!(stands(&mut stops, 8..16, teaches_from).iter().all(|&news| news > 0.0), "it was learned before");
    }
    assert_eq!(stands(&mut stops, 8..16, 0), [0.0; 480]);
}

#[test]
fn a_machine_that_rests_at_some_hours_of_each_week_is_no_news_nor_that_it_starts_again() {
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let mut detector = Detector::new();
        for day in 0..56 {
            let from_ms = MONDAY_MS + day * DAY_MS;
            let told = opened(&feed(&mut detector, interval_ms, (from_ms, from_ms + DAY_MS), dryer_kw(is_cleaned)));
            assert!(day < 14 || day % 7 != 2 || told.is_empty(), "{interval_ms}: day {day}: {told:?}");
        }
    }
}

#[test]
fn a_machine_that_works_on_mondays_alone_is_not_left_running_then() {
    let mut rhythm = Rhythm::new();
    for hour in (0..3 * 168).map(|hour| hour % 168) {
        let value = if (6..18).contains(&hour) { 38.0 } else { 0.3 };
        rhythm.judge(60 * hour, value, value);
    }
    let [monday, tuesday] = [10, 34].map(|hour| rhythm.is_quiet(60 * hour));
    assert!(!monday && tuesday);
}

#[test]
fn a_pause_that_comes_every_other_week_is_told_once_each_time_at_most() {
    let pauses = |day, hour| is_cleaned(day, hour) || day % 7 == SUNDAY || day % 14 == 4 && hour >= 12;
    let mut detector = Detector::new();
    for week in 0..8 {
        let from_ms = MONDAY_MS + 7 * week * DAY_MS;
        let told = opened(&feed(&mut detector, 5 * MINUTE_MS, (from_ms, from_ms + 7 * DAY_MS), dryer_kw(pauses)));
        assert!(week < 2 || told.len() <= 1, "{week}: {told:?}");
    }
}

#[test]
fn a_machine_that_switches_on_and_off_at_night_has_not_stopped_when_it_is_off() {
    let hall_kw = |time_ms: i64, off_kw: f64| {
        let is_day = (6..20).contains(&(time_ms.rem_euclid(DAY_MS) / HOUR_MS));
        let is_on = time_ms.div_euclid(MINUTE_MS).rem_euclid(15) < 3;
        let kw = if is_day {
            40.0
        } else if is_on {
            20.0
        } else {
            off_kw
        };
        kw * (1.0 + 0.05 * noise(time_ms))
    };
    let (mut detector, now_ms) = grown_with(10 * SECOND_MS, 22, |ms| hall_kw(ms, 4.5));
    let told = feed(&mut detector, 10 * SECOND_MS, (now_ms, now_ms + 4 * HOUR_MS), |ms| hall_kw(ms, 6.0));
    assert!(!opened(&told).is_empty() && !opened(&told).contains(&Kind::Drop), "{told:?}");
}

#[test]
fn a_stop_that_nobody_saw_the_end_of_ends_with_its_last_reading() {
    for interval_ms in [SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS] {
        let (mut detector, stop_ms) = grown_with(interval_ms, 10, usual_kw);
        // The last step of a minute is not whole.
        let silent_ms = stop_ms + 20 * MINUTE_MS + 30 * SECOND_MS / interval_ms * interval_ms;
        let stops = feed(&mut detector, interval_ms, (stop_ms, silent_ms), |_| 0.0);
        assert!(opened(&stops).contains(&Kind::Drop), "{interval_ms}: {stops:?}");
        let back = detector.judge(&traits(interval_ms), sample(silent_ms + HOUR_MS, usual_kw(silent_ms)));
        let end = Change::Closed { kind: Kind::Drop, ended_ms: silent_ms };
        assert!(back.changes.contains(&end), "{interval_ms}: {:?}", back.changes);
    }
}
