//! `hushwatt audit check`: what a household handed over, held against the chain of a file or a node.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, builder::NonEmptyStringValueParser};
use hushwatt_audits::{
    FactsError,
    check::{Asked, ChainFacts, CheckReport, Gatherer, HeldKey, check, facts_from_path},
};
use hushwatt_crypto::{CryptoError, NetworkId, designated::VerifierKey};
use hushwatt_ledger::{
    disclosure::{Claim, Disclosure, DisclosureError, MAX_DISCLOSURE_BYTES, Tariff, TariffError},
    state::StateError,
};

use super::{
    Bar, NOT_JUDGED, conclude,
    disclosure_key::{self, DisclosureKeyError},
    request::{self, RequestError},
    source::{Source, SourceError, follow_node},
};
use crate::cli::{
    fail,
    files::{read_capped, read_text},
    progress,
};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit check rent.json --node https://node-b.example.org --verifier \"Anna Muster\" --nonce 4711
  hushwatt audit check rent.json --chain chain.hwl --network 3f9a... --json
  hushwatt audit check bill.json --node https://node-b.example.org --tariff tariff.toml --verifier \"Stadtwerke\"
  hushwatt audit check answer.json --node https://node-b.example.org --request anna.request.json --key requests.key

Ask for a proof with your name and a nonce, a text you have not used before: then it is fresh and made for you. Without
them anyone could have handed you a file that was made for somebody else. Or make a request (\"hushwatt audit request\"): what
answers it convinces you alone, and --request holds name, nonce, network, key, expiry and what was asked against it. Name your
key's file too (--key): whoever has the secret in it can make such an answer himself, of anything, so an answer holds only for
whoever alone has it, and that is said of it unless the secret is there. If others may have it, believe no answer.";

/// Arguments of `hushwatt audit check`.
#[derive(Args)]
pub(super) struct CheckArguments {
    /// The proof: a file that a household made
    file: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Refuse a proof that was made for another name than this, yours
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    verifier: Option<String>,
    /// Refuse a proof with another nonce than this, which you gave
    #[arg(long, value_name = "N", value_parser = NonEmptyStringValueParser::new())]
    nonce: Option<String>,
    /// Refuse a proof about another network than this: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Refuse a bill by other prices than those of this tariff file
    #[arg(long, value_name = "FILE")]
    tariff: Option<PathBuf>,
    /// Refuse what is no answer to this request of yours
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Refuse an answer that is meant for another disclosure key than this, yours: the file that "hushwatt audit disclosure-key"
    /// wrote, or without its secret hwverify1...
    #[arg(long, value_name = "KEY", value_parser = key_argument)]
    key: Option<KeyArgument>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// A disclosure key.
#[derive(Clone)]
enum KeyArgument {
    /// Without its secret.
    Public(VerifierKey),
    /// Where its secret is.
    File(PathBuf),
}

/// What neither is nor looks like a key is a file's name.
fn key_argument(text: &str) -> Result<KeyArgument, CryptoError> {
    match VerifierKey::decode(text) {
        Ok(key) => Ok(KeyArgument::Public(key)),
        Err(error) if text.trim_start().to_ascii_lowercase().starts_with("hwverify1") => Err(error),
        Err(_) => Ok(KeyArgument::File(PathBuf::from(text))),
    }
}

/// Why nothing was judged, or what was given is no proof at all.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("could not read {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is not a proof: {source}", path.display())]
    NoProof { path: PathBuf, source: DisclosureError },
    #[error("{} is not a tariff: {source}", path.display())]
    NoTariff { path: PathBuf, source: TariffError },
    #[error("a tariff was named, but the proof is no bill")]
    NoBill,
    #[error(transparent)]
    Key(#[from] DisclosureKeyError),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Source(#[from] SourceError),
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
    conclude(arguments.json, &report, || report.to_string(), report.holds)
}

fn judge(arguments: &CheckArguments) -> Result<CheckReport, CheckError> {
    let disclosure = read(&arguments.file)?;
    let tariff = arguments.tariff.as_deref().map(read_tariff).transpose()?;
    if tariff.is_some() && !matches!(disclosure.statement().claim, Claim::Bill(_)) {
        return Err(CheckError::NoBill);
    }
    let (key, held) = match &arguments.key {
        Some(KeyArgument::Public(key)) => (Some(*key), None),
        Some(KeyArgument::File(path)) => (None, Some(HeldKey::from(&disclosure_key::read(path)?))),
        None => (None, None),
    };
    let asked = Asked {
        verifier: arguments.verifier.as_deref().map(|name| name.trim().to_owned()),
        nonce: arguments.nonce.as_deref().map(|nonce| nonce.trim().to_owned()),
        network: arguments.network,
        tariff,
        key,
        held,
        request: arguments.request.as_deref().map(request::read).transpose()?,
        now: request::now(),
    };
    let mut bar = Bar(progress::bar(0, "Reading the chain"));
    let facts = gather(&arguments.source, &disclosure, &mut bar);
    bar.0.finish_and_clear();
    Ok(check(&disclosure, &facts?, &asked)?)
}

fn gather(source: &Source, disclosure: &Disclosure, bar: &mut Bar) -> Result<ChainFacts, SourceError> {
    match (&source.chain, &source.node) {
        (Some(chain), _) => Ok(facts_from_path(chain, disclosure, bar)?),
        (None, Some(node)) => Ok(follow_node(node, |genesis| Gatherer::new(genesis, disclosure), bar)?.finish()?),
        // The command line asks for one of them.
        (None, None) => Err(FactsError::NoBlocks.into()),
    }
}

fn read(path: &Path) -> Result<Disclosure, CheckError> {
    let bytes = read_capped(path, MAX_DISCLOSURE_BYTES);
    let bytes = bytes.map_err(|source| CheckError::File { path: path.to_path_buf(), source })?;
    Disclosure::from_json(&bytes).map_err(|source| CheckError::NoProof { path: path.to_path_buf(), source })
}

fn read_tariff(path: &Path) -> Result<Tariff, CheckError> {
    let text = read_text(path).map_err(|source| CheckError::File { path: path.to_path_buf(), source })?;
    Tariff::from_toml(&text).map_err(|source| CheckError::NoTariff { path: path.to_path_buf(), source })
}
