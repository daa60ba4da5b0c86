//! Genesis parameters, their defaults, and the inequalities between them (protocol section 1).

mod totals;

use serde::{Deserialize, Serialize};

use crate::{
    note::MAX_RING,
    units::{Interval, Price, Timestamp, Utility, Window},
};

pub use totals::{MIN_LEFT_OUT, MIN_TRADES, PeriodTimes, TotalsParameters};

/// Which prices of a utility are allowed, in micro-euro per base unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBounds {
    /// Prices are multiples of this.
    pub price_step: u32,
    /// Lowest price.
    pub floor: u32,
    /// Highest price.
    pub cap: u32,
}

impl PriceBounds {
    /// Whether `1 <= floor <= cap < 2^31`, `price_step >= 1`, and some price is allowed.
    fn hold(&self) -> bool {
        let ordered = self.floor >= 1 && self.floor <= self.cap && self.cap < 1 << 31 && self.price_step >= 1;
        ordered && self.cap / self.price_step * self.price_step >= self.floor
    }

    /// The allowed price closest to a wish, rounded down to the step and held between floor and cap.
    pub fn nearest(&self, wish: u32) -> Option<Price> {
        let lowest = self.floor.div_ceil(self.price_step) * self.price_step;
        let highest = self.cap / self.price_step * self.price_step;
        Price::new((wish / self.price_step * self.price_step).clamp(lowest, highest))
    }
}

/// Price bounds of single utilities, where they are not the community's general ones: a litre costs other amounts than a
/// watt-hour.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UtilityPrices {
    /// Of electricity, per Wh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub electricity: Option<PriceBounds>,
    /// Of water, per litre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub water: Option<PriceBounds>,
    /// Of heat, per Wh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heat: Option<PriceBounds>,
}

impl UtilityPrices {
    /// The bounds of a utility, if it has its own.
    pub fn of(&self, utility: Utility) -> Option<PriceBounds> {
        match utility {
            Utility::Electricity => self.electricity,
            Utility::Water => self.water,
            Utility::Heat => self.heat,
        }
    }

    /// Whether no utility has bounds of its own. Then nothing is written into the genesis file.
    pub fn is_empty(&self) -> bool {
        *self == UtilityPrices::default()
    }
}

/// How sealed-bid auctions run (protocol section 6.4); times in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuctionParameters {
    /// After a window's attestation deadline: until then orders are accepted.
    pub order_term: u64,
    /// After that: until then the operator may clear, then orders expire.
    pub clear_term: u64,
    /// Smallest quantity of an order, in the utility's base unit.
    pub q_min: u32,
    /// Most orders of one auction, both sides together.
    pub max_orders: u32,
}

impl Default for AuctionParameters {
    fn default() -> Self {
        AuctionParameters { order_term: 1800, clear_term: 1800, q_min: 10, max_orders: 200 }
    }
}

impl AuctionParameters {
    /// No auction has more orders: one proof covers them all.
    pub const MOST_ORDERS: u32 = 200;
}

/// Everything a community may choose; times in seconds, prices in micro-euro per base unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// Metering interval: 300, 600, 900, 1800 or 3600 s.
    pub interval: u64,
    /// Settlement window: a whole number of intervals, at most 12.
    pub window: u64,
    /// After a window's end: until then attestations mint, then its energy buckets seal.
    pub attestation_deadline: u64,
    /// How long before a window starts a contract for it may be opened.
    pub open_lead: u64,
    /// How long after a window ends a contract for it may be opened.
    pub open_term: u64,
    /// How long after the attestation deadline a contract may be delivered to.
    pub delivery_term: u64,
    /// Energy change joins its bucket at the second of these boundaries.
    pub append_slot: u64,
    /// Credit notes collect this long before they are sealed into a bucket.
    pub credit_epoch: u64,
    /// A credit bucket has notes of at least so many transactions.
    pub ring_min: u32,
    /// Larger buckets are cut.
    pub ring_cap: u32,
    /// No credit note waits longer than this for its bucket.
    pub seal_after: u64,
    /// How long hints are served.
    pub retention: u64,
    /// How long after a window's end its meter may correct it; 0 if corrections are not possible. A genesis file of a time
    /// before there were corrections does not say it, and then it is 0: what its network does stays as it was.
    #[serde(default)]
    pub correction_term: u64,
    /// Prices are multiples of this, unless the utility has its own bounds in `prices`.
    pub price_step: u32,
    /// Lowest price, unless the utility has its own.
    pub floor: u32,
    /// Highest price, unless the utility has its own.
    pub cap: u32,
    /// Bounds of single utilities.
    #[serde(skip_serializing_if = "UtilityPrices::is_empty")]
    pub prices: UtilityPrices,
    /// Burned by each Transfer and Open, micro-euro.
    pub fee: u64,
    /// Blocks of an epoch: the validators change at its end only.
    pub epoch_blocks: u64,
    /// How auctions run; `None` if there are none. A genesis file of a time before there were auctions does not say it, and
    /// then there are none: what its network does stays as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auction: Option<AuctionParameters>,
    /// How totals are made; `None` if there are none, which is also what a file says that does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<TotalsParameters>,
}

