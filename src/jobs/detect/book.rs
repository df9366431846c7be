//! What detectors find, entered into the anomalies: each once, however often its readings are judged.

use entity::anomaly::{Model, Severity, Source, Status};
use entity::anomaly_change::What;
use entity::{AnomalyId, WatchRuleId, watch_rule};

use super::Watched;
use super::quiet::Why;
use crate::domain::detection::{self, Change, Finding, Kind};
use crate::domain::watch::{WatchChange, sentence};
use crate::error::Result;
use crate::store::{NewAnomaly, Said, WriteTransaction};

/// For so long what people have said is no anomaly keeps the same quiet, ms: four weeks.
const DISMISSED_MS: i64 = 28 * 86_400_000;
/// What is as far apart as this part of the power, or of what was expected, is the same.
const ALIKE: f64 = 0.1;

/// One transaction's entries.
#[derive(Debug)]
pub(super) struct Book<'a> {
    transaction: &'a WriteTransaction,
    now_ms: i64,
    pub(super) kept: Kept,
}

/// What was entered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    /// New anomalies.
    pub(super) anomalies: u64,
    /// The id of the last one; 0 for none.
    pub(super) last_anomaly: i64,
    /// The id of the last change of one; 0 for none.
    pub(super) last_change: i64,
}

impl<'a> Book<'a> {
    pub(super) fn new(transaction: &'a WriteTransaction, now_ms: i64) -> Self {
        Self { transaction, now_ms, kept: Kept::default() }
    }

