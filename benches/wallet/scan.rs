//! Notes of strangers a second and core.

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use hushwatt_crypto::keys::{Account, Seed};
use hushwatt_ledger::{block::Parent, state::BlockEvents};
use hushwatt_wallet::Wallet;
use rand::rngs::OsRng;

use crate::{
    community::{Community, START},
    monero, one_thread,
};

const TRANSACTIONS: usize = 1_000;

pub fn run(c: &mut Criterion) {
    let mut group = c.benchmark_group("scan");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(2 * TRANSACTIONS as u64));
    own(&mut group);
    for (name, tags) in [("monero-wallet/view-tags", true), ("monero-wallet/no-view-tags", false)] {
        let (mut scanner, block) = (monero::scanner(), monero::block(TRANSACTIONS, tags));
        group.bench_function(name, |b| {
            let scan = |block| black_box(scanner.scan(block).unwrap());
            b.iter_batched(|| block.clone(), scan, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn own(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (community, single, seed) = (Community::new(), one_thread(), Seed::random(&mut OsRng));
    let household = Account::from_seed(community.genesis.network(), &seed).unwrap();
    for (name, deceived) in [("view-tags", None), ("every-tag-matches", Some(household.view()))] {
        let made = community.transfers(TRANSACTIONS, deceived);
        let (block, _, hints) = community.block(&mut Parent::genesis(&community.genesis), START, made);
        let events = BlockEvents::default();
        let fresh = || Wallet::new(community.genesis.clone(), &seed).unwrap();
        group.bench_function(name, |b| {
            let scan = |mut wallet: Wallet| {
                single.install(|| wallet.scan_block(&block, &hints, &events));
                assert_eq!(wallet.height(), 1);
                wallet
            };
            b.iter_batched(fresh, scan, BatchSize::SmallInput);
        });
    }
}
