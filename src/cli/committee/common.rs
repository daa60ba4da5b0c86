//! What every command of a member of the committee takes: which folder, and how it speaks.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_committee::folder::MemberFolder;
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::genesis::Genesis;
use serde::Serialize;

use super::error::CommitteeCommandError;
use crate::cli::{community, voice};

/// Names the member's folder.
const FOLDER_VARIABLE: &str = "HUSHWATT_COMMITTEE_FOLDER";

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every committee command")]
pub(super) struct Common {
    /// The member's folder [default: the environment variable HUSHWATT_COMMITTEE_FOLDER]
    #[arg(long, visible_alias = "out", global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// One JSON value on standard output and nothing else; errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
}

impl Common {
    /// The member's folder: the flag, else the environment.
    pub fn folder(&self) -> Result<MemberFolder, CommitteeCommandError> {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let path = self.folder.clone().or(named).ok_or(CommitteeCommandError::NoFolder)?;
        Ok(MemberFolder::at(&path))
    }

    /// Prints a result: as JSON, or as text for people.
    pub fn answer(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), CommitteeCommandError> {
        voice::answer(self.json, value, text).map_err(CommitteeCommandError::Json)
    }

    /// Something to know that is no result.
    pub fn remark(&self, text: &str) {
        voice::remark(self.json, text);
    }

    /// Asks whoever sits at the terminal; `None` if nobody does.
    pub fn ask(&self, question: &str) -> Result<Option<bool>, CommitteeCommandError> {
        voice::ask(self.json, question).map_err(CommitteeCommandError::System)
    }

    /// Prints an error, if it is one, and gives the exit status.
    pub fn finish(&self, done: Result<ExitCode, CommitteeCommandError>) -> ExitCode {
        match done {
            Ok(code) => code,
            Err(error) => error.report(self.json),
        }
    }
}

/// Which community: its genesis, confirmed by the network id.
#[derive(Args)]
pub(super) struct CommunityArguments {
    /// The community's genesis [default: it is downloaded from the first node]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// The network id that your community told you: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
}

impl CommunityArguments {
    /// The community's genesis, if it is the right one.
    pub fn genesis(&self, common: &Common, node: &BaseUrl) -> Result<Genesis, CommitteeCommandError> {
        let found = match &self.genesis {
            Some(path) => community::from_file(path)?,
            None => community::from_node(node)?,
        };
        if let Some(wanted) = self.network {
            return Ok(community::of_network(found, wanted)?);
        }
        let network = *found.network();
        if !common.json {
            let file = self.genesis.as_ref().map(|path| path.display().to_string());
            eprintln!("{} is of the network\n\n  {network}\n", file.unwrap_or_else(|| node.to_string()));
        }
        match common.ask("Is this the network id that your community told you?")? {
            Some(true) => Ok(found),
            Some(false) => Err(CommitteeCommandError::Declined),
            None => Err(CommitteeCommandError::NetworkNotConfirmed(network)),
        }
    }
}
