//! Submissions for the tests of this crate's parts: real transactions, of a network that exists nowhere else.

use std::sync::{Arc, OnceLock};

use hushwatt_crypto::{
    keys::{Account, Seed},
    signature::SigningKey,
};
use hushwatt_ledger::{
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    transaction::{build::Payee, mint::build::MintPlan},
    units::Timestamp,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rayon::prelude::*;

use crate::Submission;

pub(crate) fn genesis() -> Arc<Genesis> {
    let key = |byte| SigningKey::from_bytes(&[byte; 32]).verifying_key();
    let genesis = NewGenesis {
        time: Timestamp(1_000_000),
        simulated_time: true,
        parameters: Parameters::default(),
        validators: vec![key(1)],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key(2),
        operator: None,
        meters: Vec::new(),
    };
    Arc::new(genesis.build().unwrap())
}

/// Mints of serials 1 to 48, in turns of 2, 3 and 4 outputs, that expire in turns at three times.
pub(crate) fn mints() -> &'static [Submission] {
    static MINTS: OnceLock<Vec<Submission>> = OnceLock::new();
    MINTS.get_or_init(|| {
        let genesis = genesis();
        let payee = *Account::from_seed(genesis.network(), &Seed::from_bytes([5; 32])).unwrap().address();
        let mint = |serial: u64| {
            let rng = &mut ChaCha20Rng::seed_from_u64(serial);
            let payees = vec![Payee::new(payee, 5); 2 + serial as usize % 3];
            let valid_until = Timestamp(1_200_000 + 600 * (serial % 3));
            let plan = MintPlan { serial, payees, valid_until };
            let built = plan.prove(&genesis, rng).unwrap().sign(&SigningKey::from_bytes(&[2; 32]));
            Submission::of_built(genesis.network(), &built).unwrap()
        };
        (1..=48_u64).into_par_iter().map(mint).collect()
    })
}
