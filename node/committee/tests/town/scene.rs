//! The town: a ledger that tests drive, and members who follow it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hushwatt_client::Taken;
use hushwatt_committee::{
    chain::Chain,
    keys::Keys,
    member::{Member, Parts},
    status::Status,
};
use hushwatt_crypto::{hash::hex, sharing::combine};
use hushwatt_ledger::{
    genesis::Genesis,
    storage::{Disk, SimDisk},
    transaction::{Action, Transaction, build::Built, hints::decode_hints, request::Target},
    units::{Period, Timestamp},
};
use hushwatt_wallet::{
    ChainBlock,
    sync::{Fetched, SyncError},
};

use crate::kit::totals::Community;

pub const COHORT: Target = Target::Cohort(0);
pub const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
pub const MEMBERS: usize = 5;

pub struct Ledger {
    pub community: Community,
    /// Blocks that validators certified after the last right one, whatever is in them.
    pub forged: Vec<ChainBlock>,
    /// Heights of blocks whose hints nobody gives.
    pub withheld: BTreeSet<u64>,
    /// Whether nobody answers.
    pub down: bool,
    /// What waits for a block.
    pub waiting: Vec<Built>,
    /// What members handed in, valid or not, by kind: complaints, releases.
    pub handed: [usize; 2],
}

impl Ledger {
    pub fn of(community: Community) -> Self {
        Ledger {
            community,
            forged: Vec::new(),
            withheld: BTreeSet::new(),
            down: false,
            waiting: Vec::new(),
            handed: [0; 2],
        }
    }

    /// A block that no rule was held against, signed by validators all the same.
    pub fn forge(&mut self, built: &[Built]) {
        let world = &self.community.world;
        let at = world.after(60);
        let block = world.forge_block(at, built.iter().map(|built| built.transaction.clone()).collect());
        let certificate = Some(world.certify(&block));
        let hints = vec![Vec::new(); block.transactions.len()];
        self.forged.push(ChainBlock { block, certificate, hints });
    }

    pub fn blocks(&self, after: u64) -> Vec<ChainBlock> {
        let world = &self.community.world;
        let last = world.chain.len() as u64;
        let mut blocks: Vec<ChainBlock> = world
            .chain
            .iter()
            .filter(|(block, _)| block.header.height > after)
            .map(|(block, hints)| {
                let height = block.header.height;
                // Some blocks wait for the certificate of a later one.
                let certificate = (height == last || height % 3 == 0).then(|| world.certify(block));
                let withheld = self.withheld.contains(&height);
                let hints = if withheld { vec![Vec::new(); hints.len()] } else { hints.clone() };
                ChainBlock { block: block.clone(), certificate, hints }
            })
            .collect();
        blocks.extend(self.forged.iter().filter(|block| block.block.header.height > after).cloned());
        blocks
    }

    fn unreachable() -> SyncError {
        SyncError::NoneOfUse(Vec::new())
    }

    fn hand_in(&mut self, submission: &[u8]) -> Result<Taken, SyncError> {
        let length = u32::from_le_bytes(submission[..4].try_into().unwrap()) as usize;
        let (transaction, hints) = submission[4..].split_at(length);
        let hints = decode_hints(hints).unwrap();
        let world = &self.community.world;
        let decoded = Transaction::decode(world.network(), transaction).unwrap();
        match decoded.action() {
            Action::Complain(_) => self.handed[0] += 1,
            Action::Release(_) => self.handed[1] += 1,
            other => panic!("a member handed in {other:?}"),
        }
        if let Err(rejection) = world.verdict_on_bytes(world.after(60), transaction, &hints) {
            let message = rejection.to_string();
            return Err(SyncError::Refused { rule: None, message, by: 1, of: 1 });
        }
        let id = hex(&decoded.id().0);
        self.waiting.push(Built::new(decoded, hints));
        Ok(Taken::Waiting { id })
    }
}

#[derive(Clone)]
pub struct Town(Arc<Mutex<Ledger>>);

impl Chain for Town {
    fn fetch(&mut self, after: u64, _: Timestamp) -> Result<Fetched, SyncError> {
        let ledger = self.lock();
        if ledger.down {
            return Err(Ledger::unreachable());
        }
        let blocks = ledger.blocks(after);
        let tip = blocks.last().map_or(after, |block| block.block.header.height);
        Ok(Fetched { blocks, tip, without_hints: 0 })
    }

    fn submit(&mut self, submission: &[u8]) -> Result<Taken, SyncError> {
        let mut ledger = self.lock();
        if ledger.down { Err(Ledger::unreachable()) } else { ledger.hand_in(submission) }
    }

    fn blame(&mut self, reason: &str) {
        panic!("the town told a lie: {reason}");
    }

