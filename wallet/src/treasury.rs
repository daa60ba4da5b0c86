//! The treasury: a wallet with the key that mints and burns (protocol section 6.5).

use hushwatt_crypto::{Rng, signature::SigningKey};
use hushwatt_ledger::{
    note::{Asset, BucketId},
    transaction::{
        Envelope,
        build::{Built, Payee},
        burn::build::BurnPlan,
        mint::build::MintPlan,
        spend::MAX_INPUTS,
    },
    units::{Credit, Timestamp},
};

use crate::{OwnedNote, RingSource, Wallet, WalletError};

/// Wallet and signing key of the treasury. Top-ups and payouts are ordinary payments of the wallet.
pub struct Treasury {
    /// Its notes.
    pub wallet: Wallet,
    key: SigningKey,
}

impl Treasury {
    /// Puts wallet and key together.
    pub fn new(wallet: Wallet, key: SigningKey) -> Self {
        Treasury { wallet, key }
    }

    /// [`Wallet::mint`] with the treasury's key.
    pub fn mint(
        &self,
        view: &impl RingSource,
        amounts: &[Credit],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        self.wallet.mint(view, &self.key, amounts, now, rng)
    }

    /// [`Wallet::burn`] with the treasury's key.
    pub fn burn(
        &mut self,
        view: &impl RingSource,
        total: Credit,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        self.wallet.burn(view, &self.key, total, now, rng)
    }
}

impl Wallet {
    /// Mints notes of these amounts to itself, in advance of need. `key` is the treasury's.
    pub fn mint(
        &self,
        view: &impl RingSource,
        key: &SigningKey,
        amounts: &[Credit],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        let serial = view.counters()?.mint_serial.saturating_add(1);
        let payees = amounts.iter().map(|amount| Payee::new(*self.address(), amount.0)).collect();
        let plan = MintPlan { serial, payees, valid_until: Envelope::validity_from(now) };
        Ok(plan.prove(&self.genesis, rng)?.sign(key))
    }

    /// Burns an amount out of its largest notes, of up to four buckets. `key` is the treasury's.
    pub fn burn(
        &mut self,
        view: &impl RingSource,
        key: &SigningKey,
        total: Credit,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        self.must_spend()?;
        let credit = self.notes().filter(|note| note.asset == Asset::Credit && note.is_spendable());
        let mut notes: Vec<OwnedNote> = credit.cloned().collect();
        notes.sort_by_key(|note| std::cmp::Reverse(note.opening.value));
        let mut chosen = Vec::new();
        let mut sum = 0u64;
        for note in notes.into_iter().take(MAX_INPUTS) {
            if sum < total.0 || chosen.is_empty() {
                sum = sum.saturating_add(note.opening.value);
                chosen.push(note);
            }
        }
        if sum < total.0 || chosen.is_empty() {
            let balance = self.balance();
            return Err(WalletError::InsufficientCredit {
                needed: total,
                available: Credit(sum),
                pending: balance.pending,
            });
        }
        let inputs = self.inputs(&chosen)?;
        let buckets: Vec<BucketId> =
            chosen.iter().map(|note| note.bucket().ok_or(WalletError::OutOfStep)).collect::<Result<_, _>>()?;
        let versions = buckets.iter().map(|bucket| self.latest(view, *bucket)).collect::<Result<Vec<_>, _>>()?;
        let plan = BurnPlan {
            inputs: versions.into_iter().zip(inputs).collect(),
            total,
            change: *self.address(),
            change_memo: self.change_memo(&chosen, total, None)?,
            valid_until: Envelope::validity_from(now),
        };
        let unproven = plan.derive(&self.genesis, rng)?;
        let rings = unproven.buckets().into_iter().map(|version| view.ring(version)).collect::<Result<Vec<_>, _>>()?;
        let slices: Vec<_> = rings.iter().map(|ring| &ring[..]).collect();
        let built = unproven.prove(&slices, rng)?.sign(key);
        self.reserve(&chosen, &built);
        Ok(built)
    }
}
