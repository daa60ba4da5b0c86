//! `hushwatt audit allocate`: shares what a community generated, and proves that it is what its key says.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use hushwatt_audits::{
    FactsError, Follower,
    allocation::{
        AllocateError, Allocation, FileError, Given, MAX_KEY_BYTES, MAX_MEMBERS, MAX_OPENINGS_BYTES, MAX_PRODUCERS,
        Openings, ReadingFacts, Readings, SharingKey, Slip, Wanted, allocate, readings_from_path,
    },
};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::storage::make_private_folder;
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{
    Bar,
    source::{Source, SourceError, follow_node},
};
use crate::cli::{
    fail,
    files::{Readers, read_capped, write_new},
    progress, say,
};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit allocate key.toml --openings ./openings --node https://node-a.example.org --out june.json --slips ./slips
  hushwatt audit allocate key.toml --openings ./openings --chain chain.hwl --out june.json --slips ./slips

The sharing key, which all members agreed on (rule: static, dynamic, hybrid or priority; per: interval or window; share_ppm only
for static and hybrid, together 1000000; the order of the members decides equal remainders):

  community = \"Stromgasse\"
  allocator = \"Ms Huber\"
  utility = \"electricity\"
  rule = \"static\"
  per = \"interval\"
  producers = [0, 4]
  members = [{ meter = 1, share_ppm = 600000 }, { meter = 2, share_ppm = 400000 }]

Producers give the openings of what they gave, members of what they took. The allocation is for the time that all files with
openings have in common. Send each slip to its member and to nobody else, and delete the openings when they are not needed any more.";

/// Most files in the folder with openings: one for each meter.
const MAX_FILES: usize = MAX_PRODUCERS + MAX_MEMBERS;

/// Arguments of `hushwatt audit allocate`.
#[derive(Args)]
pub(super) struct AllocateArguments {
    /// The community's sharing key
    #[arg(value_name = "KEY.TOML")]
    key: PathBuf,
    /// A folder with the members' openings, .json files
    #[arg(long, value_name = "FOLDER")]
    openings: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Refuse openings of another network than this: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Write the allocation, which everybody may see, into this new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write the members' slips into this folder, new or empty
    #[arg(long, value_name = "FOLDER")]
    slips: PathBuf,
}

