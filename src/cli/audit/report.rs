//! `hushwatt audit report` and `hushwatt audit key`: the report of a chain for people, signed by the auditor.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use hushwatt_audits::{
    Report,
    paper::{Language, Part, SEAL_NAME, Seal, render},
};
use hushwatt_client::{KeyError, KeyFile, KeyRole};
use hushwatt_crypto::NetworkId;
use rand_core::OsRng;

use super::{
    NOT_JUDGED,
    report_chain::{ChainError, ReportChain},
};
use crate::cli::{
    fail,
    files::{Readers, write_new},
    say,
};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit report chain.hwl --network 3f9a... --out ./report-june
  hushwatt audit report --node https://node-b.example.org --network 3f9a... --out ./report-june --key auditor.key
  hushwatt audit report chain.hwl --network 3f9a... --out ./bericht --lang de
  hushwatt audit report chain.hwl --network 3f9a... --out ./report-july --state ./audit

Writes report.json, and report.en.html, report.de.html, report.en.pdf, report.de.pdf; with a key also report.sig.json. From the same
chain the same files, byte for byte: anybody can check them with \"hushwatt audit check-report\". With --state the audit keeps its books
in a folder and verifies only the blocks that came since its last run; the files are the same as without.";

pub(super) const KEY_EXAMPLES: &str = "Examples:
  hushwatt audit key --out auditor.key

Give the line that it prints to whoever is to know your reports by it; keep the file to yourself.";

/// Arguments of `hushwatt audit report`.
#[derive(Args)]
pub(super) struct ReportArguments {
    #[command(flatten)]
    chain: ReportChain,
    /// The network id you know from the community: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: NetworkId,
    /// Write the report into this folder, where there must be none yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Sign it with this key, made by "hushwatt audit key"
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Keep the audit's books in this folder, and go on from the last block that they know
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// Languages of the pages: en, de, or both
    #[arg(long, value_name = "LANG", value_delimiter = ',', default_values = ["en", "de"], value_parser = language)]
    lang: Vec<Language>,
}

/// Arguments of `hushwatt audit key`.
#[derive(Args)]
pub(super) struct KeyArguments {
    /// Write the key into this new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn language(code: &str) -> Result<Language, String> {
    Language::from_code(code).ok_or_else(|| {
        let codes = Language::ALL.map(Language::code).join(", ");
        format!("reports are written in these languages: {codes}")
    })
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error("{} exists already: name another folder, so that no report is replaced", .0.display())]
    Exists(PathBuf),
    #[error("could not write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("there is no key at {}: make one with \"hushwatt audit key --out FILE\"", .0.display())]
    NoKey(PathBuf),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

pub(super) fn run(arguments: &ReportArguments) -> ExitCode {
    match write(arguments) {
        Ok(report) => {
            say(&told(arguments, &report));
            if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            fail(&error);
            ExitCode::from(NOT_JUDGED)
        }
    }
}

pub(super) fn make_key(arguments: &KeyArguments) -> ExitCode {
    let key = KeyFile::random(KeyRole::Auditor, &mut OsRng);
    if let Err(error) = key.write_new(&arguments.out) {
        return fail(&error);
    }
    eprintln!(
        "The auditor's key is in {}: keep it secret, and a copy where nobody else gets at it.",
        arguments.out.display()
    );
    eprintln!("Whoever is to check your reports needs this line; it is no secret:");
    say(&key.public_line());
    ExitCode::SUCCESS
}

fn write(arguments: &ReportArguments) -> Result<Report, ReportError> {
    let out = &arguments.out;
    let parts = Part::of(&arguments.lang);
    // What cannot be written is better known before a long audit.
    let names = Part::ALL.map(Part::file_name).into_iter().chain([SEAL_NAME]);
    if let Some(there) = names.map(|name| out.join(name)).find(|path| path.symlink_metadata().is_ok()) {
        return Err(ReportError::Exists(there));
    }
    let key = arguments.key.as_deref().map(read_key).transpose()?;
    fs::create_dir_all(out).map_err(|source| ReportError::Write { path: out.clone(), source })?;
    let report = arguments.chain.audit(&arguments.network, arguments.state.as_deref())?;
    let mut files = BTreeMap::new();
    for part in parts {
        files.insert(part, render(&report, part)?);
    }
    for (part, bytes) in &files {
        put(&out.join(part.file_name()), bytes)?;
    }
    if let Some(key) = key {
        let seal = Seal::new(&arguments.network, &files, &key.key).to_json()?;
        put(&out.join(SEAL_NAME), seal.as_bytes())?;
    }
    Ok(report)
}

fn read_key(path: &Path) -> Result<KeyFile, ReportError> {
    KeyFile::read(path, KeyRole::Auditor).map_err(|error| match error {
        KeyError::Missing(path) => ReportError::NoKey(path),
        error => error.into(),
    })
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let written = write_new(path, bytes, Readers::Usual);
    written.map_err(|source| ReportError::Write { path: path.to_path_buf(), source })
}

fn told(arguments: &ReportArguments, report: &Report) -> String {
    let verdict = match (&report.failure, &report.tip) {
        (None, Some(tip)) => format!("The chain holds, up to block {}.", tip.height),
        (Some(_), Some(tip)) => {
            format!("THE CHAIN HOLDS ONLY UP TO BLOCK {}. What is behind it is not final.", tip.height)
        }
        (Some(failure), None) => format!("THE CHAIN DOES NOT HOLD: block {}, {}.", failure.block, failure.message),
        (None, None) => "The chain holds.".to_owned(),
    };
    let signed = match arguments.key {
        Some(_) => format!(", signed ({SEAL_NAME})"),
        None => ", not signed".to_owned(),
    };
    let names: Vec<&str> = Part::of(&arguments.lang).into_iter().map(Part::file_name).collect();
    format!(
        "{verdict}\n{}: {}{signed}.\nAnybody who has the chain can check that they say what it says:\n  hushwatt audit check-report {} CHAIN --network {}",
        arguments.out.display(),
        names.join(", "),
        arguments.out.display(),
        arguments.network
    )
}
