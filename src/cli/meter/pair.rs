//! `hushwatt meter pair`: whose meter it is. The gateway learns the household's address, which spends nothing; the household's
//! wallet gets the code with the reading key.

use clap::Args;
use hushwatt_crypto::address::Address;
use hushwatt_gateway::config::Config;
use hushwatt_wallet::{
    household::PairingCode,
    qr::{Background, Qr},
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{common::Common, error::MeterCommandError, table::pairs};

/// Arguments of `hushwatt meter pair`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter pair --folder /var/lib/hushwatt-meter --address hw1q...
  hushwatt meter pair --folder /var/lib/hushwatt-meter --again         the wallet was restored from its words

The code that is shown goes into the household's wallet: hushwatt wallet pair, or the wallet's page. Whoever has the code reads
this meter; nobody can spend with it. It is shown here, and kept nowhere else.")]
pub(super) struct PairArguments {
    /// The household's address, as its wallet shows it (hushwatt wallet address)
    #[arg(long, value_name = "ADDRESS", required_unless_present = "again")]
    address: Option<String>,
    /// Show the code of a gateway that is paired already
    #[arg(long)]
    again: bool,
}

#[derive(Serialize)]
struct Paired<'a> {
    meter: u32,
    network: String,
    household: String,
    code: &'a str,
}

pub(super) fn run(common: &Common, arguments: &PairArguments) -> Result<(), MeterCommandError> {
    let folder = common.folder()?;
    let genesis = folder.genesis()?;
    let network = genesis.network();
    let config = folder.config(&genesis)?;
    let keys = folder.keys()?;
    let household = match (&config.household, &arguments.address) {
        (None, None) => {
            return Err(MeterCommandError::Input(
                "this gateway is not paired yet: give --address with the one that the household's wallet shows"
                    .to_owned(),
            ));
        }
        (Some(household), given) => {
            let same = given.as_deref().is_none_or(|given| given.trim() == household.encode(network));
            if !(arguments.again && same) {
                return Err(MeterCommandError::Paired);
            }
            *household
        }
        (None, Some(given)) => {
            let household = Address::decode(network, given.trim()).map_err(|error| {
                MeterCommandError::Input(format!(
                    "{given}: {error}; copy the address from the household's wallet, whole"
                ))
            })?;
            // A gateway that runs has read its settings already.
            let _lock = folder.lock()?;
            let path = folder.config_file();
            let text = std::fs::read_to_string(&path).map_err(MeterCommandError::read(&path))?;
            let text = with_household(&text, &household.encode(network));
            Config::parse(&text, folder.path(), &genesis)?;
            folder.write_config(&text)?;
            household
        }
    };
    let code: Zeroizing<String> = PairingCode { meter: config.meter, day_key: keys.day.clone() }.encode(network);
    let qr = Zeroizing::new(Qr::new(&code)?.terminal(Background::Dark));
    let paired = Paired {
        meter: config.meter.0,
        network: network.to_string(),
        household: household.encode(network),
        code: &code,
    };
    common.answer(&paired, || {
        let rows = [
            ("Meter", paired.meter.to_string()),
            ("Household", paired.household.clone()),
            ("Code", code.to_string()),
        ];
        format!(
            "{}\n\n{}\nWhoever has this code reads the meter: enter it in the household's wallet now, and clear this screen.\nNext: hushwatt meter run --folder {}",
            pairs(&rows),
            qr.as_str(),
            folder.path().display()
        )
    })
}

/// The settings with the household in them: in place of the commented line of a new file, or after the meter's.
fn with_household(text: &str, address: &str) -> String {
    let line = format!("household = {}", toml::Value::String(address.to_owned()));
    let mut lines: Vec<&str> = text.lines().collect();
    let starts = |lines: &[&str], start: &str| lines.iter().position(|line| line.trim_start().starts_with(start));
    if let Some(place) = starts(&lines, "# household =").and_then(|place| lines.get_mut(place)) {
        *place = &line;
    } else {
        let after = starts(&lines, "meter =").map_or(0, |place| place + 1);
        lines.insert(after, &line);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_household_takes_the_place_of_the_comment_or_follows_the_meter() {
        let commented = "# Settings\nmeter = 3\n\n# household = \"...\"\nnodes = []\n";
        assert_eq!(with_household(commented, "hw1q"), "# Settings\nmeter = 3\n\nhousehold = \"hw1q\"\nnodes = []\n");
        assert_eq!(with_household("meter = 3\nnodes = []", "hw1q"), "meter = 3\nhousehold = \"hw1q\"\nnodes = []\n");
    }
}