    fn notices(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Town {
    pub fn of(community: Community) -> Self {
        Town(Arc::new(Mutex::new(Ledger::of(community))))
    }

    pub fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block of what waits; says whether anything did.
    pub fn block(&self) -> bool {
        let mut ledger = self.lock();
        let waiting = std::mem::take(&mut ledger.waiting);
        let at = ledger.community.world.after(60);
        if !waiting.is_empty() {
            // Two members may complain of the same: one complaint is left out.
            ledger.community.world.offer(at, &waiting);
        }
        !waiting.is_empty()
    }
}

/// A member with a disk of his own.
pub struct Seat {
    pub member: Member,
    pub disk: SimDisk,
    place: usize,
    clock: Duration,
}

pub fn files() -> [PathBuf; 4] {
    ["shares", "answers.hwa", "view.bin", "status.json"].map(PathBuf::from)
}

pub fn parts(genesis: &Arc<Genesis>, keys: Keys, chain: Box<dyn Chain>, disk: Arc<dyn Disk>) -> Parts {
    let [shares, answers, view, status] = files();
    Parts { genesis: genesis.clone(), keys, chain, disk, shares, answers, view, status }
}

/// A disk with a folder for shares.
pub fn disk() -> SimDisk {
    let disk = SimDisk::new();
    disk.create_dir(Path::new("shares")).unwrap();
    disk.sync_dir(Path::new(".")).unwrap();
    disk
}

impl Seat {
    pub fn new(town: &Town, place: usize) -> Self {
        Self::on(town, place, disk())
    }

    pub fn on(town: &Town, place: usize, disk: SimDisk) -> Self {
        let (genesis, keys) = {
            let community = &town.lock().community;
            let member = &community.members[place];
            let keys = Keys { signing: member.key.clone(), sealing: member.sealing.clone() };
            (Arc::new(community.world.genesis.clone()), keys)
        };
        let parts = parts(&genesis, keys, Box::new(town.clone()), Arc::new(disk.clone()));
        Seat { member: Member::open(parts).unwrap(), disk, place, clock: Duration::ZERO }
    }

    /// He is killed, and started again on his disk.
    pub fn restarted(self, town: &Town) -> Self {
        let Seat { member, disk, place, .. } = self;
        drop(member);
        Self::on(town, place, disk)
    }

    /// Reads all that there is, and does what follows.
    pub fn step(&mut self) {
        self.clock += Duration::from_secs(200);
        while self.member.step(self.clock) {}
    }

    pub fn status(&self) -> Status {
        self.member.status()
    }

    /// State and reason of the only request.
    pub fn request(&self) -> (String, Option<String>) {
        let [request] = self.status().requests.try_into().unwrap();
        (request.state, request.reason)
    }
}

pub fn committee(town: &Town) -> Vec<Seat> {
    (0..MEMBERS).map(|place| Seat::new(town, place)).collect()
}

/// Members and ledger go on until nothing waits any more.
pub fn settle(town: &Town, seats: &mut [Seat]) {
    loop {
        seats.iter_mut().for_each(Seat::step);
        if !town.block() {
            return;
        }
    }
}

/// Everybody shares, and the cohort's total is asked for.
pub fn asked(mut community: Community) -> Town {
    community.ask(&[]);
    Town::of(community)
}

/// Meters' plain sums of the period.
pub fn plain(community: &Community, meters: &[u32]) -> [u64; 2] {
    let mut sums = [0, 0];
    for meter in meters {
        for window in community.windows_of(community.period) {
            let (export, import) = Community::value(*meter as usize, window);
            sums = [sums[0] + u64::from(export), sums[1] + u64::from(import)];
        }
    }
    sums
}

/// The totals by what is released on the ledger, from each run of three releases; `None` if there are fewer.
pub fn opened(town: &Town, period: Period, target: Target) -> Option<[u64; 2]> {
    let ledger = town.lock();
    let world = &ledger.community.world;
    let released: Vec<_> = world
        .chain
        .iter()
        .flat_map(|(block, _)| &block.transactions)
        .filter_map(|transaction| match transaction.action() {
            Action::Release(release) => Some(release.statement.clone()),
            _ => None,
        })
        .filter(|release| release.period == period && release.target == target)
        .collect();
    let total = world.ledger().total(period, target).unwrap()?;
    let quorum = world.ledger().committee_of(period).unwrap()?.quorum();
    let opened: Vec<[u64; 2]> = released
        .windows(usize::from(quorum.threshold()))
        .map(|some| {
            [0, 1].map(|place| {
                let shares: Vec<_> = some.iter().map(|release| (release.member, release.shares[place])).collect();
                combine(quorum, &shares, &total.sums[place].commitment).unwrap()
            })
        })
        .collect();
    assert!(opened.windows(2).all(|pair| pair[0] == pair[1]));
    opened.first().copied()
}

/// Members who have released.
pub fn released(town: &Town, period: Period, target: Target) -> usize {
    let ledger = town.lock();
    let total = ledger.community.world.ledger().total(period, target).unwrap();
    total.map_or(0, |total| total.released.len())
}
