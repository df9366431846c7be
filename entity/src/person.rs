//! A person who signs in, with a name and a password or at the issuer. Whoever may no longer do so stays as a row: what they did is theirs.

use sea_orm::entity::prelude::*;

use crate::api_key::Scope;
use crate::{PersonId, SiteId};

/// One person.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: PersonId,
    /// By which they sign in.
    #[sea_orm(unique)]
    pub name: String,
    /// Their password, hashed by Argon2id, with salt and parameters in the PHC format; empty if they have none.
    pub password_hash: String,
    /// Who they are at the issuer: its address and its number for them; none if they sign in here.
    #[sea_orm(unique)]
    pub subject: Option<String>,
    /// What they may do.
    pub scope: Scope,
    /// The only site they reach; none for all.
    pub site_id: Option<SiteId>,
    /// When they were let in, ms since the epoch.
    pub created_at_ms: i64,
    /// Since when they are no longer let in, ms since the epoch.
    pub removed_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
