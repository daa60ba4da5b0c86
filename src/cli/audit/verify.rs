//! `hushwatt audit verify`: a whole chain, held against every rule.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use hushwatt_crypto::NetworkId;

use super::{NOT_JUDGED, conclude, report_chain::ReportChain};
use crate::cli::fail;

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit verify chain.hwl --network 3f9a...
  hushwatt audit verify /var/lib/hushwatt --network 3f9a... --json > report.json
  hushwatt audit verify chain.hwl --network 3f9a... --state ./audit
  hushwatt audit verify --node https://node-b.example.org --network 3f9a... --state ./audit

With --state the audit keeps its books in a folder: the next run verifies only the blocks that came since, and says the same as an
audit from the genesis. It may be stopped at any time.";

/// Arguments of `hushwatt audit verify`.
#[derive(Args)]
pub(super) struct VerifyArguments {
    #[command(flatten)]
    chain: ReportChain,
    /// The network id you know from the community: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: NetworkId,
    /// Keep the audit's books in this folder, and go on from the last block that they know
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &VerifyArguments) -> ExitCode {
    let report = match arguments.chain.audit(&arguments.network, arguments.state.as_deref()) {
        Ok(report) => report,
        // Nothing was judged: neither "holds" nor "does not hold".
        Err(error) => {
            fail(&error);
            return ExitCode::from(NOT_JUDGED);
        }
    };
    conclude(arguments.json, &report, || report.to_string(), report.holds())
}
