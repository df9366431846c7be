//! A connection under TLS, written to and read from without waiting, as the plain one is.
//!
//! What is given to TLS is packed at once, and what of that the system has no room for stays here until it has.

use std::io::{self, ErrorKind, Read, Write};

use parking_lot::Mutex;
use rustls::ServerConnection;
use tokio::net::TcpStream;

/// The system's end of the connection, and what TLS knows of it.
#[derive(Debug)]
pub(super) struct Tls {
    stream: TcpStream,
    state: Mutex<ServerConnection>,
}

/// What became of what was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flushed {
    /// Nothing is left of it.
    pub(super) is_all: bool,
    /// Some of it went.
    pub(super) has_moved: bool,
}

impl Tls {
    pub(super) fn new(stream: TcpStream, state: ServerConnection) -> Self {
        Self { stream, state: Mutex::new(state) }
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Takes as much as TLS has room for, or says `WouldBlock` while some of before is left.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock();
        if !self.flush_locked(&mut state)?.is_all {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = state.writer().write(bytes)?;
        self.flush_locked(&mut state)?;
        Ok(taken)
    }

    /// Writes what is packed as far as there is room.
    pub(super) fn flush(&self) -> io::Result<Flushed> {
        self.flush_locked(&mut self.state.lock())
    }

    /// Whether something packed is left.
    pub(super) fn is_behind(&self) -> bool {
        self.state.lock().wants_write()
    }

    /// Reads what is there, or says `WouldBlock`.
    pub(super) fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.lock();
        loop {
            match state.reader().read(into) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            if state.read_tls(&mut Unwaiting(&self.stream))? == 0 {
                return Ok(0);
            }
            state.process_new_packets().map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
            // An answer to the other side's TLS; what does not fit goes with the next message.
            self.flush_locked(&mut state)?;
        }
    }

    /// Whether something has been unpacked that nobody has read yet.
    pub(super) fn has_unread(&self) -> bool {
        let mut state = self.state.lock();
        state.process_new_packets().is_ok_and(|found| found.plaintext_bytes_to_read() > 0 || found.peer_has_closed())
    }

    /// Says that nothing more comes.
    pub(super) fn say_end(&self) {
        let mut state = self.state.lock();
        state.send_close_notify();
        let _ = self.flush_locked(&mut state);
    }

    fn flush_locked(&self, state: &mut ServerConnection) -> io::Result<Flushed> {
        let mut flushed = Flushed { is_all: true, has_moved: false };
        while state.wants_write() {
            match state.write_tls(&mut Unwaiting(&self.stream)) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => flushed.has_moved = true,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    flushed.is_all = false;
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(flushed)
    }
}

/// The system's end as rustls wants it.
struct Unwaiting<'a>(&'a TcpStream);

impl Read for Unwaiting<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(into)
    }
}

impl Write for Unwaiting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
