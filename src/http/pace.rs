//! How many requests a second somebody may make: whoever has a key or a session by that, everybody else by their address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::front::network;
use crate::access::{Caller, Credential};
use crate::codes::Code;
use crate::error::{Error, Result};

/// Seconds of requests that may come at once.
const BURST_S: u32 = 2;
/// Requests after which those are forgotten who have asked for nothing lately.
const TIDY_EVERY: u32 = 1024;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// Of whom a key or a session is known.
    Credential(Credential),
    /// Of whom no more is known than where they are.
    Address(Option<IpAddr>),
}

/// The count of all.
pub(super) struct Pace {
    buckets: Option<DefaultKeyedRateLimiter<Who>>,
    greatest: u32,
    checked: AtomicU32,
}

impl Who {
    /// Whoever calls from there.
    pub(super) fn of(caller: Option<&Caller>, peer: Option<IpAddr>) -> Self {
        match caller.and_then(|caller| caller.granted().ok()).map(|granted| granted.credential) {
            None | Some(Credential::Open) => Self::Address(peer.map(network)),
            Some(credential) => Self::Credential(credential),
        }
    }
}

impl Pace {
    /// So many requests a second each; 0 for any number.
    pub(super) fn new(greatest: u32) -> Self {
        let burst = |rate: NonZeroU32| NonZeroU32::MIN.saturating_add(rate.get().saturating_mul(BURST_S) - 1);
        let quota = NonZeroU32::new(greatest).map(|rate| Quota::per_second(rate).allow_burst(burst(rate)));
        Self { buckets: quota.map(RateLimiter::keyed), greatest, checked: AtomicU32::new(0) }
    }

    /// Counts a request, or refuses it (`TOO_MANY_REQUESTS`).
    pub(super) fn check(&self, who: Who) -> Result<()> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        if self.checked.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            buckets.retain_recent();
        }
        buckets.check_key(&who).map_err(|_| {
            metrics::counter!("wattline_requests_limited_total").increment(1);
            let message = format!("more than {} requests a second: send fewer, or more in each", self.greatest);
            Error::invalid(Code::TooManyRequests, message)
        })
    }
}
