//! Several validators on this machine, each a process of its own with its own folder: for the demo, the tests and the load
//! generator. The single validator of the demo runs inside the calling process by the same code.

use std::{
    fs::File,
    io::ErrorKind,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use hushwatt_crypto::signature::{SigningKey, VerifyingKey};
use hushwatt_ledger::{genesis::Genesis, units::Timestamp};
use hushwatt_node::{
    client::{ClientError, NodeClient},
    config::{
        ConfigError, FolderError, HttpConfig, KeyError, KeyFile, KeyRole, NetworkConfig, NodeConfig, NodeFolder,
        NodeRole, Overrides, Peer, Seconds, Setup,
    },
    http::{HttpLimits, Rate},
    service::{Service, ServiceError},
};

/// How long a step may take before it counts as stuck: far more than the slowest machine needs.
const PATIENCE: Duration = Duration::from_secs(180);
/// Where ports are looked for.
const FIRST_PORT: u16 = 12_000;
const LAST_PORT: u16 = 32_000;
/// Between two looks at a node.
const LOOK: Duration = Duration::from_millis(10);

/// Why validators on this machine cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A node inside this process.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A node's settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A node's folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A node's key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A node's answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The system refused something.
    #[error("the validators cannot be run ({action}): {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings cannot be written down.
    #[error("the validators' settings cannot be written: {0}")]
    Settings(String),
    /// They do not get on.
    #[error("{0} within three minutes; the validators' logs are in log.txt of their folders")]
    Stuck(&'static str),
}

fn system(action: &'static str) -> impl FnOnce(std::io::Error) -> LocalError {
    move |source| LocalError::System { action, source }
}

/// How a validator runs.
enum Running {
    Inside(Box<Service>),
    Process(Child),
    Down,
}

struct Node {
    folder: PathBuf,
    client: NodeClient,
    running: Running,
}

/// How the nodes of this machine are run.
pub struct LocalOptions {
    /// The `hushwatt` program that validators are processes of; `None` runs them inside this process.
    pub program: Option<PathBuf>,
    /// Heartbeat.
    pub heartbeat: Seconds,
}

/// Nodes on loopback. What is still running when it is dropped is killed.
pub struct LocalNetwork {
    options: LocalOptions,
    nodes: Vec<Node>,
    /// All validators that there are or were, with their addresses.
    peers: Vec<Peer>,
}

impl LocalNetwork {
    /// Lays out a folder `node-N` for each validator; starts none.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn lay_out(
        genesis: &Genesis,
        keys: Vec<SigningKey>,
        folder: &Path,
        options: LocalOptions,
    ) -> Result<Self, LocalError> {
        let ports = free_ports(2 * keys.len())?;
        let mut network = LocalNetwork { options, nodes: Vec::new(), peers: Vec::new() };
        for (key, ports) in keys.iter().zip(ports.chunks_exact(2)) {
            network.peers.push(peer(key.verifying_key(), ports[0], ports[1])?);
        }
        for (place, (key, ports)) in keys.into_iter().zip(ports.chunks_exact(2)).enumerate() {
            network.lay_out_validator(genesis, key, &folder.join(format!("node-{}", place + 1)), ports[0], ports[1])?;
        }
        Ok(network)
    }

    /// Adds a validator that is not among those of the genesis; gives its place. All others are told its address; it is
    /// not started.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn add_validator(&mut self, genesis: &Genesis, key: SigningKey, folder: &Path) -> Result<usize, LocalError> {
        let ports = free_ports(2)?;
        self.announce(self.len(), key.verifying_key(), ports[0], ports[1])?;
        self.lay_out_validator(genesis, key, folder, ports[0], ports[1])?;
        Ok(self.len() - 1)
    }

    /// Gives a validator the key that it will vote with when the registrars have put it in the old one's place; all others
    /// are told. The node must be started again to know of it.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn add_next_key(&mut self, place: usize, key: SigningKey) -> Result<(), LocalError> {
        let folder = NodeFolder::at(&self.nodes[place].folder);
        let config = read_config(&folder)?;
        let own = key.verifying_key();
        KeyFile { role: KeyRole::Validator, key }.write_new(&folder.next_key_file())?;
        self.announce(place, own, config.network.listen.port(), config.http.listen.port())
    }

    /// Tells all validators but this one of its key.
    fn announce(&mut self, place: usize, key: VerifyingKey, port: u16, http: u16) -> Result<(), LocalError> {
        let new = peer(key, port, http)?;
        for (other, node) in self.nodes.iter().enumerate() {
            let folder = NodeFolder::at(&node.folder);
            let mut config = read_config(&folder)?;
            if other != place && config.role == NodeRole::Validator {
                config.network.peers.push(new.clone());
                // As a whole or not at all: the node may read it at any time.
                let beside = folder.path().join("config.new");
                std::fs::write(&beside, config_text(&config)?).map_err(system("write settings"))?;
                std::fs::rename(&beside, folder.config_file()).map_err(system("write settings"))?;
            }
        }
        self.peers.push(new);
        Ok(())
    }

    fn lay_out_validator(
        &mut self,
        genesis: &Genesis,
        key: SigningKey,
        folder: &Path,
        port: u16,
        http: u16,
    ) -> Result<(), LocalError> {
        let own = key.verifying_key();
        let config = NodeConfig {
            heartbeat: self.options.heartbeat,
            network: NetworkConfig {
                listen: ([127, 0, 0, 1], port).into(),
                peers: self.peers.iter().filter(|peer| peer.key != own).cloned().collect(),
            },
            http: HttpConfig {
                listen: ([127, 0, 0, 1], http).into(),
                limits: generous_limits()?,
                ..HttpConfig::default()
            },
            ..NodeConfig::default()
        };
        let key = KeyFile { role: KeyRole::Validator, key };
        key.write_new(&NodeFolder::at(folder).key_file(KeyRole::Validator))?;
        self.add(genesis, folder, &config)
    }

    /// Adds a follower of the first validator; gives its place. It is not started.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn add_follower(&mut self, genesis: &Genesis, folder: &Path) -> Result<usize, LocalError> {
        let ports = free_ports(2)?;
        let followed = self.nodes[0].client.base().clone();
        let config = NodeConfig {
            role: NodeRole::Follower,
            follow: vec![followed],
            network: NetworkConfig { listen: ([127, 0, 0, 1], ports[0]).into(), peers: Vec::new() },
            http: HttpConfig {
                listen: ([127, 0, 0, 1], ports[1]).into(),
                limits: generous_limits()?,
                ..HttpConfig::default()
            },
            ..NodeConfig::default()
        };
        self.add(genesis, folder, &config)?;
        Ok(self.nodes.len() - 1)
    }

    fn add(&mut self, genesis: &Genesis, folder: &Path, config: &NodeConfig) -> Result<(), LocalError> {
        NodeFolder::at(folder).create(genesis, &config_text(config)?)?;
        let base = format!("http://{}", config.http.listen).parse().map_err(LocalError::Settings)?;
        let client = NodeClient::at(&base);
        self.nodes.push(Node { folder: folder.to_path_buf(), client, running: Running::Down });
        Ok(())
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node's folder.
    pub fn folder(&self, place: usize) -> &Path {
        &self.nodes[place].folder
    }

    /// A node's HTTP interface.
    pub fn client(&self, place: usize) -> &NodeClient {
        &self.nodes[place].client
    }

    /// The process of a node, if it runs as one.
    pub fn process(&self, place: usize) -> Option<u32> {
        match &self.nodes[place].running {
            Running::Process(child) => Some(child.id()),
            Running::Inside(_) | Running::Down => None,
        }
    }

    /// How the process of a node ended by itself, if it did. It counts as down from then on.
    ///
    /// # Errors
    /// [`LocalError::System`].
    pub fn ended(&mut self, place: usize) -> Result<Option<ExitStatus>, LocalError> {
        let Running::Process(child) = &mut self.nodes[place].running else { return Ok(None) };
        let ended = child.try_wait().map_err(system("look after a process"))?;
        if ended.is_some() {
            self.nodes[place].running = Running::Down;
        }
        Ok(ended)
    }

    /// The HTTP interfaces of the nodes that run.
    pub fn up(&self) -> impl Iterator<Item = &NodeClient> {
        self.nodes.iter().filter(|node| !matches!(node.running, Running::Down)).map(|node| &node.client)
    }

    /// Starts a node, or starts it again.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn start(&mut self, place: usize) -> Result<(), LocalError> {
        let node = &mut self.nodes[place];
        node.running = match &self.options.program {
            Some(program) => {
                let log = node.folder.join("log.txt");
                let log = File::options().create(true).append(true).open(log).map_err(system("open a log"))?;
                let mut command = Command::new(program);
                command.args(["node", "start", "--folder"]).arg(&node.folder);
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
                Running::Process(command.spawn().map_err(system("start a process"))?)
            }
            None => {
                let setup = Setup::load(&node.folder, Overrides::default(), Overrides::default())?;
                Running::Inside(Box::new(Service::start(setup)?))
            }
        };
        Ok(())
    }

    /// Starts all nodes and waits until they are ready.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn start_all(&mut self) -> Result<(), LocalError> {
        (0..self.len()).try_for_each(|place| self.start(place))?;
        self.wait_until_ready()
    }

    /// Waits until all nodes that were started are ready.
    ///
    /// # Errors
    /// [`LocalError::Stuck`], or what a node answers.
    pub fn wait_until_ready(&self) -> Result<(), LocalError> {
        for client in self.up() {
            patiently("a validator did not get ready", || match client.status() {
                Ok(status) => Ok::<_, LocalError>(status.ready.then_some(())),
                Err(ClientError::Unreachable { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            })?;
        }
        Ok(())
    }

    /// Kills a node's process as a power failure would. A node inside this process is stopped.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn kill(&mut self, place: usize) -> Result<(), LocalError> {
        match std::mem::replace(&mut self.nodes[place].running, Running::Down) {
            Running::Process(mut child) => {
                child.kill().and_then(|()| child.wait()).map_err(system("kill a process"))?;
            }
            Running::Inside(service) => service.stop()?,
            Running::Down => {}
        }
        Ok(())
    }

    /// Steps the clocks of all nodes that run, on a network with simulated time.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn step_clocks(&self, time: Timestamp) -> Result<(), LocalError> {
        self.up().try_for_each(|client| client.set_clock(time))?;
        Ok(())
    }

    /// Stops a node in good order.
    ///
    /// # Errors
    /// Why it had failed before, if it did.
    pub fn stop(&mut self, place: usize) -> Result<(), LocalError> {
        match std::mem::replace(&mut self.nodes[place].running, Running::Down) {
            Running::Inside(service) => service.stop()?,
            Running::Process(mut child) => {
                // As an operator does.
                let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
                if !asked.map_err(system("ask a process to end"))?.success() {
                    child.kill().map_err(system("kill a process"))?;
                }
                child.wait().map_err(system("wait for a process"))?;
            }
            Running::Down => {}
        }
        Ok(())
    }

    /// Stops all nodes in good order.
    ///
    /// # Errors
    /// The first one's that had failed before.
    pub fn stop_all(&mut self) -> Result<(), LocalError> {
        (0..self.len()).try_for_each(|place| self.stop(place))
    }
}

