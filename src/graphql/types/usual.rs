//! What is usual of a machine at a time, as the API shows it.

use async_graphql::SimpleObject;

use crate::graphql::scalars::DateTime;

/// What a machine usually draws at an instant, by what the detector knows of its days and weeks now.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UsualPower {
    /// The instant.
    pub(in crate::graphql) at: DateTime,
    /// Where what is usual begins, kW (or m³/h): about 2 % of the healthy readings of such an hour lie below.
    pub(in crate::graphql) low_kw: f64,
    /// What is expected then.
    pub(in crate::graphql) expected_kw: f64,
    /// Where what is usual ends.
    pub(in crate::graphql) high_kw: f64,
}
