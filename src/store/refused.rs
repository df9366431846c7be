//! Rows that were refused, with the reason: a bounded number of them, for a while.

use std::collections::HashSet;

use entity::machine::Unit;
use entity::refused_reading::{ActiveModel, Column, Entity, Model};
use entity::{RefusedReadingId, SiteId};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::failure::database_error;
use super::{Page, Store, WriteTransaction, read_page};
use crate::codes::Code;
use crate::domain::reading::Values;
use crate::error::Result;

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 1000;

/// A row to be kept.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::refused_reading::Model")]
pub struct NewRefused {
    /// The id it was kept under before.
    pub id: Option<RefusedReadingId>,
    pub site_id: SiteId,
    pub received_at_ms: i64,
    pub code: &'static str,
    pub message: String,
    pub machine: Option<String>,
    pub time_ms: Option<i64>,
    pub unit: Unit,
    pub values: Values,
    pub row: Option<String>,
}

/// Which refused rows; what is none does not matter.
#[derive(Clone, Debug, Default)]
pub struct RefusedFilter {
    /// Of this site.
    pub site_id: Option<SiteId>,
    /// For this reason.
    pub code: Option<String>,
    /// Sent for this machine.
    pub machine: Option<String>,
    /// Rows that could be read, and so can be sent again.
    pub readable: bool,
    /// Up to this id.
    pub up_to: Option<RefusedReadingId>,
}

/// How many rows were refused for a reason and are kept.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct RefusedCount {
    /// The reason's code.
    pub code: String,
    /// The machine's name as sent; none for rows that could not be read.
    pub machine: Option<String>,
    /// How many.
    pub rows: i64,
    /// When the last of them came, ms since the epoch.
    pub last_received_at_ms: i64,
}

impl RefusedFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.site_id.map(|site| Column::SiteId.eq(site)))
            .add_option(self.code.as_ref().map(|code| Column::Code.eq(code)))
            .add_option(self.machine.as_ref().map(|machine| Column::Machine.eq(machine)))
            .add_option(self.readable.then(|| Column::TimeMs.is_not_null()))
            // One of its values is no number, and could not be kept.
            .add_option(self.readable.then(|| Column::Code.ne(Code::NotFinite.as_str())))
            .add_option(self.up_to.map(|id| Column::Id.lte(id)))
    }
}

impl Store {
    /// A page of refused rows, by id.
    pub async fn refused(&self, filter: &RefusedFilter, page: Page) -> Result<Vec<Model>> {
        read_page(&self.read, self.seen_refused().filter(filter.condition()), Column::Id, page).await
    }

    /// The refused rows with these ids, in any order.
    pub async fn refused_by_id(&self, ids: &[RefusedReadingId]) -> Result<Vec<Model>> {
        self.seen_refused().filter(Column::Id.is_in(ids.iter().copied())).all(&self.read).await.map_err(database_error)
    }

    /// How many refused rows the filter finds.
    pub async fn count_refused_rows(&self, filter: &RefusedFilter) -> Result<u64> {
        self.seen_refused().filter(filter.condition()).count(&self.read).await.map_err(database_error)
    }

    /// How many rows there are of each reason and machine, at most `limit` of them, the most frequent first.
    pub async fn count_refused(&self, filter: &RefusedFilter, limit: u64) -> Result<Vec<RefusedCount>> {
        let query =
            self.seen_refused().filter(filter.condition()).select_only().columns([Column::Code, Column::Machine]);
        let query = query
            .column_as(Column::Id.count(), "rows")
            .column_as(Column::ReceivedAtMs.max(), "last_received_at_ms")
            .group_by(Column::Code)
            .group_by(Column::Machine)
            .order_by_desc(Column::Id.count())
            .order_by_asc(Column::Code)
            .order_by_asc(Column::Machine)
            .limit(limit);
        query.into_model().all(&self.read).await.map_err(database_error)
    }

    fn seen_refused(&self) -> Select<Entity> {
        Entity::find().filter(self.view.of(Column::SiteId))
    }
}

impl WriteTransaction {
    /// Keeps these rows, and of all only the newest `greatest_rows`; how many older ones had to go.
    pub async fn keep_refused(&self, refused: &[NewRefused], greatest_rows: u64) -> Result<u64> {
        if refused.is_empty() {
            return Ok(0);
        }
        let (known, new): (Vec<&NewRefused>, Vec<_>) = refused.iter().partition(|row| row.id.is_some());
        for rows in known.chunks(ROWS_AT_ONCE).chain(new.chunks(ROWS_AT_ONCE)) {
            let insert = Entity::insert_many(rows.iter().map(|new| row(new)));
            insert.exec_without_returning(&self.0).await.map_err(database_error)?;
        }
        let ids = Entity::find().select_only().column(Column::Id);
        let last_shed = ids.order_by_desc(Column::Id).offset(greatest_rows).limit(1).into_tuple().one(&self.0).await;
        let last_shed: Option<i64> = last_shed.map_err(database_error)?;
        let Some(last_shed) = last_shed else { return Ok(0) };
        let shed = Entity::delete_many().filter(Column::Id.lte(last_shed)).exec(&self.0).await;
        Ok(shed.map_err(database_error)?.rows_affected)
    }

    /// Lets go of these rows; those that were there.
    pub async fn delete_refused(&self, mut ids: Vec<RefusedReadingId>) -> Result<HashSet<RefusedReadingId>> {
        // In one order, so that two who delete the same never wait for each other in a circle.
        ids.sort_unstable();
        let mut deleted = HashSet::new();
        for ids in ids.chunks(ROWS_AT_ONCE) {
            let delete = Entity::delete_many().filter(Column::Id.is_in(ids.iter().copied()));
            let rows = delete.exec_with_returning(&self.0).await.map_err(database_error)?;
            deleted.extend(rows.into_iter().map(|row| row.id));
        }
        Ok(deleted)
    }

    /// Lets go of rows that came before an instant (ms since the epoch).
    pub async fn delete_refused_before(&self, time_ms: i64) -> Result<()> {
        let delete = Entity::delete_many().filter(Column::ReceivedAtMs.lt(time_ms));
        delete.exec(&self.0).await.map_err(database_error)?;
        Ok(())
    }
}

fn row(new: &NewRefused) -> ActiveModel {
    // One of the databases takes no NaN; the code says that there was one.
    let finite = |value: Option<f64>| Set(value.filter(|value| value.is_finite()));
    ActiveModel {
        id: new.id.map_or(NotSet, Set),
        site_id: Set(new.site_id),
        received_at_ms: Set(new.received_at_ms),
        code: Set(new.code.to_owned()),
        message: Set(new.message.clone()),
        machine: Set(new.machine.clone()),
        time_ms: Set(new.time_ms),
        unit: Set(new.unit),
        power_kw: finite(new.values.power_kw),
        energy_kwh: finite(new.values.energy_kwh),
        counter_kwh: finite(new.values.counter_kwh),
        row: Set(new.row.clone()),
    }
}
