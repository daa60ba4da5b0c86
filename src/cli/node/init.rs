//! `hushwatt node init`: lays out the folder of a node.

use std::path::PathBuf;

use clap::Args;
use hushwatt_crypto::{NetworkId, signature::SigningKey};
use hushwatt_ledger::{
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
};
use hushwatt_node::{
    Clock, SystemClock,
    config::{KeyFile, KeyRole, NodeConfig, NodeFolder, NodeRole, Overrides, PEER_PORT, Setup, TEMPLATE},
};
use rand_core::OsRng;

use super::{
    common::{FolderArgument, NodeCommandError},
    community::Names,
    genesis,
    settings::SettingFlags,
    summary,
};
use crate::cli::say;

/// Arguments of `hushwatt node init`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node init --folder /var/lib/hushwatt --genesis genesis.json --network 3f9a... \\
      --peers validator:5c21...@node-b.example.org:8401 validator:90ee...@node-c.example.org:8401
  hushwatt node init --folder ./auditor --genesis genesis.json --role follower --follow https://node-a.example.org
  hushwatt node init --single --folder ./try         a network of this machine alone, to try things out

The folder must be new, or hold nothing but key files. The settings given here are written to its config.toml.")]
pub(super) struct InitArguments {
    #[command(flatten)]
    folder: FolderArgument,
    /// The community's genesis
    #[arg(long, value_name = "FILE", required_unless_present = "single")]
    genesis: Option<PathBuf>,
    /// Refuse a genesis of another network than this: the id that the community compared
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// This validator ran before and lost its data: let it catch up before it votes again
    #[arg(long, conflicts_with = "single")]
    rejoin: bool,
    /// Make keys, a genesis with one validator, and the folder, in one step
    #[arg(long, conflicts_with_all = ["genesis", "network", "role", "follow", "peers"])]
    single: bool,
    /// With --single: a network whose clock is stepped by hand, for tests
    #[arg(long, requires = "single")]
    simulated_time: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn run(arguments: &InitArguments) -> Result<(), NodeCommandError> {
    let folder = NodeFolder::at(&arguments.folder.path()?);
    let mut settings = arguments.settings.overrides();
    let genesis = match &arguments.genesis {
        Some(path) => genesis::read(path)?,
        None => single(&folder, arguments.simulated_time)?,
    };
    if let Some(expected) = arguments.network.filter(|expected| expected != genesis.network()) {
        return Err(NodeCommandError::Refused(format!(
            "this genesis is of network {}, not of {expected}: ask for the file that the others have",
            genesis.network()
        )));
    }
    // Validators on other machines must be able to reach this one.
    let elsewhere = settings.peers.iter().flatten().any(|peer| !is_this_machine(&peer.address.host));
    if settings.listen.is_none() && elsewhere {
        settings.listen = Some(([0, 0, 0, 0], PEER_PORT).into());
    }
    let text = config_text(&settings)?;
    folder.check_free(genesis.bytes())?;
    if settings.role != Some(NodeRole::Follower) && !arguments.single {
        // Found out before anything is written.
        KeyFile::read(&folder.key_file(KeyRole::Validator), KeyRole::Validator)?;
    }
    folder.create(&genesis, &text)?;
    if arguments.rejoin {
        folder.mark_rejoin()?;
    }
    let setup = Setup::load(folder.path(), Overrides::default(), Overrides::default())?;
    say(&summary::of(&genesis, &Names::default(), SystemClock.now().0));
    for remark in setup.remarks() {
        eprintln!("remark: {remark}");
    }
    eprintln!("{} is ready. Its settings are in {}.", folder.path().display(), folder.config_file().display());
    Ok(())
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Keys and genesis of a network of one validator that starts now.
fn single(folder: &NodeFolder, simulated_time: bool) -> Result<Genesis, NodeCommandError> {
    // Keys that are there already are used; others are made. A folder with something else is refused before.
    folder.check_free(&[])?;
    let key = |role| -> Result<SigningKey, NodeCommandError> {
        let path = folder.key_file(role);
        if !path.exists() {
            KeyFile::random(role, &mut OsRng).write_new(&path)?;
        }
        Ok(KeyFile::read(&path, role)?.key)
    };
    let (validator, treasury) = (key(KeyRole::Validator)?, key(KeyRole::Treasury)?);
    let new = NewGenesis {
        time: SystemClock.now(),
        simulated_time,
        parameters: Parameters::default(),
        validators: vec![validator.verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: treasury.verifying_key(),
        operator: None,
        meters: Vec::new(),
    };
    new.build().map_err(|source| NodeCommandError::Genesis { path: folder.genesis_file(), source })
}

/// The commented settings with these in place of the defaults.
fn config_text(settings: &Overrides) -> Result<String, NodeCommandError> {
    let defaults = NodeConfig::default();
    let mut wanted = defaults.clone();
    settings.clone().apply(&mut wanted);
    wanted.check()?;
    let mut text = TEMPLATE.to_owned();
    let mut put = |name: &str, from: String, to: String| {
        if from != to {
            text = text.replacen(&format!("\n{name} = {from}\n"), &format!("\n{name} = {to}\n"), 1);
        }
    };
    let quoted = |value: &dyn std::fmt::Display| format!("\"{value}\"");
    put("role", quoted(&defaults.role), quoted(&wanted.role));
    put("heartbeat", quoted(&defaults.heartbeat), quoted(&wanted.heartbeat));
    put("listen", quoted(&defaults.network.listen), quoted(&wanted.network.listen));
    put("listen", quoted(&defaults.http.listen), quoted(&wanted.http.listen));
    put("allow_public", defaults.http.allow_public.to_string(), wanted.http.allow_public.to_string());
    put("format", quoted(&defaults.log.format), quoted(&wanted.log.format));
    put("level", quoted(&defaults.log.level), quoted(&wanted.log.level));
    put("enabled", defaults.metrics.enabled.to_string(), wanted.metrics.enabled.to_string());
    if !wanted.follow.is_empty() {
        let urls: Vec<String> = wanted.follow.iter().map(|url| quoted(url)).collect();
        text = text.replacen("\nheartbeat = ", &format!("\nfollow = [{}]\n\nheartbeat = ", urls.join(", ")), 1);
    }
    let wrong =
        |error: &dyn std::fmt::Display| NodeCommandError::Refused(format!("the settings cannot be written: {error}"));
    let mut peers = String::new();
    for peer in &wanted.network.peers {
        let peer = toml::to_string(peer).map_err(|error| wrong(&error))?;
        peers.push_str(&format!("[[network.peers]]\n{peer}\n"));
    }
    text = text.replacen("\n[http]\n", &format!("\n{peers}[http]\n"), 1);
    // What is written must be what was asked for.
    match toml::from_str::<NodeConfig>(&text) {
        Ok(written) if written == wanted => Ok(text),
        Ok(_) => Err(wrong(&"the template and the settings differ")),
        Err(error) => Err(wrong(&error)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_is_given_stands_in_the_file() {
        let key = hushwatt_crypto::hash::hex(SigningKey::random(&mut OsRng).verifying_key().as_bytes());
        let all = Overrides {
            role: Some(NodeRole::Follower),
            follow: Some(vec!["https://a.org".parse().unwrap(), "http://b:1".parse().unwrap()]),
            heartbeat: Some("5s".parse().unwrap()),
            listen: Some("0.0.0.0:1".parse().unwrap()),
            peers: Some(vec![format!("{key}@c:1=https://c.org").parse().unwrap()]),
            http_listen: Some("0.0.0.0:2".parse().unwrap()),
            http_allow_public: Some(true),
            log_format: Some("json".parse().unwrap()),
            log_level: Some("warn".parse().unwrap()),
            metrics: Some(false),
        };
        let text = config_text(&all).unwrap();
        let mut wanted = NodeConfig::default();
        all.apply(&mut wanted);
        assert_eq!(toml::from_str::<NodeConfig>(&text).unwrap(), wanted);
        assert_eq!(config_text(&Overrides::default()).unwrap(), TEMPLATE);
    }
}
