//! What is pushed.

use async_graphql::connection::Edge;
use async_graphql::{Context, ID, Result, Subscription};
use futures_util::{Stream, StreamExt};

use super::query::site_or_default;
use super::types::{Anomaly, AnomalyChange, Severity, SystemStats};
use super::{ids, paging};
use crate::error::Error;
use crate::push::{Changed, Feed, Found, Progress, StatsHub};
use crate::store::AnomalyFilter;

/// What can be watched.
pub(super) struct Subscription;

/// What can be watched, over `graphql-transport-ws`.
#[Subscription]
impl Subscription {
    /// The sixteen statistics: at once, and then at every interval (5 s unless the operator says otherwise).
    async fn stats_updates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; `default` if absent.")] site_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<SystemStats>> + use<>> {
        let site = site_or_default(ctx, site_id.as_ref()).await?;
        let snapshots = ctx.data_unchecked::<StatsHub>().watch(site).await;
        let progress = started(ctx);
        Ok(snapshots.map(move |snapshot| {
            let snapshot = snapshot?;
            progress.computed(snapshot.begun);
            Ok(SystemStats(snapshot))
        }))
    }

    /// Anomalies the moment they are stored, but for those of which nobody is told (`isQuiet`). With the cursor of the last
    /// edge seen as `after`, a client that was away misses none and sees none twice.
    async fn anomaly_detected(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At least this severe.")] severity: Option<Severity>,
        #[graphql(desc = "Of these machines; of all if absent.")] machine_ids: Option<Vec<ID>>,
        #[graphql(desc = "Those after this cursor first; only new ones if absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Edge<i64, Anomaly, async_graphql::connection::EmptyFields>>> + use<>> {
        let filter = AnomalyFilter { is_quiet: Some(false), ..filter(severity, machine_ids)? };
        let after = after.as_deref().map(paging::cursor).transpose()?;
        let anomalies = ctx.data_unchecked::<Feed<Found>>().watch(filter, after).await?;
        let progress = started(ctx);
        Ok(anomalies.map(move |found| {
            let found = found?;
            let cursor = found.anomaly.id.0;
            progress.at_cursor(cursor, found.heard);
            Ok(Edge::new(cursor, Anomaly::from(found)))
        }))
    }

    /// What becomes of anomalies after they were found: worse, over, dealt with by somebody. With the cursor of the last
    /// edge seen as `after`, a client that was away misses nothing and sees nothing twice.
    async fn anomaly_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of anomalies at least this severe.")] severity: Option<Severity>,
        #[graphql(desc = "Of these machines; of all if absent.")] machine_ids: Option<Vec<ID>>,
        #[graphql(desc = "Those after this cursor first; only new ones if absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Edge<i64, AnomalyChange, async_graphql::connection::EmptyFields>>> + use<>>
    {
        let after = after.as_deref().map(paging::cursor).transpose()?;
        let changes = ctx.data_unchecked::<Feed<Changed>>().watch(filter(severity, machine_ids)?, after).await?;
        let progress = started(ctx);
        Ok(changes.map(move |changed| {
            let changed = changed?;
            let cursor = changed.change.id.0;
            progress.at_cursor(cursor, changed.heard);
            Ok(Edge::new(cursor, AnomalyChange::from(changed)))
        }))
    }
}

fn filter(severity: Option<Severity>, machine_ids: Option<Vec<ID>>) -> Result<AnomalyFilter, Error> {
    Ok(AnomalyFilter {
        severity: severity.map(Into::into),
        machine_ids: machine_ids.map(|ids| ids.iter().map(ids::machine).collect()).transpose()?,
        ..AnomalyFilter::default()
    })
}

/// Tells who executes this that nothing is missed from here on.
fn started(ctx: &Context<'_>) -> Progress {
    let progress = ctx.data_opt::<Progress>().cloned().unwrap_or_default();
    progress.started();
    progress
}