    /// Enters what has changed at a machine; `why_quiet` says that nobody is to be told of it.
    pub(super) async fn enter(&mut self, watched: &mut Watched, change: Change, why_quiet: Option<Why>) -> Result<()> {
        match change {
            Change::Opened(finding) | Change::Grew(finding) => {
                let is_begin = matches!(change, Change::Opened(_));
                let Some(mut row) = self.known(watched, &finding, is_begin).await? else {
                    return self.open(watched, &finding, why_quiet.is_some()).await;
                };
                watched.note_found(row.id);
                if is_begin && row.is_quiet && watched.again.is_some() {
                    // Nobody was told what it was without the readings that came late.
                    let severity = severity(finding.severity);
                    row = Model { severity, score: None, first_value: Some(finding.value), ..row };
                }
                if row.ended_at_ms.is_some() {
                    watched.note_over(finding.kind, row.id);
                }
                self.grow(row, watched, &finding, why_quiet).await
            }
            Change::Closed { kind, ended_ms } => {
                if let Some(id) = watched.take_over(kind) {
                    let row = self.transaction.anomaly(id).await?;
                    return self.end(row, ended_ms, false).await;
                }
                match self.going_on(watched, kind).await? {
                    Some(row) => self.end(row, ended_ms, true).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// What is stored of what the detector has found.
    async fn known(&self, watched: &Watched, finding: &Finding, is_begin: bool) -> Result<Option<Model>> {
        if let Some(id) = watched.over(finding.kind).filter(|_| !is_begin) {
            return self.transaction.anomaly(id).await.map(Some);
        }
        let row = self.transaction.detected(watched.machine.id, finding.kind.as_str(), finding.started_ms).await?;
        // What grows may show since before it was told.
        if row.is_none() && !is_begin { self.going_on(watched, finding.kind).await } else { Ok(row) }
    }

    /// What is stored as going on.
    async fn going_on(&self, watched: &Watched, kind: Kind) -> Result<Option<Model>> {
        self.transaction.detected(watched.machine.id, kind.as_str(), i64::MAX).await
    }

    /// Makes what is stored agree with a machine that was judged again: what its detector does not know as going on has
    /// ended, and what it does has not. What only seemed odd without the readings that came late is forgotten, unless
    /// somebody was told.
    pub(super) async fn settle(&mut self, watched: &mut Watched) -> Result<()> {
        let machine = watched.machine.id;
        if let Some(found) = watched.again.take() {
            self.transaction.forget_unfound(machine, &found).await?;
        }
        for row in self.transaction.lasting_anomalies(machine, Source::Detector).await? {
            if !watched.is_open(&row.kind) || watched.has_over(&row.kind) {
                self.end(row, watched.judged_ms, true).await?;
            }
        }
        for row in self.transaction.lasting_anomalies(machine, Source::Rule).await? {
            if !watched.broken().any(|(rule, since_ms)| row.rule_id == Some(rule) && row.started_at_ms == since_ms) {
                self.end(row, watched.judged_ms, true).await?;
            }
        }
        for (rule, since_ms) in watched.broken() {
            let row = self.transaction.found_by_rule(machine, rule, since_ms).await?;
            if let Some(row) = row.filter(|row| row.ended_at_ms.is_some()) {
                self.transaction.update_anomaly(Model { ended_at_ms: None, ..row }).await?;
            }
        }
        for (_, id) in std::mem::take(&mut watched.over) {
            let row = self.transaction.anomaly(id).await?;
            self.transaction.update_anomaly(Model { ended_at_ms: None, ..row }).await?;
        }
        self.retire(watched).await
    }

    /// Ends what was going on at a machine, if it was taken out of service.
    pub(super) async fn retire(&mut self, watched: &Watched) -> Result<()> {
        let Some(retired_ms) = watched.machine.retired_at_ms else { return Ok(()) };
        let machine = watched.machine.id;
        for source in [Source::Detector, Source::Rule] {
            for row in self.transaction.lasting_anomalies(machine, source).await? {
                self.end(row, retired_ms.min(self.now_ms), true).await?;
            }
        }
        Ok(())
    }

    /// Enters what has changed about a rule at a machine, unless somebody has changed the rule meanwhile.
    pub(super) async fn enter_rule(
        &mut self,
        watched: &Watched,
        rule: &watch_rule::Model,
        change: WatchChange,
        is_quiet: bool,
    ) -> Result<()> {
        let machine = watched.machine.id;
        match change {
            WatchChange::Opened { started_ms, value_kw, .. } => {
                let now = self.transaction.watch_rule(rule.id).await?;
                let is_in_force = now.is_some_and(|now| now.changed_at_ms == rule.changed_at_ms);
                if !is_in_force || self.transaction.found_by_rule(machine, rule.id, started_ms).await?.is_some() {
                    return Ok(());
                }
                let expected = rule.above_kw.or(rule.below_kw);
                let measured = Measured {
                    value: value_kw,
                    expected,
                    low: rule.below_kw,
                    high: rule.above_kw,
                    score: None,
                    message: sentence(rule, value_kw, watched.unit()),
                };
                let (kind, severity, rule) = (kind(rule.kind), rule.severity, Some(rule.id));
                let found = Found { kind, severity, started_ms, ended_ms: None, rule, is_quiet };
                self.insert(watched, found, measured).await.map(drop)
            }
            WatchChange::Closed { started_ms, ended_ms, value_kw } => {
                let Some(row) = self.transaction.found_by_rule(machine, rule.id, started_ms).await? else {
                    return Ok(());
                };
                let was_open = row.ended_at_ms.is_none();
                let deviation = value_kw.zip(row.expected).map(|(value, expected)| value - expected);
                let message = Some(sentence(rule, value_kw, watched.unit()));
                self.end(Model { value: value_kw, deviation, message, ..row }, ended_ms, was_open).await
            }
        }
    }

    async fn end(&mut self, row: Model, ended_ms: i64, is_news: bool) -> Result<()> {
        let ended_at_ms = Some(ended_ms.max(row.started_at_ms));
        if row.ended_at_ms == ended_at_ms {
            return Ok(());
        }
        let row = self.transaction.update_anomaly(Model { ended_at_ms, ..row }).await?;
        if is_news { self.tell(&row, What::Ended).await } else { Ok(()) }
    }

    async fn open(&mut self, watched: &mut Watched, finding: &Finding, is_quiet: bool) -> Result<()> {
        let (kind, started_ms) = (finding.kind.as_str(), finding.started_ms);
        let is_quiet = is_quiet || self.has_dismissed(watched, finding).await?;
        // One that began before what is stored as going on: it waits for its end, or takes that one's place at last.
        let ended_ms = self.going_on(watched, finding.kind).await?.map(|_| started_ms);
        let severity = severity(finding.severity);
        let found = Found { kind, severity, started_ms, ended_ms, rule: None, is_quiet };
        let id = self.insert(watched, found, measured(watched, finding)).await?;
        watched.note_found(id);
        if ended_ms.is_some() {
            watched.note_over(finding.kind, id);
        }
        Ok(())
    }

    async fn has_dismissed(&self, watched: &Watched, finding: &Finding) -> Result<bool> {
        let severity = severity(finding.severity);
        self.is_dismissed(watched, finding.kind.as_str(), Some(finding.value), severity).await
    }

    /// Whether people have lately said of the same that it is no anomaly: here, of this kind, no less severe, of a power in
    /// the range that it grew over.
    async fn is_dismissed(
        &self,
        watched: &Watched,
        kind: &str,
        value: Option<f64>,
        severity: Severity,
    ) -> Result<bool> {
        // Of these the power says nothing.
        let Some(value) = value.filter(|_| ![Kind::NoData, Kind::Flatline].map(Kind::as_str).contains(&kind)) else {
            return Ok(false);
        };
        let after_ms = self.now_ms - DISMISSED_MS;
        let known = self.transaction.dismissed(watched.machine.id, kind, after_ms).await?;
        Ok(known.iter().filter(|row| severity <= row.severity).any(|row| {
            let powers = [row.value, row.first_value].into_iter().flatten();
            let (low, high) = powers.fold((f64::MAX, f64::MIN), |(low, high), kw| (low.min(kw), high.max(kw)));
            let margin =
                ALIKE * [low, high, value, row.expected.unwrap_or(0.0)].map(f64::abs).into_iter().fold(0.0, f64::max);
            (low - margin..=high + margin).contains(&value)
        }))
    }

    async fn insert(&mut self, watched: &Watched, found: Found, measured: Measured) -> Result<AnomalyId> {
        let new = NewAnomaly {
            site_id: watched.machine.site_id,
            machine_id: watched.machine.id,
            kind: found.kind.to_owned(),
            severity: found.severity,
            started_at_ms: found.started_ms,
            ended_at_ms: found.ended_ms,
            detected_at_ms: self.now_ms,
            deviation: measured.deviation(),
            value: measured.value,
            expected: measured.expected,
            low: measured.low,
            high: measured.high,
            score: measured.score,
            message: Some(measured.message),
            source: if found.rule.is_some() { Source::Rule } else { Source::Detector },
            external_id: None,
            rule_id: found.rule,
            is_quiet: found.is_quiet,
        };
        let row = self.transaction.insert_anomaly(new).await?;
        self.kept.anomalies += 1;
        self.kept.last_anomaly = row.id.0;
        Ok(row.id)
    }

    /// It is worse than was known. Judged again, the same readings change nothing.
    async fn grow(
        &mut self,
        mut row: Model,
        watched: &Watched,
        finding: &Finding,
        why_quiet: Option<Why>,
    ) -> Result<()> {
        let is_worse = severity(finding.severity) > row.severity;
        if !is_worse && row.score.is_some_and(|score| score >= finding.score) {
            return Ok(());
        }
        // Whatever kept it quiet when it was found may be over, or be about less than it is now.
        let is_news = is_worse || row.status == Status::Open;
        // Of what somebody has seen, being worse is all the news there will be: it waits until the machine is looked at again.
        let waits = why_quiet == Some(Why::IsLeftAlone) && row.status != Status::Open;
        let is_told =
            row.is_quiet && (why_quiet.is_none() || waits) && is_news && !self.has_dismissed(watched, finding).await?;
        row.is_quiet &= !is_told;
        let measured = measured(watched, finding);
        row.severity = row.severity.max(severity(finding.severity));
        row.deviation = measured.deviation();
        row.value = measured.value;
        row.expected = measured.expected;
        row.low = measured.low;
        row.high = measured.high;
        row.score = measured.score;
        row.message = Some(measured.message);
        let row = self.transaction.update_anomaly(row).await?;
        match (is_worse, is_told) {
            (true, _) => self.tell(&row, What::Escalated).await,
            (false, true) => self.tell(&row, What::Announced).await,
            (false, false) => Ok(()),
        }
    }

    /// It goes on, and what kept it quiet is over: people are told, unless they know it or have dismissed the same.
    pub(super) async fn announce(&mut self, watched: &Watched, id: AnomalyId) -> Result<()> {
        let row = self.transaction.anomaly(id).await?;
        let is_unheard = row.is_quiet && row.ended_at_ms.is_none() && row.status == Status::Open;
        if !is_unheard || self.is_dismissed(watched, &row.kind, row.value, row.severity).await? {
            return Ok(());
        }
        let row = self.transaction.update_anomaly(Model { is_quiet: false, ..row }).await?;
        self.tell(&row, What::Announced).await
    }

    async fn tell(&mut self, row: &Model, what: What) -> Result<()> {
        let said = Said { what, by: None, note: None };
        self.kept.last_change = self.transaction.tell(row, said, self.now_ms).await?;
        Ok(())
    }
}

/// A new anomaly.
struct Found {
    kind: &'static str,
    severity: Severity,
    started_ms: i64,
    ended_ms: Option<i64>,
    rule: Option<WatchRuleId>,
    is_quiet: bool,
}

/// What is measured of one, as far as it may grow.
struct Measured {
    value: Option<f64>,
    expected: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    score: Option<f64>,
    message: String,
}

impl Measured {
    fn deviation(&self) -> Option<f64> {
        self.value.zip(self.expected).map(|(value, expected)| value - expected)
    }
}

fn measured(watched: &Watched, finding: &Finding) -> Measured {
    // Silence is odd whatever the last reading was.
    let expected = Some(finding.expected).filter(|_| finding.kind != detection::Kind::NoData);
    Measured {
        value: Some(finding.value),
        expected: expected.map(|band| band.mid),
        low: expected.map(|band| band.low),
        high: expected.map(|band| band.high),
        score: Some(finding.score),
        message: watched.sentence(finding),
    }
}

fn kind(kind: watch_rule::Kind) -> &'static str {
    match kind {
        watch_rule::Kind::Threshold => "THRESHOLD",
        watch_rule::Kind::OffHours => "OFF_HOURS",
        watch_rule::Kind::NoData => "NO_DATA",
    }
}

fn severity(severity: detection::Severity) -> Severity {
    match severity {
        detection::Severity::Warning => Severity::Warning,
        detection::Severity::Critical => Severity::Critical,
    }
}
