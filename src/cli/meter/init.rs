//! `hushwatt meter init`: a new gateway. First its key, which the community needs for its genesis; then everything else.

use std::path::PathBuf;

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_crypto::NetworkId;
use hushwatt_gateway::{
    config::{Config, template},
    folder::GatewayFolder,
    keys::{Keys, KeysError},
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter},
    units::MeterId,
};
use rand_core::OsRng;
use serde::Serialize;

use super::{
    common::Common, error::MeterCommandError, key::public_line, probe, show::quantity, source::SourceFlags,
    table::pairs,
};
use crate::cli::community;

/// Arguments of `hushwatt meter init`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter init --folder /var/lib/hushwatt-meter
      the key alone: send the line that is printed to whoever writes the genesis, or to the registrars
  hushwatt meter init --folder /var/lib/hushwatt-meter --genesis genesis.json --network 3f9a... \\
      --node https://node-a.example.org --node https://node-b.example.org --driver p1 --port serial:/dev/ttyUSB0
      everything else; the meter is found by the gateway's key
  hushwatt meter init ... --meter 12
      in place of a gateway that was lost: the registrars gave meter 12 this gateway's key

The meter is read once, so that one which counts too coarsely is found out now. The network id is told to you by another way than
the genesis: on paper, on the phone.")]
pub(super) struct InitArguments {
    /// The community's genesis [default: it is downloaded from the first node]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// The network id that your community told you: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// A node of your community; best two or more
    #[arg(long, value_name = "URL")]
    node: Vec<BaseUrl>,
    /// The meter's number in the genesis, from 0 on [default: the one with this gateway's key]
    #[arg(long, value_name = "N")]
    meter: Option<u32>,
    #[command(flatten)]
    source: SourceFlags,
    /// The meter's own number, where one line speaks of several of a kind
    #[arg(long, value_name = "NUMBER", help_heading = "The meter")]
    number: Option<String>,
    /// What the only register of a meter counts: import (taken by the household) or export (given by it)
    #[arg(long, value_name = "WAY", help_heading = "The meter")]
    direction: Option<String>,
    /// Seconds to wait for a telegram
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Do not read the meter now, because it is not there yet or tells its registers once an hour
    #[arg(long)]
    unread: bool,
    /// The network's time is simulated: for demos and tests
    #[arg(long)]
    simulated: bool,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    folder: PathBuf,
    public_key: String,
    network: Option<String>,
    simulated_time: bool,
    meter: Option<u32>,
    utility: Option<&'static str>,
    /// Whether the genesis has this gateway's key.
    in_genesis: bool,
    reading: Option<MeterNow>,
}

/// The meter as it was read.
#[derive(Serialize)]
struct MeterNow {
    number: String,
    import: u64,
    export: u64,
    step: u64,
}

