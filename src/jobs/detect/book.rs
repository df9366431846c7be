//! What detectors find, entered into the anomalies: each once, however often its readings are judged.

use entity::anomaly::{Model, Severity, Source};
use entity::anomaly_change::What;

use super::{NEVER_MS, Watched};
use crate::domain::detection::{self, Change, Finding};
use crate::error::Result;
use crate::store::{NewAnomaly, Said, WriteTransaction};

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

    /// Enters what has changed at a machine; whether nobody is to be told of it if it is new.
    pub(super) async fn enter(&mut self, watched: &mut Watched, change: Change, is_quiet: bool) -> Result<()> {
        let machine = watched.machine.id;
        match change {
            Change::Opened(finding) | Change::Grew(finding) => {
                let known = self.transaction.detected(machine, finding.kind.as_str(), finding.started_ms).await?;
                let Some(row) = known else { return self.open(watched, &finding, is_quiet).await };
                if row.ended_at_ms.is_some() {
                    watched.over.retain(|(kind, _)| *kind != finding.kind);
                    watched.over.push((finding.kind, row.id));
                }
                self.grow(row, watched, &finding).await
            }
            Change::Closed { kind, ended_ms } => {
                if let Some(at) = watched.over.iter().position(|(over, _)| *over == kind) {
                    let row = self.transaction.anomaly(watched.over.swap_remove(at).1).await?;
                    return self.end(row, ended_ms, false).await;
                }
                // With a time before all others only what is going on is found.
                match self.transaction.detected(machine, kind.as_str(), NEVER_MS).await? {
                    Some(row) => self.end(row, ended_ms, true).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Makes what is stored agree with a machine that was judged again: what its detector does not know as going on has
    /// ended, and what it does has not.
    pub(super) async fn settle(&mut self, watched: &mut Watched) -> Result<()> {
        for row in self.transaction.lasting_anomalies(watched.machine.id).await? {
            if !watched.is_open(&row.kind) {
                self.end(row, watched.judged_ms, true).await?;
            }
        }
        for (_, id) in std::mem::take(&mut watched.over) {
            let row = self.transaction.anomaly(id).await?;
            self.transaction.update_anomaly(Model { ended_at_ms: None, ..row }).await?;
        }
        Ok(())
    }

    async fn end(&mut self, row: Model, ended_ms: i64, is_news: bool) -> Result<()> {
        let ended_at_ms = Some(ended_ms.max(row.started_at_ms));
        if row.ended_at_ms == ended_at_ms {
            return Ok(());
        }
        let row = self.transaction.update_anomaly(Model { ended_at_ms, ..row }).await?;
        if is_news { self.tell(&row, What::Ended).await } else { Ok(()) }
    }

    async fn open(&mut self, watched: &Watched, finding: &Finding, is_quiet: bool) -> Result<()> {
        let new = NewAnomaly {
            site_id: watched.machine.site_id,
            machine_id: watched.machine.id,
            kind: finding.kind.as_str().to_owned(),
            severity: severity(finding.severity),
            started_at_ms: finding.started_ms,
            ended_at_ms: None,
            detected_at_ms: self.now_ms,
            value: Some(finding.value),
            expected: Some(finding.expected.mid),
            low: Some(finding.expected.low),
            high: Some(finding.expected.high),
            deviation: Some(finding.value - finding.expected.mid),
            score: Some(finding.score),
            message: Some(watched.sentence(finding)),
            source: Source::Detector,
            is_quiet,
        };
        let row = self.transaction.insert_anomaly(new).await?;
        self.kept.anomalies += 1;
        self.kept.last_anomaly = row.id.0;
        Ok(())
    }

    /// It is worse than was known. Judged again, the same readings change nothing.
    async fn grow(&mut self, mut row: Model, watched: &Watched, finding: &Finding) -> Result<()> {
        let is_worse = severity(finding.severity) > row.severity;
        if !is_worse && row.score.is_some_and(|score| score >= finding.score) {
            return Ok(());
        }
        row.severity = row.severity.max(severity(finding.severity));
        row.value = Some(finding.value);
        row.expected = Some(finding.expected.mid);
        row.low = Some(finding.expected.low);
        row.high = Some(finding.expected.high);
        row.deviation = Some(finding.value - finding.expected.mid);
        row.score = Some(finding.score);
        row.message = Some(watched.sentence(finding));
        let row = self.transaction.update_anomaly(row).await?;
        if is_worse { self.tell(&row, What::Escalated).await } else { Ok(()) }
    }

    async fn tell(&mut self, row: &Model, what: What) -> Result<()> {
        let said = Said { what, by: None, note: None };
        self.kept.last_change = self.transaction.tell(row, said, self.now_ms).await?;
        Ok(())
    }
}

fn severity(severity: detection::Severity) -> Severity {
    match severity {
        detection::Severity::Warning => Severity::Warning,
        detection::Severity::Critical => Severity::Critical,
    }
}
