//! Which rows of a group of batches may be stored, and why the others may not.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::machine::{Model as Machine, Unit};
use entity::{MachineId, RefusedReadingId, SiteId};

use super::batch::{Batch, MachineRef, Receipt, Rejected, Row, kept};
use crate::codes::Code;
use crate::domain::instant::format_ms;
use crate::domain::reading::{Values, check};
use crate::store::NewRefused;

/// The machines that a group's rows are for.
pub(super) struct Machines {
    pub(super) by_id: HashMap<MachineId, Machine>,
    pub(super) by_name: HashMap<(SiteId, String), MachineId>,
}

impl Machines {
    fn find(&self, batch: &Batch, machine: &MachineRef) -> Option<&Machine> {
        let id = match machine {
            MachineRef::Id(id) => id,
            MachineRef::Name(name) => self.by_name.get(&(batch.site_id, name.clone()))?,
        };
        // To who reaches another site only, it is as if there were none.
        self.by_id.get(id).filter(|machine| batch.only.is_none_or(|only| only == machine.site_id))
    }
}

/// A row that may be stored, and where its outcome goes.
pub(super) struct Incoming {
    pub(super) batch: usize,
    pub(super) time_ms: i64,
    pub(super) values: Values,
}

/// The rows to be stored, by machine, and those to be kept with the reason why they are not.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) incoming: BTreeMap<MachineId, Vec<Incoming>>,
    pub(super) refused: Vec<NewRefused>,
}

/// What rows are checked against.
pub(super) struct Limits {
    /// Readings up to this instant can no longer be stored, ms since the epoch.
    pub(super) horizon_ms: i64,
    /// The time now.
    pub(super) now_ms: i64,
    /// Of the rows that were refused before, those that nobody else has sent again meanwhile.
    pub(super) still_refused: HashSet<RefusedReadingId>,
}

/// Sorts the rows; what is refused goes into the receipts too.
pub(super) fn check_rows(batches: &[Batch], machines: &Machines, limits: &Limits, receipts: &mut [Receipt]) -> Checked {
    let mut checked = Checked::default();
    for (at, (batch, receipt)) in batches.iter().zip(receipts).enumerate() {
        let mut refuse = |rejected: &Rejected, refused: NewRefused| {
            let again = usize::try_from(rejected.index).ok().and_then(|index| batch.again.get(index));
            let received_at_ms = again.map_or(limits.now_ms, |again| again.received_at_ms);
            let id = again.map(|again| again.id);
            receipt.rejected.push(rejected.clone());
            checked.refused.push(NewRefused { id, received_at_ms, ..refused });
        };
        for unreadable in batch.unreadable() {
            let rejected = &unreadable.rejected;
            refuse(rejected, NewRefused { row: Some(unreadable.row.clone()), ..refused(batch, rejected) });
        }
        let found: Vec<_> = batch.machines().iter().map(|m| machines.find(batch, m)).collect();
        let is_gone = |row: &Row| {
            let again = usize::try_from(row.index).ok().and_then(|index| batch.again.get(index));
            again.is_some_and(|again| !limits.still_refused.contains(&again.id))
        };
        for row in batch.rows().iter().filter(|row| !is_gone(row)) {
            match check_row(row, batch, found[row.machine], limits) {
                Ok(machine) => {
                    let row = Incoming { batch: at, time_ms: row.time_ms, values: row.values };
                    checked.incoming.entry(machine).or_default().push(row);
                }
                Err(rejected) => {
                    let machine = Some(match (&batch.machines()[row.machine], found[row.machine]) {
                        (MachineRef::Name(name), _) => kept(name),
                        (MachineRef::Id(_), Some(machine)) => machine.name.clone(),
                        (MachineRef::Id(id), None) => format!("id {id}"),
                    });
                    let (time_ms, unit, values) = (Some(row.time_ms), row.unit, row.values);
                    // One named by its id is looked up in its own site when it is sent again.
                    let site_id = found[row.machine].map_or(batch.site_id, |machine| machine.site_id);
                    let refused = NewRefused { site_id, machine, time_ms, unit, values, ..refused(batch, &rejected) };
                    refuse(&rejected, refused);
                }
            }
        }
        receipt.rejected.sort_by_key(|r| r.index);
    }
    checked
}

/// What is kept of any refused row.
fn refused(batch: &Batch, rejected: &Rejected) -> NewRefused {
    NewRefused {
        id: None,
        site_id: batch.site_id,
        received_at_ms: 0,
        code: rejected.code.as_str(),
        message: kept(&rejected.message),
        machine: None,
        time_ms: None,
        unit: Unit::Kwh,
        values: Values::default(),
        row: None,
    }
}

fn check_row(row: &Row, batch: &Batch, machine: Option<&Machine>, limits: &Limits) -> Result<MachineId, Rejected> {
    let reject = |code, message| Rejected { index: row.index, code, message };
    let Some(machine) = machine else {
        let message = match &batch.machines()[row.machine] {
            MachineRef::Name(name) => format!("there is no machine named {name:?}: register it first"),
            MachineRef::Id(id) => format!("there is no machine with id {id}"),
        };
        return Err(reject(Code::UnknownMachine, message));
    };
    if row.unit != machine.unit {
        let message = match machine.unit {
            Unit::Kwh => "the machine is measured in kWh: send power_kw, energy_kwh or counter_kwh",
            Unit::CubicMetre => "the machine is measured in m³: send flow_m3_per_h, volume_m3 or counter_m3",
        };
        return Err(reject(Code::WrongUnit, message.to_owned()));
    }
    if row.time_ms <= limits.horizon_ms {
        let message =
            format!("single readings up to {} are no longer kept: it cannot be compared", format_ms(limits.horizon_ms));
        return Err(reject(Code::TooOld, message));
    }
    match check(row.time_ms, &row.values, limits.now_ms, machine.rated_power_kw) {
        Ok(()) => Ok(machine.id),
        Err(refusal) => Err(reject(refusal.code(), refusal.to_string())),
    }
}
