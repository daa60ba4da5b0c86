//! What the household proves to somebody: made for one verifier and his nonce, so that it cannot be passed on as fresh.
//! What is handed over is a file that `hushwatt audit check` verifies.

use std::collections::BTreeMap;

use hushwatt_crypto::{commitment::Opening, hash::hex, keys::Account, meter::Register};
use hushwatt_ledger::{
    disclosure::{
        Audience, BalanceNote, Calendar, Claim, Day, Disclosure, EnergyClaim, HeldWindow, Hours, MAX_NOTES,
        MAX_PEAK_DAYS, PaidSecrets, Party, PeakClaim, Period, Place as Position, ReadingClaim, ReceivedSecrets,
        Request, Statement, Tariff, TextFlaw, prove_balance, prove_bill, prove_delivery, prove_payment_made,
        prove_payment_received, prove_peak, prove_reading,
    },
    note::Asset,
    transaction::{TransactionId, open::ContractId},
    units::{Credit, Interval, MeterId, Quantity, Timestamp, Utility, Window},
};
use rand_core::OsRng;
use serde::{Deserialize, Serialize};

use super::{
    Household, HouseholdError, Keys,
    outbox::{OutState, Outgoing},
};
use crate::{OpenedWindow, OwnedNote, Place};

/// What is to be proven.
#[derive(Clone, Debug)]
pub enum ProofSubject {
    /// A payment that was made or received, by its entry in the history.
    Payment(TransactionId),
    /// What was delivered to a contract, bought or sold.
    Delivery(ContractId),
    /// One value of one meter.
    Reading {
        /// Which meter.
        meter: MeterId,
        /// Any time within the interval.
        at: Timestamp,
        /// What was given (export) or taken (import).
        register: Register,
    },
    /// That at least so much can be spent.
    BalanceAtLeast(Credit),
    /// What one meter's imports of a period come to.
    Bill {
        /// Which meter.
        meter: MeterId,
        /// Which days, by the tariff's clock.
        period: Period,
        /// At which prices.
        tariff: Tariff,
    },
    /// That one meter stayed below a limit.
    Peak {
        /// Which meter.
        meter: MeterId,
        /// What was given (export) or taken (import).
        register: Register,
        /// Which days.
        period: Period,
        /// By whose clock.
        calendar: Calendar,
        /// Which hours; none for all.
        hours: Vec<Hours>,
        /// Base units an hour.
        limit: u32,
    },
    /// What one meter took or gave in some days, in all.
    Energy {
        /// Which meter.
        meter: MeterId,
        /// What was given (export) or taken (import).
        register: Register,
        /// Which days.
        period: Period,
        /// By whose clock.
        calendar: Calendar,
    },
    /// What was sold to the community or bought from it in some days, in all.
    Shared {
        /// Sold or bought.
        party: Party,
        /// What.
        utility: Utility,
        /// Which days.
        period: Period,
        /// By whose clock.
        calendar: Calendar,
    },
}

/// A proof to make.
#[derive(Clone, Debug)]
pub struct ProofRequest {
    /// What.
    pub subject: ProofSubject,
    /// Who asked.
    pub verifier: String,
    /// What he gave to be repeated, so that the proof is fresh.
    pub nonce: String,
    /// What for, in the household's words.
    pub purpose: String,
}

/// A proof that was handed out: the household's own record of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenProof {
    /// When, unix seconds.
    pub made_time: u64,
    /// To whom.
    pub verifier: String,
    /// What for.
    pub purpose: String,
    /// What, in plain words.
    pub what: String,
}

impl Household {
    /// Makes a proof; gives its file's text, and keeps a record of it.
    ///
    /// # Errors
    /// [`HouseholdError::Proof`] if this wallet cannot prove it.
    pub fn prove(&mut self, request: &ProofRequest) -> Result<String, HouseholdError> {
        self.prove_watched(request, &mut |_, _| {})
    }

