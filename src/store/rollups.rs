//! Buckets in the database: adding to them in place, and reading those that cover a window.

use std::collections::BTreeMap;

use entity::machine::{Carrier, Unit};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::failure::database_error;
use super::sql::{Column, insert_rows};
use super::{Measured, WriteTransaction};
use crate::domain::buckets::{MINUTE, MINUTE_MS, QUARTER, Span, WIDTHS_MIN};
use crate::domain::rollup::{Bucket, Key, MACHINE_SCOPE};
use crate::domain::sum::Sum;
use crate::error::Result;

const COLUMNS: [Column; 12] = [
    Column::Small("scope"),
    Column::Big("owner_id"),
    Column::Int("width_min"),
    Column::Big("end_min"),
    Column::Big("readings"),
    Column::Double("energy_kwh"),
    Column::Double("energy_kwh_rest"),
    Column::Big("powers"),
    Column::Double("power_kw_sum"),
    Column::Double("power_kw_sum_rest"),
    Column::MaybeDouble("power_kw_min"),
    Column::MaybeDouble("power_kw_max"),
];

/// The scope of a site's machines of one carrier and unit. The numbers are stored: never change one.
#[must_use]
pub fn carrier_scope(carrier: Carrier, unit: Unit) -> i16 {
    let of_unit = match unit {
        Unit::Kwh => 0,
        Unit::CubicMetre => 100,
    };
    let of_carrier = match carrier {
        Carrier::Electricity => 1,
        Carrier::Gas => 2,
        Carrier::Steam => 3,
        Carrier::CompressedAir => 4,
        Carrier::Water => 5,
        Carrier::Heat => 6,
    };
    of_unit + of_carrier
}

/// Adds where the bucket exists: the same compensated sum as [`Sum::add`], in SQL, so that no bucket is read first.
fn add_on_conflict() -> String {
    let sum = |value: &str, rest: &str| {
        let (old, new) = (format!("rollup.{value}"), format!("excluded.{value}"));
        format!(
            "{value} = {old} + {new}, {rest} = rollup.{rest} + excluded.{rest} + CASE WHEN abs({old}) >= abs({new}) \
             THEN ({old} - ({old} + {new})) + {new} ELSE ({new} - ({old} + {new})) + {old} END"
        )
    };
    let extreme = |column: &str, beats: &str| {
        format!(
            "{column} = CASE WHEN rollup.{column} IS NULL OR excluded.{column} {beats} rollup.{column} \
             THEN excluded.{column} ELSE rollup.{column} END"
        )
    };
    format!(
        "ON CONFLICT (scope, owner_id, width_min, end_min) DO UPDATE SET readings = rollup.readings + excluded.readings, \
         powers = rollup.powers + excluded.powers, {}, {}, {}, {}",
        sum("energy_kwh", "energy_kwh_rest"),
        sum("power_kw_sum", "power_kw_sum_rest"),
        extreme("power_kw_min", "<"),
        extreme("power_kw_max", ">"),
    )
}

impl WriteTransaction {
    /// Adds the deltas to their buckets. The changed readings must have been written before.
    pub async fn write_rollups(&self, deltas: &BTreeMap<Key, Bucket>) -> Result<()> {
        let mut values: Vec<Value> = Vec::with_capacity(deltas.len() * COLUMNS.len());
        for (key, bucket) in deltas {
            values.extend([
                key.scope.into(),
                key.owner_id.into(),
                width(key).into(),
                key.end_min.into(),
                bucket.readings.into(),
                bucket.energy_kwh.value.into(),
                bucket.energy_kwh.rest.into(),
                bucket.powers.into(),
                bucket.power_kw.value.into(),
                bucket.power_kw.rest.into(),
                bucket.power_kw_min.into(),
                bucket.power_kw_max.into(),
            ]);
        }
        insert_rows(&self.0, "rollup", &COLUMNS, &add_on_conflict(), values).await.map_err(database_error)?;
        for width_min in WIDTHS_MIN {
            for (key, _) in deltas.iter().filter(|(key, b)| b.stale_extremes && key.width_min == width_min) {
                self.look_up_extremes(key).await?;
            }
        }
        Ok(())
    }

