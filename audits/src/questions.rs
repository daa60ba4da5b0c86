//! What an audit asks (protocol section 10), and which question a broken rule answers with no.

use hushwatt_ledger::{Rejection, transaction::Action};
use serde::Serialize;

/// A question that needs no openings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The file is whole and every block follows from the one before it.
    Blocks,
    /// More than two thirds of the validators signed every block, or one after it.
    Certificates,
    /// Every proof and signature in every transaction verifies.
    Proofs,
    /// No note was spent twice.
    DoubleSpend,
    /// No credit came from nothing.
    Supply,
    /// Every contract is settled, refunded or still open.
    Contracts,
    /// Every payment is price times delivered quantity.
    PaidForDelivered,
    /// No more was delivered than meters attested.
    DeliveredWithinAttested,
    /// Auctions cleared at the right price.
    ClearingPrices,
    /// Every price is within floor, cap and step.
    TariffLimits,
    /// Corrections of readings.
    Corrections,
    /// Which meters missed windows.
    MissedWindows,
    /// Totals are over enough, asked for once, and open.
    Totals,
}

impl Question {
    /// Every question, in the order of a report.
    pub const ALL: [Question; 13] = [
        Question::Blocks,
        Question::Certificates,
        Question::Proofs,
        Question::DoubleSpend,
        Question::Supply,
        Question::Contracts,
        Question::PaidForDelivered,
        Question::DeliveredWithinAttested,
        Question::ClearingPrices,
        Question::TariffLimits,
        Question::Corrections,
        Question::MissedWindows,
        Question::Totals,
    ];

