//! What registers did beside counting: derived from the readings, written with them.

use entity::meter_event::{ActiveModel, Column, Entity, Kind, Model};
use entity::{MachineId, meter_event};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::failure::database_error;
use super::{Page, Store, WriteTransaction};
use crate::domain::register::{Event, EventKind};
use crate::error::Result;

impl Store {
    /// Meter events of a machine, by time; the page's ids are times.
    pub async fn meter_events(&self, machine: MachineId, page: Page) -> Result<Vec<meter_event::Model>> {
        let mut query = Entity::find().filter(Column::MachineId.eq(machine)).limit(page.limit);
        if let Some(after) = page.after {
            query = query.filter(Column::TimeMs.gt(after));
        }
        if let Some(before) = page.before {
            query = query.filter(Column::TimeMs.lt(before));
        }
        if !page.from_end {
            return query.order_by_asc(Column::TimeMs).all(&self.read).await.map_err(database_error);
        }
        let mut rows: Vec<Model> = query.order_by_desc(Column::TimeMs).all(&self.read).await.map_err(database_error)?;
        rows.reverse();
        Ok(rows)
    }
}

impl WriteTransaction {
    /// Puts these events of a machine in the place of all in `from_ms..=to_ms`.
    pub async fn replace_meter_events(
        &self,
        machine: MachineId,
        (from_ms, to_ms): (i64, i64),
        events: &[Event],
    ) -> Result<()> {
        let of_machine = Entity::delete_many().filter(Column::MachineId.eq(machine));
        of_machine.filter(Column::TimeMs.between(from_ms, to_ms)).exec(&self.0).await.map_err(database_error)?;
        for events in events.chunks(1000) {
            let rows = events.iter().map(|event| row(machine, event));
            Entity::insert_many(rows).exec_without_returning(&self.0).await.map_err(database_error)?;
        }
        Ok(())
    }
}

fn row(machine: MachineId, event: &Event) -> ActiveModel {
    ActiveModel {
        machine_id: Set(machine),
        time_ms: Set(event.time_ms),
        kind: Set(match event.kind {
            EventKind::Rollover => Kind::Rollover,
            EventKind::Reset => Kind::Reset,
            EventKind::Glitch => Kind::Glitch,
            EventKind::Replaced => Kind::Replaced,
        }),
        before_kwh: Set(event.before_kwh),
        after_kwh: Set(event.after_kwh),
    }
}
