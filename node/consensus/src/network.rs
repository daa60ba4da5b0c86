//! The authenticated, encrypted network between validators.

use std::{net::SocketAddr, num::NonZeroUsize, time::Duration};

use commonware_cryptography::{
    ChaCha20Poly1305, Signer,
    ed25519::{PrivateKey, PublicKey},
};
use commonware_p2p::{Address, AddressableManager, Ingress, authenticated::lookup};
use commonware_runtime::{Quota, Supervisor as _, tokio::Context};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{
    Hostname, NZU32, NZUsize,
    ordered::{Map, Set},
};
use tracing::warn;

use crate::{
    EngineConfig, ValidatorKey,
    block::MAX_LIVE_BLOCK_BYTES,
    engine::{Channels, Track},
    epochs::public_key,
};

/// Room for the frame around a block.
const MAX_MESSAGE: u32 = MAX_LIVE_BLOCK_BYTES as u32 + 64 * 1024;
/// Messages a second and peer on each channel.
const MESSAGES: Quota = Quota::per_second(NZU32!(256));
/// Blocks a second and peer.
const BLOCKS: Quota = Quota::per_second(NZU32!(64));

/// Where a validator is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerAddress {
    /// An address and port.
    Socket(SocketAddr),
    /// A host name and port.
    Name(String, u16),
}

/// A validator and where it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its public key.
    pub key: ValidatorKey,
    /// Its address.
    pub address: PeerAddress,
}

impl Peer {
    fn address(&self) -> Option<Address> {
        match &self.address {
            PeerAddress::Socket(address) => Some(Address::Symmetric(*address)),
            // The name may stand for several addresses: who connects is known by its key, not by its address.
            PeerAddress::Name(name, port) => Some(Address::Asymmetric {
                ingress: Ingress::Dns { host: Hostname::new(name).ok()?, port: *port },
                egress: SocketAddr::from(([0, 0, 0, 0], 0)),
            }),
        }
    }
}

type Sender = lookup::Sender<PublicKey, Context>;
type Receiver = lookup::Receiver<PublicKey>;
pub(crate) type Oracle = lookup::Oracle<PublicKey>;

/// The configured peers; changed while the engine runs.
pub(crate) type Peers = std::sync::Arc<std::sync::Mutex<std::collections::BTreeMap<PublicKey, Address>>>;

/// Reads a list of peers; leaves out and tells what is unusable.
pub(crate) fn addresses(peers: &[Peer]) -> std::collections::BTreeMap<PublicKey, Address> {
    let mut known = std::collections::BTreeMap::new();
    for peer in peers {
        match (public_key(&peer.key), peer.address()) {
            (Some(key), Some(address)) => {
                known.insert(key, address);
            }
            _ => warn!(?peer, "left out: its key or host name is not usable"),
        }
    }
    known
}

/// Opens the network: the channels, the oracle that blocks and tells peers, and what tracks the validators of an epoch.
pub(crate) fn open(
    context: Context,
    config: &EngineConfig,
    key: PrivateKey,
    peers: Peers,
    room: usize,
) -> (Channels<Sender, Receiver>, Oracle, Track, commonware_runtime::Handle<()>) {
    let own_key = key.public_key();
    let handshake = Cups::<_, ChaCha20Poly1305>::new(
        Sake {
            signer: key,
            // Clocks may differ by as much as the voting rule allows.
            synchrony_bound: Duration::from_secs(10),
            max_handshake_age: Duration::from_secs(20),
            version: sake::Version::V1,
        },
        cups::Version::V1,
    );
    let namespace = [config.namespace.as_slice(), b"_P2P"].concat();
    let mut settings = lookup::Config::local(
        handshake,
        &namespace,
        config.listen,
        NonZeroUsize::new(room).unwrap_or(NonZeroUsize::MIN),
        MAX_MESSAGE,
        NZUsize!(1024),
    );
    // Who connects is known by its key; behind address translation its address says nothing.
    settings.bypass_ip_check = true;
    settings.tracked_peer_sets = NZUsize!(2);
    settings.dial_frequency = Duration::from_millis(250);
    settings.peer_connection_cooldown = Duration::from_millis(500);
    settings.max_concurrent_handshakes = NZU32!(64);
    settings.allowed_handshake_rate_per_ip = Quota::per_second(NZU32!(64));
    settings.allowed_handshake_rate_per_subnet = Quota::per_second(NZU32!(128));
    settings.block_duration = Duration::from_mins(5);
    let (mut network, oracle) = lookup::Network::new(context.child("network"), settings);
    let channels = Channels {
        votes: network.register(0, MESSAGES),
        certificates: network.register(1, MESSAGES),
        resolver: network.register(2, MESSAGES),
        backfill: network.register(3, MESSAGES),
        blocks: network.register(4, BLOCKS),
        gossip: network.register(5, MESSAGES),
    };
    let (mut tracker, me, own) = (oracle.clone(), own_key, Address::Symmetric(config.listen));
    let mut tracked = None;
    let track: Track = Box::new(move |epoch, validators: &Set<PublicKey>| {
        if tracked.replace(epoch) == Some(epoch) {
            return;
        }
        let known = peers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut set = Vec::new();
        for validator in validators {
            match known.get(validator).or((*validator == me).then_some(&own)) {
                Some(address) => set.push((validator.clone(), address.clone())),
                None => warn!(%validator, epoch, "no address is configured for this validator: it cannot be reached"),
            }
        }
        tracker.track(epoch, Map::from_iter_dedup(set));
    });
    (channels, oracle, track, network.start())
}
