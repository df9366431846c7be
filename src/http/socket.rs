//! `/ws`: the source system's plain socket, so that its dashboards work unchanged. It sends
//! `{"type":"stats_update","stats":{…},"timestamp":…}` at once and at every tick, and
//! `{"type":"anomaly_detected","anomaly":{…},"timestamp":…}` for each new anomaly.

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
use crate::push::{Found, GOING_AWAY, Snapshot};
use crate::store::AnomalyFilter;

/// Bytes that a socket reads ahead; nothing is expected from these clients.
const READ_BUFFER_BYTES: usize = 1024;
const MESSAGE_BYTES: usize = 64 * 1024;

/// `GET /ws`
pub(super) async fn source_system(
    State(doors): State<Doors>,
    Visitor { rooms, hold, .. }: Visitor,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response> {
    check_origin(&doors, &headers)?;
    let upgrade = upgrade.read_buffer_size(READ_BUFFER_BYTES).max_message_size(MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(async move |mut socket| {
        let (code, reason) = tokio::select! {
            outcome = push(&rooms, &mut socket) => {
                if let Err(error) = outcome {
                    tracing::error!(code = %error.code(), %error, "a plain socket ended");
                }
                return;
            }
            () = doors.0.shutdown.cancelled() => GOING_AWAY,
            () = hold.revoked() => FORBIDDEN,
        };
        let _ = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    }))
}

/// Sends until the client has gone.
async fn push(rooms: &Rooms, socket: &mut WebSocket) -> Result<()> {
    let site = rooms.store.site_by_name(None).await?.id;
    let filter = AnomalyFilter { site_id: Some(site), is_quiet: Some(false), ..AnomalyFilter::default() };
    let mut anomalies = std::pin::pin!(rooms.anomalies.watch(filter, None).await?);
    let mut snapshots = std::pin::pin!(rooms.stats.watch(site).await);
    loop {
        let frame: Utf8Bytes = tokio::select! {
            Some(snapshot) = snapshots.next() => match snapshot {
                Ok(snapshot) => (&*snapshot.frame(stats_update)).into(),
                Err(error) => failed(&error).into(),
            },
            Some(anomaly) = anomalies.next() => match anomaly {
                Ok(found) => anomaly_detected(&found).into(),
                Err(error) => failed(&error).into(),
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

fn anomaly_detected(Found { anomaly, machine }: &Found) -> String {
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
