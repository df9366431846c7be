//! Whether the database is sound: whether its buckets say what its readings say, and what it says of itself.
//!
//! Buckets are compared owner by owner and 32 days by 32 days, each piece in one state of the database: writers go on
//! meanwhile, and memory stays bounded however many readings there are.

use std::collections::{BTreeMap, BTreeSet};

use entity::machine::{self, Carrier, Unit};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, Statement, Value};

use super::Store;
use super::connect::names;
use super::failure::database_error;
use super::retention::horizon_ms;
use super::rollups::{BucketRow, carrier_scope, of_scope};
use super::series::bucket_rows;
use crate::domain::buckets::{FAR_PAST_MIN, MINUTE, MINUTE_MS, QUARTER, WIDTHS_MIN, end_minute, end_of};
use crate::domain::rollup::{Bucket, Counted, MACHINE_SCOPE};
use crate::domain::sum::Sum;
use crate::error::{Error, Result};

/// The widest bucket, minutes: so much is compared at once.
const WIDEST: i64 = WIDTHS_MIN[WIDTHS_MIN.len() - 1];
/// What `SQLite` finds wrong is named up to so many times.
const PROBLEMS: usize = 20;

/// Whose buckets: a machine's, or those of a site's machines of one carrier and unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// [`MACHINE_SCOPE`], or the number of the carrier and unit.
    pub scope: i16,
    /// Row id of the machine or the site.
    pub id: i64,
}

/// A bucket that does not hold what it should.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Whose.
    pub owner: Owner,
    /// Its width, minutes.
    pub width_min: i64,
    /// Its end, minutes since the epoch.
    pub end_min: i64,
    /// What is stored.
    pub kept: Bucket,
    /// What the readings say or, of a wider bucket, the next finer ones.
    pub counted: Bucket,
}

/// What came of comparing an owner's buckets.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Buckets that were compared.
    pub buckets: u64,
    /// How many of them differ.
    pub different: u64,
    /// The first that does.
    pub first: Option<Difference>,
}

/// A site's machines of one carrier and unit whose sums are not the site's.
#[derive(Clone, Debug)]
pub struct TotalsDiffer {
    /// The site.
    pub owner: Owner,
    /// Readings and energy (kWh, or m³) of its machines.
    pub of_machines: (i64, f64),
    /// The same of the site itself.
    pub of_site: (i64, f64),
}

/// Room on the database's file system, bytes.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    /// What Wattline may still fill.
    pub free: u64,
    /// What there is in all.
    pub size: u64,
}

#[derive(FromQueryResult)]
struct RawRow {
    bucket: i64,
    readings: i64,
    energy_kwh: f64,
    energy_kwh_size: f64,
    powers: i64,
    power_kw_sum: Option<f64>,
    power_kw_size: Option<f64>,
    power_kw_min: Option<f64>,
    power_kw_max: Option<f64>,
}

#[derive(FromQueryResult)]
struct OwnerRow {
    scope: i16,
    owner_id: i64,
}

#[derive(FromQueryResult)]
struct OfMachines {
    site_id: i64,
    carrier: Carrier,
    unit: Unit,
    readings: i64,
    energy_kwh: f64,
    size: f64,
}

#[derive(FromQueryResult)]
struct OfSite {
    scope: i16,
    owner_id: i64,
    readings: i64,
    energy_kwh: f64,
}

impl RawRow {
    fn counted(&self) -> Counted {
        let bucket = Bucket {
            readings: self.readings,
            energy_kwh: Sum { value: self.energy_kwh, rest: 0.0 },
            powers: self.powers,
            power_kw: Sum { value: self.power_kw_sum.unwrap_or(0.0), rest: 0.0 },
            power_kw_min: self.power_kw_min,
            power_kw_max: self.power_kw_max,
            stale_extremes: false,
        };
        let power_size = self.power_kw_size.unwrap_or(0.0);
        Counted { bucket, energy_size: self.energy_kwh_size, power_size }
    }
}

impl Store {
    /// Whoever has buckets, or readings that ought to be in some.
    pub async fn bucket_owners(&self) -> Result<Vec<Owner>> {
        // The machines of the readings, one step of the key for each instead of a look at every row.
        let sql = format!(
            "WITH RECURSIVE found(id) AS (SELECT min(machine_id) FROM reading UNION ALL \
             SELECT (SELECT min(r.machine_id) FROM reading r WHERE r.machine_id > found.id) FROM found \
             WHERE found.id IS NOT NULL) \
             SELECT CAST({MACHINE_SCOPE} AS smallint) AS scope, id AS owner_id FROM found WHERE id IS NOT NULL \
             UNION SELECT scope, owner_id FROM rollup"
        );
        let statement = Statement::from_string(self.backend(), sql);
        let rows = OwnerRow::find_by_statement(statement).all(&self.read).await.map_err(database_error)?;
        let mut owners: BTreeSet<Owner> = rows.iter().map(|row| Owner { scope: row.scope, id: row.owner_id }).collect();
        for machine in machine::Entity::find().all(&self.read).await.map_err(database_error)? {
            owners.insert(Owner { scope: carrier_scope(machine.carrier, machine.unit), id: machine.site_id.0 });
        }
        Ok(owners.into_iter().collect())
    }

