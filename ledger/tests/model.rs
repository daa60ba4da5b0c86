//! Thousands of random operations against an oracle that knows nothing but plain amounts.
//!
//! Each round a few households pay, split, merge, bid, deliver, order in auctions, attest, mint and burn at random; some replay
//! what is on the ledger already, some spend a note twice; the operator clears some auctions and lets others expire; meters correct what they attested; registrars change the validators and meters'
//! keys. After every block the oracle, the households' own scans, the ledger's counters, its validators and its meters' running
//! sums must agree to the unit. `HUSHWATT_EFFORT=full` runs ten times as long.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::{SecretScalar, commitment::Opening, range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    Rejection,
    note::{Asset, BucketId, NoteNumber},
    parameters::Parameters,
    state::recompute_root,
    transaction::{
        Action,
        attest::WindowStatus,
        build::Built,
        clear::Cleared,
        open::ContractId,
        order::{OrderId, Side},
    },
    units::{Timestamp, Utility, Window},
};
use kit::{auction::Wish, build::Bid, *};

const HOUR: u64 = 3_600;
const HOUSEHOLDS: usize = 5;
const EPOCH_BLOCKS: u64 = 5;
/// Highest price, which a buy order locks for each unit.
const CAP: u64 = 1_000;

/// An open contract in plain numbers.
#[derive(Clone)]
struct Deal {
    bid: Bid,
    lock: u64,
}

/// A standing order in plain numbers.
#[derive(Clone)]
struct Order {
    side: Side,
    wish: Wish,
}

impl Order {
    /// What a buyer has locked: the cap for each unit.
    fn lock(&self) -> u64 {
        match self.side {
            Side::Sell => 0,
            Side::Buy => CAP * u64::from(self.wish.quantity),
        }
    }

    fn is_of(&self, utility: Utility, window: Window) -> bool {
        (self.wish.utility, self.wish.window) == (utility, window)
    }
}

/// Everything in plain amounts.
#[derive(Default)]
struct Oracle {
    credit: [u64; HOUSEHOLDS],
    energy: BTreeMap<(usize, Asset), u64>,
    deals: BTreeMap<ContractId, Deal>,
    orders: BTreeMap<OrderId, Order>,
    minted: u64,
    burned: u64,
    fees: u64,
    attested: BTreeMap<Asset, u64>,
    delivered: BTreeMap<Asset, u64>,
    /// Exported and imported by each meter in each window, as in force.
    in_force: BTreeMap<(usize, Window), (u64, u64)>,
    /// Who votes now, and who from the next epoch on.
    validators: Vec<[u8; 32]>,
    elected: Option<Vec<[u8; 32]>>,
}

/// What a transaction does if it is in the block.
enum Effect {
    Pay {
        from: usize,
        spent: u64,
        payees: Vec<(usize, u64)>,
    },
    Open {
        deal: Deal,
        contract: ContractId,
    },
    Deliver {
        seller: usize,
        asset: Asset,
        deliveries: Vec<(ContractId, u32)>,
    },
    Attest {
        owner: usize,
        minted: Vec<(Asset, u64)>,
        meter: usize,
        /// Exported and imported in each window.
        values: Vec<(Window, (u64, u64))>,
    },
    Mint {
        payees: Vec<(usize, u64)>,
    },
    Burn {
        total: u64,
    },
    Elect {
        validators: Vec<[u8; 32]>,
    },
    Correct {
        meter: usize,
        window: Window,
        values: (u64, u64),
    },
    Exchange {
        meter: usize,
        class: RangeBits,
        key: SigningKey,
    },
    Order {
        id: OrderId,
        order: Order,
    },
    Clear {
        utility: Utility,
        window: Window,
        cleared: Cleared,
    },
    /// A replay: it must be left out.
    Nothing,
}

struct Operation {
    built: Built,
    effect: Effect,
    /// Number of the operation that spends the same note.
    rival: Option<usize>,
}

struct Model {
    world: World,
    oracle: Oracle,
    /// Transactions that are on the ledger, to replay.
    past: Vec<Built>,
    /// Notes and contracts that this block's operations use.
    used: BTreeSet<NoteNumber>,
    taken: BTreeSet<ContractId>,
    attesting: BTreeSet<usize>,
    /// Blindings of the sums in force of each meter and window.
    blindings: BTreeMap<(usize, Window), [SecretScalar; 2]>,
    counts: BTreeMap<&'static str, usize>,
}

fn sorted_keys(validators: &[SigningKey]) -> Vec<[u8; 32]> {
    let mut keys: Vec<[u8; 32]> = validators.iter().map(|key| *key.verifying_key().as_bytes()).collect();
    keys.sort_unstable();
    keys
}

