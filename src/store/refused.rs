//! Rows that were refused, with the reason: a bounded number of them, for a while.

use entity::machine::Unit;
use entity::refused_reading::{ActiveModel, Column, Entity, Model};
use entity::{RefusedReadingId, SiteId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};

use super::failure::database_error;
use super::{Page, Store, WriteTransaction, read_page};
use crate::domain::reading::Values;
use crate::error::Result;

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 1000;

/// A row to be kept.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::refused_reading::Model")]
pub struct NewRefused {
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
            .add_option(self.up_to.map(|id| Column::Id.lte(id)))
    }
}

impl Store {
    /// A page of refused rows, by id.
    pub async fn refused(&self, filter: &RefusedFilter, page: Page) -> Result<Vec<Model>> {
        read_page(&self.read, Entity::find().filter(filter.condition()), Column::Id, page).await
    }

    /// The refused row with this id.
    pub async fn refused_reading(&self, id: RefusedReadingId) -> Result<Option<Model>> {
        Entity::find_by_id(id).one(&self.read).await.map_err(database_error)
    }

    /// How many rows there are of each reason and machine, at most `limit` of them, the most frequent first.
    pub async fn count_refused(&self, filter: &RefusedFilter, limit: u64) -> Result<Vec<RefusedCount>> {
        let query = Entity::find().filter(filter.condition()).select_only().columns([Column::Code, Column::Machine]);
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
}

impl WriteTransaction {
    /// Keeps these rows, and of all only the newest `greatest_rows`; how many older ones had to go.
    pub async fn keep_refused(&self, refused: &[NewRefused], greatest_rows: u64) -> Result<u64> {
        if refused.is_empty() {
            return Ok(0);
        }
        let shed = refused.len().saturating_sub(usize::try_from(greatest_rows).unwrap_or(usize::MAX));
        for rows in refused[shed..].chunks(ROWS_AT_ONCE) {
            let insert = Entity::insert_many(rows.iter().map(row));
            insert.exec_without_returning(&self.0).await.map_err(database_error)?;
        }
        let greatest = Entity::find().select_only().column_as(Column::Id.max(), "id").into_tuple().one(&self.0).await;
        let greatest: Option<Option<i64>> = greatest.map_err(database_error)?;
        let first_kept = greatest.flatten().unwrap_or(0) - i64::try_from(greatest_rows).unwrap_or(i64::MAX);
        let old = Entity::delete_many().filter(Column::Id.lte(first_kept)).exec(&self.0).await;
        Ok(shed as u64 + old.map_err(database_error)?.rows_affected)
    }

    /// Lets go of these rows.
    pub async fn delete_refused(&self, ids: &[RefusedReadingId]) -> Result<()> {
        for ids in ids.chunks(ROWS_AT_ONCE) {
            let delete = Entity::delete_many().filter(Column::Id.is_in(ids.iter().copied()));
            delete.exec(&self.0).await.map_err(database_error)?;
        }
        Ok(())
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
        ..Default::default()
    }
}