    /// [`Self::prove`]; of what takes longer it tells how many parts are done, and of how many.
    ///
    /// # Errors
    /// As [`Self::prove`].
    pub fn prove_watched(
        &mut self,
        request: &ProofRequest,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<String, HouseholdError> {
        let audience = Audience::new(&request.verifier, &request.nonce, &request.purpose);
        let audience =
            audience.map_err(|(text, flaw): (&'static str, TextFlaw)| cannot(format!("the {text} {flaw}")))?;
        let asked = Request { network: *self.genesis.network(), audience, made: self.now() };
        let (disclosure, what) = self.disclose(&asked, &request.subject, progress)?;
        self.keep_proof(&disclosure, what)
    }

    /// Makes a proof of a subject, and says in a few words what it is.
    pub(super) fn disclose(
        &self,
        asked: &Request,
        subject: &ProofSubject,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(Disclosure, String), HouseholdError> {
        match subject {
            ProofSubject::Payment(id) => self.prove_payment(asked, id),
            ProofSubject::Delivery(id) => self.prove_delivery_of(asked, id),
            ProofSubject::Reading { meter, at, register } => self.prove_reading_of(asked, *meter, *at, *register),
            ProofSubject::BalanceAtLeast(least) => {
                Ok((self.prove_balance_of(asked, *least)?, format!("a balance of at least {least}")))
            }
            ProofSubject::Bill { meter, period, tariff } => self.prove_bill_of(asked, *meter, *period, tariff),
            ProofSubject::Peak { meter, register, period, calendar, hours, limit } => {
                let claim = PeakClaim {
                    meter: *meter,
                    height: self.wallet.height(),
                    register: *register,
                    period: *period,
                    calendar: calendar.clone(),
                    hours: hours.clone(),
                    limit: *limit,
                };
                self.prove_peak_of(asked, &claim, progress)
            }
            ProofSubject::Energy { meter, register, period, calendar } => {
                let claim = EnergyClaim {
                    meter: *meter,
                    height: self.wallet.height(),
                    register: *register,
                    period: *period,
                    calendar: calendar.clone(),
                    total: 0,
                };
                self.prove_energy_of(asked, &claim)
            }
            ProofSubject::Shared { party, utility, period, calendar } => {
                self.prove_shared_of(asked, (*party, *utility), (*period, calendar))
            }
        }
    }

    /// The file of a proof that is handed out; a record of it is kept.
    pub(super) fn keep_proof(&mut self, disclosure: &Disclosure, what: String) -> Result<String, HouseholdError> {
        let text = disclosure.to_json().map_err(cannot)?;
        let Statement { audience, made, .. } = disclosure.statement();
        let (verifier, purpose) = (audience.verifier().to_owned(), audience.purpose().to_owned());
        self.proofs.push(GivenProof { made_time: made.0, verifier, purpose, what });
        self.save()?;
        Ok(text)
    }

    /// What was proven to whom.
    pub fn proofs(&self) -> &[GivenProof] {
        &self.proofs
    }

    fn account(&self) -> Result<Account, HouseholdError> {
        match &self.keys {
            Keys::Full(seed) => Ok(Account::from_seed(self.genesis.network(), seed)?),
            Keys::ViewOnly(_) => Err(HouseholdError::ViewOnly),
        }
    }

    fn prove_payment(&self, asked: &Request, id: &TransactionId) -> Result<(Disclosure, String), HouseholdError> {
        let text = hex(&id.0);
        if let Some(out) = self.outbox.iter().find(|out| out.id == text && !out.paid.is_empty()) {
            return self.prove_made(asked, id, out);
        }
        let received = self.wallet.notes().find(|note| note.transaction == Some(*id) && note.output.is_some());
        let Some((note, output)) = received.and_then(|note| Some((note, note.output?))) else {
            return Err(HouseholdError::Unknown { what: "payment", name: text });
        };
        let place = Position { height: note.height, transaction: *id };
        let account = self.account()?;
        let secrets = ReceivedSecrets { account: &account, tweak: &note.tweak, opening: &note.opening };
        let what = format!("a payment of {} received", Credit(note.opening.value));
        Ok((prove_payment_received(asked, place, output, &secrets, &mut OsRng).map_err(cannot)?, what))
    }

    fn prove_made(
        &self,
        asked: &Request,
        id: &TransactionId,
        out: &Outgoing,
    ) -> Result<(Disclosure, String), HouseholdError> {
        let OutState::Final { height, .. } = out.state else {
            return Err(cannot("this payment is not final yet"));
        };
        let damaged = || HouseholdError::Content("the record of this payment is damaged".to_owned());
        let paid = out.paid.first().ok_or_else(damaged)?;
        let (tweak, opening) = paid.tweak().zip(paid.opening()).ok_or_else(damaged)?;
        let authorship = out.openings().ok_or_else(damaged)?;
        let to = self.read_address(&paid.to)?;
        let secrets = PaidSecrets { tweak: &tweak, opening: &opening, authorship: &authorship };
        let place = Position { height, transaction: *id };
        let made = prove_payment_made(asked, place, paid.index, &to, &secrets, &mut OsRng).map_err(cannot)?;
        Ok((made, format!("a payment of {} to {}", Credit(opening.value), self.name_of(&paid.to))))
    }

    fn prove_delivery_of(&self, asked: &Request, id: &ContractId) -> Result<(Disclosure, String), HouseholdError> {
        self.must_spend()?;
        let claim = self.wallet.claims().find(|claim| claim.id == *id);
        let purchase = self.wallet.purchases().find(|purchase| purchase.id == *id);
        let (party, delivered, blinding, tweak) = match (claim, purchase) {
            (Some(claim), _) => (Party::Seller, claim.delivered, &claim.delivered_blinding, &claim.claim_tweak),
            (None, Some(purchase)) => {
                let delivered = match purchase.state {
                    crate::PurchaseState::Delivered(quantity) => Some(quantity),
                    crate::PurchaseState::Open | crate::PurchaseState::Expired => None,
                };
                (Party::Buyer, delivered, &purchase.delivered_blinding, &purchase.refund_tweak)
            }
            (None, None) => return Err(HouseholdError::Unknown { what: "contract", name: hex(&id.0) }),
        };
        let delivered = delivered.ok_or_else(|| cannot("nothing was delivered to this contract"))?;
        let receipt = Opening::new(delivered.0.into(), blinding.clone());
        let key = self.wallet.secret(tweak)?;
        let proof = prove_delivery(asked, *id, party, &key, &receipt, &mut OsRng).map_err(cannot)?;
        Ok((proof, format!("a delivery of {} base units", delivered.0)))
    }

    fn prove_reading_of(
        &self,
        asked: &Request,
        meter: MeterId,
        at: Timestamp,
        register: Register,
    ) -> Result<(Disclosure, String), HouseholdError> {
        let parameters = &self.genesis.parameters;
        let (interval, window) = (Interval(at.0 / parameters.interval), parameters.window_at(at));
        let opened = self.wallet.windows().iter().find(|opened| opened.meter == meter && opened.window == window);
        let readings = self.wallet.readings();
        let reading = readings.iter().find(|reading| reading.meter == meter && reading.interval == interval);
        let (Some(opened), Some(reading)) = (opened, reading) else {
            return Err(cannot("this wallet has no reading of that meter and time"));
        };
        let opening = match register {
            Register::Export => &reading.export,
            Register::Import => &reading.import,
        };
        let place = Position { height: opened.height, transaction: opened.transaction };
        let claim = ReadingClaim { place, meter, interval, register, value: Quantity(0) };
        let proof = prove_reading(asked, claim, opening, &mut OsRng).map_err(cannot)?;
        Ok((proof, format!("one reading of {meter}")))
    }

    fn prove_bill_of(
        &self,
        asked: &Request,
        meter: MeterId,
        period: Period,
        tariff: &Tariff,
    ) -> Result<(Disclosure, String), HouseholdError> {
        let held = self.held(meter, Register::Import, period, tariff.calendar())?;
        let (place, terms) = ((meter, self.wallet.height()), (period, tariff.clone()));
        let proof = prove_bill(asked, &self.genesis, place, terms, &held, &mut OsRng).map_err(cannot)?;
        let Claim::Bill(bill) = &proof.statement().claim else { return Err(cannot("it is no bill")) };
        let what = format!("the bill of {meter} from {} to {}: {}", period.from(), last_day(period), bill.gross);
        Ok((proof, what))
    }

    fn prove_peak_of(
        &self,
        asked: &Request,
        claim: &PeakClaim,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(Disclosure, String), HouseholdError> {
        if claim.period.days() > MAX_PEAK_DAYS {
            return Err(cannot(format!("a proof of a peak is about at most {MAX_PEAK_DAYS} days")));
        }
        let held = self.held(claim.meter, claim.register, claim.period, &claim.calendar)?;
        let proof = prove_peak(asked, &self.genesis, claim, &held, &mut OsRng, progress).map_err(cannot)?;
        let (from, last) = (claim.period.from(), last_day(claim.period));
        Ok((proof, format!("the highest use of {} from {from} to {last}", claim.meter)))
    }

    /// What this wallet can open of the windows of a period: all that are on the ledger, or none.
    pub(super) fn held(
        &self,
        meter: MeterId,
        register: Register,
        period: Period,
        calendar: &Calendar,
    ) -> Result<Vec<HeldWindow>, HouseholdError> {
        let parameters = &self.genesis.parameters;
        let standing = self.view.meter(meter)?.ok_or_else(|| cannot(format!("there is no {meter}")))?;
        let (from, until) = period.bounds(calendar).ok_or_else(|| cannot("that period began before 1970"))?;
        // A meter attests its windows one after the other, from the first one of the network on.
        let first = parameters.window_at(from).max(self.genesis.first_window());
        let end = Window(parameters.window_at(until.minus(1)).0.saturating_add(1)).min(standing.next_window);
        let opened = self.wallet.windows().iter().filter(|opened| opened.meter == meter);
        let opened: BTreeMap<Window, &OpenedWindow> = opened.map(|opened| (opened.window, opened)).collect();
        let opened = (first.0..end.0).map(|number| {
            let window = Window(number);
            let readings = opened.get(&window).map(|opened| self.wallet.readings_of(opened)).unwrap_or_default();
            let values: Vec<Opening> = readings
                .into_iter()
                .map(|reading| match register {
                    Register::Export => reading.export,
                    Register::Import => reading.import,
                })
                .collect();
            if values.is_empty() {
                let day = calendar.day_of(parameters.window_start(window));
                return Err(cannot(format!(
                    "this wallet cannot read what {meter} posted on {day}: it is another household's, or was paired later"
                )));
            }
            Ok(HeldWindow { window, values })
        });
        opened.collect()
    }

    /// The largest pieces that together are enough: as few as possible become known by their images.
    fn prove_balance_of(&self, asked: &Request, least: Credit) -> Result<Disclosure, HouseholdError> {
        self.must_spend()?;
        let own = self.wallet.notes().filter(|note| note.asset == Asset::Credit && !note.spent);
        let mut notes: Vec<&OwnedNote> = own.filter(|note| matches!(note.place, Place::Sealed { .. })).collect();
        notes.sort_by_key(|note| (std::cmp::Reverse(note.opening.value), note.number));
        let (mut shown, mut sum) = (Vec::new(), 0u64);
        for note in notes.into_iter().take(MAX_NOTES) {
            if sum >= least.0 && !shown.is_empty() {
                break;
            }
            let Place::Sealed { bucket, position } = note.place else { continue };
            let version = self.view.latest(bucket)?;
            sum = sum.saturating_add(note.opening.value);
            shown.push(BalanceNote {
                bucket: version,
                ring: self.view.ring(version)?,
                position: position as usize,
                secret: self.wallet.secret(&note.tweak)?,
                opening: note.opening.clone(),
            });
        }
        if sum < least.0 {
            return Err(cannot(format!(
                "only {} can be shown at once: settled money in at most {MAX_NOTES} pieces",
                Credit(sum)
            )));
        }
        prove_balance(asked, least, &shown, &mut OsRng).map_err(cannot)
    }
}

/// The last day that is in it.
pub(super) fn last_day(period: Period) -> Day {
    period.until().yesterday().unwrap_or(period.until())
}

pub(super) fn cannot(reason: impl std::fmt::Display) -> HouseholdError {
    HouseholdError::Proof(reason.to_string())
}
