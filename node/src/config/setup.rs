//! Everything a node is started with, read and checked in one place.

use std::{fmt, fs, io, path::Path, sync::Arc};

use hushwatt_crypto::{
    hash::hex,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::genesis::Genesis;

use super::{ConfigError, KeyFile, KeyRole, NodeConfig, NodeFolder, NodeRole, Overrides};

/// A node that may be started.
#[derive(Debug)]
pub struct Setup {
    /// Its folder.
    pub folder: NodeFolder,
    /// The settings in force.
    pub config: NodeConfig,
    /// The network's genesis.
    pub genesis: Arc<Genesis>,
    /// The keys that this node may vote with: its own, and the one that replaces it if there is one already. None for a
    /// follower. Prints nothing.
    pub keys: Vec<SigningKey>,
}

/// Something that is allowed and that an operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The key is in nobody's list yet.
    NotInGenesis(VerifyingKey),
    /// Validators of the genesis whose address is not known here.
    WithoutAddress(Vec<VerifyingKey>),
    /// Others cannot reach the peer network.
    OnlyThisMachine,
    /// It was marked as one that lost its data.
    Rejoins,
    /// Stepped clocks.
    SimulatedTime,
}

impl Setup {
    /// Reads folder, settings and key. Nothing is changed on disk.
    pub fn load(folder: &Path, environment: Overrides, flags: Overrides) -> Result<Self, ConfigError> {
        let folder = NodeFolder::at(folder);
        let genesis = Arc::new(folder.open()?);
        let mut config = read_config(&folder.config_file())?;
        environment.apply(&mut config);
        flags.apply(&mut config);
        config.check()?;
        let keys = match config.role {
            NodeRole::Validator => read_keys(&folder)?,
            NodeRole::Follower => Vec::new(),
        };
        let own = |key: &VerifyingKey| keys.iter().any(|own| own.verifying_key() == *key);
        if let Some(peer) = config.network.peers.iter().find(|peer| own(&peer.key)) {
            return Err(ConfigError::OwnPeer(peer.address.clone()));
        }
        Ok(Setup { folder, config, genesis, keys })
    }

    /// What the operator should know before the node runs.
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if self.genesis.simulated_time {
            remarks.push(Remark::SimulatedTime);
        }
        if self.folder.must_rejoin() {
            remarks.push(Remark::Rejoins);
        }
        let own: Vec<VerifyingKey> = self.keys.iter().map(SigningKey::verifying_key).collect();
        let Some(first) = own.first() else { return remarks };
        let validators = self.genesis.validators().keys();
        if !own.iter().any(|key| validators.contains(key)) {
            remarks.push(Remark::NotInGenesis(*first));
        }
        let peers = &self.config.network.peers;
        let unknown = |key: &&VerifyingKey| !own.contains(key) && peers.iter().all(|peer| peer.key != **key);
        let unknown: Vec<VerifyingKey> = validators.iter().filter(unknown).copied().collect();
        if !unknown.is_empty() {
            remarks.push(Remark::WithoutAddress(unknown));
        }
        let elsewhere =
            |host: &str| host != "localhost" && host.parse().is_ok_and(|ip: std::net::IpAddr| !ip.is_loopback());
        let named = |host: &str| host != "localhost" && host.parse::<std::net::IpAddr>().is_err();
        let others = peers.iter().any(|peer| elsewhere(&peer.address.host) || named(&peer.address.host));
        if others && self.config.network.listen.ip().is_loopback() {
            remarks.push(Remark::OnlyThisMachine);
        }
        remarks
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::NotInGenesis(key) => write!(
                f,
                "this node's key {} is not among the validators of the genesis: it has no vote until the registrars add it",
                hex(key.as_bytes())
            ),
            Remark::WithoutAddress(keys) => {
                let keys: Vec<String> = keys.iter().map(|key| hex(key.as_bytes())).collect();
                write!(
                    f,
                    "no address is known for {} of the genesis: add it to network.peers in config.toml ({})",
                    if keys.len() == 1 { "one validator".to_owned() } else { format!("{} validators", keys.len()) },
                    keys.join(", ")
                )
            }
            Remark::OnlyThisMachine => f.write_str(
                "the peer network listens on this machine only, but peers are on others: set network.listen = \"0.0.0.0:8401\"",
            ),
            Remark::Rejoins => f.write_str(
                "this node is marked to rejoin: it follows the others, and votes again when it has caught up with them",
            ),
            Remark::SimulatedTime => {
                f.write_str("this network has simulated time: it is for demos and tests, never for real money")
            }
        }
    }
}

