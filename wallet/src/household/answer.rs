//! Requests of verifiers, and what this household answers: only who asked is convinced by it (protocol section 10).
//!
//! Nothing is told before it was shown: an answer is made, the household sees what it says and to whom, and only then it
//! is handed out and kept on record.

use hushwatt_crypto::commitment::Opening;
use hushwatt_ledger::{
    disclosure::{
        Ask, Calendar, Claim, Disclosure, EnergyClaim, Inquiry, InquiryError, Party, Period, Request, SharedClaim,
        SharedPart, SharedWith, prove_energy, prove_shared,
    },
    note::Asset,
    transaction::TransactionId,
    units::{Credit, Quantity, Utility, Window},
};
use rand_core::OsRng;

use super::{
    Household, HouseholdError, ProofSubject,
    outbox::{OutState, Outgoing},
    prove::{cannot, last_day},
};
use crate::{OrderKeys, PurchaseState};

/// An answer that was made and not handed out yet.
pub struct Answer {
    disclosure: Disclosure,
    what: String,
}

impl Answer {
    /// What it says, in the end: the value too.
    pub fn claim(&self) -> &Claim {
        &self.disclosure.statement().claim
    }

    /// The same in a few plain words, as the household's record has it.
    pub fn what(&self) -> &str {
        &self.what
    }
}

impl Household {
    /// Reads a request, from a file's content or a link, and refuses what nobody should answer.
    ///
    /// # Errors
    /// [`HouseholdError::Inquiry`]: no request, of another community, expired, or changed.
    pub fn read_inquiry(&self, given: &[u8]) -> Result<Inquiry, HouseholdError> {
        let link = std::str::from_utf8(given).ok().filter(|text| Inquiry::is_link(text));
        let inquiry = match link {
            Some(text) => Inquiry::from_link(text),
            None => Inquiry::from_json(given),
        }?;
        inquiry.accept(self.genesis.network(), self.now())?;
        Ok(inquiry)
    }

    /// Makes the answer to a request. Nothing is kept or handed out.
    ///
    /// # Errors
    /// As [`Self::read_inquiry`]; [`HouseholdError::Proof`] if this wallet cannot prove it.
    pub fn answer(&self, inquiry: &Inquiry) -> Result<Answer, HouseholdError> {
        self.answer_watched(inquiry, &mut |_, _| {})
    }

    /// [`Self::answer`]; of what takes longer it tells how many parts are done, and of how many.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn answer_watched(
        &self,
        inquiry: &Inquiry,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Answer, HouseholdError> {
        inquiry.accept(self.genesis.network(), self.now())?;
        let subject = self.subject_of(inquiry.ask())?;
        let asked = inquiry.answer(self.now());
        let (disclosure, what) = self.disclose(&asked, &subject, progress)?;
        if !inquiry.ask().fits(&disclosure.statement().claim, &self.genesis.parameters) {
            return Err(cannot("this wallet cannot answer exactly what is asked"));
        }
        Ok(Answer { disclosure, what })
    }

    /// The answer's file; a record of it is kept.
    ///
    /// # Errors
    /// [`HouseholdError::Inquiry`] if the request has expired meanwhile.
    pub fn hand_out(&mut self, inquiry: &Inquiry, answer: &Answer) -> Result<String, HouseholdError> {
        if self.now() > inquiry.expires() {
            return Err(InquiryError::Expired.into());
        }
        self.keep_proof(&answer.disclosure, answer.what.clone())
    }

    fn subject_of(&self, ask: &Ask) -> Result<ProofSubject, HouseholdError> {
        Ok(match ask {
            Ask::PaymentMade { to, amount } => {
                ProofSubject::Payment(self.payment_made(&to.encode(self.genesis.network()), *amount)?)
            }
            Ask::PaymentReceived { to, amount } => {
                if to != self.wallet.address() {
                    return Err(cannot("the request is about an address that is not this wallet's"));
                }
                ProofSubject::Payment(self.payment_received(*amount)?)
            }
            Ask::Delivery { contract, party } => {
                let own = match party {
                    Party::Seller => self.wallet.claims().any(|claim| claim.id == *contract),
                    Party::Buyer => self.wallet.purchases().any(|purchase| purchase.id == *contract),
                };
                if !own {
                    return Err(cannot("this wallet is not on that side of the contract"));
                }
                ProofSubject::Delivery(*contract)
            }
            Ask::Reading { meter, at, register } => {
                ProofSubject::Reading { meter: *meter, at: *at, register: *register }
            }
            Ask::Energy { meter, register, period, calendar } => {
                ProofSubject::Energy { meter: *meter, register: *register, period: *period, calendar: calendar.clone() }
            }
            Ask::Shared { party, utility, period, calendar } => {
                ProofSubject::Shared { party: *party, utility: *utility, period: *period, calendar: calendar.clone() }
            }
            Ask::Bill { meter, period, tariff } => {
                ProofSubject::Bill { meter: *meter, period: *period, tariff: tariff.clone() }
            }
            Ask::Peak { meter, register, period, calendar, hours, limit } => ProofSubject::Peak {
                meter: *meter,
                register: *register,
                period: *period,
                calendar: calendar.clone(),
                hours: hours.clone(),
                limit: *limit,
            },
            Ask::Balance { at_least } => ProofSubject::BalanceAtLeast(*at_least),
        })
    }

