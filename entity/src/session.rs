//! A browser in which somebody has signed in. Only the hash of its cookie is kept.

use sea_orm::entity::prelude::*;

use crate::{PersonId, SessionId};

/// One session.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: SessionId,
    /// Whose.
    pub person_id: PersonId,
    /// SHA-256 of the cookie.
    #[sea_orm(unique)]
    pub token_hash: Vec<u8>,
    /// When they signed in, ms since the epoch.
    pub created_at_ms: i64,
    /// Since when it is no longer taken, ms since the epoch.
    pub expires_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
