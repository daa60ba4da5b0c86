//! Verifiable secret sharing of what opens a commitment (Pedersen), for totals (section 10).
//!
//! The dealer shares value and blinding of a commitment `C = v*H + b*G` that is on the ledger among `n` members of a
//! committee: two random polynomials `f`, `g` of degree `t - 1` with `f(0) = v` and `g(0) = b`. He publishes
//! `A_j = f_j*H + g_j*G` for `j` from 1 to `t - 1`; `A_0` is `C` itself, so nobody can share anything but what is on the ledger.
//! Member `i`, from 1, gets `(f(i), g(i))`, and checks
//!
//! ```text
//! f(i)*H + g(i)*G = C + i*A_1 + i^2*A_2 + .. + i^(t-1)*A_(t-1)
//! ```
//!
//! Shares and coefficients of several dealers add up: the sum of a member's shares is his share of the sum, and opens the sum
//! of the right sides. Any `t` such sums give the sum of all values ([`combine`]), and fewer say nothing: for every value
//! there is exactly one pair of polynomials that goes with them and the coefficients.

mod sealed;

use std::collections::BTreeSet;

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT,
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{Identity, VartimeMultiscalarMul},
};
use zeroize::Zeroizing;

use crate::{
    CryptoError, Element, Point, PublicScalar, Rng, SecretScalar,
    commitment::{Opening, value_part},
    generators::generators,
};

pub use sealed::{Opened, SEALED_SHARE_LENGTH, SealedShare, Verdict};

/// Most members of a committee.
pub const MOST_MEMBERS: u8 = 16;

/// How many members there are, and how many of them must agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quorum {
    members: u8,
    threshold: u8,
}

/// A member of a committee, from 1: where the polynomials are evaluated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Member(u8);

/// What is public of one sharing: `A_1 .. A_(t-1)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coefficients(Vec<Point>);

/// What is public of a sum of sharings: the sum of the commitments, and of the coefficients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicSum {
    /// `A_0`: what the shares of the sum open together.
    pub commitment: Element,
    /// `A_1 .. A_(t-1)`.
    pub coefficients: Vec<Element>,
}

/// A member's share of one sharing, or of a sum of several; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Share {
    value: SecretScalar,
    blinding: SecretScalar,
}

/// A member's share of a sum, as he releases it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReleasedShare {
    /// `sum f(i)`.
    pub value: PublicScalar,
    /// `sum g(i)`.
    pub blinding: PublicScalar,
}

impl Quorum {
    /// `threshold` of `members`: at least 2, more than half, so that no two disjoint groups can answer differently, and at most [`MOST_MEMBERS`] in all.
    ///
    /// # Errors
    /// [`CryptoError::SharingShape`].
    pub fn new(threshold: u8, members: u8) -> Result<Self, CryptoError> {
        let right = threshold >= 2 && threshold <= members && members <= MOST_MEMBERS && threshold > members / 2;
        if right { Ok(Quorum { members, threshold }) } else { Err(CryptoError::SharingShape) }
    }

    /// How many members there are.
    pub fn members(self) -> u8 {
        self.members
    }

    /// How many shares open a sum.
    pub fn threshold(self) -> u8 {
        self.threshold
    }

    /// How many points there are of a sharing beside the commitment.
    pub fn degree(self) -> usize {
        usize::from(self.threshold) - 1
    }

    /// Every member, in order.
    pub fn all(self) -> impl Iterator<Item = Member> {
        (1..=self.members).map(Member)
    }
}

impl Member {
    /// The member at a place of the committee's list, from 0.
    pub fn at(place: u8) -> Option<Self> {
        (place < MOST_MEMBERS).then(|| Member(place + 1))
    }

    /// His place in the committee's list, from 0.
    pub fn place(self) -> u8 {
        self.0 - 1
    }

    fn point(self) -> Scalar {
        Scalar::from(self.0)
    }
}

impl Coefficients {
    /// What somebody published; the number must be that of the quorum.
    ///
    /// # Errors
    /// [`CryptoError::SharingShape`].
    pub fn new(points: Vec<Point>, quorum: Quorum) -> Result<Self, CryptoError> {
        let right = points.len() == quorum.degree();
        if right { Ok(Coefficients(points)) } else { Err(CryptoError::SharingShape) }
    }

