//! The templates, compiled in. Their marks are `<% %>`, `<{ }>` and `<%# %>`, which collide with neither system's
//! expressions nor with bash.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::marks::mark;
use super::scalar;

/// All templates: `github/…`, `azure-pipelines/…`, and the scripts as they are, `scripts/….sh`.
///
/// `value|y(column)` writes a text as a YAML scalar, see [`scalar`]; `name|script` marks the place of a script, see
/// [`Scripts`](super::Scripts); a name that is not there is an error.
pub fn templates() -> &'static Environment<'static> {
    static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
        let mut environment = Environment::new();
        environment.set_syntax(
            SyntaxConfig::builder()
                .block_delimiters("<%", "%>")
                .variable_delimiters("<{", "}>")
                .comment_delimiters("<%#", "%>")
                .trim_blocks(true)
                .lstrip_blocks(true)
                .keep_trailing_newline(true)
                .build()
                .expect("the delimiters differ"),
        );
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_filter("y", |text: &str, column: Option<usize>| scalar(text, column.unwrap_or(0)));
        environment.add_filter("script", mark);
        minijinja_embed::load_templates!(&mut environment);
        environment
    });
    &TEMPLATES
}