impl Default for Parameters {
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Parameters {
            interval: 900,
            window: HOUR,
            attestation_deadline: 2 * HOUR,
            open_lead: 24 * HOUR,
            open_term: 2 * HOUR,
            delivery_term: 12 * HOUR,
            append_slot: 1800,
            credit_epoch: 2 * HOUR,
            ring_min: 8,
            ring_cap: 128,
            seal_after: 24 * HOUR,
            retention: 90 * 24 * HOUR,
            correction_term: 60 * 24 * HOUR,
            price_step: 10,
            floor: 10,
            cap: 1_000,
            prices: UtilityPrices::default(),
            fee: 0,
            epoch_blocks: 240,
            auction: Some(AuctionParameters::default()),
            totals: None,
        }
    }
}

/// An inequality of the parameters that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Interval outside the list.
    #[error("interval must be 300, 600, 900, 1800 or 3600 seconds")]
    Interval,
    /// Window is not 1 to 12 intervals, or does not divide a day.
    #[error("window must be a whole number of intervals, 1 to 12, and divide a day")]
    Window,
    /// A term outside a second to a year.
    #[error("every term must be between 1 second and 366 days")]
    Term,
    /// Buckets that change too often.
    #[error("append_slot must be at least 60 seconds, seal_after at least 600 seconds and at least credit_epoch")]
    SealPace,
    /// Deliveries need time.
    #[error("delivery_term must be at least 6 hours and 8 append slots")]
    DeliveryTerm,
    /// A contract opened last must still be deliverable.
    #[error("open_term must not exceed attestation_deadline + delivery_term")]
    OpenTerm,
    /// Ring sizes.
    #[error("ring_min must be at least 2, at most 64 and at most half of ring_cap, ring_cap between 16 and 256")]
    Ring,
    /// Energy buckets could outgrow the largest ring.
    #[error(
        "ring_cap times the number of deliveries in a row (delivery_term / 2 append slots, plus 2) exceeds 2048, or 4096 with what auctions give back"
    )]
    RingGrowth,
    /// Hints must outlive every contract.
    #[error("retention must be longer than open_lead + window + attestation_deadline + delivery_term")]
    Retention,
    /// What is corrected must still be in somebody's hands.
    #[error("correction_term must be shorter than retention, or 0 for no corrections")]
    CorrectionTerm,
    /// What an auction leaves unsold must still be deliverable.
    #[error(
        "auction: order_term and clear_term must be at least 60 seconds, and with 2 append slots shorter than delivery_term"
    )]
    AuctionTerm,
    /// Orders.
    #[error("auction: q_min must be at least 1, max_orders between 2 and 200")]
    AuctionOrders,
    /// Totals.
    #[error(
        "totals: period must be whole windows and divide a day or be 1 to 31 days; every term at least 60 seconds; close_term at least attestation_deadline + delivery_term; period and terms together shorter than retention; k_min between 4 and 256"
    )]
    Totals,
    /// Prices.
    #[error(
        "prices must satisfy 1 <= floor <= cap < 2^31, price_step >= 1, with a multiple of the step between floor and cap"
    )]
    Price,
    /// Prices of one utility.
    #[error(
        "prices.{}: 1 <= floor <= cap < 2^31, price_step >= 1, with a multiple of the step between floor and cap, must hold for each utility",
        .0.name()
    )]
    UtilityPrice(Utility),
    /// Fee.
    #[error("fee must be below 1,000 EUR")]
    Fee,
    /// Epochs.
    #[error("epoch_blocks must be between 2 and 1,000,000")]
    EpochBlocks,
}

