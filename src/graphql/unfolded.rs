//! How far a document's fragments unfold. Whoever walks a document walks a fragment as often as it is named, so thirty
//! fragments that each name the next one twice are a thousand million of the last: they are counted, each once, before.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::scan::DEEPEST;

/// The selections of a document with each fragment in the place of its name, of the operation or fragment that has most;
/// none if a fragment contains itself. What nests deeper than a walk may go is more than any number.
pub(super) fn selections(document: &ExecutableDocument) -> Option<usize> {
    let mut walk = Walk::over(document, true);
    let mut most = 0;
    for (_, operation) in document.operations.iter() {
        most = most.max(walk.set(&operation.node.selection_set.node)?);
    }
    for name in document.fragments.keys() {
        most = most.max(walk.fragment(name)?);
    }
    Some(most)
}

/// The fields at the root of its largest operation, each as often as it is named: so often is it executed, even where the
/// answer has it once. For documents in which no fragment contains itself.
pub(super) fn root_fields(document: &ExecutableDocument) -> usize {
    let mut walk = Walk::over(document, false);
    let operations = document.operations.iter();
    operations.filter_map(|(_, operation)| walk.set(&operation.node.selection_set.node)).max().unwrap_or(0)
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    /// Whether every selection counts, at any level; or only fields, and not those within them.
    is_deep: bool,
    /// What fragments have; none of those that are being looked at.
    known: HashMap<&'a Name, Option<usize>>,
    level: usize,
}

impl<'a> Walk<'a> {
    fn over(document: &'a ExecutableDocument, is_deep: bool) -> Self {
        Self { document, is_deep, known: HashMap::new(), level: 0 }
    }

    fn set(&mut self, set: &'a SelectionSet) -> Option<usize> {
        if self.level == DEEPEST {
            return Some(usize::MAX);
        }
        self.level += 1;
        let mut sum = 0_usize;
        for item in &set.items {
            let within = match &item.node {
                Selection::Field(_) if !self.is_deep => 1,
                Selection::Field(field) => self.set(&field.node.selection_set.node)?,
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            sum = sum.saturating_add(usize::from(self.is_deep)).saturating_add(within);
        }
        self.level -= 1;
        Some(sum)
    }

    fn fragment(&mut self, name: &'a Name) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        // One that is not there is refused later.
        let Some(fragment) = self.document.fragments.get(name) else { return Some(0) };
        self.known.insert(name, None);
        let size = self.set(&fragment.node.selection_set.node)?;
        self.known.insert(name, Some(size));
        Some(size)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn fragments_are_counted_as_often_as_they_are_named() {
        let mut doubling = "{ ...F0 }".to_owned();
        for level in 0..100 {
            let _ = write!(doubling, "fragment F{level} on Q {{ ...F{0} ...F{0} }}", level + 1);
        }
        doubling += "fragment F100 on Q { a }";
        let mut chain = "{ ...F0 }".to_owned();
        for level in 0..700 {
            let _ = write!(chain, "fragment F{level} on Q {{ ...F{} }}", level + 1);
        }
        chain += "fragment F700 on Q { a }";
        for (text, count) in [
            ("{ a { b } ... { c } }", Some(4)),
            ("{ ...A ...A } fragment A on Q { a b } ", Some(6)),
            ("{ a ...Gone }", Some(2)),
            ("{ ...A } fragment A on Q { ...A ...A }", None),
            ("{ a } fragment A on Q { ...B } fragment B on Q { b { ...A } }", None),
            (doubling.as_str(), Some(usize::MAX)),
            (chain.as_str(), Some(usize::MAX)),
        ] {
            let document = async_graphql::parser::parse_query(text).expect("a document");
            assert_eq!(selections(&document), count, "{text}");
        }
    }
    #[test]
    fn fields_at_the_root_are_counted_as_often_as_they_are_named() {
        for (text, count) in [
            ("{ a { b c } a { d } ... { a } }", 3),
            ("{ ...A ...A } fragment A on Q { a b { c } ...B } fragment B on Q { d }", 6),
            ("query A { a } query B { a b }", 2),
            ("{ a ...Gone }", 1),
        ] {
            let document = async_graphql::parser::parse_query(text).expect("a document");
            assert_eq!(root_fields(&document), count, "{text}");
        }
    }
}
