//! HTTP: all routes on one screen, and what they share.

mod answer;
mod callers;
mod export;
mod front;
mod graphql;
mod identity;
mod openid;
mod pace;
mod page;
mod readiness;
mod readings;
mod session;
mod socket;
mod status;
mod traced;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::decompression::RequestDecompressionLayer;

pub use self::front::{Front, FrontSettings, TlsFiles};
use self::graphql::{Documents, Streams};
use self::pace::Pace;
use self::readiness::Readiness;
use crate::access::Need;
use crate::config::Config;
use crate::error::Result;
use crate::graphql::{Rooms, Schema};
use crate::push::{Hub, Sockets};

/// What handlers reach.
#[derive(Clone, Debug)]
pub struct Doors(Arc<Shared>);

struct Shared {
    rooms: Rooms,
    schema: Schema,
    config: Config,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
    documents: Documents,
    hub: Hub,
    sockets: Sockets,
    streams: Streams,
    readiness: Readiness,
    pace: Pace,
    plain_sockets: TaskTracker,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Doors {
    /// Opens the doors to the rooms; sockets are added to `sockets`, plain ones to `plain_sockets`, which close when
    /// `shutdown` is cancelled.
    pub fn new(
        rooms: Rooms,
        schema: Schema,
        config: Config,
        metrics: PrometheusHandle,
        shutdown: CancellationToken,
        sockets: Sockets,
        plain_sockets: TaskTracker,
    ) -> Result<Self> {
        let documents = Documents::open(&config)?;
        let pace = Pace::new(config.max_requests_per_second);
        let (hub, streams, readiness) = (Hub::default(), Streams::default(), Readiness::default());
        Ok(Self(Arc::new(Shared {
            rooms,
            schema,
            config,
            metrics,
            shutdown,
            documents,
            hub,
            sockets,
            streams,
            readiness,
            pace,
            plain_sockets,
        })))
    }

    /// Every route.
    pub fn router(self) -> Router {
        let graphql = Router::new()
            .route("/graphql", post(graphql::serve).get(graphql::serve))
            .route("/graphql/ws", get(graphql::open_socket))
            .route("/graphql/stream", graphql::stream_routes())
            .route_layer(from_fn_with_state(self.clone(), callers::admit_to_graphql));
        let to_read = Router::new()
            .route("/schema.graphql", get(status::schema))
            .route("/ws", get(socket::source_system))
            .nest("/api/v1/export", export::routes())
            .route("/api/v1/stats/system", get(status::system_stats))
            .route("/metrics", get(status::metrics))
            .route_layer(from_fn_with_state((self.clone(), Need::Read), callers::admit));
        let to_record = Router::new()
            .route("/api/v1/readings", post(readings::record))
            .route("/write", post(readings::write))
            .route("/api/v2/write", post(readings::write))
            .route_layer(from_fn_with_state((self.clone(), Need::Record), callers::admit));
        // What anybody may have: the page, which asks for all else.
        let open = Router::new()
            .route("/api/v1/session", get(session::ask).post(session::sign_in).delete(session::sign_out))
            .route("/api/v1/session/ways", get(openid::ways))
            .route("/api/v1/session/openid", get(openid::begin))
            .route("/api/v1/session/openid/callback", get(openid::finish))
            .route("/ping", get(readings::ping))
            .route("/api/v1/health", get(status::health))
            .fallback(page::asset)
            .layer(from_fn_with_state(self.clone(), callers::count));
        // Whether the server lives is not counted: who asks too often for something else must not be told that it is dead.
        Router::new()
            .route("/healthz", get(async || "ok"))
            .route("/readyz", get(readiness::ready))
            .merge(open)
            .merge(graphql)
            .merge(to_read)
            .merge(to_record)
            .layer(from_fn_with_state(self.clone(), answer::check_host))
            .layer(RequestDecompressionLayer::new())
            .layer(
                CompressionLayer::new()
                    .compress_when(DefaultPredicate::new().and(NotForContentType::new("multipart/"))),
            )
            .layer(from_fn_with_state(self.clone(), answer::bound))
            .layer(cross_origin(&self.0.config))
            .layer(CatchPanicLayer::custom(answer::panicked))
            .layer(from_fn(identity::identify))
            .with_state(self)
    }
}

/// Whether the files that the doors need can be read.
pub fn check_files(config: &Config) -> Result<()> {
    Documents::open(config).map(drop)
}

/// Lets the pages of the origins that the operator named read answers; no others.
fn cross_origin(config: &Config) -> CorsLayer {
    let origins = config.origin_list().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let stream_token = HeaderName::from_static(graphql::STREAM_TOKEN);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, identity::HEADER, stream_token])
        .expose_headers([identity::HEADER])
}
