//! The servers that are compared: each prints its address and pushes at every tick of the wall clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_graphql::{Data, Executor, Request, Response};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocketUpgrade};
use axum::routing::get;
use futures_util::stream::BoxStream;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wattline::access::Caller;
use wattline::app::App;
use wattline::clock::Clock;
use wattline::config::{Config, Options};
use wattline::graphql::{Asked, Schema};

/// What Wattline sends to an empty plant, to the byte.
const FRAME: &str = r#"{"id":"00000000-0000-0000-0000-000000000000","type":"next","payload":{"data":{"statsUpdates":{"asOf":"2026-11-26T01:00:00Z","totalReadings":0,"totalEnergy":0.0,"dataRate":0,"uptimeDays":0,"uptimePercent":null,"readingsPerMinute":0.0,"energyPerHour":null,"peakPower":null,"avgPower":null,"efficiency":null,"estimatedCost":0.0,"costPerDay":0.0,"carbonFootprint":0.0,"carbonPerDay":0.0,"totalAnomalies":0,"activeMachinesToday":0}},"extensions":{"sequence":10}}}"#;

/// Until the next tick of the wall clock's grid.
pub(crate) fn until_next(ticks: u32) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let interval = Duration::from_secs(1) / ticks;
    let since = Duration::from_nanos(u64::try_from(now.as_nanos() % interval.as_nanos()).unwrap_or(0));
    interval.saturating_sub(since)
}

/// A bare axum server: one task a socket, and one frame made once.
pub(crate) async fn floor(ticks: u32) {
    let (frames, _) = broadcast::channel::<Utf8Bytes>(16);
    let open = async |State(frames): State<broadcast::Sender<Utf8Bytes>>,
                      upgrade: WebSocketUpgrade|
           -> axum::response::Response {
        upgrade.read_buffer_size(4096).on_upgrade(async move |mut socket| {
            let mut frames = frames.subscribe();
            // As Wattline: introduced, and then the value at once.
            for answer in [r#"{"type":"connection_ack"}"#, FRAME] {
                let _ = socket.recv().await;
                let _ = socket.send(Message::Text(answer.into())).await;
            }
            loop {
                tokio::select! {
                    frame = frames.recv() => {
                        let Ok(frame) = frame else { continue };
                        if socket.send(Message::Text(frame)).await.is_err() {
                            return;
                        }
                    }
                    message = socket.recv() => if message.is_none_or(|message| message.is_err()) {
                        return;
                    },
                }
            }
        })
    };
    let router = Router::new().route("/graphql/ws", get(open)).with_state(frames.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let frame: Utf8Bytes = FRAME.into();
        loop {
            tokio::time::sleep(until_next(ticks)).await;
            let _ = frames.send(frame.clone());
        }
    });
    axum::serve(listener, router).await.expect("served");
}

/// An app over a new database, which ticks so often.
async fn app(folder: &tempfile::TempDir, ticks: u32) -> (App, Config) {
    // At more than ten ticks a second they are made here.
    let interval = if ticks == 1 { 1.0 } else { 3600.0 };
    let database = format!("sqlite://{}/wattline.db", folder.path().display());
    let options = Options {
        database: Some(database),
        interval: Some(interval),
        // All clients come from one address.
        max_clients: Some(100_000),
        max_address_clients: Some(100_000),
        max_requests_per_second: Some(0),
        ..Options::default()
    };
    let config = options.resolve().expect("settings");
    let app = App::open(config.clone(), Clock::system()).await.expect("an app");
    if ticks > 1 {
        let stats = app.rooms.stats.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(until_next(ticks)).await;
                stats.step().await;
            }
        });
    }
    (app, config)
}

/// The whole of Wattline.
pub(crate) async fn whole(ticks: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let (app, _) = app(&folder, ticks).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    app.serve(listener, CancellationToken::new()).await.expect("served");
}

/// The schema as the library's own transports take one, on anybody's behalf.
#[derive(Clone)]
struct Stock(Schema);

fn asked() -> Asked {
    Asked { caller: Caller::anybody(), request_id: None }
}

impl Executor for Stock {
    async fn execute(&self, request: Request) -> Response {
        self.0.execute(&asked(), request).await.expect("anybody may")
    }

    fn execute_stream(&self, request: Request, _: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        self.0.execute_stream(&asked(), request)
    }
}

fn stock_router(schema: impl Executor) -> Router {
    let open = move |protocol: GraphQLProtocol, upgrade: WebSocketUpgrade| {
        let schema = schema.clone();
        let upgrade = upgrade.protocols(async_graphql::http::ALL_WEBSOCKET_PROTOCOLS);
        std::future::ready(upgrade.on_upgrade(move |stream| GraphQLWebSocket::new(stream, schema, protocol).serve()))
    };
    Router::new().route("/graphql/ws", get(open))
}

/// Wattline's schema behind the socket that comes with the GraphQL library: an execution for each subscriber.
pub(crate) async fn stock(ticks: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let (app, config) = app(&folder, ticks).await;
    let router = stock_router(Stock(wattline::graphql::schema(app.rooms.clone(), &config)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("served");
}
