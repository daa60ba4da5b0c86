//! Bytes to text, text to rows.

use std::borrow::Cow;

use super::malformed;
use crate::DriverError;

/// Most bytes of a line.
pub(crate) const MAX_LINE_BYTES: usize = 64 << 10;

/// The text of a file: UTF-8 or UTF-16, with or without a byte order mark. Old portals write Latin-1; what is not UTF-8 is taken for
/// that where `latin` allows, since only names and units can have such letters. A zero byte is damage.
pub(crate) fn decode<'a>(format: &'static str, bytes: &'a [u8], latin: bool) -> Result<Cow<'a, str>, DriverError> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(format, rest, false)?,
        [0xff, 0xfe, rest @ ..] => utf16(format, rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(format, rest, u16::from_be_bytes)?,
        _ => utf8(format, bytes, latin)?,
    };
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err(malformed(format, format!("line {}: a zero byte; the file is damaged", line_of(&text, at))));
    }
    Ok(text)
}

fn utf8<'a>(format: &'static str, bytes: &'a [u8], latin: bool) -> Result<Cow<'a, str>, DriverError> {
    match core::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if latin => Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect())),
        Err(error) => Err(malformed(
            format,
            format!("byte {}: neither UTF-8 nor UTF-16; the file is damaged", error.valid_up_to()),
        )),
    }
}

fn utf16(format: &'static str, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, DriverError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        _ => Err(malformed(format, "a UTF-16 file that is damaged or cut off")),
    }
}

/// The number of the line that a byte is on.
pub(crate) fn line_of(text: &str, at: usize) -> u64 {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The lines that are not blank, each with its number.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let numbered = text.lines().zip(1u64..).map(|(line, number)| (number, line));
    numbered.filter(|(_, line)| !line.trim().is_empty())
}

/// The fields of a row, without spaces around them. One that begins with a quotation mark ends with one, and has each mark of its own
/// doubled; one that is written as a spreadsheet formula (`="54…"`) is what the formula says.
pub(crate) fn fields<'a>(
    format: &'static str,
    (number, line): (u64, &'a str),
    separator: char,
) -> Result<Vec<Cow<'a, str>>, DriverError> {
    let wrong = |what: &str| malformed(format, format!("line {number}: {what}"));
    if line.len() > MAX_LINE_BYTES {
        return Err(wrong(&format!("longer than {MAX_LINE_BYTES} bytes")));
    }
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let after = if let Some(inside) = rest.trim_start_matches(' ').strip_prefix('"') {
            let (field, after) =
                unquote(inside).ok_or_else(|| wrong("a quotation mark is not closed; the line is cut off"))?;
            fields.push(Cow::Owned(field.trim().to_owned()));
            after.trim_start_matches(' ')
        } else {
            let (field, after) = rest.split_at(rest.find(separator).unwrap_or(rest.len()));
            let field = field.trim();
            let formula = field.strip_prefix("=\"").and_then(|field| field.strip_suffix('"'));
            fields.push(Cow::Borrowed(formula.unwrap_or(field)));
            after
        };
        if after.is_empty() {
            return Ok(fields);
        }
        rest = after.strip_prefix(separator).ok_or_else(|| wrong("something stands after a closing quotation mark"))?;
    }
}

/// The content of a quoted field of a CSV file after its opening quotation mark, each doubled mark of its own as one, and what
/// follows the closing one; `None` if it is not closed.
pub fn unquote(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (content, after) = rest.split_once('"')?;
        field.push_str(content);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}
