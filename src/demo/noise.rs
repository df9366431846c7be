//! Chance and time, out of which the plant is computed: random numbers that can be asked for out of order, parts of
//! time, and the hours the plant keeps.
//!
//! A generator with a state would have to be run from the plant's first second to know today's value; these can be
//! asked at any instant, so a demo that starts again continues the very same plant.
//!
//! The numbers are those of splitmix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA
//! 2014; shifts and multipliers as in Sebastiano Vigna's public-domain `splitmix64.c`), whose n-th output is a mix of
//! `seed + n * GOLDEN` and so needs none of the outputs before it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) const SECOND_MS: i64 = 1000;
pub(super) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
/// The first shift begins at six, and with it the plant's day.
const DAY_BEGINS_MS: i64 = 6 * HOUR_MS;
const SHIFT_MS: i64 = 8 * HOUR_MS;
/// Changes of the clock are known up to here: 2100-01-01.
const LAST_CLOCK_CHANGE_MS: i64 = 4_102_444_800_000;
/// Finding the change in force begins at one looked up before, for each span of this length.
const LOOKUP_MS: i64 = 30 * DAY_MS;

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// One endless sequence of random numbers, by position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another sequence, unrelated to this one and to those of other keys.
    pub(super) const fn child(self, key: u64) -> Self {
        Self(mix(self.0 ^ mix(key.wrapping_add(GOLDEN))))
    }

    const fn bits(self, position: i64) -> u64 {
        mix(self.0.wrapping_add(position.cast_unsigned().wrapping_add(1).wrapping_mul(GOLDEN)))
    }

    /// Uniform in 0 <= x < 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(super) fn unit(self, position: i64) -> f64 {
        (self.bits(position) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform between the two.
    pub(super) fn between(self, position: i64, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit(position)
    }

    /// Bell-shaped, mean 0 and standard deviation 1, never beyond 3.5: the sum of four uniform numbers.
    pub(super) fn bell(self, position: i64) -> f64 {
        let bits = self.bits(position);
        let sum: u32 = [0, 16, 32, 48].iter().map(|&shift| u32::from(low_16(bits >> shift))).sum();
        (f64::from(sum) / 65_535.0 - 2.0) * 3.0_f64.sqrt()
    }

    /// A smooth curve within -1..1 that forgets itself over about `period_ms` (value noise: random values at the
    /// multiples of the period, eased from one to the next).
    pub(super) fn wave(self, time_ms: i64, period_ms: i64) -> f64 {
        let knot = time_ms.div_euclid(period_ms);
        let (from, to) = (self.between(knot, -1.0, 1.0), self.between(knot + 1, -1.0, 1.0));
        from + (to - from) * ease(real(time_ms.rem_euclid(period_ms)) / real(period_ms))
    }
}

/// A stretch of time with an end, and how far into it we are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) number: i64,
    pub(super) begin_ms: i64,
    pub(super) length_ms: i64,
    pub(super) into_ms: i64,
}

impl Part {
    /// The part of this length that holds the instant; `own` shifts the grid, so that machines do not march in step.
    pub(super) fn of(own: Noise, time_ms: i64, length_ms: i64) -> Self {
        let shifted_ms = time_ms - whole(own.unit(i64::MIN) * real(length_ms));
        let into_ms = shifted_ms.rem_euclid(length_ms);
        Self { number: shifted_ms.div_euclid(length_ms), begin_ms: time_ms - into_ms, length_ms, into_ms }
    }

    /// The one of `count` parts of this part that we are in; their lengths differ by a few per cent.
    pub(super) fn cut(self, own: Noise, count: i64) -> Self {
        let even_ms = self.length_ms / count;
        let edge = |n: i64| match n {
            0 => 0,
            n if n >= count => self.length_ms,
            n => n * even_ms + whole(own.between(self.number * 64 + n, -0.1, 0.1) * real(even_ms)),
        };
        let guess = (self.into_ms / even_ms).min(count - 1);
        let n = if self.into_ms < edge(guess) {
            guess - 1
        } else if self.into_ms >= edge(guess + 1) {
            guess + 1
        } else {
            guess
        };
        let (begin_ms, length_ms) = (self.begin_ms + edge(n), edge(n + 1) - edge(n));
        Self { number: self.number * 64 + n, begin_ms, length_ms, into_ms: self.into_ms - edge(n) }
    }

    pub(super) fn middle_ms(self) -> i64 {
        self.begin_ms + self.length_ms / 2
    }

    pub(super) fn into_s(self) -> f64 {
        real(self.into_ms) / 1000.0
    }
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[expect(clippy::cast_possible_truncation, reason = "the lower sixteen bits are what is asked for")]
const fn low_16(bits: u64) -> u16 {
    bits as u16
}

/// 0 up to 0, 1 from 1 on, and a slope without corners between.
pub(super) fn ease(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// A count or a span as a float.
#[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact for 285 000 years")]
pub(super) const fn real(count: i64) -> f64 {
    count as f64
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "counts and spans of a plant; `as` saturates beyond")]
pub(super) fn whole(value: f64) -> i64 {
    value.round() as i64
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    Full,
    Night,
    Weekend,
}

impl Shift {
    /// Shifts count from the one that began on 1970-01-01 at 06:00. The night belongs to the day it begins on, so the
    /// weekend lasts from Saturday 06:00 to Monday 06:00.
    fn of(number: i64) -> Self {
        match (weekday(number.div_euclid(3)), number.rem_euclid(3)) {
            (5 | 6, _) => Self::Weekend,
            (_, 2) => Self::Night,
            _ => Self::Full,
        }
    }

