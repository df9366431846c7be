//! Days on which a machine works less than on others, and those after a holiday: that is no news.

use super::*;

/// The fourth Thursday.
const HOLIDAY: i64 = 24;

/// What is told of a machine from a day to the end of its sixth week, but for the stop on its holiday.
fn told(interval_ms: i64, from_day: i64, usual_kw: impl Fn(i64) -> f64) -> Vec<String> {
    let mut detector = Detector::new();
    let [from_ms, end_ms] = [from_day, 42].map(|days| MONDAY_MS + days * DAY_MS);
    feed(&mut detector, interval_ms, (MONDAY_MS, from_ms), &usual_kw);
    let changes = feed(&mut detector, interval_ms, (from_ms, end_ms), &usual_kw);
    let is_stop = |it: &Finding| {
        let (day, hour) = day_and_hour(it.at_ms);
        it.kind == Kind::Drop && day == HOLIDAY && (6..9).contains(&hour)
    };
    let opened = changes.iter().filter_map(|change| match change {
        Change::Opened(it) if !is_stop(it) => Some(format!("{:?} on {:?}", it.kind, day_and_hour(it.at_ms))),
        _ => None,
    });
    opened.collect()
}

#[test]
fn a_hall_that_is_half_lit_on_saturday_mornings_is_not_left_running() {
    let lights_kw = |time_ms: i64| {
        let (day, hour) = day_and_hour(time_ms);
        let kw = match day % 7 {
            0..5 if (6..20).contains(&hour) => 14.0,
            5 if (5..11).contains(&hour) => 7.2,
            _ => 0.5,
        };
        kw + 0.1 * noise(time_ms)
    };
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let told = told(interval_ms, 28, lights_kw);
        assert!(told.is_empty(), "{interval_ms}: {told:?}");
    }
}

#[test]
fn what_is_left_running_on_two_saturdays_is_told_on_both() {
    let belt_kw = |time_ms: i64| {
        let (day, hour) = day_and_hour(time_ms);
        let wavers = wavers(time_ms / (5 * MINUTE_MS));
        let works = day % 7 < 5 && (6..22).contains(&hour) || [19, 26].contains(&day) && hour < 14;
        // For twenty minutes it runs at any time, now and then.
        let runs = noise(time_ms / (20 * MINUTE_MS) + 77) > 0.9;
        if works || runs { 30.0 + 2.0 * wavers } else { 0.9 + 0.3 * wavers }
    };
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let told = told(interval_ms, 14, belt_kw);
        for day in ["(19, ", "(26, "] {
            assert!(told.iter().any(|it| it.contains(day)), "{interval_ms}: {day} {told:?}");
        }
    }
}

#[test]
fn a_line_that_heats_up_for_an_hour_is_not_left_running_after_a_holiday() {
    let line_kw = |time_ms: i64| {
        let (day, hour) = day_and_hour(time_ms);
        let kw = match hour {
            _ if day % 7 >= 5 || day == HOLIDAY => 0.8,
            6 => 45.0,
            7..22 => 27.5,
            _ => 0.8,
        };
        kw * (1.0 + 0.05 * noise(time_ms))
    };
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let told = told(interval_ms, HOLIDAY, line_kw);
        assert!(told.is_empty(), "{interval_ms}: {told:?}");
    }
}

#[test]
fn a_compressor_that_has_idled_through_a_holiday_idles_on_as_on_any_night() {
    let compressor_kw = |time_ms: i64| {
        let (day, hour) = day_and_hour(time_ms);
        let works = day % 7 < 5 && day != HOLIDAY && (6..22).contains(&hour);
        let wavers = wavers(time_ms / (5 * MINUTE_MS));
        if works { 26.0 + 4.0 * wavers } else { 10.4 + 0.3 * wavers }
    };
    for interval_ms in [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS] {
        let told = told(interval_ms, HOLIDAY, compressor_kw);
        assert!(told.is_empty(), "{interval_ms}: {told:?}");
    }
}
