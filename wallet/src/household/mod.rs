//! A household's wallet as people use it: the engine, the part of the ledger it needs, and the household's own book, in one
//! encrypted file. The command line and the web page are thin layers over it.
//!
//! It asks no node itself: [`Courier`] does, and holds the household only for as long as it hands something over.

mod admission;
mod agent;
mod answer;
mod backup;
mod book;
mod content;
mod contracts;
mod courier;
mod energy;
mod error;
mod export;
mod forget;
mod history;
mod intake;
mod lifecycle;
mod link;
mod local;
mod market;
mod openings;
mod orders;
mod outbox;
mod overview;
mod pairing;
mod prove;
mod rule;
mod send;
mod settings;
mod share;
mod totals;
mod treasury;
pub mod views;

use std::{collections::BTreeMap, sync::Arc};

use hushwatt_crypto::{address::Address, keys::Seed};
use hushwatt_ledger::{genesis::Genesis, units::Timestamp};

pub use admission::{Admission, ToAdmit};
pub use agent::{AgentAction, AgentWork};
pub use answer::Answer;
pub use backup::Opened;
pub use courier::Courier;
pub use error::HouseholdError;
pub use export::ExportSummary;
pub use lifecycle::NewHousehold;
pub use link::PaymentLink;
pub use local::ask_gateway;
pub use market::OfferRequest;
pub use openings::HandedOver;
pub use orders::OrderRequest;
pub use outbox::ToHandIn;
pub use pairing::PairingCode;
pub use prove::{GivenProof, ProofRequest, ProofSubject};
pub use send::SendRequest;
pub use settings::{AgentSettings, AuctionRule, BuyRule, SellRule, Settings};

use self::{outbox::Outgoing, views::Contact};
use crate::{PublicView, Wallet, file::WalletFile};

/// Tells the time: unix seconds.
pub type Now = Box<dyn Fn() -> Timestamp + Send>;

/// The secret half of a household's keys.
enum Keys {
    /// It can spend.
    Full(Seed),
    /// It can only look; the text it was made from.
    ViewOnly(zeroize::Zeroizing<String>),
}

/// A household's wallet, open.
pub struct Household {
    file: WalletFile,
    genesis: Arc<Genesis>,
    keys: Keys,
    birthday: Timestamp,
    words_confirmed: bool,
    backed_up: Option<Timestamp>,
    nodes: Vec<String>,
    wallet: Wallet,
    view: PublicView,
    outbox: Vec<Outgoing>,
    contacts: Vec<Contact>,
    labels: BTreeMap<String, String>,
    meter_labels: BTreeMap<u32, String>,
    offers: Vec<String>,
    proofs: Vec<GivenProof>,
    /// When which own sale is shared for totals: unix seconds by the trade, hexadecimal.
    share_times: BTreeMap<String, u64>,
    settings: Settings,
    /// The real time, or a test's.
    clock: Now,
    /// The last block that is known to be there, and its time.
    known_tip: (u64, Timestamp),
    /// Whether any node answered lately.
    reached: bool,
    /// Transactions of the last pieces that came without hints.
    without_hints: u64,
}

impl Household {
    /// The community's genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// The network's id, shortened for people.
    pub fn network_name(&self) -> String {
        self.genesis.network().to_string().chars().take(8).collect()
    }

    /// Where others pay to.
    pub fn address(&self) -> String {
        self.wallet.address().encode(self.genesis.network())
    }

    /// Whether it can only look.
    pub fn is_view_only(&self) -> bool {
        matches!(self.keys, Keys::ViewOnly(_))
    }

    /// When its seed was made.
    pub fn birthday(&self) -> Timestamp {
        self.birthday
    }

    /// Base URLs of the nodes that are asked.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// The engine, to look at.
    pub fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time: the machine's, or the ledger's in a network with simulated time.
    pub fn now(&self) -> Timestamp {
        if self.genesis.simulated_time { self.known_tip.1.max(self.view.tip().time) } else { (self.clock)() }
    }

    /// An address of this community.
    fn read_address(&self, text: &str) -> Result<Address, HouseholdError> {
        Address::decode(self.genesis.network(), text).map_err(|_| HouseholdError::Address(text.to_owned()))
    }

    /// What a person is called: a contact's name, else the address.
    pub fn name_of(&self, address: &str) -> String {
        let known = self.contacts.iter().find(|contact| contact.address == address);
        known.map_or_else(|| address.to_owned(), |contact| contact.name.clone())
    }
}
