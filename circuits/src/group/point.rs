//! Ristretto255 as a group of `commonware-math`, in two flavours with the same encoding.

use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use commonware_math::algebra::{Additive, CryptoGroup, HashToGroup, Object, Space};
use commonware_parallel::Strategy;
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT,
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
    traits::{Identity, IsIdentity, MultiscalarMul, VartimeMultiscalarMul},
};
use hushwatt_crypto::Element;
use sha2::{Digest, Sha512};

use super::F;

/// A group element. `CT` selects constant-time multi-scalar multiplication.
#[derive(Clone, Copy, Debug)]
pub struct Point<const CT: bool> {
    p: RistrettoPoint,
    /// Encoding, when the point came from one: saves compressing it again for the transcript.
    enc: Option<CompressedRistretto>,
}
/// For the prover: multi-scalar multiplications in constant time.
pub type SecretPoint = Point<true>;
/// For the verifier: multi-scalar multiplications in variable time.
pub type PublicPoint = Point<false>;

/// Points per constant-time multi-scalar multiplication: bounds the lookup tables, and feeds the strategy.
const CT_CHUNK: usize = 256;
/// Most points per variable-time one: larger ones are not cheaper a point, and shares can go to other threads.
const VARTIME_CHUNK: usize = 8192;

impl<const CT: bool> Point<CT> {
    /// A point of the ledger.
    pub fn of(element: &Element) -> Self {
        Point { p: *element.point(), enc: Some(*element.compressed()) }
    }
    /// A computed point.
    pub fn new(p: RistrettoPoint) -> Self {
        Point { p, enc: None }
    }
    /// Decodes; `None` for what is no canonical encoding.
    pub fn from_compressed(enc: CompressedRistretto) -> Option<Self> {
        enc.decompress().map(|p| Point { p, enc: Some(enc) })
    }
    /// The point.
    pub fn point(&self) -> RistrettoPoint {
        self.p
    }
    /// Its encoding.
    pub fn compress(&self) -> CompressedRistretto {
        self.enc.unwrap_or_else(|| self.p.compress())
    }
}
impl<const CT: bool> PartialEq for Point<CT> {
    fn eq(&self, other: &Self) -> bool {
        self.p == other.p
    }
}
impl<const CT: bool> Eq for Point<CT> {}
impl<const CT: bool> Object for Point<CT> {}
impl<const CT: bool> AddAssign<&Point<CT>> for Point<CT> {
    fn add_assign(&mut self, rhs: &Self) {
        *self = *self + rhs;
    }
}
impl<const CT: bool> SubAssign<&Point<CT>> for Point<CT> {
    fn sub_assign(&mut self, rhs: &Self) {
        *self = *self - rhs;
    }
}
impl<const CT: bool> Add<&Point<CT>> for Point<CT> {
    type Output = Self;
    fn add(self, rhs: &Self) -> Self {
        Self::new(self.p + rhs.p)
    }
}
impl<const CT: bool> Sub<&Point<CT>> for Point<CT> {
    type Output = Self;
    fn sub(self, rhs: &Self) -> Self {
        Self::new(self.p - rhs.p)
    }
}
impl<const CT: bool> Neg for Point<CT> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.p)
    }
}
impl<const CT: bool> Additive for Point<CT> {
    fn zero() -> Self {
        Self::new(RistrettoPoint::identity())
    }
}
/// Constant time: the prover multiplies secrets with `*`.
impl<const CT: bool> Mul<&F> for Point<CT> {
    type Output = Self;
    fn mul(self, rhs: &F) -> Self {
        Self::new(self.p * rhs.0)
    }
}
/// Variable time: `*=` on points is only used by the inner product argument, to scale generators by powers
/// of the public challenge `y`. Re-check this when the pinned version of commonware changes.
impl<const CT: bool> MulAssign<&F> for Point<CT> {
    fn mul_assign(&mut self, rhs: &F) {
        *self = Self::new(RistrettoPoint::vartime_double_scalar_mul_basepoint(&rhs.0, &self.p, &Scalar::ZERO));
    }
}
impl<const CT: bool> Space<F> for Point<CT> {
    /// Up to two points are always variable time: that is the folding of generators by public challenges.
    /// Circuits must therefore have at least three gates (`crate::bridge` pads them to four).
    fn msm(points: &[Self], scalars: &[F], strategy: &impl Strategy) -> Self {
        let n = points.len().min(scalars.len());
        let (points, scalars) = (&points[..n], &scalars[..n]);
        let vartime = |scalars: &[F], points: &[Self]| {
            RistrettoPoint::vartime_multiscalar_mul(scalars.iter().map(|s| s.0), points.iter().map(|p| p.p))
        };
        let sums = if CT && n > 2 {
            strategy.map_collect_vec(scalars.chunks(CT_CHUNK).zip(points.chunks(CT_CHUNK)), |(s, p)| {
                RistrettoPoint::multiscalar_mul(s.iter().map(|s| s.0), p.iter().map(|p| p.p))
            })
        } else if n <= VARTIME_CHUNK {
            return Self::new(vartime(scalars, points));
        } else {
            let share = n.div_ceil(n.div_ceil(VARTIME_CHUNK));
            strategy.map_collect_vec(scalars.chunks(share).zip(points.chunks(share)), |(s, p)| vartime(s, p))
        };
        Self::new(sums.into_iter().sum())
    }
}
impl<const CT: bool> CryptoGroup for Point<CT> {
    type Scalar = F;
    fn generator() -> Self {
        Self::new(RISTRETTO_BASEPOINT_POINT)
    }
}
impl<const CT: bool> HashToGroup for Point<CT> {
    fn hash_to_group(domain_separator: &[u8], message: &[u8]) -> Self {
        let hash = Sha512::new()
            .chain_update((domain_separator.len() as u64).to_le_bytes())
            .chain_update(domain_separator)
            .chain_update(message)
            .finalize();
        Self::new(RistrettoPoint::from_uniform_bytes(&hash.into()))
    }
}
impl<const CT: bool> FixedSize for Point<CT> {
    const SIZE: usize = 32;
}
impl<const CT: bool> Write for Point<CT> {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(self.compress().as_bytes());
    }
}
impl<const CT: bool> Read for Point<CT> {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let bytes = <[u8; 32]>::read(buf)?;
        let point = Self::from_compressed(CompressedRistretto(bytes));
        // No honest proof has the identity anywhere: its points are blinded, or sums over generators.
        let point = point.filter(|point| !point.p.is_identity());
        point.ok_or(Error::Invalid("Point", "not a Ristretto encoding, or the identity"))
    }
}
