//! Killed, or cut from power, at every change on disk: he never answers two sets, and loses no answer.

use std::{
    collections::BTreeSet,
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hushwatt_client::Taken;
use hushwatt_committee::{
    chain::Chain,
    keys::Keys,
    member::Member,
    shares::{Count, Shares},
};
use hushwatt_ledger::{
    genesis::Genesis,
    storage::{Disk, Moment, Probe, ProbedDisk, SimDisk},
    transaction::{
        Action, Transaction,
        share::{SharePlace, Subject},
    },
    units::{MeterId, Timestamp},
};
use hushwatt_wallet::{
    ChainBlock,
    sync::{Fetched, SyncError},
};

use crate::{
    kit::totals::{Community, METERS, attested, shared},
    scene::{Ledger, disk, parts, shared_but_garbled, two_chains},
};

/// What was handed in: releases by their shares, complaints by what they are about.
type Said = Arc<Mutex<BTreeSet<Vec<u8>>>>;

/// Blocks that are given at a time.
const PIECE: usize = 6;

/// A chain that is given beforehand, in pieces of a few blocks.
struct Script {
    genesis: Arc<Genesis>,
    blocks: Vec<ChainBlock>,
    said: Said,
}

impl Chain for Script {
    fn fetch(&mut self, after: u64, _: Timestamp) -> Result<Fetched, SyncError> {
        let blocks: Vec<ChainBlock> =
            self.blocks.iter().filter(|block| block.block.header.height > after).take(PIECE).cloned().collect();
        let tip = self.blocks.last().unwrap().block.header.height;
        Ok(Fetched { blocks, tip, without_hints: 0 })
    }

    fn submit(&mut self, submission: &[u8]) -> Result<Taken, SyncError> {
        let length = u32::from_le_bytes(submission[..4].try_into().unwrap()) as usize;
        let transaction = Transaction::decode(self.genesis.network(), &submission[4..4 + length]).unwrap();
        let bytes = match transaction.action() {
            Action::Release(release) => {
                let shares = release.statement.shares.iter();
                shares.flat_map(|share| [share.value.0.to_bytes(), share.blinding.0.to_bytes()]).flatten().collect()
            }
            // What is shown differs each time it is built; of what must not.
            Action::Complain(complain) => format!("{:?}", complain.statement.place).into_bytes(),
            other => panic!("{other:?} is said"),
        };
        self.said.lock().unwrap().insert(bytes);
        Ok(Taken::Waiting { id: String::new() })
    }

    fn blame(&mut self, reason: &str) {
        panic!("{reason}");
    }

    fn notices(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Fails the n-th moment before or after a change on disk and everything after it: the process is gone.
#[derive(Debug)]
pub struct Die {
    moment: u64,
    count: AtomicU64,
}

impl Die {
    /// At a moment from 1 on.
    pub fn at(moment: u64) -> Arc<Self> {
        Arc::new(Die { moment, count: AtomicU64::new(0) })
    }

    /// Whether the process is gone.
    pub fn died(&self) -> bool {
        self.count.load(Ordering::Relaxed) >= self.moment
    }
}

impl Probe for Die {
    fn at(&self, _: Moment, _: &str) -> io::Result<()> {
        if self.count.fetch_add(1, Ordering::Relaxed) + 1 < self.moment {
            Ok(())
        } else {
            Err(io::Error::other("killed"))
        }
    }
}

struct Kill {
    genesis: Arc<Genesis>,
    keys: Keys,
    said: Said,
}

impl Kill {
    /// He runs until he dies, or has no more to do; says whether he died.
    fn run(&self, disk: &SimDisk, blocks: &[ChainBlock], moment: u64) -> bool {
        let probe = Die::at(moment);
        let probed: Arc<dyn Disk> = Arc::new(ProbedDisk::new(disk.clone(), probe.clone()));
        let chain = Script { genesis: self.genesis.clone(), blocks: blocks.to_vec(), said: self.said.clone() };
        let died = || probe.died();
        let Ok(mut member) = Member::open(parts(&self.genesis, self.keys.clone(), Box::new(chain), probed)) else {
            assert!(died());
            return true;
        };
        // As many as the pieces of the chain, and some more for what follows from it.
        for step in 1..blocks.len() as u64 / PIECE as u64 + 6 {
            member.step(Duration::from_secs(100 * step));
            if died() {
                return true;
            }
        }
        assert!(member.save_view().is_ok() || died());
        died()
    }
}

/// Two ways in which the chain may go on: another set is asked for.
fn forks() -> (Community, [Vec<ChainBlock>; 2]) {
    let mut community = attested();
    community.share_first(METERS - 1);
    let (_, forks) = two_chains(&community);
    (community, forks.map(|chain| Ledger::of(chain).blocks(0)))
}

fn kill(community: &Community) -> Kill {
    let member = &community.members[0];
    Kill {
        genesis: Arc::new(community.world.genesis.clone()),
        keys: Keys { signing: member.key.clone(), sealing: member.sealing.clone() },
        said: Said::default(),
    }
}

#[test]
fn killed_at_every_change_on_disk_he_answers_one_set_and_always_the_same() {
    let (community, [one, other]) = forks();
    let mut kills = 0;
    for moment in 1.. {
        let (kill, disk) = (kill(&community), disk());
        let died = kill.run(&disk, &one, moment);
        let left = left(&disk, moment);
        let said: BTreeSet<Vec<u8>> = kill.said.lock().unwrap().clone();
        assert!(said.len() <= 1);
        for (place, left) in left.into_iter().enumerate() {
            *kill.said.lock().unwrap() = said.clone();
            // Where nothing was said, or the question not written down, he may be led to either chain; then he stays with it.
            let chain = if place % 2 == 0 { &one } else { &other };
            let again = SimDisk::fork(&left);
            if place % 2 == 1 {
                forget_view(&again);
            }
            assert!(!kill.run(&again, chain, u64::MAX));
            let said = kill.said.lock().unwrap().len();
            assert!(said <= 1, "moment {moment}, what was left {place}: two sets are answered");
            assert!(said == 1 || place % 2 == 1, "moment {moment}, what was left {place}: nothing is answered");
        }
        if !died {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 60, "{kills}");
}

/// What a kill leaves, and what a cut of power can leave.
pub fn left(disk: &SimDisk, seed: u64) -> Vec<SimDisk> {
    let mut left = vec![disk.fork()];
    left.extend((0..2).map(|more| disk.crash(1_000 * seed + more)));
    left
}

#[test]
fn killed_at_every_change_on_disk_he_complains_of_what_is_wrong_and_of_nothing_else() {
    let community = shared_but_garbled(0);
    let period = community.period;
    let chain = Ledger::of(community.clone()).blocks(0);
    let place =
        SharePlace { period, subject: Subject::Meter(MeterId(3)), sharing: 0, member: community.members[0].number };
    let mut kills = 0;
    for moment in 1.. {
        let (kill, disk) = (kill(&community), disk());
        let died = kill.run(&disk, &chain, moment);
        for left in left(&disk, moment) {
            assert!(!kill.run(&left, &chain, u64::MAX));
            let said: Vec<Vec<u8>> = kill.said.lock().unwrap().iter().cloned().collect();
            assert_eq!(said, [format!("{place:?}").into_bytes()], "moment {moment}");
            let shares = Shares::open(Arc::new(left.clone()), Path::new("shares"), community.world.network()).unwrap();
            assert_eq!(shares.count(period), Count { right: 7, wrong: 1, lacking: 0 });
        }
        if !died {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 30, "{kills}");
}

#[test]
fn killed_at_every_change_on_disk_he_erases_the_shares_of_a_period_that_is_over() {
    let mut community = shared();
    let before = Ledger::of(community.clone()).blocks(0);
    let over = community.times().release.plus(1);
    community.pass_to(over);
    let after = Ledger::of(community.clone()).blocks(0);
    let subjects = [0, 5].map(|meter| Subject::Meter(MeterId(meter)));
    let sealed = subjects.map(|subject| community.sealed(subject, 1, &community.members[0]).1.0);
    let holds = |disk: &SimDisk| {
        let names = disk.list(Path::new("shares")).unwrap().into_iter().map(|name| Path::new("shares").join(name));
        let all = names.chain(crate::scene::files().into_iter().skip(1));
        let bytes: Vec<Vec<u8>> = all.filter_map(|path| disk.contents(&path)).collect();
        let has = |what: &[u8]| bytes.iter().any(|bytes| bytes.windows(what.len()).any(|part| part == what));
        sealed
            .iter()
            .all(|sealed| has(sealed))
            .then_some(true)
            .or_else(|| sealed.iter().any(|sealed| has(sealed)).then_some(false))
    };
    let kept = disk();
    assert!(!kill(&community).run(&kept, &before, u64::MAX));
    assert_eq!(holds(&kept), Some(true), "all of it is found before");
    let (mut kills, mut erased) = (0, 0);
    for moment in 1.. {
        let (kill, disk) = (kill(&community), kept.fork());
        let died = kill.run(&disk, &after, moment);
        for left in left(&disk, moment) {
            if holds(&left).is_none() {
                // Nor does it come back with a view that is lost and nodes that are behind.
                erased += 1;
                let again = left.fork();
                forget_view(&again);
                assert!(!kill.run(&again, &before, u64::MAX));
                assert_eq!(holds(&again), None, "moment {moment}");
            }
            assert!(!kill.run(&left, &after, u64::MAX));
            assert_eq!(holds(&left), None, "moment {moment}");
            // What is erased is erased, also where power fails then.
            assert_eq!(holds(&left.crash(moment)), None, "moment {moment}");
            assert!(kill.said.lock().unwrap().is_empty());
        }
        if !died {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 6 && erased > 0, "{kills}, {erased}");
}

/// Another chain can only be shown to somebody who does not know the first one.
pub fn forget_view(disk: &SimDisk) {
    let [_, _, view, _] = crate::scene::files();
    if disk.contents(&view).is_some() {
        disk.remove(&view).unwrap();
        disk.sync_dir(Path::new(".")).unwrap();
    }
}
