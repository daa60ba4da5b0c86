//! What the pages ask of a wallet. The household's wallet answers ([`crate::HouseholdKeeper`]); tests have a double.

use std::{path::Path, sync::Arc, time::Duration};

use hushwatt_ledger::{
    disclosure::{Ask, Claim},
    parameters::Parameters,
    transaction::{TransactionId, open::ContractId},
    units::{Credit, MeterId, Quantity, Timestamp, Utility, Window},
};
use zeroize::Zeroizing;

use crate::model::{
    Contact, ContractView, EnergyRow, GivenProof, HistoryEntry, HistoryFilter, LocalRow, MeterView, OfferView,
    OrderView, Overview, Passphrase, Prepared, Preview, Settings, Side, SyncState, TotalsView,
};

/// Why the wallet did not do it: in plain words, with a word for what kind of reason it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeskError {
    /// A word for the kind; `wrong_passphrase` and `slow_down` mean something to the page.
    pub kind: &'static str,
    /// In English, with what to do.
    pub message: String,
    /// Seconds to wait, if it is too early.
    pub wait: Option<u64>,
    /// Which of the 24 words is wrong, if one is.
    pub word: Option<usize>,
}

impl DeskError {
    /// An error of a kind.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        DeskError { kind, message: message.into(), wait: None, word: None }
    }

    /// Not the right passphrase.
    pub fn wrong_passphrase() -> Self {
        DeskError::new("wrong_passphrase", "wrong passphrase")
    }

    pub(crate) fn slow_down(wait: Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
        let message = format!("too many wrong passphrases: try again in {seconds} seconds");
        DeskError { kind: "slow_down", message, wait: Some(seconds), word: None }
    }

    /// Whether a passphrase was tried and was not the right one.
    pub fn is_wrong_passphrase(&self) -> bool {
        self.kind == "wrong_passphrase"
    }
}

/// What came of asking a wallet.
pub type DeskResult<T> = Result<T, DeskError>;

/// What does not change while a wallet is open.
#[derive(Clone, Debug)]
pub struct About {
    /// The network's id, hexadecimal.
    pub network: String,
    /// Where others pay to.
    pub address: String,
    /// Whether it can only look.
    pub view_only: bool,
    /// When its seed was made.
    pub birthday: Timestamp,
    /// The community's rules.
    pub parameters: Parameters,
    /// What its meters measure.
    pub utilities: Vec<Utility>,
}

/// Whom to pay, perhaps how much and with which words: what a payment link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayLink {
    /// An address.
    pub to: String,
    /// How much.
    pub amount: Option<Credit>,
    /// What to write.
    pub message: Option<String>,
}

/// A payment to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// An address, a payment link or a contact's name.
    pub to: String,
    /// How much.
    pub amount: Credit,
    /// What the payee reads.
    pub message: Option<String>,
    /// What the household writes to itself.
    pub label: Option<String>,
    /// Pay although there is less company to hide in than the settings ask for.
    pub any_company: bool,
}

/// An offer to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOffer {
    /// What.
    pub utility: Utility,
    /// Start of the settlement window.
    pub at: Timestamp,
    /// How much, in base units.
    pub quantity: Quantity,
    /// Price per base unit, in micro-euro.
    pub price_micro_euro: u32,
    /// Seconds for which it holds.
    pub valid_for: u64,
    /// Whether it is put on the nodes' boards.
    pub publish: bool,
}

/// An order to place in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Which side.
    pub side: Side,
    /// What.
    pub utility: Utility,
    /// Start of the settlement window.
    pub at: Timestamp,
    /// How much, at most, in base units.
    pub quantity: Quantity,
    /// The least that is taken for a base unit, or the most that is paid, in micro-euro.
    pub limit_micro_euro: u32,
    /// Order although there is less company to hide in than the settings ask for.
    pub any_company: bool,
}

