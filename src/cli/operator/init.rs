//! `hushwatt operator init`: a new operator. First his keys, of which the community needs the public one for its genesis; then
//! everything else.

use std::path::PathBuf;

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_operator::{
    config::{Config, template},
    folder::OperatorFolder,
    service::{RunOptions, may_run},
};
use rand_core::OsRng;
use serde::Serialize;

use super::{common::Common, table::pairs};
use crate::cli::{failure::Failure, office::CommunityArguments};

/// Arguments of `hushwatt operator init`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt operator init --out /var/lib/hushwatt-operator
      the keys alone: send the line that is printed to whoever writes the genesis, or to the registrars
  hushwatt operator init --out /var/lib/hushwatt-operator --node http://127.0.0.1:8400 --network 3f9a...
      everything else; the genesis is downloaded from the node
  hushwatt operator init --out /var/lib/hushwatt-operator --genesis genesis.json --network 3f9a... \\
      --node http://127.0.0.1:8400 --node https://node-b.example.org

The network id is told to you by another way than the genesis: on paper, on the phone. Keys that are in the folder are kept.")]
pub(super) struct InitArguments {
    /// A node of your community, best your own; best two or more
    #[arg(long, value_name = "URL")]
    node: Vec<BaseUrl>,
    #[command(flatten)]
    community: CommunityArguments,
    /// The network's time is simulated: for demos and tests
    #[arg(long)]
    simulated: bool,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    folder: PathBuf,
    public_key: String,
    network: Option<String>,
    simulated_time: bool,
    /// Whether the genesis names this operator.
    in_genesis: bool,
}

pub(super) fn run(common: &Common, arguments: &InitArguments) -> Result<(), Failure> {
    let folder = common.folder()?;
    folder.check_free()?;
    if arguments.community.genesis.is_none() && arguments.node.is_empty() {
        return keys_alone(common, &folder);
    }
    let Some(first) = arguments.node.first() else {
        return Err(Failure::input("--node is missing: give the address of a node, best of two"));
    };
    let genesis = arguments.community.genesis(common, first)?;
    may_run(&genesis, &RunOptions { simulated: arguments.simulated })?;
    // Whatever is wrong is found out before anything is written.
    let text = template(&arguments.node);
    Config::parse(&text).map_err(Failure::input)?;
    let keys = folder.create(&genesis, &text, &mut OsRng)?;
    let made = Made {
        folder: folder.path().to_path_buf(),
        public_key: keys.public_line(),
        network: Some(genesis.network().to_string()),
        simulated_time: genesis.simulated_time,
        in_genesis: genesis.operator == Some(keys.public()),
    };
    if !made.in_genesis {
        common.remark(match genesis.operator {
            Some(_) => {
                "the genesis names another operator: nothing that this one admits is taken before the registrars have put his key in the other's place"
            }
            None => {
                "the genesis names no operator: nothing that this one admits is taken before the registrars have registered his key"
            }
        });
    }
    if arguments.node.len() == 1 {
        common.remark("with one node, nothing is cleared while that one is away: add another to operator.toml");
    }
    common.answer(&made, || {
        let rows = [
            ("Operator", made.folder.display().to_string()),
            ("Network", genesis.network().to_string()),
            ("Key", made.public_key.clone()),
        ];
        let folder = made.folder.display();
        format!(
            "{}\nSettings are in {}.\nNext: hushwatt operator run --folder {folder}",
            pairs(&rows),
            made.folder.join("operator.toml").display()
        )
    })
}

/// The first step of an operator who is to be in a genesis.
fn keys_alone(common: &Common, folder: &OperatorFolder) -> Result<(), Failure> {
    let keys = folder.make_keys(&mut OsRng)?;
    let made = Made {
        folder: folder.path().to_path_buf(),
        public_key: keys.public_line(),
        network: None,
        simulated_time: false,
        in_genesis: false,
    };
    if !common.json {
        eprintln!(
            "The keys are in {}: keep them secret, and keep a copy. Send this line to whoever writes the genesis, or to\nthe registrars; it is no secret. With the genesis, run this again (hushwatt operator init --help).",
            folder.path().display()
        );
    }
    common.answer(&made, || made.public_key.clone())
}
