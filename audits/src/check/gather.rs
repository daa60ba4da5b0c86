//! The facts about one disclosure, gathered in one pass over a chain, from a file or block by block.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Read,
    path::Path,
};

use hushwatt_crypto::{Point, meter::Register};
use hushwatt_ledger::{
    block::Block,
    disclosure::{
        At, Claim, ContractFacts, Disclosure, Facts, FillFacts, Included, Place, PostedWindow, Receipt, RingFacts,
        Statement, Stretch,
    },
    genesis::Genesis,
    note::{BucketId, BucketVersion},
    parameters::Parameters,
    state::{BlockEvents, Changes, LedgerState, MemoryState, RingCache, StateError},
    transaction::{
        Action, Transaction, TransactionId,
        clear::Outcome,
        metered::Values,
        open::ContractId,
        order::{OrderId, OrderTerms, Side},
    },
    units::{MeterId, Timestamp, Window},
};

use crate::{
    follow::{FactsError, Followed, Follower, Watch, follow_path, follow_reader},
    verify::Progress,
};

/// Gathers the facts of an exported chain, or of the one in a node's folder.
///
/// # Errors
/// [`FactsError`].
pub fn facts_from_path(
    path: &Path,
    disclosure: &Disclosure,
    progress: &mut dyn Progress,
) -> Result<ChainFacts, FactsError> {
    let network = disclosure.statement().network;
    Ok(follow_path(path, &network, |genesis| Gatherer::new(genesis, disclosure), progress)?.into())
}

/// Gathers the facts of a chain from any source of bytes; `total` is their number, for the progress only.
///
/// # Errors
/// [`FactsError`].
pub fn facts_from_reader<R: Read>(
    source: R,
    total: u64,
    disclosure: &Disclosure,
    progress: &mut dyn Progress,
) -> Result<ChainFacts, FactsError> {
    let network = disclosure.statement().network;
    Ok(follow_reader(source, total, &network, |genesis| Gatherer::new(genesis, disclosure), progress)?.into())
}

/// Follows a chain from its first block and keeps what a disclosure is about.
pub type Gatherer = Follower<Lookout>;

/// Looks out for what a disclosure is about.
pub struct Lookout {
    wanted: Wanted,
    found: Found,
}

/// What to look out for.
#[derive(Default)]
struct Wanted {
    place: Option<Place>,
    /// The keys of notes up to this block.
    keys_until: Option<u64>,
    contracts: BTreeSet<ContractId>,
    orders: BTreeSet<OrderId>,
    buckets: BTreeSet<BucketId>,
    /// Corrections of this meter in this window.
    window: Option<(MeterId, Window)>,
    /// What a meter posted of these windows.
    stretch: Option<Stretch>,
}

/// What was found of it.
#[derive(Default)]
struct Found {
    transaction: Option<(Place, Transaction, Timestamp)>,
    contracts: BTreeMap<ContractId, ContractFacts>,
    /// The wanted orders, and what each got.
    orders: BTreeMap<OrderId, (Placed, Option<FillFacts>)>,
    correction: Option<(TransactionId, At)>,
    windows: BTreeMap<Window, PostedWindow>,
    /// How many notes have each one-time key.
    keys: HashMap<[u8; 32], u64>,
    /// Every version that each wanted bucket ever had, with the digest of its content.
    versions: BTreeMap<BucketVersion, [u8; 32]>,
}

/// An order as it was placed.
struct Placed {
    side: Side,
    terms: OrderTerms,
    /// `P_payout` or `P_refund`.
    key: Point,
}

impl Wanted {
    fn by(claim: &Claim, parameters: &Parameters) -> Self {
        let mut wanted = Wanted::default();
        match claim {
            Claim::PaymentMade(payment) | Claim::PaymentReceived(payment) => {
                wanted.place = Some(payment.place);
                wanted.keys_until = Some(payment.place.height);
            }
            Claim::Reading(reading) => {
                let intervals = parameters.intervals_per_window() as u64;
                wanted.place = Some(reading.place);
                wanted.window = Some((reading.meter, Window(reading.interval.0 / intervals)));
            }
            Claim::Delivery(delivery) => wanted.contracts = [delivery.contract].into(),
            Claim::Shared(shared) => {
                wanted.contracts = shared.contracts.iter().copied().collect();
                wanted.orders = shared.orders.iter().copied().collect();
            }
            Claim::Balance(balance) => wanted.buckets = balance.notes.iter().map(|note| note.bucket.id).collect(),
            Claim::Bill(_) | Claim::Peak(_) | Claim::Energy(_) => wanted.stretch = claim.stretch(parameters),
        }
        wanted
    }
}

