//! Reads a page strictly: every element closed where it must be, every attribute quoted, nothing from elsewhere.

/// What a page has.
pub struct Page {
    /// All text outside of markup, blanks folded.
    pub text: String,
    /// Cells of tables.
    pub cells: Vec<String>,
    /// Name and class of every element.
    elements: Vec<(String, String)>,
}

impl Page {
    /// Elements of this name, and with this class if one is named.
    pub fn count(&self, name: &str, class: &str) -> usize {
        self.elements.iter().filter(|(of, has)| of == name && (class.is_empty() || has == class)).count()
    }
}

const VOID: [&str; 1] = ["meta"];
/// No other attribute is used; none of these loads anything.
const ATTRIBUTES: [&str; 22] = [
    "aria-describedby",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "d",
    "height",
    "http-equiv",
    "id",
    "lang",
    "name",
    "preserveAspectRatio",
    "role",
    "scope",
    "style",
    "tabindex",
    "viewBox",
    "width",
    "x",
    "y",
];

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Reads a page; panics at the first thing that is not as it must be.
pub fn checked(page: &str) -> Page {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let (mut open, mut found): (Vec<String>, _) =
        (Vec::new(), Page { text: String::new(), cells: Vec::new(), elements: Vec::new() });
    let mut ids = std::collections::BTreeSet::new();
    while let Some((text, after)) = rest.split_once('<') {
        let inside = open.last().map(String::as_str).unwrap_or_default();
        if inside != "style" {
            assert!(!text.contains('>'), "a bracket in {text:?}");
            let known = ["&lt;", "&gt;", "&amp;", "&quot;"];
            assert!(
                text.match_indices('&').all(|(at, _)| known.iter().any(|entity| text[at..].starts_with(entity))),
                "{text:?}"
            );
            found.text.push_str(&unescaped(text));
            found.text.push(' ');
            if inside == "td" {
                found.cells.push(unescaped(text));
            }
        } else {
            for forbidden in ["url(", "@import", "expression", "</"] {
                assert!(!text.contains(forbidden), "{forbidden} in the style");
            }
        }
        let (tag, after) = after.split_once('>').expect("a tag with an end");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed in the wrong place");
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit()), "{name}");
        assert!(
            !["script", "img", "iframe", "object", "embed", "link", "base", "form", "a", "use", "image"]
                .contains(&name),
            "{name}"
        );
        let mut class = String::new();
        while !attributes.is_empty() {
            let (attribute, after) = attributes.split_once("=\"").unwrap_or_else(|| panic!("{tag}"));
            let (value, after) = after.split_once('"').expect("a quote");
            assert!(ATTRIBUTES.contains(&attribute), "{attribute} in {tag}");
            match attribute {
                "class" => value.clone_into(&mut class),
                "id" => assert!(ids.insert(value.to_owned()), "{value} twice"),
                _ => {}
            }
            assert!(!value.contains("//"), "{value}");
            attributes = after.trim_start();
        }
        found.elements.push((name.to_owned(), class));
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "left open: {open:?}");
    // What describes an element is there.
    for pointer in ["aria-labelledby=\"", "aria-describedby=\""] {
        for part in page.split(pointer).skip(1) {
            let id = part.split('"').next().unwrap();
            assert!(ids.contains(id), "{id} is not there");
        }
    }
    found.text = found.text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    found
}
