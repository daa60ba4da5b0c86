//! What a verifier asks of a household: for whom, what for, until when, and what exactly (protocol section 10).
//!
//! A request carries the verifier's disclosure key, and a proof over the whole request that he knows its secret. Without
//! that proof nobody may answer: a key whose secret nobody knows would make an answer that convinces everybody.

mod json;

use hushwatt_crypto::{
    NetworkId, Rng,
    address::Address,
    designated::{VerifierKey, VerifierSecret},
    disclosure::Knowledge,
    hash::hex,
    meter::Register,
};

pub use self::json::MAX_INQUIRY_BYTES;
pub(super) use self::json::key;

use super::{
    Audience, Claim, Designation, DisclosureError, Party, Request, Statement, TextFlaw,
    calendar::{Calendar, Hours, Period},
    statement::text,
    tariff::Tariff,
};
use crate::{
    codec::Writer,
    parameters::Parameters,
    transaction::open::ContractId,
    units::{Credit, MeterId, Timestamp, Utility},
};

/// Why a request is not to be answered.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// Longer than any request.
    #[error("it is longer than any request of this program (16 KiB)")]
    TooLong,
    /// Not JSON of this shape; what the parser says, without what could deceive on a screen.
    #[error("it is not a request of this program: {0}")]
    Syntax(String),
    /// A link of something else.
    #[error("it is no request's link: it starts with \"hushwatt:request?\" and is one word")]
    Link,
    /// Another format or a later version.
    #[error(
        "the request's format is {found:?}, but this program reads {expected:?}: ask for a newer program or request"
    )]
    Format {
        /// What it says.
        found: String,
        /// What is read here.
        expected: &'static str,
    },
    /// A field of it.
    #[error(transparent)]
    Field(#[from] DisclosureError),
    /// Name, nonce or purpose.
    #[error("the {field} is not usable: {flaw}")]
    Text {
        /// Which.
        field: &'static str,
        /// Why.
        flaw: TextFlaw,
    },
    /// It does not say who asks, or what for.
    #[error("a request says who asks, and what for")]
    Nameless,
    /// About another network.
    #[error("the request is about network {asked}, but this is {own}: nothing of it is answered")]
    ForeignNetwork {
        /// In the request.
        asked: NetworkId,
        /// One's own.
        own: NetworkId,
    },
    /// Too late.
    #[error("the request has expired: ask for a new one")]
    Expired,
    /// The proof of possession.
    #[error("the request was changed, or who made it does not have its key: do not answer it")]
    Possession,
    /// Cryptography refused a secret.
    #[error(transparent)]
    Crypto(#[from] hushwatt_crypto::CryptoError),
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// That the household paid this to this address.
    PaymentMade {
        /// Whom.
        to: Address,
        /// How much.
        amount: Credit,
    },
    /// That this address is the household's, and was paid this.
    PaymentReceived {
        /// Whose.
        to: Address,
        /// How much.
        amount: Credit,
    },
    /// What was delivered to a contract, by one of its sides.
    Delivery {
        /// Which contract.
        contract: ContractId,
        /// By which side.
        party: Party,
    },
    /// One value of one meter.
    Reading {
        /// Which meter.
        meter: MeterId,
        /// Any second of the interval.
        at: Timestamp,
        /// Taken or given.
        register: Register,
    },
    /// What a meter took or gave in some days, in all.
    Energy {
        /// Which meter.
        meter: MeterId,
        /// Taken or given.
        register: Register,
        /// Which days.
        period: Period,
        /// By whose clock.
        calendar: Calendar,
    },
    /// What was sold to the community, or bought from it, in some days, in all.
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
    /// What a meter's imports of some days come to.
    Bill {
        /// Which meter.
        meter: MeterId,
        /// Which days, by the tariff's clock.
        period: Period,
        /// At which prices.
        tariff: Tariff,
    },
    /// That a meter stayed below a limit.
    Peak {
        /// Which meter.
        meter: MeterId,
        /// Taken or given.
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
    /// That the household has at least so much.
    Balance {
        /// How much.
        at_least: Credit,
    },
}

/// A request, with the proof that its maker has its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inquiry {
    network: NetworkId,
    audience: Audience,
    designation: Designation,
    ask: Ask,
    possession: Knowledge,
}

impl Ask {
    /// The kind's name, as the answer's claim has it.
    pub fn name(&self) -> &'static str {
        match self {
            Ask::PaymentMade { .. } => "payment made",
            Ask::PaymentReceived { .. } => "payment received",
            Ask::Delivery { .. } => "delivery",
            Ask::Reading { .. } => "reading",
            Ask::Energy { .. } => "energy",
            Ask::Shared { .. } => "shared energy",
            Ask::Bill { .. } => "bill",
            Ask::Peak { .. } => "peak",
            Ask::Balance { .. } => "balance",
        }
    }

    fn encode(&self, writer: &mut Writer) {
        match self {
            Ask::PaymentMade { to, amount } => {
                writer.u8(1).element(&to.view).element(&to.spend).u64(amount.0);
            }
            Ask::PaymentReceived { to, amount } => {
                writer.u8(2).element(&to.view).element(&to.spend).u64(amount.0);
            }
            Ask::Delivery { contract, party } => {
                writer.u8(3).bytes(&contract.0).u8(*party as u8);
            }
            Ask::Reading { meter, at, register } => {
                writer.u8(4).u32(meter.0).u64(at.0).u8(*register as u8);
            }
            Ask::Energy { meter, register, period, calendar } => {
                period.encode(writer.u8(5).u32(meter.0).u8(*register as u8));
                text(writer, calendar.name());
            }
            Ask::Shared { party, utility, period, calendar } => {
                period.encode(writer.u8(6).u8(*party as u8).u8(utility.code()));
                text(writer, calendar.name());
            }
            Ask::Bill { meter, period, tariff } => {
                period.encode(writer.u8(7).u32(meter.0));
                writer.bytes(&tariff.digest());
            }
            Ask::Peak { meter, register, period, calendar, hours, limit } => {
                period.encode(writer.u8(8).u32(meter.0).u8(*register as u8));
                text(writer, calendar.name());
                writer.count(hours.len());
                hours.iter().for_each(|hours| hours.encode(writer));
                writer.u32(*limit);
            }
            Ask::Balance { at_least } => {
                writer.u8(9).u64(at_least.0);
            }
        }
    }

    /// Whether a claim says what is asked, whatever the answer is.
    pub fn fits(&self, claim: &Claim, parameters: &Parameters) -> bool {
        match (self, claim) {
            (Ask::PaymentMade { to, amount }, Claim::PaymentMade(payment))
            | (Ask::PaymentReceived { to, amount }, Claim::PaymentReceived(payment)) => {
                (payment.address, payment.amount) == (*to, *amount)
            }
            (Ask::Delivery { contract, party }, Claim::Delivery(delivery)) => {
                (delivery.contract, delivery.party) == (*contract, *party)
            }
            (Ask::Reading { meter, at, register }, Claim::Reading(reading)) => {
                let asked = (*meter, at.0 / parameters.interval, *register);
                (reading.meter, reading.interval.0, reading.register) == asked
            }
            (Ask::Energy { meter, register, period, calendar }, Claim::Energy(energy)) => {
                (energy.meter, energy.register, &energy.period, &energy.calendar)
                    == (*meter, *register, period, calendar)
            }
            (Ask::Shared { party, utility, period, calendar }, Claim::Shared(shared)) => {
                (shared.party, shared.utility, &shared.period, &shared.calendar) == (*party, *utility, period, calendar)
            }
            (Ask::Bill { meter, period, tariff }, Claim::Bill(bill)) => {
                (bill.meter, &bill.period, &bill.tariff) == (*meter, period, tariff)
            }
            (Ask::Peak { meter, register, period, calendar, hours, limit }, Claim::Peak(peak)) => {
                let over = (peak.meter, peak.register, &peak.period, &peak.calendar);
                over == (*meter, *register, period, calendar) && (&peak.hours, peak.limit) == (hours, *limit)
            }
            (Ask::Balance { at_least }, Claim::Balance(balance)) => balance.at_least == *at_least,
            _ => false,
        }
    }
}

