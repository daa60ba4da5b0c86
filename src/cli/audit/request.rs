//! `hushwatt audit request`: what a verifier asks a household, as a file and a link. The answer convinces him and nobody else.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Args, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};
use hushwatt_crypto::{CryptoError, NetworkId, address::Address, meter::Register};
use hushwatt_ledger::{
    disclosure::{
        Ask, Calendar, CalendarError, Day, Hours, Inquiry, InquiryError, MAX_BILL_DAYS, MAX_ENERGY_DAYS,
        MAX_INQUIRY_BYTES, MAX_PEAK_DAYS, MAX_SHARED_DAYS, Party, Period, Tariff, TariffError,
    },
    transaction::open::ContractId,
    units::{Credit, MeterId, Timestamp, Utility},
};
use jiff::{civil, tz::TimeZone};
use rand_core::OsRng;
use serde::Serialize;

use super::disclosure_key::{self, DisclosureKeyError};
use crate::cli::{
    fail,
    files::{Readers, read_capped, read_text, write_new},
    say,
};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit request shared --side sold --from 2026-01-01 --until 2027-01-01 --network 3f9a... --key requests.key \\
      --name \"Tax office\" --purpose \"Tax return 2026\" --expires 2027-06-01 --out anna.request.json
  hushwatt audit request energy 3 --from 2026-06-01 --until 2026-07-01 --network 3f9a... --key requests.key \\
      --name \"Stadtwerke\" --purpose \"Bill of June\" --expires 2026-08-01 --out anna.request.json
  hushwatt audit request bill 3 --tariff tariff.toml --from 2026-06-01 --until 2026-07-01 --network 3f9a... --key requests.key \\
      --name \"Landlord\" --purpose \"Costs of June\" --expires 2026-08-01 --out anna.request.json
  hushwatt audit request balance 500 --network 3f9a... --key requests.key --name \"Housing office\" --purpose \"Deposit\" \\
      --expires 2026-08-01 --out anna.request.json
  hushwatt audit check answer.json --request anna.request.json --key requests.key --node https://node-b.example.org

