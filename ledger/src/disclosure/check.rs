//! Whether the ledger bears a disclosure out. Everything it is about is looked up; nothing is taken from the prover but the
//! claim itself.

use hushwatt_crypto::{
    Point, Rng,
    designated::{self, VerifierSecret},
    disclosure::{self, Claim as Known},
    meter::Register,
};

use super::{
    At, Claim, DeliveryClaim, Disclosure, DisclosureError, Facts, Party, Payment, Proof, ProvenBill, ProvenEnergy,
    ProvenPeak, ProvenShared, ReadingClaim, Sigma, Statement, balance, bill, energy,
    known::{delivery_known, reading_known, receiver_known, sender_known},
    peak, shared,
};
use crate::{
    note::Output,
    transaction::{Action, TransactionId, attest::WindowStatus, metered::Values, open::ContractId},
    units::{Credit, Interval, MeterId, Price, Quantity, Timestamp, Utility, Window},
};

/// What a disclosure proved, in the ledger's own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The last block of the chain it was held against.
    pub tip: At,
    /// What is proven.
    pub proven: Proven,
}

/// What is proven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proven {
    /// Its maker made this payment.
    PaymentMade(ProvenPayment),
    /// Its maker owns the address and received this payment.
    PaymentReceived(ProvenPayment),
    /// Its maker sold or bought this.
    Delivery(ProvenDelivery),
    /// A meter attested this.
    Reading(ProvenReading),
    /// Its maker can spend at least so much at the tip.
    Balance {
        /// How much.
        at_least: Credit,
        /// In how many notes.
        notes: usize,
        /// How many notes the least hidden of them hides among.
        smallest_ring: usize,
    },
    /// A meter's readings come to this bill.
    Bill(ProvenBill),
    /// A meter stayed below this.
    Peak(ProvenPeak),
    /// A meter's readings add up to this.
    Energy(ProvenEnergy),
    /// Its maker's trades add up to this.
    Shared(ProvenShared),
}

/// A payment of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProvenPayment {
    /// What was claimed, all of which holds.
    pub payment: Payment,
    /// Its block.
    pub at: At,
    /// Whether it is new credit, straight from the treasury's Mint.
    pub minted: bool,
    /// Whether another note, made before it or with it, has the same one-time key. No wallet makes such a note, and of all
    /// that have one key only one can ever be spent.
    pub shared_key: bool,
}

/// A delivery of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProvenDelivery {
    /// Which contract.
    pub contract: ContractId,
    /// Which side its maker is.
    pub party: Party,
    /// What was traded.
    pub utility: Utility,
    /// For when.
    pub window: Window,
    /// At which price.
    pub price: Price,
    /// How much was delivered.
    pub delivered: Quantity,
    /// What was paid for it.
    pub paid: Credit,
    /// When it was opened.
    pub opened: At,
    /// When it was settled.
    pub settled: At,
}

/// A reading of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProvenReading {
    /// Which meter.
    pub meter: MeterId,
    /// What it measures.
    pub utility: Utility,
    /// Which interval.
    pub interval: Interval,
    /// Its first second.
    pub start: Timestamp,
    /// Its length in seconds.
    pub length: u64,
    /// Export or import.
    pub register: Register,
    /// How much.
    pub value: Quantity,
    /// How the meter came by it; `None` if this is a correction.
    pub status: Option<WindowStatus>,
    /// The attestation or correction.
    pub transaction: TransactionId,
    /// Its block.
    pub at: At,
    /// The block of the last correction, if the meter has corrected this value since: it is not in force any more.
    pub corrected: Option<At>,
}

pub(super) fn ensure(holds: bool, error: DisclosureError) -> Result<(), DisclosureError> {
    if holds { Ok(()) } else { Err(error) }
}

