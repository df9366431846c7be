//! Changes of rules and budgets, and of who is told of what.

use async_graphql::{Context, Object, Result};
use entity::anomaly_change::What;
use entity::contact_point::{Channel, Secret};
use entity::{anomaly, delivery, watch_rule};

use super::mutation::write;
use super::query::site_or_default;
use super::telling_inputs::{
    BudgetPayload, ContactPointPayload, DeliveryPayload, NotificationRulePayload, RemoveInput, RemovePayload,
    RetryDeliveryInput, SaveBudgetInput, SaveContactPointInput, SaveNotificationRuleInput, SaveWatchRuleInput,
    SavedContactPointPayload, TestContactPointInput, WatchRulePayload,
};
use super::types::{Budget, ContactPoint, Delivery, NotificationRule, WatchRule};
use super::{Limits, ids};
use crate::clock::Clock;
use crate::codes::Code;
use crate::domain::instant::format_ms;
use crate::domain::message;
use crate::error::{Error, Result as OurResult};
use crate::events::Events;
use crate::jobs::notify::NotificationSettings;
use crate::messenger::{Messenger, new_message_id, new_secret};
use crate::store::{Said, Store, WriteTransaction};

/// Changes of these.
#[derive(Default)]
pub(super) struct Telling;

#[Object]
impl Telling {
    /// Adds a place that messages go to, or changes one as a whole.
    async fn save_contact_point(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact point.")] input: SaveContactPointInput,
    ) -> Result<SavedContactPointPayload> {
        let (mut row, wants_secret) = input.resolve()?;
        ctx.data_unchecked::<Messenger>().check(row.channel, &row.address)?;
        let known = match row.id.0 {
            0 => None,
            _ => ctx.data_unchecked::<Store>().contact_point(row.id).await?.and_then(|known| known.secret),
        };
        let is_webhook = row.channel == Channel::Webhook;
        let new = (is_webhook && (wants_secret || known.is_none())).then(new_secret).transpose()?;
        row.secret = new.clone().map(Secret).or(known).filter(|_| is_webhook);
        let greatest = ctx.data_unchecked::<Limits>().contact_points;
        let row = write(ctx, async |transaction| transaction.save_contact_point(row, greatest).await).await?;
        Ok(SavedContactPointPayload { contact_point: ContactPoint(row), secret: new })
    }

    /// Removes a place that messages go to. What was to be sent there is not.
    async fn remove_contact_point(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RemoveInput,
    ) -> Result<RemovePayload> {
        let id = ids::contact_point(&input.id)?;
        write(ctx, async |transaction| transaction.delete_contact_point(id).await).await?;
        Ok(RemovePayload { removed_id: input.id })
    }

    /// Sends a message to a contact point now, to try it out; `NOT_DELIVERED` says why it did not arrive.
    async fn test_contact_point(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: TestContactPointInput,
    ) -> Result<ContactPointPayload> {
        let id = ids::contact_point(&input.id)?;
        let row = ctx.data_unchecked::<Store>().contact_point(id).await?;
        let row = row.ok_or_else(|| Error::NotFound(format!("there is no contact point with id {id}")))?;
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let link = &ctx.data_unchecked::<NotificationSettings>().public_url;
        let message = message::test(&row.name, &format_ms(now_ms), link);
        let sent = ctx.data_unchecked::<Messenger>().send(&row, &new_message_id(), &message, now_ms).await;
        sent.map_err(|failure| Error::invalid(Code::NotDelivered, format!("not delivered: {}", failure.reason())))?;
        Ok(ContactPointPayload { contact_point: ContactPoint(row) })
    }

