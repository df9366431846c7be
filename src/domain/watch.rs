//! Rules that people set for machines: how a rule stands at a machine, and what a reading or the clock changes about it.
//!
//! A rule is broken when its condition has held without a break for its time; it is over when the power is back within
//! the limit by the hysteresis, or when production begins. Where readings are missing nobody knows, so the time begins
//! anew.

use entity::lists::Schedule;
use entity::watch_rule::{Kind, Model};
use serde::{Deserialize, Serialize};

use super::reading::HOLD_INTERVALS;
use super::schedule::is_within;

/// How one rule stands at one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The rule as it was when this began, ms since the epoch: a changed one begins anew.
    pub changed_at_ms: i64,
    /// Since which reading its condition holds, ms since the epoch.
    since_ms: Option<i64>,
    /// The last reading, ms since the epoch; none before the first.
    last_ms: Option<i64>,
    /// The power furthest beyond the limit since then, kW; where readings are waited for, that of the last one.
    extreme_kw: Option<f64>,
    /// Whether it is told as broken.
    is_open: bool,
}

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Instant, ms since the epoch.
    pub time_ms: i64,
    /// Minute of the week on the site's wall clock; 0 is Monday 00:00.
    pub local_minute_of_week: u16,
    /// Power, kW; none if nothing tells it.
    pub power_kw: Option<f64>,
    /// Time between two readings as expected, ms.
    pub interval_ms: i64,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WatchChange {
    /// The rule is broken.
    Opened {
        /// Since when, ms since the epoch.
        started_ms: i64,
        /// The reading that told, or the instant at which one was due, ms since the epoch.
        at_ms: i64,
        /// The power furthest beyond the limit, kW; where there are no readings that of the last one, if it is known.
        value_kw: Option<f64>,
    },
    /// It is over.
    Closed {
        /// Since when it was, ms since the epoch.
        started_ms: i64,
        /// The last reading concerned, ms since the epoch.
        ended_ms: i64,
        /// The power furthest beyond the limit, kW.
        value_kw: Option<f64>,
    },
}

impl Watch {
    /// A rule at a machine whose last reading is known, if there was one; ms since the epoch.
    #[must_use]
    pub fn new(rule: &Model, last_ms: Option<i64>) -> Self {
        Self { changed_at_ms: rule.changed_at_ms, since_ms: None, last_ms, extreme_kw: None, is_open: false }
    }

    /// Since when it is told as broken, ms since the epoch; none if it is not.
    #[must_use]
    pub fn open_since_ms(&self) -> Option<i64> {
        self.since_ms.filter(|_| self.is_open)
    }

    /// Looks at the machine's next reading.
    pub fn judge(&mut self, rule: &Model, seen: Seen) -> Option<WatchChange> {
        let before_ms = self.last_ms.replace(seen.time_ms);
        if seen.time_ms < rule.changed_at_ms {
            return None;
        }
        if rule.kind == Kind::NoData {
            let value_kw = std::mem::replace(&mut self.extreme_kw, seen.power_kw);
            let started_ms = self.close()?;
            return Some(WatchChange::Closed { started_ms, ended_ms: seen.time_ms, value_kw });
        }
        let power_kw = seen.power_kw?;
        let within_kw = if self.is_open { rule.hysteresis_kw } else { 0.0 };
        if !is_broken(rule, seen, power_kw, within_kw) {
            let started_ms = self.close()?;
            return Some(WatchChange::Closed { started_ms, ended_ms: before_ms?, value_kw: self.extreme_kw });
        }
        let is_gap = before_ms.is_none_or(|before_ms| seen.time_ms - before_ms > HOLD_INTERVALS * seen.interval_ms);
        let since_ms = self.since_ms.filter(|_| self.is_open || !is_gap);
        self.extreme_kw = match self.extreme_kw.filter(|_| since_ms.is_some()) {
            Some(extreme_kw) => Some(further(rule, extreme_kw, power_kw)),
            None => Some(power_kw),
        };
        let started_ms = *self.since_ms.insert(since_ms.unwrap_or(seen.time_ms));
        if self.is_open || seen.time_ms - started_ms < for_ms(rule) {
            return None;
        }
        self.is_open = true;
        Some(WatchChange::Opened { started_ms, at_ms: seen.time_ms, value_kw: self.extreme_kw })
    }

    /// Its condition holds no longer; since when it was told as broken, if it was.
    fn close(&mut self) -> Option<i64> {
        let was_open = std::mem::take(&mut self.is_open);
        self.since_ms.take().filter(|_| was_open)
    }

