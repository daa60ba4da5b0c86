//! The file in which a change travels from registrar to registrar: JSON that people may read. Everything in it is checked when it
//! is read; each signature covers the change and the network.

use std::{
    fs,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{
    Label, NetworkId,
    hash::hex,
    order_seal::SealingPublic,
    range::RangeBits,
    signature::{Signature, SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    committee::{Cohort, CohortMeter, Committee, CommitteeMember},
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction, TransactionId,
        registry::{Registry, RegistryChange, RegistryStatement},
        signing_digest,
    },
    units::{MeterId, Timestamp},
    validators::ValidatorSet,
};
use hushwatt_node::config::{KeyRole, parse_public_key};
use serde::{Deserialize, Serialize};

use crate::cli::node::common::{NodeCommandError, file_error, write_new};

const FORMAT: &str = "hushwatt registry change 1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeFile {
    format: String,
    network: String,
    serial: u64,
    valid_until: u64,
    /// The validators, a meter, the operator, the committee, or the cohorts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validators: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meter: Option<MeterEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    committee: Option<CommitteeEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cohorts: Option<Vec<Vec<CohortEntry>>>,
    signatures: Vec<SignatureEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeterEntry {
    number: u32,
    class: u8,
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitteeEntry {
    threshold: u8,
    members: Vec<String>,
}

/// A meter of a cohort, with the number that stands for its owner.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CohortEntry {
    meter: u32,
    owner: u16,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureEntry {
    registrar: String,
    signature: String,
}

/// A change with the signatures it has so far.
pub(super) struct Change {
    envelope: Envelope,
    statement: RegistryStatement,
    signatures: Vec<(VerifyingKey, Signature)>,
}

impl Change {
    pub(super) fn new(network: NetworkId, serial: u64, change: RegistryChange, valid_until: Timestamp) -> Self {
        Change {
            envelope: Envelope { network, valid_until, hints: HintsDigest::of(&network, &[]) },
            statement: RegistryStatement { serial, change },
            signatures: Vec::new(),
        }
    }

    pub(super) fn network(&self) -> NetworkId {
        self.envelope.network
    }

    pub(super) fn serial(&self) -> u64 {
        self.statement.serial
    }

    pub(super) fn valid_until(&self) -> Timestamp {
        self.envelope.valid_until
    }

    /// What is changed.
    pub(super) fn what(&self) -> &RegistryChange {
        &self.statement.change
    }

    pub(super) fn signers(&self) -> Vec<VerifyingKey> {
        self.signatures.iter().map(|(key, _)| *key).collect()
    }

    fn id(&self) -> TransactionId {
        signing_digest(&self.envelope, &self.statement)
    }

    /// Adds a signature; `false` if it was there.
    pub(super) fn sign(&mut self, key: &SigningKey) -> bool {
        let public = key.verifying_key();
        if self.signatures.iter().any(|(signer, _)| *signer == public) {
            return false;
        }
        let signature = key.sign(&self.envelope.network, Label::RegistrySignature, &self.id().0);
        self.signatures.push((public, signature));
        true
    }

    /// Refuses what the network would not take for a change of its registrars.
    pub(super) fn check(&self, genesis: &Genesis) -> Result<(), NodeCommandError> {
        if *genesis.network() != self.network() {
            return Err(NodeCommandError::Refused(format!(
                "this change is for network {}, and the genesis is of network {}",
                self.network(),
                genesis.network()
            )));
        }
        match self.signatures.iter().find(|(key, _)| !genesis.registrars().contains(key)) {
            Some((key, _)) => Err(NodeCommandError::Refused(format!(
                "{} signed, and is none of the registrars in the genesis: take that signature out",
                hex(key.as_bytes())
            ))),
            None => Ok(()),
        }
    }

    /// The transaction, once enough have signed.
    pub(super) fn transaction(&self, genesis: &Genesis) -> Result<Transaction, NodeCommandError> {
        self.check(genesis)?;
        let quorum = genesis.registrar_quorum();
        if quorum == 0 || self.signatures.len() < quorum {
            return Err(NodeCommandError::Refused(format!(
                "{} of {quorum} registrars needed have signed: pass the file on before it is handed in",
                self.signatures.len()
            )));
        }
        let place = |key: &VerifyingKey| genesis.registrars().iter().position(|registrar| registrar == key);
        let placed =
            self.signatures.iter().filter_map(|(key, signature)| Some((u8::try_from(place(key)?).ok()?, *signature)));
        let mut signatures: Vec<(u8, Signature)> = placed.collect();
        signatures.sort_by_key(|(place, _)| *place);
        let registry = Registry { statement: self.statement.clone(), signatures };
        Ok(Transaction::new(self.envelope, Action::Registry(registry)))
    }

    pub(super) fn read(path: &Path) -> Result<Self, NodeCommandError> {
        let bytes = fs::read(path).map_err(file_error("read", path))?;
        Self::parse(&bytes).map_err(|wrong| {
            NodeCommandError::Refused(format!("{} is no change of the registry: {wrong}", path.display()))
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let file: ChangeFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if file.format != FORMAT {
            return Err(format!("its format is \"{}\", and this program reads \"{FORMAT}\"", file.format));
        }
        let what = match (&file.validators, &file.meter, &file.operator, &file.committee, &file.cohorts) {
            (Some(validators), None, None, None, None) => {
                let keys = validators.iter().map(|text| parse_public_key(text, KeyRole::Validator));
                let keys: Vec<VerifyingKey> = keys.collect::<Result<_, _>>()?;
                RegistryChange::Validators(ValidatorSet::new(keys).map_err(|error| error.to_string())?)
            }
            (None, Some(meter), None, None, None) => RegistryChange::Meter {
                meter: MeterId(meter.number),
                class: class(meter.class).ok_or("a meter's class is 16 or 32")?,
                key: parse_public_key(&meter.key, KeyRole::Meter)?,
            },
            (None, None, Some(operator), None, None) => {
                RegistryChange::Operator { key: parse_public_key(operator, KeyRole::Operator)? }
            }
            (None, None, None, Some(entry), None) => {
                RegistryChange::Committee(committee(entry.threshold, entry.members.iter().map(String::as_str))?)
            }
            (None, None, None, None, Some(entries)) => RegistryChange::Cohorts(cohorts(entries)?),
            _ => {
                return Err(
                    "it must name the validators, a meter, the operator, the committee, or the cohorts".to_owned()
                );
            }
        };
        let mut change = Change::new(file.network.parse()?, file.serial, what, Timestamp(file.valid_until));
        let id = change.id();
        for entry in &file.signatures {
            let key = parse_public_key(&entry.registrar, KeyRole::Registrar)?;
            let wrong = || {
                format!("the signature of {} does not fit: it is of another change, or was altered", entry.registrar)
            };
            let signature = signature(&entry.signature).ok_or_else(wrong)?;
            key.verify(&change.network(), Label::RegistrySignature, &id.0, &signature).map_err(|_| wrong())?;
            if change.signers().contains(&key) {
                return Err(format!("{} signed twice", entry.registrar));
            }
            change.signatures.push((key, signature));
        }
        Ok(change)
    }

    fn to_json(&self) -> Result<Vec<u8>, NodeCommandError> {
        let (mut validators, mut meter, mut operator, mut named, mut divided) = (None, None, None, None, None);
        match self.what() {
            RegistryChange::Validators(set) => {
                validators = Some(set.keys().iter().map(|key| hex(key.as_bytes())).collect());
            }
            RegistryChange::Meter { meter: number, class, key } => {
                let key = format!("{}:{}", KeyRole::Meter, hex(key.as_bytes()));
                meter = Some(MeterEntry { number: number.0, class: class.bits() as u8, key });
            }
            RegistryChange::Operator { key } => {
                operator = Some(format!("{}:{}", KeyRole::Operator, hex(key.as_bytes())));
            }
            RegistryChange::Committee(committee) => {
                let members = committee.members().iter().map(member_text).collect();
                named = Some(CommitteeEntry { threshold: committee.quorum().threshold(), members });
            }
            RegistryChange::Cohorts(cohorts) => {
                let entry = |entry: &CohortMeter| CohortEntry { meter: entry.meter.0, owner: entry.owner };
                divided = Some(cohorts.iter().map(|cohort| cohort.meters().iter().map(entry).collect()).collect());
            }
        }
        let file = ChangeFile {
            format: FORMAT.to_owned(),
            network: self.network().to_string(),
            serial: self.serial(),
            valid_until: self.valid_until().0,
            validators,
            meter,
            operator,
            committee: named,
            cohorts: divided,
            signatures: self
                .signatures
                .iter()
                .map(|(key, signature)| SignatureEntry { registrar: hex(key.as_bytes()), signature: hex(&signature.0) })
                .collect(),
        };
        let mut bytes =
            serde_json::to_vec_pretty(&file).map_err(|error| NodeCommandError::Refused(error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    pub(super) fn write_new(&self, path: &Path) -> Result<(), NodeCommandError> {
        write_new(path, &self.to_json()?)
    }

    /// In one step: nobody finds half a file.
    pub(super) fn replace(&self, path: &Path) -> Result<(), NodeCommandError> {
        let mut draft = path.as_os_str().to_os_string();
        draft.push(".part");
        let draft = PathBuf::from(draft);
        fs::write(&draft, self.to_json()?).map_err(file_error("write", &draft))?;
        fs::rename(&draft, path).map_err(file_error("replace", path))
    }
}

/// A member of a committee as text: `KEY:SEALING`, both in hexadecimal, after the word `committee`.
pub(super) fn member_text(member: &CommitteeMember) -> String {
    format!("{}:{}:{}", KeyRole::Committee, hex(member.key.as_bytes()), hex(member.sealing.as_bytes()))
}

/// A committee from its members' texts, in their order.
pub(super) fn committee<'a>(threshold: u8, members: impl Iterator<Item = &'a str>) -> Result<Committee, String> {
    let members = members.map(|text| {
        let wrong = || format!("{text} is no member of a committee: it is committee:KEY:SEALING");
        let (keys, sealing) = text.rsplit_once(':').ok_or_else(wrong)?;
        let key = parse_public_key(keys, KeyRole::Committee)?;
        let sealing: NetworkId = sealing.parse().map_err(|_| wrong())?;
        let sealing = SealingPublic::decode(&sealing.0).map_err(|_| wrong())?;
        Ok::<_, String>(CommitteeMember { key, sealing })
    });
    Committee::new(threshold, members.collect::<Result<_, _>>()?).map_err(|error| error.to_string())
}

/// Cohorts from a file: a list of cohorts, each a list of meters and owners.
pub(super) fn read_cohorts(path: &Path) -> Result<Vec<Cohort>, NodeCommandError> {
    let bytes = fs::read(path).map_err(file_error("read", path))?;
    let entries = serde_json::from_slice::<Vec<Vec<CohortEntry>>>(&bytes).map_err(|error| error.to_string());
    entries
        .and_then(|entries| cohorts(&entries))
        .map_err(|wrong| NodeCommandError::Refused(format!("{} lists no cohorts: {wrong}", path.display())))
}

/// Cohorts from their entries.
fn cohorts(entries: &[Vec<CohortEntry>]) -> Result<Vec<Cohort>, String> {
    let of = |entries: &Vec<CohortEntry>| {
        let meters = entries.iter().map(|entry| CohortMeter { meter: MeterId(entry.meter), owner: entry.owner });
        Cohort::new(meters.collect()).ok_or("a cohort has 1 to 256 meters, each once")
    };
    Ok(entries.iter().map(of).collect::<Result<_, _>>()?)
}

/// A meter's class by its bits.
pub(super) fn class(bits: u8) -> Option<RangeBits> {
    match bits {
        16 => Some(RangeBits::Bits16),
        32 => Some(RangeBits::Bits32),
        _ => None,
    }
}

fn signature(text: &str) -> Option<Signature> {
    let (first, second) = text.split_at_checked(64)?;
    let halves: [NetworkId; 2] = [first.parse().ok()?, second.parse().ok()?];
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&halves[0].0);
    bytes[32..].copy_from_slice(&halves[1].0);
    Some(Signature(bytes))
}
