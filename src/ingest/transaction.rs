//! One transaction for a group of batches: find the machines, check the rows, lay them over what is stored, write the
//! changed rows and add their differences to the buckets.

use std::collections::{BTreeMap, HashMap};

use entity::machine::Model as Machine;
use entity::{MachineId, SiteId};

use super::batch::{Batch, MachineRef, Receipt};
use super::check::{Checked, Limits, Machines, check_rows};
use crate::codes::Code;
use crate::domain::instant::format_ms;
use crate::domain::merge::{Change, Merged, Outcome, Window, merge};
use crate::domain::reading::{MAX_RATED_FACTOR, Reading, Values};
use crate::domain::register::{Meter, Replacement};
use crate::domain::registry::check_name;
use crate::domain::rollup::Deltas;
use crate::error::{Error, Result};
use crate::store::{Store, WriteTransaction, carrier_scope};

/// Stored rows that may be read to lay late ones over them: this many, and as many again for each late row.
/// Beyond that the late rows are halved.
const WINDOW_ROWS: usize = 1000;
const WINDOW_ROWS_PER_LATE_ROW: usize = 4;
/// Rows after the last late one that are read at first: mostly the first or second comes out as it was.
const ROWS_AFTER: u64 = 4;

/// Stores the batches; one receipt each, and the machines that have other readings now. A batch on trial is alone, and
/// leaves nothing behind.
pub(super) async fn write(
    store: &Store,
    now_ms: i64,
    greatest_refused: u64,
    batches: &[Batch],
) -> Result<(Vec<Receipt>, Vec<MachineId>)> {
    let (transaction, machines, registered, mut receipts, checked) = loop {
        let transaction = store.begin_write().await?;
        let (machines, registered) = find_machines(&transaction, batches).await?;
        let horizon_ms = transaction.horizon_ms().await?;
        let again = batches.iter().flat_map(|batch| &batch.again).map(|again| again.id).collect();
        let still_refused = transaction.delete_refused(again).await?;
        let mut receipts = vec![Receipt::default(); batches.len()];
        let limits = Limits { horizon_ms, now_ms, still_refused };
        let checked = check_rows(batches, &machines, &limits, &mut receipts);
        // A partition is made outside of the transaction that needs it, and only for readings that will be stored.
        let times_ms = checked.incoming.values().flatten().map(|row| row.time_ms);
        match store.missing_months(times_ms)? {
            missing if missing.is_empty() => break (transaction, machines, registered, receipts, checked),
            missing => {
                drop(transaction);
                store.make_partitions(&missing).await?;
            }
        }
    };
    let Checked { incoming, refused } = checked;
    let ids: Vec<MachineId> = incoming.keys().copied().collect();
    let mut last = transaction.last_readings(&ids).await?;
    let mut writing = Writing::new(&transaction, &ids).await?;
    let (mut changed, mut late) = (Vec::new(), Vec::new());
    for (id, mut rows) in incoming {
        let Some(machine) = machines.by_id.get(&id) else { continue };
        rows.sort_by_key(|row| row.time_ms);
        let values: Vec<(i64, Values)> = rows.iter().map(|row| (row.time_ms, row.values)).collect();
        let last = last.remove(&id);
        let outcomes = writing.lay_over(machine, last, &values).await?;
        let first = rows.iter().zip(&outcomes).find(|(_, outcome)| **outcome != Outcome::Duplicate);
        if let Some((row, _)) = first {
            changed.push(id);
            late.extend(last.filter(|last| row.time_ms <= last.time_ms).map(|_| (id, row.time_ms)));
        }
        for (row, outcome) in rows.iter().zip(outcomes) {
            let receipt = &mut receipts[row.batch];
            match outcome {
                Outcome::Accepted => receipt.accepted += 1,
                Outcome::Duplicate => receipt.duplicates += 1,
                Outcome::Corrected => receipt.corrected += 1,
            }
        }
    }
    if batches.iter().any(|batch| batch.is_trial) {
        return Ok((receipts, Vec::new()));
    }
    writing.finish().await?;
    // New readings are no news: they would be all there is in the audit.
    for ((batch, receipt), registered) in batches.iter().zip(&receipts).zip(registered) {
        if let Some(author) = batch.author.as_ref().filter(|_| receipt.corrected > 0 || registered > 0) {
            transaction.note(author).await?;
        }
    }
    transaction.note_late(&late, now_ms).await?;
    let shed = transaction.keep_refused(&refused, greatest_refused).await?;
    transaction.commit().await?;
    metrics::counter!("wattline_refused_readings_shed_total").increment(shed);
    Ok((receipts, changed))
}

