//! A factor on everything: the last steps look like those before them, but for a factor, as where something leaks.
//!
//! Three quantiles of the last steps, a low, the middle and a high one, are compared with those of the steps before them
//! on a scale of ratios; the least of the three counts, less what they differ by. What cycles or takes turns shows it as
//! what runs evenly does, though its mean goes up and down by more. A machine that gets other orders gets them after a
//! stop, so short steps are compared only with those since the last stop.

use super::codec::Codec;
use super::half::Half;
use super::peaks::{ONE, Peaks};
use super::rises::SHORT_MS;

/// Steps that are compared, and with how many before them: of steps of some minutes, and twice of shorter ones.
const SLOW: (usize, usize) = (3, 12);
const FAST: [(usize, usize); 2] = [(2, 3), (10, 40)];
const SLOW_STEPS: usize = SLOW.0 + SLOW.1;
const FAST_STEPS: usize = FAST[1].0 + FAST[1].1;
/// Share of the steps below the low quantile, and above the high one.
const LOW_PERCENT: usize = 8;
/// Of the highest power: what is lower counts as so much; and short steps below this are a stop, if so many come.
const LEAST: f32 = 0.02;
const STOPPED: f32 = 0.1;
const STOP_STEPS: u8 = 3;
/// Natural logarithms of ratios: from there on it is a start, not a factor; so far quantiles may differ; and the least
/// peak.
const START: f32 = 0.6;
const ALIKE: f32 = 0.15;
const FLOOR: f32 = 0.05;

/// Watches by which factor the last steps differ from those before them. Begins anew where steps become slow or fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Factors are compared with their peaks by the hour of the day.
    Slow { steps: Steps<SLOW_STEPS>, peaks: Peaks<ONE> },
    /// With how many steps the machine has stood still.
    Fast { steps: Steps<FAST_STEPS>, stopped: u8 },
}

/// What is known after a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Factors {
    /// Surprise of the factor.
    Slow(f32),
    /// Natural logarithms of the factors, of a few minutes and of some more; 0 where there is none.
    Fast([f32; 2]),
}

impl Scale {
    pub(super) fn new() -> Self {
        Self::Fast { steps: Steps::default(), stopped: 0 }
    }

    /// Begins anew if it is of the other speed.
    fn ensure(&mut self, is_slow: bool) {
        if matches!(self, Self::Slow { .. }) != is_slow {
            *self = if is_slow { Self::Slow { steps: Steps::default(), peaks: Peaks::default() } } else { Self::new() };
        }
    }

    /// The factors after this step: its mean power and that of its last reading, kW; `high` is the highest seen.
    pub(super) fn judge(
        &mut self,
        length_ms: f32,
        minute_of_week: u16,
        [mean_kw, last_kw]: [f32; 2],
        high: f32,
    ) -> Factors {
        self.ensure(length_ms >= SHORT_MS);
        match self {
            Self::Slow { steps, peaks } => {
                steps.push(mean_kw);
                Factors::Slow(peaks.judge(minute_of_week, steps.factor(SLOW, high), FLOOR))
            }
            // Means of readings would blur what the machine does in turns.
            Self::Fast { steps, stopped } => {
                steps.push(last_kw);
                *stopped = if last_kw < STOPPED * high { stopped.saturating_add(1) } else { 0 };
                if *stopped >= STOP_STEPS {
                    *steps = Steps::default();
                }
                Factors::Fast(FAST.map(|of| steps.factor(of, high)))
            }
        }
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        let mut is_slow = u8::from(matches!(self, Self::Slow { .. }));
        codec.byte(&mut is_slow);
        self.ensure(is_slow > 0);
        match self {
            Self::Slow { steps, peaks } => {
                steps.fields(codec);
                peaks.fields(codec);
            }
            Self::Fast { steps, stopped } => {
                steps.fields(codec);
                codec.byte(stopped);
            }
        }
    }
}

/// Powers of the last steps, kW, the youngest first, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Steps<const N: usize> {
    powers: [Half; N],
    known: u8,
}

impl<const N: usize> Default for Steps<N> {
    fn default() -> Self {
        Self { powers: [Half::ZERO; N], known: 0 }
    }
}

impl<const N: usize> Steps<N> {
    fn push(&mut self, power_kw: f32) {
        self.powers.rotate_right(1);
        self.powers[0] = Half::of(power_kw);
        self.known = self.known.saturating_add(1);
    }

