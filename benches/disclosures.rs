//! What a household hands over (`docs/disclosures.md`): made, and checked, for everybody and for one verifier. Facts are in memory: the
//! pass over the chain, which a check begins with, is measured by `cargo bench -p hushwatt-audits`.
//!
//! `cargo bench --bench disclosures`
//!
//! * `payment`, `day`, `shared`: one proof of knowledge each. `balance`: two notes, each in a ring of all notes of the story.
//! * `bill`: a tariff with three zones and a tier, over 30 days of quarter hours. `peak`: its evening hours on working days, and all
//!   of its hours (`month`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a benchmark")]
#![allow(dead_code, reason = "the story is that of the tests, which use more of it")]

#[path = "../ledger/tests/disclosure/grid.rs"]
mod grid;
#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "../ledger/tests/disclosure/scene.rs"]
mod scene;

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use hushwatt_crypto::meter::Register;
use hushwatt_ledger::{
    disclosure::{
        Calendar, Day, Designation, Disclosure, Facts, Hours, PeakClaim, Period, Request, Tariff, prove_bill,
        prove_peak,
    },
    units::Timestamp,
};
use rand_core::OsRng;

use grid::{Grid, METER, TIP};
use kit::BERT;
use scene::{Scene, scene, verifier};

/// 2026-10-01, in days since 1970, and so many days.
const FIRST: i64 = 20_727;
const DAYS: i64 = 30;
/// 4.8 kW: 1,200 Wh in a quarter of an hour, which none of the made-up ones reaches.
const LIMIT: u32 = 4_800;

/// The request for everybody, and one for one verifier.
fn audiences(request: Request) -> [(&'static str, Request); 2] {
    let designation = Designation { key: *verifier().key(), expires: Timestamp(u64::MAX) };
    let audience = request.audience.clone().designated(designation);
    [("all", request.clone()), ("one", Request { audience, ..request })]
}

/// A name, and what makes one for a request.
type Kind<'a> = (&'a str, &'a dyn Fn(&Request) -> Disclosure);

fn measure(criterion: &mut Criterion, facts: &dyn Facts, request: Request, kinds: &[Kind<'_>]) {
    for (kind, make) in kinds {
        for (whom, request) in audiences(request.clone()) {
            let made = make(&request);
            assert!(made.check(facts).is_ok(), "{kind}");
            let id = |what: &str| BenchmarkId::new(format!("{kind}-{what}"), whom);
            let mut group = criterion.benchmark_group("disclosure");
            group.sampling_mode(SamplingMode::Flat);
            group.bench_function(id("make"), |bench| bench.iter(|| black_box(make(&request))));
            group.bench_function(id("check"), |bench| bench.iter(|| black_box(made.check(facts).unwrap())));
            group.finish();
            println!("{kind} for {whom}: {} bytes", made.to_json().unwrap().len());
        }
    }
}

fn of_the_story(criterion: &mut Criterion) {
    let scene: Scene = scene();
    let payment = |request: &Request| scene.payment_made_to(request, &scene.payment, BERT);
    let day = |request: &Request| scene.energy(request);
    let shared = |request: &Request| scene.sold(request);
    let balance = |request: &Request| scene.balance_for(request, 15_000_000);
    let kinds: [Kind<'_>; 4] = [("payment", &payment), ("day", &day), ("shared", &shared), ("balance", &balance)];
    measure(criterion, &scene, scene.request(), &kinds);
}

fn of_a_month(criterion: &mut Criterion) {
    let grid = Grid::made_up(FIRST - 1, DAYS + 2);
    let held = grid.held();
    let day = |text| Day::parse(text).unwrap();
    let period = Period::new(day("2026-10-01"), day("2026-10-31"), 31).unwrap();
    let tariff = Tariff::from_toml(Tariff::EXAMPLE).unwrap();
    let bill = |request: &Request| {
        let terms = (period, tariff.clone());
        prove_bill(request, &grid.genesis, (METER, TIP), terms, &held, &mut OsRng).unwrap()
    };
    let claim = |hours: &[&str]| PeakClaim {
        meter: METER,
        height: TIP,
        register: Register::Import,
        period,
        calendar: Calendar::new("Europe/Berlin").unwrap(),
        hours: hours.iter().map(|hours| Hours::parse(hours).unwrap()).collect(),
        limit: LIMIT,
    };
    let (evenings, all) = (claim(&["Mon-Fri 17-20"]), claim(&[]));
    let peak = |request: &Request, claim: &PeakClaim| {
        prove_peak(request, &grid.genesis, claim, &held, &mut OsRng, &mut |_, _| {}).unwrap()
    };
    let peak_of_evenings = |request: &Request| peak(request, &evenings);
    let peak_of_month = |request: &Request| peak(request, &all);
    let kinds: [Kind<'_>; 3] = [("bill", &bill), ("peak", &peak_of_evenings), ("month", &peak_of_month)];
    measure(criterion, &grid, grid.request(), &kinds);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1000));
    targets = of_the_story, of_a_month
}
criterion_main!(benches);
