//! What series are made of: buckets and raw rows of machines, and what is to be spread.

use std::collections::{BTreeMap, HashMap};

use entity::{MachineId, SiteId, machine};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement, Value};

use super::failure::database_error;
use super::retention::horizon_ms;
use super::rollups::BucketRow;
use super::sql::{by_index, list};
use super::{Measured, Store};
use crate::codes::Code;
use crate::domain::buckets::{MINUTE_MS, QUARTER, QUARTER_MS, WIDTHS_MIN, cover, end_of};
use crate::domain::instant::format_ms;
use crate::domain::reading::{ESTIMATED, HOLD_INTERVALS, SENT_COUNTER, SENT_ENERGY};
use crate::domain::register::UNSETTLED_ROWS;
use crate::domain::rollup::{Bucket, MACHINE_SCOPE};
use crate::domain::series::{Expected, GoingOn, Part, Spread, bucket_at, fill};
use crate::domain::sum::Sum;
use crate::error::{Error, Result};

/// Machines in one statement, at most.
pub(super) const MACHINES_AT_ONCE: usize = 500;
/// Buckets of machines in memory at once, at most: some 100 MiB with the rows they are read from.
const BUCKETS_AT_ONCE: usize = 50_000;

#[derive(FromQueryResult)]
struct RawRow {
    machine_id: i64,
    bucket: i64,
    readings: i64,
    energy_kwh: Option<f64>,
    power_kw_min: Option<f64>,
    power_kw_max: Option<f64>,
}

#[derive(FromQueryResult)]
struct SpreadRow {
    machine_id: i64,
    time_ms: i64,
    energy_kwh: f64,
    flags: i16,
    spread_from_ms: i64,
    expected_interval_s: i32,
}

#[derive(FromQueryResult)]
struct GoingOnRow {
    machine_id: i64,
    before_ms: Option<i64>,
    before_kw: Option<f64>,
    last_ms: Option<i64>,
}

impl Store {
    /// The machines of one carrier and unit in a site.
    pub async fn machines_of_carrier(&self, site: SiteId, (carrier, unit): Measured) -> Result<Vec<machine::Model>> {
        let query = machine::Entity::find().filter(machine::Column::SiteId.eq(site));
        let query = query.filter(machine::Column::Carrier.eq(carrier)).filter(machine::Column::Unit.eq(unit));
        query.all(&self.read).await.map_err(database_error)
    }

    /// The first reading of each of these machines that has any, ms since the epoch.
    pub async fn first_readings_ms(&self, machines: &[MachineId]) -> Result<BTreeMap<MachineId, i64>> {
        let mut all = BTreeMap::new();
        for machines in machines.chunks(MACHINES_AT_ONCE) {
            let firsts = firsts(&self.read, machines).await?;
            all.extend(firsts.into_iter().map(|(id, first_ms)| (MachineId(id), first_ms)));
        }
        Ok(all)
    }

    /// Fills the buckets between `edges` (ms since the epoch) with what these machines sent, from one state of the
    /// database.
    pub async fn series(&self, machines: &[machine::Model], edges: &[i64], now_ms: i64) -> Result<Vec<Part>> {
        let _turn = self.series_turns.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
        let mut parts = vec![Part::default(); edges.len().saturating_sub(1)];
        let db = self.begin_read().await?;
        let horizon_ms = horizon_ms(&db).await?;
        let now_at = bucket_at(edges, now_ms + 1);
        for machines in machines.chunks((BUCKETS_AT_ONCE / edges.len()).clamp(1, MACHINES_AT_ONCE)) {
            let ids: Vec<MachineId> = machines.iter().map(|machine| machine.id).collect();
            let firsts = firsts(&db, &ids).await?;
            let mut counted = Counted::new(parts.len(), horizon_ms);
            counted.read(&db, &ids, edges).await?;
            let mut spreads = spreads(&db, &ids, edges, i64::MAX).await?;
            let going_on = match now_at {
                Some(at) => going_on(&db, &ids, edges, at).await?,
                None => HashMap::new(),
            };
            for machine in machines {
                let Some(&first_ms) = firsts.get(&machine.id.0) else { continue };
                let interval_ms = machine.expected_interval_ms();
                let expected = Expected { first_ms, interval_ms, retired_at_ms: machine.retired_at_ms, now_ms };
                let spreads = spreads.remove(&machine.id.0).unwrap_or_default();
                let going_on = going_on.get(&machine.id.0);
                fill(&mut parts, edges, &counted.of(machine.id), &expected, &spreads, going_on);
            }
        }
        db.commit().await.map_err(database_error)?;
        Ok(parts)
    }
}

