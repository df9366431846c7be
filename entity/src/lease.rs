//! Work that only one of several processes over a database may do, and who does it for now.

use sea_orm::entity::prelude::*;

/// One kind of work.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    /// Which work.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The process that does it, a name of its own choice.
    pub holder: String,
    /// Until when nobody else may, wall clock, ms since the epoch.
    pub until_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
