//! Rows of readings: what is stored around the incoming ones, and the changes.

use std::collections::HashMap;

use entity::{MachineId, reading};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select, Statement,
};

use super::failure::database_error;
use super::retention::horizon_ms;
use super::sql::{Column, by_index, insert_rows, list};
use super::{Page, Store, WriteTransaction, count_rows, read_pages};
use crate::domain::merge::{Change, Window};
use crate::domain::reading::Reading;
use crate::domain::register::UNSETTLED_ROWS;
use crate::error::Result;

const COLUMNS: [Column; 7] = [
    Column::Big("machine_id"),
    Column::Big("time_ms"),
    Column::MaybeDouble("power_kw"),
    Column::Double("energy_kwh"),
    Column::MaybeDouble("counter_kwh"),
    Column::Small("flags"),
    Column::MaybeBig("spread_from_ms"),
];

const REPLACE: &str = "ON CONFLICT (machine_id, time_ms) DO UPDATE SET power_kw = excluded.power_kw, \
    energy_kwh = excluded.energy_kwh, counter_kwh = excluded.counter_kwh, flags = excluded.flags, \
    spread_from_ms = excluded.spread_from_ms";

impl WriteTransaction {
    /// The last reading of each of these machines that has one.
    pub async fn last_readings(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, Reading>> {
        let rows = last_rows(&self.0, machines).await?;
        Ok(rows.into_iter().map(|row| (row.machine_id, from_row(&row))).collect())
    }

    /// What is stored of a machine around `from_ms..=to_ms`, and some rows after it; none if more than `limit` rows lie
    /// inside.
    pub async fn window(
        &self,
        machine: MachineId,
        (from_ms, to_ms): (i64, i64),
        limit: u64,
        rows_after: u64,
    ) -> Result<Option<Window>> {
        let of_machine = || reading::Entity::find().filter(reading::Column::MachineId.eq(machine));
        let mut rows = of_machine()
            .filter(reading::Column::TimeMs.between(from_ms, to_ms))
            .order_by_asc(reading::Column::TimeMs)
            .limit(limit + 1)
            .all(&self.0)
            .await
            .map_err(database_error)?;
        if rows.len() as u64 > limit {
            return Ok(None);
        }
        let after = of_machine()
            .filter(reading::Column::TimeMs.gt(to_ms))
            .order_by_asc(reading::Column::TimeMs)
            .limit(rows_after);
        let after = after.all(&self.0).await.map_err(database_error)?;
        let is_whole = (after.len() as u64) < rows_after;
        rows.extend(after);
        let before = of_machine()
            .filter(reading::Column::TimeMs.lt(from_ms))
            .order_by_desc(reading::Column::TimeMs)
            .one(&self.0)
            .await
            .map_err(database_error)?;
        let before = before.as_ref().map(from_row);
        let registers = self.registers_before(machine, from_ms, before).await?;
        let rows = rows.iter().map(from_row).collect();
        Ok(Some(Window { before, registers, rows, is_whole, ..Window::default() }))
    }

    /// The last readings with a register before an instant, by time: all that are unsettled, and the settled one before.
    /// `before` is the machine's reading before, which may be the one.
    pub async fn registers_before(
        &self,
        machine: MachineId,
        from_ms: i64,
        before: Option<Reading>,
    ) -> Result<Vec<Reading>> {
        let Some(before) = before else { return Ok(Vec::new()) };
        if before.counter_kwh.is_some() && before.unsettled() == 0 {
            return Ok(vec![before]);
        }
        let index = by_index(&self.0, "reading_with_register");
        let sql = format!(
            "SELECT * FROM reading {index} WHERE machine_id = $1 AND counter_kwh IS NOT NULL AND time_ms < $2 \
             ORDER BY time_ms DESC LIMIT {}",
            UNSETTLED_ROWS + 1
        );
        let values = [machine.0.into(), from_ms.into()];
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), sql, values);
        let rows = reading::Model::find_by_statement(statement).all(&self.0).await.map_err(database_error)?;
        let mut registers: Vec<Reading> = rows.iter().map(from_row).collect();
        let settled = registers.iter().position(|reading| reading.unsettled() == 0);
        registers.truncate(settled.map_or(registers.len(), |at| at + 1));
        registers.reverse();
        Ok(registers)
    }

    /// The time of a machine's first reading with a register after an instant.
    pub async fn next_register_ms(&self, machine: MachineId, after_ms: i64) -> Result<Option<i64>> {
        let index = by_index(&self.0, "reading_with_register");
        let sql = format!(
            "SELECT time_ms FROM reading {index} WHERE machine_id = $1 AND counter_kwh IS NOT NULL AND time_ms > $2 \
             ORDER BY time_ms LIMIT 1"
        );
        let values = [machine.0.into(), after_ms.into()];
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), sql, values);
        let row = self.0.query_one_raw(statement).await.map_err(database_error)?;
        row.map(|row| row.try_get_by_index(0)).transpose().map_err(database_error)
    }

    /// Stores changed rows. Nobody else adds rows of a locked machine, so those that are new are inserted as such,
    /// which costs `PostgreSQL` far less than looking for a conflict.
    pub async fn write_readings(&self, changes: &[(MachineId, Change)]) -> Result<()> {
        let mut added = Vec::with_capacity(changes.len() * COLUMNS.len());
        let mut replaced = Vec::new();
        for (machine, Change { old, new }) in changes {
            let rows = if old.is_some() { &mut replaced } else { &mut added };
            rows.extend([
                machine.0.into(),
                new.time_ms.into(),
                new.power_kw.into(),
                new.energy_kwh.into(),
                new.counter_kwh.into(),
                new.flags.into(),
                new.spread_from_ms.into(),
            ]);
        }
        insert_rows(&self.0, "reading", &COLUMNS, "", added).await.map_err(database_error)?;
        insert_rows(&self.0, "reading", &COLUMNS, REPLACE, replaced).await.map_err(database_error)
    }

    /// Whether the machine has any reading.
    pub async fn has_readings(&self, machine: MachineId) -> Result<bool> {
        let found = reading::Entity::find().filter(reading::Column::MachineId.eq(machine)).one(&self.0).await;
        Ok(found.map_err(database_error)?.is_some())
    }
}

