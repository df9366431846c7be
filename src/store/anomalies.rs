//! Anomalies: stored so that their ids grow in commit order, read back from any id on.

use std::collections::BTreeMap;

use entity::anomaly::{Severity, Source, Status};
use entity::anomaly_change::What;
use entity::{AnomalyChangeId, AnomalyId, MachineId, SiteId, WatchRuleId, anomaly, anomaly_change};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::connect::number;
use super::failure::database_error;
use super::{Page, Store, WriteTransaction, count_rows, read_page, read_pages, unknown};
use crate::codes::Code;
use crate::error::{Error, Result};

/// Any number that all Wattline processes share. Who holds it is the only one to insert an anomaly or a change of one, so
/// that on `PostgreSQL` too no smaller id is committed after a greater one, and a reader at a cursor misses none.
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
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub deviation: Option<f64>,
    pub score: Option<f64>,
    pub message: Option<String>,
    pub source: Source,
    pub external_id: Option<String>,
    pub rule_id: Option<WatchRuleId>,
    pub is_quiet: bool,
}

/// What somebody did about an anomaly.
#[derive(Clone, Debug)]
pub struct Said {
    /// What.
    pub what: What,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub note: Option<String>,
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
    /// Of this kind.
    pub kind: Option<String>,
    /// Still going on (true) or over (false).
    pub is_lasting: Option<bool>,
    /// Nobody was told of (true), or somebody was (false).
    pub is_quiet: Option<bool>,
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
            .add_option(self.kind.as_ref().map(|kind| anomaly::Column::Kind.eq(kind)))
            .add_option(self.is_quiet.map(|is_quiet| anomaly::Column::IsQuiet.eq(is_quiet)))
            .add_option(self.is_lasting.map(|is_lasting| {
                let ended = anomaly::Column::EndedAtMs;
                if is_lasting { ended.is_null() } else { ended.is_not_null() }
            }))
            .add_option(self.from_ms.map(|from_ms| anomaly::Column::StartedAtMs.gt(from_ms)))
            .add_option(self.to_ms.map(|to_ms| anomaly::Column::StartedAtMs.lte(to_ms)))
    }
}

/// In which order anomalies are read. A page is between two of them, whatever the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnomalyOrder {
    /// As they were found, which is that of their ids.
    #[default]
    Found,
    /// As they began; those that began at once as they were found.
    Started,
}

impl Store {
    /// A page of anomalies; `INVALID_CURSOR` if it begins or ends at one that is not there.
    pub async fn anomalies(
        &self,
        filter: &AnomalyFilter,
        order: AnomalyOrder,
        page: Page,
    ) -> Result<Vec<anomaly::Model>> {
        let found = self.seen_anomalies().filter(filter.condition());
        match order {
            AnomalyOrder::Found => read_page(&self.read, found, anomaly::Column::Id, page).await,
            AnomalyOrder::Started => self.anomalies_by_start(found, page).await,
        }
    }

    /// Of what Wattline itself has found: what goes on, was told to nobody, and is open still.
    pub async fn unheard(&self) -> Result<Vec<anomaly::Model>> {
        let mut unheard = Vec::new();
        // One by one, as there is an index for each.
        for source in [Source::Detector, Source::Rule] {
            let query = self
                .seen_anomalies()
                .filter(anomaly::Column::Source.eq(source))
                .filter(anomaly::Column::EndedAtMs.is_null())
                .filter(anomaly::Column::IsQuiet.eq(true))
                .filter(anomaly::Column::Status.eq(Status::Open));
            unheard.extend(query.all(&self.read).await.map_err(database_error)?);
        }
        Ok(unheard)
    }

    async fn anomalies_by_start(&self, found: Select<anomaly::Entity>, page: Page) -> Result<Vec<anomaly::Model>> {
        let mut found = found.cursor_by((anomaly::Column::StartedAtMs, anomaly::Column::Id));
        if let Some(after) = self.bound(page.after).await? {
            found.after((after.started_at_ms, after.id));
        }
        if let Some(before) = self.bound(page.before).await? {
            found.before((before.started_at_ms, before.id));
        }
        let found = if page.from_end { found.last(page.limit) } else { found.first(page.limit) };
        found.all(&self.read).await.map_err(database_error)
    }

