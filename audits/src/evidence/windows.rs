//! The books of the windows, one of each utility and day in which windows begin.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{attest::WindowStatus, open::ContractTerms},
    units::{MeterId, Timestamp, Utility},
};

use super::{AuctionDay, ContractDay, DAY, Day, Prices, Readings, WindowDay};
use crate::{
    folder::{kept, kept_inside},
    tally::{
        AuctionEnding, AuctionOutcome, CorrectedWindow, EnergySums, MeterWindows, windows_over, windows_past_deadline,
    },
};

/// A day and a utility.
type Page = (u64, Utility);

/// Prices as they come.
#[derive(Default)]
struct Spread {
    count: u64,
    sum: u64,
    lowest: u32,
    highest: u32,
}
kept!(Spread { count, sum, lowest, highest });

impl Spread {
    fn add(&mut self, price: u32) {
        self.lowest = if self.count == 0 { price } else { self.lowest.min(price) };
        self.highest = self.highest.max(price);
        self.count += 1;
        self.sum = self.sum.saturating_add(u64::from(price));
    }

    /// `None` of none.
    fn prices(&self) -> Option<Prices> {
        // A mean of numbers below 2^31 is one.
        let doubled = self.sum.saturating_mul(2).saturating_add(self.count);
        let mean = u32::try_from(doubled.checked_div(self.count.saturating_mul(2))?).unwrap_or(self.highest);
        Some(Prices { lowest: self.lowest, mean, highest: self.highest })
    }
}

#[derive(Default)]
struct Book {
    posted: Readings,
    opened: Spread,
    delivered: u64,
    expired: u64,
}
kept!(Book { posted, opened, delivered, expired });

/// What was told of all windows.
#[derive(Default)]
pub(crate) struct Books(BTreeMap<Page, Book>);
kept_inside!(Books);

/// What else is known at the end of a chain.
pub(crate) struct Ended<'a> {
    pub genesis: &'a Genesis,
    /// Time of the last block.
    pub now: Timestamp,
    pub meters: &'a [MeterWindows],
    pub corrections: &'a [CorrectedWindow],
    pub energy: &'a BTreeMap<(u64, Utility), EnergySums>,
    pub auctions: &'a [AuctionOutcome],
}

