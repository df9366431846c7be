//! What every door hands to the write path, and what it gets back.
//!
//! A batch names each machine once and its rows point there: a million rows of eight machines carry eight names.

use std::collections::HashMap;

use entity::machine::Unit;
use entity::{MachineId, RefusedReadingId, SiteId};

use crate::codes::Code;
use crate::domain::fields::{Quantity, Scale};
use crate::domain::reading::Values;
use crate::store::Author;

/// A machine as the sender names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MachineRef {
    /// By its name in the batch's site.
    Name(String),
    /// By its id, whatever its site.
    Id(MachineId),
}

/// One row that could be read.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its place in what was sent, from 0.
    pub index: u64,
    /// Its machine: the place in [`Batch::machines`].
    pub machine: usize,
    /// What its values are in.
    pub unit: Unit,
    /// End of its interval, ms since the epoch.
    pub time_ms: i64,
    /// What was sent.
    pub values: Values,
}

/// The values of a row, and what they are in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sent {
    /// The values, converted.
    pub values: Values,
    /// What they are in; none while there is no value.
    pub unit: Option<Unit>,
}

impl Sent {
    /// Takes a value; whether it goes with those taken before: of another quantity and in the same unit.
    pub fn take(&mut self, quantity: Quantity, scale: Scale, value: f64) -> bool {
        let is_first = self.values.of(quantity).replace(scale.convert(value)).is_none();
        is_first && *self.unit.get_or_insert(scale.unit()) == scale.unit()
    }
}

/// A row that was not stored, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its place in what was sent, from 0.
    pub index: u64,
    /// Stable code, such as `UNKNOWN_MACHINE`.
    pub code: Code,
    /// For people.
    pub message: String,
}

/// A row that could not be read: why, and what was sent.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Its place, and why.
    pub rejected: Rejected,
    /// The row as sent, cut off after a thousand characters.
    pub row: String,
}

/// Characters that are kept of a row that could not be read.
pub(super) const KEPT_CHARS: usize = 1000;

/// What is kept of a text: not more than [`KEPT_CHARS`], and no NUL, which one of the databases does not take.
pub(super) fn kept(text: &str) -> String {
    text.chars().filter(|char| *char != '\0').take(KEPT_CHARS).collect()
}

/// A row that was refused before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// Under which id it is kept.
    pub id: RefusedReadingId,
    /// When it came first, ms since the epoch.
    pub received_at_ms: i64,
}

/// Readings of one site, in the order in which they were sent.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Where machine names are looked up.
    pub site_id: SiteId,
    /// Unknown machines are registered with this expected interval (seconds) instead of refused.
    pub auto_register_interval_s: Option<i32>,
    /// The only site whose machines its rows may name; none for all.
    pub only: Option<SiteId>,
    /// Nothing is stored: the receipt says what would become of the rows.
    pub is_trial: bool,
    /// Where the rows were refused before: which ones they are, by index.
    pub again: Vec<Again>,
    /// In whose name the rows are sent: what they correct, and machines they register, stand in the audit.
    pub author: Option<Author>,
    machines: Vec<MachineRef>,
    places: HashMap<MachineRef, usize>,
    rows: Vec<Row>,
    unreadable: Vec<Unreadable>,
}

impl Batch {
    /// An empty batch for a site.
    #[must_use]
    pub fn new(site_id: SiteId) -> Self {
        Self {
            site_id,
            auto_register_interval_s: None,
            only: None,
            is_trial: false,
            again: Vec::new(),
            author: None,
            machines: Vec::new(),
            places: HashMap::new(),
            rows: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// Adds a row in kW and kWh.
    pub fn push(&mut self, index: u64, machine: MachineRef, time_ms: i64, values: Values) {
        self.push_sent(index, machine, time_ms, Sent { values, unit: Some(Unit::Kwh) });
    }

    /// Adds a row.
    pub fn push_sent(&mut self, index: u64, machine: MachineRef, time_ms: i64, sent: Sent) {
        let Sent { values, unit } = sent;
        let unit = unit.unwrap_or_default();
        let next = self.machines.len();
        let machine = *self.places.entry(machine).or_insert_with_key(|machine| {
            self.machines.push(machine.clone());
            next
        });
        self.rows.push(Row { index, machine, unit, time_ms, values });
    }

    /// Notes a row that could not be read.
    pub fn reject(&mut self, rejected: Rejected, row: &str) {
        self.unreadable.push(Unreadable { rejected, row: kept(row) });
    }

    /// How many rows were sent, readable or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() + self.unreadable.len()
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The machines that rows point to.
    #[must_use]
    pub fn machines(&self) -> &[MachineRef] {
        &self.machines
    }

    /// The readable rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The unreadable ones.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }
}

/// What became of a batch. Its rows are on disk when this is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// New rows.
    pub accepted: u64,
    /// Rows known before with the same values.
    pub duplicates: u64,
    /// Rows known before with other values, now replaced.
    pub corrected: u64,
    /// Rows that were not stored, by index.
    pub rejected: Vec<Rejected>,
}

impl Receipt {
    /// Adds the receipt of a further batch.
    pub fn merge(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.corrected += other.corrected;
        self.rejected.extend(other.rejected);
    }
}
