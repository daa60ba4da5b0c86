//! `hushwatt committee init`: a new member.

use std::path::PathBuf;

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_committee::{
    config::template,
    run::{RunOptions, may_run},
};
use hushwatt_crypto::NetworkId;
use rand_core::OsRng;
use serde::Serialize;

use super::{common::Common, table::pairs};
use crate::cli::{failure::Failure, office::CommunityArguments};

/// Arguments of `hushwatt committee init`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt committee init --out /var/lib/hushwatt-committee --node http://127.0.0.1:8400 --network 3f9a...
      the genesis is downloaded from the node
  hushwatt committee init --out /var/lib/hushwatt-committee --genesis genesis.json --network 3f9a... \\
      --node http://127.0.0.1:8400 --node https://node-b.example.org

The line that is printed goes to the registrars; it is no secret. The network id is told to you by another way than the genesis: on
paper, on the phone. Keys that are in the folder are kept.")]
pub(super) struct InitArguments {
    /// A node of your community, best your own; best two or more
    #[arg(long, value_name = "URL", required = true)]
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
    public_line: String,
    network: String,
    simulated_time: bool,
}

pub(super) fn run(common: &Common, arguments: &InitArguments) -> Result<(), Failure> {
    let folder = common.folder()?;
    folder.check_free()?;
    let Some(first) = arguments.node.first() else {
        return Err(Failure::input("--node is missing: give the address of a node"));
    };
    let genesis = arguments.community.genesis(common, first)?;
    may_run(&genesis, &RunOptions { simulated: arguments.simulated })?;
    let keys = folder.create(&genesis, &template(&arguments.node), &mut OsRng)?;
    if arguments.node.len() == 1 {
        common.remark("with one node, shares that it keeps back are lacking: add another to committee.toml");
    }
    let network: NetworkId = *genesis.network();
    let made = Made {
        folder: folder.path().to_path_buf(),
        public_line: keys.public_line(),
        network: network.to_string(),
        simulated_time: genesis.simulated_time,
    };
    common.answer(&made, || {
        let rows = [
            ("Member", made.folder.display().to_string()),
            ("Network", network.to_string()),
            ("Line", made.public_line.clone()),
        ];
        format!(
            "{}\nHand the line to the registrars, and keep a copy of the keys.\nNext: hushwatt committee run --folder {}",
            pairs(&rows),
            made.folder.display()
        )
    })
}
