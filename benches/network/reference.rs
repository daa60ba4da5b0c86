//! What one transaction costs on one thread without any network: the yardstick for the nodes' CPU time.

use std::time::Duration;

use hushwatt_ledger::{
    genesis::Genesis,
    note::Asset,
    rules::spending::range_proofs_verify,
    state::Resolved,
    transaction::{
        Transaction,
        check::{check_alone, check_proofs},
    },
};
use serde::Serialize;

use crate::{Failure, process::thread_time, stock::Prepared};

/// Transactions verified as one batch.
const BATCH: usize = 32;
/// CPU time that a measurement takes at least: the system counts it in steps of some milliseconds.
const LEAST: Duration = Duration::from_millis(400);

/// CPU seconds for a transaction on one thread.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reference {
    /// Transactions measured.
    pub transactions: usize,
    /// Bytes of one without its hints.
    pub bytes: usize,
    /// Bytes of its hints.
    pub hint_bytes: usize,
    /// The stateless check of one alone, its ring decoded already.
    pub check_alone: f64,
    /// The same of each in a batch of 32, as nodes do under load.
    pub check_in_batch: f64,
    /// Decoding it.
    pub decode: f64,
}

impl Reference {
    /// Measures these transactions.
    ///
    /// # Errors
    /// One does not verify.
    pub fn measure(genesis: &Genesis, prepared: &[Prepared]) -> Result<Self, Failure> {
        let cases: Vec<(&Transaction, Resolved)> = prepared.iter().map(case).collect();
        let encoded: Vec<Vec<u8>> = cases.iter().map(|(transaction, _)| transaction.encode()).collect();
        let bytes = encoded.first().map_or(0, Vec::len);
        let hint_bytes = prepared.first().map_or(0, |one| one.built.hints.iter().map(|hint| hint.0.len()).sum());
        let single = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        single.install(|| {
            let alone = || {
                cases.iter().try_for_each(|(transaction, resolved)| {
                    check_alone(genesis, transaction, resolved).map_err(|rejection| rejection.to_string())
                })
            };
            let batches = || {
                cases.chunks(BATCH).try_for_each(|batch| {
                    let mut claims = Vec::new();
                    for (transaction, resolved) in batch {
                        let own = check_proofs(genesis, transaction, resolved);
                        claims.extend(own.map_err(|rejection| rejection.to_string())?);
                    }
                    range_proofs_verify(&claims).map_err(|_| "a range proof does not hold".to_owned())
                })
            };
            let decode = || {
                encoded.iter().try_for_each(|bytes| {
                    Transaction::decode(genesis.network(), bytes).map(drop).map_err(|error| error.to_string())
                })
            };
            // Once before, so that nothing is measured that happens once for each ring.
            alone()?;
            Ok(Reference {
                transactions: cases.len(),
                bytes,
                hint_bytes,
                check_alone: seconds_for_each(cases.len(), alone)?,
                check_in_batch: seconds_for_each(cases.len(), batches)?,
                decode: seconds_for_each(cases.len(), decode)?,
            })
        })
    }
}

fn case(prepared: &Prepared) -> (&Transaction, Resolved) {
    let resolved = Resolved {
        rings: vec![prepared.ring.clone()],
        assets: vec![Asset::Credit],
        digests: vec![[0; 32]],
        ..Resolved::default()
    };
    (&prepared.built.transaction, resolved)
}

fn seconds_for_each(count: usize, work: impl Fn() -> Result<(), String>) -> Result<f64, Failure> {
    let before = thread_time()?;
    let mut rounds = 0_usize;
    loop {
        work()?;
        rounds += 1;
        let taken = thread_time()? - before;
        if taken >= LEAST {
            return Ok(taken.as_secs_f64() / (rounds * count.max(1)) as f64);
        }
    }
}