    /// In plain words.
    pub const fn text(self) -> &'static str {
        match self {
            Question::Blocks => "Is the chain whole, and does every block follow from the one before?",
            Question::Certificates => "Did more than two thirds of the validators sign every block?",
            Question::Proofs => "Does every proof and every signature verify?",
            Question::DoubleSpend => "Was every note spent at most once?",
            Question::Supply => "Did no credit come from nothing?",
            Question::Contracts => "Is every contract settled, refunded or still open?",
            Question::PaidForDelivered => "Is every payment the price times what was delivered?",
            Question::DeliveredWithinAttested => "Was no more delivered than meters attested?",
            Question::ClearingPrices => "Are the clearing prices of auctions right?",
            Question::TariffLimits => "Is every price within the tariff's floor, cap and step?",
            Question::Corrections => "Is every correction of a reading listed?",
            Question::MissedWindows => {
                "Is every meter's chain of attestations unbroken, and every missed window listed?"
            }
            Question::Totals => "Is every total over enough, asked for only once, and does what was released open it?",
        }
    }

    /// How anybody repeats the answer with a program of his own.
    pub const fn repeat(self) -> &'static str {
        match self {
            Question::Blocks => {
                "Begin with an empty state, run the protocol's rules over the transactions of each block in their order, and compare the parent's digest, the root of the transactions and the root of the state with each header."
            }
            Question::Certificates => {
                "Take the validators' keys from the genesis and the changes by the registrars, verify each Ed25519 vote over its block's digest, and count whether more than two thirds voted for each block or for one after it."
            }
            Question::Proofs => {
                "Verify each ring signature, range proof, circuit proof and signature over its own transaction and the notes of the buckets that it names."
            }
            Question::DoubleSpend => "List the key images of all inputs, and look for two that are equal.",
            Question::Supply => {
                "Add up the public totals of all mints, take away those of all burns and the fee of each transfer, opened contract and order to buy; check that the commitments that go into each transaction and come out of it are equal."
            }
            Question::Contracts => {
                "List the contracts that were opened, strike those that a delivery names and those past their deadline, and compare the rest with the ledger's open contracts."
            }
            Question::PaidForDelivered => {
                "Multiply the commitment of each delivered quantity, or of each fill of a clearing, by the public price, and look for exactly these commitments among the notes that the block makes."
            }
            Question::DeliveredWithinAttested => {
                "Add up the commitments of each attested window into its meter's note; check that each delivery and each order to sell spends only notes of its own window and hands over or keeps exactly their sum."
            }
            Question::ClearingPrices => {
                "List the orders that were accepted for each window; check that its clearing names exactly these, and verify its circuit proof with its public price and its commitments."
            }
            Question::TariffLimits => {
                "Compare the price of each contract with floor, cap and step in the genesis, and that of each clearing with floor and cap."
            }
            Question::Corrections => {
                "Follow each meter's chain by sequence number, list its corrections, and compare what is then in force of each window with the ledger's records."
            }
            Question::MissedWindows => {
                "Follow each meter's chain by sequence number from its first window on, and list the windows that it did not post as measured or substituted."
            }
            Question::Totals => {
                "Add up the commitments of each meter's period and of each trade with what was shared of them and not complained of; work out from the lots who must be left out; check that each request leaves out exactly these, that enough are in, and that none asks twice; check that each released share opens its sum."
            }
        }
    }

    /// The question that a broken rule answers with no; `action` is what broke it, if a transaction did.
    pub fn of_rule(rule: &Rejection, action: Option<&Action>) -> Self {
        use Rejection as R;
        match rule {
            R::CertificateMalformed(_)
            | R::CertificateEpoch
            | R::CertificateSigners
            | R::CertificateQuorum
            | R::CertificateSignature
            | R::ChangeNotFinal
            | R::TooManyUncovered => Question::Certificates,
            // Who may vote was changed by somebody who may not.
            R::RegistrySerial
            | R::RegistrySigners
            | R::RegistryQuorum
            | R::ValidatorKeyTaken
            | R::MeterKeyTaken
            | R::OperatorKeyTaken
            | R::CommitteeKeyTaken => Question::Certificates,
            R::AlreadySpent | R::ImagesUnordered => Question::DoubleSpend,
            R::RingSignature
            | R::RangeProof
            | R::ProofTooLarge
            | R::MeterSignature
            | R::TreasurySignature
            | R::RegistrySignature
            | R::ClaimSignature
            | R::Admission
            | R::ClearSignature
            | R::HandleProof
            | R::MemberSignature
            | R::RequestSignature
            | R::SellerSignature
            | R::ShareOpening => Question::Proofs,
            // Wh that balance badly were not attested; money that does was not minted.
            R::Unbalanced | R::ForeignBucket => match action {
                Some(Action::Deliver(_) | Action::Sell(_)) => Question::DeliveredWithinAttested,
                _ => Question::Supply,
            },
            R::MintSerial | R::SupplyOverflow | R::SupplyUnderflow => Question::Supply,
            R::UnknownUtility
            | R::OpenTooEarly
            | R::OpenTooLate
            | R::UnknownContract
            | R::ContractsUnordered
            | R::DeliveryTooLate => Question::Contracts,
            R::ContractAsset | R::OrderAsset => Question::DeliveredWithinAttested,
            R::PriceStep | R::PriceOutOfRange | R::ClearPrice => Question::TariffLimits,
            // Who may order, when, and what a clearing must list and prove: without any of it the price is not the right one.
            R::NoAuctions
            | R::NoOperator
            | R::OrderTooEarly
            | R::OrderTooLate
            | R::AuctionFull
            | R::ClearTooEarly
            | R::ClearTooLate
            | R::NoSuchAuction
            | R::ClearOneSided
            | R::RankNotFixed
            | R::OrdersUnordered
            | R::OrderUnknown
            | R::OrderLeftOut
            | R::ClearingProof => Question::ClearingPrices,
            R::CorrectionTooLate | R::CorrectionOfUnattested => Question::Corrections,
            R::UnknownMeter
            | R::IntervalCount
            | R::AttestSequence
            | R::AttestPredecessor
            | R::WindowsNotContiguous
            | R::WindowNotOver
            | R::LateRequired
            | R::LateRefused => Question::MissedWindows,
            R::Malformed(_)
            | R::ValidityStep
            | R::Expired
            | R::ValidTooLong
            | R::DuplicateKey
            | R::HintsMismatch
            | R::UnknownBucket
            | R::OutdatedBucket
            | R::BlockHeight
            | R::BlockParent
            | R::BlockTime
            | R::BlockOrder
            | R::TransactionRoot
            | R::StateRoot
            | R::ValidatorSet
            | R::FirstBlock
            | R::BlockTooLong => Question::Blocks,
            // What may be shared, complained of, asked for and released, and over which meters.
            R::NoTotals
            | R::CohortCount
            | R::CohortUtility
            | R::CohortsOverlap
            | R::TooFewMeters
            | R::OwnerOverThird
            | R::NoCommittee
            | R::UnknownMember
            | R::ShareTooEarly
            | R::ShareTooLate
            | R::ShareShape
            | R::MeterInNoCohort
            | R::PeriodIncomplete
            | R::UnknownTrade
            | R::AlreadyShared
            | R::ComplaintTooLate
            | R::UnknownShare
            | R::OtherShare
            | R::ShareIsRight
            | R::RequestTooEarly
            | R::RequestTooLate
            | R::TotalTaken
            | R::FewOutside
            | R::UnknownCohort
            | R::LotsNotDrawn
            | R::LeftOut
            | R::TooFewTrades
            | R::ReleaseTooLate
            | R::NothingAsked
            | R::AlreadyReleased
            | R::ReleasedShare => Question::Totals,
        }
    }
}

