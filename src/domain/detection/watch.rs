//! What is watched for alarms alone, beside the streams: edges, levels, half hours, quiet hours, what was left running,
//! pauses, factors of steps on those before, and which powers come. What several of them find nearly odd is odd.
//!
//! Where numbers come in bunches, their surprise is reckoned by half days, see [`super::rates`].

use super::detector::{DISMISSED, Detector, STEP_MS, span};
use super::finding::{Band, Kind, Sample, Traits};
use super::peaks::around;
use super::rates::Rates;
use super::rhythm::is_of_rest;
use super::rises::SHORT_MS;
use super::rules::narrow;
use super::scale::Factors;
use super::streams::{Step, WATCHED};

/// What is watched; where it goes in [`Detector::rises`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Rise {
    Edge,
    Level,
    HalfHour,
    HalfHourLately,
    Quiet,
    Ratio,
    Rarity,
    Pause,
    NewPause,
    Scale,
    Excess,
    Jump,
    Factor,
    LeftRunning,
}

pub(super) const RISES: [Rise; 14] = [
    Rise::Edge,
    Rise::Level,
    Rise::HalfHour,
    Rise::HalfHourLately,
    Rise::Quiet,
    Rise::Ratio,
    Rise::Rarity,
    Rise::Pause,
    Rise::NewPause,
    Rise::Scale,
    Rise::Excess,
    Rise::Jump,
    Rise::Factor,
    Rise::LeftRunning,
];
/// Those that are reckoned by half days: their place there, and the least spread of their maxima.
pub(super) const RATED: usize = 13;
const EDGE: usize = 0;
const LEVEL: usize = 1;
const RATIO: usize = 2;
const RARITY: usize = 3;
const HALF_HOUR: usize = 4;
const HALF_HOUR_LATELY: usize = 5;
const SCALE: usize = 6;
const QUIET: usize = 7;
const EXCESS: usize = 8;
const JUMP: usize = 9;
const FACTOR: usize = 10;
/// On working days; on days of rest one more.
const LEFT_RUNNING: usize = 11;
const FLOORS: [f32; RATED] = [0.15, 0.15, 0.02, 0.02, 0.15, 0.15, 0.15, 0.02, 0.01, 0.02, 0.02, 0.05, 0.05];
/// Margin of what says nothing.
pub(super) const NOTHING: f32 = f32::NEG_INFINITY;
/// Surprise by half days that is worth a warning.
const RARE: f32 = 1.6;
/// How rare powers are says less where few readings come.
const LESS_FOR_FEW: f32 = 0.6;
/// Neighbouring values rise together, so a rise is less of a surprise than it looks.
const LESS_FOR_RISES: f32 = 0.25;
/// The same of half hours, which have no rest between them: of their means, and of these by what was drawn lately.
const LESS_FOR_HALF_HOURS: f32 = 0.5;
const LESS_FOR_LATELY: f32 = 0.3;
/// More surprise needed for a power that is usual around this hour; and for what rises at once, or for how likely powers
/// are, which looks at many. What is compared with its own hour anyway, and for more than a reading, needs no more.
pub(super) const USUAL: f32 = 1.5;
const USUAL_CHANGE: f32 = 0.4;
const USUAL_FACTOR: f32 = 1.0;
/// Factors of ten minutes and of a few say less than they look; and the least that counts, its natural logarithm.
const LESS_FOR_FACTORS: f32 = 0.3;
const LESS_FOR_JUMPS: f32 = 0.6;
const LEAST_FACTOR: f32 = 0.1;
/// Half days until the peaks of half hours are known, those of machines that take turns each week too: two weeks, after a
/// first half day that was only a part. How far beyond them anything got before says nothing.
const TWO_WEEKS: f32 = 29.0;
/// Time over which the excess beyond what is usual is averaged, ms; the least of its means that counts; and what is
/// usual at least, of the highest power.
const EXCESS_MS: f32 = 600_000.0;
const LEAST_EXCESS: f32 = 0.01;
const LEAST_USUAL: f32 = 0.2;

/// Of the highest power, what a machine draws on the average where a pause says anything: elsewhere it stands anyway.
const AT_WORK: f32 = 0.3;
/// Of the season, and of the highest power: beyond the season by up to both together it is hardly more.
const HARDLY_MORE: f32 = 0.1;
const SLIGHTLY: f32 = 0.02;
/// Of a day, what belongs to the night before it: as the evening was, one of rest or not, so is the night.
const NIGHT_MINUTES: u16 = 360;

