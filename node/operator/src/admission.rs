//! Which orders are admitted (protocol section 6.4): those that are in time, whose proofs hold as far as they can be checked
//! without the ledger's state, and which the operator can open.
//!
//! What only the state can tell is left to every validator: that the inputs are unspent and signed for within their ring, and
//! that the ledger still has room. So an admission is no promise that the ledger takes the order; and nobody's money depends on
//! one that was given wrongly: what cannot be opened is not cleared, and comes back.

use std::sync::{Arc, Mutex, PoisonError};

use hushwatt_client::{
    OrderProblem,
    operator::{OrderAnswer, OrderRequest},
};
use hushwatt_crypto::{
    hash::hex,
    order_seal::{SEALED_LENGTH, SealedOpening},
    signature::Signature,
};
use hushwatt_ledger::{
    codec::DecodeError,
    genesis::Genesis,
    parameters::Parameters,
    transaction::{
        MAX_VALIDITY, Transaction,
        order::{self, OrderId, OrderTerms},
    },
    units::Timestamp,
};

use crate::{
    book::{AuctionKey, Book, BookError, BookedOrder},
    clock::Clock,
    keys::Keys,
};

/// No order is longer, bytes: four inputs over the largest ring that a bucket may name, and the rest.
pub const MAX_ORDER_BYTES: usize = 528 * 1024;

/// Why an order is not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub problem: OrderProblem,
    /// The ledger's rule that refuses it, if one does.
    pub rule: Option<String>,
    /// When orders for its window begin, if they have not.
    pub from: Option<Timestamp>,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// For a problem that says it all.
    pub fn new(problem: OrderProblem, message: impl Into<String>) -> Self {
        Refusal { problem, rule: None, from: None, message: message.into() }
    }
}

/// Admits orders. One at a time is written to the book; everything else runs side by side.
pub struct Admission {
    genesis: Arc<Genesis>,
    keys: Keys,
    book: Arc<Mutex<Book>>,
    clock: Arc<dyn Clock>,
    most: usize,
}

impl Admission {
    /// By these keys into this book, at most so many orders in an auction.
    pub fn new(genesis: Arc<Genesis>, keys: Keys, book: Arc<Mutex<Book>>, clock: Arc<dyn Clock>, most: usize) -> Self {
        Admission { genesis, keys, book, clock, most }
    }

