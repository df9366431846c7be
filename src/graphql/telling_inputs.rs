//! What mutations about rules, budgets and contact points take and give back.

use async_graphql::{ID, InputObject, SimpleObject};
use entity::lists::{ContactPointIds, Kinds, MachineIds, Percents};
use entity::{
    BudgetId, ContactPointId, NotificationRuleId, SiteId, WatchRuleId, budget, contact_point, machine,
    notification_rule, watch_rule,
};

use super::ids;
use super::types::{
    Budget, BudgetPeriod, BudgetQuantity, Carrier, Channel, ContactPoint, Delivery, HoursInput, MachineKind,
    NotificationRule, Severity, WatchRule, WatchRuleKind, schedule,
};
use crate::codes::Code;
use crate::domain::registry::{as_written, check_kind, check_name};
use crate::error::{Error, Result};

/// Seconds of a rule's times at most: a week.
const GREATEST_S: i32 = 7 * 86_400;

fn invalid(message: impl Into<String>) -> Error {
    Error::invalid(Code::InvalidInput, message)
}

fn check_seconds(name: &str, seconds: i32) -> Result<()> {
    if (0..=GREATEST_S).contains(&seconds) {
        return Ok(());
    }
    Err(invalid(format!("{name} is {seconds}: it lies between 0 and {GREATEST_S}")))
}

fn machine_ids(ids: Option<Vec<ID>>) -> Result<Option<MachineIds>> {
    check_not_empty("machineIds", ids.as_deref())?;
    let read = |ids: Vec<ID>| {
        let mut ids: Vec<_> = ids.iter().map(ids::machine).collect::<Result<_>>()?;
        ids.sort_unstable();
        ids.dedup();
        Ok(MachineIds(ids))
    };
    ids.map(read).transpose()
}

/// Refuses what would be about nothing, where absent is about all.
fn check_not_empty<T>(name: &str, list: Option<&[T]>) -> Result<()> {
    if list.is_some_and(<[T]>::is_empty) {
        return Err(invalid(format!("{name} is empty, which would be none: leave it out for all")));
    }
    Ok(())
}

fn contact_point_ids(ids: &[ID]) -> Result<ContactPointIds> {
    ids.iter().map(ids::contact_point).collect::<Result<_>>().map(ContactPointIds)
}

/// A place that messages go to.
#[derive(InputObject)]
pub(super) struct SaveContactPointInput {
    /// Which is to be changed; absent for a new one.
    id: Option<ID>,
    /// Unique name.
    name: String,
    /// How messages get there.
    channel: Channel,
    /// The e-mail address, or the webhook's URL.
    address: String,
    /// Whether messages are sent.
    #[graphql(default = true)]
    is_enabled: bool,
    /// Whether a webhook's secret is to be replaced; a new webhook has a new one anyway.
    #[graphql(default = false)]
    new_secret: bool,
}

impl SaveContactPointInput {
    /// The row without its secret, and whether a new one is wanted.
    pub(super) fn resolve(self) -> Result<(contact_point::Model, bool)> {
        check_name(&self.name)?;
        let row = contact_point::Model {
            id: self.id.as_ref().map(ids::contact_point).transpose()?.unwrap_or(ContactPointId(0)),
            name: self.name,
            channel: self.channel.into(),
            address: self.address,
            secret: None,
            is_enabled: self.is_enabled,
        };
        Ok((row, self.new_secret))
    }
}

/// Who is told of which anomalies, and how soon.
#[derive(InputObject)]
pub(super) struct SaveNotificationRuleInput {
    /// Which is to be changed; absent for a new one.
    id: Option<ID>,
    /// Unique name.
    name: String,
    /// Of this site; absent for all.
    site_id: Option<ID>,
    /// Of these machines; absent for all.
    machine_ids: Option<Vec<ID>>,
    /// At least this bad.
    #[graphql(default_with = "Severity::Warning")]
    severity: Severity,
    /// Of these kinds, such as `SPIKE`; absent for all.
    kinds: Option<Vec<String>>,
    /// Only of what is found in these hours; absent for always.
    hours: Option<Vec<HoursInput>>,
    /// Who is told.
    contact_point_ids: Vec<ID>,
    /// Seconds that an anomaly must last before anybody is told.
    #[graphql(default = 30)]
    grace_seconds: i32,
    /// Seconds for which further ones are waited for then, to be told in one message.
    #[graphql(default = 60)]
    gather_seconds: i32,
    /// Seconds between two messages to the same contact point at least.
    #[graphql(default = 300)]
    digest_seconds: i32,
    /// Whether the end of what was told is told too.
    #[graphql(default = true)]
    tells_recovery: bool,
    /// Whether it is in force.
    #[graphql(default = true)]
    is_enabled: bool,
}

