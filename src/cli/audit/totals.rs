//! `hushwatt audit totals`: what a community's committee released, opened, added up and compared.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use hushwatt_audits::{
    FactsError, Follower,
    allocation::FileError,
    totals::{
        BankStatement, FeederReading, LossBounds, MAX_SIGNED_BYTES, SignedError, TotalsAsked, TotalsFacts,
        TotalsReport, TotalsWanted, TotalsWatch, VatRates, read_moment, report, totals_from_path,
    },
};
use hushwatt_client::{KeyRole, parse_public_key};
use hushwatt_crypto::{NetworkId, signature::VerifyingKey};
use hushwatt_ledger::{state::StateError, units::Timestamp};

use super::{
    Bar, NOT_JUDGED, conclude,
    source::{Source, SourceError, follow_node},
};
use crate::cli::{fail, files::read_capped, progress};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit totals --chain chain.hwl --network 3f9a...
  hushwatt audit totals --node https://node-b.example.org --network 3f9a... --from 2026-06-01 --until 2026-07-01 --vat-percent 19
  hushwatt audit totals --chain chain.hwl --network 3f9a... --feeder june.json --feeder-key 9c07... --loss-percent 0..8
  hushwatt audit totals --chain chain.hwl --network 3f9a... --bank statement.json --bank-key 41be... --json

Opens each total from the first releases that suffice and holds it against the ledger's commitment: nobody is believed. Sums of
longer times are sums of released totals; what has none is listed. Files of feeders and banks are made by \"hushwatt audit
sign-feeder\" and \"hushwatt audit sign-statement\". Every certificate of the chain is verified and every block executed; \"hushwatt
audit verify\" verifies its proofs too.";

/// Arguments of `hushwatt audit totals`.
#[derive(Args)]
pub(super) struct TotalsArguments {
    #[command(flatten)]
    source: Source,
    /// The network id you know from the community: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: NetworkId,
    /// List and add up periods that begin at this time or later: 2026-06-01, or 2026-06-01T06:00:00Z, in UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// List and add up periods that end at this time or earlier
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Compare with this signed reading of a feeder
    #[arg(long, value_name = "FILE", requires = "feeder_key")]
    feeder: Option<PathBuf>,
    /// The key of whoever runs the feeder: 64 hexadecimal digits, or the line that it gave you
    #[arg(long, value_name = "KEY", requires = "feeder", value_parser = key)]
    feeder_key: Option<VerifyingKey>,
    /// How much may be lost between the feeder and the meters, of all that flowed in
    #[arg(long, value_name = "FROM..TO", default_value = "0..10", allow_hyphen_values = true, requires = "feeder")]
    loss_percent: LossBounds,
    /// Compare the supply with this signed statement of the treasury's bank
    #[arg(long, value_name = "FILE", requires = "bank_key")]
    bank: Option<PathBuf>,
    /// The bank's key: 64 hexadecimal digits, or the line that it gave you
    #[arg(long, value_name = "KEY", requires = "bank", value_parser = key)]
    bank_key: Option<VerifyingKey>,
    /// Say how much value added tax of this rate is in what was paid: 19, or electricity=19,water=7
    #[arg(long, value_name = "PERCENT")]
    vat_percent: Option<VatRates>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn key(text: &str) -> Result<VerifyingKey, String> {
    parse_public_key(text, KeyRole::Auditor)
}

/// A day, or a time in UTC.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let found = read_moment(text).or_else(|| read_moment(&format!("{text}T00:00:00Z")));
    found.ok_or_else(|| format!("\"{text}\" is no time: write it as 2026-06-01, or 2026-06-01T06:00:00Z, in UTC"))
}

/// Why nothing was judged, or what was given is no such file.
#[derive(Debug, thiserror::Error)]
enum TotalsError {
    #[error("could not read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: FileError },
    #[error("{}: {source}", path.display())]
    Signed { path: PathBuf, source: SignedError },
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl TotalsError {
    fn code(&self) -> ExitCode {
        match self {
            // What is not rightly signed will not become so.
            TotalsError::File { .. } | TotalsError::Signed { .. } => ExitCode::FAILURE,
            _ => ExitCode::from(NOT_JUDGED),
        }
    }
}

pub(super) fn run(arguments: &TotalsArguments) -> ExitCode {
    let report = match judge(arguments) {
        Ok(report) => report,
        Err(error) => {
            fail(&error);
            return error.code();
        }
    };
    conclude(arguments.json, &report, || report.to_string(), report.holds)
}

fn judge(arguments: &TotalsArguments) -> Result<TotalsReport, TotalsError> {
    let network = arguments.network;
    let feeder = match arguments.feeder.as_deref().zip(arguments.feeder_key) {
        Some((path, key)) => {
            let reading = read(path, FeederReading::from_json)?;
            signed(path, reading.check(&network, &key))?;
            Some((reading, arguments.loss_percent))
        }
        None => None,
    };
    let bank = match arguments.bank.as_deref().zip(arguments.bank_key) {
        Some((path, key)) => {
            let statement = read(path, BankStatement::from_json)?;
            signed(path, statement.check(&network, &key))?;
            Some(statement)
        }
        None => None,
    };
    let asked =
        TotalsAsked { from: arguments.from, until: arguments.until, feeder, bank, vat: arguments.vat_percent.clone() };
    let supply_at = asked.bank.as_ref().map(BankStatement::time);
    let facts = gather(&arguments.source, &TotalsWanted { network, supply_at })?;
    Ok(report(&facts, &asked)?)
}

fn read<T>(path: &Path, parse: impl FnOnce(&[u8]) -> Result<T, FileError>) -> Result<T, TotalsError> {
    let bytes = read_capped(path, MAX_SIGNED_BYTES);
    let bytes = bytes.map_err(|source| TotalsError::Read { path: path.to_path_buf(), source })?;
    parse(&bytes).map_err(|source| TotalsError::File { path: path.to_path_buf(), source })
}

fn signed(path: &Path, checked: Result<(), SignedError>) -> Result<(), TotalsError> {
    checked.map_err(|source| TotalsError::Signed { path: path.to_path_buf(), source })
}

fn gather(source: &Source, wanted: &TotalsWanted) -> Result<TotalsFacts, SourceError> {
    let mut bar = Bar(progress::bar(0, "Reading the chain"));
    let facts = match (&source.chain, &source.node) {
        (Some(chain), _) => totals_from_path(chain, wanted, &mut bar).map_err(SourceError::from),
        (None, Some(node)) => {
            let followed = follow_node(node, |genesis| Follower::<TotalsWatch>::new(genesis, wanted), &mut bar);
            followed.and_then(|followed| Ok(followed.finish()?))
        }
        // The command line asks for one of them.
        (None, None) => Err(FactsError::NoBlocks.into()),
    };
    bar.0.finish_and_clear();
    facts
}
