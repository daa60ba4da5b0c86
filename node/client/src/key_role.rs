//! Whose a key is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Whose key it is. Everybody who holds a role has a key of his own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    /// Votes on blocks.
    Validator,
    /// Agrees to changes of the validators and meters.
    Registrar,
    /// Issues and takes back credit.
    Treasury,
    /// Attests what a meter measured; made by its gateway.
    Meter,
    /// Admits orders to the auctions and clears them; made by his own program.
    Operator,
    /// Releases shares of totals; made by the member's own program.
    Committee,
    /// Signs reports of audits; the ledger does not know it.
    Auditor,
}

impl KeyRole {
    /// All that there are.
    pub const ALL: [KeyRole; 7] = [
        KeyRole::Validator,
        KeyRole::Registrar,
        KeyRole::Treasury,
        KeyRole::Meter,
        KeyRole::Operator,
        KeyRole::Committee,
        KeyRole::Auditor,
    ];

    /// The word for it in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            KeyRole::Validator => "validator",
            KeyRole::Registrar => "registrar",
            KeyRole::Treasury => "treasury",
            KeyRole::Meter => "meter",
            KeyRole::Operator => "operator",
            KeyRole::Committee => "committee",
            KeyRole::Auditor => "auditor",
        }
    }
}

impl FromStr for KeyRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        KeyRole::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| {
            let names = KeyRole::ALL.map(|role| format!("\"{}\"", role.name()));
            format!("\"{text}\" is no role of a key: it is one of {}", names.join(" "))
        })
    }
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for KeyRole {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for KeyRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_back_and_another_word_is_answered_with_the_list() {
        for role in KeyRole::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::from_str::<KeyRole>(&serde_json::to_string(&role).unwrap()).unwrap(), role);
        }
        let error = "king".parse::<KeyRole>().unwrap_err();
        assert!(error.contains("no role of a key") && error.ends_with("\"committee\" \"auditor\""), "{error}");
    }
}
