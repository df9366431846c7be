//! What is to be told and the messages that tell it: written before anything is sent, so that a restart forgets nothing
//! and tells nothing twice.

use std::collections::BTreeMap;

use entity::alert::Status as AlertStatus;
use entity::delivery::Status;
use entity::{AlertId, AnomalyId, ContactPointId, DeliveryId, alert, bookmark, delivery};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, UpdateMany,
};

use super::failure::database_error;
use super::{Page, Store, WriteTransaction, read_page, unknown};
use crate::error::Result;

/// Alerts in one statement.
const ALERTS_AT_ONCE: usize = 1000;

/// Which messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeliveryFilter {
    /// To this contact point.
    pub contact_point_id: Option<ContactPointId>,
    /// That got so far.
    pub status: Option<Status>,
}

impl DeliveryFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.contact_point_id.map(|id| delivery::Column::ContactPointId.eq(id)))
            .add_option(self.status.map(|status| delivery::Column::Status.eq(status)))
    }
}

/// Not put off beyond now.
fn is_looked_at(now_ms: i64) -> Condition {
    let column = alert::Column::PutOffUntilMs;
    Condition::any().add(column.is_null()).add(column.lte(now_ms))
}

impl Store {
    /// How far some work has read a list: the last id it has dealt with.
    pub async fn bookmark(&self, name: &str) -> Result<i64> {
        let found = bookmark::Entity::find_by_id(name).one(&self.read).await.map_err(database_error)?;
        Ok(found.map_or(0, |row| row.position))
    }

    /// The contact points of which something has gathered, and the least time between two messages that any of it asks
    /// for, ms.
    pub async fn gathered(&self, now_ms: i64) -> Result<Vec<(ContactPointId, i64)>> {
        let query = alert::Entity::find()
            .select_only()
            .column(alert::Column::ContactPointId)
            .column_as(alert::Column::DigestMs.min(), "digest_ms")
            .filter(alert::Column::Status.eq(AlertStatus::Waiting))
            .filter(alert::Column::GatheredAtMs.lte(now_ms))
            .filter(is_looked_at(now_ms))
            .group_by(alert::Column::ContactPointId);
        query.into_tuple().all(&self.read).await.map_err(database_error)
    }

    /// When the last message to each contact point was written, ms since the epoch.
    pub async fn last_deliveries(&self) -> Result<BTreeMap<ContactPointId, i64>> {
        let query = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::ContactPointId)
            .column_as(delivery::Column::CreatedAtMs.max(), "last_ms")
            .group_by(delivery::Column::ContactPointId);
        let rows: Vec<(ContactPointId, i64)> = query.into_tuple().all(&self.read).await.map_err(database_error)?;
        Ok(rows.into_iter().collect())
    }

    /// What a contact point may be told by now, the oldest first, `limit` at most.
    pub async fn due_alerts(&self, to: ContactPointId, now_ms: i64, limit: u64) -> Result<Vec<alert::Model>> {
        let query = alert::Entity::find()
            .filter(alert::Column::ContactPointId.eq(to))
            .filter(alert::Column::Status.eq(AlertStatus::Waiting))
            .filter(alert::Column::DueAtMs.lte(now_ms))
            .filter(is_looked_at(now_ms))
            .order_by_asc(alert::Column::Id)
            .limit(limit);
        query.all(&self.read).await.map_err(database_error)
    }

    /// All alerts about these anomalies.
    pub async fn alerts_of(&self, anomalies: &[AnomalyId]) -> Result<Vec<alert::Model>> {
        let mut found = Vec::new();
        for ids in anomalies.chunks(ALERTS_AT_ONCE) {
            let query = alert::Entity::find().filter(alert::Column::AnomalyId.is_in(ids.iter().copied()));
            found.extend(query.all(&self.read).await.map_err(database_error)?);
        }
        Ok(found)
    }

    /// The messages that are to be tried now, but for those to contact points that are `busy`, the most overdue first,
    /// `limit` at most.
    pub async fn due_deliveries(
        &self,
        now_ms: i64,
        busy: &[ContactPointId],
        limit: u64,
    ) -> Result<Vec<delivery::Model>> {
        let query = delivery::Entity::find()
            .filter(delivery::Column::Status.eq(Status::Pending))
            .filter(delivery::Column::NextAttemptAtMs.lte(now_ms))
            .filter(delivery::Column::ContactPointId.is_not_in(busy.iter().copied()))
            .order_by_asc(delivery::Column::NextAttemptAtMs)
            .limit(limit);
        query.all(&self.read).await.map_err(database_error)
    }

    /// Whether an earlier message to the same contact point that tells of one of the same anomalies is still to be tried.
    pub async fn has_to_wait(&self, delivery: &delivery::Model) -> Result<bool> {
        let earlier = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::Id)
            .filter(delivery::Column::ContactPointId.eq(delivery.contact_point_id))
            .filter(delivery::Column::Status.eq(Status::Pending))
            .filter(delivery::Column::Id.lt(delivery.id));
        let earlier: Vec<DeliveryId> = earlier.into_tuple().all(&self.read).await.map_err(database_error)?;
        if earlier.is_empty() {
            return Ok(false);
        }
        let told = alert::Entity::find().select_only().column(alert::Column::AnomalyId);
        let told =
            told.filter(alert::Column::DeliveryId.eq(delivery.id)).filter(alert::Column::AnomalyId.is_not_null());
        let same = alert::Entity::find()
            .filter(alert::Column::DeliveryId.is_in(earlier))
            .filter(alert::Column::AnomalyId.in_subquery(told.into_query()));
        Ok(same.one(&self.read).await.map_err(database_error)?.is_some())
    }

    /// A page of messages, by id.
    pub async fn deliveries(&self, filter: &DeliveryFilter, page: Page) -> Result<Vec<delivery::Model>> {
        let seen = delivery::Entity::find().filter(self.view.of_all()).filter(filter.condition());
        read_page(&self.read, seen, delivery::Column::Id, page).await
    }

    /// How many messages the filter finds.
    pub async fn count_deliveries(&self, filter: &DeliveryFilter) -> Result<u64> {
        let seen = delivery::Entity::find().filter(self.view.of_all()).filter(filter.condition());
        seen.count(&self.read).await.map_err(database_error)
    }

    /// The message with this id, if there is one. Messages may tell of several sites.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<delivery::Model>> {
        delivery::Entity::find_by_id(id).filter(self.view.of_all()).one(&self.read).await.map_err(database_error)
    }
}