    /// Natural logarithm of the factor by which the last steps are higher than those before; 0 where there is none.
    fn factor(&self, (last, before): (usize, usize), high: f32) -> f32 {
        if usize::from(self.known) < last + before {
            return 0.0;
        }
        let least = (LEAST * high).max(f32::MIN_POSITIVE);
        let mut powers = self.powers.map(|power| power.get().max(least));
        let (last, rest) = powers.split_at_mut(last);
        let [now, then] = [last, &mut rest[..before]].map(quantiles);
        let ratios = [0, 1, 2].map(|n| (now[n] / then[n]).ln());
        let [lowest, highest] =
            [f32::min, f32::max].map(|of: fn(f32, f32) -> f32| ratios.into_iter().fold(ratios[0], of));
        if highest < START { (lowest - (highest - lowest - ALIKE).max(0.0)).max(0.0) } else { 0.0 }
    }

    fn fields(&mut self, codec: &mut impl Codec) {
        self.powers.iter_mut().for_each(|power| power.field(codec));
        codec.byte(&mut self.known);
    }
}

/// A low quantile of some powers, the middle and a high one.
fn quantiles(powers: &mut [f32]) -> [f32; 3] {
    powers.sort_unstable_by(f32::total_cmp);
    let highest = powers.len() - 1;
    let low = highest * LOW_PERCENT / 100;
    [low, powers.len() / 2, highest - low].map(|at| powers[at])
}

#[cfg(test)]
mod tests {
    use super::{Factors, Scale};

    const WEEK_MINUTES: u32 = 7 * 24 * 60;

    /// A low, a middle and a high power, in turns, up to a tenth higher or lower.
    fn power_kw(step: u32) -> f32 {
        let chance = u16::try_from(step % 65_536).expect("a remainder").wrapping_mul(40_503);
        let noise = f32::from(chance ^ (chance >> 7)) / 32_768.0 - 1.0;
        [20.0, 30.0, 40.0][usize::try_from(step % 3).expect("a remainder")] * (1.0 + 0.1 * noise)
    }

    fn judge(scale: &mut Scale, minutes: u32, step: u32, kw: f32) -> Factors {
        let length_ms = [60_000.0, 300_000.0][usize::from(minutes > 1)];
        let minute_of_week = u16::try_from(step * minutes % WEEK_MINUTES).expect("a minute of the week");
        scale.judge(length_ms, minute_of_week, [kw, kw], 60.0)
    }

    /// The highest surprise of some steps of five minutes after three weeks, each this many times as high.
    fn surprise(factors: &[f32]) -> f32 {
        let mut scale = Scale::new();
        let weeks = 3 * WEEK_MINUTES / 5;
        (0..weeks).for_each(|step| {
            judge(&mut scale, 5, step, power_kw(step));
        });
        let after = (weeks..).zip(factors);
        let surprises = after.map(|(step, factor)| match judge(&mut scale, 5, step, factor * power_kw(step)) {
            Factors::Slow(surprise) => surprise,
            fast @ Factors::Fast(_) => panic!("{fast:?}"),
        });
        surprises.fold(0.0, f32::max)
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

    /// The highest factor of ten minutes on forty among steps of a minute that are this many times as high.
    fn factor(factors: &[f32]) -> f32 {
        let mut scale = Scale::new();
        let fast = (0..).zip(factors).map(|(step, factor)| match judge(&mut scale, 1, step, factor * power_kw(step)) {
            Factors::Fast([_, longer]) => longer,
            slow @ Factors::Slow(_) => panic!("{slow:?}"),
        });
        fast.fold(0.0, f32::max).exp()
    }

    #[test]
    fn ten_minutes_show_a_factor_on_a_machine_that_does_one_thing_after_the_other() {
        assert!(factor(&[1.0; 200]) < 1.1);
        let leaks = factor(&[vec![1.0; 60], vec![1.3; 10]].concat());
        assert!((1.15..1.4).contains(&leaks), "{leaks}");
    }

    #[test]
    fn it_is_another_order_that_comes_after_a_stop() {
        let orders = factor(&[vec![1.0; 60], vec![0.02; 4], vec![1.3; 60]].concat());
        assert!(orders < 1.1, "{orders}");
    }
}