impl Inquiry {
    /// Asks, with a fresh nonce, and shows that whoever asks has the key.
    ///
    /// # Errors
    /// `Nameless`, `Text`; `TooLong` for a tariff that no request holds.
    pub fn new(
        network: NetworkId,
        (verifier, purpose): (&str, &str),
        expires: Timestamp,
        ask: Ask,
        secret: &VerifierSecret,
        rng: &mut impl Rng,
    ) -> Result<Self, InquiryError> {
        let mut nonce = [0u8; 16];
        rng.fill_bytes(&mut nonce);
        let audience = audience(verifier, &hex(&nonce), purpose)?;
        let designation = Designation { key: *secret.key(), expires };
        let about = encode(&network, &audience, &designation, &ask);
        let possession = secret.prove_possession(&network, &about, rng)?;
        let inquiry = Inquiry { network, audience, designation, ask, possession };
        if inquiry.to_json()?.len() > MAX_INQUIRY_BYTES {
            return Err(InquiryError::TooLong);
        }
        Ok(inquiry)
    }

    /// Which community it is about.
    pub fn network(&self) -> &NetworkId {
        &self.network
    }

    /// Who asks, with which nonce, and what for.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Whom an answer convinces: who has this key.
    pub fn key(&self) -> &VerifierKey {
        &self.designation.key
    }

