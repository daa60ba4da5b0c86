//! What one range proof claims, as an equation: a sum of known multiples of known points is the identity.
//!
//! The two equations of the Bulletproofs paper (the polynomial's value and the inner product) are combined with the random
//! `c`, and the claims of a batch with one random `weight` each.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use merlin::Transcript;

use super::{RangeClaim, proof::Parts, statement};
use crate::{CryptoError, transcript::challenge};

/// One claim with all its challenges, ready to be added to any batch.
pub(super) struct Equation<'a> {
    claim: &'a RangeClaim,
    parts: &'a Parts,
    padded: usize,
    y: Scalar,
    y_inverse: Scalar,
    z: Scalar,
    x: Scalar,
    w: Scalar,
    /// Squares of the challenges of the inner product's halvings, and of their inverses.
    folds: Vec<(Scalar, Scalar)>,
    /// The product of the inverses of those challenges.
    folds_inverse: Scalar,
    c: Scalar,
    weight: Scalar,
}

/// The left-hand side that several equations add up to.
pub(super) struct Sum {
    /// Coefficients of `G_ji` and `H_ji`: one list per position `j`, as long as the widest proof there.
    pub(super) vectors: Vec<(Vec<Scalar>, Vec<Scalar>)>,
    /// Coefficient of the value generator `H`.
    pub(super) value: Scalar,
    /// Coefficient of the blinding generator `G`.
    pub(super) blinding: Scalar,
    /// Coefficients of the points that belong to one claim only, and those points.
    pub(super) scalars: Vec<Scalar>,
    pub(super) points: Vec<RistrettoPoint>,
}

impl Sum {
    pub(super) fn empty() -> Self {
        Sum {
            vectors: Vec::new(),
            value: Scalar::ZERO,
            blinding: Scalar::ZERO,
            scalars: Vec::new(),
            points: Vec::new(),
        }
    }

    /// Both sums in one.
    pub(super) fn merge(mut self, mut other: Self) -> Self {
        if self.vectors.len() < other.vectors.len() {
            std::mem::swap(&mut self.vectors, &mut other.vectors);
        }
        for ((g, h), (other_g, other_h)) in self.vectors.iter_mut().zip(&other.vectors) {
            for (mine, theirs) in [(g, other_g), (h, other_h)] {
                mine.resize(mine.len().max(theirs.len()), Scalar::ZERO);
                mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
            }
        }
        self.value += other.value;
        self.blinding += other.blinding;
        self.scalars.append(&mut other.scalars);
        self.points.append(&mut other.points);
        self
    }

    fn term(&mut self, scalar: Scalar, point: &RistrettoPoint) {
        self.scalars.push(scalar);
        self.points.push(*point);
    }
}

impl<'a> Equation<'a> {
    /// Checks the claim's shape and replays its transcript. `c` and `weight` are drawn after all claims are known.
    pub(super) fn new(claim: &'a RangeClaim, c: Scalar, weight: Scalar) -> Result<Self, CryptoError> {
        let padded = claim.bits.padded(claim.commitments.len())?;
        let parts = claim.proof.parts()?;
        let length = claim.bits.bits() * padded;
        if length != 1 << parts.folds.len() {
            return Err(CryptoError::RangeProofMalformed);
        }
        let mut transcript = statement(&claim.network, &claim.digest, claim.bits, claim.commitments.iter());
        transcript.append_message(b"dom-sep", b"rangeproof v1");
        transcript.append_u64(b"n", claim.bits.bits() as u64);
        transcript.append_u64(b"m", padded as u64);
        for commitment in &claim.commitments {
            transcript.append_message(b"V", commitment.as_bytes());
        }
        for _ in claim.commitments.len()..padded {
            transcript.append_message(b"V", &[0; 32]);
        }
        let point = |transcript: &mut Transcript, label, point: &crate::Point| {
            transcript.append_message(label, point.as_bytes());
        };
        point(&mut transcript, b"A", &parts.a_commitment);
        point(&mut transcript, b"S", &parts.s_commitment);
        let y = challenge(&mut transcript, b"y");
        let z = challenge(&mut transcript, b"z");
        point(&mut transcript, b"T_1", &parts.t1);
        point(&mut transcript, b"T_2", &parts.t2);
        let x = challenge(&mut transcript, b"x");
        transcript.append_message(b"t_x", parts.scalars.t_x.as_bytes());
        transcript.append_message(b"t_x_blinding", parts.scalars.t_x_blinding.as_bytes());
        transcript.append_message(b"e_blinding", parts.scalars.e_blinding.as_bytes());
        let w = challenge(&mut transcript, b"w");
        transcript.append_message(b"dom-sep", b"ipp v1");
        transcript.append_u64(b"n", length as u64);
        let mut inverses = Vec::with_capacity(parts.folds.len() + 1);
        for (left, right) in &parts.folds {
            point(&mut transcript, b"L", left);
            point(&mut transcript, b"R", right);
            inverses.push(challenge(&mut transcript, b"u"));
        }
        let squares: Vec<Scalar> = inverses.iter().map(|u| u * u).collect();
        inverses.push(y);
        // No challenge is zero (probability 2^-252); a zero would make the equation fail, not hold.
        let all_inverse = Scalar::batch_invert(&mut inverses);
        let y_inverse = inverses.pop().unwrap_or_default();
        let folds = squares.into_iter().zip(inverses.iter().map(|u| u * u)).collect();
        Ok(Equation { claim, parts, padded, y, y_inverse, z, x, w, folds, folds_inverse: all_inverse * y, c, weight })
    }

