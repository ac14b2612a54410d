//! The spellings of a name that stands in kebab case in a declaration.

/// `webapp-url` becomes `webappUrl`, the spelling of Azure Pipelines for inputs and outputs.
pub fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for part in name.split('-') {
        let upper = !camel.is_empty();
        push(&mut camel, part, upper);
    }
    camel
}

/// `zip-deploy` becomes `ZipDeploy`, the spelling of Azure Pipelines for tasks.
pub fn pascal_case(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    name.split('-').for_each(|part| push(&mut pascal, part, true));
    pascal
}

fn push(text: &mut String, part: &str, upper: bool) {
    let mut characters = part.chars();
    match characters.next() {
        Some(first) if upper => text.push(first.to_ascii_uppercase()),
        Some(first) => text.push(first),
        None => {}
    }
    text.push_str(characters.as_str());
}

#[cfg(test)]
mod tests {
    use super::{camel_case, pascal_case};

    #[test]
    fn names_are_spelt_as_azure_pipelines_spells_them() {
        assert_eq!(camel_case("webapp-url"), "webappUrl");
        assert_eq!(camel_case("DATABASE_URL"), "DATABASE_URL");
        assert_eq!(pascal_case("zip-deploy"), "ZipDeploy");
    }
}
