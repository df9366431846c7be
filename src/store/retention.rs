//! Single readings may be kept for a while only; buckets stay for ever.
//!
//! The horizon is the instant before which single readings are gone. It is moved first, and what lies before it is
//! removed then, so that whoever sees a horizon sees every reading from there on. A few readings before it stay: each
//! machine's first one, its last ones, from which later ones follow, and those that end a gap.
//!
//! On `PostgreSQL` readings lie in a partition a month, and the horizon moves by months: their partitions are dropped.
//! What stays of them goes into the partition of all that is older.

use entity::MachineId;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use super::connect::number;
use super::failure::database_error;
use super::sql::by_index;
use super::{Store, WriteTransaction};
use crate::codes::Code;
use crate::domain::buckets::DAY_MS;
use crate::domain::register::UNSETTLED_ROWS;
use crate::error::{Error, Result};

/// Readings that one transaction removes, at most.
const ROWS_AT_ONCE: i64 = 20_000;
/// Any number that all Wattline processes share: who holds it is the only one to change the partitions.
const PARTITION_LOCK: i64 = 0x7061_7274_6974_7901;
/// 2000-01-01T00:00:00Z: what is older shares one partition.
const FIRST_MONTH_MS: i64 = 946_684_800_000;

/// The instant before which single readings are gone, ms since the epoch.
pub(super) async fn horizon_ms(db: &impl ConnectionTrait) -> Result<i64> {
    read_horizon(db, "").await
}

async fn read_horizon(db: &impl ConnectionTrait, lock: &str) -> Result<i64> {
    let sql = format!("SELECT time_ms FROM horizon {lock}");
    let found = number(db, &sql, []).await?;
    found.ok_or_else(|| Error::Internal("the horizon is missing".to_owned()))
}

impl WriteTransaction {
    /// The instant up to which no reading can be stored any more, ms since the epoch. It stays until the transaction
    /// ends.
    pub async fn horizon_ms(&self) -> Result<i64> {
        let lock = if self.0.get_database_backend() == DbBackend::Postgres { "FOR SHARE" } else { "" };
        read_horizon(&self.0, lock).await
    }

    async fn run<const N: usize>(&self, sql: &str, values: [Value; N]) -> Result<()> {
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), sql, values);
        self.0.execute_raw(statement).await.map_err(database_error)?;
        Ok(())
    }
}

impl Store {
    /// Moves the horizon to the last whole day (on `PostgreSQL` month) before an instant, unless it is there already.
    /// Where it is now, ms since the epoch.
    pub async fn move_horizon(&self, time_ms: i64) -> Result<i64> {
        let begin_ms = match self.backend() {
            DbBackend::Postgres => Month::of(time_ms)?.begin_ms,
            _ => time_ms.div_euclid(DAY_MS) * DAY_MS,
        };
        let transaction = self.begin_write().await?;
        transaction.run("UPDATE horizon SET time_ms = $1 WHERE time_ms < $1", [begin_ms.into()]).await?;
        transaction.commit().await?;
        horizon_ms(&self.read).await
    }

    /// Removes what lies before the horizon and need not stay.
    pub async fn remove_old_readings(&self) -> Result<()> {
        if self.backend() == DbBackend::Postgres {
            return self.drop_old_partitions().await;
        }
        let machines = Statement::from_string(self.backend(), "SELECT id FROM machine ORDER BY id");
        for row in self.read.query_all_raw(machines).await.map_err(database_error)? {
            let mut after_ms = Some(i64::MIN);
            while let Some(from_ms) = after_ms {
                let machine = MachineId(row.try_get_by_index(0).map_err(database_error)?);
                after_ms = self.remove_some_old_readings(machine, from_ms).await?;
            }
        }
        Ok(())
    }

