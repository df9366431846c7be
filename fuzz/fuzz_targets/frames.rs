//! WebSocket frames: the same bytes are the same messages in whatever pieces they arrive, and never more than may be held.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wattline::push::{Message, Reader};

const GREATEST_BYTES: usize = 300;

fuzz_target!(|input: (u8, &[u8])| {
    let (step, bytes) = input;
    let step = usize::from(step).max(1);
    assert_eq!(messages(bytes.chunks(bytes.len().max(1))), messages(bytes.chunks(step)));
});

/// What is read until the first fault, and that.
fn messages<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, Option<u16>) {
    let (mut reader, mut read) = (Reader::new(GREATEST_BYTES), Vec::new());
    for piece in pieces {
        reader.feed(piece);
        loop {
            match reader.next_message() {
                Ok(Some(message)) => {
                    if let Message::Text(text) = &message {
                        assert!(text.len() <= GREATEST_BYTES, "{} bytes", text.len());
                    }
                    read.push(message);
                }
                Ok(None) => break,
                Err(broken) => return (read, Some(broken.code)),
            }
        }
    }
    (read, None)
}
