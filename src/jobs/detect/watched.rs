//! One machine under watch: its detector, and how far its readings have been judged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use entity::{AnomalyId, WatchRuleId, detector, machine, watch_rule};
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::NEVER_MS;
use crate::domain::detection::{Change, Detector, Finding, Kind, Sample, Traits, sentence};
use crate::domain::fields::rate_unit;
use crate::domain::instant::minute_of_week;
use crate::domain::watch::{Seen, Watch, WatchChange};
use crate::store::{Dismissal, Judged};

/// How many times as long as judging a machine again took it is left in peace.
const REST: u32 = 20;

/// What has changed at a machine.
#[derive(Clone, Debug)]
pub enum News {
    /// The detector says so.
    Detector(Change),
    /// A rule that people set says so.
    Rule(Arc<watch_rule::Model>, WatchChange),
}

/// A machine and its detector.
#[derive(Debug)]
pub struct Watched {
    /// The machine, as it was when it was last looked up.
    pub(super) machine: machine::Model,
    /// Where its clocks hang.
    pub(super) zone: TimeZone,
    detector: Detector,
    /// When this process met it, by the wall clock, ms since the epoch.
    met_ms: i64,
    /// The last reading judged, ms since the epoch; far in the past before the first.
    pub(super) judged_ms: i64,
    /// The last dismissal that the detector knows of; 0 for none.
    pub(super) dismissal_id: i64,
    /// When it was stored last, by the wall clock, and whether it has changed since.
    stored_at_ms: i64,
    has_changed: bool,
    /// When it was last judged again from the beginning, and how long that took.
    rejudged: Option<(Instant, Duration)>,
    /// The rules that people set for it, and how each stands.
    rules: Vec<Arc<watch_rule::Model>>,
    watches: BTreeMap<WatchRuleId, Watch>,
    /// While it is judged again: anomalies that the detector has found anew and that are stored as over.
    pub(super) over: Vec<(Kind, AnomalyId)>,
    /// While it is judged again from the beginning: all that the detector has found anew.
    pub(super) again: Option<BTreeSet<AnomalyId>>,
}

impl Watched {
    /// A machine, from its checkpoint if there is one that can be read.
    pub(super) fn new(
        machine: machine::Model,
        zone: TimeZone,
        rules: &[Arc<watch_rule::Model>],
        checkpoint: Option<detector::Model>,
        met_ms: i64,
    ) -> Self {
        let mut watched = Self {
            machine,
            zone,
            detector: Detector::new(),
            met_ms,
            judged_ms: NEVER_MS,
            dismissal_id: 0,
            stored_at_ms: NEVER_MS,
            has_changed: false,
            rejudged: None,
            rules: Vec::new(),
            watches: BTreeMap::new(),
            over: Vec::new(),
            again: None,
        };
        watched.attend(rules);
        watched.rewind(checkpoint);
        watched
    }

    /// Goes back to a checkpoint, or to the beginning: also where it cannot be read, as one of another version.
    pub(super) fn rewind(&mut self, checkpoint: Option<detector::Model>) {
        let has_checkpoint = checkpoint.is_some();
        let known = checkpoint.and_then(|row| {
            let watches = serde_json::from_str(&row.watches).unwrap_or_default();
            Some((Detector::from_bytes(&row.state).ok()?, row.time_ms, row.dismissal_id, watches))
        });
        let is_unreadable = has_checkpoint && known.is_none();
        (self.detector, self.judged_ms, self.dismissal_id, self.watches) =
            known.unwrap_or_else(|| (Detector::new(), NEVER_MS, 0, BTreeMap::new()));
        self.over.clear();
        if is_unreadable {
            self.again = Some(BTreeSet::new());
        }
        self.renew_watches();
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
        self.again = Some(BTreeSet::new());
    }

    /// The detector has found this, whether or not it was known.
    pub(super) fn note_found(&mut self, id: AnomalyId) {
        if let Some(again) = &mut self.again {
            again.insert(id);
        }
    }

    /// The detector has found this while it judges again, and it is stored as over.
    pub(super) fn note_over(&mut self, kind: Kind, id: AnomalyId) {
        self.take_over(kind);
        self.over.push((kind, id));
    }

    /// What it has found of a kind that is stored as over.
    pub(super) fn over(&self, kind: Kind) -> Option<AnomalyId> {
        self.over.iter().find(|(over, _)| *over == kind).map(|(_, id)| *id)
    }

    /// The same, and forgets it.
    pub(super) fn take_over(&mut self, kind: Kind) -> Option<AnomalyId> {
        let at = self.over.iter().position(|(over, _)| *over == kind)?;
        Some(self.over.swap_remove(at).1)
    }

    /// Whether there is one of this kind.
    pub(super) fn has_over(&self, kind: &str) -> bool {
        self.over.iter().any(|(over, _)| over.as_str() == kind)
    }

