//! What the sixteen statistics are made of, read from one state of the database: a bounded number of rows per machine,
//! whatever the table's size.

use entity::SiteId;
use entity::machine::{Carrier, Unit};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Statement, Value};

use super::Store;
use super::connect::number;
use super::failure::database_error;
use super::pulse::Live;
use super::retention::horizon_ms;
use super::rollups::{carrier_scope, measured_in, sum_spans};
use crate::domain::buckets::{DAY_MS, FAR_PAST_MIN, HOUR, MINUTE, MINUTE_MS, QUARTER, Span, cover, end_minute, end_of};
use crate::domain::rollup::{Bucket, MACHINE_SCOPE};
use crate::domain::statistics::{Facts, MachineFacts, day_window_start_ms};
use crate::domain::sum::Sum;
use crate::error::Result;

/// The carrier and the unit of machines that count together.
pub type Measured = (Carrier, Unit);

/// The machines whose readings count.
fn of_site((carrier, unit): Measured) -> String {
    format!("m.site_id = $1 AND {}", measured_in(carrier, unit))
}

#[derive(FromQueryResult)]
struct MachineRow {
    expected_interval_s: i32,
    retired_at_ms: Option<i64>,
    first_ms: Option<i64>,
    last_ms: Option<i64>,
    received: i64,
}

#[derive(FromQueryResult)]
struct CoarseRow {
    expected_interval_s: i32,
    retired_at_ms: Option<i64>,
    first_ms: Option<i64>,
    received: Option<i64>,
    of_day: Option<i64>,
}

#[derive(FromQueryResult)]
struct RawRow {
    part: i32,
    readings: i64,
    energy_kwh: Option<f64>,
    powers: i64,
    power_kw_sum: Option<f64>,
    power_kw_max: Option<f64>,
}

impl Store {
    /// What is known of a site's machines of one carrier and unit by `as_of_ms`, an instant on a whole second.
    pub async fn statistics(&self, site: SiteId, measured: Measured, as_of_ms: i64) -> Result<Facts> {
        let db = self.begin_read().await?;
        if as_of_ms - DAY_MS < horizon_ms(&db).await? {
            return coarse_statistics(db, site, measured, as_of_ms).await;
        }
        let minute = as_of_ms.div_euclid(MINUTE_MS);
        let minute_ms = minute * MINUTE_MS;
        let day_start_ms = day_window_start_ms(as_of_ms);
        // Raw rows are read where a window's edge is not a bucket's: the minute under way, the instant at which the
        // day's window opens, and what the two short windows lack of their first minute.
        let parts = [
            (minute_ms, as_of_ms),
            (day_start_ms - 1, day_start_ms),
            (minute_ms - MINUTE_MS, as_of_ms - MINUTE_MS),
            (minute_ms - 10 * MINUTE_MS, as_of_ms - 10 * MINUTE_MS),
        ];
        let [under_way, day_start, before_last_minute, before_last_ten] = raw_parts(&db, site, measured, parts).await?;
        let scope = carrier_scope(measured.0, measured.1);
        let sum = async |spans: &[Span]| sum_spans(&db, scope, site.0, spans).await;
        let minutes = |count: i64| [Span { width_min: MINUTE, from_min: minute - count, to_min: minute }];

        let mut total = sum(&cover(FAR_PAST_MIN, minute, MINUTE)).await?;
        total.merge(&under_way);
        let mut day = sum(&cover(minute - 1440, minute, MINUTE)).await?;
        day.merge(&day_start);
        day.merge(&under_way);
        let last_minute = sum(&minutes(1)).await?.readings + under_way.readings - before_last_minute.readings;
        let last_ten_minutes = sum(&minutes(10)).await?.readings + under_way.readings - before_last_ten.readings;
        let machines = machine_facts(&db, site, measured, as_of_ms).await?;
        let anomalies = count_anomalies(&db, site, as_of_ms).await?;
        db.commit().await.map_err(database_error)?;
        Ok(Facts { as_of_ms, resolution_s: 1, machines, total, day, last_minute, last_ten_minutes, anomalies })
    }
}

