//! What a report shows day by day, held against the story by hand and against the totals.

use hushwatt_audits::{
    Question, Report, Unanswerable, Verdict,
    evidence::{Changed, ContractDay, Evidence, FinalityDay, Prices, Readings, UtilityMeters, WindowDay},
    report::{Kinds, PublicTotals},
    verify_reader_until,
};
use hushwatt_crypto::{range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    parameters::Parameters,
    transaction::{attest::WindowStatus, registry::RegistryChange},
    units::{Timestamp, Utility},
};

use crate::{
    chain::{Chain, TIP, bid, story},
    kit::{ANNA, BERT, CARLA, START, Setup, TREASURY, World, auction::Wish, build::Bid},
};

const DAY: u64 = 86_400;
/// The day of the story.
const FIRST: u64 = START.0 / DAY;

fn parts(report: &Report) -> (&Evidence, &PublicTotals) {
    assert!(report.holds(), "{report}");
    (report.evidence.as_ref().unwrap(), report.totals.as_ref().unwrap())
}

fn sum<T>(all: &[T], of: impl Fn(&T) -> u64) -> u64 {
    all.iter().map(of).sum()
}

/// What the days add up to is what was counted otherwise.
#[track_caller]
fn adds_up(report: &Report) {
    let (evidence, totals) = parts(report);
    let (days, windows, tip) = (&evidence.days, &evidence.windows, report.tip.as_ref().unwrap());
    assert_eq!(sum(days, |day| day.blocks), tip.height);
    assert!(days.windows(2).all(|two| two[0].day < two[1].day && two[0].last_block + 1 == two[1].first_block));
    assert!(days.iter().all(|day| day.last_block + 1 - day.first_block == day.blocks && day.from == day.day * DAY));
    let kinds: [fn(&Kinds) -> u64; 11] = [
        |kinds| kinds.transfers,
        |kinds| kinds.attests,
        |kinds| kinds.opens,
        |kinds| kinds.delivers,
        |kinds| kinds.mints,
        |kinds| kinds.burns,
        |kinds| kinds.registry_changes,
        |kinds| kinds.corrects,
        |kinds| kinds.sells,
        |kinds| kinds.buys,
        |kinds| kinds.clears,
    ];
    for kind in kinds {
        assert_eq!(sum(days, |day| kind(&day.transactions)), kind(&totals.transactions));
    }
    assert_eq!(sum(days, |day| day.finality.certificates), totals.finality.certificates);
    assert_eq!(sum(days, |day| day.finality.votes), totals.finality.votes);
    let last = days.last().unwrap();
    assert_eq!((last.last_block, last.money, last.validators), (tip.height, totals.money, totals.finality.validators));

    assert!(windows.windows(2).all(|two| (two[0].day, two[0].utility) < (two[1].day, two[1].utility)));
    type Both = (fn(&Readings) -> u64, fn(&hushwatt_audits::report::MeterWindows) -> u64);
    let readings: [Both; 7] = [
        (|day| day.measured, |meter| meter.measured),
        (|day| day.substituted, |meter| meter.substituted),
        (|day| day.estimated, |meter| meter.estimated),
        (|day| day.late, |meter| meter.late),
        (|day| day.missing, |meter| meter.missing),
        (|day| day.not_posted, |meter| meter.not_posted),
        (|day| day.still_due, |meter| meter.still_due),
    ];
    for (of_day, of_meter) in readings {
        assert_eq!(sum(windows, |day| of_day(&day.readings)), sum(&totals.meters, of_meter));
    }
    for day in windows {
        let meters = sum(&evidence.terms.meters, |of| if of.utility == day.utility { of.meters } else { 0 });
        assert_eq!(day.readings.expected, day.windows * meters, "{day:?}");
        assert!(day.windows_complete <= day.windows);
    }
    assert_eq!(sum(windows, |day| day.energy_notes), sum(&totals.energy, |window| window.notes));
    assert_eq!(sum(windows, |day| day.corrections), totals.transactions.corrects);
    let contracts: Vec<ContractDay> = windows.iter().filter_map(|day| day.contracts).collect();
    assert_eq!(sum(&contracts, |day| day.opened), totals.contracts.opened);
    assert_eq!(sum(&contracts, |day| day.delivered), totals.contracts.settled);
    assert_eq!(sum(&contracts, |day| day.expired), totals.contracts.expired);
    assert_eq!(sum(&contracts, |day| day.open), totals.contracts.open);
    let auctions: Vec<_> = windows.iter().filter_map(|day| day.auctions).collect();
    let counted = totals.auctions.unwrap_or_default();
    assert_eq!(sum(&auctions, |day| day.auctions), counted.auctions);
    assert_eq!(sum(&auctions, |day| day.cleared), counted.cleared);
    assert_eq!(sum(&auctions, |day| day.nothing_traded), counted.nothing_traded);
    assert_eq!(sum(&auctions, |day| day.expired), counted.expired);
    assert_eq!(sum(&auctions, |day| day.open), counted.open);
    assert_eq!(sum(&auctions, |day| day.sells + day.buys), counted.orders);
    assert_eq!(evidence.registry.len() as u64, totals.transactions.registry_changes);
    assert!(evidence.registry.iter().zip(1..).all(|(entry, serial)| entry.serial == serial));
}

