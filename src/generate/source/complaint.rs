//! What the parser says about text that is no YAML, in words for people, with the cure.

/// A part of the parser's message (saphyr-parser 0.3), what happened, and what to do.
const TABLE: &[(&str, &str, &str)] = &[
    (
        "mapping values are not allowed",
        "this `:` cannot stand here",
        "put text that holds `: ` in quotes, and begin a key in the column of the keys beside it",
    ),
    (
        "block sequence entries are not allowed",
        "a list cannot begin here",
        "put `- ` on a line of its own below the key",
    ),
    ("unexpected character: `@'", "text cannot begin with `@`", "put it in quotes"),
    ("unexpected character: ``'", "text cannot begin with a backtick", "put it in quotes"),
    ("unexpected character: `%'", "text cannot begin with `%`", "put it in quotes"),
    ("did not find expected ',' or '}'", "this `{` has no `}`", "close it, and put a comma between two keys"),
    ("expected ',' or ']'", "this `[` has no `]`", "close it, and put a comma between two items"),
    ("misplaced bracket", "this bracket closes nothing", "take it out, or put the text in quotes"),
    ("simple key expect", "this line is no `key: value`", "put `: ` behind the key, with the space"),
    (
        "did not find expected key",
        "this does not fit to the keys above",
        "begin it in the column of the keys beside it",
    ),
    (
        "did not find expected '-'",
        "this does not fit to the list above",
        "begin it with `- ` in the column of the items",
    ),
    ("found unexpected end of stream", "this quote is never closed", "close it"),
    (
        "invalid indentation in quoted",
        "this quote is not closed on its line",
        "close it, or indent the lines that go on",
    ),
    ("unknown escape", "this backslash means nothing in double quotes", "write `\\\\`, or take single quotes"),
    ("hexadecimal", "this escape has too few digits", "write `\\\\` for a backslash, or take single quotes"),
    ("invalid Unicode character", "this escape is no character", "write `\\\\` for a backslash, or take single quotes"),
    ("trailing content after", "something stands behind the closing quote", "put all of it in quotes, or none"),
    ("found unknown anchor", "`*` is a reference to an anchor", "put text that begins with `*` in quotes"),
    ("expected alphabetic or numeric", "`*` and `&` need a name, and are not allowed", "put the text in quotes"),
    ("comment intercepting", "a comment cannot stand inside text of several lines", "move it above the key"),
    ("tab", "a tab cannot stand here", "write spaces"),
    ("recursion limit", "too many brackets are open", "write the innermost ones on lines of their own"),
    ("expected <document", "this does not fit to what stands above", "begin it in the column of the keys above"),
    ("invalid indentation", "this line is not indented far enough", "indent it further than the key above"),
    ("wrongly indented line in block", "this line is not indented as far as the text above", "indent it as far"),
];

/// What to tell a person, and the cure.
pub(super) fn explain(message: &str) -> (String, Option<String>) {
    match TABLE.iter().find(|(part, _, _)| message.contains(part)) {
        Some((_, what, cure)) => ((*what).to_owned(), Some((*cure).to_owned())),
        None => (format!("this is not YAML: {message}"), None),
    }
}