/// What was counted, by machine and bucket.
pub(super) struct Counted {
    horizon_ms: i64,
    buckets: usize,
    by_machine: HashMap<i64, Vec<Bucket>>,
}

impl Counted {
    /// Nothing yet; single readings before the horizon are gone.
    pub(super) fn new(buckets: usize, horizon_ms: i64) -> Self {
        Self { horizon_ms, buckets, by_machine: HashMap::new() }
    }

    pub(super) fn of(&mut self, machine: MachineId) -> Vec<Bucket> {
        self.by_machine.remove(&machine.0).unwrap_or_else(|| vec![Bucket::default(); self.buckets])
    }

    fn add(&mut self, machine: i64, at: usize, bucket: &Bucket) {
        let buckets = self.buckets;
        self.by_machine.entry(machine).or_insert_with(|| vec![Bucket::default(); buckets])[at].merge(bucket);
    }

    /// The first and the last bucket are cut off anywhere, those between lie on the grid: they are read from the widest
    /// stored buckets that fit into all of them, or from the raw rows where none does.
    pub(super) async fn read(
        &mut self,
        db: &impl ConnectionTrait,
        machines: &[MachineId],
        edges: &[i64],
    ) -> Result<()> {
        let Some(inner) = edges.get(1..edges.len().saturating_sub(1)).filter(|inner| !inner.is_empty()) else {
            return self.read_any(db, machines, edges).await;
        };
        let fits = |width_min: &&i64| inner.iter().all(|edge_ms| edge_ms % (**width_min * MINUTE_MS) == 0);
        match WIDTHS_MIN.iter().filter(|width_min| **width_min >= QUARTER).rev().find(fits) {
            Some(&width_min) => {
                let last = edges.len() - 2;
                self.read_any(db, machines, &edges[..2]).await?;
                let range_min = (inner[0] / MINUTE_MS, inner[inner.len() - 1] / MINUTE_MS);
                self.read_buckets(db, machines, edges, width_min, range_min).await?;
                self.read_range(db, machines, (edges[last], edges[last + 1]), last).await
            }
            None => self.read_raw(db, machines, edges).await,
        }
    }

    /// A single bucket, wherever it begins and ends.
    async fn read_any(&mut self, db: &impl ConnectionTrait, machines: &[MachineId], edges: &[i64]) -> Result<()> {
        match edges {
            [from_ms, to_ms] => self.read_range(db, machines, (*from_ms, *to_ms), 0).await,
            _ => self.read_raw(db, machines, edges).await,
        }
    }

    /// One range into one bucket: stored buckets for whole quarters of an hour, raw rows at both ends.
    async fn read_range(
        &mut self,
        db: &impl ConnectionTrait,
        machines: &[MachineId],
        (from_ms, to_ms): (i64, i64),
        at: usize,
    ) -> Result<()> {
        let (first_ms, last_ms) = (end_of(from_ms, QUARTER_MS), to_ms.div_euclid(QUARTER_MS) * QUARTER_MS);
        if first_ms >= last_ms {
            return self.read_raw_into(db, machines, (from_ms, to_ms), at).await;
        }
        self.read_raw_into(db, machines, (from_ms, first_ms), at).await?;
        for span in cover(first_ms / MINUTE_MS, last_ms / MINUTE_MS, QUARTER) {
            for row in machine_buckets(db, machines, span.width_min, (span.from_min, span.to_min)).await? {
                self.add(row.owner_id, at, &row.bucket());
            }
        }
        self.read_raw_into(db, machines, (last_ms, to_ms), at).await
    }

    async fn read_buckets(
        &mut self,
        db: &impl ConnectionTrait,
        machines: &[MachineId],
        edges: &[i64],
        width_min: i64,
        range_min: (i64, i64),
    ) -> Result<()> {
        for row in machine_buckets(db, machines, width_min, range_min).await? {
            if let Some(at) = bucket_at(edges, row.end_min * MINUTE_MS) {
                self.add(row.owner_id, at, &row.bucket());
            }
        }
        Ok(())
    }

    async fn read_raw_into(
        &mut self,
        db: &impl ConnectionTrait,
        machines: &[MachineId],
        (from_ms, to_ms): (i64, i64),
        at: usize,
    ) -> Result<()> {
        if from_ms < to_ms {
            for row in self.raw_rows(db, machines, (from_ms, to_ms), to_ms - from_ms).await? {
                self.add(row.machine_id, at, &row.bucket());
            }
        }
        Ok(())
    }

