//! Sending refused rows again, once the reason why they were refused is gone.

use std::collections::BTreeMap;

use entity::SiteId;

use super::Ingest;
use super::batch::{Again, Batch, MachineRef, Receipt, Sent};
use crate::domain::reading::Values;
use crate::error::Result;
use crate::store::{Page, RefusedFilter, Store};

/// Rows sent at once.
const ROWS_AT_ONCE: u64 = 8192;

/// Sends the refused rows that the filter finds and that could be read: those that are stored now are kept no longer
/// among the refused ones, the others stay there with what speaks against them now.
pub async fn resubmit(store: &Store, ingest: &Ingest, filter: RefusedFilter) -> Result<Receipt> {
    let newest = store.refused(&filter, Page { after: None, before: None, limit: 1, from_end: true }).await?;
    let filter = RefusedFilter { readable: true, up_to: newest.first().map(|row| row.id), ..filter };
    let mut total = Receipt::default();
    let mut after = None;
    while filter.up_to.is_some() {
        let page = Page { after, before: None, limit: ROWS_AT_ONCE, from_end: false };
        let rows = store.refused(&filter, page).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id.0);
        let mut batches: BTreeMap<SiteId, Batch> = BTreeMap::new();
        for row in rows {
            let (Some(machine), Some(time_ms)) = (row.machine, row.time_ms) else { continue };
            let batch = batches.entry(row.site_id).or_insert_with(|| Batch::new(row.site_id));
            batch.author = store.author();
            let values = Values { power_kw: row.power_kw, energy_kwh: row.energy_kwh, counter_kwh: row.counter_kwh };
            let sent = Sent { values, unit: Some(row.unit) };
            batch.push_sent(batch.len() as u64, MachineRef::Name(machine), time_ms, sent);
            batch.again.push(Again { id: row.id, received_at_ms: row.received_at_ms });
        }
        for batch in batches.into_values() {
            total.merge(ingest.record(batch).await?);
        }
    }
    Ok(total)
}
