//! When to speak: once, and again only if it gets worse, lest people stop listening.
//!
//! The need for surprise rises right after something was told (hold-off), and with each thing told (habituation): so a
//! restless machine cannot flood the plant with alarms. Where nothing is told for weeks, it falls: so a calm machine is
//! listened to more closely.

use super::codec::Codec;

/// Hold-off after something was told, ms: six hours.
const HOLD_OFF_MS: i64 = 21_600_000;
/// During the hold-off it takes this much more surprise to be told the second time, and from then on this much more
/// than was told last.
const SECOND: f32 = 0.6;
const LOUDER: f32 = 12.0;

/// What was told, as far as it matters for the next time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gate {
    told: f32,
    /// The earliest instant there is, if nothing was told yet.
    told_ms: i64,
    habit: f32,
}

impl Default for Gate {
    fn default() -> Self {
        Self { told: 0.0, told_ms: i64::MIN, habit: 0.0 }
    }
}

impl Gate {
    /// Lets time pass, ms; habit fades to 1/e in `fade_ms`, towards `least`.
    pub(super) fn fade(&mut self, elapsed_ms: f32, fade_ms: f32, least: f32) {
        self.habit = least + (self.habit - least) * (-elapsed_ms / fade_ms).exp();
    }

    /// Whether something was told so lately that people may still be at it.
    pub(super) fn holds(&self, time_ms: i64) -> bool {
        time_ms.saturating_sub(self.told_ms) < HOLD_OFF_MS
    }

    /// Whether something was told within so many ms.
    pub(super) fn told_within(&self, span_ms: i64, time_ms: i64) -> bool {
        time_ms.saturating_sub(self.told_ms) < span_ms
    }

    /// Whether something was told at this time or later.
    pub(super) const fn told_since(&self, time_ms: i64) -> bool {
        self.told_ms >= time_ms
    }

    /// What is left of a surprise where a `share` of the habit counts.
    pub(super) fn calm(&self, surprise: f32, share: f32) -> f32 {
        surprise - share * self.habit
    }

    /// Ends the hold-off.
    pub(super) const fn release(&mut self) {
        self.told_ms = i64::MIN;
    }

    /// Whether to tell of this surprise, where `least` would do after a long time of peace; if so, it is told. Of the
    /// habit `share` counts.
    pub(super) fn passes(&mut self, surprise: f32, least: f32, share: f32, time_ms: i64) -> bool {
        let calm = self.calm(surprise, share);
        let held = self.holds(time_ms);
        let need = match (held, self.told < least + SECOND) {
            (false, _) => least,
            (true, true) => least + SECOND,
            (true, false) => self.told + LOUDER,
        };
        let passes = calm >= need;
        if passes {
            (self.told, self.told_ms) = (calm, time_ms);
        }
        passes
    }

    /// Makes it take so much more from now on.
    pub(super) fn tire(&mut self, habit: f32) {
        self.habit += habit;
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.told);
        codec.time(&mut self.told_ms);
        codec.number(&mut self.habit);
    }
}
