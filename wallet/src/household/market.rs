//! Trading: offers, orders, deliveries.

use hushwatt_client::{Offer, SignedOffer};
use hushwatt_ledger::{
    note::Asset,
    transaction::build::Built,
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};
use rand_core::OsRng;

use super::{
    Household, HouseholdError, Keys,
    outbox::Intent,
    views::{OfferView, Prepared, Preview},
};
use crate::{Claim, Delivery};

/// Contracts that one delivery serves.
const CONTRACTS: usize = hushwatt_ledger::transaction::deliver::MAX_CONTRACTS;

/// An offer to make.
#[derive(Clone, Copy, Debug)]
pub struct OfferRequest {
    /// What.
    pub utility: Utility,
    /// Any time within the settlement window.
    pub at: Timestamp,
    /// How much, in base units.
    pub quantity: Quantity,
    /// At which price per base unit, in micro-euro.
    pub price_micro_euro: u32,
    /// How long it holds, in seconds from now; until orders for the window close if that is sooner.
    pub valid_for: u64,
}

impl Household {
    /// Makes an offer: signed by the household's address, kept in the wallet; nothing on the ledger. Whoever has the link
    /// can order until it ends.
    ///
    /// # Errors
    /// [`HouseholdError::NoTrade`] if it could not be traded on this ledger.
    pub fn make_offer(&mut self, request: &OfferRequest) -> Result<SignedOffer, HouseholdError> {
        let Keys::Full(seed) = &self.keys else { return Err(HouseholdError::ViewOnly) };
        let parameters = &self.genesis.parameters;
        let (now, window) = (self.now(), parameters.window_at(request.at));
        if !self.genesis.has_utility(request.utility) {
            return Err(no_trade(format!("nobody in this community has a meter for {}", request.utility.name())));
        }
        if request.quantity.0 == 0 {
            return Err(no_trade("an offer is about more than nothing".to_owned()));
        }
        let bounds = parameters.prices_of(request.utility);
        let price =
            bounds.nearest(request.price_micro_euro).filter(|price| price.micro_euro() == request.price_micro_euro);
        let price = price.ok_or_else(|| {
            let (what, unit) = (request.utility.name(), request.utility.unit());
            no_trade(format!(
                "a price of {what} is between {} and {} micro-euro per {unit}, in steps of {}",
                bounds.floor, bounds.cap, bounds.price_step
            ))
        })?;
        let closes = parameters.open_until(window);
        if now >= closes {
            return Err(no_trade("that window is over: orders are not taken any more".to_owned()));
        }
        let valid_until = now.plus(request.valid_for.max(60)).min(closes);
        let account = hushwatt_crypto::keys::Account::from_seed(self.genesis.network(), seed)?;
        let offer = Offer {
            seller: *self.wallet.address(),
            utility: request.utility,
            window,
            quantity: request.quantity,
            price,
            valid_until,
        };
        let signed = SignedOffer::sign(self.genesis.network(), offer, &account, &mut OsRng)?;
        self.offers.retain(|link| {
            SignedOffer::from_link(self.genesis.network(), link).is_ok_and(|offer| offer.offer().valid_until > now)
        });
        self.offers.push(signed.to_link(self.genesis.network()));
        self.save()?;
        Ok(signed)
    }

    /// The household's own offers that still hold.
    pub fn own_offers(&self) -> Vec<SignedOffer> {
        let (now, network) = (self.now(), self.genesis.network());
        let read = self.offers.iter().filter_map(|link| SignedOffer::from_link(network, link).ok());
        read.filter(|offer| offer.offer().valid_until > now).collect()
    }

