//! Series: which buckets of time a range is cut into, and what each shows.
//!
//! A bucket `(from, to]` holds the readings whose interval ends in it. Buckets follow the clocks on the site's wall: an
//! hour begins at a full hour there, a day at midnight and has 23 or 25 hours twice a year, a week begins on Monday. The
//! first and the last are cut off where the range begins and ends, so that a series always adds up to its range.

use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Unit};

use super::reading::{HOLD_INTERVALS, HOUR_MS};
use super::rollup::{Bucket, extreme};
use super::statistics::Rates;
use super::sum::Sum;
use crate::codes::Code;
use crate::error::{Error, Result};

const DAY_S: i64 = 86_400;

/// The length of a series' buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// So many seconds, a whole part of a day.
    Seconds(i64),
    /// So many days.
    Days(i32),
    /// So many weeks.
    Weeks(i32),
    /// So many months.
    Months(i32),
}

impl Every {
    /// About how long that is, ms: exactly, but for the days on which clocks change, and for months.
    #[must_use]
    pub fn about_ms(self) -> i64 {
        let days = |count: i32| i64::from(count) * DAY_S;
        1000 * match self {
            Self::Seconds(seconds) => seconds,
            Self::Days(count) => days(count),
            Self::Weeks(count) => 7 * days(count),
            Self::Months(count) => 31 * days(count),
        }
    }
}

impl FromStr for Every {
    type Err = Error;

    /// Reads one unit, as ISO 8601 (`PT15M`, `P1D`, `P1M`) or as `15m`, `1h`, `1d`, `1w`, `1mo` (`INVALID_INPUT`).
    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            let message = format!("{text:?} {why}: write PT10S, PT15M, PT1H, P1D, P1W or P1M, or 15m, 1h, 1d, 1w, 1mo");
            Error::invalid(Code::InvalidInput, message)
        };
        let span: Span = text.parse().map_err(|_| wrong("is no interval"))?;
        let (days, weeks, months) =
            (span.get_days(), span.get_weeks(), i32::from(span.get_years()) * 12 + span.get_months());
        let time = Span::new()
            .hours(span.get_hours())
            .minutes(span.get_minutes())
            .seconds(span.get_seconds())
            .milliseconds(span.get_milliseconds());
        let seconds = time.total(Unit::Second).map_err(|_| wrong("is no interval"))?;
        match (seconds > 0.0, days > 0, weeks > 0, months > 0) {
            (true, false, false, false) => {
                #[expect(clippy::cast_possible_truncation, reason = "checked to be whole")]
                let whole = seconds as i64;
                if seconds.fract() != 0.0 || DAY_S % whole != 0 {
                    return Err(wrong("does not divide a day into equal parts"));
                }
                Ok(Self::Seconds(whole))
            }
            (false, true, false, false) => Ok(Self::Days(days)),
            (false, false, true, false) => Ok(Self::Weeks(weeks)),
            (false, false, false, true) => Ok(Self::Months(months)),
            _ => Err(wrong("is not one unit of time")),
        }
    }
}

/// Cuts a range into buckets: their edges, from its begin to its end, ms since the epoch. At most `greatest` buckets
/// (`TOO_MANY_BUCKETS`).
pub fn edges(from_ms: i64, to_ms: i64, every: Every, zone: &TimeZone, greatest: usize) -> Result<Vec<i64>> {
    let outside = |_| Error::invalid(Code::InvalidRange, "the range lies outside of the years -9999 to 9999");
    if from_ms >= to_ms {
        return Err(Error::invalid(Code::InvalidRange, "the range ends before it begins"));
    }
    let begin_of = |date: Date| Ok(date.to_zoned_datetime(zone.clone()).map_err(outside)?.timestamp().as_millisecond());
    let (mut edges, mut last_ms) = (vec![from_ms], from_ms);
    let mut date = first_date(Timestamp::from_millisecond(from_ms).map_err(outside)?, every, zone);
    while last_ms < to_ms {
        let next = date.checked_add(step(every)?).map_err(outside)?;
        let (begin_ms, end_ms) = (begin_of(date)?, begin_of(next)?);
        let step_ms = if let Every::Seconds(seconds) = every { seconds * 1000 } else { end_ms - begin_ms };
        let points = (0..).map(|n| begin_ms + n * step_ms).take_while(|point_ms| *point_ms < end_ms);
        for point_ms in points.filter(|point_ms| *point_ms > from_ms).map(|point_ms| point_ms.min(to_ms)) {
            if point_ms > last_ms {
                edges.push(point_ms);
                last_ms = point_ms;
            }
        }
        if edges.len() > greatest + 1 {
            let message = format!("the range has more than {greatest} buckets: ask for longer ones, or for less");
            return Err(Error::invalid(Code::TooManyBuckets, message));
        }
        date = next;
    }
    Ok(edges)
}

