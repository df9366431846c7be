//! Global object ids, as Relay asks: `Machine:7` in base64, so that nobody is tempted to count on their form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entity::{
    AnomalyChangeId, AnomalyId, AuditId, BudgetId, ContactPointId, DeliveryId, MachineId, MaintenanceId,
    NotificationRuleId, RefusedReadingId, SiteId, WatchRuleId,
};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident: $id:ident,)+) => {
        /// What an id may point to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GlobalId {
            $($(#[doc = $doc])+ $kind($id),)+
        }

        impl std::fmt::Display for GlobalId {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let text = match self {
                    $(Self::$kind(id) => format!(concat!(stringify!($kind), ":{}"), id),)+
                };
                f.write_str(&STANDARD.encode(text))
            }
        }

        impl GlobalId {
            /// Reads an id; none if it was never given out.
            #[must_use]
            pub fn parse(id: &str) -> Option<Self> {
                let text = String::from_utf8(STANDARD.decode(id).ok()?).ok()?;
                let (kind, number) = text.split_once(':')?;
                let number = number.parse().ok()?;
                match kind {
                    $(stringify!($kind) => Some(Self::$kind($id(number))),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// A site.
    Site: SiteId,
    /// A machine.
    Machine: MachineId,
    /// An anomaly.
    Anomaly: AnomalyId,
    /// A refused reading.
    RefusedReading: RefusedReadingId,
    /// Something that became of an anomaly.
    AnomalyChange: AnomalyChangeId,
    /// A maintenance window.
    Maintenance: MaintenanceId,
    /// A place that messages go to.
    ContactPoint: ContactPointId,
    /// A rule about who is told of what.
    NotificationRule: NotificationRuleId,
    /// A rule that people set for machines.
    WatchRule: WatchRuleId,
    /// A budget.
    Budget: BudgetId,
    /// A message.
    Delivery: DeliveryId,
    /// A change in the audit.
    AuditEntry: AuditId,
}
