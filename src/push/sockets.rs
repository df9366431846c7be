//! Open sockets, and responses that go on, which are sockets too here; and what waits to be written to each.
//!
//! Whoever has something for a socket writes it there and then, from wherever it runs; only what does not fit into the
//! system's buffer waits, and the socket's own task writes it once there is room. Of statistics the latest one waits;
//! anomalies wait up to a limit of bytes.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::Stream;
use parking_lot::{Mutex, MutexGuard};
use rustls::ServerConnection;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::format::Format;
use super::frames::write_close;
use super::members::Payload;
use super::shared::Place;
use super::tls::Tls;
use super::wire::Wire;

/// A client that takes nothing for so long is cut off.
const STALL: Duration = Duration::from_secs(12);
/// Bytes that wait for one client at most.
const WAITING_BYTES: usize = 256 * 1024;
/// Seconds between two pings.
const PING_S: usize = 12;
/// Pings without any sign of life after which a client counts as gone.
const PINGS_UNHEARD: u8 = 2;
/// The code for an end without one, which is never sent: RFC 6455, section 7.1.5.
const ABNORMAL: u16 = 1006;
/// With what sockets are closed when the service ends.
pub const GOING_AWAY: (u16, &str) = (1001, "the server goes away");
/// Sockets that are served before others of the process get their turn.
const AT_ONCE: usize = 64;

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    wire: Wire,
    format: Format,
    out: Mutex<Out>,
    /// Wakes the socket's own task: there is something to write, or it is to end.
    wake: Notify,
    pings_unheard: AtomicU8,
    operations: Mutex<HashMap<Box<str>, Operation>>,
}

/// What goes on under an id.
#[derive(Debug)]
pub enum Operation {
    /// A subscription, shared with whoever has the same.
    Shared(Place),
    /// Something of its own.
    Own(AbortHandle),
}

#[derive(Debug, Default)]
struct Out {
    /// The rest of a frame that was begun, and whole frames after it.
    unsent: Vec<u8>,
    /// The latest value of each operation that has one waiting.
    latest: Vec<(Arc<[u8]>, Payload)>,
    /// Since when the client has taken nothing, while something waits.
    stalled_since: Option<Instant>,
    /// What waits is the last to be written.
    is_ending: bool,
    /// Nothing more is to be written.
    is_closing: bool,
}

/// What became of what was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It is written, or waits.
    Taken,
    /// Too much waits already.
    Behind,
    /// The socket is closed.
    Gone,
}

impl Socket {
    /// A socket over a connection that has been upgraded.
    #[must_use]
    pub fn new(stream: TcpStream, format: Format) -> Arc<Self> {
        Self::over(Wire::Tcp(stream), format)
    }

    /// The same under TLS.
    #[must_use]
    pub fn under_tls(stream: TcpStream, state: ServerConnection, format: Format) -> Arc<Self> {
        Self::over(Wire::Tls(Box::new(Tls::new(stream, state))), format)
    }

    /// A socket that is a response, and the pieces of its body.
    pub fn response(format: Format) -> (Arc<Self>, impl Stream<Item = io::Result<Vec<u8>>> + Send + use<>) {
        let (wire, pieces) = Wire::body();
        let socket = Self::over(wire, format);
        socket.offer(format.begin().as_bytes());
        (socket, pieces)
    }

    fn over(wire: Wire, format: Format) -> Arc<Self> {
        Arc::new(Self {
            wire,
            format,
            out: Mutex::default(),
            wake: Notify::new(),
            pings_unheard: AtomicU8::new(0),
            operations: Mutex::default(),
        })
    }

    /// How its messages are written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Sends an operation's only result, a GraphQL response as JSON.
    pub fn send_result(&self, id: &str, payload: &str) {
        let mut frame = Vec::new();
        self.format.write_next(&mut frame, &self.format.head(id), payload);
        self.insist(&frame);
    }

    /// Ends an operation: in order, or with errors, a JSON array. The client is told that however much waits for it.
    pub fn end_operation(&self, id: &str, errors: Option<&str>) {
        self.offer_last(&self.format.end(id, errors));
        if self.format.is_for_one() {
            self.out.lock().is_ending = true;
            self.wake.notify_one();
        }
    }

