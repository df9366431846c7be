//! Meters that took the place of others, as people say: with the last value of the old one and the first of the new.

use sea_orm::entity::prelude::*;

use crate::MachineId;

/// One replacement, unique by machine and time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "meter_replacement")]
pub struct Model {
    /// The machine.
    #[sea_orm(primary_key, auto_increment = false)]
    pub machine_id: MachineId,
    /// When, ms since the epoch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub time_ms: i64,
    /// The old meter's last value, kWh.
    pub old_kwh: f64,
    /// The new meter's first value, kWh.
    pub new_kwh: f64,
}

impl ActiveModelBehavior for ActiveModel {}
