//! How often somebody may try to sign in: so often a minute from one address and under one name. Guessing goes on at that
//! rate and no faster.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::codes::Code;
use crate::error::{Error, Result};

/// Attempts in one minute.
const A_MINUTE: u32 = 10;
const MINUTE_MS: i64 = 60_000;
/// Addresses and names that are remembered; when there are more, all are forgotten but those of this minute.
const REMEMBERED: usize = 10_000;

/// What was tried in the minute that goes on.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<String, (i64, u32)>>);

impl Attempts {
    /// Counts an attempt under each of these (`TOO_MANY_ATTEMPTS`).
    pub(super) fn count(&self, under: &[String], now_ms: i64) -> Result<()> {
        let minute = now_ms.div_euclid(MINUTE_MS);
        let mut all = self.0.lock();
        if all.len() + under.len() > REMEMBERED {
            all.retain(|_, (known, _)| *known == minute);
        }
        // Too many at once to tell apart: nobody gets further attempts by that.
        let mut is_too_many = all.len() + under.len() > REMEMBERED;
        for name in under {
            if is_too_many {
                break;
            }
            let (known, count) = all.entry(name.clone()).or_insert((minute, 0));
            if *known != minute {
                (*known, *count) = (minute, 0);
            }
            *count += 1;
            is_too_many = *count > A_MINUTE;
        }
        if is_too_many {
            let message = "too many attempts to sign in: try again in a minute";
            return Err(Error::invalid(Code::TooManyAttempts, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_has_ten_attempts_under_a_name() {
        let attempts = Attempts::default();
        let tried = |name: &str, now_ms| attempts.count(&[name.to_owned()], now_ms).is_ok();
        assert!((0..10).all(|_| tried("anna", 30_000)));
        assert!(!tried("anna", 59_999) && tried("bert", 59_999) && tried("anna", 60_000));
    }
}
