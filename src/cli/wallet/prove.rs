//! `hushwatt wallet prove`: a proof for one verifier, as a file that `hushwatt audit check` verifies.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use hushwatt_crypto::meter::Register;
use hushwatt_ledger::units::MeterId;
use hushwatt_wallet::household::{ProofRequest, ProofSubject};
use serde::Serialize;

use super::{
    common::Common, error::WalletCommandError, export::write_new, find, session::Session, table::Table, times::Meant,
};
use crate::cli::say;

#[derive(Subcommand)]
#[command(after_help = "Examples:
  hushwatt wallet prove payment 3f9a8c --for \"Bert\" --out payment.json
  hushwatt wallet prove balance 500 --for \"Housing office\" --nonce 7Q2X --purpose \"Deposit\" --out balance.json
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
    /// List what was proven to whom
    Given,
}

/// Which of a meter's registers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum MeterSide {
    /// From the grid
    Taken,
    /// To the grid
    Given,
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
            let register = match side {
                MeterSide::Taken => Register::Import,
                MeterSide::Given => Register::Export,
            };
            Ok(ProofSubject::Reading { meter: MeterId(*meter), at, register })
        }),
        ProveCommand::Balance { amount, audience } => {
            let least = common.show().read_euro(amount)?;
            prove(common, audience, |_| Ok(ProofSubject::BalanceAtLeast(least)))
        }
        ProveCommand::Given => given(common),
    }
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
    let text = session.household().prove(&request)?;
    let Some(path) = &audience.out else {
        say(text.trim_end());
        return Ok(());
    };
    write_new(path, text.as_bytes())?;
    let written = Written { file: path, verifier: &audience.verifier };
    common.answer(&written, || {
        let nonce = if audience.nonce.is_empty() { String::new() } else { format!(" --nonce {:?}", audience.nonce) };
        format!(
            "Written: {}\nSend it to {name}, who runs: hushwatt audit check {} --node URL --verifier {name:?}{nonce}",
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