    /// The anomaly that a page begins after or ends before.
    async fn bound(&self, cursor: Option<i64>) -> Result<Option<anomaly::Model>> {
        let Some(cursor) = cursor else { return Ok(None) };
        let found = self.anomalies_by_id(&[AnomalyId(cursor)]).await?.pop();
        let missing = || Error::invalid(Code::InvalidCursor, format!("there is no anomaly at the cursor {cursor}"));
        found.ok_or_else(missing).map(Some)
    }

    /// A page of each machine's anomalies that the filter finds, by id.
    pub async fn anomalies_of(
        &self,
        machines: &[MachineId],
        filter: &AnomalyFilter,
        page: Page,
    ) -> Result<Vec<anomaly::Model>> {
        let found = self.seen_anomalies().filter(filter.condition());
        let of_machine = |machine| found.clone().filter(anomaly::Column::MachineId.eq(machine));
        read_pages(&self.read, machines, of_machine, anomaly::Column::Id, page).await
    }

    /// How many anomalies the filter finds of each machine that has any.
    pub async fn count_anomalies_of(
        &self,
        machines: &[MachineId],
        filter: &AnomalyFilter,
    ) -> Result<Vec<(MachineId, i64)>> {
        let found = self.seen_anomalies().filter(filter.condition());
        count_rows(&self.read, found, anomaly::Column::MachineId, machines).await
    }

    /// How many anomalies the filter finds.
    pub async fn count_anomalies(&self, filter: &AnomalyFilter) -> Result<u64> {
        let query = self.seen_anomalies().filter(filter.condition());
        query.count(&self.read).await.map_err(database_error)
    }

    /// The anomalies with these ids, in any order.
    pub async fn anomalies_by_id(&self, ids: &[AnomalyId]) -> Result<Vec<anomaly::Model>> {
        let query = self.seen_anomalies().filter(anomaly::Column::Id.is_in(ids.iter().copied()));
        query.all(&self.read).await.map_err(database_error)
    }

    fn seen_anomalies(&self) -> Select<anomaly::Entity> {
        anomaly::Entity::find().filter(self.view.of(anomaly::Column::SiteId))
    }

    /// The greatest id so far, of all sites, 0 when there is none.
    pub async fn last_anomaly_id(&self) -> Result<i64> {
        let query = anomaly::Entity::find().select_only().column_as(anomaly::Column::Id.max(), "id");
        let last: Option<Option<i64>> = query.into_tuple().one(&self.read).await.map_err(database_error)?;
        Ok(last.flatten().unwrap_or(0))
    }

    /// The greatest id that any row of a table has had, also of those that are no more: what `table` gave out last.
    pub async fn last_id_ever(&self, table: &str) -> Result<i64> {
        let sql = match self.read.get_database_backend() {
            DbBackend::Postgres => format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_id_seq"),
            _ => format!("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '{table}'"),
        };
        Ok(number(&self.read, &sql, []).await?.unwrap_or(0))
    }
}

impl Store {
    /// A page of what became of anomalies that the filter finds, by id.
    pub async fn anomaly_changes(&self, filter: &AnomalyFilter, page: Page) -> Result<Vec<anomaly_change::Model>> {
        let of_these = QuerySelect::query(&mut self.seen_anomalies().filter(filter.condition()).select_only())
            .column(anomaly::Column::Id)
            .to_owned();
        let query = anomaly_change::Entity::find().filter(anomaly_change::Column::AnomalyId.in_subquery(of_these));
        read_page(&self.read, query, anomaly_change::Column::Id, page).await
    }

    /// All that became of these anomalies, by id.
    pub async fn stories(&self, anomalies: &[AnomalyId]) -> Result<Vec<anomaly_change::Model>> {
        let query = anomaly_change::Entity::find()
            .filter(anomaly_change::Column::AnomalyId.is_in(anomalies.iter().copied()))
            .order_by_asc(anomaly_change::Column::Id);
        query.all(&self.read).await.map_err(database_error)
    }

    /// The change with this id, if there is one.
    pub async fn anomaly_change_by_id(&self, id: AnomalyChangeId) -> Result<Option<anomaly_change::Model>> {
        let change = anomaly_change::Entity::find_by_id(id).one(&self.read).await.map_err(database_error)?;
        let Some(change) = change else { return Ok(None) };
        Ok((!self.anomalies_by_id(&[change.anomaly_id]).await?.is_empty()).then_some(change))
    }