    /// Adds a rule about who is told of what, or changes one as a whole.
    async fn save_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: SaveNotificationRuleInput,
    ) -> Result<NotificationRulePayload> {
        let row = input.resolve()?;
        let greatest = ctx.data_unchecked::<Limits>().notification_rules;
        let row = write(ctx, async |transaction| transaction.save_notification_rule(row, greatest).await).await?;
        Ok(NotificationRulePayload { notification_rule: NotificationRule(row) })
    }

    /// Removes a rule about who is told of what.
    async fn remove_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RemoveInput,
    ) -> Result<RemovePayload> {
        let id = ids::notification_rule(&input.id)?;
        write(ctx, async |transaction| transaction.delete_notification_rule(id).await).await?;
        Ok(RemovePayload { removed_id: input.id })
    }

    /// Adds a rule for machines, or changes one as a whole. It is about readings from now on; what it found before ends when
    /// it changes, and nobody is told that it is over. What is saved as it was, or by another name, goes on.
    async fn save_watch_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: SaveWatchRuleInput,
    ) -> Result<WatchRulePayload> {
        let site = site_or_default(ctx, input.site_id.as_ref()).await?;
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let row = watch_rule::Model { site_id: site, changed_at_ms: now_ms, ..input.resolve(site)? };
        let greatest = ctx.data_unchecked::<Limits>().watch_rules;
        let save = async |transaction: &WriteTransaction| {
            // First, as it waits until nobody else changes any.
            let lasting = transaction.lasting_anomalies_of_rule(row.id).await?;
            let known = transaction.watch_rule(row.id).await?;
            let goes_on = known.map(|known| watch_rule::Model { name: row.name.clone(), ..known });
            let goes_on =
                goes_on.filter(|it| *it == watch_rule::Model { changed_at_ms: it.changed_at_ms, ..row.clone() });
            let last_change = if goes_on.is_some() { 0 } else { end_anomalies(transaction, lasting, now_ms).await? };
            Ok((transaction.save_watch_rule(goes_on.unwrap_or(row), greatest).await?, last_change))
        };
        let (row, last_change) = write(ctx, save).await?;
        let events = ctx.data_unchecked::<Events>();
        events.changes().stored(last_change);
        events.settings_changed();
        Ok(WatchRulePayload { watch_rule: WatchRule(row) })
    }

    /// Removes a rule for machines. What it found ends, and nobody is told that it is over.
    async fn remove_watch_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RemoveInput,
    ) -> Result<RemovePayload> {
        let id = ids::watch_rule(&input.id)?;
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let remove = async |transaction: &WriteTransaction| {
            transaction.delete_watch_rule(id).await?;
            let lasting = transaction.lasting_anomalies_of_rule(id).await?;
            end_anomalies(transaction, lasting, now_ms).await
        };
        let last_change = write(ctx, remove).await?;
        let events = ctx.data_unchecked::<Events>();
        events.changes().stored(last_change);
        events.settings_changed();
        Ok(RemovePayload { removed_id: input.id })
    }

    /// Adds a budget, or changes one as a whole.
    async fn save_budget(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The budget.")] input: SaveBudgetInput,
    ) -> Result<BudgetPayload> {
        let site = site_or_default(ctx, input.site_id.as_ref()).await?;
        let row = input.resolve(site)?;
        let greatest = ctx.data_unchecked::<Limits>().budgets;
        let row = write(ctx, async |transaction| transaction.save_budget(row, greatest).await).await?;
        Ok(BudgetPayload { budget: Budget(row) })
    }

    /// Removes a budget.
    async fn remove_budget(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RemoveInput,
    ) -> Result<RemovePayload> {
        let id = ids::budget(&input.id)?;
        write(ctx, async |transaction| transaction.delete_budget(id).await).await?;
        Ok(RemovePayload { removed_id: input.id })
    }

    /// Tries a message again that was given up.
    async fn retry_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RetryDeliveryInput,
    ) -> Result<DeliveryPayload> {
        let id = ids::delivery(&input.id)?;
        let row = ctx.data_unchecked::<Store>().delivery(id).await?;
        let row = row.ok_or_else(|| Error::NotFound(format!("there is no delivery with id {id}")))?;
        if row.status != delivery::Status::Failed {
            return Err(Error::invalid(Code::InvalidInput, "only a message that was given up is tried again").into());
        }
        let now_ms = ctx.data_unchecked::<Clock>().now_ms();
        let again =
            delivery::Model { status: delivery::Status::Pending, attempts: 0, next_attempt_at_ms: now_ms, ..row };
        let row = write(ctx, async |transaction| transaction.update_delivery(again).await).await?;
        Ok(DeliveryPayload { delivery: Delivery(row) })
    }
}

/// Ends what a rule found, because it is no longer what it was; the id of the last change, 0 for none. Whether what it found
/// is over, nobody knows: the note says why it has ended.
async fn end_anomalies(transaction: &WriteTransaction, lasting: Vec<anomaly::Model>, now_ms: i64) -> OurResult<i64> {
    let mut last_change = 0;
    for row in lasting {
        let ended_at_ms = Some(now_ms.max(row.started_at_ms));
        let row = transaction.update_anomaly(anomaly::Model { ended_at_ms, ..row }).await?;
        last_change = transaction
            .tell(
                &row,
                Said { what: What::Ended, by: None, note: Some("the rule was changed or removed".to_owned()) },
                now_ms,
            )
            .await?;
    }
    Ok(last_change)
}
