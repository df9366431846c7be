//! Series as the API shows them.

use async_graphql::{Context, Object};
use entity::machine::{Model as Machine, Unit};
use entity::site;

use super::rates;
use crate::clock::Clock;
use crate::domain::fields::{cubic_metres, kwh};
use crate::domain::instant::zone_of;
use crate::domain::series::{SeriesBucket, edges, show};
use crate::error::Result;
use crate::graphql::Limits;
use crate::graphql::scalars::{DateTime, Interval};
use crate::store::{Measured, Store};

/// A bucket, and what its amounts are in.
pub(in crate::graphql) struct StatsBucket(SeriesBucket, Unit);

/// What was used in `(from, to]`. Buckets follow the clocks at the site; the first and the last are cut off where the
/// range begins and ends, so that a series adds up to its range. Null means not known: a gap, not zero.
#[Object]
impl StatsBucket {
    /// Begin; a reading at this instant belongs to the bucket before.
    async fn from(&self) -> DateTime {
        DateTime(self.0.from_ms)
    }

    /// End; a reading at this instant belongs to this bucket.
    async fn to(&self) -> DateTime {
        DateTime(self.0.to_ms)
    }

    /// Number of readings.
    async fn readings(&self) -> i64 {
        self.0.readings
    }

    /// Energy, kWh. What a register counted over a gap is spread evenly over the gap. This and the powers are null for
    /// machines measured in m³.
    async fn energy_kwh(&self) -> Option<f64> {
        kwh(self.1, self.0.energy_kwh)
    }

    /// Mean power over the bucket's time, kW: energy by hours. While it goes on, the sum of the means of its machines,
    /// each from its reading before the bucket to its last one, or to now once three intervals have passed since; of
    /// one that is still to tell, its last power. A range that ends now cuts it off, and it goes on no longer: ask for
    /// more than that.
    async fn mean_power_kw(&self) -> Option<f64> {
        kwh(self.1, self.0.mean_power_kw)
    }

    /// Least power of a reading, kW.
    async fn min_power_kw(&self) -> Option<f64> {
        kwh(self.1, self.0.min_power_kw)
    }

    /// Greatest power of a reading, kW.
    async fn max_power_kw(&self) -> Option<f64> {
        kwh(self.1, self.0.max_power_kw)
    }

    /// Volume, m³, of machines measured in m³.
    async fn volume_m3(&self) -> Option<f64> {
        cubic_metres(self.1, self.0.energy_kwh)
    }

    /// Mean flow over the bucket's time, m³/h, as the mean power.
    async fn mean_flow_m3_per_h(&self) -> Option<f64> {
        cubic_metres(self.1, self.0.mean_power_kw)
    }

    /// Least flow of a reading, m³/h.
    async fn min_flow_m3_per_h(&self) -> Option<f64> {
        cubic_metres(self.1, self.0.min_power_kw)
    }

    /// Greatest flow of a reading, m³/h.
    async fn max_flow_m3_per_h(&self) -> Option<f64> {
        cubic_metres(self.1, self.0.max_power_kw)
    }

    /// Readings received of those expected until now, %, each machine counted up to what was expected of it.
    async fn completeness_percent(&self) -> Option<f64> {
        self.0.completeness_percent
    }

    /// Part of the energy that was drawn at some time in a gap, 0 to 1.
    async fn estimated_share(&self) -> Option<f64> {
        self.0.estimated_share
    }

    /// Cost of the energy, in the site's currency. Null for a carrier without rates.
    async fn cost(&self) -> Option<f64> {
        self.0.cost
    }

    /// Carbon of the energy, kg CO2. Null for a carrier without rates.
    async fn carbon_kg(&self) -> Option<f64> {
        self.0.carbon_kg
    }
}

/// The edges of the buckets that a range at a site is cut into.
pub(super) fn bucket_edges(
    ctx: &Context<'_>,
    site: &site::Model,
    (DateTime(from_ms), DateTime(to_ms)): (DateTime, DateTime),
    Interval(every): Interval,
) -> Result<Vec<i64>> {
    edges(from_ms, to_ms, every, &zone_of(site)?, ctx.data_unchecked::<Limits>().buckets)
}

/// The series of machines of one site, carrier and unit.
pub(in crate::graphql) async fn series(
    ctx: &Context<'_>,
    machines: &[Machine],
    measured: Measured,
    site: &site::Model,
    range: (DateTime, DateTime),
    every: Interval,
) -> Result<Vec<StatsBucket>> {
    let edges = bucket_edges(ctx, site, range, every)?;
    let store = ctx.data_unchecked::<Store>();
    let now_ms = ctx.data_unchecked::<Clock>().now_ms();
    let parts = store.in_time(store.series(machines, &edges, now_ms)).await?;
    let rates = rates(ctx, site.id, measured).await?;
    Ok(show(&parts, &edges, now_ms, rates).into_iter().map(|bucket| StatsBucket(bucket, measured.1)).collect())
}
