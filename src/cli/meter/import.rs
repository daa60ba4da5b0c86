//! `hushwatt meter import`: the grid operator's values, for gaps that are not attested yet.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use hushwatt_gateway::{
    folder::{FolderError, GatewayFolder},
    series::{grid, read_series},
};
use serde::Serialize;

use super::{common::Common, error::MeterCommandError, show::moment};
use crate::cli::progress;

/// A running gateway looks into its inbox every half minute.
const PATIENCE: Duration = Duration::from_secs(50);
/// Between two looks for its answer.
const LOOK: Duration = Duration::from_millis(300);

/// Arguments of `hushwatt meter import`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter import --folder /var/lib/hushwatt-meter september.csv

The file is handed to the gateway, which reads it when it runs. Its values take the place of estimates where they fill a whole
gap, and in sum they must be what the meter's registers counted meanwhile. What is attested already is never changed by it:
\"hushwatt meter verify --grid\" compares that.")]
pub(super) struct ImportArguments {
    /// The grid operator's file
    file: PathBuf,
    /// Do not wait for the gateway's answer
    #[arg(long)]
    no_wait: bool,
}

#[derive(Serialize)]
struct Handed {
    file: String,
    values: usize,
    from: Option<u64>,
    until: Option<u64>,
    /// Whether the gateway took any of it; null if it was not waited for.
    taken: Option<bool>,
    answer: Option<String>,
}

pub(super) fn run(common: &Common, arguments: &ImportArguments) -> Result<(), MeterCommandError> {
    let folder = common.folder()?;
    let genesis = folder.genesis()?;
    let config = folder.config(&genesis)?;
    // What cannot be read is found out here, and not in the log.
    let series = read_series(&arguments.file, None, &config.source.options)?;
    let interval = genesis.parameters.interval;
    let read = grid(&series, config.reading.registers.medium, config.reading.point.as_deref(), interval)?;
    let series = || [&read.import, &read.export].into_iter().flatten();
    let numbers = || series().flat_map(|series| series.values.keys());
    let name = hand_over(&folder, &folder.inbox(), &arguments.file)?;
    let mut handed = Handed {
        file: name,
        values: series().map(|series| series.values.len()).sum(),
        from: numbers().min().map(|first| first.0.saturating_mul(interval)),
        until: numbers().max().map(|last| last.0.saturating_add(1).saturating_mul(interval)),
        taken: None,
        answer: None,
    };
    let runs = matches!(folder.lock(), Err(FolderError::Running(_)));
    if runs && !arguments.no_wait {
        wait(&folder, &mut handed);
    }
    common.answer(&handed, || {
        let span = match (handed.from, handed.until) {
            (Some(from), Some(until)) => {
                format!("{} values from {} until {}", handed.values, moment(from), moment(until))
            }
            _ => "no value".to_owned(),
        };
        let answer = match (&handed.answer, handed.taken, runs) {
            (Some(answer), Some(true), _) => format!("Taken: {answer}"),
            (Some(answer), _, _) => format!("Not taken: {answer}"),
            (None, _, true) => {
                "The gateway has not answered yet: its answer will be in inbox/done or inbox/refused.".to_owned()
            }
            (None, _, false) => "The gateway does not run: it reads the file when it is started.".to_owned(),
        };
        format!("{span}.\n{answer}")
    })
}

/// Puts the file where the gateway finds it, whole. Gives its name there.
pub(super) fn hand_over(folder: &GatewayFolder, to: &Path, file: &Path) -> Result<String, MeterCommandError> {
    let given = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let given = given.trim_start_matches('.');
    let inbox = folder.inbox();
    // Answers stand under the file's name, whichever way it came.
    let places = ["", "correct", "done", "refused"].map(|part| inbox.join(part));
    let taken = |name: &str| places.iter().any(|place| place.join(name).exists());
    let mut name = given.to_owned();
    let mut number = 2;
    while taken(&name) {
        name = format!("{number}-{given}");
        number += 1;
    }
    let draft = to.join(format!(".{name}"));
    fs::copy(file, &draft).map_err(MeterCommandError::file("write", &draft))?;
    let path = to.join(&name);
    fs::rename(&draft, &path).map_err(MeterCommandError::file("write", &path))?;
    Ok(name)
}

/// The gateway's answer stands beside the file that it has put away.
fn wait(folder: &GatewayFolder, handed: &mut Handed) {
    let wheel = progress::wheel("Waiting until the gateway has read it");
    let until = Instant::now() + PATIENCE;
    let inbox = folder.inbox();
    let answer = |place: &str| fs::read_to_string(inbox.join(place).join(format!("{}.answer.txt", handed.file))).ok();
    let found = loop {
        let found = answer("done").map(|text| (true, text)).or_else(|| answer("refused").map(|text| (false, text)));
        if found.is_some() || Instant::now() >= until {
            break found;
        }
        thread::sleep(LOOK);
    };
    wheel.finish_and_clear();
    (handed.taken, handed.answer) = match found {
        Some((taken, text)) => (Some(taken), Some(text.trim_end().to_owned())),
        None => (None, None),
    };
}
