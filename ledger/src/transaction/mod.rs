//! Transactions (protocol sections 5 and 6): data, codec, builders. What is allowed is in [`crate::rules`]; each kind's
//! folder has the same files: `mod.rs` its data, `build.rs` how a wallet makes it, `check.rs` what validators check,
//! `effect.rs` what it changes.

pub mod attest;
pub mod build;
pub mod burn;
pub mod check;
pub mod clear;
pub mod complain;
pub mod correct;
pub mod deliver;
pub mod hints;
pub mod metered;
pub mod mint;
pub mod open;
pub mod order;
pub mod registry;
pub mod release;
pub mod request;
pub mod share;
pub mod spend;
pub mod transfer;

use hushwatt_crypto::{Label, NetworkId, PROTOCOL_VERSION, hash::Hasher};

use crate::{
    codec::{DecodeError, Reader, Writer},
    note::BucketVersion,
    units::{MeterId, Timestamp},
};

pub use attest::Attest;
pub use burn::Burn;
pub use clear::Clear;
pub use complain::Complain;
pub use correct::Correct;
pub use deliver::Deliver;
pub use hints::HintsDigest;
pub use mint::Mint;
pub use open::Open;
pub use order::{Buy, Sell};
pub use registry::Registry;
pub use release::Release;
pub use request::Request;
pub use share::Share;
pub use transfer::Transfer;

/// No transaction is longer, in bytes.
pub const MAX_TRANSACTION_BYTES: usize = 640 * 1024;

/// `valid_until` is a multiple of this many seconds, so that it does not single out a wallet's clock.
pub const VALIDITY_STEP: u64 = 600;
/// A transaction is valid for at most this long, in seconds.
pub const MAX_VALIDITY: u64 = 86_400;

/// Id of a transaction: its signing digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub [u8; 64]);

impl core::fmt::Display for TransactionId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0[..16].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl core::fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TransactionId({self})")
    }
}

/// Hash of all permanent bytes of a transaction, proofs and signatures included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FullDigest(pub [u8; 64]);

/// What every transaction carries beside its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// The network it is for.
    pub network: NetworkId,
    /// The last block time at which it may be included.
    pub valid_until: Timestamp,
    /// Digest of its hints.
    pub hints: HintsDigest,
}

impl Envelope {
    /// The validity a wallet takes: the first multiple of [`VALIDITY_STEP`] at least 20 minutes ahead.
    pub fn validity_from(now: Timestamp) -> Timestamp {
        Timestamp(now.plus(1200).0.div_ceil(VALIDITY_STEP).saturating_mul(VALIDITY_STEP))
    }
}

/// The signed half of a transaction of one kind: everything but proofs and signatures.
pub trait Statement: Sized {
    /// Code of the kind.
    const KIND: u8;
    /// Appends the encoding.
    fn encode(&self, writer: &mut Writer);
    /// Reads the encoding.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// What a transaction does.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "the common kinds are the large ones: a box would cost more than it saves"
)]
pub enum Action {
    /// Moves credit (6.1).
    Transfer(Transfer),
    /// A meter's readings (6.2).
    Attest(Attest),
    /// A buyer's firm bid (6.3).
    Open(Open),
    /// A seller's delivery (6.3).
    Deliver(Deliver),
    /// New credit (6.5).
    Mint(Mint),
    /// Credit taken back (6.5).
    Burn(Burn),
    /// A change by the registrars (6.6).
    Registry(Registry),
    /// A meter's correction of a window (6.2).
    Correct(Correct),
    /// Energy offered in an auction (6.4).
    Sell(Sell),
    /// Energy wanted in an auction (6.4).
    Buy(Buy),
    /// The outcome of an auction (6.4).
    Clear(Clear),
    /// Openings of a period, shared among the committee (10).
    Share(Share),
    /// A member's proof that his share is wrong (10).
    Complain(Complain),
    /// What a total is over (10).
    Request(Request),
    /// A member's share of a total (10).
    Release(Release),
}

