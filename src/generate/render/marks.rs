//! Scripts in a rendering: templates write a mark, and the script comes into its place when all else is written.
//! Scripts are most of a pipeline and constant, so none of them goes through a template.

use std::collections::HashMap;

use super::scalar;
use crate::generate::config::System;
use crate::generate::scripts;

/// Stands before and behind the name of a script. Nothing else writes it: scalars have their control characters escaped.
const MARK: char = '\u{1}';

/// What a template writes where the script of that name belongs: behind a key and a blank, at the end of a line.
pub(super) fn mark(name: &str) -> String {
    format!("{MARK}{name}{MARK}")
}

/// The scripts of one system as YAML, each spelled out once for each column.
#[derive(Debug)]
pub struct Scripts {
    system: System,
    spelled: HashMap<(String, usize), String>,
}

impl Scripts {
    /// None spelled out yet.
    pub fn of(system: System) -> Self {
        Self { system, spelled: HashMap::new() }
    }

    /// Adds the lines of a text to a rendering, `indent` columns further in, with the scripts in the places of their
    /// marks. Empty lines stay empty.
    ///
    /// # Errors
    /// The name of a script that does not exist.
    pub fn put(&mut self, text: &str, indent: usize, rendering: &mut String) -> Result<(), String> {
        let margin = " ".repeat(indent);
        for line in text.lines() {
            if !line.is_empty() {
                rendering.push_str(&margin);
            }
            match line.split_once(MARK) {
                None => rendering.push_str(line),
                Some((before, marked)) => {
                    rendering.push_str(before);
                    let name = marked.strip_suffix(MARK).unwrap_or(marked);
                    let column = indent + before.len() - before.trim_start_matches([' ', '-']).len();
                    rendering.push_str(self.spelled(name, column)?);
                }
            }
            rendering.push('\n');
        }
        Ok(())
    }

    /// A script as the value of a key at that column.
    fn spelled(&mut self, name: &str, column: usize) -> Result<&str, String> {
        let system = self.system;
        let place = (name.to_owned(), column);
        if !self.spelled.contains_key(&place) {
            let text = scripts::text(name, system).ok_or_else(|| name.to_owned())?;
            self.spelled.insert(place.clone(), scalar(text, column));
        }
        Ok(&self.spelled[&place])
    }
}

#[cfg(test)]
mod tests {
    use super::{Scripts, mark};
    use crate::generate::config::System;
    use crate::generate::scripts;

    #[test]
    fn a_script_comes_into_the_place_of_its_mark() {
        let mut scripts = Scripts::of(System::AzurePipelines);
        let (mut rendering, text) = (String::new(), format!("- bash: {}\n  name: x\n\n", mark("moment")));
        scripts.put(&text, 2, &mut rendering).unwrap();
        assert!(
            rendering.starts_with("  - bash: |\n      ") && rendering.ends_with("\n    name: x\n\n"),
            "{rendering}"
        );
        let read: serde_yaml::Value = serde_yaml::from_str(&rendering).unwrap();
        assert_eq!(read[0]["bash"].as_str(), scripts::text("moment", System::AzurePipelines));
        assert_eq!(scripts.put(&mark("none"), 0, &mut rendering), Err("none".to_owned()));
    }
}