impl Gatherer {
    /// Before the first block.
    ///
    /// # Errors
    /// The genesis is that of another network than the disclosure's.
    pub fn new(genesis: Genesis, disclosure: &Disclosure) -> Result<Self, FactsError> {
        let Statement { network, claim, .. } = disclosure.statement();
        let lookout =
            |genesis: &Genesis| Lookout { wanted: Wanted::by(claim, &genesis.parameters), found: Found::default() };
        Follower::of_network(genesis, network, lookout)
    }

    /// All that was gathered; blocks that no certificate covers do not count.
    ///
    /// # Errors
    /// [`FactsError::NoBlocks`].
    pub fn finish(self) -> Result<ChainFacts, FactsError> {
        Ok(self.end()?.into())
    }
}

impl Watch for Lookout {
    fn changes(&mut self, at: At, changes: &Changes) -> Result<(), StateError> {
        if self.wanted.keys_until.is_some_and(|until| at.height <= until) {
            for (_, made) in BlockEvents::of(changes)?.notes {
                *self.found.keys.entry(made.key).or_default() += 1;
            }
        }
        Ok(())
    }

    fn block(&mut self, at: At, block: Block, ledger: &LedgerState<'_>) -> Result<(), StateError> {
        for id in &self.wanted.buckets {
            let bucket = ledger.bucket(*id)?;
            let version = bucket.map(|bucket| (BucketVersion { id: *id, length: bucket.length }, bucket.digest));
            self.found.versions.extend(version);
        }
        let (contracts, orders) = (&self.wanted.contracts, &self.wanted.orders);
        if !contracts.is_empty() {
            block.transactions.iter().for_each(|transaction| self.found.contract(contracts, transaction, at));
        }
        if !orders.is_empty() {
            block.transactions.iter().for_each(|transaction| self.found.order(orders, transaction, at));
        }
        if let Some(wanted) = self.wanted.stretch {
            block.transactions.iter().for_each(|transaction| self.found.posted(&wanted, transaction.action(), at));
        }
        for transaction in &block.transactions {
            if let Action::Correct(correct) = transaction.action()
                && self.wanted.window == Some((correct.statement.meter, correct.statement.window))
            {
                self.found.correction = Some((*transaction.id(), at));
            }
        }
        if let Some(place) = self.wanted.place.filter(|place| place.height == at.height) {
            let mut transactions = block.transactions.into_iter();
            let transaction = transactions.find(|transaction| *transaction.id() == place.transaction);
            self.found.transaction = transaction.map(|transaction| (place, transaction, at.time));
        }
        Ok(())
    }
}

