//! What is asked before money is committed, and once more when there is little company to hide in.

use hushwatt_wallet::{
    WalletError,
    household::{HouseholdError, views::Preview},
};

use super::{common::Common, error::WalletCommandError, show::Show};

/// Tries, and if there is little company asks whether that is enough. `attempt` is told whether any company will do.
pub(super) fn with_company<T>(
    common: &Common,
    any: bool,
    mut attempt: impl FnMut(bool) -> Result<T, HouseholdError>,
) -> Result<(T, bool), WalletCommandError> {
    match attempt(any) {
        Ok(done) => Ok((done, any)),
        Err(HouseholdError::Wallet(WalletError::SmallRing { length, wanted })) => {
            if common.yes || common.json {
                return Err(WalletCommandError::SmallCompany { length, wanted });
            }
            let few = format!(
                "This can hide among {length} only, and your settings ask for {wanted}. Later there is more company."
            );
            common.confirm(&few, "Do it now all the same?")?;
            Ok((attempt(true)?, true))
        }
        Err(error) => Err(error.into()),
    }
}

/// The lines that a person reads before the question.
pub(super) fn lines(show: &Show, preview: &Preview) -> Vec<(&'static str, String)> {
    let fee = if preview.fee.0 == 0 { "none".to_owned() } else { show.euro(preview.fee) };
    vec![
        ("Amount", show.euro(preview.amount)),
        ("Fee", fee),
        ("Hides among", format!("{} pieces of money of the community, this one included", preview.hides_among)),
    ]
}
