//! Questions. Resolvers decode their arguments and ask the room that knows.

use async_graphql::{Context, ID, MergedObject, Object, Result};
use entity::SiteId;
use futures_util::future::try_join_all;

use super::audit::AuditEntry;
use super::ids::{self, GlobalId};
use super::loaders::Loaders;
use super::paging::{Arguments, Connection, Total};
use super::scalars::{DateTime, Interval};
use super::telling_questions::TellingQuestions;
use super::types::{
    Anomaly, AnomalyFilterInput, AnomalyOrder, Budget, Carrier, CarrierStats, ContactPoint, Delivery, Machine,
    MachineKind, Maintenance, MeterUnit, Node, NotificationRule, RefusedFilterInput, RefusedReading,
    RefusedReadingCount, Site, StatsBucket, SystemStats, WatchRule, carrier_stats, series,
};
use super::{Limits, carriers_cost, list_cost, page_cost, series_cost};
use crate::clock::Clock;
use crate::codes::Code;
use crate::error::Error;
use crate::push::StatsHub;
use crate::store::{MachineFilter, Store};

/// What can be asked. Instants are in UTC, units are in the names or the descriptions; what is not known is null.
///
/// A document costs 1 for each field, times the rows of the pages it stands in: `first` or `last`, and 50 where neither is
/// said. A series counts as 100 buckets, `carrierStats` as 6 carriers, other lists as 10, `nodes` as the ids it is given, and
/// how a budget stands as 100 fields. A document that costs more than 20,000, unless the operator says otherwise, is
/// refused with `DOCUMENT_TOO_COMPLEX`.
#[derive(MergedObject)]
pub(super) struct Query(pub(super) Questions, pub(super) TellingQuestions);

/// All there is to ask.
pub(super) struct Questions;

/// The site with this id, or `default`.
pub(super) async fn site_or_default(ctx: &Context<'_>, id: Option<&ID>) -> Result<SiteId, Error> {
    match id {
        Some(id) => Ok(ctx.data_unchecked::<Store>().site(ids::site(id)?).await?.id),
        None => Ok(ctx.data_unchecked::<Store>().site_by_name(None).await?.id),
    }
}

