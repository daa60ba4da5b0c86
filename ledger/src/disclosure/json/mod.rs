//! A disclosure as a JSON file: strict, so that a file means one thing and nothing in it goes unread.
//!
//! Unknown, missing and doubled fields are refused; hexadecimal digits are lower-case and of the exact length; points are
//! canonical and not the identity, scalars below the group order, an address is the one text of its keys.

mod proofs;

use hushwatt_crypto::{NetworkId, Point, PublicScalar, address::Address, hash::hex, meter::Register};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Audience, BalanceClaim, BillClaim, Calendar, Cents, Claim, Day, DeliveryClaim, Designation, Disclosure,
    DisclosureError, EnergyClaim, Hours, MAX_BILL_DAYS, MAX_ENERGY_DAYS, MAX_HOURS, MAX_NOTES, MAX_PEAK_DAYS,
    MAX_SHARED, MAX_SHARED_DAYS, Party, Payment, PeakClaim, Period, Place, ReadingClaim, SharedClaim, ShownNote,
    Statement, Tariff, inquiry::key, statement::deceives, tariff::TariffForm,
};
use crate::{
    note::{BucketId, BucketVersion, MAX_RING, MIN_RING},
    transaction::{TransactionId, open::ContractId, order::OrderId},
    units::{Credit, Interval, MeterId, Quantity, Timestamp, Utility},
};

use proofs::ProofForm;

/// No disclosure is longer, in bytes.
pub const MAX_DISCLOSURE_BYTES: usize = 4 << 20;
/// Of what convinces everybody.
const FORMAT: &str = "hushwatt disclosure 1";
/// Of what answers a request and convinces who asked.
const DESIGNATED: &str = "hushwatt disclosure 2";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    format: String,
    network: String,
    verifier: String,
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    verifier_key: Option<String>,
    nonce: String,
    purpose: String,
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
    made: u64,
    claim: ClaimForm,
    proof: ProofForm,
}

