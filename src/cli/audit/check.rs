//! `hushwatt audit check`: what a household handed over, held against the chain of a file or a node.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, builder::NonEmptyStringValueParser};
use hushwatt_audits::{
    AuditError,
    check::{Asked, ChainFacts, CheckReport, FactsError, Gatherer, check, facts_from_path},
};
use hushwatt_client::{BaseUrl, ClientError, NodeClient};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    disclosure::{Disclosure, DisclosureError, MAX_DISCLOSURE_BYTES},
    genesis::Genesis,
    state::StateError,
};

use super::{Bar, NOT_JUDGED};
use crate::cli::{fail, progress, say};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit check rent.json --node https://node-b.example.org --verifier \"Anna Muster\" --nonce 4711
  hushwatt audit check rent.json --chain chain.hwl --network 3f9a... --json

Ask for a proof with your name and a nonce, a text you have not used before: then it is fresh and made for you. Without
them anyone could have handed you a file that was made for somebody else.";

/// What is asked of a node at once.
const MOST_BYTES: u64 = 64 << 20;

/// Arguments of `hushwatt audit check`.
#[derive(Args)]
pub(super) struct CheckArguments {
    /// The proof: a file that a household made
    file: PathBuf,
    /// Hold it against the chain of this node
    #[arg(long, value_name = "URL", required_unless_present = "chain", conflicts_with = "chain")]
    node: Option<BaseUrl>,
    /// Hold it against this exported chain, or that of a node's folder
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// Refuse a proof that was made for another name than this, yours
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    verifier: Option<String>,
    /// Refuse a proof with another nonce than this, which you gave
    #[arg(long, value_name = "N", value_parser = NonEmptyStringValueParser::new())]
    nonce: Option<String>,
    /// Refuse a proof about another network than this: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Why nothing was judged, or what was given is no proof at all.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("could not read {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is not a proof: {source}", path.display())]
    NoProof { path: PathBuf, source: DisclosureError },
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Node(#[from] ClientError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl CheckError {
    fn code(&self) -> ExitCode {
        match self {
            // What is no proof will not become one.
            CheckError::NoProof { .. } => ExitCode::FAILURE,
            _ => ExitCode::from(NOT_JUDGED),
        }
    }
}

pub(super) fn run(arguments: &CheckArguments) -> ExitCode {
    let report = match judge(arguments) {
        Ok(report) => report,
        Err(error) => {
            fail(&error);
            return error.code();
        }
    };
    if arguments.json {
        match serde_json::to_string_pretty(&report) {
            Ok(text) => say(&text),
            Err(error) => return fail(&error),
        }
    } else {
        say(report.to_string().trim_end());
    }
    if report.holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn judge(arguments: &CheckArguments) -> Result<CheckReport, CheckError> {
    let disclosure = read(&arguments.file)?;
    let mut bar = Bar(progress::bar(0, "Reading the chain"));
    let facts = match (&arguments.chain, &arguments.node) {
        (Some(chain), _) => facts_from_path(chain, &disclosure, &mut bar).map_err(CheckError::from),
        (None, Some(node)) => facts_from_node(&NodeClient::at(node), &disclosure, &mut bar),
        // The command line asks for one of them.
        (None, None) => Err(FactsError::NoBlocks.into()),
    };
    bar.0.finish_and_clear();
    let asked = Asked {
        verifier: arguments.verifier.as_deref().map(|name| name.trim().to_owned()),
        nonce: arguments.nonce.as_deref().map(|nonce| nonce.trim().to_owned()),
        network: arguments.network,
    };
    Ok(check(&disclosure, &facts?, &asked)?)
}

fn read(path: &Path) -> Result<Disclosure, CheckError> {
    let mut bytes = Vec::new();
    let most = MAX_DISCLOSURE_BYTES as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|source| CheckError::File { path: path.to_path_buf(), source })?;
    Disclosure::from_json(&bytes).map_err(|source| CheckError::NoProof { path: path.to_path_buf(), source })
}

/// All blocks of a node: it is asked for nothing that tells what the proof is about.
fn facts_from_node(node: &NodeClient, disclosure: &Disclosure, bar: &mut Bar) -> Result<ChainFacts, CheckError> {
    let path = "/v1/genesis";
    let bytes = node.bytes(path)?;
    let genesis = Genesis::parse(&bytes).map_err(|error| node.nonsense(path, &error))?;
    let (expected, found) = (disclosure.statement().network, *genesis.network());
    if expected != found {
        return Err(FactsError::from(AuditError::ForeignNetwork { expected, found }).into());
    }
    let height = node.status()?.height;
    bar.0.set_length(height);
    let mut gatherer = Gatherer::new(genesis, disclosure)?;
    while gatherer.next_height() <= height {
        let from = gatherer.next_height();
        let count = node.blocks::<CheckError>(from, MOST_BYTES, |record| {
            gatherer.record(&record.body, &record.certificate)?;
            bar.0.set_position(record.height);
            Ok(())
        })?;
        if count == 0 {
            return Err(node.nonsense("/v1/blocks", &"it has no blocks although it says so").into());
        }
    }
    Ok(gatherer.finish()?)
}
