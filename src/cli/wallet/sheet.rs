//! The backup sheet: 24 words for paper, with what they restore and what they do not.

use clap::Args;
use hushwatt_ledger::units::Timestamp;
use hushwatt_wallet::{file::SeedWords, household::Household};
use rand_core::{OsRng, RngCore};
use serde::Serialize;

use super::{
    common::Common,
    error::WalletCommandError,
    session::{Session, open_wallet},
    terminal,
};

/// How many words are asked back.
const ASKED: usize = 3;
/// How often each may be wrong.
const TRIES: usize = 3;
const COLUMNS: usize = 4;

/// Arguments of `hushwatt wallet words`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet words               shows the backup sheet again
  hushwatt wallet words --confirm     asks three words back, so that you know that your sheet is right

Whoever has these words has the money. Nobody from your community will ever ask for them.")]
pub(super) struct WordsArguments {
    /// Do not show them: ask three of them back
    #[arg(long)]
    confirm: bool,
}

#[derive(Serialize)]
struct Words<'a> {
    words: Vec<&'a str>,
    birthday_time: u64,
    network: String,
    words_confirmed: bool,
}

pub(super) fn run(common: &Common, arguments: &WordsArguments) -> Result<(), WalletCommandError> {
    let (household, passphrase) = open_wallet(common)?;
    let words = household.words(&passphrase)?;
    let session = Session::around(household, common)?;
    let mut household = session.household();
    if arguments.confirm {
        if common.json || !terminal::is_there() {
            return Err(WalletCommandError::NoTerminal);
        }
        if !ask_back(&mut household, &words)? {
            return Err(WalletCommandError::Declined);
        }
        eprintln!("These are the words. Keep the sheet where nobody else gets at it.");
        return Ok(());
    }
    let all = Words {
        words: words.words().collect(),
        birthday_time: household.birthday().0,
        network: household.genesis().network().to_string(),
        words_confirmed: household.words_confirmed(),
    };
    common.answer(&all, || text(common, &household, &words))
}

/// The sheet.
pub(super) fn text(common: &Common, household: &Household, words: &SeedWords) -> String {
    let (genesis, show) = (household.genesis(), common.show());
    let words: Vec<&str> = words.words().collect();
    let rows = words.len().div_ceil(COLUMNS);
    let mut lines = vec!["HUSHWATT BACKUP SHEET: for paper, never for a photo or a mail".to_owned(), String::new()];
    for row in 0..rows {
        let cells = (0..COLUMNS).filter_map(|column| {
            let place = column * rows + row;
            words.get(place).map(|word| format!("{:>2} {word:<12}", place + 1))
        });
        lines.push(cells.collect::<String>().trim_end().to_owned());
    }
    let days = genesis.parameters.retention / 86_400;
    lines.extend([
        String::new(),
        format!("Network   {}", genesis.network()),
        format!("Birthday  {}", show.day(Timestamp(household.birthday().0))),
        String::new(),
        "With these words anybody has the money: keep them secret.".to_owned(),
        format!(
            "They restore what happened in the last {days} days, on any machine: nodes keep what finds it for so long."
        ),
        "They do not restore what is older, nor names, labels, paired meters, and what proves your payments:"
            .to_owned(),
        "these are in a backup file only. Write one now and then: hushwatt wallet backup FILE".to_owned(),
    ]);
    lines.join("\n")
}

/// Waits until the sheet is written, takes it off the screen, and asks words back.
pub(super) fn confirm(household: &mut Household, words: &SeedWords) -> Result<bool, WalletCommandError> {
    terminal::line("Write all of this on paper. Then press Enter: the screen is cleared, and three words are asked. ")?;
    terminal::clear();
    ask_back(household, words)
}

fn ask_back(household: &mut Household, words: &SeedWords) -> Result<bool, WalletCommandError> {
    let mut given = Vec::new();
    for number in some_numbers(words.words().count()) {
        let mut right = false;
        for _ in 0..TRIES {
            let word = terminal::line(&format!("Word {number}: "))?;
            if words.is_word(number, &word) {
                given.push((number, word.to_string()));
                right = true;
                break;
            }
            eprintln!("That is not word {number} of the sheet: look again.");
        }
        if !right {
            return Ok(false);
        }
    }
    household.confirm_words(&given)?;
    Ok(true)
}

/// Different numbers from 1 on, in order.
fn some_numbers(count: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = Vec::new();
    while numbers.len() < ASKED.min(count) {
        let number = 1 + OsRng.next_u32() as usize % count;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_different_words_are_asked_in_their_order() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let numbers = some_numbers(24);
            assert_eq!(numbers.len(), ASKED);
            assert!(
                numbers.windows(2).all(|pair| pair[0] < pair[1]) && numbers.iter().all(|one| (1..=24).contains(one))
            );
            seen.extend(numbers);
        }
        assert_eq!(seen.len(), 24);
    }
}