/// The validator's key, and its successor where there is one.
fn read_keys(folder: &NodeFolder) -> Result<Vec<SigningKey>, ConfigError> {
    let mut keys = vec![KeyFile::read(&folder.key_file(KeyRole::Validator), KeyRole::Validator)?.key];
    let next = folder.next_key_file();
    if next.exists() {
        keys.push(KeyFile::read(&next, KeyRole::Validator)?.key);
    }
    Ok(keys)
}

/// A missing file is an empty one: every setting has a default.
fn read_config(path: &Path) -> Result<NodeConfig, ConfigError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(ConfigError::Read { path: path.to_path_buf(), source }),
    };
    toml::from_str(&text).map_err(|source| ConfigError::Syntax { path: path.to_path_buf(), source: Box::new(source) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt, path::PathBuf};

    use hushwatt_ledger::{genesis::NewGenesis, parameters::Parameters, units::Timestamp};
    use rand_core::OsRng;
    use tempfile::TempDir;

    use crate::config::{FolderError, KeyError, LogLevel, Seconds, TEMPLATE};

    struct Made {
        temporary: TempDir,
        folder: NodeFolder,
        genesis: Genesis,
    }

    fn genesis(key: &SigningKey) -> Genesis {
        NewGenesis {
            time: Timestamp(1_800_000_000),
            simulated_time: false,
            parameters: Parameters::default(),
            validators: vec![key.verifying_key()],
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: SigningKey::random(&mut OsRng).verifying_key(),
            operator: None,
            meters: Vec::new(),
        }
        .build()
        .unwrap()
    }

    fn made() -> Made {
        let temporary = tempfile::tempdir().unwrap();
        let folder = NodeFolder::at(&temporary.path().join("node"));
        let key = KeyFile::random(KeyRole::Validator, &mut OsRng);
        key.write_new(&folder.key_file(KeyRole::Validator)).unwrap();
        let genesis = genesis(&key.key);
        folder.create(&genesis, TEMPLATE).unwrap();
        Made { temporary, folder, genesis }
    }

    fn load(folder: &NodeFolder) -> Result<Setup, ConfigError> {
        Setup::load(folder.path(), Overrides::default(), Overrides::default())
    }

    #[test]
    fn a_new_folder_loads_and_flags_beat_environment_beats_file_beats_default() {
        let made = made();
        let setup = load(&made.folder).unwrap();
        assert_eq!(setup.config, NodeConfig::default());
        assert_eq!(setup.genesis.network(), made.genesis.network());
        assert_eq!(setup.remarks(), []);

        fs::write(made.folder.config_file(), "heartbeat = 10\n[log]\nlevel = \"warn\"\nformat = \"json\"\n").unwrap();
        let environment =
            Overrides { log_level: Some(LogLevel::Debug), heartbeat: Some(Seconds(20)), ..Overrides::default() };
        let flags = Overrides { heartbeat: Some(Seconds(30)), ..Overrides::default() };
        let config = Setup::load(made.folder.path(), environment, flags).unwrap().config;
        assert_eq!((config.heartbeat, config.log.level), (Seconds(30), LogLevel::Debug));
        assert_eq!((config.log.format.to_string().as_str(), config.metrics.enabled), ("json", true));
        fs::remove_file(made.folder.config_file()).unwrap();
        assert_eq!(load(&made.folder).unwrap().config, NodeConfig::default());
    }

    #[test]
    fn a_folder_that_is_not_this_networks_is_refused() {
        let made = made();
        let elsewhere = made.temporary.path().join("elsewhere");
        assert!(matches!(load(&NodeFolder::at(&elsewhere)), Err(ConfigError::Folder(FolderError::NoNode(_)))));

        let other = genesis(&SigningKey::random(&mut OsRng));
        fs::write(made.folder.genesis_file(), other.bytes()).unwrap();
        let error = load(&made.folder).unwrap_err();
        assert!(matches!(error, ConfigError::Folder(FolderError::ForeignGenesis { .. })), "{error}");
        assert!(error.to_string().contains(&made.genesis.network().to_string()));
        fs::write(made.folder.genesis_file(), made.genesis.bytes()).unwrap();

        let version = made.folder.path().join("version");
        let text = fs::read_to_string(&version).unwrap();
        for (changed, expected) in [
            (text.replace("version 1", "version 2"), "data version 2"),
            (text.replace("hushwatt node", "another"), "does not begin"),
            (text.replace("network: ", "network: x"), "64 hexadecimal digits"),
            (text.replace("network: ", "net: "), "names no network"),
        ] {
            fs::write(&version, changed).unwrap();
            let error = load(&made.folder).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_key_that_is_missing_or_open_to_others_is_refused() {
        let made = made();
        let path = made.folder.key_file(KeyRole::Validator);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(load(&made.folder), Err(ConfigError::Key(KeyError::Open { .. }))));
        fs::remove_file(&path).unwrap();
        assert!(matches!(load(&made.folder), Err(ConfigError::Key(KeyError::Missing(_)))));
        // A follower needs none.
        let follow = Some(vec!["http://127.0.0.1:1".parse().unwrap()]);
        let flags = Overrides { role: Some(NodeRole::Follower), follow, ..Overrides::default() };
        assert!(Setup::load(made.folder.path(), Overrides::default(), flags).unwrap().keys.is_empty());
        // Another key is none of the genesis, which is allowed and said.
        let other = KeyFile::random(KeyRole::Validator, &mut OsRng);
        other.write_new(&path).unwrap();
        let own = other.key.verifying_key();
        let genesis = made.genesis.validators().keys().to_vec();
        assert_eq!(load(&made.folder).unwrap().remarks(), [Remark::NotInGenesis(own), Remark::WithoutAddress(genesis)]);
        let peers = format!("[[network.peers]]\nkey = \"{}\"\naddress = \"b:1\"\n", other.public_line());
        fs::write(made.folder.config_file(), peers).unwrap();
        assert!(matches!(load(&made.folder), Err(ConfigError::OwnPeer(_))));
    }

    #[test]
    fn a_successor_of_the_key_is_loaded_beside_it_and_a_mark_to_rejoin_is_kept_until_it_is_taken_off() {
        let made = made();
        let next = KeyFile::random(KeyRole::Validator, &mut OsRng);
        next.write_new(&made.folder.next_key_file()).unwrap();
        let setup = load(&made.folder).unwrap();
        assert_eq!(setup.keys.len(), 2);
        assert_eq!(setup.keys[1].verifying_key(), next.key.verifying_key());
        assert_eq!(setup.remarks(), []);
        assert!(!setup.folder.must_rejoin());
        setup.folder.mark_rejoin().unwrap();
        setup.folder.mark_rejoin().unwrap();
        assert_eq!(load(&made.folder).unwrap().remarks(), [Remark::Rejoins]);
        setup.folder.rejoined().unwrap();
        assert!(!setup.folder.must_rejoin());
        setup.folder.rejoined().unwrap();
    }

    /// A making that is cut short leaves the files before some step whole, and of the next one a draft.
    #[test]
    fn a_making_that_was_cut_short_is_made_again() {
        let made = made();
        let model: Vec<(PathBuf, Vec<u8>)> = ["genesis.json", "config.toml", "version"]
            .map(|name| (PathBuf::from(name), fs::read(made.folder.path().join(name)).unwrap()))
            .into();
        for done in 0..model.len() {
            let folder = NodeFolder::at(&made.temporary.path().join(format!("cut-{done}")));
            fs::create_dir_all(folder.data()).unwrap();
            let put = |name: &Path, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
            model[..done].iter().for_each(|(name, bytes)| put(name, bytes));
            let (next, bytes) = &model[done];
            put(Path::new(&format!("{}.new", next.display())), &bytes[..bytes.len() / 2]);
            folder.create(&made.genesis, TEMPLATE).unwrap();
            for (name, bytes) in &model {
                assert_eq!(&fs::read(folder.path().join(name)).unwrap(), bytes, "{done}");
            }
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "{done}: no draft is left");
        }
        // Settings that somebody wrote are not written over.
        let folder = NodeFolder::at(&made.temporary.path().join("mine"));
        fs::create_dir(folder.path()).unwrap();
        fs::write(folder.config_file(), "# mine").unwrap();
        for genesis in [false, true] {
            if genesis {
                fs::write(folder.genesis_file(), made.genesis.bytes()).unwrap();
            }
            let refused = folder.create(&made.genesis, TEMPLATE).unwrap_err();
            assert!(matches!(&refused, FolderError::NotEmpty { entry, .. } if entry == "config.toml"), "{refused}");
            assert_eq!(fs::read(folder.config_file()).unwrap(), b"# mine");
        }
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let made = made();
        let error = made.folder.create(&made.genesis, TEMPLATE).unwrap_err();
        assert!(matches!(error, FolderError::Taken { .. }), "{error}");
        let folder = NodeFolder::at(&made.temporary.path().join("other"));
        fs::create_dir(folder.path()).unwrap();
        fs::write(folder.genesis_file(), made.genesis.bytes()).unwrap();
        folder.check_free(made.genesis.bytes()).unwrap();
        fs::write(folder.genesis_file(), b"{}").unwrap();
        assert!(matches!(folder.create(&made.genesis, TEMPLATE), Err(FolderError::NotEmpty { .. })));
        fs::remove_file(folder.genesis_file()).unwrap();
        fs::write(folder.path().join("holiday.jpg"), b"").unwrap();
        let error = folder.create(&made.genesis, TEMPLATE).unwrap_err().to_string();
        assert!(error.contains("holiday.jpg"), "{error}");
    }
}
