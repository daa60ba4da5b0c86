//! Blocks that are executed and not yet final: a tree on the last final block, bounded (protocol section 7).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use hushwatt_ledger::block::{BlockDigest, Executed, Parent};

use crate::{LiveBlock, mempool::Below};

/// Bounds of the tree.
#[derive(Clone, Copy, Debug)]
pub struct PendingLimits {
    /// Most blocks.
    pub blocks: usize,
    /// Most bytes of blocks, hints and changes of the state.
    pub bytes: usize,
}

impl Default for PendingLimits {
    fn default() -> Self {
        PendingLimits { blocks: 4_096, bytes: 96 << 20 }
    }
}

/// A block with its outcome.
#[derive(Clone)]
pub(crate) struct Pending {
    pub block: LiveBlock,
    pub executed: Arc<Executed>,
}

impl Pending {
    fn bytes(&self) -> usize {
        let changes = self.executed.changes.iter();
        let changes: usize = changes.map(|(key, value)| 64 + key.len() + value.as_ref().map_or(0, Vec::len)).sum();
        self.block.bytes() + changes
    }

    fn height(&self) -> u64 {
        self.executed.parent.height
    }

    fn parent(&self) -> BlockDigest {
        self.block.block().header.parent
    }
}

struct Entry {
    pending: Pending,
    bytes: usize,
    /// How many came before it.
    arrival: u64,
    /// In the log already: it is final and only has to be applied.
    logged: bool,
}

/// The tree has no room for another block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// The tree; its root is the last block whose changes are applied.
pub(crate) struct Tree {
    tip: Parent,
    entries: HashMap<BlockDigest, Entry>,
    bytes: usize,
    arrivals: u64,
    limits: PendingLimits,
}

impl Tree {
    pub fn new(tip: Parent, limits: PendingLimits) -> Self {
        Tree { tip, entries: HashMap::new(), bytes: 0, arrivals: 0, limits }
    }

    /// The last applied block.
    pub fn tip(&self) -> &Parent {
        &self.tip
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether more than half of the room for bytes is taken.
    pub fn is_crowded(&self) -> bool {
        self.bytes > self.limits.bytes / 2
    }

    pub fn get(&self, digest: &BlockDigest) -> Option<&Pending> {
        self.entries.get(digest).map(|entry| &entry.pending)
    }

    /// The tip or a pending block, as the parent of another.
    pub fn parent(&self, digest: &BlockDigest) -> Option<Parent> {
        if *digest == self.tip.digest {
            return Some(self.tip);
        }
        self.get(digest).map(|pending| pending.executed.parent)
    }

    /// The pending blocks from this one down to the tip, youngest first; `None` if it is neither pending nor the tip.
    fn path(&self, digest: &BlockDigest) -> Option<Vec<&Pending>> {
        let (mut path, mut at) = (Vec::new(), *digest);
        while at != self.tip.digest {
            let pending = self.get(&at)?;
            at = pending.parent();
            path.push(pending);
        }
        Some(path)
    }

    /// The outcomes of a block and of those below it that are not applied, oldest first.
    pub fn layers(&self, digest: &BlockDigest) -> Option<Vec<Arc<Executed>>> {
        let path = self.path(digest)?;
        Some(path.into_iter().rev().map(|pending| pending.executed.clone()).collect())
    }

    /// What a block on this one must not repeat.
    pub fn below(&self, parent: &BlockDigest) -> Option<Below> {
        let path = self.path(parent)?;
        let mut blocks: Vec<BlockDigest> = path.iter().map(|pending| pending.executed.parent.digest).collect();
        blocks.push(self.tip.digest);
        let transactions = path.iter().flat_map(|pending| &pending.block.block().transactions);
        Some(Below { blocks, included: transactions.map(|transaction| *transaction.id()).collect() })
    }

    /// Puts a block in, if its parent is still there. Where there is no room, blocks of other branches go, the lowest first.
    pub fn insert(&mut self, pending: Pending) -> Result<(), NoRoom> {
        let digest = pending.executed.parent.digest;
        let Some(path) = self.path(&pending.parent()) else { return Ok(()) };
        if self.entries.contains_key(&digest) {
            return Ok(());
        }
        let keep: HashSet<BlockDigest> = path.iter().map(|pending| pending.executed.parent.digest).collect();
        let bytes = pending.bytes();
        while self.entries.len() >= self.limits.blocks || self.bytes + bytes > self.limits.bytes {
            let others = self.entries.iter().filter(|(digest, entry)| !entry.logged && !keep.contains(*digest));
            let lowest = others.min_by_key(|(_, entry)| (entry.pending.height(), entry.arrival));
            let lowest = *lowest.ok_or(NoRoom)?.0;
            self.remove_with_descendants(lowest);
        }
        self.put(digest, pending, bytes, false);
        Ok(())
    }

    /// Puts in a block of the log, whatever the bounds say: the log is applied block by block, so they are few.
    pub fn insert_logged(&mut self, pending: Pending) {
        let digest = pending.executed.parent.digest;
        match self.entries.get_mut(&digest) {
            Some(entry) => entry.logged = true,
            None => {
                let bytes = pending.bytes();
                self.put(digest, pending, bytes, true);
            }
        }
    }

    fn put(&mut self, digest: BlockDigest, pending: Pending, bytes: usize, logged: bool) {
        self.bytes += bytes;
        self.entries.insert(digest, Entry { pending, bytes, arrival: self.arrivals, logged });
        self.arrivals += 1;
    }

    fn remove_with_descendants(&mut self, digest: BlockDigest) {
        let mut gone = vec![digest];
        while let Some(digest) = gone.pop() {
            if let Some(entry) = self.entries.remove(&digest) {
                self.bytes -= entry.bytes;
            }
            let children = self.entries.iter().filter(|(_, entry)| entry.pending.parent() == digest);
            gone.extend(children.map(|(child, _)| *child));
        }
    }

    /// A block is applied: what does not stand on it will never be final.
    pub fn advance(&mut self, tip: Parent) {
        self.tip = tip;
        let mut heights: Vec<(u64, BlockDigest)> =
            self.entries.iter().map(|(digest, entry)| (entry.pending.height(), *digest)).collect();
        heights.sort_unstable();
        let mut kept: HashSet<BlockDigest> = HashSet::from([tip.digest]);
        for (_, digest) in heights {
            let stands = self.entries.get(&digest).is_some_and(|entry| kept.contains(&entry.pending.parent()));
            if stands && digest != tip.digest {
                kept.insert(digest);
            } else if let Some(entry) = self.entries.remove(&digest) {
                self.bytes -= entry.bytes;
            }
        }
    }
}
