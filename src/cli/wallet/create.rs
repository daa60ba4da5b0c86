//! `hushwatt wallet create`: from a node's address to a wallet whose words are on paper.

use std::{fs, path::PathBuf};

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::genesis::Genesis;
use hushwatt_wallet::{
    file::Strength,
    household::{Household, HouseholdError, NewHousehold},
    sync::Nodes,
};
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, sheet, table::pairs, terminal};
use crate::cli::progress;

/// Arguments of `hushwatt wallet create`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet create --node https://node-a.example.org --network 3f9a...
  hushwatt wallet create --node https://node-a.example.org --node https://node-b.example.org
  hushwatt wallet create --genesis genesis.json --node http://127.0.0.1:8400 --json --passphrase-file pass.txt

Your community's operators tell you the network id by another way than the node's address: on paper, on the phone. It is what
your wallet trusts. With several nodes, the wallet compares what they say.")]
pub(super) struct CreateArguments {
    #[command(flatten)]
    community: CommunityArguments,
}

/// Which community.
#[derive(Args)]
pub(super) struct CommunityArguments {
    /// A node of your community; may be repeated
    #[arg(long, value_name = "URL")]
    pub node: Vec<BaseUrl>,
    /// The network id that your community told you: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    pub network: Option<NetworkId>,
    /// The genesis, if it is not to be downloaded from the node
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
}

#[derive(Serialize)]
struct Created<'a> {
    wallet: PathBuf,
    network: String,
    simulated_time: bool,
    address: String,
    birthday_time: u64,
    words: Vec<&'a str>,
    words_confirmed: bool,
}

pub(super) fn run(common: &Common, arguments: &CreateArguments) -> Result<(), WalletCommandError> {
    let path = common.new_wallet()?;
    let genesis = arguments.community.genesis(common)?;
    let passphrase = common.new_passphrase("the new wallet")?;
    let new = NewHousehold {
        path: &path,
        passphrase: &passphrase,
        strength: Strength::USUAL,
        genesis,
        nodes: arguments.community.urls(),
    };
    let mut household = Household::create(new)?;
    let words = household.words(&passphrase)?;
    if common.json {
        let created = Created {
            wallet: path,
            network: household.genesis().network().to_string(),
            simulated_time: household.genesis().simulated_time,
            address: household.address(),
            birthday_time: household.birthday().0,
            words: words.words().collect(),
            words_confirmed: false,
        };
        return common.answer(&created, String::new);
    }
    let made = pairs(&[
        ("Wallet", path.display().to_string()),
        ("Network", household.genesis().network().to_string()),
        ("Address", household.address()),
    ]);
    let sheet = sheet::text(common, &household, &words);
    if terminal::is_there() {
        eprintln!("{sheet}\n");
        let confirmed = sheet::confirm(&mut household, &words)?;
        common.answer(&(), || made)?;
        if !confirmed {
            eprintln!("The words are not confirmed yet: \"hushwatt wallet words --confirm\" when they are on paper.");
        }
        eprintln!(
            "Next: \"hushwatt wallet address --qr\" shows what others pay to; \"hushwatt wallet --help\" the rest."
        );
        return Ok(());
    }
    common.answer(&(), || format!("{made}\n\n{sheet}"))?;
    eprintln!(
        "The words were printed and left unconfirmed: \"hushwatt wallet words --confirm\" when they are on paper."
    );
    Ok(())
}

impl CommunityArguments {
    /// The genesis, of the network that the operator means.
    pub fn genesis(&self, common: &Common) -> Result<Genesis, WalletCommandError> {
        if self.node.is_empty() {
            return Err(WalletCommandError::Input("give at least one node of your community: --node URL".to_owned()));
        }
        let mut found: Option<(String, Genesis)> = None;
        if let Some(path) = &self.genesis {
            let bytes = fs::read(path).map_err(|source| WalletCommandError::read(path, source))?;
            let genesis = Genesis::parse(&bytes).map_err(HouseholdError::from)?;
            found = Some((path.display().to_string(), genesis));
        } else {
            let wheel = (!common.json).then(|| progress::wheel("Asking the nodes for their network"));
            for url in &self.node {
                let genesis = Nodes::genesis(url)?;
                if let Some((_, first)) = &found
                    && first.network() != genesis.network()
                {
                    let (url, found, wanted) = (url.to_string(), *genesis.network(), *first.network());
                    return Err(WalletCommandError::OtherNetwork { url, found, wanted });
                }
                found.get_or_insert((url.to_string(), genesis));
            }
            if let Some(wheel) = wheel {
                wheel.finish_and_clear();
            }
        }
        let Some((source, genesis)) = found else { return Err(WalletCommandError::Declined) };
        match self.network {
            Some(wanted) if wanted != *genesis.network() => {
                Err(WalletCommandError::OtherNetwork { url: source, found: *genesis.network(), wanted })
            }
            Some(_) => Ok(genesis),
            None => confirm_network(common, &source, genesis),
        }
    }

    /// The nodes, as the wallet keeps them.
    pub fn urls(&self) -> Vec<String> {
        self.node.iter().map(ToString::to_string).collect()
    }
}

/// The network id is what everything rests on: a person compares it.
fn confirm_network(common: &Common, source: &str, genesis: Genesis) -> Result<Genesis, WalletCommandError> {
    let id = *genesis.network();
    if common.json || !terminal::is_there() {
        return Err(WalletCommandError::NetworkNotConfirmed(id));
    }
    let show = common.show();
    let simulated = if genesis.simulated_time { ", a TEST NETWORK with simulated time" } else { "" };
    eprintln!(
        "{source} belongs to the network\n\n  {id}\n\nwhich began {} with {}{simulated}.",
        show.moment(genesis.time),
        match genesis.validators().count() {
            1 => "one validator".to_owned(),
            count => format!("{count} validators"),
        }
    );
    if terminal::yes("Is this the network id that your community told you?")? {
        Ok(genesis)
    } else {
        Err(WalletCommandError::Declined)
    }
}
