//! Anomalies that other systems report.

use entity::anomaly::{Model, Severity, Source};
use entity::machine;

use crate::domain::registry::{Report, check_report};
use crate::error::Result;
use crate::events::Events;
use crate::store::{NewAnomaly, Store};

/// An anomaly as reported.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::anomaly::Model")]
pub struct ReportedAnomaly {
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

/// Stores an anomaly of a machine and tells everyone who watches.
pub async fn report_anomaly(
    store: &Store,
    events: &Events,
    now_ms: i64,
    machine: &machine::Model,
    reported: ReportedAnomaly,
) -> Result<Model> {
    let report = Report {
        kind: &reported.kind,
        started_at_ms: reported.started_at_ms,
        ended_at_ms: reported.ended_at_ms,
        numbers: [reported.value, reported.expected, reported.deviation],
        score: reported.score,
        message: reported.message.as_deref(),
    };
    check_report(&report, now_ms)?;
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
        deviation: reported.deviation,
        score: reported.score,
        message: reported.message,
        source: Source::External,
    };
    let anomaly = transaction.insert_anomaly(new).await?;
    transaction.commit().await?;
    events.anomaly_stored(anomaly.id.0);
    metrics::counter!("wattline_anomalies_total", "source" => "external").increment(1);
    Ok(anomaly)
}