    /// Opens an order, keeps it durably, and gives its admission. The same order again gives the same, whatever came with it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn admit(&self, request: &OrderRequest) -> Result<OrderAnswer, Refusal> {
        let (transaction, sealed) = self.read(request)?;
        let admission = self.admit_order(&transaction, sealed)?;
        let order = OrderId::of(self.genesis.network(), transaction.id());
        Ok(OrderAnswer { order: order.to_string(), admission: hex(&admission.0) })
    }

    /// The same for an order that is decoded already, of this network.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn admit_order(&self, transaction: &Transaction, sealed: SealedOpening) -> Result<Signature, Refusal> {
        let terms = *transaction.action().order().ok_or_else(|| not_an_order(transaction))?.terms;
        let id = OrderId::of(self.genesis.network(), transaction.id());
        if !self.is_booked(&terms, &id) {
            let order = self.check(transaction, sealed)?;
            let booked = self.book.lock().unwrap_or_else(PoisonError::into_inner).admit(id, order, self.most);
            booked.map_err(not_booked)?;
            tracing::debug!(order = %id, utility = terms.utility.name(), window = terms.window.0, "an order was admitted");
        }
        Ok(order::admit(&self.keys.signing, self.genesis.network(), transaction.id()))
    }

    fn read(&self, request: &OrderRequest) -> Result<(Transaction, SealedOpening), Refusal> {
        let malformed = |message: String| Refusal::new(OrderProblem::Malformed, message);
        if request.transaction.len() > 2 * MAX_ORDER_BYTES {
            return Err(Refusal::new(OrderProblem::TooLarge, "the transaction is longer than any order"));
        }
        let bytes = unhex(&request.transaction)
            .ok_or_else(|| malformed("transaction is no even number of hexadecimal digits".to_owned()))?;
        let transaction = Transaction::decode(self.genesis.network(), &bytes).map_err(|error| match error {
            DecodeError::ForeignNetwork => Refusal::new(OrderProblem::ForeignNetwork, error.to_string()),
            error => malformed(format!("the transaction cannot be read: {error}")),
        })?;
        if request.sealed.len() != 2 * SEALED_LENGTH {
            return Err(malformed(format!("sealed is not {} hexadecimal digits", 2 * SEALED_LENGTH)));
        }
        let sealed = unhex(&request.sealed).and_then(|bytes| bytes.try_into().ok());
        let sealed = sealed.ok_or_else(|| malformed("sealed is not hexadecimal".to_owned()))?;
        Ok((transaction, SealedOpening(sealed)))
    }

    fn is_booked(&self, terms: &OrderTerms, id: &OrderId) -> bool {
        let key = AuctionKey { window: terms.window, utility: terms.utility };
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.auction(key).is_some_and(|auction| auction.orders().contains_key(id))
    }

    /// Everything that can be checked without the ledger's state; what is cheap first.
    fn check(&self, transaction: &Transaction, sealed: SealedOpening) -> Result<BookedOrder, Refusal> {
        let view = transaction.action().order().ok_or_else(|| not_an_order(transaction))?;
        let (genesis, now) = (&*self.genesis, self.clock.now());
        let valid_until = transaction.envelope().valid_until;
        in_time(genesis, view.terms, now)?;
        if valid_until < now {
            return Err(Refusal::new(
                OrderProblem::Expired,
                "the transaction can no longer be included: make it again",
            ));
        }
        if valid_until.0 > now.plus(MAX_VALIDITY).0 {
            let message = "the transaction is valid for longer than the ledger allows: is the wallet's clock right?";
            return Err(Refusal::new(OrderProblem::Expired, message));
        }
        let refused = |rejection: hushwatt_ledger::Rejection| Refusal {
            rule: Some(rejection.name()),
            ..Refusal::new(OrderProblem::Rule, rejection.to_string())
        };
        order::check_without_ring(genesis, transaction).map_err(refused)?;
        let booked = BookedOrder {
            transaction: *transaction.id(),
            side: view.side,
            terms: *view.terms,
            valid_until,
            admitted: now,
            sealed,
        };
        self.opens(&booked, &genesis.parameters)?;
        Ok(booked)
    }

    fn opens(&self, order: &BookedOrder, parameters: &Parameters) -> Result<(), Refusal> {
        let network = self.genesis.network();
        if order.sealed.open(network, &self.keys.sealing, &order.transaction.0).is_none() {
            let message =
                "the opening was not sealed for this operator and this order: ask GET /v1/operator for the key";
            return Err(Refusal::new(OrderProblem::Sealed, message));
        }
        match order.open(network, parameters, &self.keys.sealing) {
            Some(_) => Ok(()),
            None => Err(Refusal::new(OrderProblem::Opening, "what was sealed does not open the order")),
        }
    }
}

/// Orders are accepted after the attestation deadline, for the order term.
fn in_time(genesis: &Genesis, terms: &OrderTerms, now: Timestamp) -> Result<(), Refusal> {
    let parameters = &genesis.parameters;
    let until = parameters.order_until(terms.window);
    let until = until.filter(|_| genesis.has_utility(terms.utility)).ok_or_else(|| {
        Refusal::new(OrderProblem::Utility, format!("this community holds no auctions of {}", terms.utility.name()))
    })?;
    let deadline = parameters.attest_until(terms.window);
    if now <= deadline {
        let from = deadline.plus(1);
        let message = format!("orders for window {} are taken from unix second {} on", terms.window.0, from.0);
        return Err(Refusal { from: Some(from), ..Refusal::new(OrderProblem::NotBegun, message) });
    }
    if now > until {
        let message = format!("orders for window {} were taken until unix second {}", terms.window.0, until.0);
        return Err(Refusal::new(OrderProblem::Over, message));
    }
    Ok(())
}

fn not_an_order(transaction: &Transaction) -> Refusal {
    let message = format!("a {} is no order: a Sell or a Buy is", transaction.action().name());
    Refusal::new(OrderProblem::NotAnOrder, message)
}

/// Why nothing was kept, and so nothing is admitted.
fn not_booked(error: BookError) -> Refusal {
    match error {
        BookError::Full(count) => {
            Refusal::new(OrderProblem::Full, format!("{count} orders were admitted to this auction: no more are taken"))
        }
        BookError::Over => Refusal::new(OrderProblem::Over, "this auction is over"),
        error => {
            tracing::error!(%error, "an order could not be kept, and was not admitted");
            Refusal::new(OrderProblem::Unavailable, "the operator cannot keep orders now: try again")
        }
    }
}

/// Bytes from hexadecimal digits of either case.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    });
    pairs.collect()
}