fn bought(bid: &Bid) -> Asset {
    Asset::Energy { utility: bid.utility, window: bid.window }
}

impl Oracle {
    fn expire(&mut self, parameters: &Parameters, now: Timestamp) -> usize {
        let due: Vec<ContractId> = self
            .deals
            .iter()
            .filter(|(_, deal)| parameters.deliver_until(deal.bid.window) < now)
            .map(|(contract, _)| *contract)
            .collect();
        for contract in &due {
            let deal = self.deals.remove(contract).unwrap();
            self.credit[deal.bid.buyer] += deal.lock;
        }
        due.len()
    }

    /// Orders of auctions that nobody cleared come back; returns how many.
    fn expire_orders(&mut self, parameters: &Parameters, now: Timestamp) -> usize {
        let over = |order: &Order| parameters.clear_until(order.wish.window).unwrap() < now;
        let due: Vec<OrderId> = self.orders.iter().filter(|(_, order)| over(order)).map(|(id, _)| *id).collect();
        due.iter().for_each(|id| self.settle(id, 0, 0));
        due.len()
    }

    /// Ends an order of which so much was traded at a price.
    fn settle(&mut self, id: &OrderId, traded: u32, price: u64) {
        let order = self.orders.remove(id).expect("an order ends once");
        let Wish { who, quantity, .. } = order.wish;
        let paid = price * u64::from(traded);
        match order.side {
            Side::Sell => {
                self.credit[who] += paid;
                *self.energy.get_mut(&(who, order.wish.energy())).unwrap() += u64::from(quantity - traded);
                *self.delivered.entry(order.wish.energy()).or_default() += u64::from(traded);
            }
            Side::Buy => self.credit[who] += order.lock() - paid,
        }
    }

    /// A clearing by the plain words of the rule: nobody trades beyond his limit, all that is sold is bought, and at no price
    /// could more have been traded.
    fn clear(&mut self, utility: Utility, window: Window, cleared: &Cleared) {
        let mut of: Vec<Order> = self.orders.values().filter(|order| order.is_of(utility, window)).cloned().collect();
        of.sort_by_key(|order| order.wish.limit);
        let volume_at = |price: u32| -> u64 {
            let of_side = |side: Side, willing: &dyn Fn(u32) -> bool| -> u64 {
                let orders = of.iter().filter(|order| order.side == side && willing(order.wish.limit));
                orders.map(|order| u64::from(order.wish.quantity)).sum()
            };
            of_side(Side::Sell, &|limit| limit <= price).min(of_side(Side::Buy, &|limit| limit >= price))
        };
        let most = of.iter().map(|order| volume_at(order.wish.limit)).max().unwrap();
        let Cleared::Trade { price, fills } = cleared else {
            assert_eq!(most, 0, "something could have been traded");
            let ids: Vec<OrderId> = self.orders.keys().copied().collect();
            for id in ids {
                if self.orders[&id].is_of(utility, window) {
                    self.settle(&id, 0, 0);
                }
            }
            return;
        };
        let price = price.micro_euro();
        let (mut sold, mut bought) = (0u64, 0u64);
        assert_eq!(fills.len(), of.len(), "every order is listed");
        for (id, traded) in fills {
            let Order { side, wish } = &self.orders[id];
            assert!(traded.0 <= wish.quantity);
            match side {
                Side::Sell => {
                    assert!(traded.0 == 0 || wish.limit <= price, "sold below a limit");
                    assert!(traded.0 == wish.quantity || wish.limit >= price, "an ask in the money is not filled");
                    sold += u64::from(traded.0);
                }
                Side::Buy => {
                    assert!(traded.0 == 0 || wish.limit >= price, "bought above a limit");
                    assert!(traded.0 == wish.quantity || wish.limit <= price, "a bid in the money is not filled");
                    bought += u64::from(traded.0);
                }
            }
            self.settle(id, traded.0, price.into());
        }
        assert_eq!((sold, bought), (most, most));
    }

