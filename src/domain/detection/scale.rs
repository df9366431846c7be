//! A factor on everything: the last steps look like those before them, but for a factor, as where something leaks.
//!
//! Three quantiles of the last steps, the lowest, the middle and the highest one, are compared with those of the steps
//! before them on a scale of ratios. The least of the three is watched by its [`Peaks`], less what they differ by. For
//! steps of some minutes; faster readings have a likelihood ratio, see [`super::powers`].

use super::codec::Codec;
use super::half::Half;
use super::peaks::{Peaks, TWO};

/// Steps that are compared, and with how many before them.
const LAST: usize = 3;
const BEFORE: usize = 12;
/// Shorter steps are not looked at, ms.
const SHORTEST_MS: f32 = 100_000.0;
/// Of the highest power: what is lower counts as so much.
const LEAST: f32 = 0.01;
/// Natural logarithms of ratios: from there on it is a start, not a factor; so far quantiles may differ; and the least
/// peak.
const START: f32 = 0.6;
const ALIKE: f32 = 0.2;
const FLOOR: f32 = 0.05;

/// Watches by which factor the last steps differ from those before them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Scale {
    /// Powers of the steps, kW, the youngest first, and how many there are.
    powers: [Half; LAST + BEFORE],
    known: u8,
    peaks: Peaks<TWO>,
}

impl Scale {
    /// Surprise of the factor after this step, kW; `high` is the highest seen.
    pub(super) fn judge(&mut self, length_ms: f32, minute_of_week: u16, power_kw: f32, high: f32) -> f32 {
        self.powers.rotate_right(1);
        self.powers[0] = Half::of(power_kw);
        self.known = (self.known + 1).min(15);
        if usize::from(self.known) < LAST + BEFORE || length_ms < SHORTEST_MS {
            return 0.0;
        }
        let least = (LEAST * high).max(f32::MIN_POSITIVE);
        let mut powers = self.powers.map(|power| power.get().max(least));
        let (last, before) = powers.split_at_mut(LAST);
        last.sort_unstable_by(f32::total_cmp);
        before.sort_unstable_by(f32::total_cmp);
        let ratios =
            [(0, 0), (LAST / 2, BEFORE / 2), (LAST - 1, BEFORE - 1)].map(|(now, then)| (last[now] / before[then]).ln());
        let [lowest, highest] =
            [f32::min, f32::max].map(|of: fn(f32, f32) -> f32| ratios.into_iter().fold(ratios[0], of));
        let factor = if highest < START { lowest - (highest - lowest - ALIKE).max(0.0) } else { 0.0 };
        self.peaks.judge(minute_of_week, factor.max(0.0), FLOOR)
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.powers.iter_mut().for_each(|power| power.field(codec));
        codec.byte(&mut self.known);
        self.peaks.fields(codec);
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    const STEP_MS: f32 = 300_000.0;
    const STEPS_A_WEEK: u16 = 2016;

    /// A low, a middle and a high power, in turns, up to a tenth higher or lower.
    fn power_kw(step: u16) -> f32 {
        let chance = step.wrapping_mul(40_503);
        let noise = f32::from(chance ^ (chance >> 7)) / 32_768.0 - 1.0;
        [20.0, 30.0, 40.0][usize::from(step % 3)] * (1.0 + 0.1 * noise)
    }

    /// The highest surprise of some steps after three weeks, each this many times as high.
    fn surprise(factors: &[f32]) -> f32 {
        let mut scale = Scale::default();
        let mut judge =
            |step: u16, factor: f32| scale.judge(STEP_MS, step % STEPS_A_WEEK * 5, factor * power_kw(step), 60.0);
        (0..3 * STEPS_A_WEEK).for_each(|step| {
            judge(step, 1.0);
        });
        let after = (3 * STEPS_A_WEEK..).zip(factors);
        after.map(|(step, factor)| judge(step, *factor)).fold(0.0, f32::max)
    }

    #[test]
    fn a_factor_on_a_low_a_middle_and_a_high_power_surprises_though_none_is_beyond_the_others() {
        assert!(surprise(&[1.0; 12]) < 2.0);
        assert!(surprise(&[1.3; 3]) > 6.0);
    }

    #[test]
    fn it_is_no_factor_where_a_machine_starts() {
        let starts = [[0.02; 12], [1.0; 12]].concat();
        assert!(surprise(&starts) < 2.0);
    }
}
