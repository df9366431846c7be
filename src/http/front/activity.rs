//! What goes on over one connection: whether its client has asked for anything yet, and since when nothing is under way.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

/// Clones share.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    under_way: usize,
    /// Since when nothing is, if nothing is.
    idle_since: Instant,
    has_asked: bool,
}

/// A request under way, until it is dropped, which is when its answer has been written.
#[derive(Debug)]
pub(super) struct Busy(Activity);

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { under_way: 0, idle_since: Instant::now(), has_asked: false })))
    }

    /// A request begins.
    pub(super) fn begin(&self) -> Busy {
        let mut state = self.0.lock();
        state.under_way += 1;
        state.has_asked = true;
        Busy(self.clone())
    }

    /// Waits until nothing has been under way for so long: one time for who has not asked for anything yet, one for who
    /// has; which of both it was.
    pub(super) async fn ceased(&self, unasked: Duration, asked: Duration) -> bool {
        loop {
            let (is_idle, deadline, has_asked) = {
                let state = self.0.lock();
                let idle_since = if state.under_way == 0 { state.idle_since } else { Instant::now() };
                let patience = if state.has_asked { asked } else { unasked };
                (state.under_way == 0, idle_since + patience, state.has_asked)
            };
            if is_idle && deadline <= Instant::now() {
                return has_asked;
            }
            sleep_until(deadline).await;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.under_way -= 1;
        state.idle_since = Instant::now();
    }
}
