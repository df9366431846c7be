//! The power of a whole site: what its machines draw now, and the mean power of its quarters of an hour, by which
//! grid operators bill.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::buckets::QUARTER_MS;
use super::reading::HOUR_MS;
use super::series::{Every, Part, edges};
use crate::codes::Code;
use crate::error::{Error, Result};

/// Quarters of an hour in a month and a day.
const GREATEST_QUARTERS: usize = 32 * 96;

/// The quarters of an hour that a site's demand is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarters {
    /// Edges, ms since the epoch: the quarter before the month, and all of the month that have ended by then.
    pub edges: Vec<i64>,
    /// Begin of the day, by the site's clocks.
    pub today_ms: i64,
    /// Begin of the month.
    pub month_ms: i64,
}

impl Quarters {
    /// Those of the month of an instant.
    pub fn until(as_of_ms: i64, zone: &TimeZone) -> Result<Self> {
        let outside = |_| Error::invalid(Code::InvalidRange, "the instant lies outside of the years -9999 to 9999");
        let date = Timestamp::from_millisecond(as_of_ms).map_err(outside)?.to_zoned_datetime(zone.clone()).date();
        let begin = |date: jiff::civil::Date| {
            let zoned = date.to_zoned_datetime(zone.clone()).map_err(outside)?;
            Ok::<_, Error>(zoned.timestamp().as_millisecond())
        };
        let (today_ms, month_ms) = (begin(date)?, begin(date.first_of_month())?);
        let every = Every::Seconds(QUARTER_MS / 1000);
        let mut edges = edges(month_ms - QUARTER_MS, as_of_ms, every, zone, GREATEST_QUARTERS)?;
        if edges.windows(2).next_back().is_some_and(|edge| edge[1] - edge[0] < QUARTER_MS) {
            edges.pop();
        }
        Ok(Self { edges, today_ms, month_ms })
    }
}

/// Whether a machine's readings have to be spread over their intervals to tell a quarter of an hour from the next: those
/// whose interval does not fit into one. Shorter ones than a minute hardly touch two.
#[must_use]
pub fn is_spread(interval_ms: i64) -> bool {
    interval_ms > 60_000 && QUARTER_MS % interval_ms != 0
}

/// What is known of a site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DemandFacts {
    /// The last power of each machine that is not older than three of its intervals, kW; none where that is no longer
    /// known.
    pub present_powers_kw: Option<Vec<f64>>,
    /// The first reading of all, ms since the epoch.
    pub first_ms: Option<i64>,
    /// What was counted between the edges.
    pub parts: Vec<Part>,
    /// Since when that is known quarter by quarter, ms since the epoch.
    pub known_from_ms: i64,
}

/// A site's demand at an instant.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the GraphQL type documents each")]
pub struct Demand {
    pub present_power_kw: Option<f64>,
    pub present_machines: Option<usize>,
    pub demand_kw: Option<f64>,
    pub demand_at_ms: i64,
    pub today: DemandPeriod,
    pub month: DemandPeriod,
}

/// The quarters of a day or a month.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the GraphQL type documents each")]
pub struct DemandPeriod {
    pub from_ms: i64,
    pub peak_kw: Option<f64>,
    pub peak_at_ms: Option<i64>,
    pub mean_power_kw: Option<f64>,
    pub load_factor_percent: Option<f64>,
}

/// Computes the demand.
#[must_use]
pub fn demand(facts: &DemandFacts, quarters: &Quarters) -> Demand {
    let edges = &quarters.edges;
    let of_quarter = |(part, edge): (&Part, &[i64])| Some((edge[1], mean_kw(part.energy_kwh()?, edge[0], edge[1])));
    let known: Vec<(i64, f64)> = facts.parts.iter().zip(edges.windows(2)).filter_map(of_quarter).collect();
    let demand_at_ms = edges.last().copied().unwrap_or_default();
    let period = |from_ms: i64| {
        let is_known = facts.known_from_ms <= from_ms;
        let within: Vec<_> = known.iter().filter(|(end_ms, _)| is_known && *end_ms > from_ms).collect();
        // The first of several that are as high.
        let peak = within.iter().copied().copied().reduce(|a, b| if b.1 > a.1 { b } else { a });
        let since_ms = facts.first_ms.map_or(from_ms, |first_ms| first_ms.max(from_ms));
        let kwh: f64 = within.iter().map(|(_, kw)| kw * 0.25).sum();
        let mean_power_kw =
            (!within.is_empty() && demand_at_ms > since_ms).then(|| mean_kw(kwh, since_ms, demand_at_ms));
        let peak_kw = peak.map(|(_, kw)| kw);
        let load_factor = mean_power_kw.zip(peak_kw).filter(|(_, peak_kw)| *peak_kw != 0.0);
        DemandPeriod {
            from_ms,
            peak_kw,
            peak_at_ms: peak.map(|(end_ms, _)| end_ms),
            mean_power_kw,
            load_factor_percent: load_factor.map(|(mean_kw, peak_kw)| 100.0 * mean_kw / peak_kw),
        }
    };
    Demand {
        present_power_kw: facts.present_powers_kw.iter().flatten().copied().reduce(|a, b| a + b),
        present_machines: facts.present_powers_kw.as_ref().map(Vec::len),
        demand_kw: known.last().filter(|(end_ms, _)| *end_ms == demand_at_ms).map(|(_, kw)| *kw),
        demand_at_ms,
        today: period(quarters.today_ms),
        month: period(quarters.month_ms),
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a month are far below 2^53")]
fn mean_kw(kwh: f64, from_ms: i64, to_ms: i64) -> f64 {
    kwh * HOUR_MS / (to_ms - from_ms) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_those_of_the_month_that_have_ended() {
        let ms = |text: &str| text.parse::<Timestamp>().expect("an instant").as_millisecond();
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let quarters = Quarters::until(ms("2026-11-02T10:07:00Z"), &berlin).expect("quarters");
        assert_eq!(quarters.edges.first(), Some(&ms("2026-10-31T22:45:00Z")));
        assert_eq!(quarters.edges.last(), Some(&ms("2026-11-02T10:00:00Z")));
        assert_eq!((quarters.today_ms, quarters.month_ms), (ms("2026-11-01T23:00:00Z"), ms("2026-10-31T23:00:00Z")));
        // At the stroke of the month only the quarter before it has ended.
        let quarters = Quarters::until(ms("2026-10-31T23:00:00Z"), &berlin).expect("quarters");
        assert_eq!(quarters.edges, [ms("2026-10-31T22:45:00Z"), ms("2026-10-31T23:00:00Z")]);
        // The longest month there is: with the hour that comes twice.
        let quarters = Quarters::until(ms("2026-10-31T22:59:59Z"), &berlin).expect("quarters");
        assert_eq!(quarters.edges.len(), 31 * 96 + 4 + 1);
    }
}
