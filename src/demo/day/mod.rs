//! The days, window by window, on a stepped clock: meters attest, and the market of the day does its part.

mod auction;
mod bilateral;

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_ledger::{
    note::Asset,
    parameters::Parameters,
    transaction::{attest::WindowStatus, build::Built},
    units::{Credit, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::{AttestError, Pending};
use hushwatt_wallet::WalletError;
use indicatif::ProgressBar;
use rand_core::OsRng;
use rayon::prelude::*;

use super::{
    DemoError,
    community::{Community, LEAD},
    data::Data,
    ledger_book::Book,
    roles::{HomeMeter, Household},
};

/// Notes of the treasury's first Mint.
const FIRST_MINT: usize = 64;
/// Payments of the treasury in one block.
const TOP_UPS_PER_BLOCK: usize = 60;
/// Minutes after the hour in which meters post and the market acts, in seconds.
const ATTEST_AT: u64 = 120;
const TRADE_AT: u64 = 600;
/// The away meter is offline from this hour of the first day to that one.
const AWAY: core::ops::Range<u64> = 6..15;
/// Every home keeps at least this many notes ready; a wallet that has fewer splits its largest.
const READY_NOTES: usize = 4;

/// Steps of the progress bar: hours, until the last contract or order has expired and the last epoch is sealed.
pub(super) fn steps(data: &Data, bilateral: bool) -> u64 {
    let parameters = data.parameters();
    let orders = parameters.auction.as_ref().map_or(0, |auction| auction.order_term + auction.clear_term);
    let market = if bilateral { parameters.delivery_term } else { orders };
    let tail = parameters.attestation_deadline + market + 2 * parameters.credit_epoch;
    (u64::from(data.days) * 86_400 + tail).div_ceil(parameters.window) + 1
}

/// Runs the days.
pub(super) fn settle(community: &mut Community, data: &Data, bar: &ProgressBar) -> Result<Book, DemoError> {
    let mut day = Day::new(community, data);
    day.fund()?;
    let parameters = day.parameters.clone();
    let first = parameters.window_at(data.start());
    let bilateral = day.community.operator.is_none();
    let steps = steps(data, bilateral);
    for step in 1..=steps {
        // The window `done` has just ended.
        let done = Window(first.0 + step - 1);
        let hour = parameters.window_end(done);
        day.disturb(step, steps)?;
        day.attest(done, hour.plus(ATTEST_AT))?;
        if bilateral {
            day.contracts(done, hour.plus(TRADE_AT))?
        } else {
            day.auctions(hour)?
        }
        bar.inc(1);
    }
    day.burn(parameters.window_end(Window(first.0 + steps)))?;
    day.finish()
}

struct Day<'a> {
    community: &'a mut Community,
    data: &'a Data,
    parameters: Parameters,
    book: Book,
    /// Top-ups not yet paid: the home, once for each transfer.
    waiting: Vec<usize>,
    /// Sellers' deliveries decided so far, which is how the demo picks those that are partial or forgotten.
    deliveries: BTreeMap<Utility, usize>,
    /// Sellers and windows that will not be served.
    forgotten: BTreeSet<(usize, Utility, Window)>,
    /// The last window of the data.
    last_window: Window,
}

impl<'a> Day<'a> {
    fn new(community: &'a mut Community, data: &'a Data) -> Self {
        let homes = community.households.len();
        let parameters = data.parameters();
        let mut book = Book::new(homes, &data.utilities());
        for (utility, metered) in &mut book.metered {
            for home in 0..homes {
                let windows =
                    data.windows(&parameters).filter_map(|window| data.window(&parameters, *utility, home, window));
                let (export, import) = windows.fold((0, 0), |sum, window| (sum.0 + window.0, sum.1 + window.1));
                (metered.exported[home], metered.imported[home]) = (export, import);
            }
        }
        // The electricity meter that exports least goes away, so that there is something to trade. One home alone stays.
        let quietest = book
            .metered
            .get(&Utility::Electricity)
            .and_then(|metered| metered.exported.iter().enumerate().min_by_key(|(home, exported)| (**exported, *home)));
        book.away = quietest.map(|(home, _)| home).filter(|_| homes > 1);
        let transfers = community.households.iter().map(|household| (household.home, household.top_up.transfers));
        let most = community.households.iter().map(|household| household.top_up.transfers).max().unwrap_or(0);
        // First transfer of everybody, then the second of everybody, and so on.
        let waiting = (0..most).flat_map(|round| {
            let due = transfers.clone().filter(move |(_, transfers)| round < *transfers);
            due.map(|(home, _)| home).collect::<Vec<_>>()
        });
        let waiting = waiting.collect();
        let last_window = data.windows(&parameters).last().unwrap_or(Window(0));
        Day {
            community,
            data,
            parameters,
            book,
            waiting,
            deliveries: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            last_window,
        }
    }

    /// Block 1: the first Mint. Block 2: the first top-ups.
    fn fund(&mut self) -> Result<(), DemoError> {
        let start = self.data.start().minus(LEAD);
        let largest = self.community.households.iter().map(|household| household.top_up.note.0 * 7).max().unwrap_or(0);
        let rounds = self.waiting.len().div_ceil(TOP_UPS_PER_BLOCK) as u64;
        let each = Credit(largest * rounds.max(1) + Credit::from_euro(10).0);
        let Community { treasury, follower, .. } = &mut *self.community;
        let mint = treasury
            .mint(follower, &[each; FIRST_MINT], start, &mut OsRng)
            .map_err(|source| DemoError::Wallet { who: "the treasury".to_owned(), source })?;
        self.book.minted = Credit(each.0 * FIRST_MINT as u64);
        self.community.submit(start, vec![mint])?;
        self.block(start.plus(60))?;
        self.top_up(start.plus(120))?;
        self.block(start.plus(180))
    }

    /// Where several validators run, the last one is killed in the middle, misses an eighth of the steps, and comes back.
    fn disturb(&mut self, step: u64, steps: u64) -> Result<(), DemoError> {
        let network = &mut self.community.network;
        let last = network.len() - 1;
        if last == 0 {
            return Ok(());
        }
        if step == steps / 2 {
            network.kill(last)?;
            self.book.killed = Some((last, network.seen()));
        } else if step == steps / 2 + steps / 8 {
            network.restart(last)?;
        }
        Ok(())
    }

    fn block(&mut self, time: Timestamp) -> Result<(), DemoError> {
        self.book.blocks = self.community.block_at(time)?;
        Ok(())
    }

    /// The treasury pays as many top-ups as it has notes for; the rest when its change is sealed.
    fn top_up(&mut self, now: Timestamp) -> Result<(), DemoError> {
        let mut payments = Vec::new();
        while payments.len() < TOP_UPS_PER_BLOCK {
            let Some(home) = self.waiting.first().copied() else { break };
            let Community { treasury, follower, households, .. } = &mut *self.community;
            let household = &households[home];
            let payees = [(household.address(), household.top_up.note); 7];
            match treasury.wallet.pay(follower, &payees, now, &mut OsRng) {
                Ok(built) => payments.push(built),
                Err(WalletError::InsufficientCredit { .. } | WalletError::Scattered { .. }) => break,
                Err(source) => return Err(DemoError::Wallet { who: "the treasury".to_owned(), source }),
            }
            self.waiting.remove(0);
            self.book.top_ups += 1;
            let total = &mut self.book.topped_up[home];
            total.0 += household_share(&self.community.households[home]).0;
        }
        self.community.submit(now, payments)
    }

    fn is_away(&self, utility: Utility, home: usize, window: Window) -> bool {
        let hour = (self.parameters.window_start(window).0 - self.data.start().0) / 3600;
        utility == Utility::Electricity && self.book.away == Some(home) && AWAY.contains(&hour)
    }

    /// All meters that are there attest what is over. A meter that was away posts everything it missed.
    fn attest(&mut self, done: Window, now: Timestamp) -> Result<(), DemoError> {
        if done > self.last_window {
            return self.block(now);
        }
        let (genesis, data) = (self.community.genesis.clone(), self.data);
        let meters = self.community.households.iter().flat_map(|household| {
            household.meters.iter().enumerate().map(|(place, meter)| (household.home, place, meter))
        });
        let present: Vec<(usize, usize, &HomeMeter)> =
            meters.filter(|(home, _, meter)| !self.is_away(meter.utility, *home, done)).collect();
        let attested: Vec<Result<(usize, usize, Pending), AttestError>> = present
            .into_par_iter()
            .map(|(home, place, meter)| {
                let reading = |interval| data.metered(meter.utility, home, interval);
                Ok((home, place, meter.attestor.attest(&genesis, reading, now, &mut OsRng)?))
            })
            .collect();
        let attested = attested.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.community.submit(now, attested.iter().map(|(_, _, pending)| pending.built.clone()).collect())?;
        self.block(now)?;
        for (home, place, pending) in attested {
            let meter = &mut self.community.households[home].meters[place];
            meter.attestor.confirm(&pending);
            for (window, status) in &pending.windows {
                match status {
                    WindowStatus::Late => self.book.late_windows += 1,
                    WindowStatus::Missing => self.book.missing_windows += 1,
                    _ => {
                        let counted = data.window(&self.parameters, meter.utility, home, *window);
                        let metered = self.book.metered.entry(meter.utility).or_default();
                        metered.attested[home] += counted.map_or(0, |(export, _)| export);
                    }
                }
            }
        }
        Ok(())
    }

    /// A wallet that runs low on notes to act with splits one.
    fn split(&mut self, now: Timestamp) -> Result<Vec<Built>, DemoError> {
        let Community { households, follower, .. } = &mut *self.community;
        let split = households.par_iter_mut().filter_map(|household| {
            let notes = household.wallet.notes().filter(|note| note.asset == Asset::Credit && !note.spent);
            let (ready, worth) = (household.wallet.ready_notes(Credit(1)), notes.count());
            // Notes on their way will do; splitting is for a home that has few at all.
            if ready == 0 || worth >= READY_NOTES {
                return None;
            }
            match household.wallet.split(follower, now, &mut OsRng) {
                Ok(built) => Some(Ok(built)),
                Err(WalletError::Nothing(_)) => None,
                Err(source) => Some(Err(DemoError::Wallet { who: household.name.clone(), source })),
            }
        });
        split.collect()
    }

    /// The treasury takes some of its reserve out of circulation.
    fn burn(&mut self, now: Timestamp) -> Result<(), DemoError> {
        let total = Credit::from_euro(10);
        let Community { treasury, follower, .. } = &mut *self.community;
        let built = treasury
            .burn(follower, total, now, &mut OsRng)
            .map_err(|source| DemoError::Wallet { who: "the treasury".to_owned(), source })?;
        self.book.burned = total;
        self.community.submit(now, vec![built])?;
        self.block(now)
    }

    fn finish(self) -> Result<Book, DemoError> {
        Ok(self.book)
    }
}

/// What one transfer of top-up notes is worth.
fn household_share(household: &Household) -> Credit {
    Credit(household.top_up.total().0 / household.top_up.transfers as u64)
}
