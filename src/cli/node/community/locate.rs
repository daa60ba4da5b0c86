//! Where in a TOML text something stands.

use std::{fmt, ops::Range, path::Path};

use toml::de::{DeTable, DeValue};

use super::CommunityError;

/// A text and its file.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

/// A line, and the names that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli::node) struct Place {
    /// From 1; `None` where it is about the file as a whole.
    line: Option<usize>,
    names: Vec<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}")?,
            None => f.write_str("the file as a whole")?,
        }
        if self.names.is_empty() { Ok(()) } else { write!(f, " ({})", self.names.join(", ")) }
    }
}

impl Source<'_> {
    /// Where a stretch of bytes stands.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = (span.end > 0).then(|| before.matches('\n').count() + 1);
        let mut names = Vec::new();
        if let Ok(root) = DeTable::parse(self.text) {
            walk_table(root.get_ref(), &span, &mut names);
        }
        Place { line, names }
    }

    /// An error at a stretch of bytes.
    pub(super) fn at(&self, span: Range<usize>, message: impl Into<String>) -> CommunityError {
        CommunityError::At { path: self.path.to_path_buf(), place: self.place(span), message: message.into() }
    }

    /// What the TOML reader found.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> CommunityError {
        self.at(error.span().unwrap_or(0..0), error.message())
    }

    /// Where a value stands, if it is there: the names of the tables that lead to it, and its own.
    pub(super) fn span_of<'n>(&self, path: impl IntoIterator<Item = &'n str>) -> Option<Range<usize>> {
        let root = DeTable::parse(self.text).ok()?;
        let mut path = path.into_iter();
        let mut value = root.get_ref().get(path.next()?)?;
        for name in path {
            value = value.get_ref().as_table()?.get(name)?;
        }
        Some(value.span())
    }
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && inner.end > 0
}

fn walk_table(table: &DeTable<'_>, span: &Range<usize>, names: &mut Vec<String>) {
    for (name, value) in table {
        if contains(&name.span(), span) || contains(&value.span(), span) {
            names.push(name.get_ref().to_string());
            return walk(value.get_ref(), span, names);
        }
        // The parts of [[a list]] are spread over the text: its own span is that of its first head.
        if let DeValue::Array(_) | DeValue::Table(_) = value.get_ref() {
            let mut inner = Vec::new();
            walk(value.get_ref(), span, &mut inner);
            if !inner.is_empty() {
                names.push(name.get_ref().to_string());
                names.append(&mut inner);
                return;
            }
        }
    }
}

fn walk(value: &DeValue<'_>, span: &Range<usize>, names: &mut Vec<String>) {
    match value {
        DeValue::Table(table) => walk_table(table, span, names),
        DeValue::Array(items) => {
            for (number, item) in (1..).zip(items) {
                let mut inner = Vec::new();
                walk(item.get_ref(), span, &mut inner);
                if contains(&item.span(), span) || !inner.is_empty() {
                    names.push(format!("number {number}"));
                    names.append(&mut inner);
                    return;
                }
            }
        }
        _ => {}
    }
}