    /// Adds this equation, times its weight.
    pub(super) fn add_to(&self, sum: &mut Sum) {
        let Equation { parts, z, x, w, c, weight, .. } = *self;
        let scalars = &parts.scalars;
        let zz = z * z;

        self.add_vectors(sum);
        sum.value += weight * (w * (scalars.t_x - scalars.a * scalars.b) + c * (self.delta() - scalars.t_x));
        sum.blinding -= weight * (scalars.e_blinding + c * scalars.t_x_blinding);

        sum.term(weight, parts.a_commitment.point());
        sum.term(weight * x, parts.s_commitment.point());
        sum.term(weight * c * x, parts.t1.point());
        sum.term(weight * c * x * x, parts.t2.point());
        for ((left, right), (square, inverse)) in parts.folds.iter().zip(&self.folds) {
            sum.term(weight * square, left.point());
            sum.term(weight * inverse, right.point());
        }
        // Padding commitments are the identity and contribute nothing.
        let mut z_power = weight * c * zz;
        for commitment in &self.claim.commitments {
            sum.term(z_power, commitment.point());
            z_power *= z;
        }
    }

    /// Coefficients of `G_ji`: `-z - a*s_i`, and of `H_ji`: `z + y^-i * (z^(2+j) * 2^k - b/s_i)`.
    fn add_vectors(&self, sum: &mut Sum) {
        let scalars = &self.parts.scalars;
        let bits = self.claim.bits.bits();
        let s = self.products();
        let (a, b, z) = (self.weight * scalars.a, self.weight * scalars.b, self.weight * self.z);
        if sum.vectors.len() < self.padded {
            sum.vectors.resize(self.padded, (Vec::new(), Vec::new()));
        }
        let mut y_power = Scalar::ONE;
        let mut z_power = z * self.z;
        let mut terms = s.iter().zip(s.iter().rev());
        for (g, h) in sum.vectors.iter_mut().take(self.padded) {
            g.resize(g.len().max(bits), Scalar::ZERO);
            h.resize(h.len().max(bits), Scalar::ZERO);
            let mut two_power = z_power;
            for ((g, h), (s, s_inverse)) in g.iter_mut().zip(h).zip(terms.by_ref().take(bits)) {
                *g -= z + a * s;
                *h += z + y_power * (two_power - b * s_inverse);
                y_power *= self.y_inverse;
                two_power += two_power;
            }
            z_power *= self.z;
        }
    }

    /// `s_i`: the products of all halving challenges or their inverses, by the bits of `i`. `1/s_i` is the list reversed.
    fn products(&self) -> Vec<Scalar> {
        let count = self.folds.len();
        let mut s = Vec::with_capacity(1 << count);
        s.push(self.folds_inverse);
        for bit in 0..count {
            let (square, _) = self.folds[count - 1 - bit];
            for i in 0..1 << bit {
                s.push(s[i] * square);
            }
        }
        s
    }

    /// `(z - z^2) * <1, y^i> - z^3 * <1, 2^k> * <1, z^j>`.
    fn delta(&self) -> Scalar {
        let zz = self.z * self.z;
        let y_sum = powers(self.y, self.folds.len());
        let z_sum = powers(self.z, self.padded.ilog2() as usize);
        let two_sum = Scalar::from(self.claim.bits.max());
        (self.z - zz) * y_sum - zz * self.z * two_sum * z_sum
    }
}

/// `1 + base + .. + base^(2^log - 1)`.
fn powers(base: Scalar, log: usize) -> Scalar {
    let mut power = base;
    let mut sum = Scalar::ONE;
    for _ in 0..log {
        sum *= Scalar::ONE + power;
        power *= power;
    }
    sum
}
