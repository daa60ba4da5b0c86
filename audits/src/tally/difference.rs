//! Where the independent totals and the ledger disagree.

use crate::questions::Question;

/// What a note is for, in the words of the transaction that asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// An output or change of credit.
    Output,
    /// What a seller is paid: the sum of price times delivered.
    Payout,
    /// What a buyer gets back: price times what was not delivered.
    Refund,
    /// The whole lock of an expired contract.
    Expired,
    /// What a meter attested.
    Attested,
    /// Energy that a delivery or order left over.
    EnergyChange,
    /// What a seller gets in an auction: the clearing price times what he sold.
    Sold,
    /// Energy of a sell order that was not sold.
    Unsold,
    /// What is left of a buyer's lock: cap times quantity, less price times what he bought.
    Unspent,
    /// The whole order: nothing was traded, or nobody cleared.
    GivenBack,
}

impl Role {
    const fn text(self) -> &'static str {
        match self {
            Role::Output => "an output",
            Role::Payout => "the payout, the sum of price times delivered quantity,",
            Role::Refund => "a refund, price times what was not delivered,",
            Role::Expired => "the refund of an expired contract",
            Role::Attested => "the note of an attested window",
            Role::EnergyChange => "the energy change",
            Role::Sold => "what a seller is paid in an auction, the clearing price times what was sold,",
            Role::Unsold => "the unsold energy of an order",
            Role::Unspent => "what is left of a buyer's lock, cap times quantity less price times what was bought,",
            Role::GivenBack => "what an order is given back of which nothing was traded",
        }
    }
}

/// The ledger's replay and the independent totals differ, or the totals themselves contradict a limit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Difference {
    /// A payment or note that follows from the transactions was not made.
    #[error("{} is not among the notes the ledger made", .0.text())]
    NoteMissing(Role),
    /// A note that follows from no transaction.
    #[error("the ledger made a note that follows from no transaction")]
    NoteFromNowhere,
    /// A ring member that no transaction made, or of another asset.
    #[error("a member of a spent bucket is no note of its asset that a transaction made")]
    MemberFromNowhere,
    /// The audit's own set already holds the image.
    #[error("the key image of an input was used before")]
    ImageTwice,
    /// More spends than notes: some note was spent twice, however the images differ.
    #[error("more notes of an asset were spent than ever made")]
    MoreSpentThanMade {
        /// Whether the asset is energy.
        energy: bool,
    },
    /// Floor, cap or step.
    #[error("the price of {0} micro-euro per unit is outside the tariff's floor, cap or step")]
    Price(u32),
    /// Too early, too late, too many, or on a network without auctions.
    #[error("an order was accepted out of its time, beyond the most orders, or twice")]
    OrderRefused,
    /// Cleared, but not open by the audit's own list, or out of time.
    #[error("a clearing ends an auction that is not open, or comes out of its time")]
    NoAuction,
    /// Left out, invented, or one side empty.
    #[error("a clearing does not list exactly the orders that were accepted")]
    OrderList,
    /// What orders of equal limits are served by.
    #[error("a clearing was checked under another rank than the first block after the last order gives")]
    Rank,
    /// Who admits and clears.
    #[error("the ledger's market operator is not that of the genesis and the changes since")]
    Operator,
    /// The ledger's list of auctions differs.
    #[error("the ledger's open auctions are not those with orders that neither cleared nor expired")]
    AuctionList,
    /// Settled, but not open by the audit's own list.
    #[error("a delivery settles a contract that is not open")]
    ContractNotOpen,
    /// The ledger's list of open contracts differs.
    #[error("the ledger's open contracts are not those opened and neither settled nor expired")]
    ContractList,
    /// Energy of another window or utility.
    #[error("a delivery or order spends energy of another window or utility than it is for")]
    ForeignEnergy,
    /// Inputs and receipts.
    #[error("a delivery or order hands over another amount of energy than it spends")]
    EnergyUnbalanced,
    /// An attestation that does not continue its meter's chain.
    #[error("an attestation or correction does not continue its meter's chain")]
    MeterChain,
    /// A correction of something that was never attested, or too late.
    #[error("a correction is of a window that its meter never attested, or after its term")]
    Correction,
    /// What the ledger keeps of a window.
    #[error("the ledger's record of window {window} of meter {meter} is not what was attested or last corrected")]
    WindowRecord {
        /// The meter.
        meter: u32,
        /// The window.
        window: u64,
    },
    /// Who signs for a meter.
    #[error("the ledger's key or class of meter {0} is not that of the genesis and the changes since")]
    MeterKey(u32),
    /// What the ledger keeps of a meter.
    #[error(
        "the ledger's record of meter {0} (sequence, next window, running sums) is not that of its attestations and corrections"
    )]
    MeterRecord(u32),
    /// Not a whole period's, not a trade's, out of time, or once more.
    #[error(
        "what is shared or complained of is not of a whole period or a trade, comes out of its time, or was shared or complained of before"
    )]
    ShareRefused,
    /// Out of time, or without committee, cohort or lots.
    #[error("a total is asked for out of its time, or of a period or cohort that there is none of")]
    RequestRefused,
    /// Once only.
    #[error("a total is asked for that was asked for before")]
    TotalTwice,
    /// Who is in.
    #[error(
        "a request does not leave out exactly those who did not share and, drawn by lot, as many more as make three"
    )]
    TotalLeftOut,
    /// How many are in, and whose.
    #[error("a total is over too few meters, over too many of one owner, or over fewer than eight trades of one price")]
    TotalFloor,
    /// What does not open.
    #[error(
        "a release is of no total that was asked for, out of time, of somebody who released before, or does not open what was attested and shared"
    )]
    ReleaseRefused,
    /// What the ledger keeps of a total.
    #[error("the ledger's record of a total is not what was attested, shared, asked for and released")]
    TotalRecord,
    /// What the ledger keeps of a meter or trade for totals.
    #[error("the ledger's record of a meter's period or of a trade is not what was attested, delivered and shared")]
    PeriodRecord,
    /// What draws who is left out.
    #[error("the ledger's lots of a period are not those of the first block after its complaints")]
    Lots,
    /// Who votes.
    #[error("the ledger's validators are not those of the genesis and the changes since")]
    ValidatorList,
    /// A public sum or count.
    #[error("{what}: the transactions give {tally}, the ledger says {ledger}")]
    Counter {
        /// Which.
        what: &'static str,
        /// By the transactions.
        tally: u128,
        /// By the ledger.
        ledger: u128,
    },
    /// More taken away than made.
    #[error("more credit was burned than minted")]
    SupplyNegative,
    /// Tip and entries.
    #[error("the state root recomputed from all entries is not the one in the last block's header")]
    RecomputedRoot,
}