pub(super) fn run(common: &Common, arguments: &InitArguments) -> Result<(), MeterCommandError> {
    let folder = common.folder()?;
    if arguments.genesis.is_none() && arguments.node.is_empty() {
        return key_alone(common, &folder);
    }
    if folder.genesis_file().exists() {
        let (path, entry) = (folder.path().to_path_buf(), "genesis.json".to_owned());
        return Err(hushwatt_gateway::folder::FolderError::NotEmpty { path, entry }.into());
    }
    let Some(first_node) = arguments.node.first() else {
        return Err(MeterCommandError::Input("--node is missing: give the address of a node, best of two".to_owned()));
    };
    let genesis = genesis(common, arguments, first_node)?;
    // Whatever is wrong is found out before anything is written.
    let keys = match Keys::read(&folder.keys_file()) {
        Err(KeysError::Missing(_)) => Keys::random(first_day(&genesis), &mut OsRng),
        keys => keys?,
    };
    let (meter, registered) = registered(&genesis, &keys, arguments)?;
    let text = config_text(meter, arguments)?;
    let config = Config::parse(&text, folder.path(), &genesis)?;
    let medium = config.reading.registers.medium;
    let reading = if arguments.unread {
        None
    } else {
        let sample = probe::sample(&config.source, &config.reading, arguments.seconds)?;
        Some(MeterNow {
            number: sample.meter,
            import: sample.import.value,
            export: sample.export.value,
            step: sample.import.step.max(sample.export.step),
        })
    };
    folder.create(&genesis, &text, &keys)?;
    let mut keys = keys;
    keys.forget_before(genesis.network(), first_day(&genesis), &folder.keys_file())?;

    let made = Made {
        folder: folder.path().to_path_buf(),
        public_key: public_line(&keys),
        network: Some(genesis.network().to_string()),
        simulated_time: genesis.simulated_time,
        meter: Some(meter.0),
        utility: Some(registered.utility.name()),
        in_genesis: registered.key == keys.signing.verifying_key(),
        reading,
    };
    if !made.in_genesis {
        common.remark(
            "the genesis names another key for this meter: nothing is taken from this gateway before the registrars have replaced it",
        );
    }
    if arguments.node.len() == 1 {
        common.remark("with one node, nothing is attested while that one is away: add another to gateway.toml");
    }
    common.answer(&made, || {
        let mut rows = vec![
            ("Gateway", made.folder.display().to_string()),
            ("Network", genesis.network().to_string()),
            ("Meter", format!("{} ({}, class {})", meter.0, registered.utility.name(), registered.class.bits())),
            ("Key", made.public_key.clone()),
            ("Source", format!("{} ({})", config.source.port, config.source.format.name)),
        ];
        rows.extend(made.reading.as_ref().map(|now| {
            let shows = format!("taken {}, given {}", quantity(medium, now.import), quantity(medium, now.export));
            ("Shows", format!("{shows} (meter {}, in steps of {})", now.number, quantity(medium, now.step)))
        }));
        let folder = made.folder.display();
        format!(
            "{}\nSettings are in {}.\nNext: hushwatt meter pair --folder {folder} --address (the household's, from \"hushwatt wallet address\")",
            pairs(&rows),
            made.folder.join("gateway.toml").display()
        )
    })
}

/// The first step of a meter that is to be in a genesis.
fn key_alone(common: &Common, folder: &GatewayFolder) -> Result<(), MeterCommandError> {
    if folder.genesis_file().exists() {
        let (path, entry) = (folder.path().to_path_buf(), "genesis.json".to_owned());
        return Err(hushwatt_gateway::folder::FolderError::NotEmpty { path, entry }.into());
    }
    // Reading keys are advanced to the network's first day once it is known.
    let keys = match Keys::read(&folder.keys_file()) {
        Err(KeysError::Missing(_)) => Keys::random(0, &mut OsRng),
        keys => keys?,
    };
    folder.write_keys(&keys)?;
    let made = Made {
        folder: folder.path().to_path_buf(),
        public_key: public_line(&keys),
        network: None,
        simulated_time: false,
        meter: None,
        utility: None,
        in_genesis: false,
        reading: None,
    };
    if !common.json {
        eprintln!(
            "The key is in {}: keep it secret. Send this line to whoever writes the genesis, or to the registrars if a\ngateway is replaced; it is no secret. With the genesis, run this again (hushwatt meter init --help).",
            folder.keys_file().display()
        );
    }
    common.answer(&made, || made.public_key.clone())
}

/// The community's genesis, if it is the right one.
fn genesis(common: &Common, arguments: &InitArguments, node: &BaseUrl) -> Result<Genesis, MeterCommandError> {
    let found = match &arguments.genesis {
        Some(path) => community::from_file(path)?,
        None => community::from_node(node)?,
    };
    let genesis = match arguments.network {
        Some(wanted) => community::of_network(found, wanted)?,
        None => {
            let network = *found.network();
            if !common.json {
                let file = arguments.genesis.as_ref().map(|path| path.display().to_string());
                eprintln!("{} is of the network\n\n  {network}\n", file.unwrap_or_else(|| node.to_string()));
            }
            match common.ask("Is this the network id that your community told you?")? {
                Some(true) => found,
                Some(false) => return Err(MeterCommandError::Declined),
                None => return Err(MeterCommandError::NetworkNotConfirmed(network)),
            }
        }
    };
    match (genesis.simulated_time, arguments.simulated) {
        (true, false) => Err(hushwatt_gateway::service::RunError::Simulated.into()),
        (false, true) => Err(hushwatt_gateway::service::RunError::NotSimulated.into()),
        _ => Ok(genesis),
    }
}