    const fn staffing(self) -> f64 {
        match self {
            Self::Full => 1.0,
            Self::Night => 0.5,
            Self::Weekend => 0.3,
        }
    }
}

/// 0 is Monday; day 0 was a Thursday.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The plant's clock and timetable. The zone's changes are looked up once: asking it for each reading is too slow.
#[derive(Clone, Debug)]
pub(super) struct Hours {
    /// From when on (UTC), and by how much local time is ahead; the first from ever.
    changes_ms: Vec<(i64, i64)>,
    /// For each span of `LOOKUP_MS` since the epoch, the place of the change in force at its begin.
    in_force: Vec<usize>,
}

impl Hours {
    pub(super) fn new(zone: &TimeZone) -> Self {
        let ahead_ms = |at| i64::from(zone.to_offset(at).seconds()) * SECOND_MS;
        let changes = zone.following(Timestamp::UNIX_EPOCH).map(|change| change.timestamp());
        let known = changes.take_while(|at| at.as_millisecond() < LAST_CLOCK_CHANGE_MS);
        let later = known.map(|at| (at.as_millisecond(), ahead_ms(at)));
        let changes_ms: Vec<_> = std::iter::once((i64::MIN, ahead_ms(Timestamp::UNIX_EPOCH))).chain(later).collect();
        let place = |begin_ms| changes_ms.partition_point(|change| change.0 <= begin_ms) - 1;
        let in_force = (0..=LAST_CLOCK_CHANGE_MS / LOOKUP_MS).map(|span| place(span * LOOKUP_MS)).collect();
        Self { changes_ms, in_force }
    }

    pub(super) fn local_ms(&self, utc_ms: i64) -> i64 {
        let span = usize::try_from(utc_ms / LOOKUP_MS).unwrap_or(0).min(self.in_force.len() - 1);
        let from = if utc_ms < 0 { 0 } else { self.in_force[span] };
        let begun = self.changes_ms[from..].iter().take_while(|change| change.0 <= utc_ms);
        utc_ms + begun.last().map_or(0, |change| change.1)
    }

    /// The plant's day, counted from the epoch, and how much of it is over; it begins at 06:00.
    pub(super) fn day(&self, utc_ms: i64) -> (i64, i64) {
        let since_ms = self.local_ms(utc_ms) - DAY_BEGINS_MS;
        (since_ms.div_euclid(DAY_MS), since_ms.rem_euclid(DAY_MS))
    }

    pub(super) fn shift(&self, utc_ms: i64) -> Shift {
        Shift::of((self.local_ms(utc_ms) - DAY_BEGINS_MS).div_euclid(SHIFT_MS))
    }

    /// How busy the plant is around one machine, and how much of the break at ten or at six is on, both 0..1.
    ///
    /// The shift's staffing comes and goes over some minutes, and some minutes early or late, as `own` has it for that
    /// change; when the shifts hand over it dips.
    pub(super) fn staffing(&self, own: Noise, utc_ms: i64) -> (f64, f64) {
        let since_ms = self.local_ms(utc_ms) - DAY_BEGINS_MS;
        let change = (since_ms + SHIFT_MS / 2).div_euclid(SHIFT_MS);
        let (before, after) = (Shift::of(change - 1), Shift::of(change));
        let past_min = real(since_ms - change * SHIFT_MS) / real(MINUTE_MS);
        let eased = ease((past_min - own.between(change, -8.0, 8.0)) / own.child(1).between(change, 5.0, 15.0));
        let level = before.staffing() + (after.staffing() - before.staffing()) * eased;
        let level = if before == after { level * (1.0 - 0.2 * dip(past_min, -4.0, 6.0)) } else { level };
        let shift = since_ms.div_euclid(SHIFT_MS);
        if Shift::of(shift) != Shift::Full {
            return (level, 0.0);
        }
        let half_min = real(since_ms - shift * SHIFT_MS - SHIFT_MS / 2) / real(MINUTE_MS);
        (level, dip(half_min - own.child(2).between(shift, -2.0, 2.0), 0.0, 20.0))
    }
}

/// 1 between the two, with a minute and a half on either side to get there.
fn dip(at_min: f64, begin_min: f64, end_min: f64) -> f64 {
    ease((at_min - begin_min) / 1.5) - ease((at_min - end_min) / 1.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_outputs_are_those_of_splitmix64() {
        // The first outputs of Vigna's splitmix64.c with the state 1234567.
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([0, 1, 2].map(|n| Noise::new(1_234_567).bits(n)), expected);
    }

    #[test]
    fn a_bell_has_mean_zero_and_deviation_one() {
        let noise = Noise::new(7).child(1);
        let values: Vec<f64> = (0..20_000).map(|n| noise.bell(n)).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
        assert!(values.iter().all(|x| x.abs() < 3.5));
    }

    proptest! {
        #[test]
        fn a_wave_stays_in_bounds_and_never_jumps(seed: u64, time_ms in -4_000_000_000_000_i64..4_000_000_000_000) {
            let noise = Noise::new(seed);
            let (now, next) = (noise.wave(time_ms, 60_000), noise.wave(time_ms + 100, 60_000));
            prop_assert!(now.abs() <= 1.0 && (now - next).abs() < 0.006, "{now} {next}");
        }

        #[test]
        fn children_of_other_keys_go_other_ways(seed: u64, key in 0_u64..1000) {
            let parent = Noise::new(seed);
            let same = (0..64).filter(|&n| (parent.child(key).unit(n) - parent.child(key + 1).unit(n)).abs() < 0.001);
            prop_assert!(same.count() < 4);
            prop_assert!((0..64).any(|n| parent.unit(n) < 0.5) && (0..64).any(|n| parent.unit(n) >= 0.5));
        }
    }
}
