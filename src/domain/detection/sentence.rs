//! A finding as one sentence for people: what the machine did, for how long, and what is usual instead.
//!
//! The names of days come in from outside as words, because only the caller knows zone and language.

use super::finding::{Finding, Kind};

/// The sentence, without the machine's name and without a full stop. `unit` is the unit of its powers, `when` says which
/// time it is as in "a Tuesday night"; leave it empty if nobody knows.
///
/// Such as "drew 41 kW for 12 min where 18 to 24 kW is usual for a Tuesday night".
#[must_use]
pub fn sentence(finding: &Finding, unit: &str, when: &str) -> String {
    let Finding { value, expected, started_ms, at_ms, .. } = *finding;
    // A level may be usual and the way there not.
    let is_usual_level = expected.holds(value);
    let (value, low, high) = (power(value), power(expected.low), power(expected.high));
    let lasted = duration(at_ms - started_ms);
    let during = if lasted.is_empty() { String::new() } else { format!(" for {lasted}") };
    let usual = if when.is_empty() { "usual now".to_owned() } else { format!("usual for {when}") };
    let instead =
        if low == high { format!("{low} {unit} is {usual}") } else { format!("{low} to {high} {unit} is {usual}") };
    match finding.kind {
        Kind::Spike if is_usual_level => format!("jumped to {value} {unit}, more suddenly than is {usual}"),
        Kind::Drop if is_usual_level => format!("fell to {value} {unit}, more suddenly than is {usual}"),
        Kind::Pattern if is_usual_level => format!("drew {value} {unit}{during} in another rhythm than is {usual}"),
        Kind::LevelShift if is_usual_level => format!("moved to {value} {unit}, by more than is {usual}"),
        Kind::Spike => format!("jumped to {value} {unit} where {instead}"),
        Kind::Drop => format!("fell to {value} {unit} where {instead}"),
        Kind::LevelShift => format!("moved to {value} {unit} and has stayed there{during} where {instead}"),
        Kind::Drift => {
            let how = if finding.value > expected.mid { "more and more" } else { "less and less" };
            format!("has drawn {how}{during}: {value} {unit} in a day's busy hours, which used to draw {low} {unit}")
        }
        Kind::Flatline => format!("has repeated exactly {value} {unit}{during}: look at the meter and its wiring"),
        Kind::Pattern => format!("drew {value} {unit}{during} where {instead}"),
        Kind::Overload => format!("drew {value} {unit}{during} where it is rated for {high} {unit}"),
        Kind::NoData => {
            let long =
                if lasted.is_empty() { "too long".to_owned() } else { format!("{lasted} longer than is allowed") };
            format!("has sent nothing for {long}; the last reading was {value} {unit}")
        }
    }
}

/// Three digits.
fn power(kw: f64) -> String {
    match kw.abs() {
        size if size >= 100.0 => format!("{kw:.0}"),
        size if size >= 10.0 => format!("{kw:.1}"),
        _ => format!("{kw:.2}"),
    }
}

/// In the unit that people would use; empty for no time at all.
fn duration(ms: i64) -> String {
    match ms / 1000 {
        ..=0 => String::new(),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::{Band, Severity};
    use super::*;

    #[test]
    fn a_person_understands_it() {
        let expected = Band { low: 18.0, mid: 21.0, high: 24.0 };
        let finding = Finding {
            kind: Kind::Pattern,
            severity: Severity::Warning,
            started_ms: 0,
            at_ms: 720_000,
            value: 41.0,
            expected,
            score: 0.6,
        };
        let told = "drew 41.0 kW for 12 min where 18.0 to 24.0 kW is usual for a Tuesday night";
        assert_eq!(sentence(&finding, "kW", "a Tuesday night"), told);
        assert_eq!(
            sentence(&Finding { kind: Kind::Drop, value: 0.0, ..finding }, "kW", ""),
            "fell to 0.00 kW where 18.0 to 24.0 kW is usual now"
        );
    }

    #[test]
    fn it_does_not_contradict_itself() {
        let finding = Finding {
            kind: Kind::Pattern,
            severity: Severity::Warning,
            started_ms: 0,
            at_ms: 720_000,
            value: 22.0,
            expected: Band { low: 0.0, mid: 21.0, high: 24.0 },
            score: 0.6,
        };
        let told = "drew 22.0 kW for 12 min in another rhythm than is usual now";
        assert_eq!(sentence(&finding, "kW", ""), told);
        let spike = Finding { kind: Kind::Spike, value: 75.0, ..finding };
        assert_eq!(sentence(&spike, "kW", ""), "jumped to 75.0 kW where 0.00 to 24.0 kW is usual now");
        let sudden = Finding { kind: Kind::Spike, ..finding };
        assert_eq!(sentence(&sudden, "kW", ""), "jumped to 22.0 kW, more suddenly than is usual now");
        let factor = Finding { kind: Kind::LevelShift, ..finding };
        assert_eq!(sentence(&factor, "kW", ""), "moved to 22.0 kW, by more than is usual now");
    }

    #[test]
    fn times_are_told_in_the_unit_people_would_use() {
        let told = [0, 90_000, 600_000, 10_800_000, 259_200_000].map(duration);
        assert_eq!(told, ["", "90 s", "10 min", "3 h", "3 days"]);
    }
}
