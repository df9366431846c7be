//! A place that messages go to: an e-mail address or a webhook.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::ContactPointId;

/// How messages get there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    /// By e-mail.
    Email,
    /// As a signed HTTP request.
    Webhook,
}

/// What nobody is to read in a log.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// One place.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_point")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: ContactPointId,
    /// Unique name.
    pub name: String,
    /// How messages get there.
    pub channel: Channel,
    /// The e-mail address, or the webhook's URL.
    pub address: String,
    /// What a webhook's requests are signed with.
    pub secret: Option<Secret>,
    /// Whether messages are sent.
    pub is_enabled: bool,
}

impl ActiveModelBehavior for ActiveModel {}
