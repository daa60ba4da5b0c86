//! `hushwatt wallet requests` and `hushwatt wallet answer`: what a verifier asks, in plain words, and an answer that convinces
//! him and nobody else.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hushwatt_crypto::meter::Register;
use hushwatt_ledger::{
    disclosure::{Ask, Claim, Hours, Inquiry, MAX_INQUIRY_BYTES, Party, Period, Tariff},
    units::{Credit, MeterId, Utility},
};
use hushwatt_wallet::household::Household;
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, export::write_new, session::Session, show::Show, table::pairs};
use crate::cli::{files::read_capped, progress};

#[derive(Subcommand)]
#[command(after_help = "Examples:
  hushwatt wallet requests show anna.request.json
  hushwatt wallet requests show \"hushwatt:request?eyJ...\"

Nothing is answered by looking. \"hushwatt wallet answer\" shows the same with your numbers, and asks before it writes anything.")]
pub(super) enum RequestsCommand {
    /// Who asks for what, what for, and what he would learn
    Show {
        /// A file or a link
        #[arg(value_name = "REQUEST")]
        request: String,
    },
}

/// Arguments of `hushwatt wallet answer`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet answer anna.request.json --out answer.json
  hushwatt wallet answer \"hushwatt:request?eyJ...\" --out answer.json --yes

The answer convinces who asked, and nobody else: he could have made it up himself. What you tell him he can repeat, but not prove.
The name in a request is what whoever asks calls himself: compare the key with the one he gave you.
An expired request, one of another community, and one whose maker does not show that he has its key are refused.")]
pub(super) struct AnswerArguments {
    /// The request: a file or a link
    #[arg(value_name = "REQUEST")]
    request: String,
    /// Write the answer into this new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A request for people and scripts.
#[derive(Serialize)]
struct Asked {
    verifier: String,
    purpose: String,
    key: String,
    expires: u64,
    kind: &'static str,
    asks: String,
    /// Of a bill.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prices: Vec<String>,
    learns: String,
}

#[derive(Serialize)]
struct Answered<'a> {
    file: &'a Path,
    verifier: &'a str,
    tells: String,
}

pub(super) fn requests(common: &Common, command: &RequestsCommand) -> Result<(), WalletCommandError> {
    let RequestsCommand::Show { request } = command;
    let session = Session::open(common)?;
    let (household, show) = (session.household(), common.show());
    let inquiry = household.read_inquiry(&given(request)?)?;
    let asked = asked(&show, &household, &inquiry);
    common.answer(&asked, || pairs(&lines(&show, &inquiry, &asked)))
}

pub(super) fn run(common: &Common, arguments: &AnswerArguments) -> Result<(), WalletCommandError> {
    if arguments.out.symlink_metadata().is_ok() {
        return Err(WalletCommandError::write(&arguments.out, std::io::ErrorKind::AlreadyExists.into()));
    }
    common.can_confirm()?;
    let given = given(&arguments.request)?;
    let session = Session::to_act(common)?;
    let mut household = session.household();
    let (show, inquiry) = (common.show(), household.read_inquiry(&given)?);
    let mut bar = None;
    let answer = household.answer_watched(&inquiry, &mut |done, parts| {
        let bar = bar.get_or_insert_with(|| progress::bar(parts as u64, "Proving"));
        bar.set_position(done as u64);
    });
    bar.iter().for_each(|bar| bar.finish_and_clear());
    let answer = answer?;
    let tells = told(&show, &household, answer.claim());
    let asked = asked(&show, &household, &inquiry);
    let mut about = lines(&show, &inquiry, &asked);
    about.push(("You tell", tells.clone()));
    common.confirm(&pairs(&about), "Answer?")?;
    let text = household.hand_out(&inquiry, &answer)?;
    write_new(&arguments.out, text.as_bytes())?;
    let answered = Answered { file: &arguments.out, verifier: inquiry.audience().verifier(), tells };
    common.answer(&answered, || {
        format!(
            "Told: {}\nWritten: {file}\nSend it to {}, who runs: hushwatt audit check {} --request REQUEST --key KEY-FILE --node URL",
            answered.tells,
            answered.verifier,
            arguments.out.file_name().unwrap_or_default().display(),
            file = arguments.out.display(),
        )
    })
}