    /// The operations under way, by id.
    pub fn operations(&self) -> MutexGuard<'_, HashMap<Box<str>, Operation>> {
        self.operations.lock()
    }

    /// Offers a value of which only the latest matters. `head` is what its message begins with, one for each operation;
    /// `frame` is room to write the frame in.
    pub fn offer_latest(&self, head: &Arc<[u8]>, payload: &Payload, frame: &mut Vec<u8>) -> Offered {
        let mut out = self.out.lock();
        if out.is_closing {
            return Offered::Gone;
        }
        if let Some((_, waiting)) = out.latest.iter_mut().find(|(waiting, _)| Arc::ptr_eq(waiting, head)) {
            metrics::counter!("wattline_push_shed_total").increment(1);
            *waiting = payload.clone();
            return Offered::Taken;
        }
        if out.is_idle() {
            frame.clear();
            self.format.write_next(frame, head, payload);
            match self.wire.try_write(frame) {
                Ok(written) if written == frame.len() && !self.wire.is_behind() => return Offered::Taken,
                Ok(written) => out.unsent.extend_from_slice(&frame[written..]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => out.latest.push((head.clone(), payload.clone())),
                Err(_) => return self.lost(&mut out, ABNORMAL),
            }
            out.stalled_since = Some(Instant::now());
            self.wake.notify_one();
        } else {
            out.latest.push((head.clone(), payload.clone()));
        }
        Offered::Taken
    }

    /// Offers frames of which none may be missing.
    pub fn offer(&self, frames: &[u8]) -> Offered {
        self.offer_within(frames, WAITING_BYTES)
    }

    /// Says what a client has to know that is behind: a little more than the limit may wait for it.
    fn offer_last(&self, frames: &[u8]) -> Offered {
        self.offer_within(frames, WAITING_BYTES + frames.len())
    }

    fn offer_within(&self, frames: &[u8], greatest_bytes: usize) -> Offered {
        let mut out = self.out.lock();
        if out.is_closing {
            return Offered::Gone;
        }
        if !out.is_idle() {
            if out.unsent.len() + frames.len() > greatest_bytes {
                return Offered::Behind;
            }
            out.unsent.extend_from_slice(frames);
            return Offered::Taken;
        }
        let written = match self.wire.try_write(frames) {
            Ok(written) => written,
            Err(e) if e.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return self.lost(&mut out, ABNORMAL),
        };
        if written < frames.len() || self.wire.is_behind() {
            out.unsent.extend_from_slice(&frames[written..]);
            out.stalled_since.get_or_insert_with(Instant::now);
            self.wake.notify_one();
        }
        Offered::Taken
    }

    /// Offers what the client has to get, or be cut off.
    pub fn insist(&self, frames: &[u8]) {
        if self.offer(frames) == Offered::Behind {
            self.cut();
        }
    }

    /// Closes with a code and a reason, as far as the client still reads.
    pub fn close(&self, code: u16, reason: &str) {
        let mut frame = Vec::new();
        write_close(&mut frame, code, reason);
        let mut out = self.out.lock();
        if !out.is_closing {
            if out.unsent.is_empty() && self.format.is_socket() {
                let _ = self.wire.try_write(&frame);
                self.wire.say_end();
            }
            self.lost(&mut out, code);
        }
    }

    /// Ends the socket without a word.
    pub fn cut(&self) {
        self.lost(&mut self.out.lock(), ABNORMAL);
    }

    /// Notes that nothing more is to be written, and counts with which code it ended, once.
    fn lost(&self, out: &mut Out, code: u16) -> Offered {
        if !out.is_closing && self.format.is_socket() {
            metrics::counter!("wattline_sockets_closed_total", "code" => code_label(code)).increment(1);
        }
        out.is_closing = true;
        self.wake.notify_one();
        Offered::Gone
    }

    /// Notes a sign of life.
    pub fn heard(&self) {
        self.pings_unheard.store(0, Ordering::Relaxed);
    }

    /// Waits until something has arrived, and writes what waits meanwhile; nothing at the end of the socket.
    pub async fn read(&self) -> Vec<u8> {
        loop {
            let stalled_since = {
                let out = self.out.lock();
                if out.is_ending && out.is_idle() {
                    self.wire.complete();
                    return Vec::new();
                }
                if out.is_closing {
                    return Vec::new();
                }
                out.stalled_since
            };
            tokio::select! {
                ready = self.wire.readable() => match ready.and_then(|()| self.try_read()) {
                    Ok(bytes) => return bytes,
                    Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => return Vec::new(),
                },
                writable = self.wire.writable(), if stalled_since.is_some() => {
                    if writable.is_err() || !self.flush() {
                        return Vec::new();
                    }
                }
                () = tokio::time::sleep_until(stalled_since.unwrap_or_else(Instant::now) + STALL),
                    if stalled_since.is_some() =>
                {
                    metrics::counter!("wattline_sockets_cut_total", "reason" => "stalled").increment(1);
                    return Vec::new();
                }
                () = self.wake.notified() => {}
            }
        }
    }

    /// Reads what is there.
    fn try_read(&self) -> io::Result<Vec<u8>> {
        let mut buffer = [0; 4096];
        let read = self.wire.try_read(&mut buffer)?;
        Ok(buffer[..read].to_vec())
    }

    /// Writes what waits as far as there is room; false when the socket is lost.
    fn flush(&self) -> bool {
        let mut out = self.out.lock();
        loop {
            let Ok(flushed) = self.wire.flush() else { return false };
            if flushed.has_moved {
                out.stalled_since = Some(Instant::now());
            }
            if !flushed.is_all {
                return true;
            }
            if out.unsent.is_empty() {
                let Some((head, payload)) = out.latest.pop() else {
                    (out.unsent, out.stalled_since) = (Vec::new(), None);
                    return true;
                };
                self.format.write_next(&mut out.unsent, &head, &payload);
            }
            match self.wire.try_write(&out.unsent) {
                Ok(written) => {
                    out.unsent.drain(..written);
                    out.stalled_since = Some(Instant::now());
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
        }
    }

    fn ping(&self, frame: &mut Vec<u8>) {
        if self.format.has_pongs() && self.pings_unheard.fetch_add(1, Ordering::Relaxed) >= PINGS_UNHEARD {
            metrics::counter!("wattline_sockets_cut_total", "reason" => "unheard").increment(1);
            return self.cut();
        }
        frame.clear();
        self.format.write_ping(frame);
        // One that cannot be written now says nothing: the client is behind, and is watched for that.
        let _ = self.offer(frame);
    }
}

/// A client chooses the code that it closes with; only known ones get a counter of their own.
fn code_label(code: u16) -> String {
    match code {
        1000..=1015 | 4400 | 4401 | 4403 | 4406 | 4408 | 4409 | 4429 | 4500 => code.to_string(),
        _ => "other".to_owned(),
    }
}

impl Out {
    fn is_idle(&self) -> bool {
        self.stalled_since.is_none()
    }
}

/// All open sockets. Clones share.
#[derive(Clone, Debug, Default)]
pub struct Sockets(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    sockets: Vec<Weak<Socket>>,
    /// Since the service ends.
    takes_no_more: bool,
}

impl Sockets {
    /// Adds a socket; closes it when the service ends already.
    pub fn add(&self, socket: &Arc<Socket>) {
        let mut open = self.0.lock();
        if open.takes_no_more {
            drop(open);
            return socket.close(GOING_AWAY.0, GOING_AWAY.1);
        }
        let sockets = &mut open.sockets;
        // Those that have gone make room before the list would grow.
        if sockets.len() == sockets.capacity() {
            sockets.retain(|socket| socket.strong_count() > 0);
        }
        sockets.push(Arc::downgrade(socket));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().sockets.iter().filter(|socket| socket.strong_count() > 0).count()
    }

    /// Pings every socket every twelve seconds, a twelfth of them each second, and closes all at the end.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut frame = Vec::new();
        for second in (0..PING_S).cycle() {
            tokio::select! {
                _ = seconds.tick() => {}
                () = shutdown.cancelled() => break,
            }
            let all: Vec<_> =
                self.0.lock().sockets.iter().skip(second).step_by(PING_S).filter_map(Weak::upgrade).collect();
            for some in all.chunks(AT_ONCE) {
                for socket in some {
                    socket.ping(&mut frame);
                }
                yield_now().await;
            }
        }
        self.close_all().await;
    }

    /// Tells every client that the service restarts, spread over a second so that they do not come back all at once.
    async fn close_all(&self) {
        let all: Vec<_> = {
            let mut open = self.0.lock();
            open.takes_no_more = true;
            open.sockets.iter().filter_map(Weak::upgrade).collect()
        };
        let slice = all.len().div_ceil(100).max(1);
        for some in all.chunks(slice) {
            for socket in some {
                socket.close(GOING_AWAY.0, GOING_AWAY.1);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
