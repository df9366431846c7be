//! What a reading means: which are refused, and how power and energy follow from what was sent.
//!
//! Derived values depend on the row before and on nothing else, so they are the same in whatever order rows arrive.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Milliseconds in an hour.
pub const HOUR_MS: f64 = 3_600_000.0;
/// A power is held for at most this many expected intervals when the next reading brings no energy of its own.
pub const HOLD_INTERVALS: i64 = 3;
/// Readings further ahead than this are refused, ms: a clock that wrong would poison the live statistics.
pub const MAX_AHEAD_MS: i64 = 300_000;
/// Power above this multiple of the rated power is refused.
pub const MAX_RATED_FACTOR: f64 = 10.0;
/// Values of a greater magnitude are refused, kW or kWh.
pub const GREATEST_VALUE: f64 = 1e12;
/// How many rows after a changed one can change with it: one whose power is derived, and one that holds that power.
pub const REACH_ROWS: u64 = 2;

/// The values of a reading as they were sent; at least one is there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Values {
    /// Power, kW.
    pub power_kw: Option<f64>,
    /// Energy of the interval that ends at the reading's time, kWh.
    pub energy_kwh: Option<f64>,
    /// A meter's running register, kWh.
    pub counter_kwh: Option<f64>,
}

/// One reading of a machine, with what was derived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// End of its interval, ms since the epoch.
    pub time_ms: i64,
    /// Power, kW.
    pub power_kw: Option<f64>,
    /// Energy, kWh.
    pub energy_kwh: f64,
    /// The register as sent, kWh.
    pub counter_kwh: Option<f64>,
    /// Which values were sent: [`SENT_POWER`], [`SENT_ENERGY`], [`SENT_COUNTER`], added up.
    pub sent: i16,
}

/// Bit of [`Reading::sent`]: the power was sent.
pub const SENT_POWER: i16 = 1;
/// Bit of [`Reading::sent`]: the energy was sent.
pub const SENT_ENERGY: i16 = 2;
/// Bit of [`Reading::sent`]: the register was sent.
pub const SENT_COUNTER: i16 = 4;

/// Why a reading is not stored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Neither power nor energy nor register.
    #[error("the reading brings no value: send power_kw, energy_kwh or both")]
    Empty,
    /// NaN or infinite.
    #[error("{0} is not a finite number")]
    NotFinite(&'static str),
    /// Beyond anything a plant can send; sums over such numbers would lose the small ones.
    #[error("{0} is beyond 1e12: check the sender's unit")]
    TooLarge(&'static str),
    /// Energy below zero.
    #[error("energy_kwh is negative ({0})")]
    NegativeEnergy(f64),
    /// Ahead of our clock.
    #[error("the time is {0} s ahead of the server's clock; at most 300 s are accepted: check the sender's clock")]
    InFuture(i64),
    /// Far more than the machine can draw.
    #[error("power_kw {power_kw} is more than ten times the machine's rated power of {rated_kw} kW")]
    AboveRated {
        /// As sent, kW.
        power_kw: f64,
        /// The machine's, kW.
        rated_kw: f64,
    },
    /// A register alone.
    #[error("a register (counter_kwh) alone is not accepted yet: send power_kw or energy_kwh with it")]
    CounterOnly,
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY_READING",
            Self::NotFinite(_) => "NOT_FINITE",
            Self::TooLarge(_) => "VALUE_TOO_LARGE",
            Self::NegativeEnergy(_) => "NEGATIVE_ENERGY",
            Self::InFuture(_) => "TIME_IN_FUTURE",
            Self::AboveRated { .. } => "POWER_ABOVE_LIMIT",
            Self::CounterOnly => "COUNTER_NOT_SUPPORTED",
        }
    }
}

/// Whether the reading may be stored.
pub fn check(time_ms: i64, values: &Values, now_ms: i64, rated_power_kw: Option<f64>) -> Result<(), Refusal> {
    let Values { power_kw, energy_kwh, counter_kwh } = *values;
    for (name, value) in [("power_kw", power_kw), ("energy_kwh", energy_kwh), ("counter_kwh", counter_kwh)] {
        if value.is_some_and(|v| !v.is_finite()) {
            return Err(Refusal::NotFinite(name));
        }
        if value.is_some_and(|v| v.abs() > GREATEST_VALUE) {
            return Err(Refusal::TooLarge(name));
        }
    }
    match (power_kw, energy_kwh, counter_kwh) {
        (None, None, None) => return Err(Refusal::Empty),
        (None, None, Some(_)) => return Err(Refusal::CounterOnly),
        _ => {}
    }
    if let Some(energy_kwh) = energy_kwh.filter(|e| *e < 0.0) {
        return Err(Refusal::NegativeEnergy(energy_kwh));
    }
    if time_ms > now_ms + MAX_AHEAD_MS {
        return Err(Refusal::InFuture((time_ms - now_ms) / 1000));
    }
    match (power_kw, rated_power_kw) {
        (Some(power_kw), Some(rated_kw)) if power_kw > MAX_RATED_FACTOR * rated_kw => {
            Err(Refusal::AboveRated { power_kw, rated_kw })
        }
        _ => Ok(()),
    }
}

