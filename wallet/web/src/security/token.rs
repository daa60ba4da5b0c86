//! Random values that let somebody in. Compared in constant time, wiped when dropped, never printed.

use rand_core::{OsRng, RngCore};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// 32 random bytes.
pub(crate) struct Token(Zeroizing<[u8; 32]>);

impl Token {
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(bytes.as_mut());
        Token(bytes)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// For a link or a cookie.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(self.0.as_ref()))
    }

    /// Whether a text is this token. Takes the same time wherever the first difference is.
    pub fn is(&self, text: &str) -> bool {
        let own = self.text();
        bool::from(own.as_bytes().ct_eq(text.as_bytes()))
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    hushwatt_crypto::hash::hex(bytes)
}

/// Reads it back: exactly `N` bytes, lower case only.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

/// A short random name, for things that are only looked up.
pub(crate) fn short_name() -> String {
    let mut bytes = [0; 9];
    OsRng.fill_bytes(&mut bytes);
    hex(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_only_itself() {
        let (token, other) = (Token::random(), Token::random());
        assert!(token.is(&token.text()) && !token.is(&other.text()) && !token.is("") && !token.is(&token.text()[..63]));
    }

    #[test]
    fn hexadecimal_reads_back_and_nothing_else_does() {
        assert_eq!(unhex::<3>("00ff7a"), Some([0, 255, 122]));
        for wrong in ["00ff7", "00FF7A", "00ff7a00", "00fg7a", "", "00ff7ä"] {
            assert_eq!(unhex::<3>(wrong), None, "{wrong}");
        }
    }
}
