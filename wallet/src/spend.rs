//! What a household does: pay, split, roll, open a contract, deliver (protocol sections 4 and 6).

use hushwatt_crypto::{Rng, address::Address};
use hushwatt_ledger::{
    note::{Asset, BucketId, BucketVersion},
    transaction::{
        Envelope,
        build::{Built, Payee},
        deliver::build::{ClaimedContract, DeliverPlan},
        open::{ContractId, build::OpenPlan},
        spend::OwnedInput,
        transfer::build::TransferPlan,
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};

use crate::{Claim, ClaimState, Follower, OwnedNote, Place, Wallet, WalletError, choice::NoChoice};

/// A seller's offer as the buyer has it.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// The seller.
    pub seller: Address,
    /// What.
    pub utility: Utility,
    /// When.
    pub window: Window,
    /// At which price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
}

/// What a seller delivers to one contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub contract: ContractId,
    /// How much: at most what was bought.
    pub quantity: Quantity,
}

/// Most payees of one payment: eight notes less the change.
pub const MAX_PAYEES: usize = 7;

impl Wallet {
    /// Pays one address, or up to seven. What is left returns as change.
    pub fn pay(
        &mut self,
        view: &Follower,
        payments: &[(Address, Credit)],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        if payments.is_empty() || payments.len() > MAX_PAYEES {
            return Err(WalletError::Nothing("pay: give 1 to 7 payees"));
        }
        let paid = Credit::checked_sum(payments.iter().map(|(_, amount)| *amount));
        let fee = Credit(self.genesis.parameters.fee);
        let needed = paid.and_then(|paid| paid.checked_add(fee)).unwrap_or(Credit(u64::MAX));
        let (bucket, notes) = self.choose_credit(needed, now)?;
        let total: u64 = notes.iter().map(|note| note.opening.value).sum();
        let payees = payments.iter().map(|(to, amount)| Payee::new(*to, amount.0));
        let mut payees: Vec<Payee> = payees.collect();
        payees.push(Payee::new(*self.address(), total.saturating_sub(needed.0)));
        self.pad(&mut payees);
        self.transfer(view, bucket, notes, payees, now, rng)
    }

    /// Splits the largest free note into eight, so that the household can act several times in a window.
    pub fn split(&mut self, view: &Follower, now: Timestamp, rng: &mut impl Rng) -> Result<Built, WalletError> {
        let credit = self.notes().filter(|note| note.asset == Asset::Credit && note.is_spendable(now));
        let largest = credit.max_by_key(|note| note.opening.value).cloned();
        let note = largest.ok_or(WalletError::Nothing("split"))?;
        let Place::Sealed { bucket, .. } = note.place else { return Err(WalletError::OutOfStep) };
        let rest = note.opening.value.checked_sub(self.genesis.parameters.fee).filter(|rest| *rest >= 8);
        let rest = rest.ok_or(WalletError::Nothing("split"))?;
        let share = rest / 8;
        let mut payees = vec![Payee::new(*self.address(), share); 7];
        payees.push(Payee::new(*self.address(), rest - 7 * share));
        self.transfer(view, bucket, vec![note], payees, now, rng)
    }

    /// Rolls up to four notes of a bucket into the next one: how notes of several buckets come together, and how old
    /// ones stay in company.
    pub fn roll(
        &mut self,
        view: &Follower,
        bucket: BucketId,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        let within = |note: &&OwnedNote| matches!(note.place, Place::Sealed { bucket: place, .. } if place == bucket);
        let credit = self.notes().filter(|note| note.asset == Asset::Credit && note.is_spendable(now));
        let mut notes: Vec<OwnedNote> = credit.filter(within).cloned().collect();
        notes.sort_by_key(|note| std::cmp::Reverse(note.opening.value));
        notes.truncate(hushwatt_ledger::transaction::spend::MAX_INPUTS);
        let total: u64 = notes.iter().map(|note| note.opening.value).sum();
        let rest = total.checked_sub(self.genesis.parameters.fee).filter(|_| !notes.is_empty());
        let rest = rest.ok_or(WalletError::Nothing("roll"))?;
        let payees = vec![Payee::new(*self.address(), rest), Payee::new(*self.address(), 0)];
        self.transfer(view, bucket, notes, payees, now, rng)
    }

    /// Opens a contract: the price of the whole quantity is locked until delivery or expiry.
    pub fn open(
        &mut self,
        view: &Follower,
        offer: &Offer,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        let lock = offer.price.times(offer.quantity);
        let needed = lock.checked_add(Credit(self.genesis.parameters.fee)).unwrap_or(Credit(u64::MAX));
        let (bucket, notes) = self.choose_credit(needed, now)?;
        let bucket = self.latest(view, bucket)?;
        let plan = OpenPlan {
            bucket,
            inputs: self.inputs(&notes)?,
            buyer: *self.address(),
            seller: offer.seller,
            utility: offer.utility,
            window: offer.window,
            price: offer.price,
            quantity: offer.quantity,
            valid_until: Envelope::validity_from(now),
        };
        let built = plan.derive(&self.genesis, rng)?.prove(&view.ring(bucket)?, rng)?;
        self.reserve(&notes, &built);
        Ok(built)
    }