/// What somebody says of a machine's meter.
#[derive(Clone, Copy, Debug)]
pub enum Replaced {
    /// Another took its place.
    Noted(Replacement),
    /// What was noted for this instant (ms since the epoch) was a mistake.
    Withdrawn(i64),
}

/// Notes that a machine's meter was replaced, or withdraws it, and counts its register anew from there.
pub async fn replace_meter(store: &Store, machine: MachineId, replaced: Replaced) -> Result<Machine> {
    let transaction = store.begin_write().await?;
    let machine = transaction.lock_machine(machine).await?;
    let at_ms = match replaced {
        Replaced::Noted(replacement) => {
            transaction.insert_meter_replacement(machine.id, &replacement).await?;
            replacement.time_ms
        }
        Replaced::Withdrawn(at_ms) => {
            if !transaction.delete_meter_replacement(machine.id, at_ms).await? {
                let message = format!("no meter of {} was replaced at {}", machine.name, format_ms(at_ms));
                return Err(Error::NotFound(message));
            }
            at_ms
        }
    };
    let horizon_ms = transaction.horizon_ms().await?;
    if at_ms <= horizon_ms {
        let message = format!("single readings before {} are no longer kept", format_ms(horizon_ms));
        return Err(Error::invalid(Code::BeforeHorizon, message));
    }
    let mut writing = Writing::new(&transaction, &[machine.id]).await?;
    writing.replaced_at(&machine, at_ms).await?;
    writing.finish().await?;
    transaction.commit().await?;
    Ok(machine)
}

/// The machines that the batches name, and how many each batch registers.
async fn find_machines(transaction: &WriteTransaction, batches: &[Batch]) -> Result<(Machines, Vec<u64>)> {
    let mut names: BTreeMap<SiteId, Vec<&str>> = BTreeMap::new();
    let (mut ids, mut registered) = (Vec::new(), Vec::with_capacity(batches.len()));
    for batch in batches {
        let mut unknown = Vec::new();
        for machine in batch.machines() {
            match machine {
                MachineRef::Id(id) => ids.push(*id),
                // A name that no machine can have is not looked for.
                MachineRef::Name(name) if check_name(name).is_ok() => unknown.push(name.as_str()),
                MachineRef::Name(_) => {}
            }
        }
        // In one order for all writers, so that two never wait for each other in a circle.
        unknown.sort_unstable();
        registered.push(match batch.auto_register_interval_s {
            Some(interval_s) => transaction.register_unknown_machines(batch.site_id, &unknown, interval_s).await?,
            None => 0,
        });
        names.entry(batch.site_id).or_default().append(&mut unknown);
    }
    for names in names.values_mut() {
        names.sort_unstable();
        names.dedup();
    }
    let names: Vec<_> = names.into_iter().filter(|(_, names)| !names.is_empty()).collect();
    let machines = transaction.lock_machines(&names, &ids).await?;
    let by_name = machines.iter().map(|m| ((m.site_id, m.name.clone()), m.id)).collect();
    Ok((Machines { by_id: machines.into_iter().map(|m| (m.id, m)).collect(), by_name }, registered))
}

/// What a transaction has still to write.
struct Writing<'a> {
    transaction: &'a WriteTransaction,
    deltas: Deltas,
    pending: Vec<(MachineId, Change)>,
    replacements: HashMap<MachineId, Vec<Replacement>>,
}

impl<'a> Writing<'a> {
    async fn new(transaction: &'a WriteTransaction, machines: &[MachineId]) -> Result<Self> {
        let replacements = transaction.meter_replacements(machines).await?;
        Ok(Self { transaction, deltas: Deltas::default(), pending: Vec::new(), replacements })
    }

    /// Lays a machine's rows (by time, those of equal times in order of arrival) over what is stored.
    async fn lay_over(
        &mut self,
        machine: &Machine,
        last: Option<Reading>,
        rows: &[(i64, Values)],
    ) -> Result<Vec<Outcome>> {
        let all_new = last.is_none_or(|last| rows.first().is_none_or(|row| row.0 > last.time_ms));
        if all_new {
            let with_register = rows.iter().find(|(_, values)| values.counter_kwh.is_some());
            let registers = match with_register {
                Some((time_ms, _)) => self.transaction.registers_before(machine.id, *time_ms, last).await?,
                None => Vec::new(),
            };
            let replacements = self.replacements(machine.id);
            let window = Window { before: last, registers, is_whole: true, replacements, ..Window::default() };
            let merged = merge(&window, rows, &meter(machine)).unwrap_or_default();
            self.book(machine, &merged).await?;
            self.pending.extend(merged.changes.into_iter().map(|change| (machine.id, change)));
            return Ok(merged.outcomes);
        }
        let mut outcomes = Vec::with_capacity(rows.len());
        let mut parts = vec![rows];
        while let Some(part) = parts.pop() {
            if let Some(of_part) = self.lay_over_part(machine, part).await? {
                outcomes.extend(of_part);
            } else {
                let (earlier, later) = part.split_at(middle(part));
                parts.push(later);
                parts.push(earlier);
            }
        }
        Ok(outcomes)
    }