    /// Compares all buckets of an owner: the finest with the readings, as far as these are still kept, each wider one
    /// with the finer ones in it.
    pub async fn check_buckets(&self, owner: Owner) -> Result<Checked> {
        let mut checked = Checked::default();
        let mut after_min = FAR_PAST_MIN;
        while let Some(minute) = self.next_minute(owner, after_min).await? {
            after_min = end_of(minute, WIDEST);
            self.check_piece(owner, after_min, &mut checked).await?;
        }
        Ok(checked)
    }

    /// The next minute after one at which a bucket of the owner ends, of whatever width, or which has a reading.
    async fn next_minute(&self, owner: Owner, after_min: i64) -> Result<Option<i64>> {
        let Owner { scope, id } = owner;
        let of_width = |width_min: &i64| {
            format!(
                "SELECT min(end_min) AS nearest FROM rollup WHERE scope = {scope} AND owner_id = {id} \
                 AND width_min = {width_min} AND end_min > {after_min}"
            )
        };
        let bucket = WIDTHS_MIN.iter().map(of_width).collect::<Vec<_>>().join(" UNION ALL ");
        let bucket = self.least(&bucket).await?;
        let machines = match scope {
            MACHINE_SCOPE => format!("(SELECT CAST({id} AS bigint) AS id)"),
            _ => format!("(SELECT m.id FROM machine m WHERE m.site_id = {id} AND {})", of_scope(scope)),
        };
        let after_ms = after_min * MINUTE_MS;
        let reading = self
            .least(&format!(
                "SELECT (SELECT min(r.time_ms) FROM reading r WHERE r.machine_id = o.id AND r.time_ms > {after_ms}) \
                 AS nearest FROM {machines} o"
            ))
            .await?;
        Ok(bucket.into_iter().chain(reading.map(end_minute)).min())
    }

    /// The least of the numbers named `nearest` that a query finds.
    async fn least(&self, sql: &str) -> Result<Option<i64>> {
        let statement = Statement::from_string(self.backend(), format!("SELECT min(nearest) FROM ({sql}) found"));
        let row = self.read.query_one_raw(statement).await.map_err(database_error)?;
        row.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(database_error)
    }

    /// Compares the buckets of the 32 days that end at a minute.
    async fn check_piece(&self, owner: Owner, to_min: i64, checked: &mut Checked) -> Result<()> {
        let db = self.begin_read().await?;
        let range_min = (to_min - WIDEST, to_min);
        let horizon_ms = horizon_ms(&db).await?;
        let finest_min = if owner.scope == MACHINE_SCOPE { QUARTER } else { MINUTE };
        let mut counted = raw_buckets(&db, owner, finest_min, range_min).await?;
        for &width_min in WIDTHS_MIN.iter().filter(|width_min| **width_min >= finest_min) {
            let rows = bucket_rows(&db, owner.scope, &owner.id.to_string(), width_min, range_min).await?;
            let kept: BTreeMap<i64, Bucket> = rows.iter().map(|row| (row.end_min, BucketRow::bucket(row))).collect();
            let ends: BTreeSet<i64> = kept.keys().chain(counted.keys()).copied().collect();
            for end_min in ends {
                // Older readings are gone; buckets stay.
                if width_min == finest_min && (end_min - width_min) * MINUTE_MS < horizon_ms {
                    continue;
                }
                checked.buckets += 1;
                let kept = kept.get(&end_min).copied().unwrap_or_default();
                let counted = counted.get(&end_min).copied().unwrap_or_default();
                if !counted.agrees_with(&kept) {
                    checked.different += 1;
                    let counted = counted.bucket;
                    checked.first.get_or_insert(Difference { owner, width_min, end_min, kept, counted });
                }
            }
            counted = widened(&kept, width_min);
        }
        db.commit().await.map_err(database_error)
    }

    /// The sites whose sums are not those of their machines, by their widest buckets.
    pub async fn differing_totals(&self) -> Result<Vec<TotalsDiffer>> {
        let db = self.begin_read().await?;
        let sums = "CAST(sum(b.readings) AS bigint) AS readings, sum(b.energy_kwh + b.energy_kwh_rest) AS energy_kwh";
        let of_machines = format!(
            "SELECT m.site_id, m.carrier, m.unit, {sums}, sum(abs(b.energy_kwh)) AS size FROM rollup b \
             JOIN machine m ON m.id = b.owner_id WHERE b.scope = {MACHINE_SCOPE} AND b.width_min = {WIDEST} GROUP BY 1, 2, 3"
        );
        let of_sites = format!(
            "SELECT b.scope, b.owner_id, {sums} FROM rollup b WHERE b.scope <> {MACHINE_SCOPE} \
             AND b.width_min = {WIDEST} GROUP BY 1, 2"
        );
        let statement = |sql| Statement::from_string(self.backend(), sql);
        let of_machines =
            OfMachines::find_by_statement(statement(of_machines)).all(&db).await.map_err(database_error)?;
        let of_sites = OfSite::find_by_statement(statement(of_sites)).all(&db).await.map_err(database_error)?;
        db.commit().await.map_err(database_error)?;
        let mut all: BTreeMap<Owner, [(i64, f64); 2]> = BTreeMap::new();
        let mut sizes: BTreeMap<Owner, f64> = BTreeMap::new();
        for row in of_machines {
            let owner = Owner { scope: carrier_scope(row.carrier, row.unit), id: row.site_id };
            all.entry(owner).or_default()[0] = (row.readings, row.energy_kwh);
            sizes.insert(owner, row.size);
        }
        for row in of_sites {
            let owner = Owner { scope: row.scope, id: row.owner_id };
            all.entry(owner).or_default()[1] = (row.readings, row.energy_kwh);
        }
        let differ = all.into_iter().filter(|(owner, [machines, site])| {
            let size = sizes.get(owner).copied().unwrap_or(0.0);
            machines.0 != site.0 || (machines.1 - site.1).abs() > Counted::TOLERANCE * size.max(1.0)
        });
        Ok(differ.map(|(owner, [of_machines, of_site])| TotalsDiffer { owner, of_machines, of_site }).collect())
    }

