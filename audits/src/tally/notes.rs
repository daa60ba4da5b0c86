//! Which notes there must be: what transactions ask for, held against what the ledger made.

use std::collections::{BTreeMap, HashMap, HashSet};

use hushwatt_crypto::{Element, Point, clsag::Member};
use hushwatt_ledger::note::{Asset, Note};

use super::{Difference, Role};

/// Key and commitment.
type Half = ([u8; 32], [u8; 32]);

fn half(key: &Point, commitment: &Element) -> Half {
    (*key.as_bytes(), *commitment.as_bytes())
}

/// The notes of one asset.
#[derive(Default)]
struct OfAsset {
    all: HashSet<Half>,
    made: u64,
    spent: u64,
}

/// A note that must be made by the block at hand.
struct Expected {
    place: Option<usize>,
    role: Role,
    asset: Asset,
    half: Half,
}

/// All notes that transactions asked for.
#[derive(Default)]
pub(crate) struct Notes {
    assets: BTreeMap<Asset, OfAsset>,
    expected: Vec<Expected>,
    /// Bucket versions whose members were found to be notes of their asset.
    known_rings: HashSet<(Asset, [u8; 32])>,
    total: u64,
}

impl Notes {
    /// The block at hand must make this note.
    pub fn expect(&mut self, place: Option<usize>, role: Role, asset: Asset, key: &Point, commitment: &Element) {
        self.expected.push(Expected { place, role, asset, half: half(key, commitment) });
    }

    /// Holds the notes that the ledger made in this block against the expected ones: the same, none missing, none more.
    pub fn settle(&mut self, made: &[Note]) -> Result<(), (Option<usize>, Difference)> {
        let mut left: HashMap<(Asset, Half), u64> = HashMap::new();
        for note in made {
            *left.entry((note.asset, half(&note.key, &note.commitment))).or_default() += 1;
        }
        for Expected { place, role, asset, half } in self.expected.drain(..) {
            match left.get_mut(&(asset, half)) {
                Some(count) if *count > 0 => *count -= 1,
                _ => return Err((place, Difference::NoteMissing(role))),
            }
            let notes = self.assets.entry(asset).or_default();
            notes.made += 1;
            notes.all.insert(half);
            self.total += 1;
        }
        let none_left = left.values().all(|count| *count == 0);
        if none_left { Ok(()) } else { Err((None, Difference::NoteFromNowhere)) }
    }

    /// Every member of a named bucket version is a note of the bucket's asset that some transaction made.
    pub fn check_ring(&mut self, asset: Asset, digest: &[u8; 32], ring: &[Member]) -> Result<(), Difference> {
        if self.known_rings.contains(&(asset, *digest)) {
            return Ok(());
        }
        let notes = self.assets.get(&asset).ok_or(Difference::MemberFromNowhere)?;
        if !ring.iter().all(|member| notes.all.contains(&half(member.key(), member.commitment()))) {
            return Err(Difference::MemberFromNowhere);
        }
        self.known_rings.insert((asset, *digest));
        Ok(())
    }

    /// Counts spends; of no asset are there more than notes.
    pub fn spend(&mut self, asset: Asset, count: u64) -> Result<(), Difference> {
        let notes = self.assets.entry(asset).or_default();
        notes.spent += count;
        let energy = asset != Asset::Credit;
        if notes.spent <= notes.made { Ok(()) } else { Err(Difference::MoreSpentThanMade { energy }) }
    }

    /// Notes ever made.
    pub fn total(&self) -> u64 {
        self.total
    }
}
