//! What a household shared with its community in some days: the deliveries to its contracts and the fills of its orders, added up.
//! Whoever checks learns which contracts and orders those are, and only their sum.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    Element, Point, Rng, SecretScalar,
    commitment::Opening,
    disclosure::{Claim as Known, Secret},
    keys::OneTimeSecret,
};

use super::{
    Claim, Disclosure, DisclosureError, Facts, MAX_BILL_DAYS, Party, ProveError, Request,
    calendar::{Calendar, Period},
    check::ensure,
    known::hides,
    period::Span,
    statement::text,
};
use crate::{
    codec::Writer,
    transaction::{
        open::ContractId,
        order::{OrderId, Side},
    },
    units::{Utility, Window},
};

/// Most days of a total.
pub const MAX_SHARED_DAYS: u32 = MAX_BILL_DAYS;
/// Most contracts and orders of a total: one for every hour of a year, and some.
pub const MAX_SHARED: usize = 10_000;

/// What was sold to others of the community, or bought from them, in some days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedClaim {
    /// Sold or bought.
    pub party: Party,
    /// What.
    pub utility: Utility,
    /// Which days, at most 366: those in which the windows begin.
    pub period: Period,
    /// By whose clock.
    pub calendar: Calendar,
    /// Contracts that were delivered to, ascending.
    pub contracts: Vec<ContractId>,
    /// Orders of auctions in which something was traded, ascending.
    pub orders: Vec<OrderId>,
    /// How much in all, in base units: Wh or litres.
    pub total: u64,
}

/// A total that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenShared {
    /// Sold or bought.
    pub party: Party,
    /// What.
    pub utility: Utility,
    /// From when until when.
    pub span: Span,
    /// How many days that is.
    pub days: u32,
    /// Whose days.
    pub calendar: Calendar,
    /// Of how many contracts.
    pub contracts: usize,
    /// Of how many orders.
    pub orders: usize,
    /// How much in all, in base units. There may have been more that its maker left out.
    pub total: u64,
}

/// With whom something was shared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SharedWith {
    /// The other side of a contract.
    Contract(ContractId),
    /// All who ordered in an auction.
    Auction(OrderId),
}

/// A delivery or a fill, as its owner knows it.
pub struct SharedPart {
    /// Which.
    pub with: SharedWith,
    /// The secret of its key: the claim key or refund key of a contract, the payout key or refund key of an order.
    pub key: OneTimeSecret,
    /// Opening of the receipt.
    pub receipt: Opening,
}

impl SharedClaim {
    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u8(self.party as u8).u8(self.utility.code());
        self.period.encode(writer);
        text(writer, self.calendar.name());
        // At most 10,000 each.
        writer.u32(u32::try_from(self.contracts.len()).unwrap_or(u32::MAX));
        self.contracts.iter().for_each(|id| {
            writer.bytes(&id.0);
        });
        writer.u32(u32::try_from(self.orders.len()).unwrap_or(u32::MAX));
        self.orders.iter().for_each(|id| {
            writer.bytes(&id.0);
        });
        writer.u64(self.total);
    }

    /// The key of every part, and the sum.
    fn known(&self, keys: &[Point], sum: &RistrettoPoint) -> Vec<Known> {
        let keys = keys.iter().map(|key| Known::Key(*key.element()));
        keys.chain([hides(sum, self.total)]).collect()
    }
}

/// A household shows what it sold, or bought, in some days, in all. `claim` says of what; contracts, orders and total are taken
/// from the parts.
///
/// Constant time in the secrets.
///
/// # Errors
/// `PartCount`; `Overflow` for values that are no quantities. That no part is there twice is the checker's to say.
pub fn prove_shared(
    request: &Request,
    claim: &SharedClaim,
    mut parts: Vec<SharedPart>,
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    if !(1..=MAX_SHARED).contains(&parts.len()) {
        return Err(ProveError::PartCount);
    }
    // As they are listed: contracts, then orders, each ascending.
    parts.sort_by_key(|part| part.with);
    let total = parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.receipt.value));
    let total = total.ok_or(ProveError::Overflow)?;
    let mut claim = SharedClaim { contracts: Vec::new(), orders: Vec::new(), total, ..claim.clone() };
    for part in &parts {
        match part.with {
            SharedWith::Contract(id) => claim.contracts.push(id),
            SharedWith::Auction(id) => claim.orders.push(id),
        }
    }
    let keys: Vec<Point> = parts.iter().map(|part| part.key.public()).collect::<Result<_, _>>()?;
    let blinding = SecretScalar::sum(parts.iter().map(|part| &part.receipt.blinding));
    let sum: Element = Opening::new(total, blinding.clone()).commit();
    let mut secrets: Vec<Secret<'_>> = parts.iter().map(|part| Secret::OneTime(&part.key)).collect();
    secrets.push(Secret::Scalar(&blinding));
    let known = claim.known(&keys, sum.point());
    request.prove(Claim::Shared(claim), known, secrets, rng)
}

/// What has to be known for the claim to hold, and what there is to say about it.
pub(super) fn facts_of(claim: &SharedClaim, facts: &dyn Facts) -> Result<(Vec<Known>, ProvenShared), DisclosureError> {
    let SharedClaim { party, utility, period, calendar, contracts, orders, total } = claim;
    ensure((1..=MAX_SHARED).contains(&(contracts.len() + orders.len())), DisclosureError::PartCount)?;
    let ascend = contracts.is_sorted_by(|a, b| a < b) && orders.is_sorted_by(|a, b| a < b);
    ensure(ascend, DisclosureError::PartsUnordered)?;
    let (from, until) = period.bounds(calendar).ok_or(DisclosureError::OutsidePeriod)?;
    let parameters = &facts.genesis().parameters;
    let fits = |of: Utility, window: Window, same_side: bool| {
        ensure(of == *utility && same_side, DisclosureError::OtherTrade)?;
        let start = parameters.window_start(window);
        ensure(from <= start && start < until, DisclosureError::OutsidePeriod)
    };
    let (mut keys, mut sum) = (Vec::with_capacity(contracts.len() + orders.len()), RistrettoPoint::default());
    for id in contracts {
        let contract = facts.contract(id)?.ok_or(DisclosureError::UnknownContract)?;
        let receipt = contract.receipt.ok_or(DisclosureError::NotDelivered)?;
        let terms = &contract.terms;
        fits(terms.utility, terms.window, true)?;
        keys.push(party.key_of(terms));
        sum += receipt.delivered.point();
    }
    for id in orders {
        let filled = facts.fill(id)?.ok_or(DisclosureError::NotFilled)?;
        let side = match party {
            Party::Seller => Side::Sell,
            Party::Buyer => Side::Buy,
        };
        fits(filled.terms.utility, filled.terms.window, filled.side == side)?;
        keys.push(filled.key);
        sum += filled.fill.point();
    }
    // At most 10,000 values below 2^32 each: their sum is an integer far below the group order.
    let proven = ProvenShared {
        party: *party,
        utility: *utility,
        span: Span { from, until },
        days: period.days(),
        calendar: calendar.clone(),
        contracts: contracts.len(),
        orders: orders.len(),
        total: *total,
    };
    Ok((claim.known(&keys, &sum), proven))
}
