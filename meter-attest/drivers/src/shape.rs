//! What bytes look like to a person, for the message when no format fits: what they are, and what the closest format has that they lack.

use std::borrow::Cow;

use crate::file::quoted;
use crate::format::{has, head};
use crate::{Format, Kind, csvmap, fluvius};

/// The kind of thing that bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Empty,
    Packed,
    Xml,
    Json,
    Table,
    /// Hexadecimal digits as text.
    Hex,
    Text,
    Binary,
}

pub(crate) fn shape(bytes: &[u8]) -> Shape {
    let text = head(bytes);
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    let odd = text.chars().filter(|c| *c == '\u{fffd}' || c.is_control() && !matches!(c, '\t' | '\r' | '\n')).count();
    let hex = || begin.split_whitespace().all(|word| word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match bytes {
        [] => Shape::Empty,
        [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Shape::Packed,
        _ if odd * 20 > text.chars().count() => Shape::Binary,
        _ if begin.is_empty() => Shape::Empty,
        _ if begin.starts_with('<') => Shape::Xml,
        _ if begin.starts_with(['{', '[']) => Shape::Json,
        _ if hex() => Shape::Hex,
        _ if csvmap::shape(&text).is_some() => Shape::Table,
        _ => Shape::Text,
    }
}

/// Formats to name, in this order, when nothing has any likeness.
pub(crate) const fn usual(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Xml => &["greenbutton"],
        Shape::Json => &["be-fluvius-json"],
        Shape::Table | Shape::Packed | Shape::Empty => &["csv"],
        Shape::Hex => &["mbus", "dlms", "sml"],
        Shape::Text => &["p1", "csv"],
        Shape::Binary => &["sml", "mbus", "csv"],
    }
}

/// What the bytes are, and what they lack to be of a format.
pub(crate) fn why(closest: &Format, bytes: &[u8]) -> String {
    let text = head(bytes);
    let seen = match shape(bytes) {
        Shape::Empty => return "there is nothing in it".to_owned(),
        Shape::Packed => return "it is an archive (zip or gzip): unpack it, and give the file inside".to_owned(),
        Shape::Xml => format!("it is XML with the root element {}", quoted(root(&text))),
        Shape::Json => format!("it is JSON that begins {}", quoted(text.trim_start())),
        Shape::Table => table(&text),
        Shape::Hex => "it is a text of hexadecimal digits".to_owned(),
        Shape::Text => format!("it is text that begins {}", quoted(text.trim_start())),
        Shape::Binary => {
            let begin: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("it is binary data that begin {}", begin.join(" "))
        }
    };
    let lacks = lacks(closest, bytes, &text);
    if lacks.is_empty() { format!("{seen}; that format is {}", closest.about) } else { format!("{seen}; {lacks}") }
}

/// What stands in the place where the closest format has its mark.
fn lacks(closest: &Format, bytes: &[u8], text: &str) -> String {
    match closest.name {
        "greenbutton" => "Green Button has the namespace http://naesb.org/espi and elements IntervalBlock".to_owned(),
        "at-consumption-record" => "of the messages of ebutilities.at only ConsumptionRecord has values".to_owned(),
        "fluvius" => {
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
            format!("a Fluvius export also has, in its first line, {}", fluvius::missing(first).join(", "))
        }
        "csv" if text.trim_start().starts_with("timestamp,meter_id,import_wh,export_wh") => {
            "this is hushwatt's own form of readings, which needs no driver".to_owned()
        }
        "csv" => {
            "any such table can be read as format 'csv' with a mapping file that says what its columns are".to_owned()
        }
        "p1" => {
            let has_codes = has(text, "1-0:1.8");
            let begins = bytes.first() == Some(&b'/') || has(text, "\n/");
            match (has_codes, begins) {
                (true, false) => {
                    "a P1 telegram begins with a line such as '/ISK5…', which is missing here: it is cut off at the front"
                        .to_owned()
                }
                (false, true) => {
                    "a P1 telegram has lines such as '1-0:1.8.1(001234.567*kWh)', which are missing here".to_owned()
                }
                _ => "a P1 telegram begins with '/', has lines such as '1-0:1.8.1(…)' and ends with '!' and a checksum"
                    .to_owned(),
            }
        }
        "sml" => "SML begins with 1b 1b 1b 1b 01 01 01 01".to_owned(),
        "mbus" => "an M-Bus frame begins with 68, its length twice, and 68, and ends with a checksum and 16".to_owned(),
        "dlms" => "a DLMS push begins with 7e a0 and ends with a checksum and 7e".to_owned(),
        _ if closest.kind == Kind::Refused => format!("it is close to what is known and not read: {}", closest.about),
        _ => String::new(),
    }
}

fn table(text: &str) -> String {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let (separator, columns) = csvmap::shape(text).unwrap_or((',', 1));
    let separator: Cow<'_, str> = if separator == '\t' { "tabs".into() } else { format!("'{separator}'").into() };
    format!("it is a table of {columns} columns between {separator} that begins {}", quoted(first))
}

/// The name of the root element, with its prefix.
fn root(text: &str) -> &str {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or("");
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").and_then(|end| comment.get(end..)).unwrap_or("");
        } else if !rest.starts_with(['?', '!']) {
            let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len());
            return rest.get(..end).unwrap_or("");
        }
    }
    "(none)"
}