    /// When a reading is missing for the rule's time, ms since the epoch; none where nothing is waited for. Of a machine
    /// that has never sent, the first is waited for since it was met, ms since the epoch.
    #[must_use]
    pub fn due_ms(&self, rule: &Model, met_ms: i64) -> Option<i64> {
        let last_ms = Some(self.last_ms.unwrap_or(met_ms)).filter(|_| rule.kind == Kind::NoData && !self.is_open)?;
        Some(last_ms.max(rule.changed_at_ms).saturating_add(for_ms(rule)))
    }

    /// It is due, and there was none.
    pub fn miss(&mut self, rule: &Model, met_ms: i64) -> Option<WatchChange> {
        let at_ms = self.due_ms(rule, met_ms)?;
        // Whoever has never sent is silent since the rule is there, whenever it was met.
        let started_ms = self.last_ms.unwrap_or(rule.changed_at_ms);
        (self.is_open, self.since_ms) = (true, Some(started_ms));
        Some(WatchChange::Opened { started_ms, at_ms, value_kw: self.extreme_kw })
    }
}

fn for_ms(rule: &Model) -> i64 {
    i64::from(rule.for_s) * 1000
}

/// Whether a power breaks the rule, its limits drawn in by `within_kw`.
fn is_broken(rule: &Model, seen: Seen, power_kw: f64, within_kw: f64) -> bool {
    let runs = |hours: &Schedule| is_within(hours, seen.local_minute_of_week);
    if rule.kind == Kind::OffHours && rule.production_hours.as_ref().is_none_or(runs) {
        return false;
    }
    rule.above_kw.is_some_and(|limit_kw| power_kw > limit_kw - within_kw)
        || rule.below_kw.is_some_and(|limit_kw| power_kw < limit_kw + within_kw)
}

/// The one of two powers that is further beyond the limit.
fn further(rule: &Model, a_kw: f64, b_kw: f64) -> f64 {
    let beyond = |kw: f64| {
        let above = rule.above_kw.map_or(f64::NEG_INFINITY, |limit_kw| kw - limit_kw);
        above.max(rule.below_kw.map_or(f64::NEG_INFINITY, |limit_kw| limit_kw - kw))
    };
    if beyond(b_kw) > beyond(a_kw) { b_kw } else { a_kw }
}

/// A sentence about a broken rule, without the machine's name. `unit` is that of its powers.
#[must_use]
pub fn sentence(rule: &Model, value_kw: Option<f64>, unit: &str) -> String {
    let value_kw = value_kw.unwrap_or_default();
    // To the watt: more digits are those of the sums that made it.
    let value = (value_kw * 1000.0).round() / 1000.0;
    let name = &rule.name;
    let lasting = |seconds: i32| match seconds {
        ..=0 => String::new(),
        1..120 => format!(" for {seconds} s"),
        120..7200 => format!(" for {} min", seconds / 60),
        _ => format!(" for {} h", seconds / 3600),
    };
    let lasting = lasting(rule.for_s);
    match (rule.kind, rule.above_kw, rule.below_kw) {
        (Kind::NoData, ..) => format!("has sent nothing{lasting} (rule {name:?})"),
        (Kind::OffHours, Some(limit_kw), _) => {
            format!(
                "drew {value} {unit}{lasting} outside of production hours, when {limit_kw} {unit} is allowed (rule {name:?})"
            )
        }
        (_, Some(limit_kw), _) if value_kw > limit_kw => {
            format!("drew {value} {unit}, more than {limit_kw} {unit}{lasting} (rule {name:?})")
        }
        (_, _, Some(limit_kw)) => {
            format!("drew {value} {unit}, less than {limit_kw} {unit}{lasting} (rule {name:?})")
        }
        _ => format!("broke the rule {name:?}"),
    }
}

#[cfg(test)]
mod tests {
    use entity::anomaly::Severity;
    use entity::lists::Hours;
    use entity::{SiteId, WatchRuleId};

    use super::*;

    fn rule(kind: Kind) -> Model {
        Model {
            id: WatchRuleId(1),
            site_id: SiteId(1),
            name: "limit".to_owned(),
            kind,
            severity: Severity::Warning,
            machine_ids: None,
            machine_kind: None,
            above_kw: Some(50.0),
            below_kw: None,
            hysteresis_kw: 5.0,
            for_s: 60,
            production_hours: Some(Schedule(vec![Hours { days: vec![0], from_min: 360, to_min: 840 }])),
            is_enabled: true,
            changed_at_ms: 0,
        }
    }

    /// Readings at these seconds with these powers; what changed at which second.
    fn changes(rule: &Model, watch: &mut Watch, readings: &[(i64, f64)]) -> Vec<(i64, WatchChange)> {
        let judge = |&(second, power_kw): &(i64, f64)| {
            let time_ms = second * 1000;
            let minute = u16::try_from(second / 60 % 10_080).expect("a minute of the week");
            let seen = Seen { time_ms, local_minute_of_week: minute, power_kw: Some(power_kw), interval_ms: 20_000 };
            Some((second, watch.judge(rule, seen)?))
        };
        readings.iter().filter_map(judge).collect()
    }

