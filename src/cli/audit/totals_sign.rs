//! `hushwatt audit sign-feeder` and `hushwatt audit sign-statement`: the signed files that totals are compared with.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use hushwatt_audits::{
    allocation::FileError,
    totals::{BankStatement, FeederPlan},
};
use hushwatt_client::{KeyError, KeyFile, KeyRole};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::units::{MeterId, Timestamp, Utility};

use super::{request::utility, totals::time};
use crate::cli::{
    fail,
    files::{Readers, write_new},
    say,
};

pub(super) const FEEDER_EXAMPLES: &str = "Examples:
  hushwatt audit key --out grid.key
  hushwatt audit sign-feeder --network 3f9a... --from 2026-06-01 --until 2026-07-01 --imported 15210.250 --exported 0 --key grid.key --out june.json
  hushwatt audit sign-feeder --network 3f9a... --meters 0,1,2 --from 2026-06-01 --until 2026-06-02 --imported 41 --exported 3.5 --key grid.key --out day.json

For whoever runs the feeder. Give the line that \"hushwatt audit key\" printed to whoever is to check the file. From and until must be
whole periods of the community's totals.";

pub(super) const STATEMENT_EXAMPLES: &str = "Examples:
  hushwatt audit key --out bank.key
  hushwatt audit sign-statement --network 3f9a... --time 2026-07-01 --balance 12345.67 --key bank.key --out statement.json

For the bank that keeps the treasury's account. Give the line that \"hushwatt audit key\" printed to whoever is to check the file.";

/// Arguments of `hushwatt audit sign-feeder`.
#[derive(Args)]
pub(super) struct FeederArguments {
    /// The community's network id: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: NetworkId,
    /// What the feeder's meter counts: electricity, heat or water
    #[arg(long, value_name = "UTILITY", default_value = "electricity", value_parser = utility)]
    utility: Utility,
    /// The numbers of all meters behind the feeder, with commas; without it all meters of the utility
    #[arg(long, value_name = "METERS", value_delimiter = ',')]
    meters: Option<Vec<u32>>,
    /// First second: 2026-06-01, or 2026-06-01T06:00:00Z, in UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Timestamp,
    /// First second after
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Timestamp,
    /// What flowed to the meters, in kWh (of water in m3), with at most three decimals
    #[arg(long, value_name = "KWH", value_parser = thousandths)]
    imported: u64,
    /// What flowed back
    #[arg(long, value_name = "KWH", value_parser = thousandths)]
    exported: u64,
    /// Your key, made by "hushwatt audit key"
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Write the signed reading into this new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Arguments of `hushwatt audit sign-statement`.
#[derive(Args)]
pub(super) struct StatementArguments {
    /// The community's network id: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: NetworkId,
    /// Of when the balance is: 2026-07-01, or 2026-07-01T12:00:00Z, in UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    time: Timestamp,
    /// What is on the account, in EUR with at most two decimals; below zero if it is overdrawn
    #[arg(long, value_name = "EUR", value_parser = cents, allow_hyphen_values = true)]
    balance: i64,
    /// Your key, made by "hushwatt audit key"
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Write the signed statement into this new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum SignError {
    #[error("there is no key at {}: make one with \"hushwatt audit key --out FILE\"", .0.display())]
    NoKey(PathBuf),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("could not write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// A number with at most so many decimals behind a point, times ten for each of them.
fn scaled(text: &str, decimals: usize) -> Option<u64> {
    let (whole, behind) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(behind) || behind.len() > decimals {
        return None;
    }
    format!("{whole}{behind:0<decimals$}").parse().ok()
}

fn thousandths(text: &str) -> Result<u64, String> {
    scaled(text, 3).ok_or_else(|| "write it as 41 or 3.5, with at most three decimals".to_owned())
}

fn cents(text: &str) -> Result<i64, String> {
    let (sign, amount) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let cents = scaled(amount, 2).and_then(|cents| i64::try_from(cents).ok()).map(|cents| sign * cents);
    cents.ok_or_else(|| "write it as 12345.67, with at most two decimals".to_owned())
}

pub(super) fn sign_feeder(arguments: &FeederArguments) -> ExitCode {
    let signed = read_key(&arguments.key).and_then(|key| {
        let plan = FeederPlan {
            utility: arguments.utility,
            meters: arguments.meters.as_ref().map(|meters| meters.iter().copied().map(MeterId).collect()),
            from: arguments.from,
            until: arguments.until,
            imported: arguments.imported,
            exported: arguments.exported,
        };
        Ok((plan.sign(&arguments.network, &key.key)?.to_json()?, key))
    });
    finish(signed, &arguments.out)
}

pub(super) fn sign_statement(arguments: &StatementArguments) -> ExitCode {
    let signed = read_key(&arguments.key).and_then(|key| {
        let StatementArguments { network, time, balance, .. } = arguments;
        Ok((BankStatement::sign(network, *time, *balance, &key.key).to_json()?, key))
    });
    finish(signed, &arguments.out)
}

fn read_key(path: &Path) -> Result<KeyFile, SignError> {
    KeyFile::read(path, KeyRole::Auditor).map_err(|error| match error {
        KeyError::Missing(path) => SignError::NoKey(path),
        error => error.into(),
    })
}

fn finish(signed: Result<(String, KeyFile), SignError>, out: &Path) -> ExitCode {
    let written = signed.and_then(|(text, key)| {
        let written = write_new(out, text.as_bytes(), Readers::Usual);
        written.map_err(|source| SignError::Write { path: out.to_path_buf(), source })?;
        Ok(format!("{}: signed. Who checks it needs your key's line:\n  {}", out.display(), key.public_line()))
    });
    match written {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        assert_eq!(
            ["41", "3.5", "0.001", "15210.250"].map(|text| thousandths(text).unwrap()),
            [41_000, 3_500, 1, 15_210_250]
        );
        assert_eq!(["12345.67", "-0.01", "7", "0.1"].map(|text| cents(text).unwrap()), [1_234_567, -1, 700, 10]);
        for wrong in ["", ".", "1.", ".5", "1,5", "+1", " 1", "1e3", "1.0001", "--1", "99999999999999999999"] {
            assert!(thousandths(wrong).is_err() && cents(wrong).is_err(), "{wrong}");
        }
        assert!(thousandths("-1").is_err() && cents("0.001").is_err());
    }
}
