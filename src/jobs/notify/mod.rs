//! Telling people: what has happened is written down as alerts, alerts that have gathered become a message, a message is
//! tried until it arrives.
//!
//! Each of the three steps is a transaction, so that a restart forgets nothing. Only one process does this at a time. A
//! message is stored before it is sent and carries the same id each time: if the process dies between the other side's
//! answer and our note of it, it is sent again, and the other side can know it by that id.

mod budgets;
mod compose;
mod plan;
mod send;

use std::collections::BTreeMap;
use std::time::Duration;

use entity::ContactPointId;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::lease::Lease;
use crate::clock::Clock;
use crate::domain::statistics::Rates;
use crate::error::Result;
use crate::messenger::Messenger;
use crate::store::Store;

/// Time between two looks.
const ROUND: Duration = Duration::from_secs(1);
/// Time between two looks at the budgets, ms.
const BUDGETS_MS: i64 = 30_000;

/// How people are told.
#[derive(Clone, Debug)]
pub struct NotificationSettings {
    /// Where the page is reached, for links.
    pub public_url: String,
    /// How often a message is tried before it is given up.
    pub attempts: u32,
    /// Of what was over for longer when it was reported nobody is told, ms.
    pub quiet_after_ms: i64,
    /// Price and carbon of a kWh of electricity.
    pub rates: Rates,
}

/// The work of telling people.
#[derive(Debug)]
pub struct Notification {
    store: Store,
    clock: Clock,
    messenger: Messenger,
    settings: NotificationSettings,
    lease: Lease,
    /// Couriers with messages, and to whom.
    couriers: JoinSet<()>,
    under_way: BTreeMap<ContactPointId, AbortHandle>,
    stop: CancellationToken,
    /// When the budgets were looked at, ms since the epoch.
    looked_at_budgets_ms: Option<i64>,
}

impl Notification {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(store: Store, clock: Clock, messenger: Messenger, settings: NotificationSettings) -> Self {
        Self {
            store,
            clock,
            messenger,
            settings,
            lease: Lease::new("notification"),
            couriers: JoinSet::new(),
            under_way: BTreeMap::new(),
            stop: CancellationToken::new(),
            looked_at_budgets_ms: None,
        }
    }

    /// Tells until it is told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        let mut has_failed = false;
        while !stop.is_cancelled() {
            let outcome = self.step().await;
            match &outcome {
                Ok(()) => {}
                // Once, not every second for as long as the database is away.
                Err(error) if !has_failed => {
                    tracing::error!(code = %error.code(), %error, "people could not be told");
                    self.lease.forget();
                }
                Err(_) => self.lease.forget(),
            }
            has_failed = outcome.is_err();
            tokio::select! {
                () = sleep(ROUND) => {}
                () = stop.cancelled() => {}
            }
        }
        while self.couriers.join_next().await.is_some() {}
        if self.lease.is_held()
            && let Err(error) = self.lease.leave(&self.store).await
        {
            tracing::warn!(code = %error.code(), %error, "another process will have to wait to go on telling people");
        }
    }

    /// Writes down what has happened, makes messages of what has gathered, and sends out those that are due.
    pub async fn step(&mut self) -> Result<()> {
        let now_ms = self.clock.now_ms();
        let store = self.store.clone();
        if !store.in_time(self.lease.keep(&store, now_ms)).await? {
            return Ok(());
        }
        while store.in_time(self.plan()).await? {}
        if self.looked_at_budgets_ms.is_none_or(|at_ms| (now_ms - at_ms).abs() >= BUDGETS_MS) {
            self.look_at_budgets(now_ms).await?;
            self.looked_at_budgets_ms = Some(now_ms);
        }
        // All this may have taken its time, and nothing is to be told twice.
        self.lease.hold(&store, self.clock.now_ms()).await?;
        store.in_time(self.compose(now_ms)).await?;
        self.send(now_ms).await
    }
}