impl Difference {
    /// The name, for machines.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split(['(', '{', ' ']).next().unwrap_or_default().to_owned()
    }

    /// The question it answers with no.
    pub fn question(&self) -> Question {
        match self {
            Difference::NoteMissing(Role::Payout | Role::Refund | Role::Sold | Role::Unspent) => {
                Question::PaidForDelivered
            }
            Difference::OrderRefused
            | Difference::NoAuction
            | Difference::OrderList
            | Difference::Rank
            | Difference::Operator => Question::ClearingPrices,
            Difference::NoteMissing(Role::Expired | Role::GivenBack)
            | Difference::ContractNotOpen
            | Difference::ContractList
            | Difference::AuctionList => Question::Contracts,
            Difference::NoteMissing(Role::Attested | Role::EnergyChange | Role::Unsold)
            | Difference::MoreSpentThanMade { energy: true }
            | Difference::ForeignEnergy
            | Difference::EnergyUnbalanced => Question::DeliveredWithinAttested,
            Difference::NoteMissing(Role::Output)
            | Difference::NoteFromNowhere
            | Difference::MemberFromNowhere
            | Difference::MoreSpentThanMade { energy: false }
            | Difference::SupplyNegative
            | Difference::Counter { .. } => Question::Supply,
            Difference::ImageTwice => Question::DoubleSpend,
            Difference::Price(_) => Question::TariffLimits,
            Difference::MeterChain | Difference::MeterRecord(_) => Question::MissedWindows,
            Difference::Correction | Difference::WindowRecord { .. } => Question::Corrections,
            Difference::ShareRefused
            | Difference::RequestRefused
            | Difference::TotalTwice
            | Difference::TotalLeftOut
            | Difference::TotalFloor
            | Difference::ReleaseRefused
            | Difference::TotalRecord
            | Difference::PeriodRecord
            | Difference::Lots => Question::Totals,
            Difference::RecomputedRoot => Question::Blocks,
            Difference::ValidatorList | Difference::MeterKey(_) => Question::Certificates,
        }
    }
}
