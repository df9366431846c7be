//! What a site's demand is made of: its quarters of an hour, and the last powers of its machines.

use entity::machine::{Carrier, Unit};
use entity::{MachineId, SiteId, machine, reading};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};

use super::Store;
use super::failure::database_error;
use super::retention::horizon_ms;
use super::rollups::carrier_scope;
use super::series::{Counted, MACHINES_AT_ONCE, bucket_rows, firsts, id_list, spreads};
use crate::domain::buckets::{DAY_MS, MINUTE_MS, QUARTER, QUARTER_MS};
use crate::domain::demand::{DemandFacts, is_spread};
use crate::domain::reading::HOLD_INTERVALS;
use crate::domain::series::{Part, Spread, bucket_at, spread};
use crate::error::Result;

impl Store {
    /// What is known by `as_of_ms` of a site's electricity machines between these edges (ms since the epoch), from one
    /// state of the database.
    pub async fn demand(&self, site: SiteId, as_of_ms: i64, edges: &[i64]) -> Result<DemandFacts> {
        let machines = self.machines_of_carrier(site, (Carrier::Electricity, Unit::Kwh)).await?;
        let ids: Vec<MachineId> = machines.iter().map(|machine| machine.id).collect();
        let db = self.begin_read().await?;
        let horizon_ms = horizon_ms(&db).await?;
        let parts = vec![Part::default(); edges.len().saturating_sub(1)];
        let present = (as_of_ms >= horizon_ms + DAY_MS).then(Vec::new);
        let mut facts = DemandFacts { parts, present_powers_kw: present, first_ms: None, known_from_ms: i64::MIN };
        // The site's own buckets serve wherever its clocks are off by whole quarters of an hour, as all are today.
        let is_on_grid = edges.iter().all(|edge_ms| edge_ms % QUARTER_MS == 0);
        if is_on_grid && let (Some(first_ms), Some(last_ms)) = (edges.first(), edges.last()) {
            let range_min = (first_ms / MINUTE_MS, last_ms / MINUTE_MS);
            let scope = carrier_scope(Carrier::Electricity, Unit::Kwh);
            for row in bucket_rows(&db, scope, &site.0.to_string(), QUARTER, range_min).await? {
                if let Some(at) = bucket_at(edges, row.end_min * MINUTE_MS) {
                    facts.parts[at].count(&row.bucket());
                }
            }
        }
        for ids in ids.chunks(MACHINES_AT_ONCE) {
            if !is_on_grid {
                let mut counted = Counted::new(facts.parts.len(), horizon_ms);
                counted.read(&db, ids, edges).await?;
                for id in ids {
                    facts.parts.iter_mut().zip(counted.of(*id)).for_each(|(part, bucket)| part.count(&bucket));
                }
            }
            for one in spreads(&db, ids, edges, as_of_ms).await?.values().flatten() {
                spread(&mut facts.parts, edges, one);
            }
            let first_ms = firsts(&db, ids).await?.into_values().min();
            facts.first_ms = facts.first_ms.into_iter().chain(first_ms).min();
            if let Some(powers_kw) = &mut facts.present_powers_kw {
                powers_kw.extend(present_powers_kw(&db, ids, as_of_ms).await?);
            }
        }
        let odd = machines.iter().filter(|machine| is_spread(machine.expected_interval_ms()));
        for machine in odd {
            facts.known_from_ms = horizon_ms;
            for one in whole_intervals(&db, machine, edges, as_of_ms).await? {
                spread(&mut facts.parts, edges, &one);
            }
        }
        db.commit().await.map_err(database_error)?;
        Ok(facts)
    }
}

/// A machine's readings that are not spread anyway, over the intervals that end with them.
async fn whole_intervals(
    db: &impl ConnectionTrait,
    machine: &machine::Model,
    edges: &[i64],
    as_of_ms: i64,
) -> Result<Vec<Spread>> {
    let (Some(&from_ms), Some(&to_ms)) = (edges.first(), edges.last()) else { return Ok(Vec::new()) };
    let interval_ms = machine.expected_interval_ms();
    let query = reading::Entity::find()
        .filter(reading::Column::MachineId.eq(machine.id))
        .filter(reading::Column::TimeMs.gt(from_ms))
        .filter(reading::Column::TimeMs.lt(to_ms + interval_ms))
        .filter(reading::Column::TimeMs.lte(as_of_ms))
        .filter(reading::Column::SpreadFromMs.is_null());
    let rows = query.all(db).await.map_err(database_error)?;
    let whole = rows.into_iter().map(|row| Spread {
        from_ms: row.time_ms - interval_ms,
        to_ms: row.time_ms,
        time_ms: row.time_ms,
        energy_kwh: row.energy_kwh,
        is_estimated: false,
    });
    Ok(whole.collect())
}

/// The last power of each of these machines that has one within its last intervals, kW.
async fn present_powers_kw(db: &impl ConnectionTrait, machines: &[MachineId], as_of_ms: i64) -> Result<Vec<f64>> {
    let sql = format!(
        "SELECT (SELECT r.power_kw FROM reading r WHERE r.machine_id = m.id AND r.time_ms <= $1 \
         AND r.time_ms >= $1 - CAST(m.expected_interval_s AS bigint) * 1000 * {HOLD_INTERVALS} AND r.power_kw IS NOT NULL \
         ORDER BY r.time_ms DESC LIMIT 1) AS power_kw FROM machine m WHERE m.id IN ({}) ORDER BY m.id",
        id_list(machines)
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [as_of_ms.into()]);
    let mut powers_kw = Vec::new();
    for row in db.query_all_raw(statement).await.map_err(database_error)? {
        powers_kw.extend(row.try_get_by_index::<Option<f64>>(0).map_err(database_error)?);
    }
    Ok(powers_kw)
}
