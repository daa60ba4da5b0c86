//! Finality certificates in plain words, from and to the engine's form.

use bytes::Bytes;
use commonware_codec::{DecodeExt, Encode};
use commonware_consensus::{
    simplex::{
        scheme::ed25519::Scheme,
        types::{Finalization, Proposal},
    },
    types::{Epoch, Round, View},
};
use commonware_cryptography::{
    certificate::Signers,
    ed25519::{Signature, certificate::Certificate as Signatures},
    sha256::Digest,
};
use commonware_utils::Participant;

use crate::Hash;

/// More than two thirds of an epoch's validators agreed on a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The epoch.
    pub epoch: u64,
    /// The view in which they agreed.
    pub view: u64,
    /// The view of the block before.
    pub parent_view: u64,
    /// Place of each signer among the epoch's validators, ascending, and its Ed25519 signature.
    pub signatures: Vec<(u16, [u8; 64])>,
}

impl Certificate {
    /// Layout: epoch, view and view of the parent (8 bytes each, little-endian), number of signatures (2), then each
    /// signer's place (2) and signature (64).
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(26 + 66 * self.signatures.len());
        for number in [self.epoch, self.view, self.parent_view] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&(self.signatures.len() as u16).to_le_bytes());
        for (index, signature) in &self.signatures {
            bytes.extend_from_slice(&index.to_le_bytes());
            bytes.extend_from_slice(signature);
        }
        bytes
    }

    /// Reads [`Self::encode`]; nothing is verified.
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut number = || {
            let (number, rest) = bytes.split_first_chunk::<8>()?;
            bytes = rest;
            Some(u64::from_le_bytes(*number))
        };
        let (epoch, view, parent_view) = (number()?, number()?, number()?);
        let (count, mut rest) = bytes.split_first_chunk::<2>()?;
        let mut signatures = Vec::new();
        for _ in 0..u16::from_le_bytes(*count) {
            let (index, after) = rest.split_first_chunk::<2>()?;
            let (signature, after) = after.split_first_chunk::<64>()?;
            signatures.push((u16::from_le_bytes(*index), *signature));
            rest = after;
        }
        rest.is_empty().then_some(Certificate { epoch, view, parent_view, signatures })
    }

    pub(crate) fn from_engine(finalization: &Finalization<Scheme, Digest>) -> Option<Self> {
        let proposal = &finalization.proposal;
        let certificate = &finalization.certificate;
        let mut signatures = Vec::with_capacity(certificate.signatures.len());
        for (signer, signature) in certificate.signers.iter().zip(&certificate.signatures) {
            let bytes: [u8; 64] = signature.get()?.encode().as_ref().try_into().ok()?;
            signatures.push((u16::try_from(signer.get()).ok()?, bytes));
        }
        Some(Certificate {
            epoch: proposal.round.epoch().get(),
            view: proposal.round.view().get(),
            parent_view: proposal.parent.get(),
            signatures,
        })
    }

    /// In the engine's form; `validators` is how many the epoch has.
    pub(crate) fn to_engine(&self, digest: &Hash, validators: usize) -> Option<Finalization<Scheme, Digest>> {
        let round = Round::new(Epoch::new(self.epoch), View::new(self.view));
        let proposal = Proposal::new(round, View::new(self.parent_view), Digest::from(*digest));
        let indices = self.signatures.iter().map(|(index, _)| Participant::new(u32::from(*index)));
        let signers = Signers::new(u32::try_from(validators).ok()?, indices).ok()?;
        let mut signatures = Vec::with_capacity(self.signatures.len());
        for (_, bytes) in &self.signatures {
            signatures.push(Signature::decode(Bytes::copy_from_slice(bytes)).ok()?.into());
        }
        Some(Finalization { proposal, certificate: Signatures { signers, signatures } })
    }
}
