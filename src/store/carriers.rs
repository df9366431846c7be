//! What the carriers of a site cost and emit.

use std::collections::HashMap;

use entity::carrier_rate::{ActiveModel, Column, Entity};
use entity::machine::Carrier;
use entity::{SiteId, machine};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::failure::database_error;
use super::{Store, WriteTransaction};
use crate::domain::statistics::Rates;
use crate::error::Result;

impl Store {
    /// The carriers that a site has machines of, in the order of their declaration.
    pub async fn carriers(&self, site: SiteId) -> Result<Vec<Carrier>> {
        use sea_orm::Iterable;
        let query = machine::Entity::find().filter(machine::Column::SiteId.eq(site)).select_only();
        let query = query.column(machine::Column::Carrier).distinct();
        let found: Vec<Carrier> = query.into_tuple().all(&self.read).await.map_err(database_error)?;
        Ok(Carrier::iter().filter(|carrier| found.contains(carrier)).collect())
    }

    /// The rates that were set for a site.
    pub async fn carrier_rates(&self, site: SiteId) -> Result<HashMap<Carrier, Rates>> {
        let rows = Entity::find().filter(Column::SiteId.eq(site)).all(&self.read).await.map_err(database_error)?;
        let rates = rows.into_iter().map(|row| {
            let rates = Rates { price_per_kwh: row.price_per_kwh, carbon_kg_per_kwh: row.carbon_kg_per_kwh };
            (row.carrier, rates)
        });
        Ok(rates.collect())
    }
}

impl WriteTransaction {
    /// Sets a carrier's rates at a site.
    pub async fn set_carrier_rates(&self, site: SiteId, carrier: Carrier, rates: Rates) -> Result<()> {
        let row = ActiveModel {
            site_id: Set(site),
            carrier: Set(carrier),
            price_per_kwh: Set(rates.price_per_kwh),
            carbon_kg_per_kwh: Set(rates.carbon_kg_per_kwh),
        };
        let mut replace = OnConflict::columns([Column::SiteId, Column::Carrier]);
        replace.update_columns([Column::PricePerKwh, Column::CarbonKgPerKwh]);
        Entity::insert(row).on_conflict(replace).exec_without_returning(&self.0).await.map_err(database_error)?;
        Ok(())
    }
}
