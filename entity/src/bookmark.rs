//! How far some work has read a list: the last id it has dealt with.

use sea_orm::entity::prelude::*;

/// One reader's place in one list.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bookmark")]
pub struct Model {
    /// Which work and which list.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The last id dealt with.
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}