/// What is to be proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofOf {
    /// A payment that was made or received.
    Payment(TransactionId),
    /// How much of a contract was delivered.
    Delivery(ContractId),
    /// One reading.
    Reading {
        /// Which meter.
        meter: MeterId,
        /// Start of the interval.
        at: Timestamp,
        /// Whether the register of what was given to the grid is meant, not that of what was taken.
        exported: bool,
    },
    /// That there is at least so much money.
    BalanceAtLeast(Credit),
}

/// A proof for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProof {
    /// What is proven.
    pub of: ProofOf,
    /// To whom.
    pub verifier: String,
    /// What they gave, so that it cannot be an old proof.
    pub nonce: String,
    /// What for.
    pub purpose: String,
}

/// Somebody's request to prove something to him alone, with what this wallet would tell him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Who asks, in his words.
    pub verifier: String,
    /// What for.
    pub purpose: String,
    /// His key, `hwverify1...`.
    pub key: String,
    /// Until when it may be answered.
    pub expires: Timestamp,
    /// What is asked.
    pub ask: Ask,
    /// Of a payment, whom it paid: an address.
    pub payee: Option<String>,
    /// What is traded or measured there.
    pub utility: Utility,
    /// What would be told, or why this wallet cannot.
    pub told: DeskResult<Claim>,
}

/// An open wallet. All methods may block; none of them panics on what a person typed.
#[allow(missing_docs, reason = "each is the household's method of the same name")]
pub trait Desk: Send + Sync {
    fn about(&self) -> About;
    fn now(&self) -> Timestamp;
    fn nodes(&self) -> Vec<String>;
    fn set_nodes(&self, nodes: Vec<String>) -> DeskResult<()>;
    fn settings(&self) -> Settings;
    fn set_settings(&self, settings: Settings) -> DeskResult<()>;
    fn words_confirmed(&self) -> bool;

    fn overview(&self) -> Overview;
    fn sync_state(&self) -> SyncState;
    fn history(&self, filter: &HistoryFilter) -> Vec<HistoryEntry>;
    fn history_csv(&self, filter: &HistoryFilter) -> String;
    fn energy(&self, from: Timestamp, until: Timestamp) -> Vec<EnergyRow>;
    /// What the gateways of the settings said last that the ledger does not have yet; asks nobody.
    fn local_energy(&self, from: Timestamp, until: Timestamp) -> Vec<LocalRow> {
        let _ = (from, until);
        Vec::new()
    }
    fn contracts(&self) -> Vec<ContractView>;
    fn meters(&self) -> Vec<MeterView>;
    /// Requests for totals, the newest first.
    fn totals(&self) -> DeskResult<TotalsView>;
    fn contacts(&self) -> Vec<Contact>;

    fn set_label(&self, entry: &str, label: Option<&str>) -> DeskResult<()>;
    fn add_contact(&self, name: &str, address: &str) -> DeskResult<()>;
    fn remove_contact(&self, name: &str) -> DeskResult<()>;
    fn pair(&self, code: &str, label: Option<&str>) -> DeskResult<MeterView>;

    fn payment_link(&self, amount: Option<Credit>, message: Option<&str>) -> DeskResult<String>;
    fn read_payment_link(&self, text: &str) -> DeskResult<PayLink>;
    /// What would be signed; nothing is kept.
    fn preview_send(&self, payment: &Payment) -> DeskResult<Preview>;
    fn send(&self, payment: &Payment) -> DeskResult<Prepared>;

