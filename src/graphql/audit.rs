//! The audit as the API shows it.

use async_graphql::{ID, Object};
use entity::audit::Model;

use super::ids::GlobalId;
use super::scalars::DateTime;

pub(super) struct AuditEntry(pub(super) Model);

/// Something that somebody changed.
#[Object]
impl AuditEntry {
    /// Global id.
    async fn id(&self) -> ID {
        GlobalId::AuditEntry(self.0.id).into()
    }

    /// When it was asked for.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at_ms)
    }

    /// Who asked: a key by its visible part and name, a user by name, or `anybody` while access is not set up.
    async fn by(&self) -> &str {
        &self.0.by
    }

    /// What: a mutation by its name, `readings` that corrected others over HTTP, signing in and out, or a command.
    async fn field(&self) -> &str {
        &self.0.field
    }

    /// The id of the request, as in its answer's `x-request-id`.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}