impl Drop for LocalNetwork {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            if let Running::Process(child) = &mut node.running {
                // It may have ended by itself.
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// Looks again and again until there is something.
///
/// # Errors
/// [`LocalError::Stuck`] after three minutes.
pub fn patiently<T, E: From<LocalError>>(
    what: &'static str,
    mut look: impl FnMut() -> Result<Option<T>, E>,
) -> Result<T, E> {
    let start = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            return Err(LocalError::Stuck(what).into());
        }
        thread::sleep(LOOK);
    }
}

/// A whole community in one program comes from one address: it may ask as often as it likes.
fn generous_limits() -> Result<toml::Table, LocalError> {
    let rate = Rate { per_second: 1e6, burst: 1_000_000 };
    let limits = HttpLimits { submission_rate: rate, read_rate: rate, ..HttpLimits::default() };
    toml::Table::try_from(limits).map_err(|error| LocalError::Settings(error.to_string()))
}

/// Ports below those that the system gives to outgoing connections, and none twice: else somebody could take the port of a
/// node that is down for a moment.
fn free_ports(count: usize) -> Result<Vec<u16>, LocalError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let range = u32::from(LAST_PORT - FIRST_PORT);
    // Other processes of this machine begin elsewhere.
    let start = std::process::id().wrapping_mul(61);
    // All are held until all are found, so that they differ.
    let mut held: Vec<TcpListener> = Vec::with_capacity(count);
    for _ in 0..range {
        let port = FIRST_PORT + (start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % range) as u16;
        held.extend(TcpListener::bind(("127.0.0.1", port)));
        if held.len() == count {
            break;
        }
    }
    if held.len() < count {
        return Err(system("find a free port")(ErrorKind::AddrInUse.into()));
    }
    held.iter().map(|listener| Ok(listener.local_addr().map_err(system("find a free port"))?.port())).collect()
}

fn peer(key: VerifyingKey, port: u16, http: u16) -> Result<Peer, LocalError> {
    let address = format!("127.0.0.1:{port}").parse().map_err(LocalError::Settings)?;
    let http = format!("http://127.0.0.1:{http}").parse().map_err(LocalError::Settings)?;
    Ok(Peer { key, address, http: Some(http) })
}

fn config_text(config: &NodeConfig) -> Result<String, LocalError> {
    toml::to_string(config).map_err(|error| LocalError::Settings(error.to_string()))
}

fn read_config(folder: &NodeFolder) -> Result<NodeConfig, LocalError> {
    let text = std::fs::read_to_string(folder.config_file()).map_err(system("read settings"))?;
    toml::from_str(&text).map_err(|error| LocalError::Settings(error.to_string()))
}