impl Disclosure {
    /// Holds the disclosure against the ledger: every place it names, every proof in it. For whom it was made is the
    /// caller's to compare ([`super::Audience`]).
    ///
    /// Variable time: everything is public.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self, facts: &dyn Facts) -> Result<Checked, DisclosureError> {
        let (claimed, held) = (self.statement.network, *facts.genesis().network());
        ensure(claimed == held, DisclosureError::ForeignNetwork { claimed, held })?;
        let designation = self.statement.audience.designation();
        ensure(designation.is_none_or(|to| self.statement.made <= to.expires), DisclosureError::Expired)?;
        ensure(self.proof.is_designated() == designation.is_some(), DisclosureError::ProofKind)?;
        let proven = match (&self.statement.claim, &self.proof) {
            (Claim::Balance(claim), Proof::Balance(proof)) => balance::check(&self.statement, claim, proof, facts)?,
            (Claim::Bill(claim), Proof::Circuits(proof)) => {
                Proven::Bill(bill::check(&self.statement, claim, proof, facts)?)
            }
            (Claim::Peak(claim), Proof::Circuits(proof)) => {
                Proven::Peak(peak::check(&self.statement, claim, proof, facts)?)
            }
            (claim, Proof::Knowledge(proof)) => {
                let (known, proven) = claim.to_be_known(facts)?;
                self.knows(&known, proof)?;
                proven
            }
            _ => return Err(DisclosureError::ProofKind),
        };
        Ok(Checked { tip: facts.tip(), proven })
    }

    fn knows(&self, known: &[Known], proof: &Sigma) -> Result<(), DisclosureError> {
        let (network, about) = (&self.statement.network, self.statement.encode());
        let verdict = match (self.statement.audience.designation(), proof) {
            (None, Sigma::Plain(proof)) => disclosure::verify(network, &about, known, proof),
            (Some(to), Sigma::Designated(proof)) => designated::verify(network, &about, known, &to.key, proof),
            _ => return Err(DisclosureError::ProofKind),
        };
        verdict.map_err(|_| DisclosureError::Knowledge)
    }

    /// What a verifier can make himself of any statement that is designated to him, a wrong one too: why nobody else believes what
    /// he was answered. Of a balance he keeps buckets and images, and commits to what he likes.
    ///
    /// # Errors
    /// What the ledger does not have; `Designation` if the statement is not designated to this key; `Circuit` for a bill of an
    /// amount that no use in one of its zones comes to.
    pub fn simulate(
        mut statement: Statement,
        facts: &dyn Facts,
        verifier: &VerifierSecret,
        rng: &mut impl Rng,
    ) -> Result<Self, DisclosureError> {
        let own = statement.audience.designation().is_some_and(|to| to.key == *verifier.key());
        ensure(own, DisclosureError::Designation)?;
        let proof = match &statement.claim {
            Claim::Balance(claim) => {
                let (claim, blindings) = balance::made_up(claim, rng)?;
                statement.claim = Claim::Balance(claim.clone());
                Proof::Balance(balance::simulate(&statement, &claim, &blindings, facts, verifier, rng)?)
            }
            Claim::Bill(claim) => Proof::Circuits(bill::simulate(&statement, claim, facts, verifier, rng)?),
            Claim::Peak(claim) => Proof::Circuits(peak::simulate(&statement, claim, facts, verifier, rng)?),
            claim => {
                let (known, _) = claim.to_be_known(facts)?;
                let proof = designated::simulate(&statement.network, &statement.encode(), &known, verifier, rng);
                Proof::Knowledge(Sigma::Designated(proof.map_err(|_| DisclosureError::Knowledge)?))
            }
        };
        Ok(Disclosure { statement, proof })
    }
}

impl Claim {
    /// What its maker has to know for it to hold, by the ledger, and what is proven then; for the kinds that need no more than
    /// that.
    fn to_be_known(&self, facts: &dyn Facts) -> Result<(Vec<Known>, Proven), DisclosureError> {
        match self {
            Claim::PaymentMade(payment) => {
                let paid = Paid::find(payment, facts)?;
                // A Mint has no inputs that anybody could have blinded.
                ensure(!paid.minted, DisclosureError::NotAPayment { kind: "Mint" })?;
                let known = sender_known(payment, &paid.note, &paid.inputs);
                Ok((known, Proven::PaymentMade(paid.proven(payment))))
            }
            Claim::PaymentReceived(payment) => {
                let paid = Paid::find(payment, facts)?;
                Ok((receiver_known(payment, &paid.note), Proven::PaymentReceived(paid.proven(payment))))
            }
            Claim::Delivery(claim) => delivery(claim, facts),
            Claim::Reading(claim) => reading(claim, facts),
            Claim::Energy(claim) => {
                let (known, proven) = energy::facts_of(claim, facts)?;
                Ok((vec![known], Proven::Energy(proven)))
            }
            Claim::Shared(claim) => {
                let (known, proven) = shared::facts_of(claim, facts)?;
                Ok((known, Proven::Shared(proven)))
            }
            Claim::Balance(_) | Claim::Bill(_) | Claim::Peak(_) => Err(DisclosureError::ProofKind),
        }
    }
}

