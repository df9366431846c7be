//! Anomalies: stored so that their ids grow in commit order, read back from any id on.

use entity::anomaly::{Severity, Source, Status};
use entity::{AnomalyId, MachineId, SiteId, anomaly};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait,
    PaginatorTrait, QueryFilter, QuerySelect,
};

use super::failure::database_error;
use super::{Page, Store, WriteTransaction, count_rows, read_page, read_pages, unknown};
use crate::error::Result;

/// Any number that all Wattline processes share. Who holds it is the only one to insert an anomaly, so that on
/// `PostgreSQL` too no smaller id is committed after a greater one, and a reader at a cursor misses none.
const INSERT_LOCK: i64 = 0x616e_6f6d_616c_7901;

/// An anomaly to be stored.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in entity::anomaly::Model")]
pub struct NewAnomaly {
    pub site_id: SiteId,
    pub machine_id: MachineId,
    pub kind: String,
    pub severity: Severity,
    pub started_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    pub detected_at_ms: i64,
    pub value: Option<f64>,
    pub expected: Option<f64>,
    pub deviation: Option<f64>,
    pub score: Option<f64>,
    pub message: Option<String>,
    pub source: Source,
}

/// Which anomalies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AnomalyFilter {
    /// Of this site.
    pub site_id: Option<SiteId>,
    /// Of these machines.
    pub machine_ids: Option<Vec<MachineId>>,
    /// At least this severe.
    pub severity: Option<Severity>,
    /// In this status.
    pub status: Option<Status>,
    /// That began after this instant, ms since the epoch.
    pub from_ms: Option<i64>,
    /// That began at this instant or before, ms since the epoch.
    pub to_ms: Option<i64>,
}

impl AnomalyFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.site_id.map(|site| anomaly::Column::SiteId.eq(site)))
            .add_option(self.machine_ids.as_ref().map(|ids| anomaly::Column::MachineId.is_in(ids.iter().copied())))
            .add_option(self.severity.filter(|s| *s == Severity::Critical).map(|s| anomaly::Column::Severity.eq(s)))
            .add_option(self.status.map(|status| anomaly::Column::Status.eq(status)))
            .add_option(self.from_ms.map(|from_ms| anomaly::Column::StartedAtMs.gt(from_ms)))
            .add_option(self.to_ms.map(|to_ms| anomaly::Column::StartedAtMs.lte(to_ms)))
    }
}

impl Store {
    /// A page of anomalies, by id.
    pub async fn anomalies(&self, filter: &AnomalyFilter, page: Page) -> Result<Vec<anomaly::Model>> {
        read_page(&self.read, anomaly::Entity::find().filter(filter.condition()), anomaly::Column::Id, page).await
    }

    /// A page of each machine's anomalies that the filter finds, by id.
    pub async fn anomalies_of(
        &self,
        machines: &[MachineId],
        filter: &AnomalyFilter,
        page: Page,
    ) -> Result<Vec<anomaly::Model>> {
        let found = anomaly::Entity::find().filter(filter.condition());
        let of_machine = |machine| found.clone().filter(anomaly::Column::MachineId.eq(machine));
        read_pages(&self.read, machines, of_machine, anomaly::Column::Id, page).await
    }

    /// How many anomalies the filter finds of each machine that has any.
    pub async fn count_anomalies_of(
        &self,
        machines: &[MachineId],
        filter: &AnomalyFilter,
    ) -> Result<Vec<(MachineId, i64)>> {
        let found = anomaly::Entity::find().filter(filter.condition());
        count_rows(&self.read, found, anomaly::Column::MachineId, machines).await
    }

    /// How many anomalies the filter finds.
    pub async fn count_anomalies(&self, filter: &AnomalyFilter) -> Result<u64> {
        let query = anomaly::Entity::find().filter(filter.condition());
        query.count(&self.read).await.map_err(database_error)
    }

    /// The anomalies with these ids, in any order.
    pub async fn anomalies_by_id(&self, ids: &[AnomalyId]) -> Result<Vec<anomaly::Model>> {
        let query = anomaly::Entity::find().filter(anomaly::Column::Id.is_in(ids.iter().copied()));
        query.all(&self.read).await.map_err(database_error)
    }

    /// The greatest id so far, 0 when there is none.
    pub async fn last_anomaly_id(&self) -> Result<i64> {
        let query = anomaly::Entity::find().select_only().column_as(anomaly::Column::Id.max(), "id");
        let last: Option<Option<i64>> = query.into_tuple().one(&self.read).await.map_err(database_error)?;
        Ok(last.flatten().unwrap_or(0))
    }
}

impl WriteTransaction {
    /// Stores an anomaly.
    pub async fn insert_anomaly(&self, new: NewAnomaly) -> Result<anomaly::Model> {
        if self.0.get_database_backend() == DbBackend::Postgres {
            let lock = format!("SELECT pg_advisory_xact_lock({INSERT_LOCK})");
            self.0.execute_unprepared(&lock).await.map_err(database_error)?;
        }
        let row = anomaly::ActiveModel {
            site_id: Set(new.site_id),
            machine_id: Set(new.machine_id),
            kind: Set(new.kind),
            severity: Set(new.severity),
            started_at_ms: Set(new.started_at_ms),
            ended_at_ms: Set(new.ended_at_ms),
            detected_at_ms: Set(new.detected_at_ms),
            value: Set(new.value),
            expected: Set(new.expected),
            deviation: Set(new.deviation),
            score: Set(new.score),
            message: Set(new.message),
            status: Set(Status::Open),
            source: Set(new.source),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(database_error)
    }

    /// Sets an anomaly's status, with who, when and why.
    pub async fn set_anomaly_status(
        &self,
        id: AnomalyId,
        status: Status,
        by: Option<String>,
        note: Option<String>,
        at_ms: i64,
    ) -> Result<anomaly::Model> {
        let row = anomaly::ActiveModel {
            id: Set(id),
            status: Set(status),
            status_by: Set(by),
            status_at_ms: Set(Some(at_ms)),
            status_note: Set(note),
            ..Default::default()
        };
        row.update(&self.0).await.map_err(|e| match e {
            sea_orm::DbErr::RecordNotUpdated => unknown("anomaly with id", id),
            other => database_error(other),
        })
    }
}