fn window_day(evidence: &Evidence, day: u64, utility: Utility) -> WindowDay {
    *evidence.windows.iter().find(|row| (row.day, row.utility) == (day, utility)).expect("a row")
}

/// The story, and on the days after it: corrections and all kinds of changes by the registrars, late windows, contracts at other
/// prices, an auction of two bids that nobody clears, and one that clears at 0.200 EUR/kWh.
fn long() -> Chain {
    let mut chain = story(TIP);
    let (window, right) = (chain.world.window(0), chain.world.measured(900, 10));
    let corrections = [0, 1, 3].map(|meter| chain.world.correct(meter, window, &right));
    chain.accept(chain.world.after(60), &corrections);

    let operator = SigningKey::from_bytes(&[112; 32]).verifying_key();
    let new = chain.world.new_validators(1);
    let set = [&chain.world.validators[1..4], &new[..]].concat();
    let (two, three) = (chain.world.registrars[..2].to_vec(), chain.world.registrars.clone());
    let key = SigningKey::from_bytes(&[91; 32]);
    chain.accept(chain.world.after(60), &[chain.world.change_validators_by(1, &set, &two)]);
    let change = chain.world.change_registry_by(2, RegistryChange::Operator { key: operator }, &three);
    chain.accept(chain.world.after(60), &[change]);
    let replaced = chain.world.replace_meter(1, RangeBits::Bits16, &key);
    chain.accept(chain.world.after(60), &[replaced]);
    chain.world.take_key(1, RangeBits::Bits16, &key);

    // The next day: meter 0 posts what it missed, and the windows of this morning; two bids for noon.
    let morning = START.plus(DAY + 8 * 3600 + 600);
    chain.accept(morning, &[]);
    let (first, count) =
        (chain.world.window(1), chain.world.parameters().window_at(morning).0 - chain.world.window(1).0);
    let missing = chain.world.reading(WindowStatus::Missing, 0, 0);
    let fresh = chain.world.measured(1_000, 10);
    // The last two windows are within their deadline.
    for from in (0..count).step_by(24) {
        let readings: Vec<_> = (from..count.min(from + 24))
            .map(|window| if window + 2 >= count { fresh.clone() } else { missing.clone() })
            .collect();
        let start = hushwatt_ledger::units::Window(first.0 + from);
        let attest = chain.world.attest(0, start, &readings);
        chain.accept(chain.world.after(60), &[attest]);
    }
    let noon = hushwatt_ledger::units::Window(chain.world.parameters().window_at(morning).0 + 4);
    let opens = [(BERT, 210), (CARLA, 300)].map(|(buyer, price)| {
        let wish = Bid { window: noon, price, ..bid(buyer, 50, &chain.world) };
        chain.world.open(&wish)
    });
    chain.accept(chain.world.after(60), &opens);
    chain
}