/// What is known where single readings are no longer kept, at the whole minute.
async fn coarse_statistics(
    db: Live<DatabaseTransaction>,
    site: SiteId,
    measured: Measured,
    as_of_ms: i64,
) -> Result<Facts> {
    let minute = as_of_ms.div_euclid(MINUTE_MS);
    let as_of_ms = minute * MINUTE_MS;
    let sum = async |from_min: i64| {
        sum_spans(&db, carrier_scope(measured.0, measured.1), site.0, &cover(from_min, minute, MINUTE)).await
    };
    let facts = Facts {
        as_of_ms,
        resolution_s: 60,
        machines: coarse_machine_facts(&db, site, measured, minute).await?,
        total: sum(FAR_PAST_MIN).await?,
        day: sum(minute - 1440).await?,
        last_minute: sum(minute - 1).await?.readings,
        last_ten_minutes: sum(minute - 10).await?.readings,
        anomalies: count_anomalies(&db, site, as_of_ms).await?,
    };
    db.commit().await.map_err(database_error)?;
    Ok(facts)
}

/// First reading of each machine and, at a quarter of an hour, the number of its readings and whether it was active.
async fn coarse_machine_facts(
    db: &impl ConnectionTrait,
    site: SiteId,
    measured: Measured,
    minute: i64,
) -> Result<Vec<MachineFacts>> {
    let of_site = of_site(measured);
    let counted = |from_min: i64| {
        let of_span = |span: &Span| {
            let Span { width_min, from_min, to_min } = span;
            format!(
                "coalesce((SELECT sum(b.readings) FROM rollup b WHERE b.scope = {MACHINE_SCOPE} AND b.owner_id = m.id \
                 AND b.width_min = {width_min} AND b.end_min > {from_min} AND b.end_min <= {to_min}), 0)"
            )
        };
        let spans = cover(from_min, minute, QUARTER);
        format!("CAST({} AS bigint)", spans.iter().map(of_span).collect::<Vec<_>>().join(" + "))
    };
    let is_quarter = minute % QUARTER == 0;
    let (received, of_day) = if is_quarter {
        (counted(FAR_PAST_MIN), counted(minute - 1440))
    } else {
        ("CAST(NULL AS bigint)".to_owned(), "CAST(NULL AS bigint)".to_owned())
    };
    let sql = format!(
        "SELECT m.expected_interval_s, m.retired_at_ms, {received} AS received, {of_day} AS of_day, \
         (SELECT min(r.time_ms) FROM reading r WHERE r.machine_id = m.id) AS first_ms FROM machine m WHERE {of_site}"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [site.0.into()]);
    let rows = CoarseRow::find_by_statement(statement).all(db).await.map_err(database_error)?;
    let facts = rows.into_iter().filter_map(|row| {
        let first_ms = row.first_ms.filter(|first_ms| *first_ms <= minute * MINUTE_MS)?;
        Some(MachineFacts {
            first_ms,
            last_ms: None,
            received: row.received,
            is_active: row.of_day.map(|readings| readings > 0),
            interval_s: row.expected_interval_s.into(),
            retired_at_ms: row.retired_at_ms,
        })
    });
    Ok(facts.collect())
}

