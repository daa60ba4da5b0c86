//! Why something was not done about the register.

use std::{io, path::PathBuf};

use hushwatt_client::{ClientError, KeyError};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{genesis::GenesisError, units::Timestamp};
use hushwatt_vault::FileError;

use crate::{
    case::CaseNumber,
    matters::{Matter, moment, possible_from},
    person::DetailError,
    receipt::ReceiptError,
};

/// Why it was not done. The register is as it was, unless a variant says something else.
#[derive(Debug, thiserror::Error)]
pub enum RegistrarError {
    /// The encrypted file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The registrar's key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What was given about a person.
    #[error(transparent)]
    Detail(#[from] DetailError),
    /// A node that was asked.
    #[error(transparent)]
    Node(#[from] ClientError),
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something is there already.
    #[error("{} is already a registrar's folder, or holds other files ({entry}): choose a new one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What is there.
        entry: String,
    },
    /// It is no registrar's folder.
    #[error("{} is no registrar's folder: it has no genesis.json. Give the right folder, or make one with \"hushwatt registrar init\"", .0.display())]
    NoRegistrar(PathBuf),
    /// The genesis cannot be used.
    #[error("{}: {source}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: GenesisError,
    },
    /// Two things are of different networks.
    #[error("{what} is of network {found}, and this register of {wanted}")]
    OtherNetwork {
        /// What.
        what: String,
        /// Its network.
        found: NetworkId,
        /// The register's.
        wanted: NetworkId,
    },
    /// What was decrypted is no register.
    #[error(
        "what is in the register cannot be read ({0}): use the version of hushwatt that wrote it, or restore a backup"
    )]
    Content(String),
    /// Nobody is called that.
    #[error(
        "nobody in the register is called \"{0}\": give the first digits of the case number, or the name as \"hushwatt registrar list\" has it"
    )]
    Unknown(String),
    /// Several are.
    #[error("{count} in the register are called \"{name}\": give the first digits of the case number")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// How many.
        count: usize,
    },
    /// The community has no such meter.
    #[error("meter {0} is none of this community's: its genesis does not have it")]
    NoMeter(u32),
    /// The meter measures for somebody else then.
    #[error("meter {meter} measures for case {} at that time: end that first", case.short())]
    MeterTaken {
        /// The meter.
        meter: u32,
        /// For whom.
        case: CaseNumber,
    },
    /// The meter does not measure for this person.
    #[error("meter {0} does not measure for this person at present")]
    NotHeld(u32),
    /// Time runs the other way.
    #[error("this would end before it began")]
    EndBeforeBegin,
    /// Processing is restricted.
    #[error("what is known about case {} is restricted ({why}): it is kept and not used otherwise. \"hushwatt registrar unrestrict\" ends that", case.short())]
    Restricted {
        /// The person.
        case: CaseNumber,
        /// Why.
        why: String,
    },
    /// It is restricted already, or not at all.
    #[error("{0}")]
    Restriction(&'static str),
    /// No such consent is in force.
    #[error("there is no consent to \"{0}\" that could be withdrawn")]
    NoConsent(String),
    /// There is no such sum of money that is open.
    #[error("there is no open payout or invoice with number {0}")]
    NoMoney(u32),
    /// Too much money for one person.
    #[error("no more sums of money fit: {0} is the last number")]
    LastNumber(u32),
    /// The correction changes nothing.
    #[error("nothing would change: what you give is what the register has")]
    NothingChanges,
    /// Something is open.
    #[error("case {} cannot be erased yet: {}", case.short(), texts(matters))]
    Open {
        /// The person.
        case: CaseNumber,
        /// What stands against it.
        matters: Vec<Matter>,
    },
    /// The ledger's time is ahead of this machine's clock.
    #[error(
        "the ledger's time is {}, and this machine's clock says {}: by a time that has not come nobody is erased. Set the clock (chronyc tracking), or ask another node",
        moment(time.0), moment(now.0)
    )]
    Ahead {
        /// The ledger's time.
        time: Timestamp,
        /// This machine's clock.
        now: Timestamp,
    },
    /// A receipt that cannot be used.
    #[error("{}: {source}", path.display())]
    Receipt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ReceiptError,
    },
    /// A chain file that cannot be used.
    #[error("{} says nothing: {reason}", path.display())]
    Chain {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Every reason, and from when it is possible if waiting is enough.
fn texts(matters: &[Matter]) -> String {
    let mut texts: Vec<String> = matters.iter().map(ToString::to_string).collect();
    texts.extend(possible_from(matters).map(|time| format!("it is possible from {} on", moment(time.0))));
    texts.join("; ")
}
