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
use hushwatt_crypto::{
    Label,
    hash::hex,
    hint::Hint,
    order_seal::SealingKey,
    sharing::{SEALED_SHARE_LENGTH, SealedShare, combine},
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::Block,
    genesis::Genesis,
    storage::{Disk, SimDisk},
    transaction::{
        Action, HintsDigest, Transaction, build::Built, hints::decode_hints, request::Target, share::Authority,
    },
    units::{Period, Timestamp},
};
use hushwatt_wallet::{
    ChainBlock,
    sync::{Fetched, SyncError},
};

use crate::kit::{
    forge::tampered,
    totals::{Community, METERS, attested},
};

pub const COHORT: Target = Target::Cohort(0);
pub const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
pub const MEMBERS: usize = 5;

pub struct Ledger {
    pub community: Community,
    /// Blocks that validators certified after the last right one, whatever is in them.
    pub forged: Vec<ChainBlock>,
    /// The last block that anybody gives.
    pub behind: Option<u64>,
    /// Heights of blocks whose hints nobody gives.
    pub withheld: BTreeSet<u64>,
    /// Whether nobody answers.
    pub down: bool,
    /// What waits for a block.
    pub waiting: Vec<Built>,
    /// What members handed in, valid or not, by kind: complaints, releases.
    pub handed: [usize; 2],
    /// The same, byte for byte.
    pub submitted: Vec<Vec<u8>>,
    /// Whether what is handed in never comes into a block.
    pub deaf: bool,
    /// What every submission is refused with.
    pub refusing: Option<fn() -> SyncError>,
    /// Most blocks that are given at a time.
    pub piece: usize,
    /// After which heights blocks were asked for.
    pub fetches: Vec<u64>,
    /// Given in the place of the block of its height.
    pub instead: Option<ChainBlock>,
    /// How often something that was given was called wrong.
    pub blamed: usize,
}

impl Ledger {
    pub fn of(community: Community) -> Self {
        Ledger {
            community,
            forged: Vec::new(),
            behind: None,
            withheld: BTreeSet::new(),
            down: false,
            waiting: Vec::new(),
            handed: [0; 2],
            submitted: Vec::new(),
            deaf: false,
            refusing: None,
            piece: usize::MAX,
            fetches: Vec::new(),
            instead: None,
            blamed: 0,
        }
    }

    /// A block that no rule was held against, signed by validators all the same.
    pub fn forge(&mut self, built: &[Built]) {
        let world = &self.community.world;
        let at = world.after(60);
        let block = world.forge_block(at, built.iter().map(|built| built.transaction.clone()).collect());
        self.forge_at(block);
    }

    /// The same for a block that was made.
    pub fn forge_at(&mut self, block: Block) {
        let certificate = Some(self.community.world.certify(&block));
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
            .filter(|(block, _)| self.behind.is_none_or(|last| block.header.height <= last))
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
        if let Some(instead) = &self.instead {
            let of = |block: &&mut ChainBlock| block.block.header.height == instead.block.header.height;
            blocks.iter_mut().filter(of).for_each(|block| *block = instead.clone());
        }
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
        self.submitted.push(submission.to_vec());
        if let Some(error) = self.refusing {
            return Err(error());
        }
        if let Err(rejection) = world.verdict_on_bytes(world.after(60), transaction, &hints) {
            let message = rejection.to_string();
            return Err(SyncError::Refused { rule: None, message, by: 1, of: 1 });
        }
        let id = hex(&decoded.id().0);
        if self.deaf {
            return Ok(Taken::Waiting { id });
        }
        self.waiting.push(Built::new(decoded, hints));
        Ok(Taken::Waiting { id })
    }
}

#[derive(Clone)]
pub struct Town(Arc<Mutex<Ledger>>);

impl Chain for Town {
    fn fetch(&mut self, after: u64, _: Timestamp) -> Result<Fetched, SyncError> {
        let mut ledger = self.lock();
        if ledger.down {
            return Err(Ledger::unreachable());
        }
        ledger.fetches.push(after);
        let mut blocks = ledger.blocks(after);
        let tip = blocks.last().map_or(after, |block| block.block.header.height);
        blocks.truncate(ledger.piece);
        Ok(Fetched { blocks, tip, without_hints: 0 })
    }

    fn submit(&mut self, submission: &[u8]) -> Result<Taken, SyncError> {
        let mut ledger = self.lock();
        if ledger.down { Err(Ledger::unreachable()) } else { ledger.hand_in(submission) }
    }