    /// The last payment of exactly so much to an address.
    fn payment_made(&self, to: &str, amount: Credit) -> Result<TransactionId, HouseholdError> {
        let fits = |out: &&Outgoing| {
            let paid = out.paid.first();
            paid.is_some_and(|paid| paid.to == to && paid.opening().is_some_and(|opening| opening.value == amount.0))
        };
        let height = |out: &Outgoing| match out.state {
            OutState::Final { height, .. } => Some(height),
            _ => None,
        };
        let last =
            self.outbox.iter().filter(fits).filter_map(|out| Some((height(out)?, out))).max_by_key(|(at, _)| *at);
        let id = last.and_then(|(_, out)| out.transaction_id());
        id.ok_or_else(|| cannot(format!("this wallet made no payment of {amount} to that address, or cannot show it")))
    }

    /// The last payment of exactly so much that came here.
    fn payment_received(&self, amount: Credit) -> Result<TransactionId, HouseholdError> {
        let came = self
            .wallet
            .notes()
            .filter(|note| note.asset == Asset::Credit && note.output.is_some() && note.opening.value == amount.0);
        let own = |id: &TransactionId| self.outbox.iter().any(|out| out.transaction_id().as_ref() == Some(id));
        let from_others = came.filter_map(|note| Some((note.height, note.transaction.filter(|id| !own(id))?)));
        let last = from_others.max_by_key(|(height, _)| *height);
        last.map(|(_, id)| id).ok_or_else(|| cannot(format!("no payment of {amount} came to this wallet")))
    }

    pub(super) fn prove_energy_of(
        &self,
        asked: &Request,
        claim: &EnergyClaim,
    ) -> Result<(Disclosure, String), HouseholdError> {
        let held = self.held(claim.meter, claim.register, claim.period, &claim.calendar)?;
        let proof = prove_energy(asked, &self.genesis, claim, &held, &mut OsRng).map_err(cannot)?;
        let (from, last) = (claim.period.from(), last_day(claim.period));
        Ok((proof, format!("the energy of {} from {from} to {last}, in all", claim.meter)))
    }

    pub(super) fn prove_shared_of(
        &self,
        asked: &Request,
        (party, utility): (Party, Utility),
        (period, calendar): (Period, &Calendar),
    ) -> Result<(Disclosure, String), HouseholdError> {
        self.must_spend()?;
        let (from, until) = period.bounds(calendar).ok_or_else(|| cannot("that period began before 1970"))?;
        let within = |of: Utility, window: Window| {
            let start = self.genesis.parameters.window_start(window);
            of == utility && from <= start && start < until
        };
        let mut parts = Vec::new();
        let mut add = |with, key, quantity: Quantity, blinding: &hushwatt_crypto::SecretScalar| {
            parts.push(SharedPart { with, key, receipt: Opening::new(quantity.0.into(), blinding.clone()) });
        };
        let traded = |quantity: Option<Quantity>| quantity.filter(|quantity| quantity.0 > 0);
        match party {
            Party::Seller => {
                for claim in self.wallet.claims().filter(|claim| within(claim.terms.utility, claim.terms.window)) {
                    let Some(delivered) = traded(claim.delivered) else { continue };
                    let key = self.wallet.secret(&claim.claim_tweak)?;
                    add(SharedWith::Contract(claim.id), key, delivered, &claim.delivered_blinding);
                }
            }
            Party::Buyer => {
                for bought in self.wallet.purchases().filter(|one| within(one.terms.utility, one.terms.window)) {
                    let PurchaseState::Delivered(delivered) = bought.state else { continue };
                    let Some(delivered) = traded(Some(delivered)) else { continue };
                    let key = self.wallet.secret(&bought.refund_tweak)?;
                    add(SharedWith::Contract(bought.id), key, delivered, &bought.delivered_blinding);
                }
            }
        }
        for order in self.wallet.orders().filter(|order| within(order.terms.utility, order.terms.window)) {
            let key = match (&order.keys, party) {
                (OrderKeys::Sell { payout, .. }, Party::Seller) => payout,
                (OrderKeys::Buy { refund }, Party::Buyer) => refund,
                _ => continue,
            };
            let Some(filled) = traded(Some(order.filled())) else { continue };
            add(SharedWith::Auction(order.id), self.wallet.secret(&key.tweak)?, filled, &order.fill_blinding);
        }
        let (contracts, orders, total, calendar) = (Vec::new(), Vec::new(), 0, calendar.clone());
        let claim = SharedClaim { party, utility, period, calendar, contracts, orders, total };
        let proof = prove_shared(asked, &claim, parts, &mut OsRng).map_err(cannot)?;
        let verb = match party {
            Party::Seller => "sold to",
            Party::Buyer => "bought from",
        };
        let (from, last) = (period.from(), last_day(period));
        Ok((proof, format!("the {} {verb} the community from {from} to {last}, in all", utility.name())))
    }
}
