//! What was signed: saved before anybody sees it, handed in until it is final, released once it can never be.
//!
//! That is why a crash at any moment neither loses money nor signs twice: after it, the same bytes are handed in again, and
//! their notes stay set aside until the ledger's own time has passed `valid_until`.

use hushwatt_crypto::{SecretScalar, commitment::Opening, hash::hex};
use hushwatt_ledger::{
    transaction::{
        Transaction, TransactionId,
        build::Built,
        hints::{decode_hints, encode_hints},
        order::UnadmittedOrder,
    },
    units::{Credit, Timestamp},
};
use serde::{Deserialize, Serialize};

use super::{
    Household, HouseholdError,
    content::{Bytes, from_hex},
    views::{EntryState, Prepared, Preview, Side},
};

/// Something signed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outgoing {
    /// Transaction id, hexadecimal.
    pub id: String,
    /// When it was signed.
    pub made: u64,
    /// After this time of the ledger it is void.
    pub valid_until: u64,
    /// What it is for.
    pub intent: Intent,
    /// How far it is.
    pub state: OutState,
    /// Its bytes with its hints, as nodes take them; gone once it is final or released.
    pub submission: Option<Bytes>,
    /// What opens an order, for the market operator; gone once he admitted it, and no node gets the order before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Bytes>,
    /// Openings of its pseudo-outputs: they prove who made it.
    pub authorship: Vec<StoredOpening>,
    /// What others were paid in it.
    pub paid: Vec<PaidOutput>,
}

/// Value and blinding of a commitment.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredOpening {
    value: u64,
    blinding: Bytes,
}

/// An output that somebody else owns, with what proves that it is his.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaidOutput {
    /// Its place in the transaction.
    pub index: u8,
    /// Whose.
    pub to: String,
    tweak: Bytes,
    opening: StoredOpening,
}

impl StoredOpening {
    fn of(opening: &Opening) -> Self {
        StoredOpening { value: opening.value, blinding: Bytes(opening.blinding.to_bytes().to_vec()) }
    }

    fn read(&self) -> Option<Opening> {
        Some(Opening::new(self.value, scalar(&self.blinding)?))
    }
}

impl PaidOutput {
    /// `k` of the output's key.
    pub fn tweak(&self) -> Option<SecretScalar> {
        scalar(&self.tweak)
    }

    /// What it is worth.
    pub fn opening(&self) -> Option<Opening> {
        self.opening.read()
    }
}

fn scalar(bytes: &Bytes) -> Option<SecretScalar> {
    SecretScalar::decode(&bytes.0.as_slice().try_into().ok()?).ok()
}

/// What something signed is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Intent {
    /// A payment.
    Send {
        /// Address.
        to: String,
        /// Micro-euro.
        amount: u64,
        /// What was written.
        message: Option<String>,
    },
    /// Money moved within the wallet.
    Move,
    /// An order.
    Buy {
        /// The seller's address.
        seller: String,
        /// Utility, window, quantity, price: as in the contract.
        utility: hushwatt_ledger::units::Utility,
        /// Window index.
        window: u64,
        /// Base units.
        quantity: u32,
        /// Micro-euro per base unit.
        price: u32,
    },
    /// A delivery.
    Deliver {
        /// Utility.
        utility: hushwatt_ledger::units::Utility,
        /// Window index.
        window: u64,
        /// Base units of all contracts together.
        quantity: u64,
    },
    /// An order of an auction.
    Order {
        /// Which side.
        side: Side,
        /// What.
        utility: hushwatt_ledger::units::Utility,
        /// Window index.
        window: u64,
        /// Base units.
        quantity: u32,
        /// Micro-euro per base unit.
        limit: u32,
        /// Where the market operator is.
        operator: String,
    },
    /// The treasury's.
    Treasury {
        /// Minted, or burned if negative, in micro-euro.
        amount: i64,
    },
    /// What opens an own sale, shared among the committee.
    Share {
        /// Contract or order, hexadecimal.
        trade: String,
    },
}

/// How far something signed is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutState {
    /// Saved; no node has taken it yet.
    Prepared,
    /// A node took it.
    Submitted,
    /// In a final block.
    Final {
        /// Which.
        height: u64,
        /// Its time.
        time: u64,
    },
    /// Void.
    Released {
        /// Why.
        reason: String,
    },
}

