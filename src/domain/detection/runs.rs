//! A meter that is stuck: its power is the same for too long.
//!
//! That is the opposite of surprising to everything that looks at values, so it has a rule of its own. How long is too
//! long depends on the power: at rest a machine may draw the same to the last digit for days.

use super::codec::Codec;
use super::finding::{Sample, Severity};
use super::half::Half;
use super::rules::{OFF, narrow};

const CLASSES: usize = 16;
/// A run is suspicious from so many equal readings on, and from so many times the longest one known at that power.
const SHORTEST_RUN: f32 = 4.0;
const TIMES_LONGEST: f32 = 3.0;
/// Critical at so many times what is suspicious.
const CRITICAL_RUN: f32 = 8.0;
/// Readings before runs can be judged, and runs before those of a power are known.
const WARM_UP: f32 = 100.0;
const KNOWN: u16 = 20;
/// A shorter run is suspicious too, if by the share of equal neighbours chance makes one in so long a time, ms; only for
/// readings so far apart that each counts for itself, ms.
const BY_CHANCE_MS: f32 = 20.0 * WEEK_MS;
const INDEPENDENT_MS: f32 = 60_000.0;
/// The same for readings so far apart, ms, of which there are too few to wait for more.
const BY_CHANCE_OF_FEW_MS: f32 = 2.0 * WEEK_MS;
const FEW_MS: f32 = 300_000.0;
const WEEK_MS: f32 = 604_800_000.0;
/// Readings of a suspicious run at least, where they come every half hour or more seldom, ms.
const SHORTEST_OF_SELDOM: f32 = 3.0;
const SELDOM_MS: f32 = 1_800_000.0;
/// Where more neighbours than that are equal they come together, so that chance makes longer runs than their share says,
/// and the longest one is soon a little longer.
const RUNS_ARE_THE_RULE: f32 = 0.1;
const NEARLY_ONE: f32 = 0.999;
/// Readings until that share is known, and how many it remembers; of a run, so many count.
const SHARE_KNOWN: u16 = 100;
const SHARE_MEMORY: u16 = 4000;
const SHARE_RUN: f32 = 4.0;
/// Of a run longer than suspicious, so many times what is suspicious is learned: a machine that rests for days every
/// week is known to do so after some of them.
const LEARNED: f32 = 6.0;
/// The longest runs fade by this with every half day, so that a stuck meter does not blind us for ever.
const FADE: f32 = 0.99;
/// Once the highest power is so much higher than it was, the classes are drawn anew.
const HIGHER: f32 = 1.1;

/// How runs are judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Factor on the length of a suspicious run.
    patience: f32,
    /// How improbable a run must be, in powers of ten.
    improbable: f32,
    /// Readings of a suspicious run at least.
    shortest: f32,
}

impl Manner {
    /// For readings at this interval, and a meter that was cleared of suspicion so often.
    pub(super) fn of(interval_ms: f32, dismissals: u8) -> Self {
        let improbable = match interval_ms {
            ..INDEPENDENT_MS => f32::INFINITY,
            ..FEW_MS => (BY_CHANCE_MS / interval_ms).log10(),
            _ => (BY_CHANCE_OF_FEW_MS / interval_ms).log10(),
        };
        let shortest = if interval_ms < SELDOM_MS { SHORTEST_RUN } else { SHORTEST_OF_SELDOM };
        Self { patience: f32::from(1_u8 << dismissals), improbable, shortest }
    }
}

/// Runs of equal readings, and how long they get at which power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Runs {
    started_ms: i64,
    length: f32,
    readings: f32,
    /// The highest power when the classes were drawn, kW.
    high: f32,
    classes: [Class; CLASSES],
}

/// What is known of some powers: by the root of the power, in sixteenths of the highest, as idle machines differ little.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Class {
    /// The longest runs.
    longest: [Half; 2],
    /// Readings, and those that equal the one before; of a run, so many as count.
    seen: u16,
    equal: u16,
}

