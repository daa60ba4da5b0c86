//! Small text files of ours that people may read: a first line that says what it is, then `name: value` lines. Empty
//! lines and lines that begin with `#` are skipped. Nothing is copied, so that a secret stays in the caller's buffer.

/// Why a text is not such a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong<'a> {
    /// The first line is another one.
    Kind,
    /// It is, but of a version that this program does not know.
    Version(&'a str),
    /// A name is missing, unknown, or there twice.
    Field(&'static str),
    /// There is more.
    More,
}

/// Splits a file of this kind and version into the values of these names, which must stand in this order.
///
/// # Errors
/// [`Wrong`].
pub fn fields<'a, const N: usize>(
    text: &'a str,
    kind: &str,
    version: &str,
    names: [&'static str; N],
) -> Result<[&'a str; N], Wrong<'a>> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().and_then(|line| line.strip_prefix(kind)).ok_or(Wrong::Kind)?;
    let found = first.strip_prefix(", version ").ok_or(Wrong::Kind)?;
    if found != version {
        return Err(Wrong::Version(found));
    }
    let mut values = [""; N];
    for (value, name) in values.iter_mut().zip(names) {
        let line = lines.next().ok_or(Wrong::Field(name))?;
        *value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).ok_or(Wrong::Field(name))?.trim();
    }
    if lines.next().is_some() { Err(Wrong::More) } else { Ok(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_fields_in_their_order_are_read() {
        let read = |text| fields(text, "thing", "1", ["a", "b"]);
        assert_eq!(read("# why\nthing, version 1\n\na: 1\n# because\nb: 2 3 \n"), Ok(["1", "2 3"]));
        assert_eq!(read("thin, version 1\na: 1\nb: 2"), Err(Wrong::Kind));
        assert_eq!(read(""), Err(Wrong::Kind));
        assert_eq!(read("thing, version 12\na: 1\nb: 2"), Err(Wrong::Version("12")));
        assert_eq!(read("thing, version 1\nb: 2\na: 1"), Err(Wrong::Field("a")));
        assert_eq!(read("thing, version 1\na: 1"), Err(Wrong::Field("b")));
        assert_eq!(read("thing, version 1\na: 1\nb: 2\nb: 2"), Err(Wrong::More));
    }
}
