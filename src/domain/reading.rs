//! What a reading means: which are refused, and how power and energy follow from what was sent.
//!
//! Derived values depend on the row before, and for a register on the few values before it, so they are the same in
//! whatever order rows arrive.

use super::fields::Quantity;
use super::register::{Event, EventKind, Meter, Point, Register};
use crate::codes::Code;

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

impl Values {
    /// The place of a value.
    pub fn of(&mut self, quantity: Quantity) -> &mut Option<f64> {
        match quantity {
            Quantity::Power => &mut self.power_kw,
            Quantity::Energy => &mut self.energy_kwh,
            Quantity::Counter => &mut self.counter_kwh,
        }
    }
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
    /// Which values were sent, and how the others were found: [`SENT_POWER`], [`SENT_ENERGY`], [`SENT_COUNTER`] and
    /// [`ESTIMATED`], added up, and [`UNSETTLED`] times the readings since the register became unsettled.
    pub flags: i16,
    /// Since when the energy was drawn, ms since the epoch, if not in the interval that ends with the reading: over a gap,
    /// or since a register left the level that it is back at.
    pub spread_from_ms: Option<i64>,
}

/// Bit of [`Reading::flags`]: the power was sent.
pub const SENT_POWER: i16 = 1;
/// Bit of [`Reading::flags`]: the energy was sent.
pub const SENT_ENERGY: i16 = 2;
/// Bit of [`Reading::flags`]: the register was sent.
pub const SENT_COUNTER: i16 = 4;
/// Bit of [`Reading::flags`]: a register counted the energy over a gap of more than [`HOLD_INTERVALS`] intervals; nobody
/// knows when it was drawn.
pub const ESTIMATED: i16 = 8;
/// One reading since the register became unsettled, in [`Reading::flags`].
pub const UNSETTLED: i16 = 16;

/// Why a reading is not stored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Neither power nor energy nor register.
    #[error("the reading brings no value: send power_kw, energy_kwh or counter_kwh")]
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
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Empty => Code::EmptyReading,
            Self::NotFinite(_) => Code::NotFinite,
            Self::TooLarge(_) => Code::ValueTooLarge,
            Self::NegativeEnergy(_) => Code::NegativeEnergy,
            Self::InFuture(_) => Code::TimeInFuture,
            Self::AboveRated { .. } => Code::PowerAboveLimit,
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
    if power_kw.or(energy_kwh).or(counter_kwh).is_none() {
        return Err(Refusal::Empty);
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

/// The reading that these values make after `previous`, the machine's reading before (none for its first); `register`
/// is taken along. With it comes what the register shows beside counting.
///
/// Energy is what was sent, else what the register counted, else the power before, held until this reading for at most
/// [`HOLD_INTERVALS`]. Power is what was sent, else energy by the time since the reading before.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "milliseconds between readings are far below 2^53")]
pub fn derive(
    previous: Option<&Reading>,
    register: &mut Register,
    time_ms: i64,
    values: &Values,
    meter: &Meter,
) -> (Reading, Option<Event>) {
    let elapsed_ms = previous.map_or(meter.interval_ms, |p| time_ms - p.time_ms);
    let held_for_ms = elapsed_ms.min(HOLD_INTERVALS * meter.interval_ms);
    let held_kwh = || previous.and_then(|p| p.power_kw).map_or(0.0, |kw| (kw * held_for_ms as f64 / HOUR_MS).max(0.0));
    let mean_kw = |kwh: f64| kwh * HOUR_MS / elapsed_ms as f64;
    let step = values.counter_kwh.map(|kwh| register.step(Point { time_ms, kwh }, meter));
    let counted_kwh = step.and_then(|step| step.energy_kwh);
    let energy_kwh = match (values.energy_kwh, step) {
        (Some(sent_kwh), _) => sent_kwh,
        (None, Some(_)) => counted_kwh.unwrap_or(0.0),
        (None, None) => held_kwh(),
    };
    let power_kw = values.power_kw.or_else(|| values.energy_kwh.or(counted_kwh).map(mean_kw));
    let is_gap = |from_ms: i64| time_ms - from_ms > HOLD_INTERVALS * meter.interval_ms;
    let (in_a_gap, spread_from_ms) = match (values.energy_kwh, step) {
        (Some(_), _) => (false, None),
        (None, Some(step)) => {
            let in_a_gap = step.from_ms.is_some_and(is_gap);
            let is_back = step.event.is_some_and(|event| event.kind == EventKind::Glitch);
            (in_a_gap, step.from_ms.filter(|_| in_a_gap || is_back))
        }
        // The power was held for the first intervals of the gap.
        (None, None) => (false, previous.map(|previous| previous.time_ms).filter(|from_ms| is_gap(*from_ms))),
    };
    let flag = |is_set: bool, bit| if is_set { bit } else { 0 };
    let flags = flag(values.power_kw.is_some(), SENT_POWER)
        + flag(values.energy_kwh.is_some(), SENT_ENERGY)
        + flag(values.counter_kwh.is_some(), SENT_COUNTER)
        + flag(in_a_gap, ESTIMATED)
        + i16::from(step.map_or(0, |step| step.unsettled)) * UNSETTLED;
    let reading = Reading { time_ms, power_kw, energy_kwh, counter_kwh: values.counter_kwh, flags, spread_from_ms };
    (reading, step.and_then(|step| step.event))
}

impl Reading {
    /// What was sent, without what was derived.
    #[must_use]
    pub fn values(&self) -> Values {
        Values {
            power_kw: self.power_kw.filter(|_| self.flags & SENT_POWER != 0),
            energy_kwh: Some(self.energy_kwh).filter(|_| self.flags & SENT_ENERGY != 0),
            counter_kwh: self.counter_kwh,
        }
    }

    /// Readings since its register became unsettled; 0 when it is settled, and where none was sent.
    #[must_use]
    pub fn unsettled(&self) -> i16 {
        self.flags / UNSETTLED
    }

    /// Its register, if it was sent.
    #[must_use]
    pub fn point(&self) -> Option<Point> {
        self.counter_kwh.map(|kwh| Point { time_ms: self.time_ms, kwh })
    }
}
