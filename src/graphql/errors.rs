//! Errors on their way out: resolvers just use `?`, and here, once for every operation, each error gets its code, ours
//! are logged and their details withheld.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest, NextSubscribe};
use async_graphql::{ErrorExtensionValues, Response, ServerError};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::codes::Code;
use crate::error::Error;

/// How the engine's own limits begin to complain; nothing else tells them apart.
const LIMITS: [&str; 4] = [
    "Query is too complex.",
    "Query is nested too deep.",
    "The amount of aliases of the query cannot be greater",
    "The number of directives on the field",
];

/// An error of ours in place of a response.
pub(super) fn refusal(error: &Error) -> Response {
    let mut refused = ServerError::new(error.public_message(), None);
    refused.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", error.code().as_str());
    Response::from_errors(vec![refused])
}

/// Installs the treatment below.
pub(super) struct ErrorCodes;

impl ExtensionFactory for ErrorCodes {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for ErrorCodes {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        treat(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(treat).boxed()
    }
}

fn treat(mut response: Response) -> Response {
    response.errors.iter_mut().for_each(treat_error);
    response
}

fn treat_error(error: &mut ServerError) {
    let code = match error.source::<Error>() {
        Some(ours) => {
            let (code, message) = (ours.code(), ours.public_message());
            if ours.is_ours() {
                tracing::error!(%code, error = %ours, path = ?error.path, "a GraphQL field failed");
            }
            error.message = message;
            code
        }
        None if LIMITS.iter().any(|limit| error.message.starts_with(limit)) => Code::DocumentTooComplex,
        // Without a path no field was reached: the document itself is wrong.
        None if error.path.is_empty() => Code::InvalidDocument,
        None => Code::InvalidInput,
    };
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
}