impl Runs {
    pub(super) fn new() -> Self {
        Self { started_ms: 0, length: 0.0, readings: 0.0, high: 0.0, classes: [Class::default(); CLASSES] }
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
        if high > HIGHER * self.high {
            self.draw_classes(high);
        }
        let power_kw = sample.power_kw;
        self.readings = (self.readings + 1.0).min(WARM_UP);
        let class = self.class(narrow(power_kw));
        let equal = before_kw.is_some_and(|before_kw| before_kw.to_bits() == power_kw.to_bits());
        if !equal || self.length < SHARE_RUN {
            self.classes[class].count(equal);
        }
        if equal {
            self.length += 1.0;
        } else {
            if let Some(before_kw) = before_kw {
                let class = self.class(narrow(before_kw));
                let most = LEARNED * self.suspicious(class, manner);
                self.classes[class].learn(self.length.min(most));
            }
            (self.started_ms, self.length) = (sample.time_ms, 1.0);
        }
        let suspicious = manner.patience * self.suspicious(class, manner);
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

    /// A half day is over.
    pub(super) fn fade(&mut self) {
        for class in &mut self.classes {
            class.longest = class.longest.map(|length| Half::of(FADE * length.get()));
        }
    }

    /// Readings from which on a run at this power is suspicious.
    fn suspicious(&self, class: usize, manner: Manner) -> f32 {
        let known = if self.classes[class].runs() < KNOWN { &self.classes } else { self.near(class) };
        let [longest, second] = known.iter().flat_map(|class| class.longest).map(Half::get).fold([0.0; 2], two_longest);
        let usual = SHORTEST_RUN.max(TIMES_LONGEST * longest + 1.0);
        let share = self.share(class);
        let by_chance = 1.0 + (manner.improbable / -share.log10()).ceil();
        // What happened twice may happen a third time.
        let longer = if share > RUNS_ARE_THE_RULE { 2.0 * longest } else { second + 1.0 };
        usual.min(by_chance.max(longer).max(manner.shortest))
    }

    /// Share of equal neighbours around this power, rather too high than too low; 1 while unknown.
    fn share(&self, class: usize) -> f32 {
        if self.classes[class].seen < SHARE_KNOWN {
            return NEARLY_ONE;
        }
        let known = self.near(class).iter().filter(|class| class.seen >= SHARE_KNOWN);
        known.map(|class| class.share()).fold(0.0, f32::max).min(NEARLY_ONE)
    }

    /// The class and those beside it.
    fn near(&self, class: usize) -> &[Class] {
        &self.classes[class.saturating_sub(1)..=(class + 1).min(CLASSES - 1)]
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the classes")]
    fn class(&self, power_kw: f32) -> usize {
        ((power_kw.abs() / self.high.max(1e-9)).clamp(0.0, 0.998).sqrt() * 16.0) as usize
    }

    /// Moves what is known to where it belongs now that the highest power is this, kW: else what a machine drew at rest
    /// before its first start would count as its full power ever after.
    fn draw_classes(&mut self, high: f32) {
        let before = std::mem::replace(&mut self.classes, [Class::default(); CLASSES]);
        let width = self.high / 16.0_f32.powi(2);
        self.high = high;
        for (root, class) in (0_u8..).zip(before) {
            let power_kw = width * (f32::from(root) + 0.5).powi(2);
            self.classes[self.class(power_kw)].join(class);
        }
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.time(&mut self.started_ms);
        for number in [&mut self.length, &mut self.readings, &mut self.high] {
            codec.number(number);
        }
        for Class { longest, seen, equal } in &mut self.classes {
            for length in longest {
                length.field(codec);
            }
            codec.short(seen);
            codec.short(equal);
        }
    }
}

impl Class {
    fn count(&mut self, equal: bool) {
        if self.seen >= SHARE_MEMORY {
            (self.seen, self.equal) = (self.seen / 2, self.equal / 2);
        }
        self.seen += 1;
        // A restored state may hold any count.
        self.equal = self.equal.saturating_add(u16::from(equal));
    }

    fn learn(&mut self, length: f32) {
        self.longest = two_longest(self.longest.map(Half::get), length).map(Half::of);
    }

    fn join(&mut self, other: Self) {
        other.longest.into_iter().for_each(|length| self.learn(length.get()));
        self.seen = self.seen.saturating_add(other.seen);
        self.equal = self.equal.saturating_add(other.equal);
    }

    /// Runs that began here, at most.
    const fn runs(self) -> u16 {
        self.seen.saturating_sub(self.equal)
    }

    fn share(self) -> f32 {
        (f32::from(self.equal) + 1.0) / (f32::from(self.seen) + 2.0)
    }
}

/// The two longest of these and one more, the longer first.
const fn two_longest([longest, second]: [f32; 2], length: f32) -> [f32; 2] {
    [longest.max(length), second.max(length.min(longest))]
}