    /// Counts single readings, if they are still there.
    async fn raw_rows(
        &self,
        db: &impl ConnectionTrait,
        machines: &[MachineId],
        (from_ms, to_ms): (i64, i64),
        width_ms: i64,
    ) -> Result<Vec<RawRow>> {
        if from_ms < self.horizon_ms - 1 {
            let horizon = format_ms(self.horizon_ms);
            let message = format!(
                "single readings before {horizon} are no longer kept: ask for buckets of PT15M or longer \
                whose range begins and ends on a quarter of an hour"
            );
            return Err(Error::invalid(Code::BeforeHorizon, message));
        }
        let sql = format!(
            "SELECT machine_id, (time_ms - 1 - $1) / $3 AS bucket, count(*) AS readings, sum(energy_kwh) AS energy_kwh, \
             min(power_kw) AS power_kw_min, max(power_kw) AS power_kw_max FROM reading WHERE machine_id IN ({}) \
             AND time_ms > $1 AND time_ms <= $2 GROUP BY 1, 2",
            id_list(machines)
        );
        let values: [Value; 3] = [from_ms.into(), to_ms.into(), width_ms.into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        RawRow::find_by_statement(statement).all(db).await.map_err(database_error)
    }

    /// Buckets finer than the stored ones: the database counts the raw rows, run by run of buckets of one length.
    async fn read_raw(&mut self, db: &impl ConnectionTrait, machines: &[MachineId], edges: &[i64]) -> Result<()> {
        let mut at = 0;
        while at + 1 < edges.len() {
            let (from_ms, width_ms) = (edges[at], edges[at + 1] - edges[at]);
            let same = edges[at..].windows(2).take_while(|edge| edge[1] - edge[0] == width_ms).count();
            for row in self.raw_rows(db, machines, (from_ms, edges[at + same]), width_ms).await? {
                if let Ok(nth) = usize::try_from(row.bucket) {
                    self.add(row.machine_id, at + nth, &row.bucket());
                }
            }
            at += same;
        }
        Ok(())
    }
}

impl RawRow {
    fn bucket(&self) -> Bucket {
        Bucket {
            readings: self.readings,
            energy_kwh: Sum { value: self.energy_kwh.unwrap_or(0.0), rest: 0.0 },
            power_kw_min: self.power_kw_min,
            power_kw_max: self.power_kw_max,
            ..Bucket::default()
        }
    }
}

/// Numbers of machines, as a list in SQL.
pub(super) fn id_list(machines: &[MachineId]) -> String {
    machines.iter().map(|machine| machine.0.to_string()).collect::<Vec<_>>().join(", ")
}

/// Buckets of machines.
async fn machine_buckets(
    db: &impl ConnectionTrait,
    machines: &[MachineId],
    width_min: i64,
    range_min: (i64, i64),
) -> Result<Vec<BucketRow>> {
    bucket_rows(db, MACHINE_SCOPE, &id_list(machines), width_min, range_min).await
}

/// Buckets of one width with `from < end <= to`, in minutes since the epoch.
pub(super) async fn bucket_rows(
    db: &impl ConnectionTrait,
    scope: i16,
    owners: &str,
    width_min: i64,
    (from_min, to_min): (i64, i64),
) -> Result<Vec<BucketRow>> {
    let sql = format!(
        "SELECT * FROM rollup WHERE scope = {scope} AND owner_id IN ({owners}) AND width_min = {width_min} \
         AND end_min > $1 AND end_min <= $2 ORDER BY owner_id, end_min"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [from_min.into(), to_min.into()]);
    BucketRow::find_by_statement(statement).all(db).await.map_err(database_error)
}

/// The first reading of each machine that has one.
pub(super) async fn firsts(db: &impl ConnectionTrait, machines: &[MachineId]) -> Result<HashMap<i64, i64>> {
    let sql = format!(
        "SELECT m.id, (SELECT min(r.time_ms) FROM reading r WHERE r.machine_id = m.id) AS first_ms FROM machine m \
         WHERE m.id IN ({})",
        list(1, machines.len())
    );
    let ids = machines.iter().map(|machine| Value::from(machine.0));
    let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, ids)).await;
    let mut firsts = HashMap::new();
    for row in rows.map_err(database_error)? {
        let id: i64 = row.try_get_by_index(0).map_err(database_error)?;
        let first_ms: Option<i64> = row.try_get_by_index(1).map_err(database_error)?;
        firsts.extend(first_ms.map(|first_ms| (id, first_ms)));
    }
    Ok(firsts)
}