/// What surprises nearly as much as a warning takes, by so much less at most, supports what surprises most: by what it is
/// above that, up to a most. As many are asked, one alone says a little less than it looks. What goes down does not
/// support what goes up.
const SUPPORTS: f32 = 1.0;
const MOST_SUPPORT: f32 = 1.5;
const LESS_FOR_MANY: f32 = 0.3;

/// What may be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspicion {
    /// Which of [`WATCHED`] speaks for it.
    pub(super) index: usize,
    pub(super) surprise: f32,
    /// More surprise needed for a power that is usual around the hour.
    pub(super) if_usual: f32,
}

impl Detector {
    /// By how much the number surprises more than a warning takes, which then is learned.
    fn rate(&mut self, index: usize, value: f32) -> Option<f32> {
        let surprise = self.rates[index].surprise(value, FLOORS[index]);
        self.rates[index].see(value);
        surprise.map(|surprise| surprise - RARE)
    }

    /// Between that and its `plain` surprise, or the latter alone while half days are not known.
    fn between(&mut self, index: usize, value: f32, plain: f32) -> f32 {
        0.5 * (self.rate(index, value).unwrap_or(plain) + plain)
    }

    /// The same of a factor, if it is one and the highest of its half day: what comes again and again is told once.
    fn rate_factor(&mut self, index: usize, factor: f32) -> f32 {
        let least = self.rates[index].running().max(LEAST_FACTOR);
        self.rate(index, factor).filter(|_| factor > least).unwrap_or(NOTHING)
    }

    /// The margin of what says nothing in a machine's first two weeks.
    fn after_two_weeks(&self, margin: Option<f32>) -> f32 {
        margin.filter(|_| self.half_days() >= TWO_WEEKS).unwrap_or(NOTHING)
    }

    /// Half days seen, of at most some weeks: the machine's age.
    pub(super) const fn half_days(&self) -> f32 {
        self.rates[LEVEL].known()
    }

    pub(super) fn finish_half_day(&mut self) {
        for (rates, floor) in self.rates.iter_mut().zip(FLOORS) {
            rates.finish(floor);
        }
        self.runs.fade();
        if self.half_days().total_cmp(&TWO_WEEKS).is_eq() {
            self.half_hours.forget_tails();
            self.pauses.forget_tail();
            (self.rates[HALF_HOUR], self.rates[HALF_HOUR_LATELY]) = (Rates::new(), Rates::new());
        }
    }

    /// Watches a reading, where a step gathers `per_step` of them; `warning` is the surprise of a warning.
    pub(super) fn watch_readings(&mut self, sample: Sample, power_kw: f32, per_step: u16, warning: f32) {
        let minute_of_week = sample.local_minute_of_week;
        let length_ms = span(STEP_MS) / f32::from(per_step);
        let edge = self.edges.judge(length_ms, minute_of_week, power_kw, self.streams.high());
        let is_busy = self.streams.is_busy(minute_of_week);
        self.watch_quiet_hours(length_ms, minute_of_week, power_kw);
        let (rarity, ratio) = self.powers.judge(power_kw, is_busy, per_step);
        self.rises[Rise::Edge as usize] = self.rate(EDGE, edge).unwrap_or(edge - LESS_FOR_RISES - warning);
        self.rises[Rise::Ratio as usize] = self.rate(RATIO, ratio).unwrap_or(NOTHING);
        self.rises[Rise::Rarity as usize] = self.rate(RARITY, rarity).unwrap_or(NOTHING);
    }

    /// Watches whether a machine that should be quiet goes on as if it were busy; before a power is learned.
    fn watch_quiet_hours(&mut self, length_ms: f32, minute_of_week: u16, power_kw: f32) {
        let ratio = self.streams.is_quiet(minute_of_week).then(|| self.powers.busier(power_kw));
        let [evening, ..] = around(minute_of_week, NIGHT_MINUTES);
        let of_rest = is_of_rest(evening);
        let judged = self.left_running.judge(length_ms, ratio, of_rest);
        let margin = judged.map(|[mean, plain]| self.between(LEFT_RUNNING + usize::from(of_rest), mean, plain));
        self.rises[Rise::LeftRunning as usize] = self.after_two_weeks(margin);
    }

