//! `wattline serve` and `wattline demo`.

use std::net::SocketAddr;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::output::say;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{self, DemoSettings};
use crate::error::{Error, Result};
use crate::store::Store;

/// Seconds of the demo's plant in one of ours, at least and at most.
const SLOWEST: f64 = 0.01;
const FASTEST: f64 = 3600.0;

/// Connections that may wait to be taken: after a restart all clients come at once, and whom the system turns away waits a
/// second and longer. The usual 128 are too few for that.
const BACKLOG: u32 = 4096;

/// Files that are open beside connections, at most: the database, the log.
const OWN_FILES: usize = 100;

/// The simulated plant.
#[derive(Debug, clap::Args)]
pub(super) struct DemoArguments {
    /// Days of history
    #[arg(long, default_value_t = 6, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=3660))]
    history: u32,
    /// How many of the plant's seconds pass in one of ours, 0.01 to 3600
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Which plant: the same number gives the same one
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Serves until it is told to stop.
pub(super) async fn serve(config: Config) -> Result<()> {
    let (listener, scheme) = (listen(&config).await?, config.scheme());
    let app = App::open(config, Clock::system()).await?;
    announce(&listener, scheme)?;
    app.serve(listener, on_signal()?).await
}

/// Binds before the database is served: an address in use is the likeliest mistake. One that other machines reach is
/// only for who has set up access.
async fn listen(config: &Config) -> Result<TcpListener> {
    let address = config.listen;
    if !address.ip().is_loopback() {
        let store = Store::open(&config.store()).await?;
        let is_usable = !config.issuer.is_empty() || store.has_usable_access(Clock::system().now_ms()).await?;
        store.close().await?;
        if is_usable && !config.has_tls() {
            tracing::warn!(
                "keys and passwords come over the network in the clear: set up TLS with --tls-cert and --tls-key, or \
                 listen on loopback behind a proxy that has it"
            );
        }
        if !is_usable && !config.insecure {
            return Err(Error::Config(format!(
                "{address} can be reached from other machines, and nobody has a key or a password yet: begin with \
                 `wattline user create NAME --scope admin`, or let everybody do everything with --insecure true"
            )));
        }
    }
    open_files(config.max_clients);
    bind(address).map_err(|e| Error::Config(format!("cannot listen on {address}: {e}")))
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Else a restart would wait until the system has forgotten the connections of before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Each connection is an open file, and systems let a process have few unless it asks for more.
fn open_files(clients: usize) {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let wanted = clients.saturating_add(OWN_FILES) as u64;
    if let Some(files) = getrlimit(Resource::Nofile).current.filter(|files| *files < wanted) {
        tracing::warn!(
            files,
            "fewer files may be open than there may be connections: raise the limit, or lower --max-clients"
        );
    }
}

/// Says where, once all is open.
fn announce(listener: &TcpListener, scheme: &str) -> Result<()> {
    let address = listener.local_addr().map_err(|e| Error::Config(e.to_string()))?;
    say(&format!("Wattline {} on {scheme}://{address}", env!("CARGO_PKG_VERSION")));
    Ok(())
}

/// Cancelled by Ctrl-C and by the service manager's SIGTERM; the second time the process ends at once.
fn on_signal() -> Result<CancellationToken> {
    let shutdown = CancellationToken::new();
    let listen = |kind| signal(kind).map_err(|e| Error::Internal(e.to_string()));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let token = shutdown.clone();
    tokio::spawn(async move {
        let mut asked = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        asked().await;
        token.cancel();
        asked().await;
        std::process::exit(130);
    });
    Ok(shutdown)
}

/// Serves a simulated plant until it is told to stop.
pub(super) async fn demo(config: Config, arguments: DemoArguments) -> Result<()> {
    let DemoArguments { history, speed, seed } = arguments;
    if !(speed.is_finite() && (SLOWEST..=FASTEST).contains(&speed)) {
        return Err(Error::Config(format!("--speed is {SLOWEST} to {FASTEST}, not {speed}")));
    }
    let (listener, scheme) = (listen(&config).await?, config.scheme());
    let store = Store::open(&config.store()).await?;
    let clock = demo::clock(&store, speed).await?;
    store.close().await?;
    let reports_faults = !config.detect;
    let mut app = App::open(config, clock).await?;
    let settings = DemoSettings { history_days: history, seed, reports_faults };
    app.also_run(demo::run(app.rooms.clone(), settings));
    announce(&listener, scheme)?;
    app.serve(listener, on_signal()?).await
}