#[Object(name = "Questions")]
impl Questions {
    /// The sixteen statistics at any past instant, computed from what is stored now.
    async fn system_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Truncated to the whole second; now if absent.")] as_of: Option<DateTime>,
        #[graphql(desc = "The site; `default` if absent.")] site_id: Option<ID>,
    ) -> Result<SystemStats> {
        let site = site_or_default(ctx, site_id.as_ref()).await?;
        let hub = ctx.data_unchecked::<StatsHub>();
        let snapshot = match as_of {
            Some(DateTime(as_of_ms)) => hub.at(site, as_of_ms).await?,
            None => hub.now(site).await?,
        };
        Ok(SystemStats(snapshot))
    }

    /// What each carrier that a site has machines of used, each for itself.
    #[graphql(complexity = "carriers_cost(child_complexity)")]
    async fn carrier_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The instant, truncated to the whole second; now if absent.")] as_of: Option<DateTime>,
        #[graphql(desc = "The site; `default` if absent.")] site_id: Option<ID>,
    ) -> Result<Vec<CarrierStats>> {
        let site = ctx.data_unchecked::<Store>().site(site_or_default(ctx, site_id.as_ref()).await?).await?;
        let as_of_ms = as_of.map_or_else(|| ctx.data_unchecked::<Clock>().now_ms(), |as_of| as_of.0);
        let as_of_ms = ctx.data_unchecked::<StatsHub>().whole_second(as_of_ms)?;
        Ok(carrier_stats(ctx, &site, as_of_ms).await?)
    }

    /// What a site used over time, in buckets of one length.
    #[graphql(complexity = "series_cost(child_complexity)")]
    async fn stats_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begin of the range, which is no part of it.")] from: DateTime,
        #[graphql(desc = "End of the range, which is part of it.")] to: DateTime,
        #[graphql(desc = "Length of the buckets.")] every: Interval,
        #[graphql(desc = "The site; `default` if absent.")] site_id: Option<ID>,
        #[graphql(
            desc = "The energy carrier. Carriers are never added to each other.",
            default_with = "Carrier::Electricity"
        )]
        carrier: Carrier,
        #[graphql(desc = "What its machines are measured in.", default_with = "MeterUnit::Kwh")] unit: MeterUnit,
    ) -> Result<Vec<StatsBucket>> {
        let store = ctx.data_unchecked::<Store>();
        let site = store.site(site_or_default(ctx, site_id.as_ref()).await?).await?;
        let measured = (carrier.into(), unit.into());
        let machines = store.machines_of_carrier(site.id, measured).await?;
        Ok(series(ctx, &machines, measured, &site, (from, to), every).await?)
    }

    /// All sites.
    async fn sites(&self, ctx: &Context<'_>) -> Result<Vec<Site>> {
        Ok(ctx.data_unchecked::<Store>().sites().await?.into_iter().map(Site).collect())
    }

    /// Machines, in the order in which they were registered.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn machines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this site; of all if absent.")] site_id: Option<ID>,
        #[graphql(desc = "Of this kind.")] kind: Option<MachineKind>,
        #[graphql(desc = "Of this energy carrier.")] carrier: Option<Carrier>,
        #[graphql(desc = "In service (true) or retired (false).")] active: Option<bool>,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Machine>> {
        let site_id = site_id.as_ref().map(ids::site).transpose()?;
        let filter = MachineFilter { site_id, kind: kind.map(Into::into), carrier: carrier.map(Into::into), active };
        let store = ctx.data_unchecked::<Store>();
        let read = async |page| store.machines(&filter, page).await;
        let arguments = Arguments { first, after, last, before };
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        Ok(arguments.connection(greatest, Total::Machines(filter.clone()), read, |row| row.id.0, Machine).await?)
    }

    /// One machine, by its id, or by its name in a site.
    async fn machine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id, if not the name.")] id: Option<ID>,
        #[graphql(desc = "The name, if not the id.")] name: Option<String>,
        #[graphql(desc = "Where the name is looked up; `default` if absent.")] site_id: Option<ID>,
    ) -> Result<Option<Machine>> {
        let machine = match (id, name) {
            (Some(id), None) => ctx.data_unchecked::<Loaders>().load_one(ids::machine(&id)?).await?,
            (None, Some(name)) => {
                let site = site_or_default(ctx, site_id.as_ref()).await?;
                ctx.data_unchecked::<Store>().machine_by_name(site, &name).await?
            }
            _ => return Err(Error::invalid(Code::InvalidInput, "ask for a machine by its id or by its name").into()),
        };
        Ok(machine.map(Machine))
    }

    /// Anomalies, in the order in which they were found, unless another is asked for.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn anomalies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all if absent.")] filter: Option<AnomalyFilterInput>,
        #[graphql(desc = "In which order; cursors are the same in each.", default)] order_by: AnomalyOrder,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Anomaly>> {
        let filter = filter.unwrap_or_default().resolve()?;
        let store = ctx.data_unchecked::<Store>();
        let read = async |page| store.anomalies(&filter, order_by.into(), page).await;
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        let arguments = Arguments { first, after, last, before };
        Ok(arguments
            .connection(greatest, Total::Anomalies(filter.clone()), read, |row| row.id.0, Anomaly::from)
            .await?)
    }

    /// Readings that were refused, in the order in which they came; the newest are kept, for some weeks.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn refused_readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all if absent.")] filter: Option<RefusedFilterInput>,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<RefusedReading>> {
        let filter = filter.unwrap_or_default().resolve()?;
        let store = ctx.data_unchecked::<Store>();
        let read = async |page| store.refused(&filter, page).await;
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        let arguments = Arguments { first, after, last, before };
        Ok(arguments.connection(greatest, Total::Refused(filter.clone()), read, |row| row.id.0, RefusedReading).await?)
    }

    /// How many readings were refused for each reason and machine, the most frequent first, a page at most.
    #[graphql(complexity = "page_cost(None, None, child_complexity)")]
    async fn refused_reading_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all if absent.")] filter: Option<RefusedFilterInput>,
    ) -> Result<Vec<RefusedReadingCount>> {
        let filter = filter.unwrap_or_default().resolve()?;
        let greatest = ctx.data_unchecked::<Limits>().page_rows as u64;
        let counts = ctx.data_unchecked::<Store>().count_refused(&filter, greatest).await?;
        Ok(counts.into_iter().map(RefusedReadingCount::from).collect())
    }

    /// When a site or one of its machines is worked on, by begin: what is not over yet.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn maintenance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; `default` if absent.")] site_id: Option<ID>,
    ) -> Result<Vec<Maintenance>> {
        let site = site_or_default(ctx, site_id.as_ref()).await?;
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let windows = ctx.data_unchecked::<Store>().maintenance(Some(site), now_ms).await?;
        Ok(windows.into_iter().map(Maintenance::from).collect())
    }

    /// Who changed what and when, in that order: keys, people and commands. Of readings only corrections are here. For
    /// administrators of all sites.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<AuditEntry>> {
        let store = ctx.data_unchecked::<Store>();
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        let arguments = Arguments { first, after, last, before };
        let read = async |page| store.audit(page).await;
        Ok(arguments.connection(greatest, Total::Audit, read, |row| row.id.0, AuditEntry).await?)
    }

    /// Anything by its global id.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Result<Option<Node>> {
        node(ctx, &id).await
    }

    /// Several things by their global ids, in the same order; null where there is none, or none any more.
    #[graphql(complexity = "1 + ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of any kind; a page at most.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        if ids.len() > greatest {
            return Err(Error::invalid(Code::InvalidPage, format!("ask for at most {greatest} ids")).into());
        }
        try_join_all(ids.iter().map(|id| node(ctx, id))).await
    }
}

