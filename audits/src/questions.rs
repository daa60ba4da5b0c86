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
}

impl Question {
    /// Every question, in the order of a report.
    pub const ALL: [Question; 12] = [
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
            | R::OperatorKeyTaken => Question::Certificates,
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
            | R::HandleProof => Question::Proofs,
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
        /// Why not.
        why: String,
    },
}
