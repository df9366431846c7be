//! Who is told of what, as the API shows it: contact points, rules, and the messages themselves.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::lists::{Hours as StoredHours, MachineIds, Schedule};
use entity::{contact_point, delivery, notification_rule};

use super::{Machine, Severity, Site};
use crate::access::{Caller, Need};
use crate::domain::schedule::{check_schedule, format_clock, parse_clock};
use crate::error::Result as OurResult;
use crate::graphql::ids::GlobalId;
use crate::graphql::list_cost;
use crate::graphql::loaders::Loaders;
use crate::graphql::scalars::DateTime;
use crate::store::Store;

/// How messages get to a contact point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::contact_point::Channel")]
pub(in crate::graphql) enum Channel {
    /// By e-mail.
    Email,
    /// As a POST request, signed as Standard Webhooks asks.
    Webhook,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::delivery::Status")]
pub(in crate::graphql) enum DeliveryStatus {
    /// It is being tried.
    Pending,
    /// The other side has taken it.
    Delivered,
    /// It was refused for good, or tried too often.
    Failed,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
}

/// The same hours of some days, by the site's clocks.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Hours {
    /// The days on which they begin.
    days: Vec<Weekday>,
    /// Begin, such as `06:00`.
    from: String,
    /// End, which is no part of it, such as `22:00` or `24:00`; on the next day unless it lies after the begin.
    to: String,
}

/// The same hours of some days, by the site's clocks.
#[derive(InputObject)]
pub(in crate::graphql) struct HoursInput {
    /// The days on which they begin.
    days: Vec<Weekday>,
    /// Begin, such as `06:00`.
    from: String,
    /// End, which is no part of it, such as `22:00` or `24:00`; on the next day unless it lies after the begin.
    to: String,
}

/// Shows a schedule.
pub(in crate::graphql) fn hours(schedule: &Schedule) -> Vec<Hours> {
    let shown = |hours: &StoredHours| Hours {
        days: hours.days.iter().filter_map(|day| Weekday::ALL.get(usize::from(*day)).copied()).collect(),
        from: format_clock(hours.from_min),
        to: format_clock(hours.to_min),
    };
    schedule.0.iter().map(shown).collect()
}

/// Reads a schedule (`INVALID_INPUT`).
pub(in crate::graphql) fn schedule(hours: Vec<HoursInput>) -> OurResult<Schedule> {
    let read = |hours: HoursInput| {
        let number = |day: Weekday| Weekday::ALL.iter().zip(0..).find(|(known, _)| **known == day).map(|(_, at)| at);
        Ok(StoredHours {
            days: hours.days.into_iter().filter_map(number).collect(),
            from_min: parse_clock(&hours.from)?,
            to_min: parse_clock(&hours.to)?,
        })
    };
    let schedule = Schedule(hours.into_iter().map(read).collect::<OurResult<_>>()?);
    check_schedule(&schedule)?;
    Ok(schedule)
}

/// The machines of a list that are still there.
pub(in crate::graphql) async fn machines(ctx: &Context<'_>, ids: Option<&MachineIds>) -> Result<Option<Vec<Machine>>> {
    let Some(ids) = ids else { return Ok(None) };
    let mut found = ctx.data_unchecked::<Loaders>().load_many(ids.0.iter().copied()).await?;
    Ok(Some(ids.0.iter().filter_map(|id| found.remove(id)).map(Machine).collect()))
}

/// The contact points of a list that are still there.
pub(in crate::graphql) async fn contact_points(
    ctx: &Context<'_>,
    ids: &entity::lists::ContactPointIds,
) -> Result<Vec<ContactPoint>> {
    let known = ctx.data_unchecked::<Store>().contact_points().await?;
    Ok(known.into_iter().filter(|row| ids.0.contains(&row.id)).map(ContactPoint).collect())
}

pub(in crate::graphql) struct ContactPoint(pub(in crate::graphql) contact_point::Model);

