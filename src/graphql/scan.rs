//! What a document has, seen without parsing it: a parser calls itself for whatever is nested, and what nests some
//! thousand times overflows its stack, which ends the process.

/// Levels that a document may nest, in braces, brackets and parentheses, and by fragments in fragments. JSON may as much.
pub(super) const DEEPEST: usize = 128;

/// What it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// About how many tokens: a word or a string is one, and so is each mark.
    pub(super) tokens: usize,
    /// Levels of braces, brackets and parentheses.
    pub(super) levels: usize,
}

/// Looks at each byte once. Strings and comments are told apart as the specification has them:
/// <https://spec.graphql.org/September2025/#sec-String-Value>.
pub(super) fn scan(document: &str) -> Scan {
    let (mut found, mut open, mut in_word) = (Scan::default(), 0_usize, false);
    let mut rest = document.as_bytes();
    while let [byte, after @ ..] = rest {
        let is_word = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        rest = match byte {
            b'#' => after_comment(after),
            b'"' => after_string(after),
            _ => after,
        };
        match byte {
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
        found.levels = found.levels.max(open);
        let is_none = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'#') || (is_word && in_word);
        found.tokens += usize::from(!is_none);
        in_word = is_word;
    }
    found
}

fn after_comment(rest: &[u8]) -> &[u8] {
    let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    &rest[length.unwrap_or(rest.len())..]
}

/// What follows a string, after its first quotation mark.
fn after_string(rest: &[u8]) -> &[u8] {
    if let Some(mut rest) = rest.strip_prefix(b"\"\"") {
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(b"\"\"\"") {
                return after;
            }
            rest = rest.strip_prefix(b"\\\"\"\"").unwrap_or(&rest[1..]);
        }
        return rest;
    }
    let mut rest = rest;
    loop {
        rest = match rest {
            [b'"', after @ ..] => return after,
            // A string ends with its line, whatever follows: the parser refuses it there.
            [] | [b'\n' | b'\r', ..] => return rest,
            [b'\\', _, after @ ..] | [_, after @ ..] => after,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_strings_marks_and_levels_are_counted() {
        for (document, tokens, levels) in [
            ("", 0, 0),
            ("{ a }", 3, 1),
            ("query Q($a: [Int!] = [1, -2.5]) { b(c: $a, d: \"x { y \\\" } z\") ...F } # { { {\n", 29, 2),
            // Of strings nothing counts but that they are there, and what follows counts again.
            ("\"\"\" [ \" [ \\\"\"\" [ \"\"\" {", 2, 1),
            ("\"\" {", 2, 1),
            ("\"\"\"\"\"\" {", 2, 1),
            ("\"\\\\\" [", 2, 1),
            ("\"open [\n[", 2, 1),
            ("# \" [\r[", 1, 1),
            ("]]]] [[", 6, 2),
        ] {
            assert_eq!(scan(document), Scan { tokens, levels }, "{document}");
        }
        assert_eq!(scan(&"a:a ".repeat(1000)).tokens, 3000);
        assert_eq!(scan(&"[".repeat(5000)), Scan { tokens: 5000, levels: 5000 });
    }
}
