//! The community's money: a treasury that mints, wallets that pay each other, and the blocks that they read.

use std::sync::Arc;

use hushwatt_crypto::keys::Seed;
use hushwatt_ledger::{
    block::{Block, BlockHints},
    genesis::Genesis,
    transaction::{build::Built, hints::decode_hints},
    units::{Credit, Timestamp},
};
use hushwatt_node::{
    client::{ClientError, NodeClient, Taken},
    http::backend::BlockRecord,
};
use hushwatt_wallet::{ChainBlock, FinalBlock, Follower, Treasury, Wallet, WalletError};
use rand_core::OsRng;

use crate::town::{Town, patiently};

/// Bytes of blocks asked for at a time.
pub const PIECE: u64 = 16 << 20;
/// Notes of a Mint.
const NOTES: usize = 64;

/// Wallets that share their view of the chain.
pub struct Bank {
    follower: Follower,
    treasury: Treasury,
    /// Where the next block comes from.
    next: u64,
}

impl Bank {
    pub fn new(town: &Town) -> Self {
        let wallet = Wallet::new(town.genesis.clone(), &Seed::random(&mut OsRng)).unwrap();
        let treasury = Treasury::new(wallet, town.treasury.clone());
        Bank { follower: Follower::new(town.genesis.clone()), treasury, next: 1 }
    }

    /// Takes the new blocks of a node; gives those that are final by them.
    pub fn read(&mut self, client: &NodeClient) -> Result<Vec<Block>, ClientError> {
        let genesis = self.follower.genesis().clone();
        let mut records = Vec::new();
        let asked = client.blocks(self.next, PIECE, |record| {
            records.push(record);
            Ok::<_, ClientError>(())
        });
        let mut blocks = Vec::new();
        for record in records {
            self.next = record.height + 1;
            for FinalBlock { block, hints, events } in self.follower.follow(chain_block(&genesis, &record)).unwrap() {
                self.treasury.wallet.scan_block(&block, &hints, &events);
                blocks.push(block);
            }
        }
        asked.map(|_| blocks)
    }

    /// A Mint of many notes to itself.
    pub fn mint(&self, now: Timestamp) -> Built {
        self.treasury.mint(&self.follower, &[Credit(1_000_000); NOTES], now, &mut OsRng).unwrap()
    }

    /// A payment, if there is a note whose ring is sealed.
    pub fn pay(&mut self, now: Timestamp) -> Option<Built> {
        let to = *self.treasury.wallet.address();
        match self.treasury.wallet.pay(&self.follower, &[(to, Credit(1000))], now, &mut OsRng) {
            Ok(built) => Some(built),
            Err(
                WalletError::InsufficientCredit { .. } | WalletError::Scattered { .. } | WalletError::SmallRing { .. },
            ) => None,
            Err(error) => panic!("no payment can be made: {error}"),
        }
    }

    /// Mints until there is money to be spent.
    pub fn fund(&mut self, client: &NodeClient, clock: &dyn Fn() -> Timestamp) {
        for _ in 0..2 {
            let mint = self.mint(clock());
            finally(client, &mint);
            self.read(client).unwrap();
        }
    }
}

/// Hands in until it is final.
pub fn finally(client: &NodeClient, built: &Built) -> u64 {
    patiently("a transaction is final", || match client.submit(built, 20) {
        Ok(Taken::Final { height, .. }) => Some(height),
        Ok(Taken::Waiting { .. }) => None,
        Err(error) => panic!("{error}"),
    })
}

pub fn chain_block(genesis: &Arc<Genesis>, record: &BlockRecord) -> ChainBlock {
    let (block, certificate) = Block::decode_record(genesis.network(), &record.body, &record.certificate).unwrap();
    let encoded = record.hints.as_ref().expect("hints are kept for months");
    let hints: BlockHints = encoded.iter().map(|hints| decode_hints(hints).unwrap()).collect();
    ChainBlock { block, certificate, hints }
}
