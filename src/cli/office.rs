//! What the commands of a market operator and of a member of a committee share: how they speak, which community they are for, and
//! how they say how their program is.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use hushwatt_client::{
    BaseUrl,
    folder::ProgramFolder,
    status_file::{SILENCE, Told, last_told, machine_time},
};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::genesis::Genesis;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    community,
    failure::Failure,
    moments::{span, when},
    voice,
};

/// Exit status when somebody must look.
const ALARM: u8 = 1;
/// Exit status when the program does not run.
const NOT_RUNNING: u8 = 2;

/// The program's folder: the flag, else what the environment names.
pub(crate) fn folder(flag: Option<&Path>, variable: &str) -> Result<PathBuf, Failure> {
    let named = || std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    flag.map(Path::to_path_buf)
        .or_else(named)
        .ok_or_else(|| Failure::new("no_folder", format!("no folder was named: give --folder DIR, or set {variable}")))
}

/// How a command speaks.
#[derive(Args)]
pub(crate) struct Speaker {
    /// One JSON value on standard output and nothing else; errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
}

impl Speaker {
    /// Prints a result: as JSON, or as text for people.
    pub fn answer(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        let failed = |error| Failure::new("json", format!("a result cannot be written as JSON: {error}"));
        voice::answer(self.json, value, text).map_err(failed)
    }

    /// Something to know that is no result.
    pub fn remark(&self, text: &str) {
        voice::remark(self.json, text);
    }

    /// Asks whoever sits at the terminal; `None` if nobody does.
    pub fn ask(&self, question: &str) -> Result<Option<bool>, Failure> {
        voice::ask(self.json, question)
            .map_err(|error| Failure::new("system", format!("the system refused what this needs: {error}")))
    }

    /// Prints an error, if it is one, and gives the exit status.
    pub fn finish(&self, done: Result<ExitCode, Failure>) -> ExitCode {
        done.unwrap_or_else(|failure| failure.report(self.json))
    }
}

/// Which community: its genesis, confirmed by the network id.
#[derive(Args)]
pub(crate) struct CommunityArguments {
    /// The community's genesis [default: it is downloaded from the first node]
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// The network id that your community told you: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
}

impl CommunityArguments {
    /// The community's genesis, if it is the right one.
    pub fn genesis(&self, speaker: &Speaker, node: &BaseUrl) -> Result<Genesis, Failure> {
        let found = match &self.genesis {
            Some(path) => community::from_file(path)?,
            None => community::from_node(node)?,
        };
        if let Some(wanted) = self.network {
            return Ok(community::of_network(found, wanted)?);
        }
        let network = *found.network();
        if !speaker.json {
            let file = self.genesis.as_ref().map(|path| path.display().to_string());
            eprintln!("{} is of the network\n\n  {network}\n", file.unwrap_or_else(|| node.to_string()));
        }
        match speaker.ask("Is this the network id that your community told you?")? {
            Some(true) => Ok(found),
            Some(false) => Err(Failure::declined()),
            None => Err(Failure::new(
                "network_not_confirmed",
                format!(
                    "nobody can be asked here whether {network} is your community's network: give its id with --network ID"
                ),
            )),
        }
    }
}

/// How a program is, as it last said.
#[derive(Serialize)]
pub(crate) struct Heard<S> {
    /// Whether it runs, as far as that shows.
    pub running: bool,
    /// When it said so, in unix seconds of this machine; `None` if it never did.
    told: Option<u64>,
    /// How long ago that is, in seconds.
    age: Option<u64>,
    /// Whether it neither runs nor said that it stops.
    #[serde(skip)]
    is_silent: bool,
    #[serde(flatten)]
    pub status: S,
}

impl<S> Heard<S> {
    /// Of a program that never said anything here.
    pub fn never(status: S) -> Self {
        Heard { running: false, told: None, age: None, is_silent: false, status }
    }

    fn of(told: Told<S>, now: u64) -> Self {
        let running = told.is_running(now);
        let (at, age) = (Some(told.told), Some(told.age(now)));
        Heard { running, told: at, age, is_silent: told.runs && !running, status: told.status }
    }

    /// The first lines for people: what it is said to do, or that it does not run, and how old all of this is.
    pub fn rows(&self, who: &'static str, running: String, stopped: &str) -> Vec<(&'static str, String)> {
        let state = match (self.running, self.is_silent) {
            (true, _) => running,
            (false, true) => format!("DOES NOT RUN, or hangs (no sign of life for over {}): {stopped}", span(SILENCE)),
            (false, false) => format!("DOES NOT RUN: {stopped}"),
        };
        let said = match (self.told, self.age) {
            (Some(told), Some(age)) => when(told, told.saturating_add(age)),
            _ => "nothing yet".to_owned(),
        };
        vec![(who, state), ("As it said", said)]
    }
}

/// Says how a program is. Reads what it last told and nothing else of it: its lock is not touched, and nothing is written.
///
/// Exit status 0 if all is well, 1 if somebody must look, 2 if it does not run.
pub(crate) fn status<S: Serialize + DeserializeOwned>(
    speaker: &Speaker,
    folder: &ProgramFolder,
    before: impl FnOnce(&Genesis) -> Result<S, Failure>,
    is_alarm: impl FnOnce(&S) -> bool,
    text: impl FnOnce(&Heard<S>) -> String,
) -> Result<ExitCode, Failure> {
    let genesis = folder.genesis()?;
    let path = folder.status_file();
    let told = last_told(&path).map_err(|error| {
        let text = format!("{} cannot be read ({error}): it is written anew while the program runs", path.display());
        Failure::new("read", text)
    })?;
    let heard = match told {
        Some(told) => Heard::of(told, machine_time()),
        None => Heard::never(before(&genesis)?),
    };
    speaker.answer(&heard, || text(&heard))?;
    Ok(match (heard.running, is_alarm(&heard.status)) {
        (false, _) => ExitCode::from(NOT_RUNNING),
        (true, true) => ExitCode::from(ALARM),
        (true, false) => ExitCode::SUCCESS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_old_an_answer_is_and_whether_its_program_hangs_is_told() {
        let told = |runs| Told { told: 1_781_584_800, runs, status: () };
        let first = |heard: &Heard<()>| {
            let rows = heard.rows("Operator", "runs".to_owned(), "nothing is done");
            format!("{} / {}", rows[0].1, rows[1].1)
        };
        let at = |runs, seconds| first(&Heard::of(told(runs), 1_781_584_800 + seconds));
        assert_eq!(at(true, 12), "runs / 2026-06-16 04:40:00 UTC, 12 s ago");
        assert_eq!(at(false, 12), "DOES NOT RUN: nothing is done / 2026-06-16 04:40:00 UTC, 12 s ago");
        let silent = at(true, SILENCE + 1);
        assert!(silent.starts_with("DOES NOT RUN, or hangs (no sign of life for over 3 min): nothing"), "{silent}");
        assert!(silent.ends_with("04:40:00 UTC, 3 min ago"), "{silent}");
        assert_eq!(first(&Heard::never(())), "DOES NOT RUN: nothing is done / nothing yet");
    }
}