/// Why nothing was allocated.
#[derive(Debug, thiserror::Error)]
pub(super) enum AllocationCommandError {
    #[error("could not read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("could not write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: FileError },
    #[error("{} holds more than {MAX_FILES} files with openings", .0.display())]
    TooMany(PathBuf),
    #[error("the openings are of network {found}, not of {expected}")]
    ForeignNetwork { expected: NetworkId, found: NetworkId },
    #[error(transparent)]
    Allocate(#[from] AllocateError),
    #[error(transparent)]
    Source(#[from] SourceError),
}

pub(super) fn run(arguments: &AllocateArguments) -> ExitCode {
    match share(arguments) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn share(arguments: &AllocateArguments) -> Result<String, AllocationCommandError> {
    let key = read_key(&arguments.key)?;
    let files = read_openings(&arguments.openings)?;
    let given = Given::new(&key, &files)?;
    let wanted = given.wanted();
    if let Some(expected) = arguments.network.filter(|expected| *expected != wanted.network) {
        return Err(AllocationCommandError::ForeignNetwork { expected, found: wanted.network });
    }
    // What cannot be written is better known before an hour of proving.
    make_room(&arguments.out, &arguments.slips)?;
    let facts = gather(&arguments.source, &wanted)?;
    let mut bar = Bar(progress::bar(0, "Proving the allocation"));
    let made = allocate(&given, &facts, &mut OsRng, &mut bar);
    bar.0.finish_and_clear();
    let (allocation, slips) = made?;
    write(arguments, &allocation, &slips)?;
    Ok(format!(
        "{}: {} periods allocated and proven; anybody can check it:\n  hushwatt audit check-allocation {} --node URL --key {}\n\
         {}: {} slips, one for each member and for nobody else's eyes.\n\
         The openings in {} tell their members' consumption: delete them when they are not needed any more.",
        arguments.out.display(),
        allocation.shared.len(),
        arguments.out.display(),
        arguments.key.display(),
        arguments.slips.display(),
        slips.len(),
        arguments.openings.display(),
    ))
}

/// The community's sharing key.
pub(super) fn read_key(path: &Path) -> Result<SharingKey, AllocationCommandError> {
    let bytes = read(path, MAX_KEY_BYTES)?;
    SharingKey::from_toml(&String::from_utf8_lossy(&bytes)).map_err(|source| wrong(path, source))
}

/// A file, for its parser.
pub(super) fn read(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, AllocationCommandError> {
    let bytes = read_capped(path, most).map(Zeroizing::new);
    bytes.map_err(|source| AllocationCommandError::Read { path: path.to_path_buf(), source })
}

pub(super) fn wrong(path: &Path, source: FileError) -> AllocationCommandError {
    AllocationCommandError::File { path: path.to_path_buf(), source }
}

/// The readings of the ledger that are asked for.
pub(super) fn gather(source: &Source, wanted: &Wanted) -> Result<ReadingFacts, SourceError> {
    let mut bar = Bar(progress::bar(0, "Reading the chain"));
    let facts = match (&source.chain, &source.node) {
        (Some(chain), _) => readings_from_path(chain, wanted, &mut bar).map_err(SourceError::from),
        (None, Some(node)) => {
            let followed = follow_node(node, |genesis| Follower::<Readings>::new(genesis, wanted), &mut bar);
            followed.and_then(|followed| Ok(followed.finish()?))
        }
        // The command line asks for one of them.
        (None, None) => Err(FactsError::NoBlocks.into()),
    };
    bar.0.finish_and_clear();
    facts
}

/// All files with openings of a folder, in the order of their names.
fn read_openings(folder: &Path) -> Result<Vec<Openings>, AllocationCommandError> {
    let listed = |source| AllocationCommandError::Read { path: folder.to_path_buf(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(listed)? {
        let path = entry.map_err(listed)?.path();
        if path.extension() == Some(OsStr::new("json")) {
            paths.push(path);
        }
        if paths.len() > MAX_FILES {
            return Err(AllocationCommandError::TooMany(folder.to_path_buf()));
        }
    }
    paths.sort();
    let one = |path: &PathBuf| {
        let bytes = read(path, MAX_OPENINGS_BYTES)?;
        Openings::from_json(&bytes).map_err(|source| wrong(path, source))
    };
    paths.iter().map(one).collect()
}

fn make_room(out: &Path, slips: &Path) -> Result<(), AllocationCommandError> {
    let failed = |path: &Path, source| AllocationCommandError::Write { path: path.to_path_buf(), source };
    if out.symlink_metadata().is_ok() {
        return Err(failed(out, io::ErrorKind::AlreadyExists.into()));
    }
    make_private_folder(slips).map_err(|source| failed(slips, source))?;
    let mut entries = fs::read_dir(slips).map_err(|source| failed(slips, source))?;
    if entries.next().is_some() { Err(failed(slips, io::ErrorKind::DirectoryNotEmpty.into())) } else { Ok(()) }
}

fn write(arguments: &AllocateArguments, allocation: &Allocation, slips: &[Slip]) -> Result<(), AllocationCommandError> {
    let new = |path: &Path, bytes: &[u8], readers| {
        let written = write_new(path, bytes, readers);
        written.map_err(|source| AllocationCommandError::Write { path: path.to_path_buf(), source })
    };
    for slip in slips {
        let path = arguments.slips.join(format!("meter-{}.json", slip.meter.0));
        let text = slip.to_json().map_err(|source| wrong(&path, source))?;
        new(&path, text.as_bytes(), Readers::Owner)?;
    }
    let text = allocation.to_json().map_err(|source| wrong(&arguments.out, source))?;
    new(&arguments.out, text.as_bytes(), Readers::Usual)
}
