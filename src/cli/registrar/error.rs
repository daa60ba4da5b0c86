//! Why a command of the registrar failed: for people in a sentence, for scripts as JSON with a word.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use hushwatt_registrar::{
    RegistrarError,
    matters::{Matter, possible_from},
};
use hushwatt_wallet::amount::AmountError;
use serde::Serialize;

use crate::cli::{
    community::CommunityError,
    secret::{SecretError, file_kind},
};

/// Exit status of an erasure that something stands against.
const OPEN: u8 = 3;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegistrarCommandError {
    #[error("no folder was named: give --folder DIR, or set HUSHWATT_REGISTRAR_FOLDER")]
    NoFolder,
    #[error("nothing was named to ask: give --node URL, or {0}")]
    NoSource(&'static str),
    #[error(transparent)]
    Registrar(#[from] RegistrarError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error(transparent)]
    Community(#[from] CommunityError),
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{}: {reason}", path.display())]
    Text { path: PathBuf, reason: String },
    #[error("this is asked before it is done, and nobody can be asked here: give --yes")]
    NeedsYes,
    #[error("nothing was done")]
    Declined,
    #[error("a result cannot be written as JSON: {0}")]
    Json(serde_json::Error),
    #[error("the system refused what this needs: {0}")]
    System(io::Error),
}

impl From<hushwatt_client::ClientError> for RegistrarCommandError {
    fn from(error: hushwatt_client::ClientError) -> Self {
        RegistrarError::from(error).into()
    }
}

/// As scripts read it.
#[derive(Serialize)]
struct ForScripts<'a> {
    kind: &'a str,
    message: &'a str,
    /// What stands against an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    matters: Option<&'a [Matter]>,
    /// From when it is possible, if nobody does anything but wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    possible_from: Option<u64>,
}

impl RegistrarCommandError {
    pub fn write(path: &Path, source: io::Error) -> Self {
        RegistrarCommandError::Write { path: path.to_path_buf(), source }
    }

    /// A word for scripts.
    fn kind(&self) -> &'static str {
        use RegistrarCommandError as E;
        match self {
            E::NoFolder => "no_folder",
            E::NoSource(_) => "no_source",
            E::Registrar(error) => registrar_kind(error),
            E::Secret(SecretError::Refused(error)) => file_kind(error, "not_a_register"),
            E::Secret(SecretError::NoTerminal) => "no_terminal",
            E::Secret(SecretError::Declined) | E::Declined => "declined",
            E::Secret(SecretError::Read { .. }) | E::Read { .. } => "read",
            E::Amount(_) => "amount",
            E::Community(error) => error.kind(),
            E::Write { .. } => "write",
            E::Text { .. } => "text",
            E::NeedsYes => "needs_yes",
            E::Json(_) => "json",
            E::System(_) => "system",
        }
    }

    /// Prints it and gives the exit status.
    pub fn report(&self, json: bool) -> ExitCode {
        let message = self.to_string();
        let matters = match self {
            RegistrarCommandError::Registrar(RegistrarError::Open { matters, .. }) => Some(matters.as_slice()),
            _ => None,
        };
        let possible_from = matters.and_then(possible_from).map(|time| time.0);
        match serde_json::to_string(&ForScripts { kind: self.kind(), message: &message, matters, possible_from }) {
            Ok(text) if json => eprintln!("{text}"),
            // The person knows why.
            _ if self.kind() == "declined" => eprintln!("Nothing was done."),
            _ => eprintln!("error: {message}"),
        }
        if matters.is_some() { ExitCode::from(OPEN) } else { ExitCode::FAILURE }
    }
}

fn registrar_kind(error: &RegistrarError) -> &'static str {
    use RegistrarError as E;
    match error {
        E::File(error) => file_kind(error, "not_a_register"),
        E::Key(_) => "key",
        E::Detail(_) => "detail",
        E::Node(_) => "nodes",
        E::Io { .. } => "io",
        E::NotEmpty { .. } => "exists",
        E::NoRegistrar(_) => "no_registrar",
        E::Genesis { .. } => "genesis",
        E::OtherNetwork { .. } => "other_network",
        E::Content(_) => "content",
        E::Unknown(_) => "unknown",
        E::Ambiguous { .. } => "ambiguous",
        E::NoMeter(_) => "no_meter",
        E::MeterTaken { .. } => "meter_taken",
        E::NotHeld(_) => "not_held",
        E::EndBeforeBegin => "end_before_begin",
        E::Restricted { .. } | E::Restriction(_) => "restricted",
        E::NoConsent(_) => "no_consent",
        E::NoMoney(_) => "no_money",
        E::LastNumber(_) => "last_number",
        E::NothingChanges => "nothing_changes",
        E::Open { .. } => "open",
        E::Ahead { .. } => "clock",
        E::Receipt { .. } => "receipt",
        E::Chain { .. } => "chain",
    }
}
