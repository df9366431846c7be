//! Which powers a machine shows in its busy hours and in its calm ones, on a scale of ratios: for readings that come
//! faster than steps.
//!
//! Two numbers follow. How rare the powers of the last minutes are; and how much more likely these powers would be if
//! the machine drew a third to a half too much, than they are as they stand: a likelihood ratio (Neyman, Pearson 1933)
//! for a factor on the power, which shows on a machine that is often off or idle long before its mean does.

use super::codec::Codec;

/// Bins: some wide ones for what is nearly off, then narrow ones up to twice the anchor.
const BINS: usize = 78;
/// ln(1.3) / 3: a factor of 1.3 moves a power by three bins.
const WIDTH: f32 = 0.087_45;
const ANCHOR: f32 = 70.0;
const WIDE_BELOW: f32 = 7.0;
const WIDE: f32 = 10.0;
/// Bins that a power is too high by, when something leaks or strains: factors of 1.3, 1.4 and 1.55.
const TOO_HIGH: [usize; 3] = [3, 4, 5];
/// Minutes over which the numbers are averaged.
const RARITY_MINUTES: f32 = 2.0;
const RATIO_MINUTES: f32 = 5.0;
/// Counts in a minute, at most, and in all until they fade by a quarter.
const MOST_A_MINUTE: u16 = 6;
const MEMORY: f32 = 60_000.0;
/// Counts of busy hours, and of others, from which on they are known. One more for each of so many powers, so that none is
/// impossible; and how much likelier one is at most in busy hours, power of ten.
const KNOWN: f32 = 200.0;
const ADDED: f32 = 64.0;
const MOST_BUSIER: f32 = 1.5;
/// A power beyond so many times the anchor moves it.
const BEYOND: f32 = 1.5;

/// Powers of the calm hours and of the busy ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Powers {
    counts: [[u16; BINS]; 2],
    totals: [f32; 2],
    /// The power of the highest bins, kW.
    anchor: f32,
    /// Running means.
    rarity: f32,
    ratios: [f32; TOO_HIGH.len()],
    /// Readings since the last one that was counted.
    skipped: u16,
}

impl Powers {
    pub(super) const fn new() -> Self {
        Self {
            counts: [[0; BINS]; 2],
            totals: [0.0; 2],
            anchor: 0.0,
            rarity: 0.0,
            ratios: [0.0; TOO_HIGH.len()],
            skipped: 0,
        }
    }

    /// Rarity of the last minutes, in powers of ten, and their likelihood ratio, likewise; then learns the power, kW.
    /// `a_minute` readings come in a minute.
    pub(super) fn judge(&mut self, power_kw: f32, is_busy: bool, a_minute: u16) -> (f32, f32) {
        let (bin, class) = (self.bin(power_kw), usize::from(is_busy));
        let minute = 1.0 / f32::from(a_minute.min(MOST_A_MINUTE));
        let near = |class: usize, bin: usize| self.near(class, bin) * minute;
        let all = (self.totals[0] + self.totals[1]) * minute;
        let rarity = -((near(0, bin) + near(1, bin) + 0.05) / (all + 20.0)).log10();
        let least = 0.02 + 0.001 * self.totals[class] * minute;
        let here = near(class, bin) + least;
        let ratio =
            |off: usize| ((near(class, bin.saturating_sub(off).max(1)) + least) / here).log10().clamp(-1.0, 1.0);
        let ratios = TOO_HIGH.map(ratio);
        self.rarity += (rarity - self.rarity) / (RARITY_MINUTES * f32::from(a_minute));
        for (mean, ratio) in self.ratios.iter_mut().zip(ratios) {
            *mean += (ratio - *mean) / (RATIO_MINUTES * f32::from(a_minute));
        }
        self.skipped += 1;
        if self.skipped >= a_minute / MOST_A_MINUTE {
            self.skipped = 0;
            self.learn(power_kw, bin, class);
        }
        (self.rarity, self.ratios.into_iter().fold(f32::NEG_INFINITY, f32::max))
    }

    /// How much likelier this power is in busy hours than in quiet ones, power of ten; 0 until both are known.
    pub(super) fn busier(&self, power_kw: f32) -> f32 {
        if self.totals.into_iter().any(|total| total < KNOWN) {
            return 0.0;
        }
        let bin = self.bin(power_kw);
        let [calm, busy] = [0, 1].map(|class| (self.near(class, bin) + 1.0) / (self.totals[class] + ADDED));
        (busy / calm).log10().clamp(-MOST_BUSIER, MOST_BUSIER)
    }

    /// Readings in this bin and beside it, smoothed.
    fn near(&self, class: usize, bin: usize) -> f32 {
        let [before, here, after] = [bin - 1, bin, bin + 1].map(|bin| f32::from(self.counts[class][bin]));
        0.5 * here + 0.25 * (before + after)
    }

    fn learn(&mut self, power_kw: f32, bin: usize, class: usize) {
        let bin = if power_kw > BEYOND * self.anchor {
            self.lift(power_kw);
            self.bin(power_kw)
        } else {
            bin
        };
        let count = &mut self.counts[class][bin];
        *count = count.saturating_add(1);
        self.totals[class] += 1.0;
        if self.totals[class] > MEMORY {
            self.counts[class].iter_mut().for_each(|count| *count -= count.div_ceil(4));
            self.totals[class] = self.counts[class].iter().map(|&count| f32::from(count)).sum();
        }
    }

    /// Makes room for this power.
    fn lift(&mut self, power_kw: f32) {
        let bins = if self.anchor > 0.0 { whole((power_kw / self.anchor).ln() / WIDTH + 0.5) } else { 0 };
        for counts in &mut self.counts {
            for bin in 1..BINS {
                let count = std::mem::take(&mut counts[bin]);
                let to = &mut counts[bin.saturating_sub(bins).max(1)];
                *to = to.saturating_add(count);
            }
        }
        self.anchor = power_kw;
    }

    /// Neither the first nor the last, so that there is always one beside.
    fn bin(&self, power_kw: f32) -> usize {
        if power_kw <= 0.0 || self.anchor <= 0.0 {
            return 1;
        }
        let place = (power_kw / self.anchor).ln() / WIDTH + ANCHOR;
        let place = if place < WIDE_BELOW { WIDE_BELOW + (place - WIDE_BELOW) / WIDE } else { place };
        whole(place).clamp(1, BINS - 2)
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        self.counts.iter_mut().flatten().for_each(|count| codec.short(count));
        self.totals.iter_mut().chain(&mut self.ratios).for_each(|number| codec.number(number));
        codec.number(&mut self.anchor);
        codec.number(&mut self.rarity);
        codec.short(&mut self.skipped);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bin, or below the first one: 0")]
const fn whole(place: f32) -> usize {
    place as usize
}
