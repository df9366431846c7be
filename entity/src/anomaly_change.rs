//! What became of an anomaly after it was found: its story, which is only ever added to.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::anomaly::Severity;
use crate::{AnomalyChangeId, AnomalyId};

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum What {
    /// It became critical.
    Escalated,
    /// Nobody was told of it; it has got odder, or goes on though nothing keeps it quiet any more, and people are told now.
    Announced,
    /// The machine is back to what is usual.
    Ended,
    /// Somebody has seen it.
    Acknowledged,
    /// Somebody closed it.
    Resolved,
    /// Somebody opened it again.
    Reopened,
    /// Somebody said something about it.
    Commented,
    /// Somebody said that it is none: the same thing has to be odder from now on.
    Dismissed,
}

/// One change.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "anomaly_change")]
pub struct Model {
    /// Row id, growing in commit order.
    #[sea_orm(primary_key)]
    pub id: AnomalyChangeId,
    /// Of which anomaly.
    pub anomaly_id: AnomalyId,
    /// When, by the wall clock, ms since the epoch.
    pub at_ms: i64,
    /// What happened.
    pub what: What,
    /// How bad the anomaly was then.
    pub severity: Severity,
    /// Who did it; none if Wattline itself.
    pub by: Option<String>,
    /// What they said.
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