/// The date at or before an instant on which a bucket begins.
fn first_date(at: Timestamp, every: Every, zone: &TimeZone) -> Date {
    let date = at.to_zoned_datetime(zone.clone()).date();
    match every {
        Every::Seconds(_) | Every::Days(_) => date,
        Every::Weeks(_) => {
            let since_monday = i64::from(date.weekday().since(Weekday::Monday));
            date.checked_sub(since_monday.days()).unwrap_or(date)
        }
        Every::Months(_) => date.first_of_month(),
    }
}

fn step(every: Every) -> Result<Span> {
    let span = match every {
        Every::Seconds(_) => Ok(1.day()),
        Every::Days(days) => Span::new().try_days(days),
        Every::Weeks(weeks) => Span::new().try_weeks(weeks),
        Every::Months(months) => Span::new().try_months(months),
    };
    span.map_err(|e| Error::invalid(Code::InvalidInput, e.to_string()))
}

/// Which bucket of these edges an instant falls into.
#[must_use]
pub fn bucket_at(edges: &[i64], time_ms: i64) -> Option<usize> {
    let at = edges.partition_point(|edge_ms| *edge_ms < time_ms);
    (1..edges.len()).contains(&at).then(|| at - 1)
}

/// What is expected of a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Its first reading, ms since the epoch.
    pub first_ms: i64,
    /// Milliseconds between its readings.
    pub interval_ms: i64,
    /// When it was retired, ms since the epoch.
    pub retired_at_ms: Option<i64>,
    /// The time now: later ones are not expected yet.
    pub now_ms: i64,
}

/// What a machine has told of the bucket that goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoingOn {
    /// Which of the buckets.
    pub at: usize,
    /// Its last reading that is not after the bucket's begin, ms since the epoch.
    pub before_ms: Option<i64>,
    /// The power of that, kW.
    pub before_kw: Option<f64>,
    /// Its last reading in the bucket.
    pub last_ms: Option<i64>,
}

impl GoingOn {
    /// The mean power in the bucket that began at `from_ms` and got `energy_kwh`, kW. Readings hold the energy since the
    /// reading before them; while the next one is not late beyond the hold time, nothing is said of the time since.
    fn mean_kw(&self, from_ms: i64, energy_kwh: Option<f64>, expected: &Expected) -> f64 {
        let held_ms = HOLD_INTERVALS * expected.interval_ms;
        let before_ms = self.before_ms.filter(|before_ms| from_ms - before_ms <= held_ms);
        let last_ms = self.last_ms.or(before_ms).filter(|last_ms| expected.now_ms - last_ms <= held_ms);
        let (begin_ms, end_ms) = (before_ms.unwrap_or(from_ms), last_ms.unwrap_or(expected.now_ms));
        match energy_kwh {
            Some(energy_kwh) if end_ms > begin_ms => mean_kw(energy_kwh, end_ms - begin_ms),
            _ if last_ms.is_some() => self.before_kw.unwrap_or(0.0),
            _ => 0.0,
        }
    }
}

impl Expected {
    /// Readings expected in `(from, to]`: those of its grid up to the end less those up to the begin.
    #[must_use]
    pub fn between(&self, from_ms: i64, to_ms: i64) -> i64 {
        let up_to = |time_ms: i64| {
            let time_ms = time_ms.min(self.now_ms);
            let end_ms = self.retired_at_ms.map_or(time_ms, |retired_ms| retired_ms.min(time_ms));
            (1 + (end_ms - self.first_ms).div_euclid(self.interval_ms)).max(0)
        };
        up_to(to_ms) - up_to(from_ms)
    }
}

/// Energy that was not drawn in the bucket of the reading that brought it, but evenly over some other time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Begin of that time, ms since the epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// The reading that brought it.
    pub time_ms: i64,
    /// kWh.
    pub energy_kwh: f64,
    /// Nobody knows when it was drawn.
    pub is_estimated: bool,
}

/// A bucket of a series while it is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    counted: Bucket,
    spread_kwh: Sum,
    estimated_kwh: Sum,
    has_spread: bool,
    received: i64,
    expected: i64,
    going_on_kw: Sum,
}

