//! Scanning: from blocks and hints to notes, contracts and readings (protocol sections 2, 3 and 6).
//!
//! Total on any hints: what does not open, or does not open the commitment on the ledger, is not ours.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::{
    Element, NetworkId, Point, SecretScalar,
    commitment::{Opening, find_value},
    context::Context,
    handle::handle,
    hint::{Hint, HintBody, Recognised},
};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    note::{NoteNumber, Output},
    rules::structure::hints_match,
    state::BlockEvents,
    transaction::{
        Action, Transaction,
        deliver::Deliver,
        open::{ContractId, ContractTerms, Open},
        spend::context_of,
    },
    units::Quantity,
};
use rayon::prelude::*;

use crate::{Claim, ClaimState, OwnedNote, Place, Purchase, PurchaseState, Wallet};

/// Told about a long scan's progress.
pub trait Progress {
    /// So many of so many blocks are done.
    fn scanned(&mut self, done: u64, total: u64);
}

impl Progress for () {
    fn scanned(&mut self, _: u64, _: u64) {}
}

/// An output of a transaction as a recipient looks at it.
struct Candidate<'a> {
    hint: &'a Hint,
    context: Context,
    index: u8,
    key: Point,
    role: Role,
}

/// What an output is, by its place.
#[derive(Clone, Copy)]
enum Role {
    Note,
    Refund(ContractId, ContractTerms),
    Claim(ContractId, ContractTerms),
}

/// Everything in a transaction that carries a hint, with its place in hint order.
fn candidates<'a>(network: &NetworkId, transaction: &Transaction, hints: &'a [Hint]) -> Vec<Candidate<'a>> {
    let spends = transaction.action().spends();
    let context = match transaction.action() {
        Action::Mint(mint) => Some(Context::of_mint(network, mint.statement.serial)),
        _ => context_of(&spends),
    };
    let Some(context) = context else { return Vec::new() };
    // Hints that are not the transaction's own are as good as none.
    if hints_match(network, transaction.action(), &transaction.envelope().hints, hints).is_err() {
        return Vec::new();
    }
    let notes = |outputs: &[Output]| outputs.iter().map(|output| (output.key, Role::Note)).collect();
    let roles: Vec<(Point, Role)> = match transaction.action() {
        Action::Transfer(transfer) => notes(&transfer.statement.outputs),
        Action::Mint(mint) => notes(&mint.statement.outputs),
        Action::Burn(burn) => notes(&[burn.statement.change]),
        Action::Open(open) => open_roles(network, transaction, open),
        Action::Deliver(deliver) => deliver_roles(deliver),
        Action::Attest(_) | Action::Registry(_) => Vec::new(),
    };
    if roles.len() != hints.len() {
        return Vec::new();
    }
    let indexed = (0u8..).zip(roles.into_iter().zip(hints));
    indexed.map(|(index, ((key, role), hint))| Candidate { hint, context, index, key, role }).collect()
}

/// In the order of `CHANGE_HINT`, `REFUND_HINT`, `CLAIM_HINT` of the ledger.
fn open_roles(network: &NetworkId, transaction: &Transaction, open: &Open) -> Vec<(Point, Role)> {
    let contract = open.statement.contract;
    let id = ContractId::of(network, transaction.id());
    vec![
        (open.statement.change.key, Role::Note),
        (contract.refund_key, Role::Refund(id, contract)),
        (contract.claim_key, Role::Claim(id, contract)),
    ]
}

/// In the order of `CHANGE_HINT`, `PAYOUT_HINT` of the ledger.
fn deliver_roles(deliver: &Deliver) -> Vec<(Point, Role)> {
    vec![(deliver.statement.change.key, Role::Note), (deliver.statement.payout_key, Role::Note)]
}

