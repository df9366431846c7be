//! Identifiers as types of their own, so that a machine's id cannot be passed where a site's is meant.

use sea_orm::DeriveValueType;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
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
