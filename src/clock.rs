//! Where "now" comes from. Time is a parameter everywhere else, so that a test or a demo can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

/// A source of the present instant; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Scaled { origin: Instant, start_ms: i64, speed: f64 },
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that starts at `start_ms` (ms since the epoch) and runs `speed` times as fast as the real one.
    #[must_use]
    pub fn scaled(start_ms: i64, speed: f64) -> Self {
        Self(Source::Scaled { origin: Instant::now(), start_ms, speed })
    }

    /// A clock that stands still until [`Clock::set_ms`].
    #[must_use]
    pub fn manual(now_ms: i64) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(now_ms))))
    }

    /// Sets a manual clock; the others go their own way.
    pub fn set_ms(&self, now_ms: i64) {
        if let Source::Manual(cell) = &self.0 {
            cell.store(now_ms, Ordering::SeqCst);
        }
    }

    /// Now, in milliseconds since the Unix epoch.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a demo's clock; i64 ms last 292 million years")]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::System => jiff::Timestamp::now().as_millisecond(),
            Source::Scaled { origin, start_ms, speed } => {
                start_ms + (origin.elapsed().as_secs_f64() * 1000.0 * speed) as i64
            }
            Source::Manual(cell) => cell.load(Ordering::SeqCst),
        }
    }

    /// How many of this clock's seconds pass in a real one.
    #[must_use]
    pub fn speed(&self) -> f64 {
        match &self.0 {
            Source::Scaled { speed, .. } => *speed,
            _ => 1.0,
        }
    }
}
