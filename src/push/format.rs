//! How an operation's messages are written, by transport.

use std::sync::Arc;

use super::frames::{write_ping, write_text};

/// Between the parts of a multipart response.
pub const BOUNDARY: &str = "graphql";

/// A part's head. The boundary stands at the end of each part, not before it: clients take a part for whole once they
/// see the boundary after it.
const PART: &str = "\r\nContent-Type: application/json\r\n\r\n";
const PART_END: &str = "\r\n--graphql";

/// A way to write messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `graphql-transport-ws` in WebSocket frames:
    /// <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>
    Socket,
    /// `graphql-ws`, which the above replaced, in WebSocket frames:
    /// <https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md>
    LegacySocket,
    /// Server-sent events of one operation, "distinct connections":
    /// <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>
    EventStream,
    /// Server-sent events of many operations, "single connection" of the same.
    SharedEventStream,
    /// Parts of a multipart response, of one operation:
    /// <https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol>
    Multipart,
}

impl Format {
    /// Whether the connection ends with its operation.
    pub(super) fn is_for_one(self) -> bool {
        matches!(self, Self::EventStream | Self::Multipart)
    }

    /// Whether the client answers pings.
    pub(super) fn has_pongs(self) -> bool {
        self.is_socket()
    }

    /// Whether its messages are WebSocket frames.
    pub(super) fn is_socket(self) -> bool {
        matches!(self, Self::Socket | Self::LegacySocket)
    }

    /// What is written before the first message.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Socket | Self::LegacySocket => "",
            // Says at once that the stream is open.
            Self::EventStream | Self::SharedEventStream => ":\n\n",
            Self::Multipart => PART_END,
        }
    }

    /// What the events of an operation begin with.
    pub(super) fn head(self, id: &str) -> Arc<[u8]> {
        let id = serde_json::Value::from(id);
        let head = match self {
            Self::Socket => format!("{{\"id\":{id},\"type\":\"next\",\"payload\":"),
            Self::LegacySocket => format!("{{\"id\":{id},\"type\":\"data\",\"payload\":"),
            Self::EventStream => "event: next\ndata: ".to_owned(),
            Self::SharedEventStream => format!("event: next\ndata: {{\"id\":{id},\"payload\":"),
            Self::Multipart => format!("{PART}{{\"payload\":"),
        };
        head.into_bytes().into()
    }

    /// Appends an event: a GraphQL response as JSON on one line.
    pub(super) fn write_next(self, into: &mut Vec<u8>, head: &[u8], payload: &str) {
        let (close, end) = match self {
            Self::Socket | Self::LegacySocket => return write_text(into, &[head, payload.as_bytes(), b"}"]),
            Self::EventStream => ("", "\n\n"),
            Self::SharedEventStream => ("}", "\n\n"),
            Self::Multipart => ("}", PART_END),
        };
        for part in [head, payload.as_bytes(), close.as_bytes(), end.as_bytes()] {
            into.extend_from_slice(part);
        }
    }

    /// The end of an operation: in order, or with errors, a JSON array.
    pub(super) fn end(self, id: &str, errors: Option<&str>) -> Vec<u8> {
        let name = serde_json::Value::from(id);
        match (self, errors) {
            (Self::Socket | Self::LegacySocket, None) => text(&format!("{{\"id\":{name},\"type\":\"complete\"}}")),
            (Self::Socket | Self::LegacySocket, Some(errors)) => {
                text(&format!("{{\"id\":{name},\"type\":\"error\",\"payload\":{errors}}}"))
            }
            (Self::EventStream, None) => b"event: complete\ndata: \n\n".to_vec(),
            (Self::SharedEventStream, None) => format!("event: complete\ndata: {{\"id\":{name}}}\n\n").into_bytes(),
            (Self::EventStream | Self::SharedEventStream, Some(errors)) => {
                let mut message = Vec::new();
                self.write_next(&mut message, &self.head(id), &format!("{{\"errors\":{errors}}}"));
                message.extend(self.end(id, None));
                message
            }
            (Self::Multipart, None) => b"--\r\n".to_vec(),
            (Self::Multipart, Some(errors)) => {
                format!("{PART}{{\"payload\":null,\"errors\":{errors}}}{PART_END}--\r\n").into_bytes()
            }
        }
    }

    /// Appends what only shows that the connection lives.
    pub(super) fn write_ping(self, into: &mut Vec<u8>) {
        match self {
            Self::Socket | Self::LegacySocket => write_ping(into),
            Self::EventStream | Self::SharedEventStream => into.extend_from_slice(b":\n\n"),
            Self::Multipart => into.extend_from_slice(format!("{PART}{{}}{PART_END}").as_bytes()),
        }
    }
}

fn text(message: &str) -> Vec<u8> {
    let mut frame = Vec::new();
    write_text(&mut frame, &[message.as_bytes()]);
    frame
}
