//! What can be wrong with a disclosure, one variant per thing, and why none was made.

use hushwatt_crypto::{CryptoError, NetworkId};

use crate::{
    state::StateError,
    units::{Credit, Utility},
};

/// Why a name, nonce or purpose was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFlaw {
    /// Too many characters.
    #[error("it is longer than {longest} characters")]
    TooLong {
        /// Most characters.
        longest: usize,
    },
    /// Would look like something else.
    #[error("it holds a character that cannot be seen or that changes how others are shown")]
    Character,
    /// Space before or after.
    #[error("it begins or ends with a space")]
    Edges,
}

/// Why a file is no disclosure, or the ledger does not bear it out.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    // The file.
    /// Longer than any disclosure.
    #[error("the file is longer than any proof of this program (4 MiB)")]
    FileTooLong,
    /// Not JSON of this shape; what the parser says, without what could deceive on a screen.
    #[error("the file is not a proof of this program: {0}")]
    Syntax(String),
    /// Another format or a later version.
    #[error("the file's format is {found:?}, but this program reads {expected:?}: ask for a newer program or proof")]
    Format {
        /// What it says.
        found: String,
        /// What is read here.
        expected: &'static str,
    },
    /// Hexadecimal digits, a length, a point or a scalar.
    #[error("{field} in the file is malformed: {reason}")]
    Field {
        /// Which.
        field: &'static str,
        /// Why.
        reason: String,
    },
    /// The audience.
    #[error("{field} in the file is not usable: {flaw}")]
    Text {
        /// Which.
        field: &'static str,
        /// Why.
        flaw: TextFlaw,
    },
    /// A key or an expiry in a file of format 1, or none in one of format 2.
    #[error("a proof that answers a request names the verifier's key and when it expires, and no other does")]
    Designation,
    /// A balance with a proof of a payment, or the like.
    #[error("the proof in the file is of another kind than its claim")]
    ProofKind,

    // The ledger.
    /// About another network.
    #[error("the proof is about network {claimed}, but this is the chain of {held}")]
    ForeignNetwork {
        /// In the statement.
        claimed: NetworkId,
        /// Of the facts.
        held: NetworkId,
    },
    /// No such transaction in that block.
    #[error("there is no such transaction in block {height}")]
    UnknownTransaction {
        /// The block.
        height: u64,
    },
    /// The transaction does something else.
    #[error("the transaction is a {kind}, which is not a payment of that sort")]
    NotAPayment {
        /// What it is.
        kind: &'static str,
    },
    /// Past the last output.
    #[error("the transaction has no output {output}")]
    UnknownOutput {
        /// Which, from 0.
        output: u8,
    },
    /// No such contract was ever opened.
    #[error("there is no such contract")]
    UnknownContract,
    /// Open or expired.
    #[error("nothing was delivered to the contract")]
    NotDelivered,
    /// The transaction does something else.
    #[error("the transaction is a {kind}, neither a meter's attestation nor its correction")]
    NotAnAttestation {
        /// What it is.
        kind: &'static str,
    },
    /// Another meter's.
    #[error("the attestation is of another meter")]
    OtherMeter,
    /// Another time.
    #[error("the attestation does not cover that interval")]
    OtherInterval,
    /// At least nothing.
    #[error("a balance of at least nothing is no statement")]
    NothingClaimed,
    /// None, or too many.
    #[error("a balance shows 1 to 16 notes")]
    NoteCount,
    /// Not distinct, or in another order.
    #[error("the notes of the balance are not distinct and in order: one note cannot be counted twice")]
    ImagesUnordered,
    /// Never existed.
    #[error("the balance names a set of notes that never existed on this ledger")]
    UnknownBucket,
    /// Energy.
    #[error("the balance counts notes that are not money")]
    NotCredit,
    /// Spent before or since.
    #[error("money that the balance counts has been spent")]
    AlreadySpent,
    /// CLSAG.
    #[error("a ring signature of the balance does not verify")]
    RingSignature,
    /// Bulletproof.
    #[error("the proof that the balance is large enough does not verify")]
    RangeProof,
    /// The proof of knowledge.
    #[error("the proof does not verify: its maker does not know what it claims, or it was changed")]
    Knowledge,
    /// Not in the genesis.
    #[error("there is no such meter")]
    UnknownMeter,
    /// A claim about blocks that are not there.
    #[error(
        "the proof is about readings as of block {height}, but this chain ends at block {tip}: get the newest blocks"
    )]
    UnknownHeight {
        /// Of the claim.
        height: u64,
        /// Of the facts.
        tip: u64,
    },
    /// A tariff for something else.
    #[error("the meter measures {}, but the tariff is for {}", meter.name(), tariff.name())]
    OtherUtility {
        /// What the meter measures.
        meter: Utility,
        /// What the tariff is for.
        tariff: Utility,
    },
    /// Nothing to prove anything about.
    #[error("nothing that the proof is about had been attested by then")]
    NoReadings,
    /// More or fewer proofs than the claim takes.
    #[error("the file holds another number of proofs than its claim takes")]
    ProofCount,
    /// The proof of a bill or peak; of an amount that is made up, that nothing comes to it.
    #[error("the proof does not verify: the readings on the ledger do not come to what it claims, or it was changed")]
    Circuit,
    /// Made after the time for which it was asked.
    #[error("the proof was made after its request had expired")]
    Expired,
    /// No contract and no order, or too many.
    #[error("a total of shared energy is of 1 to {most} contracts and orders", most = super::MAX_SHARED)]
    PartCount,
    /// Not distinct, or in another order.
    #[error("the contracts or orders of the total are not distinct and in order: none can be counted twice")]
    PartsUnordered,
    /// No such order, or nothing was traded in its auction.
    #[error("there is no such order, or nothing was traded in its auction")]
    NotFilled,
    /// About another utility, or another side.
    #[error("a contract or order of the total is about something else, or on the other side")]
    OtherTrade,
    /// Before or after.
    #[error("a contract or order of the total is of a time outside of the period")]
    OutsidePeriod,
    /// The ledger could not be asked.
    #[error(transparent)]
    State(#[from] StateError),
}

