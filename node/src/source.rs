//! Who handed something in, and how much of a bounded room each may take.

use std::collections::HashMap;

/// Who handed a transaction in. Kept in memory only, to share room and time fairly; never written down or passed on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Source {
    /// An earlier run of this node, which had accepted it.
    Restored,
    /// This node's own operator.
    Own,
    /// A client, by a keyed hash of its address.
    Client(u64),
    /// Another node, by its number.
    Peer(u64),
}

impl Source {
    /// Whether it is told that its transaction is accepted, which then survives a restart of this node. A peer has told its
    /// own clients so, and what is restored is written down already.
    pub(crate) fn is_promised(self) -> bool {
        matches!(self, Source::Own | Source::Client(_))
    }
}

/// Bounds of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub items: usize,
    pub bytes: usize,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// For nobody.
    Full,
    /// For this source, which has had its share.
    Share,
}

/// One source may take at most so many times what is still free.
///
/// So a source alone gets four fifths of a room, two get four ninths each, and whoever comes later finds some of it free:
/// nothing that was accepted is ever thrown out for a newcomer.
const GREED: usize = 4;

/// A room, and who has taken how much of it.
#[derive(Debug)]
pub(crate) struct Shares {
    room: Room,
    taken: Room,
    by_source: HashMap<Source, Room>,
}

impl Shares {
    pub fn new(room: Room) -> Self {
        Shares { room, taken: Room { items: 0, bytes: 0 }, by_source: HashMap::new() }
    }

    pub fn taken(&self) -> Room {
        self.taken
    }

    /// Whether a source may put in something of so many bytes.
    pub fn admits(&self, source: Source, bytes: usize) -> Result<(), Crowded> {
        let free = Room {
            items: self.room.items.saturating_sub(self.taken.items),
            bytes: self.room.bytes.saturating_sub(self.taken.bytes),
        };
        if free.items == 0 || free.bytes < bytes {
            return Err(Crowded::Full);
        }
        // It had its room before, whoever it was from.
        if source == Source::Restored {
            return Ok(());
        }
        let own = self.by_source.get(&source).copied().unwrap_or(Room { items: 0, bytes: 0 });
        let within = own.items < free.items.saturating_mul(GREED) && own.bytes < free.bytes.saturating_mul(GREED);
        if within { Ok(()) } else { Err(Crowded::Share) }
    }

    pub fn add(&mut self, source: Source, bytes: usize) {
        for room in [&mut self.taken, self.by_source.entry(source).or_insert(Room { items: 0, bytes: 0 })] {
            room.items += 1;
            room.bytes += bytes;
        }
    }

    pub fn remove(&mut self, source: Source, bytes: usize) {
        let Some(own) = self.by_source.get_mut(&source) else { return };
        for room in [&mut self.taken, &mut *own] {
            room.items = room.items.saturating_sub(1);
            room.bytes = room.bytes.saturating_sub(bytes);
        }
        if own.items == 0 {
            self.by_source.remove(&source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(shares: &mut Shares, source: Source) -> usize {
        let mut taken = 0;
        while shares.admits(source, 10).is_ok() {
            shares.add(source, 10);
            taken += 1;
        }
        taken
    }

    #[test]
    fn a_greedy_source_leaves_room_and_the_next_ones_too() {
        let mut shares = Shares::new(Room { items: 1000, bytes: 1 << 20 });
        assert_eq!(fill(&mut shares, Source::Client(1)), 800);
        assert_eq!(shares.admits(Source::Client(1), 10), Err(Crowded::Share));
        assert_eq!(fill(&mut shares, Source::Client(2)), 160);
        assert_eq!(fill(&mut shares, Source::Client(3)), 32);
    }

    #[test]
    fn bytes_are_shared_as_items_are() {
        let mut shares = Shares::new(Room { items: 1000, bytes: 1000 });
        assert_eq!(fill(&mut shares, Source::Own), 80);
        assert_eq!(shares.admits(Source::Client(1), 201), Err(Crowded::Full));
        assert_eq!(shares.admits(Source::Client(1), 200), Ok(()));
    }

    #[test]
    fn what_leaves_makes_room_again() {
        let mut shares = Shares::new(Room { items: 5, bytes: 1000 });
        let taken = fill(&mut shares, Source::Own);
        (0..taken).for_each(|_| shares.remove(Source::Own, 10));
        assert_eq!(shares.taken(), Room { items: 0, bytes: 0 });
        assert!(shares.by_source.is_empty());
        assert_eq!(fill(&mut shares, Source::Own), taken);
    }
}
