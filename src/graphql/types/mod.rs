//! The types of the API, one file each, over the rows they show.

mod anomaly;
mod anomaly_change;
mod carrier;
mod demand;
mod machine;
mod meter_event;
mod reading;
mod refused;
mod rules;
mod series;
mod site;
mod stats;
mod telling;
mod usual;

pub(super) use anomaly::{Anomaly, AnomalyFilterInput, AnomalyOrder, Severity};
pub(super) use anomaly_change::{AnomalyChange, Maintenance};
pub(super) use carrier::{Carrier, CarrierStats, MeterUnit, carrier_stats, rates};
pub(super) use demand::SiteDemand;
pub(super) use machine::{Machine, MachineKind};
pub(super) use meter_event::MeterEvent;
pub(super) use reading::Reading;
pub(super) use refused::{RefusedFilterInput, RefusedReading, RefusedReadingCount};
pub(super) use rules::{Budget, BudgetPeriod, BudgetQuantity, WatchRule, WatchRuleKind};
pub(super) use series::{StatsBucket, series};
pub(super) use site::Site;
pub(super) use stats::SystemStats;
pub(super) use telling::{Channel, ContactPoint, Delivery, DeliveryStatus, HoursInput, NotificationRule, schedule};
pub(super) use usual::UsualPower;

/// Anything with an id of its own.
#[derive(async_graphql::Interface)]
#[graphql(field(name = "id", ty = "async_graphql::ID", desc = "Global id."))]
pub(super) enum Node {
    /// A site.
    Site(Site),
    /// A machine.
    Machine(Machine),
    /// An anomaly.
    Anomaly(Anomaly),
    /// A refused reading.
    RefusedReading(RefusedReading),
    /// Something that became of an anomaly.
    AnomalyChange(AnomalyChange),
    /// A maintenance window.
    Maintenance(Maintenance),
    /// A place that messages go to.
    ContactPoint(ContactPoint),
    /// A rule about who is told of what.
    NotificationRule(NotificationRule),
    /// A rule for machines.
    WatchRule(WatchRule),
    /// A budget.
    Budget(Budget),
    /// A message.
    Delivery(Delivery),
}
