//! What is said of anomalies from outside: those that other systems report, and what people do about any.

use std::ops::RangeInclusive;

use entity::anomaly::{Model, Severity, Source, Status};
use entity::anomaly_change::What;
use entity::{AnomalyId, machine, maintenance};

use crate::codes::Code;
use crate::domain::detection::{Kind, calm_ms};
use crate::domain::instant::format_ms;
use crate::domain::registry::{Report, as_written, check_report, check_text};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::store::{NewAnomaly, Said, Store, WriteTransaction};

/// An anomaly as reported.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::anomaly::Model")]
pub struct Reported {
    pub external_id: Option<String>,
    pub kind: String,
    pub severity: Severity,
    pub started_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    pub value: Option<f64>,
    pub expected: Option<f64>,
    pub deviation: Option<f64>,
    pub score: Option<f64>,
    pub message: Option<String>,
}

/// A machine needs so much time to be as usual again, ms.
const SETTLES_MS: i64 = 15 * 60_000;

/// What began or fell due while its machine was snoozed or worked on is told if it goes on for so long after that, ms: a
/// machine needs its time to be as usual again, and the detector some readings to see that it is.
#[must_use]
pub fn settles_ms(expected_interval_ms: i64, source: Source) -> i64 {
    let is_seen_ms = calm_ms(expected_interval_ms) + expected_interval_ms;
    if source == Source::Detector { SETTLES_MS.max(is_seen_ms) } else { SETTLES_MS }
}

/// Until when a machine is left alone that is snoozed, or worked on at any of these instants, the last one included, all in
/// ms since the epoch.
#[must_use]
pub fn left_alone_until(
    machine: &machine::Model,
    instants_ms: RangeInclusive<i64>,
    windows: &[maintenance::Model],
) -> Option<i64> {
    let (first_ms, last_ms) = instants_ms.into_inner();
    let snoozed = machine.snoozed_until_ms.filter(|until_ms| first_ms < *until_ms);
    let covers = |window: &&maintenance::Model| {
        window.site_id == machine.site_id
            && window.machine_id.is_none_or(|id| id == machine.id)
            && window.from_ms <= last_ms
            && first_ms < window.to_ms
    };
    windows.iter().filter(covers).map(|window| window.to_ms).chain(snoozed).max()
}

/// Whether readings show that an anomaly goes on: not of silence, which the clock tells, nor of what another system reports.
#[must_use]
pub fn shows_in_readings(anomaly: &Model) -> bool {
    anomaly.source != Source::External && anomaly.kind != Kind::NoData.as_str()
}

/// Whether it is too early to say of an anomaly that it goes on, or went on, after its machine was left alone: from
/// `until_ms` on, or the first reading after it where readings show that; seen so far until `seen_ms`, all in ms since the
/// epoch. A machine that was silent is known to be as usual some time after it is heard of, not before.
pub async fn is_early(
    store: &Store,
    machine: &machine::Model,
    anomaly: &Model,
    until_ms: i64,
    seen_ms: i64,
) -> Result<bool> {
    let waits = |from_ms: i64| seen_ms < from_ms + settles_ms(machine.expected_interval_ms(), anomaly.source);
    Ok(waits(until_ms)
        || shows_in_readings(anomaly) && store.first_reading_after(machine.id, until_ms).await?.is_none_or(waits))
}

/// Stores an anomaly of a machine, or what has become of one that was reported before, and tells everyone who watches.
pub async fn report(
    store: &Store,
    events: &Events,
    now_ms: i64,
    machine: &machine::Model,
    reported: Reported,
) -> Result<Model> {
    let reported = Reported { kind: as_written(reported.kind), ..reported };
    let checked = Report {
        external_id: reported.external_id.as_deref(),
        kind: &reported.kind,
        started_at_ms: reported.started_at_ms,
        ended_at_ms: reported.ended_at_ms,
        numbers: [reported.value, reported.expected, reported.deviation],
        score: reported.score,
        message: reported.message.as_deref(),
    };
    check_report(&checked, now_ms)?;
    let windows = store.maintenance(Some(machine.site_id), reported.started_at_ms).await?;
    let seen_ms = reported.ended_at_ms.unwrap_or(now_ms);
    let started_ms = reported.started_at_ms;
    let is_quiet =
        left_alone_until(machine, started_ms..=started_ms, &windows).is_some_and(|until_ms| seen_ms < until_ms);
    let transaction = store.begin_write().await?;
    if let Some(external_id) = &reported.external_id
        && let Some(known) = transaction.reported(machine.id, external_id).await?
    {
        let (anomaly, last_change) = report_again(&transaction, known, reported, now_ms, is_quiet).await?;
        transaction.commit().await?;
        if let Some(change) = last_change {
            events.changes().stored(change);
        }
        return Ok(anomaly);
    }
    let new = NewAnomaly {
        site_id: machine.site_id,
        machine_id: machine.id,
        kind: reported.kind,
        severity: reported.severity,
        started_at_ms: reported.started_at_ms,
        ended_at_ms: reported.ended_at_ms,
        detected_at_ms: now_ms,
        value: reported.value,
        expected: reported.expected,
        low: None,
        high: None,
        deviation: reported.deviation,
        score: reported.score,
        message: reported.message,
        source: Source::External,
        external_id: reported.external_id,
        rule_id: None,
        is_quiet,
    };
    let anomaly = transaction.insert_anomaly(new).await?;
    transaction.commit().await?;
    events.anomalies().stored(anomaly.id.0);
    metrics::counter!("wattline_anomalies_total", "source" => "external").increment(1);
    Ok(anomaly)
}