    /// Asks the nodes.
    fn board(&self) -> DeskResult<Vec<OfferView>>;
    fn own_offers(&self) -> Vec<OfferView>;
    fn read_offer(&self, link: &str) -> DeskResult<OfferView>;
    /// May ask the nodes to publish it.
    fn make_offer(&self, offer: &NewOffer) -> DeskResult<OfferView>;
    fn buy(&self, link: &str, quantity: Option<Quantity>, any_company: bool) -> DeskResult<Prepared>;
    /// Windows whose auctions take orders now, the oldest first.
    fn windows_taking_orders(&self) -> Vec<Window>;
    fn orders(&self) -> Vec<OrderView>;
    fn place_order(&self, order: &NewOrder) -> DeskResult<Prepared>;
    fn cancel_order(&self, id: &TransactionId) -> DeskResult<()>;
    fn deliverable(&self) -> Vec<(Utility, Window)>;
    fn deliver(&self, utility: Utility, window: Window, any_company: bool) -> DeskResult<Prepared>;

    /// The proof as JSON text.
    fn prove(&self, proof: &NewProof) -> DeskResult<String>;
    /// Reads a request, file or link, and refuses what nobody should answer. Nothing is told.
    fn read_request(&self, given: &str) -> DeskResult<Asked>;
    /// The answer as JSON text.
    fn answer_request(&self, given: &str) -> DeskResult<String>;
    /// What was proven to whom.
    fn proofs(&self) -> Vec<GivenProof>;

    fn check_passphrase(&self, passphrase: &Passphrase) -> DeskResult<()>;
    fn change_passphrase(&self, old: &Passphrase, new: &Passphrase) -> DeskResult<()>;
    fn words(&self, passphrase: &Passphrase) -> DeskResult<Zeroizing<String>>;
    fn confirm_words(&self, given: &[(usize, String)]) -> DeskResult<()>;
    fn view_only_key(&self, passphrase: &Passphrase) -> DeskResult<Zeroizing<String>>;
    /// A backup file's bytes, encrypted with a passphrase of its own.
    fn backup(&self, passphrase: &Passphrase) -> DeskResult<Vec<u8>>;
    /// Everything that is known about the household: names and contents of files.
    fn export(&self) -> DeskResult<Vec<(String, Zeroizing<Vec<u8>>)>>;

    /// One piece of reading on, with the nodes.
    fn round(&self) -> DeskResult<SyncState>;
    /// One step of what the household lets the wallet do on its own; says what it did.
    fn agent_step(&self) -> Vec<String>;
}

/// A new wallet's file, nodes and passphrase.
pub struct NewWallet<'a> {
    /// Nodes to ask; the first that answers gives the community's genesis.
    pub nodes: Vec<String>,
    /// The beginning of the network's id, if the household was told; another one is refused.
    pub network: Option<String>,
    /// What opens the file.
    pub passphrase: &'a Passphrase,
}

/// Makes and opens the one wallet that the page is for. All methods may block.
pub trait Keeper: Send + Sync {
    /// Whether there is a wallet file.
    fn exists(&self) -> bool;
    /// Opens it.
    ///
    /// # Errors
    /// `wrong_passphrase`, or what is wrong with the file.
    fn open(&self, passphrase: &Passphrase) -> DeskResult<Arc<dyn Desk>>;
    /// A new wallet with a new seed.
    ///
    /// # Errors
    /// If no node answers, it is another network, or the file cannot be made.
    fn create(&self, new: NewWallet<'_>) -> DeskResult<Arc<dyn Desk>>;
    /// A wallet from its 24 words and birthday.
    ///
    /// # Errors
    /// As [`Keeper::create`]; or what is wrong with the words.
    fn restore_words(&self, new: NewWallet<'_>, words: &str, birthday: Option<Timestamp>) -> DeskResult<Arc<dyn Desk>>;
    /// A wallet from a backup file.
    ///
    /// # Errors
    /// If the file does not open with its passphrase, or the wallet's file cannot be made.
    fn restore_backup(
        &self,
        passphrase: &Passphrase,
        file: &Path,
        file_passphrase: &Passphrase,
    ) -> DeskResult<Arc<dyn Desk>>;
    /// Deletes the wallet, which must not be open.
    ///
    /// # Errors
    /// `wrong_passphrase`, or why the file cannot be deleted.
    fn erase(&self, passphrase: &Passphrase) -> DeskResult<()>;
}
