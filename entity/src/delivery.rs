//! A message to one contact point: kept as it is until it has arrived, or is given up.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::{ContactPointId, DeliveryId};

/// How far it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It is being tried.
    Pending,
    /// The other side has taken it.
    Delivered,
    /// It was refused for good, or tried too often.
    Failed,
}

/// One message.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: DeliveryId,
    /// Where it goes.
    pub contact_point_id: ContactPointId,
    /// Its own id, by which the other side knows a repetition.
    pub message_id: String,
    /// How many alerts it tells.
    pub alerts: i32,
    /// Subject, one line.
    pub subject: String,
    /// As text for people.
    pub text: String,
    /// As JSON for programs.
    pub payload: String,
    /// How far it got.
    pub status: Status,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next, ms since the epoch.
    pub next_attempt_at_ms: i64,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written, ms since the epoch.
    pub created_at_ms: i64,
    /// When the other side took it, ms since the epoch.
    pub delivered_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
