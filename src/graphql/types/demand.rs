//! A site's demand as the API shows it.

use async_graphql::Object;

use crate::domain::demand::{Demand, DemandPeriod};
use crate::graphql::scalars::DateTime;

pub(in crate::graphql) struct SiteDemand(pub(in crate::graphql) Demand);

/// The power of a site's electricity machines together. Demand is the mean power of a quarter of an hour by the site's
/// clocks, as grid operators bill it; only quarters that have ended count. What a register counted over a gap is spread
/// over the gap, and readings whose interval does not fit into a quarter of an hour over their intervals; so a quarter may
/// still grow when a longer interval ends.
#[Object]
impl SiteDemand {
    /// Present power, kW: the sum of each machine's last power that is not older than three of its intervals.
    async fn present_power_kw(&self) -> Option<f64> {
        self.0.present_power_kw
    }

    /// How many machines the present power is the sum of. Null where single readings are no longer kept.
    async fn present_machines(&self) -> Option<usize> {
        self.0.present_machines
    }

    /// Demand of the last quarter of an hour that has ended, kW.
    async fn demand_kw(&self) -> Option<f64> {
        self.0.demand_kw
    }

    /// The end of that quarter of an hour.
    async fn demand_at(&self) -> DateTime {
        DateTime(self.0.demand_at_ms)
    }

    /// Today, from midnight on by the site's clocks.
    async fn today(&self) -> SiteDemandPeriod {
        SiteDemandPeriod(self.0.today.clone())
    }

    /// This month, by the site's clocks.
    async fn month(&self) -> SiteDemandPeriod {
        SiteDemandPeriod(self.0.month.clone())
    }
}

struct SiteDemandPeriod(DemandPeriod);

/// Demand over a day or a month until now.
#[Object]
impl SiteDemandPeriod {
    /// Its begin.
    async fn from(&self) -> DateTime {
        DateTime(self.0.from_ms)
    }

    /// Greatest demand, kW.
    async fn peak_kw(&self) -> Option<f64> {
        self.0.peak_kw
    }

    /// The end of the quarter of an hour with the greatest demand; the first of several.
    async fn peak_at(&self) -> Option<DateTime> {
        self.0.peak_at_ms.map(DateTime)
    }

    /// Time-weighted mean power, kW: energy by hours, since the begin or the site's first reading.
    async fn mean_power_kw(&self) -> Option<f64> {
        self.0.mean_power_kw
    }

    /// Load factor, %: mean power against greatest demand.
    async fn load_factor_percent(&self) -> Option<f64> {
        self.0.load_factor_percent
    }
}