/// The answer to a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Holds,
    /// No; the report's failure says where.
    Fails,
    /// Neither.
    CannotBeAnswered {
        /// Why not, for machines.
        #[serde(flatten)]
        reason: Unanswerable,
        /// The reason in plain words.
        why: String,
    },
}

impl From<Unanswerable> for Verdict {
    fn from(reason: Unanswerable) -> Self {
        Verdict::CannotBeAnswered { reason, why: reason.to_string() }
    }
}

/// Why a question has no answer: the chain has nothing that it is about, or the replay did not come so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Unanswerable {
    /// Something else failed first.
    #[error("not answered: the replay stopped at block {block}")]
    Stopped {
        /// Height of the block that failed.
        block: u64,
    },
    /// Only a genesis.
    #[error("there is no final block yet")]
    NoBlocks,
    /// Blocks without transactions.
    #[error("there is no transaction yet")]
    NoTransactions,
    /// No input.
    #[error("no note was spent yet")]
    NothingSpent,
    /// No credit.
    #[error("no credit was minted yet")]
    NothingMinted,
    /// No contract.
    #[error("no contract was opened yet")]
    NoContracts,
    /// Neither a delivery nor a clearing.
    #[error("nothing was delivered or cleared yet")]
    NothingPaid,
    /// Neither a delivery nor an order to sell.
    #[error("no energy was delivered or offered in an auction yet")]
    NothingDelivered,
    /// The genesis has none.
    #[error("no auctions on this network")]
    NoAuctions,
    /// Nobody ordered.
    #[error("no auctions on this chain: there was no order yet")]
    NoOrders,
    /// Orders, all of them still waiting.
    #[error("no auction has ended yet")]
    NoAuctionEnded,
    /// Neither a contract nor a clearing.
    #[error("there is no price yet")]
    NoPrices,
    /// The genesis does not allow them.
    #[error("readings cannot be corrected on this network")]
    NoCorrections,
    /// The genesis has none.
    #[error("no meters on this network")]
    NoMeters,
    /// The chain is younger than a window.
    #[error("no window is over yet")]
    NoWindowOver,
    /// The genesis has none.
    #[error("no totals on this network")]
    NoTotals,
    /// Nobody asked.
    #[error("no total was asked for yet")]
    NothingAsked,
}

