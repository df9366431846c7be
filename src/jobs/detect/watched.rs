//! One machine under watch: its detector, and how far its readings have been judged.

use std::time::Duration;

use entity::machine::Unit;
use entity::{AnomalyId, detector, machine, maintenance};
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::NEVER_MS;
use crate::domain::detection::{Change, Detector, Finding, Kind, Sample, Traits, sentence};
use crate::domain::instant::minute_of_week;
use crate::store::{Dismissal, Judged};

/// How many times as long as judging a machine again took it is left in peace.
const REST: u32 = 20;

/// A machine and its detector.
#[derive(Debug)]
pub struct Watched {
    /// The machine, as it was when it was last looked up.
    pub(super) machine: machine::Model,
    /// Where its clocks hang.
    pub(super) zone: TimeZone,
    detector: Detector,
    /// The last reading judged, ms since the epoch; far in the past before the first.
    pub(super) judged_ms: i64,
    /// The last dismissal that the detector knows of; 0 for none.
    pub(super) dismissal_id: i64,
    /// When it was stored last, by the wall clock, and whether it has changed since.
    stored_at_ms: i64,
    has_changed: bool,
    /// When it was last judged again from the beginning, and how long that took.
    rejudged: Option<(Instant, Duration)>,
    /// While it is judged again: anomalies that the detector has found anew and that are stored as over.
    pub(super) over: Vec<(Kind, AnomalyId)>,
}

impl Watched {
    /// A machine, from its checkpoint if there is one that can be read.
    pub(super) fn new(machine: machine::Model, zone: TimeZone, checkpoint: Option<detector::Model>) -> Self {
        let mut watched = Self {
            machine,
            zone,
            detector: Detector::new(),
            judged_ms: NEVER_MS,
            dismissal_id: 0,
            stored_at_ms: NEVER_MS,
            has_changed: false,
            rejudged: None,
            over: Vec::new(),
        };
        watched.rewind(checkpoint);
        watched
    }

    /// Goes back to a checkpoint, or to the beginning.
    pub(super) fn rewind(&mut self, checkpoint: Option<detector::Model>) {
        let known =
            checkpoint.and_then(|row| Some((Detector::from_bytes(&row.state).ok()?, row.time_ms, row.dismissal_id)));
        (self.detector, self.judged_ms, self.dismissal_id) = known.unwrap_or_else(|| (Detector::new(), NEVER_MS, 0));
        self.over.clear();
    }

    /// Whether it may be judged again from the beginning: whoever always sends late must not keep everybody waiting.
    pub(super) fn may_be_rejudged(&self, every_ms: i64) -> bool {
        let every = Duration::from_millis(every_ms.unsigned_abs());
        self.rejudged.is_none_or(|(at, took)| at.elapsed() >= every.max(took * REST))
    }

    /// Begins anew, because of readings that came late.
    pub(super) fn begin_again(&mut self) {
        self.rewind(None);
        self.rejudged = Some((Instant::now(), Duration::ZERO));
    }

    /// It is up to date again.
    pub(super) fn has_caught_up(&mut self) {
        if let Some((at, took @ Duration::ZERO)) = &mut self.rejudged {
            *took = at.elapsed();
        }
    }

    /// Takes over what has changed of the machine.
    pub(super) fn update(&mut self, machine: machine::Model, zone: TimeZone) {
        (self.machine, self.zone) = (machine, zone);
    }

    fn traits(&self) -> Traits {
        Traits {
            rated_power_kw: self.machine.rated_power_kw,
            expected_interval_ms: self.machine.expected_interval_ms(),
        }
    }

    /// Judges the next reading.
    pub(super) fn judge(&mut self, row: &Judged) -> Vec<Change> {
        self.judged_ms = row.time_ms;
        self.has_changed = true;
        let Some(power_kw) = row.power_kw else { return Vec::new() };
        let local_minute_of_week = minute_of_week(row.time_ms, &self.zone);
        let sample = Sample { time_ms: row.time_ms, local_minute_of_week, power_kw };
        self.detector.judge(&self.traits(), sample).changes
    }

    /// What the clock says: nothing of a machine out of service, nor of a time when nobody was there to take readings.
    pub(super) fn hear_silence(&mut self, now_ms: i64, started_ms: i64) -> Option<Change> {
        let traits = self.traits();
        let due_ms = self.detector.next_silence_ms(&traits)?;
        let unheard_ms = (due_ms - self.judged_ms).max(0);
        if self.machine.retired_at_ms.is_some() || now_ms < due_ms.max(started_ms.saturating_add(unheard_ms)) {
            return None;
        }
        self.has_changed = true;
        self.detector.silence(&traits, now_ms)
    }

    /// Makes what somebody dismissed quieter.
    pub(super) fn dismiss(&mut self, dismissal: &Dismissal) {
        if dismissal.id.0 <= self.dismissal_id {
            return;
        }
        self.dismissal_id = dismissal.id.0;
        self.has_changed = true;
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.as_str() == dismissal.kind) {
            self.detector.quieter(kind);
        }
    }

    /// Whether the machine is odd in this way now.
    pub(super) fn is_open(&self, kind: &str) -> bool {
        Kind::ALL.into_iter().any(|known| known.as_str() == kind && self.detector.is_open(known))
    }

    /// What is to be told of a finding: a sentence without the machine's name.
    pub(super) fn sentence(&self, finding: &Finding) -> String {
        let unit = if self.machine.unit == Unit::Kwh { "kW" } else { "m³/h" };
        sentence(finding, unit, &part_of_week(minute_of_week(finding.at_ms, &self.zone)))
    }

    /// Whether nobody is to be told of what began then: the machine is snoozed, or worked on.
    pub(super) fn is_left_alone(&self, started_ms: i64, at_ms: i64, windows: &[maintenance::Model]) -> bool {
        let covers = |window: &maintenance::Model| {
            window.site_id == self.machine.site_id
                && window.machine_id.is_none_or(|id| id == self.machine.id)
                && (window.from_ms..window.to_ms).contains(&started_ms)
        };
        self.machine.snoozed_until_ms.is_some_and(|until_ms| at_ms < until_ms) || windows.iter().any(covers)
    }

    /// Whether it is time to store it.
    pub(super) fn is_due(&self, now_ms: i64, every_ms: i64) -> bool {
        self.has_changed && now_ms.saturating_sub(self.stored_at_ms) >= every_ms
    }

    /// Makes it time to store it, if it has changed.
    pub(super) fn make_due(&mut self) {
        self.stored_at_ms = NEVER_MS;
    }

    /// What to store.
    pub(super) fn checkpoint(&mut self, now_ms: i64) -> detector::Model {
        (self.stored_at_ms, self.has_changed) = (now_ms, false);
        detector::Model {
            machine_id: self.machine.id,
            time_ms: self.judged_ms,
            state: self.detector.to_bytes(),
            dismissal_id: self.dismissal_id,
        }
    }
}

/// A part of the week as people call it; 0 is Monday 00:00.
fn part_of_week(minute: u16) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let (day, hour) = (usize::from(minute / 1440), minute % 1440 / 60);
    let part = match hour {
        6..12 => "morning",
        12..18 => "afternoon",
        18..22 => "evening",
        _ => "night",
    };
    format!("a {} {part}", DAYS[day % 7])
}
