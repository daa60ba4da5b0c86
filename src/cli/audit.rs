//! `hushwatt audit`: a whole chain, or what somebody proves with it.

mod check;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use hushwatt_audits::{Progress, verify_path};
use hushwatt_crypto::NetworkId;
use indicatif::ProgressBar;

use super::{fail, progress};

/// Exit status when there was no chain of this network to judge.
const NOT_JUDGED: u8 = 3;

/// Arguments of `hushwatt audit`.
#[derive(Args)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Replay a chain from genesis and hold every rule and proof against it
    ///
    /// Reads nothing but the chain: no index, no hints, no secrets. Exit status 0 only if everything holds, 1 if something
    /// does not, 3 if there is no chain of this network to judge.
    #[command(after_help = "Examples:
  hushwatt audit verify chain.hwl --network 3f9a...
  hushwatt audit verify /var/lib/hushwatt --network 3f9a... --json > report.json")]
    Verify {
        /// A chain file, or the folder of a node
        chain: PathBuf,
        /// The network id you know from the community: 64 hexadecimal digits
        #[arg(long, value_name = "ID")]
        network: NetworkId,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a proof that a household handed you: a payment, a delivery, a reading, a balance
    ///
    /// Holds it against the chain, every certificate of which is verified. Exit status 0 only if the proof holds and was made for
    /// the verifier and nonce you name, 1 if it does not, 3 if the file or the chain could not be read.
    #[command(after_help = check::EXAMPLES)]
    Check(check::CheckArguments),
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn progress(&mut self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }
}

pub(crate) fn run(arguments: &AuditArguments) -> ExitCode {
    let (chain, network, json) = match &arguments.command {
        AuditCommand::Verify { chain, network, json } => (chain, network, json),
        AuditCommand::Check(arguments) => return check::run(arguments),
    };
    let mut bar = Bar(progress::bar(0, "Verifying the chain"));
    let verdict = verify_path(chain, network, &mut bar);
    bar.0.finish_and_clear();
    let report = match verdict {
        Ok(report) => report,
        // Nothing was judged: neither "holds" nor "does not hold".
        Err(error) => {
            fail(&error);
            return ExitCode::from(NOT_JUDGED);
        }
    };
    if *json {
        match serde_json::to_string_pretty(&report) {
            Ok(text) => println!("{text}"),
            Err(error) => return fail(&error),
        }
    } else {
        println!("{report}");
    }
    if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