/// Stores what another system says now of an anomaly, and the news of it: that it is worse, that it is over. The anomaly,
/// and the id of the last news if there are any.
async fn report_again(
    transaction: &WriteTransaction,
    known: Model,
    reported: Reported,
    now_ms: i64,
    is_left_alone: bool,
) -> Result<(Model, Option<i64>)> {
    if (&reported.kind, reported.started_at_ms) != (&known.kind, known.started_at_ms) {
        let (kind, started_at) = (&known.kind, format_ms(known.started_at_ms));
        let message =
            format!("by this externalId a {kind} is known that began at {started_at}: another one needs another");
        return Err(Error::invalid(Code::InvalidInput, message));
    }
    let ended_at_ms = reported.ended_at_ms.or(known.ended_at_ms);
    let is_worse = reported.severity > known.severity;
    let news = [
        is_worse.then_some(What::Escalated),
        (ended_at_ms.is_some() && known.ended_at_ms.is_none()).then_some(What::Ended),
    ];
    let anomaly = Model {
        severity: known.severity.max(reported.severity),
        ended_at_ms,
        value: reported.value.or(known.value),
        expected: reported.expected.or(known.expected),
        deviation: reported.deviation.or(known.deviation),
        score: reported.score.or(known.score),
        message: reported.message.or(known.message),
        // What kept it quiet when it was found may be over.
        is_quiet: known.is_quiet && (is_left_alone || !is_worse),
        ..known
    };
    let anomaly = transaction.update_anomaly(anomaly).await?;
    let mut last = None;
    for what in news.into_iter().flatten() {
        last = Some(transaction.tell(&anomaly, Said { what, by: None, note: None }, now_ms).await?);
    }
    Ok((anomaly, last))
}

/// Adds what somebody did about an anomaly to its story, sets its status accordingly, and tells everyone who watches.
pub async fn say(store: &Store, events: &Events, now_ms: i64, id: AnomalyId, said: Said) -> Result<Model> {
    [&said.by, &said.note].into_iter().flatten().try_for_each(|text| check_text(text))?;
    if said.what == What::Commented && said.note.as_ref().is_none_or(|note| note.trim().is_empty()) {
        return Err(Error::invalid(Code::InvalidInput, "a comment says something"));
    }
    let status = match said.what {
        What::Acknowledged => Some(Status::Acknowledged),
        What::Resolved | What::Dismissed => Some(Status::Resolved),
        What::Reopened => Some(Status::Open),
        What::Commented | What::Escalated | What::Announced | What::Ended => None,
    };
    let transaction = store.begin_write().await?;
    let mut row = transaction.anomaly(id).await?;
    if let Some(status) = status {
        let (by, note) = (said.by.clone(), said.note.clone());
        row = Model { status, status_by: by, status_at_ms: Some(now_ms), status_note: note, ..row };
        row = transaction.update_anomaly(row).await?;
    }
    let change = transaction.tell(&row, said, now_ms).await?;
    transaction.commit().await?;
    events.changes().stored(change);
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_when_work_ends_is_known_to_be_so_before_it_is_told() {
        const MINUTE_MS: i64 = 60_000;
        for (interval_ms, minutes) in [(1000, 15), (MINUTE_MS, 15), (5 * MINUTE_MS, 55), (60 * MINUTE_MS, 660)] {
            assert_eq!(settles_ms(interval_ms, Source::Detector), minutes * MINUTE_MS);
            assert!(calm_ms(interval_ms) < minutes * MINUTE_MS);
        }
        assert_eq!(settles_ms(60 * MINUTE_MS, Source::External), 15 * MINUTE_MS);
    }
}
