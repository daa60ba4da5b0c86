//! XML as the formats need it: elements by their local names, the text of leaves, attributes. Document types and entities of a
//! file's own are refused, so nothing in it can grow; depth, names and texts are bounded.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::text::line_of;
use super::{malformed, quoted};
use crate::DriverError;

/// Deepest nesting.
const MAX_DEPTH: usize = 40;
/// Longest tag with its attributes.
const MAX_TAG_BYTES: usize = 16 << 10;
/// Longest text of an element.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// Takes what is in a document, in order.
pub(crate) trait Visitor {
    /// An element opens: the names from the root to it, its attributes by local name, and its place in bytes.
    fn open(&mut self, path: &[String], attributes: &[(String, String)], at: u64) -> Result<(), DriverError>;
    /// It closes: the names from the root to it, the text since its last tag, and the place.
    fn close(&mut self, path: &[String], text: &str, at: u64) -> Result<(), DriverError>;
}

/// Walks through a whole document.
pub(crate) fn walk(format: &'static str, text: &str, visitor: &mut impl Visitor) -> Result<(), DriverError> {
    let mut walk = Walk { format, text, path: Vec::new(), leaf: String::new(), roots: 0, visitor };
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    reader.config_mut().expand_empty_elements = false;
    loop {
        let event = reader.read_event();
        let at = reader.buffer_position();
        match event {
            Ok(Event::Eof) => return walk.end(),
            Ok(event) => walk.event(event, at)?,
            Err(error) => return Err(walk.error(&error, reader.error_position())),
        }
    }
}

struct Walk<'a, V> {
    format: &'static str,
    text: &'a str,
    path: Vec<String>,
    leaf: String,
    roots: u32,
    visitor: &'a mut V,
}

impl<V: Visitor> Walk<'_, V> {
    fn event(&mut self, event: Event<'_>, at: u64) -> Result<(), DriverError> {
        match event {
            Event::Start(tag) => self.open(&tag, at),
            Event::Empty(tag) => {
                self.open(&tag, at)?;
                self.close(at)
            }
            Event::End(_) => self.close(at),
            Event::Text(text) => self.add(&text.xml10_content(), at),
            Event::CData(text) => self.add(&text.xml10_content(), at),
            Event::GeneralRef(entity) => {
                let c = match entity.xml10_content().as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => entity.resolve_char_ref().ok().flatten(),
                };
                let Some(c) = c else {
                    return Err(self.wrong(at, "an entity of the file's own, which this kind of file has not"));
                };
                self.add(c.encode_utf8(&mut [0; 4]), at)
            }
            Event::DocType(_) => Err(self.wrong(at, "a document type, which this kind of file has not")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, at: u64) -> Result<(), DriverError> {
        if self.path.is_empty() {
            self.roots += 1;
            if self.roots > 1 {
                return Err(self.wrong(at, "a second document after the end of the first"));
            }
        }
        if self.path.len() >= MAX_DEPTH || tag.len() > MAX_TAG_BYTES {
            return Err(self.wrong(at, "nested too deeply, or too long a tag"));
        }
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| self.wrong(at, "an attribute is damaged"))?;
            let value: Cow<'_, str> = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| self.wrong(at, "an attribute is damaged"))?;
            attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        }
        self.path.push(tag.local_name().as_ref().to_owned());
        self.leaf.clear();
        self.visitor.open(&self.path, &attributes, at)
    }

    fn close(&mut self, at: u64) -> Result<(), DriverError> {
        self.visitor.close(&self.path, self.leaf.trim(), at)?;
        self.leaf.clear();
        self.path.pop();
        Ok(())
    }

    fn add(&mut self, text: &str, at: u64) -> Result<(), DriverError> {
        if self.path.is_empty() && !text.trim_matches('\u{feff}').trim().is_empty() {
            return Err(self.wrong(at, "text outside of the document"));
        }
        if self.leaf.len().saturating_add(text.len()) > MAX_TEXT_BYTES {
            return Err(self.wrong(at, "too long a text"));
        }
        self.leaf.push_str(text);
        Ok(())
    }

    fn end(&self) -> Result<(), DriverError> {
        if self.roots == 0 {
            return Err(malformed(self.format, "no element at all; this is not XML"));
        }
        if !self.path.is_empty() {
            return Err(DriverError::CutOff { format: self.format, bytes: self.text.len() });
        }
        Ok(())
    }

    fn error(&self, error: &Error, at: u64) -> DriverError {
        match error {
            Error::Syntax(SyntaxError::InvalidBangMarkup) => self.wrong(at, &error.to_string()),
            Error::Syntax(_) => DriverError::CutOff { format: self.format, bytes: self.text.len() },
            _ => self.wrong(at, &error.to_string()),
        }
    }

    fn wrong(&self, at: u64, what: &str) -> DriverError {
        malformed(self.format, format!("{}: {what}", place(self.text, at)))
    }
}

/// A place for people: the line, and the byte since some files have only one line.
pub(crate) fn place(text: &str, at: u64) -> String {
    let at = usize::try_from(at).unwrap_or(text.len());
    format!("line {}, byte {at}", line_of(text, at))
}

/// A whole number of a leaf.
pub(crate) fn number<N: core::str::FromStr>(
    format: &'static str,
    name: &str,
    text: &str,
    at: u64,
) -> Result<N, DriverError> {
    text.parse().map_err(|_| malformed(format, format!("byte {at}: {name} is not a number in range: {}", quoted(text))))
}
