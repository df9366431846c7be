//! The closed table of the schema's root fields: what each needs, and whether who reaches one site only may have it, who
//! then sees that site. A field that is not in it is for administrators of all sites.

use super::Need;
use super::Need::{Administer, Operate, Read, Record};

/// A root field of a query, a mutation or a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; no two root fields have the same.
    pub name: &'static str,
    /// What it needs.
    pub need: Need,
    /// Whether what it shows and changes is of sites, so that it can be narrowed to one.
    pub is_of_sites: bool,
}

const fn of_sites(name: &'static str, need: Need) -> Field {
    Field { name, need, is_of_sites: true }
}

const fn of_all(name: &'static str, need: Need) -> Field {
    Field { name, need, is_of_sites: false }
}

/// All there are.
pub const FIELDS: &[Field] = &[
    of_sites("systemStats", Read),
    of_sites("carrierStats", Read),
    of_sites("statsHistory", Read),
    of_sites("sites", Read),
    of_sites("machines", Read),
    of_sites("machine", Read),
    of_sites("anomalies", Read),
    of_sites("refusedReadings", Read),
    of_sites("refusedReadingCounts", Read),
    of_sites("maintenance", Read),
    of_sites("notificationRules", Read),
    of_sites("watchRules", Read),
    of_sites("budgets", Read),
    of_sites("node", Read),
    of_sites("nodes", Read),
    of_sites("statsUpdates", Read),
    of_sites("anomalyDetected", Read),
    of_sites("anomalyChanged", Read),
    // The schema itself, and what federation adds to it.
    of_sites("__schema", Read),
    of_sites("__type", Read),
    of_sites("_service", Read),
    of_sites("_entities", Read),
    of_sites("recordReadings", Record),
    of_sites("resubmitReadings", Record),
    of_sites("reportAnomaly", Operate),
    of_sites("acknowledgeAnomaly", Operate),
    of_sites("resolveAnomaly", Operate),
    of_sites("reopenAnomaly", Operate),
    of_sites("commentAnomaly", Operate),
    of_sites("dismissAnomaly", Operate),
    of_sites("snoozeMachine", Operate),
    of_sites("scheduleMaintenance", Operate),
    of_sites("cancelMaintenance", Operate),
    of_sites("saveWatchRule", Operate),
    of_sites("removeWatchRule", Operate),
    of_sites("saveBudget", Operate),
    of_sites("removeBudget", Operate),
    of_sites("updateSite", Administer),
    of_sites("setCarrierRates", Administer),
    of_sites("registerMachine", Administer),
    of_sites("updateMachine", Administer),
    of_sites("retireMachine", Administer),
    of_sites("replaceMeter", Administer),
    of_sites("withdrawMeterReplacement", Administer),
    // Messages tell of several sites.
    of_all("contactPoints", Read),
    of_all("deliveries", Read),
    of_all("registerSite", Administer),
    of_all("startDemo", Administer),
    of_all("saveContactPoint", Administer),
    of_all("removeContactPoint", Administer),
    of_all("testContactPoint", Administer),
    of_all("saveNotificationRule", Administer),
    of_all("removeNotificationRule", Administer),
    of_all("retryDelivery", Administer),
    of_all("audit", Administer),
];

/// What a root field needs.
pub(super) fn find(name: &str) -> Field {
    FIELDS.iter().find(|field| field.name == name).copied().unwrap_or(of_all("", Administer))
}