/// What each machine has told of the bucket that goes on.
async fn going_on(
    db: &impl ConnectionTrait,
    machines: &[MachineId],
    edges: &[i64],
    at: usize,
) -> Result<HashMap<i64, GoingOn>> {
    let sql = format!(
        "SELECT m.id AS machine_id, b.time_ms AS before_ms, b.power_kw AS before_kw, (SELECT max(r.time_ms) FROM reading r \
         WHERE r.machine_id = m.id AND r.time_ms > $1 AND r.time_ms <= $2) AS last_ms FROM machine m \
         LEFT JOIN reading b ON b.machine_id = m.id AND b.time_ms = (SELECT max(r.time_ms) FROM reading r \
         WHERE r.machine_id = m.id AND r.time_ms <= $1) WHERE m.id IN ({})",
        id_list(machines)
    );
    let values: [Value; 2] = [edges[at].into(), edges[at + 1].into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = GoingOnRow::find_by_statement(statement).all(db).await.map_err(database_error)?;
    let told = |row: GoingOnRow| {
        let GoingOnRow { machine_id, before_ms, before_kw, last_ms } = row;
        (machine_id, GoingOn { at, before_ms, before_kw, last_ms })
    };
    Ok(rows.into_iter().map(told).collect())
}

/// What is to be spread and touches the range, by machine: of the readings in it, and of the next ones after it, whose
/// time may have begun inside, if they came by `known_ms`.
pub(super) async fn spreads(
    db: &impl ConnectionTrait,
    machines: &[MachineId],
    edges: &[i64],
    known_ms: i64,
) -> Result<HashMap<i64, Vec<Spread>>> {
    let (Some(&from_ms), Some(&to_ms)) = (edges.first(), edges.last()) else { return Ok(HashMap::new()) };
    let (index, registers) = (by_index(db, "reading_with_spread"), by_index(db, "reading_with_register"));
    // A register counts from its reading before, or from where it left the level that it is back at.
    let unsettled = UNSETTLED_ROWS + 1;
    let (ids, columns) = (
        id_list(machines),
        "r.machine_id, r.time_ms, r.energy_kwh, r.flags, r.spread_from_ms, \
        m.expected_interval_s FROM machine m",
    );
    let sql = format!(
        "SELECT {columns} JOIN reading r {index} ON r.machine_id = m.id AND r.spread_from_ms IS NOT NULL \
         AND r.time_ms > $1 AND r.time_ms <= $2 WHERE m.id IN ({ids}) UNION ALL \
         SELECT {columns} JOIN reading r ON r.machine_id = m.id AND r.time_ms IN (SELECT n.time_ms FROM reading n {index} \
         WHERE n.machine_id = m.id AND n.spread_from_ms IS NOT NULL AND n.counter_kwh IS NULL AND n.time_ms > $2 \
         ORDER BY n.time_ms LIMIT 1) WHERE m.id IN ({ids}) AND r.time_ms <= $3 AND r.spread_from_ms < $2 UNION ALL \
         SELECT {columns} JOIN reading r ON r.machine_id = m.id AND r.time_ms IN (SELECT n.time_ms FROM reading n {registers} \
         WHERE n.machine_id = m.id AND n.counter_kwh IS NOT NULL AND n.time_ms > $2 ORDER BY n.time_ms LIMIT {unsettled}) \
         WHERE m.id IN ({ids}) AND r.time_ms <= $3 AND r.spread_from_ms < $2"
    );
    let values: [Value; 3] = [from_ms.into(), to_ms.into(), known_ms.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut spreads: HashMap<i64, Vec<Spread>> = HashMap::new();
    for row in SpreadRow::find_by_statement(statement).all(db).await.map_err(database_error)? {
        let SpreadRow { machine_id, time_ms, energy_kwh, flags, spread_from_ms: from_ms, expected_interval_s } = row;
        // A register counts up to its reading; a power was held for the first intervals of the gap.
        let is_held = flags & (SENT_ENERGY | SENT_COUNTER) == 0;
        let held_ms = i64::from(expected_interval_s) * 1000 * HOLD_INTERVALS;
        let to_ms = if is_held { time_ms.min(from_ms + held_ms) } else { time_ms };
        let spread = Spread { from_ms, to_ms, time_ms, energy_kwh, is_estimated: flags & ESTIMATED != 0 };
        spreads.entry(machine_id).or_default().push(spread);
    }
    Ok(spreads)
}
