//! A reading: what a machine drew during the interval that ends at `time_ms`. The rows are the truth; everything
//! else in the database can be computed from them.

use sea_orm::entity::prelude::*;

use crate::MachineId;

/// One reading, unique by machine and time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reading")]
pub struct Model {
    /// The machine.
    #[sea_orm(primary_key, auto_increment = false)]
    pub machine_id: MachineId,
    /// End of the interval, ms since the epoch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub time_ms: i64,
    /// Power, kW: as sent, or derived from energy. None while nothing tells it.
    pub power_kw: Option<f64>,
    /// Energy of the interval, kWh: as sent, or derived from power.
    pub energy_kwh: f64,
    /// The meter's running register, kWh, as sent.
    pub counter_kwh: Option<f64>,
    /// Which values were sent rather than derived: 1 power, 2 energy, 4 counter; 8 when the energy was drawn at some
    /// time in a gap; 16 for each reading since the register became unsettled. Added up.
    pub flags: i16,
    /// Since when the energy was drawn, ms since the epoch, if not in the interval that ends at `time_ms`.
    pub spread_from_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