    fn opened(started_s: i64, at_s: i64, value_kw: f64) -> WatchChange {
        WatchChange::Opened { started_ms: started_s * 1000, at_ms: at_s * 1000, value_kw: Some(value_kw) }
    }

    fn closed(started_s: i64, ended_s: i64, value_kw: f64) -> WatchChange {
        let (started_ms, ended_ms) = (started_s * 1000, ended_s * 1000);
        WatchChange::Closed { started_ms, ended_ms, value_kw: Some(value_kw) }
    }

    #[test]
    fn a_threshold_is_broken_after_its_time_and_over_below_its_hysteresis() {
        let rule = rule(Kind::Threshold);
        let short = [(0, 60.0), (20, 61.0), (40, 50.0), (60, 51.0), (80, 52.0), (100, 51.0)];
        assert_eq!(changes(&rule, &mut Watch::new(&rule, None), &short), []);
        let long = [(0, 51.0), (20, 70.0), (40, 52.0), (60, 53.0), (80, 48.0), (100, 46.0), (120, 45.0), (140, 60.0)];
        let told = changes(&rule, &mut Watch::new(&rule, None), &long);
        assert_eq!(told, [(60, opened(0, 60, 70.0)), (120, closed(0, 100, 70.0))]);
        let low = Model { above_kw: None, below_kw: Some(10.0), for_s: 0, ..rule };
        let told = changes(&low, &mut Watch::new(&low, None), &[(0, 9.0), (20, 14.0), (40, 4.0), (60, 15.0)]);
        assert_eq!(told, [(0, opened(0, 0, 9.0)), (60, closed(0, 40, 4.0))]);
    }

    #[test]
    fn a_gap_and_a_changed_rule_begin_anew() {
        let mut rule = rule(Kind::Threshold);
        let gap = [(0, 60.0), (61, 60.0), (121, 60.0)];
        assert_eq!(changes(&rule, &mut Watch::new(&rule, None), &gap), [(121, opened(61, 121, 60.0))]);
        rule.changed_at_ms = 50_000;
        let readings = [(0, 60.0), (40, 60.0), (60, 60.0), (100, 60.0), (120, 60.0)];
        assert_eq!(changes(&rule, &mut Watch::new(&rule, None), &readings), [(120, opened(60, 120, 60.0))]);
    }

    #[test]
    fn consumption_outside_of_production_hours_ends_when_they_begin() {
        let rule = rule(Kind::OffHours);
        let six = 6 * 3600;
        let readings: Vec<_> = (-5..5).map(|n| (six + n * 20, 60.0)).collect();
        let told = changes(&rule, &mut Watch::new(&rule, None), &readings);
        assert_eq!(told, [(six - 40, opened(six - 100, six - 40, 60.0)), (six, closed(six - 100, six - 20, 60.0))]);
    }

    #[test]
    fn silence_is_told_by_the_clock() {
        let rule = rule(Kind::NoData);
        let mut watch = Watch::new(&rule, None);
        assert_eq!(watch.due_ms(&rule, 5000), Some(65_000), "nothing was ever sent");
        assert_eq!(changes(&rule, &mut watch, &[(10, 7.0)]), []);
        assert_eq!(watch.due_ms(&rule, 5000), Some(70_000));
        assert_eq!(watch.miss(&rule, 5000), Some(opened(10, 70, 7.0)));
        assert_eq!((watch.miss(&rule, 5000), watch.due_ms(&rule, 5000)), (None, None), "told once");
        assert_eq!(changes(&rule, &mut watch, &[(300, 8.0)]), [(300, closed(10, 300, 7.0))]);
    }

    #[test]
    fn it_is_told_in_a_sentence() {
        let told = sentence(&rule(Kind::Threshold), Some(61.5), "kW");
        assert_eq!(told, "drew 61.5 kW, more than 50 kW for 60 s (rule \"limit\")");
        let told = sentence(&rule(Kind::Threshold), Some(209.039_999_842), "kW");
        assert_eq!(told, "drew 209.04 kW, more than 50 kW for 60 s (rule \"limit\")");
        let told = sentence(&rule(Kind::OffHours), Some(61.5), "kW");
        assert_eq!(told, "drew 61.5 kW for 60 s outside of production hours, when 50 kW is allowed (rule \"limit\")");
        assert_eq!(sentence(&rule(Kind::NoData), None, "kW"), "has sent nothing for 60 s (rule \"limit\")");
    }
}
