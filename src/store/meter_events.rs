//! What registers did beside counting, derived from the readings and written with them; and meters that were replaced,
//! as people say.

use std::collections::HashMap;

use entity::meter_event::{ActiveModel, Column, Entity, Kind};
use entity::{MachineId, meter_event, meter_replacement};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::failure::database_error;
use super::{Page, Store, WriteTransaction, count_rows, read_pages};
use crate::domain::register::{Event, EventKind, Replacement};
use crate::error::Result;

/// Machines in one statement.
const MACHINES_AT_ONCE: usize = 1000;

impl Store {
    /// A page of each machine's meter events, by time; the page's ids are times.
    pub async fn meter_events(&self, machines: &[MachineId], page: Page) -> Result<Vec<meter_event::Model>> {
        let of_machine = |machine| Entity::find().filter(Column::MachineId.eq(machine));
        read_pages(&self.read, machines, of_machine, Column::TimeMs, page).await
    }

    /// How many meter events there are of each machine that has any.
    pub async fn count_meter_events(&self, machines: &[MachineId]) -> Result<Vec<(MachineId, i64)>> {
        count_rows(&self.read, Entity::find(), Column::MachineId, machines).await
    }
}

impl WriteTransaction {
    /// The replacements of these machines, by time.
    pub async fn meter_replacements(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, Vec<Replacement>>> {
        use meter_replacement::{Column, Entity};
        let mut replacements: HashMap<MachineId, Vec<Replacement>> = HashMap::new();
        for machines in machines.chunks(MACHINES_AT_ONCE) {
            let query = Entity::find().filter(Column::MachineId.is_in(machines.iter().copied()));
            for row in query.order_by_asc(Column::TimeMs).all(&self.0).await.map_err(database_error)? {
                let replacement = Replacement { time_ms: row.time_ms, old_kwh: row.old_kwh, new_kwh: row.new_kwh };
                replacements.entry(row.machine_id).or_default().push(replacement);
            }
        }
        Ok(replacements)
    }

    /// Notes a replacement, in the place of one at the same time.
    pub async fn insert_meter_replacement(&self, machine: MachineId, replacement: &Replacement) -> Result<()> {
        use meter_replacement::{ActiveModel, Column, Entity};
        let row = ActiveModel {
            machine_id: Set(machine),
            time_ms: Set(replacement.time_ms),
            old_kwh: Set(replacement.old_kwh),
            new_kwh: Set(replacement.new_kwh),
        };
        let mut replace = OnConflict::columns([Column::MachineId, Column::TimeMs]);
        replace.update_columns([Column::OldKwh, Column::NewKwh]);
        Entity::insert(row).on_conflict(replace).exec_without_returning(&self.0).await.map_err(database_error)?;
        Ok(())
    }

    /// Deletes a replacement; whether there was one.
    pub async fn delete_meter_replacement(&self, machine: MachineId, time_ms: i64) -> Result<bool> {
        let deleted = meter_replacement::Entity::delete_by_id((machine, time_ms)).exec(&self.0).await;
        Ok(deleted.map_err(database_error)?.rows_affected > 0)
    }

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
