//! `hushwatt node rejoin`: for a validator whose data were lost or restored from a backup.

use clap::Args;
use hushwatt_node::config::{NodeFolder, NodeRole, Overrides, Setup};

use super::common::{FolderArgument, NodeCommandError};

/// Arguments of `hushwatt node rejoin`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node rejoin --folder /var/lib/hushwatt

Needed whenever data/ is not exactly what this validator left behind when it stopped last: emptied, restored from a backup,
copied from another node. Without it the validator could vote against its own earlier votes, which it no longer knows. It needs
the http address of a peer in config.toml to catch up from.")]
pub(super) struct RejoinArguments {
    #[command(flatten)]
    folder: FolderArgument,
}

pub(super) fn run(arguments: &RejoinArguments) -> Result<(), NodeCommandError> {
    let folder = NodeFolder::at(&arguments.folder.path()?);
    let setup = Setup::load(folder.path(), Overrides::default(), Overrides::default())?;
    if setup.config.role == NodeRole::Follower {
        return Err(NodeCommandError::Refused(
            "this node is a follower: it never votes, and catches up by itself".to_owned(),
        ));
    }
    if setup.config.network.peers.iter().all(|peer| peer.http.is_none()) {
        return Err(NodeCommandError::Refused(format!(
            "no peer has an http address in {}, so there is nobody to catch up from: add one first",
            folder.config_file().display()
        )));
    }
    folder.mark_rejoin()?;
    eprintln!("Marked. After the next start it follows the others, and votes again when it has caught up with them.");
    Ok(())
}
