//! Who changed what and when. Rows are only ever added, in the transaction of the change itself.

use sea_orm::entity::prelude::*;

use crate::AuditId;

/// One change.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: AuditId,
    /// When it was asked for, ms since the epoch.
    pub at_ms: i64,
    /// Who asked: a key by its prefix and name, a person by their name.
    pub by: String,
    /// What: a mutation's name, or a command.
    pub field: String,
    /// In which request.
    pub request_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
