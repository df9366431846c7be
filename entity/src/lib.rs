//! The row types: one file a table, no queries.
//!
//! They live apart so that the schema can be read without reading the program. Times are whole milliseconds since
//! the Unix epoch, UTC: the same eight bytes on SQLite and PostgreSQL, exact, and sorted as they are.

pub mod alert;
pub mod anomaly;
pub mod anomaly_change;
pub mod api_key;
pub mod audit;
pub mod bookmark;
pub mod budget;
pub mod carrier_rate;
pub mod contact_point;
pub mod delivery;
pub mod detector;
pub mod ids;
pub mod late_reading;
pub mod lease;
pub mod lists;
pub mod machine;
pub mod maintenance;
pub mod meter_event;
pub mod meter_replacement;
pub mod notification_rule;
pub mod person;
pub mod reading;
pub mod refused_reading;
pub mod rollup;
pub mod session;
pub mod site;
pub mod watch_rule;

pub use ids::{
    AlertId, AnomalyChangeId, AnomalyId, ApiKeyId, AuditId, BudgetId, ContactPointId, DeliveryId, MachineId,
    MaintenanceId, NotificationRuleId, PersonId, RefusedReadingId, SessionId, SiteId, WatchRuleId,
};
