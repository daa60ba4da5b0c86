//! What the JSON files here have in common: they are strict, so that a file means one thing and nothing in it goes unread.
//! Hexadecimal digits are lower-case and of the exact length; secrets are never copied into texts that are not wiped.

use std::fmt;

use hushwatt_crypto::{Element, NetworkId, Point, SecretScalar, commitment::Opening, hash::hex};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::FileError;

/// The parser quotes the file, which may hold anything.
pub(super) fn syntax(error: &impl ToString) -> FileError {
    let plain = |one: char| if one.is_control() || !one.is_ascii() { '?' } else { one };
    FileError::Syntax(error.to_string().chars().take(400).map(plain).collect())
}

pub(crate) fn malformed(field: &'static str, reason: impl ToString) -> FileError {
    FileError::Field { field, reason: reason.to_string() }
}

/// Reads a file of one format: the field `format` first of all.
pub(crate) fn read<'a, F: Deserialize<'a>>(
    bytes: &'a [u8],
    most: usize,
    expected: &'static str,
    format: fn(&F) -> &str,
) -> Result<F, FileError> {
    if bytes.len() > most {
        return Err(FileError::TooLong { most });
    }
    let form: F = serde_json::from_slice(bytes).map_err(|error| syntax(&error))?;
    if format(&form) != expected {
        return Err(FileError::Format {
            found: format(&form).chars().filter(char::is_ascii).take(40).collect(),
            expected,
        });
    }
    Ok(form)
}

/// Lower-case digits of exactly so many bytes.
pub(crate) fn array<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], FileError> {
    let bytes = bytes(field, text)?;
    bytes.try_into().map_err(|_| malformed(field, format!("it must have {} digits", 2 * N)))
}

/// Lower-case digits.
pub(super) fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, FileError> {
    let wrong = || malformed(field, "it must be lower-case hexadecimal digits");
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(wrong()) };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<_>>().ok_or_else(wrong)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

pub(super) fn network(text: &str) -> Result<NetworkId, FileError> {
    Ok(NetworkId(array("the network", text)?))
}

pub(super) fn point(field: &'static str, text: &str) -> Result<Element, FileError> {
    let point = Point::decode(&array(field, text)?).map_err(|error| malformed(field, error))?;
    Ok(*point.element())
}

/// What opens a commitment, in a file that only its owner and whom he gives it to may see.
#[derive(Clone)]
pub(super) struct OpeningForm(pub(super) Opening);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningFields {
    value: u64,
    blinding: Secret,
}

struct Secret(SecretScalar);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(hex(&self.0.to_bytes()[..]));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl de::Visitor<'_> for Digits {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 lower-case hexadecimal digits of a scalar")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
                let mut bytes = Zeroizing::new([0u8; 32]);
                let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(refused()) };
                if pairs.len() != bytes.len() {
                    return Err(refused());
                }
                for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
                    *byte = digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low).ok_or_else(refused)?;
                }
                SecretScalar::decode(&bytes).map(Secret).map_err(|_| refused())
            }
        }
        /// Without the secret, which the parser would quote.
        fn refused<E: de::Error>() -> E {
            E::custom("a blinding is 64 lower-case hexadecimal digits of a scalar")
        }
        deserializer.deserialize_str(Digits)
    }
}

impl Serialize for OpeningForm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OpeningFields { value: self.0.value, blinding: Secret(self.0.blinding.clone()) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OpeningForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let OpeningFields { value, blinding } = OpeningFields::deserialize(deserializer)?;
        Ok(OpeningForm(Opening::new(value, blinding.0)))
    }
}
