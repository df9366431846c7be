//! Instants as the outside writes them: RFC 3339 with an offset, or seconds or milliseconds since the epoch.

use entity::site;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// Numbers from here on are milliseconds, smaller ones seconds: as seconds it is the year 5138, as milliseconds 1973.
const FIRST_MILLISECONDS: f64 = 1e11;

/// Why a time was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not a time at all.
    #[error(
        "`{0}` is not a time: write RFC 3339 with an offset, such as 2026-11-24T08:00:00Z, or seconds or milliseconds since 1970"
    )]
    NotATime(String),
    /// Not RFC 3339.
    #[error("`{0}` is not an RFC 3339 time with an offset, such as 2026-11-24T08:00:00Z")]
    NotRfc3339(String),
    /// Beyond the last one that can be reckoned with.
    #[error("`{0}` is too late: the last time is {last}", last = Timestamp::MAX)]
    TooLate(String),
    /// A local time, and nobody said where.
    #[error("`{0}` has no offset: end it with Z or +01:00, or say which zone the times are in")]
    NoOffset(String),
    /// A local time that the clocks skipped or showed twice.
    #[error("`{0}` is skipped or shown twice by the clocks of {1}: write it with an offset")]
    Ambiguous(String, String),
}

/// Reads an instant. `zone` is where times without an offset were written; without it they are refused.
pub fn parse_ms(text: &str, zone: Option<&TimeZone>) -> Result<i64, TimeError> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number).ok_or_else(|| TimeError::NotATime(text.into()));
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_millisecond());
    }
    let Ok(local) = text.parse::<DateTime>() else {
        return Err(TimeError::NotATime(text.into()));
    };
    let zone = zone.ok_or_else(|| TimeError::NoOffset(text.into()))?;
    let zone_name = || zone.iana_name().unwrap_or("this zone").to_owned();
    let instant = zone.to_ambiguous_timestamp(local).unambiguous();
    Ok(instant.map_err(|_| TimeError::Ambiguous(text.into(), zone_name()))?.as_millisecond())
}

/// Reads RFC 3339 alone.
pub fn parse_rfc3339_ms(text: &str) -> Result<i64, TimeError> {
    text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(|_| {
        // What is a time of the year 9999 on some clock may be none of it in UTC.
        let is_late = text.starts_with("9999-12-3");
        if is_late { TimeError::TooLate(text.into()) } else { TimeError::NotRfc3339(text.into()) }
    })
}

/// Reads seconds or milliseconds since the epoch; none where that is not an instant of the years -9999 to 9999.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the range is checked by Timestamp")]
pub fn from_number(number: f64) -> Option<i64> {
    let ms = if number.abs() < FIRST_MILLISECONDS { number * 1000.0 } else { number };
    Timestamp::from_millisecond(ms.round() as i64).ok().filter(|_| ms.is_finite()).map(Timestamp::as_millisecond)
}

/// Writes an instant as RFC 3339 in UTC, with milliseconds only where there are any.
#[must_use]
pub fn format_ms(time_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    if time_ms.rem_euclid(1000) == 0 { format!("{instant:.0}") } else { format!("{instant:.3}") }
}

/// Writes an instant as RFC 3339 on a zone's clocks, with their offset then; `Z` where that is none.
#[must_use]
pub fn format_in_zone(time_ms: i64, zone: &TimeZone) -> String {
    let instant = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = zone.to_offset(instant);
    if offset.is_zero() {
        return format_ms(time_ms);
    }
    let shown = instant.display_with_offset(offset);
    if time_ms.rem_euclid(1000) == 0 { format!("{shown:.0}") } else { format!("{shown:.3}") }
}

/// The zone of a stored site, whose name was checked when it was registered.
pub fn zone_of(site: &site::Model) -> Result<TimeZone> {
    TimeZone::get(&site.time_zone).map_err(|e| Error::Internal(e.to_string()))
}

/// The minute of the week on the clocks of a place; 0 is Monday 00:00.
#[must_use]
pub fn minute_of_week(time_ms: i64, zone: &TimeZone) -> u16 {
    const MINUTE_MS: i64 = 60_000;
    /// 1970-01-01 was a Thursday.
    const THURSDAY: i64 = 3 * 24 * 60;
    let offset_s = Timestamp::from_millisecond(time_ms).map_or(0, |at| zone.to_offset(at).seconds());
    let minutes = (time_ms + i64::from(offset_s) * 1000).div_euclid(MINUTE_MS) + THURSDAY;
    u16::try_from(minutes.rem_euclid(7 * 24 * 60)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_ways_to_write_an_instant() {
        for (text, ms) in [
            ("2026-11-24T08:00:00Z", 1_795_507_200_000),
            ("2026-11-24T09:00:00.250+01:00", 1_795_507_200_250),
            ("2026-11-24 08:00:00Z", 1_795_507_200_000),
            ("1795507200", 1_795_507_200_000),
            ("1795507200.5", 1_795_507_200_500),
            ("1795507200000", 1_795_507_200_000),
        ] {
            assert_eq!(parse_ms(text, None), Ok(ms), "{text}");
        }
        assert_eq!(format_ms(1_795_507_200_000), "2026-11-24T08:00:00Z");
        assert_eq!(format_ms(1_795_507_200_250), "2026-11-24T08:00:00.250Z");
    }

    #[test]
    fn a_local_time_needs_a_zone_and_an_hour_that_happens_once() {
        assert!(matches!(parse_ms("2026-11-24T08:00:00", None), Err(TimeError::NoOffset(_))));
        let berlin = TimeZone::get("Europe/Berlin").expect("zone");
        assert_eq!(parse_ms("2026-11-24T09:00:00", Some(&berlin)), Ok(1_795_507_200_000));
        assert!(matches!(parse_ms("2026-10-25T02:30:00", Some(&berlin)), Err(TimeError::Ambiguous(..))));
        assert!(matches!(parse_ms("2026-03-29T02:30:00", Some(&berlin)), Err(TimeError::Ambiguous(..))));
        for nonsense in ["", "yesterday", "NaN", "inf", "1e300", "2026-13-01T00:00:00Z"] {
            assert!(matches!(parse_ms(nonsense, None), Err(TimeError::NotATime(_))), "{nonsense}");
        }
    }

    #[test]
    fn the_week_begins_on_monday_at_midnight_of_the_place() {
        let minute = |text: &str, zone: &str| {
            let at: Timestamp = text.parse().expect("a time");
            minute_of_week(at.as_millisecond(), &TimeZone::get(zone).expect("a zone"))
        };
        assert_eq!(minute("2026-11-23T00:00:00Z", "UTC"), 0);
        assert_eq!(minute("2026-11-22T23:59:59Z", "UTC"), 7 * 24 * 60 - 1);
        assert_eq!(minute("2026-11-22T23:00:00Z", "Europe/Berlin"), 0);
        assert_eq!(minute("2026-03-29T01:00:00Z", "Europe/Berlin"), 6 * 24 * 60 + 3 * 60, "the hour that is skipped");
        assert_eq!(minute("1969-12-31T23:59:00Z", "UTC"), 3 * 24 * 60 - 1);
    }
}
