//! A machine as the API shows it.

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::machine::Model;

use super::series::bucket_edges;
use super::{Anomaly, AnomalyFilterInput, Carrier, MeterEvent, MeterUnit, Reading, Site, StatsBucket, UsualPower};
use crate::clock::Clock;
use crate::domain::detection::{Band, Detector};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{Count, LatestReading, Loaders, MeterEvents, OfMachine, Readings};
use crate::graphql::paging::{Arguments, Connection, Total};
use crate::graphql::scalars::{DateTime, Interval};
use crate::graphql::{Limits, page_cost, series_cost};
use crate::store::Store;

/// What a machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::machine::Kind")]
pub(in crate::graphql) enum MachineKind {
    /// Air compressor.
    Compressor,
    /// Heating, ventilation, air conditioning.
    Hvac,
    /// Electric motor.
    Motor,
    /// Pump.
    Pump,
    /// Injection molding machine.
    InjectionMolding,
    /// Conveyor.
    Conveyor,
    /// Boiler.
    Boiler,
    /// Anything else.
    Other,
}

pub(in crate::graphql) struct Machine(pub(in crate::graphql) Model);

/// Whatever has a meter of its own.
#[Object]
impl Machine {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::Machine(self.0.id).into()
    }

    /// Name, unique in its site.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it does.
    async fn kind(&self) -> MachineKind {
        self.0.kind.into()
    }

    /// What it consumes.
    async fn carrier(&self) -> Carrier {
        self.0.carrier.into()
    }

    /// What its meter measures in.
    async fn unit(&self) -> MeterUnit {
        self.0.unit.into()
    }

    /// Rated power, kW (or flow, m³/h). Readings above ten times this are refused.
    async fn rated_power_kw(&self) -> Option<f64> {
        self.0.rated_power_kw
    }

    /// The value at which its meter's register begins again at zero, kWh (or m³).
    async fn register_width_kwh(&self) -> Option<f64> {
        self.0.register_width_kwh
    }

    /// Seconds between its readings, as it is meant to send them.
    async fn expected_interval_seconds(&self) -> i32 {
        self.0.expected_interval_s
    }

    /// When it was taken out of service; null while active.
    async fn retired_at(&self) -> Option<DateTime> {
        self.0.retired_at_ms.map(DateTime)
    }

    /// Until when nobody is told of its anomalies; null if somebody is.
    async fn snoozed_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        self.0.snoozed_until_ms.filter(|until_ms| now_ms < *until_ms).map(DateTime)
    }

    /// The site it stands in.
    async fn site(&self, ctx: &Context<'_>) -> Result<Option<Site>> {
        Ok(ctx.data_unchecked::<Loaders>().load_one(self.0.site_id).await?.map(Site))
    }

    /// Its last reading.
    async fn latest_reading(&self, ctx: &Context<'_>) -> Result<Option<Reading>> {
        Ok(ctx
            .data_unchecked::<Loaders>()
            .load_one(LatestReading(self.0.id))
            .await?
            .map(|row| Reading(row, self.0.unit)))
    }

    /// Its readings with `from < time <= to`, by time.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "After this instant; from the beginning if absent.")] from: Option<DateTime>,
        #[graphql(desc = "Up to this instant; to the end if absent.")] to: Option<DateTime>,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Reading>> {
        let which = Readings(from.map_or(i64::MIN, |t| t.0), to.map_or(i64::MAX, |t| t.0));
        let loaders = ctx.data_unchecked::<Loaders>();
        let read = async |page| Ok(loaders.load_one(OfMachine(self.0.id, (which, page))).await?.unwrap_or_default());
        let total = Total::OfMachine(self.0.id, Count::Readings(which));
        let arguments = Arguments { first, after, last, before };
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        Ok(arguments.connection(greatest, total, read, |row| row.time_ms, |row| Reading(row, self.0.unit)).await?)
    }

    /// What it used over time, in buckets of one length.
    #[graphql(complexity = "series_cost(child_complexity)")]
    async fn series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begin of the range, which is no part of it.")] from: DateTime,
        #[graphql(desc = "End of the range, which is part of it.")] to: DateTime,
        #[graphql(desc = "Length of the buckets.")] every: Interval,
    ) -> Result<Vec<StatsBucket>> {
        let site = ctx.data_unchecked::<Store>().site(self.0.site_id).await?;
        let machine = std::slice::from_ref(&self.0);
        Ok(super::series(ctx, machine, (self.0.carrier, self.0.unit), &site, (from, to), every).await?)
    }

    /// What it usually draws, by what the detector knows now, in the middle of each of a series' buckets: the same range and
    /// length give the same buckets as `series`. Empty while nothing is known yet; hours that are not known are left out.
    #[graphql(complexity = "series_cost(child_complexity)")]
    async fn usual_power(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begin of the range, which is no part of it.")] from: DateTime,
        #[graphql(desc = "End of the range, which is part of it.")] to: DateTime,
        #[graphql(desc = "Length of the buckets.")] every: Interval,
    ) -> Result<Vec<UsualPower>> {
        let store = ctx.data_unchecked::<Store>();
        let site = store.site(self.0.site_id).await?;
        let edges = bucket_edges(ctx, &site, (from, to), every)?;
        let checkpoint = store.checkpoints(&[self.0.id]).await?.pop();
        let Some(detector) = checkpoint.and_then(|row| Detector::from_bytes(&row.state).ok()) else {
            return Ok(Vec::new());
        };
        let usual = |edge: &[i64]| {
            let at_ms = edge[0].midpoint(edge[1]);
            let Band { low, mid, high } = detector.usual(at_ms)?;
            Some(UsualPower { at: DateTime(at_ms), low_kw: low, expected_kw: mid, high_kw: high })
        };
        Ok(edges.windows(2).filter_map(usual).collect())
    }

    /// What its meter's register did beside counting, by time.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn meter_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<MeterEvent>> {
        let loaders = ctx.data_unchecked::<Loaders>();
        let read =
            async |page| Ok(loaders.load_one(OfMachine(self.0.id, (MeterEvents, page))).await?.unwrap_or_default());
        let total = Total::OfMachine(self.0.id, Count::MeterEvents);
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        let arguments = Arguments { first, after, last, before };
        Ok(arguments.connection(greatest, total, read, |row| row.time_ms, MeterEvent).await?)
    }

    /// Its anomalies, in the order in which they were found.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn anomalies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all if absent.")] filter: Option<AnomalyFilterInput>,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Anomaly>> {
        let mut filter = filter.unwrap_or_default().resolve()?;
        let is_meant = filter.machine_ids.take().is_none_or(|ids| ids.contains(&self.0.id));
        let loaders = ctx.data_unchecked::<Loaders>();
        let read = async |page| {
            if !is_meant {
                return Ok(Vec::new());
            }
            Ok(loaders.load_one(OfMachine(self.0.id, (filter.clone(), page))).await?.unwrap_or_default())
        };
        let count = || Total::OfMachine(self.0.id, Count::Anomalies(filter.clone()));
        let total = if is_meant { count() } else { Total::Nothing };
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        let arguments = Arguments { first, after, last, before };
        Ok(arguments.connection(greatest, total, read, |row| row.id.0, Anomaly::from).await?)
    }
}
