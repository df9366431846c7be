//! WebSocket frames, server side: <https://www.rfc-editor.org/rfc/rfc6455>. Sans I/O: bytes in, messages out.
//!
//! Ours because frames are written once for thousands of sockets, which no library's socket lets one do.

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text, put together from its fragments.
    Text(String),
    /// Asks for the same bytes back.
    Ping(Vec<u8>),
    /// Answers a ping.
    Pong,
    /// Says good-bye, with the code it gave.
    Close(Option<u16>),
}

/// Why a socket must be closed: a code of RFC 6455, section 7.4.1, and a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The close code.
    pub code: u16,
    /// For people.
    pub reason: &'static str,
}

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const FIN: u8 = 0x80;
/// Bytes that a control frame carries at most.
const CONTROL_BYTES: usize = 125;

const PROTOCOL_ERROR: u16 = 1002;
const UNSUPPORTED_DATA: u16 = 1003;
const INVALID_DATA: u16 = 1007;
const TOO_BIG: u16 = 1009;

fn broken<T>(code: u16, reason: &'static str) -> Result<T, Broken> {
    Err(Broken { code, reason })
}

/// Reads a client's frames. It holds no more than one message and what has arrived of the next frame.
#[derive(Debug)]
pub struct Reader {
    greatest_bytes: usize,
    arrived: Vec<u8>,
    /// The fragments of a text so far.
    text: Option<Vec<u8>>,
}

/// A frame's head.
struct Head {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    /// Where the payload is in what has arrived.
    from: usize,
    to: usize,
}

impl Reader {
    /// A reader of messages up to so many bytes.
    #[must_use]
    pub fn new(greatest_bytes: usize) -> Self {
        Self { greatest_bytes, arrived: Vec::new(), text: None }
    }

    /// Takes what has arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.arrived.extend_from_slice(bytes);
    }

    /// The next message, if it has arrived as a whole.
    pub fn next_message(&mut self) -> Result<Option<Message>, Broken> {
        while let Some(head) = self.head()? {
            if self.arrived.len() < head.to {
                return Ok(None);
            }
            let masked = &self.arrived[head.from..head.to];
            let payload: Vec<u8> =
                masked.iter().zip(head.mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
            self.arrived.drain(..head.to);
            if self.arrived.is_empty() {
                // Idle sockets are many: each keeps nothing.
                self.arrived = Vec::new();
            }
            match head.opcode {
                CLOSE => return close(&payload).map(Some),
                PING => return Ok(Some(Message::Ping(payload))),
                PONG => return Ok(Some(Message::Pong)),
                _ => {}
            }
            let mut text = self.text.take().unwrap_or_default();
            text.extend_from_slice(&payload);
            if head.is_final {
                let text = String::from_utf8(text);
                return text.map(|text| Some(Message::Text(text))).or(broken(INVALID_DATA, "the text is not UTF-8"));
            }
            self.text = Some(text);
        }
        Ok(None)
    }

    /// Reads the head of the next frame, if it has arrived, and checks it before its payload is waited for.
    fn head(&self) -> Result<Option<Head>, Broken> {
        let &[first, second, ref rest @ ..] = self.arrived.as_slice() else { return Ok(None) };
        let (is_final, opcode) = (first & FIN != 0, first & 0x0F);
        if first & 0x70 != 0 {
            return broken(PROTOCOL_ERROR, "reserved bits are set");
        }
        if second & 0x80 == 0 {
            return broken(PROTOCOL_ERROR, "the frame is not masked");
        }
        let short = usize::from(second & 0x7F);
        match opcode {
            CLOSE | PING | PONG if !is_final || short > CONTROL_BYTES => {
                return broken(PROTOCOL_ERROR, "a control frame is fragmented or too long");
            }
            CONTINUATION if self.text.is_none() => return broken(PROTOCOL_ERROR, "there is nothing to continue"),
            TEXT if self.text.is_some() => return broken(PROTOCOL_ERROR, "a message begins inside another"),
            BINARY => return broken(UNSUPPORTED_DATA, "only text is spoken here"),
            CONTINUATION | TEXT | CLOSE | PING | PONG => {}
            _ => return broken(PROTOCOL_ERROR, "the opcode is unknown"),
        }
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(bytes) = rest.get(..extended + 4) else { return Ok(None) };
        let (long, mask) = bytes.split_at(extended);
        let length =
            if extended == 0 { short as u64 } else { long.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)) };
        let before = self.text.as_ref().map_or(0, Vec::len);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.greatest_bytes.saturating_sub(before) {
            return broken(TOO_BIG, "the message is too long");
        }
        let from = 2 + extended + 4;
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        Ok(Some(Head { is_final, opcode, mask, from, to: from + length }))
    }
}

