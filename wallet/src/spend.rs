//! What a household does: pay, split, roll, open a contract, deliver (protocol sections 4 and 6).

use hushwatt_crypto::{Rng, address::Address, context::Context};
use hushwatt_ledger::{
    note::{Asset, BucketId, BucketVersion, NoteNumber},
    transaction::{
        Envelope,
        build::{Built, Memo, Payee},
        deliver::build::{ClaimedContract, DeliverPlan},
        open::{ContractId, build::OpenPlan},
        spend::{MAX_INPUTS, OwnedInput},
        transfer::build::TransferPlan,
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};

use crate::{
    Claim, ClaimState, MAX_MESSAGE, OwnedNote, Place, RingSource, Wallet, WalletError,
    choice::NoChoice,
    memo::{ChangeMemo, message_memo},
};

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

/// What one payee gets.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Whom.
    pub to: Address,
    /// How much.
    pub amount: Credit,
    /// Words for the payee, up to [`MAX_MESSAGE`] bytes.
    pub message: Option<String>,
}

/// Most payees of one payment: eight notes less the change.
pub const MAX_PAYEES: usize = 7;

impl Wallet {
    /// Pays one address, or up to seven. What is left returns as change.
    pub fn pay(
        &mut self,
        view: &impl RingSource,
        payments: &[(Address, Credit)],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        let payments = payments.iter().map(|(to, amount)| Payment { to: *to, amount: *amount, message: None });
        self.pay_with(view, &payments.collect::<Vec<_>>(), now, rng)
    }

    /// Pays as [`Self::pay`], with words for the payees.
    pub fn pay_with(
        &mut self,
        view: &impl RingSource,
        payments: &[Payment],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        self.must_spend()?;
        if payments.is_empty() || payments.len() > MAX_PAYEES {
            return Err(WalletError::Nothing("pay: give 1 to 7 payees"));
        }
        let mut payees = payments.iter().map(payee_of).collect::<Result<Vec<Payee>, _>>()?;
        let paid = Credit::checked_sum(payments.iter().map(|payment| payment.amount));
        let fee = Credit(self.genesis.parameters.fee);
        let needed = paid.and_then(|paid| paid.checked_add(fee)).unwrap_or(Credit(u64::MAX));
        let (bucket, notes) = self.choose_credit(needed)?;
        let total: u64 = notes.iter().map(|note| note.opening.value).sum();
        let others: Vec<&Payment> = payments.iter().filter(|payment| payment.to != *self.address()).collect();
        let left = Credit(others.iter().map(|payment| payment.amount.0).sum());
        let payee = others.first().map(|first| first.to).filter(|to| others.iter().all(|payment| payment.to == *to));
        let memo = self.change_memo(&notes, left, payee.as_ref())?;
        payees.push(Payee::with_memo(*self.address(), total.saturating_sub(needed.0), memo));
        self.pad(&mut payees);
        self.transfer(view, bucket, notes, payees, now, rng)
    }

    /// Splits the largest free note into eight, so that the household can act several times in a window.
    pub fn split(&mut self, view: &impl RingSource, now: Timestamp, rng: &mut impl Rng) -> Result<Built, WalletError> {
        self.must_spend()?;
        let credit = self.notes().filter(|note| note.asset == Asset::Credit && note.is_spendable());
        let largest = credit.max_by_key(|note| note.opening.value).cloned();
        let note = largest.ok_or(WalletError::Nothing("split"))?;
        let Place::Sealed { bucket, .. } = note.place else { return Err(WalletError::OutOfStep) };
        let rest = note.opening.value.checked_sub(self.genesis.parameters.fee).filter(|rest| *rest >= 8);
        let rest = rest.ok_or(WalletError::Nothing("split"))?;
        let share = rest / 8;
        let mut payees = vec![Payee::new(*self.address(), share); 7];
        let memo = self.change_memo(std::slice::from_ref(&note), Credit::ZERO, None)?;
        payees.push(Payee::with_memo(*self.address(), rest - 7 * share, memo));
        self.transfer(view, bucket, vec![note], payees, now, rng)
    }

    /// Rolls up to four notes of a bucket into the next one: how notes of several buckets come together, and how old
    /// ones stay in company.
    pub fn roll(
        &mut self,
        view: &impl RingSource,
        bucket: BucketId,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        self.must_spend()?;
        let within = |note: &&OwnedNote| note.bucket() == Some(bucket) && note.opening.value > 0;
        let credit = self.notes().filter(|note| note.asset == Asset::Credit && note.is_spendable());
        let mut notes: Vec<OwnedNote> = credit.filter(within).cloned().collect();
        notes.sort_by_key(|note| std::cmp::Reverse(note.opening.value));
        notes.truncate(MAX_INPUTS);
        let total: u64 = notes.iter().map(|note| note.opening.value).sum();
        let rest = total.checked_sub(self.genesis.parameters.fee).filter(|_| !notes.is_empty());
        let rest = rest.ok_or(WalletError::Nothing("roll"))?;
        let memo = self.change_memo(&notes, Credit::ZERO, None)?;
        let payees = vec![Payee::with_memo(*self.address(), rest, memo), Payee::new(*self.address(), 0)];
        self.transfer(view, bucket, notes, payees, now, rng)
    }

