//! The canonical encoding: fixed layout, little-endian integers, capped lengths (protocol section 6).
//!
//! A decoder is total: any bytes give a value or a [`DecodeError`]. A value re-encodes to the bytes it came from, or
//! it was refused.

use hushwatt_circuits::CircuitProof;
use hushwatt_crypto::{
    CryptoError, Element, Point, PublicScalar,
    clsag::Clsag,
    handle::HandleProof,
    range::RangeProof,
    schnorr::Schnorr,
    signature::{Signature, VerifyingKey},
};

/// Why bytes were not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a value.
    #[error("the bytes end inside a value")]
    Truncated,
    /// Bytes follow the value.
    #[error("bytes follow the end of the value")]
    TrailingBytes,
    /// A length or count over its cap, or under its floor.
    #[error("a length or count is outside its allowed range")]
    LengthOutOfRange,
    /// A tag with no meaning in this version.
    #[error("an unknown tag")]
    UnknownTag,
    /// Another protocol version.
    #[error("the version byte names another protocol version than this program's")]
    WrongVersion,
    /// Another network id in the envelope.
    #[error("the transaction belongs to another network")]
    ForeignNetwork,
    /// The value's own encoding differs from the bytes.
    #[error("the bytes are not the canonical encoding of their value")]
    NotCanonical,
    /// A point, scalar, key or proof was refused at the door.
    #[error("{0}")]
    Crypto(#[from] CryptoError),
    /// The same of a circuit proof.
    #[error("a circuit proof cannot be read")]
    CircuitProof,
}

/// Collects an encoding.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts empty.
    pub fn new() -> Self {
        Self::default()
    }
    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }
    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }
    /// A count that has been checked to fit one byte by the type that holds it.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.u8(u8::try_from(count).unwrap_or(u8::MAX))
    }
    /// Two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }
    /// Four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }
    /// Eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }
    /// A group element.
    pub fn element(&mut self, element: &Element) -> &mut Self {
        self.bytes(element.as_bytes())
    }
    /// A scalar.
    pub fn scalar(&mut self, scalar: &PublicScalar) -> &mut Self {
        self.bytes(scalar.as_bytes())
    }
    /// A ring signature; its length follows from the ring's.
    pub fn clsag(&mut self, signature: &Clsag) -> &mut Self {
        self.scalar(&signature.c0);
        signature.responses.iter().for_each(|response| {
            self.scalar(response);
        });
        self.element(&signature.d)
    }
    /// A range proof; its length follows from what it proves.
    pub fn range(&mut self, proof: &RangeProof) -> &mut Self {
        self.bytes(proof.as_bytes())
    }
    /// A Schnorr signature.
    pub fn schnorr(&mut self, proof: &Schnorr) -> &mut Self {
        self.element(&proof.commitment).scalar(&proof.response)
    }
    /// A handle proof.
    pub fn handle_proof(&mut self, proof: &HandleProof) -> &mut Self {
        self.element(&proof.commitment).scalar(&proof.value_response).scalar(&proof.handle_response)
    }
    /// A circuit proof, after its length.
    pub fn circuit_proof(&mut self, proof: &CircuitProof) -> &mut Self {
        self.u16(u16::try_from(proof.as_bytes().len()).unwrap_or(u16::MAX)).bytes(proof.as_bytes())
    }
    /// An Ed25519 signature.
    pub fn signature(&mut self, signature: &Signature) -> &mut Self {
        self.bytes(&signature.0)
    }
}

/// Reads an encoding.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the beginning.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }
    /// The bytes not yet read.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }
    /// Refuses bytes after the value.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes) }
    }
    /// The next `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }
    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }
    /// One byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }
    /// A one-byte count within bounds.
    pub fn count(&mut self, allowed: core::ops::RangeInclusive<usize>) -> Result<usize, DecodeError> {
        let count = usize::from(self.u8()?);
        if allowed.contains(&count) { Ok(count) } else { Err(DecodeError::LengthOutOfRange) }
    }
    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }
    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    /// A group element that is not the identity.
    pub fn point(&mut self) -> Result<Point, DecodeError> {
        Ok(Point::decode(&self.array()?)?)
    }
    /// Any group element.
    pub fn element(&mut self) -> Result<Element, DecodeError> {
        Ok(Element::decode(&self.array()?)?)
    }
    /// A scalar.
    pub fn scalar(&mut self) -> Result<PublicScalar, DecodeError> {
        Ok(PublicScalar::decode(&self.array()?)?)
    }
    /// A ring signature for a ring of this length.
    pub fn clsag(&mut self, ring: usize) -> Result<Clsag, DecodeError> {
        if self.0.len() < Clsag::encoded_len(ring) {
            return Err(DecodeError::Truncated);
        }
        let c0 = self.scalar()?;
        let responses = (0..ring).map(|_| self.scalar()).collect::<Result<_, _>>()?;
        Ok(Clsag { c0, responses, d: self.point()? })
    }
    /// A range proof of this length.
    pub fn range(&mut self, length: usize) -> Result<RangeProof, DecodeError> {
        Ok(RangeProof::decode(self.bytes(length)?)?)
    }
    /// A Schnorr signature.
    pub fn schnorr(&mut self) -> Result<Schnorr, DecodeError> {
        Ok(Schnorr { commitment: self.element()?, response: self.scalar()? })
    }
    /// A handle proof.
    pub fn handle_proof(&mut self) -> Result<HandleProof, DecodeError> {
        Ok(HandleProof { commitment: self.element()?, value_response: self.scalar()?, handle_response: self.scalar()? })
    }
    /// A circuit proof, after its length.
    pub fn circuit_proof(&mut self) -> Result<CircuitProof, DecodeError> {
        let length = usize::from(self.u16()?);
        CircuitProof::decode(self.bytes(length)?).map_err(|_| DecodeError::CircuitProof)
    }
    /// An Ed25519 signature.
    pub fn signature(&mut self) -> Result<Signature, DecodeError> {
        Ok(Signature(self.array()?))
    }
    /// An Ed25519 public key.
    pub fn verifying_key(&mut self) -> Result<VerifyingKey, DecodeError> {
        Ok(VerifyingKey::decode(&self.array()?)?)
    }
}