    /// The same for a step, which ends with a reading of this power.
    pub(super) fn watch_steps(&mut self, power_kw: f32, step: Step, per_step: u16, warning: f32) {
        let Step { value, length_ms, minute_of_week } = step;
        let high = self.streams.high();
        let level = self.levels.judge(length_ms, minute_of_week, value, high);
        let half_hours = self.half_hours.judge(length_ms, minute_of_week, value, high);
        let quiet = self.quiet.judge(length_ms, value, self.streams.quiet_kw(minute_of_week), high);
        let plain = |surprise: f32| surprise - LESS_FOR_RISES - warning;
        if per_step == 1 {
            self.rises[Rise::Edge as usize] = plain(self.edges.judge(length_ms, minute_of_week, value, high));
            self.watch_quiet_hours(length_ms, minute_of_week, value);
            let (rarity, _) = self.powers.judge(value, self.streams.is_busy(minute_of_week), 1);
            self.rises[Rise::Rarity as usize] =
                self.rate(RARITY, rarity).map_or(NOTHING, |margin| margin - LESS_FOR_FEW);
        }
        if let Some([half_hour, lately]) = half_hours {
            self.rises[Rise::HalfHour as usize] =
                self.between(HALF_HOUR, half_hour, plain(half_hour)) - LESS_FOR_HALF_HOURS;
            self.rises[Rise::HalfHourLately as usize] =
                self.between(HALF_HOUR_LATELY, lately, plain(lately)) - LESS_FOR_LATELY;
        }
        let factors = self.scale.judge(length_ms, minute_of_week, [value, power_kw], high);
        let [scale, jump, factor] = match factors {
            Factors::Slow(surprise) => [self.between(SCALE, surprise, plain(surprise)), NOTHING, NOTHING],
            Factors::Fast([few, more]) => {
                let [jump, factor] = [self.rate_factor(JUMP, few), self.rate_factor(FACTOR, more)];
                [NOTHING, jump - LESS_FOR_JUMPS, factor - LESS_FOR_FACTORS]
            }
        };
        for (rise, margin) in [(Rise::Scale, scale), (Rise::Jump, jump), (Rise::Factor, factor)] {
            self.rises[rise as usize] = self.after_two_weeks(Some(margin));
        }
        let level = if per_step > 1 {
            self.rate(LEVEL, level).unwrap_or(plain(level))
        } else {
            self.between(LEVEL, level, plain(level))
        };
        self.rises[Rise::Quiet as usize] = quiet.and_then(|times| self.rate(QUIET, times)).unwrap_or(NOTHING);
        self.rises[Rise::Level as usize] = level;
    }

    /// Watches whether and when the machine stands; what was told as odd it `learns` only if it stands whenever it likes.
    pub(super) fn watch_pauses(&mut self, step: Step, warning: f32, learns: bool) {
        let (high, rest_kw) = (self.streams.high(), self.streams.rest_kw());
        let [long, new] = self.pauses.judge(step, high, rest_kw, learns);
        let season = self.streams.season(step.minute_of_week);
        let works = season.is_some_and(|season| season.abs() >= AT_WORK * high);
        self.rises[Rise::Pause as usize] = if works { long - LESS_FOR_RISES - warning } else { NOTHING };
        self.rises[Rise::NewPause as usize] = self.after_two_weeks(Some(new - warning));
    }

    /// Nobody knows whether the pause that runs has gone on.
    pub(super) fn forget_pause(&mut self) {
        self.pauses.interrupt();
        (self.rises[Rise::Pause as usize], self.rises[Rise::NewPause as usize]) = (NOTHING, NOTHING);
    }

    /// Watches how far the readings of the last minutes were beyond what is usual around the hour: those of a machine
    /// that cycles are so now and then only, whatever it leaks. `elapsed_ms` since the last reading.
    pub(super) fn watch_excess(&mut self, traits: &Traits, sample: Sample, elapsed_ms: f32) {
        let interval_ms = span(traits.expected_interval_ms);
        // Of what comes faster the likelihood ratio knows more; of what comes slower there is too little in ten minutes.
        if !(span(STEP_MS)..=SHORT_MS).contains(&interval_ms) {
            self.rises[Rise::Excess as usize] = NOTHING;
            return;
        }
        let least = LEAST_USUAL * self.streams.high();
        let excess = self.envelope.excess(sample.local_minute_of_week, narrow(sample.power_kw), least);
        self.excess += (excess - self.excess) * (elapsed_ms.min(2.0 * interval_ms) / EXCESS_MS).min(1.0);
        let margin = self.rate(EXCESS, self.excess);
        self.rises[Rise::Excess as usize] = self.after_two_weeks(margin.filter(|_| self.excess > LEAST_EXCESS));
    }