async fn node(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let loaders = ctx.data_unchecked::<Loaders>();
    Ok(match GlobalId::parse(id) {
        Some(GlobalId::Site(id)) => loaders.load_one(id).await?.map(|row| Node::Site(Site(row))),
        Some(GlobalId::Machine(id)) => loaders.load_one(id).await?.map(|row| Node::Machine(Machine(row))),
        Some(GlobalId::Anomaly(id)) => loaders.load_one(id).await?.map(|row| Node::Anomaly(row.into())),
        Some(GlobalId::RefusedReading(id)) => {
            loaders.load_one(id).await?.map(|row| Node::RefusedReading(RefusedReading(row)))
        }
        Some(GlobalId::AnomalyChange(id)) => {
            let change = ctx.data_unchecked::<Store>().anomaly_change_by_id(id).await?;
            change.map(|row| Node::AnomalyChange(row.into()))
        }
        Some(GlobalId::Maintenance(id)) => {
            let window = ctx.data_unchecked::<Store>().maintenance_by_id(id).await?;
            window.map(|row| Node::Maintenance(row.into()))
        }
        Some(GlobalId::ContactPoint(id)) => {
            ctx.data_unchecked::<Store>().contact_point(id).await?.map(|row| Node::ContactPoint(ContactPoint(row)))
        }
        Some(GlobalId::NotificationRule(id)) => {
            let rule = ctx.data_unchecked::<Store>().notification_rule(id).await?;
            rule.map(|row| Node::NotificationRule(NotificationRule(row)))
        }
        Some(GlobalId::WatchRule(id)) => {
            ctx.data_unchecked::<Store>().watch_rule(id).await?.map(|row| Node::WatchRule(WatchRule(row)))
        }
        Some(GlobalId::Budget(id)) => {
            ctx.data_unchecked::<Store>().budget(id).await?.map(|row| Node::Budget(Budget(row)))
        }
        Some(GlobalId::Delivery(id)) => {
            ctx.data_unchecked::<Store>().delivery(id).await?.map(|row| Node::Delivery(Delivery(row)))
        }
        // Only as part of the list, which is for administrators.
        Some(GlobalId::AuditEntry(_)) | None => None,
    })
}