/// A link, or what is in a file.
fn given(request: &str) -> Result<Vec<u8>, WalletCommandError> {
    if Inquiry::is_link(request) {
        return Ok(request.as_bytes().to_vec());
    }
    let path = Path::new(request);
    read_capped(path, MAX_INQUIRY_BYTES).map_err(|source| WalletCommandError::read(path, source))
}

fn asked(show: &Show, household: &Household, inquiry: &Inquiry) -> Asked {
    let audience = inquiry.audience();
    Asked {
        verifier: audience.verifier().to_owned(),
        purpose: audience.purpose().to_owned(),
        key: inquiry.key().encode(),
        expires: inquiry.expires().0,
        kind: inquiry.ask().name(),
        asks: question(show, household, inquiry.ask()),
        prices: match inquiry.ask() {
            Ask::Bill { tariff, .. } => prices(tariff),
            _ => Vec::new(),
        },
        learns: beside(inquiry.ask()).to_owned(),
    }
}

fn lines(show: &Show, inquiry: &Inquiry, asked: &Asked) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Request", format!("{} asks: {}", asked.verifier, asked.asks))];
    lines.extend(asked.prices.iter().map(|price| ("Price", price.clone())));
    lines.extend([
        ("What for", asked.purpose.clone()),
        ("Key", asked.key.clone()),
        ("The name", "is what whoever asks calls himself: compare the key with the one he gave you".to_owned()),
        ("Until", show.moment(inquiry.expires())),
        ("He learns", asked.learns.clone()),
        ("Others", "are not convinced by the answer: whoever asked could have made it up".to_owned()),
    ]);
    lines
}

/// Whole days in words; the second day is not in them.
fn days(period: &Period) -> String {
    let last = period.until().yesterday().unwrap_or(period.until());
    if last == period.from() { format!("on {last}") } else { format!("from {} to {last}", period.from()) }
}

fn took(register: Register) -> &'static str {
    match register {
        Register::Import => "took from the grid",
        Register::Export => "gave to the grid",
    }
}

fn shared(party: Party) -> &'static str {
    match party {
        Party::Seller => "sold to others of the community",
        Party::Buyer => "bought from others of the community",
    }
}

/// Everything that makes up a bill: prices that single out an hour ask what was used in it.
fn prices(tariff: &Tariff) -> Vec<String> {
    let text = tariff.text();
    let zones = text.zones.iter().map(|(name, price, hours)| {
        let when = if hours.is_empty() { "at all other times".to_owned() } else { hours.join(", ") };
        format!("{price} {when} ({name})")
    });
    let tiers = text.tiers.iter().map(|(above, surcharge)| format!("{surcharge} more above {above}"));
    let rest = format!("{}, at least {}, and {} tax on it", text.standing_charge, text.minimum, text.vat);
    zones.chain(tiers).chain([rest]).collect()
}

/// A limit, with the hours it is for.
fn limit_in(show: &Show, utility: Utility, limit: u32, hours: &[Hours]) -> String {
    let rate = format!("{} an hour", show.energy(utility, limit.into()));
    if hours.is_empty() {
        return rate;
    }
    let hours: Vec<String> = hours.iter().map(Hours::to_string).collect();
    format!("{rate} ({})", hours.join(", "))
}

fn utility_of(household: &Household, meter: MeterId) -> Utility {
    household.genesis().meter(meter).map_or(Utility::Electricity, |known| known.utility)
}

fn question(show: &Show, household: &Household, ask: &Ask) -> String {
    let network = household.genesis().network();
    match ask {
        Ask::PaymentMade { to, amount } => {
            format!("that you paid {} to {}", show.euro(*amount), household.name_of(&to.encode(network)))
        }
        Ask::PaymentReceived { amount, .. } => {
            format!("that you were paid {} and that the address is yours", show.euro(*amount))
        }
        Ask::Delivery { contract, party } => {
            let verb = match party {
                Party::Seller => "delivered to",
                Party::Buyer => "bought by",
            };
            format!("how much you {verb} contract {contract}", contract = short(&contract.0))
        }
        Ask::Reading { meter, at, register } => {
            format!("what {meter} {} in the interval of {}, that one value", took(*register), show.moment(*at))
        }
        Ask::Energy { meter, register, period, .. } => {
            format!("what {meter} {} {}, total only", took(*register), days(period))
        }
        Ask::Shared { party, utility, period, .. } => {
            format!("the {} you {} {}, total only", utility.name(), shared(*party), days(period))
        }
        Ask::Bill { meter, period, tariff } => {
            let name = tariff.name();
            format!("what {meter} has to pay {} under {name:?}, the amount only", days(period))
        }
        Ask::Peak { meter, register, period, hours, limit, .. } => {
            let limit = limit_in(show, utility_of(household, *meter), *limit, hours);
            format!(
                "that {meter} never {} more than {limit} {}, and not how much it was",
                took(*register),
                days(period)
            )
        }
        Ask::Balance { at_least } => format!("that you have at least {}, and not how much", show.euro(*at_least)),
    }
}