    fn blame(&mut self, reason: &str) {
        let mut ledger = self.lock();
        assert!(ledger.instead.is_some(), "the town told no lie: {reason}");
        ledger.blamed += 1;
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
        let sealing = town.lock().community.members[place].sealing.clone();
        Self::with_sealing(town, place, disk, sealing)
    }

    /// With some sealing key.
    pub fn with_sealing(town: &Town, place: usize, disk: SimDisk, sealing: SealingKey) -> Self {
        let (genesis, signing) = {
            let community = &town.lock().community;
            (Arc::new(community.world.genesis.clone()), community.members[place].key.clone())
        };
        let parts = parts(&genesis, Keys { signing, sealing }, Box::new(town.clone()), Arc::new(disk.clone()));
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
        self.step_after(Duration::from_secs(200));
    }

    /// The same after so long.
    pub fn step_after(&mut self, wait: Duration) {
        self.clock += wait;
        while self.member.step(self.clock) {}
    }

    /// Reads a piece of what there is, and says whether there is more.
    pub fn piece(&mut self) -> bool {
        self.clock += Duration::from_secs(200);
        self.member.step(self.clock)
    }

    /// Codes and texts of what is wrong.
    pub fn alarms(&self) -> Vec<(String, String)> {
        let warnings = self.status().warnings.into_iter();
        warnings.filter(|warning| warning.alarm).map(|warning| (warning.code, warning.text)).collect()
    }

    /// What is kept of the period: right, wrong, lacking.
    pub fn kept(&self, period: Period) -> [u32; 3] {
        let count = self.member.shares().count(period);
        [count.right, count.wrong, count.lacking]
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

/// Two ways in which validators let a chain go on after the shares, each with the request that its lots ask for: two sets.
pub fn two_chains(community: &Community) -> (Period, [Community; 2]) {
    let chain = |seconds: u64| {
        let mut community = community.clone();
        let first = community.world.after(seconds);
        community.world.pass(first);
        community.settle();
        community
    };
    let one = chain(1);
    let other = (2..40).map(chain).find(|other| other.left_out() != one.left_out()).unwrap();
    let asked = [one, other].map(|mut community| {
        let request = community.request(COHORT, &community.left_out());
        let at = community.world.after(60);
        community.world.accept(at, &[request]);
        community
    });
    (community.period, asked)
}

/// Everybody shares, and the cohort's total is asked for.
pub fn asked(mut community: Community) -> Town {
    community.ask(&[]);
    Town::of(community)
}

/// A meter's share for one member is garbled; everybody else's is right.
fn garbled(community: &mut Community, meter: usize, member: usize) -> Built {
    let right = community.share(meter);
    let network = *community.world.network();
    let mut hints = right.hints.clone();
    hints[member] = Hint([7; SEALED_SHARE_LENGTH]);
    let digest = SealedShare::from(&hints[member]).digest(&network);
    let share = tampered(&right, |envelope, action| {
        let Action::Share(share) = action else { panic!("no Share") };
        share.statement.sharings[0].sealed[member] = digest;
        envelope.hints = HintsDigest::of(&network, &hints);
    });
    let share = signed_by(&share, &community.world.meters[meter].key);
    Built { hints, ..share }
}

/// A meter's Share, signed again.
pub fn signed_by(share: &Built, key: &SigningKey) -> Built {
    let id = share.transaction.id().0;
    tampered(share, |envelope, action| {
        let Action::Share(share) = action else { panic!("no Share") };
        share.authority = Authority::Meter(key.sign(&envelope.network, Label::MeterSignature, &id));
    })
}

/// Everybody has shared, meter 3 what is garbled for one member.
pub fn shared_but_garbled(member: usize) -> Community {
    shared_with_garbled(&[3], member)
}

/// Everybody has shared, some meters what is garbled for one member.
pub fn shared_with_garbled(meters: &[usize], member: usize) -> Community {
    let mut community = attested();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let share = |meter| {
        if meters.contains(&meter) { garbled(&mut community, meter, member) } else { community.share(meter) }
    };
    let shares: Vec<Built> = (0..METERS).map(share).collect();
    // What comes after is final together with them: see `Ledger::blocks`.
    while (community.world.chain.len() + 1).is_multiple_of(3) {
        let at = community.world.after(60);
        community.world.pass(at);
    }
    community.accept_shares(shares);
    community
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
