//! How far readings have been judged, by whom, and from where they have to be judged again.

use std::collections::{BTreeMap, BTreeSet};

use entity::anomaly_change::What;
use entity::{AnomalyChangeId, AnomalyId, MachineId, anomaly, anomaly_change, detector, late_reading};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Statement,
};

use super::failure::database_error;
use super::sql::{Column, insert_rows};
use super::{Store, WriteTransaction};
use crate::error::Result;

/// Machines in one statement.
const MACHINES_AT_ONCE: usize = 1000;
/// Checkpoints in one statement.
const CHECKPOINTS_AT_ONCE: usize = 500;

/// A reading as far as it is judged.
#[derive(Clone, Copy, Debug, PartialEq, FromQueryResult)]
pub struct Judged {
    /// The machine.
    pub machine_id: MachineId,
    /// Its time, ms since the epoch.
    pub time_ms: i64,
    /// Power, kW (or flow, m³/h), if anything tells it.
    pub power_kw: Option<f64>,
}

/// Somebody said that an anomaly is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dismissal {
    /// Which change of the anomaly that was.
    pub id: AnomalyChangeId,
    /// The anomaly's machine.
    pub machine_id: MachineId,
    /// The anomaly's kind.
    pub kind: String,
}

impl Store {
    /// The readings of each of these machines after an instant of its own, by machine and time; the first `limit`. Those
    /// of machines that come after the last one read may be missing.
    pub async fn readings_after(&self, machines: &[(MachineId, i64)], limit: usize) -> Result<Vec<Judged>> {
        let mut rows: Vec<Judged> = Vec::new();
        for machines in machines.chunks(MACHINES_AT_ONCE) {
            let wanted: Vec<String> = machines.iter().map(|(id, after_ms)| format!("({id},{after_ms})")).collect();
            let (wanted, limit_left) = (wanted.join(","), limit - rows.len());
            // Machine by machine, each from its place in the index: SQLite does not turn a cross join round, PostgreSQL
            // looks at each by itself where each has a limit.
            let of_machine = match self.backend() {
                DbBackend::Postgres => format!(
                    "LATERAL (SELECT machine_id, time_ms, power_kw FROM reading WHERE machine_id = w.id \
                     AND time_ms > w.after_ms ORDER BY time_ms LIMIT {limit_left}) r"
                ),
                _ => "reading r WHERE r.machine_id = w.id AND r.time_ms > w.after_ms".to_owned(),
            };
            let sql = format!(
                "WITH wanted(id, after_ms) AS (VALUES {wanted}) SELECT r.machine_id, r.time_ms, r.power_kw \
                 FROM wanted w CROSS JOIN {of_machine} ORDER BY r.machine_id, r.time_ms LIMIT {limit_left}"
            );
            let statement = Statement::from_string(self.backend(), sql);
            rows.extend(Judged::find_by_statement(statement).all(&self.read).await.map_err(database_error)?);
            if rows.len() >= limit {
                break;
            }
        }
        Ok(rows)
    }

    /// The time of each machine's last reading, ms since the epoch.
    pub async fn last_times(&self) -> Result<BTreeMap<MachineId, i64>> {
        let sql = "SELECT id, last_ms FROM (SELECT m.id, (SELECT max(r.time_ms) FROM reading r \
                   WHERE r.machine_id = m.id) AS last_ms FROM machine m) AS last WHERE last_ms IS NOT NULL";
        let rows =
            self.read.query_all_raw(Statement::from_string(self.backend(), sql)).await.map_err(database_error)?;
        let time = |row: &sea_orm::QueryResult| Ok((MachineId(row.try_get_by_index(0)?), row.try_get_by_index(1)?));
        rows.iter().map(time).collect::<Result<_, sea_orm::DbErr>>().map_err(database_error)
    }

    /// The checkpoints of these machines.
    pub async fn checkpoints(&self, machines: &[MachineId]) -> Result<Vec<detector::Model>> {
        let mut found = Vec::new();
        for machines in machines.chunks(MACHINES_AT_ONCE) {
            let query = detector::Entity::find().filter(detector::Column::MachineId.is_in(machines.iter().copied()));
            found.extend(query.all(&self.read).await.map_err(database_error)?);
        }
        Ok(found)
    }

    /// How far each of these machines has been judged by its checkpoint, if there is one, ms since the epoch.
    pub async fn judged_until(&self, machines: &[MachineId]) -> Result<BTreeMap<MachineId, i64>> {
        let mut all = BTreeMap::new();
        for machines in machines.chunks(MACHINES_AT_ONCE) {
            let query = detector::Entity::find().filter(detector::Column::MachineId.is_in(machines.iter().copied()));
            let times = query.select_only().columns([detector::Column::MachineId, detector::Column::TimeMs]);
            all.extend(times.into_tuple::<(MachineId, i64)>().all(&self.read).await.map_err(database_error)?);
        }
        Ok(all)
    }

    /// From where on machines have to be judged again.
    pub async fn late_readings(&self) -> Result<Vec<late_reading::Model>> {
        late_reading::Entity::find().all(&self.read).await.map_err(database_error)
    }