impl DisclosureError {
    /// The variant's name, for machines.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
    }
}

/// Why no disclosure was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// At least nothing.
    #[error("a proof of at least nothing says nothing: name an amount")]
    NothingClaimed,
    /// None, or too many.
    #[error("a proof of balance shows 1 to 16 notes")]
    NoteCount,
    /// One note twice.
    #[error("a proof of balance cannot count one note twice")]
    SameNoteTwice,
    /// Too little.
    #[error("these notes are worth {available}, which is not {claimed}")]
    NotEnough {
        /// What the notes are worth.
        available: Credit,
        /// What was to be shown.
        claimed: Credit,
    },
    /// Values of more than any ledger holds.
    #[error("an amount is too large")]
    Overflow,
    /// A note's ring and bucket version differ.
    #[error("the ring given does not have the named bucket version's length")]
    WrongRing,
    /// No record of the inputs.
    #[error("only who kept the secrets of a payment's inputs can show that he made it: a payment has 1 to 4 of them")]
    NoAuthorship,
    /// Not in the genesis.
    #[error("there is no such meter")]
    UnknownMeter,
    /// A tariff for something else.
    #[error("the meter measures {}, but the tariff is for {}", meter.name(), tariff.name())]
    OtherUtility {
        /// What the meter measures.
        meter: Utility,
        /// What the tariff is for.
        tariff: Utility,
    },
    /// Nothing to prove anything about.
    #[error("there are no readings of that time to prove anything about")]
    NoReadings,
    /// No contract and no order, or too many.
    #[error("nothing was shared in that time, or more often than {most} times", most = super::MAX_SHARED)]
    PartCount,
    /// A reading above the limit, or numbers beyond any household's.
    #[error("the readings do not show that: {0}")]
    Circuit(#[from] hushwatt_circuits::Error),
    /// Cryptography refused a secret.
    #[error("{0}")]
    Crypto(#[from] CryptoError),
}
