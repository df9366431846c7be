//! Times of the week by the clocks on a site's wall: production hours, and hours in which people are told.

use entity::lists::{Hours, Schedule};

use crate::codes::Code;
use crate::error::{Error, Result};

const DAY_MIN: u16 = 24 * 60;
/// Spans in one schedule, at most.
const GREATEST_SPANS: usize = 50;

fn invalid(message: impl Into<String>) -> Error {
    Error::invalid(Code::InvalidInput, message)
}

/// Whether a minute of the week (0 is Monday 00:00) is one of these.
#[must_use]
pub fn is_within(Schedule(spans): &Schedule, minute_of_week: u16) -> bool {
    let (day, minute) = (minute_of_week / DAY_MIN, minute_of_week % DAY_MIN);
    let begins_on = |hours: &Hours, day: u16| hours.days.iter().any(|begin| u16::from(*begin) == day % 7);
    spans.iter().any(|hours| {
        if hours.from_min < hours.to_min {
            begins_on(hours, day) && (hours.from_min..hours.to_min).contains(&minute)
        } else {
            (begins_on(hours, day) && minute >= hours.from_min) || (begins_on(hours, day + 6) && minute < hours.to_min)
        }
    })
}

/// A clock's time as `06:30`, in minutes after midnight; `24:00` is the end of a day.
pub fn parse_clock(text: &str) -> Result<u16> {
    let wrong = || invalid(format!("{text:?} is no time of a clock, such as 06:30"));
    let is_clock =
        text.bytes().enumerate().all(|(at, byte)| if at == 2 { byte == b':' } else { byte.is_ascii_digit() });
    let (hours, minutes) = text.split_once(':').filter(|_| is_clock && text.len() == 5).ok_or_else(wrong)?;
    let (hours, minutes): (u16, u16) = (hours.parse().map_err(|_| wrong())?, minutes.parse().map_err(|_| wrong())?);
    let total = hours * 60 + minutes;
    if minutes < 60 && total <= DAY_MIN { Ok(total) } else { Err(wrong()) }
}

/// The same, written.
#[must_use]
pub fn format_clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A schedule that somebody sets.
pub fn check_schedule(schedule: &Schedule) -> Result<()> {
    match schedule.0.as_slice() {
        [] => Err(invalid("a schedule has at least one span of hours")),
        spans if spans.len() > GREATEST_SPANS => Err(invalid(format!("a schedule has at most {GREATEST_SPANS} spans"))),
        spans if spans.iter().any(|hours| hours.days.is_empty()) => Err(invalid("hours have at least one day")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_may_go_on_after_midnight() {
        let early = Hours { days: vec![0, 1, 2, 3, 4], from_min: 360, to_min: 840 };
        let night = Hours { days: vec![6], from_min: 1320, to_min: 360 };
        let schedule = Schedule(vec![early, night]);
        let at = |day: u16, clock: &str| is_within(&schedule, day * DAY_MIN + parse_clock(clock).expect("a time"));
        assert!(at(0, "06:00") && at(4, "13:59") && !at(4, "14:00") && !at(5, "06:00"));
        assert!(at(6, "22:00") && at(6, "23:59") && at(0, "05:59") && !at(6, "21:59") && !at(1, "00:00"));
        let whole = Schedule(vec![Hours { days: vec![2], from_min: 0, to_min: 1440 }]);
        assert!(
            is_within(&whole, 2 * DAY_MIN) && is_within(&whole, 3 * DAY_MIN - 1) && !is_within(&whole, 3 * DAY_MIN)
        );
    }

    #[test]
    fn clocks_are_read_as_they_are_written() {
        for text in ["00:00", "06:30", "24:00"] {
            assert_eq!(format_clock(parse_clock(text).expect("a time")), text);
        }
        for text in ["6:30", "24:01", "12:60", "noon", "", "+1:00", "٠٦:٣٠"] {
            assert!(parse_clock(text).is_err(), "{text}");
        }
    }
}
