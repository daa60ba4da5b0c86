//! Two sets of one period's trades: what validators would need to learn a single one of them.

use std::sync::Arc;

use hushwatt_committee::answers::{Answers, BlockAt, Over};
use hushwatt_ledger::{
    storage::Disk,
    transaction::{
        Action, Transaction,
        build::Built,
        request::{RequestStatement, Target},
        share::{Subject, TradeId},
    },
    units::{MeterId, Utility},
};

use crate::{
    forged::{complaint, opens_nothing},
    kit::totals::{Community, shared, traded},
    scene::{COHORT, Seat, Town, disk, files, opened, released, settle},
};

const ELECTRICITY: Utility = Utility::Electricity;
const TRADES: Target = Target::Trades(Utility::Electricity);

/// So many of the nine trades were shared.
fn shared_trades(count: usize) -> (Community, Vec<TradeId>) {
    let mut community = traded();
    let trades: Vec<TradeId> = community.trades.keys().copied().collect();
    let shares: Vec<Built> =
        trades.iter().take(count).map(|trade| community.share_trade(ELECTRICITY, *trade)).collect();
    community.accept_shares(shares);
    (community, trades)
}

/// The total of the trades that were shared is asked for, by the rules.
fn ask(community: &mut Community) {
    community.settle();
    let request = community.request(TRADES, &[]);
    let at = community.world.after(60);
    community.world.accept(at, &[request]);
}

/// Energy of these trades, and what was paid for it.
fn plain(community: &Community, trades: &[TradeId]) -> [u64; 2] {
    trades.iter().fold([0, 0], |[energy, money], trade| {
        let (opening, price, _) = &community.trades[trade];
        [energy + opening.value, money + opening.value * price]
    })
}

/// Three members answered a first set of eight or nine trades; the others are shown blocks that make it another one before they
/// answer anything. Nobody answers that one.
fn the_second_set_is_nobodys(mut community: Community, first: &[TradeId], forge: impl FnOnce(&mut Community)) {
    ask(&mut community);
    let (period, sums) = (community.period, plain(&community, first));
    let town = Town::of(community);
    let mut early: Vec<Seat> = (0..3).map(|place| Seat::new(&town, place)).collect();
    settle(&town, &mut early);
    assert_eq!(opened(&town, period, TRADES), Some(sums));
    let handed = town.lock().handed;
    forge(&mut town.lock().community);
    let mut all = early;
    all.extend((3..5).map(|place| Seat::new(&town, place)));
    for _ in 0..3 {
        settle(&town, &mut all);
    }
    assert_eq!(town.lock().handed, handed, "nothing more was said");
    for late in &all[3..] {
        assert_eq!(late.request().0, "waiting");
        let codes: Vec<String> = late.alarms().into_iter().map(|(code, _)| code).collect();
        assert!(codes.iter().any(|code| code == "ledger" || code == "unanswered"), "{codes:?}");
    }
    assert_eq!((released(&town, period, TRADES), opened(&town, period, TRADES)), (3, Some(sums)));
}

#[test]
fn a_trade_that_validators_take_out_after_the_first_request_is_in_no_second_sum() {
    let (community, trades) = shared_trades(9);
    the_second_set_is_nobodys(community, &trades, |community| {
        let subject = Subject::Trade { utility: ELECTRICITY, trade: trades[8] };
        let complaint = complaint(community, subject, 0, opens_nothing);
        community.world.force(&[complaint]);
        let again = community.request_by(1, TRADES, &[]);
        community.world.force(&[again]);
    });
}

/// Validators kept a seller's Share out until the first set was fixed.
#[test]
fn a_trade_that_validators_let_in_after_the_first_request_is_in_no_second_sum() {
    let (community, trades) = shared_trades(8);
    the_second_set_is_nobodys(community, &trades[..8], |community| {
        let late = community.share_trade(ELECTRICITY, trades[8]);
        community.world.force(&[late]);
        let again = community.request_by(1, TRADES, &[]);
        community.world.force(&[again]);
    });
}