impl Parameters {
    /// Refuses parameters whose inequalities do not hold.
    pub fn check(&self) -> Result<(), ParameterError> {
        use ParameterError as E;
        let ensure = |holds: bool, error: E| if holds { Ok(()) } else { Err(error) };
        const YEAR: u64 = 366 * 86_400;
        ensure([300, 600, 900, 1800, 3600].contains(&self.interval), E::Interval)?;
        let whole = self.window.is_multiple_of(self.interval) && self.window > 0 && 86_400 % self.window == 0;
        ensure(whole && (1..=12).contains(&(self.window / self.interval)), E::Window)?;
        let terms = [
            self.attestation_deadline,
            self.open_lead,
            self.open_term,
            self.delivery_term,
            self.append_slot,
            self.credit_epoch,
            self.seal_after,
            self.retention,
        ];
        ensure(terms.iter().all(|term| (1..=YEAR).contains(term)), E::Term)?;
        // A bucket remembers every length it had in the last 10 minutes: these bounds keep them few.
        ensure(self.append_slot >= 60 && self.seal_after >= self.credit_epoch.max(600), E::SealPace)?;
        ensure(self.delivery_term >= 6 * 3600 && self.delivery_term >= 8 * self.append_slot, E::DeliveryTerm)?;
        ensure(self.open_term <= self.attestation_deadline + self.delivery_term, E::OpenTerm)?;
        // Half of a bucket that is cut still holds ring_min notes, and the first Mint can make as many.
        ensure(self.ring_min as usize <= *crate::transaction::mint::OUTPUTS.end(), E::Ring)?;
        ensure(self.ring_min >= 2 && u64::from(self.ring_min) * 2 <= u64::from(self.ring_cap), E::Ring)?;
        ensure((16..=256).contains(&self.ring_cap), E::Ring)?;
        ensure(self.growth_by_deliveries() <= u64::from(MAX_RING / 2), E::RingGrowth)?;
        if let Some(auction) = &self.auction {
            let terms = [auction.order_term, auction.clear_term];
            ensure(terms.iter().all(|term| (60..=YEAR).contains(term)), E::AuctionTerm)?;
            let settled = auction.order_term + auction.clear_term + 2 * self.append_slot;
            ensure(settled < self.delivery_term, E::AuctionTerm)?;
            let orders = 2..=AuctionParameters::MOST_ORDERS;
            ensure(auction.q_min >= 1 && orders.contains(&auction.max_orders), E::AuctionOrders)?;
            let grown = self.growth_by_deliveries() + self.growth_by_auction(auction);
            ensure(grown <= u64::from(MAX_RING), E::RingGrowth)?;
        }
        let life = self.open_lead + self.window + self.attestation_deadline + self.delivery_term;
        ensure(self.retention > life, E::Retention)?;
        ensure(self.correction_term < self.retention, E::CorrectionTerm)?;
        ensure(self.totals.is_none_or(|totals| totals.hold(self)), E::Totals)?;
        ensure(self.general_prices().hold(), E::Price)?;
        for utility in Utility::ALL {
            ensure(self.prices_of(utility).hold(), E::UtilityPrice(utility))?;
        }
        ensure(self.fee < 1_000_000_000, E::Fee)?;
        ensure((2..=1_000_000).contains(&self.epoch_blocks), E::EpochBlocks)
    }

    /// How often in so many seconds energy change can be spent again, at most: it joins its bucket at the second append
    /// boundary.
    fn generations_in(&self, seconds: u64) -> u64 {
        seconds / (2 * self.append_slot) + 2
    }

    /// Most notes of an energy bucket without auctions: nobody makes more notes by a delivery than he spends.
    fn growth_by_deliveries(&self) -> u64 {
        self.generations_in(self.delivery_term) * u64::from(self.ring_cap)
    }

    /// Most notes that an auction adds to an energy bucket: a sell order gives back what was not sold beside its change, and
    /// both can be delivered from.
    fn growth_by_auction(&self, auction: &AuctionParameters) -> u64 {
        // Change can be sold again as soon as a second more than one append slot later, then every two slots.
        let rounds = (auction.order_term + self.append_slot).saturating_sub(2) / (2 * self.append_slot) + 1;
        let rests = u64::from(auction.max_orders).min(rounds * u64::from(self.ring_cap));
        rests * self.generations_in(self.delivery_term - auction.order_term)
    }

