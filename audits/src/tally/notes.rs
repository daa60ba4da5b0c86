//! Which notes there must be: what transactions ask for, held against what the ledger made.

use std::collections::{BTreeMap, HashMap};

use hushwatt_crypto::{Element, Point, clsag::Member};
use hushwatt_ledger::note::{Asset, Note};

use super::{
    Difference, Role,
    sets::{self, Sets},
};
use crate::folder::kept;

/// Key and commitment.
type Half = ([u8; 32], [u8; 32]);

fn half(key: &Point, commitment: &Element) -> Half {
    (*key.as_bytes(), *commitment.as_bytes())
}

/// The notes of one asset.
#[derive(Default)]
struct OfAsset {
    made: u64,
    spent: u64,
}
kept!(OfAsset { made, spent });

/// A note that must be made by the block at hand.
struct Expected {
    place: Option<usize>,
    role: Role,
    asset: Asset,
    half: Half,
}

/// All notes that transactions asked for: which, is in [`Sets`].
#[derive(Default)]
pub(crate) struct Notes {
    assets: BTreeMap<Asset, OfAsset>,
    total: u64,
    expected: Vec<Expected>,
}
kept!(Notes { assets, total } without expected);

impl Notes {
    /// The block at hand must make this note.
    pub fn expect(&mut self, place: Option<usize>, role: Role, asset: Asset, key: &Point, commitment: &Element) {
        self.expected.push(Expected { place, role, asset, half: half(key, commitment) });
    }

    /// Holds the notes that the ledger made in this block against the expected ones: the same, none missing, none more.
    pub fn settle(&mut self, sets: &mut Sets, made: &[Note]) -> Result<(), (Option<usize>, Difference)> {
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
            sets.add(sets::note(asset, &half));
            self.total += 1;
        }
        let none_left = left.values().all(|count| *count == 0);
        if none_left { Ok(()) } else { Err((None, Difference::NoteFromNowhere)) }
    }

    /// Every member of a named bucket version is a note of the bucket's asset that some transaction made.
    pub fn check_ring(
        &mut self,
        sets: &mut Sets,
        asset: Asset,
        digest: &[u8; 32],
        ring: &[Member],
    ) -> Result<(), Difference> {
        let known = sets::ring(asset, digest);
        if sets.has(&known) {
            return Ok(());
        }
        if !ring.iter().all(|member| sets.has(&sets::note(asset, &half(member.key(), member.commitment())))) {
            return Err(Difference::MemberFromNowhere);
        }
        sets.add(known);
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
