//! What a wallet knows of its notes: found by scanning hints, by day keys, and by its own contracts.

use hushwatt_crypto::{
    NetworkId, Point, SecretScalar,
    commitment::{Opening, find_value},
    context::Context,
    handle::handle,
    hint::{Hint, Recognised},
    keys::{Account, OneTimeSecret},
};
use hushwatt_ledger::{
    block::Block,
    genesis::Genesis,
    note::{Asset, Note, NoteNumber},
    transaction::{
        Action, Transaction,
        open::{self, ContractId, ContractTerms},
        spend::context_of,
    },
};

use super::{TestMeter, auction::OwnOrder};

/// A note its household can spend.
#[derive(Clone)]
pub struct OwnedNote {
    pub number: NoteNumber,
    pub asset: Asset,
    pub key: Point,
    pub secret: OneTimeSecret,
    pub image: Point,
    pub opening: Opening,
    pub spent: bool,
}

/// A contract as its seller knows it.
#[derive(Clone)]
pub struct Claim {
    pub contract: ContractId,
    pub terms: ContractTerms,
    pub secret: OneTimeSecret,
    pub quantity: Opening,
    pub delivered_blinding: SecretScalar,
    pub t: SecretScalar,
}

/// A contract as its buyer knows it.
#[derive(Clone)]
pub struct Purchase {
    pub contract: ContractId,
    pub terms: ContractTerms,
    pub secret: OneTimeSecret,
    pub quantity: Opening,
    pub delivered_blinding: SecretScalar,
    /// What was delivered, once it is settled.
    pub delivered: Option<u32>,
    /// Whether the refund, or the lock after its expiry, is on the ledger.
    pub closed: bool,
}

#[derive(Clone)]
pub struct Household {
    pub account: Account,
    pub notes: Vec<OwnedNote>,
    pub claims: Vec<Claim>,
    pub purchases: Vec<Purchase>,
    pub orders: Vec<OwnOrder>,
}

/// A key of ours with the opening we were promised for it.
pub(super) struct Expected {
    pub key: Point,
    pub secret: OneTimeSecret,
    pub opening: Opening,
}

impl Household {
    pub fn new(account: Account) -> Self {
        Household { account, notes: Vec::new(), claims: Vec::new(), purchases: Vec::new(), orders: Vec::new() }
    }

    /// All unspent value of an asset, in a bucket or not.
    pub fn balance(&self, asset: Asset) -> u64 {
        let ours = self.notes.iter().filter(|note| !note.spent && note.asset == asset);
        ours.map(|note| note.opening.value).sum()
    }

    /// Takes in a block: what is spent, what was promised, and which of the notes it made keep a promise.
    pub fn scan(
        &mut self,
        genesis: &Genesis,
        meters: &[&TestMeter],
        block: &Block,
        hints: &[Vec<Hint>],
        made: &[(NoteNumber, Note)],
    ) {
        let network = genesis.network();
        let mut expected = Vec::new();
        for (transaction, hints) in block.transactions.iter().zip(hints) {
            for spend in transaction.action().spends() {
                self.notes.iter_mut().filter(|note| note.image == spend.image).for_each(|note| note.spent = true);
            }
            self.read_hints(network, transaction, hints, &mut expected);
            self.read_deliveries(transaction, &mut expected);
            self.read_meters(network, meters, transaction, &mut expected);
            self.read_order(network, transaction, hints);
        }
        self.read_auctions(genesis, block, &mut expected);
        for purchase in self.purchases.iter().filter(|purchase| !purchase.closed) {
            let price = u64::from(purchase.terms.price.micro_euro());
            let lock = Opening::new(price * purchase.quantity.value, purchase.quantity.blinding.times(price));
            expected.push(Expected { key: purchase.terms.refund_key, secret: purchase.secret.clone(), opening: lock });
        }
        for (number, note) in made {
            let kept = |promise: &&Expected| promise.key == note.key && promise.opening.opens(&note.commitment);
            let Some(promise) = expected.iter().find(kept) else { continue };
            for purchase in &mut self.purchases {
                purchase.closed |= purchase.terms.refund_key == note.key;
            }
            self.notes.push(OwnedNote {
                number: *number,
                asset: note.asset,
                key: note.key,
                secret: promise.secret.clone(),
                image: promise.secret.key_image().unwrap(),
                opening: promise.opening.clone(),
                spent: false,
            });
        }
    }

    pub(super) fn secret_of(&self, found: &Recognised) -> OneTimeSecret {
        OneTimeSecret::new(&found.tweak, self.account.spend())
    }

    pub(super) fn recognise(
        &self,
        network: &NetworkId,
        context: Context,
        hints: &[Hint],
        index: usize,
        key: &Point,
    ) -> Option<Recognised> {
        hints.get(index)?.open(network, self.account.view(), context, u8::try_from(index).ok()?, key)
    }

