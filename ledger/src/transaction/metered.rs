//! What Attest and Correct share: the committed values of windows, and the range proof over them.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    Element, Point, SecretScalar,
    commitment::Opening,
    range::{RangeBits, RangeClaim, RangeProof},
    signature::Signature,
};

use super::{build::BuildError, check::Facts};
use crate::{
    Rejection,
    codec::{DecodeError, Reader, Writer},
    rules::metering,
    units::MeterId,
};

/// The commitments of a window's intervals.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// `E[t]`, exported.
    pub export: &'a [Point],
    /// `I[t]`, imported.
    pub import: &'a [Point],
}

/// The openings of a window's intervals.
#[derive(Clone, Copy)]
pub(super) struct Openings<'a> {
    pub export: &'a [Opening],
    pub import: &'a [Opening],
}

fn sum(commitments: &[Point]) -> Element {
    Element::new(commitments.iter().map(|commitment| commitment.point()).sum::<RistrettoPoint>())
}

impl Values<'_> {
    /// `sum_t E[t]`.
    pub fn export_sum(&self) -> Element {
        sum(self.export)
    }

    /// `sum_t I[t]`.
    pub fn import_sum(&self) -> Element {
        sum(self.import)
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        self.export.iter().chain(self.import).for_each(|point| {
            writer.element(point);
        });
    }
}

/// Reads the exports and imports of so many intervals.
pub(super) fn decode_values(
    reader: &mut Reader<'_>,
    intervals: usize,
) -> Result<(Vec<Point>, Vec<Point>), DecodeError> {
    let mut points = || (0..intervals).map(|_| reader.point()).collect::<Result<Vec<_>, _>>();
    Ok((points()?, points()?))
}

const SIGNATURE_LENGTH: usize = 64;

/// Reads a range proof and a signature, which end a transaction.
pub(super) fn decode_proofs(reader: &mut Reader<'_>) -> Result<(RangeProof, Signature), DecodeError> {
    // The class of the meter, which fixes the proof's length, is on the ledger: the phase 1 check compares.
    let proof = reader.rest().len().checked_sub(SIGNATURE_LENGTH).ok_or(DecodeError::Truncated)?;
    Ok((reader.range(proof)?, reader.signature()?))
}

/// The commitments a range proof of this class covers, in order: each window's exports, imports and, in class 32, its two
/// sums.
fn range_commitments(class: RangeBits, windows: &[Values<'_>]) -> Vec<Element> {
    let mut all = Vec::new();
    for window in windows {
        all.extend(window.export.iter().chain(window.import).map(|commitment| *commitment.element()));
        if class == RangeBits::Bits32 {
            all.extend([window.export_sum(), window.import_sum()]);
        }
    }
    all
}

/// Their openings, in the same order.
pub(super) fn range_openings(class: RangeBits, windows: &[Openings<'_>]) -> Vec<Opening> {
    let sum = |openings: &[Opening]| Opening {
        value: openings.iter().map(|opening| opening.value).sum(),
        blinding: SecretScalar::sum(openings.iter().map(|opening| &opening.blinding)),
    };
    let mut all = Vec::new();
    for window in windows {
        all.extend(window.export.iter().chain(window.import).cloned());
        if class == RangeBits::Bits32 {
            all.extend([sum(window.export), sum(window.import)]);
        }
    }
    all
}

/// Commits to each value.
pub(super) fn commit(openings: &[Opening]) -> Result<Vec<Point>, BuildError> {
    openings.iter().map(|opening| Ok(opening.commit_point()?)).collect()
}

/// The class in which a range proof over so many windows is made, told by its length. Of a transaction that is final it is the
/// class that its meter had then: a proof of another length is refused.
pub(super) fn class_of_proof(windows: usize, intervals: usize, proof: &RangeProof) -> Option<RangeBits> {
    let of = |class: RangeBits, values: usize| {
        let bits = values.next_power_of_two() * class.bits();
        (proof.as_bytes().len() == 32 * (9 + 2 * bits.ilog2() as usize)).then_some(class)
    };
    let values = 2 * intervals * windows;
    of(RangeBits::Bits16, values).or(of(RangeBits::Bits32, values + 2 * windows))
}

impl Facts<'_> {
    /// Phase 1 of what a meter posts: registered, complete, signed with the key in force, and the claim that every value is
    /// in the class in force.
    pub(super) fn metered(
        &self,
        meter: MeterId,
        windows: &[Values<'_>],
        range: &RangeProof,
        signature: &Signature,
    ) -> Result<Vec<RangeClaim>, Rejection> {
        let in_force = self.resolved.replaced.as_deref().or_else(|| self.genesis.meter(meter));
        let meter = metering::meter_is_registered(in_force)?;
        for window in windows {
            metering::intervals_are_complete(window, &self.genesis.parameters)?;
        }
        metering::meter_signed(self.genesis.network(), &meter.key, self.digest, signature)?;
        let commitments = range_commitments(meter.class, windows);
        metering::proof_work_is_bounded(meter.class, commitments.len())?;
        Ok(vec![self.range_claim(meter.class, commitments, range)])
    }
}
