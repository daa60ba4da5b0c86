//! Inputs: a key image and a fresh commitment, shown to be those of some note of a whole bucket (protocol section 5).

use hushwatt_crypto::{
    CryptoError, NetworkId, Point, Rng, SecretScalar,
    clsag::{self, Clsag, Member},
    commitment::Opening,
    context::Context,
    keys::OneTimeSecret,
};

use super::{TransactionId, build::BuildError};
use crate::codec::{DecodeError, Reader, Writer};

/// Most inputs of a transaction.
pub const MAX_INPUTS: usize = 4;

/// The signed part of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spend {
    /// Key image `I`.
    pub image: Point,
    /// Fresh commitment `C'` to the spent note's value.
    pub pseudo: Point,
}

impl Spend {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.element(&self.image).element(&self.pseudo);
    }

    /// Reads the encoding.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Spend { image: reader.point()?, pseudo: reader.point()? })
    }

    pub(crate) fn encode_all(spends: &[Spend], writer: &mut Writer) {
        writer.count(spends.len());
        spends.iter().for_each(|spend| spend.encode(writer));
    }

    pub(crate) fn decode_all(reader: &mut Reader<'_>) -> Result<Vec<Spend>, DecodeError> {
        let count = reader.count(1..=MAX_INPUTS)?;
        (0..count).map(|_| Spend::decode(reader)).collect()
    }
}

/// The context of a transaction's one-time keys: its first key image (section 2).
pub fn context_of(spends: &[Spend]) -> Option<Context> {
    spends.first().map(|spend| Context::of_first_image(&spend.image))
}

/// A note its owner wants to spend.
#[derive(Clone)]
pub struct OwnedInput {
    /// Place of the note in the bucket, from 0.
    pub position: usize,
    /// One-time secret.
    pub secret: OneTimeSecret,
    /// Opening of its commitment.
    pub opening: Opening,
}

/// Inputs sorted by key image, before the outputs are known.
pub(crate) struct SortedInputs {
    inputs: Vec<(Point, OwnedInput)>,
    context: Context,
}

/// Inputs whose fresh commitments balance the outputs; what is left is to sign.
pub(crate) struct BalancedInputs {
    spends: Vec<Spend>,
    secrets: Vec<(OwnedInput, SecretScalar)>,
}

impl SortedInputs {
    pub(crate) fn new(inputs: Vec<OwnedInput>) -> Result<Self, BuildError> {
        if inputs.is_empty() || inputs.len() > MAX_INPUTS {
            return Err(BuildError::InputCount);
        }
        let mut inputs = inputs
            .into_iter()
            .map(|input| Ok((input.secret.key_image()?, input)))
            .collect::<Result<Vec<_>, CryptoError>>()?;
        inputs.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        let context = inputs.first().map(|(image, _)| Context::of_first_image(image)).ok_or(BuildError::InputCount)?;
        Ok(SortedInputs { inputs, context })
    }

    pub(crate) fn context(&self) -> Context {
        self.context
    }

    pub(crate) fn total(&self) -> Result<u64, BuildError> {
        let values = self.inputs.iter().map(|(_, input)| input.opening.value);
        values.into_iter().try_fold(0u64, u64::checked_add).ok_or(BuildError::Overflow)
    }

    /// Draws fresh blindings that sum to `blinding`.
    pub(crate) fn balance(self, blinding: &SecretScalar, rng: &mut impl Rng) -> Result<BalancedInputs, BuildError> {
        let last = self.inputs.len() - 1;
        let mut rest = blinding.clone();
        let mut balanced = BalancedInputs { spends: Vec::new(), secrets: Vec::new() };
        for (place, (image, input)) in self.inputs.into_iter().enumerate() {
            let fresh = if place == last { rest.clone() } else { SecretScalar::random(rng) };
            rest = rest.minus(&fresh);
            let pseudo = Opening::new(input.opening.value, fresh.clone()).commit_point()?;
            balanced.spends.push(Spend { image, pseudo });
            let difference = input.opening.blinding.minus(&fresh);
            balanced.secrets.push((input, difference));
        }
        Ok(balanced)
    }
}

impl BalancedInputs {
    pub(crate) fn spends(&self) -> &[Spend] {
        &self.spends
    }

    /// The openings of the fresh commitments.
    pub(crate) fn authorship(&self) -> Vec<Opening> {
        let fresh = |(input, difference): &(OwnedInput, SecretScalar)| {
            Opening::new(input.opening.value, input.opening.blinding.minus(difference))
        };
        self.secrets.iter().map(fresh).collect()
    }

    /// Signs every input over its ring.
    pub(crate) fn sign<'r>(
        &self,
        network: &NetworkId,
        ring_of: impl Fn(usize) -> Option<&'r [Member]>,
        digest: &TransactionId,
        rng: &mut impl Rng,
    ) -> Result<Vec<Clsag>, BuildError> {
        let mut signatures = Vec::with_capacity(self.spends.len());
        for (place, (spend, (input, difference))) in self.spends.iter().zip(&self.secrets).enumerate() {
            let ring = ring_of(place).ok_or(BuildError::WrongRing)?;
            let signature =
                clsag::sign(network, ring, input.position, &input.secret, difference, &spend.pseudo, &digest.0, rng)?;
            signatures.push(signature);
        }
        Ok(signatures)
    }
}
