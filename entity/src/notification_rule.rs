//! Who is told of which anomalies, and how soon.

use sea_orm::entity::prelude::*;

use crate::anomaly::Severity;
use crate::lists::{ContactPointIds, Kinds, MachineIds, Schedule};
use crate::{NotificationRuleId, SiteId};

/// One rule.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_rule")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: NotificationRuleId,
    /// Unique name.
    pub name: String,
    /// Of this site; none for all.
    pub site_id: Option<SiteId>,
    /// Of these machines; none for all.
    pub machine_ids: Option<MachineIds>,
    /// At least this bad.
    pub severity: Severity,
    /// Of these kinds; none for all.
    pub kinds: Option<Kinds>,
    /// Only of what is found in these hours, by the site's clocks; none for always.
    pub hours: Option<Schedule>,
    /// Who is told.
    pub contact_point_ids: ContactPointIds,
    /// For how long an anomaly must last before anybody is told, s.
    pub grace_s: i32,
    /// For how long further ones are waited for, to be told in one message, s.
    pub gather_s: i32,
    /// The time between two messages to the same place, s.
    pub digest_s: i32,
    /// Whether the end of what was told is told too.
    pub tells_recovery: bool,
    /// Whether it is in force.
    pub is_enabled: bool,
}

impl ActiveModelBehavior for ActiveModel {}
