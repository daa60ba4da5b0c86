//! What the demo leaves behind: chain, hints, report, and test wallets that are marked as such.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{NetworkId, hash::hex};
use hushwatt_ledger::units::Utility;
use hushwatt_node::Store;
use serde::Serialize;
use tempfile::TempDir;

use super::{DemoError, Page, community::Community, data::Data, roles::Household};

/// A folder that is kept, or one that goes away with the demo.
pub(super) struct Output {
    folder: PathBuf,
    node: PathBuf,
    kept: bool,
    _temporary: Option<TempDir>,
}

/// An exported chain with its hints.
pub(super) struct Exported {
    pub(super) chain: PathBuf,
    pub(super) hints: PathBuf,
    pub(super) network: NetworkId,
    pub(super) bytes: u64,
}

#[derive(Serialize)]
struct TestWallet<'a> {
    warning: &'static str,
    home: &'a str,
    seed: String,
    address: String,
    /// Of electricity.
    #[serde(flatten)]
    meter: Option<TestMeter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    water: Option<TestMeter>,
}

#[derive(Serialize)]
struct TestMeter {
    meter: u32,
    reading_key_day: u64,
    reading_key: String,
}

impl TestMeter {
    fn of(household: &Household, utility: Utility) -> Option<Self> {
        let pairing = &household.meters.iter().find(|meter| meter.utility == utility)?.pairing;
        Some(TestMeter {
            meter: pairing.meter.0,
            reading_key_day: pairing.day_key.day(),
            reading_key: hex(pairing.day_key.expose()),
        })
    }
}

const WARNING: &str = "TEST WALLET of a demo with stepped clocks: never use this seed on a real network";

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> DemoError {
    let path = path.to_path_buf();
    move |source| DemoError::File { action, path, source }
}

impl Output {
    pub(super) fn prepare(wanted: Option<&Path>) -> Result<Self, DemoError> {
        let temporary = match wanted {
            Some(_) => None,
            None => {
                let parent = std::env::temp_dir();
                Some(TempDir::with_prefix("hushwatt-demo-").map_err(file_error("create a folder in", &parent))?)
            }
        };
        let folder = match (&temporary, wanted) {
            (Some(temporary), _) => temporary.path().to_path_buf(),
            (None, wanted) => wanted.unwrap_or(Path::new(".")).to_path_buf(),
        };
        fs::create_dir_all(&folder).map_err(file_error("create", &folder))?;
        let mut entries = fs::read_dir(&folder).map_err(file_error("read", &folder))?;
        if entries.next().is_some() {
            return Err(DemoError::NotEmpty(folder));
        }
        let node = folder.join("node");
        Ok(Output { node, kept: wanted.is_some(), folder, _temporary: temporary })
    }

    pub(super) fn node_folder(&self) -> &Path {
        &self.node
    }

    /// Where the operator keeps its book.
    pub(super) fn operator_folder(&self) -> PathBuf {
        self.folder.join("operator")
    }

    /// Exports the chain for auditors, hints and test wallets for households.
    pub(super) fn export(&self, store: &Store, community: &Community, data: &Data) -> Result<Exported, DemoError> {
        let chain = self.folder.join("chain.hwl");
        let hints = self.folder.join("hints");
        fs::create_dir_all(&hints).map_err(file_error("create", &hints))?;
        write_file(&chain, |out| Ok(store.export(out)?))?;
        for day in store.hint_days()? {
            write_file(&hints.join(day.file_name()), |out| Ok(store.export_hints(day, out)?))?;
        }
        let network = *community.genesis.network();
        if self.kept {
            self.write("network-id", 0o644, format!("{network}\n").as_bytes())?;
            self.write("genesis.json", 0o644, community.genesis.bytes())?;
            let wallets: Vec<TestWallet<'_>> = community
                .households
                .iter()
                .map(|household| TestWallet {
                    warning: WARNING,
                    home: &data.names[household.home],
                    seed: hex(household.seed.expose()),
                    address: household.address().encode(&network),
                    meter: TestMeter::of(household, Utility::Electricity),
                    water: TestMeter::of(household, Utility::Water),
                })
                .collect();
            self.write("test-wallets.json", 0o600, &serde_json::to_vec_pretty(&wallets)?)?;
        }
        let bytes = fs::metadata(&chain).map_err(file_error("read", &chain))?.len();
        Ok(Exported { chain, hints, network, bytes })
    }

    /// Keeps the page as text, HTML and JSON.
    pub(super) fn keep_report(&self, page: &Page) -> Result<(), DemoError> {
        if !self.kept {
            return Ok(());
        }
        self.write("report.txt", 0o644, page.text().as_bytes())?;
        self.write("report.html", 0o644, page.html().as_bytes())?;
        self.write("report.json", 0o644, &serde_json::to_vec_pretty(page)?)
    }

    fn write(&self, name: &str, mode: u32, bytes: &[u8]) -> Result<(), DemoError> {
        let path = self.folder.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        let mut file = file.map_err(file_error("create", &path))?;
        file.write_all(bytes).map_err(file_error("write", &path))
    }
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), DemoError>) -> Result<(), DemoError> {
    let mut out = BufWriter::new(File::create(path).map_err(file_error("create", path))?);
    write(&mut out)?;
    out.flush().map_err(file_error("write", path))
}
