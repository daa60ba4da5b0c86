//! Paying, and keeping money in pieces that can be used.

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{transaction::build::Built, units::Credit};
use rand_core::OsRng;

use super::{
    Household, HouseholdError, PaymentLink,
    outbox::Intent,
    views::{Prepared, Preview},
};
use crate::{MAX_MESSAGE, Payment};

/// A payment to make.
#[derive(Clone, Debug)]
pub struct SendRequest {
    /// An address, a payment link, or a contact's name.
    pub to: String,
    /// How much.
    pub amount: Credit,
    /// In how many pieces, 1 to 7: who gets several can act several times before the next settlement.
    pub pieces: u8,
    /// What the payee reads.
    pub message: Option<String>,
    /// What the household writes to itself.
    pub label: Option<String>,
    /// Pay although there is less company to hide in than the settings ask for.
    pub allow_small_company: bool,
}

impl Household {
    /// Signs a payment and saves it; the courier hands it in. Until it is final or void its money is set aside.
    ///
    /// # Errors
    /// If there is not enough money, the address is none, or it cannot be saved: nothing is signed then.
    pub fn send(&mut self, request: &SendRequest) -> Result<Prepared, HouseholdError> {
        let (built, intent) = self.build_payment(request)?;
        let prepared = self.keep(&built, intent)?;
        if let Some(label) = request.label.as_deref().filter(|label| !label.trim().is_empty()) {
            self.set_label(&hex(&prepared.id.0), Some(label))?;
        }
        Ok(prepared)
    }

    /// What [`Self::send`] would sign. Nothing is kept or set aside.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn preview_send(&mut self, request: &SendRequest) -> Result<Preview, HouseholdError> {
        let (built, intent) = self.build_payment(request)?;
        self.wallet.release(&built);
        let to = self.resolve(&request.to)?.encode(self.genesis.network());
        Ok(self.preview_of(&built, &intent, &to, request.amount))
    }

    fn build_payment(&mut self, request: &SendRequest) -> Result<(Built, Intent), HouseholdError> {
        self.must_spend()?;
        if request.amount == Credit::ZERO {
            return Err(HouseholdError::ZeroAmount);
        }
        let message = request.message.as_deref().map(str::trim).filter(|message| !message.is_empty());
        if message.is_some_and(|message| message.len() > MAX_MESSAGE) {
            return Err(HouseholdError::TooLong { what: "a message", limit: MAX_MESSAGE });
        }
        let to = self.resolve(&request.to)?;
        let payments: Vec<Payment> = pieces_of(request.amount, request.pieces)
            .map(|amount| Payment { to, amount, message: message.map(str::to_owned) })
            .collect();
        let now = self.now();
        let built = self.with_company(request.allow_small_company, |wallet, view| {
            wallet.pay_with(view, &payments, now, &mut OsRng)
        })?;
        let intent = Intent::Send {
            to: to.encode(self.genesis.network()),
            amount: request.amount.0,
            message: message.map(str::to_owned),
        };
        Ok((built, intent))
    }

    /// Whom a text means: a contact, a link or an address.
    pub(super) fn resolve(&self, text: &str) -> Result<hushwatt_crypto::address::Address, HouseholdError> {
        let text = text.trim();
        if let Some(contact) = self.contacts.iter().find(|contact| contact.name == text) {
            return self.read_address(&contact.address);
        }
        Ok(PaymentLink::decode(self.genesis.network(), text)?.to)
    }

    /// A link with which others pay this household.
    ///
    /// # Errors
    /// If the message is too long.
    pub fn payment_link(&self, amount: Option<Credit>, message: Option<&str>) -> Result<String, HouseholdError> {
        if message.is_some_and(|message| message.len() > MAX_MESSAGE) {
            return Err(HouseholdError::TooLong { what: "a message", limit: MAX_MESSAGE });
        }
        let link = PaymentLink { to: *self.wallet.address(), amount, message: message.map(str::to_owned) };
        Ok(link.encode(self.genesis.network()))
    }

    /// Reads a payment link or an address.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_payment_link(&self, text: &str) -> Result<PaymentLink, HouseholdError> {
        PaymentLink::decode(self.genesis.network(), text)
    }

    /// Splits the largest piece of money into eight, so that the household can act several times in a window.
    ///
    /// # Errors
    /// If there is nothing to split.
    pub fn split(&mut self, any_company: bool) -> Result<Prepared, HouseholdError> {
        self.must_spend()?;
        let now = self.now();
        let built = self.with_company(any_company, |wallet, view| wallet.split(view, now, &mut OsRng))?;
        self.keep(&built, Intent::Move)
    }

    /// Moves up to four small pieces of one settlement into the next one, so that they come together.
    ///
    /// # Errors
    /// If there is nothing to merge.
    pub fn merge(&mut self, any_company: bool) -> Result<Prepared, HouseholdError> {
        self.must_spend()?;
        let now = self.now();
        let mut buckets = self.wallet.credit_by_bucket();
        // The oldest first: what is old has the least company that is still plausible.
        buckets.sort_by_key(|(bucket, _)| bucket.0);
        let bucket = buckets.first().map(|(bucket, _)| *bucket).ok_or(crate::WalletError::Nothing("merge"))?;
        let built = self.with_company(any_company, |wallet, view| wallet.roll(view, bucket, now, &mut OsRng))?;
        self.keep(&built, Intent::Move)
    }

    pub(super) fn must_spend(&self) -> Result<(), HouseholdError> {
        if self.is_view_only() { Err(HouseholdError::ViewOnly) } else { Ok(()) }
    }

    /// Runs something that spends, with the company that was asked for in the settings or, if that is allowed, with any.
    pub(super) fn with_company<T>(
        &mut self,
        any: bool,
        run: impl FnOnce(&mut crate::Wallet, &crate::PublicView) -> Result<T, crate::WalletError>,
    ) -> Result<T, HouseholdError> {
        if any {
            self.wallet.require_ring(0);
        }
        let outcome = run(&mut self.wallet, &self.view);
        self.apply_settings();
        Ok(outcome?)
    }
}

/// An amount in so many parts that differ by at most a micro-euro, none of them nothing.
fn pieces_of(amount: Credit, pieces: u8) -> impl Iterator<Item = Credit> {
    let count = u64::from(pieces.clamp(1, 7)).min(amount.0.max(1));
    let (share, rest) = (amount.0 / count, amount.0 % count);
    (0..count).map(move |place| Credit(share + u64::from(place < rest)))
}
