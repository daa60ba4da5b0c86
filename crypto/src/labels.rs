//! The one table of domain labels, and the network id (protocol section 1).
//!
//! Every hash and every Merlin transcript starts with [`PROTOCOL_VERSION`], the [`NetworkId`] and one [`Label`].
//! A new use gets a new row here; a row never changes.

/// Version of the protocol; the first byte of every hash, transcript and transaction.
pub const PROTOCOL_VERSION: u8 = 1;

/// Digest of the genesis file: what makes a key, proof or transaction belong to one network only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetworkId(pub [u8; 32]);

impl NetworkId {
    /// For the few hashes that exist before any network does: the generator `J` and the genesis digest itself.
    pub const NONE: NetworkId = NetworkId([0; 32]);
}

impl core::fmt::Display for NetworkId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::fmt::Debug for NetworkId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "NetworkId({self})")
    }
}

impl core::str::FromStr for NetworkId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a network id is 64 hexadecimal digits";
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong);
        }
        let mut id = [0u8; 32];
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = core::str::from_utf8(pair).map_err(|_| wrong)?;
            if digits.starts_with('+') {
                return Err(wrong);
            }
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong)?;
        }
        Ok(NetworkId(id))
    }
}

macro_rules! labels {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// What a hash or transcript is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Label { $($(#[doc = $doc])+ $name,)+ }
        impl Label {
            /// Every label there is, in the order of the table.
            pub const ALL: &'static [Label] = &[$(Label::$name,)+];
            /// The bytes that enter the hash.
            pub const fn as_str(self) -> &'static str {
                match self { $(Label::$name => $text,)+ }
            }
        }
    };
}