/// A place that messages go to.
#[Object]
impl ContactPoint {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::ContactPoint(self.0.id).into()
    }

    /// Unique name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How messages get there.
    async fn channel(&self) -> Channel {
        self.0.channel.into()
    }

    /// The e-mail address, or the webhook's URL. URLs often hold secrets: who does not administer sees no more than the
    /// host.
    async fn address(&self, ctx: &Context<'_>) -> String {
        let granted = ctx.data_opt::<Caller>().map(|caller| caller.require(Need::Administer, "the address"));
        match self.0.address.split_once("://") {
            Some((scheme, rest)) if granted.is_none_or(|granted| granted.is_err()) => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                format!("{scheme}://{}/…", host.rsplit('@').next().unwrap_or_default())
            }
            _ => self.0.address.clone(),
        }
    }

    /// Whether messages are sent.
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }
}

pub(in crate::graphql) struct NotificationRule(pub(in crate::graphql) notification_rule::Model);

/// Who is told of which anomalies, and how soon.
#[Object]
impl NotificationRule {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::NotificationRule(self.0.id).into()
    }

    /// Unique name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Of this site; null for all.
    async fn site(&self, ctx: &Context<'_>) -> Result<Option<Site>> {
        let Some(id) = self.0.site_id else { return Ok(None) };
        Ok(ctx.data_unchecked::<Loaders>().load_one(id).await?.map(Site))
    }

    /// Of these machines; null for all.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn machines(&self, ctx: &Context<'_>) -> Result<Option<Vec<Machine>>> {
        machines(ctx, self.0.machine_ids.as_ref()).await
    }

    /// At least this bad.
    async fn severity(&self) -> Severity {
        self.0.severity.into()
    }

    /// Of these kinds; null for all.
    async fn kinds(&self) -> Option<&[String]> {
        self.0.kinds.as_ref().map(|kinds| kinds.0.as_slice())
    }

    /// Only of what is found in these hours; null for always.
    async fn hours(&self) -> Option<Vec<Hours>> {
        self.0.hours.as_ref().map(hours)
    }

    /// Who is told.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn contact_points(&self, ctx: &Context<'_>) -> Result<Vec<ContactPoint>> {
        contact_points(ctx, &self.0.contact_point_ids).await
    }

    /// Seconds that an anomaly must last before anybody is told.
    async fn grace_seconds(&self) -> i32 {
        self.0.grace_s
    }

    /// Seconds for which further ones are waited for then, to be told in one message.
    async fn gather_seconds(&self) -> i32 {
        self.0.gather_s
    }

    /// Seconds between two messages to the same contact point at least.
    async fn digest_seconds(&self) -> i32 {
        self.0.digest_s
    }

    /// Whether the end of what was told is told too.
    async fn tells_recovery(&self) -> bool {
        self.0.tells_recovery
    }

    /// Whether it is in force.
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }
}

pub(in crate::graphql) struct Delivery(pub(in crate::graphql) delivery::Model);

/// A message to a contact point.
#[Object]
impl Delivery {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::Delivery(self.0.id).into()
    }

    /// Where it goes; null where that is no more.
    async fn contact_point(&self, ctx: &Context<'_>) -> Result<Option<ContactPoint>> {
        let row = ctx.data_unchecked::<Store>().contact_point(self.0.contact_point_id).await?;
        Ok(row.map(ContactPoint))
    }

    /// How many alerts it tells.
    async fn alerts(&self) -> i32 {
        self.0.alerts
    }

    /// Its subject.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// As text for people.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// How far it got.
    async fn status(&self) -> DeliveryStatus {
        self.0.status.into()
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// Why the last attempt failed.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at_ms)
    }

    /// When the other side took it.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.0.delivered_at_ms.map(DateTime)
    }

    /// When it is tried next; null if it is not.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        let is_pending = self.0.status == delivery::Status::Pending;
        is_pending.then_some(DateTime(self.0.next_attempt_at_ms))
    }
}
