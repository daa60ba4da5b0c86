//! `hushwatt wallet prove`: a proof for one verifier, as a file that `hushwatt audit check` verifies.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use hushwatt_crypto::meter::Register;
use hushwatt_ledger::{
    disclosure::{
        Calendar, Day, Hours, MAX_BILL_DAYS, MAX_ENERGY_DAYS, MAX_PEAK_DAYS, MAX_SHARED_DAYS, Party, Period, Tariff,
    },
    units::{MeterId, Utility},
};
use hushwatt_wallet::household::{ProofRequest, ProofSubject};
use serde::Serialize;

use super::{
    common::Common, error::WalletCommandError, export::write_new, find, session::Session, show::Show, table::Table,
    times::Meant,
};
use crate::cli::{files, progress, say};

#[derive(Subcommand)]
#[command(after_help = "Examples:
  hushwatt wallet prove payment 3f9a8c --for \"Bert\" --out payment.json
  hushwatt wallet prove balance 500 --for \"Housing office\" --nonce 7Q2X --purpose \"Deposit\" --out balance.json
  hushwatt wallet prove tariff-example --out tariff.toml                                       then write your prices into it
  hushwatt wallet prove bill 3 --tariff tariff.toml --from 2026-10-01 --until 2026-11-01 --for \"Landlord\" --out bill.json
  hushwatt wallet prove peak 3 --limit \"4.5 kW\" --hours \"Mon-Fri 17-20\" --from 2026-10-01 --until 2026-11-01 --for \"Grid\"
  hushwatt wallet prove shared --side sold --from 2026-01-01 --until 2027-01-01 --for \"Tax office\" --out sold.json
  hushwatt audit check payment.json --node https://node-a.example.org --verifier \"Bert\"       what Bert runs

A proof names its verifier and his nonce and is no use to anybody else. Only what it says becomes known.")]
pub(super) enum ProveCommand {
    /// That a payment was made or received
    Payment {
        /// A line of the history, by the first letters of its id
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        audience: Audience,
    },
    /// How much was delivered to a contract, at which price
    Delivery {
        /// A contract, by the first letters of its id (see "hushwatt wallet trade contracts")
        #[arg(value_name = "CONTRACT")]
        contract: String,
        #[command(flatten)]
        audience: Audience,
    },
    /// One value that a meter posted, of one metering interval
    Reading {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// Any time within the interval
        #[arg(long, value_name = "TIME")]
        at: String,
        /// What was taken from the grid or given to it: taken or given
        #[arg(long, value_name = "SIDE", default_value = "taken", hide_possible_values = true)]
        side: MeterSide,
        #[command(flatten)]
        audience: Audience,
    },
    /// That at least so much money can be spent
    ///
    /// The verifier learns which pieces of money were shown, and so would notice on the ledger when they are spent.
    Balance {
        /// How much, in euros
        #[arg(value_name = "AMOUNT")]
        amount: String,
        #[command(flatten)]
        audience: Audience,
    },
    /// What has to be paid for a period under a tariff, and not when or how much was used
    ///
    /// The sum is right to the cent for what the meter posted; times without readings count as nothing, and are listed to
    /// whoever checks.
    Bill {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// The prices (see "hushwatt wallet prove tariff-example")
        #[arg(long, value_name = "FILE")]
        tariff: PathBuf,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        audience: Audience,
    },
    /// That a meter stayed below a limit in some hours, and not what it was
    ///
    /// The limit is for the average of each metering interval. For a month of quarter hours this takes some seconds.
    Peak {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// At most so much: "4.5 kW", or of water "1.5 m3/h"
        #[arg(long, value_name = "LIMIT")]
        limit: String,
        /// In these hours: "Mon-Fri 17-20"; can be given several times [default: all hours]
        #[arg(long, value_name = "HOURS", value_parser = Hours::parse)]
        hours: Vec<Hours>,
        /// By the clock of this zone: Europe/Berlin, or +01:00 [default: this machine's]
        #[arg(long, value_name = "ZONE", value_parser = Calendar::new)]
        time_zone: Option<Calendar>,
        /// What was taken from the grid or given to it: taken or given
        #[arg(long, value_name = "SIDE", default_value = "taken", hide_possible_values = true)]
        side: MeterSide,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        audience: Audience,
    },
    /// What a meter took or gave in some days, in all, and no single reading
    Energy {
        /// The meter's number
        #[arg(value_name = "METER")]
        meter: u32,
        /// What was taken from the grid or given to it: taken or given
        #[arg(long, value_name = "SIDE", default_value = "taken", hide_possible_values = true)]
        side: MeterSide,
        /// By the clock of this zone: Europe/Berlin, or +01:00 [default: this machine's]
        #[arg(long, value_name = "ZONE", value_parser = Calendar::new)]
        time_zone: Option<Calendar>,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        audience: Audience,
    },
    /// What you sold to others of the community or bought from them in some days, in all
    ///
    /// The verifier learns which contracts and auction orders were yours, and not how much each was.
    Shared {
        /// Sold or bought
        #[arg(long, value_name = "SIDE", default_value = "sold", hide_possible_values = true)]
        side: TradeSide,
        /// electricity, water or heat
        #[arg(long, value_name = "UTILITY", default_value = "electricity", value_parser = utility)]
        utility: Utility,
        /// By the clock of this zone: Europe/Berlin, or +01:00 [default: this machine's]
        #[arg(long, value_name = "ZONE", value_parser = Calendar::new)]
        time_zone: Option<Calendar>,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        audience: Audience,
    },
    /// Write a commented tariff to begin with
    TariffExample {
        /// Write it into this new file [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// List what was proven to whom
    Given,
}

/// Which days.
#[derive(Args)]
pub(super) struct Days {
    /// The first day: 2026-10-01
    #[arg(long, value_name = "DAY", value_parser = Day::parse)]
    from: Day,
    /// The first day after it: 2026-11-01
    #[arg(long, value_name = "DAY", value_parser = Day::parse)]
    until: Day,
}

impl Days {
    fn period(&self, longest: u32) -> Result<Period, WalletCommandError> {
        Period::new(self.from, self.until, longest).map_err(|error| WalletCommandError::Input(error.to_string()))
    }
}

/// Which of a meter's registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MeterSide {
    /// From the grid
    Taken,
    /// To the grid
    Given,
}

