//! A call for each kind of transaction, through the library's builders.

use hushwatt_crypto::{address::Address, hint::MEMO_LENGTH, range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    note::{Asset, BucketVersion},
    transaction::{
        Envelope,
        build::{Built, Memo, Payee},
        burn::build::BurnPlan,
        deliver::build::{ClaimedContract, DeliverPlan},
        mint::build::MintPlan,
        open::{ContractId, build::OpenPlan},
        registry::{RegistryChange, build::RegistryPlan},
        spend::OwnedInput,
        transfer::build::TransferPlan,
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
    validators::ValidatorSet,
};

use super::{OwnedNote, TREASURY, World};

/// What a buyer wants.
#[derive(Clone, Copy)]
pub struct Bid {
    pub buyer: usize,
    pub seller: usize,
    pub utility: Utility,
    pub window: Window,
    pub price: u32,
    pub quantity: u32,
}

pub fn no_memo() -> Memo {
    Memo::new([0; MEMO_LENGTH])
}

impl World {
    pub fn address(&self, who: usize) -> Address {
        *self.households[who].account.address()
    }

    /// The validity a wallet takes now.
    pub fn valid_until(&self) -> Timestamp {
        Envelope::validity_from(self.now())
    }

    pub fn input(&self, note: &OwnedNote) -> OwnedInput {
        let (_, position) = self.locate(note.number).expect("the note is in a bucket");
        OwnedInput { position, secret: note.secret.clone(), opening: note.opening.clone() }
    }

    /// The bucket of the first note, and all notes as inputs.
    pub fn inputs(&self, notes: &[OwnedNote]) -> (BucketVersion, Vec<OwnedInput>) {
        let (version, _) = self.locate(notes[0].number).expect("the note is in a bucket");
        (version, notes.iter().map(|note| self.input(note)).collect())
    }

    pub fn payees(&self, payees: &[(usize, u64)]) -> Vec<Payee> {
        payees.iter().map(|(who, value)| Payee::new(self.address(*who), *value)).collect()
    }

    pub fn transfer_plan(&self, notes: &[OwnedNote], payees: &[(usize, u64)]) -> TransferPlan {
        let (bucket, inputs) = self.inputs(notes);
        TransferPlan { bucket, inputs, payees: self.payees(payees), valid_until: self.valid_until() }
    }

    pub fn transfer(&mut self, notes: &[OwnedNote], payees: &[(usize, u64)]) -> Built {
        let plan = self.transfer_plan(notes, payees);
        let ring = self.ring(plan.bucket);
        plan.derive(&self.genesis, &mut self.rng).unwrap().prove(&ring, &mut self.rng).unwrap()
    }

    /// Pays from the payer's first spendable note, which must suffice.
    pub fn pay(&mut self, from: usize, to: usize, value: u64) -> Built {
        let note = self.spendable(from, Asset::Credit)[0].clone();
        let rest = note.opening.value - value - self.parameters().fee;
        self.transfer(&[note], &[(to, value), (from, rest)])
    }

    pub fn open_plan(&self, notes: &[OwnedNote], bid: &Bid) -> OpenPlan {
        let (bucket, inputs) = self.inputs(notes);
        OpenPlan {
            bucket,
            inputs,
            buyer: self.address(bid.buyer),
            seller: self.address(bid.seller),
            utility: bid.utility,
            window: bid.window,
            price: Price::new(bid.price).unwrap(),
            quantity: Quantity(bid.quantity),
            change_memo: no_memo(),
            valid_until: self.valid_until(),
        }
    }

    pub fn open_with(&mut self, notes: &[OwnedNote], bid: &Bid) -> Built {
        let plan = self.open_plan(notes, bid);
        let ring = self.ring(plan.bucket);
        plan.derive(&self.genesis, &mut self.rng).unwrap().prove(&ring, &mut self.rng).unwrap()
    }

    /// Opens from the buyer's first spendable note, which must suffice.
    pub fn open(&mut self, bid: &Bid) -> Built {
        let note = self.spendable(bid.buyer, Asset::Credit)[0].clone();
        self.open_with(&[note], bid)
    }

    /// The contract that an Open makes.
    pub fn contract_of(&self, open: &Built) -> ContractId {
        ContractId::of(self.network(), open.transaction.id())
    }

    /// A contract as the seller's wallet knows it, with what he delivers to it.
    pub fn claimed(&self, seller: usize, contract: ContractId, deliver: u32) -> ClaimedContract {
        let claims = &self.households[seller].claims;
        let claim = claims.iter().find(|claim| claim.contract == contract).expect("the seller knows the contract");
        ClaimedContract {
            id: contract,
            price: claim.terms.price,
            quantity: claim.quantity.clone(),
            delivered_blinding: claim.delivered_blinding.clone(),
            t: claim.t.clone(),
            handle: claim.terms.handle,
            claim: claim.secret.clone(),
            deliver: Quantity(deliver),
        }
    }

    pub fn deliver_plan(&self, seller: usize, notes: &[OwnedNote], deliveries: &[(ContractId, u32)]) -> DeliverPlan {
        let (bucket, inputs) = self.inputs(notes);
        DeliverPlan {
            bucket,
            inputs,
            seller: self.address(seller),
            contracts: deliveries.iter().map(|(contract, much)| self.claimed(seller, *contract, *much)).collect(),
            change_memo: no_memo(),
            valid_until: self.valid_until(),
        }
    }

    pub fn deliver_with(&mut self, plan: DeliverPlan) -> Built {
        let ring = self.ring(plan.bucket);
        plan.derive(&self.genesis, &mut self.rng).unwrap().prove(&ring, &mut self.rng).unwrap()
    }

    /// Delivers from the seller's notes of this energy, at most four.
    pub fn deliver(&mut self, seller: usize, energy: Asset, deliveries: &[(ContractId, u32)]) -> Built {
        let mut notes = self.spendable(seller, energy);
        notes.truncate(4);
        let plan = self.deliver_plan(seller, &notes, deliveries);
        self.deliver_with(plan)
    }

    pub fn mint(&mut self, payees: &[(usize, u64)]) -> Built {
        let serial = self.counters().mint_serial + 1;
        self.mint_numbered(serial, payees)
    }

    pub fn mint_numbered(&mut self, serial: u64, payees: &[(usize, u64)]) -> Built {
        let plan = MintPlan { serial, payees: self.payees(payees), valid_until: self.valid_until() };
        plan.prove(&self.genesis, &mut self.rng).unwrap().sign(&self.treasury)
    }

    pub fn burn_with(&mut self, notes: &[OwnedNote], total: u64) -> Built {
        let inputs = notes.iter().map(|note| (self.locate(note.number).unwrap().0, self.input(note))).collect();
        let change = self.address(TREASURY);
        let change_memo = no_memo();
        let plan = BurnPlan { inputs, total: Credit(total), change, change_memo, valid_until: self.valid_until() };
        let unproven = plan.derive(&self.genesis, &mut self.rng).unwrap();
        let rings: Vec<_> = unproven.buckets().into_iter().map(|version| self.ring(version)).collect();
        let rings: Vec<_> = rings.iter().map(|ring| &ring[..]).collect();
        unproven.prove(&rings, &mut self.rng).unwrap().sign(&self.treasury)
    }

    /// These validators from the next epoch on, signed by the first registrars that suffice.
    pub fn change_validators(&mut self, validators: &[SigningKey]) -> Built {
        let serial = self.counters().registry_serial + 1;
        let quorum = self.genesis.registrar_quorum();
        self.change_validators_by(serial, validators, &self.registrars[..quorum])
    }

    pub fn change_validators_by(&self, serial: u64, validators: &[SigningKey], signers: &[SigningKey]) -> Built {
        let set = ValidatorSet::new(validators.iter().map(SigningKey::verifying_key).collect()).unwrap();
        self.change_registry_by(serial, RegistryChange::Validators(set), signers)
    }

    /// This change, signed by the first registrars that suffice.
    pub fn change_registry(&self, change: RegistryChange) -> Built {
        let serial = self.counters().registry_serial + 1;
        self.change_registry_by(serial, change, &self.registrars[..self.genesis.registrar_quorum()])
    }

    /// Another class and key for a meter, by the registrars. The meter goes on with the key once that is on the ledger: see
    /// [`Self::take_key`].
    pub fn replace_meter(&self, meter: usize, class: RangeBits, key: &SigningKey) -> Built {
        self.change_registry(RegistryChange::Meter { meter: self.meters[meter].id, class, key: key.verifying_key() })
    }

    /// From now on the meter signs with this key, and proves in this class.
    pub fn take_key(&mut self, meter: usize, class: RangeBits, key: &SigningKey) {
        (self.meters[meter].class, self.meters[meter].key) = (class, key.clone());
    }

    pub fn change_registry_by(&self, serial: u64, change: RegistryChange, signers: &[SigningKey]) -> Built {
        let plan = RegistryPlan { serial, change, valid_until: self.valid_until() }.prepare(&self.genesis);
        let signed = signers.iter().try_fold(plan, |plan, key| plan.sign(&self.genesis, key));
        signed.unwrap().finish(&self.genesis).unwrap()
    }

    /// Burns from the treasury's first spendable note, which must suffice.
    pub fn burn(&mut self, total: u64) -> Built {
        let note = self.spendable(TREASURY, Asset::Credit)[0].clone();
        self.burn_with(&[note], total)
    }
}
