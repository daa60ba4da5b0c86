//! Money: minted once, paid out, and kept in company.

use hushwatt_crypto::address::Address;
use hushwatt_ledger::{
    transaction::build::Built,
    units::{Credit, Timestamp},
};
use rand_core::OsRng;

use super::Village;

/// Notes of the first Mint, and what each is worth.
const MINTED: [Credit; 64] = [Credit::from_euro(1000); 64];
/// Notes that a payment makes for its payee.
const NOTES: u64 = 7;

impl Village {
    /// Block 1.
    pub(super) fn mint(&mut self) {
        let mint = self.treasury.mint(&self.follower, &MINTED, self.now, &mut OsRng).unwrap();
        self.submit(&[mint]);
    }

    /// Pays each of these out of the treasury in seven notes, and waits until they can spend it.
    pub fn fund(&mut self, payees: &[(Address, Credit)]) {
        let paid: Vec<Built> = payees.iter().map(|(to, amount)| self.pay_out(to, *amount)).collect();
        self.submit(&paid);
        self.settle();
    }

    /// Lets time pass until all money that is on its way can be spent. Two neighbours pay something too, so that no money
    /// waits for company.
    pub fn settle(&mut self) {
        let neighbour = *self.treasury.wallet.address();
        let paid: Vec<Built> = (0..2).map(|_| self.pay_out(&neighbour, Credit::from_euro(7))).collect();
        self.submit(&paid);
        let parameters = &self.genesis.parameters;
        let boundary = (parameters.epoch_at(self.now) + 1) * parameters.credit_epoch;
        self.to(Timestamp(boundary));
    }

    fn pay_out(&mut self, to: &Address, amount: Credit) -> Built {
        let share = amount.0 / NOTES;
        let mut payees = [(*to, Credit(share)); NOTES as usize];
        payees[0].1 = Credit(amount.0 - (NOTES - 1) * share);
        self.treasury.wallet.pay(&self.follower, &payees, self.now, &mut OsRng).unwrap()
    }
}
