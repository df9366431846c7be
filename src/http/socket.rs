//! `/ws`: the source system's plain socket, so that its dashboards work unchanged. It sends
//! `{"type":"stats_update","stats":{…},"timestamp":…}` at once and at every tick, and
//! `{"type":"anomaly_detected","anomaly":{…},"timestamp":…}` for each new anomaly.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::StreamExt;
use serde_json::json;

use super::Doors;
use super::answer::check_origin;
use super::callers::Visitor;
use super::graphql::FORBIDDEN;
use crate::domain::instant::format_ms;
use crate::domain::rest::{Precision, RestStats};
use crate::error::{Error, Result};
use crate::graphql::Rooms;
use crate::push::{Found, GOING_AWAY, Loss, Snapshot, measure_push};
use crate::store::AnomalyFilter;

/// Bytes that a socket reads ahead; nothing is expected from these clients.
const READ_BUFFER_BYTES: usize = 1024;
/// How long a client may take to read that its socket is closed.
const FAREWELL: Duration = Duration::from_secs(1);

/// `GET /ws`
pub(super) async fn source_system(
    State(doors): State<Doors>,
    Visitor { rooms, hold, .. }: Visitor,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response> {
    check_origin(&doors, &headers)?;
    let greatest_bytes = doors.0.config.max_message_bytes;
    let upgrade = upgrade.read_buffer_size(READ_BUFFER_BYTES).max_message_size(greatest_bytes);
    let upgrade = upgrade.max_frame_size(greatest_bytes);
    Ok(upgrade.on_upgrade(async move |mut socket| {
        let _counted = doors.0.plain_sockets.token();
        let outcome = tokio::select! {
            outcome = push(&rooms, &mut socket) => outcome,
            () = doors.0.shutdown.cancelled() => close(&mut socket, GOING_AWAY).await,
            () = hold.revoked() => close(&mut socket, FORBIDDEN).await,
        };
        if let Err(error) = outcome {
            tracing::error!(code = %error.code(), %error, "a plain socket ended");
        }
    }))
}

/// Closes as far as the client still reads.
async fn close(socket: &mut WebSocket, (code, reason): (u16, &'static str)) -> Result<()> {
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = tokio::time::timeout(FAREWELL, socket.send(Message::Close(Some(frame)))).await;
    Ok(())
}

/// Sends until the client has gone.
async fn push(rooms: &Rooms, socket: &mut WebSocket) -> Result<()> {
    let site = rooms.store.site_by_name(None).await?.id;
    let filter = AnomalyFilter { site_id: Some(site), is_quiet: Some(false), ..AnomalyFilter::default() };
    let mut anomalies = std::pin::pin!(rooms.anomalies.watch(filter, None).await?);
    let mut snapshots = std::pin::pin!(rooms.stats.watch(site).await);
    loop {
        let (frame, since): (Utf8Bytes, _) = tokio::select! {
            Some(snapshot) = snapshots.next() => match snapshot {
                Ok(snapshot) => {
                    ((&*snapshot.frame(stats_update)).into(), Some((Loss::ButTheLatest, snapshot.begun)))
                }
                Err(error) => (failed(&error).into(), None),
            },
            Some(anomaly) = anomalies.next() => match anomaly {
                Ok(found) => (anomaly_detected(&found).into(), found.heard.map(|at| (Loss::Nothing, at))),
                Err(error) => (failed(&error).into(), None),
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                Some(Ok(_)) => continue,
            },
            else => return Ok(()),
        };
        if socket.send(Message::Text(frame)).await.is_err() {
            return Ok(());
        }
        if let Some((loss, since)) = since {
            measure_push(loss, since);
        }
    }
}

fn stats_update(snapshot: &Snapshot) -> String {
    let stats = RestStats::new(&snapshot.stats, Precision::Rounded);
    let timestamp = stats.timestamp.clone();
    json!({"type": "stats_update", "stats": stats, "timestamp": timestamp}).to_string()
}

/// A failure is said to be one; the source system sent its last numbers again.
fn failed(error: &Error) -> String {
    json!({"type": "error", "error": {"code": error.code(), "message": error.public_message()}}).to_string()
}

fn anomaly_detected(Found { anomaly, machine, .. }: &Found) -> String {
    json!({
        "type": "anomaly_detected",
        "anomaly": {
            "id": anomaly.id.0,
            "machine": machine.as_ref().map(|machine| &machine.name),
            "kind": anomaly.kind,
            "severity": anomaly.severity,
            "started_at": format_ms(anomaly.started_at_ms),
            "ended_at": anomaly.ended_at_ms.map(format_ms),
            "detected_at": format_ms(anomaly.detected_at_ms),
            "value": anomaly.value,
            "expected": anomaly.expected,
            "deviation": anomaly.deviation,
            "score": anomaly.score,
            "message": anomaly.message,
            "status": anomaly.status,
            "source": anomaly.source,
        },
        "timestamp": format_ms(anomaly.detected_at_ms),
    })
    .to_string()
}
