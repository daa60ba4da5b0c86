//! `hushwatt node registry`: the registrars change the validators, replace a meter's key, or name the market operator, the committee
//! and the cohorts of totals. One writes the change down, a quorum signs, each on his own machine, and anybody hands it in. The
//! file that travels between them holds no secret.

mod file;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hushwatt_crypto::{NetworkId, hash::hex, range::RangeBits, signature::VerifyingKey};
use hushwatt_ledger::{
    committee::CohortMeter,
    genesis::Genesis,
    rules::{
        registry::{meter_key_is_new, operator_key_is_new, validator_keys_are_free},
        totals::{cohorts_hold, committee_keys_are_free, totals_are_made},
    },
    transaction::{MAX_VALIDITY, VALIDITY_STEP, registry::RegistryChange},
    units::{MeterId, Timestamp},
    validators::ValidatorSet,
};
use hushwatt_node::{
    Clock, SystemClock,
    client::{NodeClient, Taken},
    config::{BaseUrl, KeyFile, KeyRole, Seconds, parse_public_key},
};

use super::{
    common::{NodeCommandError, time_text},
    genesis,
};
use crate::cli::say;
use file::{Change, member_text};

#[derive(Subcommand)]
pub(super) enum RegistryCommand {
    /// Write a change down: the validators from the next epoch on, all of them, the new key of a meter, the market's operator, or
    /// the committee or the cohorts of totals
    ///
    /// Which validator is left out leaves; to exchange its key, list the new one in place of the old one. A meter that got a new
    /// gateway, or whose key was lost, is replaced by its number; its class may change too. An operator is in force for the windows that start
    /// after the change's block, a committee and cohorts for the periods that begin after it.
    #[command(after_help = "Examples:
  hushwatt node registry new --genesis genesis.json --serial 1 --out change.json \\
      --validators validator:5c21...,validator:90ee...,validator:17ab...,validator:c003...,validator:77fe...
  hushwatt node registry new --genesis genesis.json --serial 2 --out change.json --meter 12 --meter-key meter:4fe0...
  hushwatt node registry new --genesis genesis.json --serial 3 --out change.json --operator operator:a81c...
  hushwatt node registry new --genesis genesis.json --serial 4 --out change.json --threshold 3 \\
      --committee committee:77b0...:1c9d...,committee:b1f4...:90aa...,committee:3d02...:e6f1...,committee:...,committee:...
  hushwatt node registry new --genesis genesis.json --serial 5 --out change.json --cohorts cohorts.json

cohorts.json lists the cohorts, each a list of its meters with a number that stands for the owner within the cohort:
  [[{\"meter\": 0, \"owner\": 0}, {\"meter\": 1, \"owner\": 1}, ...], ...]

A change must be in a block within its validity, a day at most: agree on when everybody signs.")]
    // Its options are many, the others' few.
    New(Box<NewArguments>),
    /// Sign a change with a registrar's key, after reading what it says
    #[command(after_help = "Examples:
  hushwatt node registry sign --key ~/hushwatt-keys/registrar.key --genesis genesis.json change.json
  hushwatt node registry sign --key ~/hushwatt-keys/registrar.key --genesis genesis.json --network 3f9a... change.json

What the network would refuse is not signed, as far as the genesis tells. Read what is printed: the others' signatures say nothing of
whether a cohort's owners are right.")]
    Sign(SignArguments),
    /// Say what a change says and who has signed it
    #[command(after_help = "Examples:
  hushwatt node registry show change.json
  hushwatt node registry show --genesis genesis.json change.json      checks the signatures too")]
    Show {
        /// Check signatures and keys against this genesis
        #[arg(long, value_name = "FILE")]
        genesis: Option<PathBuf>,
        /// The change
        change: PathBuf,
    },
    /// Hand a change in that enough registrars have signed
    #[command(after_help = "Examples:
  hushwatt node registry submit change.json
  hushwatt node registry submit --url https://node-b.example.org change.json")]
    Submit {
        /// The HTTP interface of a node
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8400")]
        url: BaseUrl,
        /// The change
        change: PathBuf,
    },
}

#[derive(Args)]
pub(super) struct NewArguments {
    /// The network's genesis
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// Number of the change: 1 for the network's first, then one more each time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    serial: u64,
    /// Public lines of all validators from the next epoch on
    #[arg(long, value_name = "KEY", value_delimiter = ',', num_args = 1.., value_parser = validator_key,
        required_unless_present_any = ["meter", "operator", "committee", "cohorts"],
        conflicts_with_all = ["meter", "operator", "committee", "cohorts"])]
    validators: Vec<VerifyingKey>,
    /// The meter whose key is replaced, by its number in the genesis, from 0 on
    #[arg(long, value_name = "N", requires = "meter_key", conflicts_with_all = ["operator", "committee", "cohorts"])]
    meter: Option<u32>,
    /// The meter's new key, as its gateway printed it
    #[arg(long, value_name = "KEY", requires = "meter", value_parser = meter_key)]
    meter_key: Option<VerifyingKey>,
    /// The meter's class from now on, 16 or 32 [default: as in the genesis]
    #[arg(long, value_name = "BITS", requires = "meter", value_parser = meter_class)]
    class: Option<RangeBits>,
    /// Public line of the market operator for the windows to come, as `hushwatt operator init` printed it
    #[arg(long, value_name = "KEY", value_parser = operator_key, conflicts_with_all = ["committee", "cohorts"])]
    operator: Option<VerifyingKey>,
    /// Public lines of the members of the committee for the periods to come, as `hushwatt committee init` printed them
    #[arg(long, value_name = "LINE", value_delimiter = ',', num_args = 1.., conflicts_with = "cohorts")]
    committee: Vec<String>,
    /// How many members must release a total: more than half
    #[arg(long, value_name = "N", default_value_t = 3, requires = "committee")]
    threshold: u8,
    /// A file with the cohorts of the periods to come, all of them
    #[arg(long, value_name = "FILE")]
    cohorts: Option<PathBuf>,
    /// How long the registrars have to sign and hand it in, at most 24h
    #[arg(long, value_name = "TIME", default_value = "20h")]
    valid_for: Seconds,
    /// Where to write the change; must not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct SignArguments {
    /// The registrar's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The network's genesis, against which the change is checked
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// Refuse a change of another network than this
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// The change; the signature is added to it
    change: PathBuf,
}

fn validator_key(text: &str) -> Result<VerifyingKey, String> {
    parse_public_key(text, KeyRole::Validator)
}

fn meter_key(text: &str) -> Result<VerifyingKey, String> {
    parse_public_key(text, KeyRole::Meter)
}

fn operator_key(text: &str) -> Result<VerifyingKey, String> {
    parse_public_key(text, KeyRole::Operator)
}

fn meter_class(text: &str) -> Result<RangeBits, String> {
    let wrong = "16 (up to 65,535 Wh or litres in an interval: homes) or 32 (above)";
    text.parse().ok().and_then(file::class).ok_or_else(|| wrong.to_owned())
}

pub(super) fn run(command: &RegistryCommand) -> Result<(), NodeCommandError> {
    match command {
        RegistryCommand::New(arguments) => new(arguments),
        RegistryCommand::Sign(arguments) => sign(arguments),
        RegistryCommand::Show { genesis, change } => show(genesis.as_deref(), change),
        RegistryCommand::Submit { url, change } => submit(url, change),
    }
}

fn refused(message: impl Into<String>) -> NodeCommandError {
    NodeCommandError::Refused(message.into())
}

fn new(arguments: &NewArguments) -> Result<(), NodeCommandError> {
    let genesis = genesis::read(&arguments.genesis)?;
    if genesis.registrars().is_empty() {
        return Err(refused("the genesis names no registrars: nothing of this network can ever change"));
    }
    let what = what(arguments, &genesis)?;
    check(&genesis, &what)?;
    if !(VALIDITY_STEP..=MAX_VALIDITY).contains(&arguments.valid_for.0) {
        return Err(refused(format!(
            "--valid-for is between {} and {}, not {}",
            Seconds(VALIDITY_STEP),
            Seconds(MAX_VALIDITY),
            arguments.valid_for
        )));
    }
    let until = SystemClock.now().plus(arguments.valid_for.0).0 / VALIDITY_STEP * VALIDITY_STEP;
    let change = Change::new(*genesis.network(), arguments.serial, what, Timestamp(until));
    change.write_new(&arguments.out)?;
    say(&describe(&change, Some(&genesis)));
    eprintln!("Written to {}: have {} registrars sign it.", arguments.out.display(), genesis.registrar_quorum());
    Ok(())
}

fn sign(arguments: &SignArguments) -> Result<(), NodeCommandError> {
    let mut change = Change::read(&arguments.change)?;
    if let Some(expected) = arguments.network.filter(|expected| *expected != change.network()) {
        return Err(refused(format!(
            "this change is for network {}, not for {expected}: do not sign it",
            change.network()
        )));
    }
    let genesis = genesis::read(&arguments.genesis)?;
    check_all(&genesis, &change)?;
    let key = KeyFile::read(&arguments.key, KeyRole::Registrar)?;
    if !genesis.registrars().contains(&key.key.verifying_key()) {
        return Err(refused(
            "this is the key of none of the registrars in the genesis: its signature would count for nothing",
        ));
    }
    let added = change.sign(&key.key);
    say(&describe(&change, Some(&genesis)));
    if added {
        change.replace(&arguments.change)?;
        eprintln!("Signed. Pass {} on to the next registrar, or hand it in.", arguments.change.display());
    } else {
        eprintln!("It had this signature already; nothing was changed.");
    }
    Ok(())
}

fn show(genesis: Option<&Path>, change: &Path) -> Result<(), NodeCommandError> {
    let change = Change::read(change)?;
    let genesis = genesis.map(genesis::read).transpose()?;
    if let Some(genesis) = &genesis {
        check_all(genesis, &change)?;
    }
    say(&describe(&change, genesis.as_ref()));
    Ok(())
}

fn submit(url: &BaseUrl, change: &Path) -> Result<(), NodeCommandError> {
    let change = Change::read(change)?;
    let node = NodeClient::at(url);
    let bytes = node.bytes("/v1/genesis")?;
    let genesis = Genesis::parse(&bytes).map_err(|error| node.nonsense("/v1/genesis", &error))?;
    let transaction = change.transaction(&genesis)?.encode();
    // A Registry has no hints.
    let body = [&(transaction.len() as u32).to_le_bytes()[..], &transaction].concat();
    match node.post("/v1/transactions?wait=10", "application/octet-stream", &body)? {
        Taken::Waiting { .. } => say("Accepted. It waits for a block: submit it again to learn what became of it."),
        Taken::Final { height, .. } => match change.what() {
            RegistryChange::Validators(_) => {
                let epoch = height / genesis.parameters.epoch_blocks + 1;
                say(&format!("Final in block {height}: these validators are in force from epoch {epoch} on."));
            }
            RegistryChange::Meter { meter, .. } => {
                say(&format!("Final in block {height}: the new key of meter {} is in force from now on.", meter.0));
            }
            RegistryChange::Operator { .. } => {
                say(&format!("Final in block {height}: this operator clears the windows that start from now on."));
            }
            RegistryChange::Committee(_) => {
                say(&format!(
                    "Final in block {height}: this committee releases totals of the periods that begin from now on."
                ));
            }
            RegistryChange::Cohorts(_) => {
                say(&format!(
                    "Final in block {height}: these cohorts are those of the periods that begin from now on."
                ));
            }
        },
    }
    Ok(())
}

/// What the arguments ask for.
fn what(arguments: &NewArguments, genesis: &Genesis) -> Result<RegistryChange, NodeCommandError> {
    if let Some(key) = arguments.operator {
        return Ok(RegistryChange::Operator { key });
    }
    if !arguments.committee.is_empty() {
        let members = arguments.committee.iter().map(String::as_str);
        return file::committee(arguments.threshold, members).map(RegistryChange::Committee).map_err(refused);
    }
    if let Some(path) = &arguments.cohorts {
        return file::read_cohorts(path).map(RegistryChange::Cohorts);
    }
    let (Some(number), Some(key)) = (arguments.meter, arguments.meter_key) else {
        let validators = ValidatorSet::new(arguments.validators.clone());
        return Ok(RegistryChange::Validators(validators.map_err(|error| refused(error.to_string()))?));
    };
    let meter = MeterId(number);
    let registered = genesis.meter(meter).ok_or_else(|| no_such_meter(genesis, meter))?;
    Ok(RegistryChange::Meter { meter, class: arguments.class.unwrap_or(registered.class), key })
}

fn no_such_meter(genesis: &Genesis, meter: MeterId) -> NodeCommandError {
    refused(format!(
        "there is no meter {}: the genesis has {}, numbered from 0 on in its order",
        meter.0,
        genesis.meters().count()
    ))
}

/// Every key of the genesis.
fn keys_of(genesis: &Genesis) -> Vec<VerifyingKey> {
    let meters = genesis.meters().map(|(_, meter)| meter.key);
    let others = genesis.registrars().iter().chain(genesis.validators().keys()).chain([&genesis.treasury]);
    meters.chain(others.chain(&genesis.operator).copied()).collect()
}

/// Refuses a change of another network, with signatures of others than its registrars, or that the network would refuse.
fn check_all(genesis: &Genesis, change: &Change) -> Result<(), NodeCommandError> {
    change.check(genesis)?;
    check(genesis, change.what())
}

/// Refuses what the network's rules would refuse, as far as the genesis tells.
fn check(genesis: &Genesis, change: &RegistryChange) -> Result<(), NodeCommandError> {
    let free = match change {
        RegistryChange::Validators(validators) => validator_keys_are_free(genesis, validators),
        RegistryChange::Meter { meter, key, .. } => {
            genesis.meter(*meter).ok_or_else(|| no_such_meter(genesis, *meter))?;
            meter_key_is_new(&keys_of(genesis), key)
        }
        RegistryChange::Operator { key } => {
            if genesis.parameters.auction.is_none() {
                return Err(refused("this network has no auctions, so it needs no operator"));
            }
            operator_key_is_new(&keys_of(genesis), key)
        }
        RegistryChange::Committee(committee) => {
            totals_are_made(&genesis.parameters).map_err(|error| refused(error.to_string()))?;
            committee_keys_are_free(&keys_of(genesis), committee)
        }
        RegistryChange::Cohorts(cohorts) => {
            return cohorts_hold(genesis, cohorts).map_err(|error| refused(error.to_string()));
        }
    };
    free.map_err(|_| refused("one of these keys is in use already: every role and every meter has its own key"))
}

/// What is to be changed, for those who sign.
fn describe(change: &Change, genesis: Option<&Genesis>) -> String {
    let mut lines = vec![
        format!("Change number {} of network {}", change.serial(), change.network()),
        format!("To be in a block until {}", time_text(change.valid_until().0)),
    ];
    match change.what() {
        RegistryChange::Validators(validators) => {
            let known = |key| genesis.is_some_and(|genesis| genesis.validators().index_of(key).is_some());
            let (count, quorum) = (validators.keys().len(), validators.quorum());
            lines.push(format!("Validators from the next epoch on: {count}, of which {quorum} make a block"));
            lines.extend(validators.keys().iter().map(|key| {
                let mark = if known(key) { "  (as in the genesis)" } else { "" };
                format!("  {}{mark}", hex(key.as_bytes()))
            }));
        }
        RegistryChange::Meter { meter, class, key } => {
            let registered = genesis.and_then(|genesis| genesis.meter(*meter));
            let what = registered.map(|meter| format!(" ({})", meter.utility.name())).unwrap_or_default();
            lines.push(format!("Meter {}{what}: class {}, new key", meter.0, class.bits()));
            lines.push(format!("  {}", hex(key.as_bytes())));
        }
        RegistryChange::Operator { key } => {
            lines.push("Market operator for the windows that start after the change's block".to_owned());
            lines.push(format!("  {}", hex(key.as_bytes())));
        }
        RegistryChange::Committee(committee) => {
            let (members, threshold) = (committee.members(), committee.quorum().threshold());
            let count = members.len();
            lines.push(format!(
                "Committee for totals of the periods that begin after the change's block: {threshold} of {count}"
            ));
            lines.extend(members.iter().map(|member| format!("  {}", member_text(member))));
        }
        RegistryChange::Cohorts(cohorts) => {
            lines.push("Cohorts of the periods that begin after the change's block".to_owned());
            for (cohort, place) in cohorts.iter().zip(0..) {
                let meter = |entry: &CohortMeter| format!("{} (owner {})", entry.meter.0, entry.owner);
                let meters: Vec<String> = cohort.meters().iter().map(meter).collect();
                let (most, all) = (cohort.most_of_one_owner(&[]), meters.len());
                lines.push(format!("  cohort {place}: meters {}", meters.join(", ")));
                lines.push(format!("    no owner has more than {most} of the {all}"));
            }
        }
    }
    let signers = change.signers();
    let needed = genesis.map(|genesis| format!(" of {} needed", genesis.registrar_quorum())).unwrap_or_default();
    lines.push(format!("Signatures: {}{needed}", signers.len()));
    lines.extend(signers.iter().map(|key| format!("  {}", hex(key.as_bytes()))));
    lines.join("\n")
}