impl SaveNotificationRuleInput {
    pub(super) fn resolve(self) -> Result<notification_rule::Model> {
        check_name(&self.name)?;
        check_seconds("graceSeconds", self.grace_seconds)?;
        check_seconds("gatherSeconds", self.gather_seconds)?;
        check_seconds("digestSeconds", self.digest_seconds)?;
        check_not_empty("kinds", self.kinds.as_deref())?;
        self.kinds.iter().flatten().try_for_each(|kind| check_kind(kind))?;
        Ok(notification_rule::Model {
            id: self.id.as_ref().map(ids::notification_rule).transpose()?.unwrap_or(NotificationRuleId(0)),
            name: self.name,
            site_id: self.site_id.as_ref().map(ids::site).transpose()?,
            machine_ids: machine_ids(self.machine_ids)?,
            severity: self.severity.into(),
            kinds: self.kinds.map(|kinds| Kinds(kinds.into_iter().map(as_written).collect())),
            hours: self.hours.map(schedule).transpose()?,
            contact_point_ids: contact_point_ids(&self.contact_point_ids)?,
            grace_s: self.grace_seconds,
            gather_s: self.gather_seconds,
            digest_s: self.digest_seconds,
            tells_recovery: self.tells_recovery,
            is_enabled: self.is_enabled,
        })
    }
}

/// A rule for machines.
#[derive(InputObject)]
pub(super) struct SaveWatchRuleInput {
    /// Which is to be changed; absent for a new one.
    id: Option<ID>,
    /// Name, unique in its site.
    name: String,
    /// The site; `default` if absent.
    pub(super) site_id: Option<ID>,
    /// What is watched for.
    kind: WatchRuleKind,
    /// How bad that is.
    #[graphql(default_with = "Severity::Warning")]
    severity: Severity,
    /// For these machines; absent for those of `machineKind`.
    machine_ids: Option<Vec<ID>>,
    /// For the machines of this kind; absent for all.
    machine_kind: Option<MachineKind>,
    /// Power above this breaks it, kW (or flow, m³/h).
    above_kw: Option<f64>,
    /// Power below this breaks it, kW (or flow, m³/h).
    below_kw: Option<f64>,
    /// How far back within the limit the power must be for it to be over, kW.
    #[graphql(default = 0.0)]
    hysteresis_kw: f64,
    /// For how many seconds without a break.
    #[graphql(default = 60)]
    for_seconds: i32,
    /// When production runs.
    production_hours: Option<Vec<HoursInput>>,
    /// Whether it is in force.
    #[graphql(default = true)]
    is_enabled: bool,
}

impl SaveWatchRuleInput {
    pub(super) fn resolve(self, site_id: SiteId) -> Result<watch_rule::Model> {
        check_name(&self.name)?;
        check_seconds("forSeconds", self.for_seconds)?;
        let kind = self.kind.into();
        let numbers = [self.above_kw, self.below_kw, Some(self.hysteresis_kw)];
        if numbers.iter().flatten().any(|kw| !kw.is_finite()) || self.hysteresis_kw < 0.0 {
            return Err(invalid("limits are finite numbers, and a hysteresis is not below 0"));
        }
        let (above_kw, below_kw) = (self.above_kw, self.below_kw);
        match kind {
            watch_rule::Kind::Threshold if above_kw.is_none() && below_kw.is_none() => {
                return Err(invalid("a threshold has aboveKw or belowKw"));
            }
            watch_rule::Kind::Threshold if above_kw.zip(below_kw).is_some_and(|(above, below)| above <= below) => {
                return Err(invalid("aboveKw lies above belowKw"));
            }
            watch_rule::Kind::OffHours if above_kw.is_none() || self.production_hours.is_none() => {
                return Err(invalid("consumption outside of production hours has aboveKw and productionHours"));
            }
            watch_rule::Kind::NoData if self.for_seconds == 0 => {
                return Err(invalid("missing data are waited for at least one second: forSeconds"));
            }
            _ => {}
        }
        Ok(watch_rule::Model {
            id: self.id.as_ref().map(ids::watch_rule).transpose()?.unwrap_or(WatchRuleId(0)),
            site_id,
            name: self.name,
            kind,
            severity: self.severity.into(),
            machine_ids: machine_ids(self.machine_ids)?,
            machine_kind: self.machine_kind.map(machine::Kind::from),
            above_kw,
            below_kw: below_kw.filter(|_| kind == watch_rule::Kind::Threshold),
            hysteresis_kw: self.hysteresis_kw,
            for_s: self.for_seconds,
            production_hours: self.production_hours.map(schedule).transpose()?,
            is_enabled: self.is_enabled,
            changed_at_ms: 0,
        })
    }
}

