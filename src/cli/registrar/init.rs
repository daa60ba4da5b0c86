//! `hushwatt registrar init` and `passphrase`.

use std::path::PathBuf;

use clap::Args;
use hushwatt_client::{BaseUrl, KeyRole};
use hushwatt_crypto::{NetworkId, hash::hex};
use hushwatt_ledger::genesis::Genesis;
use hushwatt_registrar::Registrar;
use hushwatt_wallet::file::Strength;
use rand_core::OsRng;
use serde::Serialize;

use super::{common::Common, error::RegistrarCommandError};
use crate::cli::{community, secret, table::pairs};

/// Which community.
#[derive(Args)]
pub(super) struct Community {
    /// Download the community's genesis from this node
    #[arg(long, value_name = "URL", required_unless_present = "genesis", conflicts_with = "genesis")]
    node: Option<BaseUrl>,
    /// The community's genesis
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// The network id that your community told you: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: NetworkId,
}

impl Community {
    /// The community's genesis, if it is the right one.
    pub fn genesis(&self) -> Result<Genesis, RegistrarCommandError> {
        let found = match (&self.genesis, &self.node) {
            (Some(path), _) => community::from_file(path)?,
            (None, Some(node)) => community::from_node(node)?,
            (None, None) => return Err(RegistrarCommandError::NoSource("--genesis FILE")),
        };
        Ok(community::of_network(found, self.network)?)
    }
}

/// Arguments of `hushwatt registrar init`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar init --folder ~/register --node https://node-a.example.org --network 3f9a...
  hushwatt registrar init --folder ~/register --genesis genesis.json --network 3f9a... --passphrase-file pass.txt

A key that is in the folder (hushwatt node key new --folder ~/register --role registrar) is kept: receipts are then signed by the
registrar whom the genesis names. Otherwise a new one is made.")]
pub(super) struct InitArguments {
    #[command(flatten)]
    community: Community,
}

#[derive(Serialize)]
struct Made {
    folder: PathBuf,
    network: String,
    public_key: String,
    /// Whether the genesis names this key as a registrar's.
    in_genesis: bool,
}

pub(super) fn run(common: &Common, arguments: &InitArguments) -> Result<(), RegistrarCommandError> {
    let folder = common.folder()?;
    let genesis = arguments.community.genesis()?;
    folder.check_free(&genesis)?;
    let passphrase = common.new_passphrase()?;
    let registrar = Registrar::create(&folder, genesis, &passphrase, Strength::USUAL, &mut OsRng)?;
    let signer = registrar.signer();
    let made = Made {
        folder: folder.path().to_path_buf(),
        network: registrar.network().to_string(),
        public_key: format!("{}:{}", KeyRole::Registrar, hex(signer.as_bytes())),
        in_genesis: registrar.genesis().registrars().contains(&signer),
    };
    if !made.in_genesis {
        common
            .remark("the genesis names other registrars: tell members this key, so that they can check their receipts");
    }
    common.answer(&made, || {
        let rows = [
            ("Register", made.folder.display().to_string()),
            ("Network", made.network.clone()),
            ("Key", made.public_key.clone()),
        ];
        format!(
            "{}\nWithout the passphrase nobody opens it, you neither: keep it where you keep the key of the safe.\nNext: hushwatt registrar add --from PERSON.toml",
            pairs(&rows)
        )
    })
}

/// Arguments of `hushwatt registrar passphrase`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar passphrase
  hushwatt registrar passphrase --passphrase-file old.txt --new-passphrase-file new.txt

Copies of the register made before still open with the old one. Backups keep theirs.")]
pub(super) struct PassphraseArguments {
    /// Read the new passphrase from this file instead of asking
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Changed {
    changed: bool,
}

pub(super) fn passphrase(common: &Common, arguments: &PassphraseArguments) -> Result<(), RegistrarCommandError> {
    let (mut registrar, old) = common.open()?;
    let new = match &arguments.new_passphrase_file {
        Some(file) => secret::read_passphrase(file)?,
        None => secret::new_passphrase("the register from now on")?,
    };
    registrar.change_passphrase(&old, &new)?;
    common.answer(&Changed { changed: true }, || "The passphrase is changed.".to_owned())
}
