//! Text as if every line ended with one line feed: carriage returns before it go, and the last line gets its own. So a
//! line's number can be told from what has been read, whatever system wrote the file.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const CHUNK_BYTES: usize = 64 * 1024;

/// Reads text with uniform line ends.
#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    chunk: Vec<u8>,
    /// What is ready to be handed out, and how much of it has been.
    ready: Vec<u8>,
    taken: usize,
    /// A carriage return whose next byte is not known yet.
    held_return: bool,
    last: u8,
    ended: bool,
    cut_off: Arc<AtomicBool>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        let (chunk, ready) = (vec![0; CHUNK_BYTES], Vec::with_capacity(CHUNK_BYTES + 2));
        Self { source, chunk, ready, taken: 0, held_return: false, last: b'\n', ended: false, cut_off: Arc::default() }
    }

    /// Whether the text turned out to end in the middle of a line.
    pub(super) fn cut_off(&self) -> Arc<AtomicBool> {
        self.cut_off.clone()
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.taken = 0;
        while self.ready.is_empty() && !self.ended {
            let count = self.source.read(&mut self.chunk)?;
            for &byte in &self.chunk[..count] {
                if std::mem::take(&mut self.held_return) && byte != b'\n' {
                    self.ready.push(b'\r');
                }
                match byte {
                    b'\r' => self.held_return = true,
                    byte => self.ready.push(byte),
                }
                self.last = byte;
            }
            if count == 0 {
                self.ended = true;
                if self.last != b'\n' {
                    self.cut_off.store(true, Ordering::Relaxed);
                    self.ready.push(b'\n');
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.ready.len() {
            self.fill()?;
        }
        let count = into.len().min(self.ready.len() - self.taken);
        into[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ends_with_one_line_feed_wherever_the_chunks_break() {
        for (text, expected, cut_off) in
            [("a\r\nb\n", "a\nb\n", false), ("a\rb", "a\rb\n", true), ("", "", false), ("\r\n\r\n", "\n\n", false)]
        {
            for step in 1..=text.len().max(1) {
                let pieces = text.as_bytes().chunks(step).map(io::Cursor::new);
                let source: Box<dyn Read> =
                    pieces.fold(Box::new(io::empty()), |before, piece| Box::new(before.chain(piece)));
                let mut lines = Lines::new(source);
                let mut read = String::new();
                lines.read_to_string(&mut read).expect("text");
                assert_eq!((read.as_str(), lines.cut_off().load(Ordering::Relaxed)), (expected, cut_off));
            }
        }
    }
}