/// A field that is there has a value.
fn there<'de, T: Deserialize<'de>, D: Deserializer<'de>>(source: D) -> Result<Option<T>, D::Error> {
    T::deserialize(source).map(Some)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ClaimForm {
    PaymentMade(PaymentForm),
    PaymentReceived(PaymentForm),
    Delivery(DeliveryForm),
    Reading(ReadingForm),
    Balance(BalanceForm),
    Bill(BillForm),
    Peak(PeakForm),
    Energy(EnergyForm),
    SharedEnergy(SharedForm),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentForm {
    height: u64,
    transaction: String,
    output: u8,
    address: String,
    micro_euro: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryForm {
    contract: String,
    party: Party,
    delivered: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RegisterForm {
    Export,
    Import,
}

impl From<Register> for RegisterForm {
    fn from(register: Register) -> Self {
        match register {
            Register::Export => RegisterForm::Export,
            Register::Import => RegisterForm::Import,
        }
    }
}

impl From<RegisterForm> for Register {
    fn from(form: RegisterForm) -> Self {
        match form {
            RegisterForm::Export => Register::Export,
            RegisterForm::Import => Register::Import,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingForm {
    height: u64,
    transaction: String,
    meter: u32,
    interval: u64,
    register: RegisterForm,
    value: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceForm {
    at_least_micro_euro: u64,
    notes: Vec<NoteForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteForm {
    bucket: u64,
    length: u32,
    image: String,
    commitment: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BillForm {
    meter: u32,
    height: u64,
    from: String,
    until: String,
    tariff: TariffForm,
    gross_cents: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeakForm {
    meter: u32,
    height: u64,
    register: RegisterForm,
    from: String,
    until: String,
    time_zone: String,
    hours: Vec<String>,
    limit_per_hour: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnergyForm {
    meter: u32,
    height: u64,
    register: RegisterForm,
    from: String,
    until: String,
    time_zone: String,
    total: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedForm {
    party: Party,
    utility: Utility,
    from: String,
    until: String,
    time_zone: String,
    contracts: Vec<String>,
    orders: Vec<String>,
    total: u64,
}

/// The parser quotes the file, which may hold anything.
pub(super) fn parser_says(error: &serde_json::Error) -> String {
    error.to_string().chars().map(|one| if deceives(one) { '?' } else { one }).collect()
}

fn syntax(error: &serde_json::Error) -> DisclosureError {
    DisclosureError::Syntax(parser_says(error))
}

pub(super) fn malformed(field: &'static str, reason: impl ToString) -> DisclosureError {
    DisclosureError::Field { field, reason: reason.to_string() }
}

/// Lower-case digits of exactly so many bytes.
fn bytes(field: &'static str, text: &str, length: usize) -> Result<Vec<u8>, DisclosureError> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let wrong = || malformed(field, format!("it must be {} lower-case hexadecimal digits", 2 * length));
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(wrong()) };
    let decoded = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<Vec<u8>>>();
    decoded.filter(|bytes| bytes.len() == length).ok_or_else(wrong)
}

pub(super) fn array<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], DisclosureError> {
    let bytes = bytes(field, text, N)?;
    bytes.try_into().map_err(|_| malformed(field, "another length"))
}

fn point(field: &'static str, text: &str) -> Result<Point, DisclosureError> {
    Point::decode(&array(field, text)?).map_err(|error| malformed(field, error))
}

pub(super) fn scalar(field: &'static str, text: &str) -> Result<PublicScalar, DisclosureError> {
    PublicScalar::decode(&array(field, text)?).map_err(|error| malformed(field, error))
}

fn place(height: u64, transaction: &str) -> Result<Place, DisclosureError> {
    Ok(Place { height, transaction: TransactionId(array("the transaction", transaction)?) })
}

/// An address in its one way to write it.
pub(super) fn address(network: &NetworkId, text: &str) -> Result<Address, DisclosureError> {
    let field = "the address";
    let address = Address::decode(network, text).map_err(|error| malformed(field, error))?;
    if address.encode(network) == text {
        Ok(address)
    } else {
        Err(malformed(field, "it is not written as addresses are"))
    }
}

impl PaymentForm {
    fn of(network: &NetworkId, payment: &Payment) -> Self {
        PaymentForm {
            height: payment.place.height,
            transaction: hex(&payment.place.transaction.0),
            output: payment.output,
            address: payment.address.encode(network),
            micro_euro: payment.amount.0,
        }
    }

    fn read(self, network: &NetworkId) -> Result<Payment, DisclosureError> {
        let address = address(network, &self.address)?;
        let place = place(self.height, &self.transaction)?;
        Ok(Payment { place, output: self.output, address, amount: Credit(self.micro_euro) })
    }
}

impl NoteForm {
    fn of(note: &ShownNote) -> Self {
        let ShownNote { bucket, image, pseudo } = note;
        let (image, commitment) = (hex(image.as_bytes()), hex(pseudo.as_bytes()));
        NoteForm { bucket: bucket.id.0, length: bucket.length, image, commitment }
    }

    fn read(self) -> Result<ShownNote, DisclosureError> {
        if !(MIN_RING..=MAX_RING).contains(&self.length) {
            return Err(malformed("a set's length", format!("it must be {MIN_RING} to {MAX_RING}")));
        }
        Ok(ShownNote {
            bucket: BucketVersion { id: BucketId(self.bucket), length: self.length },
            image: point("a key image", &self.image)?,
            pseudo: point("a commitment", &self.commitment)?,
        })
    }
}

/// What is read must be written as this program writes it.
fn canonical<T>(field: &'static str, text: &str, read: T, written: &str) -> Result<T, DisclosureError> {
    if text == written { Ok(read) } else { Err(malformed(field, format!("it must be written {written:?}"))) }
}

pub(super) fn calendar(zone: &str) -> Result<Calendar, DisclosureError> {
    let field = "the time zone";
    let calendar = Calendar::new(zone).map_err(|error| malformed(field, error))?;
    let name = calendar.name().to_owned();
    canonical(field, zone, calendar, &name)
}

fn day(field: &'static str, text: &str) -> Result<Day, DisclosureError> {
    Day::parse(text).map_err(|error| malformed(field, error))
}

/// A period, all of which is after 1970.
pub(super) fn period(from: &str, until: &str, longest: u32, calendar: &Calendar) -> Result<Period, DisclosureError> {
    let period = Period::new(day("the first day", from)?, day("the last day", until)?, longest);
    let period = period.map_err(|error| malformed("the period", error))?;
    period.bounds(calendar).map(|_| period).ok_or_else(|| malformed("the period", "it begins before 1970"))
}

/// A list of hours, each in its one way to write it.
pub(super) fn hours(texts: &[String]) -> Result<Vec<Hours>, DisclosureError> {
    let field = "the hours";
    if texts.len() > MAX_HOURS {
        return Err(malformed(field, format!("there are more than {MAX_HOURS}")));
    }
    let read = |text: &String| {
        let hours = Hours::parse(text).map_err(|error| malformed(field, error))?;
        canonical(field, text, hours, &hours.to_string())
    };
    texts.iter().map(read).collect()
}

/// A tariff as this program writes it.
pub(super) fn tariff(form: &TariffForm) -> Result<Tariff, DisclosureError> {
    let tariff = form.read().map_err(|error| malformed("the tariff", error))?;
    if TariffForm::of(&tariff) == *form {
        Ok(tariff)
    } else {
        Err(malformed("the tariff", "it is not written as this program writes it"))
    }
}

impl BillForm {
    fn of(bill: &BillClaim) -> Self {
        BillForm {
            meter: bill.meter.0,
            height: bill.height,
            from: bill.period.from().to_string(),
            until: bill.period.until().to_string(),
            tariff: TariffForm::of(&bill.tariff),
            gross_cents: bill.gross.0,
        }
    }

    fn read(self) -> Result<BillClaim, DisclosureError> {
        let tariff = tariff(&self.tariff)?;
        let period = period(&self.from, &self.until, MAX_BILL_DAYS, tariff.calendar())?;
        let (meter, gross) = (MeterId(self.meter), Cents(self.gross_cents));
        Ok(BillClaim { meter, height: self.height, period, tariff, gross })
    }
}

impl PeakForm {
    fn of(peak: &PeakClaim) -> Self {
        PeakForm {
            meter: peak.meter.0,
            height: peak.height,
            register: peak.register.into(),
            from: peak.period.from().to_string(),
            until: peak.period.until().to_string(),
            time_zone: peak.calendar.name().to_owned(),
            hours: peak.hours.iter().map(Hours::to_string).collect(),
            limit_per_hour: peak.limit,
        }
    }

    fn read(self) -> Result<PeakClaim, DisclosureError> {
        let calendar = calendar(&self.time_zone)?;
        Ok(PeakClaim {
            meter: MeterId(self.meter),
            height: self.height,
            register: self.register.into(),
            period: period(&self.from, &self.until, MAX_PEAK_DAYS, &calendar)?,
            hours: hours(&self.hours)?,
            calendar,
            limit: self.limit_per_hour,
        })
    }
}

impl EnergyForm {
    fn of(energy: &EnergyClaim) -> Self {
        EnergyForm {
            meter: energy.meter.0,
            height: energy.height,
            register: energy.register.into(),
            from: energy.period.from().to_string(),
            until: energy.period.until().to_string(),
            time_zone: energy.calendar.name().to_owned(),
            total: energy.total,
        }
    }

    fn read(self) -> Result<EnergyClaim, DisclosureError> {
        let calendar = calendar(&self.time_zone)?;
        Ok(EnergyClaim {
            meter: MeterId(self.meter),
            height: self.height,
            register: self.register.into(),
            period: period(&self.from, &self.until, MAX_ENERGY_DAYS, &calendar)?,
            calendar,
            total: self.total,
        })
    }
}

impl SharedForm {
    fn of(shared: &SharedClaim) -> Self {
        SharedForm {
            party: shared.party,
            utility: shared.utility,
            from: shared.period.from().to_string(),
            until: shared.period.until().to_string(),
            time_zone: shared.calendar.name().to_owned(),
            contracts: shared.contracts.iter().map(|id| hex(&id.0)).collect(),
            orders: shared.orders.iter().map(|id| hex(&id.0)).collect(),
            total: shared.total,
        }
    }

    fn read(self) -> Result<SharedClaim, DisclosureError> {
        if !(1..=MAX_SHARED).contains(&(self.contracts.len() + self.orders.len())) {
            return Err(DisclosureError::PartCount);
        }
        let calendar = calendar(&self.time_zone)?;
        let contract = |text: &String| Ok(ContractId(array("a contract", text)?));
        let order = |text: &String| Ok(OrderId(array("an order", text)?));
        Ok(SharedClaim {
            party: self.party,
            utility: self.utility,
            period: period(&self.from, &self.until, MAX_SHARED_DAYS, &calendar)?,
            calendar,
            contracts: self.contracts.iter().map(contract).collect::<Result<_, DisclosureError>>()?,
            orders: self.orders.iter().map(order).collect::<Result<_, DisclosureError>>()?,
            total: self.total,
        })
    }
}

impl ClaimForm {
    fn of(network: &NetworkId, claim: &Claim) -> Self {
        match claim {
            Claim::PaymentMade(payment) => ClaimForm::PaymentMade(PaymentForm::of(network, payment)),
            Claim::PaymentReceived(payment) => ClaimForm::PaymentReceived(PaymentForm::of(network, payment)),
            Claim::Delivery(DeliveryClaim { contract, party, delivered }) => {
                ClaimForm::Delivery(DeliveryForm { contract: hex(&contract.0), party: *party, delivered: delivered.0 })
            }
            Claim::Reading(reading) => ClaimForm::Reading(ReadingForm {
                height: reading.place.height,
                transaction: hex(&reading.place.transaction.0),
                meter: reading.meter.0,
                interval: reading.interval.0,
                register: reading.register.into(),
                value: reading.value.0,
            }),
            Claim::Balance(BalanceClaim { at_least, notes }) => ClaimForm::Balance(BalanceForm {
                at_least_micro_euro: at_least.0,
                notes: notes.iter().map(NoteForm::of).collect(),
            }),
            Claim::Bill(bill) => ClaimForm::Bill(BillForm::of(bill)),
            Claim::Peak(peak) => ClaimForm::Peak(PeakForm::of(peak)),
            Claim::Energy(energy) => ClaimForm::Energy(EnergyForm::of(energy)),
            Claim::Shared(shared) => ClaimForm::SharedEnergy(SharedForm::of(shared)),
        }
    }

    fn read(self, network: &NetworkId) -> Result<Claim, DisclosureError> {
        Ok(match self {
            ClaimForm::PaymentMade(payment) => Claim::PaymentMade(payment.read(network)?),
            ClaimForm::PaymentReceived(payment) => Claim::PaymentReceived(payment.read(network)?),
            ClaimForm::Delivery(DeliveryForm { contract, party, delivered }) => Claim::Delivery(DeliveryClaim {
                contract: ContractId(array("the contract", &contract)?),
                party,
                delivered: Quantity(delivered),
            }),
            ClaimForm::Reading(reading) => Claim::Reading(ReadingClaim {
                place: place(reading.height, &reading.transaction)?,
                meter: MeterId(reading.meter),
                interval: Interval(reading.interval),
                register: reading.register.into(),
                value: Quantity(reading.value),
            }),
            ClaimForm::Balance(BalanceForm { at_least_micro_euro, notes }) => {
                if !(1..=MAX_NOTES).contains(&notes.len()) {
                    return Err(DisclosureError::NoteCount);
                }
                let notes = notes.into_iter().map(NoteForm::read).collect::<Result<_, _>>()?;
                Claim::Balance(BalanceClaim { at_least: Credit(at_least_micro_euro), notes })
            }
            ClaimForm::Bill(bill) => Claim::Bill(bill.read()?),
            ClaimForm::Peak(peak) => Claim::Peak(peak.read()?),
            ClaimForm::Energy(energy) => Claim::Energy(energy.read()?),
            ClaimForm::SharedEnergy(shared) => Claim::Shared(shared.read()?),
        })
    }
}

impl Disclosure {
    /// The file, for people who look at it too.
    ///
    /// # Errors
    /// `Syntax`, which does not happen: there is no map with other keys than texts.
    pub fn to_json(&self) -> Result<String, DisclosureError> {
        let Statement { network, audience, made, claim } = &self.statement;
        let designation = audience.designation();
        let form = FileForm {
            format: if designation.is_some() { DESIGNATED } else { FORMAT }.to_owned(),
            network: network.to_string(),
            verifier: audience.verifier().to_owned(),
            verifier_key: designation.map(|to| to.key.encode()),
            nonce: audience.nonce().to_owned(),
            purpose: audience.purpose().to_owned(),
            expires: designation.map(|to| to.expires.0),
            made: made.0,
            claim: ClaimForm::of(network, claim),
            proof: ProofForm::of(&self.proof),
        };
        serde_json::to_string_pretty(&form).map_err(|error| syntax(&error))
    }

    /// Reads a file. Total on any bytes; proves nothing yet.
    ///
    /// # Errors
    /// What is malformed, and where.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DisclosureError> {
        if bytes.len() > MAX_DISCLOSURE_BYTES {
            return Err(DisclosureError::FileTooLong);
        }
        let form: FileForm = serde_json::from_slice(bytes).map_err(|error| syntax(&error))?;
        let designation = match (form.format.as_str(), &form.verifier_key, form.expires) {
            (FORMAT, None, None) => None,
            (DESIGNATED, Some(text), Some(expires)) => {
                Some(Designation { key: key(text)?, expires: Timestamp(expires) })
            }
            (FORMAT | DESIGNATED, ..) => return Err(DisclosureError::Designation),
            _ => {
                let found: String = form.format.chars().take(40).collect();
                return Err(DisclosureError::Format { found, expected: DESIGNATED });
            }
        };
        let network = NetworkId(array("the network", &form.network)?);
        let audience = Audience::new(&form.verifier, &form.nonce, &form.purpose)
            .map_err(|(field, flaw)| DisclosureError::Text { field, flaw })?;
        let audience = match designation {
            None => audience,
            Some(designation) => audience.designated(designation),
        };
        let claim = form.claim.read(&network)?;
        let proof = form.proof.read(&claim)?;
        // Who asked is who is convinced.
        if proof.is_designated() != designation.is_some() {
            return Err(DisclosureError::ProofKind);
        }
        Ok(Disclosure { statement: Statement { network, audience, made: Timestamp(form.made), claim }, proof })
    }
}