impl Outgoing {
    /// Whether nothing can happen to it any more.
    pub fn is_over(&self) -> bool {
        matches!(self.state, OutState::Final { .. } | OutState::Released { .. })
    }

    pub fn entry_state(&self) -> EntryState {
        match self.state {
            OutState::Prepared if self.opening.is_some() => EntryState::AwaitsOperator,
            OutState::Prepared => EntryState::Prepared,
            OutState::Submitted => EntryState::Submitted,
            OutState::Final { .. } => EntryState::Final,
            OutState::Released { .. } => EntryState::Released,
        }
    }

    /// Why it was given up.
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            OutState::Released { reason } => Some(reason),
            _ => None,
        }
    }

    /// Its id.
    pub fn transaction_id(&self) -> Option<TransactionId> {
        Some(TransactionId(from_hex(&self.id)?.try_into().ok()?))
    }

    /// The transaction, while its bytes are kept.
    pub fn built(&self, network: &hushwatt_crypto::NetworkId) -> Option<Built> {
        let bytes = &self.submission.as_ref()?.0;
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (transaction, hints) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let transaction = Transaction::decode(network, transaction).ok()?;
        Some(Built::new(transaction, decode_hints(hints).ok()?))
    }

    /// The openings that prove who made it.
    pub fn openings(&self) -> Option<Vec<Opening>> {
        self.authorship.iter().map(StoredOpening::read).collect()
    }
}

/// Among how many pieces the inputs hide.
fn company_of(built: &Built) -> u32 {
    built.transaction.action().buckets().iter().map(|version| version.length).min().unwrap_or(0)
}

