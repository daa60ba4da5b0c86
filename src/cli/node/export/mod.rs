//! `hushwatt node export`: the chain as one file, from a node's folder or from a running node.
//!
//! The file ends with the last block that a certificate covers: blocks behind it are not final for anybody else yet.

mod disk;
mod source;

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{genesis::Genesis, storage::ChainLog};
use hushwatt_node::config::BaseUrl;
use indicatif::ProgressBar;

use super::common::{FolderArgument, NodeCommandError, file_error};
use crate::cli::progress;
use disk::BulkDisk;
use source::Source;

/// Who waits longer sees a bar.
const BAR_AFTER: Duration = Duration::from_secs(2);

/// Arguments of `hushwatt node export`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node export --folder /var/lib/hushwatt --out chain.hwl
  hushwatt node export --url https://node-b.example.org --network 3f9a... --out chain.hwl
  hushwatt audit verify chain.hwl --network 3f9a...

The folder is only read, and may be that of a running node. Nothing is verified here but the file's own checksums:
\"hushwatt audit verify\" does that, and needs nothing else than this file and the network id.")]
pub(super) struct ExportArguments {
    #[command(flatten)]
    folder: FolderArgument,
    /// Fetch the chain from a running node instead
    #[arg(long, value_name = "URL", conflicts_with = "folder")]
    url: Option<BaseUrl>,
    /// Refuse the chain of another network than this
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Where to write the chain; must not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(arguments: &ExportArguments) -> Result<(), NodeCommandError> {
    if arguments.out.exists() {
        return Err(NodeCommandError::Exists(arguments.out.clone()));
    }
    let mut source = match &arguments.url {
        Some(url) => Source::node(url)?,
        None => Source::folder(&arguments.folder.path()?)?,
    };
    let genesis = source.genesis()?;
    if let Some(expected) = arguments.network.filter(|expected| expected != genesis.network()) {
        return Err(NodeCommandError::Refused(format!(
            "this is the chain of network {}, not of {expected}: ask the right node",
            genesis.network()
        )));
    }
    let draft = Draft::create(&arguments.out, &genesis)?;
    let written = draft.fill(&mut source)?;
    eprintln!(
        "{} holds {} of network {}.",
        arguments.out.display(),
        match written.blocks {
            1 => "1 block".to_owned(),
            blocks => format!("{blocks} blocks"),
        },
        genesis.network()
    );
    if written.left_out > 0 {
        eprintln!("remark: {} more are not covered by a certificate yet and were left out.", written.left_out);
    }
    Ok(())
}

/// A file that gets its name when it is whole; one that stays unfinished is removed.
struct Draft {
    path: PathBuf,
    out: PathBuf,
    log: Option<ChainLog>,
}

/// What was written.
struct Written {
    blocks: u64,
    left_out: u64,
}

impl Draft {
    fn create(out: &Path, genesis: &Genesis) -> Result<Self, NodeCommandError> {
        let mut path = out.as_os_str().to_os_string();
        path.push(".part");
        let path = PathBuf::from(path);
        if path.exists() {
            fs::remove_file(&path).map_err(file_error("remove", &path))?;
        }
        let mut draft = Draft { path, out: out.to_path_buf(), log: None };
        draft.log = Some(ChainLog::open(Arc::new(BulkDisk), &draft.path, genesis.bytes())?);
        Ok(draft)
    }

    fn fill(mut self, source: &mut Source) -> Result<Written, NodeCommandError> {
        let Some(mut log) = self.log.take() else { return Ok(Written { blocks: 0, left_out: 0 }) };
        let mut bar = LateBar::new(source.total());
        // Where the file ends with the last covered block, and how many blocks that are.
        let (mut covered, mut length) = (0, self.length()?);
        let path = self.path.clone();
        source.each(&mut |body, certificate| {
            log.append(body, certificate)?;
            if !certificate.is_empty() {
                covered = log.len();
                length = fs::metadata(&path).map_err(file_error("read", &path))?.len();
            }
            bar.at(log.len());
            Ok(())
        })?;
        let left_out = log.len() - covered;
        drop(log);
        let file = OpenOptions::new().write(true).open(&self.path).map_err(file_error("open", &self.path))?;
        file.set_len(length).and_then(|()| file.sync_all()).map_err(file_error("write", &self.path))?;
        // A hard link refuses a name that is taken by now, which a rename would replace.
        fs::hard_link(&self.path, &self.out).map_err(file_error("create", &self.out))?;
        sync_folder(&self.out).map_err(file_error("write", &self.out))?;
        Ok(Written { blocks: covered, left_out })
    }

    fn length(&self) -> Result<u64, NodeCommandError> {
        Ok(fs::metadata(&self.path).map_err(file_error("read", &self.path))?.len())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Whatever went wrong is told already; a draft that stays is replaced by the next export.
        let _ = fs::remove_file(&self.path);
    }
}

fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// A bar that shows itself only to those who wait.
struct LateBar {
    since: Instant,
    total: u64,
    bar: Option<ProgressBar>,
}

impl LateBar {
    fn new(total: u64) -> Self {
        LateBar { since: Instant::now(), total, bar: None }
    }

    fn at(&mut self, done: u64) {
        if self.bar.is_none() && self.since.elapsed() > BAR_AFTER {
            self.bar = Some(progress::bar(self.total, "Exporting the chain"));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }
}

impl Drop for LateBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
