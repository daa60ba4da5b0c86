//! `hushwatt meter correct`: the grid operator's values in place of what was attested, on the ledger and for everybody to see.

use std::path::PathBuf;

use clap::Args;
use hushwatt_gateway::verify::Found;
use serde::Serialize;

use super::{common::Common, error::MeterCommandError, import::hand_over, show::base_unit, verify};

/// Arguments of `hushwatt meter correct`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter correct --folder /var/lib/hushwatt-meter september.csv
  hushwatt meter correct --folder /var/lib/hushwatt-meter september.csv --yes

What differs is shown first, as \"hushwatt meter verify\" does. The gateway then posts a correction for every window that the file
speaks of as a whole, that is attested with other values, and whose correction term is not over. Everybody sees that a window was
corrected, and nobody by how much. A note that was minted never changes: money is settled between people.")]
pub(super) struct CorrectArguments {
    /// The grid operator's file
    file: PathBuf,
    /// Do not ask before doing it
    #[arg(long, short)]
    yes: bool,
}

#[derive(Serialize)]
struct Asked {
    /// Name of the file in the gateway's inbox; null if there is nothing to correct.
    file: Option<String>,
    /// Values that differ from those on the ledger, or that are missing there.
    values: usize,
}

pub(super) fn run(common: &Common, arguments: &CorrectArguments) -> Result<(), MeterCommandError> {
    let folder = common.folder()?;
    let reader = verify::with_folder(common, None)?;
    if reader.genesis.parameters.correction_term == 0 {
        return Err(MeterCommandError::Input("the genesis of this community allows no corrections".to_owned()));
    }
    let (_, comparison) = verify::compare_with(&reader, &arguments.file, None, None)?;
    let other = |found| matches!(found, Found::Differs | Found::EstimateDiffers | Found::OnlyGrid);
    let values = comparison.rows.iter().filter(|row| other(row.found)).count();
    if values == 0 {
        let asked = Asked { file: None, values };
        return common.answer(&asked, || "Nothing differs from what is on the ledger: nothing was done.".to_owned());
    }
    if !arguments.yes {
        if !common.json {
            eprintln!("{}", comparison.table(base_unit(reader.medium), false));
        }
        match common.ask("Have the gateway correct this on the ledger, for everybody to see?")? {
            Some(true) => {}
            Some(false) => return Err(MeterCommandError::Declined),
            None => return Err(MeterCommandError::NeedsYes),
        }
    }
    let file = hand_over(&folder, &folder.inbox().join("correct"), &arguments.file)?;
    let asked = Asked { file: Some(file), values };
    common.answer(&asked, || {
        format!(
            "{values} values differ. The gateway posts a correction for one window after the other while it runs; when all are on the\nledger, the file is in {}.",
            folder.inbox().join("done").display()
        )
    })
}
