//! Killed, or cut from power, at every change on disk: he never answers two sets, and loses no answer.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hushwatt_client::Taken;
use hushwatt_committee::{chain::Chain, keys::Keys, member::Member};
use hushwatt_ledger::{
    genesis::Genesis,
    storage::{Disk, Moment, Probe, ProbedDisk, SimDisk},
    transaction::{Action, Transaction},
    units::Timestamp,
};
use hushwatt_wallet::{
    ChainBlock,
    sync::{Fetched, SyncError},
};

use crate::{
    kit::totals::{Community, METERS, attested},
    scene::{COHORT, Ledger, disk, parts},
};

/// What was handed in, by its bytes of shares.
type Said = Arc<Mutex<BTreeSet<Vec<u8>>>>;

/// A chain that is given beforehand, in pieces of a few blocks.
struct Script {
    genesis: Arc<Genesis>,
    blocks: Vec<ChainBlock>,
    said: Said,
}

impl Chain for Script {
    fn fetch(&mut self, after: u64, _: Timestamp) -> Result<Fetched, SyncError> {
        let blocks: Vec<ChainBlock> =
            self.blocks.iter().filter(|block| block.block.header.height > after).take(3).cloned().collect();
        let tip = self.blocks.last().unwrap().block.header.height;
        Ok(Fetched { blocks, tip, without_hints: 0 })
    }

    fn submit(&mut self, submission: &[u8]) -> Result<Taken, SyncError> {
        let length = u32::from_le_bytes(submission[..4].try_into().unwrap()) as usize;
        let transaction = Transaction::decode(self.genesis.network(), &submission[4..4 + length]).unwrap();
        let Action::Release(release) = transaction.action() else { panic!("nothing else is said") };
        let shares = release.statement.shares.iter();
        let bytes =
            shares.flat_map(|share| [share.value.0.to_bytes(), share.blinding.0.to_bytes()]).flatten().collect();
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
struct Die {
    moment: u64,
    count: AtomicU64,
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
        let probe = Arc::new(Die { moment, count: AtomicU64::new(0) });
        let probed: Arc<dyn Disk> = Arc::new(ProbedDisk::new(disk.clone(), probe.clone()));
        let chain = Script { genesis: self.genesis.clone(), blocks: blocks.to_vec(), said: self.said.clone() };
        let died = || probe.count.load(Ordering::Relaxed) >= moment;
        let Ok(mut member) = Member::open(parts(&self.genesis, self.keys.clone(), Box::new(chain), probed)) else {
            assert!(died());
            return true;
        };
        for step in 1..40 {
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
    let complain = community.times().complain.plus(1);
    community.pass_to(complain);
    let fork = |left_out: &[u32]| {
        let mut community = community.clone();
        let request = community.request(COHORT, left_out);
        let at = community.world.after(60);
        community.world.accept(at, &[request]);
        Ledger::of(community).blocks(0)
    };
    let forks = [fork(&[1, 2, 7]), fork(&[3, 4, 7])];
    (community, forks)
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
        // What a kill leaves, and what a cut of power can leave.
        let mut left = vec![disk.fork()];
        left.extend((0..3).map(|seed| disk.crash(1_000 * moment + seed)));
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

/// Another chain can only be shown to somebody who does not know the first one.
fn forget_view(disk: &SimDisk) {
    let [_, _, view, _] = crate::scene::files();
    if disk.contents(&view).is_some() {
        disk.remove(&view).unwrap();
        disk.sync_dir(std::path::Path::new(".")).unwrap();
    }
}
