//! Group elements with their canonical encoding: decoded once at the door, never checked again (section 2).

use curve25519_dalek::{
    ristretto::{CompressedRistretto, RistrettoPoint},
    traits::IsIdentity,
};

use crate::CryptoError;

/// Any group element, the identity included, beside its canonical encoding.
///
/// Effects of a contract may compute the identity (a refund of nothing), so commitments *inside the ledger* are
/// elements; whatever *enters* from outside is a [`Point`].
#[derive(Clone, Copy)]
pub struct Element {
    point: RistrettoPoint,
    encoding: CompressedRistretto,
}

impl Element {
    /// Wraps a computed point.
    pub fn new(point: RistrettoPoint) -> Self {
        Element { point, encoding: point.compress() }
    }

    /// Decodes 32 bytes; refuses what is not canonical.
    pub fn decode(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        let encoding = CompressedRistretto(*bytes);
        let point = encoding.decompress().ok_or(CryptoError::NonCanonicalPoint)?;
        Ok(Element { point, encoding })
    }

    /// The point.
    pub fn point(&self) -> &RistrettoPoint {
        &self.point
    }

    /// The canonical encoding.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.encoding.as_bytes()
    }

    /// The canonical encoding as the curve library's type.
    pub fn compressed(&self) -> &CompressedRistretto {
        &self.encoding
    }

    /// Whether this is the neutral element.
    pub fn is_identity(&self) -> bool {
        self.point.is_identity()
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.encoding == other.encoding
    }
}
impl Eq for Element {}
impl core::hash::Hash for Element {
    fn hash<S: core::hash::Hasher>(&self, state: &mut S) {
        self.as_bytes().hash(state);
    }
}
impl core::fmt::Debug for Element {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A group element that is not the identity: the type of every key, key image and commitment from outside.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point(Element);

impl Point {
    /// Decodes 32 bytes; refuses what is not canonical, and the identity.
    pub fn decode(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        Element::decode(bytes)?.try_into()
    }

    /// Wraps a computed point; refuses the identity.
    pub fn new(point: RistrettoPoint) -> Result<Self, CryptoError> {
        Element::new(point).try_into()
    }

    /// The same element without the promise.
    pub fn element(&self) -> &Element {
        &self.0
    }
}

impl TryFrom<Element> for Point {
    type Error = CryptoError;
    fn try_from(element: Element) -> Result<Self, CryptoError> {
        if element.is_identity() { Err(CryptoError::IdentityPoint) } else { Ok(Point(element)) }
    }
}
impl From<Point> for Element {
    fn from(point: Point) -> Element {
        point.0
    }
}
impl core::ops::Deref for Point {
    type Target = Element;
    fn deref(&self) -> &Element {
        &self.0
    }
}
impl core::fmt::Debug for Point {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::traits::Identity;

    use super::*;

    #[test]
    fn the_identity_is_an_element_but_no_point() {
        assert_eq!(Point::decode(&[0; 32]), Err(CryptoError::IdentityPoint));
        assert_eq!(Element::decode(&[0; 32]), Ok(Element::new(RistrettoPoint::identity())));
    }

    #[test]
    fn non_canonical_bytes_are_refused() {
        for bytes in [[0xff; 32], [1; 32]] {
            assert_eq!(Point::decode(&bytes), Err(CryptoError::NonCanonicalPoint));
        }
    }
}
