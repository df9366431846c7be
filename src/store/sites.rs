//! Sites: found by name or id, listed, registered.

use entity::{SiteId, site};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use super::failure::{database_error, is_unique_violation};
use super::{Store, WriteTransaction, unknown};
use crate::codes::Code;
use crate::domain::registry::check_name;
use crate::error::{Error, Result};

/// A site to be registered.
#[derive(Clone, Debug)]
pub struct NewSite {
    /// Unique name.
    pub name: String,
    /// IANA time zone.
    pub time_zone: String,
    /// ISO 4217 currency code.
    pub currency: String,
}

impl Store {
    /// The site of this name; `default` if none is said, or the only one that is seen.
    pub async fn site_by_name(&self, name: Option<&str>) -> Result<site::Model> {
        if let (None, Some(only)) = (name, self.view.only()) {
            return self.site(only).await;
        }
        let name = name.unwrap_or("default");
        if check_name(name).is_err() {
            return Err(unknown("site named", name));
        }
        let found = self.seen_sites().filter(site::Column::Name.eq(name)).one(&self.read).await;
        found.map_err(database_error)?.ok_or_else(|| unknown("site named", name))
    }

    /// The sites with these ids, in any order.
    pub async fn sites_by_id(&self, ids: &[SiteId]) -> Result<Vec<site::Model>> {
        let query = self.seen_sites().filter(site::Column::Id.is_in(ids.iter().copied()));
        query.all(&self.read).await.map_err(database_error)
    }

    /// The site with this id.
    pub async fn site(&self, id: SiteId) -> Result<site::Model> {
        let found = self.seen_sites().filter(site::Column::Id.eq(id)).one(&self.read).await.map_err(database_error)?;
        found.ok_or_else(|| unknown("site with id", id))
    }

    /// All sites, by id.
    pub async fn sites(&self) -> Result<Vec<site::Model>> {
        self.seen_sites().order_by_asc(site::Column::Id).all(&self.read).await.map_err(database_error)
    }

    fn seen_sites(&self) -> Select<site::Entity> {
        site::Entity::find().filter(self.view.of(site::Column::Id))
    }
}

impl WriteTransaction {
    /// Registers a site; `NAME_TAKEN` if there is one of this name.
    pub async fn insert_site(&self, new: NewSite) -> Result<site::Model> {
        let name = new.name.clone();
        let row = site::ActiveModel {
            name: Set(new.name),
            time_zone: Set(new.time_zone),
            currency: Set(new.currency),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(|e| {
            if is_unique_violation(&e) {
                return Error::invalid(Code::NameTaken, format!("there is a site named {name} already"));
            }
            database_error(e)
        })
    }

    /// Sets time zone and currency of a site.
    pub async fn update_site(
        &self,
        id: SiteId,
        time_zone: Option<String>,
        currency: Option<String>,
    ) -> Result<site::Model> {
        if !self.1.sees(id) {
            return Err(unknown("site with id", id));
        }
        let row = site::ActiveModel {
            id: Set(id),
            time_zone: time_zone.map_or(sea_orm::NotSet, Set),
            currency: currency.map_or(sea_orm::NotSet, Set),
            ..Default::default()
        };
        row.update(&self.0).await.map_err(|e| match e {
            sea_orm::DbErr::RecordNotUpdated => unknown("site with id", id),
            other => database_error(other),
        })
    }
}