    /// It is up to date again, and what it has learned may be asked for.
    pub(super) fn has_caught_up(&mut self) {
        self.make_due();
        if let Some((at, took @ Duration::ZERO)) = &mut self.rejudged {
            *took = at.elapsed();
        }
    }

    /// Takes over what has changed of the machine.
    /// Whether that is anything.
    pub(super) fn update(&mut self, machine: machine::Model, zone: TimeZone) -> bool {
        let has_changed = self.machine != machine;
        (self.machine, self.zone) = (machine, zone);
        has_changed
    }

    /// Takes over the rules in force, of which some are for this machine. One that is new or has changed begins anew.
    pub(super) fn attend(&mut self, rules: &[Arc<watch_rule::Model>]) {
        let is_meant = |rule: &&Arc<watch_rule::Model>| {
            let of_kind = rule.machine_kind.is_none_or(|kind| kind == self.machine.kind);
            rule.site_id == self.machine.site_id
                && rule.machine_ids.as_ref().map_or(of_kind, |ids| ids.0.contains(&self.machine.id))
        };
        self.rules = rules.iter().filter(is_meant).cloned().collect();
        self.renew_watches();
    }

    /// Keeps how the rules stand that are the same, and begins anew with the others.
    fn renew_watches(&mut self) {
        let mut known = std::mem::take(&mut self.watches);
        let last_ms = Some(self.judged_ms).filter(|judged_ms| *judged_ms > NEVER_MS);
        let stands = |rule: &Arc<watch_rule::Model>| {
            let same = known.remove(&rule.id).filter(|watch| watch.changed_at_ms == rule.changed_at_ms);
            (rule.id, same.unwrap_or_else(|| Watch::new(rule, last_ms)))
        };
        self.watches = self.rules.iter().map(stands).collect();
    }

    /// The rules that are told as broken, and since when.
    pub(super) fn broken(&self) -> impl Iterator<Item = (WatchRuleId, i64)> {
        self.watches.iter().filter_map(|(id, watch)| Some((*id, watch.open_since_ms()?)))
    }

    fn traits(&self) -> Traits {
        Traits {
            rated_power_kw: self.machine.rated_power_kw,
            expected_interval_ms: self.machine.expected_interval_ms(),
        }
    }

    /// Judges the next reading.
    pub(super) fn judge(&mut self, row: &Judged) -> Vec<News> {
        self.judged_ms = row.time_ms;
        self.has_changed = true;
        let local_minute_of_week = minute_of_week(row.time_ms, &self.zone);
        let (time_ms, interval_ms) = (row.time_ms, self.machine.expected_interval_ms());
        let seen = Seen { time_ms, local_minute_of_week, power_kw: row.power_kw, interval_ms };
        let mut news = self.of_rules(|rule, watch| watch.judge(rule, seen));
        if let Some(power_kw) = row.power_kw {
            let sample = Sample { time_ms, local_minute_of_week, power_kw };
            news.extend(self.detector.judge(&self.traits(), sample).changes.into_iter().map(News::Detector));
        }
        news
    }

    fn of_rules(&mut self, mut look: impl FnMut(&watch_rule::Model, &mut Watch) -> Option<WatchChange>) -> Vec<News> {
        let mut news = Vec::new();
        for rule in &self.rules {
            let change = self.watches.get_mut(&rule.id).and_then(|watch| look(rule, watch));
            news.extend(change.map(|change| News::Rule(Arc::clone(rule), change)));
        }
        news
    }

    /// What the clock says: nothing of a machine out of service, nor of a time when nobody was there to take readings.
    pub(super) fn hear_silence(&mut self, now_ms: i64, started_ms: i64) -> Vec<News> {
        if self.machine.retired_at_ms.is_some() {
            return Vec::new();
        }
        let met_ms = self.met_ms;
        let judged_ms = if self.judged_ms > NEVER_MS { self.judged_ms } else { met_ms };
        let is_late = |due_ms: i64| now_ms >= due_ms.max(started_ms.saturating_add((due_ms - judged_ms).max(0)));
        let late = |rule: &watch_rule::Model, watch: &mut Watch| {
            watch.due_ms(rule, met_ms).filter(|due_ms| is_late(*due_ms)).and_then(|_| watch.miss(rule, met_ms))
        };
        let mut news = self.of_rules(late);
        let traits = self.traits();
        if self.detector.next_silence_ms(&traits).is_some_and(is_late) {
            news.extend(self.detector.silence(&traits, now_ms).map(News::Detector));
            self.has_changed = true;
        }
        self.has_changed |= !news.is_empty();
        news
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

    /// The unit of its powers.
    pub(super) fn unit(&self) -> &'static str {
        rate_unit(self.machine.unit)
    }

    /// What is to be told of a finding: a sentence without the machine's name.
    pub(super) fn sentence(&self, finding: &Finding) -> String {
        sentence(finding, self.unit(), &part_of_week(minute_of_week(finding.at_ms, &self.zone)))
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
            watches: serde_json::to_string(&self.watches).unwrap_or_default(),
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