#[test]
fn the_day_of_the_story_is_told() {
    let report = story(TIP).audit();
    adds_up(&report);
    let (evidence, totals) = parts(&report);
    assert_eq!(evidence.days.len(), 1);
    let day = evidence.days[0];
    assert_eq!((day.day, day.from, day.blocks, day.first_block, day.last_block), (FIRST, START.0, TIP, 1, TIP));
    // Four hours and five minutes after the start Anna delivers; sixteen hours after it the next block comes.
    assert_eq!((day.longest_pause, day.longest_pause_before), (12 * 3600 - 300, 6));
    assert_eq!(day.finality, FinalityDay { certificates: TIP, votes: 3 * TIP });
    assert_eq!((day.validators, day.transactions, day.money), (4, totals.transactions, totals.money));

    // 16:11: windows from 01:00 on, of which those until 14:00 are past their deadline.
    let electric = window_day(evidence, FIRST, Utility::Electricity);
    let readings = Readings { expected: 45, measured: 3, not_posted: 36, still_due: 6, ..Readings::default() };
    assert_eq!((electric.windows, electric.windows_complete, electric.readings), (15, 1, readings));
    let prices = Prices { lowest: 200, mean: 200, highest: 200 };
    let contracts = ContractDay { opened: 4, delivered: 2, expired: 1, open: 1, prices };
    assert_eq!((electric.contracts, electric.auctions), (Some(contracts), None));
    assert_eq!((electric.energy_notes, electric.corrections), (3, 0));
    let water = window_day(evidence, FIRST, Utility::Water);
    let readings = Readings {
        expected: 30,
        measured: 1,
        late: 1,
        missing: 1,
        not_posted: 23,
        still_due: 4,
        ..Readings::default()
    };
    assert_eq!((water.windows, water.windows_complete, water.readings), (15, 1, readings));
    assert_eq!((water.contracts, water.energy_notes, evidence.windows.len()), (None, 1, 2));

    let terms = &evidence.terms;
    assert_eq!((terms.from, &terms.parameters), (START.0, story(TIP).world.parameters()));
    assert_eq!((terms.validators, terms.registrars, terms.registrar_quorum, terms.operator), (4, 3, 2, true));
    let meters = |utility, meters| UtilityMeters { utility, meters };
    assert_eq!(terms.meters, [meters(Utility::Electricity, 3), meters(Utility::Water, 2)]);
    assert!(evidence.registry.is_empty());
}

#[test]
fn days_follow_each_other_and_windows_belong_to_the_day_in_which_they_begin() {
    let chain = long();
    let report = chain.audit();
    adds_up(&report);
    let (evidence, _) = parts(&report);
    assert_eq!(evidence.days.iter().map(|day| day.day).collect::<Vec<_>>(), [FIRST, FIRST + 1]);
    let (first, second) = (evidence.days[0], evidence.days[1]);
    assert_eq!((first.blocks, second.first_block), (TIP + 4, TIP + 5));
    assert_eq!((first.money, second.transactions.opens), (story(TIP).audit().totals.unwrap().money, 2));
    assert_eq!(second.longest_pause_before, TIP + 5);
    assert_eq!(second.money.fees, first.money.fees + 2 * 7);

    let electric = window_day(evidence, FIRST, Utility::Electricity);
    assert_eq!((electric.windows, electric.corrections), (23, 2));
    assert_eq!((electric.readings.missing, electric.readings.measured), (22, 3));
    assert_eq!((electric.readings.not_posted, electric.readings.still_due), (2 * 22, 0));
    assert_eq!(window_day(evidence, FIRST, Utility::Water).corrections, 1);
    let next = window_day(evidence, FIRST + 1, Utility::Electricity);
    assert_eq!((next.windows, next.readings.missing, next.readings.measured), (8, 6, 2));
    assert_eq!(next.energy_notes, 2);
    let contracts = next.contracts.unwrap();
    assert_eq!((contracts.opened, contracts.open), (2, 2));
    assert_eq!(contracts.prices, Prices { lowest: 210, mean: 255, highest: 300 });
}

