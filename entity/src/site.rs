//! A site: a plant with one clock on the wall and one currency on its bills.

use sea_orm::entity::prelude::*;

use crate::SiteId;

/// One site. The one named `default` always exists.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: SiteId,
    /// Unique name.
    #[sea_orm(unique)]
    pub name: String,
    /// IANA name, such as `Europe/Berlin`.
    pub time_zone: String,
    /// ISO 4217 code, such as `EUR`.
    pub currency: String,
    /// Its machines.
    #[sea_orm(has_many)]
    pub machines: HasMany<super::machine::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
