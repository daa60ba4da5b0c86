//! A request as a JSON file, and the same as a link to paste; as strict as disclosures are.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hushwatt_crypto::{NetworkId, address::Address, designated::VerifierKey, disclosure::Knowledge, hash::hex};
use serde::{Deserialize, Serialize};

use super::{Ask, Inquiry, InquiryError, audience};
use crate::{
    disclosure::{
        Calendar, Designation, DisclosureError, Hours, MAX_BILL_DAYS, MAX_ENERGY_DAYS, MAX_PEAK_DAYS, MAX_SHARED_DAYS,
        Party, Period,
        json::{RegisterForm, address, array, calendar, hours, malformed, parser_says, period, scalar, tariff},
        tariff::TariffForm,
    },
    transaction::open::ContractId,
    units::{Credit, MeterId, Timestamp, Utility},
};

/// No request is longer, in bytes.
pub const MAX_INQUIRY_BYTES: usize = 16 << 10;
const FORMAT: &str = "hushwatt request 1";
const SCHEME: &str = "hushwatt:request?";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InquiryForm {
    format: String,
    network: String,
    verifier: String,
    key: String,
    nonce: String,
    purpose: String,
    expires: u64,
    asks: AskForm,
    possession: PossessionForm,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PossessionForm {
    challenge: String,
    response: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum AskForm {
    PaymentMade(PaymentForm),
    PaymentReceived(PaymentForm),
    Delivery(DeliveryForm),
    Reading(ReadingForm),
    Energy(EnergyForm),
    SharedEnergy(SharedForm),
    Bill(BillForm),
    Peak(PeakForm),
    Balance(BalanceForm),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentForm {
    address: String,
    micro_euro: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryForm {
    contract: String,
    party: Party,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingForm {
    meter: u32,
    at: u64,
    register: RegisterForm,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnergyForm {
    meter: u32,
    register: RegisterForm,
    from: String,
    until: String,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedForm {
    party: Party,
    utility: Utility,
    from: String,
    until: String,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BillForm {
    meter: u32,
    from: String,
    until: String,
    tariff: TariffForm,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeakForm {
    meter: u32,
    register: RegisterForm,
    from: String,
    until: String,
    time_zone: String,
    hours: Vec<String>,
    limit_per_hour: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceForm {
    at_least_micro_euro: u64,
}

fn days(from: &str, until: &str, zone: &str, longest: u32) -> Result<(Period, Calendar), DisclosureError> {
    let calendar = calendar(zone)?;
    Ok((period(from, until, longest, &calendar)?, calendar))
}

impl AskForm {
    fn of(network: &NetworkId, ask: &Ask) -> Self {
        let payment = |to: &Address, amount: &Credit| PaymentForm { address: to.encode(network), micro_euro: amount.0 };
        match ask {
            Ask::PaymentMade { to, amount } => AskForm::PaymentMade(payment(to, amount)),
            Ask::PaymentReceived { to, amount } => AskForm::PaymentReceived(payment(to, amount)),
            Ask::Delivery { contract, party } => {
                AskForm::Delivery(DeliveryForm { contract: hex(&contract.0), party: *party })
            }
            Ask::Reading { meter, at, register } => {
                AskForm::Reading(ReadingForm { meter: meter.0, at: at.0, register: (*register).into() })
            }
            Ask::Energy { meter, register, period, calendar } => AskForm::Energy(EnergyForm {
                meter: meter.0,
                register: (*register).into(),
                from: period.from().to_string(),
                until: period.until().to_string(),
                time_zone: calendar.name().to_owned(),
            }),
            Ask::Shared { party, utility, period, calendar } => AskForm::SharedEnergy(SharedForm {
                party: *party,
                utility: *utility,
                from: period.from().to_string(),
                until: period.until().to_string(),
                time_zone: calendar.name().to_owned(),
            }),
            Ask::Bill { meter, period, tariff } => AskForm::Bill(BillForm {
                meter: meter.0,
                from: period.from().to_string(),
                until: period.until().to_string(),
                tariff: TariffForm::of(tariff),
            }),
            Ask::Peak { meter, register, period, calendar, hours, limit } => AskForm::Peak(PeakForm {
                meter: meter.0,
                register: (*register).into(),
                from: period.from().to_string(),
                until: period.until().to_string(),
                time_zone: calendar.name().to_owned(),
                hours: hours.iter().map(Hours::to_string).collect(),
                limit_per_hour: *limit,
            }),
            Ask::Balance { at_least } => AskForm::Balance(BalanceForm { at_least_micro_euro: at_least.0 }),
        }
    }

    fn read(self, network: &NetworkId) -> Result<Ask, DisclosureError> {
        Ok(match self {
            AskForm::PaymentMade(form) => {
                Ask::PaymentMade { to: address(network, &form.address)?, amount: Credit(form.micro_euro) }
            }
            AskForm::PaymentReceived(form) => {
                Ask::PaymentReceived { to: address(network, &form.address)?, amount: Credit(form.micro_euro) }
            }
            AskForm::Delivery(form) => {
                Ask::Delivery { contract: ContractId(array("the contract", &form.contract)?), party: form.party }
            }
            AskForm::Reading(form) => {
                Ask::Reading { meter: MeterId(form.meter), at: Timestamp(form.at), register: form.register.into() }
            }
            AskForm::Energy(form) => {
                let (period, calendar) = days(&form.from, &form.until, &form.time_zone, MAX_ENERGY_DAYS)?;
                Ask::Energy { meter: MeterId(form.meter), register: form.register.into(), period, calendar }
            }
            AskForm::SharedEnergy(form) => {
                let (period, calendar) = days(&form.from, &form.until, &form.time_zone, MAX_SHARED_DAYS)?;
                Ask::Shared { party: form.party, utility: form.utility, period, calendar }
            }
            AskForm::Bill(form) => {
                let tariff = tariff(&form.tariff)?;
                let period = period(&form.from, &form.until, MAX_BILL_DAYS, tariff.calendar())?;
                Ask::Bill { meter: MeterId(form.meter), period, tariff }
            }
            AskForm::Peak(form) => {
                let (period, calendar) = days(&form.from, &form.until, &form.time_zone, MAX_PEAK_DAYS)?;
                let (meter, register, hours) = (MeterId(form.meter), form.register.into(), hours(&form.hours)?);
                Ask::Peak { meter, register, period, calendar, hours, limit: form.limit_per_hour }
            }
            AskForm::Balance(form) => Ask::Balance { at_least: Credit(form.at_least_micro_euro) },
        })
    }
}

impl Inquiry {
    fn form(&self) -> InquiryForm {
        let (audience, possession) = (&self.audience, &self.possession);
        InquiryForm {
            format: FORMAT.to_owned(),
            network: self.network.to_string(),
            verifier: audience.verifier().to_owned(),
            key: self.designation.key.encode(),
            nonce: audience.nonce().to_owned(),
            purpose: audience.purpose().to_owned(),
            expires: self.designation.expires.0,
            asks: AskForm::of(&self.network, &self.ask),
            possession: PossessionForm {
                challenge: hex(possession.challenge.as_bytes()),
                response: possession.responses.iter().map(|response| hex(response.as_bytes())).collect(),
            },
        }
    }

    /// The file, for people who look at it too.
    ///
    /// # Errors
    /// `Syntax`, which does not happen: there is no map with other keys than texts.
    pub fn to_json(&self) -> Result<String, InquiryError> {
        serde_json::to_string_pretty(&self.form()).map_err(|error| InquiryError::Syntax(parser_says(&error)))
    }

    /// The same in one word, to paste or to send.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn to_link(&self) -> Result<String, InquiryError> {
        let text = serde_json::to_string(&self.form()).map_err(|error| InquiryError::Syntax(parser_says(&error)))?;
        Ok(format!("{SCHEME}{}", URL_SAFE_NO_PAD.encode(text)))
    }

    /// Reads a file. Total on any bytes; whether it may be answered says [`Self::accept`].
    ///
    /// # Errors
    /// What is malformed, and where.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InquiryError> {
        if bytes.len() > MAX_INQUIRY_BYTES {
            return Err(InquiryError::TooLong);
        }
        let form: InquiryForm =
            serde_json::from_slice(bytes).map_err(|error| InquiryError::Syntax(parser_says(&error)))?;
        if form.format != FORMAT {
            let found: String = form.format.chars().take(40).collect();
            return Err(InquiryError::Format { found, expected: FORMAT });
        }
        let network = NetworkId(array("the network", &form.network)?);
        let audience = audience(&form.verifier, &form.nonce, &form.purpose)?;
        let designation = Designation { key: key(&form.key)?, expires: Timestamp(form.expires) };
        let possession = Knowledge {
            challenge: scalar("the challenge", &form.possession.challenge)?,
            responses: vec![scalar("the response", &form.possession.response)?],
        };
        Ok(Inquiry { network, audience, designation, ask: form.asks.read(&network)?, possession })
    }

    /// Reads a link.
    ///
    /// # Errors
    /// As [`Self::from_json`]; `Link`.
    pub fn from_link(text: &str) -> Result<Self, InquiryError> {
        let coded = text.trim().strip_prefix(SCHEME).ok_or(InquiryError::Link)?;
        if coded.len() > 2 * MAX_INQUIRY_BYTES {
            return Err(InquiryError::TooLong);
        }
        let bytes = URL_SAFE_NO_PAD.decode(coded).map_err(|_| InquiryError::Link)?;
        Self::from_json(&bytes)
    }

    /// Whether a text looks like a request's link.
    pub fn is_link(text: &str) -> bool {
        text.trim().starts_with(SCHEME)
    }
}

/// A key in its one way to write it.
pub(in crate::disclosure) fn key(text: &str) -> Result<VerifierKey, DisclosureError> {
    let field = "the verifier's key";
    let key = VerifierKey::decode(text).map_err(|error| malformed(field, error))?;
    if key.encode() == text { Ok(key) } else { Err(malformed(field, "it is not written as keys are")) }
}