/// As nodes take it: length, transaction, hints.
pub(super) fn submission_bytes(built: &Built) -> Vec<u8> {
    let transaction = built.transaction.encode();
    let mut bytes = (transaction.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(&transaction);
    bytes.extend_from_slice(&encode_hints(&built.hints));
    bytes
}

/// Something to hand in.
#[derive(Clone, Debug)]
pub struct ToHandIn {
    /// Which.
    pub id: TransactionId,
    /// As nodes take it.
    pub bytes: Vec<u8>,
}

impl Household {
    /// Saves what was just signed. Only after this may anybody see it.
    ///
    /// # Errors
    /// If it cannot be saved, it is forgotten: nobody has seen it.
    pub(super) fn keep(&mut self, built: &Built, intent: Intent) -> Result<Prepared, HouseholdError> {
        let until = built.transaction.envelope().valid_until;
        self.keep_until(built, intent, until, None)
    }

    /// The same for an order, with what opens it: it is void once no order of its auction is taken any more.
    pub(super) fn keep_order(&mut self, order: &UnadmittedOrder, intent: Intent) -> Result<Prepared, HouseholdError> {
        let valid_until = order.built.transaction.envelope().valid_until;
        let window = order.built.transaction.action().order().map(|view| view.terms.window);
        let closes = window.and_then(|window| self.genesis.parameters.order_until(window));
        let until = closes.map_or(valid_until, |closes| closes.min(valid_until));
        let opening = Bytes(order.opening.encode().to_vec());
        self.keep_until(&order.built, intent, until, Some(opening))
    }

    /// The same for what is void after `until`.
    pub(super) fn keep_until(
        &mut self,
        built: &Built,
        intent: Intent,
        until: Timestamp,
        opening: Option<Bytes>,
    ) -> Result<Prepared, HouseholdError> {
        let id = *built.transaction.id();
        let own = *self.wallet.address();
        let paid = (0u8..).zip(&built.made).filter(|(_, made)| made.to != own).map(|(index, made)| PaidOutput {
            index,
            to: made.to.encode(self.genesis.network()),
            tweak: Bytes(made.tweak.to_bytes().to_vec()),
            opening: StoredOpening::of(&made.opening),
        });
        let prepared = Prepared { id, hides_among: company_of(built), fee: self.fee_of(&intent), valid_until: until };
        self.outbox.push(Outgoing {
            id: hex(&id.0),
            made: self.now().0,
            valid_until: until.0,
            intent,
            state: OutState::Prepared,
            submission: Some(Bytes(submission_bytes(built))),
            opening,
            authorship: built.authorship.iter().map(StoredOpening::of).collect(),
            paid: paid.collect(),
        });
        if let Err(error) = self.save() {
            self.outbox.pop();
            self.wallet.release(built);
            return Err(error);
        }
        Ok(prepared)
    }

    pub(super) fn preview_of(&self, built: &Built, intent: &Intent, to: &str, amount: Credit) -> Preview {
        Preview { to: self.name_of(to), amount, fee: self.fee_of(intent), hides_among: company_of(built) }
    }

    fn fee_of(&self, intent: &Intent) -> Credit {
        match intent {
            Intent::Send { .. } | Intent::Move | Intent::Buy { .. } | Intent::Order { side: Side::Buyer, .. } => {
                Credit(self.genesis.parameters.fee)
            }
            Intent::Deliver { .. }
            | Intent::Treasury { .. }
            | Intent::Order { side: Side::Seller, .. }
            | Intent::Share { .. } => Credit::ZERO,
        }
    }

    /// What is to be handed in: again and again, until it is final or void. Nodes take the same bytes any number of times.
    pub fn to_hand_in(&self) -> Vec<ToHandIn> {
        let network = self.genesis.network();
        let open = self.outbox.iter().filter(|out| !out.is_over() && out.opening.is_none());
        open.filter_map(|out| {
            let built = out.built(network)?;
            Some(ToHandIn { id: *built.transaction.id(), bytes: out.submission.as_ref()?.0.clone() })
        })
        .collect()
    }

    /// A node took it.
    ///
    /// # Errors
    /// If that cannot be saved.
    pub fn handed_in(&mut self, id: &TransactionId) -> Result<(), HouseholdError> {
        let id = hex(&id.0);
        let entry = self.outbox.iter_mut().find(|out| out.id == id && out.state == OutState::Prepared);
        match entry {
            Some(entry) => {
                entry.state = OutState::Submitted;
                self.save()
            }
            None => Ok(()),
        }
    }

    /// The state of something that was signed; `None` if it is not in this wallet.
    pub fn state_of(&self, id: &TransactionId) -> Option<EntryState> {
        let id = hex(&id.0);
        self.outbox.iter().find(|out| out.id == id).map(Outgoing::entry_state)
    }

    /// Sets aside again what open entries spend: after the file was read.
    pub(super) fn set_aside_again(&mut self) {
        let network = *self.genesis.network();
        for built in self.outbox.iter().filter(|out| !out.is_over()).filter_map(|out| out.built(&network)) {
            self.wallet.reserve_again(&built);
        }
    }

    /// A final block's transactions are final.
    pub(super) fn settle_outbox<'a>(
        &mut self,
        ids: impl Iterator<Item = &'a TransactionId>,
        height: u64,
        time: Timestamp,
    ) -> bool {
        if self.outbox.iter().all(Outgoing::is_over) {
            return false;
        }
        let mut changed = false;
        for id in ids {
            let id = hex(&id.0);
            if let Some(out) = self.outbox.iter_mut().find(|out| !out.is_over() && out.id == id) {
                out.state = OutState::Final { height, time: time.0 };
                (out.submission, out.opening) = (None, None);
                changed = true;
            }
        }
        changed
    }

    /// Gives up what can never be final any more, by the ledger's own time or because its notes were spent elsewhere.
    pub(super) fn release_void(&mut self) -> bool {
        let (network, tip) = (*self.genesis.network(), self.wallet.time());
        let mut void = Vec::new();
        for (place, out) in self.outbox.iter().enumerate().filter(|(_, out)| !out.is_over()) {
            let Some(built) = out.built(&network) else { continue };
            if self.wallet.spent_by_other(&built) {
                void.push((place, "the same money was spent by another copy of this wallet"));
            } else if tip.0 > out.valid_until {
                let unadmitted = "the market operator did not admit it in time: nothing was spent";
                let late = "it was in no block in time: nothing was spent";
                void.push((place, if out.opening.is_some() { unadmitted } else { late }));
            }
        }
        void.iter().for_each(|(place, reason)| self.give_up(*place, reason));
        !void.is_empty()
    }

    /// Gives something up that can never be final, and sets free what it set aside.
    pub(super) fn give_up(&mut self, place: usize, reason: &str) {
        let network = *self.genesis.network();
        let Some(out) = self.outbox.get_mut(place) else { return };
        if let Some(built) = out.built(&network) {
            self.wallet.release(&built);
        }
        out.state = OutState::Released { reason: reason.to_owned() };
        (out.submission, out.opening) = (None, None);
    }
}