    /// `A_1 .. A_(t-1)`.
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// With the commitment that is shared: what the shares are checked against.
    pub fn of(&self, commitment: &Element) -> PublicSum {
        PublicSum { commitment: *commitment, coefficients: self.0.iter().map(|point| *point.element()).collect() }
    }
}

impl PublicSum {
    /// Of no sharing.
    pub fn zero(quorum: Quorum) -> Self {
        let zero = Element::new(RistrettoPoint::identity());
        PublicSum { commitment: zero, coefficients: vec![zero; quorum.degree()] }
    }

    /// With so many times another sharing, or sum of sharings, added.
    ///
    /// # Errors
    /// [`CryptoError::SharingShape`] for one of another committee's size.
    pub fn plus(&self, times: u64, other: &Self) -> Result<Self, CryptoError> {
        if self.coefficients.len() != other.coefficients.len() {
            return Err(CryptoError::SharingShape);
        }
        Ok(self.with(other, |sum, more| match times {
            1 => sum + more,
            _ => sum + Scalar::from(times) * more,
        }))
    }

    /// Without another sharing that was added.
    ///
    /// # Errors
    /// [`CryptoError::SharingShape`] for one of another committee's size.
    pub fn minus(&self, other: &Self) -> Result<Self, CryptoError> {
        if self.coefficients.len() != other.coefficients.len() {
            return Err(CryptoError::SharingShape);
        }
        Ok(self.with(other, |sum, less| sum - less))
    }

    /// Of another one of the same size, point by point.
    fn with(&self, other: &Self, made: impl Fn(&RistrettoPoint, &RistrettoPoint) -> RistrettoPoint) -> Self {
        let made = |a: &Element, b: &Element| Element::new(made(a.point(), b.point()));
        PublicSum {
            commitment: made(&self.commitment, &other.commitment),
            coefficients: self.coefficients.iter().zip(&other.coefficients).map(|(a, b)| made(a, b)).collect(),
        }
    }

    /// What a member's share must open. Variable time: everything is public.
    pub fn expected(&self, member: Member) -> Element {
        let powers = core::iter::successors(Some(Scalar::ONE), |power| Some(power * member.point()));
        let points = core::iter::once(&self.commitment).chain(&self.coefficients).map(|element| *element.point());
        // The product wants to know beforehand how many there are.
        let scalars: Vec<Scalar> = powers.take(self.coefficients.len() + 1).collect();
        Element::new(RistrettoPoint::vartime_multiscalar_mul(scalars, points.collect::<Vec<_>>()))
    }
}

/// Shares an opening: what is published, and each member's share in order. Constant time in the opening.
///
/// # Errors
/// [`CryptoError::IdentityPoint`] with negligible probability.
pub fn split(opening: &Opening, quorum: Quorum, rng: &mut impl Rng) -> Result<(Coefficients, Vec<Share>), CryptoError> {
    let mut draw = || (0..quorum.degree()).map(|_| SecretScalar::random(rng)).collect::<Vec<_>>();
    let (values, blindings) = (draw(), draw());
    let commit = |(value, blinding)| Point::try_from(commit(value, blinding));
    let higher = values.iter().zip(&blindings).map(commit).collect::<Result<_, _>>()?;
    let constant = SecretScalar::new(Scalar::from(opening.value));
    let shares = quorum.all().map(|member| Share {
        value: evaluate(&constant, &values, member),
        blinding: evaluate(&opening.blinding, &blindings, member),
    });
    Ok((Coefficients(higher), shares.collect()))
}

/// `value*H + blinding*G`. Constant time in both.
fn commit(value: &SecretScalar, blinding: &SecretScalar) -> Element {
    Element::new(value.expose() * generators().h.point() + blinding.public().point())
}

/// `constant + sum_j higher_j * i^j`, by Horner's rule.
fn evaluate(constant: &SecretScalar, higher: &[SecretScalar], member: Member) -> SecretScalar {
    let x = u64::from(member.0);
    let above = higher.iter().rev().fold(SecretScalar::zero(), |sum, coefficient| sum.plus(coefficient).times(x));
    constant.plus(&above)
}

