//! Something that one contact point is to be told: written once, told in one message or not at all.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::{AlertId, AnomalyId, BudgetId, ContactPointId, DeliveryId};

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "snake_case")]
pub enum Event {
    /// An anomaly has begun.
    Opened,
    /// An anomaly that was told became critical.
    Escalated,
    /// An anomaly that was told is over.
    Recovered,
    /// A part of a budget is used up.
    Budget,
    /// A budget will likely not do.
    Forecast,
}

impl Event {
    /// Whether it tells of an anomaly that goes on.
    #[must_use]
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::Opened | Self::Escalated)
    }
}

/// What has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It is not told yet.
    Waiting,
    /// It is part of a message.
    Told,
    /// It was over, or somebody had seen it, before it was told.
    Cancelled,
}

/// One alert.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: AlertId,
    /// Who is to be told.
    pub contact_point_id: ContactPointId,
    /// What it is about, in words of its own: the same is told to a contact point once.
    pub key: String,
    /// What has happened.
    pub event: Event,
    /// The anomaly, if it is about one.
    pub anomaly_id: Option<AnomalyId>,
    /// The budget, if it is about one.
    pub budget_id: Option<BudgetId>,
    /// A sentence about a budget; an anomaly's is read when it is told.
    pub message: Option<String>,
    /// When it was written, ms since the epoch.
    pub created_at_ms: i64,
    /// From when on it may be told, ms since the epoch.
    pub due_at_ms: i64,
    /// When it is told at the latest if nothing else is in the way: by then others like it have gathered, ms since the epoch.
    pub gathered_at_ms: i64,
    /// When it is looked at again because its machine was left alone when it was last looked at, ms since the epoch.
    pub put_off_until_ms: Option<i64>,
    /// The time between two messages to its contact point, ms.
    pub digest_ms: i64,
    /// Whether the end of what it tells is to be told too.
    pub tells_recovery: bool,
    /// What has become of it.
    pub status: Status,
    /// The message that it is part of.
    pub delivery_id: Option<DeliveryId>,
}

impl ActiveModelBehavior for ActiveModel {}
