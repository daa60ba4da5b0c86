//! `hushwatt wallet pair`: the meters of this household.

use std::path::PathBuf;

use clap::Args;
use hushwatt_wallet::household::views::MeterView;

use super::{
    common::{Common, read_secret},
    error::WalletCommandError,
    session::Session,
    show::Show,
    table::Table,
    terminal,
};

/// Arguments of `hushwatt wallet pair`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet pair --label Roof               asks for the code that the gateway shows (hwmeter1...)
  hushwatt wallet pair --code-file code.txt
  hushwatt wallet pair --list

Whoever has the code reads the meter, so it is never an argument of a command. It cannot spend. Pairing reads the ledger again,
to find what the meter posted before.")]
pub(super) struct PairArguments {
    /// What you call the meter
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// Read the code from this file instead of asking
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    /// List the paired meters
    #[arg(long, conflicts_with_all = ["label", "code_file"])]
    list: bool,
}

pub(super) fn run(common: &Common, arguments: &PairArguments) -> Result<(), WalletCommandError> {
    if arguments.list {
        let session = Session::to_look(common)?;
        let meters = session.household().meters();
        return common.answer(&meters, || table(&common.show(), &meters));
    }
    let mut session = Session::open(common)?;
    let code = match &arguments.code_file {
        Some(file) => read_secret(file)?,
        None => terminal::hidden("The code that the gateway shows: ")?,
    };
    let meter = session.household().pair(&code, arguments.label.as_deref())?.meter;
    if !common.offline {
        session.read(common)?;
    }
    let paired = session.household().meters().into_iter().find(|view| view.meter == meter);
    let show = common.show();
    common.answer(&paired, || paired.iter().map(|view| table(&show, std::slice::from_ref(view))).collect())
}

fn table(show: &Show, meters: &[MeterView]) -> String {
    let mut table = Table::new(&[">Meter", "Name", "Measures", ">Windows read", "Last one"]);
    for meter in meters {
        table.row(vec![
            meter.meter.0.to_string(),
            meter.label.clone().unwrap_or_default(),
            meter.utility.name().to_owned(),
            meter.windows.to_string(),
            meter.last_window.map_or_else(|| "nothing yet".to_owned(), |window| show.minute(window)),
        ]);
    }
    if table.is_empty() {
        "No meter is paired: \"hushwatt wallet pair\" asks for the code that its gateway shows.".to_owned()
    } else {
        table.text()
    }
}