    /// Intervals in a window, 1 to 12.
    pub fn intervals_per_window(&self) -> usize {
        (self.window / self.interval) as usize
    }

    /// The window that contains a time.
    pub fn window_at(&self, time: Timestamp) -> Window {
        Window(time.0 / self.window)
    }

    /// A window's first second.
    pub fn window_start(&self, window: Window) -> Timestamp {
        Timestamp(window.0.saturating_mul(self.window))
    }

    /// The first second after a window.
    pub fn window_end(&self, window: Window) -> Timestamp {
        self.window_start(window).plus(self.window)
    }

    /// A window's first interval.
    pub fn first_interval(&self, window: Window) -> Interval {
        Interval(self.window_start(window).0 / self.interval)
    }

    /// The last second in which an attestation of the window may mint.
    pub fn attest_until(&self, window: Window) -> Timestamp {
        self.window_end(window).plus(self.attestation_deadline)
    }

    /// The last second in which the window may be corrected, where it may be.
    pub fn correct_until(&self, window: Window) -> Timestamp {
        self.window_end(window).plus(self.correction_term)
    }

    /// The first window that may still be corrected at a time; `None` where corrections are not possible.
    pub fn first_correctable(&self, now: Timestamp) -> Option<Window> {
        let ended = now.minus(self.correction_term).0.div_ceil(self.window);
        (self.correction_term > 0).then_some(Window(ended.saturating_sub(1)))
    }

    /// The first second in which a contract for the window may be opened.
    pub fn open_from(&self, window: Window) -> Timestamp {
        self.window_start(window).minus(self.open_lead)
    }

    /// The last second in which a contract for the window may be opened.
    pub fn open_until(&self, window: Window) -> Timestamp {
        self.window_end(window).plus(self.open_term)
    }

    /// The last second in which a contract for the window may be delivered to; afterwards it expires.
    pub fn deliver_until(&self, window: Window) -> Timestamp {
        self.attest_until(window).plus(self.delivery_term)
    }

    /// The last second in which an order for the window's auction is accepted; `None` where there are no auctions. The first is
    /// the one after [`Self::attest_until`].
    pub fn order_until(&self, window: Window) -> Option<Timestamp> {
        Some(self.attest_until(window).plus(self.auction?.order_term))
    }

    /// The last second in which the window's auction may be cleared; afterwards its orders expire.
    pub fn clear_until(&self, window: Window) -> Option<Timestamp> {
        Some(self.order_until(window)?.plus(self.auction?.clear_term))
    }

    /// When energy change made at `time` joins its bucket: the second append boundary after it.
    pub fn append_at(&self, time: Timestamp) -> Timestamp {
        Timestamp((time.0 / self.append_slot).saturating_add(2).saturating_mul(self.append_slot))
    }

    /// The credit epoch that contains a time.
    pub fn epoch_at(&self, time: Timestamp) -> u64 {
        time.0 / self.credit_epoch
    }

    /// Which prices of a utility without bounds of its own are allowed.
    pub fn general_prices(&self) -> PriceBounds {
        PriceBounds { price_step: self.price_step, floor: self.floor, cap: self.cap }
    }

