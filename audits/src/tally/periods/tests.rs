//! The audit's own books of totals, without the ledger's rules before them, and against a ledger that errs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use hushwatt_ledger::{
    block::{Block, Parent},
    state::{LedgerState, MeteredPeriod, Resolved, TotalRecord},
    storage::{Record, RecordNumber},
    transaction::{Transaction, build::Built},
};

use super::*;
use crate::{
    kit::totals::{Community, METERS, attested, settled, shared, traded_at},
    tally::{Sets, Tally},
    verify::{NoProgress, Replay},
};

const COHORT: Target = Target::Cohort(0);
const TRADES: Target = Target::Trades(Utility::Electricity);

/// The audit's books after all blocks of a community, as pages.
struct Books {
    genesis: &'static Genesis,
    pages: Vec<Vec<u8>>,
    parent: Parent,
}

impl Books {
    fn of(community: &Community) -> Self {
        let genesis: &'static Genesis = Box::leak(Box::new(community.world.genesis.clone()));
        let state = hushwatt_ledger::state::MemoryState::new();
        let mut replay = Replay::begin(genesis, state, Tally::new(genesis), 0);
        let mut blocks = community.world.chain.iter().zip(0..).map(|((block, _), number): (&(Block, _), u64)| {
            let cert = community.world.certify(block).encode();
            Record { number: RecordNumber(number), body: block.encode(), cert }
        });
        let ended = replay.run(&mut || Ok(blocks.next()), 0, &mut NoProgress).unwrap();
        assert!(ended.is_ok());
        Books { genesis, pages: replay.tally().pages(), parent: *replay.parent() }
    }

    fn tally(&self) -> Tally<'static> {
        let tally = Tally::read(self.genesis, Sets::default(), &self.pages).unwrap();
        assert_eq!(tally.pages(), self.pages, "what is kept is read back");
        tally
    }

    /// The tally in the next block, after so many seconds.
    fn next(&self, seconds: u64) -> Tally<'static> {
        let mut tally = self.tally();
        tally.begin_block(&self.parent.digest, self.parent.time.plus(seconds));
        tally
    }

    /// What the books say of a transaction in the next block, whatever the ledger's rules say.
    fn say(&self, seconds: u64, transaction: &Transaction) -> Result<(), Difference> {
        self.next(seconds).transaction(0, transaction, &Resolved::default())
    }

    fn refuse(&self, built: &Built, difference: Difference) {
        assert_eq!(self.say(60, &built.transaction), Err(difference.clone()));
        assert_eq!(difference.question(), crate::Question::Totals);
    }
}

#[test]
fn requests_are_held_against_the_audits_own_books() {
    let community = settled(7);
    let books = Books::of(&community);
    let right = community.left_out();
    let request = community.request(COHORT, &right);
    assert_eq!(books.say(60, &request.transaction), Ok(()));
    for wrong in [&[][..], &[7], &[0, 1, 2], &[5, 6, 7, 4]] {
        if wrong != right {
            books.refuse(&community.request(COHORT, wrong), Difference::TotalLeftOut);
        }
    }
    books.refuse(&community.request(Target::Cohort(1), &right), Difference::RequestRefused);
    books.refuse(&community.request(TRADES, &[]), Difference::TotalFloor);
    books.refuse(&community.request(TRADES, &[1]), Difference::TotalLeftOut);
    // After the term.
    let times = community.times();
    let late = times.request.0 + 1 - books.parent.time.0;
    assert_eq!(books.say(late, &request.transaction), Err(Difference::RequestRefused));

    let few = settled(3);
    Books::of(&few).refuse(&few.request(COHORT, &few.left_out()), Difference::TotalFloor);
    let early = shared();
    Books::of(&early).refuse(&early.request(COHORT, &[]), Difference::RequestRefused);

    let mut asked = community;
    asked.accept(&[request]);
    Books::of(&asked).refuse(&asked.request_by(1, COHORT, &right), Difference::TotalTwice);
}

#[test]
fn releases_are_held_against_the_audits_own_sums() {
    let mut community = settled(METERS);
    let all: Vec<u32> = (0..METERS as u32).collect();
    Books::of(&community).refuse(&community.release(0, &all), Difference::ReleaseRefused);
    let request = community.request(COHORT, &[]);
    community.accept(&[request]);
    let books = Books::of(&community);
    let release = community.release(0, &all);
    assert_eq!(books.say(60, &release.transaction), Ok(()));
    books.refuse(&community.release(0, &all[1..]), Difference::ReleaseRefused);
    let late = community.times().release.0 + 1 - books.parent.time.0;
    assert_eq!(books.say(late, &release.transaction), Err(Difference::ReleaseRefused));
    community.accept(std::slice::from_ref(&release));
    Books::of(&community).refuse(&release, Difference::ReleaseRefused);
}

#[test]
fn shares_and_complaints_are_held_against_what_was_attested() {
    let mut early = attested();
    let share = early.share(0);
    Books::of(&early).refuse(&share, Difference::ShareRefused);
    let mut community = shared();
    let again = community.share(0);
    let books = Books::of(&community);
    books.refuse(&again, Difference::ShareRefused);
    // A water meter, of no cohort.
    let none = community.share(METERS);
    books.refuse(&none, Difference::ShareRefused);

    let mut wrong = attested();
    wrong.pass_to(wrong.times().close.plus(1));
    let [mut exported, imported] = wrong.sums(3);
    exported.value += 1;
    let share = wrong.share_openings(3, [&exported, &imported]);
    wrong.accept_shares(vec![share]);
    let complaint = wrong.complain(Subject::Meter(MeterId(3)), 0, 2).unwrap();
    let books = Books::of(&wrong);
    assert_eq!(books.say(60, &complaint.transaction), Ok(()));
    let late = wrong.times().complain.0 + 1 - books.parent.time.0;
    assert_eq!(books.say(late, &complaint.transaction), Err(Difference::ShareRefused));
    Books::of(&community).refuse(&of_nobody(&complaint), Difference::ShareRefused);
    wrong.accept(std::slice::from_ref(&complaint));
    Books::of(&wrong).refuse(&complaint, Difference::ShareRefused);
}

