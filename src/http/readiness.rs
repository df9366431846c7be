//! `/readyz`: whether requests can be served, found out by doing what they need: a row is written, the schema looked at,
//! the room on the disk measured.
//!
//! Anybody may ask, so what was found out is shared by all who ask meanwhile, and good news by all within a second.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::{Doors, identity};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::{Disk, Store};

/// How long a write may take before the database counts as not writable.
const WRITE: Duration = Duration::from_secs(2);
/// How long good news is good.
const GOOD_NEWS: Duration = Duration::from_secs(1);

/// When it was last looked, and what kept requests from being served then.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Arc<[Error]>)>>);

/// `GET /readyz`: 200, or 503 with every reason against it.
pub(super) async fn ready(State(doors): State<Doors>) -> Response {
    let mut reasons = Vec::new();
    if doors.0.shutdown.is_cancelled() {
        reasons.push(shutting_down());
    }
    reasons.extend(find_reasons(&doors).await.iter().cloned());
    let Some(first) = reasons.first() else {
        return Json(json!({"status": "ready"})).into_response();
    };
    let told: Vec<Value> = reasons.iter().map(tell).collect();
    let message = reasons.iter().map(Error::public_message).collect::<Vec<_>>().join("; ");
    let error = json!({"code": first.code(), "message": message, "requestId": identity::request_id()});
    let body = json!({"status": "not ready", "reasons": told, "error": error});
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

/// What whoever comes too late is told.
pub(super) fn shutting_down() -> Error {
    Error::invalid(Code::ShuttingDown, "the server ends: send the same again in a moment, to whoever is ready then")
}

fn tell(reason: &Error) -> Value {
    json!({"code": reason.code(), "message": reason.public_message()})
}

/// What is against it, looked at after it was asked for, or found to be nothing a moment ago.
async fn find_reasons(doors: &Doors) -> Arc<[Error]> {
    let asked = Instant::now();
    let mut latest = doors.0.readiness.0.lock().await;
    if let Some((begun, reasons)) = &*latest
        && (*begun > asked || (reasons.is_empty() && begun.elapsed() < GOOD_NEWS))
    {
        return reasons.clone();
    }
    let begun = Instant::now();
    let reasons: Arc<[Error]> = look(doors).await.into();
    *latest = Some((begun, reasons.clone()));
    reasons
}

async fn look(doors: &Doors) -> Vec<Error> {
    let (store, now_ms) = (&doors.0.rooms.store, doors.0.rooms.clock.now_ms());
    let in_time = timeout(WRITE, async {
        store.check_writable(now_ms).await?;
        store.check_migrated().await
    });
    let too_long = || Err(Error::Busy(format!("a row could not be written within {} s", WRITE.as_secs())));
    let database = in_time.await.unwrap_or_else(|_| too_long());
    let outcomes = [database, check_room(store, doors.0.config.min_free_bytes)];
    let reasons: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
    for reason in &reasons {
        tracing::warn!(code = %reason.code(), %reason, "not ready");
    }
    reasons
}

/// Whether the disk has room (`DISK_LOW`); what is not known counts as enough.
fn check_room(store: &Store, least_bytes: u64) -> Result<()> {
    match store.disk() {
        Ok(Some(Disk { free, .. })) if free < least_bytes => {
            let message = format!("the disk of the database has {free} bytes left, and needs {least_bytes}");
            Err(Error::invalid(Code::DiskLow, message))
        }
        _ => Ok(()),
    }
}