    /// Which prices of a utility are allowed: its own bounds, or the general ones.
    pub fn prices_of(&self, utility: Utility) -> PriceBounds {
        self.prices.of(utility).unwrap_or_else(|| self.general_prices())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold() {
        assert_eq!(Parameters::default().check(), Ok(()));
    }

    #[test]
    fn a_file_that_does_not_say_it_has_no_corrections_and_a_new_one_has_them_for_60_days() {
        let absent: Parameters = serde_json::from_str("{}").unwrap();
        assert_eq!(absent, Parameters { correction_term: 0, auction: None, ..Parameters::default() });
        assert_eq!(Parameters::default().correction_term, 60 * 86_400);
        let written = serde_json::to_string(&Parameters::default()).unwrap();
        assert_eq!(serde_json::from_str::<Parameters>(&written).unwrap(), Parameters::default());
    }

    #[test]
    fn the_first_correctable_window_is_the_one_whose_term_ends_last_or_now() {
        let parameters = Parameters { window: 3600, correction_term: 7200, ..Parameters::default() };
        for now in [0, 1, 7199, 7200, 7201, 10_799, 10_800, 10_801, 14_400, 1_000_003] {
            let now = Timestamp(now);
            let first = parameters.first_correctable(now).unwrap();
            assert!(parameters.correct_until(first) >= now, "{now:?}");
            assert!(first.0 == 0 || parameters.correct_until(Window(first.0 - 1)) < now, "{now:?}");
        }
        let none = Parameters { correction_term: 0, ..parameters };
        assert_eq!(none.first_correctable(Timestamp(1_000_003)), None);
    }

    #[test]
    fn each_inequality_refuses_its_violation() {
        type Change = fn(&mut Parameters);
        fn auction(parameters: &mut Parameters) -> &mut AuctionParameters {
            parameters.auction.as_mut().unwrap()
        }
        let cases: [(Change, ParameterError); 27] = [
            (|p| auction(p).order_term = 59, ParameterError::AuctionTerm),
            (|p| auction(p).clear_term = 59, ParameterError::AuctionTerm),
            (|p| auction(p).order_term = 40_000, ParameterError::AuctionTerm),
            (|p| auction(p).clear_term = u64::MAX, ParameterError::AuctionTerm),
            (|p| auction(p).q_min = 0, ParameterError::AuctionOrders),
            (|p| auction(p).max_orders = 1, ParameterError::AuctionOrders),
            (|p| auction(p).max_orders = 201, ParameterError::AuctionOrders),
            (|p| auction(p).order_term = 2 * 3600, ParameterError::RingGrowth),
            (|p| p.append_slot = 59, ParameterError::SealPace),
            (|p| p.seal_after = p.credit_epoch - 1, ParameterError::SealPace),
            (|p| p.interval = 420, ParameterError::Interval),
            (|p| p.window = 1000, ParameterError::Window),
            (|p| p.window = 86_400, ParameterError::Window),
            (|p| p.open_lead = 0, ParameterError::Term),
            (|p| p.delivery_term = 3600, ParameterError::DeliveryTerm),
            (|p| p.open_term = 20 * 3600, ParameterError::OpenTerm),
            (|p| p.ring_min = 1, ParameterError::Ring),
            (|p| p.ring_min = p.ring_cap / 2 + 1, ParameterError::Ring),
            (|p| (p.ring_min, p.ring_cap) = (65, 256), ParameterError::Ring),
            (|p| p.ring_cap = 1000, ParameterError::Ring),
            (|p| p.append_slot = 60, ParameterError::RingGrowth),
            (|p| p.retention = 3600, ParameterError::Retention),
            (|p| p.correction_term = p.retention, ParameterError::CorrectionTerm),
            (|p| p.floor = p.cap + 1, ParameterError::Price),
            (|p| p.fee = 1_000_000_000, ParameterError::Fee),
            (|p| p.epoch_blocks = 1, ParameterError::EpochBlocks),
            (|p| p.epoch_blocks = 1_000_001, ParameterError::EpochBlocks),
        ];
        for (change, error) in cases {
            let mut parameters = Parameters::default();
            change(&mut parameters);
            assert_eq!(parameters.check(), Err(error));
        }
    }

    #[test]
    fn a_file_that_does_not_say_it_has_no_auctions_and_none_are_written_into_it() {
        let none = Parameters { auction: None, ..Parameters::default() };
        let written = serde_json::to_string(&none).unwrap();
        assert!(!written.contains("auction"), "{written}");
        assert_eq!(serde_json::from_str::<Parameters>(&written).unwrap(), none);
        assert_eq!((none.order_until(Window(5)), none.clear_until(Window(5))), (None, None));
        let some: Parameters = serde_json::from_str("{\"auction\":{\"q_min\":5}}").unwrap();
        assert_eq!(some.auction, Some(AuctionParameters { q_min: 5, ..AuctionParameters::default() }));
        assert!(serde_json::from_str::<Parameters>("{\"auction\":{\"fee\":5}}").is_err());
    }

    #[test]
    fn orders_are_taken_for_half_an_hour_after_the_attestation_deadline_and_cleared_in_the_next() {
        let (parameters, window) = (Parameters::default(), Window(100));
        let deadline = parameters.attest_until(window);
        assert_eq!(parameters.order_until(window), Some(deadline.plus(1800)));
        assert_eq!(parameters.clear_until(window), Some(deadline.plus(3600)));
    }

    #[test]
    fn auctions_may_fill_buckets_further_than_deliveries_alone() {
        let long = Parameters { ring_cap: 16, ring_min: 8, ..Parameters::default() };
        let long = Parameters { delivery_term: 100 * 3600, retention: 200 * 24 * 3600, ..long };
        // 16 * 102 = 1632 by deliveries; each of 200 rests could add 91 more.
        let wide = |max_orders| {
            let auction = AuctionParameters { order_term: 11 * 3600, max_orders, ..AuctionParameters::default() };
            Parameters { auction: Some(auction), ..long.clone() }.check()
        };
        assert_eq!(Parameters { auction: None, ..long.clone() }.check(), Ok(()));
        assert_eq!(
            (wide(200), wide(27), wide(28)),
            (Err(ParameterError::RingGrowth), Ok(()), Err(ParameterError::RingGrowth))
        );
    }

    const WATER: PriceBounds = PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 };

