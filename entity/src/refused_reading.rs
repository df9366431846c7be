//! Rows that were not stored, and why: kept for a while, so that they can be sent again once the reason is gone.

use sea_orm::entity::prelude::*;

use crate::machine::Unit;
use crate::{RefusedReadingId, SiteId};

/// One refused row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refused_reading")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: RefusedReadingId,
    /// Where its machine was looked up.
    pub site_id: SiteId,
    /// When it was refused first, wall clock, ms since the epoch.
    pub received_at_ms: i64,
    /// Stable code, such as `UNKNOWN_MACHINE`.
    pub code: String,
    /// For people.
    pub message: String,
    /// The machine's name as sent; none if the row could not be read.
    pub machine: Option<String>,
    /// Its time, ms since the epoch; none if the row could not be read.
    pub time_ms: Option<i64>,
    /// What its amounts are in.
    pub unit: Unit,
    /// Power as sent, kW.
    pub power_kw: Option<f64>,
    /// Energy as sent, kWh.
    pub energy_kwh: Option<f64>,
    /// Register as sent, kWh.
    pub counter_kwh: Option<f64>,
    /// What was sent, if it could not be read.
    pub row: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