/// The meter on the ledger.
fn registered<'a>(
    genesis: &'a Genesis,
    keys: &Keys,
    arguments: &InitArguments,
) -> Result<(MeterId, &'a Meter), MeterCommandError> {
    let own = keys.signing.verifying_key();
    match arguments.meter {
        Some(number) => {
            let meter = MeterId(number);
            let registered = genesis.meter(meter).ok_or_else(|| {
                let count = genesis.meters().count();
                MeterCommandError::Input(format!(
                    "there is no meter {number}: the genesis has {count}, numbered from 0 on"
                ))
            })?;
            Ok((meter, registered))
        }
        None => {
            let found = genesis.meters().find(|(_, meter)| meter.key == own);
            found.ok_or_else(|| MeterCommandError::NotRegistered { key: public_line(keys) })
        }
    }
}

/// The day of the first window that the meter attests.
fn first_day(genesis: &Genesis) -> u64 {
    genesis.parameters.window_start(genesis.first_window()).day()
}

/// The commented settings with these in place of the defaults.
fn config_text(meter: MeterId, arguments: &InitArguments) -> Result<String, MeterCommandError> {
    // Says what is missing.
    arguments.source.source()?;
    let mut text = template(meter, &arguments.node, "", "");
    let heading = "\n[source]\n";
    let rest = text.split_off(text.find(heading).map_or(text.len(), |place| place + heading.len()));
    let lines = arguments.source.lines()?;
    let given = |line: &str| {
        let name = |line: &str| line.trim_start_matches(['#', ' ']).split(" =").next().unwrap_or_default().to_owned();
        lines.iter().find(|given| name(given) == name(line)).cloned()
    };
    let mut unused = lines.clone();
    let mut in_source = true;
    for line in rest.lines() {
        if line.starts_with('[') {
            // What the template does not mention.
            if in_source {
                for line in unused.drain(..) {
                    text += &format!("{line}\n");
                }
            }
            in_source = false;
        }
        let replaced = if in_source { given(line) } else { None };
        let replaced = replaced.or_else(|| reading_line(line, arguments));
        if let Some(line) = &replaced {
            unused.retain(|unused| unused != line);
        }
        text += &format!("{}\n", replaced.as_deref().unwrap_or(line));
    }
    Ok(text)
}

fn reading_line(line: &str, arguments: &InitArguments) -> Option<String> {
    let quoted = |value: &str| toml::Value::String(value.to_owned());
    match (line, &arguments.number, &arguments.direction) {
        (line, Some(number), _) if line.starts_with("# number = ") => Some(format!("number = {}", quoted(number))),
        (line, _, Some(way)) if line.starts_with("# direction = ") => Some(format!("direction = {}", quoted(way))),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        init: InitArguments,
    }

    #[test]
    fn every_setting_that_is_given_stands_in_the_file_once() {
        let line = [
            "init",
            "--node",
            "http://a:1",
            "--node",
            "https://b.org",
            "--driver",
            "mbus",
            "--port",
            "tcp:box:23",
            "--address",
            "7",
            "--utc-offset",
            "3600",
            "--number",
            "12 \"x\"",
            "--direction",
            "export",
        ];
        let arguments = Line::try_parse_from(line).unwrap_or_else(|error| panic!("{error}")).init;
        let text = config_text(MeterId(4), &arguments).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["meter"].as_integer(), Some(4));
        assert_eq!(table["nodes"].as_array().map(Vec::len), Some(2));
        let source = table["source"].as_table().unwrap();
        assert_eq!(source["driver"].as_str(), Some("mbus"));
        assert_eq!(source["port"].as_str(), Some("tcp:box:23"));
        assert_eq!((source["address"].as_integer(), source["utc_offset"].as_integer()), (Some(7), Some(3_600)));
        assert_eq!(source.len(), 4);
        let reading = table["reading"].as_table().unwrap();
        assert_eq!((reading["number"].as_str(), reading["direction"].as_str()), (Some("12 \"x\""), Some("export")));
        assert!(text.contains("# pace = 10") && !text.contains("# address = 1"));
    }
}
