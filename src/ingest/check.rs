//! Which rows of a group of batches may be stored, and why the others may not.

use std::collections::{BTreeMap, HashMap};

use entity::machine::{Model as Machine, Unit};
use entity::{MachineId, SiteId};

use super::batch::{Batch, MachineRef, Receipt, Rejected, Row, kept};
use crate::domain::instant::format_ms;
use crate::domain::reading::{Values, check};
use crate::store::NewRefused;

/// The machines that a group's rows are for.
pub(super) struct Machines {
    pub(super) by_id: HashMap<MachineId, Machine>,
    pub(super) by_name: HashMap<(SiteId, String), MachineId>,
}

impl Machines {
    fn find(&self, site: SiteId, machine: &MachineRef) -> Option<&Machine> {
        let id = match machine {
            MachineRef::Id(id) => id,
            MachineRef::Name(name) => self.by_name.get(&(site, name.clone()))?,
        };
        self.by_id.get(id)
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

/// Sorts the rows; what is refused goes into the receipts too. Readings up to the horizon can no longer be stored.
pub(super) fn check_rows(
    batches: &[Batch],
    machines: &Machines,
    (horizon_ms, now_ms): (i64, i64),
    receipts: &mut [Receipt],
) -> Checked {
    let mut checked = Checked::default();
    for (at, (batch, receipt)) in batches.iter().zip(receipts).enumerate() {
        let mut refuse = |rejected: &Rejected, refused: NewRefused| {
            let again = usize::try_from(rejected.index).ok().and_then(|index| batch.again.get(index));
            let received_at_ms = again.map_or(now_ms, |again| again.received_at_ms);
            receipt.rejected.push(rejected.clone());
            checked.refused.push(NewRefused { received_at_ms, ..refused });
        };
        for unreadable in batch.unreadable() {
            let rejected = &unreadable.rejected;
            refuse(rejected, NewRefused { row: Some(unreadable.row.clone()), ..refused(batch, rejected) });
        }
        let found: Vec<_> = batch.machines().iter().map(|m| machines.find(batch.site_id, m)).collect();
        for row in batch.rows() {
            match check_row(row, batch, found[row.machine], (horizon_ms, now_ms)) {
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
                    refuse(&rejected, NewRefused { machine, time_ms, unit, values, ..refused(batch, &rejected) });
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
        site_id: batch.site_id,
        received_at_ms: 0,
        code: rejected.code,
        message: kept(&rejected.message),
        machine: None,
        time_ms: None,
        unit: Unit::Kwh,
        values: Values::default(),
        row: None,
    }
}

fn check_row(
    row: &Row,
    batch: &Batch,
    machine: Option<&Machine>,
    (horizon_ms, now_ms): (i64, i64),
) -> Result<MachineId, Rejected> {
    let reject = |code, message| Rejected { index: row.index, code, message };
    let Some(machine) = machine else {
        let message = match &batch.machines()[row.machine] {
            MachineRef::Name(name) => format!("there is no machine named {name:?}: register it first"),
            MachineRef::Id(id) => format!("there is no machine with id {id}"),
        };
        return Err(reject("UNKNOWN_MACHINE", message));
    };
    if row.unit != machine.unit {
        let message = match machine.unit {
            Unit::Kwh => "the machine is measured in kWh: send power_kw, energy_kwh or counter_kwh",
            Unit::CubicMetre => "the machine is measured in m³: send flow_m3_per_h, volume_m3 or counter_m3",
        };
        return Err(reject("WRONG_UNIT", message.to_owned()));
    }
    if row.time_ms <= horizon_ms {
        let message =
            format!("single readings up to {} are no longer kept: it cannot be compared", format_ms(horizon_ms));
        return Err(reject("TOO_OLD", message));
    }
    match check(row.time_ms, &row.values, now_ms, machine.rated_power_kw) {
        Ok(()) => Ok(machine.id),
        Err(refusal) => Err(reject(refusal.code(), refusal.to_string())),
    }
}
