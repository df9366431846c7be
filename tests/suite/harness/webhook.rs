//! A receiver of webhooks: answers what it is told to and keeps what came.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;

use super::until;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn id(&self) -> String {
        self.headers["webhook-id"].to_str().expect("text").to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Whether it was signed with a secret, by the reference library; the signed time may be of another clock than ours.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let at_s: i64 = self.headers["webhook-timestamp"].to_str().expect("text").parse().expect("a number");
        let expected = Webhook::new(secret).expect("a secret").sign(&self.id(), at_s, self.body.as_bytes());
        self.headers["webhook-signature"].to_str().expect("text") == expected.expect("a signature")
    }
}

#[derive(Clone, Default)]
struct Kept {
    calls: Arc<Mutex<Vec<Call>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

/// A running receiver.
pub(crate) struct Receiver {
    address: SocketAddr,
    kept: Kept,
}

impl Receiver {
    /// One that answers with these statuses in turn, and then with 204; with 429 it asks for two minutes.
    pub(crate) async fn start(answers: &[u16]) -> Self {
        let kept = Kept::default();
        kept.answers.lock().expect("no panic").extend(answers);
        let router = axum::Router::new().route("/hook", post(take)).with_state(kept.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, kept }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.kept.calls.lock().expect("no panic").clone()
    }

    /// Waits until so many have come.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Call> {
        until(&format!("{count} calls"), async || Some(self.calls()).filter(|calls| calls.len() >= count)).await
    }
}

async fn take(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    kept.calls.lock().expect("no panic").push(Call { headers, body });
    let answer = kept.answers.lock().expect("no panic").pop_front().unwrap_or(204);
    let wait = (answer == 429).then_some((RETRY_AFTER, HeaderValue::from_static("120")));
    (StatusCode::from_u16(answer).expect("a status"), HeaderMap::from_iter(wait))
}