    #[test]
    fn a_utility_has_its_own_prices_or_the_general_ones() {
        let prices = UtilityPrices { water: Some(WATER), ..UtilityPrices::default() };
        let parameters = Parameters { prices, ..Parameters::default() };
        assert_eq!(parameters.check(), Ok(()));
        assert_eq!(parameters.prices_of(Utility::Water), WATER);
        let general = PriceBounds { price_step: 10, floor: 10, cap: 1_000 };
        assert_eq!([Utility::Electricity, Utility::Heat].map(|one| parameters.prices_of(one)), [general; 2]);
        let nearest = |utility, wish| parameters.prices_of(utility).nearest(wish).unwrap().micro_euro();
        assert_eq!((nearest(Utility::Water, 3_333), nearest(Utility::Water, 5)), (3_300, 1_000));
        assert_eq!((nearest(Utility::Heat, 3_333), nearest(Utility::Heat, 5)), (1_000, 10));
    }

    #[test]
    fn the_prices_of_each_utility_keep_the_inequalities() {
        type Change = fn(&mut PriceBounds);
        let changes: [Change; 5] = [
            |it| it.floor = it.cap + 1,
            |it| it.floor = 0,
            |it| it.price_step = 0,
            |it| it.cap = 1 << 31,
            |it| (it.price_step, it.floor) = (3_000, 3_001),
        ];
        for change in changes {
            let mut bounds = WATER;
            change(&mut bounds);
            let of = |prices| Parameters { prices, ..Parameters::default() }.check();
            let none = UtilityPrices::default();
            let refused = |utility| Err(ParameterError::UtilityPrice(utility));
            assert_eq!(of(UtilityPrices { electricity: Some(bounds), ..none }), refused(Utility::Electricity));
            assert_eq!(of(UtilityPrices { water: Some(bounds), ..none }), refused(Utility::Water));
            assert_eq!(of(UtilityPrices { heat: Some(bounds), ..none }), refused(Utility::Heat));
        }
        assert!(ParameterError::UtilityPrice(Utility::Water).to_string().starts_with("prices.water: "));
    }

    #[test]
    fn prices_of_utilities_are_written_only_where_there_are_any() {
        let written = serde_json::to_string(&Parameters::default()).unwrap();
        assert!(!written.contains("prices"), "{written}");
        assert_eq!(serde_json::from_str::<Parameters>(&written).unwrap(), Parameters::default());
        let water = "{\"prices\":{\"water\":{\"price_step\":50,\"floor\":1000,\"cap\":5000}}}";
        let read: Parameters = serde_json::from_str(water).unwrap();
        assert_eq!(read.prices, UtilityPrices { water: Some(WATER), ..UtilityPrices::default() });
        let again: Parameters = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
        for wrong in [
            "{\"prices\":{\"gas\":{\"price_step\":50,\"floor\":1000,\"cap\":5000}}}",
            "{\"prices\":{\"water\":{\"floor\":1000,\"cap\":5000}}}",
            "{\"prices\":{\"water\":{\"price_step\":50,\"floor\":1000,\"cap\":5000,\"fee\":1}}}",
        ] {
            assert!(serde_json::from_str::<Parameters>(wrong).is_err(), "{wrong}");
        }
    }
}