impl WriteTransaction {
    /// Notes how far some work has read a list.
    pub async fn set_bookmark(&self, name: &str, position: i64) -> Result<()> {
        let row = bookmark::ActiveModel { name: Set(name.to_owned()), position: Set(position) };
        let replace = OnConflict::column(bookmark::Column::Name).update_column(bookmark::Column::Position).to_owned();
        let insert = bookmark::Entity::insert(row).on_conflict(replace);
        insert.exec_without_returning(&self.0).await.map_err(database_error).map(drop)
    }

    /// Stores alerts (their ids are given here), but none that its contact point has been or will be told already.
    pub async fn insert_alerts(&self, alerts: Vec<alert::Model>) -> Result<()> {
        let once = OnConflict::columns([alert::Column::ContactPointId, alert::Column::Key]).do_nothing().to_owned();
        for chunk in alerts.chunks(ALERTS_AT_ONCE) {
            let rows = chunk.iter().cloned().map(|row| {
                let mut row = row.into_active_model().reset_all();
                row.id = NotSet;
                row
            });
            let insert = alert::Entity::insert_many(rows).on_conflict(once.clone());
            insert.exec_without_returning(&self.0).await.map_err(database_error)?;
        }
        Ok(())
    }

    /// Says what has become of alerts that waited.
    pub async fn settle_alerts(&self, ids: &[AlertId], status: AlertStatus, message: Option<DeliveryId>) -> Result<()> {
        let update = alert::Entity::update_many()
            .col_expr(alert::Column::Status, Expr::value(status))
            .col_expr(alert::Column::DeliveryId, Expr::value(message));
        self.update_waiting(ids, &update).await
    }

    /// Puts off alerts that waited until an instant, ms since the epoch.
    pub async fn put_off_alerts(&self, ids: &[AlertId], until_ms: i64) -> Result<()> {
        let update = alert::Entity::update_many().col_expr(alert::Column::PutOffUntilMs, Expr::value(until_ms));
        self.update_waiting(ids, &update).await
    }

    async fn update_waiting(&self, ids: &[AlertId], update: &UpdateMany<alert::Entity>) -> Result<()> {
        for ids in ids.chunks(ALERTS_AT_ONCE) {
            let update = update
                .clone()
                .filter(alert::Column::Id.is_in(ids.iter().copied()))
                .filter(alert::Column::Status.eq(AlertStatus::Waiting));
            update.exec(&self.0).await.map_err(database_error)?;
        }
        Ok(())
    }

    /// Stores a message; its id is given here.
    pub async fn insert_delivery(&self, row: delivery::Model) -> Result<delivery::Model> {
        let mut row = row.into_active_model().reset_all();
        row.id = NotSet;
        row.insert(&self.0).await.map_err(database_error)
    }

    /// Stores how far a message got.
    pub async fn update_delivery(&self, row: delivery::Model) -> Result<delivery::Model> {
        let id = row.id;
        row.into_active_model().reset_all().update(&self.0).await.map_err(|e| match e {
            sea_orm::DbErr::RecordNotUpdated => unknown("delivery with id", id),
            other => database_error(other),
        })
    }

    /// Tries no message to a contact point before an instant, ms since the epoch.
    pub async fn put_off_deliveries(&self, to: ContactPointId, until_ms: i64) -> Result<()> {
        let early = delivery::Entity::update_many()
            .col_expr(delivery::Column::NextAttemptAtMs, Expr::value(until_ms))
            .filter(delivery::Column::ContactPointId.eq(to))
            .filter(delivery::Column::Status.eq(Status::Pending))
            .filter(delivery::Column::NextAttemptAtMs.lt(until_ms));
        early.exec(&self.0).await.map_err(database_error).map(drop)
    }

    /// Removes messages that were written before an instant (ms since the epoch) and are no longer tried, and what they
    /// told.
    pub async fn delete_deliveries_before(&self, before_ms: i64) -> Result<()> {
        let old = delivery::Entity::delete_many()
            .filter(delivery::Column::CreatedAtMs.lt(before_ms))
            .filter(delivery::Column::Status.ne(Status::Pending));
        old.exec(&self.0).await.map_err(database_error)?;
        let old = alert::Entity::delete_many()
            .filter(alert::Column::CreatedAtMs.lt(before_ms))
            .filter(alert::Column::Status.ne(AlertStatus::Waiting));
        old.exec(&self.0).await.map_err(database_error).map(drop)
    }
}