    /// Removes some of a machine's old readings after an instant, so few that writers need not wait for long; up to
    /// which instant, if there may be more.
    async fn remove_some_old_readings(&self, machine: MachineId, after_ms: i64) -> Result<Option<i64>> {
        let transaction = self.begin_write().await?;
        let before_ms = transaction.horizon_ms().await?;
        let last = "SELECT time_ms FROM reading WHERE machine_id = $1 AND time_ms > $2 AND time_ms < $3 \
            ORDER BY time_ms LIMIT 1 OFFSET $4";
        let values = [machine.0.into(), after_ms.into(), before_ms.into(), (ROWS_AT_ONCE - 1).into()];
        let last_ms = number(&transaction.0, last, values).await?;
        let kept = kept_times(&transaction.0, "$1", "$2");
        let delete = format!(
            "DELETE FROM reading WHERE machine_id = $1 AND time_ms > $3 AND time_ms <= $4 AND time_ms NOT IN ({kept})"
        );
        let to_ms = last_ms.unwrap_or(before_ms - 1);
        transaction.run(&delete, [machine.0.into(), before_ms.into(), after_ms.into(), to_ms.into()]).await?;
        transaction.commit().await?;
        Ok(last_ms)
    }

    /// Drops the partitions that end at the horizon or before it.
    async fn drop_old_partitions(&self) -> Result<()> {
        let transaction = self.begin_write().await?;
        let db = &transaction.0;
        let run = async |sql: String| db.execute_unprepared(&sql).await.map(|_| ()).map_err(database_error);
        run(format!("SELECT pg_advisory_xact_lock({PARTITION_LOCK})")).await?;
        let horizon_ms = transaction.horizon_ms().await?;
        let old: Vec<String> =
            partitions(db).await?.into_iter().filter(|name| *name < partition_name(horizon_ms)).collect();
        if old.is_empty() {
            return Ok(());
        }
        // Nothing is stored before the horizon any more, so what stays can be found before anyone has to wait.
        let kept = kept_times(db, "m.id", &horizon_ms.to_string());
        run(format!(
            "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS \
             SELECT r.* FROM machine m CROSS JOIN LATERAL ({kept}) k JOIN reading r ON r.machine_id = m.id AND r.time_ms = k.time_ms"
        ))
        .await?;
        // Whoever comes after this lock waits behind it: rather try again in an hour.
        run("SET LOCAL lock_timeout = '1s'".to_owned()).await?;
        run("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE".to_owned()).await?;
        run("ALTER TABLE reading DETACH PARTITION reading_old".to_owned()).await?;
        for name in old {
            run(format!("DROP TABLE {name}")).await?;
        }
        run("DELETE FROM reading_old".to_owned()).await?;
        run("INSERT INTO reading_old SELECT * FROM kept".to_owned()).await?;
        run(format!("ALTER TABLE reading ATTACH PARTITION reading_old FOR VALUES FROM (MINVALUE) TO ({horizon_ms})"))
            .await?;
        transaction.commit().await
    }

    /// The months of these times (ms since the epoch) that are not known to have a partition, on `PostgreSQL`.
    pub fn missing_months(&self, times_ms: impl Iterator<Item = i64>) -> Result<Vec<Month>> {
        let mut missing: Vec<Month> = Vec::new();
        if self.backend() != DbBackend::Postgres {
            return Ok(missing);
        }
        let mut last = Month { begin_ms: 0, end_ms: 0 };
        for time_ms in times_ms.filter(|time_ms| *time_ms >= FIRST_MONTH_MS) {
            if (last.begin_ms..last.end_ms).contains(&time_ms) {
                continue;
            }
            last = Month::of(time_ms)?;
            if !missing.contains(&last) && !self.months.lock().contains(&last.begin_ms) {
                missing.push(last);
            }
        }
        Ok(missing)
    }

