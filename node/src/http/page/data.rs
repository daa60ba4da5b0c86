//! What the page shows, read from the node: a stretch of windows with their auctions, and the contracts agreed in pairs.

use std::collections::BTreeMap;

use hushwatt_ledger::{
    parameters::Parameters,
    units::{Timestamp, Utility, Window},
};

use crate::http::{
    backend::{AuctionState, AuctionView, Backend, BackendError},
    prices::{Market, Tally},
};

/// A stretch has so many windows: two days of hours.
pub(super) const WINDOWS: u64 = 48;

/// All that the page shows.
pub(super) struct Page {
    /// The network id.
    pub network: String,
    /// Whether clocks are stepped: a demonstration.
    pub simulated_time: bool,
    /// Height of the last final block.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
    /// Length of a window in seconds.
    pub window_seconds: u64,
    /// Whether the community's parameters have auctions.
    pub has_auctions: bool,
    /// Which windows are shown; nothing before the first one's meters have reported.
    pub stretch: Option<Stretch>,
    /// What is traded, each with the windows of the stretch.
    pub markets: Vec<OfUtility>,
}

/// A stretch of windows, and where there is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first window.
    pub first: Window,
    /// The last one.
    pub last: Window,
    /// Where the stretch before begins.
    pub earlier: Option<Window>,
    /// Where the stretch after begins.
    pub later: Option<Later>,
}

/// The stretch after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Later {
    /// Begins there.
    From(Window),
    /// Is the newest one.
    Newest,
}

/// One utility.
pub(super) struct OfUtility {
    pub utility: Utility,
    /// One row for each window of the stretch, in order.
    pub rows: Vec<Row>,
}

/// One window of a utility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub window: Window,
    /// When the window begins.
    pub start: Timestamp,
    /// Whether orders are still taken.
    pub collecting: bool,
    /// The auction, where there are orders.
    pub auction: Option<AuctionView>,
    /// The contracts agreed in pairs, where there are any.
    pub pairs: Option<Market>,
}

impl Row {
    /// Orders to buy, 0 without an auction.
    pub fn buys(&self) -> u32 {
        self.auction.map_or(0, |auction| auction.buys)
    }

    /// Orders to sell, 0 without an auction.
    pub fn sells(&self) -> u32 {
        self.auction.map_or(0, |auction| auction.sells)
    }

    /// The clearing price in micro-euro per base unit, if something was traded.
    pub fn price(&self) -> Option<u32> {
        match self.auction?.state {
            AuctionState::Traded { price, .. } => Some(price.micro_euro()),
            _ => None,
        }
    }

    /// Whether there were orders, and the auction ended without a price.
    pub fn is_unpriced(&self) -> bool {
        let ended =
            |auction: AuctionView| matches!(auction.state, AuctionState::NoTrade { .. } | AuctionState::Expired { .. });
        self.auction.is_some_and(ended)
    }
}

/// The newest window whose meters have reported: its orders are taken now, or were.
fn newest(parameters: &Parameters, now: Timestamp) -> Option<Window> {
    // Orders are taken after `attest_until`, which is later than the window's start.
    let after = now.0.checked_sub(parameters.attestation_deadline)?.checked_sub(1)? / parameters.window;
    after.checked_sub(1).map(Window)
}

impl Stretch {
    /// The stretch that a request asks for, moved into what there is; the newest one without a wish.
    fn new(first_of_all: Window, newest: Window, wish: Option<u64>) -> Option<Self> {
        if newest < first_of_all {
            return None;
        }
        let newest_begins = newest.0.saturating_sub(WINDOWS - 1).max(first_of_all.0);
        let first = wish.map_or(newest_begins, |wish| wish.clamp(first_of_all.0, newest_begins));
        let last = first.saturating_add(WINDOWS - 1).min(newest.0);
        let earlier = (first > first_of_all.0).then(|| Window(first.saturating_sub(WINDOWS).max(first_of_all.0)));
        let next = last.saturating_add(1);
        let next_stretch = if next >= newest_begins { Later::Newest } else { Later::From(Window(next)) };
        let later = (last < newest.0).then_some(next_stretch);
        Some(Stretch { first: Window(first), last: Window(last), earlier, later })
    }

    fn windows(&self) -> impl Iterator<Item = Window> {
        (self.first.0..=self.last.0).map(Window)
    }
}

