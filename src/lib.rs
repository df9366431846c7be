//! Wattline: live energy statistics for factories.
//!
//! Readings come in through one write path, sixteen statistics go out, exact at any past second and pushed to everyone
//! who watches. This page is the map: what each room is for, and the rules between the rooms.
//!
//! # Rooms
//!
//! | room | what it is for |
//! |---|---|
//! | [`cli`] | the command line, one file a subcommand |
//! | [`config`] | every setting: flag, variable and TOML key of one name |
//! | [`app`] | puts the rooms together, runs them, shuts them down |
//! | [`access`] | who may do what: keys, tokens, people, sessions, and what each of them allows |
//! | [`clock`] | the only place that asks what time it is |
//! | [`error`] [`codes`] | what can go wrong, and the stable codes of it |
//! | [`measures`] [`traces`] | what is counted and timed, for Prometheus; what took how long, for OpenTelemetry |
//! | [`domain`] | pure rules: readings, buckets, statistics; no I/O |
//! | [`store`] | the database; the only place that knows the ORM |
//! | [`events`] | signals inside the process: where to look, never what is there |
//! | [`ingest`] | the one write path, and the wire formats before it |
//! | [`push`] | the tick, shared statistics and subscriptions, the anomaly feed, the sockets they are written to |
//! | [`anomalies`] | what is said of anomalies from outside: by other systems and by people |
//! | [`budgets`] | how budgets stand |
//! | [`jobs`] | what goes on beside the doors: detection, telling people, retention |
//! | [`messenger`] | how a message leaves: by e-mail, to a webhook |
//! | [`graphql`] | the GraphQL schema over the rooms |
//! | [`http`] | the routes: GraphQL, the source system's doors, the page, health |
//! | [`demo`] | a simulated plant that sends through the write path |
//!
//! The row types are the crate `entity`, the schema's changes the crate `migration`; the web page is in `web/`.
//!
//! # Rules
//!
//! 1. The row is the truth, a signal is a nudge: whoever hears one reads the database from its own cursor.
//! 2. There is one write path, [`ingest::Ingest::record`]; a receipt is given after the commit.
//! 3. Rollups change in the transaction that changes readings, so a statistic reads a bounded number of rows and still
//!    equals the SQL over the raw rows.
//! 4. A statistic is computed once for all who watch; a slow client sheds statistics, never anomalies.
//! 5. Time comes in as a parameter.
//! 6. Nothing is executed but for a [`access::Caller`]. What a caller may do is looked up in one closed table before; what
//!    they reach is decided by the store they are handed, which finds the rows of their site only.
//!
//! # Deliberately absent
//!
//! A cache of what the database knows; a second way to write readings; arithmetic on sums that were rounded before.

pub mod access;
pub mod anomalies;
pub mod app;
pub mod budgets;
pub mod cli;
pub mod clock;
pub mod codes;
pub mod config;
pub mod demo;
pub mod domain;
pub mod error;
pub mod events;
pub mod graphql;
pub mod http;
pub mod ingest;
pub mod jobs;
pub mod measures;
pub mod messenger;
pub mod push;
pub mod store;
pub mod traces;