impl Found {
    /// What a meter attests or corrects of the wanted windows. Of what comes after the stretch's height only that it came.
    fn posted(&mut self, wanted: &Stretch, action: &Action, at: At) {
        let register = |values: Values<'_>| match wanted.register {
            Register::Export => values.export.to_vec(),
            Register::Import => values.import.to_vec(),
        };
        let in_time = at.height <= wanted.height;
        match action {
            Action::Attest(attest) if attest.statement.meter == wanted.meter && in_time => {
                let attested = attest.statement.indexed_windows();
                for (window, attested) in attested.filter(|(window, _)| (wanted.from..wanted.until).contains(window)) {
                    let (status, values) = (attested.status, register(attested.values()));
                    let posted = PostedWindow { window, status, values, corrected: false, replaced: None };
                    self.windows.insert(window, posted);
                }
            }
            Action::Correct(correct) if correct.statement.meter == wanted.meter => {
                let Some(posted) = self.windows.get_mut(&correct.statement.window) else { return };
                if in_time {
                    posted.values = register(correct.statement.values());
                    posted.corrected = true;
                } else {
                    posted.replaced = Some(at);
                }
            }
            _ => {}
        }
    }

    fn contract(&mut self, wanted: &BTreeSet<ContractId>, transaction: &Transaction, at: At) {
        match transaction.action() {
            Action::Open(open) => {
                let id = ContractId::of(&transaction.envelope().network, transaction.id());
                if wanted.contains(&id) {
                    let terms = open.statement.contract;
                    self.contracts.insert(id, ContractFacts { terms, opened: at, receipt: None });
                }
            }
            Action::Deliver(deliver) => {
                for delivery in &deliver.statement.deliveries {
                    if let Some(contract) = self.contracts.get_mut(&delivery.contract) {
                        contract.receipt = Some(Receipt { delivered: delivery.delivered, at });
                    }
                }
            }
            _ => {}
        }
    }

    fn order(&mut self, wanted: &BTreeSet<OrderId>, transaction: &Transaction, at: At) {
        let placed = match transaction.action() {
            Action::Sell(sell) => {
                let statement = &sell.statement;
                Placed { side: Side::Sell, terms: statement.terms, key: statement.payout_key }
            }
            Action::Buy(buy) => {
                let statement = &buy.statement;
                Placed { side: Side::Buy, terms: statement.terms, key: statement.refund_key }
            }
            Action::Clear(clear) => {
                let Outcome::Trade { price, fills } = &clear.statement.outcome else { return };
                for fill in fills {
                    if let Some((Placed { side, terms, key }, filled)) = self.orders.get_mut(&fill.order) {
                        let (side, terms, key) = (*side, *terms, *key);
                        *filled = Some(FillFacts { side, terms, key, price: *price, fill: fill.fill, at });
                    }
                }
                return;
            }
            _ => return,
        };
        let id = OrderId::of(&transaction.envelope().network, transaction.id());
        if wanted.contains(&id) {
            self.orders.insert(id, (placed, None));
        }
    }
}

impl From<Followed<Lookout>> for ChainFacts {
    fn from(followed: Followed<Lookout>) -> Self {
        let Followed { genesis, state, rings, tip, watch } = followed;
        ChainFacts { genesis, state, rings, tip, found: watch.found }
    }
}

/// What a chain says about the disclosure for which it was gone through; of other disclosures it knows nothing.
pub struct ChainFacts {
    genesis: Genesis,
    state: MemoryState,
    rings: RingCache,
    tip: At,
    found: Found,
}

impl Facts for ChainFacts {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    fn tip(&self) -> At {
        self.tip
    }

    fn transaction(&self, place: &Place) -> Result<Option<Included<'_>>, StateError> {
        let found = self.found.transaction.as_ref().filter(|(at, ..)| at == place);
        Ok(found.map(|(_, transaction, time)| Included { transaction, time: *time }))
    }

    fn last_correction(&self, _: MeterId, _: Window) -> Result<Option<(TransactionId, At)>, StateError> {
        Ok(self.found.correction)
    }

    fn windows(&self, _: &Stretch) -> Result<Vec<PostedWindow>, StateError> {
        Ok(self.found.windows.values().cloned().collect())
    }

    fn notes_with_key(&self, key: &Point, _: u64) -> Result<u64, StateError> {
        Ok(self.found.keys.get(key.as_bytes()).copied().unwrap_or_default())
    }

    fn contract(&self, id: &ContractId) -> Result<Option<ContractFacts>, StateError> {
        Ok(self.found.contracts.get(id).copied())
    }

    fn fill(&self, id: &OrderId) -> Result<Option<FillFacts>, StateError> {
        Ok(self.found.orders.get(id).and_then(|(_, filled)| *filled))
    }

    fn ring(&self, version: BucketVersion) -> Result<Option<RingFacts>, StateError> {
        let Some(digest) = self.found.versions.get(&version) else { return Ok(None) };
        let ledger = LedgerState::new(&self.genesis, &self.state);
        let bucket = ledger.bucket(version.id)?.ok_or(StateError::Missing("a bucket"))?;
        Ok(Some(RingFacts { asset: bucket.asset, members: ledger.ring(&self.rings, version, *digest)? }))
    }

    fn is_spent(&self, image: &Point) -> Result<bool, StateError> {
        LedgerState::new(&self.genesis, &self.state).is_spent(image)
    }
}
