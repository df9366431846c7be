//! What is done to every request, whatever transport brought it: its document is measured before it is parsed, because
//! parsing a long one is the attack; how far its fragments unfold is counted before anything walks them; and before it is
//! executed, page sizes left open are named.
//!
//! `$first: Int` without a value is no page size, as the specification says, but async-graphql, which needs the size to
//! know what a document costs, takes it for a mistake. So it is told "null".

use std::sync::{Arc, OnceLock};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextValidation};
use async_graphql::parser::types::{BaseType, ExecutableDocument};
use async_graphql::{Name, Request, ServerError, ServerResult, ValidationResult, Value};

use super::scan::{DEEPEST, scan};
use super::typenames::{self, Typenames};
use super::{root_fragments, unfolded};
use crate::codes::Code;
use crate::error::Error;

/// As async-graphql says it.
const TOO_COMPLEX: &str = "Query is too complex.";

/// Installs the treatment above.
#[derive(Clone, Copy)]
pub(super) struct Requests {
    /// What a document may cost.
    pub(super) cost: usize,
    /// Directives on one field.
    pub(super) directives: usize,
    /// Fields and fragments, each as often as it is named.
    pub(super) selections: usize,
    /// Fields at the root of an operation.
    pub(super) root_fields: usize,
}

/// One request's treatment.
struct Treatment {
    limits: Requests,
    typenames: OnceLock<Typenames>,
}

/// What a document may be before it is parsed.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Bytes at most.
    pub bytes: usize,
    /// Tokens at most: names, numbers, strings and marks.
    pub tokens: usize,
}

impl ExtensionFactory for Requests {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Treatment { limits: *self, typenames: OnceLock::new() })
    }
}

/// Refuses a document that is too long (`DOCUMENT_TOO_LARGE`), nests too deeply to be parsed (`DOCUMENT_TOO_COMPLEX`), or is
/// missing (`INVALID_BODY`).
pub fn check_document(document: &str, limits: DocumentLimits) -> Result<(), Error> {
    let DocumentLimits { bytes, tokens } = limits;
    if document.len() > bytes {
        let message = format!("the document is longer than {bytes} bytes: send values as variables");
        return Err(Error::invalid(Code::DocumentTooLarge, message));
    }
    let found = scan(document);
    if found.tokens > tokens {
        let message = format!("the document has more than {tokens} tokens: ask for less at a time");
        return Err(Error::invalid(Code::DocumentTooLarge, message));
    }
    if found.levels > DEEPEST {
        let message = format!("the document nests deeper than {DEEPEST} levels");
        return Err(Error::invalid(Code::DocumentTooComplex, message));
    }
    if document.trim().is_empty() {
        return Err(Error::invalid(Code::InvalidBody, "there is no query: send a GraphQL document as \"query\""));
    }
    Ok(())
}

#[async_trait::async_trait]
impl Extension for Treatment {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        metrics::counter!("wattline_documents_validated_total").increment(1);
        let document = request.parsed_query()?;
        match unfolded::selections(document) {
            None => return Err(ServerError::new("A fragment contains itself.", None)),
            Some(selections) if selections > self.limits.selections => return Err(ServerError::new(TOO_COMPLEX, None)),
            Some(_) => {}
        }
        if unfolded::root_fields(document) > self.limits.root_fields {
            return Err(ServerError::new(TOO_COMPLEX, None));
        }
        let (optional, resolved) = (optional_numbers(document), root_fragments::resolved(document));
        if let Some(resolved) = resolved {
            request.set_parsed_query(resolved);
        }
        for name in optional {
            request.variables.entry(name).or_insert(Value::Null);
        }
        // Lent out while the document is: both are parts of the request.
        let variables = std::mem::take(&mut request.variables);
        let measured = request.parsed_query().map(|document| typenames::measure(document, &variables));
        request.variables = variables;
        let _ = self.typenames.set(measured?);
        next.run(ctx, request).await
    }

    /// Adds to a document's cost what async-graphql leaves out.
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let mut valid = next.run(ctx).await?;
        let Typenames { cost, directives } = self.typenames.get().copied().unwrap_or_default();
        valid.complexity = valid.complexity.saturating_add(cost);
        if valid.complexity > self.limits.cost {
            return Err(vec![ServerError::new(TOO_COMPLEX, None)]);
        }
        if directives > self.limits.directives {
            let message = "The number of directives on the field `__typename` cannot be greater than";
            return Err(vec![ServerError::new(format!("{message} `{}`", self.limits.directives), None)]);
        }
        Ok(valid)
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