    /// What people have said is no anomaly, after a change; each once, however often they did.
    pub async fn dismissals(&self, after: AnomalyChangeId) -> Result<Vec<Dismissal>> {
        let dismissed = || anomaly_change::Entity::find().filter(anomaly_change::Column::What.eq(What::Dismissed));
        let new = dismissed().filter(anomaly_change::Column::Id.gt(after)).order_by_asc(anomaly_change::Column::Id);
        let new = new.all(&self.read).await.map_err(database_error)?;
        let ids: Vec<_> = new.iter().map(|change| change.anomaly_id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let before = dismissed()
            .filter(anomaly_change::Column::Id.lte(after))
            .filter(anomaly_change::Column::AnomalyId.is_in(ids.iter().copied()));
        let before = before.all(&self.read).await.map_err(database_error)?;
        let mut known: BTreeSet<_> = before.iter().map(|change| change.anomaly_id).collect();
        let changes: Vec<_> = new.into_iter().filter(|change| known.insert(change.anomaly_id)).collect();
        let anomalies = self.anomalies_by_id(&ids).await?;
        let dismissal = |change: anomaly_change::Model| {
            let anomaly = anomalies.iter().find(|anomaly| anomaly.id == change.anomaly_id)?;
            let is_ours = anomaly.source == anomaly::Source::Detector;
            is_ours.then(|| Dismissal { id: change.id, machine_id: anomaly.machine_id, kind: anomaly.kind.clone() })
        };
        Ok(changes.into_iter().filter_map(dismissal).collect())
    }
}

impl WriteTransaction {
    /// Stores checkpoints over what was there.
    pub async fn save_checkpoints(&self, checkpoints: Vec<detector::Model>) -> Result<()> {
        use detector::Column::{DismissalId, MachineId, State, TimeMs, Watches};
        let replace = OnConflict::column(MachineId).update_columns([TimeMs, State, DismissalId, Watches]).to_owned();
        let mut rows = checkpoints.into_iter().map(IntoActiveModel::into_active_model).peekable();
        while rows.peek().is_some() {
            let chunk: Vec<detector::ActiveModel> = rows.by_ref().take(CHECKPOINTS_AT_ONCE).collect();
            let insert = detector::Entity::insert_many(chunk).on_conflict(replace.clone());
            insert.exec_without_returning(&self.0).await.map_err(database_error)?;
        }
        Ok(())
    }

    /// Forgets how far a machine was judged.
    pub async fn delete_checkpoint(&self, machine: MachineId) -> Result<()> {
        detector::Entity::delete_by_id(machine).exec(&self.0).await.map_err(database_error).map(drop)
    }

    /// Notes from where on machines have to be judged again, if not from earlier.
    pub async fn note_late(&self, late: &[(MachineId, i64)], now_ms: i64) -> Result<()> {
        let columns = [Column::Big("machine_id"), Column::Big("time_ms"), Column::Big("noted_at_ms")];
        // The first note's hour counts: who always sends late is judged again all the same.
        let earliest = match self.0.get_database_backend() {
            DbBackend::Postgres => "least",
            _ => "min",
        };
        let on_conflict = format!(
            "ON CONFLICT (machine_id) DO UPDATE SET time_ms = {earliest}(late_reading.time_ms, excluded.time_ms)"
        );
        let rows = late.iter().flat_map(|(machine, time_ms)| [machine.0.into(), (*time_ms).into(), now_ms.into()]);
        insert_rows(&self.0, "late_reading", &columns, &on_conflict, rows.collect()).await.map_err(database_error)
    }

    /// Deletes what a machine's detector had found and has not found again, if nobody was told of it or has said
    /// anything about it.
    pub async fn forget_unfound(&self, machine: MachineId, found: &BTreeSet<AnomalyId>) -> Result<()> {
        let said = [What::Acknowledged, What::Resolved, What::Dismissed, What::Reopened, What::Commented];
        let spoken_of = anomaly_change::Entity::find()
            .select_only()
            .column(anomaly_change::Column::AnomalyId)
            .filter(anomaly_change::Column::What.is_in(said))
            .into_query();
        let quiet = anomaly::Entity::find()
            .filter(anomaly::Column::MachineId.eq(machine))
            .filter(anomaly::Column::Source.eq(anomaly::Source::Detector))
            .filter(anomaly::Column::IsQuiet.eq(true))
            .filter(anomaly::Column::Id.not_in_subquery(spoken_of));
        let quiet = quiet.all(&self.0).await.map_err(database_error)?;
        let unfound: Vec<_> = quiet.iter().map(|row| row.id).filter(|id| !found.contains(id)).collect();
        for ids in unfound.chunks(MACHINES_AT_ONCE) {
            let ids = || ids.iter().copied();
            let changes = anomaly_change::Entity::delete_many().filter(anomaly_change::Column::AnomalyId.is_in(ids()));
            changes.exec(&self.0).await.map_err(database_error)?;
            let anomalies = anomaly::Entity::delete_many().filter(anomaly::Column::Id.is_in(ids()));
            anomalies.exec(&self.0).await.map_err(database_error)?;
        }
        Ok(())
    }

    /// Takes a note back, because the machine is judged again now.
    pub async fn delete_late(&self, machine: MachineId) -> Result<()> {
        late_reading::Entity::delete_by_id(machine).exec(&self.0).await.map_err(database_error).map(drop)
    }
}
