//! Why a command of the committee failed.

use hushwatt_committee::{ask::AskError, run::RunError};
use hushwatt_ledger::CheckError;

use crate::cli::failure::Failure;

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let kind = match error {
            RunError::Folder(error) => return error.into(),
            RunError::Open(_) => "files",
            RunError::Simulated => "simulated",
            RunError::NotSimulated => "not_simulated",
        };
        Failure::new(kind, error)
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        let kind = match &error {
            AskError::Chain(_) => "nodes",
            AskError::Rule(CheckError::Rejected(_)) => "rule",
            _ => "ledger",
        };
        Failure::new(kind, error)
    }
}