impl Part {
    /// Adds what was counted.
    pub fn count(&mut self, bucket: &Bucket) {
        self.counted.merge(bucket);
    }

    /// Energy, kWh; none if nothing is known.
    #[must_use]
    pub fn energy_kwh(&self) -> Option<f64> {
        let mut energy = self.counted.energy_kwh;
        energy.merge(self.spread_kwh);
        (self.counted.readings > 0 || self.has_spread).then(|| energy.total())
    }
}

/// Fills the buckets between `edges` with what was counted of one machine (by bucket) and what is to be spread.
pub fn fill(
    parts: &mut [Part],
    edges: &[i64],
    counted: &[Bucket],
    expected: &Expected,
    spreads: &[Spread],
    going_on: Option<&GoingOn>,
) {
    for ((part, bucket), edge) in parts.iter_mut().zip(counted).zip(edges.windows(2)) {
        let of_machine = expected.between(edge[0], edge[1]);
        part.counted.merge(bucket);
        part.received += bucket.readings.min(of_machine);
        part.expected += of_machine;
    }
    for one in spreads {
        spread(parts, edges, one);
    }
    if let Some(going_on) = going_on {
        let (at, mut own) = (going_on.at, [Part { counted: counted[going_on.at], ..Part::default() }]);
        for one in spreads {
            spread(&mut own, &edges[at..at + 2], one);
        }
        parts[at].going_on_kw.add(going_on.mean_kw(edges[at], own[0].energy_kwh(), expected));
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds stay far below 2^53")]
fn mean_kw(energy_kwh: f64, span_ms: i64) -> f64 {
    energy_kwh * HOUR_MS / span_ms as f64
}

/// Takes energy from the bucket of its reading and spreads it.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of a gap are far below 2^53")]
pub fn spread(parts: &mut [Part], edges: &[i64], spread: &Spread) {
    let Spread { from_ms, to_ms, time_ms, energy_kwh, is_estimated } = *spread;
    if let Some(at) = bucket_at(edges, time_ms) {
        parts[at].counted.energy_kwh.add(-energy_kwh);
    }
    let first = edges.partition_point(|edge_ms| *edge_ms <= from_ms).saturating_sub(1);
    for (part, edge) in parts.iter_mut().zip(edges.windows(2)).skip(first) {
        let within_ms = edge[1].min(to_ms) - edge[0].max(from_ms);
        if within_ms <= 0 {
            break;
        }
        let share_kwh = energy_kwh * within_ms as f64 / (to_ms - from_ms) as f64;
        part.spread_kwh.add(share_kwh);
        part.has_spread = true;
        if is_estimated {
            part.estimated_kwh.add(share_kwh);
        }
    }
}

/// A bucket of a series as it is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the GraphQL type documents each")]
pub struct SeriesBucket {
    pub from_ms: i64,
    pub to_ms: i64,
    pub readings: i64,
    pub energy_kwh: Option<f64>,
    pub mean_power_kw: Option<f64>,
    pub min_power_kw: Option<f64>,
    pub max_power_kw: Option<f64>,
    pub completeness_percent: Option<f64>,
    pub estimated_share: Option<f64>,
    pub cost: Option<f64>,
    pub carbon_kg: Option<f64>,
}

/// Shows the filled buckets; one that goes on has the sum of its machines' means until now. Where nothing is known of a
/// bucket its values are none, not zero.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds stay far below 2^53")]
pub fn show(parts: &[Part], edges: &[i64], now_ms: i64, rates: Option<Rates>) -> Vec<SeriesBucket> {
    let one = |(part, edge): (&Part, &[i64])| {
        let (from_ms, to_ms) = (edge[0], edge[1]);
        let energy_kwh = part.energy_kwh();
        let share = |kwh: f64| if kwh == 0.0 { 0.0 } else { part.estimated_kwh.total() / kwh };
        SeriesBucket {
            from_ms,
            to_ms,
            readings: part.counted.readings,
            energy_kwh,
            mean_power_kw: energy_kwh
                .filter(|_| from_ms <= now_ms)
                .map(|kwh| if to_ms > now_ms { part.going_on_kw.total() } else { mean_kw(kwh, to_ms - from_ms) }),
            min_power_kw: extreme(part.counted.power_kw_min, None, f64::min),
            max_power_kw: extreme(part.counted.power_kw_max, None, f64::max),
            completeness_percent: (part.expected > 0).then(|| 100.0 * part.received as f64 / part.expected as f64),
            estimated_share: energy_kwh.map(share),
            cost: energy_kwh.zip(rates).map(|(kwh, rates)| kwh * rates.price_per_unit),
            carbon_kg: energy_kwh.zip(rates).map(|(kwh, rates)| kwh * rates.carbon_kg_per_unit),
        }
    };
    parts.iter().zip(edges.windows(2)).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("an instant").as_millisecond()
    }

    fn cut(zone: &str, from: &str, to: &str, every: &str) -> Vec<f64> {
        let zone = TimeZone::get(zone).expect("a zone");
        let every = every.parse().expect("an interval");
        let edges = edges(instant(from), instant(to), every, &zone, 10_000).expect("edges");
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let hours = |edge: &[i64]| (edge[1] - edge[0]) as f64 / HOUR_MS;
        edges.windows(2).map(hours).collect()
    }

    #[test]
    fn days_have_23_24_or_25_hours_as_the_clocks_say() {
        let spring = cut("Europe/Berlin", "2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", "P1D");
        assert_eq!(spring, [24.0, 23.0, 24.0]);
        let autumn = cut("Europe/Berlin", "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z", "1d");
        assert_eq!(autumn, [24.0, 25.0, 24.0]);
        let lord_howe = cut("Australia/Lord_Howe", "2026-10-02T13:30:00Z", "2026-10-04T13:00:00Z", "P1D");
        assert_eq!(lord_howe, [24.0, 23.5], "its clocks move by half an hour");
        assert_eq!(cut("America/Sao_Paulo", "2018-11-03T03:00:00Z", "2018-11-05T02:00:00Z", "P1D"), [24.0, 23.0]);
        assert_eq!(cut("Asia/Kathmandu", "2026-06-01T18:15:00Z", "2026-06-03T18:15:00Z", "P1D"), [24.0, 24.0]);
    }

    #[test]
    fn hours_are_those_on_the_wall() {
        let kathmandu = cut("Asia/Kathmandu", "2026-06-01T12:00:00Z", "2026-06-01T14:00:00Z", "PT1H");
        assert_eq!(kathmandu, [0.25, 1.0, 0.75], "a full hour there is a quarter past in UTC");
        let berlin = cut("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "1h");
        assert_eq!(berlin, [1.0; 25]);
        let lord_howe = cut("Australia/Lord_Howe", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z", "1h");
        assert_eq!((lord_howe.len(), lord_howe[23]), (24, 0.5));
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        assert_eq!(cut("UTC", "2026-11-25T00:00:00Z", "2026-12-09T00:00:00Z", "1w"), [120.0, 168.0, 48.0]);
        assert_eq!(cut("UTC", "2026-01-31T00:00:00Z", "2026-04-01T00:00:00Z", "P1M"), [24.0, 672.0, 744.0]);
        assert_eq!(cut("UTC", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "P1Y"), [8760.0]);
        assert_eq!(cut("UTC", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "P1M"), [1.0]);
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for text in ["", "1", "P1D T1H", "7m", "PT0S", "P1DT1H", "-PT1H", "25h"] {
            assert!(text.parse::<Every>().is_err(), "{text}");
        }
        let (utc, every) = (TimeZone::UTC, Every::Seconds(1));
        assert!(edges(0, 10_001_000, every, &utc, 10_000).is_err(), "too many");
        assert!(edges(5, 5, every, &utc, 10_000).is_err(), "empty");
    }

    #[test]
    fn an_estimate_is_spread_over_its_gap_and_adds_up() {
        let edges = [0, 3_600_000, 7_200_000, 10_800_000];
        let mut counted = [Bucket::default(); 3];
        counted[2].readings = 1;
        counted[2].energy_kwh.add(9.0);
        let spread =
            Spread { from_ms: 1_800_000, to_ms: 9_000_000, time_ms: 9_000_000, energy_kwh: 8.0, is_estimated: true };
        let expected = Expected { first_ms: 0, interval_ms: 900_000, retired_at_ms: None, now_ms: i64::MAX };
        let mut parts = [Part::default(); 3];
        fill(&mut parts, &edges, &counted, &expected, &[spread], None);
        let shown = show(&parts, &edges, i64::MAX, None);
        let energy: Vec<_> = shown.iter().map(|bucket| bucket.energy_kwh).collect();
        assert_eq!(energy, [Some(2.0), Some(4.0), Some(3.0)]);
        assert_eq!((shown[1].estimated_share, shown[1].readings), (Some(1.0), 0));
        assert_eq!(shown[2].estimated_share, Some(2.0 / 3.0));
    }
}