impl From<MeterSide> for Register {
    fn from(side: MeterSide) -> Self {
        match side {
            MeterSide::Taken => Register::Import,
            MeterSide::Given => Register::Export,
        }
    }
}

/// Which side of trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TradeSide {
    /// To others
    Sold,
    /// From others
    Bought,
}

impl From<TradeSide> for Party {
    fn from(side: TradeSide) -> Self {
        match side {
            TradeSide::Sold => Party::Seller,
            TradeSide::Bought => Party::Buyer,
        }
    }
}

fn utility(text: &str) -> Result<Utility, String> {
    let found = Utility::ALL.into_iter().find(|utility| utility.name() == text);
    found.ok_or_else(|| "it is electricity, water or heat".to_owned())
}

/// For whom.
#[derive(Args)]
pub(super) struct Audience {
    /// Who asked for it: the proof is good for him only
    #[arg(long = "for", value_name = "NAME")]
    verifier: String,
    /// What he gave you to be repeated in it, so that he knows it is fresh
    #[arg(long, value_name = "TEXT", default_value = "")]
    nonce: String,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    purpose: String,
    /// Write it into this new file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a PathBuf,
    verifier: &'a str,
    what: &'a str,
}

pub(super) fn run(common: &Common, command: &ProveCommand) -> Result<(), WalletCommandError> {
    match command {
        ProveCommand::Payment { id, audience } => prove(common, audience, |session| {
            let household = session.household();
            let entry = find::entry(&household, id)?;
            let payment = entry.transaction.ok_or_else(|| {
                WalletCommandError::Input("this line is no payment, or it is not final yet".to_owned())
            })?;
            Ok(ProofSubject::Payment(payment))
        }),
        ProveCommand::Delivery { contract, audience } => prove(common, audience, |session| {
            Ok(ProofSubject::Delivery(find::contract(&session.household(), contract)?.id))
        }),
        ProveCommand::Reading { meter, at, side, audience } => prove(common, audience, |session| {
            let at = common.show().read_time(at, session.household().now(), Meant::Last)?;
            Ok(ProofSubject::Reading { meter: MeterId(*meter), at, register: (*side).into() })
        }),
        ProveCommand::Balance { amount, audience } => {
            let least = common.show().read_euro(amount)?;
            prove(common, audience, |_| Ok(ProofSubject::BalanceAtLeast(least)))
        }
        ProveCommand::Bill { meter, tariff, days, audience } => {
            let (period, tariff) = (days.period(MAX_BILL_DAYS)?, read_tariff(tariff)?);
            prove(common, audience, |_| Ok(ProofSubject::Bill { meter: MeterId(*meter), period, tariff }))
        }
        ProveCommand::Peak { meter, limit, hours, time_zone, side, days, audience } => {
            let period = days.period(MAX_PEAK_DAYS)?;
            let calendar = time_zone.clone().map_or_else(of_this_machine, Ok)?;
            prove(common, audience, |session| {
                let meter = MeterId(*meter);
                let limit = read_limit(&common.show(), utility_of(session, meter)?, limit)?;
                let (register, hours) = ((*side).into(), hours.clone());
                Ok(ProofSubject::Peak { meter, register, period, calendar, hours, limit })
            })
        }
        ProveCommand::Energy { meter, side, time_zone, days, audience } => {
            let period = days.period(MAX_ENERGY_DAYS)?;
            let calendar = time_zone.clone().map_or_else(of_this_machine, Ok)?;
            let (meter, register) = (MeterId(*meter), (*side).into());
            prove(common, audience, |_| Ok(ProofSubject::Energy { meter, register, period, calendar }))
        }
        ProveCommand::Shared { side, utility, time_zone, days, audience } => {
            let period = days.period(MAX_SHARED_DAYS)?;
            let calendar = time_zone.clone().map_or_else(of_this_machine, Ok)?;
            let (party, utility) = ((*side).into(), *utility);
            prove(common, audience, |_| Ok(ProofSubject::Shared { party, utility, period, calendar }))
        }
        ProveCommand::TariffExample { out } => match out {
            None => {
                say(Tariff::EXAMPLE.trim_end());
                Ok(())
            }
            Some(path) => {
                write_new(path, Tariff::EXAMPLE.as_bytes())?;
                common.answer(&Example { file: path }, || format!("Written: {}", path.display()))
            }
        },
        ProveCommand::Given => given(common),
    }
}

