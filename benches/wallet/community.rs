//! A ledger of transfers that were never made: whatever a wallet looks at is right, proofs are copies of one.

use std::sync::Arc;

use hushwatt_client::BlockRecord;
use hushwatt_crypto::{
    Point, SecretScalar,
    address::Address,
    clsag::{Clsag, Member},
    commitment::Opening,
    hint::{Hint, HintBody},
    keys::{Account, OneTimeSecret, Seed, ViewKey},
    onetime::{NewOutput, SharedSecret},
    range::{RangeBits, RangeProof},
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::{Block, BlockHints, Certificate, Header, Parent, transaction_root, vote},
    genesis::{Genesis, Meter, NewGenesis},
    note::{BucketId, BucketVersion, Output},
    parameters::Parameters,
    transaction::{
        Action, Envelope, HintsDigest, Transaction, Transfer,
        build::Payee,
        hints::encode_hints,
        spend::{OwnedInput, Spend, context_of},
        transfer::{TransferStatement, build::TransferPlan},
    },
    units::{Timestamp, Utility},
};
use rand::rngs::OsRng;
use rayon::prelude::*;

pub const START: Timestamp = Timestamp(1_767_225_600);
const RING: usize = 16;

/// A community of one validator, and the proofs that all its transfers share.
pub struct Community {
    pub genesis: Arc<Genesis>,
    validator: SigningKey,
    signatures: Vec<Clsag>,
    range: RangeProof,
}

/// A transfer and its hints.
pub type Made = (Transaction, Vec<Hint>);

pub fn random_point() -> Point {
    SecretScalar::random(&mut OsRng).public().try_into().unwrap()
}

/// 2 inputs among `ring` made-up notes, 2 outputs.
pub fn plan(account: &Account, ring: usize) -> (TransferPlan, Vec<Member>) {
    let mut members = Vec::new();
    let mut inputs = Vec::new();
    for position in 0..ring {
        let secret = OneTimeSecret::new(&SecretScalar::random(&mut OsRng), account.spend());
        let opening = Opening::new(5_000_000, SecretScalar::random(&mut OsRng));
        members.push(Member::new(secret.public().unwrap(), opening.commit()));
        inputs.push(OwnedInput { position, secret, opening });
    }
    let plan = TransferPlan {
        bucket: BucketVersion { id: BucketId(0), length: ring as u32 },
        inputs: vec![inputs.remove(ring - 1), inputs.remove(1)],
        payees: vec![Payee::new(*account.address(), 3_000_000), Payee::new(*account.address(), 7_000_000)],
        valid_until: Timestamp(600),
    };
    (plan, members)
}

impl Community {
    pub fn new() -> Self {
        let validator = SigningKey::random(&mut OsRng);
        let meter = SigningKey::random(&mut OsRng).verifying_key();
        let new = NewGenesis {
            time: START,
            simulated_time: true,
            parameters: Parameters::default(),
            validators: vec![validator.verifying_key()],
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: SigningKey::random(&mut OsRng).verifying_key(),
            operator: None,
            meters: vec![Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: meter }],
        };
        let genesis = Arc::new(new.build().unwrap());
        let account = Account::from_seed(genesis.network(), &Seed::random(&mut OsRng)).unwrap();
        let (plan, members) = plan(&account, RING);
        let built = plan.derive(&genesis, &mut OsRng).unwrap().prove(&members, &mut OsRng).unwrap();
        let Action::Transfer(transfer) = built.transaction.action() else { unreachable!("a transfer plan makes one") };
        let (signatures, range) = (transfer.signatures.clone(), transfer.range.clone());
        Community { genesis, validator, signatures, range }
    }

    pub fn stranger(&self) -> Account {
        Account::from_seed(self.genesis.network(), &Seed::random(&mut OsRng)).unwrap()
    }

    /// A transfer to two addresses. For the owner of `deceived` every view tag matches.
    pub fn transfer(&self, to: [&Address; 2], deceived: Option<&ViewKey>) -> Made {
        let network = self.genesis.network();
        let mut inputs = [(); 2].map(|()| Spend { image: random_point(), pseudo: random_point() });
        inputs.sort_by_key(|spend| *spend.image.as_bytes());
        let context = context_of(&inputs).unwrap();
        let made = (0u8..).zip(to).map(|(index, to)| {
            let output = NewOutput::derive(network, to, context, index, &mut OsRng).unwrap();
            let opening = Opening::new(1_000_000, SecretScalar::random(&mut OsRng));
            let mut hint = Hint::seal(&output, &HintBody::note(opening.value, opening.blinding.clone()));
            if let Some(view) = deceived {
                let ephemeral = output.ephemeral.try_into().unwrap();
                hint.0[32] = SharedSecret::from_hint(network, view, &ephemeral, context, index).view_tag();
            }
            (Output { key: output.key, commitment: opening.commit_point().unwrap() }, hint)
        });
        let (outputs, hints): (Vec<Output>, Vec<Hint>) = made.unzip();
        let envelope = Envelope { network: *network, valid_until: START, hints: HintsDigest::of(network, &hints) };
        let bucket = BucketVersion { id: BucketId(0), length: RING as u32 };
        let statement = TransferStatement { bucket, inputs: inputs.to_vec(), outputs };
        let (signatures, range) = (self.signatures.clone(), self.range.clone());
        (Transaction::new(envelope, Action::Transfer(Transfer { statement, signatures, range })), hints)
    }

    /// As many transfers between strangers.
    pub fn transfers(&self, count: usize, deceived: Option<&ViewKey>) -> Vec<Made> {
        let (one, other) = (self.stranger(), self.stranger());
        let to = [one.address(), other.address()];
        (0..count).into_par_iter().map(|_| self.transfer(to, deceived)).collect()
    }

    /// The block after `parent` with these transfers, and its certificate. It says nothing of the state.
    pub fn block(&self, parent: &mut Parent, time: Timestamp, mut made: Vec<Made>) -> (Block, Certificate, BlockHints) {
        let (genesis, network) = (&self.genesis, self.genesis.network());
        made.sort_by_key(|(transaction, _)| *transaction.id());
        let (transactions, hints): (Vec<Transaction>, BlockHints) = made.into_iter().unzip();
        let header = Header {
            height: parent.height + 1,
            time,
            parent: parent.digest,
            transaction_root: transaction_root(network, &transactions),
            state_root: [0; 32],
            validator_set: genesis.validators().digest(network),
        };
        let (epoch, digest) = (genesis.parameters.epoch_of(header.height), header.digest(network));
        let (view, parent_view) = (header.height, parent.height);
        let signature = vote(&self.validator, network, epoch, view, parent_view, &digest);
        (parent.height, parent.digest, parent.time) = (header.height, digest, time);
        (
            Block { header, transactions },
            Certificate { epoch, view, parent_view, signatures: vec![(0, signature)] },
            hints,
        )
    }
}

/// A block as it travels.
pub fn record((block, certificate, hints): &(Block, Certificate, BlockHints)) -> BlockRecord {
    BlockRecord {
        height: block.header.height,
        body: block.encode(),
        certificate: certificate.encode(),
        hints: Some(hints.iter().map(|hints| encode_hints(hints)).collect()),
    }
}
