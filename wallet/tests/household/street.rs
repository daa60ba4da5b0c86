//! Households side by side, fed by hand with the blocks of a lockstep node.

use std::path::PathBuf;

use hushwatt_crypto::{hash::hex, meter::DayKey};
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{Transaction, build::Built, hints::decode_hints},
    units::{Credit, MeterId, Quantity, Timestamp, Window},
};
use hushwatt_meter_attest::{Attestor, Metered};
use hushwatt_wallet::{
    ChainBlock, Wallet,
    file::{Passphrase, SeedWords, Strength},
    household::{Household, NewHousehold, PairingCode, ToHandIn},
    sync::Fetched,
};
use tempfile::TempDir;

use crate::support::{Community, Produced, Setup, meter_key, seed_of};

pub const ANNA: usize = 0;
pub const BERT: usize = 1;
pub const HOUR: u64 = 3_600;
pub const EURO: u64 = 1_000_000;

pub fn passphrase() -> Passphrase {
    Passphrase::new("correct horse").unwrap()
}

/// A community whose blocks are kept, and a folder for wallet files.
pub struct Street {
    pub community: Community,
    pub blocks: Vec<ChainBlock>,
    pub folder: TempDir,
    attestors: Vec<Attestor>,
}

impl Street {
    /// Everybody of the first wallets has eight notes of ten euros that can be spent.
    pub fn new() -> Self {
        Self::of(&Setup::default())
    }

    pub fn of(setup: &Setup) -> Self {
        let community = Community::found(setup);
        let attestors = [ANNA, BERT].map(|who| {
            let spend = Wallet::new(community.genesis.clone(), &seed_of(who)).unwrap().address().spend;
            Attestor::new(&community.genesis, MeterId(who as u32), meter_key(who), day_key(who), spend)
        });
        let (blocks, folder) = (Vec::new(), tempfile::tempdir().unwrap());
        let mut street = Street { community, blocks, folder, attestors: attestors.into() };
        let notes: Vec<(usize, u64)> = [ANNA, BERT].iter().flat_map(|who| [(*who, 10 * EURO); 8]).collect();
        let mint = street.community.mint_of(&notes);
        street.settle(vec![mint]);
        street
    }

    pub fn genesis(&self) -> Genesis {
        Genesis::clone(&self.community.genesis)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A household with the seed of one of the community's wallets, up to date.
    pub fn household(&self, who: usize, name: &str) -> Household {
        let mut household = self.fresh(who, name);
        self.feed(&mut household);
        household
    }

    /// The same before it has read anything.
    pub fn fresh(&self, who: usize, name: &str) -> Household {
        let passphrase = passphrase();
        let path = self.path(name);
        let new = NewHousehold {
            path: &path,
            passphrase: &passphrase,
            strength: Strength::FOR_TESTS,
            genesis: self.genesis(),
            nodes: vec!["http://127.0.0.1:1".to_owned()],
        };
        Household::restore_words(new, &SeedWords::from_seed(&seed_of(who)), None).unwrap()
    }

    pub fn reopen(&self, name: &str) -> Household {
        Household::open(&self.path(name), &passphrase()).unwrap()
    }

    /// Gives a household the blocks that it has not read.
    pub fn feed(&self, household: &mut Household) {
        self.feed_as(household, |block| block.clone());
    }

    /// The same, as somebody else has them.
    pub fn feed_as(&self, household: &mut Household, change: impl Fn(&ChainBlock) -> ChainBlock) {
        let from = household.read_until() as usize;
        let blocks: Vec<ChainBlock> = self.blocks[from..].iter().map(change).collect();
        let tip = self.blocks.last().map(|last| (last.block.header.height, last.block.header.time));
        household.note_tip(tip);
        household.take_in(Fetched { blocks, tip: tip.unwrap_or_default().0, without_hints: 0 }).unwrap();
    }

    pub fn keep(&mut self, produced: Produced) {
        let Produced { block, certificate, hints, .. } = produced;
        self.blocks.push(ChainBlock { block, certificate: Some(certificate), hints });
    }

    pub fn settle(&mut self, built: Vec<Built>) {
        let produced = self.community.settle(built);
        self.keep(produced);
    }

    pub fn block_at(&mut self, time: Timestamp) {
        let produced = self.community.block_at(time);
        self.keep(produced);
    }

    /// Time goes by until what waits can be spent.
    pub fn next_settlement(&mut self) {
        // In company: one payment alone is not settled so soon.
        for _ in 0..2 {
            let mint = self.community.mint_of(&[]);
            self.settle(vec![mint]);
        }
        let produced = self.community.next_epoch();
        self.keep(produced);
    }

    /// What a household signed is handed in, and is in a block.
    pub fn hand_in(&mut self, household: &mut Household) -> usize {
        let waiting = household.to_hand_in();
        let built: Vec<Built> = waiting.iter().map(|one| self.read(one)).collect();
        for one in &waiting {
            household.handed_in(&one.id).unwrap();
        }
        self.settle(built);
        self.feed(household);
        waiting.len()
    }

    fn read(&self, one: &ToHandIn) -> Built {
        let (length, rest) = one.bytes.split_first_chunk::<4>().unwrap();
        let (transaction, hints) = rest.split_at(u32::from_le_bytes(*length) as usize);
        let transaction = Transaction::decode(self.community.genesis.network(), transaction).unwrap();
        assert_eq!(hex(&transaction.id().0), hex(&one.id.0));
        Built::new(transaction, decode_hints(hints).unwrap())
    }

    pub fn pairing_code(&self, who: usize) -> String {
        let code = PairingCode { meter: MeterId(who as u32), day_key: day_key(who) };
        code.encode(self.community.genesis.network()).to_string()
    }

    /// The n-th window that meters attest, from 0.
    pub fn window(&self, n: u64) -> Window {
        Window(self.community.genesis.first_window().0 + n)
    }

    pub fn start_of(&self, window: Window) -> Timestamp {
        self.community.genesis.parameters.window_start(window)
    }

    /// Meters attest all that is over: Anna's gives this many Wh an interval, Bert's takes as many.
    pub fn attest(&mut self, export: u32) {
        let now = self.community.now();
        let mut built = Vec::new();
        for (who, attestor) in self.attestors.iter_mut().enumerate() {
            let (export, import) = if who == ANNA { (export, 5) } else { (0, export) };
            let metered = Metered { export: Quantity(export), import: Quantity(import) };
            let rng = &mut self.community.rng;
            let pending = attestor.attest(&self.community.genesis, |_| Some(metered), now, rng).unwrap();
            attestor.confirm(&pending);
            built.push(pending.built);
        }
        self.settle(built);
    }

    /// The first window is over, attested and can be delivered.
    pub fn measure_first_window(&mut self, export: u32) {
        let end = self.community.genesis.parameters.window_end(self.window(0));
        self.block_at(end);
        self.attest(export);
        self.block_at(end.plus(2 * HOUR + 1));
    }
}

/// What a meter's readings are opened with from the first day on.
pub fn day_key(who: usize) -> DayKey {
    DayKey::from_bytes(crate::support::START.day(), [50 + who as u8; 32])
}

pub fn available(household: &Household) -> Credit {
    household.overview(Vec::new()).available
}

pub fn total(household: &Household) -> u64 {
    household.overview(Vec::new()).total.0
}