/// What whoever asks learns beside the answer itself.
fn beside(ask: &Ask) -> &'static str {
    match ask {
        Ask::PaymentMade { .. } => "which payment on the ledger was yours",
        Ask::PaymentReceived { .. } => "which payment on the ledger came to you, and that the address is yours",
        Ask::Delivery { .. } => "which side of this contract you are; its window and price are on the ledger",
        Ask::Reading { .. } => "which posting of the meter it is from; how the meter came by it is on the ledger",
        Ask::Energy { .. } | Ask::Bill { .. } | Ask::Peak { .. } => {
            "no single reading; which windows the meter posted is on the ledger"
        }
        Ask::Balance { .. } => {
            "marks of the pieces of money that were shown: he sees later when each is spent, and by which payment, though not to whom"
        }
        Ask::Shared { .. } => {
            "which contracts and auction orders were yours, though not how much each was; their windows and prices are on the ledger"
        }
    }
}

fn told(show: &Show, household: &Household, claim: &Claim) -> String {
    let network = household.genesis().network();
    let of_meter = |meter: MeterId| utility_of(household, meter);
    match claim {
        Claim::PaymentMade(payment) => {
            let to = household.name_of(&payment.address.encode(network));
            format!("you paid {} to {to}, in block {}", show.euro(payment.amount), payment.place.height)
        }
        Claim::PaymentReceived(payment) => {
            format!("you were paid {}, in block {}", show.euro(payment.amount), payment.place.height)
        }
        Claim::Delivery(delivery) => {
            let contract = household.contracts().into_iter().find(|contract| contract.id == delivery.contract);
            let utility = contract.map_or(Utility::Electricity, |contract| contract.utility);
            let verb = match delivery.party {
                Party::Seller => "delivered",
                Party::Buyer => "bought",
            };
            format!("you {verb} {}", show.energy(utility, delivery.delivered.0.into()))
        }
        Claim::Reading(reading) => {
            let value = show.energy(of_meter(reading.meter), reading.value.0.into());
            format!("{} {} {value} in that interval", reading.meter, took(reading.register))
        }
        Claim::Energy(energy) => {
            let total = show.energy(of_meter(energy.meter), energy.total);
            format!("{} {} {total} in all", energy.meter, took(energy.register))
        }
        Claim::Shared(of) => {
            let total = show.energy(of.utility, of.total);
            let parts = match of.contracts.len() + of.orders.len() {
                1 => "one contract or order".to_owned(),
                parts => format!("{parts} contracts and orders"),
            };
            format!("you {} {total} in all, in {parts}", shared(of.party))
        }
        Claim::Bill(bill) => {
            let amount = Credit(bill.gross.0.saturating_mul(10_000));
            format!("{} has to pay {} {}", bill.meter, show.euro(amount), days(&bill.period))
        }
        Claim::Peak(peak) => {
            let limit = limit_in(show, of_meter(peak.meter), peak.limit, &peak.hours);
            format!("{} never {} more than {limit} {}", peak.meter, took(peak.register), days(&peak.period))
        }
        Claim::Balance(balance) => {
            let pieces = match balance.notes.len() {
                1 => "one piece".to_owned(),
                pieces => format!("{pieces} pieces"),
            };
            format!("you have at least {}, in {pieces} of money", show.euro(balance.at_least))
        }
    }
}

fn short(id: &[u8; 32]) -> String {
    hushwatt_crypto::hash::hex(&id[..4])
}
