//! What a unit of a carrier costs and emits at a site. Electricity's rates are settings.

use sea_orm::entity::prelude::*;

use crate::SiteId;
use crate::machine::{Carrier, Unit};

/// The rate of one carrier.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "carrier_rate")]
pub struct Model {
    /// The site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: SiteId,
    /// The carrier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub carrier: Carrier,
    /// What its amounts are in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit: Unit,
    /// Money a unit, in the site's currency.
    pub price_per_unit: f64,
    /// Carbon, kg CO2 a unit.
    pub carbon_kg_per_unit: f64,
}

impl ActiveModelBehavior for ActiveModel {}
