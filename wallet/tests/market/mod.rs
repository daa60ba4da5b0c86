//! A market on a real node: wallets that trade, and their meters.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod clearing;
pub mod hall;

use hushwatt_crypto::meter::DayKey;
use hushwatt_ledger::{
    parameters::Parameters,
    transaction::{build::Built, open::ContractId},
    units::{Credit, MeterId, Price, Quantity, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::{Attestor, Metered};
use hushwatt_node::Produced;
use hushwatt_wallet::{
    ChainBlock, ClaimState, Delivery, Offer, Pairing, Payment, PublicView, PurchaseState, Snapshot, Wallet, WalletError,
};

use crate::support::{self, Community, Setup, meter_key};

pub const ANNA: usize = 0;
pub const BERT: usize = 1;
pub const CARLA: usize = 2;
pub const PRICE: u32 = 300;
pub const HOUR: u64 = 3_600;

/// A community whose wallets each have a meter and four notes of a euro.
pub struct Market {
    pub community: Community,
    pub attestors: Vec<Attestor>,
}

pub fn pairing(who: usize) -> Pairing {
    Pairing { meter: MeterId(who as u32), day_key: DayKey::from_bytes(support::START.day(), [50 + who as u8; 32]) }
}

impl Market {
    pub fn new(parameters: Parameters) -> Self {
        let setup = Setup { parameters, ..Setup::default() };
        let mut community = Community::found(&setup);
        let mut attestors = Vec::new();
        for who in [ANNA, BERT, CARLA] {
            let (pairing, spend) = (pairing(who), community.wallets[who].address().spend);
            let key = meter_key(who);
            attestors.push(Attestor::new(&community.genesis, pairing.meter, key, pairing.day_key.clone(), spend));
            community.wallets[who].pair(pairing);
        }
        community.mint(&[ANNA, BERT, CARLA].map(|who| [(who, 1_000_000); 4]).concat());
        Market { community, attestors }
    }

    pub fn usual() -> Self {
        Self::new(Setup::default().parameters)
    }

    /// The n-th window that meters attest, from 0.
    pub fn window(&self, n: u64) -> Window {
        Window(self.community.genesis.first_window().0 + n)
    }

    pub fn end_of(&self, window: Window) -> Timestamp {
        self.community.genesis.parameters.window_end(window)
    }

    pub fn wallet(&self, who: usize) -> &Wallet {
        &self.community.wallets[who]
    }

    pub fn offer(&self, seller: usize, window: Window, quantity: u32) -> Offer {
        Offer {
            seller: *self.wallet(seller).address(),
            utility: Utility::Electricity,
            window,
            price: Price::new(PRICE).unwrap(),
            quantity: Quantity(quantity),
        }
    }

    pub fn open(&mut self, buyer: usize, seller: usize, window: Window, quantity: u32) -> (ContractId, Built) {
        let offer = self.offer(seller, window, quantity);
        let Community { wallets, follower, rng, .. } = &mut self.community;
        let now = follower.tip().time;
        let built = wallets[buyer].open(follower, &offer, now, rng).unwrap();
        (ContractId::of(self.community.genesis.network(), built.transaction.id()), built)
    }

    /// Pays, perhaps with words; not submitted.
    pub fn pay(&mut self, from: usize, to: usize, amount: u64, message: Option<&str>) -> Built {
        let payment =
            Payment { to: *self.wallet(to).address(), amount: Credit(amount), message: message.map(str::to_owned) };
        let Community { wallets, follower, rng, .. } = &mut self.community;
        let now = follower.tip().time;
        wallets[from].pay_with(follower, &[payment], now, rng).unwrap()
    }

    /// Every meter attests what is over; ANNA exports this much an interval, BERT 25, CARLA nothing.
    pub fn attest(&mut self, export: u32) -> Produced {
        let now = self.community.now();
        let mut built = Vec::new();
        for (who, attestor) in self.attestors.iter_mut().enumerate() {
            let export = [export, 25, 0][who];
            let metered = Metered { export: Quantity(export), import: Quantity(7) };
            let pending =
                attestor.attest(&self.community.genesis, |_| Some(metered), now, &mut self.community.rng).unwrap();
            attestor.confirm(&pending);
            built.push(pending.built);
        }
        self.community.settle(built)
    }

    /// Window 0 is over, attested and sealed.
    pub fn deliverable(&mut self, export: u32) {
        let end = self.end_of(self.window(0));
        self.community.block_at(end);
        self.attest(export);
        self.community.block_at(end.plus(2 * HOUR + 1));
    }

    pub fn try_deliver(&mut self, seller: usize, deliveries: &[(ContractId, u32)]) -> Result<Built, WalletError> {
        let list = deliveries
            .iter()
            .map(|(contract, quantity)| Delivery { contract: *contract, quantity: Quantity(*quantity) });
        let list: Vec<Delivery> = list.collect();
        let Community { wallets, follower, rng, .. } = &mut self.community;
        let now = follower.tip().time;
        wallets[seller].deliver(follower, &list, now, rng)
    }

    pub fn deliver(&mut self, seller: usize, deliveries: &[(ContractId, u32)]) {
        let built = self.try_deliver(seller, deliveries).unwrap();
        self.community.settle(vec![built]);
    }

    pub fn total(&self, who: usize) -> u64 {
        self.wallet(who).balance().total().0
    }

    pub fn purchase(&self, who: usize, id: ContractId) -> PurchaseState {
        self.wallet(who).purchases().find(|purchase| purchase.id == id).unwrap().state
    }

    pub fn claim(&self, who: usize, id: ContractId) -> Option<ClaimState> {
        self.wallet(who).claims().find(|claim| claim.id == id).map(|claim| claim.state)
    }
}

/// A block of the node with its certificate and hints.
pub fn chain_of(community: &Community, height: u64) -> ChainBlock {
    let store = community.node.store();
    let (block, certificate) = store.block(height).unwrap();
    let hints = store.block_hints(&block).unwrap();
    ChainBlock { block, certificate, hints }
}

/// A snapshot as it comes back from a file.
pub fn stored(wallet: &Wallet) -> Snapshot {
    serde_json::from_slice(&serde_json::to_vec(&wallet.export()).unwrap()).unwrap()
}

/// Another copy of a household's wallet, with its own view of the ledger, that is closed and opened again all the time.
pub struct Home {
    pub wallet: Wallet,
    pub view: PublicView,
    fresh: Box<dyn Fn() -> Wallet>,
}

impl Home {
    pub fn new(fresh: impl Fn() -> Wallet + 'static, community: &Community) -> Self {
        Home { wallet: fresh(), view: PublicView::new(community.genesis.clone()), fresh: Box::new(fresh) }
    }

    /// Of this household of the community, with its meter.
    pub fn of(who: usize, community: &Community) -> Self {
        let genesis = community.genesis.clone();
        let fresh = move || {
            let mut wallet = Wallet::new(genesis.clone(), &support::seed_of(who)).unwrap();
            wallet.pair(pairing(who));
            wallet
        };
        Self::new(fresh, community)
    }

    /// One that only looks.
    pub fn looking_at(wallet: &Wallet, who: usize, community: &Community) -> Self {
        let (genesis, key) = (community.genesis.clone(), wallet.view_key_export());
        let fresh = move || {
            let mut wallet = Wallet::view_only(genesis.clone(), &key).unwrap();
            wallet.pair(pairing(who));
            wallet
        };
        Self::new(fresh, community)
    }

    /// Reads what is new, block by block, forgets what is not needed, and starts anew from what it saved.
    pub fn catch_up(&mut self, community: &Community) {
        for height in self.view.tip().height + 1..=community.node.store().tip().height {
            let followed = self.view.follow(chain_of(community, height)).unwrap();
            self.wallet.scan_blocks(&followed);
            let needed = self.wallet.needed_buckets();
            self.view.prune(|bucket| needed.contains(&bucket)).unwrap();
            self.restart();
        }
    }

    pub fn restart(&mut self) {
        let mut wallet = (self.fresh)();
        wallet.import(stored(&self.wallet)).unwrap();
        self.wallet = wallet;
        self.view = PublicView::import(self.view.genesis().clone(), &self.view.export()).unwrap();
    }
}
