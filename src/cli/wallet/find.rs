//! Finds what somebody means by the first letters of its id.

use hushwatt_crypto::hash::hex;
use hushwatt_wallet::household::{
    Household,
    views::{ContractView, HistoryEntry, HistoryFilter},
};

use super::error::WalletCommandError;

/// Fewer letters would be a guess.
const FEWEST: usize = 4;

/// The one of these whose id begins with what was typed.
pub(super) fn one<T>(
    what: &'static str,
    typed: &str,
    all: Vec<T>,
    id: impl Fn(&T) -> String,
) -> Result<T, WalletCommandError> {
    let wanted = typed.trim().to_lowercase();
    let unknown = || WalletCommandError::Unknown { what, name: typed.to_owned() };
    if wanted.len() < FEWEST {
        return Err(unknown());
    }
    let mut found: Vec<T> = all.into_iter().filter(|one| id(one).starts_with(&wanted)).collect();
    match found.len() {
        0 | 1 => found.pop().ok_or_else(unknown),
        count => Err(WalletCommandError::Ambiguous { what: plural(what), name: typed.to_owned(), count }),
    }
}

fn plural(what: &'static str) -> &'static str {
    match what {
        "contract" => "contracts",
        "offer" => "offers",
        "order" => "orders",
        _ => "lines of the history",
    }
}

/// A line of the history. Several lines may be of one transaction: the first is taken.
pub(super) fn entry(household: &Household, typed: &str) -> Result<HistoryEntry, WalletCommandError> {
    let mut entries = household.history(&HistoryFilter::default());
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries.dedup_by(|a, b| a.id == b.id);
    one("line of the history", typed, entries, |entry| entry.id.clone())
}

/// A contract.
pub(super) fn contract(household: &Household, typed: &str) -> Result<ContractView, WalletCommandError> {
    one("contract", typed, household.contracts(), |contract| hex(&contract.id.0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_first_letters_name_one_or_none() {
        let ids = || vec!["abcd11".to_owned(), "abcd22".to_owned(), "ffff00".to_owned()];
        let find = |typed: &str| one("contract", typed, ids(), Clone::clone);
        assert_eq!(find("FFFF").unwrap(), "ffff00");
        assert_eq!(find("abcd1").unwrap(), "abcd11");
        assert_eq!(find("abcd").unwrap_err().kind(), "ambiguous");
        assert_eq!(find("fff").unwrap_err().kind(), "unknown");
        assert_eq!(find("1234").unwrap_err().kind(), "unknown");
    }
}