    /// Makes the partitions of these months, unless somebody has.
    pub async fn make_partitions(&self, missing: &[Month]) -> Result<()> {
        let transaction = self.begin_write().await?;
        let run = async |sql: String| transaction.0.execute_unprepared(&sql).await.map(|_| ()).map_err(database_error);
        run(format!("SELECT pg_advisory_xact_lock({PARTITION_LOCK})")).await?;
        let horizon_ms = transaction.horizon_ms().await?;
        let present = partitions(&transaction.0).await?;
        for Month { begin_ms, end_ms } in missing {
            let name = partition_name(*begin_ms);
            if *begin_ms >= horizon_ms && !present.contains(&name) {
                // Attached rather than created in place: readers and writers of other months go on.
                run(format!("CREATE TABLE {name} (LIKE reading INCLUDING ALL)")).await?;
                let attach = format!("ATTACH PARTITION {name} FOR VALUES FROM ({begin_ms}) TO ({end_ms})");
                run(format!("ALTER TABLE reading {attach}")).await?;
            }
        }
        transaction.commit().await?;
        self.months.lock().extend(missing.iter().map(|month| month.begin_ms));
        Ok(())
    }
}

/// The times of a machine's readings before an instant that stay, as a query.
fn kept_times(db: &impl ConnectionTrait, machine: &str, before: &str) -> String {
    let (register_index, spread_index) = (by_index(db, "reading_with_register"), by_index(db, "reading_with_spread"));
    let of_machine = format!("FROM reading r WHERE r.machine_id = {machine} AND r.time_ms < {before}");
    let registers = i64::from(UNSETTLED_ROWS) + 1;
    let of_register =
        format!("FROM reading r {register_index} WHERE r.machine_id = {machine} AND r.time_ms < {before}");
    let of_spread = format!("FROM reading r {spread_index} WHERE r.machine_id = {machine} AND r.time_ms < {before}");
    let parts = [
        format!("SELECT r.time_ms {of_machine} ORDER BY r.time_ms LIMIT 1"),
        format!("SELECT r.time_ms {of_machine} ORDER BY r.time_ms DESC LIMIT 1"),
        format!(
            "SELECT r.time_ms {of_register} AND r.counter_kwh IS NOT NULL ORDER BY r.time_ms DESC LIMIT {registers}"
        ),
        format!("SELECT r.time_ms {of_spread} AND r.spread_from_ms IS NOT NULL"),
    ];
    let parts = parts.iter().zip(1..).map(|(part, n)| format!("SELECT time_ms FROM ({part}) part{n}"));
    parts.collect::<Vec<_>>().join(" UNION ")
}

/// The monthly partitions, oldest first.
async fn partitions(db: &impl ConnectionTrait) -> Result<Vec<String>> {
    let sql = "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
        WHERE i.inhparent = 'reading'::regclass AND c.relname <> 'reading_old' ORDER BY 1";
    let rows =
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.map_err(database_error)?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(database_error)).collect()
}

/// `reading_2026_11`, by the begin of the month.
fn partition_name(begin_ms: i64) -> String {
    let date = Timestamp::from_millisecond(begin_ms).map(|begin| begin.to_zoned_datetime(TimeZone::UTC).date());
    date.map_or_else(|_| "reading_".to_owned(), |date| format!("reading_{:04}_{:02}", date.year(), date.month()))
}

/// A month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    begin_ms: i64,
    end_ms: i64,
}

impl Month {
    fn of(time_ms: i64) -> Result<Self> {
        let outside = |e: jiff::Error| Error::invalid(Code::InvalidTime, format!("the time is out of range: {e}"));
        let time = Timestamp::from_millisecond(time_ms).map_err(outside)?;
        let begin = time.to_zoned_datetime(TimeZone::UTC).date().first_of_month();
        let end = begin.checked_add(1.month()).map_err(outside)?;
        let ms = |date: jiff::civil::Date| {
            date.to_zoned_datetime(TimeZone::UTC).map(|at| at.timestamp().as_millisecond()).map_err(outside)
        };
        Ok(Self { begin_ms: ms(begin)?, end_ms: ms(end)? })
    }
}
