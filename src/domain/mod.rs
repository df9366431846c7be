//! Pure definitions: what a reading means, what a bucket holds, what each statistic is. No I/O, no async, no clock:
//! everything comes in as a parameter, so every rule here can be tested with a table of numbers.

pub mod buckets;
pub mod budget;
pub mod demand;
pub mod detection;
pub mod fields;
pub mod global_id;
pub mod instant;
pub mod merge;
pub mod message;
pub mod reading;
pub mod register;
pub mod registry;
pub mod rest;
pub mod rollup;
pub mod schedule;
pub mod series;
pub mod statistics;
pub mod sum;
pub mod watch;
