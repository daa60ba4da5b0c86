//! Why a transaction or block is refused: one variant per rule.

use crate::codec::DecodeError;

/// The rule that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    // Envelope and structure (sections 5 and 6).
    /// The bytes are no transaction.
    #[error("the transaction cannot be read: {0}")]
    Malformed(DecodeError),
    /// `valid_until` is not a multiple of 10 minutes.
    #[error("valid_until is not a multiple of 10 minutes")]
    ValidityStep,
    /// Past `valid_until`.
    #[error("the transaction has expired")]
    Expired,
    /// `valid_until` more than 24 h ahead.
    #[error("valid_until is more than 24 hours after the block")]
    ValidTooLong,
    /// Key images out of order or repeated.
    #[error("the key images are not distinct and in ascending order")]
    ImagesUnordered,
    /// One key twice in a transaction.
    #[error("a one-time key stands twice in the transaction")]
    DuplicateKey,
    /// Hints of the wrong number or digest.
    #[error("the hints do not match the digest in the transaction")]
    HintsMismatch,

    // Spending (sections 4 and 5).
    /// Key image already used.
    #[error("a note was already spent: its key image is on the ledger")]
    AlreadySpent,
    /// No such bucket; perhaps its notes are not sealed yet.
    #[error("the named bucket does not exist (is it sealed yet?)")]
    UnknownBucket,
    /// A length the bucket never had, or had too long ago.
    #[error("the named bucket length is not the latest, nor one superseded less than 10 minutes ago")]
    OutdatedBucket,
    /// Wrong kind of bucket.
    #[error("the named bucket holds another asset")]
    ForeignBucket,
    /// CLSAG.
    #[error("a ring signature does not verify")]
    RingSignature,
    /// Values do not add up.
    #[error("inputs and outputs do not balance")]
    Unbalanced,
    /// Bulletproof.
    #[error("a range proof does not verify")]
    RangeProof,

    // Meters (section 6.2).
    /// No such meter.
    #[error("the meter is not registered")]
    UnknownMeter,
    /// Wrong number of intervals.
    #[error("a window does not have the genesis' number of intervals")]
    IntervalCount,
    /// More range proof than a validator has to check.
    #[error("the attestation's range proof covers more bits than allowed")]
    ProofTooLarge,
    /// Replayed or skipped.
    #[error("the attestation is not the meter's next in sequence")]
    AttestSequence,
    /// Broken chain.
    #[error("the attestation does not name the meter's last one as its predecessor")]
    AttestPredecessor,
    /// Gap or repetition.
    #[error("the windows do not follow the meter's last attested window")]
    WindowsNotContiguous,
    /// In the future.
    #[error("a window is not over yet")]
    WindowNotOver,
    /// Mints too late.
    #[error("the attestation deadline of a window has passed: it must be late, estimated or missing")]
    LateRequired,
    /// Late too early.
    #[error("the attestation deadline of a window has not passed: it must not be late")]
    LateRefused,
    /// Ed25519 of the meter.
    #[error("the meter's signature does not verify")]
    MeterSignature,
    /// Past the term, or there is none.
    #[error("the window can no longer be corrected, or corrections are not possible on this network")]
    CorrectionTooLate,
    /// Nothing to correct.
    #[error("a window is corrected that its meter never attested")]
    CorrectionOfUnattested,

    // Trade (section 6.3).
    /// No meter measures it.
    #[error("no registered meter measures this utility")]
    UnknownUtility,
    /// Price step.
    #[error("the price is not a multiple of the price step")]
    PriceStep,
    /// Price limits.
    #[error("the price is outside floor and cap")]
    PriceOutOfRange,
    /// Before the lead.
    #[error("contracts for this window cannot be opened yet")]
    OpenTooEarly,
    /// After the term.
    #[error("contracts for this window can no longer be opened")]
    OpenTooLate,
    /// No such contract, or settled or expired.
    #[error("a contract does not exist, or is already settled or expired")]
    UnknownContract,
    /// Contract list.
    #[error("the contracts are not distinct and in ascending order")]
    ContractsUnordered,
    /// Energy of another window or utility.
    #[error("a contract is for another window or utility than the delivered energy")]
    ContractAsset,
    /// After the deadline.
    #[error("the delivery deadline has passed")]
    DeliveryTooLate,
    /// Schnorr by the claim key.
    #[error("a claim signature does not verify: the contract is made out to somebody else")]
    ClaimSignature,
    /// Handle proof.
    #[error("the handle proof does not verify: a receipt or fill does not keep the blinding of its contract or order")]
    HandleProof,

    // Auctions (section 6.4).
    /// The genesis has none.
    #[error("there are no auctions on this network")]
    NoAuctions,
    /// Nobody could have admitted or cleared.
    #[error("no market operator was registered when the window started")]
    NoOperator,
    /// Before the attestation deadline.
    #[error("orders for this window are not accepted before its attestation deadline has passed")]
    OrderTooEarly,
    /// After the term.
    #[error("orders for this window are no longer accepted")]
    OrderTooLate,
    /// Energy of another window or utility.
    #[error("the order sells another window or utility than the energy it gives")]
    OrderAsset,
    /// As many orders as one auction may have.
    #[error("the auction has as many orders as it may have")]
    AuctionFull,
    /// Ed25519 of the operator, on an order.
    #[error("the order's admission does not verify: the market operator did not sign it")]
    Admission,
    /// Orders are still accepted.
    #[error("orders for this window are still accepted: its auction cannot be cleared yet")]
    ClearTooEarly,
    /// After the term.
    #[error("the term for clearing this auction has passed: its orders have expired")]
    ClearTooLate,
    /// Nobody ordered, or it was cleared.
    #[error("there is no such auction, or it was already cleared")]
    NoSuchAuction,
    /// Nothing to clear.
    #[error("the auction has orders on one side only: they expire")]
    ClearOneSided,
    /// The order of marginal orders.
    #[error("the rank of the orders is not fixed before the second block after orders have closed")]
    RankNotFixed,
    /// Order list.
    #[error("the orders are not distinct and in ascending order")]
    OrdersUnordered,
    /// An order that the auction does not have.
    #[error("an order is listed that the ledger did not accept for this auction")]
    OrderUnknown,
    /// An order that the auction has.
    #[error("an order is left out that the ledger accepted for this auction")]
    OrderLeftOut,
    /// Ed25519 of the operator, on a Clear.
    #[error("the market operator's signature does not verify")]
    ClearSignature,
    /// Price limits.
    #[error("the clearing price is outside floor and cap")]
    ClearPrice,
    /// The circuit proof.
    #[error("the clearing proof does not verify: price or fills are not what the rule says")]
    ClearingProof,

    // Issuance (section 6.5).
    /// Serial.
    #[error("the mint's serial is not the next one")]
    MintSerial,
    /// Ed25519 of the treasury.
    #[error("the treasury's signature does not verify")]
    TreasurySignature,
    /// Limit of the supply.
    #[error("the supply would reach 2^63 micro-euro")]
    SupplyOverflow,
    /// More burned than there is.
    #[error("more would be burned than is in circulation")]
    SupplyUnderflow,

    // Registry (section 6.6).
    /// Serial.
    #[error("the change's serial is not the registry's next one")]
    RegistrySerial,
    /// Strangers, or a registrar twice.
    #[error("the signers of the change are not distinct registrars in ascending order")]
    RegistrySigners,
    /// Too few.
    #[error("fewer registrars than the genesis asks for signed the change")]
    RegistryQuorum,
    /// Ed25519 of a registrar.
    #[error("a registrar's signature does not verify")]
    RegistrySignature,
    /// One key, two roles.
    #[error("a new validator has the key of a meter, a registrar, the treasury or the market operator")]
    ValidatorKeyTaken,
    /// One key, two roles, or none that is new.
    #[error(
        "the meter's new key is not new: it is that of a meter, a validator, a registrar, the treasury or the market operator"
    )]
    MeterKeyTaken,
    /// One key, two roles, or none that is new.
    #[error(
        "the market operator's new key is not new: it is that of a meter, a validator, a registrar, the treasury or an operator"
    )]
    OperatorKeyTaken,

    // Totals (section 10).
    /// The genesis has none.
    #[error("there are no totals on this network")]
    NoTotals,
    /// One key, two roles.
    #[error("a member of the committee has the key of a meter, a validator, a registrar, the treasury or an operator")]
    CommitteeKeyTaken,
    /// None, or too many.
    #[error("a change names 1 to 255 cohorts")]
    CohortCount,
    /// Watt-hours and litres.
    #[error("the meters of a cohort do not measure one utility")]
    CohortUtility,
    /// A meter twice.
    #[error("a meter is in two cohorts")]
    CohortsOverlap,
    /// The floor.
    #[error("a total would be over fewer meters than the genesis asks for")]
    TooFewMeters,
    /// He would know too much.
    #[error("one owner has more than a third of the meters that a total is over")]
    OwnerOverThird,
    /// Nobody to share with.
    #[error("no committee was named before the period began")]
    NoCommittee,
    /// Stranger.
    #[error("the committee of the period has no such member")]
    UnknownMember,
    /// Ed25519 of a member.
    #[error("the signature of the committee's member does not verify")]
    MemberSignature,
    /// Ed25519 of a registrar.
    #[error("no registrar has signed the request: his signature does not verify")]
    RequestSignature,
    /// Readings may still change.
    #[error("openings of the period cannot be shared yet: it has not closed")]
    ShareTooEarly,
    /// After the term.
    #[error("openings of the period can no longer be shared")]
    ShareTooLate,
    /// Too few or many.
    #[error("the shares do not fit the committee of the period")]
    ShareShape,
    /// In no total.
    #[error("the meter is in no cohort of the period")]
    MeterInNoCohort,
    /// A sum of less.
    #[error("the meter did not attest every window of the period before it closed")]
    PeriodIncomplete,
    /// No such delivery.
    #[error("nothing was delivered in this trade in the period")]
    UnknownTrade,
    /// Once.
    #[error("the openings were already shared")]
    AlreadyShared,
    /// Schnorr by the seller's key.
    #[error("the seller's signature does not verify: the trade is somebody else's")]
    SellerSignature,
    /// After the term.
    #[error("shares of the period can no longer be complained of")]
    ComplaintTooLate,
    /// Nothing to complain of.
    #[error("no such opening was shared, or it was already found to be shared wrongly")]
    UnknownShare,
    /// Another ciphertext.
    #[error("the share that is shown is not the one that was sealed for the member")]
    OtherShare,
    /// The proof of decryption.
    #[error("the proof that the share was opened rightly does not verify")]
    ShareOpening,
    /// The complaint is wrong.
    #[error("the share is right: there is nothing to complain of")]
    ShareIsRight,
    /// Complaints may still come.
    #[error("the total cannot be asked for yet: shares of the period can still be complained of")]
    RequestTooEarly,
    /// After the term.
    #[error("the total of the period can no longer be asked for")]
    RequestTooLate,
    /// The first one stands.
    #[error("the total was already asked for: what it is over is fixed")]
    TotalTaken,
    /// Differencing.
    #[error("one or two meters of a utility would be in no cohort: all, or all but at least three, must be")]
    FewOutside,
    /// No such cohort.
    #[error("there was no such cohort when the period began")]
    UnknownCohort,
    /// Who fills up to three.
    #[error("the lots of the period are not drawn before the second block after its complaints")]
    LotsNotDrawn,
    /// Differencing.
    #[error("who is left out are not those who did not share and, drawn by lot, as many more as make three")]
    LeftOut,
    /// The floor.
    #[error("a total would be over fewer than eight trades of one price")]
    TooFewTrades,
    /// After the term.
    #[error("shares of the total can no longer be released")]
    ReleaseTooLate,
    /// No request.
    #[error("nobody asked for this total")]
    NothingAsked,
    /// Once.
    #[error("the member has already released his shares of the total")]
    AlreadyReleased,
    /// Not his share.
    #[error("what is released is not the member's share of the total")]
    ReleasedShare,

    // Blocks (section 7).
    /// Height.
    #[error("the block's height is not its parent's plus one")]
    BlockHeight,
    /// Parent.
    #[error("the block names another parent")]
    BlockParent,
    /// Time runs backwards.
    #[error("the block is earlier than its parent")]
    BlockTime,
    /// Not sorted, or an id twice.
    #[error("the transactions are not distinct and in the order of their ids")]
    BlockOrder,
    /// Root of transactions.
    #[error("the header's transaction root is not that of the transactions")]
    TransactionRoot,
    /// Root of the state.
    #[error("the header's state root is not that of the state after the block")]
    StateRoot,
    /// Validators.
    #[error("the header names another validator set than that of the block's epoch")]
    ValidatorSet,
    /// Block 1.
    #[error("block 1 must hold one mint of at least ring_min notes and nothing else")]
    FirstBlock,
    /// Too long.
    #[error("the block is longer than allowed")]
    BlockTooLong,

    // Finality (section 7).
    /// The bytes are no certificate.
    #[error("the finality certificate cannot be read: {0}")]
    CertificateMalformed(DecodeError),
    /// Another epoch.
    #[error("the finality certificate is of another epoch than its block")]
    CertificateEpoch,
    /// Strangers, or a validator twice.
    #[error("the signers of the finality certificate are not distinct validators of the epoch in ascending order")]
    CertificateSigners,
    /// Too few.
    #[error("not more than two thirds of the validators signed the finality certificate")]
    CertificateQuorum,
    /// A vote.
    #[error("a vote in the finality certificate does not verify")]
    CertificateSignature,
    /// The new validators vote too early.
    #[error("the validators change here, but no certificate of the old ones covers the change")]
    ChangeNotFinal,
    /// Nobody keeps so many.
    #[error("more than 256 MiB of blocks follow one another without a finality certificate")]
    TooManyUncovered,
}

impl Rejection {
    /// The rule's name, for machines and logs.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split('(').next().unwrap_or_default().to_owned()
    }
}

impl From<DecodeError> for Rejection {
    fn from(error: DecodeError) -> Self {
        Rejection::Malformed(error)
    }
}
