//! Disclosures: what a household hands to somebody to show one thing about itself (protocol section 10).
//!
//! A payment that it made or received, a delivery, one reading, what its readings or its trades of a period add up to, that it
//! has at least so much money, what it has to pay for a period, or that it stayed below a limit. Each says for whom it was
//! made and why, and is bound to that: passed on, it shows its first verifier's name and nonce. One that answers a request
//! convinces nobody else at all. No blinding and no one-time secret leaves the household.
//!
//! What a disclosure says is held against the ledger ([`Facts`]), never against the prover's copy of it. It names notes by
//! block, transaction and place, contracts by id, buckets by version: copied keys exist, so equal keys prove nothing.
//!
//! * `statement.rs`: what is claimed, for whom, and its one encoding. `json.rs`: the file.
//! * `known.rs`: which points of the ledger each claim is about. `prove.rs`: how a wallet makes one.
//! * `calendar.rs`: days and hours where people live. `tariff/`: prices. `period.rs`: the readings of a period. `bill.rs`,
//!   `peak.rs`, `energy.rs`: what is proven of them; `tied.rs`: that for one verifier only. `balance.rs`: money. `shared.rs`: what trades add up to.
//! * `inquiry/`: what a verifier asks, with a proof that he has the key that the answer is designated to.
//! * `facts.rs`: what the ledger has to say. `check.rs`: whether they agree.

mod balance;
mod bill;
mod calendar;
mod check;
mod energy;
mod error;
mod facts;
mod inquiry;
mod json;
mod known;
mod peak;
mod period;
mod prove;
mod shared;
mod statement;
mod tariff;
mod tied;

use hushwatt_circuits::CircuitProof;
use hushwatt_crypto::{clsag::Clsag, designated::Designated, disclosure::Knowledge, range::RangeProof};

use self::tied::Tied;

pub use self::{
    balance::{BalanceNote, prove_balance},
    bill::{BillClaim, Cents, MAX_BILL_DAYS, ProvenBill, prove_bill},
    calendar::{Calendar, CalendarError, Day, Hours, Period},
    check::{Checked, Proven, ProvenDelivery, ProvenPayment, ProvenReading},
    energy::{EnergyClaim, MAX_ENERGY_DAYS, ProvenEnergy, prove_energy},
    error::{DisclosureError, ProveError, TextFlaw},
    facts::{At, ContractFacts, Facts, FillFacts, Included, Receipt, RingFacts},
    inquiry::{Ask, Inquiry, InquiryError, MAX_INQUIRY_BYTES},
    json::MAX_DISCLOSURE_BYTES,
    peak::{MAX_PEAK_DAYS, MAX_PEAK_PARTS, PeakClaim, ProvenPeak, prove_peak},
    period::{HeldWindow, PostedWindow, ProvenPeriod, Span, Stretch},
    prove::{
        PaidSecrets, ReceivedSecrets, Request, prove_delivery, prove_payment_made, prove_payment_received,
        prove_reading,
    },
    shared::{MAX_SHARED, MAX_SHARED_DAYS, ProvenShared, SharedClaim, SharedPart, SharedWith, prove_shared},
    statement::{
        Audience, BalanceClaim, Claim, DeliveryClaim, Designation, MAX_NONCE, MAX_NOTES, MAX_PURPOSE, MAX_VERIFIER,
        Party, Payment, Place, ReadingClaim, ShownNote, Statement,
    },
    tariff::{MAX_HOURS, Tariff, TariffError, TariffText, Zone},
};

/// A claim with its proof. Reading one checks its form only: [`Disclosure::check`] says whether it holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disclosure {
    statement: Statement,
    proof: Proof,
}

/// What shows the claim.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Proof {
    /// Of a payment, a delivery, a reading or a total.
    Knowledge(Sigma),
    /// Of a balance.
    Balance(BalanceProof),
    /// Of a bill or a peak.
    Circuits(Circuits),
}

/// What shows that its maker knows something.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Sigma {
    /// To everybody.
    Plain(Knowledge),
    /// To one verifier.
    Designated(Designated),
}

/// One ring signature a note, and that their sum is enough.
#[derive(Clone, PartialEq, Eq, Debug)]
struct BalanceProof {
    rings: Rings,
    range: RangeProof,
}

/// One ring signature a note.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Rings {
    /// To everybody.
    Plain(Vec<Clsag>),
    /// To one verifier.
    Designated(Vec<Clsag>),
}

/// What shows that readings satisfy a circuit, part by part.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Circuits {
    /// To everybody: of the ledger's commitments.
    Plain(Vec<CircuitProof>),
    /// To one verifier.
    Tied(Tied),
}

impl Proof {
    /// Whether it convinces one verifier only.
    fn is_designated(&self) -> bool {
        match self {
            Proof::Knowledge(sigma) => matches!(sigma, Sigma::Designated(_)),
            Proof::Balance(balance) => matches!(balance.rings, Rings::Designated(_)),
            Proof::Circuits(circuits) => matches!(circuits, Circuits::Tied(_)),
        }
    }
}

impl Disclosure {
    /// What it claims, and for whom.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
}
