//! What mutations about anomalies take and give back.

use async_graphql::{ID, InputObject, SimpleObject};
use entity::{MachineId, SiteId};

use super::scalars::DateTime;
use super::types::{Anomaly, Maintenance, Severity};
use crate::anomalies::Reported;
use crate::domain::registry::{check_text, check_window};
use crate::error::Result;
use crate::store::NewMaintenance;

/// An anomaly that another system found.
#[derive(InputObject)]
pub(super) struct ReportAnomalyInput {
    /// Where the machine's name is looked up; `default` if absent.
    pub(super) site_id: Option<ID>,
    /// The machine's name, or its global id.
    pub(super) machine: String,
    /// By what you know it, 1 to 200 characters, unlike those of the machine's other anomalies. Reported again under it, of the
    /// same kind and `startedAt`, it stays one anomaly and is what you say now: worse, or over if you say when it ended.
    /// What you leave out stays as it was, and severity does not lessen. Without it, each report is an anomaly.
    external_id: Option<String>,
    /// What kind of oddity, such as `SPIKE`: 1 to 64 characters.
    kind: String,
    /// How bad.
    #[graphql(default_with = "Severity::Warning")]
    severity: Severity,
    /// Time of the first reading concerned.
    started_at: DateTime,
    /// Time of the last reading concerned; absent while it lasts.
    ended_at: Option<DateTime>,
    /// What was measured, in the measure's own unit (kW for power).
    value: Option<f64>,
    /// What was to be expected, in the same unit.
    expected: Option<f64>,
    /// How far off, in the finder's own measure.
    deviation: Option<f64>,
    /// How odd, 0 to 1.
    score: Option<f64>,
    /// A sentence for people, at most 2000 characters.
    message: Option<String>,
}

impl From<ReportAnomalyInput> for Reported {
    fn from(input: ReportAnomalyInput) -> Self {
        Self {
            external_id: input.external_id,
            kind: input.kind,
            severity: input.severity.into(),
            started_at_ms: input.started_at.0,
            ended_at_ms: input.ended_at.map(|at| at.0),
            value: input.value,
            expected: input.expected,
            deviation: input.deviation,
            score: input.score,
            message: input.message,
        }
    }
}

/// An anomaly that somebody deals with.
#[derive(InputObject)]
pub(super) struct AnomalyStatusInput {
    /// The anomaly.
    pub(super) id: ID,
    /// Who does; who is signed in, or whose key it is, if absent.
    pub(super) by: Option<String>,
    /// Why, at most 2000 characters.
    pub(super) note: Option<String>,
}

/// An anomaly, as it is now.
#[derive(SimpleObject)]
pub(super) struct AnomalyPayload {
    /// The anomaly.
    pub(super) anomaly: Anomaly,
}

/// Something to be said of an anomaly.
#[derive(InputObject)]
pub(super) struct CommentAnomalyInput {
    /// The anomaly.
    id: ID,
    /// Who says it; who is signed in, or whose key it is, if absent.
    by: Option<String>,
    /// What, at most 2000 characters.
    note: String,
}

impl From<CommentAnomalyInput> for AnomalyStatusInput {
    fn from(CommentAnomalyInput { id, by, note }: CommentAnomalyInput) -> Self {
        Self { id, by, note: Some(note) }
    }
}

/// A machine of whose anomalies nobody is to be told for a time.
#[derive(InputObject)]
pub(super) struct SnoozeMachineInput {
    /// The machine.
    pub(super) id: ID,
    /// Until when; null to be told again.
    pub(super) until: Option<DateTime>,
}

/// Work on a site or one of its machines.
#[derive(InputObject)]
pub(super) struct ScheduleMaintenanceInput {
    /// The site, if no machine is named; `default` if absent.
    pub(super) site_id: Option<ID>,
    /// The machine; the whole site if absent.
    pub(super) machine_id: Option<ID>,
    /// Begin.
    from: DateTime,
    /// End.
    to: DateTime,
    /// What is done, at most 2000 characters.
    note: Option<String>,
}

impl ScheduleMaintenanceInput {
    pub(super) fn resolve(self, site_id: SiteId, machine_id: Option<MachineId>) -> Result<NewMaintenance> {
        check_window(self.from.0, self.to.0)?;
        self.note.as_deref().map_or(Ok(()), check_text)?;
        Ok(NewMaintenance { site_id, machine_id, from_ms: self.from.0, to_ms: self.to.0, note: self.note })
    }
}

/// Work that is not done after all.
#[derive(InputObject)]
pub(super) struct CancelMaintenanceInput {
    /// Which.
    pub(super) id: ID,
}

/// Work on a site or one of its machines, as it is announced.
#[derive(SimpleObject)]
pub(super) struct MaintenancePayload {
    /// When and where.
    pub(super) maintenance: Maintenance,
}
