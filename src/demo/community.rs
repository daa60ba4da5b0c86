//! Founding a community: keys, genesis, roles; and the next block, which everybody sees.

use std::sync::Arc;

use hushwatt_crypto::{keys::Seed, meter::DayKey, signature::SigningKey};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    genesis::{Genesis, Meter, NewGenesis},
    transaction::{build::Built, hints::decode_hints},
    units::{Credit, MeterId, Timestamp, Utility},
};
use hushwatt_meter_attest::Attestor;
use hushwatt_node::http::backend::BlockRecord;
use hushwatt_operator::keys::Keys;
use hushwatt_wallet::{ChainBlock, FinalBlock, Follower, Pairing, Treasury, Wallet};
use rand_core::OsRng;
use rayon::prelude::*;

use super::{
    DemoError, Options,
    data::Data,
    matcher::Matcher,
    network::Network,
    operator::Operator,
    output::Output,
    roles::{HomeMeter, Household, TopUp},
};

/// The network starts so long before the first window, in seconds: time for the first top-ups.
pub(super) const LEAD: u64 = 1800;

/// Everybody, side by side.
pub(super) struct Community {
    pub(super) genesis: Arc<Genesis>,
    pub(super) network: Network,
    /// The public view of the chain. It is the same for all, so the demo's wallets share one.
    pub(super) follower: Follower,
    pub(super) treasury: Treasury,
    pub(super) treasury_seed: Seed,
    /// Brings contracts about, in the demo that trades by them.
    pub(super) matcher: Matcher,
    /// Holds the auctions, in the demo that trades by those.
    pub(super) operator: Option<Operator>,
    pub(super) households: Vec<Household>,
}

impl Community {
    /// Generates all keys and the genesis.
    pub(super) fn found(data: &Data, options: &Options, output: &Output) -> Result<Self, DemoError> {
        let rng = &mut OsRng;
        let operator = (!options.bilateral).then(|| Keys::random(rng));
        let parameters = data.parameters();
        let validators: Vec<SigningKey> = (0..options.validators).map(|_| SigningKey::random(rng)).collect();
        let treasury_key = SigningKey::random(rng);
        let utilities = data.utilities();
        // In registration order: all homes' meters of the first utility, then those of the next.
        let meter_keys: Vec<(Utility, SigningKey)> = utilities
            .iter()
            .flat_map(|utility| data.names.iter().map(|_| (*utility, SigningKey::random(&mut OsRng))))
            .collect();
        let top_ups: Vec<TopUp> = (0..data.names.len()).map(|home| top_up(data, home)).collect();
        // Meters attest from the first window of the data on: the one after the genesis time.
        let genesis = NewGenesis {
            time: data.start().minus(LEAD),
            simulated_time: true,
            parameters: parameters.clone(),
            validators: validators.iter().map(SigningKey::verifying_key).collect(),
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: treasury_key.verifying_key(),
            operator: operator.as_ref().map(Keys::public),
            meters: meter_keys
                .iter()
                .map(|(utility, key)| Meter {
                    utility: *utility,
                    class: data.class(*utility),
                    key: key.verifying_key(),
                })
                .collect(),
        };
        let genesis = Arc::new(genesis.build()?);
        let network = Network::start(genesis.clone(), validators, output.node_folder())?;
        let operator =
            operator.map(|keys| Operator::start(genesis.clone(), keys, &output.operator_folder())).transpose()?;
        let treasury_seed = Seed::random(rng);
        let treasury = Treasury::new(Wallet::new(genesis.clone(), &treasury_seed)?, treasury_key);
        let mut households = Vec::with_capacity(data.names.len());
        for (home, top_up) in top_ups.into_iter().enumerate() {
            let seed = Seed::random(rng);
            let wallet = Wallet::new(genesis.clone(), &seed)?;
            let (name, meters) = (data.names[home].clone(), Vec::with_capacity(utilities.len()));
            households.push(Household { home, name, seed, wallet, meters, top_up });
        }
        for (number, (utility, key)) in meter_keys.into_iter().enumerate() {
            let household = &mut households[number % data.names.len()];
            let meter = MeterId(number as u32);
            let pairing = Pairing { meter, day_key: DayKey::random(data.first_day, rng) };
            household.wallet.pair(pairing.clone());
            let spend = household.wallet.address().spend;
            let attestor = Attestor::new(&genesis, meter, key, pairing.day_key.clone(), spend);
            household.meters.push(HomeMeter { utility, pairing, attestor });
        }
        let follower = Follower::new(genesis.clone());
        let matcher = Matcher::default();
        Ok(Community { genesis, network, follower, treasury, treasury_seed, matcher, operator, households })
    }

    /// Waits until everything handed in is final and the chain has come to a time, and lets everybody see the new blocks.
    /// Gives the height of the last.
    pub(super) fn block_at(&mut self, time: Timestamp) -> Result<u64, DemoError> {
        for record in self.network.advance_to(time)? {
            let next = self.read(record)?;
            for FinalBlock { block, hints, events } in self.follower.follow(next)? {
                self.treasury.wallet.scan_block(&block, &hints, &events);
                self.households.par_iter_mut().for_each(|household| {
                    household.wallet.scan_block(&block, &hints, &events);
                });
            }
        }
        Ok(self.follower.tip().height)
    }

    fn read(&self, record: BlockRecord) -> Result<ChainBlock, DemoError> {
        let wrong = |error: &dyn std::fmt::Display| DemoError::Answer(format!("block {}: {error}", record.height));
        let network = self.genesis.network();
        let (block, certificate) =
            Block::decode_record(network, &record.body, &record.certificate).map_err(|error| wrong(&error))?;
        let encoded = record.hints.as_ref().ok_or_else(|| wrong(&"it came without its hints"))?;
        let hints: Result<BlockHints, _> = encoded.iter().map(|hints| decode_hints(hints)).collect();
        Ok(ChainBlock { block, certificate, hints: hints.map_err(|error| wrong(&error))? })
    }

    /// Hands transactions to the validators at a time; each must be accepted.
    pub(super) fn submit(&mut self, now: Timestamp, built: Vec<Built>) -> Result<(), DemoError> {
        self.network.submit(now, built)
    }
}

/// A household's own estimate: a note pays for the dearest window, all notes for all imports.
fn top_up(data: &Data, home: usize) -> TopUp {
    let parameters = data.parameters();
    let utilities = data.utilities();
    let (mut dearest, mut all) = (0, 0);
    for utility in &utilities {
        let most = u64::from(parameters.prices_of(*utility).cap);
        for window in data.windows(&parameters) {
            let import = data.window(&parameters, *utility, home, window).map_or(0, |(_, import)| import);
            dearest = dearest.max(import * most);
            all += import * most;
        }
    }
    // At least nine transfers in all, so that a small village's first bucket has enough origins; and notes to buy each utility
    // with.
    let transfers = 9usize.div_ceil(data.names.len()).max(2 * utilities.len());
    let note = dearest.max(all / (7 * transfers as u64)).max(1_000_000);
    TopUp { transfers, note: Credit(note.div_ceil(1_000_000) * 1_000_000) }
}
