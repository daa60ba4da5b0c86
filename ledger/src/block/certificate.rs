//! The finality certificate: votes of more than two thirds of an epoch's validators for one block (protocol section 7).
//!
//! The votes are the consensus engine's finalize votes. The layout is our own, and so is the verification: whoever holds
//! the chain and the genesis checks them with these few lines and no consensus engine.

use hushwatt_crypto::{
    Label, NetworkId, PROTOCOL_VERSION,
    signature::{Signature, SigningKey},
};

use super::BlockDigest;
use crate::{
    Rejection,
    codec::{DecodeError, Reader, Writer},
    rules::finality,
    units::Epoch,
    validators::{MAX_VALIDATORS, ValidatorSet},
};

/// No certificate is longer, in bytes.
pub const MAX_CERTIFICATE_BYTES: usize = 3 * 8 + 2 + MAX_VALIDATORS * (2 + 64);

/// What the engine appends to its namespace for finalize votes.
const FINALIZE: &[u8] = b"_FINALIZE";

/// Proof that the validators of an epoch agreed on a block.
///
/// There can be several for one block (other signers, a later view): what counts is that one verifies. Its epoch is signed,
/// its height is in the block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The epoch of the block.
    pub epoch: Epoch,
    /// The engine's view in which the block became final.
    pub view: u64,
    /// The view of its parent.
    pub parent_view: u64,
    /// Each signer's index in the set of the epoch, strictly ascending, with his vote.
    pub signatures: Vec<(u16, Signature)>,
}

impl Certificate {
    /// The encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u64(self.epoch.0).u64(self.view).u64(self.parent_view);
        writer.u16(u16::try_from(self.signatures.len()).unwrap_or(u16::MAX));
        for (index, signature) in &self.signatures {
            writer.u16(*index).signature(signature);
        }
        writer.finish()
    }

    /// Reads the encoding. Total on any bytes; what it gives encodes to the same bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let (epoch, view, parent_view) = (Epoch(reader.u64()?), reader.u64()?, reader.u64()?);
        let count = usize::from(reader.u16()?);
        if !(1..=MAX_VALIDATORS).contains(&count) {
            return Err(DecodeError::LengthOutOfRange);
        }
        let signatures =
            (0..count).map(|_| Ok((reader.u16()?, reader.signature()?))).collect::<Result<_, DecodeError>>()?;
        reader.finish()?;
        Ok(Certificate { epoch, view, parent_view, signatures })
    }

    /// Reads the certificate of a record: no bytes are none, since a block may be final by that of a later one.
    pub fn decode_optional(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        if bytes.is_empty() { Ok(None) } else { Self::decode(bytes).map(Some) }
    }

    /// The certificate of a record, as bytes.
    pub fn encode_optional(certificate: Option<&Self>) -> Vec<u8> {
        certificate.map(Self::encode).unwrap_or_default()
    }

    /// Whether it proves the block of this digest final, in this epoch, to whoever knows the epoch's validators.
    pub fn verify(
        &self,
        network: &NetworkId,
        validators: &ValidatorSet,
        epoch: Epoch,
        digest: &BlockDigest,
    ) -> Result<(), Rejection> {
        finality::certificate_is_of_the_epoch(self, epoch)?;
        finality::signers_ascend_and_are_validators(self, validators)?;
        finality::enough_validators_signed(self, validators)?;
        finality::votes_verify(self, network, validators, digest)
    }

    /// What each of its signers signed.
    pub fn message(&self, network: &NetworkId, digest: &BlockDigest) -> Vec<u8> {
        finality_message(network, self.epoch, self.view, self.parent_view, digest)
    }
}

/// The namespace of everything that validators of a network sign for the engine: protocol version, network id, label.
pub fn consensus_namespace(network: &NetworkId) -> Vec<u8> {
    [&[PROTOCOL_VERSION], &network.0[..], Label::Consensus.as_str().as_bytes()].concat()
}

/// The bytes of a finalize vote: `varint(len(ns)) || ns || varint(epoch) || varint(view) || varint(parent view) || digest`,
/// where `ns` is [`consensus_namespace`] and `_FINALIZE`, and varints are unsigned LEB128.
pub fn finality_message(
    network: &NetworkId,
    epoch: Epoch,
    view: u64,
    parent_view: u64,
    digest: &BlockDigest,
) -> Vec<u8> {
    let namespace = [consensus_namespace(network).as_slice(), FINALIZE].concat();
    let mut message = Vec::with_capacity(namespace.len() + 64);
    varint(&mut message, namespace.len() as u64);
    message.extend_from_slice(&namespace);
    [epoch.0, view, parent_view].into_iter().for_each(|number| varint(&mut message, number));
    message.extend_from_slice(&digest.0);
    message
}

/// A validator's finalize vote, as the engine makes it: plain Ed25519 (RFC 8032) over [`finality_message`].
///
/// For networks of one validator, for tests and for tools. Who votes by hand on a real network risks voting twice.
pub fn vote(
    key: &SigningKey,
    network: &NetworkId,
    epoch: Epoch,
    view: u64,
    parent_view: u64,
    digest: &BlockDigest,
) -> Signature {
    key.sign_bytes(&finality_message(network, epoch, view, parent_view, digest))
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_is_over_exactly_these_bytes() {
        let digest = BlockDigest([9; 32]);
        let message = finality_message(&NetworkId([7; 32]), Epoch(0), 300, 127, &digest);
        // 1 + 32 + 9 + 9 bytes of namespace.
        let namespace = [&[51, 1][..], &[7; 32], b"consensus_FINALIZE"].concat();
        assert_eq!(message, [&namespace[..], &[0, 0xac, 2, 0x7f], &[9; 32]].concat());
        let longest = finality_message(&NetworkId([7; 32]), Epoch(u64::MAX), u64::MAX, u64::MAX, &digest);
        let nines = [&[0xff; 9][..], &[1]].concat();
        assert_eq!(longest, [&namespace[..], &nines, &nines, &nines, &[9; 32]].concat());
    }
    /// Recorded from commonware-consensus 2026.10.0: a finalize vote of its simplex scheme `ed25519` under this namespace.
    #[test]
    fn a_vote_is_byte_for_byte_the_engines() {
        let known = "abd1fe8db4e88622cbc75dc4e90c27649cd031500f4c8066a710bea57dd07598\
                     b246a980891ca4a75fbe4e2357faa486c2b49c38efd1294c3046b02463e69708";
        let key = SigningKey::from_bytes(&[1; 32]);
        let ours = vote(&key, &NetworkId([7; 32]), Epoch(5), 300, 299, &BlockDigest([9; 32]));
        assert_eq!(hushwatt_crypto::hash::hex(&ours.0), known);
    }
}
