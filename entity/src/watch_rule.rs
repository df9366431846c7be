//! A rule that people set for machines: what is an anomaly whatever the detector says.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::anomaly::Severity;
use crate::lists::{MachineIds, Schedule};
use crate::{SiteId, WatchRuleId, machine};

/// What is watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// Power above or below a limit.
    Threshold,
    /// Power above a limit outside of production hours.
    OffHours,
    /// No readings.
    NoData,
}

/// One rule.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "watch_rule")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: WatchRuleId,
    /// The site it is for.
    pub site_id: SiteId,
    /// Name, unique in its site.
    pub name: String,
    /// What is watched for.
    pub kind: Kind,
    /// How bad that is.
    pub severity: Severity,
    /// For these machines; none for those of `machine_kind`.
    pub machine_ids: Option<MachineIds>,
    /// For the machines of this kind; none for all.
    pub machine_kind: Option<machine::Kind>,
    /// Power above this is one, kW (or flow, m³/h).
    pub above_kw: Option<f64>,
    /// Power below this is one, kW (or flow, m³/h).
    pub below_kw: Option<f64>,
    /// How far back within the limit the power must be for it to be over, kW.
    pub hysteresis_kw: f64,
    /// For how long without a break, s.
    pub for_s: i32,
    /// When production runs, by the site's clocks.
    pub production_hours: Option<Schedule>,
    /// Whether it is in force.
    pub is_enabled: bool,
    /// When it was last changed, ms since the epoch: it is about readings since then.
    pub changed_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
