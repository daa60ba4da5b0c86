//! Random operations, each with what it does in plain amounts.

use super::*;

impl Model {
    pub fn transfer(&mut self, from: usize, notes: &[OwnedNote]) -> Option<(Built, Effect)> {
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

    pub fn plan_transfer(&mut self) -> Option<Vec<(Built, Effect)>> {
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

    pub fn plan_open(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
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

    pub fn plan_delivery(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
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
    pub fn plan_order(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
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
    pub fn plan_clear(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
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

    pub fn plan_attestation(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
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
    pub fn plan_correction(&mut self, at: Timestamp) -> Option<Vec<(Built, Effect)>> {
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
    pub fn plan_exchange(&mut self) -> Option<Vec<(Built, Effect)>> {
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

    pub fn plan_mint(&mut self) -> Vec<(Built, Effect)> {
        let count = 2 + self.below(4);
        let payees: Vec<(usize, u64)> =
            (0..count).map(|_| (self.below(HOUSEHOLDS as u64), self.dice(5_000_000))).collect();
        let built = self.world.mint(&payees);
        vec![(built, Effect::Mint { payees })]
    }

    pub fn plan_burn(&mut self) -> Option<Vec<(Built, Effect)>> {
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
    pub fn plan_election(&mut self) -> Vec<(Built, Effect)> {
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

    pub fn plan_replay(&mut self) -> Option<Vec<(Built, Effect)>> {
        if self.past.is_empty() {
            return None;
        }
        // Mostly a recent one, which has not expired yet.
        let back = 1 + if self.dice(3) > 0 { self.below(5) } else { self.below(self.past.len() as u64) };
        let old = self.past[self.past.len().saturating_sub(back)].clone();
        Some(vec![(old, Effect::Nothing)])
    }
}