    fn apply(&mut self, effect: &Effect, fee: u64) {
        match effect {
            Effect::Pay { from, spent, payees } => {
                self.credit[*from] -= spent;
                payees.iter().for_each(|(to, value)| self.credit[*to] += value);
                self.fees += fee;
            }
            Effect::Open { deal, contract } => {
                self.credit[deal.bid.buyer] -= deal.lock + fee;
                self.fees += fee;
                self.deals.insert(*contract, deal.clone());
            }
            Effect::Deliver { seller, asset, deliveries } => {
                for (contract, delivered) in deliveries {
                    let Deal { bid, lock } = self.deals.remove(contract).unwrap();
                    let paid = u64::from(bid.price) * u64::from(*delivered);
                    self.credit[*seller] += paid;
                    self.credit[bid.buyer] += lock - paid;
                    *self.energy.get_mut(&(*seller, *asset)).unwrap() -= u64::from(*delivered);
                    *self.delivered.entry(*asset).or_default() += u64::from(*delivered);
                }
            }
            Effect::Attest { owner, minted, meter, values } => {
                self.in_force.extend(values.iter().map(|(window, values)| ((*meter, *window), *values)));
                for (asset, quantity) in minted {
                    *self.energy.entry((*owner, *asset)).or_default() += quantity;
                    *self.attested.entry(*asset).or_default() += quantity;
                }
            }
            Effect::Mint { payees } => {
                payees.iter().for_each(|(to, value)| self.credit[*to] += value);
                self.minted += payees.iter().map(|(_, value)| value).sum::<u64>();
            }
            Effect::Burn { total } => {
                self.credit[TREASURY] -= total;
                self.burned += total;
            }
            Effect::Elect { validators } => self.elected = Some(validators.clone()),
            Effect::Correct { meter, window, values } => {
                let old = self.in_force.insert((*meter, *window), *values);
                assert!(old.is_some(), "a window that was never attested is corrected");
            }
            // The world's meter signs with it from now on: nothing in plain amounts changes.
            Effect::Exchange { .. } => {}
            Effect::Order { id, order } => {
                match order.side {
                    Side::Sell => {
                        let energy = self.energy.get_mut(&(order.wish.who, order.wish.energy())).unwrap();
                        *energy -= u64::from(order.wish.quantity);
                    }
                    Side::Buy => {
                        self.credit[order.wish.who] -= order.lock() + fee;
                        self.fees += fee;
                    }
                }
                self.orders.insert(*id, order.clone());
            }
            Effect::Clear { utility, window, cleared } => self.clear(*utility, *window, cleared),
            Effect::Nothing => panic!("a replay is in the block"),
        }
    }
}

