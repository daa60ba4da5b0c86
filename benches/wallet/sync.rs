//! Reading a chain of 100,000 notes.

use std::{
    cell::{Cell, LazyCell},
    fs::{self, File},
    io::{BufWriter, Read, Write},
    path::Path,
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use hushwatt_client::{BlockRecord, frames};
use hushwatt_ledger::{block::Parent, genesis::Genesis};
use hushwatt_wallet::{
    ChainBlock,
    file::{Passphrase, SeedWords, Strength},
    household::{Household, NewHousehold},
    sync::{Fetched, chain_block},
};
use rand::rngs::OsRng;
use rayon::prelude::*;

use crate::{
    community::{Community, Made, START, record},
    memory,
};

const BLOCKS: u64 = 500;
/// Transfers in a block, of two notes each.
const TRANSFERS: usize = 100;
/// One transfer in so many pays the household.
const OWN: usize = 1_000;
/// Seconds between blocks.
const STEP: u64 = 600;
/// What a wallet asks for at a time.
const PIECE: usize = 4 << 20;

pub fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery staple").unwrap()
}

/// A wallet without anything in it, of a known seed.
pub fn household(path: &Path, community: &Community, words: &SeedWords, strength: Strength) -> Household {
    let new = NewHousehold {
        path,
        passphrase: &passphrase(),
        strength,
        genesis: Genesis::clone(&community.genesis),
        nodes: Vec::new(),
    };
    Household::restore_words(new, words, Some(START)).unwrap()
}

/// Writes a chain as a node's answers, of which one transfer in `own` pays the household.
pub fn write_chain(path: &Path, community: &Community, words: &SeedWords, blocks: u64, own: usize) {
    let network = community.genesis.network();
    let household = hushwatt_crypto::keys::Account::from_seed(network, &words.seed()).unwrap();
    let (one, other) = (community.stranger(), community.stranger());
    let mut parent = Parent::genesis(&community.genesis);
    let mut file = BufWriter::new(File::create(path).unwrap());
    for height in 1..=blocks {
        let first = (height as usize - 1) * TRANSFERS;
        let transfer = |number: usize| -> Made {
            let to = if number.is_multiple_of(own) { &household } else { &one };
            community.transfer([to.address(), other.address()], None)
        };
        let made = (first..first + TRANSFERS).into_par_iter().map(transfer).collect();
        let block = community.block(&mut parent, START.plus(height * STEP), made);
        let mut frame = Vec::new();
        frames::encode(&record(&block), &mut frame);
        file.write_all(&frame).unwrap();
    }
    file.flush().unwrap();
}

/// Reads a chain as it comes from a node, and takes it in piece by piece.
pub fn read_chain(path: &Path, household: &mut Household) {
    let genesis = household.genesis().clone();
    let mut file = File::open(path).unwrap();
    let mut frames = frames::FrameDecoder::new();
    let mut part = vec![0; PIECE];
    loop {
        let read = file.read(&mut part).unwrap();
        if read == 0 {
            break;
        }
        frames.push(&part[..read]);
        let mut records: Vec<BlockRecord> = Vec::new();
        while let Some(record) = frames.next_frame().unwrap() {
            records.push(record);
        }
        let blocks: Vec<ChainBlock> = records.par_iter().map(|record| chain_block(&genesis, record).unwrap()).collect();
        household.take_in(Fetched { blocks, tip: 0, without_hints: 0 }).unwrap();
    }
    assert!(!frames.is_mid_frame());
}

pub fn run(c: &mut Criterion) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (chain, wallet) = (folder.path().join("chain"), folder.path().join("wallet"));
    let words = SeedWords::from_seed(&hushwatt_crypto::keys::Seed::random(&mut OsRng));
    // Only made if this is to be measured.
    let community = LazyCell::new(|| {
        let community = Community::new();
        write_chain(&chain, &community, &words, BLOCKS, OWN);
        community
    });
    let notes = 2 * BLOCKS * TRANSFERS as u64;
    // Of the first round: before later ones, the allocator holds what earlier ones used.
    let first: Cell<Option<(u64, u64)>> = Cell::new(None);
    let once = || {
        let mut household = household(&wallet, &community, &words, Strength::FOR_TESTS);
        let forgot = memory::forget_peak();
        let before = memory::now_and_peak();
        let start = Instant::now();
        read_chain(&chain, &mut household);
        let elapsed = start.elapsed();
        if let (None, true, Some((before, _)), Some((_, peak))) = (first.get(), forgot, before, memory::now_and_peak())
        {
            first.set(Some((before, peak)));
        }
        assert_eq!(household.wallet().height(), BLOCKS);
        assert_eq!(household.wallet().notes().count(), BLOCKS as usize * TRANSFERS / OWN);
        household.erase().unwrap();
        elapsed
    };
    let mut group = c.benchmark_group("sync");
    group.sample_size(10).measurement_time(Duration::from_secs(30)).throughput(Throughput::Elements(notes));
    group.bench_function("100000-notes", |b| b.iter_custom(|rounds| (0..rounds).map(|_| once()).sum()));
    group.finish();
    if let Some((before, peak)) = first.get() {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let stream = fs::metadata(&chain).unwrap().len();
        println!(
            "sync: peak memory {:.0} MiB, of which {:.0} MiB were there before; the stream is {:.0} MiB",
            mib(peak),
            mib(before),
            mib(stream)
        );
    }
}
