//! Times at which a site or one of its machines is worked on: anomalies that begin then are kept, but nobody is told.

use sea_orm::entity::prelude::*;

use crate::{MachineId, MaintenanceId, SiteId};

/// One window.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: MaintenanceId,
    /// The site.
    pub site_id: SiteId,
    /// Its machine; none for all of them.
    pub machine_id: Option<MachineId>,
    /// Begin, ms since the epoch.
    pub from_ms: i64,
    /// End, ms since the epoch.
    pub to_ms: i64,
    /// What is done.
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