    /// What the database itself finds wrong in its file: `SQLite` looks at all of it; `PostgreSQL` has counted the pages
    /// that it read with a wrong checksum, where it keeps checksums.
    pub async fn integrity_problems(&self) -> Result<Vec<String>> {
        if self.backend() == DbBackend::Postgres {
            let sql = "SELECT checksum_failures || ' pages had a wrong checksum, last at ' || coalesce(CAST(checksum_last_failure AS text), 'a time that is not known') \
                FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0";
            return names(&self.read, sql).await;
        }
        let mut problems = names(&self.read, &format!("PRAGMA integrity_check({PROBLEMS})")).await?;
        problems.retain(|problem| problem != "ok");
        let orphans = names(&self.read, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check").await?;
        problems.extend(orphans.iter().map(|table| format!("rows of {table} belong to rows that are not there")));
        Ok(problems)
    }

    /// The time of the newest reading, ms since the epoch.
    pub async fn newest_reading_ms(&self) -> Result<Option<i64>> {
        let last = "SELECT -(SELECT max(r.time_ms) FROM reading r WHERE r.machine_id = m.id) AS nearest FROM machine m";
        Ok(self.least(last).await?.map(|negative| -negative))
    }

    /// What time the database's server has, ms since the epoch; none on `SQLite`, which has no clock of its own.
    pub async fn server_clock_ms(&self) -> Result<Option<i64>> {
        if self.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS nearest";
        self.least(sql).await
    }

    /// Room for the database's file; none on `PostgreSQL`, whose disk is not seen from here.
    pub fn disk(&self) -> Result<Option<Disk>> {
        let Some(file) = &self.file else { return Ok(None) };
        let found = rustix::fs::statvfs(&file.path);
        let found = found.map_err(|e| Error::Unavailable(format!("{}: {e}", file.path.display())))?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Some(Disk { free: bytes(found.f_bavail), size: bytes(found.f_blocks) }))
    }
}

/// What the readings say of an owner's finest buckets.
async fn raw_buckets(
    db: &impl ConnectionTrait,
    owner: Owner,
    width_min: i64,
    (from_min, to_min): (i64, i64),
) -> Result<BTreeMap<i64, Counted>> {
    let source = match owner.scope {
        MACHINE_SCOPE => "reading r WHERE r.machine_id = $3".to_owned(),
        scope => {
            format!("machine m JOIN reading r ON r.machine_id = m.id WHERE m.site_id = $3 AND {}", of_scope(scope))
        }
    };
    let width_ms = width_min * MINUTE_MS;
    let sql = format!(
        "SELECT (r.time_ms - 1 - $1) / {width_ms} AS bucket, count(*) AS readings, sum(r.energy_kwh) AS energy_kwh, \
         sum(abs(r.energy_kwh)) AS energy_kwh_size, count(r.power_kw) AS powers, sum(r.power_kw) AS power_kw_sum, \
         sum(abs(r.power_kw)) AS power_kw_size, min(r.power_kw) AS power_kw_min, max(r.power_kw) AS power_kw_max \
         FROM {source} AND r.time_ms > $1 AND r.time_ms <= $2 GROUP BY 1"
    );
    let values: [Value; 3] = [(from_min * MINUTE_MS).into(), (to_min * MINUTE_MS).into(), owner.id.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = RawRow::find_by_statement(statement).all(db).await.map_err(database_error)?;
    Ok(rows.iter().map(|row| (from_min + (row.bucket + 1) * width_min, row.counted())).collect())
}

/// What buckets of one width say of the next wider ones.
fn widened(finer: &BTreeMap<i64, Bucket>, width_min: i64) -> BTreeMap<i64, Counted> {
    let mut wider: BTreeMap<i64, Counted> = BTreeMap::new();
    if let Some(&wide_min) = WIDTHS_MIN.iter().find(|wide_min| **wide_min > width_min) {
        for (end_min, bucket) in finer {
            wider.entry(end_of(*end_min, wide_min)).or_default().add(bucket);
        }
    }
    wider
}