macro_rules! each_action {
    ($action:expr, $inner:ident => $do:expr) => {
        match $action {
            Action::Transfer($inner) => $do,
            Action::Attest($inner) => $do,
            Action::Open($inner) => $do,
            Action::Deliver($inner) => $do,
            Action::Mint($inner) => $do,
            Action::Burn($inner) => $do,
            Action::Registry($inner) => $do,
            Action::Correct($inner) => $do,
            Action::Sell($inner) => $do,
            Action::Buy($inner) => $do,
            Action::Clear($inner) => $do,
            Action::Share($inner) => $do,
            Action::Complain($inner) => $do,
            Action::Request($inner) => $do,
            Action::Release($inner) => $do,
        }
    };
}
pub(crate) use each_action;

impl Action {
    /// The kind's name, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Transfer(_) => "Transfer",
            Action::Attest(_) => "Attest",
            Action::Open(_) => "Open",
            Action::Deliver(_) => "Deliver",
            Action::Mint(_) => "Mint",
            Action::Burn(_) => "Burn",
            Action::Registry(_) => "Registry",
            Action::Correct(_) => "Correct",
            Action::Sell(_) => "Sell",
            Action::Buy(_) => "Buy",
            Action::Clear(_) => "Clear",
            Action::Share(_) => "Share",
            Action::Complain(_) => "Complain",
            Action::Request(_) => "Request",
            Action::Release(_) => "Release",
        }
    }

    /// How many hints it comes with.
    pub fn hint_count(&self) -> usize {
        match self {
            Action::Transfer(transfer) => transfer.statement.outputs.len(),
            Action::Share(share) => share.statement.hint_count(),
            Action::Open(_) => open::HINTS,
            Action::Deliver(_) => deliver::HINTS,
            Action::Mint(mint) => mint.statement.outputs.len(),
            Action::Burn(_) => burn::HINTS,
            Action::Sell(_) => order::SELL_HINTS,
            Action::Buy(_) => order::BUY_HINTS,
            Action::Attest(_) | Action::Registry(_) | Action::Correct(_) | Action::Clear(_) => 0,
            Action::Complain(_) | Action::Request(_) | Action::Release(_) => 0,
        }
    }

    /// The bucket version of each ring it needs, in the order of [`Action::spends`] where a kind has a bucket an
    /// input, else the one bucket of all inputs.
    pub fn buckets(&self) -> Vec<BucketVersion> {
        match self {
            Action::Transfer(transfer) => vec![transfer.statement.bucket],
            Action::Open(open) => vec![open.statement.bucket],
            Action::Deliver(deliver) => vec![deliver.statement.bucket],
            Action::Burn(burn) => burn.statement.inputs.iter().map(|input| input.bucket).collect(),
            Action::Sell(sell) => vec![sell.statement.bucket],
            Action::Buy(buy) => vec![buy.statement.bucket],
            _ => Vec::new(),
        }
    }

    /// The meter that posts it, if one does.
    pub fn meter(&self) -> Option<MeterId> {
        match self {
            Action::Attest(attest) => Some(attest.statement.meter),
            Action::Correct(correct) => Some(correct.statement.meter),
            _ => None,
        }
    }

    /// The inputs, sorted by key image.
    pub fn spends(&self) -> Vec<spend::Spend> {
        match self {
            Action::Transfer(transfer) => transfer.statement.inputs.clone(),
            Action::Open(open) => open.statement.inputs.clone(),
            Action::Deliver(deliver) => deliver.statement.inputs.clone(),
            Action::Burn(burn) => burn.statement.inputs.iter().map(|input| input.spend).collect(),
            Action::Sell(sell) => sell.statement.inputs.clone(),
            Action::Buy(buy) => buy.statement.inputs.clone(),
            _ => Vec::new(),
        }
    }
}

/// A decoded transaction with its digests. Decoding refused what is malformed; nothing is verified yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    envelope: Envelope,
    action: Action,
    id: TransactionId,
    full: FullDigest,
    length: usize,
}