fn close(payload: &[u8]) -> Result<Message, Broken> {
    match payload {
        [] => Ok(Message::Close(None)),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return broken(PROTOCOL_ERROR, "the close code is not one to be sent");
            }
            if std::str::from_utf8(reason).is_err() {
                return broken(INVALID_DATA, "the reason is not UTF-8");
            }
            Ok(Message::Close(Some(code)))
        }
        [_] => broken(PROTOCOL_ERROR, "the close frame is too short"),
    }
}

/// Appends the head of a frame with a payload of so many bytes.
fn write_head(into: &mut Vec<u8>, opcode: u8, length: usize) {
    into.push(FIN | opcode);
    match length {
        0..=125 => into.extend(u8::try_from(length)),
        126..=0xFFFF => {
            into.push(126);
            into.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
        _ => {
            into.push(127);
            into.extend((length as u64).to_be_bytes());
        }
    }
}

/// Appends a text frame, given in parts.
pub fn write_text(into: &mut Vec<u8>, parts: &[&[u8]]) {
    write_head(into, TEXT, parts.iter().map(|part| part.len()).sum());
    for part in parts {
        into.extend_from_slice(part);
    }
}

/// Appends a ping.
pub(super) fn write_ping(into: &mut Vec<u8>) {
    write_head(into, PING, 0);
}

/// Appends the answer to a ping.
pub fn write_pong(into: &mut Vec<u8>, payload: &[u8]) {
    write_head(into, PONG, payload.len());
    into.extend_from_slice(payload);
}

/// Appends a close frame; the reason is cut to what fits.
pub fn write_close(into: &mut Vec<u8>, code: u16, reason: &str) {
    let reason = &reason[..reason.floor_char_boundary(CONTROL_BYTES - 2)];
    write_head(into, CLOSE, 2 + reason.len());
    into.extend(code.to_be_bytes());
    into.extend_from_slice(reason.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame as a client sends it.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        write_head(&mut frame, first & 0x0F, payload.len());
        frame[0] = first;
        frame[1] |= 0x80;
        let mask = [1, 2, 3, 250];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    fn read(bytes: &[u8]) -> Result<Option<Message>, u16> {
        let mut reader = Reader::new(1000);
        reader.feed(bytes);
        reader.next_message().map_err(|broken| broken.code)
    }

    #[test]
    fn what_breaks_the_protocol_is_told_by_its_code() {
        for (bytes, code) in [
            (vec![0x81, 0x01, b'a'], 1002),
            (frame(0xC1, b"a"), 1002),
            (frame(0x83, b"a"), 1002),
            (frame(0x80, b"a"), 1002),
            (frame(0x09, b"a"), 1002),
            (frame(0x89, &[0; 126]), 1002),
            (frame(0x88, &[3]), 1002),
            (frame(0x88, &[3, 0xED]), 1002),
            (frame(0x88, &[3, 0xE8, 0xFF]), 1007),
            (frame(0x82, b"a"), 1003),
            (frame(0x81, &[0xFF]), 1007),
            (frame(0x81, &[b'a'; 1001]), 1009),
            ([frame(0x01, &[b'a'; 600]), frame(0x80, &[b'a'; 401])].concat(), 1009),
            ([frame(0x01, b"a"), frame(0x81, b"a")].concat(), 1002),
            // The size is known before the payload comes.
            (vec![0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
        ] {
            assert_eq!(read(&bytes), Err(code), "{bytes:?}");
        }
        assert_eq!(read(&frame(0x88, &[])), Ok(Some(Message::Close(None))));
        assert_eq!(read(&frame(0x88, &[0x0F, 0xA0, b'!'])), Ok(Some(Message::Close(Some(4000)))));
    }

    proptest! {
        #[test]
        fn messages_come_out_as_they_went_in_wherever_they_are_cut(
            texts in prop::collection::vec(("\\PC{0,300}", 1_usize..50), 1..8),
            pieces in 1_usize..40,
        ) {
            let (mut bytes, mut expected) = (Vec::new(), Vec::new());
            for (text, fragment) in &texts {
                let fragments: Vec<&[u8]> = text.as_bytes().chunks(*fragment).collect();
                let last = fragments.len().saturating_sub(1);
                for (at, part) in fragments.iter().enumerate() {
                    let opcode = u8::from(at == 0);
                    bytes.extend(frame(if at == last { 0x80 | opcode } else { opcode }, part));
                    bytes.extend(frame(0x89, b"between"));
                    expected.push(Message::Ping(b"between".to_vec()));
                }
                if fragments.is_empty() {
                    bytes.extend(frame(0x81, b""));
                    expected.push(Message::Text(String::new()));
                } else {
                    expected.insert(expected.len() - 1, Message::Text(text.clone()));
                }
            }
            let mut reader = Reader::new(10_000);
            let mut found = Vec::new();
            for piece in bytes.chunks(pieces) {
                reader.feed(piece);
                while let Some(message) = reader.next_message().expect("no error") {
                    found.push(message);
                }
            }
            prop_assert_eq!(found, expected);
            prop_assert_eq!(reader.arrived.capacity(), 0);
        }
    }
}
