//! What the community's treasurer does with an ordinary wallet and the treasury's key: bring money into circulation, and take it
//! out again (protocol section 6.5).

use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{transaction::mint::OUTPUTS, units::Credit};
use rand_core::OsRng;

use super::{Household, HouseholdError, outbox::Intent, views::Prepared};

impl Household {
    /// Mints an amount to this wallet in so many pieces of about the same size. The ledger's first block needs at least
    /// `ring_min` of them.
    ///
    /// # Errors
    /// [`HouseholdError::NotTheTreasury`] for another key; [`HouseholdError::NoTrade`] for a number of pieces that a Mint
    /// cannot have.
    pub fn mint(&mut self, key: &SigningKey, amount: Credit, pieces: u32) -> Result<Prepared, HouseholdError> {
        self.must_be_treasury(key)?;
        let (count, most) = (u64::from(pieces), *OUTPUTS.end() as u64);
        let least = if self.read_until() == 0 { u64::from(self.genesis.parameters.ring_min).max(2) } else { 2 };
        if !(least..=most).contains(&count) || amount.0 < count {
            return Err(HouseholdError::NoTrade(format!(
                "money is minted in {least} to {most} pieces, each worth something"
            )));
        }
        let (share, rest) = (amount.0 / count, amount.0 % count);
        let amounts: Vec<Credit> = (0..count).map(|place| Credit(share + u64::from(place < rest))).collect();
        let now = self.now();
        let built = self.wallet.mint(&self.view, key, &amounts, now, &mut OsRng)?;
        self.keep(&built, Intent::Treasury { amount: i64::try_from(amount.0).unwrap_or(i64::MAX) })
    }

    /// Burns an amount of this wallet's money.
    ///
    /// # Errors
    /// [`HouseholdError::NotTheTreasury`] for another key, or if there is not enough money.
    pub fn burn(&mut self, key: &SigningKey, amount: Credit) -> Result<Prepared, HouseholdError> {
        self.must_be_treasury(key)?;
        if amount == Credit::ZERO {
            return Err(HouseholdError::ZeroAmount);
        }
        let now = self.now();
        let built = self.with_company(true, |wallet, view| wallet.burn(view, key, amount, now, &mut OsRng))?;
        self.keep(&built, Intent::Treasury { amount: -i64::try_from(amount.0).unwrap_or(i64::MAX) })
    }

    fn must_be_treasury(&self, key: &SigningKey) -> Result<(), HouseholdError> {
        if key.verifying_key() == self.genesis.treasury { Ok(()) } else { Err(HouseholdError::NotTheTreasury) }
    }
}
