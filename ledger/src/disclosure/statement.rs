//! What a disclosure claims, for whom, and the one encoding that every proof in it is about.

use hushwatt_crypto::{
    Label, NetworkId, Point, address::Address, designated::VerifierKey, hash::Hasher, meter::Register,
};

use super::{bill::BillClaim, energy::EnergyClaim, error::TextFlaw, peak::PeakClaim, shared::SharedClaim};
use crate::{
    codec::Writer,
    note::BucketVersion,
    transaction::{
        TransactionId,
        open::{ContractId, ContractTerms},
    },
    units::{Credit, Interval, MeterId, Quantity, Timestamp},
};

/// Most characters of a verifier's name.
pub const MAX_VERIFIER: usize = 200;
/// Most characters of a nonce.
pub const MAX_NONCE: usize = 100;
/// Most characters of a purpose.
pub const MAX_PURPOSE: usize = 200;
/// Most notes that a balance shows.
pub const MAX_NOTES: usize = 16;

/// For whom a disclosure is, and what for. Any of the texts may be empty; then nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Audience {
    verifier: String,
    nonce: String,
    purpose: String,
    designation: Option<Designation>,
}

/// Whom alone a disclosure is to convince, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Designation {
    /// The verifier's disclosure key, possession of which his request proved.
    pub key: VerifierKey,
    /// The last second in which it is of use.
    pub expires: Timestamp,
}

/// One thing a household discloses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Where.
    pub network: NetworkId,
    /// For whom.
    pub audience: Audience,
    /// When it was made, by the prover's own clock: his word only.
    pub made: Timestamp,
    /// What.
    pub claim: Claim,
}

/// What is claimed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Who made this disclosure made this payment.
    PaymentMade(Payment),
    /// Who made this disclosure owns the address and received this payment.
    PaymentReceived(Payment),
    /// Who made this disclosure sold or bought what was delivered to a contract.
    Delivery(DeliveryClaim),
    /// A meter attested this value.
    Reading(ReadingClaim),
    /// Who made this disclosure can spend at least so much.
    Balance(BalanceClaim),
    /// What a meter attested of a period comes to this amount under a tariff.
    Bill(BillClaim),
    /// What a meter attested was never above a limit in some hours of a period.
    Peak(PeakClaim),
    /// What a meter attested of a period adds up to this.
    Energy(EnergyClaim),
    /// What its maker sold to others of the community in a period, or bought from them, adds up to this.
    Shared(SharedClaim),
}

/// A transaction of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The block.
    pub height: u64,
    /// The transaction in it.
    pub transaction: TransactionId,
}

/// An output, whom it pays, and how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payment {
    /// The transaction.
    pub place: Place,
    /// Which of its outputs, from 0.
    pub output: u8,
    /// Who can spend it.
    pub address: Address,
    /// How much.
    pub amount: Credit,
}

/// Which side of a contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// Who delivered.
    Seller,
    /// Who paid.
    Buyer,
}

/// What was delivered to a contract. Its window, utility and price are on the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeliveryClaim {
    /// Which contract.
    pub contract: ContractId,
    /// Whose disclosure it is.
    pub party: Party,
    /// How much was delivered.
    pub delivered: Quantity,
}

/// One value of one register in one interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadingClaim {
    /// The attestation.
    pub place: Place,
    /// Which meter.
    pub meter: MeterId,
    /// Which interval.
    pub interval: Interval,
    /// Export or import.
    pub register: Register,
    /// How much.
    pub value: Quantity,
}

/// At least so much, in notes that it does not name among those of their buckets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalanceClaim {
    /// How much at least; more than nothing.
    pub at_least: Credit,
    /// 1 to 16, by ascending key image.
    pub notes: Vec<ShownNote>,
}

/// A note of a bucket, without saying which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShownNote {
    /// Where it is.
    pub bucket: BucketVersion,
    /// Its key image: whoever has seen it here sees when the note is spent.
    pub image: Point,
    /// A fresh commitment to its value.
    pub pseudo: Point,
}

impl Audience {
    /// Refuses what is too long, or would not look on a screen like what it is.
    ///
    /// # Errors
    /// The name of the text and its flaw.
    pub fn new(verifier: &str, nonce: &str, purpose: &str) -> Result<Self, (&'static str, TextFlaw)> {
        let text = |name, text: &str, longest| match flaw(text, longest) {
            None => Ok(text.to_owned()),
            Some(flaw) => Err((name, flaw)),
        };
        Ok(Audience {
            verifier: text("verifier", verifier, MAX_VERIFIER)?,
            nonce: text("nonce", nonce, MAX_NONCE)?,
            purpose: text("purpose", purpose, MAX_PURPOSE)?,
            designation: None,
        })
    }

