//! The detector of one machine: reading by reading, it learns what is usual and tells what is not.
//!
//! It is a function of the readings alone: no clock, no chance, no files. So it can be stored after any reading and go
//! on elsewhere as if nothing had been.

use serde::{Deserialize, Serialize};

use super::alarms::Alarms;
use super::doubt::{WEEK, is_worth_a_thought};
use super::envelope::Envelope;
use super::event::SHOWS;
use super::finding::{Band, Change, Finding, Judgement, Kind, Sample, Severity, Traits};
use super::gate::Gate;
use super::half_hours::HalfHours;
use super::left_running::LeftRunning;
use super::pauses::Pauses;
use super::powers::Powers;
use super::quiet::Quiet;
use super::rates::{Rates, half_day};
use super::rises::{Edges, Levels};
use super::rules::{Load, narrow};
use super::runs::Runs;
use super::scale::Scale;
use super::streams::{Step, Streams, Surprises, WATCHED};
use super::tail::Tails;
use super::watch::{NOTHING, RATED, RISES, Suspicion, USUAL};

/// Shorter intervals are gathered into steps of this length, ms.
pub(super) const STEP_MS: i64 = 60_000;
/// Least surprise that the score shows in full.
const NOTABLE: f32 = 2.6;
/// Least surprise of a warning for steps of five minutes and more; shorter ones look more often and need more.
const WARNING: f32 = 2.9;
const WARNING_STEP_MS: f32 = 300_000.0;
const MORE_FOR_SHORT_STEPS: f32 = 1.1;
/// More surprise needed for each thing shown, which fades in a week, ms; and for each that was told, which fades in four
/// and ends so much below where it began.
const SHOWN_HABIT: f32 = 0.1;
const SHOWN_FADE_MS: f32 = 604_800_000.0;
const TOLD_HABIT: f32 = 0.25;
const TOLD_FADE_MS: f32 = 4.0 * SHOWN_FADE_MS;
const SOFTER: f32 = 0.6;
/// More surprise needed while something of another kind was told lately.
const AFTER_ANOTHER: f32 = 1.0;
/// So much more surprise than it takes is told however little ago something else was, if that is over.
const GRAVE: f32 = 2.0;
/// Gate of each of the watched kinds: what goes up, what goes down, and the rest.
const GATES: [usize; WATCHED.len()] = [0, 1, 2, 2];
/// So much more surprise makes it critical.
const CRITICAL: f32 = 2.7;
/// So much, when such an hour has been seen three or four times only; never before, as nobody knows the rhythm, nor for
/// a power that is usual around the hour.
const EXTREME: f32 = 6.0;
/// How long a kind that shows no more may calm down before it is over.
const CALM_STEPS: i64 = 10;
/// In the place of the reading by which a kind has shown, while it does not.
pub(super) const NOT_RISING_MS: i64 = i64::MAX;
/// More surprise needed for each time that people said it was nothing.
pub(super) const DISMISSED: f32 = 0.75;
/// What has been told already scores at most this part of itself.
const TOLD: f64 = 0.4;
/// Least score of a reading that opens an anomaly: more than of any that has been told already.
const OPENS: f64 = 0.45;
/// Learns one machine and judges its readings.
///
/// It takes 4 KiB at most, stored or not, and no memory besides; a reading takes less than two microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Detector {
    pub(super) last_ms: Option<i64>,
    pub(super) last_kw: f64,
    /// Minute of the week of the last reading, on the site's wall clock.
    pub(super) last_minute: u16,
    pub(super) envelope: Envelope,
    /// The step that is being gathered.
    pub(super) sum: f32,
    pub(super) count: u16,
    /// Tails of the readings themselves, where steps gather several.
    pub(super) readings: Tails,
    pub(super) streams: Streams,
    /// Of the last step.
    pub(super) surprises: Surprises,
    /// The first reading by which each kind has shown, ms since the epoch.
    pub(super) rising_ms: [i64; WATCHED.len()],
    /// The same of a drift.
    pub(super) drifting_ms: i64,
    /// Edges of the readings, or of the steps where those are readings; levels of the steps, and means of half hours.
    pub(super) edges: Edges,
    pub(super) levels: Levels,
    pub(super) half_hours: HalfHours,
    pub(super) quiet: Quiet,
    pub(super) left_running: LeftRunning,
    pub(super) pauses: Pauses,
    pub(super) scale: Scale,
    /// By how much the readings of the last minutes were beyond what is usual, in multiples of that.
    pub(super) excess: f32,
    pub(super) powers: Powers,
    pub(super) rates: [Rates; RATED],
    /// By how much each of [`RISES`] surprises more than a warning takes.
    pub(super) rises: [f32; RISES.len()],
    pub(super) runs: Runs,
    pub(super) load: Load,
    /// What the score has shown, and what was told.
    pub(super) notable: Gate,
    pub(super) alarming: [Gate; 3],
    pub(super) alarms: Alarms,
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// One that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            last_ms: None,
            last_kw: 0.0,
            last_minute: 0,
            envelope: Envelope::new(),
            sum: 0.0,
            count: 0,
            readings: Tails::default(),
            streams: Streams::new(),
            surprises: [0.0; WATCHED.len()],
            rising_ms: [NOT_RISING_MS; WATCHED.len()],
            drifting_ms: NOT_RISING_MS,
            edges: Edges::default(),
            levels: Levels::default(),
            half_hours: HalfHours::default(),
            quiet: Quiet::default(),
            left_running: LeftRunning::default(),
            pauses: Pauses::default(),
            scale: Scale::new(),
            excess: 0.0,
            powers: Powers::new(),
            rates: [Rates::new(); RATED],
            rises: [NOTHING; RISES.len()],
            runs: Runs::new(),
            load: Load::default(),
            notable: Gate::default(),
            alarming: [Gate::default(); 3],
            alarms: Alarms::default(),
        }
    }

    /// Whether an anomaly of this kind is open.
    #[must_use]
    pub fn is_open(&self, kind: Kind) -> bool {
        self.alarms.severity_of(kind).is_some()
    }

    /// Judges a reading by what came before it, then learns it.
    ///
    /// One that is not younger than the last is ignored: score 0, no change.
    pub fn judge(&mut self, traits: &Traits, sample: Sample) -> Judgement {
        if self.last_ms.is_some_and(|last_ms| sample.time_ms <= last_ms) {
            return Judgement { severity: self.alarms.severity(), ..Judgement::default() };
        }
        let mut changes = Vec::new();
        self.end_silence(traits, sample, &mut changes);
        if self.last_ms.is_some_and(|last_ms| half_day(last_ms) != half_day(sample.time_ms)) {
            self.finish_half_day();
        }
        let expected = self.streams.expected(sample.local_minute_of_week);
        let elapsed_ms = self.last_ms.map(|last_ms| span(sample.time_ms - last_ms));
        self.notable.fade(elapsed_ms.unwrap_or(0.0), SHOWN_FADE_MS, 0.0);
        self.alarming.iter_mut().for_each(|gate| gate.fade(elapsed_ms.unwrap_or(0.0), TOLD_FADE_MS, -SOFTER));
        let learns = !self.teaches_nothing(sample.time_ms);
        let rests = self.rests_weekly(sample);
        // Of what comes at its hour alone nothing is learned for others.
        let before = (!learns || rests).then_some((self.readings, self.streams.tails));
        let surprises = self.surprise(traits, sample, learns);
        if let Some(before) = before {
            (self.readings, self.streams.tails) = before;
        }
        self.watch_excess(traits, sample, elapsed_ms.unwrap_or(0.0));
        let mut score = self.watch(traits, sample, expected, rests, surprises, &mut changes);
        let same = Band { low: sample.power_kw, mid: sample.power_kw, high: sample.power_kw };
        let before = changes.len();
        self.check_stuck(traits, sample, expected.unwrap_or(same), &mut changes);
        self.check_load(traits, sample, elapsed_ms, expected.unwrap_or(same), &mut changes);
        self.check_drift(sample.time_ms, &mut changes);
        for change in &changes[before..] {
            if let Change::Opened(finding) | Change::Grew(finding) = change {
                score = score.max(finding.score);
            }
        }
        if learns && !rests {
            let interval_ms = span(traits.expected_interval_ms);
            self.envelope.learn(sample.local_minute_of_week, interval_ms, narrow(sample.power_kw));
        }
        (self.last_ms, self.last_kw) = (Some(sample.time_ms), sample.power_kw);
        self.last_minute = sample.local_minute_of_week;
        Judgement { score, severity: self.alarms.severity(), expected, changes }
    }

    /// "Not an anomaly": from now on the same kind needs more to be told for this machine, within bounds.
    pub fn quieter(&mut self, kind: Kind) {
        self.alarms.dismiss(kind);
    }

    /// Surprise of each watched kind, this reading included; `learns` unless it was told as odd.
    fn surprise(&mut self, traits: &Traits, sample: Sample, learns: bool) -> Surprises {
        let power_kw = narrow(sample.power_kw);
        let per_step = u16::try_from(STEP_MS / traits.expected_interval_ms.max(1)).unwrap_or(u16::MAX).max(1);
        let (mut above, mut below) = (0.0, 0.0);
        if per_step > 1 {
            // A reading that is one of n in a step has n times the occasions to surprise.
            let more_often = f32::from(per_step).log10();
            let (high, low) = self.readings.judge_power(power_kw);
            (above, below) = (high - more_often, low - more_often);
            self.watch_readings(sample, power_kw, per_step, more_often + warning(traits));
        }
        self.sum += power_kw;
        self.count += 1;
        if self.count >= per_step {
            let value = self.sum / f32::from(self.count);
            let (length_ms, minute_of_week) = (step_ms(traits), sample.local_minute_of_week);
            let step = Step { value, length_ms, minute_of_week };
            self.surprises = self.streams.judge(step);
            self.watch_steps(power_kw, step, per_step, warning(traits));
            self.watch_pauses(step, warning(traits), learns);
            (self.sum, self.count) = (0.0, 0);
        }
        let [spike, drop, shift, pattern] = self.surprises;
        [spike.max(above), drop.max(below), shift, pattern]
    }

    /// Opens, keeps and closes what the streams speak for, but opens nothing where the machine `rests`; returns the score.
    fn watch(
        &mut self,
        traits: &Traits,
        sample: Sample,
        expected: Option<Band>,
        rests: bool,
        surprises: Surprises,
        changes: &mut Vec<Change>,
    ) -> f64 {
        self.keep_rises(sample, expected);
        self.keep_fall(sample, surprises);
        self.keep_excess(sample);
        let (index, surprise) = self.top(traits, sample, surprises, changes);
        let mut shown = TOLD * score_of_surprise(surprise);
        if self.notable.passes(surprise, NOTABLE, 1.0, sample.time_ms) {
            self.notable.tire(SHOWN_HABIT);
            shown = score_of_surprise(surprise);
        }
        let warning = warning(traits);
        if rests {
            return shown;
        }
        let is_usual = self.is_usual(sample);
        // However rare it is, nobody cares about a little more or less.
        let at_once = is_at_once(WATCHED[index]);
        let is_slight = at_once && expected.is_some_and(|band| self.is_slight(traits, sample, band));
        // Nor is it worth a word that it is back where it usually is.
        let is_back = is_usual && self.is_back(sample, expected);
        let if_usual = if is_back && at_once { f32::INFINITY } else { USUAL };
        let streams = Suspicion { index, surprise: if is_slight { 0.0 } else { surprise }, if_usual };
        let Suspicion { index, surprise, if_usual } =
            self.loudest(streams, sample, expected, warning, is_usual, is_back);
        let Some(expected) = expected.filter(|_| is_worth_a_thought(surprise - warning)) else {
            return shown;
        };
        // The edges of its first shifts must not make a new machine deaf.
        let grown = (self.half_days() / WEEK).min(1.0);
        let least = warning + self.doubt(traits, sample, expected, is_usual.then_some(if_usual));
        // What is over must not hide what is grave, unless that has shown since before it was told.
        let gate = &self.alarming[GATES[index]];
        let is_grave = gate.calm(surprise, grown) >= least + GRAVE && !gate.told_since(self.rising_ms[index]);
        if self.alarms.are_calm() && is_grave {
            self.alarming.iter_mut().for_each(Gate::release);
        }
        let held = self.alarming.iter().any(|gate| gate.holds(sample.time_ms));
        let least = least + if held { grown * AFTER_ANOTHER } else { 0.0 };
        let kind = self.event_of(index, sample, expected);
        let is_open = self.is_open(kind);
        if !is_open && self.is_no_news(kind, self.rising_ms[index], sample) {
            return shown;
        }
        let passes = self.alarming[GATES[index]].passes(surprise, least, grown, sample.time_ms);
        // What is open grows, though nobody is told anew; not while the machine is as usual.
        let grows = is_open && surprise >= least && !self.is_as_usual(sample);
        if !passes && !grows {
            return shown;
        }
        let critical = match self.streams.visits(sample.local_minute_of_week) {
            _ if is_usual => f32::INFINITY,
            0..=2 => f32::INFINITY,
            3 | 4 => EXTREME,
            _ => CRITICAL,
        };
        let severity = if surprise >= warning + critical { Severity::Critical } else { Severity::Warning };
        // What the last readings let expect, they have dragged along with them.
        let expected = self.usual_in(sample.local_minute_of_week).unwrap_or(expected);
        let recent_kw = f64::from(self.streams.recent());
        // What was measured, unless that is usual and the mean is not.
        let tells_mean = expected.holds(sample.power_kw) && !expected.holds(recent_kw);
        let value = if tells_mean { recent_kw } else { sample.power_kw };
        // What grows may show by another kind, whose beginning may be that of something that is over.
        let own = WATCHED.iter().position(|watched| *watched == kind).filter(|_| is_open);
        changes.extend(self.alarms.raise(Finding {
            kind,
            severity,
            started_ms: self.rising_ms[own.unwrap_or(index)].min(sample.time_ms),
            at_ms: sample.time_ms,
            value,
            expected,
            score: score_of_surprise(surprise),
        }));
        let opens = matches!(changes.last(), Some(Change::Opened(_)));
        if opens {
            self.alarming.iter_mut().for_each(|gate| gate.tire(TOLD_HABIT));
            return shown.max(OPENS);
        }
        shown
    }

    /// Which kind is the most surprising, and how much; on the way, closes what has calmed down. Means over many steps show
    /// a level or a rhythm for long after the machine is back to what is usual; that keeps neither open.
    fn top(
        &mut self,
        traits: &Traits,
        sample: Sample,
        surprises: Surprises,
        changes: &mut Vec<Change>,
    ) -> (usize, f32) {
        let time_ms = sample.time_ms;
        let calm_ms = calm_ms(traits.expected_interval_ms);
        let mut top = (0, 0.0);
        for (index, kind) in WATCHED.into_iter().enumerate() {
            let surprise = surprises[index] - DISMISSED * f32::from(self.alarms.dismissals(kind));
            if surprise < SHOWS {
                self.rising_ms[index] = NOT_RISING_MS;
            } else {
                self.rising_ms[index] = self.rising_ms[index].min(time_ms);
                if !is_of_means(kind) || !self.is_as_usual(sample) {
                    self.alarms.keep(kind, time_ms);
                }
            }
            if surprise > top.1 {
                top = (index, surprise);
            }
            changes.extend(self.alarms.settle(kind, time_ms, calm_ms));
        }
        top
    }
}