/// Windows that both ranges have.
fn shared(a: &Range<u64>, b: &Range<u64>) -> u64 {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

impl Readings {
    fn count(&mut self, status: WindowStatus) {
        let of_status = match status {
            WindowStatus::Measured => &mut self.measured,
            WindowStatus::Substituted => &mut self.substituted,
            WindowStatus::Estimated => &mut self.estimated,
            WindowStatus::Late => &mut self.late,
            WindowStatus::Missing => &mut self.missing,
        };
        *of_status += 1;
        self.expected += 1;
    }
}

impl Books {
    fn page(&mut self, genesis: &Genesis, window: u64, utility: Utility) -> &mut Book {
        self.0.entry((day_of(genesis, window), utility)).or_default()
    }

    /// A meter posted a window.
    pub fn posted(&mut self, genesis: &Genesis, window: u64, utility: Utility, status: WindowStatus) {
        self.page(genesis, window, utility).posted.count(status);
    }

    /// A contract was opened.
    pub fn opened(&mut self, genesis: &Genesis, terms: &ContractTerms) {
        self.page(genesis, terms.window.0, terms.utility).opened.add(terms.price.micro_euro());
    }

    /// A contract was delivered to.
    pub fn delivered(&mut self, genesis: &Genesis, terms: &ContractTerms) {
        self.page(genesis, terms.window.0, terms.utility).delivered += 1;
    }

    /// A contract's deadline passed.
    pub fn expired(&mut self, genesis: &Genesis, terms: &ContractTerms) {
        self.page(genesis, terms.window.0, terms.utility).expired += 1;
    }

    /// The days, as they stand at the end.
    pub fn finish(mut self, days: &[Day], ended: &Ended<'_>) -> Vec<WindowDay> {
        let parameters = &ended.genesis.parameters;
        let per_day = DAY / parameters.window;
        let first = ended.genesis.first_window().0;
        let (over, past) = (windows_over(parameters, ended.now), windows_past_deadline(parameters, ended.now));
        let energy = by_page(ended.genesis, ended.energy, |((window, utility), _)| Some((*window, *utility)));
        let auctions = by_page(ended.genesis, ended.auctions, |one| Some((one.window, one.utility)));
        let corrections = by_page(ended.genesis, ended.corrections, |one| {
            ended.genesis.meter(MeterId(one.meter)).map(|meter| (one.window, meter.utility))
        });

        let utilities: BTreeSet<Utility> = ended.meters.iter().map(|meter| meter.utility).collect();
        let with_windows =
            days.iter().filter(|day| shared(&(first..over), &windows_of(day.day, per_day)) > 0).map(|day| day.day);
        let mut pages: BTreeSet<Page> =
            with_windows.flat_map(|day| utilities.iter().map(move |utility| (day, *utility))).collect();
        pages.extend(self.0.keys().chain(auctions.keys()));

        let row = |(day, utility): Page| {
            let Book { posted: mut readings, opened, delivered, expired } =
                self.0.remove(&(day, utility)).unwrap_or_default();
            let windows = windows_of(day, per_day);
            let mut complete = u64::MAX;
            for meter in ended.meters.iter().filter(|meter| meter.utility == utility) {
                // A meter's windows are contiguous from the first one on.
                let next = first.saturating_add(meter.posted());
                complete = complete.min(next);
                readings.not_posted += shared(&(next..past), &windows);
                readings.still_due += shared(&(next.max(past)..over), &windows);
            }
            readings.expected += readings.not_posted + readings.still_due;
            WindowDay {
                day,
                from: day.saturating_mul(DAY),
                utility,
                windows: shared(&(first..over), &windows),
                windows_complete: shared(&(first..complete.min(over)), &windows),
                readings,
                energy_notes: of_page(&energy, (day, utility)).map(|(_, sums)| sums.notes).sum(),
                corrections: of_page(&corrections, (day, utility)).map(|one| one.corrections).sum(),
                contracts: opened.prices().map(|prices| ContractDay {
                    opened: opened.count,
                    delivered,
                    expired,
                    open: opened.count.saturating_sub(delivered).saturating_sub(expired),
                    prices,
                }),
                auctions: AuctionDay::of(of_page(&auctions, (day, utility))),
            }
        };
        pages.into_iter().map(row).collect()
    }
}

/// The day in which a window begins.
fn day_of(genesis: &Genesis, window: u64) -> u64 {
    window / (DAY / genesis.parameters.window)
}

/// The windows that begin on a day: their length divides it.
fn windows_of(day: u64, per_day: u64) -> Range<u64> {
    day.saturating_mul(per_day)..day.saturating_add(1).saturating_mul(per_day)
}

/// Things of windows, by the day in which these begin.
fn by_page<T>(
    genesis: &Genesis,
    all: impl IntoIterator<Item = T>,
    of: impl Fn(&T) -> Option<(u64, Utility)>,
) -> BTreeMap<Page, Vec<T>> {
    let mut pages: BTreeMap<Page, Vec<T>> = BTreeMap::new();
    for one in all {
        let Some((window, utility)) = of(&one) else { continue };
        pages.entry((day_of(genesis, window), utility)).or_default().push(one);
    }
    pages
}

fn of_page<T>(pages: &BTreeMap<Page, Vec<T>>, page: Page) -> impl Iterator<Item = &T> {
    pages.get(&page).into_iter().flatten()
}

impl AuctionDay {
    /// `None` of none.
    fn of<'a>(outcomes: impl Iterator<Item = &'a &'a AuctionOutcome>) -> Option<Self> {
        let (mut day, mut prices) = (AuctionDay::default(), Spread::default());
        for outcome in outcomes {
            day.auctions += 1;
            day.sells += u64::from(outcome.sells);
            day.buys += u64::from(outcome.buys);
            let fate = match outcome.ending {
                AuctionEnding::Cleared { price } => {
                    prices.add(price);
                    &mut day.cleared
                }
                AuctionEnding::NothingTraded => &mut day.nothing_traded,
                AuctionEnding::Expired => &mut day.expired,
                AuctionEnding::Open => &mut day.open,
            };
            *fate += 1;
        }
        day.prices = prices.prices();
        (day.auctions > 0).then_some(day)
    }
}
