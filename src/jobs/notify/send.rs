//! Messages on their way: tried at once, then less and less often, and given up in the end, kept for people to see.

use entity::delivery::{Model, Status};
use entity::{ContactPointId, contact_point};
use futures_util::StreamExt;
use futures_util::stream;

use super::Notification;
use tracing::{Instrument, debug_span};

use crate::domain::message::Message;
use crate::error::Result;
use crate::messenger::Failure;

/// Messages under way at a time.
const AT_ONCE: usize = 8;
/// Messages tried in one step.
const DUE: u64 = 100;
/// Time until the second attempt, ms; each further one waits three times as long.
const FIRST_RETRY_MS: i64 = 5_000;
/// The longest time between two attempts, ms.
const LAST_RETRY_MS: i64 = 6 * 3_600_000;

impl Notification {
    /// Tries the messages that are due.
    pub(super) async fn send(&mut self, now_ms: i64) -> Result<()> {
        let due = self.store.due_deliveries(now_ms, DUE).await?;
        if due.is_empty() {
            return Ok(());
        }
        let contact_points = self.store.contact_points().await?;
        let attempts = due.into_iter().map(|row| self.attempt(row, &contact_points));
        let mut outcomes = stream::iter(attempts).buffer_unordered(AT_ONCE);
        while let Some(row) = outcomes.next().await {
            // One by one, so that what has arrived is known as soon as it has.
            let transaction = self.store.begin_write().await?;
            transaction.update_delivery(row).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    async fn attempt(&self, mut row: Model, contact_points: &[contact_point::Model]) -> Model {
        let outcome = match find(contact_points, row.contact_point_id) {
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
        let is_last = u32::try_from(row.attempts).is_ok_and(|attempts| attempts >= self.settings.attempts);
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
                    row.next_attempt_at_ms = now_ms + retry_after_ms(row.attempts);
                    "retried"
                }
            }
        };
        metrics::counter!("wattline_deliveries_total", "outcome" => outcome_name).increment(1);
        row
    }
}

fn find(contact_points: &[contact_point::Model], id: ContactPointId) -> Option<&contact_point::Model> {
    contact_points.iter().find(|to| to.id == id && to.is_enabled)
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