/// As for cohorts: each half is shown a chain of its own, with and without one trade.
#[test]
fn two_halves_that_are_shown_two_sets_of_trades_do_not_open_both() {
    let (mut without, trades) = shared_trades(8);
    let (period, mut with) = (without.period, without.clone());
    let ninth = with.share_trade(ELECTRICITY, trades[8]);
    with.accept_shares(vec![ninth]);
    let at = without.world.after(60);
    without.world.pass(at);
    let [nine, eight] = [with, without].map(|mut community| {
        ask(&mut community);
        Town::of(community)
    });
    let mut first: Vec<Seat> = (0..3).map(|place| Seat::new(&nine, place)).collect();
    settle(&nine, &mut first);
    assert_eq!(released(&nine, period, TRADES), 3);
    // One who answered is led to forget what he followed.
    let twice = first.remove(0);
    let [_, _, view, _] = files();
    let disk = twice.disk.clone();
    drop(twice);
    disk.remove(&view).unwrap();
    let mut second: Vec<Seat> = (3..5).map(|place| Seat::new(&eight, place)).collect();
    second.push(Seat::on(&eight, 0, disk));
    settle(&eight, &mut second);
    assert_eq!(released(&eight, period, TRADES), 2, "one too few to open anything");
    let alarms = second[2].alarms();
    assert!(alarms.iter().any(|(code, text)| code == "ledger" && text.contains("another block")), "{alarms:?}");
}

/// A disk on which a question is written down, of the block in which the community's total was asked for.
fn written(community: &Community, target: Target, over: &Over) -> hushwatt_ledger::storage::SimDisk {
    let (disk, network) = (disk(), *community.world.network());
    let [_, path, ..] = files();
    let (block, _) = community.world.chain.last().unwrap();
    let requests = block.transactions.iter().map(Transaction::action);
    let mut statements = requests.filter_map(|action| match action {
        Action::Request(request) => Some(request.statement.clone()),
        _ => None,
    });
    let statement = RequestStatement { target, ..statements.next().unwrap() };
    let at = BlockAt { height: block.header.height, digest: block.header.digest(&network) };
    let mut answers = Answers::open(Arc::new(disk.clone()), &path, &network).unwrap();
    answers.ask(&statement, &at, over).unwrap();
    disk
}

/// Whatever the ledger's total is by now: it is not what he wrote down when he was asked.
#[test]
fn a_total_that_is_not_over_what_was_written_down_is_not_answered_and_alarms() {
    let (mut trades, _) = shared_trades(9);
    ask(&mut trades);
    let mut cohort = shared();
    cohort.ask(&[]);
    let others = Over::Meters((0..7).map(MeterId).collect());
    let cases = [
        (&trades, TRADES, Over::Trades([9; 32]), "do not add up"),
        (&cohort, COHORT, others.clone(), "do not add up"),
        // Nor is one of which there is no total.
        (&cohort, Target::Trades(Utility::Heat), Over::Trades([9; 32]), "no such total"),
    ];
    for (community, target, over, reason) in cases {
        let disk = written(community, target, &over);
        let town = Town::of(community.clone());
        let mut seat = Seat::on(&town, 1, disk);
        seat.step();
        let status = seat.status();
        let asked = status.requests.iter().find(|request| request.reason.is_some()).unwrap();
        assert!(asked.state == "waiting" && asked.reason.as_ref().unwrap().contains(reason), "{asked:?}");
        let alarms = seat.alarms();
        assert!(alarms.iter().any(|(code, text)| code == "unanswered" && text.contains(reason)), "{alarms:?}");
        let expected = usize::from(target == Target::Trades(Utility::Heat));
        assert_eq!(town.lock().handed, [0, expected], "{reason}");
    }
}

/// He reads the chain again, or from nodes that are behind: what he was asked is not there yet, and that is no trouble.
#[test]
fn what_was_asked_in_a_block_that_he_has_not_read_again_is_answered_when_he_has() {
    let mut community = shared();
    let shared_at = community.world.chain.len() as u64;
    community.ask(&[]);
    let all = Over::Meters((0..8).map(MeterId).collect());
    let disk = written(&community, COHORT, &all);
    let town = Town::of(community);
    town.lock().behind = Some(shared_at.next_multiple_of(3));
    let mut seat = Seat::on(&town, 1, disk);
    seat.step();
    assert!(seat.status().caught_up && seat.status().height >= shared_at);
    assert_eq!((seat.request(), seat.alarms()), (("waiting".to_owned(), None), vec![]));
    town.lock().behind = None;
    settle(&town, std::slice::from_mut(&mut seat));
    assert_eq!(seat.request(), ("released".to_owned(), None));
}