    /// The greatest id of a change so far, 0 when there is none.
    pub async fn last_anomaly_change_id(&self) -> Result<i64> {
        let query = anomaly_change::Entity::find().select_only().column_as(anomaly_change::Column::Id.max(), "id");
        let last: Option<Option<i64>> = query.into_tuple().one(&self.read).await.map_err(database_error)?;
        Ok(last.flatten().unwrap_or(0))
    }
}

impl WriteTransaction {
    /// Waits for its turn to add anomalies or changes of them, or to change any: who locked one before its turn has come could
    /// be waited for by whose turn it is.
    async fn take_turn(&self) -> Result<()> {
        if self.0.get_database_backend() == DbBackend::Postgres {
            let lock = format!("SELECT pg_advisory_xact_lock({INSERT_LOCK})");
            self.0.execute_unprepared(&lock).await.map_err(database_error)?;
        }
        Ok(())
    }

    /// Stores an anomaly.
    pub async fn insert_anomaly(&self, new: NewAnomaly) -> Result<anomaly::Model> {
        self.take_turn().await?;
        let row = anomaly::ActiveModel {
            site_id: Set(new.site_id),
            machine_id: Set(new.machine_id),
            kind: Set(new.kind),
            severity: Set(new.severity),
            started_at_ms: Set(new.started_at_ms),
            ended_at_ms: Set(new.ended_at_ms),
            detected_at_ms: Set(new.detected_at_ms),
            value: Set(new.value),
            first_value: Set(new.value.filter(|_| new.source == Source::Detector)),
            expected: Set(new.expected),
            low: Set(new.low),
            high: Set(new.high),
            deviation: Set(new.deviation),
            score: Set(new.score),
            message: Set(new.message),
            status: Set(Status::Open),
            source: Set(new.source),
            external_id: Set(new.external_id),
            rule_id: Set(new.rule_id),
            is_quiet: Set(new.is_quiet),
            ..Default::default()
        };
        row.insert(&self.0).await.map_err(database_error)
    }

    /// The detector's anomaly of this kind that began then, or else one that began before and is still going on; to be changed
    /// in this transaction. With a time after all others the latter.
    pub async fn detected(&self, machine: MachineId, kind: &str, started_at_ms: i64) -> Result<Option<anomaly::Model>> {
        self.take_turn().await?;
        let lasting = Condition::all()
            .add(anomaly::Column::StartedAtMs.lte(started_at_ms))
            .add(anomaly::Column::EndedAtMs.is_null());
        let this = Condition::any().add(anomaly::Column::StartedAtMs.eq(started_at_ms)).add(lasting);
        let query = anomaly::Entity::find()
            .filter(anomaly::Column::Source.eq(Source::Detector))
            .filter(anomaly::Column::MachineId.eq(machine))
            .filter(anomaly::Column::Kind.eq(kind))
            .filter(this)
            .order_by_desc(anomaly::Column::StartedAtMs)
            .lock(LockType::NoKeyUpdate);
        query.one(&self.0).await.map_err(database_error)
    }

    /// The anomaly of a machine that another system knows by this id; to be changed in this transaction. Whoever reports it
    /// too waits until then.
    pub async fn reported(&self, machine: MachineId, external_id: &str) -> Result<Option<anomaly::Model>> {
        self.take_turn().await?;
        let query = anomaly::Entity::find()
            .filter(anomaly::Column::MachineId.eq(machine))
            .filter(anomaly::Column::ExternalId.eq(external_id))
            .lock(LockType::NoKeyUpdate);
        query.one(&self.0).await.map_err(database_error)
    }

