//! `hushwatt meter formats`: everything that is read, and what is known and refused.

use hushwatt_drivers::{FORMATS, Kind};
use serde::Serialize;

use super::{common::Common, error::MeterCommandError, table::Table};

#[derive(Serialize)]
struct FormatRow {
    name: &'static str,
    kind: &'static str,
    about: &'static str,
}

pub(super) fn run(common: &Common) -> Result<(), MeterCommandError> {
    let row = |format: &&hushwatt_drivers::Format| FormatRow {
        name: format.name,
        kind: kind_name(format.kind),
        about: format.about,
    };
    let rows: Vec<FormatRow> = FORMATS.iter().map(row).collect();
    common.answer(&rows, || {
        let mut table = Table::new(&["Name", "Kind", "What"]);
        for row in &rows {
            table.row(vec![row.name.to_owned(), row.kind.to_owned(), row.about.to_owned()]);
        }
        format!(
            "{}\npush: a meter that speaks unasked; poll: a meter that is asked; file: values by interval from a portal.",
            table.text()
        )
    })
}

pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Push => "push",
        Kind::Poll => "poll",
        Kind::File => "file",
        Kind::Refused => "refused",
    }
}