    /// Whether the power is hardly more than that of other days at this hour.
    fn draws_no_more_than_the_season(&self, sample: Sample) -> bool {
        let season = self.streams.season(sample.local_minute_of_week);
        season.is_some_and(|kw| narrow(sample.power_kw) < kw + HARDLY_MORE * kw.abs() + SLIGHTLY * self.streams.high())
    }

    /// Which of [`WATCHED`] speaks for a rise.
    pub(super) fn index_of(rise: Rise, power_kw: f64, expected: Option<Band>) -> usize {
        match rise {
            Rise::HalfHour | Rise::HalfHourLately | Rise::Quiet | Rise::LeftRunning | Rise::Excess => 3,
            Rise::Scale | Rise::Jump | Rise::Factor => 2,
            Rise::Pause | Rise::NewPause => 1,
            Rise::Ratio if expected.is_none_or(|band| power_kw <= band.high) => 3,
            Rise::Rarity if expected.is_none_or(|band| band.holds(power_kw)) => 3,
            Rise::Rarity if expected.is_some_and(|band| power_kw < band.low) => 1,
            _ => 0,
        }
    }

    /// The most surprising of it and of what the streams say, for more the more the others speak for the same;
    /// `warning` is the surprise of a warning.
    pub(super) fn loudest(
        &self,
        streams: Suspicion,
        sample: Sample,
        expected: Option<Band>,
        warning: f32,
        is_usual: bool,
        is_back: bool,
    ) -> Suspicion {
        // What a machine has drawn for half an hour or longer is no news once it is over.
        let is_over = expected.is_some_and(|band| sample.power_kw < band.mid);
        let suspicions = RISES.map(|rise| {
            let is_long = matches!(rise, Rise::HalfHour | Rise::HalfHourLately | Rise::Quiet | Rise::LeftRunning);
            // Who has rested all day on a holiday draws as much at night as lately, and no more than on any other.
            let is_as_ever = || matches!(rise, Rise::HalfHourLately) && self.draws_no_more_than_the_season(sample);
            let says_nothing = is_long && is_over || is_as_ever();
            let margin = if says_nothing { NOTHING } else { self.rises[rise as usize] };
            let index = Self::index_of(rise, sample.power_kw, expected);
            let dismissed = DISMISSED * f32::from(self.alarms.dismissals(WATCHED[index]));
            let if_usual = match rise {
                Rise::HalfHour
                | Rise::HalfHourLately
                | Rise::Quiet
                | Rise::LeftRunning
                | Rise::Scale
                | Rise::NewPause => 0.0,
                Rise::Edge if is_back => f32::INFINITY,
                Rise::Factor => USUAL_FACTOR,
                Rise::Edge | Rise::Ratio | Rise::Excess | Rise::Jump => USUAL_CHANGE,
                Rise::Level | Rise::Rarity | Rise::Pause => USUAL,
            };
            Suspicion { index, surprise: margin + warning - dismissed, if_usual }
        });
        let louder = |most: Suspicion, other: Suspicion| {
            if other.counts(is_usual) > most.counts(is_usual) { other } else { most }
        };
        let most = suspicions.into_iter().fold(streams, louder);
        let is_drop = |it: Suspicion| WATCHED[it.index] == Kind::Drop;
        let support = |it: Suspicion| {
            let much = (it.counts(is_usual) - warning + SUPPORTS).clamp(0.0, MOST_SUPPORT);
            if is_drop(it) == is_drop(most) { much } else { 0.0 }
        };
        let [ratio, rarity] = [Rise::Ratio, Rise::Rarity].map(|rise| support(suspicions[rise as usize]));
        let all = suspicions.into_iter().map(support).sum::<f32>() + support(streams) - ratio.min(rarity);
        let others = all - support(most);
        Suspicion { surprise: most.surprise + others - LESS_FOR_MANY, ..most }
    }
}

impl Suspicion {
    /// What is left of its surprise where the power may be usual around the hour.
    fn counts(&self, is_usual: bool) -> f32 {
        self.surprise - if is_usual { self.if_usual } else { 0.0 }
    }
}