    fn read_hints(
        &mut self,
        network: &NetworkId,
        transaction: &Transaction,
        hints: &[Hint],
        expected: &mut Vec<Expected>,
    ) {
        let context = match transaction.action() {
            Action::Mint(mint) => Context::of_mint(network, mint.statement.serial),
            Action::Attest(_) | Action::Registry(_) | Action::Correct(_) | Action::Clear(_) => return,
            Action::Share(_) | Action::Complain(_) | Action::Request(_) | Action::Release(_) => return,
            action => context_of(&action.spends()).unwrap(),
        };
        let notes: Vec<Point> = match transaction.action() {
            Action::Transfer(transfer) => transfer.statement.outputs.iter().map(|output| output.key).collect(),
            Action::Mint(mint) => mint.statement.outputs.iter().map(|output| output.key).collect(),
            Action::Open(open) => vec![open.statement.change.key],
            Action::Deliver(deliver) => vec![deliver.statement.change.key, deliver.statement.payout_key],
            Action::Burn(burn) => vec![burn.statement.change.key],
            Action::Sell(sell) => vec![sell.statement.change.key],
            Action::Buy(buy) => vec![buy.statement.change.key],
            _ => Vec::new(),
        };
        for (index, key) in notes.iter().enumerate() {
            if let Some(found) = self.recognise(network, context, hints, index, key) {
                let secret = self.secret_of(&found);
                let opening = Opening::new(found.body.value, found.body.blinding.clone());
                expected.push(Expected { key: *key, secret, opening });
            }
        }
        if let Action::Open(open) = transaction.action() {
            self.read_contract(network, context, transaction, hints, &open.statement.contract);
        }
    }

    fn read_contract(
        &mut self,
        network: &NetworkId,
        context: Context,
        transaction: &Transaction,
        hints: &[Hint],
        terms: &ContractTerms,
    ) {
        let contract = ContractId::of(network, transaction.id());
        let keys = [(open::REFUND_HINT, terms.refund_key), (open::CLAIM_HINT, terms.claim_key)];
        for (index, key) in keys {
            let Some(found) = self.recognise(network, context, hints, index.into(), &key) else { continue };
            let secret = self.secret_of(&found);
            let quantity = Opening::new(found.body.value, found.body.blinding.clone());
            let Some((delivered_blinding, t)) = found.body.handle_secrets() else { continue };
            let honest = quantity.opens(terms.quantity.element())
                && handle(&delivered_blinding, &t).is_ok_and(|handle| handle == terms.handle);
            if !honest {
                continue;
            }
            if index == open::CLAIM_HINT {
                self.claims.push(Claim { contract, terms: *terms, secret, quantity, delivered_blinding, t });
            } else {
                self.purchases.push(Purchase {
                    contract,
                    terms: *terms,
                    secret,
                    quantity,
                    delivered_blinding,
                    delivered: None,
                    closed: false,
                });
            }
        }
    }

    /// A buyer needs nothing from the seller: he searches the delivered quantity under his own blinding.
    fn read_deliveries(&mut self, transaction: &Transaction, expected: &mut Vec<Expected>) {
        let Action::Deliver(deliver) = transaction.action() else { return };
        for delivery in &deliver.statement.deliveries {
            self.claims.retain(|claim| claim.contract != delivery.contract);
            for purchase in &mut self.purchases {
                if purchase.contract != delivery.contract || purchase.closed {
                    continue;
                }
                let value_part = delivery.delivered.point() - purchase.delivered_blinding.public().point();
                let bought = u32::try_from(purchase.quantity.value).unwrap();
                let delivered = find_value(&value_part, bought).expect("the handle proof keeps the buyer's blinding");
                purchase.delivered = Some(delivered);
                let price = u64::from(purchase.terms.price.micro_euro());
                let rest = purchase.quantity.value - u64::from(delivered);
                let blinding = purchase.quantity.blinding.minus(&purchase.delivered_blinding).times(price);
                expected.push(Expected {
                    key: purchase.terms.refund_key,
                    secret: purchase.secret.clone(),
                    opening: Opening::new(price * rest, blinding),
                });
            }
        }
    }

    fn read_meters(
        &self,
        network: &NetworkId,
        meters: &[&TestMeter],
        transaction: &Transaction,
        expected: &mut Vec<Expected>,
    ) {
        let Action::Attest(attest) = transaction.action() else { return };
        for meter in meters.iter().filter(|meter| meter.id == attest.statement.meter) {
            for (window, attested) in attest.statement.indexed_windows() {
                let Some(key) = attested.note_key else { continue };
                let (tweak, opening) = meter.energy(network, &attest.statement.salt, window, attested.export.len());
                let secret = OneTimeSecret::new(&tweak, self.account.spend());
                assert_eq!(secret.public().unwrap(), key, "the household derives the meter's note key");
                expected.push(Expected { key, secret, opening });
            }
        }
    }
}