    /// Opens a contract: the price of the whole quantity is locked until delivery or expiry.
    pub fn open(
        &mut self,
        view: &impl RingSource,
        offer: &Offer,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        self.must_spend()?;
        let lock = offer.price.times(offer.quantity);
        let needed = lock.checked_add(Credit(self.genesis.parameters.fee)).unwrap_or(Credit(u64::MAX));
        let (bucket, notes) = self.choose_credit(needed)?;
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
            change_memo: self.change_memo(&notes, Credit::ZERO, None)?,
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
        view: &impl RingSource,
        deliveries: &[Delivery],
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        self.must_spend()?;
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
                claim: self.secret(&claim.claim_tweak)?,
                deliver: delivery.quantity,
            });
        }
        let asset = asset.ok_or(WalletError::Nothing("deliver"))?;
        let needed: u64 = deliveries.iter().map(|delivery| u64::from(delivery.quantity.0)).sum();
        let (bucket, notes) = self.choose_energy(asset, needed)?;
        let bucket = self.latest(view, bucket)?;
        let plan = DeliverPlan {
            bucket,
            inputs: self.inputs(&notes)?,
            seller: *self.address(),
            contracts,
            change_memo: self.change_memo(&notes, Credit::ZERO, None)?,
            valid_until: Envelope::validity_from(now),
        };
        let built = plan.derive(&self.genesis, rng)?.prove(&view.ring(bucket)?, rng)?;
        self.reserve(&notes, &built);
        Ok(built)
    }

    /// What this wallet notes beside the change of a transaction that spends these notes.
    pub(crate) fn change_memo(
        &self,
        notes: &[OwnedNote],
        left: Credit,
        payee: Option<&Address>,
    ) -> Result<Memo, WalletError> {
        self.note_beside(notes, |spent| ChangeMemo {
            spent,
            left,
            payee: payee.map(|payee| self.payee_tag(payee)),
            limit: None,
        })
    }

    /// What this wallet notes beside the change of an order.
    pub(crate) fn order_memo(&self, notes: &[OwnedNote], limit: Price) -> Result<Memo, WalletError> {
        self.note_beside(notes, |spent| ChangeMemo { spent, left: Credit::ZERO, payee: None, limit: Some(limit) })
    }

    fn note_beside(
        &self,
        notes: &[OwnedNote],
        memo: impl FnOnce(Vec<NoteNumber>) -> ChangeMemo,
    ) -> Result<Memo, WalletError> {
        let images = notes.iter().filter_map(|note| note.image);
        let first = images.min_by(|a, b| a.as_bytes().cmp(b.as_bytes())).ok_or(WalletError::ViewOnly)?;
        let memo = memo(notes.iter().map(|note| note.number).collect());
        Ok(memo.seal(self.genesis.network(), self.view(), Context::of_first_image(&first)))
    }

    /// A transfer has 2 or 8 outputs: empty notes to ourselves fill it up.
    fn pad(&self, payees: &mut Vec<Payee>) {
        if payees.len() > 2 {
            payees.resize(MAX_PAYEES + 1, Payee::new(*self.address(), 0));
        }
    }

    pub(crate) fn choose_energy(&self, asset: Asset, needed: u64) -> Result<(BucketId, Vec<OwnedNote>), WalletError> {
        self.choose(asset, needed).map_err(|reason| {
            let available = match reason {
                NoChoice::Insufficient { available } | NoChoice::Scattered { most: available } => available,
            };
            let quantity = |value: u64| Quantity(u32::try_from(value).unwrap_or(u32::MAX));
            WalletError::InsufficientEnergy { needed: quantity(needed), available: quantity(available) }
        })
    }

    pub(crate) fn choose_credit(&self, needed: Credit) -> Result<(BucketId, Vec<OwnedNote>), WalletError> {
        self.choose(Asset::Credit, needed.0).map_err(|reason| match reason {
            NoChoice::Insufficient { available } => WalletError::InsufficientCredit {
                needed,
                available: Credit(available),
                pending: self.balance().pending,
            },
            NoChoice::Scattered { .. } => WalletError::Scattered { needed },
        })
    }

    /// The bucket's latest version, if it is company enough.
    pub(crate) fn latest(&self, view: &impl RingSource, bucket: BucketId) -> Result<BucketVersion, WalletError> {
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
                    secret: self.secret(&note.tweak)?,
                    opening: note.opening.clone(),
                })
            })
            .collect()
    }

    fn transfer(
        &mut self,
        view: &impl RingSource,
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
}

fn payee_of(payment: &Payment) -> Result<Payee, WalletError> {
    let Some(message) = &payment.message else { return Ok(Payee::new(payment.to, payment.amount.0)) };
    let long = WalletError::LongMessage { length: message.len(), limit: MAX_MESSAGE };
    Ok(Payee::with_memo(payment.to, payment.amount.0, message_memo(message).ok_or(long)?))
}
