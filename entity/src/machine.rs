//! A machine: whatever has a meter of its own.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{MachineId, SiteId};

/// What a machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
pub enum Kind {
    /// Air compressor.
    Compressor,
    /// Heating, ventilation, air conditioning.
    Hvac,
    /// Electric motor.
    Motor,
    /// Pump.
    Pump,
    /// Injection molding machine.
    InjectionMolding,
    /// Conveyor.
    Conveyor,
    /// Boiler.
    Boiler,
    /// Anything else.
    Other,
}

/// The form of energy that a machine consumes. Carriers are never added to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
pub enum Carrier {
    /// Electricity: the carrier of the sixteen statistics.
    Electricity,
    /// Fuel gas.
    Gas,
    /// Steam.
    Steam,
    /// Compressed air.
    CompressedAir,
    /// Water.
    Water,
    /// Heat.
    Heat,
}

/// What a machine's meter measures amounts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "snake_case")]
pub enum Unit {
    /// Kilowatt-hours, and kilowatts.
    #[default]
    Kwh,
    /// Cubic metres, and cubic metres an hour.
    CubicMetre,
}

/// One machine.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "machine")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: MachineId,
    /// The site it stands in.
    pub site_id: SiteId,
    /// Name, unique in its site.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// What it consumes. Fixed once it has readings.
    pub carrier: Carrier,
    /// What its amounts are in, wherever the database says kWh and kW. Fixed once it has readings.
    pub unit: Unit,
    /// Rated power, kW; readings above ten times this are refused.
    pub rated_power_kw: Option<f64>,
    /// The value at which the meter's register begins again at zero, kWh.
    pub register_width_kwh: Option<f64>,
    /// Seconds between readings, as the machine is meant to send them.
    pub expected_interval_s: i32,
    /// When it was taken out of service, ms since the epoch; none while active.
    pub retired_at_ms: Option<i64>,
    /// Until when nobody is told of its anomalies, ms since the epoch.
    pub snoozed_until_ms: Option<i64>,
    /// Its site.
    #[sea_orm(belongs_to, from = "site_id", to = "id")]
    pub site: BelongsTo<super::site::Entity>,
    /// Its anomalies.
    #[sea_orm(has_many)]
    pub anomalies: HasMany<super::anomaly::Entity>,
}

impl Model {
    /// Milliseconds between readings, as the machine is meant to send them.
    #[must_use]
    pub fn expected_interval_ms(&self) -> i64 {
        i64::from(self.expected_interval_s) * 1000
    }

    /// Whether it is no more at this time, ms since the epoch.
    #[must_use]
    pub fn is_retired(&self, now_ms: i64) -> bool {
        self.retired_at_ms.is_some_and(|retired_ms| retired_ms <= now_ms)
    }
}

impl ActiveModelBehavior for ActiveModel {}