    /// The detector's anomalies of a machine that people have said are none, after an instant (ms since the epoch).
    pub async fn dismissed(&self, machine: MachineId, kind: &str, after_ms: i64) -> Result<Vec<anomaly::Model>> {
        let closed = anomaly::Entity::find()
            .filter(anomaly::Column::MachineId.eq(machine))
            .filter(anomaly::Column::Kind.eq(kind))
            .filter(anomaly::Column::Source.eq(Source::Detector))
            .filter(anomaly::Column::Status.eq(Status::Resolved));
        let ids = QuerySelect::query(&mut closed.clone().select_only()).column(anomaly::Column::Id).to_owned();
        let said = anomaly_change::Entity::find()
            .filter(anomaly_change::Column::What.is_in([What::Dismissed, What::Reopened]))
            .filter(anomaly_change::Column::AnomalyId.in_subquery(ids))
            .order_by_asc(anomaly_change::Column::Id);
        let said = said.all(&self.0).await.map_err(database_error)?;
        // What was said last counts.
        let last: BTreeMap<_, _> = said.into_iter().map(|change| (change.anomaly_id, change)).collect();
        let is_dismissed = |change: &anomaly_change::Model| change.what == What::Dismissed && change.at_ms > after_ms;
        let ids: Vec<_> = last.values().filter(|change| is_dismissed(change)).map(|change| change.anomaly_id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        closed.filter(anomaly::Column::Id.is_in(ids)).all(&self.0).await.map_err(database_error)
    }

    /// The anomalies of a source that are still going on at a machine; to be changed in this transaction.
    pub async fn lasting_anomalies(&self, machine: MachineId, source: Source) -> Result<Vec<anomaly::Model>> {
        let of_machine = anomaly::Column::MachineId.eq(machine);
        self.lasting(Condition::all().add(of_machine).add(anomaly::Column::Source.eq(source))).await
    }

    /// The anomalies that a rule found and that are still going on; to be changed in this transaction.
    pub async fn lasting_anomalies_of_rule(&self, rule: WatchRuleId) -> Result<Vec<anomaly::Model>> {
        self.lasting(Condition::all().add(anomaly::Column::RuleId.eq(rule))).await
    }

    async fn lasting(&self, which: Condition) -> Result<Vec<anomaly::Model>> {
        self.take_turn().await?;
        let query = anomaly::Entity::find().filter(anomaly::Column::EndedAtMs.is_null()).filter(which);
        query.lock(LockType::NoKeyUpdate).all(&self.0).await.map_err(database_error)
    }

    /// A rule's anomaly of a machine that began then; to be changed in this transaction.
    pub async fn found_by_rule(
        &self,
        machine: MachineId,
        rule: WatchRuleId,
        started_at_ms: i64,
    ) -> Result<Option<anomaly::Model>> {
        self.take_turn().await?;
        let query = anomaly::Entity::find()
            .filter(anomaly::Column::MachineId.eq(machine))
            .filter(anomaly::Column::RuleId.eq(rule))
            .filter(anomaly::Column::StartedAtMs.eq(started_at_ms))
            .lock(LockType::NoKeyUpdate);
        query.one(&self.0).await.map_err(database_error)
    }

    /// Stores an anomaly as it is now.
    pub async fn update_anomaly(&self, row: anomaly::Model) -> Result<anomaly::Model> {
        let id = row.id;
        let row = row.into_active_model().reset_all();
        row.update(&self.0).await.map_err(|e| match e {
            sea_orm::DbErr::RecordNotUpdated => unknown("anomaly with id", id),
            other => database_error(other),
        })
    }

    /// An anomaly, to be changed in this transaction.
    pub async fn anomaly(&self, id: AnomalyId) -> Result<anomaly::Model> {
        self.take_turn().await?;
        let seen = anomaly::Entity::find_by_id(id).filter(self.1.of(anomaly::Column::SiteId));
        let query = seen.lock(LockType::NoKeyUpdate);
        query.one(&self.0).await.map_err(database_error)?.ok_or_else(|| unknown("anomaly with id", id))
    }

    /// Adds to an anomaly's story; the id of what was added.
    pub async fn tell(&self, anomaly: &anomaly::Model, said: Said, at_ms: i64) -> Result<i64> {
        self.take_turn().await?;
        let row = anomaly_change::ActiveModel {
            anomaly_id: Set(anomaly.id),
            at_ms: Set(at_ms),
            what: Set(said.what),
            severity: Set(anomaly.severity),
            by: Set(said.by),
            note: Set(said.note),
            ..Default::default()
        };
        Ok(row.insert(&self.0).await.map_err(database_error)?.id.0)
    }
}