#[test]
fn every_change_by_the_registrars_is_listed() {
    let chain = long();
    let report = chain.audit();
    let (evidence, _) = parts(&report);
    let [validators, operator, meter] = &evidence.registry[..] else { panic!("{:?}", evidence.registry) };
    let hex = |key: &SigningKey| -> String {
        key.verifying_key().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let world = &chain.world;
    let Changed::Validators { from_block, validators: count, joined, left } = &validators.changed else {
        panic!("{validators:?}")
    };
    assert_eq!((*from_block, *count), (world.parameters().epoch_blocks, 4));
    let old = story(0).world.validators;
    let gone: Vec<String> = vec![hex(&old[0])];
    assert_eq!((joined, left), (&vec![hex(&world.validators[4])], &gone));
    assert_eq!((validators.serial, validators.block, validators.registrars.len()), (1, TIP + 2, 2));
    assert_eq!((operator.block, operator.registrars.len(), operator.transaction.len()), (TIP + 3, 3, 128));
    let named = hex(&SigningKey::from_bytes(&[112; 32]));
    assert_eq!(operator.changed, Changed::Operator { key: named });
    let (utility, key) = (Utility::Electricity, hex(&SigningKey::from_bytes(&[91; 32])));
    assert_eq!(meter.changed, Changed::Meter { meter: 1, utility, class_bits: 16, key });
    assert_eq!(meter.time, START.0 + 16 * 3600 + 1 + 60 + 600 + 4 * 60);
    let json = serde_json::to_value(&report).unwrap();
    let listed = &json["evidence"]["registry"];
    assert_eq!((&listed[0]["changed"], &listed[2]["changed"]), (&"validators".into(), &"meter".into()));
}

#[test]
fn auctions_are_counted_on_the_day_of_their_window() {
    let mut chain = story(4);
    let (utility, first) = (Utility::Electricity, chain.world.window(0));
    let wish = |who, window, limit, quantity| Wish { who, utility, window, limit, quantity };
    let orders = [
        chain.world.sell(&wish(ANNA, first, 150, 800)),
        chain.world.buy(&wish(CARLA, first, 300, 600)),
        chain.world.buy(&wish(TREASURY, first, 200, 400)),
    ];
    chain.accept(chain.world.after(300), &orders);
    let last = chain.world.parameters().order_until(first).unwrap();
    chain.accept(last.plus(1), &[]);
    chain.accept(last.plus(31), &[]);
    let clear = chain.world.clear(utility, first).0;
    chain.accept(chain.world.after(60), &[clear]);
    // A lonely bid for the last window of the day, ordered on the next; nobody can clear it.
    let late = chain.world.window(22);
    let from = chain.world.parameters().attest_until(late).plus(60);
    chain.accept(from.minus(30), &[]);
    let order = chain.world.buy(&wish(ANNA, late, 100, 10));
    chain.accept(from, &[order]);
    let open = chain.audit();
    adds_up(&open);
    chain.accept(chain.world.parameters().clear_until(late).unwrap().plus(1), &[]);
    let report = chain.audit();
    adds_up(&report);
    for (report, expired, is_open) in [(open, 0, 1), (report, 1, 0)] {
        let (evidence, totals) = parts(&report);
        let day = window_day(evidence, FIRST, utility).auctions.unwrap();
        assert_eq!((day.auctions, day.cleared, day.nothing_traded), (2, 1, 0));
        assert_eq!((day.expired, day.open, day.sells, day.buys), (expired, is_open, 1, 3));
        let hushwatt_audits::report::AuctionEnding::Cleared { price } = totals.clearing_prices[0].ending else {
            panic!("it cleared")
        };
        assert_eq!(day.prices, Some(Prices { lowest: price, mean: price, highest: price }));
        assert_eq!(window_day(evidence, FIRST + 1, utility).auctions, None);
    }
}

#[test]
fn a_chain_that_jumps_far_ahead_has_few_days() {
    let mut chain = story(TIP);
    let far = START.plus(400 * 365 * DAY);
    chain.accept(far, &[]);
    let report = chain.audit();
    let (evidence, totals) = parts(&report);
    assert_eq!(evidence.days.iter().map(|day| day.day).collect::<Vec<_>>(), [FIRST, far.day()]);
    assert_eq!(evidence.days[1].longest_pause, far.0 - story(TIP).world.now().0);
    // Midnight: of that day no window is over.
    assert_eq!(evidence.windows.len(), 2);
    // What lies between is told meter by meter.
    assert!(totals.meters.iter().all(|meter| meter.not_posted > 400 * 365 * 24 - 48));
}

#[test]
fn reports_are_the_same_bytes_whoever_makes_them() {
    let chain = long();
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| serde_json::to_vec_pretty(&chain.audit()).unwrap())
    };
    let once = bytes(1);
    assert!(once == bytes(1) && once == bytes(3));
    assert!(chain.audit().evidence.is_some());
}

#[test]
fn a_longer_chain_is_audited_up_to_any_block() {
    let chain = story(TIP);
    let (file, network) = (chain.file(), chain.world.network());
    for last in 0..=TIP + 1 {
        let report = verify_reader_until(file.as_slice(), 0, network, last, &mut hushwatt_audits::NoProgress).unwrap();
        assert_eq!(report, story(last.min(TIP)).audit(), "block {last}");
    }
    // What is wrong behind that block does not matter.
    let mut damaged = file.clone();
    let end = story(3).file().len();
    damaged[end + 60] ^= 1;
    let until = |last| verify_reader_until(damaged.as_slice(), 0, network, last, &mut hushwatt_audits::NoProgress);
    assert_eq!(until(3).unwrap(), story(3).audit());
    assert!(!until(4).unwrap().holds());

    // Another node has no certificates of some blocks: nothing but what counts certificates differs.
    let mut other = chain.clone();
    (2..=3).for_each(|height| other.uncertified(height));
    for last in 1..=4 {
        let bytes = other.file();
        let mut report =
            verify_reader_until(bytes.as_slice(), 0, network, last, &mut hushwatt_audits::NoProgress).unwrap();
        let mut expected = story(last).audit();
        let tip = report.tip.clone().unwrap();
        let mut shorter = other.clone();
        shorter.records.truncate(last as usize);
        assert_eq!((tip.height, tip.bytes, tip.not_final), (last, shorter.file().len() as u64, 0));
        let finality = report.totals.as_ref().unwrap().finality;
        let (certificates, covered) = [(1, 0), (2, 1), (2, 2), (2, 2)][last as usize - 1];
        assert_eq!((finality.certificates, finality.covered_by_later), (certificates, covered), "block {last}");
        for report in [&mut report, &mut expected] {
            assert!(report.holds(), "{report}");
            report.tip.as_mut().unwrap().bytes = 0;
            let finality = &mut report.totals.as_mut().unwrap().finality;
            (finality.certificates, finality.votes, finality.covered_by_later) = (0, 0, 0);
            report.evidence.as_mut().unwrap().days.iter_mut().for_each(|day| day.finality = FinalityDay::default());
            report.questions.retain(|answer| answer.question != Question::Certificates);
        }
        assert_eq!(report, expected);
    }
}

