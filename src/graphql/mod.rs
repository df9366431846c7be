//! The GraphQL schema: types, limits and what resolvers may reach. Transports are elsewhere.

mod admission;
mod audit;
mod care;
mod care_inputs;
mod errors;
mod federation;
mod ids;
mod inputs;
mod loaders;
mod mutation;
mod paging;
mod query;
mod reading_inputs;
mod requests;
mod root_fragments;
mod scalars;
mod scan;
mod subscription;
mod telling;
mod telling_inputs;
mod telling_questions;
mod typenames;
mod types;
mod unfolded;

use async_graphql::{ObjectType, Request, Response, SDLExportOptions, SchemaBuilder};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

pub use admission::Asked;
use audit::AuditEntry;
use federation::{Entities, FederatedQuery};
use mutation::Mutation;
use paging::Connection;
use query::{Query, Questions};
pub use requests::{DocumentLimits, check_document};
use subscription::Subscription;
use telling_questions::TellingQuestions;
use types::{Anomaly, Delivery, Machine, MeterEvent, Reading, RefusedReading};

use crate::access::Access;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo;
use crate::error::Result;
use crate::events::Events;
use crate::ingest::Ingest;
use crate::messenger::Messenger;
use crate::push::{Changed, Feed, Found, StatsHub};
use crate::store::Store;

/// The schema over a running process. Nothing is executed but on somebody's behalf.
#[derive(Clone)]
pub struct Schema {
    engine: Engine,
    rooms: Rooms,
}

/// For itself, or as one of a federation.
#[derive(Clone)]
enum Engine {
    Alone(async_graphql::Schema<Query, Mutation, Subscription>),
    Federated(async_graphql::Schema<FederatedQuery, Mutation, Subscription>),
}

impl Schema {
    /// Runs a query or a mutation, if whoever asks may have it.
    pub async fn execute(&self, asked: &Asked, request: Request) -> Result<Response> {
        let request = admission::admit(asked, &self.rooms, request)?;
        Ok(match &self.engine {
            Engine::Alone(schema) => schema.execute(request).await,
            Engine::Federated(schema) => schema.execute(request).await,
        })
    }

    /// Runs a subscription; that whoever asks may not have it is its first and last event.
    #[must_use]
    pub fn execute_stream(&self, asked: &Asked, request: Request) -> BoxStream<'static, Response> {
        let request = match admission::admit(asked, &self.rooms, request) {
            Ok(request) => request,
            Err(error) => return futures_util::stream::iter([errors::refusal(&error)]).boxed(),
        };
        match &self.engine {
            Engine::Alone(schema) => schema.execute_stream(request).boxed(),
            Engine::Federated(schema) => schema.execute_stream(request).boxed(),
        }
    }
}

/// What resolvers reach.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is documented where it is defined")]
pub struct Rooms {
    pub store: Store,
    pub clock: Clock,
    pub ingest: Ingest,
    pub stats: StatsHub,
    pub anomalies: Feed<Found>,
    pub changes: Feed<Changed>,
    pub events: Events,
    pub messenger: Messenger,
    pub demo: demo::Starter,
    pub access: Access,
}

/// Whether this server finds anomalies itself.
struct Detects(bool);

/// Limits that resolvers look at.
struct Limits {
    page_rows: usize,
    batch_rows: usize,
    buckets: usize,
    /// Of one site.
    watch_rules: usize,
    /// Of one site.
    budgets: usize,
    notification_rules: usize,
    contact_points: usize,
}

impl Limits {
    fn of(config: &Config) -> Self {
        Self {
            page_rows: config.max_page,
            batch_rows: config.max_rows,
            buckets: config.max_buckets,
            watch_rules: config.max_watch_rules,
            budgets: config.max_budgets,
            notification_rules: config.max_notification_rules,
            contact_points: config.max_contact_points,
        }
    }
}

