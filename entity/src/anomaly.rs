//! An anomaly: something a machine did that it does not usually do, and what people made of it.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::{AnomalyId, MachineId, SiteId, WatchRuleId};

/// How bad it is, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// Needs somebody now.
    Critical,
}

/// What people have done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Nobody has looked.
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// Closed.
    Resolved,
}

/// Who found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// Wattline's own detector.
    Detector,
    /// Reported by another system.
    External,
    /// A rule that people set.
    Rule,
}

/// One anomaly.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "anomaly")]
pub struct Model {
    /// Row id, growing in commit order.
    #[sea_orm(primary_key)]
    pub id: AnomalyId,
    /// The machine's site, repeated here so that a site's anomalies are counted from one index.
    pub site_id: SiteId,
    /// The machine.
    pub machine_id: MachineId,
    /// What kind of oddity, such as `SPIKE`; other systems bring kinds of their own.
    pub kind: String,
    /// How bad.
    pub severity: Severity,
    /// Time of the first reading concerned, ms since the epoch.
    pub started_at_ms: i64,
    /// Time of the last reading concerned; none while it lasts.
    pub ended_at_ms: Option<i64>,
    /// When it was found, by the wall clock, ms since the epoch.
    pub detected_at_ms: i64,
    /// What was measured.
    pub value: Option<f64>,
    /// What was measured when Wattline found it; what it has grown to since is `value`.
    pub first_value: Option<f64>,
    /// What was to be expected.
    pub expected: Option<f64>,
    /// Where what is usual begins, in the unit of `expected`.
    pub low: Option<f64>,
    /// Where what is usual ends.
    pub high: Option<f64>,
    /// How far off, in the detector's own measure.
    pub deviation: Option<f64>,
    /// How odd, 0 to 1.
    pub score: Option<f64>,
    /// A sentence for people.
    pub message: Option<String>,
    /// What people have done about it.
    pub status: Status,
    /// Who set the status.
    pub status_by: Option<String>,
    /// When the status was set, ms since the epoch.
    pub status_at_ms: Option<i64>,
    /// Why.
    pub status_note: Option<String>,
    /// Who found it.
    pub source: Source,
    /// The id that the other system knows it by.
    pub external_id: Option<String>,
    /// The rule that found it, even if it is no more.
    pub rule_id: Option<WatchRuleId>,
    /// Nobody was told: it was long over when it was found, its machine was snoozed or under maintenance, or people have
    /// said that the same is none.
    pub is_quiet: bool,
    /// Its machine.
    #[sea_orm(belongs_to, from = "machine_id", to = "id")]
    pub machine: BelongsTo<super::machine::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
