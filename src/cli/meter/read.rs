//! `hushwatt meter read`: what a meter or a file says, for the installer; nothing is kept.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use clap::Args;
use hushwatt_drivers::{by_name, recognise};
use hushwatt_gateway::{config::Source, line::LineEvent};

use super::{common::Common, error::MeterCommandError, probe, source::SourceFlags, told::Told};

/// Longest file that is read.
const MAX_FILE: u64 = 64 << 20;
/// Read at a time.
const CHUNK: usize = 1 << 16;

/// Arguments of `hushwatt meter read`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter read telegrams.txt                               recognises what it is
  hushwatt meter read month.csv --driver csv --mapping-file portal.toml
  hushwatt meter read --driver p1 --port serial:/dev/ttyUSB0
  hushwatt meter read --driver sml --port tcp:192.168.1.20:8899 --seconds 60
  hushwatt meter read --folder /var/lib/hushwatt-meter            the line of a gateway that does not run

Nothing is kept and nothing is sent.")]
pub(super) struct ReadArguments {
    /// Telegrams that were recorded, or a file from a portal
    #[arg(value_name = "FILE", conflicts_with = "port")]
    file: Option<PathBuf>,
    #[command(flatten)]
    source: SourceFlags,
    /// Telegrams to wait for
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: usize,
    /// Seconds to wait for them
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
}

pub(super) fn run(common: &Common, arguments: &ReadArguments) -> Result<(), MeterCommandError> {
    let told = match &arguments.file {
        Some(path) => file(path, &arguments.source)?,
        None => line(common, arguments)?,
    };
    common.answer(&told, || told.text())
}

fn file(path: &Path, flags: &SourceFlags) -> Result<Told, MeterCommandError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    read.map_err(MeterCommandError::read(path))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(MeterCommandError::Input(format!("{} is longer than 64 MiB: split it", path.display())));
    }
    let options = flags.options()?;
    let name = flags.driver.as_deref().or(options.mapping.as_ref().map(|_| "csv"));
    let format = match name {
        Some(name) => by_name(name).ok_or_else(|| {
            MeterCommandError::Input(format!("there is no driver \"{name}\": \"hushwatt meter formats\" lists them"))
        })?,
        None => recognise(&bytes)?,
    };
    let mut driver = (format.open)(&options)?;
    let mut told = Told { format: format.name.to_owned(), ..Told::default() };
    let mut first = None;
    let mut take = |results: Vec<Result<_, hushwatt_drivers::DriverError>>| {
        for result in results {
            match result {
                Ok(report) => told.add(&report),
                Err(error) => {
                    told.refused.push(error.to_string());
                    first.get_or_insert(error);
                }
            }
        }
    };
    for chunk in bytes.chunks(CHUNK) {
        take(driver.receive(chunk));
    }
    take(driver.finish());
    match first {
        Some(error) if told.is_empty() => Err(error.into()),
        None if told.is_empty() => {
            Err(MeterCommandError::Input(format!("{} holds nothing that {} reads", path.display(), format.name)))
        }
        _ => Ok(told),
    }
}

fn line(common: &Common, arguments: &ReadArguments) -> Result<Told, MeterCommandError> {
    // Two programs would take each other's telegrams.
    let (source, _lock) = match (arguments.source.is_given(), common.folder_if_named()) {
        (false, Some(folder)) => {
            let genesis = folder.genesis()?;
            (folder.config(&genesis)?.source, Some(folder.lock()?))
        }
        _ => (arguments.source.source()?, None),
    };
    let Source { format, port, .. } = &source;
    let mut told = Told { format: format.name.to_owned(), ..Told::default() };
    probe::listen(&source, arguments.seconds, |event| {
        match event {
            LineEvent::Report { report, .. } => told.add(&report),
            LineEvent::Refused(error) => told.refused.push(error.to_string()),
            LineEvent::Ended => {}
        }
        told.telegrams.len() < arguments.count
    })?;
    if told.is_empty() {
        let last = told.refused.pop();
        return Err(MeterCommandError::Silent { port: port.to_string(), seconds: arguments.seconds, last });
    }
    Ok(told)
}