The last one checks the answer when it is there. The household sees what is asked, what for and by whom before it answers (\"hushwatt wallet answer\"). A nonce is drawn for each
request: no older answer passes for one. Make the key with \"hushwatt audit disclosure-key\".";

/// Arguments of `hushwatt audit request`.
#[derive(Args)]
pub(super) struct RequestArguments {
    #[command(subcommand)]
    kind: RequestKind,
}

#[derive(Subcommand)]
enum RequestKind {
    /// That the household paid this to an address
    PaymentMade {
        #[command(flatten)]
        payment: PaymentArguments,
        #[command(flatten)]
        by: ByWhom,
    },
    /// That the household's address was paid this
    PaymentReceived {
        #[command(flatten)]
        payment: PaymentArguments,
        #[command(flatten)]
        by: ByWhom,
    },
    /// How much was delivered to a contract, by its seller or its buyer
    Contract {
        /// The contract's id: 64 hexadecimal digits
        #[arg(value_name = "CONTRACT", value_parser = contract)]
        contract: ContractId,
        /// Which side the household has: sold or bought
        #[arg(long, value_name = "SIDE", hide_possible_values = true)]
        side: TradeSide,
        #[command(flatten)]
        by: ByWhom,
    },
    /// One value that a meter posted, of one metering interval
    Reading {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// Any time within the interval: "2026-06-16 07:00" by this machine's clock, or 2026-06-16T05:00:00Z
        #[arg(long, value_name = "TIME")]
        at: String,
        /// What was taken from the grid or given to it: taken or given
        #[arg(long, value_name = "SIDE", default_value = "taken", hide_possible_values = true)]
        side: GridSide,
        #[command(flatten)]
        by: ByWhom,
    },
    /// What a meter took or gave in some days, in all, and no single reading
    Energy {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// What was taken from the grid or given to it: taken or given
        #[arg(long, value_name = "SIDE", default_value = "taken", hide_possible_values = true)]
        side: GridSide,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        by: ByWhom,
    },
    /// What the household sold to others of the community or bought from them in some days, in all
    Shared {
        /// Sold or bought
        #[arg(long, value_name = "SIDE", default_value = "sold", hide_possible_values = true)]
        side: TradeSide,
        /// electricity, water or heat
        #[arg(long, value_name = "UTILITY", default_value = "electricity", value_parser = utility)]
        utility: Utility,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        by: ByWhom,
    },
    /// What has to be paid for what a meter took in some days, to the cent, and not when or how much it was
    Bill {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// The prices; the days are those of its clock (see "hushwatt wallet prove tariff-example")
        #[arg(long, value_name = "FILE")]
        tariff: PathBuf,
        /// The first day: 2026-01-01
        #[arg(long, value_name = "DAY", value_parser = Day::parse)]
        from: Day,
        /// The first day after it: 2027-01-01
        #[arg(long, value_name = "DAY", value_parser = Day::parse)]
        until: Day,
        #[command(flatten)]
        by: ByWhom,
    },
    /// That a meter stayed below a limit in some hours, and not what it was
    Peak {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// At most so much on the average of an interval: "4.5 kW", or of water "1.5 m3/h"
        #[arg(long, value_name = "LIMIT", value_parser = limit)]
        limit: u32,
        /// In these hours: "Mon-Fri 17-20"; can be given several times [default: all hours]
        #[arg(long, value_name = "HOURS", value_parser = Hours::parse)]
        hours: Vec<Hours>,
        /// What was taken from the grid or given to it: taken or given
        #[arg(long, value_name = "SIDE", default_value = "taken", hide_possible_values = true)]
        side: GridSide,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        by: ByWhom,
    },
    /// That the household has at least so much money, and not how much
    Balance {
        /// How much, in euros: 500 or 12.50
        #[arg(value_name = "AMOUNT")]
        amount: String,
        #[command(flatten)]
        by: ByWhom,
    },
}

#[derive(Args)]
struct PaymentArguments {
    /// Whom it was paid to: an address, hw1...
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// How much, in euros: 450 or 12.50
    #[arg(value_name = "AMOUNT")]
    amount: String,
}

#[derive(Args)]
struct Days {
    /// The first day: 2026-01-01
    #[arg(long, value_name = "DAY", value_parser = Day::parse)]
    from: Day,
    /// The first day after it: 2027-01-01
    #[arg(long, value_name = "DAY", value_parser = Day::parse)]
    until: Day,
    /// By the clock of this zone: Europe/Berlin, or +01:00
    #[arg(long, value_name = "ZONE", default_value = "Europe/Berlin", value_parser = Calendar::new)]
    time_zone: Calendar,
}

/// Who asks, of which community, what for, and where it goes.
#[derive(Args)]
struct ByWhom {
    /// The community's network id: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: NetworkId,
    /// Your key, made by "hushwatt audit disclosure-key"
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Who you are, in words that the household knows
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// What you need it for
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    purpose: String,
    /// Until when it may be answered, and the answer is of use: 2026-12-31, that whole day, or "2026-12-31 18:00". By this
    /// machine's clock, or with a Z behind it in UTC: 2026-12-31T17:00:00Z
    #[arg(long, value_name = "TIME")]
    expires: String,
    /// Write the request into this new file; you need it to check the answer
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TradeSide {
    /// To others
    Sold,
    /// From others
    Bought,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GridSide {
    /// From the grid
    Taken,
    /// To the grid
    Given,
}

impl From<TradeSide> for Party {
    fn from(side: TradeSide) -> Self {
        match side {
            TradeSide::Sold => Party::Seller,
            TradeSide::Bought => Party::Buyer,
        }
    }
}

impl From<GridSide> for Register {
    fn from(side: GridSide) -> Self {
        match side {
            GridSide::Taken => Register::Import,
            GridSide::Given => Register::Export,
        }
    }
}

/// Why there is no request.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("could not write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("could not read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    NoRequest { path: PathBuf, source: InquiryError },
    #[error("{} is not a tariff: {source}", path.display())]
    NoTariff { path: PathBuf, source: TariffError },
    #[error("the address is none of that network: {0}")]
    Address(CryptoError),
    #[error("the request would have expired already")]
    Expired,
    #[error("the machine's clock is wrong: it is before 1970")]
    Clock,
    #[error(transparent)]
    Key(#[from] DisclosureKeyError),
    #[error(transparent)]
    Request(#[from] InquiryError),
    #[error(transparent)]
    Days(#[from] CalendarError),
    #[error("\"{0}\" is no time: write 2026-12-31, or \"2026-12-31 18:00\", or 2026-12-31T17:00:00Z")]
    Time(String),
    #[error("\"{0}\" is no amount: write euros with a point, like 450 or 12.50")]
    Amount(String),
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    link: &'a str,
    key: String,
    nonce: &'a str,
    expires: u64,
}

pub(super) fn utility(text: &str) -> Result<Utility, String> {
    let found = Utility::ALL.into_iter().find(|utility| utility.name() == text);
    found.ok_or_else(|| "it is electricity, water or heat".to_owned())
}

fn contract(text: &str) -> Result<ContractId, String> {
    // Ids of networks are written the same way.
    let id: NetworkId = text.parse().map_err(|_| "a contract's id is 64 hexadecimal digits".to_owned())?;
    Ok(ContractId(id.0))
}

/// A number with at most so many decimals behind a point, as a whole number of its smallest part.
fn number(text: &str, places: usize) -> Option<u64> {
    let (whole, decimals) = match text.trim().split_once('.') {
        Some((whole, decimals)) if !decimals.is_empty() => (whole, decimals),
        Some(_) => return None,
        None => (text.trim(), ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > places {
        return None;
    }
    // A zero before them: there may be none.
    let parts: u64 = format!("0{decimals:0<places$}").parse().ok()?;
    let unit = 10u64.checked_pow(u32::try_from(places).ok()?)?;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(parts)
}

/// Euros with at most six decimals behind a point; more than nothing.
fn euros(text: &str) -> Option<Credit> {
    number(text, 6).filter(|micro| *micro > 0).map(Credit)
}

/// Base units an hour, from `4.5 kW`, `800 W`, `1.5 m3/h` or `90 l/h`.
fn limit(text: &str) -> Result<u32, String> {
    let units = [("kW", 3), ("m3/h", 3), ("W", 0), ("l/h", 0)];
    let read = units.iter().find_map(|(unit, places)| Some((text.trim().strip_suffix(unit)?, *places)));
    let base = read.and_then(|(amount, places)| number(amount, places));
    let limit = base.and_then(|base| u32::try_from(base).ok());
    limit.ok_or_else(|| "write \"4.5 kW\" or \"800 W\", or of water \"1.5 m3/h\" or \"90 l/h\"".to_owned())
}

/// A time by this machine's clock, or with a `Z` behind it in UTC.
fn time(text: &str) -> Result<Timestamp, RequestError> {
    let text = text.trim();
    let wrong = || RequestError::Time(text.to_owned());
    let instant = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant,
        Err(_) => {
            let local: civil::DateTime = text.parse().map_err(|_| wrong())?;
            local.to_zoned(TimeZone::system()).map_err(|_| wrong())?.timestamp()
        }
    };
    u64::try_from(instant.as_second()).map(Timestamp).map_err(|_| wrong())
}

/// The last second in which something is of use: of a day that is the day's.
fn expiry(text: &str) -> Result<Timestamp, RequestError> {
    let Ok(day) = Day::parse(text.trim()) else { return time(text) };
    let wrong = |_| RequestError::Time(text.trim().to_owned());
    let after = day.to_string().parse::<civil::Date>().and_then(civil::Date::tomorrow).map_err(wrong)?;
    let after = after.to_zoned(TimeZone::system()).map_err(wrong)?.timestamp();
    let last = after.as_second().saturating_sub(1);
    u64::try_from(last).map(Timestamp).map_err(|_| RequestError::Time(text.trim().to_owned()))
}

impl PaymentArguments {
    fn read(&self, network: &NetworkId) -> Result<(Address, Credit), RequestError> {
        let to = Address::decode(network, &self.address).map_err(RequestError::Address)?;
        Ok((to, euros(&self.amount).ok_or_else(|| RequestError::Amount(self.amount.clone()))?))
    }
}

impl Days {
    fn read(&self, longest: u32) -> Result<(Period, Calendar), RequestError> {
        Ok((Period::new(self.from, self.until, longest)?, self.time_zone.clone()))
    }
}

impl RequestKind {
    fn ask(&self) -> Result<(Ask, &ByWhom), RequestError> {
        Ok(match self {
            RequestKind::PaymentMade { payment, by } => {
                let (to, amount) = payment.read(&by.network)?;
                (Ask::PaymentMade { to, amount }, by)
            }
            RequestKind::PaymentReceived { payment, by } => {
                let (to, amount) = payment.read(&by.network)?;
                (Ask::PaymentReceived { to, amount }, by)
            }
            RequestKind::Contract { contract, side, by } => {
                (Ask::Delivery { contract: *contract, party: (*side).into() }, by)
            }
            RequestKind::Reading { meter, at, side, by } => {
                (Ask::Reading { meter: MeterId(*meter), at: time(at)?, register: (*side).into() }, by)
            }
            RequestKind::Energy { meter, side, days, by } => {
                let (period, calendar) = days.read(MAX_ENERGY_DAYS)?;
                (Ask::Energy { meter: MeterId(*meter), register: (*side).into(), period, calendar }, by)
            }
            RequestKind::Shared { side, utility, days, by } => {
                let (period, calendar) = days.read(MAX_SHARED_DAYS)?;
                (Ask::Shared { party: (*side).into(), utility: *utility, period, calendar }, by)
            }
            RequestKind::Bill { meter, tariff, from, until, by } => {
                let text = read_text(tariff).map_err(|source| RequestError::Read { path: tariff.clone(), source })?;
                let read = Tariff::from_toml(&text);
                let tariff = read.map_err(|source| RequestError::NoTariff { path: tariff.clone(), source })?;
                let period = Period::new(*from, *until, MAX_BILL_DAYS)?;
                (Ask::Bill { meter: MeterId(*meter), period, tariff }, by)
            }
            RequestKind::Peak { meter, limit, hours, side, days, by } => {
                let (period, calendar) = days.read(MAX_PEAK_DAYS)?;
                let (meter, register, hours) = (MeterId(*meter), (*side).into(), hours.clone());
                (Ask::Peak { meter, register, period, calendar, hours, limit: *limit }, by)
            }
            RequestKind::Balance { amount, by } => {
                let at_least = euros(amount).ok_or_else(|| RequestError::Amount(amount.clone()))?;
                (Ask::Balance { at_least }, by)
            }
        })
    }
}

/// The machine's time.
pub(super) fn now() -> Option<Timestamp> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|time| Timestamp(time.as_secs()))
}

pub(super) fn run(arguments: &RequestArguments) -> ExitCode {
    match write(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn write(arguments: &RequestArguments) -> Result<(), RequestError> {
    let now = now().ok_or(RequestError::Clock)?;
    let (ask, by) = arguments.kind.ask()?;
    let expires = expiry(&by.expires)?;
    if expires <= now {
        return Err(RequestError::Expired);
    }
    let key = disclosure_key::read(&by.key)?;
    let who = (by.name.trim(), by.purpose.trim());
    let inquiry = Inquiry::new(by.network, who, expires, ask, &key, &mut OsRng)?;
    let (text, link) = (inquiry.to_json()?, inquiry.to_link()?);
    let written = write_new(&by.out, text.as_bytes(), Readers::Usual);
    written.map_err(|source| RequestError::Write { path: by.out.clone(), source })?;
    let (key, nonce) = (inquiry.key().encode(), inquiry.audience().nonce());
    let written = Written { file: &by.out, link: &link, key, nonce, expires: expires.0 };
    if by.json {
        say(&serde_json::to_string(&written)?);
        return Ok(());
    }
    let until = match Day::parse(by.expires.trim()) {
        Ok(day) => format!("the end of {day}"),
        Err(_) => by.expires.trim().to_owned(),
    };
    say(&format!(
        "Written: {file}\nSend the file, or this link:\n\n{link}\n\nThe household answers with: hushwatt wallet answer FILE-OR-LINK --out answer.json\n\
         Then run: hushwatt audit check answer.json --request {file} --key {key} --node URL\nIt may be answered until {until}.",
        file = by.out.display(),
        key = by.key.display(),
    ));
    Ok(())
}

/// Reads one's own request.
pub(super) fn read(path: &Path) -> Result<Inquiry, RequestError> {
    let bytes = read_capped(path, MAX_INQUIRY_BYTES);
    let bytes = bytes.map_err(|source| RequestError::Read { path: path.to_path_buf(), source })?;
    Inquiry::from_json(&bytes).map_err(|source| RequestError::NoRequest { path: path.to_path_buf(), source })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_euros_with_a_point_and_more_than_nothing() {
        for (text, micro) in [("450", 450_000_000), ("12.50", 12_500_000), (" 0.000001 ", 1), ("7.1", 7_100_000)] {
            assert_eq!(euros(text), Some(Credit(micro)), "{text}");
        }
        for wrong in ["", "0", "0.0", ".5", "5.", "1,50", "-1", "+1", "1.0000001", "1e3", "18446744073710", "€1"] {
            assert_eq!(euros(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn limits_are_of_power_or_flow() {
        for (text, base) in [("4.5 kW", 4_500), ("800 W", 800), ("0W", 0), ("1.5 m3/h", 1_500), (" 90 l/h", 90)] {
            assert_eq!(limit(text), Ok(base), "{text}");
        }
        for wrong in ["", "4.5", "4.5 kWh", "4,5 kW", "-1 W", "1.5 W", "4.5005 kW", "5000000 kW", "1.5 m3", "kW"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_expires_on_a_day_is_of_use_to_its_last_second() {
        let last = expiry("2026-12-31").unwrap();
        assert_eq!(last, expiry(" 2026-12-31 ").unwrap());
        assert_eq!(last.0 + 1, time("2027-01-01").unwrap().0);
        assert_eq!(last, time("2026-12-31 23:59:59").unwrap());
        for exact in ["2026-12-31 18:00", "2026-12-31T17:00:00Z"] {
            assert_eq!(expiry(exact).unwrap(), time(exact).unwrap());
        }
        for wrong in ["", "2026-02-30", "1969-12-31", "tomorrow"] {
            assert!(matches!(expiry(wrong), Err(RequestError::Time(_))), "{wrong}");
        }
    }

    #[test]
    fn times_are_days_times_of_day_or_instants() {
        assert_eq!(time("2026-12-31T17:00:00Z").unwrap(), Timestamp(1_798_736_400));
        assert_eq!(time("2026-12-31 18:00").unwrap().0 - time("2026-12-31").unwrap().0, 18 * 3600);
        for wrong in ["", "tomorrow", "18:00", "2026-13-01", "1960-01-01T00:00:00Z"] {
            assert!(matches!(time(wrong), Err(RequestError::Time(_))), "{wrong}");
        }
    }
}