impl Model {
    fn new(seed: u64) -> Self {
        use RangeBits::{Bits16, Bits32};
        use Utility::{Electricity, Heat, Water};
        let parameters = Parameters {
            interval: HOUR,
            attestation_deadline: HOUR,
            delivery_term: 6 * HOUR,
            append_slot: 900,
            credit_epoch: 600,
            ring_min: 3,
            ring_cap: 16,
            seal_after: HOUR,
            fee: 3,
            epoch_blocks: EPOCH_BLOCKS,
            correction_term: 12 * HOUR,
            ..Parameters::default()
        };
        let meters = vec![
            (Electricity, Bits16, ANNA),
            (Electricity, Bits32, BERT),
            (Electricity, Bits16, CARLA),
            (Water, Bits16, BERT),
            (Electricity, Bits32, 4),
            (Water, Bits16, 4),
            (Heat, Bits16, CARLA),
        ];
        let (notes, value) = (3, 50_000_000);
        let setup = Setup { seed, parameters, meters, households: HOUSEHOLDS, notes, value, ..Setup::default() };
        let world = World::new(&setup);
        let each = notes as u64 * value;
        let validators = sorted_keys(&world.validators);
        let minted = each * HOUSEHOLDS as u64;
        let oracle = Oracle { credit: [each; HOUSEHOLDS], minted, validators, ..Oracle::default() };
        Model {
            world,
            oracle,
            past: Vec::new(),
            used: BTreeSet::new(),
            taken: BTreeSet::new(),
            attesting: BTreeSet::new(),
            blindings: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    fn dice(&mut self, sides: u64) -> u64 {
        self.world.random(sides)
    }

    fn below(&mut self, bound: u64) -> usize {
        usize::try_from(self.world.random(bound)).unwrap()
    }

    /// Up to `most` unused notes of an asset in one bucket.
    fn pick(&mut self, who: usize, asset: Asset, most: usize) -> Vec<OwnedNote> {
        let mut buckets: BTreeMap<BucketId, Vec<OwnedNote>> = BTreeMap::new();
        for note in self.world.spendable(who, asset) {
            if !self.used.contains(&note.number) {
                buckets.entry(self.world.locate(note.number).unwrap().0.id).or_default().push(note);
            }
        }
        if buckets.is_empty() {
            return Vec::new();
        }
        let which = self.below(buckets.len() as u64);
        let mut notes = buckets.into_values().nth(which).unwrap();
        notes.truncate(most);
        notes
    }

    fn take(&mut self, notes: &[OwnedNote]) -> u64 {
        self.used.extend(notes.iter().map(|note| note.number));
        notes.iter().map(|note| note.opening.value).sum()
    }

    fn transfer(&mut self, from: usize, notes: &[OwnedNote]) -> Option<(Built, Effect)> {
        let fee = self.world.parameters().fee;
        let spent: u64 = notes.iter().map(|note| note.opening.value).sum();
        let mut rest = spent.checked_sub(fee)?;
        let outputs = if self.dice(10) == 0 { 8 } else { 2 };
        let mut payees = Vec::new();
        for _ in 1..outputs {
            let to = if self.dice(2) == 0 { from } else { self.below(HOUSEHOLDS as u64) };
            let value = self.dice(rest / 2 + 1);
            rest -= value;
            payees.push((to, value));
        }
        payees.push((from, rest));
        let built = self.world.transfer(notes, &payees);
        Some((built, Effect::Pay { from, spent, payees }))
    }

    fn plan_transfer(&mut self) -> Option<Vec<(Built, Effect)>> {
        let (from, most) = (self.below(HOUSEHOLDS as u64), 1 + self.below(4));
        let notes = self.pick(from, Asset::Credit, most);
        if notes.is_empty() {
            return None;
        }
        let mut all = vec![self.transfer(from, &notes)?];
        if self.dice(8) == 0 {
            // The same notes once more: one of both will be in the block.
            all.extend(self.transfer(from, &notes));
        }
        self.take(&notes);
        Some(all)
    }

    fn plan_open(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
        let (buyer, meter) = (self.below(HOUSEHOLDS as u64), self.below(self.world.meters.len() as u64));
        let (seller, utility) = (self.world.meters[meter].owner, self.world.meters[meter].utility);
        let parameters = self.world.parameters().clone();
        let window = Window((parameters.window_at(at).0 + 2).saturating_sub(self.dice(6)));
        if at < parameters.open_from(window) || at > parameters.open_until(window) {
            return None;
        }
        let (price, quantity) = (10 * (1 + self.dice(100)) as u32, self.dice(1_000) as u32);
        let bid = Bid { buyer, seller, utility, window, price, quantity };
        let lock = u64::from(price) * u64::from(quantity);
        let notes = self.pick(buyer, Asset::Credit, 4);
        let worth: u64 = notes.iter().map(|note| note.opening.value).sum();
        if notes.is_empty() || worth < lock + parameters.fee {
            return None;
        }
        self.take(&notes);
        let built = self.world.open_with(&notes, &bid);
        let contract = self.world.contract_of(&built);
        Some(vec![(built, Effect::Open { deal: Deal { bid, lock }, contract })])
    }

    fn plan_delivery(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
        let parameters = self.world.parameters().clone();
        let open: Vec<(ContractId, Bid)> = self
            .oracle
            .deals
            .iter()
            .filter(|(contract, deal)| {
                let in_time = parameters.deliver_until(deal.bid.window) >= at;
                let has_energy = !self.world.spendable(deal.bid.seller, bought(&deal.bid)).is_empty();
                in_time && has_energy && !self.taken.contains(contract)
            })
            .map(|(contract, deal)| (*contract, deal.bid))
            .collect();
        if open.is_empty() {
            return None;
        }
        let (_, first) = open[self.below(open.len() as u64)];
        let (seller, asset) = (first.seller, bought(&first));
        let notes = self.pick(seller, asset, 4);
        if notes.is_empty() {
            return None;
        }
        let mut left: u64 = notes.iter().map(|note| note.opening.value).sum();
        let most = 1 + if self.dice(5) == 0 { self.below(7) } else { self.below(2) };
        let mut deliveries = Vec::new();
        for (contract, bid) in open.iter().filter(|(_, bid)| bid.seller == seller && bought(bid) == asset).take(most) {
            let possible = left.min(u64::from(bid.quantity));
            let delivered = match self.dice(4) {
                0 => 0,
                1 => self.dice(possible + 1),
                _ => possible,
            };
            left -= delivered;
            deliveries.push((*contract, delivered as u32));
        }
        self.take(&notes);
        self.taken.extend(deliveries.iter().map(|(contract, _)| *contract));
        let plan = self.world.deliver_plan(seller, &notes, &deliveries);
        let built = self.world.deliver_with(plan);
        Some(vec![(built, Effect::Deliver { seller, asset, deliveries })])
    }

    /// An order for an auction that takes some now, of somebody who has what it gives.
    fn plan_order(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
        let parameters = self.world.parameters().clone();
        let latest = parameters.window_at(at).0;
        let windows = (latest.saturating_sub(4)..latest).map(Window);
        let takes =
            |window: &Window| at > parameters.attest_until(*window) && at <= parameters.order_until(*window).unwrap();
        let window = windows.rev().find(takes)?;
        let limit = 100 + self.dice(200) as u32;
        let side = if self.dice(2) == 0 { Side::Sell } else { Side::Buy };
        let has_energy = |meter: &&TestMeter| {
            let energy = Asset::Energy { utility: meter.utility, window };
            side == Side::Buy || !self.world.spendable(meter.owner, energy).is_empty()
        };
        let meters: Vec<(Utility, usize)> =
            self.world.meters.iter().filter(has_energy).map(|meter| (meter.utility, meter.owner)).collect();
        if meters.is_empty() {
            return None;
        }
        let (utility, owner) = meters[self.below(meters.len() as u64)];
        let (built, order) = match side {
            Side::Sell => {
                let wish = Wish { who: owner, utility, window, limit, quantity: 0 };
                let notes = self.pick(wish.who, wish.energy(), 4);
                let worth: u64 = notes.iter().map(|note| note.opening.value).sum();
                if notes.is_empty() || worth < 10 {
                    return None;
                }
                let wish = Wish { quantity: 10 + self.dice(worth - 9) as u32, ..wish };
                self.take(&notes);
                (self.world.sell_with(&notes, &wish), Order { side, wish })
            }
            Side::Buy => {
                let who = self.below(HOUSEHOLDS as u64);
                let wish = Wish { who, utility, window, limit, quantity: 10 + self.dice(1_000) as u32 };
                let notes = self.pick(who, Asset::Credit, 4);
                let worth: u64 = notes.iter().map(|note| note.opening.value).sum();
                let order = Order { side, wish };
                if notes.is_empty() || worth < order.lock() + parameters.fee {
                    return None;
                }
                self.take(&notes);
                (self.world.buy_with(&notes, &wish), order)
            }
        };
        let id = self.world.order_of(&built);
        Some(vec![(built, Effect::Order { id, order })])
    }

    /// Clears an auction that can be.
    fn plan_clear(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
        let parameters = self.world.parameters().clone();
        let auctions: BTreeSet<(Window, u8)> =
            self.oracle.orders.values().map(|order| (order.wish.window, order.wish.utility.code())).collect();
        let (window, code) = auctions.into_iter().find(|(window, code)| {
            let utility = Utility::from_code(*code).unwrap();
            let auction = self.world.ledger().auction(utility, *window).unwrap().expect("its orders stand");
            let in_time = at <= parameters.clear_until(*window).unwrap();
            in_time && auction.rank.is_some() && auction.sells > 0 && auction.buys > 0
        })?;
        let utility = Utility::from_code(code).unwrap();
        let (built, cleared) = self.world.clear(utility, window);
        *self.counts.entry(if cleared == Cleared::NoTrade { "no trade" } else { "trade" }).or_default() += 1;
        Some(vec![(built, Effect::Clear { utility, window, cleared })])
    }

    fn plan_attestation(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
        let meter = self.below(self.world.meters.len() as u64);
        let (owner, utility) = (self.world.meters[meter].owner, self.world.meters[meter].utility);
        let parameters = self.world.parameters().clone();
        let first = self.world.ledger().meter(self.world.meters[meter].id).unwrap().next_window;
        let over = parameters.window_at(at).0.saturating_sub(first.0);
        if over == 0 || !self.attesting.insert(meter) {
            return None;
        }
        let count = if over > 4 || self.dice(2) == 0 { over.min(24) } else { 1 };
        let (mut readings, mut minted, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for window in (first.0..first.0 + count).map(Window) {
            let in_time = at <= parameters.attest_until(window);
            let status = match (in_time, self.dice(12)) {
                (true, 0) => WindowStatus::Estimated,
                (_, 1) => WindowStatus::Missing,
                (true, 2) => WindowStatus::Substituted,
                (true, _) => WindowStatus::Measured,
                (false, 0) => WindowStatus::Estimated,
                (false, _) => WindowStatus::Late,
            };
            let most = if self.dice(5) == 0 { 65_536 } else { 1_500 };
            let (export, import) = match status {
                WindowStatus::Missing => (0, 0),
                _ => (self.dice(most) as u32, self.dice(most) as u32),
            };
            readings.push(self.world.reading(status, export, import));
            values.push((window, (u64::from(export), u64::from(import))));
            if status.mints() {
                minted.push((Asset::Energy { utility, window }, u64::from(export)));
            }
        }
        let built = self.world.attest(meter, first, &readings);
        Some(vec![(built, Effect::Attest { owner, minted, meter, values })])
    }

    /// A correction of a window that was attested lately.
    fn plan_correction(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
        let meter = self.below(self.world.meters.len() as u64);
        let parameters = self.world.parameters().clone();
        let of_meter = self.oracle.in_force.keys().filter(|(of, _)| *of == meter).map(|(_, window)| *window);
        let windows: Vec<Window> = of_meter.filter(|window| parameters.correct_until(*window) >= at).collect();
        if windows.is_empty() || !self.attesting.insert(meter) {
            return None;
        }
        let window = windows[self.below(windows.len() as u64)];
        let (export, import) = (self.dice(1_500) as u32, self.dice(1_500) as u32);
        let reading = self.world.measured(export, import);
        let built = self.world.correct(meter, window, &reading);
        let values = (u64::from(export), u64::from(import));
        Some(vec![(built, Effect::Correct { meter, window, values })])
    }

    /// A new key for a meter that posts nothing in this block.
    fn plan_exchange(&mut self) -> Option<Vec<(Built, Effect)>> {
        let meter = self.below(self.world.meters.len() as u64);
        if !self.attesting.insert(meter) {
            return None;
        }
        // Readings of the model fit 17 bits, so that a meter of 16 bits stays one.
        let class = self.world.meters[meter].class;
        let key = SigningKey::random(&mut self.world.rng);
        let built = self.world.replace_meter(meter, class, &key);
        Some(vec![(built, Effect::Exchange { meter, class, key })])
    }

    fn plan_mint(&mut self) -> Vec<(Built, Effect)> {
        let count = 2 + self.below(4);
        let payees: Vec<(usize, u64)> =
            (0..count).map(|_| (self.below(HOUSEHOLDS as u64), self.dice(5_000_000))).collect();
        let built = self.world.mint(&payees);
        vec![(built, Effect::Mint { payees })]
    }

    fn plan_burn(&mut self) -> Option<Vec<(Built, Effect)>> {
        let notes = self.pick(TREASURY, Asset::Credit, 3);
        if notes.is_empty() {
            return None;
        }
        let worth = self.take(&notes);
        let total = self.dice(worth + 1);
        let built = self.world.burn_with(&notes, total);
        Some(vec![(built, Effect::Burn { total })])
    }

    /// One validator more, one less, or one for another.
    fn plan_election(&mut self) -> Vec<(Built, Effect)> {
        let mut chosen: Vec<SigningKey> = self.world.validators.clone();
        chosen.retain(|key| self.oracle.validators.contains(key.verifying_key().as_bytes()));
        if self.dice(2) == 0 && chosen.len() > 1 {
            chosen.remove(self.below(chosen.len() as u64));
        }
        if chosen.len() < 2 || self.dice(2) == 0 {
            chosen.extend(self.world.new_validators(1));
        }
        let built = self.world.change_validators(&chosen);
        vec![(built, Effect::Elect { validators: sorted_keys(&chosen) })]
    }

    fn plan_replay(&mut self) -> Option<Vec<(Built, Effect)>> {
        if self.past.is_empty() {
            return None;
        }
        // Mostly a recent one, which has not expired yet.
        let back = 1 + if self.dice(3) > 0 { self.below(5) } else { self.below(self.past.len() as u64) };
        let old = self.past[self.past.len().saturating_sub(back)].clone();
        Some(vec![(old, Effect::Nothing)])
    }

    /// A block of random operations; returns how many there were.
    fn round(&mut self) -> usize {
        self.used.clear();
        self.taken.clear();
        self.attesting.clear();
        let step = self.dice(900);
        let at = self.world.after(step);
        let mut operations: Vec<Operation> = Vec::new();
        let (mut minting, mut electing) = (false, false);
        if self.dice(3) > 0 {
            let cleared = self.plan_clear(at).into_iter().flatten();
            operations.extend(cleared.map(|(built, effect)| Operation { built, effect, rival: None }));
        }
        for _ in 0..1 + self.dice(8) {
            let planned = match self.dice(27) {
                0..=2 => self.plan_transfer(),
                3..=5 => self.plan_open(at),
                6..=9 => self.plan_delivery(at),
                10..=13 => self.plan_attestation(at),
                14 if !minting => {
                    minting = true;
                    if self.dice(2) == 0 { Some(self.plan_mint()) } else { self.plan_burn() }
                }
                15 => self.plan_replay(),
                16 if !electing => {
                    electing = true;
                    if self.dice(2) == 0 { Some(self.plan_election()) } else { self.plan_exchange() }
                }
                17..=19 => self.plan_correction(at),
                20..=26 => self.plan_order(at),
                _ => None,
            };
            let first = operations.len();
            let rivals = planned.as_ref().is_some_and(|planned| planned.len() == 2);
            for (built, effect) in planned.into_iter().flatten() {
                let rival = rivals.then_some(first).filter(|first| *first < operations.len());
                operations.push(Operation { built, effect, rival });
            }
        }
        self.block(at, operations)
    }

    fn block(&mut self, at: Timestamp, operations: Vec<Operation>) -> usize {
        let built: Vec<Built> = operations.iter().map(|operation| operation.built.clone()).collect();
        let left_out: BTreeMap<usize, Rejection> = self.world.offer(at, &built).into_iter().collect();
        let parameters = self.world.parameters().clone();
        let expired = self.oracle.expire(&parameters, at);
        if self.world.parent.height.is_multiple_of(EPOCH_BLOCKS)
            && let Some(elected) = self.oracle.elected.take()
        {
            self.oracle.validators = elected;
        }
        *self.counts.entry("Expire").or_default() += expired;
        *self.counts.entry("order expired").or_default() += self.oracle.expire_orders(&parameters, at);

        // What must be left out: replays, and one of two that spend the same note.
        for (place, rejection) in &left_out {
            let replay = matches!(operations[*place].effect, Effect::Nothing);
            let has_rival = |place: usize| {
                operations[place].rival.is_some_and(|rival| !left_out.contains_key(&rival))
                    || (0..operations.len())
                        .any(|other| operations[other].rival == Some(place) && !left_out.contains_key(&other))
            };
            assert!(replay || has_rival(*place), "an operation was refused: {rejection}");
            let expected = [
                Rejection::AlreadySpent,
                Rejection::Expired,
                Rejection::MintSerial,
                Rejection::RegistrySerial,
                Rejection::AttestSequence,
                Rejection::UnknownContract,
                Rejection::OutdatedBucket,
                Rejection::NoSuchAuction,
                Rejection::ClearTooLate,
            ];
            assert!(expected.contains(rejection), "{rejection}");
            *self.counts.entry(if replay { "replay" } else { "second spend" }).or_default() += 1;
        }
        for (place, operation) in operations.iter().enumerate() {
            let repeated =
                built[..place].iter().any(|earlier| earlier.transaction.id() == built[place].transaction.id());
            if left_out.contains_key(&place) || repeated {
                continue;
            }
            if let Some(rival) = operation.rival {
                assert!(left_out.contains_key(&rival), "both spends of a note are in the block");
            }
            self.oracle.apply(&operation.effect, parameters.fee);
            self.remember_blindings(&operation.built);
            if let Effect::Exchange { meter, class, key } = &operation.effect {
                self.world.take_key(*meter, *class, key);
            }
            self.past.push(operation.built.clone());
            *self.counts.entry(operation.built.transaction.action().name()).or_default() += 1;
        }
        self.check();
        operations.len()
    }

    fn check(&self) {
        let oracle = &self.oracle;
        let keys_at = |height| -> Vec<[u8; 32]> {
            self.world.validators_at(height).keys().iter().map(|key| *key.as_bytes()).collect()
        };
        let height = self.world.parent.height;
        assert_eq!(keys_at(height), oracle.validators, "validators of block {height}");
        assert_eq!(&keys_at(height + EPOCH_BLOCKS), oracle.elected.as_ref().unwrap_or(&oracle.validators));
        for (who, household) in self.world.households.iter().enumerate() {
            assert_eq!(household.balance(Asset::Credit), oracle.credit[who], "credit of household {who}");
        }
        for ((who, asset), quantity) in &oracle.energy {
            assert_eq!(self.world.households[*who].balance(*asset), *quantity, "{asset:?} of household {who}");
        }
        for (asset, delivered) in &oracle.delivered {
            assert!(delivered <= &oracle.attested[asset], "more delivered than attested of {asset:?}");
        }
        let scanned: u64 = self.world.households.iter().map(|household| household.balance(Asset::Credit)).sum();
        let locks: u64 = oracle.deals.values().map(|deal| deal.lock).sum();
        let supply = oracle.minted - oracle.burned - oracle.fees;
        let orders: u64 = oracle.orders.values().map(Order::lock).sum();
        assert_eq!(scanned + locks + orders, supply, "credit came from nothing, or went to nothing");
        self.check_meters();
        let counters = self.world.counters();
        let counted = (counters.minted.0, counters.burned.0, counters.fees.0);
        assert_eq!(counted, (oracle.minted, oracle.burned, oracle.fees));
        assert_eq!(counters.supply().unwrap().0, supply);
        for contract in oracle.deals.keys() {
            assert!(self.world.ledger().contract(contract).unwrap().is_some());
        }
        for (id, Order { wish, .. }) in &oracle.orders {
            assert!(self.world.ledger().order(wish.utility, wish.window, id).unwrap().is_some());
        }
    }

    fn remember_blindings(&mut self, built: &Built) {
        let posted: Vec<(usize, [u8; 32], Window)> = match built.transaction.action() {
            Action::Attest(attest) => {
                let (meter, salt) = (attest.statement.meter.0 as usize, attest.statement.salt);
                attest.statement.indexed_windows().map(|(window, _)| (meter, salt, window)).collect()
            }
            Action::Correct(correct) => {
                let statement = &correct.statement;
                vec![(statement.meter.0 as usize, statement.salt, statement.window)]
            }
            _ => Vec::new(),
        };
        let intervals = self.world.parameters().intervals_per_window();
        for (meter, salt, window) in posted {
            let blindings = self.world.meters[meter].blindings(self.world.network(), &salt, window, intervals);
            self.blindings.insert((meter, window), blindings);
        }
    }

    /// Each meter's running sums are those of what is in force of its windows, and of those that can be corrected there is a
    /// record; energy is what was attested, whatever was corrected since.
    fn check_meters(&self) {
        let (parameters, now) = (self.world.parameters(), self.world.now());
        for (place, meter) in self.world.meters.iter().enumerate() {
            let record = self.world.ledger().meter(meter.id).unwrap();
            let own = self.oracle.in_force.range((place, Window(0))..(place + 1, Window(0)));
            let (mut export, mut import) = ((0, SecretScalar::zero()), (0, SecretScalar::zero()));
            for ((_, window), (exported, imported)) in own {
                let [of_export, of_import] = &self.blindings[&(place, *window)];
                export = (export.0 + exported, export.1.plus(of_export));
                import = (import.0 + imported, import.1.plus(of_import));
                if parameters.correct_until(*window) >= now {
                    let kept = self.world.ledger().window(meter.id, *window).unwrap();
                    let kept = kept.expect("a window that can be corrected is on record");
                    let sums = [(exported, of_export), (imported, of_import)];
                    let sums = sums.map(|(value, blinding)| Opening::new(*value, blinding.clone()));
                    assert!(sums[0].opens(&kept.export_sum) && sums[1].opens(&kept.import_sum));
                }
            }
            assert!(Opening::new(export.0, export.1).opens(&record.export_sum), "exports of meter {place}");
            assert!(Opening::new(import.0, import.1).opens(&record.import_sum), "imports of meter {place}");
        }
    }

    fn run(&mut self, operations: usize) {
        let mut done = 0;
        while done < operations {
            done += self.round();
            if self.dice(60) == 0 {
                // A quiet night.
                let hours = 1 + self.dice(9);
                let at = self.world.after(hours * HOUR);
                self.block(at, Vec::new());
            }
        }
        // The state root that was updated block by block is that of the entries.
        let recomputed = recompute_root(self.world.network(), &self.world.state).unwrap();
        assert_eq!(recomputed, self.world.parent.set_hash);
        // In the end every contract and every auction is over, and all credit is with somebody.
        let parameters = self.world.parameters();
        let deals = self.oracle.deals.values().map(|deal| parameters.deliver_until(deal.bid.window));
        let orders = self.oracle.orders.values().map(|order| parameters.clear_until(order.wish.window).unwrap());
        let last = deals.chain(orders).max();
        if let Some(last) = last {
            let at = last.max(self.world.now()).plus(1);
            self.block(at, Vec::new());
        }
        assert!(self.oracle.deals.is_empty() && self.oracle.orders.is_empty());
        println!("{done} operations, {} blocks: {:?}", self.world.parent.height, self.counts);
        let kinds = [
            "Transfer",
            "Attest",
            "Correct",
            "Open",
            "Deliver",
            "Mint",
            "Burn",
            "Registry",
            "Expire",
            "Sell",
            "Buy",
            "Clear",
            "trade",
            "order expired",
            "replay",
            "second spend",
        ];
        for kind in kinds {
            assert!(self.counts.get(kind).is_some_and(|count| *count > 0), "no {kind} in {:?}", self.counts);
        }
    }
}

fn operations() -> usize {
    if full_effort() { 10_000 } else { 1_000 }
}

#[test]
fn random_operations_agree_with_plain_amounts() {
    Model::new(7).run(operations());
}

#[test]
fn other_random_operations_agree_with_plain_amounts() {
    Model::new(8).run(operations());
}
