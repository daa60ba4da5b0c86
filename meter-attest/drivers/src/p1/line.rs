//! A line of a telegram: an OBIS code, and values in brackets.

use core::fmt;

/// What a value is: medium, channel, quantity, kind, tariff. Only current values; those of past billing periods have no
/// code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Code(pub(super) [u8; 5]);

impl Code {
    /// `A-B:C.D.E`, with `*255` or `.255` after it at most.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (medium, rest) = text.split_once('-')?;
        let (channel, rest) = rest.split_once(':')?;
        let (rest, star) = rest.split_once('*').map_or((rest, None), |(rest, period)| (rest, Some(period)));
        let mut groups = rest.split('.');
        let code = [medium, channel, groups.next()?, groups.next()?, groups.next()?].map(number);
        let period = groups.next().or(star);
        if groups.next().is_some() || period.is_some_and(|period| period != "255") {
            return None;
        }
        let [Some(a), Some(b), Some(c), Some(d), Some(e)] = code else { return None };
        Some(Self([a, b, c, d, e]))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e] = self.0;
        write!(f, "{a}-{b}:{c}.{d}.{e}")
    }
}

fn number(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A code with its values.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// `None` if it is not a current value's, or no code.
    pub(super) code: Option<Code>,
    /// As it was written.
    pub(super) written: &'a str,
    /// What is in the brackets.
    pub(super) values: Vec<&'a str>,
}

/// A telegram's text, taken apart.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    /// What follows the `/`.
    pub(super) name: &'a str,
    /// The lines, in order.
    pub(super) lines: Vec<Line<'a>>,
    /// Lines that are not a code with values in brackets.
    pub(super) odd: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    /// Of a text from `/` to `!`.
    pub(super) fn read(text: &'a str) -> Self {
        let mut rows = text.lines().map(str::trim_end);
        let name = rows.next().map_or("", |row| row.trim_start_matches('/'));
        let mut read = Self { name, lines: Vec::new(), odd: Vec::new() };
        for row in rows.filter(|row| !row.is_empty() && *row != "!") {
            let (written, rest) = row.split_at(row.find('(').unwrap_or(row.len()));
            match (brackets(rest), read.lines.last_mut()) {
                // Values of the line before.
                (Some(mut values), Some(last)) if written.is_empty() => last.values.append(&mut values),
                (Some(values), _) if is_code(written) => {
                    read.lines.push(Line { code: Code::read(written), written, values });
                }
                _ => read.odd.push(row),
            }
        }
        read
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.' | b'*' | b'&'))
}

/// `(a)(b)`, with nothing between and after.
fn brackets(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let values: Vec<&str> = inner.split(")(").collect();
    values.iter().all(|value| !value.contains(['(', ')'])).then_some(values)
}

/// What a meter calls itself: hexadecimal digits of a text, mostly; else as it is.
pub(super) fn name(value: &str) -> String {
    let bytes: Option<Vec<u8>> = (0..value.len())
        .step_by(2)
        .map(|at| value.get(at..at + 2).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit())))
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect();
    let text = bytes.filter(|bytes| bytes.iter().all(|byte| (0x20..0x7F).contains(byte)));
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_else(|| value.to_owned()).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_with_and_without_period_are_the_same_and_past_periods_are_none() {
        let code = Some(Code([1, 0, 1, 8, 1]));
        assert_eq!(Code::read("1-0:1.8.1"), code);
        assert_eq!(Code::read("1-0:1.8.1*255"), code);
        assert_eq!(Code::read("1-0:1.8.1.255"), code);
        for text in [
            "1-0:1.8.1*03",
            "1-0:1:8.1",
            "1.8.1",
            "1-0:1.8",
            "1-0:1.8.256",
            "1-0:1.8.+1",
            "1-0:.8.1",
            "1-0:1.8.1.255.1",
        ] {
            assert_eq!(Code::read(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_decoded_where_they_are_hexadecimal_text() {
        assert_eq!(name("4142433132"), "ABC12");
        assert_eq!(name("0001020304"), "0001020304");
        assert_eq!(name("meter 7"), "meter 7");
        assert_eq!(name("2020"), "");
        assert_eq!(name("414"), "414");
        assert_eq!(name("é41"), "é41");
    }

    #[test]
    fn values_on_the_next_line_belong_to_the_one_before() {
        let lines = Lines::read("/AAA5\r\n\r\n0-1:24.3.0(1)(m3)\r\n(2)\r\n9-9(x\r\n!");
        assert_eq!(lines.lines.first().map(|line| line.values.clone()), Some(vec!["1", "m3", "2"]));
        assert_eq!(lines.odd, ["9-9(x"]);
        assert_eq!(lines.name, "AAA5");
    }
}