    /// Reads an offer's link.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read_offer(&self, link: &str) -> Result<SignedOffer, HouseholdError> {
        Ok(SignedOffer::from_link(self.genesis.network(), link)?)
    }

    /// An offer for people.
    pub fn offer_view(&self, signed: &SignedOffer) -> OfferView {
        let offer = signed.offer();
        let seller = offer.seller.encode(self.genesis.network());
        OfferView {
            link: signed.to_link(self.genesis.network()),
            own: offer.seller == *self.wallet.address(),
            seller: self.name_of(&seller),
            utility: offer.utility,
            window: offer.window,
            start: self.genesis.parameters.window_start(offer.window),
            quantity: offer.quantity,
            price: offer.price,
            total: offer.price.times(offer.quantity),
            valid_until: offer.valid_until,
        }
    }

    /// Orders from an offer, all of it or less: signs the contract and saves it; its price is set aside until it is delivered or
    /// expires.
    ///
    /// # Errors
    /// If the offer is over or one's own, or there is not enough money in one piece.
    pub fn buy(
        &mut self,
        signed: &SignedOffer,
        quantity: Option<Quantity>,
        any_company: bool,
    ) -> Result<Prepared, HouseholdError> {
        let (built, intent, _) = self.build_order(signed, quantity, any_company)?;
        self.keep(&built, intent)
    }

    /// What [`Self::buy`] would sign. Nothing is kept or set aside.
    ///
    /// # Errors
    /// As [`Self::buy`].
    pub fn preview_buy(
        &mut self,
        signed: &SignedOffer,
        quantity: Option<Quantity>,
        any_company: bool,
    ) -> Result<Preview, HouseholdError> {
        let (built, intent, lock) = self.build_order(signed, quantity, any_company)?;
        self.wallet.release(&built);
        let seller = signed.offer().seller.encode(self.genesis.network());
        Ok(self.preview_of(&built, &intent, &seller, lock))
    }

    fn build_order(
        &mut self,
        signed: &SignedOffer,
        quantity: Option<Quantity>,
        any_company: bool,
    ) -> Result<(Built, Intent, Credit), HouseholdError> {
        self.must_spend()?;
        let (offer, now, parameters) = (signed.offer(), self.now(), &self.genesis.parameters);
        let quantity = quantity.unwrap_or(offer.quantity);
        if offer.seller == *self.wallet.address() {
            return Err(no_trade("this is your own offer".to_owned()));
        }
        if now > offer.valid_until {
            return Err(no_trade("this offer is over".to_owned()));
        }
        if now < parameters.open_from(offer.window) {
            return Err(no_trade("it is too early to order for that window: try again later".to_owned()));
        }
        if now > parameters.open_until(offer.window) {
            return Err(no_trade("it is too late to order for that window".to_owned()));
        }
        if quantity.0 == 0 || quantity > offer.quantity {
            return Err(no_trade("an order is about more than nothing and at most what is offered".to_owned()));
        }
        let wanted = crate::Offer {
            seller: offer.seller,
            utility: offer.utility,
            window: offer.window,
            price: offer.price,
            quantity,
        };
        let built = self.with_company(any_company, |wallet, view| wallet.open(view, &wanted, now, &mut OsRng))?;
        let intent = Intent::Buy {
            seller: offer.seller.encode(self.genesis.network()),
            utility: offer.utility,
            window: offer.window.0,
            quantity: quantity.0,
            price: offer.price.micro_euro(),
        };
        Ok((built, intent, offer.price.times(quantity)))
    }

    /// Windows in which something was ordered from this household, and energy is there to deliver.
    pub fn deliverable(&self) -> Vec<(Utility, Window)> {
        let now = self.now();
        let mut ready: Vec<(Utility, Window)> = self
            .wallet
            .claims()
            .filter(|claim| claim.state == crate::ClaimState::Open)
            .map(|claim| (claim.terms.utility, claim.terms.window))
            .filter(|(utility, window)| {
                now <= self.genesis.parameters.deliver_until(*window)
                    && self.wallet.energy(*utility, *window).available > 0
            })
            .collect();
        ready.sort_unstable();
        ready.dedup();
        ready
    }

    /// Delivers what there is of a window to those who ordered it: the highest price first, the last one perhaps in part.
    ///
    /// # Errors
    /// If nothing was ordered, or there is nothing to deliver.
    pub fn deliver(&mut self, utility: Utility, window: Window, any_company: bool) -> Result<Prepared, HouseholdError> {
        self.must_spend()?;
        let now = self.now();
        let available = self.deliverable_at_once(utility, window);
        let mut claims: Vec<&Claim> = self.wallet.open_claims(utility, window).collect();
        if claims.is_empty() {
            return Err(no_trade("nobody has ordered anything of that window from you".to_owned()));
        }
        claims.sort_by_key(|claim| (std::cmp::Reverse(claim.terms.price), claim.id));
        let mut rest = available;
        let mut deliveries = Vec::new();
        for claim in claims.into_iter().take(CONTRACTS) {
            let quantity = claim.quantity.value.min(rest);
            rest -= quantity;
            if let Ok(base) = u32::try_from(quantity)
                && base > 0
            {
                deliveries.push(Delivery { contract: claim.id, quantity: Quantity(base) });
            }
        }
        if deliveries.is_empty() {
            return Err(no_trade("there is no energy of that window to deliver yet: it comes once the meter has posted it and the window is settled".to_owned()));
        }
        let built =
            self.with_company(any_company, |wallet, view| wallet.deliver(view, &deliveries, now, &mut OsRng))?;
        self.keep(&built, Intent::Deliver { utility, window: window.0, quantity: available - rest })
    }

    /// What one delivery can spend at once: up to four notes of one group.
    fn deliverable_at_once(&self, utility: Utility, window: Window) -> u64 {
        self.wallet.most_at_once(Asset::Energy { utility, window })
    }

    /// The price of a utility that the ledger has in its steps nearest to a wish.
    pub fn nearest_price(&self, utility: Utility, micro_euro: u32) -> Option<Price> {
        self.genesis.parameters.prices_of(utility).nearest(micro_euro)
    }
}

pub(super) fn no_trade(reason: String) -> HouseholdError {
    HouseholdError::NoTrade(reason)
}
