//! What is said of anomalies from outside: those that other systems report, and what people do about any.

use entity::anomaly::{Model, Severity, Source, Status};
use entity::anomaly_change::What;
use entity::{AnomalyId, machine, maintenance};

use crate::domain::registry::{Report, check_report, check_text};
use crate::error::Result;
use crate::events::Events;
use crate::store::{NewAnomaly, Said, Store};

/// An anomaly as reported.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::anomaly::Model")]
pub struct Reported {
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

/// Whether nobody is to be told of what began then and was seen at `at_ms` (ms since the epoch): the machine is snoozed, or
/// worked on.
#[must_use]
pub fn is_left_alone(machine: &machine::Model, started_ms: i64, at_ms: i64, windows: &[maintenance::Model]) -> bool {
    let covers = |window: &maintenance::Model| {
        window.site_id == machine.site_id
            && window.machine_id.is_none_or(|id| id == machine.id)
            && (window.from_ms..window.to_ms).contains(&started_ms)
    };
    machine.snoozed_until_ms.is_some_and(|until_ms| at_ms < until_ms) || windows.iter().any(covers)
}

/// Stores an anomaly of a machine and tells everyone who watches.
pub async fn report(
    store: &Store,
    events: &Events,
    now_ms: i64,
    machine: &machine::Model,
    reported: Reported,
) -> Result<Model> {
    let checked = Report {
        kind: &reported.kind,
        started_at_ms: reported.started_at_ms,
        ended_at_ms: reported.ended_at_ms,
        numbers: [reported.value, reported.expected, reported.deviation],
        score: reported.score,
        message: reported.message.as_deref(),
    };
    check_report(&checked, now_ms)?;
    let windows = store.maintenance(Some(machine.site_id), reported.started_at_ms).await?;
    let transaction = store.begin_write().await?;
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
        rule_id: None,
        is_quiet: is_left_alone(machine, reported.started_at_ms, now_ms, &windows),
    };
    let anomaly = transaction.insert_anomaly(new).await?;
    transaction.commit().await?;
    events.anomalies().stored(anomaly.id.0);
    metrics::counter!("wattline_anomalies_total", "source" => "external").increment(1);
    Ok(anomaly)
}

/// Adds what somebody did about an anomaly to its story, sets its status accordingly, and tells everyone who watches.
pub async fn say(store: &Store, events: &Events, now_ms: i64, id: AnomalyId, said: Said) -> Result<Model> {
    [&said.by, &said.note].into_iter().flatten().try_for_each(|text| check_text(text))?;
    let status = match said.what {
        What::Acknowledged => Some(Status::Acknowledged),
        What::Resolved | What::Dismissed => Some(Status::Resolved),
        What::Reopened => Some(Status::Open),
        What::Commented | What::Escalated | What::Ended => None,
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
