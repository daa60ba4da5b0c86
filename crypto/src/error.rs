//! What can be wrong with cryptographic material: one variant per thing.

/// Why a key, point, scalar, signature or proof was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// 32 bytes that are not the canonical encoding of a Ristretto255 point.
    #[error("the bytes are not the canonical encoding of a group element")]
    NonCanonicalPoint,
    /// The identity where a real point is needed.
    #[error("the identity is not allowed as a key, key image or commitment")]
    IdentityPoint,
    /// 32 bytes that are not a scalar below the group order.
    #[error("the bytes are not the canonical encoding of a scalar")]
    NonCanonicalScalar,
    /// A secret that would give the identity as its public key.
    #[error("the secret scalar is zero")]
    ZeroSecret,
    /// A ring signature needs at least two members.
    #[error("a ring needs at least two members")]
    RingTooSmall,
    /// The number of responses differs from the number of ring members.
    #[error("the ring signature has another number of responses than the ring has members")]
    RingLengthMismatch,
    /// The signer's position or secrets do not belong to the ring.
    #[error("the secret keys do not open the ring member at this position")]
    NotTheRingMember,
    /// The ring signature does not verify.
    #[error("the ring signature does not verify for this ring, message and key image")]
    RingSignatureInvalid,
    /// A Schnorr signature does not verify.
    #[error("the Schnorr signature does not verify")]
    SchnorrInvalid,
    /// The handle proof of a Deliver does not verify.
    #[error("the handle proof does not verify: a delivered commitment does not keep the buyer's blinding")]
    HandleProofInvalid,
    /// A handle proof over lists of different length, or over none.
    #[error("a handle proof needs as many delivered commitments as handles, and at least one")]
    HandleShape,
    /// An Ed25519 signature does not verify.
    #[error("the Ed25519 signature does not verify")]
    SignatureInvalid,
    /// Bytes that are no usable Ed25519 public key.
    #[error("the bytes are not a usable Ed25519 public key")]
    BadVerifyingKey,
    /// A range proof of the wrong length or with non-canonical parts.
    #[error("the range proof is malformed: wrong length or non-canonical parts")]
    RangeProofMalformed,
    /// A range proof that does not verify.
    #[error("the range proof does not verify")]
    RangeProofInvalid,
    /// A range proof over no values: a statement about nothing needs no proof.
    #[error("a range proof needs at least one value")]
    RangeEmpty,
    /// More values in one range proof than the generators cover.
    #[error("too many values for one range proof")]
    RangeTooLarge,
    /// A value that does not fit the range to be proven.
    #[error("a value does not fit the proven range")]
    ValueOutOfRange,
    /// An address that is no bech32m, or of another kind or version.
    #[error("the text is not a hushwatt address (expected hw1...): check for missing or changed characters")]
    BadAddress,
    /// An address of another network.
    #[error("the address belongs to another network")]
    ForeignAddress,
    /// A proof of knowledge of nothing, or with another number of secrets or responses than its claims need.
    #[error("a proof of knowledge needs at least one claim, and as many secrets and responses as its claims have")]
    KnowledgeShape,
    /// What the prover gave does not open what is claimed.
    #[error("the secrets given do not open what is to be proven")]
    NotTheSecret,
    /// A proof of knowledge does not verify.
    #[error("the proof of knowledge does not verify")]
    KnowledgeInvalid,
    /// A view key that is no bech32m, or of another kind or version.
    #[error("the text is not a hushwatt view key (expected hwview1...): check for missing or changed characters")]
    BadViewKey,
    /// A view key of another network.
    #[error("the view key belongs to another network")]
    ForeignViewKey,
    /// A verifier's disclosure key that is no bech32m, or of another kind or version.
    #[error(
        "the text is not a hushwatt disclosure key (expected hwverify1...): check for missing or changed characters"
    )]
    BadVerifierKey,
    /// A committee of a size that cannot be, or a number of coefficients or shares that does not fit it.
    #[error(
        "a committee has at most 16 members, its threshold is over half of them; coefficients and shares must fit it"
    )]
    SharingShape,
    /// Shares that do not open what they should, or to a number that is none.
    #[error("the shares do not open the commitment")]
    SharingOpens,
    /// The point that opens a sealed share is not what the member's key gives.
    #[error("the proof that a sealed share was opened rightly does not verify")]
    ShareOpeningInvalid,
    /// The generators of this build differ from the protocol's.
    #[error("the group generators of this build are not those of the protocol: do not use this binary")]
    WrongGenerators,
}
