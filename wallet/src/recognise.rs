//! Recognising: which hints of a block are for us (protocol sections 2 and 3). Needs the view key only.
//!
//! Total on any hints: what does not open is not ours.

use hushwatt_crypto::{
    NetworkId, Point,
    context::Context,
    hint::{Hint, Incoming, Recognised, open_all},
};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    note::Output,
    rules::structure::hints_match,
    transaction::{
        Action, Transaction,
        deliver::Deliver,
        open::{ContractId, ContractTerms, Open},
        order::{Buy, Sell},
        spend::context_of,
    },
};
use rayon::prelude::*;

use crate::Wallet;

/// Hints that are tried together.
const BATCH: usize = 64;

/// An output of a transaction as a recipient looks at it.
struct Candidate<'a> {
    incoming: Incoming<'a>,
    role: Role<'a>,
}

/// What an output is, by its place.
#[derive(Clone, Copy)]
pub(crate) enum Role<'a> {
    Note,
    Refund(ContractId, &'a ContractTerms),
    Claim(ContractId, &'a ContractTerms),
    Order(OrderPart),
}

/// Which of an order's keys a hint is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderPart {
    Payout,
    Rest,
    Refund,
}

/// The context of a transaction's one-time keys.
pub(crate) fn context_in(network: &NetworkId, transaction: &Transaction) -> Option<Context> {
    match transaction.action() {
        Action::Mint(mint) => Some(Context::of_mint(network, mint.statement.serial)),
        action => context_of(&action.spends()),
    }
}

/// Everything in a transaction that carries a hint, with its place in hint order.
fn candidates<'a>(network: &NetworkId, transaction: &'a Transaction, hints: &'a [Hint]) -> Vec<Candidate<'a>> {
    let Some(context) = context_in(network, transaction) else { return Vec::new() };
    // Hints that are not the transaction's own are as good as none.
    if hints_match(network, transaction.action(), &transaction.envelope().hints, hints).is_err() {
        return Vec::new();
    }
    let notes = |outputs: &[Output]| outputs.iter().map(|output| (output.key, Role::Note)).collect();
    let roles: Vec<(Point, Role<'a>)> = match transaction.action() {
        Action::Transfer(transfer) => notes(&transfer.statement.outputs),
        Action::Mint(mint) => notes(&mint.statement.outputs),
        Action::Burn(burn) => notes(&[burn.statement.change]),
        Action::Open(open) => open_roles(network, transaction, open),
        Action::Deliver(deliver) => deliver_roles(deliver),
        Action::Sell(sell) => sell_roles(sell),
        Action::Buy(buy) => buy_roles(buy),
        Action::Attest(_) | Action::Registry(_) | Action::Correct(_) | Action::Clear(_) => Vec::new(),
        // What is sealed in a Share is for the committee.
        Action::Share(_) | Action::Complain(_) | Action::Request(_) | Action::Release(_) => Vec::new(),
    };
    if roles.len() != hints.len() {
        return Vec::new();
    }
    let indexed = (0u8..).zip(roles.into_iter().zip(hints));
    let candidate = |(index, ((key, role), hint))| Candidate { incoming: Incoming { hint, context, index, key }, role };
    indexed.map(candidate).collect()
}

/// In the order of `CHANGE_HINT`, `REFUND_HINT`, `CLAIM_HINT` of the ledger.
fn open_roles<'a>(network: &NetworkId, transaction: &Transaction, open: &'a Open) -> Vec<(Point, Role<'a>)> {
    let contract = &open.statement.contract;
    let id = ContractId::of(network, transaction.id());
    vec![
        (open.statement.change.key, Role::Note),
        (contract.refund_key, Role::Refund(id, contract)),
        (contract.claim_key, Role::Claim(id, contract)),
    ]
}

/// In the order of `CHANGE_HINT`, `PAYOUT_HINT` of the ledger.
fn deliver_roles(deliver: &Deliver) -> Vec<(Point, Role<'static>)> {
    vec![(deliver.statement.change.key, Role::Note), (deliver.statement.payout_key, Role::Note)]
}

/// In the order of `CHANGE_HINT`, `PAYOUT_HINT`, `REST_HINT` of the ledger.
fn sell_roles(sell: &Sell) -> Vec<(Point, Role<'static>)> {
    let statement = &sell.statement;
    vec![
        (statement.change.key, Role::Note),
        (statement.payout_key, Role::Order(OrderPart::Payout)),
        (statement.rest_key, Role::Order(OrderPart::Rest)),
    ]
}

/// In the order of `CHANGE_HINT`, `REFUND_HINT` of the ledger.
fn buy_roles(buy: &Buy) -> Vec<(Point, Role<'static>)> {
    vec![(buy.statement.change.key, Role::Note), (buy.statement.refund_key, Role::Order(OrderPart::Refund))]
}

/// A hint that was for us.
pub(crate) struct Found<'a> {
    pub(crate) index: u8,
    pub(crate) key: Point,
    pub(crate) role: Role<'a>,
    pub(crate) recognised: Recognised,
}

/// What is known of one transaction's hints.
#[derive(Default)]
pub(crate) struct OfTransaction<'a> {
    pub(crate) found: Vec<Found<'a>>,
    /// Whether all of them were there.
    pub(crate) complete: bool,
}

impl Wallet {
    /// Tries every hint of these blocks, on all cores: one entry a transaction, in order.
    pub(crate) fn recognise<'a>(&self, blocks: &[(&'a Block, &'a BlockHints)]) -> Vec<OfTransaction<'a>> {
        let network = self.genesis.network();
        let searched = blocks.iter().flat_map(|(block, hints)| {
            let search = self.may_hold_ours(&block.header);
            let of = move |place: usize| hints.get(place).map(Vec::as_slice).filter(|_| search).unwrap_or_default();
            block.transactions.iter().enumerate().map(move |(place, transaction)| (transaction, of(place)))
        });
        let searched: Vec<(&Transaction, &[Hint])> = searched.collect();
        let listed = searched.par_iter().map(|(transaction, hints)| candidates(network, transaction, hints));
        let listed: Vec<Vec<Candidate<'_>>> = listed.collect();
        let complete = |((transaction, _), listed): (&(&Transaction, _), &Vec<Candidate<'_>>)| OfTransaction {
            found: Vec::new(),
            complete: listed.len() == transaction.action().hint_count(),
        };
        let mut transactions: Vec<OfTransaction<'a>> = searched.iter().zip(&listed).map(complete).collect();

        let of_transaction = |(place, listed): (usize, Vec<Candidate<'a>>)| {
            listed.into_iter().map(move |Candidate { incoming, role }| (incoming, (place, role)))
        };
        let (incoming, roles): (Vec<Incoming<'_>>, Vec<_>) =
            listed.into_iter().enumerate().flat_map(of_transaction).unzip();
        let view = self.view();
        let opened: Vec<Vec<_>> = incoming.par_chunks(BATCH).map(|batch| open_all(network, view, batch)).collect();
        let opened = opened.into_iter().flatten().zip(incoming.into_iter().zip(roles));
        for (recognised, (Incoming { index, key, .. }, (place, role))) in opened {
            if let (Some(recognised), Some(transaction)) = (recognised, transactions.get_mut(place)) {
                transaction.found.push(Found { index, key, role, recognised });
            }
        }
        transactions
    }
}
