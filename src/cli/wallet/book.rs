//! `hushwatt wallet contacts` and `label`: names and notes, in the encrypted file only.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, find, history::short_address, session::Session, table::Table};

#[derive(Subcommand)]
#[command(after_help = "Examples:
  hushwatt wallet contacts add Bert hw1q...
  hushwatt wallet contacts list
  hushwatt wallet contacts remove Bert

Names are in your encrypted wallet file only; nobody else sees them.")]
pub(super) enum ContactsCommand {
    /// List everybody you know
    List,
    /// Remember somebody
    Add {
        /// What you call him
        name: String,
        /// His address, or a payment link
        address: String,
    },
    /// Forget somebody
    Remove {
        /// What you called him
        name: String,
    },
}

/// Arguments of `hushwatt wallet label`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet label 3f9a8c \"Rent of June\"
  hushwatt wallet label 3f9a8c            takes it away")]
pub(super) struct LabelArguments {
    /// A line of the history, by the first letters of its id
    #[arg(value_name = "ID")]
    id: String,
    /// What to write; nothing takes the label away
    #[arg(value_name = "TEXT")]
    text: Option<String>,
}

#[derive(Serialize)]
struct Labelled<'a> {
    id: String,
    label: Option<&'a str>,
}

pub(super) fn contacts(common: &Common, command: &ContactsCommand) -> Result<(), WalletCommandError> {
    let session = Session::open(common)?;
    let mut household = session.household();
    match command {
        ContactsCommand::List => {}
        ContactsCommand::Add { name, address } => household.add_contact(name, address)?,
        ContactsCommand::Remove { name } => household.remove_contact(name)?,
    }
    common.answer(&household.contacts(), || {
        let mut table = Table::new(&["Name", "Address"]);
        let whole = matches!(command, ContactsCommand::List);
        for contact in household.contacts() {
            let address = if whole { contact.address.clone() } else { short_address(&contact.address) };
            table.row(vec![contact.name.clone(), address]);
        }
        if table.is_empty() { "Nobody yet.".to_owned() } else { table.text() }
    })
}

pub(super) fn label(common: &Common, arguments: &LabelArguments) -> Result<(), WalletCommandError> {
    let session = Session::open(common)?;
    let mut household = session.household();
    let entry = find::entry(&household, &arguments.id)?;
    let label = arguments.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    household.set_label(&entry.id, label)?;
    let labelled = Labelled { id: entry.id, label };
    common.answer(&labelled, || match label {
        Some(label) => format!("Labelled \"{label}\"."),
        None => "The label is gone.".to_owned(),
    })
}
