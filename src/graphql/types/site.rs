//! A site as the API shows it.

use async_graphql::{ID, Object};
use entity::site::Model;

use crate::graphql::ids::GlobalId;

pub(in crate::graphql) struct Site(pub(in crate::graphql) Model);

/// A plant with one clock on the wall and one currency on its bills.
#[Object]
impl Site {
    /// Global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        GlobalId::Site(self.0.id).into()
    }

    /// Unique name. A plant with one site is `default`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// IANA time zone, such as `Europe/Berlin`.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// ISO 4217 currency, such as `EUR`.
    async fn currency(&self) -> &str {
        &self.0.currency
    }
}