fn builder<Root: ObjectType + 'static>(query: Root) -> SchemaBuilder<Root, Mutation, Subscription> {
    async_graphql::Schema::build(query, Mutation::default(), Subscription)
        // A connection is generic: it cannot say itself what it is a page of.
        .override_output_type_description::<Connection<Anomaly>>("A page of anomalies.")
        .override_output_type_description::<Connection<AuditEntry>>("A page of changes.")
        .override_output_type_description::<Connection<Machine>>("A page of machines.")
        .override_output_type_description::<Connection<Delivery>>("A page of messages.")
        .override_output_type_description::<Connection<MeterEvent>>("A page of what a meter's register did.")
        .override_output_type_description::<Connection<Reading>>("A page of readings.")
        .override_output_type_description::<Connection<RefusedReading>>("A page of refused readings.")
}

/// The schema over a running process.
#[must_use]
pub fn schema(rooms: Rooms, config: &Config) -> Schema {
    if config.federation {
        let builder = builder(FederatedQuery(Questions, TellingQuestions, Entities))
            .enable_federation()
            .enable_subscription_in_federation();
        let engine = Engine::Federated(over(rooms.clone(), config, builder).finish());
        Schema { engine, rooms }
    } else {
        let query = Query(Questions, TellingQuestions);
        let engine = Engine::Alone(over(rooms.clone(), config, builder(query)).finish());
        Schema { engine, rooms }
    }
}

/// Gives resolvers what they reach, and documents their limits.
fn over<Root: ObjectType + 'static>(
    rooms: Rooms,
    config: &Config,
    builder: SchemaBuilder<Root, Mutation, Subscription>,
) -> SchemaBuilder<Root, Mutation, Subscription> {
    let builder = if config.introspection { builder } else { builder.disable_introspection().disable_suggestions() };
    builder
        .data(loaders::loaders(rooms.store.clone()))
        .data(rooms.store)
        .data(rooms.clock)
        .data(rooms.ingest)
        .data(rooms.stats)
        .data(rooms.anomalies)
        .data(rooms.changes)
        .data(rooms.events)
        .data(rooms.messenger)
        .data(rooms.demo)
        .data(Detects(config.detect))
        .data(config.rates())
        .data(config.notification())
        .data(Limits::of(config))
        .extension(errors::ErrorCodes)
        .extension(requests::Requests {
            cost: config.max_query_cost,
            directives: config.max_directives,
            selections: config.max_query_selections,
            root_fields: config.max_root_fields,
        })
        .limit_depth(config.max_query_depth)
        .limit_complexity(config.max_query_cost)
        .limit_aliases(config.max_aliases)
        .limit_directives(config.max_directives)
}

/// The schema in the schema language, as in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    builder(Query(Questions, TellingQuestions))
        .finish()
        .sdl_with_options(SDLExportOptions::new().include_specified_by())
}

/// Far beyond any limit, and small enough for sums of it.
const GREATEST_COST: usize = 1 << 32;

/// What a series counts as, however long: a page of a hundred.
const SERIES_ROWS: usize = 100;
/// What a list without pages counts as.
const LIST_ROWS: usize = 10;
/// What the carriers of a site count as.
const CARRIER_ROWS: usize = 6;

/// What a series costs.
fn series_cost(of_bucket: usize) -> usize {
    1 + SERIES_ROWS * of_bucket
}

/// What a list without pages costs.
fn list_cost(of_row: usize) -> usize {
    1 + LIST_ROWS * of_row
}

/// What a list of the carriers of a site costs.
fn carriers_cost(of_carrier: usize) -> usize {
    1 + CARRIER_ROWS * of_carrier
}

/// What a connection costs: its fields for each row asked for.
fn page_cost(first: Option<i32>, last: Option<i32>, of_row: usize) -> usize {
    let rows = first.or(last).map_or(paging::DEFAULT_ROWS, |rows| usize::try_from(rows).unwrap_or(0));
    1 + rows.saturating_mul(of_row).min(GREATEST_COST)
}
