//! `hushwatt wallet openings`: what whoever allocates for a community needs of a member's readings.

use std::path::PathBuf;

use clap::Args;
use hushwatt_audits::allocation::{MAX_READINGS, Openings, RegisterOpenings};
use hushwatt_ledger::units::MeterId;
use hushwatt_wallet::OpenedReading;
use serde::Serialize;

use super::{
    common::Common, error::WalletCommandError, export::write_new, prove::MeterSide, session::Session, times::Meant,
};

/// Arguments of `hushwatt wallet openings`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet openings 3 --from 2026-06-01 --until 2026-07-01 --for \"Ms Huber\" --side taken --out june-3.json

Whoever gets this file knows every reading in it, interval by interval, and can prove them to others. Give it to the one who
allocates for your community (\"hushwatt audit allocate\") and to nobody else, over a way that others cannot read, and delete
your copy. Members of an allocation give what they took (--side taken), producers what they gave.")]
pub(super) struct OpeningsArguments {
    /// The meter's number
    #[arg(value_name = "METER")]
    meter: u32,
    /// From then on: 2026-06-01 or "2026-06-01 07:00"
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Before then
    #[arg(long, value_name = "TIME")]
    until: String,
    /// Who allocates, as the sharing key of your community names him
    #[arg(long = "for", value_name = "NAME")]
    made_for: String,
    /// Only what was taken from the grid, or only what was given to it: taken or given [default: both]
    #[arg(long, value_name = "SIDE", hide_possible_values = true)]
    side: Option<MeterSide>,
    /// Write it into this new file, which only you may read
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a PathBuf,
    made_for: &'a str,
    readings: usize,
}

pub(super) fn run(common: &Common, arguments: &OpeningsArguments) -> Result<(), WalletCommandError> {
    if arguments.out.symlink_metadata().is_ok() {
        return Err(WalletCommandError::write(&arguments.out, std::io::ErrorKind::AlreadyExists.into()));
    }
    common.can_confirm()?;
    let session = Session::to_act(common)?;
    let mut household = session.household();
    let (show, meter) = (common.show(), MeterId(arguments.meter));
    let from = show.read_time(&arguments.from, household.now(), Meant::Last)?;
    let until = show.read_time(&arguments.until, household.now(), Meant::Last)?;
    let side = match arguments.side {
        None => "what was taken and given",
        Some(MeterSide::Taken) => "what was taken",
        Some(MeterSide::Given) => "what was given",
    };
    let about = format!(
        "{} will know {side} at {meter}, interval by interval, from {} until {}, and can prove it to others.",
        arguments.made_for,
        show.minute(from),
        show.minute(until)
    );
    common.confirm(&about, "Write the file?")?;
    let handed = household.hand_over(meter, (from, until), &arguments.made_for)?;
    if handed.readings.len() > MAX_READINGS {
        return Err(WalletCommandError::Input(format!(
            "these are more than {MAX_READINGS} readings: hand over a month at a time"
        )));
    }
    let openings = Openings {
        network: *household.genesis().network(),
        meter,
        made_for: arguments.made_for.clone(),
        made: household.now(),
        from: handed.from,
        until: handed.until,
        readings: handed.readings.iter().map(|reading| (reading.interval, of_side(reading, arguments.side))).collect(),
    };
    let text = openings.to_json().map_err(|error| WalletCommandError::Input(error.to_string()))?;
    write_new(&arguments.out, text.as_bytes())?;
    let written = Written { file: &arguments.out, made_for: &arguments.made_for, readings: openings.readings.len() };
    common.answer(&written, || {
        format!(
            "Written: {} ({} readings). It is not encrypted: give it to {} only, and delete it afterwards.",
            arguments.out.display(),
            written.readings,
            written.made_for
        )
    })
}

fn of_side(reading: &OpenedReading, side: Option<MeterSide>) -> RegisterOpenings {
    let wanted = |register: MeterSide| side.is_none_or(|side| side == register);
    RegisterOpenings {
        export: wanted(MeterSide::Given).then(|| reading.export.clone()),
        import: wanted(MeterSide::Taken).then(|| reading.import.clone()),
    }
}
