//! Which of the rendered files are meant: by their system, their pipeline, or a pattern of their path.

/// Whether a word means a file: `github-actions` or `azure-pipelines`, the name of a pipeline such as `cd`, or its path,
/// in which `*` stands for anything.
pub fn means(word: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let pipeline = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    word == system(path) || word == pipeline || fits(word, path)
}

/// The system that reads a file.
pub fn system(path: &str) -> &'static str {
    if path.starts_with(".github/") { "github-actions" } else { "azure-pipelines" }
}

fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::means;

    #[test]
    fn a_file_is_meant_by_its_system_its_pipeline_or_its_path() {
        let path = ".github/workflows/cd.yml";
        for word in ["github-actions", "cd", path, ".github/*", "*.yml", "*", "*/cd.*", ".git*flows*d.yml"] {
            assert!(means(word, path), "{word}");
        }
        for word in
            ["azure-pipelines", "ci", "", "cd.yml", ".github", ".github/*/ci.yml", "*.yaml", ".github/*/*/cd.yml"]
        {
            assert!(!means(word, path), "{word}");
        }
        assert!(means("azure-pipelines", ".azuredevops/cd.yml"));
    }
}
