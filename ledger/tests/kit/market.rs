//! A world in the middle of a trade: energy is sealed, contracts are open, everything can be delivered.

use std::sync::LazyLock;

use hushwatt_ledger::{
    note::Asset,
    transaction::{build::Built, open::ContractId},
    units::Utility,
};

use super::{ANNA, BERT, CARLA, Setup, World, build::Bid, electricity, water};

/// Window 0 is attested and sealed: Anna exported 1000 Wh, Bert 2000 Wh and 400 l, Carla 3000 Wh and 500 l. Bert is
/// the seller of all contracts but one.
#[derive(Clone)]
pub struct Market {
    pub world: World,
    /// Anna buys 800 Wh at 200.
    pub to_anna: ContractId,
    /// Carla buys 500 Wh at 300.
    pub to_carla: ContractId,
    /// Anna buys 100 l at 10.
    pub of_water: ContractId,
    /// Anna buys 100 Wh at 200 in window 1.
    pub of_next_window: ContractId,
    /// Carla buys 300 Wh at 100 from Anna.
    pub of_anna: ContractId,
}

impl Market {
    pub fn new(setup: &Setup) -> Self {
        let mut contracts = Vec::new();
        let world = World::with_energy(setup, |world| {
            let (electric, w0, w1) = (Utility::Electricity, world.window(0), world.window(1));
            let bid = |buyer, seller, utility, window, price, quantity| Bid {
                buyer,
                seller,
                utility,
                window,
                price,
                quantity,
            };
            let bids = [
                (0, bid(ANNA, BERT, electric, w0, 200, 800)),
                (0, bid(CARLA, BERT, electric, w0, 300, 500)),
                (1, bid(ANNA, BERT, Utility::Water, w0, 10, 100)),
                (2, bid(ANNA, BERT, electric, w1, 200, 100)),
                (1, bid(CARLA, ANNA, electric, w0, 100, 300)),
            ];
            let opens: Vec<Built> = bids
                .iter()
                .map(|(note, bid)| {
                    let note = world.spendable(bid.buyer, Asset::Credit)[*note].clone();
                    world.open_with(&[note], bid)
                })
                .collect();
            contracts = opens.iter().map(|open| world.contract_of(open)).collect();
            world.accept(world.after(60), &opens);
        });
        let [to_anna, to_carla, of_water, of_next_window, of_anna] = contracts[..] else { unreachable!() };
        Market { world, to_anna, to_carla, of_water, of_next_window, of_anna }
    }

    /// Electricity of window 0.
    pub fn energy(&self) -> Asset {
        electricity(self.world.window(0))
    }

    /// Water of window 0.
    pub fn water(&self) -> Asset {
        water(self.world.window(0))
    }
}

static MARKET: LazyLock<Market> = LazyLock::new(|| Market::new(&Setup::default()));

/// A copy of the market, made once a test binary.
pub fn market() -> Market {
    MARKET.clone()
}

static FRESH: LazyLock<World> = LazyLock::new(|| World::new(&Setup::default()));

/// A copy of a world after block 1: four notes for each of four households in one bucket.
pub fn fresh() -> World {
    FRESH.clone()
}
