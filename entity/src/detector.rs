//! How far a machine's readings have been judged, and what the detector knew of the machine then.

use sea_orm::entity::prelude::*;

use crate::MachineId;

/// One machine's checkpoint.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "detector")]
pub struct Model {
    /// The machine.
    #[sea_orm(primary_key, auto_increment = false)]
    pub machine_id: MachineId,
    /// The last reading that was judged, ms since the epoch.
    pub time_ms: i64,
    /// What the detector knew, in its own form.
    pub state: Vec<u8>,
    /// How the rules that people set stood then, as JSON.
    pub watches: String,
    /// The last dismissal that it knew of, an id of `anomaly_change`; 0 for none.
    pub dismissal_id: i64,
}

impl ActiveModelBehavior for ActiveModel {}