fn encode_signed<S: Statement>(envelope: &Envelope, statement: &S) -> Writer {
    let mut writer = Writer::new();
    writer.u8(PROTOCOL_VERSION).bytes(&envelope.network.0).u64(envelope.valid_until.0);
    writer.bytes(&envelope.hints.0).u8(S::KIND);
    statement.encode(&mut writer);
    writer
}

/// The signing digest, which is the transaction's id: it covers everything but proofs and signatures (section 5).
pub fn signing_digest<S: Statement>(envelope: &Envelope, statement: &S) -> TransactionId {
    let bytes = encode_signed(envelope, statement).finish();
    TransactionId(Hasher::new(&envelope.network, Label::SigningDigest).part(&bytes).finish64())
}

impl Transaction {
    /// Puts a transaction together and computes its digests.
    pub fn new(envelope: Envelope, action: Action) -> Self {
        let bytes = encode(&envelope, &action);
        let id = each_action!(&action, inner => signing_digest(&envelope, &inner.statement));
        let full = FullDigest(Hasher::new(&envelope.network, Label::FullDigest).part(&bytes).finish64());
        Transaction { envelope, action, id, full, length: bytes.len() }
    }

    /// Reads a transaction of this network. Total on any bytes.
    pub fn decode(network: &NetworkId, bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(DecodeError::LengthOutOfRange);
        }
        let mut reader = Reader::new(bytes);
        if reader.u8()? != PROTOCOL_VERSION {
            return Err(DecodeError::WrongVersion);
        }
        let envelope = Envelope {
            network: NetworkId(reader.array()?),
            valid_until: Timestamp(reader.u64()?),
            hints: HintsDigest(reader.array()?),
        };
        let action = match reader.u8()? {
            transfer::TransferStatement::KIND => Action::Transfer(Transfer::decode(&mut reader)?),
            attest::AttestStatement::KIND => Action::Attest(Attest::decode(&mut reader)?),
            open::OpenStatement::KIND => Action::Open(Open::decode(&mut reader)?),
            deliver::DeliverStatement::KIND => Action::Deliver(Deliver::decode(&mut reader)?),
            mint::MintStatement::KIND => Action::Mint(Mint::decode(&mut reader)?),
            burn::BurnStatement::KIND => Action::Burn(Burn::decode(&mut reader)?),
            registry::RegistryStatement::KIND => Action::Registry(Registry::decode(&mut reader)?),
            correct::CorrectStatement::KIND => Action::Correct(Correct::decode(&mut reader)?),
            order::SellStatement::KIND => Action::Sell(Sell::decode(&mut reader)?),
            order::BuyStatement::KIND => Action::Buy(Buy::decode(&mut reader)?),
            clear::ClearStatement::KIND => Action::Clear(Clear::decode(&mut reader)?),
            share::ShareStatement::KIND => Action::Share(Share::decode(&mut reader)?),
            complain::ComplainStatement::KIND => Action::Complain(Complain::decode(&mut reader)?),
            request::RequestStatement::KIND => Action::Request(Request::decode(&mut reader)?),
            release::ReleaseStatement::KIND => Action::Release(Release::decode(&mut reader)?),
            _ => return Err(DecodeError::UnknownTag),
        };
        reader.finish()?;
        if encode(&envelope, &action) != bytes {
            return Err(DecodeError::NotCanonical);
        }
        if envelope.network != *network {
            return Err(DecodeError::ForeignNetwork);
        }
        Ok(Transaction::new(envelope, action))
    }

    /// The permanent bytes: everything but the hints.
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.envelope, &self.action)
    }

    /// Length of the permanent bytes.
    pub fn encoded_len(&self) -> usize {
        self.length
    }

    /// The envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// What it does.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// Its id.
    pub fn id(&self) -> &TransactionId {
        &self.id
    }

    /// Hash of all its permanent bytes.
    pub fn full_digest(&self) -> &FullDigest {
        &self.full
    }
}

fn encode(envelope: &Envelope, action: &Action) -> Vec<u8> {
    each_action!(action, inner => {
        let mut writer = encode_signed(envelope, &inner.statement);
        inner.encode_proofs(&mut writer);
        writer.finish()
    })
}