    /// The last second in which it may be answered, and in which the answer is of use.
    pub fn expires(&self) -> Timestamp {
        self.designation.expires
    }

    /// What is asked.
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// Whether it may be answered now, by a member of this network.
    ///
    /// # Errors
    /// `ForeignNetwork`, `Expired`, `Possession`.
    pub fn accept(&self, network: &NetworkId, now: Timestamp) -> Result<(), InquiryError> {
        if self.network != *network {
            return Err(InquiryError::ForeignNetwork { asked: self.network, own: *network });
        }
        if now > self.designation.expires {
            return Err(InquiryError::Expired);
        }
        self.verify()
    }

    /// Whether it is as its maker made it, and he has its key.
    ///
    /// # Errors
    /// `Possession`.
    pub fn verify(&self) -> Result<(), InquiryError> {
        let about = encode(&self.network, &self.audience, &self.designation, &self.ask);
        let key = &self.designation.key;
        key.verify_possession(&self.network, &about, &self.possession).map_err(|_| InquiryError::Possession)
    }

    /// For whom an answer is made.
    pub fn answer(&self, made: Timestamp) -> Request {
        let audience = self.audience.clone().designated(self.designation);
        Request { network: self.network, audience, made }
    }

    /// Whether a statement is an answer to this request and to no other: its nonce was drawn for it.
    pub fn is_answered_by(&self, statement: &Statement, parameters: &Parameters) -> bool {
        let same = self.answer(statement.made).audience == statement.audience && self.network == statement.network;
        same && self.ask.fits(&statement.claim, parameters)
    }
}

fn audience(verifier: &str, nonce: &str, purpose: &str) -> Result<Audience, InquiryError> {
    if [verifier, nonce, purpose].iter().any(|text| text.is_empty()) {
        return Err(InquiryError::Nameless);
    }
    Audience::new(verifier, nonce, purpose).map_err(|(field, flaw)| InquiryError::Text { field, flaw })
}

/// All that is asked and by whom, without ambiguity.
fn encode(network: &NetworkId, audience: &Audience, designation: &Designation, ask: &Ask) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.bytes(&network.0);
    audience.encode(&mut writer);
    designation.encode(&mut writer);
    ask.encode(&mut writer);
    writer.finish()
}
