//! The members of a shared execution: who gets its events, and what each has got. They have places that stay, so that a
//! loop over them can be interrupted while others come and go.

use std::sync::Arc;

use tokio::time::Instant;

use super::sockets::{Offered, Socket};
use crate::codes::Code;

/// What every member of a subscription gets: a GraphQL response as JSON.
pub(super) type Payload = Arc<str>;

/// What may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Only the latest event matters; a late joiner gets it at once.
    ButTheLatest,
    /// None may be missing.
    Nothing,
}

/// What an execution has for its members.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Next {
        number: u64,
        payload: Payload,
        cursor: Option<i64>,
        /// Since when it is on its way.
        since: Option<Instant>,
    },
    End(End),
}

/// How it ended: with these errors, as a JSON array, or in order.
#[derive(Clone, Debug)]
pub(super) struct End(pub(super) Option<Payload>);

impl End {
    /// With errors, as a list of GraphQL errors.
    pub(super) fn with(errors: &impl serde::Serialize) -> Self {
        Self(Some(json(errors)))
    }

    /// With one error that no document brought about.
    pub(super) fn with_error(message: &str, extensions: &serde_json::Value) -> Self {
        Self::with(&serde_json::json!([{"message": message, "extensions": extensions}]))
    }
}

/// As JSON; what cannot be written, which no response should be, is null.
pub(super) fn json(value: &impl serde::Serialize) -> Payload {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()).into()
}

/// Members in their places.
#[derive(Debug, Default)]
pub(super) struct Members {
    places: Vec<Option<Member>>,
    free: Vec<usize>,
    /// The end, once it has come: who joins after it gets nothing else.
    ended: Option<End>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) socket: Arc<Socket>,
    pub(super) id: Box<str>,
    /// What its events begin with.
    head: Arc<[u8]>,
    /// The number of the last event it has got.
    seen: u64,
    /// The cursor of the last anomaly it has got.
    cursor: Option<i64>,
}

impl Members {
    /// Adds a member; its place, or how it ended if that has come.
    pub(super) fn add(&mut self, member: Member) -> Result<usize, End> {
        if let Some(end) = &self.ended {
            return Err(end.clone());
        }
        let at = self.free.pop().unwrap_or(self.places.len());
        if at == self.places.len() {
            self.places.push(None);
        }
        self.places[at] = Some(member);
        Ok(at)
    }

    /// Takes out who has this place.
    pub(super) fn remove(&mut self, at: usize) {
        self.places[at] = None;
        self.free.push(at);
    }

    /// Offers an event to some places from one on. Those whom it ended are taken out, but not yet their places; and how
    /// many places there are.
    pub(super) fn offer(
        &mut self,
        (from, count): (usize, usize),
        (event, loss): (&Event, Loss),
        frame: &mut Vec<u8>,
    ) -> (Vec<(usize, Member, End)>, usize) {
        if let Event::End(end) = event {
            self.ended.get_or_insert_with(|| end.clone());
        }
        let mut ended = Vec::new();
        for at in from..self.places.len().min(from + count) {
            let Some(member) = &mut self.places[at] else { continue };
            if let Some(end) = member.take(loss, event, frame) {
                ended.extend(self.places[at].take().map(|member| (at, member, end)));
            }
        }
        (ended, self.places.len())
    }
}

impl Member {
    /// A member that has got all events up to a number.
    pub(super) fn new(socket: &Arc<Socket>, id: &str, seen: u64) -> Self {
        Self { socket: socket.clone(), id: id.into(), head: socket.format().head(id), seen, cursor: None }
    }

    /// What its events begin with.
    pub(super) fn head(&self) -> Arc<[u8]> {
        self.head.clone()
    }

    /// Offers an event to the socket; how it ends if that is the end.
    fn take(&mut self, loss: Loss, event: &Event, frame: &mut Vec<u8>) -> Option<End> {
        let (number, payload, cursor) = match event {
            Event::Next { number, payload, cursor, .. } => (*number, payload, *cursor),
            Event::End(end) => return Some(end.clone()),
        };
        if number <= self.seen {
            return None;
        }
        self.seen = number;
        let offered = match loss {
            Loss::ButTheLatest => self.socket.offer_latest(&self.head, payload, frame),
            Loss::Nothing => {
                frame.clear();
                self.socket.format().write_next(frame, &self.head, payload);
                self.socket.offer(frame)
            }
        };
        match offered {
            Offered::Taken => self.cursor = cursor.or(self.cursor),
            // The socket's own task takes its members out.
            Offered::Gone => {}
            Offered::Behind => return Some(self.too_far_behind()),
        }
        None
    }

    fn too_far_behind(&self) -> End {
        metrics::counter!("wattline_push_behind_total").increment(1);
        let cursor = self.cursor.map(|cursor| cursor.to_string());
        let extensions = serde_json::json!({"code": Code::TooFarBehind, "cursor": cursor});
        End::with_error("the client is too far behind: subscribe again after the cursor", &extensions)
    }
}