impl Store {
    /// The last reading of each of these machines that has one.
    pub async fn latest_readings(&self, machines: &[MachineId]) -> Result<Vec<reading::Model>> {
        last_rows(&self.read, machines).await
    }

    /// The time of a machine's first reading after an instant, both in ms since the epoch.
    pub async fn first_reading_after(&self, machine: MachineId, after_ms: i64) -> Result<Option<i64>> {
        let of_machine = reading::Entity::find().filter(reading::Column::MachineId.eq(machine));
        let next = of_machine.filter(reading::Column::TimeMs.gt(after_ms)).order_by_asc(reading::Column::TimeMs);
        let time_ms = next.select_only().column(reading::Column::TimeMs).into_tuple().one(&self.read).await;
        time_ms.map_err(database_error)
    }

    /// A page of each machine's readings in `from_ms < time <= to_ms` that are still kept, by time; the page's ids are
    /// times.
    pub async fn readings(
        &self,
        machines: &[MachineId],
        (from_ms, to_ms): (i64, i64),
        page: Page,
    ) -> Result<Vec<reading::Model>> {
        let kept = self.kept(from_ms, to_ms).await?;
        let of_machine = |machine| kept.clone().filter(reading::Column::MachineId.eq(machine));
        read_pages(&self.read, machines, of_machine, reading::Column::TimeMs, page).await
    }

    /// How many such readings there are of each machine that has any.
    pub async fn count_readings(
        &self,
        machines: &[MachineId],
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Vec<(MachineId, i64)>> {
        let kept = self.kept(from_ms, to_ms).await?;
        count_rows(&self.read, kept, reading::Column::MachineId, machines).await
    }

    async fn kept(&self, from_ms: i64, to_ms: i64) -> Result<Select<reading::Entity>> {
        let from_ms = from_ms.max(horizon_ms(&self.read).await?.saturating_sub(1));
        let after = reading::Entity::find().filter(reading::Column::TimeMs.gt(from_ms));
        Ok(after.filter(reading::Column::TimeMs.lte(to_ms)))
    }
}

async fn last_rows(db: &impl ConnectionTrait, machines: &[MachineId]) -> Result<Vec<reading::Model>> {
    if machines.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT r.* FROM machine m JOIN reading r ON r.machine_id = m.id \
         AND r.time_ms = (SELECT max(x.time_ms) FROM reading x WHERE x.machine_id = m.id) WHERE m.id IN ({})",
        list(1, machines.len())
    );
    let ids = machines.iter().map(|id| id.0.into());
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, ids);
    reading::Model::find_by_statement(statement).all(db).await.map_err(database_error)
}

fn from_row(row: &reading::Model) -> Reading {
    Reading {
        time_ms: row.time_ms,
        power_kw: row.power_kw,
        energy_kwh: row.energy_kwh,
        counter_kwh: row.counter_kwh,
        flags: row.flags,
        spread_from_ms: row.spread_from_ms,
    }
}
