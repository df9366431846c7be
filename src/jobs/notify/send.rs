//! Messages on their way: tried at once, then less and less often, and given up in the end, kept for people to see.
//!
//! Each contact point has a courier of its own, who takes one message after the other: none waits for the answer of
//! another, and the end of something is not told before its begin.

use std::collections::BTreeMap;

use entity::delivery::{Model, Status};
use entity::{ContactPointId, contact_point};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span};

use super::Notification;
use crate::clock::Clock;
use crate::domain::message::Message;
use crate::error::Result;
use crate::messenger::{Failure, Messenger};
use crate::store::Store;

/// Couriers under way at a time.
const COURIERS: usize = 256;
/// Messages given to couriers in one step.
const DUE: u64 = 100;
/// Time until the second attempt, ms; each further one waits three times as long.
const FIRST_RETRY_MS: i64 = 5_000;
/// The longest time between two attempts, ms.
const LAST_RETRY_MS: i64 = 6 * 3_600_000;

impl Notification {
    /// Sends out couriers with the messages that are due, to contact points that none is on the way to.
    pub(super) async fn send(&mut self, now_ms: i64) -> Result<()> {
        while self.couriers.try_join_next().is_some() {}
        self.under_way.retain(|_, courier| !courier.is_finished());
        let busy: Vec<ContactPointId> = self.under_way.keys().copied().collect();
        let mut due: BTreeMap<ContactPointId, Vec<Model>> = BTreeMap::new();
        for row in self.store.due_deliveries(now_ms, &busy, DUE).await? {
            due.entry(row.contact_point_id).or_default().push(row);
        }
        if due.is_empty() {
            return Ok(());
        }
        let contact_points = self.store.contact_points().await?;
        for (id, mut rows) in due.into_iter().take(COURIERS.saturating_sub(busy.len())) {
            rows.sort_unstable_by_key(|row| row.id);
            let courier = Courier {
                store: self.store.clone(),
                clock: self.clock.clone(),
                messenger: self.messenger.clone(),
                attempts: self.settings.attempts,
                stop: self.stop.clone(),
                to: contact_points.iter().find(|to| to.id == id && to.is_enabled).cloned(),
            };
            self.under_way.insert(id, self.couriers.spawn(courier.deliver(rows)));
        }
        Ok(())
    }
}

/// Who brings a contact point its messages.
struct Courier {
    store: Store,
    clock: Clock,
    messenger: Messenger,
    /// How often a message is tried before it is given up.
    attempts: u32,
    stop: CancellationToken,
    /// None if it is no longer there, or switched off.
    to: Option<contact_point::Model>,
}

impl Courier {
    /// Tries one message after the other, until one has to be tried again.
    async fn deliver(self, rows: Vec<Model>) {
        for row in rows {
            if self.stop.is_cancelled() {
                return;
            }
            match self.bring(row).await {
                Ok(true) => {}
                Ok(false) => return,
                // What was sent is sent again, by the same id, once the database is back.
                Err(error) => {
                    tracing::error!(code = %error.code(), %error, "what became of a message could not be noted");
                    return;
                }
            }
        }
    }

    /// Tries a message, unless one before it tells of the same and has not arrived; whether the next may be tried.
    async fn bring(&self, row: Model) -> Result<bool> {
        if self.store.has_to_wait(&row).await? {
            return Ok(true);
        }
        let (row, wait_ms) = self.attempt(row).await;
        let is_done = row.status != Status::Pending;
        let transaction = self.store.begin_write().await?;
        if wait_ms > 0 {
            transaction.put_off_deliveries(row.contact_point_id, row.next_attempt_at_ms).await?;
        }
        transaction.update_delivery(row).await?;
        transaction.commit().await?;
        Ok(is_done)
    }

    /// Tries a message; what became of it, and for how long the other side asks to be left alone, ms.
    async fn attempt(&self, mut row: Model) -> (Model, i64) {
        let outcome = match &self.to {
            Some(to) => {
                let message =
                    Message { subject: row.subject.clone(), text: row.text.clone(), payload: row.payload.clone() };
                let sent = self.messenger.send(to, &row.message_id, &message, self.clock.now_ms());
                sent.instrument(debug_span!("deliver", delivery = %row.id, attempt = row.attempts)).await
            }
            None => Err(Failure::Permanent("the contact point is no longer there, or switched off".to_owned())),
        };
        let now_ms = self.clock.now_ms();
        row.attempts += 1;
        let is_last = u32::try_from(row.attempts).is_ok_and(|attempts| attempts >= self.attempts);
        let mut asked_ms = 0;
        let outcome_name = match outcome {
            Ok(()) => {
                (row.status, row.delivered_at_ms, row.last_error) = (Status::Delivered, Some(now_ms), None);
                "delivered"
            }
            Err(failure) => {
                tracing::warn!(delivery = %row.id, attempt = row.attempts, reason = failure.reason(), "not delivered");
                row.last_error = Some(failure.reason().to_owned());
                if is_last || matches!(failure, Failure::Permanent(_)) {
                    row.status = Status::Failed;
                    "failed"
                } else {
                    if let Failure::Later(_, wait_ms) = failure {
                        asked_ms = wait_ms.min(LAST_RETRY_MS);
                    }
                    row.next_attempt_at_ms = now_ms + asked_ms.max(retry_after_ms(row.attempts));
                    "retried"
                }
            }
        };
        metrics::counter!("wattline_deliveries_total", "outcome" => outcome_name).increment(1);
        (row, asked_ms)
    }
}

/// Time until the next attempt after so many, ms.
fn retry_after_ms(attempts: i32) -> i64 {
    let factor = u32::try_from(attempts - 1).ok().and_then(|power| 3_i64.checked_pow(power)).unwrap_or(i64::MAX);
    FIRST_RETRY_MS.saturating_mul(factor).min(LAST_RETRY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_get_rarer_up_to_a_quarter_of_a_day() {
        let waits = [1, 2, 3, 9, 10, 100].map(|attempts| retry_after_ms(attempts) / 1000);
        assert_eq!(waits, [5, 15, 45, 21_600, 21_600, 21_600]);
    }
}