/// The reading that these values make after `previous`, the machine's reading before (none for its first).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "milliseconds between readings are far below 2^53")]
pub fn derive(previous: Option<&Reading>, time_ms: i64, values: &Values, interval_ms: i64) -> Reading {
    let elapsed_ms = previous.map_or(interval_ms, |p| time_ms - p.time_ms);
    let held_for_ms = elapsed_ms.min(HOLD_INTERVALS * interval_ms);
    let held_kwh = || previous.and_then(|p| p.power_kw).map_or(0.0, |kw| (kw * held_for_ms as f64 / HOUR_MS).max(0.0));
    let energy_kwh = values.energy_kwh.unwrap_or_else(held_kwh);
    let mean_kw = || values.energy_kwh.map(|kwh| kwh * HOUR_MS / elapsed_ms as f64);
    let flag = |value: Option<f64>, bit| if value.is_some() { bit } else { 0 };
    Reading {
        time_ms,
        power_kw: values.power_kw.or_else(mean_kw),
        energy_kwh,
        counter_kwh: values.counter_kwh,
        sent: flag(values.power_kw, SENT_POWER)
            + flag(values.energy_kwh, SENT_ENERGY)
            + flag(values.counter_kwh, SENT_COUNTER),
    }
}

impl Reading {
    /// What was sent, without what was derived.
    #[must_use]
    pub fn values(&self) -> Values {
        Values {
            power_kw: self.power_kw.filter(|_| self.sent & SENT_POWER != 0),
            energy_kwh: Some(self.energy_kwh).filter(|_| self.sent & SENT_ENERGY != 0),
            counter_kwh: self.counter_kwh,
        }
    }
}

/// What became of one incoming reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// New.
    Accepted,
    /// Known with these values; nothing changed.
    Duplicate,
    /// Known with other values, which it replaces.
    Corrected,
}

/// A row to write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The row it replaces.
    pub old: Option<Reading>,
    /// The row to store.
    pub new: Reading,
}

/// The stored rows of one machine around the incoming ones: every row from the first incoming to the last, the one
/// `before` them, and [`REACH_ROWS`] after.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The last row before the first incoming one.
    pub before: Option<Reading>,
    /// The rows from there on, by time.
    pub rows: Vec<Reading>,
}

/// Lays incoming readings (in order of arrival) over the stored ones: what becomes of each, and which rows change,
/// by time.
#[must_use]
pub fn merge(window: Window, incoming: &[(i64, Values)], interval_ms: i64) -> (Vec<Outcome>, Vec<Change>) {
    let mut rows: BTreeMap<i64, (Option<Reading>, Values)> =
        window.rows.into_iter().map(|row| (row.time_ms, (Some(row), row.values()))).collect();
    let outcomes = incoming
        .iter()
        .map(|&(time_ms, values)| match rows.entry(time_ms) {
            Entry::Vacant(entry) => {
                entry.insert((None, values));
                Outcome::Accepted
            }
            Entry::Occupied(entry) if entry.get().1 == values => Outcome::Duplicate,
            Entry::Occupied(mut entry) => {
                entry.get_mut().1 = values;
                Outcome::Corrected
            }
        })
        .collect();
    let mut previous = window.before;
    let mut previous_changed = false;
    let mut changes = Vec::with_capacity(incoming.len());
    for (time_ms, (old, values)) in rows {
        let new = match old {
            // Nothing that it follows from has changed; an interval that has is for rows from then on.
            Some(old) if !previous_changed && old.values() == values => old,
            _ => derive(previous.as_ref(), time_ms, &values, interval_ms),
        };
        previous_changed = old != Some(new);
        if previous_changed {
            changes.push(Change { old, new });
        }
        previous = Some(new);
    }
    (outcomes, changes)
}
