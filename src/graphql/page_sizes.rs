//! Page sizes that a client leaves open: `$first: Int` without a value is no page size, as the specification says, but
//! async-graphql, which needs the size to know what a document costs, takes it for a mistake. So it is told "null".

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::parser::types::{BaseType, ExecutableDocument};
use async_graphql::{Name, Request, ServerResult, Value};

/// Installs the treatment above.
pub(super) struct OpenPageSizes;

impl ExtensionFactory for OpenPageSizes {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for OpenPageSizes {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let optional = optional_numbers(request.parsed_query()?);
        for name in optional {
            request.variables.entry(name).or_insert(Value::Null);
        }
        next.run(ctx, request).await
    }
}

/// The variables of type `Int` that may be left out. Null means the same as nothing to every argument of this type.
fn optional_numbers(document: &ExecutableDocument) -> Vec<Name> {
    let variables = document.operations.iter().flat_map(|(_, operation)| &operation.node.variable_definitions);
    let optional = variables.filter(|variable| {
        let of_type = &variable.node.var_type.node;
        let is_number = matches!(&of_type.base, BaseType::Named(name) if name == "Int");
        is_number && of_type.nullable && variable.node.default_value.is_none()
    });
    optional.map(|variable| variable.node.name.node.clone()).collect()
}