fn delivery(claim: &DeliveryClaim, facts: &dyn Facts) -> Result<(Vec<Known>, Proven), DisclosureError> {
    let contract = facts.contract(&claim.contract)?.ok_or(DisclosureError::UnknownContract)?;
    let receipt = contract.receipt.ok_or(DisclosureError::NotDelivered)?;
    let terms = &contract.terms;
    let known = delivery_known(claim, &claim.party.key_of(terms), &receipt.delivered);
    let proven = Proven::Delivery(ProvenDelivery {
        contract: claim.contract,
        party: claim.party,
        utility: terms.utility,
        window: terms.window,
        price: terms.price,
        delivered: claim.delivered,
        paid: terms.price.times(claim.delivered),
        opened: contract.opened,
        settled: receipt.at,
    });
    Ok((known, proven))
}

fn reading(claim: &ReadingClaim, facts: &dyn Facts) -> Result<(Vec<Known>, Proven), DisclosureError> {
    let height = claim.place.height;
    let included = facts.transaction(&claim.place)?.ok_or(DisclosureError::UnknownTransaction { height })?;
    let action = included.transaction.action();
    let posted = action.meter().ok_or(DisclosureError::NotAnAttestation { kind: action.name() })?;
    ensure(posted == claim.meter, DisclosureError::OtherMeter)?;
    let genesis = facts.genesis();
    let meter = genesis.meter(claim.meter).ok_or(DisclosureError::OtherMeter)?;
    let intervals = genesis.parameters.intervals_per_window() as u64;
    let (window, offset) = (Window(claim.interval.0 / intervals), claim.interval.0 % intervals);
    let (values, status) = values_of(action, window).ok_or(DisclosureError::OtherInterval)?;
    let commitment = value_at(&values, claim.register, offset).ok_or(DisclosureError::OtherInterval)?;
    let last = facts.last_correction(claim.meter, window)?;
    let length = genesis.parameters.interval;
    let proven = Proven::Reading(ProvenReading {
        meter: claim.meter,
        utility: meter.utility,
        interval: claim.interval,
        start: Timestamp(claim.interval.0.saturating_mul(length)),
        length,
        register: claim.register,
        value: claim.value,
        status,
        transaction: claim.place.transaction,
        at: At { height, time: included.time },
        corrected: last.filter(|(id, _)| *id != claim.place.transaction).map(|(_, at)| at),
    });
    Ok((reading_known(claim, commitment), proven))
}

/// What a meter's transaction says of a window, and how it came about if that is said.
fn values_of(action: &Action, window: Window) -> Option<(Values<'_>, Option<WindowStatus>)> {
    match action {
        Action::Attest(attest) => {
            let (_, attested) = attest.statement.indexed_windows().find(|(of, _)| *of == window)?;
            Some((attested.values(), Some(attested.status)))
        }
        Action::Correct(correct) => (correct.statement.window == window).then(|| (correct.statement.values(), None)),
        _ => None,
    }
}

fn value_at<'a>(window: &Values<'a>, register: Register, offset: u64) -> Option<&'a Point> {
    let values = match register {
        Register::Export => window.export,
        Register::Import => window.import,
    };
    values.get(usize::try_from(offset).ok()?)
}

/// The output that a payment names, with what its transaction says beside it.
struct Paid {
    note: Output,
    inputs: Vec<Point>,
    minted: bool,
    shared_key: bool,
    at: At,
}

impl Paid {
    fn find(payment: &Payment, facts: &dyn Facts) -> Result<Self, DisclosureError> {
        let height = payment.place.height;
        let included = facts.transaction(&payment.place)?.ok_or(DisclosureError::UnknownTransaction { height })?;
        let action = included.transaction.action();
        let (outputs, minted) = match action {
            Action::Transfer(transfer) => (&transfer.statement.outputs, false),
            Action::Mint(mint) => (&mint.statement.outputs, true),
            _ => return Err(DisclosureError::NotAPayment { kind: action.name() }),
        };
        let output = payment.output;
        let note = *outputs.get(usize::from(output)).ok_or(DisclosureError::UnknownOutput { output })?;
        let inputs = action.spends().iter().map(|spend| spend.pseudo).collect();
        let shared_key = facts.notes_with_key(&note.key, height)? > 1;
        Ok(Paid { note, inputs, minted, shared_key, at: At { height, time: included.time } })
    }

    fn proven(&self, payment: &Payment) -> ProvenPayment {
        ProvenPayment { payment: *payment, at: self.at, minted: self.minted, shared_key: self.shared_key }
    }
}
