//! The nodes: laid out, started, looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt::local_network::{LocalNetwork, LocalOptions};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    units::Timestamp,
};
use hushwatt_node::{
    client::NodeClient,
    config::{BaseUrl, NodeConfig, NodeFolder},
};
use rand::rngs::OsRng;

use crate::{
    Failure, RING,
    clock::Clock,
    load::patiently,
    process::{Memory, System, bytes_in},
};

/// The time of the genesis: the beginning of some day.
const BEGINNING: Timestamp = Timestamp(1_700_006_400);
/// A bucket is sealed when it has notes of so many transactions.
const RING_MIN: u32 = 8;

/// The validators, each a process of its own.
pub struct Network {
    /// What they agreed on.
    pub genesis: Arc<Genesis>,
    /// The processes. What still runs when this is dropped is killed.
    pub local: LocalNetwork,
    /// Their clock.
    pub clock: Clock,
    folder: PathBuf,
    validators: usize,
}

impl Network {
    /// Starts so many validators; gives the treasury's key too.
    ///
    /// # Errors
    /// They do not get ready.
    pub fn start(validators: usize, folder: &Path) -> Result<(Self, SigningKey), Failure> {
        let keys: Vec<SigningKey> = (0..validators).map(|_| SigningKey::random(&mut OsRng)).collect();
        let treasury = SigningKey::random(&mut OsRng);
        let genesis = NewGenesis {
            time: BEGINNING,
            simulated_time: true,
            parameters: Parameters { ring_cap: RING as u32, ring_min: RING_MIN, ..Parameters::default() },
            validators: keys.iter().map(SigningKey::verifying_key).collect(),
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: treasury.verifying_key(),
            operator: None,
            meters: Vec::new(),
        };
        let genesis = Arc::new(genesis.build()?);
        let program = PathBuf::from(env!("CARGO_BIN_EXE_hushwatt"));
        // What an operator gets who changes nothing.
        let options = LocalOptions { program: Some(program), heartbeat: NodeConfig::default().heartbeat };
        let mut local = LocalNetwork::lay_out(&genesis, keys, folder, options)?;
        local.start_all()?;
        let clients = local.up().cloned().collect();
        let clock = Clock::start(genesis.time, clients);
        Ok((Network { genesis, local, clock, folder: folder.to_path_buf(), validators }, treasury))
    }

    /// How many validators there are.
    pub fn validators(&self) -> usize {
        self.validators
    }

    /// Their HTTP interfaces.
    pub fn clients(&self) -> Vec<NodeClient> {
        (0..self.validators).map(|place| self.local.client(place).clone()).collect()
    }

    /// The base URLs of those.
    pub fn addresses(&self) -> Vec<BaseUrl> {
        (0..self.validators).map(|place| self.local.client(place).base().clone()).collect()
    }

    /// Their processes.
    pub fn processes(&self) -> Vec<u32> {
        (0..self.validators).filter_map(|place| self.local.process(place)).collect()
    }

    /// Height of the chain, as the first of them sees it.
    pub fn height(&self) -> Result<u64, Failure> {
        Ok(self.local.client(0).status()?.height)
    }

    /// The memory of the one that has most, at this time and ever.
    pub fn memory(&self, system: &System) -> Result<Memory, Failure> {
        let mut most = Memory::default();
        for process in self.processes() {
            let memory = system.memory(process)?;
            most = Memory { now: most.now.max(memory.now), peak: most.peak.max(memory.peak) };
        }
        Ok(most)
    }

    /// Bytes of the first one's data, by file and folder.
    pub fn bytes(&self) -> Result<BTreeMap<String, u64>, Failure> {
        bytes_in(&NodeFolder::at(self.local.folder(0)).data())
    }

    /// Lays out a follower of the first validator; gives its place.
    pub fn add_follower(&mut self) -> Result<usize, Failure> {
        let place = self.local.add_follower(&self.genesis, &self.folder.join("follower"))?;
        self.clock.add(self.local.client(place).clone());
        Ok(place)
    }

    /// Waits until all nodes that run have the same last block; fails if they have different states after it.
    pub fn agree(&self) -> Result<(), Failure> {
        patiently("the nodes did not come to the same block", || {
            let mut seen = BTreeSet::new();
            for client in self.local.up() {
                let status = client.status()?;
                seen.insert((status.height, status.digest, status.state_root));
            }
            let heights: BTreeSet<u64> = seen.iter().map(|(height, ..)| *height).collect();
            match (heights.len(), seen.len()) {
                (1, 1) => Ok(Some(())),
                (1, _) => Err("the nodes have different blocks or states at the same height".into()),
                _ => Ok(None),
            }
        })
    }
}
