//! Fragments at the root of a subscription: async-graphql passes them over, and the subscription ends without an event.
//! So what they select is put in their place before it sees the document.

use std::collections::{BTreeSet, HashMap};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, FragmentDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// The document with its subscriptions' root fragments resolved; none if it has none.
pub(super) fn resolved(document: &ExecutableDocument) -> Option<ExecutableDocument> {
    let is_fragment = |item: &Positioned<Selection>| !matches!(item.node, Selection::Field(_));
    let has_some = document.operations.iter().any(|(_, operation)| {
        let items = &operation.node.selection_set.node.items;
        operation.node.ty == OperationType::Subscription && items.iter().any(is_fragment)
    });
    if !has_some {
        return None;
    }
    let mut document = document.clone();
    let fragments = document.fragments.clone();
    let mut used = BTreeSet::new();
    let operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        if operation.node.ty == OperationType::Subscription {
            let mut items = Vec::new();
            resolve(&operation.node.selection_set.node, &[], &fragments, &mut Vec::new(), &mut items);
            operation.node.selection_set.node.items = items;
        }
        names(&operation.node.selection_set.node, &fragments, &mut used);
    }
    // A fragment that was put in its place everywhere would be refused as unused.
    document.fragments.retain(|name, _| used.contains(name));
    Some(document)
}

fn resolve(
    set: &SelectionSet,
    directives: &[Positioned<Directive>],
    fragments: &Fragments,
    within: &mut Vec<Name>,
    into: &mut Vec<Positioned<Selection>>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                let mut field = field.clone();
                field.node.directives.extend_from_slice(directives);
                into.push(Positioned::new(Selection::Field(field), item.pos));
            }
            Selection::InlineFragment(inline)
                if is_subscription(inline.node.type_condition.as_ref().map(|on| &on.node.on.node)) =>
            {
                let directives = [directives, &inline.node.directives].concat();
                resolve(&inline.node.selection_set.node, &directives, fragments, within, into);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match fragments.get(name) {
                    Some(fragment)
                        if !within.contains(name)
                            && is_subscription(Some(&fragment.node.type_condition.node.on.node)) =>
                    {
                        let directives = [directives, &spread.node.directives].concat();
                        within.push(name.clone());
                        resolve(&fragment.node.selection_set.node, &directives, fragments, within, into);
                        within.pop();
                    }
                    // Unknown, of another type, or part of itself: left for the validation to refuse.
                    _ => into.push(item.clone()),
                }
            }
            Selection::InlineFragment(_) => into.push(item.clone()),
        }
    }
}

fn is_subscription(type_name: Option<&Name>) -> bool {
    type_name.is_none_or(|name| name == "Subscription")
}

/// The fragments that a selection names, and those that these name.
fn names(set: &SelectionSet, fragments: &Fragments, used: &mut BTreeSet<Name>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => names(&field.node.selection_set.node, fragments, used),
            Selection::InlineFragment(inline) => names(&inline.node.selection_set.node, fragments, used),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if used.insert(name.clone())
                    && let Some(fragment) = fragments.get(name)
                {
                    names(&fragment.node.selection_set.node, fragments, used);
                }
            }
        }
    }
}
