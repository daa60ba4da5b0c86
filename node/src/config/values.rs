//! The values that settings are made of. Each is checked once, when it is read, and says what it wanted.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Gives a type with `FromStr` and `Display` its text form in TOML and JSON.
macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

/// A closed list of words, read and written as such.
macro_rules! words {
    ($(#[doc = $doc:literal])+ $name:ident, $what:literal { $($(#[doc = $each:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $each])+ $variant,)+ }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err(format!(concat!("\"{}\" is no ", $what, ": it is one of ", $("\"", $text, "\" ",)+), text).trim_end().to_owned()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $text,)+ })
            }
        }
    };
}

words! {
    /// What a node does.
    NodeRole, "role of a node" {
        /// Votes on blocks with its key.
        Validator = "validator",
        /// Holds no key: follows other nodes and verifies everything.
        Follower = "follower",
    }
}

words! {
    /// How the log is written.
    LogFormat, "log format" {
        /// A line for people.
        Text = "text",
        /// An object on each line, for machines.
        Json = "json",
    }
}

words! {
    /// How much the log says.
    LogLevel, "log level" {
        /// What stops the node or needs somebody at once.
        Error = "error",
        /// And what somebody should look at.
        Warn = "warn",
        /// And what happens: starts, peers, epochs.
        Info = "info",
        /// And each block.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

as_text!(NodeRole, LogFormat, LogLevel);

/// A length of time in seconds: `90`, `"90s"`, `"15m"`, `"2h"`, `"90d"` or `"1h30m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no length of time: write seconds as a number, or like \"30s\", \"15m\", \"2h\", \"90d\", \"1h30m\""
            )
        };
        if let Ok(seconds) = text.parse() {
            return Ok(Seconds(seconds));
        }
        let (mut total, mut rest) = (0u64, text);
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
            let (number, tail) = rest.split_at(digits);
            let letter = tail.chars().next().ok_or_else(wrong)?;
            let (_, length) = UNITS.iter().find(|(unit, _)| *unit == letter).ok_or_else(wrong)?;
            let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*length));
            total = part.and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
            rest = &tail[letter.len_utf8()..];
        }
        if text.is_empty() { Err(wrong()) } else { Ok(Seconds(total)) }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (unit, length) in UNITS {
            if rest >= length {
                write!(f, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        if self.0 == 0 { f.write_str("0s") } else { Ok(()) }
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds as a whole number, or a text like \"15m\", \"2h\", \"90d\"")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Seconds, E> {
                Ok(Seconds(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Seconds, E> {
                u64::try_from(value).map(Seconds).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seconds, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_written_as_people_do() {
        for (text, seconds, again) in [
            ("90", 90, "1m30s"),
            ("0", 0, "0s"),
            ("30s", 30, "30s"),
            ("15m", 900, "15m"),
            ("1h30m", 5400, "1h30m"),
            ("90d", 7_776_000, "90d"),
        ] {
            assert_eq!(text.parse(), Ok(Seconds(seconds)));
            assert_eq!(Seconds(seconds).to_string(), again);
        }
        for wrong in ["", "m", "5x", "1.5h", "-1s", "2h30", "99999999999999999999d", "1h 30m", "15\u{b5}"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_word_that_is_not_on_the_list_is_answered_with_the_list() {
        let error = "judge".parse::<NodeRole>().unwrap_err();
        assert_eq!(error, "\"judge\" is no role of a node: it is one of \"validator\" \"follower\"");
    }
}