/// Readings with `from < time <= to` for each of the ranges.
async fn raw_parts<const N: usize>(
    db: &impl ConnectionTrait,
    site: SiteId,
    measured: Measured,
    ranges: [(i64, i64); N],
) -> Result<[Bucket; N]> {
    let of_site = of_site(measured);
    let one = |part: usize| {
        format!(
            "SELECT {part} AS part, count(*) AS readings, sum(r.energy_kwh) AS energy_kwh, count(r.power_kw) AS powers, \
             sum(r.power_kw) AS power_kw_sum, max(r.power_kw) AS power_kw_max FROM machine m \
             JOIN reading r ON r.machine_id = m.id AND r.time_ms > ${} AND r.time_ms <= ${} WHERE {of_site}",
            part * 2 + 2,
            part * 2 + 3
        )
    };
    let sql = (0..N).map(one).collect::<Vec<_>>().join(" UNION ALL ");
    let mut values: Vec<Value> = vec![site.0.into()];
    values.extend(ranges.iter().flat_map(|&(from_ms, to_ms)| [Value::from(from_ms), Value::from(to_ms)]));
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut parts = [Bucket::default(); N];
    for row in RawRow::find_by_statement(statement).all(db).await.map_err(database_error)? {
        let Some(part) = usize::try_from(row.part).ok().and_then(|i| parts.get_mut(i)) else { continue };
        part.readings = row.readings;
        part.energy_kwh = Sum { value: row.energy_kwh.unwrap_or(0.0), rest: 0.0 };
        part.powers = row.powers;
        part.power_kw = Sum { value: row.power_kw_sum.unwrap_or(0.0), rest: 0.0 };
        part.power_kw_max = row.power_kw_max;
    }
    Ok(parts)
}

/// First, last and number of readings of each machine. Counted up to the end of the hour under way and then back from
/// it, since next to nothing lies between now and there.
async fn machine_facts(
    db: &impl ConnectionTrait,
    site: SiteId,
    measured: Measured,
    as_of_ms: i64,
) -> Result<Vec<MachineFacts>> {
    let of_site = of_site(measured);
    let hour_end_min = end_of(end_minute(as_of_ms), HOUR);
    let spans = cover(FAR_PAST_MIN, hour_end_min, HOUR);
    let counted = |i: usize| {
        let at = 4 + i * 3;
        format!(
            "coalesce((SELECT sum(b.readings) FROM rollup b WHERE b.scope = {MACHINE_SCOPE} AND b.owner_id = m.id \
             AND b.width_min = ${at} AND b.end_min > ${} AND b.end_min <= ${}), 0)",
            at + 1,
            at + 2
        )
    };
    let counted = (0..spans.len()).map(counted).collect::<Vec<_>>().join(" + ");
    let sql = format!(
        "SELECT m.expected_interval_s, m.retired_at_ms, \
         (SELECT min(r.time_ms) FROM reading r WHERE r.machine_id = m.id) AS first_ms, \
         (SELECT max(r.time_ms) FROM reading r WHERE r.machine_id = m.id AND r.time_ms <= $2) AS last_ms, \
         CAST({counted} - (SELECT count(*) FROM reading r WHERE r.machine_id = m.id AND r.time_ms > $2 \
         AND r.time_ms <= $3) AS bigint) AS received FROM machine m WHERE {of_site}"
    );
    let mut values: Vec<Value> = vec![site.0.into(), as_of_ms.into(), (hour_end_min * MINUTE_MS).into()];
    for span in &spans {
        values.extend([span.width_min.into(), span.from_min.into(), span.to_min.into()]);
    }
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = MachineRow::find_by_statement(statement).all(db).await.map_err(database_error)?;
    let facts = rows.into_iter().filter_map(|row| {
        Some(MachineFacts {
            first_ms: row.first_ms?,
            last_ms: Some(row.last_ms?),
            received: Some(row.received),
            is_active: Some(row.last_ms? >= day_window_start_ms(as_of_ms)),
            interval_s: row.expected_interval_s.into(),
            retired_at_ms: row.retired_at_ms,
        })
    });
    Ok(facts.collect())
}

async fn count_anomalies(db: &impl ConnectionTrait, site: SiteId, as_of_ms: i64) -> Result<i64> {
    let sql = "SELECT count(*) FROM anomaly WHERE site_id = $1 AND started_at_ms <= $2";
    Ok(number(db, sql, [site.0.into(), as_of_ms.into()]).await?.unwrap_or(0))
}
