//! Machines with readings that came after later ones had been stored: from there on they have to be judged again. Noted in
//! the transaction that stores such a reading, so that it cannot be overlooked.

use sea_orm::entity::prelude::*;

use crate::MachineId;

/// One machine.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "late_reading")]
pub struct Model {
    /// The machine.
    #[sea_orm(primary_key, auto_increment = false)]
    pub machine_id: MachineId,
    /// Its earliest late reading, ms since the epoch.
    pub time_ms: i64,
    /// When the last one came, wall clock, ms since the epoch.
    pub noted_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