/// Why a question has no answer on a chain.
fn why(chain: &Chain, question: Question) -> Option<Unanswerable> {
    let report = chain.audit();
    assert!(report.holds());
    let answer = report.questions.into_iter().find(|answer| answer.question == question).unwrap();
    match answer.verdict {
        Verdict::Holds => None,
        Verdict::Fails => panic!("{question:?} fails"),
        Verdict::CannotBeAnswered { reason, why } => {
            assert_eq!(why, reason.to_string());
            Some(reason)
        }
    }
}

#[test]
fn what_a_chain_has_nothing_for_is_not_answered_and_says_why() {
    use Unanswerable as U;
    let [nothing, minted, traded, attested, delivered] = [0, 1, 2, 3, 5].map(story);
    let tell = |question, expected: [Option<Unanswerable>; 5]| {
        let chains = [&nothing, &minted, &traded, &attested, &delivered];
        assert_eq!(chains.map(|chain| why(chain, question)), expected, "{question:?}");
    };
    let until = |reason, blocks: usize| std::array::from_fn(|chain| (chain < blocks).then_some(reason));
    tell(Question::Blocks, until(U::NoBlocks, 1));
    tell(Question::Certificates, until(U::NoBlocks, 1));
    tell(Question::Proofs, until(U::NoTransactions, 1));
    tell(Question::Supply, until(U::NothingMinted, 1));
    tell(Question::DoubleSpend, until(U::NothingSpent, 2));
    tell(Question::Contracts, until(U::NoContracts, 2));
    tell(Question::TariffLimits, until(U::NoPrices, 2));
    tell(Question::PaidForDelivered, until(U::NothingPaid, 4));
    tell(Question::DeliveredWithinAttested, until(U::NothingDelivered, 4));
    tell(Question::MissedWindows, until(U::NoWindowOver, 3));
    tell(Question::ClearingPrices, [Some(U::NoOrders); 5]);
    tell(Question::Corrections, [None; 5]);
}

#[test]
fn what_a_network_does_not_have_is_not_answered_and_says_why() {
    let setup = Setup::default();
    let parameters = Parameters { auction: None, correction_term: 0, ..setup.parameters.clone() };
    let bare = Setup { parameters, meters: Vec::new(), operator: false, ..setup };
    let world = World::before_the_first_block(&bare);
    let mut chain = Chain { world, records: Vec::new(), contracts: Vec::new() };
    let mint = chain.world.mint(&[(ANNA, 5), (BERT, 6)]);
    chain.accept(START.plus(60), &[mint]);
    chain.accept(Timestamp(START.0 + DAY), &[]);
    for (question, reason) in [
        (Question::ClearingPrices, Unanswerable::NoAuctions),
        (Question::Corrections, Unanswerable::NoCorrections),
        (Question::MissedWindows, Unanswerable::NoMeters),
        (Question::Totals, Unanswerable::NoTotals),
    ] {
        assert_eq!(why(&chain, question), Some(reason));
    }
    let report = chain.audit();
    let (evidence, _) = parts(&report);
    assert!(evidence.windows.is_empty() && evidence.terms.meters.is_empty() && !evidence.terms.operator);

    // Orders, but no auction that ended.
    let mut chain = story(4);
    let (utility, window) = (Utility::Electricity, chain.world.window(0));
    let order = chain.world.buy(&Wish { who: CARLA, utility, window, limit: 300, quantity: 600 });
    chain.accept(chain.world.after(60), &[order]);
    assert_eq!(why(&chain, Question::ClearingPrices), Some(Unanswerable::NoAuctionEnded));
}