/// The same complaint, of a meter that is in no cohort.
fn of_nobody(complaint: &Built) -> Built {
    crate::kit::forge::tampered(complaint, |_, action| {
        let Action::Complain(complain) = action else { panic!("another kind") };
        complain.statement.place.subject = Subject::Meter(MeterId(METERS as u32));
    })
}

#[test]
fn trades_are_in_a_total_only_with_seven_others_of_their_price() {
    let utility = Utility::Electricity;
    let share_all = |community: &mut Community| {
        let trades: Vec<TradeId> = community.trades.keys().copied().collect();
        let shares = trades.iter().map(|trade| community.share_trade(utility, *trade)).collect();
        community.accept_shares(shares);
        community.settle();
    };
    let mut eight = traded_at(|n| if n < 8 { 150 } else { 160 });
    share_all(&mut eight);
    let request = eight.request(TRADES, &[]);
    assert_eq!(Books::of(&eight).say(60, &request.transaction), Ok(()));
    eight.accept(&[request]);
    // Nine were shared, and the ninth has a price of its own.
    let all = eight.release_trades(0, utility);
    Books::of(&eight).refuse(&all, Difference::ReleaseRefused);
    let (of_own, _) = eight.trades.iter().find(|(_, (_, price, _))| *price == 160).unwrap();
    let subject = Subject::Trade { utility, trade: *of_own };
    eight.shared.remove(&(eight.period, subject));
    assert_eq!(Books::of(&eight).say(60, &eight.release_trades(0, utility).transaction), Ok(()));

    let mut seven = traded_at(|n| if n < 7 { 150 } else { 160 });
    share_all(&mut seven);
    Books::of(&seven).refuse(&seven.request(TRADES, &[]), Difference::TotalFloor);
}

#[test]
fn a_ledger_that_errs_is_found() {
    let mut community = settled(7);
    let before = Books::of(&community);
    let request = community.request(COHORT, &community.left_out());
    community.accept(std::slice::from_ref(&request));
    let at = community.world.now();
    let period = community.period;
    let compare = |change: &dyn Fn(&mut LedgerState<'_>)| {
        let mut tally = before.tally();
        tally.begin_block(&before.parent.digest, at);
        tally.transaction(0, &request.transaction, &Resolved::default()).unwrap();
        let mut ledger = LedgerState::new(&community.world.genesis, &community.world.state);
        change(&mut ledger);
        let touched = tally.compare_totals(&ledger).unwrap();
        (touched, tally.compare_all(&ledger).unwrap())
    };
    assert_eq!(compare(&|_| ()), (None, None));
    let changes: [fn(&mut TotalRecord); 3] = [
        |total| total.count += 1,
        |total| total.sums.swap(0, 1),
        |total| total.released.push(hushwatt_crypto::sharing::Member::at(0).unwrap()),
    ];
    for change in changes {
        let (touched, all) = compare(&|ledger| {
            let mut total = ledger.total(period, COHORT).unwrap().unwrap();
            change(&mut total);
            ledger.set_total(period, COHORT, &total);
        });
        assert_eq!((touched, all), (Some((Some(0), Difference::TotalRecord)), Some(Difference::TotalRecord)));
    }
    let changes: [fn(&mut MeteredPeriod); 4] = [
        |record| record.windows -= 1,
        |record| std::mem::swap(&mut record.export_sum, &mut record.import_sum),
        |record| record.share = None,
        |record| record.share.as_mut().unwrap().wrong = true,
    ];
    for change in changes {
        let (touched, all) = compare(&|ledger| {
            let mut record = ledger.metered_period(period, MeterId(0)).unwrap().unwrap();
            change(&mut record);
            ledger.set_metered_period(period, MeterId(0), &record);
        });
        assert_eq!((touched, all), (None, Some(Difference::PeriodRecord)));
    }
}

#[test]
fn lots_are_those_of_the_first_block_after_complaints() {
    let mut community = shared();
    community.pass_to(community.times().complain.plus(1));
    let books = Books::of(&community);
    community.world.pass(community.world.after(1));
    let lot = community.world.ledger().lot(community.period).unwrap();
    assert_eq!(lot, Some(books.parent.digest));
    let mut tally = books.next(1);
    assert_eq!(tally.compare_totals(&community.world.ledger()).unwrap(), None);
    // Drawn from another block's digest.
    let mut tally = books.tally();
    tally.begin_block(&BlockDigest([7; 32]), books.parent.time.plus(1));
    let found = tally.compare_totals(&community.world.ledger()).unwrap();
    assert_eq!(found, Some((None, Difference::Lots)));
}

#[test]
fn a_chain_that_jumps_far_ahead_draws_few_lots() {
    let community = shared();
    let books = Books::of(&community);
    let mut tally = books.next(u64::MAX / 2);
    tally.begin_block(&books.parent.digest, Timestamp(u64::MAX));
    assert_eq!(tally.compare_totals(&community.world.ledger()).unwrap(), None);
}
