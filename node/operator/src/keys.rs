//! The operator's secrets: the Ed25519 key by which the ledger knows him, and the sealing key for which wallets encrypt their
//! openings. Their files are those of his folder.

use hushwatt_client::KeyRole;
use hushwatt_crypto::{
    NetworkId, Rng,
    hash::hex,
    order_seal::SealingKey,
    signature::{Signature, SigningKey, VerifyingKey},
};

/// The secrets of one operator. Nothing of them is printed.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs admissions and Clears.
    pub signing: SigningKey,
    /// Opens what wallets seal.
    pub sealing: SealingKey,
}

impl From<(SigningKey, SealingKey)> for Keys {
    fn from((signing, sealing): (SigningKey, SealingKey)) -> Self {
        Keys { signing, sealing }
    }
}

impl Keys {
    /// Fresh ones.
    pub fn random(rng: &mut impl Rng) -> Self {
        Keys { signing: SigningKey::random(rng), sealing: SealingKey::random(rng) }
    }

    /// The key by which the ledger knows this operator.
    pub fn public(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    /// The line to hand to others: the role, a colon, and the public key in hexadecimal.
    pub fn public_line(&self) -> String {
        format!("{}:{}", KeyRole::Operator, hex(self.public().as_bytes()))
    }

    /// The signature over the sealing key.
    pub fn certificate(&self, network: &NetworkId) -> Signature {
        self.sealing.public().certify(network, &self.signing)
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn no_secret_is_printed() {
        let keys = Keys::random(&mut OsRng);
        let printed = format!("{keys:?} {}", keys.public_line());
        for secret in [hex(&keys.signing.to_bytes()[..]), hex(&keys.sealing.to_bytes()[..])] {
            assert!(!printed.contains(&secret));
        }
    }
}
