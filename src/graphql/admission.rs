//! Who may have what of a document, found out before it is executed: each root field of it is looked up in the one table
//! of `access`. What is then executed sees and changes only what its caller reaches.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet};
use async_graphql::{Positioned, Request};

use super::Rooms;
use super::loaders::loaders;
use crate::access::Caller;
use crate::error::Result;

/// On whose behalf something is executed.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks.
    pub caller: Caller,
    /// In which request.
    pub request_id: Option<Arc<str>>,
}

impl Rooms {
    /// The same rooms, as somebody sees them who reaches one site only.
    #[must_use]
    pub fn seen_by(&self, caller: &Caller) -> Self {
        let Some(only) = caller.granted().ok().and_then(|granted| granted.site) else { return self.clone() };
        let store = self.store.narrowed(Some(only));
        Self {
            ingest: self.ingest.narrowed(only),
            anomalies: self.anomalies.over(store.clone()),
            changes: self.changes.over(store.clone()),
            store,
            ..self.clone()
        }
    }
}

/// Refuses a request whose caller may not have all of it (`UNAUTHENTICATED`, `FORBIDDEN`), and gives its resolvers what
/// the caller reaches.
pub(super) fn admit(asked: &Asked, rooms: &Rooms, mut request: Request) -> Result<Request> {
    let granted = asked.caller.granted()?;
    let name = request.operation_name.clone();
    // What cannot be read is not executed either, and says so there.
    let Ok(document) = request.parsed_query() else { return Ok(request) };
    let (mut fields, mut changes) = (BTreeSet::new(), Vec::new());
    for operation in operations(document, name.as_deref()) {
        root_fields(document, &operation.selection_set.node, &mut BTreeSet::new(), &mut fields);
        if operation.ty == OperationType::Mutation {
            changes.extend(fields.iter().copied());
        }
    }
    for field in fields.iter().filter(|field| **field != "__typename") {
        asked.caller.require_field(field)?;
    }
    let author = (!changes.is_empty())
        .then(|| granted.author(&changes.join(", "), asked.request_id.clone(), rooms.clock.now_ms()));
    let mut request = request.data(asked.caller.clone());
    let mut seen = rooms.seen_by(&asked.caller);
    if granted.site.is_some() {
        request = request
            .data(loaders(seen.store.clone()))
            .data(seen.ingest)
            .data(seen.anomalies)
            .data(seen.changes)
            .data(seen.store.clone());
    }
    if let Some(author) = author {
        seen.store = seen.store.written_by(author);
        request = request.data(seen.store);
    }
    Ok(request)
}

/// The operations that may be executed: the named one, the only one, or where it is not yet known which, all.
fn operations<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Vec<&'a OperationDefinition> {
    let all = document.operations.iter();
    let is_meant = |known: Option<&str>| name.is_none() || known.is_none() || known == name;
    all.filter(|(known, _)| is_meant(known.map(async_graphql::Name::as_str)))
        .map(|(_, operation)| &operation.node)
        .collect()
}

/// The names of the fields at the root of an operation, those in fragments too.
fn root_fields<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    within: &mut BTreeSet<&'a str>,
    into: &mut BTreeSet<&'a str>,
) {
    for Positioned { node, .. } in &set.items {
        match node {
            Selection::Field(field) => {
                into.insert(&field.node.name.node);
            }
            Selection::InlineFragment(inline) => {
                root_fields(document, &inline.node.selection_set.node, within, into);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                // Each once: fragments may name each other in a circle, which is refused later.
                if let Some(fragment) = document.fragments.get(name)
                    && within.insert(name)
                {
                    root_fields(document, &fragment.node.selection_set.node, within, into);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_at_the_root_are_found_wherever_they_hide() {
        let fields = |text: &str, name: Option<&str>| {
            let document = async_graphql::parser::parse_query(text).expect("a document");
            let mut found = BTreeSet::new();
            for operation in operations(&document, name) {
                root_fields(&document, &operation.selection_set.node, &mut BTreeSet::new(), &mut found);
            }
            found.into_iter().map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        for (text, name, found) in [
            ("{ a { b } c: d }", None, "a d"),
            (
                "{ ... { a } ...F } fragment F on Query { b ... on Query { ...G } } fragment G on Query { c ...F }",
                None,
                "a b c",
            ),
            ("query A { a } mutation B { b }", Some("B"), "b"),
            ("query A { a } mutation B { b }", None, "a b"),
            // A document with one operation may be sent with any name.
            ("mutation A { a @skip(if: true) }", Some("A"), "a"),
            ("{ a }", Some("B"), "a"),
        ] {
            assert_eq!(fields(text, name), found, "{text}");
        }
    }
}
