//! The oracle: what everybody has, in plain amounts.

use super::*;

/// An open contract in plain numbers.
#[derive(Clone)]
pub struct Deal {
    pub bid: Bid,
    pub lock: u64,
}

/// A standing order in plain numbers.
#[derive(Clone)]
pub struct Order {
    pub side: Side,
    pub wish: Wish,
}

impl Order {
    /// What a buyer has locked: the cap for each unit.
    pub fn lock(&self) -> u64 {
        match self.side {
            Side::Sell => 0,
            Side::Buy => CAP * u64::from(self.wish.quantity),
        }
    }

    pub fn is_of(&self, utility: Utility, window: Window) -> bool {
        (self.wish.utility, self.wish.window) == (utility, window)
    }
}

/// Everything in plain amounts.
#[derive(Default)]
pub struct Oracle {
    pub credit: [u64; HOUSEHOLDS],
    pub energy: BTreeMap<(usize, Asset), u64>,
    pub deals: BTreeMap<ContractId, Deal>,
    pub orders: BTreeMap<OrderId, Order>,
    pub minted: u64,
    pub burned: u64,
    pub fees: u64,
    pub attested: BTreeMap<Asset, u64>,
    pub delivered: BTreeMap<Asset, u64>,
    /// Exported and imported by each meter in each window, as in force.
    pub in_force: BTreeMap<(usize, Window), (u64, u64)>,
    /// Who votes now, and who from the next epoch on.
    pub validators: Vec<[u8; 32]>,
    pub elected: Option<Vec<[u8; 32]>>,
}

/// What a transaction does if it is in the block.
pub enum Effect {
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

pub fn bought(bid: &Bid) -> Asset {
    Asset::Energy { utility: bid.utility, window: bid.window }
}

impl Oracle {
    pub fn expire(&mut self, parameters: &Parameters, now: Timestamp) -> usize {
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
    pub fn expire_orders(&mut self, parameters: &Parameters, now: Timestamp) -> usize {
        let over = |order: &Order| parameters.clear_until(order.wish.window).unwrap() < now;
        let due: Vec<OrderId> = self.orders.iter().filter(|(_, order)| over(order)).map(|(id, _)| *id).collect();
        due.iter().for_each(|id| self.settle(id, 0, 0));
        due.len()
    }

    /// Ends an order of which so much was traded at a price.
    pub fn settle(&mut self, id: &OrderId, traded: u32, price: u64) {
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
    pub fn clear(&mut self, utility: Utility, window: Window, cleared: &Cleared) {
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

    pub fn apply(&mut self, effect: &Effect, fee: u64) {
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
