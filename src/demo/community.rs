//! Founding a community: keys, genesis, roles; and the next block, which everybody sees.

use std::{path::Path, sync::Arc};

use hushwatt_crypto::{keys::Seed, meter::DayKey, signature::SigningKey};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    units::{Credit, MeterId, Timestamp, Utility},
};
use hushwatt_meter_attest::Attestor;
use hushwatt_node::{MempoolLimits, Node, Produced, SteppedClock};
use hushwatt_wallet::{Follower, Pairing, Treasury, Wallet};
use rand_core::OsRng;
use rayon::prelude::*;

use super::{
    DemoError,
    data::{Data, GRID},
    matcher::Matcher,
    roles::{Household, TopUp},
};

/// The network starts so long before the first window, in seconds: time for the first top-ups.
pub(super) const LEAD: u64 = 1800;

/// Everybody, side by side. Only `clock` touches all of them.
pub(super) struct Community {
    pub(super) genesis: Arc<Genesis>,
    pub(super) clock: SteppedClock,
    pub(super) node: Node,
    /// The public view of the chain. It is the same for all, so the demo's wallets share one.
    pub(super) follower: Follower,
    pub(super) treasury: Treasury,
    pub(super) treasury_seed: Seed,
    pub(super) matcher: Matcher,
    pub(super) households: Vec<Household>,
}

impl Community {
    /// Generates all keys and the genesis.
    pub(super) fn found(data: &Data, folder: &Path) -> Result<Self, DemoError> {
        let rng = &mut OsRng;
        let parameters = data.parameters();
        let validator = SigningKey::random(rng);
        let treasury_key = SigningKey::random(rng);
        let meter_keys: Vec<SigningKey> = data.names.iter().map(|_| SigningKey::random(rng)).collect();
        let top_ups: Vec<TopUp> = (0..data.names.len()).map(|home| top_up(data, home)).collect();
        // Meters attest from the first window of the data on: the one after the genesis time.
        let genesis = NewGenesis {
            time: data.start().minus(LEAD),
            simulated_time: true,
            parameters: parameters.clone(),
            validator: validator.verifying_key(),
            treasury: treasury_key.verifying_key(),
            meters: meter_keys
                .iter()
                .map(|key| Meter { utility: Utility::Electricity, class: data.class(), key: key.verifying_key() })
                .collect(),
        };
        let genesis = Arc::new(genesis.build()?);
        let clock = SteppedClock::new(genesis.time);
        let node = Node::open(folder, genesis.clone(), validator, Box::new(clock.clone()), MempoolLimits::default())?;
        let treasury_seed = Seed::random(rng);
        let treasury = Treasury::new(Wallet::new(genesis.clone(), &treasury_seed)?, treasury_key);
        let mut households = Vec::with_capacity(data.names.len());
        for (home, (key, top_up)) in meter_keys.into_iter().zip(top_ups).enumerate() {
            let seed = Seed::random(rng);
            let mut wallet = Wallet::new(genesis.clone(), &seed)?;
            let meter = MeterId(home as u32);
            let pairing = Pairing { meter, day_key: DayKey::random(data.first_day, rng) };
            wallet.pair(pairing.clone());
            let spend = wallet.address().spend;
            let attestor = Attestor::new(&genesis, meter, key, pairing.day_key.clone(), spend);
            let name = data.names[home].clone();
            households.push(Household { home, name, seed, pairing, wallet, attestor, top_up });
        }
        let follower = Follower::new(genesis.clone());
        let matcher = Matcher::default();
        Ok(Community { genesis, clock, node, follower, treasury, treasury_seed, matcher, households })
    }

    /// Makes the next block at a time, and lets everybody see it.
    pub(super) fn block_at(&mut self, time: Timestamp) -> Result<Produced, DemoError> {
        self.clock.step_to(time);
        let produced = self.node.produce()?;
        if let Some((_, rejection)) = produced.dropped.first() {
            return Err(DemoError::Dropped(*rejection));
        }
        let events = self.follower.follow(&produced.block, &produced.certificate)?;
        self.treasury.wallet.scan_block(&produced.block, &produced.hints, &events);
        self.households.par_iter_mut().for_each(|household| {
            household.wallet.scan_block(&produced.block, &produced.hints, &events);
        });
        Ok(produced)
    }

    /// Hands transactions to the node at a time; each must be accepted.
    pub(super) fn submit(
        &mut self,
        now: Timestamp,
        built: Vec<hushwatt_ledger::transaction::build::Built>,
    ) -> Result<(), DemoError> {
        self.clock.step_to(now);
        let kinds: Vec<&'static str> = built.iter().map(|built| built.transaction.action().name()).collect();
        for (verdict, kind) in self.node.submit_all(built).into_iter().zip(kinds) {
            verdict.map_err(|source| DemoError::Refused { kind, source })?;
        }
        Ok(())
    }
}

/// A household's own estimate: a note pays for the dearest window, all notes for all imports.
fn top_up(data: &Data, home: usize) -> TopUp {
    let parameters = data.parameters();
    let imports = data.windows(&parameters).filter_map(|window| data.window(&parameters, home, window));
    let (mut dearest, mut all) = (0, 0);
    for (_, import) in imports {
        dearest = dearest.max(import);
        all += import;
    }
    // At least nine transfers in all, so that a small village's first bucket has enough origins.
    let transfers = 9usize.div_ceil(data.names.len()).max(2);
    let cost = |quantity: u64| quantity * u64::from(GRID);
    let note = cost(dearest).max(cost(all) / (7 * transfers as u64)).max(1_000_000);
    TopUp { transfers, note: Credit(note.div_ceil(1_000_000) * 1_000_000) }
}
