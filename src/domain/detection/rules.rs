//! What needs no statistics: a stuck meter and an overloaded machine, each by a rule of its own.
//!
//! A stuck meter is the opposite of surprising to everything that looks at values, and a motor at 130 % of its rated
//! power is wrong however used to it we are.

use super::codec::Codec;
use super::finding::Severity;

const CLASSES: usize = 16;
/// A run is suspicious from so many equal readings on, and from so many times the longest one known at that power.
const SHORTEST_RUN: f32 = 4.0;
const TIMES_LONGEST: f32 = 3.0;
/// Critical at so many times what is suspicious.
const CRITICAL_RUN: f32 = 8.0;
/// Readings before runs can be judged, and runs before those of a power are known.
const WARM_UP: f32 = 100.0;
const KNOWN: f32 = 20.0;
/// Below this part of the highest power a machine is off, where nothing moves.
const OFF: f32 = 0.005;
/// The longest run fades by this with every run, so that a stuck meter does not blind us for ever.
const FADE: f32 = 0.9998;

/// Runs of equal readings, and how long they get at which power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Runs {
    power_kw: Option<f64>,
    started_ms: i64,
    length: f32,
    readings: f32,
    /// By power, in sixteenths of the highest: the longest run, and how many there were.
    longest: [f32; CLASSES],
    known: [f32; CLASSES],
}

impl Runs {
    pub(super) const fn new() -> Self {
        let none = [0.0; CLASSES];
        Self { power_kw: None, started_ms: 0, length: 0.0, readings: 0.0, longest: none, known: none }
    }

    /// How urgent it is that the power has not moved; `high` is the highest seen, kW, and `patience` the factor on the
    /// length of a suspicious run.
    pub(super) fn judge(&mut self, time_ms: i64, power_kw: f64, high: f32, patience: f32) -> Option<Severity> {
        self.readings = (self.readings + 1.0).min(WARM_UP);
        let class = class(narrow(power_kw), high);
        if self.power_kw.is_some_and(|before| before.to_bits() == power_kw.to_bits()) {
            self.length += 1.0;
        } else {
            self.finish(high);
            (self.power_kw, self.started_ms, self.length) = (Some(power_kw), time_ms, 1.0);
        }
        let suspicious = patience * self.suspicious(class);
        let off = narrow(power_kw).abs() <= OFF * high;
        match self.length / suspicious {
            _ if off || self.readings < WARM_UP => None,
            times if times >= CRITICAL_RUN => Some(Severity::Critical),
            times => (times >= 1.0).then_some(Severity::Warning),
        }
    }

    /// When the run began, ms since the epoch.
    pub(super) const fn started_ms(&self) -> i64 {
        self.started_ms
    }

    /// Readings from which on a run at this power is suspicious.
    fn suspicious(&self, class: usize) -> f32 {
        let near = class.saturating_sub(1)..=(class + 1).min(CLASSES - 1);
        let range = if self.known[class] < KNOWN { 0..=CLASSES - 1 } else { near };
        let longest = self.longest[range].iter().copied().fold(0.0, f32::max);
        SHORTEST_RUN.max(TIMES_LONGEST * longest + 1.0)
    }

    fn finish(&mut self, high: f32) {
        let Some(power_kw) = self.power_kw else { return };
        let class = class(narrow(power_kw), high);
        let length = self.length.min(self.suspicious(class));
        self.known[class] = (self.known[class] + 1.0).min(KNOWN);
        self.longest[class] = (self.longest[class] * FADE).max(length);
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        let mut power_kw = self.power_kw.unwrap_or(f64::NAN);
        codec.double(&mut power_kw);
        self.power_kw = (!power_kw.is_nan()).then_some(power_kw);
        codec.time(&mut self.started_ms);
        codec.number(&mut self.length);
        codec.number(&mut self.readings);
        self.longest.iter_mut().chain(&mut self.known).for_each(|number| codec.number(number));
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the classes")]
fn class(power_kw: f32, high: f32) -> usize {
    ((power_kw / high.max(1e-9)).clamp(0.0, 0.999) * 16.0) as usize
}

/// The state keeps four bytes a number.
#[expect(clippy::cast_possible_truncation, reason = "seven digits are more than a meter has")]
pub(super) const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Mean power against the rated one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    /// Mean of the last minutes, kW.
    mean: f32,
    /// The highest it gets day by day, kW: some nameplates are wrong.
    usual: f32,
    /// Since when it has been below the limit no more, ms since the epoch.
    started_ms: Option<i64>,
}

/// Time over which the load is averaged, ms: shorter peaks are what motors do.
const OVER_MS: f32 = 180_000.0;
const DAY_MS: f32 = 86_400_000.0;
/// Times the rated power.
const WARNING: f32 = 1.1;
const CRITICAL: f32 = 1.25;

impl Load {
    /// How urgent the load is; `elapsed_ms` since the last reading, None for the first.
    pub(super) fn judge(
        &mut self,
        time_ms: i64,
        power_kw: f32,
        elapsed_ms: Option<f32>,
        rated_kw: Option<f32>,
    ) -> Option<Severity> {
        let elapsed_ms = elapsed_ms.unwrap_or(f32::INFINITY);
        self.mean += (power_kw - self.mean) * (1.0 - (-elapsed_ms / OVER_MS).exp());
        let limit = rated_kw?.max(self.usual).max(1e-9);
        let days = (elapsed_ms / DAY_MS).min(0.1);
        self.usual += if self.mean > self.usual { (self.mean - self.usual) * days } else { -0.01 * self.usual * days };
        let severity = match self.mean / limit {
            load if load >= CRITICAL => Some(Severity::Critical),
            load => (load >= WARNING).then_some(Severity::Warning),
        };
        self.started_ms = severity.and(self.started_ms.or(Some(time_ms)));
        severity
    }

    /// Mean power of the last minutes, kW.
    pub(super) const fn mean(&self) -> f32 {
        self.mean
    }

    /// Since when it has been too high, ms since the epoch.
    pub(super) const fn started_ms(&self) -> Option<i64> {
        self.started_ms
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.mean);
        codec.number(&mut self.usual);
        codec.optional_time(&mut self.started_ms);
    }
}
