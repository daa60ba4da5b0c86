//! How long it takes to make a payment.

use std::time::Duration;

use criterion::{BatchSize, Criterion};
use hushwatt_crypto::clsag::Member;
use hushwatt_ledger::transaction::{build::Built, transfer::build::TransferPlan};
use rand::rngs::OsRng;

use crate::{
    community::{Community, plan},
    one_thread,
};

pub fn run(c: &mut Criterion) {
    let (community, single) = (Community::new(), one_thread());
    let account = community.stranger();
    let mut group = c.benchmark_group("build");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    for ring in [16, 64] {
        let build = |(plan, members): (TransferPlan, Vec<Member>)| -> Built {
            let prove = || plan.derive(&community.genesis, &mut OsRng).unwrap().prove(&members, &mut OsRng);
            single.install(prove).unwrap()
        };
        group.bench_function(format!("ring{ring}"), |b| {
            b.iter_batched(|| plan(&account, ring), build, BatchSize::SmallInput);
        });
    }
    group.finish();
}
