//! `hushwatt node key`: the keys of those who hold a role. Secrets never leave their file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hushwatt_node::config::{KeyFile, KeyRole, NodeFolder};
use rand_core::OsRng;

use super::common::{FolderArgument, NodeCommandError};
use crate::cli::say;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key that only its owner may read, and print its public line
    ///
    /// The line on standard output is what others need: send it to whoever writes the genesis. The file stays where it is.
    /// A validator's key must never run on two machines at once.
    #[command(after_help = "Examples:
  hushwatt node key new --folder /var/lib/hushwatt                    validator.key
  hushwatt node key new --folder ~/hushwatt-keys --role registrar     registrar.key
  hushwatt node key new --folder ~/hushwatt-keys --role treasury      treasury.key
  hushwatt node key new --folder /var/lib/hushwatt --next             validator-next.key")]
    New {
        #[command(flatten)]
        folder: FolderArgument,
        /// Whose key: validator, registrar or treasury
        #[arg(long, value_name = "ROLE", default_value_t = KeyRole::Validator)]
        role: KeyRole,
        /// Make the key that replaces this validator's: the node votes with whichever is in force
        #[arg(long, conflicts_with = "role")]
        next: bool,
    },
    /// Print the public line of a key
    #[command(after_help = "Examples:
  hushwatt node key show --folder /var/lib/hushwatt
  hushwatt node key show --file ~/hushwatt-keys/registrar.key")]
    Show(ShowArguments),
}

#[derive(Args)]
pub(super) struct ShowArguments {
    #[command(flatten)]
    folder: FolderArgument,
    /// Whose key in the folder: validator, registrar or treasury
    #[arg(long, value_name = "ROLE", default_value_t = KeyRole::Validator)]
    role: KeyRole,
    /// The key that replaces the validator's
    #[arg(long, conflicts_with = "role")]
    next: bool,
    /// The key file itself, wherever it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["folder", "role", "next"])]
    file: Option<PathBuf>,
}

pub(super) fn run(command: &KeyCommand) -> Result<(), NodeCommandError> {
    match command {
        KeyCommand::New { folder, role, next } => {
            let elsewhere = match role {
                KeyRole::Meter => "a meter's key is made by its gateway, where it stays: hushwatt meter init",
                KeyRole::Operator => "the market operator's key is made in his folder: hushwatt operator init",
                KeyRole::Committee => {
                    "the keys of a member of the committee are made in his folder, by his own program"
                }
                KeyRole::Auditor => "an auditor's key belongs to no node: hushwatt audit key --out FILE",
                KeyRole::Validator | KeyRole::Registrar | KeyRole::Treasury => "",
            };
            if !elsewhere.is_empty() {
                return Err(NodeCommandError::Refused(elsewhere.to_owned()));
            }
            let path = key_file(folder, *role, *next)?;
            let key = KeyFile::random(*role, &mut OsRng);
            key.write_new(&path)?;
            eprintln!("The {role}'s key is in {}: keep it secret. {}", path.display(), care(*role));
            eprintln!("Send this line to whoever writes the genesis; it is no secret:");
            say(&key.public_line());
        }
        KeyCommand::Show(arguments) => {
            let key = match &arguments.file {
                Some(file) => KeyFile::read_any(file)?,
                None => {
                    let path = key_file(&arguments.folder, arguments.role, arguments.next)?;
                    KeyFile::read(&path, arguments.role)?
                }
            };
            say(&key.public_line());
        }
    }
    Ok(())
}

fn key_file(folder: &FolderArgument, role: KeyRole, next: bool) -> Result<PathBuf, NodeCommandError> {
    let folder = NodeFolder::at(&folder.path()?);
    Ok(if next { folder.next_key_file() } else { folder.key_file(role) })
}

/// What its holder must know about a copy.
fn care(role: KeyRole) -> &'static str {
    match role {
        KeyRole::Validator => "It must never run on two machines at once; when it is lost, the registrars replace it.",
        KeyRole::Meter | KeyRole::Operator | KeyRole::Committee => {
            "It never leaves its folder; when it is lost, the registrars replace it."
        }
        KeyRole::Registrar | KeyRole::Treasury | KeyRole::Auditor => {
            "Keep a copy where nobody else gets at it: it cannot be replaced."
        }
    }
}
