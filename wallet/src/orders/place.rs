//! Building an order: which notes it spends, and what is proven over them (protocol section 6.4).

use hushwatt_crypto::Rng;
use hushwatt_ledger::{
    note::Asset,
    transaction::{
        Envelope,
        order::{BuyPlan, SellPlan, Side, UnadmittedOrder},
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};

use crate::{RingSource, Wallet, WalletError};

/// An order to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which side.
    pub side: Side,
    /// What.
    pub utility: Utility,
    /// Of which window.
    pub window: Window,
    /// How much, at most.
    pub quantity: Quantity,
    /// The least that is taken for a base unit, or the most that is paid.
    pub limit: Price,
}

impl Wallet {
    /// Builds an order and sets its notes aside: a sell order spends energy of the window, a buy order money for the highest
    /// price of everything. It can be in no block before the operator has admitted it, and in none without its hints, which he
    /// never gets: until nodes have it, it can be taken back with [`Wallet::release`].
    pub fn order(
        &mut self,
        view: &impl RingSource,
        wish: &Wish,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<UnadmittedOrder, WalletError> {
        self.must_spend()?;
        let Wish { side, utility, window, quantity, limit } = *wish;
        let needed = match side {
            Side::Sell => quantity.0.into(),
            Side::Buy => self.cost_of_bid(utility, quantity).0,
        };
        let (bucket, notes) = match side {
            Side::Sell => self.choose_energy(Asset::Energy { utility, window }, needed)?,
            Side::Buy => self.choose_credit(Credit(needed))?,
        };
        let bucket = self.latest(view, bucket)?;
        let (inputs, change_memo) = (self.inputs(&notes)?, self.order_memo(&notes, limit)?);
        let (own, valid_until) = (*self.address(), Envelope::validity_from(now));
        let unproven = match side {
            Side::Sell => {
                let seller = own;
                SellPlan { bucket, inputs, seller, utility, window, quantity, limit, change_memo, valid_until }
                    .derive(&self.genesis, rng)?
            }
            Side::Buy => {
                let buyer = own;
                BuyPlan { bucket, inputs, buyer, utility, window, quantity, limit, change_memo, valid_until }
                    .derive(&self.genesis, rng)?
            }
        };
        let order = unproven.prove(&view.ring(bucket)?, rng)?;
        self.reserve(&notes, &order.built);
        Ok(order)
    }

    /// What a buy order takes: the highest price of everything, and the fee.
    fn cost_of_bid(&self, utility: Utility, quantity: Quantity) -> Credit {
        let parameters = &self.genesis.parameters;
        let lock = u64::from(parameters.prices_of(utility).cap).saturating_mul(quantity.0.into());
        Credit(lock.saturating_add(parameters.fee))
    }

    /// How much one buy order can ask for with the money that can be spent at once.
    pub fn affordable_bid(&self, utility: Utility) -> Quantity {
        let parameters = &self.genesis.parameters;
        let money = self.most_at_once(Asset::Credit).saturating_sub(parameters.fee);
        let most = money / u64::from(parameters.prices_of(utility).cap).max(1);
        Quantity(u32::try_from(most).unwrap_or(u32::MAX))
    }
}
