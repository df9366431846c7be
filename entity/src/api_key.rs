//! A key that a program calls with. Only the hash of its secret is kept, so that who reads the database cannot call.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::{ApiKeyId, SiteId};

/// What its holder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "lowercase")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "lowercase")]
pub enum Scope {
    /// See everything.
    Read,
    /// Send readings, and see nothing.
    Ingest,
    /// See, send, and deal with anomalies.
    Operate,
    /// Everything.
    Admin,
}

/// One key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: ApiKeyId,
    /// The part that may be seen, by which it is found.
    #[sea_orm(unique)]
    pub prefix: String,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the whole key.
    pub secret_hash: Vec<u8>,
    /// What it allows.
    pub scope: Scope,
    /// The only site it reaches; none for all.
    pub site_id: Option<SiteId>,
    /// The key it takes the place of.
    pub replaces_id: Option<ApiKeyId>,
    /// When it was made, ms since the epoch.
    pub created_at_ms: i64,
    /// Since when it is no longer taken, ms since the epoch.
    pub expires_at_ms: Option<i64>,
    /// When it was revoked, ms since the epoch.
    pub revoked_at_ms: Option<i64>,
    /// When it was last used, to about a minute, ms since the epoch.
    pub last_used_at_ms: Option<i64>,
}

impl Model {
    /// Whether it is taken at an instant.
    #[must_use]
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.revoked_at_ms.is_none() && self.expires_at_ms.is_none_or(|end_ms| now_ms < end_ms)
    }
}

impl ActiveModelBehavior for ActiveModel {}
