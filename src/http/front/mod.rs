//! Where connections come in: how many there may be, for how long each may do nothing, and TLS before HTTP.
//!
//! Ours because `axum::serve` bounds nothing of it and knows no TLS. HTTP itself is hyper's.

mod activity;
mod client;
mod seats;
mod tls;
mod upload;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::activity::Activity;
pub(super) use self::client::{Client, Stream};
use self::seats::Seats;
pub(super) use self::seats::{Seat, network};
use self::tls::Identity;
pub use self::tls::TlsFiles;
use self::upload::Upload;
use crate::codes::Code;
use crate::error::{Error, Result};

/// Who comes when all seats are taken is told so, if not more than this many are being told already.
const REFUSALS: usize = 64;
/// How long that may take.
const REFUSAL: Duration = Duration::from_secs(2);
/// How long until a connection is looked for again when the system has no more files to open.
const NO_FILES: Duration = Duration::from_millis(100);
/// Requests under way on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 100;
/// Time between two pings on an HTTP/2 connection, and until one must be answered.
const HTTP2_PING: Duration = Duration::from_secs(12);
/// Memory that a connection reads into and writes from, at most: the least that hyper takes for headers of this length.
const LEAST_BUFFER_BYTES: usize = 8192;

/// What connections may do.
#[derive(Clone, Debug)]
pub struct FrontSettings {
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub of_address: usize,
    /// How long a client may take until it has asked for something.
    pub header_timeout: Duration,
    /// How long it may then do nothing.
    pub idle_timeout: Duration,
    /// Bytes of a request's headers.
    pub header_bytes: usize,
    /// TLS, if it is spoken.
    pub tls: Option<TlsFiles>,
}

/// Takes connections and serves them. Clones share.
#[derive(Clone, Debug)]
pub struct Front(Arc<Shared>);

