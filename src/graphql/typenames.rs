//! What `__typename` costs. async-graphql neither counts it nor looks at its directives, so that a document of nothing
//! else would get past every limit.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Value, Variables};

use super::paging::DEFAULT_ROWS;
use super::{CARRIER_ROWS, LIST_ROWS, SERIES_ROWS};

/// Fragments within fragments, at most: the circular ones are refused later.
const DEEPEST: usize = 64;

/// What is asked of a document's `__typename` fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Typenames {
    /// 1 for each, times the rows of the pages it stands in, of the operation that has most.
    pub(super) cost: usize,
    /// Directives on one of them, at most.
    pub(super) directives: usize,
}

/// Measures a document.
pub(super) fn measure(document: &ExecutableDocument, variables: &Variables) -> Typenames {
    let walk = Walk { fragments: &document.fragments, variables };
    let mut found = Typenames::default();
    for (_, operation) in document.operations.iter() {
        let of_operation = walk.set(&operation.node.selection_set.node, 0);
        found.cost = found.cost.max(of_operation.cost);
        found.directives = found.directives.max(of_operation.directives);
    }
    found
}

struct Walk<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
}

impl Walk<'_> {
    fn set(&self, set: &SelectionSet, depth: usize) -> Typenames {
        let mut sum = Typenames::default();
        for item in &set.items {
            let part = match &item.node {
                _ if depth > DEEPEST => Typenames::default(),
                Selection::Field(field) if field.node.name.node == "__typename" => {
                    Typenames { cost: 1, directives: field.node.directives.len() }
                }
                Selection::Field(field) => {
                    let inside = self.set(&field.node.selection_set.node, depth + 1);
                    Typenames { cost: inside.cost.saturating_mul(self.rows(&field.node)), ..inside }
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, depth + 1),
                Selection::FragmentSpread(spread) => match self.fragments.get(&spread.node.fragment_name.node) {
                    Some(fragment) => self.set(&fragment.node.selection_set.node, depth + 1),
                    None => Typenames::default(),
                },
            };
            sum.cost = sum.cost.saturating_add(part.cost);
            sum.directives = sum.directives.max(part.directives);
        }
        sum
    }

    /// How often what stands in a field is there, as its own cost counts it.
    fn rows(&self, field: &Field) -> usize {
        let of_variable = |name: Name| Ok::<_, ()>(self.variables.get(&name).cloned().unwrap_or_default());
        let argument = |name: &str| {
            let value = field.get_argument(name)?.node.clone();
            Some(value.into_const_with(of_variable).unwrap_or_default())
        };
        match field.name.node.as_str() {
            "series" | "statsHistory" | "usualPower" => SERIES_ROWS,
            "carrierStats" => CARRIER_ROWS,
            "history" | "maintenance" | "contactPoints" | "notificationRules" | "watchRules" | "budgets" => LIST_ROWS,
            "nodes" => match argument("ids") {
                Some(Value::List(ids)) => ids.len(),
                _ => 1,
            },
            _ => match argument("first").filter(is_set).or_else(|| argument("last").filter(is_set)) {
                Some(Value::Number(rows)) => rows.as_u64().and_then(|rows| usize::try_from(rows).ok()).unwrap_or(0),
                None if is_connection(field) => DEFAULT_ROWS,
                _ => 1,
            },
        }
    }
}

fn is_set(value: &Value) -> bool {
    *value != Value::Null
}

/// Only connections have edges.
fn is_connection(field: &Field) -> bool {
    let named = |item: &Positioned<Selection>, name: &str| matches!(&item.node, Selection::Field(field) if field.node.name.node == name);
    field.selection_set.node.items.iter().any(|item| named(item, "edges") || named(item, "nodes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_times_the_rows_it_stands_in() {
        for (document, cost, directives) in [
            ("{ __typename }", 1, 0),
            ("{ sites { __typename name } a: __typename @skip(if: false) @include(if: true) }", 2, 2),
            ("{ machines(first: 10) { __typename edges { node { __typename } } } }", 20, 0),
            ("query($n: Int) { machines(first: $n) { edges { node { __typename } } } }", 7, 0),
            ("query($m: Int) { machines(first: $m) { edges { node { __typename } } } }", 50, 0),
            ("{ machines { edges { node { ...F } } } } fragment F on Machine { __typename s: __typename }", 100, 0),
            ("{ machines(last: 2) { edges { node { series(every: \"PT1M\") { __typename } } } } }", 200, 0),
            ("{ nodes(ids: [\"a\", \"b\"]) { __typename ... on Machine { t: __typename } } }", 4, 0),
            ("{ ...F } fragment F on Query { ...F __typename }", DEEPEST, 0),
        ] {
            let variables = Variables::from_json(serde_json::json!({"n": 7}));
            let parsed = async_graphql::parser::parse_query(document).expect("a document");
            assert_eq!(measure(&parsed, &variables), Typenames { cost, directives }, "{document}");
        }
    }
}
