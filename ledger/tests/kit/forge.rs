//! What a cheat can do who has the same tools as everybody: change a transaction's fields, sign again with keys of his
//! own, and put an Open together that no honest wallet makes.

use std::sync::Arc;

use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_POINT, scalar::Scalar};
use hushwatt_crypto::{
    Label, Point, PublicScalar, SecretScalar,
    clsag::{self, Member},
    commitment::Opening,
    context::Context,
    generators::generators,
    handle::handle,
    hint::{HINT_LENGTH, Hint, HintBody},
    onetime::NewOutput,
    range::{self, RangeBits, RangeProof},
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::replay_block,
    note::{BucketVersion, Output},
    transaction::{
        Action, Envelope, HintsDigest, Transaction, Transfer, build::Built, open, open::ContractTerms,
        share::Authority, signing_digest, spend::Spend, transfer::TransferStatement,
    },
};
use rand_chacha::ChaCha20Rng;

use super::{OwnedNote, World, build::Bid};

/// The point plus `G`: another point that also decodes.
pub fn shifted(point: &Point) -> Point {
    Point::new(point.point() + RISTRETTO_BASEPOINT_POINT).unwrap()
}

/// A commitment to one unit more.
pub fn one_more(commitment: &Point) -> Point {
    Point::new(commitment.point() + generators().h.point()).unwrap()
}

/// The scalar plus one.
pub fn incremented(scalar: &PublicScalar) -> PublicScalar {
    PublicScalar(scalar.0 + Scalar::ONE)
}

/// A range proof with one 32-byte part changed; `None` past its end.
pub fn changed_range(proof: &RangeProof, part: usize) -> Option<RangeProof> {
    let mut bytes = proof.as_bytes().to_vec();
    let place = bytes.get_mut(32 * part..32 * part + 32)?;
    let old: [u8; 32] = (&*place).try_into().unwrap();
    let changes = [
        PublicScalar::decode(&old).ok().map(|scalar| *incremented(&scalar).as_bytes()),
        Point::decode(&old).ok().map(|point| *shifted(&point).as_bytes()),
    ];
    let candidates: Vec<Vec<u8>> = changes
        .into_iter()
        .flatten()
        .map(|new| {
            let mut bytes = bytes.clone();
            bytes[32 * part..32 * part + 32].copy_from_slice(&new);
            bytes
        })
        .collect();
    bytes.clear();
    candidates.iter().find_map(|bytes| RangeProof::decode(bytes).ok())
}

/// The same transaction with a changed envelope or action; nothing is signed again.
pub fn tampered(built: &Built, change: impl FnOnce(&mut Envelope, &mut Action)) -> Built {
    let (mut envelope, mut action) = (*built.transaction.envelope(), built.transaction.action().clone());
    change(&mut envelope, &mut action);
    Built::new(Transaction::new(envelope, action), built.hints.clone())
}

/// Changes an action that must be of this kind.
#[macro_export]
macro_rules! tamper {
    ($built:expr, $kind:ident, |$inner:ident| $change:expr) => {
        $crate::kit::forge::tampered(&$built, |_, action| match action {
            hushwatt_ledger::transaction::Action::$kind($inner) => {
                $change;
            }
            _ => panic!("another kind"),
        })
    };
}

/// Signs an Attest, Correct, Mint, Burn, Registry, order or Clear again, with any key; a Registry in the name of its first signer.
pub fn signed_again(built: &Built, key: &SigningKey) -> Built {
    let digest = *built.transaction.id();
    tampered(built, |envelope, action| {
        let network = &envelope.network;
        match action {
            Action::Correct(correct) => correct.signature = key.sign(network, Label::MeterSignature, &digest.0),
            Action::Attest(attest) => attest.signature = key.sign(network, Label::MeterSignature, &digest.0),
            Action::Mint(mint) => mint.signature = key.sign(network, Label::TreasurySignature, &digest.0),
            Action::Burn(burn) => burn.signature = key.sign(network, Label::TreasurySignature, &digest.0),
            Action::Registry(registry) => {
                registry.signatures[0].1 = key.sign(network, Label::RegistrySignature, &digest.0);
            }
            Action::Sell(sell) => sell.admission = key.sign(network, Label::OperatorSignature, &digest.0),
            Action::Buy(buy) => buy.admission = key.sign(network, Label::OperatorSignature, &digest.0),
            Action::Clear(clear) => clear.signature = key.sign(network, Label::OperatorSignature, &digest.0),
            Action::Share(share) => {
                share.authority = Authority::Meter(key.sign(network, Label::MeterSignature, &digest.0));
            }
            _ => panic!("this kind has no such signature"),
        }
    })
}

/// What a strange Open is made from, beside the bid.
pub struct StrangeOpen {
    /// `b_q`.
    pub quantity_blinding: SecretScalar,
    /// `b_d`.
    pub delivered_blinding: SecretScalar,
}