    /// Finds a bucket's extremes again: from the readings for the finest buckets, else from the next finer ones.
    async fn look_up_extremes(&self, key: &Key) -> Result<()> {
        let finest = if key.scope == MACHINE_SCOPE { QUARTER } else { MINUTE };
        let (from_min, to_min) = (key.end_min - key.width_min, key.end_min);
        let (source, low, high, from, to) = match key.width_min {
            w if w == finest => {
                let owner = if key.scope == MACHINE_SCOPE {
                    "machine_id = $2".to_owned()
                } else {
                    let of_scope = of_scope(key.scope);
                    format!("machine_id IN (SELECT m.id FROM machine m WHERE m.site_id = $2 AND {of_scope})")
                };
                let source = format!("reading WHERE {owner} AND time_ms > $5 AND time_ms <= $6");
                (source, "power_kw", "power_kw", from_min * MINUTE_MS, to_min * MINUTE_MS)
            }
            w => {
                let finer = WIDTHS_MIN.iter().rev().find(|&&finer| finer < w).unwrap_or(&MINUTE);
                let source = format!(
                    "rollup WHERE scope = $1 AND owner_id = $2 AND width_min = {finer} AND end_min > $5 AND end_min <= $6"
                );
                (source, "power_kw_min", "power_kw_max", from_min, to_min)
            }
        };
        let sql = format!(
            "UPDATE rollup SET power_kw_min = (SELECT min({low}) FROM {source}), \
             power_kw_max = (SELECT max({high}) FROM {source}) \
             WHERE scope = $1 AND owner_id = $2 AND width_min = $3 AND end_min = $4"
        );
        let values: [Value; 6] =
            [key.scope.into(), key.owner_id.into(), width(key).into(), key.end_min.into(), from.into(), to.into()];
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), sql, values);
        self.0.execute_raw(statement).await.map_err(database_error)?;
        Ok(())
    }
}

/// Which machines `m` count together, as a condition.
pub(super) fn measured_in(carrier: Carrier, unit: Unit) -> String {
    use sea_orm::ActiveEnum;
    format!("m.carrier = '{}' AND m.unit = '{}'", carrier.to_value(), unit.to_value())
}

/// The machines of a scope of a site, as a condition.
pub(super) fn of_scope(scope: i16) -> String {
    measured_of(scope).map_or_else(|| "false".to_owned(), |(carrier, unit)| measured_in(carrier, unit))
}

/// The carrier and the unit of a scope of a site.
#[must_use]
pub fn measured_of(scope: i16) -> Option<Measured> {
    use sea_orm::Iterable;
    let mut pairs = Carrier::iter().flat_map(|carrier| Unit::iter().map(move |unit| (carrier, unit)));
    pairs.find(|(carrier, unit)| carrier_scope(*carrier, *unit) == scope)
}

#[expect(clippy::cast_possible_truncation, reason = "the widest bucket has 46,080 minutes")]
fn width(key: &Key) -> i32 {
    key.width_min as i32
}

/// The content of all buckets of a span list, added up.
pub(super) async fn sum_spans(db: &impl ConnectionTrait, scope: i16, owner_id: i64, spans: &[Span]) -> Result<Bucket> {
    let mut sum = Bucket::default();
    for bucket in buckets(db, scope, owner_id, spans).await? {
        sum.merge(&bucket);
    }
    Ok(sum)
}

/// The buckets of a span list.
async fn buckets(db: &impl ConnectionTrait, scope: i16, owner_id: i64, spans: &[Span]) -> Result<Vec<Bucket>> {
    if spans.is_empty() {
        return Ok(Vec::new());
    }
    let one = |i: usize| {
        let at = 3 + i * 3;
        format!(
            "SELECT * FROM rollup WHERE scope = $1 AND owner_id = $2 AND width_min = ${at} AND end_min > ${} AND end_min <= ${}",
            at + 1,
            at + 2
        )
    };
    let sql = (0..spans.len()).map(one).collect::<Vec<_>>().join(" UNION ALL ");
    let mut values: Vec<Value> = vec![scope.into(), owner_id.into()];
    for span in spans {
        values.extend([span.width_min.into(), span.from_min.into(), span.to_min.into()]);
    }
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = BucketRow::find_by_statement(statement).all(db).await.map_err(database_error)?;
    Ok(rows.iter().map(BucketRow::bucket).collect())
}

/// A row of the table, as statements of our own find it.
#[derive(FromQueryResult)]
pub(super) struct BucketRow {
    pub(super) owner_id: i64,
    pub(super) end_min: i64,
    readings: i64,
    energy_kwh: f64,
    energy_kwh_rest: f64,
    powers: i64,
    power_kw_sum: f64,
    power_kw_sum_rest: f64,
    power_kw_min: Option<f64>,
    power_kw_max: Option<f64>,
}

impl BucketRow {
    pub(super) fn bucket(&self) -> Bucket {
        Bucket {
            readings: self.readings,
            energy_kwh: Sum { value: self.energy_kwh, rest: self.energy_kwh_rest },
            powers: self.powers,
            power_kw: Sum { value: self.power_kw_sum, rest: self.power_kw_sum_rest },
            power_kw_min: self.power_kw_min,
            power_kw_max: self.power_kw_max,
            stale_extremes: false,
        }
    }
}