/// How long what is watched has to be as usual to be over, ms, where a reading is expected so often, ms.
#[must_use]
pub const fn calm_ms(expected_interval_ms: i64) -> i64 {
    CALM_STEPS * if expected_interval_ms > STEP_MS { expected_interval_ms } else { STEP_MS }
}

/// Whether one reading is enough for this kind.
const fn is_at_once(kind: Kind) -> bool {
    matches!(kind, Kind::Spike | Kind::Drop)
}

/// Whether means over many steps show this kind.
pub(super) const fn is_of_means(kind: Kind) -> bool {
    matches!(kind, Kind::LevelShift | Kind::Pattern)
}

/// Surprise that a warning takes on this machine.
fn warning(traits: &Traits) -> f32 {
    WARNING + MORE_FOR_SHORT_STEPS * (WARNING_STEP_MS / step_ms(traits)).log10().max(0.0)
}

fn score_of_surprise(surprise: f32) -> f64 {
    f64::from(surprise / (surprise + 3.0))
}

fn step_ms(traits: &Traits) -> f32 {
    span(STEP_MS.max(traits.expected_interval_ms))
}

/// Score of what a rule found, where there is no surprise to go by.
pub(super) const fn score_of(severity: Severity) -> f64 {
    match severity {
        Severity::Warning => 0.6,
        Severity::Critical => 0.7,
    }
}

#[expect(clippy::cast_precision_loss, reason = "seven digits of a time span are enough")]
pub(super) const fn span(ms: i64) -> f32 {
    ms as f32
}
