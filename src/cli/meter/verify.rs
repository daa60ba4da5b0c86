//! `hushwatt meter verify`: what is on the ledger, opened, beside the grid operator's values.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_crypto::meter::DayKey;
use hushwatt_drivers::{Medium, Options};
use hushwatt_gateway::{
    series::{Grid, grid, read_series},
    service,
    verify::{AttestedInterval, Comparison, compare, contradictions, ledger_readings},
};
use hushwatt_ledger::{
    genesis::Genesis,
    units::{Interval, MeterId, Timestamp},
};
use hushwatt_wallet::household::PairingCode;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    common::Common,
    error::MeterCommandError,
    show::{base_unit, medium_of},
    source::SourceFlags,
};
use crate::cli::{community, progress};

/// Arguments of `hushwatt meter verify`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter verify --folder /var/lib/hushwatt-meter --grid september.csv
  hushwatt meter verify --grid september.csv --code-file code.txt --genesis genesis.json --node https://node-a.example.org
      by the household, with the pairing code that it got

The attested values come from the ledger: they are opened with the reading key, which only gateway and household have, and no record
of the gateway is believed. Exit status 0 if all agree, 1 if some differ, 3 if what both have agrees and something is missing or
estimated, 4 if there is nothing to compare.")]
pub(super) struct VerifyArguments {
    /// The grid operator's file
    #[arg(long, value_name = "FILE")]
    grid: PathBuf,
    /// The grid operator's name of the metering point, where his file speaks of several
    #[arg(long, value_name = "NAME")]
    point: Option<String>,
    /// Show every interval, not only those that differ
    #[arg(long)]
    all: bool,
    /// The pairing code, in place of a gateway's folder
    #[arg(long, value_name = "FILE", requires = "genesis", requires = "node")]
    code_file: Option<PathBuf>,
    /// The community's genesis, with a pairing code
    #[arg(long, value_name = "FILE", requires = "code_file")]
    genesis: Option<PathBuf>,
    /// A node of the community, with a pairing code; may be repeated
    #[arg(long, value_name = "URL", requires = "code_file")]
    node: Vec<BaseUrl>,
    #[command(flatten)]
    source: SourceFlags,
}

/// Who asks, and with which key.
pub(super) struct Reader {
    pub genesis: Arc<Genesis>,
    meter: MeterId,
    key: DayKey,
    nodes: Vec<BaseUrl>,
    point: Option<String>,
    options: Options,
    pub medium: Medium,
}

#[derive(Serialize)]
struct Verified {
    meter: u32,
    unit: &'static str,
    /// Intervals, by their beginning, of which the gateway's own record says otherwise than the ledger; null if it was not asked.
    contradictions: Option<Vec<u64>>,
    #[serde(flatten)]
    comparison: Comparison,
}

pub(super) fn run(common: &Common, arguments: &VerifyArguments) -> Result<ExitCode, MeterCommandError> {
    let reader = match &arguments.code_file {
        Some(_) => with_code(arguments)?,
        None => with_folder(common, arguments.source.options()?.mapping)?,
    };
    let interval = reader.genesis.parameters.interval;
    let (attested, comparison) =
        compare_with(&reader, &arguments.grid, arguments.point.as_deref(), arguments.source.driver.as_deref())?;
    // Only a gateway that does not run can be asked for its record.
    let own = arguments
        .code_file
        .is_none()
        .then(|| common.folder().ok().and_then(|it| service::open(it.path()).ok()))
        .flatten();
    let wrong = own.map(|opened| contradictions(&reader.genesis, &attested, opened.store.state()));
    let verified = Verified {
        meter: reader.meter.0,
        unit: base_unit(reader.medium),
        contradictions: wrong.map(|wrong| wrong.iter().map(|one| one.0.saturating_mul(interval)).collect()),
        comparison,
    };
    common.answer(&verified, || {
        let mut text = verified.comparison.table(verified.unit, arguments.all);
        if let Some(wrong) = verified.contradictions.as_ref().filter(|wrong| !wrong.is_empty()) {
            text += &format!(
                "\nThe gateway's own record says otherwise than the ledger for {} intervals: its disk is damaged, or somebody else attests with its key.\n",
                wrong.len()
            );
        }
        text
    })?;
    let contradicts = verified.contradictions.is_some_and(|wrong| !wrong.is_empty());
    let code = verified.comparison.verdict.exit_code();
    Ok(ExitCode::from(if contradicts { code.max(1) } else { code }))
}

/// Reads the ledger and the operator's file, and compares them.
pub(super) fn compare_with(
    reader: &Reader,
    file: &Path,
    point: Option<&str>,
    format: Option<&str>,
) -> Result<(BTreeMap<Interval, AttestedInterval>, Comparison), MeterCommandError> {
    let interval = reader.genesis.parameters.interval;
    let series = read_series(file, format, &reader.options)?;
    let values = grid(&series, reader.medium, point.or(reader.point.as_deref()), interval)?;
    let wheel = progress::wheel("Reading the ledger");
    let attested = ledger_readings(
        &reader.genesis,
        reader.meter,
        &reader.key,
        &reader.nodes,
        span(&values, interval),
        &mut |height| wheel.set_message(format!("Reading the ledger: block {height}")),
    );
    wheel.finish_and_clear();
    let attested = attested?;
    let comparison = compare(&attested, &values, interval);
    Ok((attested, comparison))
}

pub(super) fn with_folder(common: &Common, mapping: Option<String>) -> Result<Reader, MeterCommandError> {
    let folder = common.folder()?;
    let genesis = folder.genesis()?;
    let config = folder.config(&genesis)?;
    Ok(Reader {
        meter: config.meter,
        key: folder.keys()?.day.clone(),
        nodes: config.nodes,
        point: config.reading.point,
        options: Options { mapping: mapping.or(config.source.options.mapping.clone()), ..config.source.options },
        medium: config.reading.registers.medium,
        genesis,
    })
}

fn with_code(arguments: &VerifyArguments) -> Result<Reader, MeterCommandError> {
    let missing = |what: &str| MeterCommandError::Input(format!("{what} is missing: a pairing code needs it"));
    let path = arguments.genesis.as_ref().ok_or_else(|| missing("--genesis"))?;
    let genesis = Arc::new(community::from_file(path)?);
    let file = arguments.code_file.as_ref().ok_or_else(|| missing("--code-file"))?;
    let text = Zeroizing::new(fs::read_to_string(file).map_err(MeterCommandError::read(file))?);
    let code = PairingCode::decode(genesis.network(), &text)?;
    let registered = genesis.meter(code.meter).ok_or_else(|| {
        MeterCommandError::Input(format!(
            "the pairing code is of meter {}, which the genesis does not have",
            code.meter.0
        ))
    })?;
    Ok(Reader {
        meter: code.meter,
        medium: medium_of(registered.utility),
        key: code.day_key,
        nodes: arguments.node.clone(),
        point: None,
        options: arguments.source.options()?,
        genesis,
    })
}

/// From the first to the last of the operator's intervals.
fn span(values: &Grid, interval: u64) -> (Timestamp, Timestamp) {
    let numbers = || [&values.import, &values.export].into_iter().flatten().flat_map(|series| series.values.keys());
    let first = numbers().min().map_or(0, |first| first.0);
    let end = numbers().max().map_or(0, |last| last.0.saturating_add(1));
    (Timestamp(first.saturating_mul(interval)), Timestamp(end.saturating_mul(interval)))
}
