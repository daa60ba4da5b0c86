//! A whole chain: block apply and durable commit of 100 transactions, wallet scan per note, audit.
//!
//! The chain is 100 transfers of a treasury in one block. `cargo bench --bench chain`

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark")]

use std::{hint::black_box, path::Path, sync::Arc, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hushwatt_crypto::{
    keys::{Account, Seed},
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::{AlreadyVerified, Block, BlockHints, Certificate, Parent, execute_block},
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    state::{BlockEvents, MemoryState, RingCache},
    units::{Credit, Timestamp},
};
use hushwatt_node::{Core, CoreOptions, LiveBlock, Lockstep, MempoolLimits, SteppedClock, Store};
use hushwatt_wallet::{ChainBlock, Follower, Treasury, Wallet};
use rand::rngs::OsRng;

struct Chain {
    genesis: Arc<Genesis>,
    blocks: Vec<(Block, Certificate, BlockHints)>,
}

const TRANSFERS: usize = 100;

/// Mint, an epoch of splitting, then one block of 100 transfers.
fn chain(folder: &Path) -> Chain {
    let validator = SigningKey::random(&mut OsRng);
    let treasury_key = SigningKey::random(&mut OsRng);
    let genesis = NewGenesis {
        time: Timestamp(0),
        simulated_time: true,
        parameters: Parameters::default(),
        validators: vec![validator.verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: treasury_key.verifying_key(),
        operator: None,
        meters: Vec::new(),
    };
    let genesis = Arc::new(genesis.build().unwrap());
    let clock = SteppedClock::new(Timestamp(0));
    let mut node =
        Lockstep::open(folder, genesis.clone(), validator, Box::new(clock.clone()), MempoolLimits::default()).unwrap();
    let mut follower = Follower::new(genesis.clone());
    let wallet = Wallet::new(genesis.clone(), &Seed::random(&mut OsRng)).unwrap();
    let mut treasury = Treasury::new(wallet, treasury_key);
    let to = *Account::from_seed(genesis.network(), &Seed::random(&mut OsRng)).unwrap().address();
    let mut blocks = Vec::new();
    let mut step = |node: &mut Lockstep, follower: &mut Follower, treasury: &mut Treasury, built, now: u64| {
        clock.step_to(Timestamp(now));
        for verdict in node.submit_all(built) {
            verdict.unwrap();
        }
        let produced = node.produce().unwrap();
        let (block, certificate, hints) = (produced.block, produced.certificate, produced.hints);
        let next = ChainBlock { block: block.clone(), certificate: Some(certificate.clone()), hints: hints.clone() };
        for followed in follower.follow(next).unwrap() {
            treasury.wallet.scan_block(&followed.block, &followed.hints, &followed.events);
        }
        blocks.push((block, certificate, hints));
    };
    let mint = treasury.mint(&follower, &[Credit::from_euro(100); 64], Timestamp(0), &mut OsRng).unwrap();
    step(&mut node, &mut follower, &mut treasury, vec![mint], 60);
    let now = Timestamp(120);
    let splits = (0..20).map(|_| treasury.wallet.split(&follower, now, &mut OsRng).unwrap()).collect();
    step(&mut node, &mut follower, &mut treasury, splits, 120);
    step(&mut node, &mut follower, &mut treasury, Vec::new(), 7200);
    let now = Timestamp(7300);
    let pay = |treasury: &mut Treasury| {
        treasury.wallet.pay(&follower, &[(to, Credit::from_euro(1))], now, &mut OsRng).unwrap()
    };
    let transfers = (0..TRANSFERS).map(|_| pay(&mut treasury)).collect();
    step(&mut node, &mut follower, &mut treasury, transfers, 7300);
    Chain { genesis, blocks }
}

fn run(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain(folder.path());
    let (last, before) = chain.blocks.split_last().unwrap();
    let cache = RingCache::new();
    let mut state = MemoryState::new();
    let mut parent = Parent::genesis(&chain.genesis);
    for (block, _, _) in before {
        let executed = execute_block(&chain.genesis, &state, &cache, &parent, block, &mut AlreadyVerified).unwrap();
        state.apply(executed.changes);
        parent = executed.parent;
    }
    let execute = || execute_block(&chain.genesis, &state, &cache, &parent, &last.0, &mut AlreadyVerified).unwrap();

    let mut group = c.benchmark_group("block-of-100");
    group.sample_size(10).measurement_time(Duration::from_secs(3)).throughput(Throughput::Elements(TRANSFERS as u64));
    group.bench_function("execute", |b| b.iter(|| black_box(execute())));
    group.bench_function("durable-commit", |b| {
        let live = |(block, _, hints): &(Block, Certificate, BlockHints)| {
            LiveBlock::new(chain.genesis.network(), block.clone(), Some(hints.clone())).unwrap()
        };
        let options = CoreOptions { worker: false, ..CoreOptions::default() };
        let open = || {
            let folder = tempfile::tempdir().unwrap();
            let clock = SteppedClock::new(last.0.header.time);
            let core = Core::open(folder.path(), chain.genesis.clone(), Box::new(clock), options).unwrap();
            for earlier in before {
                core.finalize(&live(earlier), Some(&earlier.1)).unwrap();
            }
            let last = live(last);
            core.verify(&last).unwrap();
            (core, last, folder)
        };
        b.iter_batched(
            open,
            |(core, block, folder)| {
                core.finalize(&block, Some(&last.1)).unwrap();
                (core, folder)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();

    let events = BlockEvents::of(&execute().changes).unwrap();
    let hints: usize = last.2.iter().map(Vec::len).sum();
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = c.benchmark_group("wallet");
    group.sample_size(10).measurement_time(Duration::from_secs(2)).throughput(Throughput::Elements(hints as u64));
    group.bench_function("scan-foreign-notes", |b| {
        let fresh = || Wallet::new(chain.genesis.clone(), &Seed::random(&mut OsRng)).unwrap();
        let scan = |mut wallet: Wallet| single.install(|| wallet.scan_block(&last.0, &last.2, &events));
        b.iter_batched(fresh, scan, BatchSize::SmallInput);
    });
    group.finish();

    let mut export = Vec::new();
    let store = Store::open(folder.path(), chain.genesis.clone()).unwrap();
    store.export(&mut export).unwrap();
    let transactions: usize = chain.blocks.iter().map(|(block, _, _)| block.transactions.len()).sum();
    let mut group = c.benchmark_group("audit");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5))
        .throughput(Throughput::Elements(transactions as u64));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        group.bench_function(format!("{threads}-threads"), |b| {
            b.iter(|| {
                pool.install(|| {
                    let network = chain.genesis.network();
                    let length = export.len() as u64;
                    let report =
                        hushwatt_audits::verify_reader(&export[..], length, network, &mut hushwatt_audits::NoProgress);
                    assert!(report.unwrap().holds());
                });
            });
        });
    }
    group.finish();
}

criterion_group!(benches, run);
criterion_main!(benches);
