//! The scalars of Ristretto255 as a field of `commonware-math`.

use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use commonware_math::algebra::{Additive, Field, Multiplicative, Object, Random, Ring};
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

/// Scalar field of Ristretto255.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct F(pub Scalar);

/// Witnesses are scalars: they are never printed.
impl core::fmt::Debug for F {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("F(..)")
    }
}

impl Object for F {}
impl AddAssign<&F> for F {
    fn add_assign(&mut self, rhs: &F) {
        self.0 += rhs.0;
    }
}
impl SubAssign<&F> for F {
    fn sub_assign(&mut self, rhs: &F) {
        self.0 -= rhs.0;
    }
}
impl MulAssign<&F> for F {
    fn mul_assign(&mut self, rhs: &F) {
        self.0 *= rhs.0;
    }
}
impl Add<&F> for F {
    type Output = F;
    fn add(self, rhs: &F) -> F {
        F(self.0 + rhs.0)
    }
}
impl Sub<&F> for F {
    type Output = F;
    fn sub(self, rhs: &F) -> F {
        F(self.0 - rhs.0)
    }
}
impl Mul<&F> for F {
    type Output = F;
    fn mul(self, rhs: &F) -> F {
        F(self.0 * rhs.0)
    }
}
impl Neg for F {
    type Output = F;
    fn neg(self) -> F {
        F(-self.0)
    }
}
impl Additive for F {
    fn zero() -> Self {
        F(Scalar::ZERO)
    }
}
impl Multiplicative for F {}
impl Ring for F {
    fn one() -> Self {
        F(Scalar::ONE)
    }
}
impl Field for F {
    fn inv(&self) -> Self {
        F(self.0.invert()) // dalek maps 0 to 0, as the trait asks
    }
}
impl Random for F {
    /// 512 bits reduced mod l. Goes through bytes, so dalek's rand_core 0.6 never meets rand_core 0.10.
    fn random(mut rng: impl CryptoRng) -> Self {
        let mut wide = Zeroizing::new([0u8; 64]);
        rng.fill_bytes(&mut wide[..]);
        F(Scalar::from_bytes_mod_order_wide(&wide))
    }
}
impl FixedSize for F {
    const SIZE: usize = 32;
}
impl Write for F {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(self.0.as_bytes());
    }
}
impl Read for F {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let bytes = <[u8; 32]>::read(buf)?;
        Option::from(Scalar::from_canonical_bytes(bytes)).map(F).ok_or(Error::Invalid("F", "non-canonical scalar"))
    }
}