impl Page {
    /// Reads what is shown: from a window on, or the newest.
    pub fn read(backend: &dyn Backend, from: Option<u64>) -> Result<Self, BackendError> {
        let (parameters, trading) = (backend.parameters(), backend.trading());
        let tip = backend.tip().borrow().clone();
        let stretch = newest(&parameters, tip.time).and_then(|last| Stretch::new(trading.first_window, last, from));
        let mut rows = Vec::new();
        if let Some(stretch) = &stretch {
            rows = read_rows(backend, &parameters, stretch, tip.time)?;
        }
        let of_utility = |utility: &Utility| OfUtility {
            utility: *utility,
            rows: rows.iter().map(|row| row.of(&parameters, *utility)).collect(),
        };
        Ok(Page {
            network: backend.network().to_string(),
            simulated_time: backend.is_simulated(),
            height: tip.height,
            time: tip.time,
            window_seconds: parameters.window,
            has_auctions: parameters.auction.is_some(),
            stretch,
            markets: trading.utilities.iter().map(of_utility).collect(),
        })
    }
}

/// A window with what concerns all utilities.
struct OfWindow {
    window: Window,
    collecting: bool,
    auctions: BTreeMap<Utility, AuctionView>,
    pairs: BTreeMap<Utility, Market>,
}

impl OfWindow {
    fn of(&self, parameters: &Parameters, utility: Utility) -> Row {
        Row {
            window: self.window,
            start: parameters.window_start(self.window),
            collecting: self.collecting,
            auction: self.auctions.get(&utility).copied(),
            pairs: self.pairs.get(&utility).cloned(),
        }
    }
}

fn read_rows(
    backend: &dyn Backend,
    parameters: &Parameters,
    stretch: &Stretch,
    now: Timestamp,
) -> Result<Vec<OfWindow>, BackendError> {
    let mut auctions: BTreeMap<Window, BTreeMap<Utility, AuctionView>> = BTreeMap::new();
    for auction in backend.auctions(stretch.first, WINDOWS)? {
        auctions.entry(auction.window).or_default().insert(auction.utility, auction);
    }
    let row = |window| {
        let pairs = Tally::of_window(backend, window)?.markets();
        Ok(OfWindow {
            window,
            collecting: parameters.order_until(window).is_some_and(|until| now <= until),
            auctions: auctions.remove(&window).unwrap_or_default(),
            pairs: pairs.into_iter().map(|market| (market.utility, market)).collect(),
        })
    };
    stretch.windows().map(row).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const FIRST: Window = Window(1_000);

    fn stretch(newest: u64, wish: Option<u64>) -> Option<(u64, u64, Option<u64>, Option<Later>)> {
        let stretch = Stretch::new(FIRST, Window(newest), wish)?;
        Some((stretch.first.0, stretch.last.0, stretch.earlier.map(|window| window.0), stretch.later))
    }

    #[test]
    fn the_newest_window_is_the_last_whose_meters_have_reported() {
        let parameters = Parameters::default();
        let until = parameters.attest_until(FIRST);
        assert_eq!(newest(&parameters, until), Some(Window(999)));
        assert_eq!(newest(&parameters, until.plus(1)), Some(FIRST));
        assert_eq!(newest(&parameters, until.plus(parameters.window)), Some(FIRST));
        for too_early in [0, 7_199, 7_200, 10_800] {
            assert_eq!(newest(&parameters, Timestamp(too_early)), None, "{too_early}");
        }
        assert_eq!(newest(&parameters, Timestamp(10_801)), Some(Window(0)));
    }

    #[test]
    fn a_young_network_has_a_short_stretch_or_none() {
        assert_eq!(stretch(999, None), None);
        assert_eq!(stretch(1_000, None), Some((1_000, 1_000, None, None)));
        assert_eq!(stretch(1_047, None), Some((1_000, 1_047, None, None)));
        assert_eq!(stretch(1_048, None), Some((1_001, 1_048, Some(1_000), None)));
    }

    #[test]
    fn stretches_lead_to_each_other_and_leave_no_window_out() {
        let (mut at, mut seen) = (stretch(1_200, None).unwrap(), Vec::new());
        loop {
            seen.push((at.0, at.1));
            let Some(earlier) = at.2 else { break };
            let before = stretch(1_200, Some(earlier)).unwrap();
            assert!(before.1 + 1 >= at.0, "{before:?} {at:?}");
            at = before;
        }
        assert_eq!(seen, [(1_153, 1_200), (1_105, 1_152), (1_057, 1_104), (1_009, 1_056), (1_000, 1_047)]);
        let mut steps = 0;
        while let Some(later) = at.3 {
            at = stretch(
                1_200,
                match later {
                    Later::From(window) => Some(window.0),
                    Later::Newest => None,
                },
            )
            .unwrap();
            steps += 1;
        }
        assert_eq!((at.1, steps), (1_200, 4));
    }

    #[test]
    fn a_wish_outside_of_what_there_is_is_moved_into_it() {
        assert_eq!(stretch(1_200, Some(0)), stretch(1_200, Some(1_000)));
        assert_eq!(stretch(1_200, Some(u64::MAX)), stretch(1_200, None));
        assert_eq!(stretch(1_000, Some(5_000)), stretch(1_000, None));
        assert_eq!(stretch(u64::MAX, Some(u64::MAX)).unwrap().1, u64::MAX);
    }
}
