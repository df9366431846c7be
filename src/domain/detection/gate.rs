//! When to speak: once, and again only if it gets worse, lest people stop listening.
//!
//! The need for surprise rises right after something was told (hold-off), and a little with each thing told for a week
//! (habituation): so a restless machine cannot flood the plant with alarms.

use super::codec::Codec;

/// Hold-off after something was told, ms: half a day.
const HOLD_OFF_MS: i64 = 43_200_000;
/// During the hold-off it takes this much more surprise to be told the second time, and from then on this much more
/// than was told last.
const SECOND: f32 = 0.5;
const LOUDER: f32 = 8.0;
/// Time in which habit fades to 1/e, ms: a week.
const FADE_MS: f32 = 604_800_000.0;

/// What was told, as far as it matters for the next time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Gate {
    told: f32,
    told_ms: Option<i64>,
    habit: f32,
}

impl Gate {
    /// Lets time pass, ms.
    pub(super) fn fade(&mut self, elapsed_ms: f32) {
        if self.habit > 0.0 {
            self.habit *= (-elapsed_ms / FADE_MS).exp();
        }
    }

    /// Whether something was told so lately that people may still be at it.
    pub(super) fn holds(&self, time_ms: i64) -> bool {
        self.told_ms.is_some_and(|told_ms| time_ms - told_ms < HOLD_OFF_MS)
    }

    /// Whether to tell of this surprise, where `least` would do after a long time of peace; if so, it is told, and
    /// it takes `habit` more from then on.
    pub(super) fn passes(&mut self, surprise: f32, least: f32, habit: f32, time_ms: i64) -> bool {
        let calm = surprise - self.habit;
        let held = self.holds(time_ms);
        let need = match (held, self.told < least + SECOND) {
            (false, _) => least,
            (true, true) => least + SECOND,
            (true, false) => self.told + LOUDER,
        };
        let passes = calm >= need;
        if passes {
            (self.told, self.told_ms) = (calm, Some(time_ms));
            self.habit += habit;
        }
        passes
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.told);
        codec.optional_time(&mut self.told_ms);
        codec.number(&mut self.habit);
    }
}
