//! Texts by key, from `locales/*.ftl`. A further language is one more file and one more line here.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// Its code, as in the page's `lang` and the wallet's settings.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::German => "Deutsch",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The first language of an `Accept-Language` header, or of a locale like `de_AT.UTF-8`, that the page speaks.
    pub fn preferred(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| {
            let tag = part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            Language::from_code(tag.split(['-', '_', '.']).next().unwrap_or_default())
        })
    }

    fn source(self) -> &'static str {
        match self {
            Language::English => include_str!("../../locales/en.ftl"),
            Language::German => include_str!("../../locales/de.ftl"),
        }
    }

    fn bundle(self) -> &'static Bundle {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| load(Language::English));
static GERMAN: LazyLock<Bundle> = LazyLock::new(|| load(Language::German));

fn load(language: Language) -> Bundle {
    let locale: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Isolating marks would be in amounts that people copy.
    bundle.set_use_isolating(false);
    // What does not parse is left out; a test finds it.
    let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

/// A text's key, for tables of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(pub &'static str);

/// What is filled into a text.
pub(crate) type Arg<'a> = (&'static str, FluentValue<'a>);

/// Speaks one language.
#[derive(Clone, Copy)]
pub(crate) struct Tongue {
    pub language: Language,
}

impl Tongue {
    pub fn new(language: Language) -> Self {
        Tongue { language }
    }

    /// The text of a key.
    pub fn say(self, key: &'static str) -> String {
        self.fill(key, [])
    }

    /// The text of a key out of a table.
    pub fn key(self, key: Key) -> String {
        self.fill(key.0, [])
    }

    /// The text of a key, with values filled in. A key that is missing here is said in English, and as itself if it is nowhere:
    /// a test sees to it that this does not happen.
    pub fn fill<'a, const N: usize>(self, key: &'static str, args: [Arg<'a>; N]) -> String {
        let args: FluentArgs<'a> = args.into_iter().collect();
        let bundles = [self.language.bundle(), Language::English.bundle()];
        let found = bundles.into_iter().find_map(|bundle| {
            let pattern = bundle.get_message(key)?.value()?;
            Some(bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
        });
        found.unwrap_or_else(|| format!("[{key}]"))
    }

    /// Whether there is such a text; for keys that come from outside this crate, as errors' kinds do.
    pub fn find(self, key: &str) -> Option<String> {
        let bundle = self.language.bundle();
        let pattern = bundle.get_message(key)?.value()?;
        Some(bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The keys of a language, each with the values that it fills in.
    fn keys(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let source = language.source();
        assert!(FluentResource::try_new(source.to_owned()).is_ok(), "{language:?} does not parse");
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) =
                line.split_once(" =").filter(|_| line.starts_with(|first: char| first.is_ascii_lowercase()))
            {
                current = name.to_owned();
                assert!(keys.insert(current.clone(), BTreeSet::new()).is_none(), "{language:?} has {current} twice");
            }
            for part in line.split('$').skip(1) {
                let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                keys.get_mut(&current).unwrap().insert(name);
            }
        }
        keys
    }

    /// Keys that the source names: after `say(`, `fill(`, `Key(` and the like.
    fn used() -> BTreeSet<String> {
        let mut files = Vec::new();
        let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(std::fs::read_to_string(path).unwrap()) }
            }
        }
        let mut used = BTreeSet::new();
        for source in files.iter().map(|source| source.split("#[cfg(test)]").next().unwrap()) {
            for start in ["say(", "fill(", "Key("] {
                for (place, _) in source.match_indices(start) {
                    let rest = source[place + start.len()..].trim_start();
                    if let Some(rest) = rest.strip_prefix('"') {
                        used.insert(rest.split('"').next().unwrap().to_owned());
                    }
                }
            }
        }
        used
    }

    #[test]
    fn every_language_has_the_same_keys_with_the_same_values_in_them() {
        let english = keys(Language::English);
        for language in Language::ALL {
            let these = keys(language);
            let missing: Vec<_> = english.keys().filter(|key| !these.contains_key(*key)).collect();
            let extra: Vec<_> = these.keys().filter(|key| !english.contains_key(*key)).collect();
            assert!(missing.is_empty() && extra.is_empty(), "{language:?}: missing {missing:?}, extra {extra:?}");
            for (key, values) in &english {
                assert_eq!(&these[key], values, "{language:?}: {key}");
            }
        }
    }

    #[test]
    fn every_key_that_is_used_exists_and_every_key_is_used() {
        let (english, used) = (keys(Language::English), used());
        let missing: Vec<_> = used.iter().filter(|key| !english.contains_key(*key)).collect();
        assert!(missing.is_empty(), "used and not written: {missing:?}");
        // Errors are looked up by the kind that the wallet gives them.
        let unused: Vec<_> =
            english.keys().filter(|key| !used.contains(*key) && !key.starts_with("error-kind-")).collect();
        assert!(unused.is_empty(), "written and not used: {unused:?}");
    }

    #[test]
    fn a_german_text_is_not_the_english_one() {
        let (english, german) = (Tongue::new(Language::English), Tongue::new(Language::German));
        // Names, signs and words that are the same in both.
        let same: Vec<String> =
            keys(Language::English).into_keys().filter(|key| english.find(key) == german.find(key)).collect();
        assert!(same.len() < 40, "{} texts are the same in both languages: {same:?}", same.len());
    }

    #[test]
    fn the_first_language_that_is_spoken_is_taken() {
        assert_eq!(Language::preferred("fr-CH, de-AT;q=0.9, en;q=0.8"), Some(Language::German));
        assert_eq!(Language::preferred("de_DE.UTF-8"), Some(Language::German));
        assert_eq!(Language::preferred("en-US"), Some(Language::English));
        assert_eq!(Language::preferred("fr, *;q=0.1"), None);
        assert_eq!(Language::preferred(""), None);
    }
}
