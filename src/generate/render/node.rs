//! A place in what was read: the tree of an outline, with each value in the place of what stands for it.

use serde_yaml::Value as Yaml;

/// Begins what stands for a value in an outline, which has no such letter of its own but in comments.
pub(super) const STAND_IN: char = '\u{e000}';

static NOTHING: Yaml = Yaml::Null;

/// A value of a part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held<'a> {
    /// A text that needed no reader.
    Text(&'a str),
    /// What a reader made of it.
    Read(&'a Yaml),
}

/// A place in what was read.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    here: &'a Yaml,
    /// What the numbers behind [`STAND_IN`] stand for.
    values: &'a [Held<'a>],
}

impl<'a> Node<'a> {
    pub(super) fn new(here: &'a Yaml, values: &'a [Held<'a>]) -> Self {
        Self { here, values }
    }

    /// What a mapping holds at that key, if it does.
    pub fn get(self, key: &str) -> Option<Self> {
        let Held::Read(yaml) = self.held() else { return None };
        yaml.as_mapping()?.get(key).map(|here| Self { here, values: self.within() })
    }

    /// What a mapping holds at that key, or nothing.
    #[must_use]
    pub fn at(self, key: &str) -> Self {
        self.get(key).unwrap_or(Self { here: &NOTHING, values: &[] })
    }

    /// Its text, if it is one.
    pub fn as_str(self) -> Option<&'a str> {
        match self.held() {
            Held::Text(text) => Some(text),
            Held::Read(yaml) => yaml.as_str(),
        }
    }

    /// Its number, if it is one that counts something.
    pub fn as_u64(self) -> Option<u64> {
        self.read().and_then(Yaml::as_u64)
    }

    /// Whether it is true, if it is true or false.
    pub fn as_bool(self) -> Option<bool> {
        self.read().and_then(Yaml::as_bool)
    }

    /// Whether there is nothing.
    pub fn is_null(self) -> bool {
        self.read().is_some_and(Yaml::is_null)
    }

    /// The text that says the same, where it is a text, a number, or true or false.
    pub fn scalar(self) -> String {
        match self.held() {
            Held::Text(text) => text.to_owned(),
            Held::Read(Yaml::String(text)) => text.clone(),
            Held::Read(Yaml::Bool(flag)) => flag.to_string(),
            Held::Read(Yaml::Number(number)) => number.to_string(),
            Held::Read(_) => String::new(),
        }
    }

    /// The items of a sequence.
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = Self> + Clone> {
        let values = self.within();
        let items = self.read()?.as_sequence()?;
        Some(items.iter().map(move |here| Self { here, values }))
    }

    /// The pairs of a mapping, keys that are no texts as nothing.
    pub fn pairs(self) -> Option<impl ExactSizeIterator<Item = (Option<&'a str>, Self)>> {
        let values = self.within();
        let pairs = self.read()?.as_mapping()?;
        Some(pairs.iter().map(move |(key, here)| (key.as_str(), Self { here, values })))
    }

    /// The same as a reader makes of the whole text.
    #[cfg(test)]
    pub(super) fn whole(self) -> Yaml {
        let values = self.within();
        match self.held() {
            Held::Text(text) => Yaml::from(text),
            Held::Read(Yaml::Sequence(items)) => items.iter().map(|here| Self { here, values }.whole()).collect(),
            Held::Read(Yaml::Mapping(pairs)) => {
                let pairs = pairs.iter().map(|(key, here)| (key.clone(), Self { here, values }.whole()));
                Yaml::Mapping(pairs.collect())
            }
            Held::Read(other) => other.clone(),
        }
    }

    /// What it is, whatever stands for it.
    fn held(self) -> Held<'a> {
        number(self.here).and_then(|number| self.values.get(number).copied()).unwrap_or(Held::Read(self.here))
    }

    fn read(self) -> Option<&'a Yaml> {
        match self.held() {
            Held::Text(_) => None,
            Held::Read(yaml) => Some(yaml),
        }
    }

    /// The values that its own parts stand for: none in what is a value itself.
    fn within(self) -> &'a [Held<'a>] {
        if self.here.is_string() { &[] } else { self.values }
    }
}

/// The number of the value that a text stands for.
pub(super) fn number(yaml: &Yaml) -> Option<usize> {
    yaml.as_str()?.strip_prefix(STAND_IN)?.parse().ok()
}