#[derive(Serialize)]
struct Example<'a> {
    file: &'a PathBuf,
}

fn read_tariff(path: &Path) -> Result<Tariff, WalletCommandError> {
    let text = files::read_text(path).map_err(|source| WalletCommandError::read(path, source))?;
    let wrong = |error| WalletCommandError::Input(format!("{}: {error}", path.display()));
    Tariff::from_toml(&text).map_err(wrong)
}

/// The clock of this machine, by its zone's name: whoever checks must know which one it is.
fn of_this_machine() -> Result<Calendar, WalletCommandError> {
    let zone = jiff::tz::TimeZone::system();
    let calendar = zone.iana_name().and_then(|name| Calendar::new(name).ok());
    calendar.ok_or_else(|| {
        WalletCommandError::Input("this machine's time zone has no name: say it with --time-zone".to_owned())
    })
}

fn utility_of(session: &Session, meter: MeterId) -> Result<Utility, WalletCommandError> {
    let household = session.household();
    let known = household.genesis().meter(meter).map(|known| known.utility);
    known.ok_or_else(|| WalletCommandError::Input(format!("there is no {meter} in this community")))
}

/// Base units an hour, from `4.5 kW`, `800 W` or `1.5 m3/h`.
fn read_limit(show: &Show, utility: Utility, text: &str) -> Result<u32, WalletCommandError> {
    let text = text.trim();
    // What is used in an hour at that rate.
    let of_an_hour = match utility {
        Utility::Electricity | Utility::Heat if text.ends_with(['W', 'w']) => format!("{text}h"),
        Utility::Electricity | Utility::Heat => text.to_owned(),
        Utility::Water => text.strip_suffix("/h").unwrap_or(text).to_owned(),
    };
    show.read_energy(utility, &of_an_hour)
}

fn prove(
    common: &Common,
    audience: &Audience,
    subject: impl FnOnce(&Session) -> Result<ProofSubject, WalletCommandError>,
) -> Result<(), WalletCommandError> {
    let session = Session::to_act(common)?;
    let request = ProofRequest {
        subject: subject(&session)?,
        verifier: audience.verifier.clone(),
        nonce: audience.nonce.clone(),
        purpose: audience.purpose.clone(),
    };
    if let Some(path) = &audience.out
        && path.exists()
    {
        return Err(WalletCommandError::write(path, std::io::ErrorKind::AlreadyExists.into()));
    }
    let mut bar = None;
    let text = session.household().prove_watched(&request, &mut |done, parts| {
        let bar = bar.get_or_insert_with(|| progress::bar(parts as u64, "Proving"));
        bar.set_position(done as u64);
    });
    bar.iter().for_each(|bar| bar.finish_and_clear());
    let text = text?;
    let what = session.household().proofs().last().map(|given| given.what.clone()).unwrap_or_default();
    let Some(path) = &audience.out else {
        say(text.trim_end());
        return Ok(());
    };
    write_new(path, text.as_bytes())?;
    let written = Written { file: path, verifier: &audience.verifier, what: &what };
    common.answer(&written, || {
        let nonce = if audience.nonce.is_empty() { String::new() } else { format!(" --nonce {:?}", audience.nonce) };
        format!(
            "Proven: {what}\nWritten: {}\nSend it to {name}, who runs: hushwatt audit check {} --node URL --verifier {name:?}{nonce}",
            path.display(),
            path.file_name().unwrap_or_default().display(),
            name = audience.verifier,
        )
    })
}

fn given(common: &Common) -> Result<(), WalletCommandError> {
    let session = Session::open(common)?;
    let (household, show) = (session.household(), common.show());
    common.answer(&household.proofs(), || {
        let mut table = Table::new(&["When", "To", "What", "What for"]);
        for proof in household.proofs() {
            let made = show.minute(hushwatt_ledger::units::Timestamp(proof.made_time));
            table.row(vec![made, proof.verifier.clone(), proof.what.clone(), proof.purpose.clone()]);
        }
        if table.is_empty() { "Nothing was proven to anybody.".to_owned() } else { table.text() }
    })
}
