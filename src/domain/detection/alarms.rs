//! Which anomalies are open: at most one of each kind, each closed when it has been calm for long enough.
//!
//! What is open is part of the state, so that a restart neither forgets an anomaly nor tells it twice.

use super::codec::Codec;
use super::finding::{Change, Finding, Kind, Severity};
use super::rules::narrow;

/// A score has grown if what is missing of it to 1 is less than this part of what was.
const LESS: f32 = 0.85;
const KINDS: usize = Kind::ALL.len();
/// Dismissals that count.
const MOST_DISMISSALS: u8 = 4;
const QUARTER_MS: i64 = 900_000;
/// What was told is not learned as usual for so many quarters of an hour at most: a fall, and anything else. After that it
/// may be how things are from now on.
const FALL_TEACHES: u16 = 96;
const TEACHES: u16 = 12;

/// What is known of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Alarm {
    /// None while closed.
    severity: Option<Severity>,
    /// The highest score told.
    score: f32,
    /// The last reading that belonged to it, ms since the epoch.
    last_ms: i64,
    /// How often people said that it was none.
    dismissals: u8,
    /// While it is open: the quarter of an hour from which on its readings are learned, of those since the epoch the
    /// lowest 16 bits, which are almost two years.
    taught_from: u16,
}

/// All kinds of one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Alarms([Alarm; KINDS]);

impl Alarms {
    /// The most urgent of what is open.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.0.iter().filter_map(|alarm| alarm.severity).max()
    }

    /// Whether nothing is open but what goes on for weeks.
    pub(super) fn are_calm(&self) -> bool {
        Kind::ALL.into_iter().all(|kind| kind == Kind::Drift || self.severity_of(kind).is_none())
    }

    /// None while none of this kind is open.
    pub(super) const fn severity_of(&self, kind: Kind) -> Option<Severity> {
        self.0[kind as usize].severity
    }

    pub(super) fn dismiss(&mut self, kind: Kind) {
        let alarm = &mut self.0[kind as usize];
        alarm.dismissals = (alarm.dismissals + 1).min(MOST_DISMISSALS);
        alarm.taught_from = quarter(alarm.last_ms);
    }

    pub(super) const fn dismissals(&self, kind: Kind) -> u8 {
        self.0[kind as usize].dismissals
    }

    /// Opens the anomaly, or tells that an open one grew if its severity or score rose notably.
    pub(super) fn raise(&mut self, finding: Finding) -> Option<Change> {
        let alarm = &mut self.0[finding.kind as usize];
        alarm.last_ms = finding.at_ms;
        let Some(severity) = alarm.severity else {
            (alarm.severity, alarm.score) = (Some(finding.severity), narrow(finding.score));
            let teaches = if finding.kind == Kind::Drop { FALL_TEACHES } else { TEACHES };
            alarm.taught_from = quarter(finding.at_ms).wrapping_add(teaches);
            return Some(Change::Opened(finding));
        };
        let grew = finding.severity > severity || 1.0 - narrow(finding.score) < LESS * (1.0 - alarm.score);
        if !grew {
            return None;
        }
        let worst = Finding {
            severity: severity.max(finding.severity),
            score: finding.score.max(alarm.score.into()),
            ..finding
        };
        (alarm.severity, alarm.score) = (Some(worst.severity), narrow(worst.score));
        Some(Change::Grew(worst))
    }

    /// Whether it is open, and so lately told that it must not be learned as usual.
    pub(super) const fn teaches_nothing(&self, kind: Kind, time_ms: i64) -> bool {
        let alarm = &self.0[kind as usize];
        let left = alarm.taught_from.wrapping_sub(quarter(time_ms)).cast_signed();
        alarm.severity.is_some() && left > 0
    }

    /// It still shows at this time.
    pub(super) const fn keep(&mut self, kind: Kind, time_ms: i64) {
        self.0[kind as usize].last_ms = time_ms;
    }

    /// Closes an open one that has been calm for so long.
    pub(super) fn settle(&mut self, kind: Kind, time_ms: i64, calm_ms: i64) -> Option<Change> {
        let alarm = &mut self.0[kind as usize];
        if alarm.severity.is_none() || time_ms - alarm.last_ms < calm_ms {
            return None;
        }
        alarm.severity = None;
        Some(Change::Closed { kind, ended_ms: alarm.last_ms })
    }

    pub(super) fn fields(&mut self, codec: &mut impl Codec) {
        for alarm in &mut self.0 {
            let mut severity = alarm.severity.map_or(0, |severity| severity as u8 + 1);
            codec.byte(&mut severity);
            alarm.severity = match severity {
                0 => None,
                1 => Some(Severity::Warning),
                _ => Some(Severity::Critical),
            };
            codec.number(&mut alarm.score);
            codec.time(&mut alarm.last_ms);
            codec.byte(&mut alarm.dismissals);
            codec.short(&mut alarm.taught_from);
        }
    }
}

/// The lowest 16 bits of the quarters of an hour since the epoch.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the lowest bits are meant")]
const fn quarter(time_ms: i64) -> u16 {
    time_ms.div_euclid(QUARTER_MS) as u16
}
