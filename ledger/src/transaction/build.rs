//! What the builders of all kinds share: outputs with hints, errors, and the finished product.

use hushwatt_crypto::{
    CryptoError, NetworkId, Rng, SecretScalar,
    address::Address,
    commitment::Opening,
    context::Context,
    hint::{Hint, HintBody, MEMO_LENGTH},
    onetime::NewOutput,
};
use zeroize::Zeroizing;

use super::Transaction;
use crate::note::Output;

/// Why a transaction was not built. Nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// None, or more than four.
    #[error("a transaction spends 1 to 4 notes of one bucket")]
    InputCount,
    /// Not 2 or 8 for a Transfer, not 2 to 64 for a Mint.
    #[error("a transfer makes 2 or 8 notes, a mint 2 to 64")]
    OutputCount,
    /// Not 1 to 7 contracts in a Deliver.
    #[error("a delivery serves 1 to 7 contracts")]
    ContractCount,
    /// Inputs and outputs differ.
    #[error("the inputs do not cover the outputs exactly")]
    Unbalanced,
    /// A sum does not fit.
    #[error("an amount is too large")]
    Overflow,
    /// Ring and bucket version differ.
    #[error("the ring given does not have the named bucket version's length")]
    WrongRing,
    /// More delivered than a contract asks.
    #[error("a delivery is larger than its contract")]
    OverDelivery,
    /// The genesis has none.
    #[error("there are no auctions on this network")]
    NoAuctions,
    /// Below the genesis' smallest quantity.
    #[error("the order is smaller than an auction on this network accepts")]
    OrderTooSmall,
    /// Not between the utility's floor and cap.
    #[error("the limit is outside of the lowest and the highest price on this network")]
    LimitOutOfRange,
    /// An attestation has 1 to 24 windows with the right number of readings, missing ones only in missing windows.
    #[error("the windows of an attestation do not have the shape the genesis asks for")]
    WindowShape,
    /// Not what the subject has.
    #[error("a meter shares two sums, a seller one delivery")]
    ShareShape,
    /// Nothing to complain of.
    #[error("the share is right: nothing is shown of it")]
    ShareIsRight,
    /// Not in the genesis.
    #[error("the key is none of the registrars' in the genesis")]
    NoRegistrar,
    /// Below the quorum.
    #[error("fewer registrars have signed than the genesis asks for")]
    TooFewRegistrars,
    /// Cryptography refused an input.
    #[error("{0}")]
    Crypto(#[from] CryptoError),
}

/// A transaction ready to submit, with the hints that travel beside it.
#[derive(Clone, Debug)]
pub struct Built {
    /// The permanent part.
    pub transaction: Transaction,
    /// The erasable part.
    pub hints: Vec<Hint>,
    /// Openings of the fresh commitments `C'` of its inputs, in their order: only who made the transaction knows them, so
    /// they show later who paid. They are on no ledger; whoever may have to prove a payment keeps them, as secrets.
    pub authorship: Vec<Opening>,
    /// What a Transfer's maker knows of its outputs, in their order: to show later to whom he paid how much. Secrets too.
    pub made: Vec<MadeOutput>,
}

/// An output as its maker knows it. Its recipient knows the same.
#[derive(Clone, Debug)]
pub struct MadeOutput {
    /// Who can spend it.
    pub to: Address,
    /// `k`: the one-time key is `k*G + S`.
    pub tweak: SecretScalar,
    /// Value and blinding.
    pub opening: Opening,
}

impl Built {
    /// From the parts that travel, without what only its maker knows.
    pub fn new(transaction: Transaction, hints: Vec<Hint>) -> Self {
        Built { transaction, hints, authorship: Vec::new(), made: Vec::new() }
    }
}

/// What a hint says beside the opening.
pub type Memo = Zeroizing<[u8; MEMO_LENGTH]>;

/// One output to make.
#[derive(Clone)]
pub struct Payee {
    /// Who can spend it.
    pub to: Address,
    /// Its value.
    pub value: u64,
    /// What its hint says beside the opening.
    pub memo: Memo,
}

impl Payee {
    /// Without a memo.
    pub fn new(to: Address, value: u64) -> Self {
        Payee { to, value, memo: Zeroizing::new([0; MEMO_LENGTH]) }
    }

    /// With a memo.
    pub fn with_memo(to: Address, value: u64, memo: Memo) -> Self {
        Payee { to, value, memo }
    }

    /// Makes the output as number `index` in hint order.
    pub(crate) fn make(
        &self,
        network: &NetworkId,
        context: Context,
        index: usize,
        rng: &mut impl Rng,
    ) -> Result<(Output, Hint, MadeOutput), BuildError> {
        let index = u8::try_from(index).map_err(|_| BuildError::OutputCount)?;
        let output = NewOutput::derive(network, &self.to, context, index, rng)?;
        let opening = Opening::new(self.value, SecretScalar::random(rng));
        let body = HintBody { value: self.value, blinding: opening.blinding.clone(), memo: self.memo.clone() };
        let hint = Hint::seal(&output, &body);
        let commitment = opening.commit_point()?;
        let made = MadeOutput { to: self.to, tweak: output.shared.tweak(), opening };
        Ok((Output { key: output.key, commitment }, hint, made))
    }
}

/// Shuffles uniformly; only the outputs of Transfer and Mint are (section 2).
pub(crate) fn shuffle<T>(items: &mut [T], rng: &mut impl Rng) {
    for last in (1..items.len()).rev() {
        let bound = last as u64 + 1;
        let zone = u64::MAX - u64::MAX % bound;
        let draw = loop {
            let draw = rng.next_u64();
            if draw < zone {
                break draw % bound;
            }
        };
        items.swap(last, draw as usize);
    }
}
