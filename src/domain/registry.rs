//! What may be written into the register of sites, machines and anomalies; the same through every door.

use entity::machine::{Carrier, Unit};
use jiff::tz::TimeZone;

use super::detection::Kind;
use super::reading::{GREATEST_VALUE, MAX_AHEAD_MS};
use super::register::Replacement;
use crate::codes::Code;
use crate::error::{Error, Result};

/// Characters of a name at most.
pub const NAME_CHARS: usize = 200;
/// Characters of an anomaly's kind at most.
pub const KIND_CHARS: usize = 64;
/// Kinds of what breaks a rule, besides those that the detector has too.
const KINDS_OF_RULES: [&str; 2] = ["THRESHOLD", "OFF_HOURS"];
/// Characters of a message or a note at most.
pub const TEXT_CHARS: usize = 2000;
/// Seconds between a machine's readings at most: 31 days.
pub const GREATEST_INTERVAL_S: i32 = 31 * 86_400;

fn invalid(message: String) -> Error {
    Error::invalid(Code::InvalidInput, message)
}

fn text(what: &str, text: &str, chars: usize) -> Result<()> {
    if text.trim() != text || text.is_empty() || text.chars().count() > chars || text.chars().any(char::is_control) {
        return Err(invalid(format!(
            "{what} has 1 to {chars} characters, none of them a control character, and no blanks around it"
        )));
    }
    Ok(())
}

/// A name of a site or a machine.
pub fn check_name(name: &str) -> Result<()> {
    text("a name", name, NAME_CHARS)
}

/// A machine's rated power, kW.
pub fn check_rated_power(rated_power_kw: Option<f64>) -> Result<()> {
    match rated_power_kw {
        Some(kw) if !(kw.is_finite() && kw > 0.0) => Err(invalid(format!("a rated power is above 0 kW, not {kw}"))),
        _ => Ok(()),
    }
}

/// The value at which a register begins again, kWh.
pub fn check_register_width(width_kwh: Option<f64>) -> Result<()> {
    match width_kwh {
        Some(kwh) if !(kwh.is_finite() && kwh > 0.0) => {
            Err(invalid(format!("a register's width is above 0 kWh, not {kwh}")))
        }
        _ => Ok(()),
    }
}

/// What a machine of a carrier may be measured in.
pub fn check_unit(carrier: Carrier, unit: Unit) -> Result<()> {
    let flows = matches!(carrier, Carrier::Gas | Carrier::CompressedAir | Carrier::Water);
    if unit == Unit::CubicMetre && !flows {
        return Err(invalid("only gas, compressed air and water are measured in m³".to_owned()));
    }
    Ok(())
}

/// A meter's replacement.
pub fn check_replacement(replacement: &Replacement, now_ms: i64) -> Result<()> {
    for kwh in [replacement.old_kwh, replacement.new_kwh] {
        if kwh.is_nan() || kwh.abs() > GREATEST_VALUE {
            return Err(invalid(format!("a register's value is a number up to 1e12, not {kwh}")));
        }
    }
    if replacement.time_ms > now_ms + MAX_AHEAD_MS {
        return Err(invalid("the meter has not been replaced yet".to_owned()));
    }
    Ok(())
}

/// Seconds between a machine's readings.
pub fn check_interval(interval_s: i32) -> Result<()> {
    if !(1..=GREATEST_INTERVAL_S).contains(&interval_s) {
        return Err(invalid(format!("an expected interval is 1 to {GREATEST_INTERVAL_S} seconds, not {interval_s}")));
    }
    Ok(())
}

/// An IANA time zone.
pub fn check_time_zone(name: &str) -> Result<()> {
    TimeZone::get(name).map_err(|_| invalid(format!("{name:?} is no IANA time zone, such as Europe/Berlin")))?;
    Ok(())
}

/// An ISO 4217 currency code.
pub fn check_currency(code: &str) -> Result<()> {
    if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(invalid(format!("{code:?} is no ISO 4217 currency, such as EUR")))
}

/// What another system reports of an anomaly.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::anomaly::Model")]
pub struct Report<'a> {
    pub external_id: Option<&'a str>,
    pub kind: &'a str,
    pub started_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    pub numbers: [Option<f64>; 3],
    pub score: Option<f64>,
    pub message: Option<&'a str>,
}

/// A kind of anomalies.
pub fn check_kind(kind: &str) -> Result<()> {
    text("a kind", kind, KIND_CHARS)
}

/// A kind of anomalies as it is written: one of Wattline's own in capitals, others as they are.
#[must_use]
pub fn as_written(kind: String) -> String {
    let own = Kind::ALL.map(Kind::as_str).into_iter().chain(KINDS_OF_RULES).find(|own| own.eq_ignore_ascii_case(&kind));
    own.map_or(kind, str::to_owned)
}

/// A reported anomaly.
pub fn check_report(report: &Report<'_>, now_ms: i64) -> Result<()> {
    check_kind(report.kind)?;
    report.external_id.map_or(Ok(()), |id| text("an externalId", id, NAME_CHARS))?;
    for (name, time_ms) in [("startedAt", Some(report.started_at_ms)), ("endedAt", report.ended_at_ms)] {
        if time_ms.is_some_and(|time_ms| time_ms > now_ms + MAX_AHEAD_MS) {
            return Err(invalid(format!("{name} lies in the future")));
        }
    }
    if report.ended_at_ms.is_some_and(|ended_at_ms| ended_at_ms < report.started_at_ms) {
        return Err(invalid("endedAt lies before startedAt".to_owned()));
    }
    if report.numbers.iter().flatten().any(|number| !number.is_finite()) {
        return Err(invalid("value, expected and deviation are finite numbers".to_owned()));
    }
    if report.score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
        return Err(invalid("score lies between 0 and 1".to_owned()));
    }
    report.message.map_or(Ok(()), check_text)
}

/// A span of time that work is done in.
pub fn check_window(from_ms: i64, to_ms: i64) -> Result<()> {
    if to_ms <= from_ms { Err(invalid("`to` does not lie after `from`".to_owned())) } else { Ok(()) }
}

/// A message or a note.
pub fn check_text(message: &str) -> Result<()> {
    if message.chars().count() > TEXT_CHARS || message.contains('\0') {
        return Err(invalid(format!("a text has at most {TEXT_CHARS} characters")));
    }
    Ok(())
}