    /// One part of a machine's late rows, written at once because the next part reads them; none if too many stored
    /// rows lie between the part's first and last.
    async fn lay_over_part(&mut self, machine: &Machine, rows: &[(i64, Values)]) -> Result<Option<Vec<Outcome>>> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Some(Vec::new())) };
        let limit = WINDOW_ROWS + WINDOW_ROWS_PER_LATE_ROW * rows.len();
        let mut rows_after = ROWS_AFTER;
        let merged = loop {
            let range_ms = (first.0, last.0);
            let window = self.transaction.window(machine.id, range_ms, limit as u64, rows_after).await?;
            let Some(mut window) = window else { return Ok(None) };
            window.replacements = self.replacements(machine.id);
            if let Some(merged) = merge(&window, rows, &meter(machine)) {
                break merged;
            }
            rows_after *= 16;
        };
        let open_after_ms = self.store_at_once(machine, &merged).await?;
        self.go_on(machine, open_after_ms).await?;
        Ok(Some(merged.outcomes))
    }

    /// Goes through the register again from where a meter was replaced, or not, after all.
    async fn replaced_at(&mut self, machine: &Machine, at_ms: i64) -> Result<()> {
        let open_after_ms = self.go_through_register(machine, at_ms).await?;
        self.go_on(machine, open_after_ms).await
    }

    /// A changed register changes the next one, which may be far away.
    async fn go_on(&mut self, machine: &Machine, mut open_after_ms: Option<i64>) -> Result<()> {
        while let Some(after_ms) = open_after_ms {
            let Some(next_ms) = self.transaction.next_register_ms(machine.id, after_ms).await? else { break };
            open_after_ms = self.go_through_register(machine, next_ms).await?;
        }
        Ok(())
    }

    /// Goes through the register again from an instant until its rows come out as they were; after which instant it has
    /// to be gone on with, if at all.
    async fn go_through_register(&mut self, machine: &Machine, at_ms: i64) -> Result<Option<i64>> {
        let mut rows_after = ROWS_AFTER;
        let merged = loop {
            let window = self.transaction.window(machine.id, (at_ms, at_ms), 1, rows_after).await?;
            let replacements = self.replacements(machine.id);
            let window = Window { replacements, replaced_at_ms: Some(at_ms), ..window.unwrap_or_default() };
            if let Some(merged) = merge(&window, &[], &meter(machine)) {
                break merged;
            }
            rows_after *= 16;
        };
        self.store_at_once(machine, &merged).await
    }

    /// Stores changes that the next step reads.
    async fn store_at_once(&mut self, machine: &Machine, merged: &Merged) -> Result<Option<i64>> {
        self.book(machine, merged).await?;
        let changes: Vec<_> = merged.changes.iter().map(|change| (machine.id, *change)).collect();
        self.transaction.write_readings(&changes).await?;
        Ok(merged.open_after_ms)
    }

    fn replacements(&self, machine: MachineId) -> Vec<Replacement> {
        self.replacements.get(&machine).cloned().unwrap_or_default()
    }

    async fn book(&mut self, machine: &Machine, merged: &Merged) -> Result<()> {
        self.deltas.book(
            machine.id.0,
            machine.site_id.0,
            carrier_scope(machine.carrier, machine.unit),
            &merged.changes,
        );
        match merged.events_ms {
            Some(range_ms) => self.transaction.replace_meter_events(machine.id, range_ms, &merged.events).await,
            None => Ok(()),
        }
    }

    async fn finish(self) -> Result<()> {
        self.transaction.write_readings(&self.pending).await?;
        self.transaction.write_rollups(&self.deltas.finish()).await
    }
}

fn meter(machine: &Machine) -> Meter {
    Meter {
        interval_ms: machine.expected_interval_ms(),
        greatest_kw: machine.rated_power_kw.map(|kw| MAX_RATED_FACTOR * kw),
        width_kwh: machine.register_width_kwh,
    }
}

/// Where to split: as near to the middle as rows of one time, which stay together, allow.
fn middle(rows: &[(i64, Values)]) -> usize {
    let half = rows.len() / 2;
    let changes = |i: &usize| rows[*i].0 != rows[*i - 1].0;
    (half.max(1)..rows.len()).find(changes).or_else(|| (1..half).rfind(changes)).unwrap_or(rows.len())
}
