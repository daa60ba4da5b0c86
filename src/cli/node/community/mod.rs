//! The readable file that a community's genesis is built from. Everything wrong in it is told with its line, its place, and
//! what to do.

mod locate;
mod parameters;
mod values;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{range::RangeBits, signature::VerifyingKey};
use hushwatt_ledger::{
    genesis::{Genesis, GenesisError, Meter, NewGenesis},
    units::Utility,
};
use hushwatt_node::config::{KeyRole, parse_public_key};
use serde::Deserialize;
use toml::Spanned;

use locate::{Place, Source};
use parameters::ParameterTable;
use values::Start;

/// Why no genesis was built.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommunityError {
    #[error("could not read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}, {place}: {message}", path.display())]
    At { path: PathBuf, place: Place, message: String },
    #[error("{}: {source}", path.display())]
    Genesis { path: PathBuf, source: GenesisError },
}

/// The file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommunityFile {
    start: Option<Start>,
    #[serde(default)]
    simulated_time: bool,
    registrar_quorum: Option<Spanned<u32>>,
    #[serde(default)]
    parameters: ParameterTable,
    validators: Vec<Holder>,
    #[serde(default)]
    registrars: Vec<Holder>,
    treasury: Holder,
    operator: Option<Holder>,
    #[serde(default)]
    meters: Vec<MeterTable>,
}

/// Who holds a key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holder {
    /// For people; no part of the genesis.
    #[serde(default)]
    name: String,
    key: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeterTable {
    #[serde(default)]
    name: String,
    utility: Utility,
    #[serde(default)]
    class: Option<Spanned<u8>>,
    key: Spanned<String>,
}

/// A genesis with the names that its file gave to the holders of keys.
pub(super) struct Community {
    pub(super) genesis: Genesis,
    pub(super) names: Names,
}

/// What people call the holders of keys.
#[derive(Default)]
pub(super) struct Names(HashMap<[u8; 32], String>);

impl Names {
    /// The name of a key, or its first digits.
    pub(super) fn of(&self, key: &VerifyingKey) -> String {
        self.0.get(key.as_bytes()).cloned().unwrap_or_else(|| hushwatt_crypto::hash::hex(&key.as_bytes()[..4]))
    }
}

/// Reads the file and builds the genesis.
pub(super) fn read(path: &Path) -> Result<Community, CommunityError> {
    let text = fs::read_to_string(path).map_err(|source| CommunityError::Read { path: path.to_path_buf(), source })?;
    Builder { source: Source { path, text: &text }, names: Names::default(), seen: HashMap::new() }.build()
}

struct Builder<'a> {
    source: Source<'a>,
    names: Names,
    /// Where each key stands.
    seen: HashMap<[u8; 32], Place>,
}

impl Builder<'_> {
    fn build(mut self) -> Result<Community, CommunityError> {
        let file: CommunityFile = toml::from_str(self.source.text).map_err(|error| self.source.syntax(&error))?;
        let start = file.start.ok_or_else(|| {
            self.source.at(0..0, "start is missing: say when the network begins, like start = 2026-12-01T00:00:00Z")
        })?;
        let parameters = file.parameters.read(&self.source)?;
        let validators = self.holders(&file.validators, KeyRole::Validator)?;
        if validators.is_empty() {
            return Err(self.source.at(0..0, "validators is empty: name at least one, or four so that one may fail"));
        }
        let registrars = self.holders(&file.registrars, KeyRole::Registrar)?;
        let registrar_quorum = self.quorum(file.registrar_quorum.as_ref(), registrars.len())?;
        let treasury = self.key(&file.treasury.name, &file.treasury.key, KeyRole::Treasury)?;
        let operator = file.operator.as_ref().map(|holder| self.key(&holder.name, &holder.key, KeyRole::Operator));
        let operator = operator.transpose()?;
        let meters = file.meters.iter().map(|meter| self.meter(meter)).collect::<Result<_, _>>()?;
        let new = NewGenesis {
            time: start.0,
            simulated_time: file.simulated_time,
            parameters,
            validators,
            registrars,
            registrar_quorum,
            treasury,
            operator,
            meters,
        };
        let genesis =
            new.build().map_err(|source| CommunityError::Genesis { path: self.source.path.to_path_buf(), source })?;
        Ok(Community { genesis, names: self.names })
    }

    fn holders(&mut self, holders: &[Holder], role: KeyRole) -> Result<Vec<VerifyingKey>, CommunityError> {
        holders.iter().map(|holder| self.key(&holder.name, &holder.key, role)).collect()
    }

    fn quorum(&self, quorum: Option<&Spanned<u32>>, registrars: usize) -> Result<u32, CommunityError> {
        let Some(quorum) = quorum else {
            if registrars == 0 {
                return Ok(0);
            }
            let message = format!(
                "registrar_quorum is missing: say how many of the {registrars} registrars must agree to a change, best more than half"
            );
            return Err(self.source.at(0..0, message));
        };
        let value = *quorum.get_ref();
        let holds = if registrars == 0 { value == 0 } else { value >= 1 && value as usize <= registrars };
        let message = || match registrars {
            0 => "there are no registrars: list them as [[registrars]], or leave registrar_quorum out".to_owned(),
            _ => format!("of {registrars} registrars between 1 and {registrars} can be asked to agree, not {value}"),
        };
        if holds { Ok(value) } else { Err(self.source.at(quorum.span(), message())) }
    }

    fn meter(&mut self, meter: &MeterTable) -> Result<Meter, CommunityError> {
        let class = match meter.class.as_ref().map(Spanned::get_ref) {
            None | Some(16) => RangeBits::Bits16,
            Some(32) => RangeBits::Bits32,
            Some(_) => {
                let span = meter.class.as_ref().map_or(0..0, Spanned::span);
                let message = "class is 16 (up to 65,535 Wh or litres in an interval: homes) or 32 (above: plants, whole buildings)";
                return Err(self.source.at(span, message));
            }
        };
        let key = self.key(&meter.name, &meter.key, KeyRole::Meter)?;
        Ok(Meter { utility: meter.utility, class, key })
    }

    fn key(&mut self, name: &str, text: &Spanned<String>, role: KeyRole) -> Result<VerifyingKey, CommunityError> {
        self.register(name, text, parse_public_key(text.get_ref(), role))
    }

    /// Refuses a key that stands somewhere else already.
    fn register(
        &mut self,
        name: &str,
        text: &Spanned<String>,
        key: Result<VerifyingKey, String>,
    ) -> Result<VerifyingKey, CommunityError> {
        let key = key.map_err(|message| self.source.at(text.span(), message))?;
        let place = self.source.place(text.span());
        if let Some(first) = self.seen.insert(*key.as_bytes(), place) {
            let message = format!("this key stands already at {first}: every role and every meter has its own");
            return Err(self.source.at(text.span(), message));
        }
        if !name.is_empty() {
            self.names.0.insert(*key.as_bytes(), name.to_owned());
        }
        Ok(key)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;
