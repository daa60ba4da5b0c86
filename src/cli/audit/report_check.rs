//! `hushwatt audit check-report`: whether a report is what a chain says, and whose signature it has.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use hushwatt_audits::paper::{Claim, ClaimError, Comparison, MAX_SEAL_BYTES, Part, SEAL_NAME};
use hushwatt_client::{KeyRole, parse_public_key};
use hushwatt_crypto::{NetworkId, signature::VerifyingKey};

use super::{
    NOT_JUDGED, conclude,
    report_chain::{ChainError, ReportChain},
};
use crate::cli::{fail, files::read_capped};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit check-report ./report-june chain.hwl --network 3f9a... --signer auditor:9c07...
  hushwatt audit check-report ./report-june --node https://node-b.example.org --network 3f9a... --json

Audits the chain again up to the report's last block and makes every file again. Name the network (--network) and whose signature
it must have (--signer): without them it is checked against the network and the key that its files name themselves.";

/// Arguments of `hushwatt audit check-report`.
#[derive(Args)]
pub(super) struct CheckReportArguments {
    /// The folder with the report
    folder: PathBuf,
    #[command(flatten)]
    chain: ReportChain,
    /// Refuse a report on another network than this: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Refuse a report that is not signed by this key, the line that its auditor gave you
    #[arg(long, value_name = "KEY", value_parser = |text: &str| parse_public_key(text, KeyRole::Auditor))]
    signer: Option<VerifyingKey>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Why nothing was judged, or what was given is no report.
#[derive(Debug, thiserror::Error)]
enum CheckReportError {
    #[error("could not read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is longer than any file of a report", .0.display())]
    TooLong(PathBuf),
    #[error("{}: {source}", path.display())]
    Claim { path: PathBuf, source: ClaimError },
    #[error("the report is on network {found}, not on {expected}")]
    ForeignNetwork { expected: NetworkId, found: NetworkId },
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error("the report cannot be made again: {0}")]
    Json(#[from] serde_json::Error),
}

impl CheckReportError {
    fn code(&self) -> ExitCode {
        match self {
            // Another version's report is to be judged by that version.
            CheckReportError::Claim { source: ClaimError::Format { .. } | ClaimError::Software { .. }, .. } => {
                ExitCode::from(NOT_JUDGED)
            }
            // What is no report of this network will not become one.
            CheckReportError::Claim { .. } | CheckReportError::ForeignNetwork { .. } | CheckReportError::TooLong(_) => {
                ExitCode::FAILURE
            }
            _ => ExitCode::from(NOT_JUDGED),
        }
    }
}

pub(super) fn run(arguments: &CheckReportArguments) -> ExitCode {
    let comparison = match judge(arguments) {
        Ok(comparison) => comparison,
        Err(error) => {
            fail(&error);
            return error.code();
        }
    };
    conclude(arguments.json, &comparison, || told(&comparison), comparison.matches)
}

fn judge(arguments: &CheckReportArguments) -> Result<Comparison, CheckReportError> {
    let folder = &arguments.folder;
    let mut files = BTreeMap::new();
    for part in Part::ALL {
        if let Some(bytes) = read(&folder.join(part.file_name()), part.max_bytes())? {
            files.insert(part, bytes);
        }
    }
    let seal = read(&folder.join(SEAL_NAME), MAX_SEAL_BYTES)?;
    let claim = |source| CheckReportError::Claim { path: folder.clone(), source };
    let claimed = Claim::new(files, seal).map_err(claim)?;
    let network = claimed.network().map_err(claim)?;
    if let Some(expected) = arguments.network.filter(|expected| *expected != network) {
        return Err(CheckReportError::ForeignNetwork { expected, found: network });
    }
    let report = arguments.chain.audit_until(&network, claimed.last_block().unwrap_or(u64::MAX))?;
    Ok(claimed.compare(report, arguments.signer.as_ref())?)
}

/// A file of the report, if it is there.
fn read(path: &Path, most: usize) -> Result<Option<Vec<u8>>, CheckReportError> {
    match read_capped(path, most) {
        Ok(bytes) if bytes.len() > most => Err(CheckReportError::TooLong(path.to_path_buf())),
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CheckReportError::Read { path: path.to_path_buf(), source }),
    }
}

fn told(comparison: &Comparison) -> String {
    let mut lines = vec![
        match comparison.matches {
            true => "THE REPORT IS WHAT THE CHAIN SAYS.",
            false => "THE REPORT IS NOT WHAT IT SHOULD BE.",
        }
        .to_owned(),
    ];
    lines.extend(comparison.differences.iter().map(|difference| format!("  {difference}")));
    lines.push(format!("network     {}", comparison.network));
    lines.extend(comparison.height.map(|height| format!("up to       block {height}")));
    lines.push(format!("compared    {}", comparison.files.join(", ")));
    lines.push(match &comparison.signer {
        Some(signer) => format!("signed by   auditor:{signer}"),
        None => "signed by   nobody, or not rightly".to_owned(),
    });
    lines.push(format!("the chain   {}", if comparison.chain_holds { "holds" } else { "DOES NOT HOLD" }));
    if comparison.other_certificates {
        lines.push(
            "Your copy of the chain has the same blocks with other certificates, which are valid too; what the report says of numbers of certificates, votes and bytes was not checked."
                .to_owned(),
        );
    }
    lines.join("\n")
}
