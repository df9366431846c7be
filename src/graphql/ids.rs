//! Ids as the API takes them: global ones, read as what they have to be of.

use async_graphql::ID;
use entity::{
    AnomalyId, BudgetId, ContactPointId, DeliveryId, MachineId, MaintenanceId, NotificationRuleId, SiteId, WatchRuleId,
};

use crate::codes::Code;
pub(super) use crate::domain::global_id::GlobalId;
use crate::error::{Error, Result};
use crate::ingest::MachineRef;

macro_rules! readers {
    ($($name:ident: $kind:ident of $id:ty, $what:literal;)+) => {
        $(#[doc = concat!("Reads the id of ", $what, ".")]
        pub(super) fn $name(id: &ID) -> Result<$id> {
            match GlobalId::parse(id) {
                Some(GlobalId::$kind(id)) => Ok(id),
                _ => Err(wrong(id, $what)),
            }
        })+
    };
}

readers! {
    site: Site of SiteId, "a site";
    machine: Machine of MachineId, "a machine";
    anomaly: Anomaly of AnomalyId, "an anomaly";
    maintenance: Maintenance of MaintenanceId, "a maintenance window";
    contact_point: ContactPoint of ContactPointId, "a contact point";
    notification_rule: NotificationRule of NotificationRuleId, "a notification rule";
    watch_rule: WatchRule of WatchRuleId, "a rule for machines";
    budget: Budget of BudgetId, "a budget";
    delivery: Delivery of DeliveryId, "a delivery";
}

fn wrong(id: &str, what: &str) -> Error {
    Error::invalid(Code::InvalidId, format!("{id:?} is not the id of {what}: take ids from the API, do not make them"))
}

/// A machine as senders name it: its id if it is one, else its name.
pub(super) fn machine_ref(machine: String) -> MachineRef {
    match GlobalId::parse(&machine) {
        Some(GlobalId::Machine(id)) => MachineRef::Id(id),
        _ => MachineRef::Name(machine),
    }
}
