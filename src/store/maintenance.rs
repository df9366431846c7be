//! Times at which a site or one of its machines is worked on.

use entity::{MachineId, MaintenanceId, SiteId, maintenance};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use super::failure::database_error;
use super::{Store, WriteTransaction, unknown};
use crate::error::Result;

/// A window to be stored.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::maintenance::Model")]
pub struct NewMaintenance {
    pub site_id: SiteId,
    pub machine_id: Option<MachineId>,
    pub from_ms: i64,
    pub to_ms: i64,
    pub note: Option<String>,
}

impl Store {
    /// The windows that end after an instant (ms since the epoch), of one site or of all, by begin.
    pub async fn maintenance(&self, site: Option<SiteId>, after_ms: i64) -> Result<Vec<maintenance::Model>> {
        let of_site = Condition::all().add_option(site.map(|site| maintenance::Column::SiteId.eq(site)));
        let seen = maintenance::Entity::find().filter(self.view.of(maintenance::Column::SiteId));
        let query = seen.filter(of_site).filter(maintenance::Column::ToMs.gt(after_ms));
        query.order_by_asc(maintenance::Column::FromMs).all(&self.read).await.map_err(database_error)
    }

    /// The window with this id, if there is one.
    pub async fn maintenance_by_id(&self, id: MaintenanceId) -> Result<Option<maintenance::Model>> {
        let seen = maintenance::Entity::find_by_id(id).filter(self.view.of(maintenance::Column::SiteId));
        seen.one(&self.read).await.map_err(database_error)
    }
}

impl WriteTransaction {
    /// Stores a window.
    pub async fn insert_maintenance(&self, new: NewMaintenance) -> Result<maintenance::Model> {
        let row = maintenance::ActiveModel {
            site_id: Set(new.site_id),
            machine_id: Set(new.machine_id),
            from_ms: Set(new.from_ms),
            to_ms: Set(new.to_ms),
            note: Set(new.note),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(database_error)
    }

    /// Ends a window at `now_ms`, or removes it if it has not begun by then; its site.
    pub async fn cancel_maintenance(&self, id: MaintenanceId, now_ms: i64) -> Result<SiteId> {
        let seen = maintenance::Entity::find_by_id(id).filter(self.1.of(maintenance::Column::SiteId));
        let row = seen.one(&self.0).await.map_err(database_error)?;
        let row = row.ok_or_else(|| unknown("maintenance with id", id))?;
        if row.from_ms < now_ms {
            let mut ended = row.clone().into_active_model();
            ended.to_ms = Set(row.to_ms.min(now_ms));
            ended.update(&self.0).await.map_err(database_error)?;
        } else {
            maintenance::Entity::delete_by_id(id).exec(&self.0).await.map_err(database_error)?;
        }
        Ok(row.site_id)
    }
}
