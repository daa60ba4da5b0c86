//! The member's secrets: the Ed25519 key by which the ledger knows him, and the sealing key for which shares are encrypted. Their
//! files are those of his folder.

use hushwatt_client::KeyRole;
use hushwatt_crypto::{hash::hex, order_seal::SealingKey, signature::SigningKey};
use hushwatt_ledger::committee::CommitteeMember;

/// The secrets of one member. Nothing of them is printed.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs complaints and releases.
    pub signing: SigningKey,
    /// Opens shares.
    pub sealing: SealingKey,
}

impl From<(SigningKey, SealingKey)> for Keys {
    fn from((signing, sealing): (SigningKey, SealingKey)) -> Self {
        Keys { signing, sealing }
    }
}

impl Keys {
    /// The member as everybody may see him.
    pub fn public(&self) -> CommitteeMember {
        CommitteeMember { key: self.signing.verifying_key(), sealing: *self.sealing.public() }
    }

    /// The line to hand to the registrars: the role, and both public keys in hexadecimal, with colons between.
    pub fn public_line(&self) -> String {
        let CommitteeMember { key, sealing } = self.public();
        format!("{}:{}:{}", KeyRole::Committee, hex(key.as_bytes()), hex(sealing.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn the_line_has_both_public_keys_and_no_secret_is_printed() {
        let keys = Keys::from((SigningKey::random(&mut OsRng), SealingKey::random(&mut OsRng)));
        let line = keys.public_line();
        assert!(line.starts_with("committee:") && line.len() == 10 + 64 + 1 + 64, "{line}");
        let printed = format!("{keys:?} {line}");
        for secret in [hex(&keys.signing.to_bytes()[..]), hex(&keys.sealing.to_bytes()[..])] {
            assert!(!printed.contains(&secret));
        }
    }
}
