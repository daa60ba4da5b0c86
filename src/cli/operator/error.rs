//! Why a command of the operator failed.

use hushwatt_operator::service::RunError;

use crate::cli::failure::Failure;

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let kind = match error {
            RunError::Folder(error) => return error.into(),
            RunError::Time(error) => return error.into(),
            RunError::Book(_) => "book",
            RunError::NoAuctions => "no_auctions",
            RunError::Door { .. } => "door",
        };
        Failure::new(kind, error)
    }
}
