//! Identifiers as types of their own, so that a machine's id cannot be passed where a site's is meant.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A site's row id.
    SiteId
}
id! {
    /// A machine's row id.
    MachineId
}
id! {
    /// An anomaly's row id. Ids grow in the order in which anomalies were committed, so they serve as cursors.
    AnomalyId
}
id! {
    /// A refused reading's row id.
    RefusedReadingId
}
id! {
    /// The row id of a change of an anomaly. Ids grow in the order in which changes were committed, so they serve as
    /// cursors.
    AnomalyChangeId
}
id! {
    /// A maintenance window's row id.
    MaintenanceId
}
id! {
    /// The row id of a place that messages go to.
    ContactPointId
}
id! {
    /// The row id of a rule about who is told of what.
    NotificationRuleId
}
id! {
    /// The row id of a rule that people set for machines.
    WatchRuleId
}
id! {
    /// A budget's row id.
    BudgetId
}
id! {
    /// The row id of something that one contact point is to be told.
    AlertId
}
id! {
    /// The row id of a message.
    DeliveryId
}
id! {
    /// A key's row id.
    ApiKeyId
}
id! {
    /// A person's row id.
    PersonId
}
id! {
    /// A session's row id.
    SessionId
}
id! {
    /// The row id of a change in the audit.
    AuditId
}
