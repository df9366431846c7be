//! What a meter's register did beside counting.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::MachineId;

/// What it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// It passed its width and began again.
    Rollover,
    /// It was set back to zero or near it.
    Reset,
    /// It left its level and came back.
    Glitch,
    /// Another meter took its place.
    Replaced,
}

/// One event, unique by machine and time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "meter_event")]
pub struct Model {
    /// The machine.
    #[sea_orm(primary_key, auto_increment = false)]
    pub machine_id: MachineId,
    /// Time of the reading that showed it, ms since the epoch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub time_ms: i64,
    /// What it did.
    pub kind: Kind,
    /// The register before, kWh.
    pub before_kwh: f64,
    /// The register in the reading, kWh.
    pub after_kwh: f64,
}

impl ActiveModelBehavior for ActiveModel {}
