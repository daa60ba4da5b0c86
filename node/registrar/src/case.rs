//! Case numbers: what a person's entry and the receipts about it are called. Drawn at random, so that one tells nothing once the
//! entry is erased.

use std::{fmt, str::FromStr};

use hushwatt_crypto::{Rng, hash::hex};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Digits that are shown where a person reads them.
const SHORT: usize = 8;

/// 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CaseNumber(pub [u8; 16]);

impl CaseNumber {
    /// A fresh one.
    pub fn random(rng: &mut impl Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        CaseNumber(bytes)
    }

    /// Its first digits: enough to name a case within one register.
    pub fn short(&self) -> String {
        self.to_string().chars().take(SHORT).collect()
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for CaseNumber {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a case number is 32 digits, 0 to 9 and a to f";
        let lower = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        if text.len() != 32 || !text.as_bytes().iter().all(lower) {
            return Err(wrong);
        }
        Ok(CaseNumber(u128::from_str_radix(text, 16).map_err(|_| wrong)?.to_be_bytes()))
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_case_number_has_one_text_and_no_other() {
        let case = CaseNumber([0x0a; 16]);
        let text = case.to_string();
        assert_eq!(text.parse(), Ok(case));
        assert_eq!(case.short(), "0a0a0a0a");
        let upper = text.to_uppercase();
        let signed = format!("+{}", &text[1..]);
        for wrong in [&text[1..], "", upper.as_str(), signed.as_str(), "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0ä"] {
            assert!(wrong.parse::<CaseNumber>().is_err(), "{wrong}");
        }
    }
}
