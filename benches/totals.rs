//! A total over a hundred meters of one period: what each of those who take part computes. One thread does it all.
//!
//! `cargo bench --bench totals`
//!
//! * `share`: a gateway shares a meter's two sums among five members, with their sealed shares; what a day costs it.
//! * `check`: a member opens and checks his two shares of one meter.
//! * `release`: a member adds up his shares of a hundred meters and signs.
//! * `block/..`: a validator executes a block with one Share, one request over a hundred meters, one release.
//! * `open`: anybody puts three releases together and opens both sums.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a benchmark")]
#![allow(dead_code, reason = "the kit is that of the tests, which use more of it")]

#[path = "../ledger/tests/kit/mod.rs"]
mod kit;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hushwatt_crypto::{range::RangeBits, sharing::SealedShare};
use hushwatt_ledger::{
    parameters::{Parameters, TotalsParameters},
    transaction::{
        Action,
        build::Built,
        request::Target,
        share::{SharePlace, Subject},
    },
    units::{MeterId, Utility},
};
use kit::{
    ANNA, Setup,
    totals::{Community, cohort, totals},
};

const METERS: u32 = 100;
const COHORT: Target = Target::Cohort(0);

fn community() -> Community {
    let terms = TotalsParameters { k_min: 10, ..totals() };
    let setup = Setup {
        parameters: Parameters { interval: 3600, totals: Some(terms), ..Setup::default().parameters },
        meters: vec![(Utility::Electricity, RangeBits::Bits16, ANNA); METERS as usize],
        ..Setup::default()
    };
    let mut community = Community::named(&setup, &[cohort((0..METERS).map(|meter| (meter, meter as u16)))]);
    community.attest_all();
    community
}

/// A member's two sealed shares of a meter.
fn sealed(community: &Community, meter: u32, member: usize) -> [(SharePlace, SealedShare); 2] {
    let subject = Subject::Meter(MeterId(meter));
    [0, 1].map(|sharing| community.sealed(subject, sharing, &community.members[member]))
}

fn execute(community: &Community, built: &Built) {
    let world = &community.world;
    assert_eq!(black_box(world.verdict(world.after(60), built)), Ok(()));
}

fn total(c: &mut Criterion) {
    let mut community = community();
    community.pass_to(community.times().close.plus(1));
    let mut group = c.benchmark_group("totals");
    group.sample_size(20);
    group.bench_function("share", |b| b.iter(|| black_box(community.share(0))));
    let share = community.share(0);
    println!("a Share: {} bytes, and {} of hints", share.transaction.encoded_len(), 153 * share.hints.len());
    group.bench_function("block/share", |b| b.iter(|| execute(&community, &share)));

    community.share_first(METERS as usize);
    let of_one = sealed(&community, 7, 2);
    group.bench_function("check", |b| {
        b.iter(|| {
            for (place, sealed) in &of_one {
                let of = community.world.ledger().shared(place).unwrap().unwrap().of;
                let key = &community.members[2].sealing;
                let share = sealed.open(community.world.network(), key, &place.context(&of)).unwrap();
                assert!(share.opens(&of.expected(place.member)));
            }
        })
    });

    community.settle();
    let request = community.request(COHORT, &[]);
    group.bench_function("block/request", |b| b.iter(|| execute(&community, &request)));
    community.world.accept(community.world.after(60), &[request]);

    let all: Vec<u32> = (0..METERS).collect();
    group.bench_function("release", |b| b.iter(|| black_box(community.release(0, &all))));
    let releases: Vec<Built> = (0..3).map(|member| community.release(member, &all)).collect();
    group.bench_function("block/release", |b| b.iter(|| execute(&community, &releases[0])));
    assert!(releases.iter().all(|built| matches!(built.transaction.action(), Action::Release(_))));
    group.bench_function("open", |b| b.iter(|| black_box(community.open(COHORT, &releases))));
    group.finish();
}

criterion_group!(benches, total);
criterion_main!(benches);