    /// The same, but to convince only who has a key.
    pub fn designated(self, designation: Designation) -> Self {
        Audience { designation: Some(designation), ..self }
    }

    /// Who is to check it.
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// What that verifier gave for this one time.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// What it is for.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// Whom alone it is to convince; nobody in particular if it was made without a request.
    pub fn designation(&self) -> Option<&Designation> {
        self.designation.as_ref()
    }

    /// The texts, without ambiguity.
    pub(super) fn encode(&self, writer: &mut Writer) {
        [&self.verifier, &self.nonce, &self.purpose].into_iter().for_each(|part| text(writer, part));
    }
}

impl Designation {
    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.bytes(self.key.as_bytes()).u64(self.expires.0);
    }
}

fn flaw(text: &str, longest: usize) -> Option<TextFlaw> {
    if text.chars().count() > longest {
        return Some(TextFlaw::TooLong { longest });
    }
    if text.chars().any(deceives) {
        return Some(TextFlaw::Character);
    }
    (text.trim() != text).then_some(TextFlaw::Edges)
}

/// Control characters, and those that turn, join, hide or break what stands around them: a text looks like what it is.
pub(super) fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text behind its length, so that no two lists of texts have one encoding.
pub(super) fn text(writer: &mut Writer, text: &str) {
    writer.u32(u32::try_from(text.len()).unwrap_or(u32::MAX)).bytes(text.as_bytes());
}

impl Party {
    /// The key of a contract that is this side's.
    pub(super) fn key_of(self, terms: &ContractTerms) -> Point {
        match self {
            Party::Seller => terms.claim_key,
            Party::Buyer => terms.refund_key,
        }
    }
}

impl Place {
    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.height).bytes(&self.transaction.0);
    }
}

impl Payment {
    fn encode(&self, writer: &mut Writer) {
        self.place.encode(writer);
        writer.u8(self.output).element(&self.address.view).element(&self.address.spend).u64(self.amount.0);
    }
}

impl Claim {
    /// The kind's name.
    pub fn name(&self) -> &'static str {
        match self {
            Claim::PaymentMade(_) => "payment made",
            Claim::PaymentReceived(_) => "payment received",
            Claim::Delivery(_) => "delivery",
            Claim::Reading(_) => "reading",
            Claim::Balance(_) => "balance",
            Claim::Bill(_) => "bill",
            Claim::Peak(_) => "peak",
            Claim::Energy(_) => "energy",
            Claim::Shared(_) => "shared energy",
        }
    }

    fn encode(&self, writer: &mut Writer) {
        match self {
            Claim::PaymentMade(payment) => payment.encode(writer.u8(1)),
            Claim::PaymentReceived(payment) => payment.encode(writer.u8(2)),
            Claim::Delivery(DeliveryClaim { contract, party, delivered }) => {
                writer.u8(3).bytes(&contract.0).u8(*party as u8).u32(delivered.0);
            }
            Claim::Reading(reading) => {
                reading.place.encode(writer.u8(4));
                writer.u32(reading.meter.0).u64(reading.interval.0).u8(reading.register as u8).u32(reading.value.0);
            }
            Claim::Balance(balance) => {
                writer.u8(5).u64(balance.at_least.0).count(balance.notes.len());
                for note in &balance.notes {
                    note.bucket.encode(writer);
                    writer.element(&note.image).element(&note.pseudo);
                }
            }
            Claim::Bill(bill) => bill.encode(writer.u8(6)),
            Claim::Peak(peak) => peak.encode(writer.u8(7)),
            Claim::Energy(energy) => energy.encode(writer.u8(8)),
            Claim::Shared(shared) => shared.encode(writer.u8(9)),
        }
    }
}

impl Statement {
    /// Everything that is claimed and for whom, without ambiguity.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.bytes(&self.network.0);
        self.audience.encode(&mut writer);
        writer.u64(self.made.0);
        self.claim.encode(&mut writer);
        // A claim's encoding says itself where it ends.
        self.audience.designation.iter().for_each(|designation| designation.encode(&mut writer));
        writer.finish()
    }

    /// What the ring signatures and the range proof of a balance, and proofs about readings, are about: never a transaction's
    /// signing digest.
    pub fn digest(&self) -> [u8; 64] {
        Hasher::new(&self.network, Label::DisclosureDigest).part(&self.encode()).finish64()
    }
}