    /// Contracts of a window that wait for this seller's delivery.
    pub fn open_claims(&self, utility: Utility, window: Window) -> impl Iterator<Item = &Claim> {
        self.claims().filter(move |claim| {
            claim.state == ClaimState::Open && claim.terms.utility == utility && claim.terms.window == window
        })
    }

    /// Delivers to 1 to 7 contracts of one window.
    pub fn deliver(
        &mut self,
        view: &Follower,
        deliveries: &[Delivery],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        let mut contracts = Vec::with_capacity(deliveries.len());
        let mut asset = None;
        for delivery in deliveries {
            let open = self.claims.get(&delivery.contract).filter(|claim| claim.state == ClaimState::Open);
            let claim = open.ok_or(WalletError::UnknownContract(delivery.contract))?;
            let this = Asset::Energy { utility: claim.terms.utility, window: claim.terms.window };
            if *asset.get_or_insert(this) != this {
                return Err(WalletError::MixedContracts);
            }
            contracts.push(ClaimedContract {
                id: claim.id,
                price: claim.terms.price,
                quantity: claim.quantity.clone(),
                delivered_blinding: claim.delivered_blinding.clone(),
                t: claim.t.clone(),
                handle: claim.handle,
                claim: self.secret(&claim.claim_tweak),
                deliver: delivery.quantity,
            });
        }
        let asset = asset.ok_or(WalletError::Nothing("deliver"))?;
        let needed: u64 = deliveries.iter().map(|delivery| u64::from(delivery.quantity.0)).sum();
        let (bucket, notes) = self.choose(asset, needed, now).map_err(|reason| {
            let available = match reason {
                NoChoice::Insufficient { available } | NoChoice::Scattered { most: available } => available,
            };
            let quantity = |value: u64| Quantity(u32::try_from(value).unwrap_or(u32::MAX));
            WalletError::InsufficientEnergy { needed: quantity(needed), available: quantity(available) }
        })?;
        let bucket = self.latest(view, bucket)?;
        let plan = DeliverPlan {
            bucket,
            inputs: self.inputs(&notes)?,
            seller: *self.address(),
            contracts,
            valid_until: Envelope::validity_from(now),
        };
        let built = plan.derive(&self.genesis, rng)?.prove(&view.ring(bucket)?, rng)?;
        self.reserve(&notes, &built);
        Ok(built)
    }

    /// Gives the notes of a transaction free again that was refused and will never be included.
    pub fn release(&mut self, built: &Built) {
        for spend in built.transaction.action().spends() {
            if let Some(note) = self.by_image.get(spend.image.as_bytes()).and_then(|number| self.notes.get_mut(number))
            {
                note.reserved_until = None;
            }
        }
    }

    /// A transfer has 2 or 8 outputs: empty notes to ourselves fill it up.
    fn pad(&self, payees: &mut Vec<Payee>) {
        if payees.len() > 2 {
            payees.resize(MAX_PAYEES + 1, Payee::new(*self.address(), 0));
        }
    }

    fn choose_credit(&self, needed: Credit, now: Timestamp) -> Result<(BucketId, Vec<OwnedNote>), WalletError> {
        self.choose(Asset::Credit, needed.0, now).map_err(|reason| match reason {
            NoChoice::Insufficient { available } => WalletError::InsufficientCredit {
                needed,
                available: Credit(available),
                pending: self.balance(now).pending,
            },
            NoChoice::Scattered { .. } => WalletError::Scattered { needed },
        })
    }

    /// The bucket's latest version, if it is company enough.
    pub(crate) fn latest(&self, view: &Follower, bucket: BucketId) -> Result<BucketVersion, WalletError> {
        let version = view.latest(bucket)?;
        let wanted = self.smallest_ring;
        if version.length < wanted {
            return Err(WalletError::SmallRing { length: version.length, wanted });
        }
        Ok(version)
    }

    pub(crate) fn inputs(&self, notes: &[OwnedNote]) -> Result<Vec<OwnedInput>, WalletError> {
        notes
            .iter()
            .map(|note| {
                let Place::Sealed { position, .. } = note.place else { return Err(WalletError::OutOfStep) };
                Ok(OwnedInput {
                    position: position as usize,
                    secret: self.secret(&note.tweak),
                    opening: note.opening.clone(),
                })
            })
            .collect()
    }

    fn transfer(
        &mut self,
        view: &Follower,
        bucket: BucketId,
        notes: Vec<OwnedNote>,
        payees: Vec<Payee>,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        let bucket = self.latest(view, bucket)?;
        let plan =
            TransferPlan { bucket, inputs: self.inputs(&notes)?, payees, valid_until: Envelope::validity_from(now) };
        let built = plan.derive(&self.genesis, rng)?.prove(&view.ring(bucket)?, rng)?;
        self.reserve(&notes, &built);
        Ok(built)
    }

    /// The notes of a transaction are not chosen again until it can no longer be included.
    pub(crate) fn reserve(&mut self, notes: &[OwnedNote], built: &Built) {
        let until = built.transaction.envelope().valid_until;
        for note in notes {
            if let Some(note) = self.notes.get_mut(&note.number) {
                note.reserved_until = Some(until);
            }
        }
    }
}