/// A contract's hint, if it opens the contract on the ledger: anything else is unpaid.
fn contract_secrets(terms: &ContractTerms, body: &HintBody) -> Option<(Opening, SecretScalar, SecretScalar)> {
    let quantity = Opening::new(body.value, body.blinding.clone());
    let (delivered, t) = body.handle_secrets()?;
    let right = quantity.opens(terms.quantity.element()) && handle(&delivered, &t).ok()? == terms.handle;
    right.then_some((quantity, delivered, t))
}

/// The notes a block made, by key: a copied key of a stranger's gives more than one.
type NewNotes = BTreeMap<[u8; 32], Vec<(NoteNumber, hushwatt_ledger::note::Note)>>;

impl Wallet {
    /// Takes in the next block. `events` are what a follower saw the block do.
    pub fn scan_block(&mut self, block: &Block, hints: &BlockHints, events: &BlockEvents) {
        let mut made = NewNotes::new();
        for (number, record) in &events.notes {
            made.entry(*record.note.key.as_bytes()).or_default().push((*number, record.note));
        }
        let mut delivered = BTreeSet::new();
        let network = *self.genesis.network();
        let view = self.account.view();
        let listed: Vec<Candidate<'_>> = block
            .transactions
            .iter()
            .zip(hints)
            .flat_map(|(transaction, hints)| candidates(&network, transaction, hints))
            .collect();
        let open = |candidate: &Candidate<'_>| -> Option<(Role, Recognised, Point)> {
            let opened = candidate.hint.open(&network, view, candidate.context, candidate.index, &candidate.key)?;
            Some((candidate.role, opened, candidate.key))
        };
        let ours: Vec<(Role, Recognised, Point)> = listed.par_iter().filter_map(open).collect();
        for (role, opened, key) in ours {
            match role {
                Role::Note => {
                    let opening = Opening::new(opened.body.value, opened.body.blinding.clone());
                    self.own(&made, &key, opened.tweak, opening);
                }
                Role::Refund(id, terms) => self.remember_purchase(id, terms, &opened),
                Role::Claim(id, terms) => self.remember_claim(id, terms, &opened),
            }
        }
        for transaction in &block.transactions {
            for spend in transaction.action().spends() {
                self.mark_spent(&spend.image);
            }
            match transaction.action() {
                Action::Deliver(deliver) => {
                    delivered.extend(deliver.statement.deliveries.iter().map(|delivery| delivery.contract));
                    self.settle(deliver, &made);
                }
                Action::Attest(attest) => self.open_attestation(&attest.statement, &made),
                _ => {}
            }
        }
        for id in events.closed.iter().filter(|id| !delivered.contains(id)) {
            self.expire(id, &made);
        }
        for sealed in &events.sealed {
            if let Some(note) = self.notes.get_mut(&sealed.note) {
                note.place = Place::Sealed { bucket: sealed.bucket, position: sealed.position };
            }
        }
        self.height = block.header.height;
    }

    /// Takes a note whose opening fits a new note of the ledger under this key, if the key is ours to spend (section 2:
    /// a meter, say, may post under another household's key).
    fn own(&mut self, made: &NewNotes, key: &Point, tweak: SecretScalar, opening: Opening) {
        let commitment = opening.commit();
        let same_key = made.get(key.as_bytes()).map(Vec::as_slice).unwrap_or_default();
        let Some((number, note)) = same_key.iter().find(|(_, note)| note.commitment == commitment) else { return };
        let secret = self.secret(&tweak);
        if secret.public().ok() != Some(*key) {
            return;
        }
        let Ok(image) = secret.key_image() else { return };
        let owned = OwnedNote {
            number: *number,
            asset: note.asset,
            key: *key,
            image,
            tweak,
            opening,
            place: Place::Waiting,
            spent: false,
            reserved_until: None,
        };
        self.by_image.insert(*image.as_bytes(), *number);
        self.notes.insert(*number, owned);
    }

    fn mark_spent(&mut self, image: &Point) {
        let number = self.by_image.get(image.as_bytes());
        if let Some(note) = number.and_then(|number| self.notes.get_mut(number)) {
            note.spent = true;
        }
    }

    fn remember_purchase(&mut self, id: ContractId, terms: ContractTerms, opened: &Recognised) {
        if let Some((quantity, delivered_blinding, _)) = contract_secrets(&terms, &opened.body) {
            let refund_tweak = opened.tweak.clone();
            let state = PurchaseState::Open;
            self.purchases.insert(id, Purchase { id, terms, quantity, delivered_blinding, refund_tweak, state });
        }
    }

    fn remember_claim(&mut self, id: ContractId, terms: ContractTerms, opened: &Recognised) {
        // A handle seen before would give two receipts one blinding, and their difference away (section 6.3).
        if self.claims.values().any(|claim| claim.handle == terms.handle) {
            return;
        }
        if let Some((quantity, delivered_blinding, t)) = contract_secrets(&terms, &opened.body) {
            let claim = Claim {
                id,
                terms,
                quantity,
                delivered_blinding,
                t,
                handle: terms.handle,
                claim_tweak: opened.tweak.clone(),
                state: ClaimState::Open,
            };
            self.claims.insert(id, claim);
        }
    }

    /// A Deliver settles our purchases and claims. The buyer needs none of its hints: the receipt's blinding is his.
    fn settle(&mut self, deliver: &Deliver, made: &NewNotes) {
        for delivery in &deliver.statement.deliveries {
            if let Some(claim) = self.claims.get_mut(&delivery.contract) {
                claim.state = ClaimState::Settled;
            }
            let Some(purchase) = self.purchases.get(&delivery.contract) else { continue };
            let max = u32::try_from(purchase.quantity.value).unwrap_or(u32::MAX);
            let hidden: &Element = delivery.delivered.element();
            let Some(found) = find_value(&(hidden.point() - purchase.delivered_blinding.public().point()), max) else {
                continue;
            };
            let price = u64::from(purchase.terms.price.micro_euro());
            let value = price.saturating_mul(purchase.quantity.value.saturating_sub(found.into()));
            let blinding = purchase.quantity.blinding.minus(&purchase.delivered_blinding).times(price);
            self.close_purchase(&delivery.contract, PurchaseState::Delivered(Quantity(found)), made, value, blinding);
        }
    }

    fn expire(&mut self, id: &ContractId, made: &NewNotes) {
        if let Some(claim) = self.claims.get_mut(id) {
            claim.state = ClaimState::Expired;
        }
        let Some(purchase) = self.purchases.get(id) else { return };
        let price = u64::from(purchase.terms.price.micro_euro());
        let (value, blinding) = (purchase.lock().0, purchase.quantity.blinding.times(price));
        self.close_purchase(id, PurchaseState::Expired, made, value, blinding);
    }

    fn close_purchase(
        &mut self,
        id: &ContractId,
        state: PurchaseState,
        made: &NewNotes,
        value: u64,
        blinding: SecretScalar,
    ) {
        let Some(purchase) = self.purchases.get_mut(id) else { return };
        purchase.state = state;
        let (key, tweak) = (purchase.terms.refund_key, purchase.refund_tweak.clone());
        self.own(made, &key, tweak, Opening::new(value, blinding));
    }

    fn open_attestation(&mut self, statement: &hushwatt_ledger::transaction::attest::AttestStatement, made: &NewNotes) {
        // A meter may have been paired anew: whichever key fits opens.
        let pairings: Vec<_> =
            self.pairings.iter().filter(|pairing| pairing.meter == statement.meter).cloned().collect();
        let genesis = self.genesis.clone();
        for (window, attested) in statement.indexed_windows() {
            let mut fitting = pairings.iter().filter_map(|pairing| pairing.open(&genesis, statement, window, attested));
            let Some(opened) = fitting.next() else { continue };
            self.readings.extend(opened.readings);
            if let (Some(key), Some((tweak, opening))) = (attested.note_key, opened.note) {
                self.own(made, &key, tweak, opening);
            }
        }
    }
}
