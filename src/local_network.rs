//! Several validators on this machine, each a process of its own with its own folder: for the demo, the tests and the load
//! generator. The single validator of the demo runs inside the calling process by the same code.

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use hushwatt_crypto::signature::SigningKey;
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
        let (peer_ports, http_ports) = ports.split_at(keys.len());
        let mut peers = Vec::new();
        for ((key, port), http) in keys.iter().zip(peer_ports).zip(http_ports) {
            let address = format!("127.0.0.1:{port}").parse().map_err(LocalError::Settings)?;
            let http = format!("http://127.0.0.1:{http}").parse().map_err(LocalError::Settings)?;
            peers.push(Peer { key: key.verifying_key(), address, http: Some(http) });
        }
        let mut network = LocalNetwork { options, nodes: Vec::new() };
        for (place, key) in keys.into_iter().enumerate() {
            let own = key.verifying_key();
            let config = NodeConfig {
                heartbeat: network.options.heartbeat,
                network: NetworkConfig {
                    listen: ([127, 0, 0, 1], peer_ports[place]).into(),
                    peers: peers.iter().filter(|peer| peer.key != own).cloned().collect(),
                },
                http: HttpConfig {
                    listen: ([127, 0, 0, 1], http_ports[place]).into(),
                    limits: generous_limits()?,
                    ..HttpConfig::default()
                },
                ..NodeConfig::default()
            };
            let folder = folder.join(format!("node-{}", place + 1));
            let key = KeyFile { role: KeyRole::Validator, key };
            key.write_new(&NodeFolder::at(&folder).key_file(KeyRole::Validator))?;
            network.add(genesis, &folder, &config)?;
        }
        Ok(network)
    }

    /// Adds a follower of the first validator; gives its place. It is not started.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn add_follower(&mut self, genesis: &Genesis, folder: &Path) -> Result<usize, LocalError> {
        let ports = free_ports(2)?;
        let followed = self.nodes[0].client.base().parse().map_err(LocalError::Settings)?;
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
        let text = toml::to_string(config).map_err(|error| LocalError::Settings(error.to_string()))?;
        NodeFolder::at(folder).create(genesis, &text)?;
        let client = NodeClient::new(&format!("http://{}", config.http.listen));
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

fn free_ports(count: usize) -> Result<Vec<u16>, LocalError> {
    // All are held until all are found, so that they differ.
    let held: Result<Vec<TcpListener>, _> = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect();
    let held = held.map_err(system("find a free port"))?;
    held.iter().map(|listener| Ok(listener.local_addr().map_err(system("find a free port"))?.port())).collect()
}
