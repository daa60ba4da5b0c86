//! Why a command of the committee failed.

use hushwatt_committee::{ask::AskError, forget::ForgetError, run::RunError};
use hushwatt_ledger::CheckError;

use crate::cli::failure::Failure;

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let kind = match error {
            RunError::Folder(error) => return error.into(),
            RunError::Time(error) => return error.into(),
            RunError::Open(_) => "files",
        };
        Failure::new(kind, error)
    }
}

impl From<ForgetError> for Failure {
    fn from(error: ForgetError) -> Self {
        let kind = match error {
            ForgetError::Folder(error) => return error.into(),
            ForgetError::Open(_) | ForgetError::Erase(_) => "files",
            ForgetError::ClockBehind { .. } => "clock",
            ForgetError::ClockAhead { .. } => "not_confirmed",
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