/// What is counted on the way to an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Blocks up to the tip.
    Blocks,
    /// Transactions in them.
    Transactions,
    /// Certificates that verified.
    Certificates,
    /// Votes in them.
    Votes,
    /// Blocks that are final by the certificate of a later one.
    CoveredByLater,
    /// Validators at the tip.
    Validators,
    /// How often other validators took over.
    ValidatorChanges,
    /// Blocks behind the tip that no certificate covers.
    NotFinal,
    /// Ring signatures, one an input.
    RingSignatures,
    /// Range proofs.
    RangeProofs,
    /// Values that those cover.
    CommittedValues,
    /// Proofs that receipts and fills keep their buyers' blindings.
    HandleProofs,
    /// Signatures of claim keys, one a settled contract.
    ClaimSignatures,
    /// Signatures of meters.
    MeterSignatures,
    /// Signatures of the treasury.
    TreasurySignatures,
    /// Signatures of registrars.
    RegistrarSignatures,
    /// Signatures of the market operator.
    OperatorSignatures,
    /// Circuit proofs of clearings.
    ClearingProofs,
    /// Signatures of members of the committee.
    MemberSignatures,
    /// Key images, one a note that was spent.
    KeyImages,
    /// Notes ever made.
    Notes,
    /// Ever minted.
    MintedMicroEuro,
    /// Ever burned by the treasury.
    BurnedMicroEuro,
    /// Ever burned as fees.
    FeesMicroEuro,
    /// Minted less burned less fees.
    InCirculationMicroEuro,
    /// Contracts ever opened.
    Opened,
    /// Contracts that were delivered to.
    Settled,
    /// Contracts past their deadline.
    Refunded,
    /// Contracts, or auctions, that have not ended.
    Open,
    /// Deliveries.
    Deliveries,
    /// Payouts and refunds that were recomputed and found.
    Payments,
    /// Clearings of auctions.
    Clearings,
    /// Energy notes that meters made.
    EnergyNotes,
    /// Contracts delivered to, each with its receipt.
    Receipts,
    /// Windows of a utility with such notes.
    Windows,
    /// Orders to sell.
    SellOrders,
    /// Prices of contracts and of clearings.
    Prices,
    /// Corrections of readings.
    Corrections,
    /// Windows that they are of.
    CorrectedWindows,
    /// Changes of a meter's key.
    ReplacedMeters,
    /// Auctions with any order.
    Auctions,
    /// Auctions that cleared at a price.
    Cleared,
    /// Auctions that cleared with nothing traded.
    NothingTraded,
    /// Auctions that nobody cleared in time.
    Expired,
    /// Orders ever accepted.
    Orders,
    /// Orders of auctions that cleared at a price.
    OrdersCleared,
    /// Orders that were given back whole.
    OrdersGivenBack,
    /// Orders of auctions that have not ended.
    OrdersOpen,
    /// Meters.
    Meters,
    /// Meters that missed a window.
    MetersWithMissedWindows,
    /// Windows read from the registers.
    Measured,
    /// Windows replaced by a settlement rule.
    Substituted,
    /// Windows spread over a gap.
    Estimated,
    /// Windows posted after the attestation deadline.
    Late,
    /// Windows posted as unknown.
    Missing,
    /// Windows past the attestation deadline that were not posted.
    NotPosted,
    /// Windows that are over and still in time.
    StillDue,
    /// Openings shared among the committee: of meters' periods and of trades.
    Shared,
    /// Those that a member showed to be wrong.
    SharedWrongly,
    /// Totals that were asked for.
    TotalsAsked,
    /// Those of which enough members released.
    TotalsReleased,
    /// Releases of single members.
    Releases,
}

impl Count {
    /// Every count, in the order of a report.
    pub const ALL: [Count; 62] = [
        Count::Blocks,
        Count::Transactions,
        Count::Certificates,
        Count::Votes,
        Count::CoveredByLater,
        Count::Validators,
        Count::ValidatorChanges,
        Count::NotFinal,
        Count::RingSignatures,
        Count::RangeProofs,
        Count::CommittedValues,
        Count::HandleProofs,
        Count::ClaimSignatures,
        Count::MeterSignatures,
        Count::TreasurySignatures,
        Count::RegistrarSignatures,
        Count::OperatorSignatures,
        Count::ClearingProofs,
        Count::MemberSignatures,
        Count::KeyImages,
        Count::Notes,
        Count::MintedMicroEuro,
        Count::BurnedMicroEuro,
        Count::FeesMicroEuro,
        Count::InCirculationMicroEuro,
        Count::Opened,
        Count::Settled,
        Count::Refunded,
        Count::Open,
        Count::Deliveries,
        Count::Payments,
        Count::Clearings,
        Count::EnergyNotes,
        Count::Receipts,
        Count::Windows,
        Count::SellOrders,
        Count::Prices,
        Count::Corrections,
        Count::CorrectedWindows,
        Count::ReplacedMeters,
        Count::Auctions,
        Count::Cleared,
        Count::NothingTraded,
        Count::Expired,
        Count::Orders,
        Count::OrdersCleared,
        Count::OrdersGivenBack,
        Count::OrdersOpen,
        Count::Meters,
        Count::MetersWithMissedWindows,
        Count::Measured,
        Count::Substituted,
        Count::Estimated,
        Count::Late,
        Count::Missing,
        Count::NotPosted,
        Count::StillDue,
        Count::Shared,
        Count::SharedWrongly,
        Count::TotalsAsked,
        Count::TotalsReleased,
        Count::Releases,
    ];
}
