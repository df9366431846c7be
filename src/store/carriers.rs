//! What the carriers of a site cost and emit.

use entity::carrier_rate::{ActiveModel, Column, Entity};
use entity::machine::{Carrier, Unit};
use entity::{SiteId, machine};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::failure::database_error;
use super::{Measured, Store, WriteTransaction};
use crate::domain::statistics::Rates;
use crate::error::Result;

impl Store {
    /// The carriers and units that a site has machines of, in the order of their declaration.
    pub async fn carriers(&self, site: SiteId) -> Result<Vec<Measured>> {
        use sea_orm::Iterable;
        let query = machine::Entity::find().filter(machine::Column::SiteId.eq(site)).select_only();
        let query = query.columns([machine::Column::Carrier, machine::Column::Unit]).distinct();
        let found: Vec<Measured> = query.into_tuple().all(&self.read).await.map_err(database_error)?;
        let all = Carrier::iter().flat_map(|carrier| Unit::iter().map(move |unit| (carrier, unit)));
        Ok(all.filter(|measured| found.contains(measured)).collect())
    }

    /// The rates of a carrier at a site: `electricity` for that, which are settings, and what was set for the others.
    pub async fn rates(&self, site: SiteId, (carrier, unit): Measured, electricity: Rates) -> Result<Option<Rates>> {
        if carrier == Carrier::Electricity {
            return Ok(Some(electricity));
        }
        let row = Entity::find_by_id((site, carrier, unit)).one(&self.read).await.map_err(database_error)?;
        Ok(row.map(|row| Rates { price_per_unit: row.price_per_unit, carbon_kg_per_unit: row.carbon_kg_per_unit }))
    }
}

impl WriteTransaction {
    /// Sets a carrier's rates at a site.
    pub async fn set_carrier_rates(&self, site: SiteId, (carrier, unit): Measured, rates: Rates) -> Result<()> {
        let row = ActiveModel {
            site_id: Set(site),
            carrier: Set(carrier),
            unit: Set(unit),
            price_per_unit: Set(rates.price_per_unit),
            carbon_kg_per_unit: Set(rates.carbon_kg_per_unit),
        };
        let mut replace = OnConflict::columns([Column::SiteId, Column::Carrier, Column::Unit]);
        replace.update_columns([Column::PricePerUnit, Column::CarbonKgPerUnit]);
        Entity::insert(row).on_conflict(replace).exec_without_returning(&self.0).await.map_err(database_error)?;
        Ok(())
    }
}