struct Shared {
    settings: FrontSettings,
    router: Router,
    refusing: Router,
    identity: Option<Arc<Identity>>,
    acceptor: Option<TlsAcceptor>,
    http1: Builder<TokioExecutor>,
    http2: Builder<TokioExecutor>,
    seats: Seats,
    refusals: Arc<Semaphore>,
    /// Connections that came before the shutdown.
    served: TaskTracker,
    shutdown: CancellationToken,
    end: CancellationToken,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Front {
    /// A front before these routes, until `shutdown` is cancelled.
    pub fn new(settings: FrontSettings, router: Router, shutdown: CancellationToken) -> Result<Self> {
        let identity = settings.tls.clone().map(Identity::open).transpose()?;
        let acceptor = identity.as_ref().map(Identity::acceptor).transpose()?;
        let buffer_bytes = settings.header_bytes.max(LEAST_BUFFER_BYTES);
        let mut http1 = Builder::new(TokioExecutor::new()).http1_only();
        // Who is slow is watched here, for both versions alike.
        http1.http1().header_read_timeout(None::<Duration>).max_buf_size(buffer_bytes);
        let mut http2 = Builder::new(TokioExecutor::new()).http2_only();
        http2
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS)
            .max_header_list_size(u32::try_from(settings.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(HTTP2_PING)
            .keep_alive_timeout(HTTP2_PING);
        let seats = Seats::new(settings.connections, settings.of_address);
        Ok(Self(Arc::new(Shared {
            settings,
            router,
            refusing: Router::new().fallback(async || too_many()),
            identity,
            acceptor,
            http1,
            http2,
            seats,
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            served: TaskTracker::new(),
            shutdown,
            end: CancellationToken::new(),
        })))
    }

    /// Reads the certificate anew when it changes, for ever.
    pub async fn watch(self) {
        match self.0.identity.clone() {
            Some(identity) => identity.watch().await,
            None => std::future::pending().await,
        }
    }

    /// Serves until the shutdown, and then until what was under way has ended. Who comes meanwhile is still answered: that
    /// the server ends.
    pub async fn run(self, listener: TcpListener) {
        // Whatever ends this ends all connections.
        let _end = self.0.end.clone().drop_guard();
        let mut drained = std::pin::pin!(async {
            self.0.shutdown.cancelled().await;
            self.0.served.close();
            self.0.served.wait().await;
        });
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = drained.as_mut() => return,
            };
            match accepted {
                Ok((stream, peer)) => self.take(stream, peer),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(NO_FILES).await;
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr) {
        let (router, seat, patience) = match self.0.seats.take(peer.ip()) {
            Ok(seat) => (self.0.router.clone(), seat, self.0.settings.header_timeout),
            Err(of) => {
                metrics::counter!("wattline_connections_refused_total", "limit" => of).increment(1);
                let Ok(permit) = self.0.refusals.clone().try_acquire_owned() else { return };
                (self.0.refusing.clone(), Seat::Refusal { _permit: permit }, REFUSAL)
            }
        };
        tracing::trace!(%peer, "a connection");
        let front = self.clone();
        let serve = async move { front.serve(stream, peer, router, seat, patience).await };
        // Nobody waits for who comes too late.
        if self.0.shutdown.is_cancelled() {
            tokio::spawn(serve);
        } else {
            self.0.served.spawn(serve);
        }
    }

    async fn serve(&self, stream: TcpStream, peer: SocketAddr, router: Router, seat: Seat, patience: Duration) {
        // What is pushed is small, and goes at once.
        let _ = stream.set_nodelay(true);
        let stream = match &self.0.acceptor {
            None => Stream::Plain(stream),
            Some(acceptor) => match timeout(patience, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
                Ok(Err(error)) => return tracing::debug!(%error, %peer, "no TLS"),
                Err(_) => return cut("handshake"),
            },
        };
        let builder = if stream.speaks_http2() { &self.0.http2 } else { &self.0.http1 };
        let (activity, routes) = (Activity::new(), TowerToHyperService::new(router));
        let begun = activity.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            let busy = begun.begin();
            request.extensions_mut().insert(ConnectInfo(peer));
            let version = request.version();
            let (head, body) = request.into_parts();
            let (upload, progress) = Upload::new(body);
            let answer = routes.call(hyper::Request::from_parts(head, Body::new(upload)));
            async move {
                let mut answer: hyper::Response<Body> = answer.await?;
                progress.tell(version, &mut answer);
                // Until its last piece is written, or the client has gone.
                Ok::<_, Infallible>(answer.map(|body| {
                    body.map_frame(move |frame| {
                        let _ = &busy;
                        frame
                    })
                }))
            }
        });
        let client = Client::new(stream, seat, self.0.settings.idle_timeout);
        self.drive(builder.serve_connection_with_upgrades(TokioIo::new(client), service), &activity, patience).await;
    }

    /// Serves a connection until it ends, has done nothing for too long, or the server ends.
    async fn drive(&self, connection: impl GracefulConnection, activity: &Activity, patience: Duration) {
        let mut connection = std::pin::pin!(connection);
        // Who comes too late is still to be told so.
        let comes_late = self.0.shutdown.is_cancelled();
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = self.0.end.cancelled() => return,
            () = self.0.shutdown.cancelled(), if !comes_late => {}
            has_asked = activity.ceased(patience, self.0.settings.idle_timeout) => {
                cut(if has_asked { "idle" } else { "unasked" });
                if !has_asked {
                    return;
                }
            }
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            biased;
            _ = connection => {}
            () = self.0.end.cancelled() => {}
            // A request that was begun before, and is not sent to its end.
            _ = activity.ceased(patience, patience) => {}
        }
    }
}

fn cut(reason: &'static str) {
    metrics::counter!("wattline_connections_cut_total", "reason" => reason).increment(1);
}

fn too_many() -> Error {
    Error::invalid(Code::TooManyConnections, "there are too many connections, in all or from your address")
}
