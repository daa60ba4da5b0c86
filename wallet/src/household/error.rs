//! Why a household's wallet did not do what it was asked: in plain words, with what to do.

use std::path::PathBuf;

use hushwatt_client::OfferError;
use hushwatt_crypto::CryptoError;
use hushwatt_ledger::{disclosure::InquiryError, genesis::GenesisError, state::StateError};

use crate::{FollowerError, LocalReadingsError, SnapshotError, WalletError, file::FileError, sync::SyncError};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum HouseholdError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Money, energy or keys.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// The nodes.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A block that the validators signed and that does not fit: nothing more is believed.
    #[error("{0}: this wallet reads no further; tell your community's operators")]
    Ledger(#[from] FollowerError),
    /// An offer.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// The community's founding document.
    #[error("the network's genesis is not valid: {0}")]
    Genesis(#[from] GenesisError),
    /// The file opened, and what is in it does not fit.
    #[error("the wallet file opened, but what is in it cannot be used ({0}): restore from a backup")]
    Content(String),
    /// The same, in the engine's part.
    #[error("the wallet file opened, but what is in it cannot be used ({0}): restore from a backup")]
    Snapshot(#[from] SnapshotError),
    /// Keys.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The wallet's view of the ledger.
    #[error(transparent)]
    State(#[from] StateError),
    /// Not an address of this community.
    #[error("\"{0}\" is no address of this community: check that all of it was copied")]
    Address(String),
    /// Not a payment link.
    #[error("this is no payment link ({0}): it starts with \"hushwatt:\" and an address")]
    Link(&'static str),
    /// Not a pairing code.
    #[error("this is no meter pairing code ({0}): copy all of what the gateway shows")]
    Pairing(&'static str),
    /// A meter of another community, or none.
    #[error("this community has no {0}")]
    UnknownMeter(hushwatt_ledger::units::MeterId),
    /// A gateway that gave no readings.
    #[error("the gateway at {url} gave no readings: {why}")]
    Gateway {
        /// Where it should be.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// A gateway of somebody else.
    #[error("this gateway is none of this household's: {0}")]
    OtherGateway(&'static str),
    /// What a gateway said does not open.
    #[error(transparent)]
    LocalReadings(#[from] LocalReadingsError),
    /// Nothing to send.
    #[error("an amount must be more than zero")]
    ZeroAmount,
    /// A text that is too long.
    #[error("{what} may be at most {limit} bytes long")]
    TooLong {
        /// What.
        what: &'static str,
        /// How long it may be.
        limit: usize,
    },
    /// It can only look.
    #[error("this is a view-only wallet: it sees, but cannot spend. Use the wallet that has the 24 words")]
    ViewOnly,
    /// Another key.
    #[error("this is not the key of this community's treasury")]
    NotTheTreasury,
    /// Not what the household wrote down.
    #[error("word {0} is not the one on the sheet: look again")]
    WrongWord(usize),
    /// No such thing.
    #[error("there is no {what} \"{name}\" in this wallet")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A contact of that name.
    #[error("there is a contact \"{0}\" already: choose another name, or remove it first")]
    ContactExists(String),
    /// What cannot be offered or ordered.
    #[error("{0}")]
    NoTrade(String),
    /// No market operator to ask.
    #[error("{0}")]
    Operator(String),
    /// A backup of another wallet.
    #[error("this backup is of another community's network")]
    ForeignBackup,
    /// An export folder that is in use.
    #[error("cannot write {path}: {source}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not proven.
    #[error("{0}")]
    Proof(String),
    /// A request that is not to be answered.
    #[error(transparent)]
    Inquiry(#[from] InquiryError),
}

impl HouseholdError {
    /// A word for scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            HouseholdError::File(_) => "file",
            HouseholdError::Gateway { .. } | HouseholdError::OtherGateway(_) | HouseholdError::LocalReadings(_) => {
                "gateway"
            }
            HouseholdError::Wallet(WalletError::InsufficientCredit { .. }) => "insufficient_money",
            HouseholdError::Wallet(WalletError::InsufficientEnergy { .. }) => "insufficient_energy",
            HouseholdError::Wallet(WalletError::SmallRing { .. }) => "small_company",
            HouseholdError::Wallet(_) => "wallet",
            HouseholdError::Sync(_) => "nodes",
            HouseholdError::Ledger(_) => "ledger",
            HouseholdError::Offer(_) => "offer",
            HouseholdError::Genesis(_) => "genesis",
            HouseholdError::Content(_) | HouseholdError::Snapshot(_) => "content",
            HouseholdError::Crypto(_) => "keys",
            HouseholdError::State(_) => "view",
            HouseholdError::Address(_) => "address",
            HouseholdError::Link(_) => "link",
            HouseholdError::Pairing(_) | HouseholdError::UnknownMeter(_) => "pairing",
            HouseholdError::ZeroAmount => "zero_amount",
            HouseholdError::TooLong { .. } => "too_long",
            HouseholdError::ViewOnly => "view_only",
            HouseholdError::NotTheTreasury => "not_the_treasury",
            HouseholdError::WrongWord(_) => "wrong_word",
            HouseholdError::Unknown { .. } => "unknown",
            HouseholdError::ContactExists(_) => "contact_exists",
            HouseholdError::NoTrade(_) => "no_trade",
            HouseholdError::Operator(_) => "operator",
            HouseholdError::ForeignBackup => "foreign_backup",
            HouseholdError::Write { .. } => "write",
            HouseholdError::Proof(_) => "proof",
            HouseholdError::Inquiry(_) => "request",
        }
    }
}
