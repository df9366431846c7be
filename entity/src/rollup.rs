//! Rollups: sums of readings over buckets of time, kept in the same transaction as the readings, so that a statistic
//! reads a bounded number of rows whatever the table's size.
//!
//! A bucket holds the readings with `end - width < time <= end`: a reading's time is the end of its interval, and a
//! window that ends at a bucket's end then contains exactly the bucket's readings.

use sea_orm::entity::prelude::*;

/// One bucket. Sums are kept as a float and the part that did not fit into it (Neumaier's compensated sum), so
/// that adding and taking away again leaves nothing behind.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rollup")]
pub struct Model {
    /// What is summed: 0 one machine, otherwise a site's machines of one carrier (the carrier's number).
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: i16,
    /// The machine's id (scope 0) or the site's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_id: i64,
    /// Bucket width, minutes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub width_min: i32,
    /// Bucket end, minutes since the epoch, a multiple of the width.
    #[sea_orm(primary_key, auto_increment = false)]
    pub end_min: i64,
    /// Number of readings.
    pub readings: i64,
    /// Sum of energy, kWh.
    pub energy_kwh: f64,
    /// What `energy_kwh` lost to rounding, kWh.
    pub energy_kwh_rest: f64,
    /// Number of readings with a power.
    pub powers: i64,
    /// Sum of power, kW.
    pub power_kw_sum: f64,
    /// What `power_kw_sum` lost to rounding, kW.
    pub power_kw_sum_rest: f64,
    /// Least power, kW.
    pub power_kw_min: Option<f64>,
    /// Greatest power, kW.
    pub power_kw_max: Option<f64>,
}

impl ActiveModelBehavior for ActiveModel {}
