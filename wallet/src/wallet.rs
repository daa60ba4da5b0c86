//! The wallet: keys, and what it knows from the blocks it scanned.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hushwatt_crypto::{
    CryptoError, SecretScalar,
    address::Address,
    keys::{Account, OneTimeSecret, Seed, ViewKey},
};
use hushwatt_ledger::{
    genesis::Genesis,
    note::{Asset, BucketId, MIN_RING, NoteNumber},
    transaction::{
        open::ContractId,
        order::{OrderId, Side},
    },
    units::Timestamp,
};
use zeroize::Zeroizing;

use crate::{
    Claim, Movement, OpenedWindow, Order, OrderState, OwnedNote, Pairing, PayeeTag, Purchase, WalletError,
    forget::Forgotten,
    history::Recorded,
    memo::payee_tag,
    meters::{DayKeys, OpenedReading},
    totals::Totals,
};

/// What a wallet holds of its household's keys.
pub(crate) enum Keys {
    /// All: it sees and spends.
    Full(Account),
    /// The view key: it sees.
    View(ViewKey, Address),
}

/// A household's wallet. The ledger owns the builders; the wallet owns secrets and choice.
pub struct Wallet {
    pub(crate) genesis: Arc<Genesis>,
    keys: Keys,
    pub(crate) pairings: Vec<Pairing>,
    pub(crate) day_keys: DayKeys,
    pub(crate) notes: BTreeMap<NoteNumber, OwnedNote>,
    pub(crate) by_image: BTreeMap<[u8; 32], NoteNumber>,
    pub(crate) reserved: BTreeSet<NoteNumber>,
    pub(crate) purchases: BTreeMap<ContractId, Purchase>,
    pub(crate) claims: BTreeMap<ContractId, Claim>,
    /// Handles of all claims: none is accepted twice.
    pub(crate) handles: BTreeSet<[u8; 32]>,
    pub(crate) orders: BTreeMap<OrderId, Order>,
    pub(crate) windows: Vec<OpenedWindow>,
    /// What is left of readings that were forgotten.
    pub(crate) forgotten: Forgotten,
    pub(crate) movements: Vec<Movement>,
    /// Totals that were asked for.
    pub(crate) totals: Totals,
    pub(crate) height: u64,
    pub(crate) time: Timestamp,
    /// Up to which block everything was scanned before it began to read again.
    pub(crate) known_until: u64,
    /// What the history has of those blocks.
    pub(crate) recorded: BTreeSet<Recorded>,
    pub(crate) birthday: Timestamp,
    pub(crate) smallest_ring: u32,
}

impl Wallet {
    /// A wallet that has scanned nothing yet: a new one, or one restored from its seed.
    pub fn new(genesis: Arc<Genesis>, seed: &Seed) -> Result<Self, CryptoError> {
        let account = Account::from_seed(genesis.network(), seed)?;
        Ok(Self::with_keys(genesis, Keys::Full(account)))
    }

    /// A wallet that looks and cannot spend, from the text that [`Self::view_key_export`] gave. It learns what was spent
    /// from what the spending wallet notes beside its change.
    pub fn view_only(genesis: Arc<Genesis>, view_key: &str) -> Result<Self, CryptoError> {
        let view = ViewKey::import(genesis.network(), view_key)?;
        let address = view.address()?;
        Ok(Self::with_keys(genesis, Keys::View(view, address)))
    }

    fn with_keys(genesis: Arc<Genesis>, keys: Keys) -> Self {
        Wallet {
            time: genesis.time,
            genesis,
            keys,
            pairings: Vec::new(),
            day_keys: DayKeys::default(),
            notes: BTreeMap::new(),
            by_image: BTreeMap::new(),
            reserved: BTreeSet::new(),
            purchases: BTreeMap::new(),
            claims: BTreeMap::new(),
            handles: BTreeSet::new(),
            orders: BTreeMap::new(),
            windows: Vec::new(),
            forgotten: Forgotten::default(),
            movements: Vec::new(),
            totals: Totals::default(),
            height: 0,
            known_until: 0,
            recorded: BTreeSet::new(),
            birthday: Timestamp(0),
            smallest_ring: MIN_RING,
        }
    }

    /// Refuses to spend from buckets of fewer notes (protocol section 4: below `ring_min` a wallet asks first). Without
    /// this, everything that can be signed is.
    pub fn require_ring(&mut self, notes: u32) {
        self.smallest_ring = notes.max(MIN_RING);
    }

    /// Nothing on the ledger before this time is ours: blocks before it are not searched. Set it before the first scan.
    pub fn set_birthday(&mut self, birthday: Timestamp) {
        self.birthday = birthday;
    }