impl World {
    /// An Open of one note with blindings of the buyer's choice, valid in every other respect.
    pub fn strange_open(&mut self, note: &OwnedNote, bid: &Bid, strange: &StrangeOpen) -> Built {
        let network = *self.network();
        let plan = self.open_plan(std::slice::from_ref(note), bid);
        let (ring, context) = (self.ring(plan.bucket), Context::of_first_image(&note.image));
        let price = u64::from(bid.price);
        let rest = note.opening.value - price * u64::from(bid.quantity) - self.parameters().fee;
        let rng = &mut self.rng;

        let derive = |to, index, rng: &mut _| NewOutput::derive(&network, to, context, index, rng).unwrap();
        let change_output = derive(&plan.buyer, open::CHANGE_HINT, rng);
        let refund = derive(&plan.buyer, open::REFUND_HINT, rng);
        let claim = derive(&plan.seller, open::CLAIM_HINT, rng);
        let change = Opening::new(rest, SecretScalar::random(rng));
        let quantity = Opening::new(u64::from(bid.quantity), strange.quantity_blinding.clone());
        let t = SecretScalar::random(rng);
        let body = HintBody::contract(quantity.value, quantity.blinding.clone(), &strange.delivered_blinding, &t);
        let hints = vec![
            Hint::seal(&change_output, &HintBody::note(change.value, change.blinding.clone())),
            Hint::seal(&refund, &body),
            Hint::seal(&claim, &body),
        ];
        let contract = ContractTerms {
            utility: bid.utility,
            window: bid.window,
            price: plan.price,
            quantity: quantity.commit_point().unwrap(),
            handle: handle(&strange.delivered_blinding, &t).unwrap(),
            refund_key: refund.key,
            claim_key: claim.key,
        };
        let fresh = change.blinding.plus(&quantity.blinding.times(price));
        let pseudo = Opening::new(note.opening.value, fresh.clone()).commit_point().unwrap();
        let statement = open::OpenStatement {
            bucket: plan.bucket,
            inputs: vec![Spend { image: note.image, pseudo }],
            change: Output { key: change_output.key, commitment: change.commit_point().unwrap() },
            contract,
        };
        let envelope = Envelope { network, valid_until: plan.valid_until, hints: HintsDigest::of(&network, &hints) };
        let digest = signing_digest(&envelope, &statement);
        let difference = note.opening.blinding.minus(&fresh);
        let position = plan.inputs[0].position;
        let signature =
            clsag::sign(&network, &ring, position, &note.secret, &difference, &pseudo, &digest.0, rng).unwrap();
        let change_range = range::prove(&network, &digest.0, RangeBits::Bits64, &[change], rng).unwrap();
        let quantity_range = range::prove(&network, &digest.0, RangeBits::Bits32, &[quantity], rng).unwrap();
        let action = Action::Open(open::Open { statement, signatures: vec![signature], change_range, quantity_range });
        Built::new(Transaction::new(envelope, action), hints)
    }
}

/// An input as a cheat prepares it: whatever ring he signs over, and whatever fresh blinding he takes.
pub struct ForgedInput {
    pub note: OwnedNote,
    pub ring: Arc<[Member]>,
    pub position: usize,
    /// Blinding of `C'`.
    pub fresh: SecretScalar,
}

impl World {
    /// A block of these transactions a minute later, whatever rules they break: validators certify it, and the ledger goes on with what
    /// a replay makes of it.
    pub fn force(&mut self, built: &[Built]) {
        let block = self.forge_block(self.after(60), built.iter().map(|built| built.transaction.clone()).collect());
        let of = |transaction: &Transaction| {
            built.iter().find(|built| built.transaction.id() == transaction.id()).unwrap().hints.clone()
        };
        let hints = block.transactions.iter().map(of).collect();
        let replayed = replay_block(&self.genesis, &self.state, &self.parent, &block).unwrap();
        let light = replay_block(&self.genesis, &self.light, &self.parent, &block).unwrap();
        self.state.apply(replayed.changes);
        self.light.apply(light.changes);
        self.parent = replayed.parent;
        self.chain.push((block, hints));
    }

    /// A note as an input over the bucket it really is in.
    pub fn forged_input(&self, note: &OwnedNote, fresh: SecretScalar) -> ForgedInput {
        let (version, position) = self.locate(note.number).unwrap();
        ForgedInput { note: note.clone(), ring: self.ring(version), position, fresh }
    }

    /// A Transfer with these inputs, which names this bucket, makes these outputs and has this range proof, all of it
    /// correctly signed. Balance and range are the cheat's affair.
    pub fn forged_transfer(
        &mut self,
        bucket: BucketVersion,
        mut inputs: Vec<ForgedInput>,
        outputs: Vec<Output>,
        prove: impl FnOnce(&[u8; 64], &mut ChaCha20Rng) -> RangeProof,
    ) -> Built {
        let network = *self.network();
        inputs.sort_by(|a, b| a.note.image.as_bytes().cmp(b.note.image.as_bytes()));
        let pseudo = |input: &ForgedInput| Opening::new(input.note.opening.value, input.fresh.clone());
        let spends = inputs
            .iter()
            .map(|input| Spend { image: input.note.image, pseudo: pseudo(input).commit_point().unwrap() })
            .collect();
        let hints = vec![Hint([0; HINT_LENGTH]); outputs.len()];
        let envelope = Envelope { network, valid_until: self.valid_until(), hints: HintsDigest::of(&network, &hints) };
        let statement = TransferStatement { bucket, inputs: spends, outputs };
        let digest = signing_digest(&envelope, &statement);
        let range = prove(&digest.0, &mut self.rng);
        let signatures = inputs
            .iter()
            .zip(&statement.inputs)
            .map(|(input, spend)| {
                let difference = input.note.opening.blinding.minus(&input.fresh);
                let (ring, secret, rng) = (&input.ring, &input.note.secret, &mut self.rng);
                clsag::sign(&network, ring, input.position, secret, &difference, &spend.pseudo, &digest.0, rng).unwrap()
            })
            .collect();
        let action = Action::Transfer(Transfer { statement, signatures, range });
        Built::new(Transaction::new(envelope, action), hints)
    }

    /// A random point, as a key that nobody has.
    pub fn nobodys_key(&mut self) -> Point {
        Point::try_from(SecretScalar::random(&mut self.rng).public()).unwrap()
    }
}
