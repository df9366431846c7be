//! How long things are kept: a task that lets go of what is older.

use std::time::Duration;

use crate::clock::Clock;
use crate::domain::buckets::DAY_MS;
use crate::error::Result;
use crate::store::Store;

/// Time between two rounds.
const ROUND: Duration = Duration::from_hours(1);

/// How long what is kept.
#[derive(Clone, Copy, Debug)]
pub struct RetentionSettings {
    /// Days for single readings; 0 for ever.
    pub reading_days: u32,
    /// Days for refused readings.
    pub refused_days: u32,
    /// Days for messages to people.
    pub delivery_days: u32,
}

/// Lets go of what is too old, at once and then every hour, for ever.
pub async fn run(store: Store, clock: Clock, settings: RetentionSettings) {
    loop {
        if let Err(error) = round(&store, clock.now_ms(), settings).await {
            tracing::error!(code = %error.code(), %error, "old rows could not be let go");
        }
        tokio::time::sleep(ROUND).await;
    }
}

async fn round(store: &Store, now_ms: i64, settings: RetentionSettings) -> Result<()> {
    let days_ago_ms = |days: u32| now_ms - i64::from(days) * DAY_MS;
    if settings.reading_days > 0 {
        store.move_horizon(days_ago_ms(settings.reading_days)).await?;
        store.remove_old_readings().await?;
    }
    let transaction = store.begin_write().await?;
    transaction.delete_deliveries_before(days_ago_ms(settings.delivery_days)).await?;
    transaction.delete_refused_before(days_ago_ms(settings.refused_days)).await?;
    transaction.commit().await
}