labels! {
    /// Generator `J` (section 1).
    GeneratorJ = "generator-j",
    /// Network id from the genesis bytes (section 1).
    Genesis = "genesis",
    /// View secret from a wallet seed.
    ViewKey = "view-key",
    /// Spend secret from a wallet seed.
    SpendKey = "spend-key",
    /// One-time key `k = Hs(rV, ctx, i)` (section 2).
    OneTimeKey = "one-time-key",
    /// View tag of a hint (section 2).
    ViewTag = "view-tag",
    /// Encryption key of a hint (section 2).
    Hint = "hint",
    /// Context of a Mint's outputs from its serial (section 2).
    MintContext = "mint-context",
    /// Day key of the next UTC day (section 6.2).
    Ratchet = "ratchet",
    /// One-time key of a meter's energy note (section 6.2).
    MeterNote = "meter-note",
    /// Blinding of one attested reading (section 6.2).
    Reading = "reading",
    /// Salt of an attestation (section 6.2).
    AttestSalt = "attest-salt",
    /// Hedged nonces and blindings of provers (section 1).
    Nonce = "nonce",
    /// Schnorr signatures (section 6.3).
    Schnorr = "schnorr",
    /// Proof that delivered commitments keep the buyer's blinding (section 6.3).
    Handle = "handle",
    /// Range proofs (sections 5 and 6).
    RangeProof = "range-proof",
    /// Weights of a batch of range proofs (section 8).
    RangeBatch = "range-batch",
    /// Signing digest of a transaction (section 5).
    SigningDigest = "signing-digest",
    /// Hash of all permanent bytes of a transaction (section 5).
    FullDigest = "full-digest",
    /// Digest of a transaction's hints (section 3).
    HintsDigest = "hints-digest",
    /// Id of a contract (section 6.3).
    ContractId = "contract-id",
    /// Order of notes in a cut bucket (section 4).
    Permute = "permute",
    /// Digest of a bucket version's members (section 4).
    BucketDigest = "bucket-digest",
    /// Digest of a block header (section 7).
    BlockHeader = "block-header",
    /// Root of a block's transactions (section 7).
    TransactionRoot = "transaction-root",
    /// Root of the validator set (section 7).
    ValidatorSet = "validator-set",
    /// Retired: finality certificate of a single validator, before there were several.
    Certificate = "certificate",
    /// Votes of validators: the last part of the namespace of everything the consensus engine signs (section 7).
    Consensus = "consensus",
    /// One entry of the state's set hash (section 7).
    StateEntry = "state-entry",
    /// State root from the set hash (section 7).
    StateRoot = "state-root",
    /// A meter's signature of its attestation (section 6.2).
    MeterSignature = "meter-signature",
    /// The treasury's signature of a Mint or Burn (section 6.5).
    TreasurySignature = "treasury-signature",
    /// A registrar's signature of a change of the registry (section 6.6).
    RegistrySignature = "registry-signature",
    /// A seller's offer, signed with his spend secret outside the ledger.
    Offer = "offer",
    /// Proofs of knowledge in a disclosure (section 10).
    DisclosureKnowledge = "disclosure-knowledge",
    /// Digest that the ring signatures and the range proof of a disclosure are about (section 10).
    DisclosureDigest = "disclosure-digest",
    /// Digest of a tariff, whatever the network (section 10).
    Tariff = "tariff",
    /// Authenticates what a wallet notes for itself in the memo of its change.
    ChangeMemo = "change-memo",
    /// Names a payee to the payer's own wallets.
    PayeeTag = "payee-tag",
    /// When a gateway sends the attestation of a window, drawn in advance (section 6.2).
    GatewaySchedule = "gateway-schedule",
    /// Key under which a gateway tells its household a day's readings beside the ledger (section 6.2).
    GatewayReadings = "gateway-readings",
    /// Id of an order (section 6.4).
    OrderId = "order-id",
    /// Rank of an order among those of equal limits (section 6.4).
    OrderRank = "order-rank",
    /// The market operator's signature of an admitted order or of a Clear (section 6.4).
    OperatorSignature = "operator-signature",
    /// The market operator's signature over his sealing key (section 6.4).
    OperatorSealingKey = "operator-sealing-key",
    /// Key under which an order's opening is sealed for the market operator (section 6.4).
    OrderOpening = "order-opening",
    /// Proofs of statements about commitments (section 6.4).
    CircuitProof = "circuit-proof",
    /// Weights of a batch of such proofs (section 8).
    CircuitBatch = "circuit-batch",
    /// Generators of the circuit proof system.
    CircuitGenerators = "circuit-generators",
    /// Digest of the circuit of a statement.
    CircuitShape = "circuit-shape",
    /// Digest of what a community's members were allocated of their common generation, and of the key.
    Allocation = "allocation",
    /// Digests of the files of an auditor's report, and his signature of them (section 10).
    AuditReport = "audit-report",
    /// A registrar's signature of a receipt: what was done about a person's entry in the register of persons (section 6.6).
    RegisterReceipt = "register-receipt",
    /// Proofs of knowledge in a disclosure that convince one verifier only (section 10).
    DisclosureDesignated = "disclosure-designated",
    /// That whoever asks for a disclosure knows the key which it is to be designated to (section 10).
    DisclosureRequest = "disclosure-request",
    /// Key under which a share of what opens a commitment is sealed for a member of the committee (section 10).
    ShareSeal = "share-seal",
    /// That whoever sealed a share knows the secret of its fresh key (section 10).
    ShareSealer = "share-sealer",
    /// Digest of a sealed share (section 10).
    ShareDigest = "share-digest",
    /// That the shared point of a sealed share is the one that the member's key gives (section 10).
    ShareOpening = "share-opening",
    /// A committee member's signature of a complaint or of what he releases (section 10).
    CommitteeSignature = "committee-signature",
    /// Lots that draw who is left out of a total beside those who did not share (section 10).
    LeftOut = "left-out",
    /// A registrar's signature of a request for a total (section 10).
    TotalRequest = "total-request",
    /// That fresh commitments hide what those of the ledger do, shown to one verifier only (section 10).
    DisclosureTie = "disclosure-tie",
    /// Ring signatures of a disclosure that convince one verifier only (section 10).
    DisclosureRing = "disclosure-ring",
    /// Signature of what a feeder's meter counted, with which totals are compared (section 10).
    FeederReading = "feeder-reading",
    /// Signature of the balance of a treasury's bank account, with which the supply is compared (section 10).
    BankStatement = "bank-statement",
}