impl Share {
    /// Bytes of an encoded share: value and blinding.
    pub const LENGTH: usize = 64;

    /// Whether it is the share that the coefficients promise ([`PublicSum::expected`]). Constant time in the share.
    pub fn opens(&self, expected: &Element) -> bool {
        commit(&self.value, &self.blinding) == *expected
    }

    /// The share of a sum of several sharings, each taken so many times.
    pub fn sum<'a>(shares: impl IntoIterator<Item = (u64, &'a Self)>) -> Self {
        let zero = Share { value: SecretScalar::zero(), blinding: SecretScalar::zero() };
        shares.into_iter().fold(zero, |sum, (times, share)| Share {
            value: sum.value.plus(&share.value.times(times)),
            blinding: sum.blinding.plus(&share.blinding.times(times)),
        })
    }

    /// Makes it public.
    pub fn release(&self) -> ReleasedShare {
        ReleasedShare { value: PublicScalar(*self.value.expose()), blinding: PublicScalar(*self.blinding.expose()) }
    }

    /// To be sealed; wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::LENGTH]> {
        let mut bytes = Zeroizing::new([0u8; Self::LENGTH]);
        bytes[..32].copy_from_slice(&self.value.to_bytes()[..]);
        bytes[32..].copy_from_slice(&self.blinding.to_bytes()[..]);
        bytes
    }

    /// From what was sealed.
    ///
    /// # Errors
    /// [`CryptoError::NonCanonicalScalar`].
    pub fn decode(bytes: &[u8; Self::LENGTH]) -> Result<Self, CryptoError> {
        let (value, blinding) = bytes.split_first_chunk::<32>().ok_or(CryptoError::SharingShape)?;
        let blinding = blinding.first_chunk::<32>().ok_or(CryptoError::SharingShape)?;
        Ok(Share { value: SecretScalar::decode(value)?, blinding: SecretScalar::decode(blinding)? })
    }
}

impl core::fmt::Debug for Share {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Share(..)")
    }
}

impl ReleasedShare {
    /// Whether it is the share that the coefficients promise ([`PublicSum::expected`]).
    pub fn opens(&self, expected: &Element) -> bool {
        let points = [*generators().h.point(), RISTRETTO_BASEPOINT_POINT];
        RistrettoPoint::vartime_multiscalar_mul([self.value.0, self.blinding.0], points) == *expected.point()
    }
}

/// The value that these shares open `commitment` to: exactly the threshold of them, each of another member and each checked before.
/// Variable time: released shares are public.
///
/// # Errors
/// [`CryptoError::SharingShape`] for another number, or a member twice; [`CryptoError::SharingOpens`] if what comes out does not open the commitment, or is no number
/// below 2^64: then a share was not checked.
pub fn combine(quorum: Quorum, shares: &[(Member, ReleasedShare)], commitment: &Element) -> Result<u64, CryptoError> {
    let members: BTreeSet<Member> = shares.iter().map(|(member, _)| *member).collect();
    if members.len() != shares.len() || shares.len() != usize::from(quorum.threshold) {
        return Err(CryptoError::SharingShape);
    }
    let (mut value, mut blinding) = (Scalar::ZERO, Scalar::ZERO);
    for (member, share) in shares {
        let weight = lagrange(*member, &members);
        value += weight * share.value.0;
        blinding += weight * share.blinding.0;
    }
    let (low, high) = value.as_bytes().split_at(8);
    let number = low.try_into().map(u64::from_le_bytes).ok().filter(|_| high.iter().all(|byte| *byte == 0));
    let number = number.ok_or(CryptoError::SharingOpens)?;
    let opened = value_part(number) + blinding * RISTRETTO_BASEPOINT_POINT;
    if opened == *commitment.point() { Ok(number) } else { Err(CryptoError::SharingOpens) }
}

/// The weight of a member's share at zero.
fn lagrange(member: Member, among: &BTreeSet<Member>) -> Scalar {
    let others = among.iter().filter(|other| **other != member);
    others.fold(Scalar::ONE, |weight, other| {
        // Places differ and are below the group order, so the difference has an inverse.
        weight * other.point() * (other.point() - member.point()).invert()
    })
}
