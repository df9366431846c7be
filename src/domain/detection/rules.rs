//! What needs no statistics: a stuck meter and an overloaded machine, each by a rule of its own.
//!
//! A stuck meter is the opposite of surprising to everything that looks at values, and a motor at 130 % of its rated
//! power is wrong however used to it we are.

use super::codec::Codec;
use super::finding::{Sample, Severity};

const CLASSES: usize = 16;
/// A run is suspicious from so many equal readings on, and from so many times the longest one known at that power.
const SHORTEST_RUN: f32 = 4.0;
const TIMES_LONGEST: f32 = 3.0;
/// Critical at so many times what is suspicious.
const CRITICAL_RUN: f32 = 8.0;
/// Readings before runs can be judged, and runs before those of a power are known.
const WARM_UP: f32 = 100.0;
const KNOWN: u8 = 20;
/// Below this part of the highest power a machine is off, where nothing moves.
pub(super) const OFF: f32 = 0.02;
/// A shorter run is suspicious too, if by the share of equal neighbours chance makes one in so long a time, ms; only for
/// readings so far apart that each counts for itself, ms.
const BY_CHANCE_MS: f32 = 20.0 * 604_800_000.0;
const INDEPENDENT_MS: f32 = 60_000.0;
const FEWEST: f32 = 3.0;
/// Where more neighbours than that are equal, runs are the rule, and the longest one is soon a little longer.
const RUNS_ARE_THE_RULE: f32 = 0.5;
const NEARLY_ONE: f32 = 0.999;
/// Readings until that share is known, and how many it remembers; of a run, so many count.
const SHARE_KNOWN: u16 = 100;
const SHARE_MEMORY: u16 = 5000;
const SHARE_RUN: f32 = 4.0;
/// Of a run longer than suspicious, so many times what is suspicious is learned: a machine that rests for days every
/// week is known to do so after some of them.
const LEARNED: f32 = 6.0;
/// The longest run fades by this with every run, so that a stuck meter does not blind us for ever.
const FADE: f32 = 0.9998;

/// How runs are judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Factor on the length of a suspicious run.
    patience: f32,
    /// How improbable a run must be, in powers of ten.
    improbable: f32,
}

impl Manner {
    /// For readings at this interval, and a meter that was cleared of suspicion so often.
    pub(super) fn of(interval_ms: f32, dismissals: u8) -> Self {
        let improbable =
            if interval_ms < INDEPENDENT_MS { f32::INFINITY } else { (BY_CHANCE_MS / interval_ms).log10() };
        Self { patience: f32::from(1_u8 << dismissals), improbable }
    }
}

/// Runs of equal readings, and how long they get at which power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Runs {
    started_ms: i64,
    length: f32,
    readings: f32,
    /// By the root of the power, in sixteenths of the highest, as idle machines differ little: the longest run, and how
    /// many there were.
    longest: [f32; CLASSES],
    known: [u8; CLASSES],
    /// By power: share of the readings that equal the one before, of how many.
    equal: [f32; CLASSES],
    seen: [u16; CLASSES],
}

impl Runs {
    pub(super) const fn new() -> Self {
        let none = [0.0; CLASSES];
        Self {
            started_ms: 0,
            length: 0.0,
            readings: 0.0,
            longest: none,
            known: [0; CLASSES],
            equal: none,
            seen: [0; CLASSES],
        }
    }

    /// How urgent it is that the power has not moved since the reading before; `high` is the highest seen, kW, see
    /// [`Manner`] for the rest.
    pub(super) fn judge(
        &mut self,
        sample: Sample,
        before_kw: Option<f64>,
        high: f32,
        manner: Manner,
    ) -> Option<Severity> {
        let power_kw = sample.power_kw;
        self.readings = (self.readings + 1.0).min(WARM_UP);
        let class = class(narrow(power_kw), high);
        let equal = before_kw.is_some_and(|before_kw| before_kw.to_bits() == power_kw.to_bits());
        self.learn_share(class, equal);
        if equal {
            self.length += 1.0;
        } else {
            if let Some(before_kw) = before_kw {
                self.finish(before_kw, high, manner.improbable);
            }
            (self.started_ms, self.length) = (sample.time_ms, 1.0);
        }
        let suspicious = manner.patience * self.suspicious(class, manner.improbable);
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
    fn suspicious(&self, class: usize, improbable: f32) -> f32 {
        let near = class.saturating_sub(1)..=(class + 1).min(CLASSES - 1);
        let range = if self.known[class] < KNOWN { 0..=CLASSES - 1 } else { near };
        let longest = self.longest[range].iter().copied().fold(0.0, f32::max);
        let usual = SHORTEST_RUN.max(TIMES_LONGEST * longest + 1.0);
        let share = self.share(class);
        let by_chance = 1.0 + (improbable / -share.log10()).ceil();
        let longer = if share > RUNS_ARE_THE_RULE { 2.0 * longest } else { longest + 1.0 };
        usual.min(by_chance.max(longer).max(FEWEST))
    }

    /// Share of equal neighbours around this power, rather too high than too low; 1 while unknown.
    fn share(&self, class: usize) -> f32 {
        let near = class.saturating_sub(1)..=(class + 1).min(CLASSES - 1);
        let known = near.filter(|&class| self.seen[class] >= SHARE_KNOWN);
        let share = |class: usize| {
            let seen = f32::from(self.seen[class]);
            (self.equal[class] * seen + 1.0) / (seen + 2.0)
        };
        if self.seen[class] < SHARE_KNOWN { NEARLY_ONE } else { known.map(share).fold(0.0, f32::max).min(NEARLY_ONE) }
    }

    fn learn_share(&mut self, class: usize, equal: bool) {
        if equal && self.length >= SHARE_RUN {
            return;
        }
        let (share, seen) = (&mut self.equal[class], &mut self.seen[class]);
        *seen = (*seen + 1).min(SHARE_MEMORY);
        *share += (f32::from(u8::from(equal)) - *share) / f32::from(*seen);
    }

    fn finish(&mut self, power_kw: f64, high: f32, improbable: f32) {
        let class = class(narrow(power_kw), high);
        let length = self.length.min(LEARNED * self.suspicious(class, improbable));
        self.known[class] = (self.known[class] + 1).min(KNOWN);
        self.longest[class] = (self.longest[class] * FADE).max(length);
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.time(&mut self.started_ms);
        codec.number(&mut self.length);
        codec.number(&mut self.readings);
        let Self { longest, known, equal, seen, .. } = self;
        longest.iter_mut().chain(equal).for_each(|number| codec.number(number));
        for known in known {
            codec.byte(known);
        }
        for seen in seen {
            codec.short(seen);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the classes")]
fn class(power_kw: f32, high: f32) -> usize {
    ((power_kw.abs() / high.max(1e-9)).clamp(0.0, 0.998).sqrt() * 16.0) as usize
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