/// A budget.
#[derive(InputObject)]
pub(super) struct SaveBudgetInput {
    /// Which is to be changed; absent for a new one.
    id: Option<ID>,
    /// Name, unique in its site.
    name: String,
    /// The site; `default` if absent.
    pub(super) site_id: Option<ID>,
    /// What is limited.
    quantity: BudgetQuantity,
    /// Of this carrier; absent for electricity, and for cost and carbon for all carriers that have rates.
    carrier: Option<Carrier>,
    /// Of these machines; absent for all. A peak demand is always the whole site's.
    machine_ids: Option<Vec<ID>>,
    /// For how long it holds.
    period: BudgetPeriod,
    /// The limit: kWh, the site's currency, kg CO2 or kW.
    limit: f64,
    /// Percentages of the limit whose reaching is told.
    #[graphql(default_with = "vec![50, 75, 90, 100]")]
    bands: Vec<i32>,
    /// Whether it is told that the limit will likely be passed.
    #[graphql(default = true)]
    tells_forecast: bool,
    /// Who is told.
    contact_point_ids: Vec<ID>,
    /// Whether it is in force.
    #[graphql(default = true)]
    is_enabled: bool,
}

impl SaveBudgetInput {
    pub(super) fn resolve(self, site_id: SiteId) -> Result<budget::Model> {
        check_name(&self.name)?;
        if !(self.limit.is_finite() && self.limit > 0.0) {
            return Err(invalid(format!("a limit is above 0, not {}", self.limit)));
        }
        let mut bands = self.bands;
        bands.sort_unstable();
        bands.dedup();
        if bands.len() > 20 || bands.iter().any(|band| !(1..=1000).contains(band)) {
            return Err(invalid("bands are at most 20 percentages from 1 to 1000"));
        }
        let quantity = self.quantity.into();
        let carrier = self.carrier.map(machine::Carrier::from);
        let is_money = matches!(quantity, budget::Quantity::Cost | budget::Quantity::Carbon);
        let is_peak = quantity == budget::Quantity::PeakDemand;
        let is_electricity = carrier.is_none_or(|carrier| carrier == machine::Carrier::Electricity);
        if is_peak && (self.machine_ids.is_some() || !is_electricity) {
            return Err(invalid("a peak demand is that of all electricity machines of a site"));
        }
        Ok(budget::Model {
            id: self.id.as_ref().map(ids::budget).transpose()?.unwrap_or(BudgetId(0)),
            site_id,
            name: self.name,
            quantity,
            carrier: carrier.or((!is_money).then_some(machine::Carrier::Electricity)),
            machine_ids: machine_ids(self.machine_ids)?,
            period: self.period.into(),
            limit_value: self.limit,
            bands: Percents(bands),
            tells_forecast: self.tells_forecast,
            contact_point_ids: contact_point_ids(&self.contact_point_ids)?,
            is_enabled: self.is_enabled,
        })
    }
}

/// What is to be removed.
#[derive(InputObject)]
pub(super) struct RemoveInput {
    /// Which.
    pub(super) id: ID,
}

/// What is to be tried out.
#[derive(InputObject)]
pub(super) struct TestContactPointInput {
    /// Which.
    pub(super) id: ID,
}

/// What is to be tried again.
#[derive(InputObject)]
pub(super) struct RetryDeliveryInput {
    /// Which.
    pub(super) id: ID,
}

/// What was removed.
#[derive(SimpleObject)]
pub(super) struct RemovePayload {
    /// Its global id, under which there is nothing now.
    pub(super) removed_id: ID,
}

/// A contact point, as it is now.
#[derive(SimpleObject)]
pub(super) struct ContactPointPayload {
    /// The contact point.
    pub(super) contact_point: ContactPoint,
}

/// A contact point, as it is now.
#[derive(SimpleObject)]
pub(super) struct SavedContactPointPayload {
    /// The contact point.
    pub(super) contact_point: ContactPoint,
    /// What a webhook's requests are signed with from now on, if that is new; it is shown this once.
    pub(super) secret: Option<String>,
}

/// A rule, as it is now.
#[derive(SimpleObject)]
pub(super) struct NotificationRulePayload {
    /// The rule.
    pub(super) notification_rule: NotificationRule,
}

/// A rule, as it is now.
#[derive(SimpleObject)]
pub(super) struct WatchRulePayload {
    /// The rule.
    pub(super) watch_rule: WatchRule,
}

/// A budget, as it is now.
#[derive(SimpleObject)]
pub(super) struct BudgetPayload {
    /// The budget.
    pub(super) budget: Budget,
}

/// A message, as it is now.
#[derive(SimpleObject)]
pub(super) struct DeliveryPayload {
    /// The message.
    pub(super) delivery: Delivery,
}
