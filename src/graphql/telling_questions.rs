//! Questions about rules, budgets, and who is told of what.

use async_graphql::{Context, ID, Object, Result};

use super::Limits;
use super::ids;
use super::paging::{Arguments, Connection, Total};
use super::query::site_or_default;
use super::types::{Budget, ContactPoint, Delivery, DeliveryStatus, NotificationRule, WatchRule};
use super::{list_cost, page_cost};
use crate::store::{DeliveryFilter, Store};

/// What there is to ask of these.
pub(super) struct TellingQuestions;

#[Object]
impl TellingQuestions {
    /// The places that messages go to, by name.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
        let rows = ctx.data_unchecked::<Store>().contact_points().await?;
        Ok(rows.into_iter().map(ContactPoint).collect())
    }

    /// The rules about who is told of what, by name.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn notification_rules(&self, ctx: &Context<'_>) -> Result<Vec<NotificationRule>> {
        let rows = ctx.data_unchecked::<Store>().notification_rules().await?;
        Ok(rows.into_iter().map(NotificationRule).collect())
    }

    /// The rules that people set for the machines of a site, by name.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn watch_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; `default` if absent.")] site_id: Option<ID>,
    ) -> Result<Vec<WatchRule>> {
        let site = site_or_default(ctx, site_id.as_ref()).await?;
        let rows = ctx.data_unchecked::<Store>().watch_rules(Some(site)).await?;
        Ok(rows.into_iter().map(WatchRule).collect())
    }

    /// The budgets of a site, by name.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn budgets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; `default` if absent.")] site_id: Option<ID>,
    ) -> Result<Vec<Budget>> {
        let site = site_or_default(ctx, site_id.as_ref()).await?;
        let rows = ctx.data_unchecked::<Store>().budgets(Some(site)).await?;
        Ok(rows.into_iter().map(Budget).collect())
    }

    /// The messages to people and programs, in the order in which they were written; kept for some months.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To this contact point; to all if absent.")] contact_point_id: Option<ID>,
        #[graphql(desc = "That got so far; all if absent.")] status: Option<DeliveryStatus>,
        #[graphql(desc = "At most this many, from the beginning; 50 if `last` is absent too.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many, from the end, in the same order.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Delivery>> {
        let contact_point_id = contact_point_id.as_ref().map(ids::contact_point).transpose()?;
        let filter = DeliveryFilter { contact_point_id, status: status.map(Into::into) };
        let store = ctx.data_unchecked::<Store>();
        let read = async |page| store.deliveries(&filter, page).await;
        let greatest = ctx.data_unchecked::<Limits>().page_rows;
        let arguments = Arguments { first, after, last, before };
        Ok(arguments.connection(greatest, Total::Deliveries(filter.clone()), read, |row| row.id.0, Delivery).await?)
    }
}