    /// Reads all blocks again from the first one on, and keeps what it knows: for a meter that was paired late, or notes whose
    /// hints came late. What the nodes have no hints for any more stays as it is.
    pub fn read_again(&mut self) {
        self.known_until = self.known_until.max(self.height);
        self.height = 0;
        self.recall_records();
    }

    /// Adds a meter of the household. Attestations scanned before stay closed: pair first, then scan.
    pub fn pair(&mut self, pairing: Pairing) {
        self.pairings.push(pairing);
    }

    /// The household's meters.
    pub fn pairings(&self) -> &[Pairing] {
        &self.pairings
    }

    /// Where others pay to.
    pub fn address(&self) -> &Address {
        match &self.keys {
            Keys::Full(account) => account.address(),
            Keys::View(_, address) => address,
        }
    }

    /// Whether it can only look.
    pub fn is_view_only(&self) -> bool {
        matches!(self.keys, Keys::View(..))
    }

    /// The key for a wallet that only looks, as text. Who has it sees all that this wallet sees, and spends nothing.
    pub fn view_key_export(&self) -> Zeroizing<String> {
        self.view().export(self.genesis.network())
    }

    /// What [`crate::MovementKind::Sent`] calls a payee.
    pub fn payee_tag(&self, payee: &Address) -> PayeeTag {
        payee_tag(self.genesis.network(), self.view(), payee)
    }

    /// The last scanned block.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Time of the last scanned block: the wallet is right as of then.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// All notes ever owned, in the order of their numbers.
    pub fn notes(&self) -> impl Iterator<Item = &OwnedNote> {
        self.notes.values()
    }

    /// The buckets that a [`crate::PublicView`] must not forget: those of money, those of energy that can still be
    /// delivered, and those to which such energy comes back as change.
    pub fn needed_buckets(&self) -> BTreeSet<BucketId> {
        let parameters = &self.genesis.parameters;
        let counts = |note: &&OwnedNote| match note.asset {
            Asset::Credit => note.opening.value > 0,
            Asset::Energy { window, .. } => parameters.deliver_until(window) >= self.time,
        };
        let unspent: Vec<&OwnedNote> = self.notes().filter(|note| !note.spent).filter(counts).collect();
        let mut needed: BTreeSet<BucketId> = unspent.iter().filter_map(|note| note.bucket()).collect();
        let waiting = unspent.iter().filter(|note| note.asset != Asset::Credit && note.bucket().is_none());
        let mut waiting: BTreeSet<Asset> = waiting.map(|note| note.asset).collect();
        waiting.extend(self.open_orders().filter(|order| order.side() == Side::Sell).map(Order::asset));
        needed.extend(self.notes().filter(|note| waiting.contains(&note.asset)).filter_map(OwnedNote::bucket));
        needed
    }

    /// All contracts opened as buyer.
    pub fn purchases(&self) -> impl Iterator<Item = &Purchase> {
        self.purchases.values()
    }

    /// All contracts made out to this wallet.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.claims.values()
    }

    /// All orders placed in auctions.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// Those whose auction is not over.
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.orders().filter(|order| order.state == OrderState::Open)
    }

    /// All windows of own meters, in the order in which they were posted.
    pub fn windows(&self) -> &[OpenedWindow] {
        &self.windows
    }

    /// All readings of own meters with their openings, window by window in the order in which they were posted. Derived
    /// anew each time: for the openings of one window ask [`Self::readings_of`].
    pub fn readings(&self) -> Vec<OpenedReading> {
        let mut keys = DayKeys::default();
        self.windows.iter().flat_map(|window| window.openings(&self.genesis, &self.pairings, &mut keys)).collect()
    }

    /// The readings of one window with their openings.
    pub fn readings_of(&self, window: &OpenedWindow) -> Vec<OpenedReading> {
        window.openings(&self.genesis, &self.pairings, &mut DayKeys::default())
    }

    /// What happened, in the order of the ledger.
    pub fn movements(&self) -> &[Movement] {
        &self.movements
    }

    pub(crate) fn view(&self) -> &ViewKey {
        match &self.keys {
            Keys::Full(account) => account.view(),
            Keys::View(view, _) => view,
        }
    }

    pub(crate) fn secret(&self, tweak: &SecretScalar) -> Result<OneTimeSecret, WalletError> {
        match &self.keys {
            Keys::Full(account) => Ok(OneTimeSecret::new(tweak, account.spend())),
            Keys::View(..) => Err(WalletError::ViewOnly),
        }
    }

    pub(crate) fn must_spend(&self) -> Result<(), WalletError> {
        if self.is_view_only() { Err(WalletError::ViewOnly) } else { Ok(()) }
    }
}
