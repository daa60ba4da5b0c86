//! A seed as 24 words (BIP-39, English list): what a household writes on paper.
//!
//! The 32 bytes of the seed are the entropy of the words; BIP-39's own derivation of a longer seed is not used. Timing: looking
//! words up takes a time that depends on them.

use bip39::{Language, Mnemonic};
use hushwatt_crypto::keys::Seed;
use zeroize::{Zeroize, Zeroizing};

/// How many words a seed has.
pub const COUNT: usize = 24;
/// Most words that are proposed in the place of an unknown one.
const PROPOSALS: usize = 3;
/// How many letters may be wrong, missing, too many or swapped in a word for which others are proposed.
const SLIPS: usize = 2;

/// The 24 words of a seed. Wiped when dropped, never printed by accident.
#[derive(Clone)]
pub struct SeedWords(Mnemonic);

/// A word that is not in the list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// Which one, from 1.
    pub position: usize,
    /// As it was written.
    pub word: String,
    /// Words of the list that look like it, best first; at most three, perhaps none.
    pub nearest: Vec<&'static str>,
}

impl core::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "word {} (\"{}\") is not in the list of words", self.position, self.word)?;
        match self.nearest.split_last() {
            None => Ok(()),
            Some((only, [])) => write!(f, "; do you mean \"{only}\"?"),
            Some((last, others)) => write!(f, "; do you mean \"{}\" or \"{last}\"?", others.join("\", \"")),
        }
    }
}

/// Why words are not those of a wallet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Not 24.
    #[error(
        "a wallet has {COUNT} words, but these are {0}; write all of them in their order, with blanks between them"
    )]
    Count(usize),
    /// Some are not in the list.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Unknown(Vec<UnknownWord>),
    /// Each word is in the list, but they are not the words of any wallet.
    #[error(
        "every word is in the list, but together they are not the words of a wallet: one of them is another word, or two have changed places; compare them with your sheet"
    )]
    Checksum,
}

impl SeedWords {
    /// The words of a seed.
    #[allow(clippy::expect_used, reason = "32 bytes always have 24 words: the only error is another length")]
    pub fn from_seed(seed: &Seed) -> Self {
        SeedWords(Mnemonic::from_entropy_in(Language::English, seed.expose()).expect("a seed has 32 bytes"))
    }

    /// Reads words as people type them or paste them from a sheet: in any case, on any number of lines, with or without numbers,
    /// dots and commas.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let text = Zeroizing::new(text.to_lowercase());
        let words: Vec<&str> = text.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
        if words.len() != COUNT {
            return Err(WordsError::Count(words.len()));
        }
        let unknown: Vec<UnknownWord> = words
            .iter()
            .enumerate()
            .filter(|(_, word)| Language::English.find_word(word).is_none())
            .map(|(index, word)| UnknownWord { position: index + 1, word: (*word).to_owned(), nearest: nearest(word) })
            .collect();
        if !unknown.is_empty() {
            return Err(WordsError::Unknown(unknown));
        }
        let phrase = Zeroizing::new(words.join(" "));
        Mnemonic::parse_in_normalized(Language::English, &phrase).map(SeedWords).map_err(|_| WordsError::Checksum)
    }

    /// The seed of the words.
    pub fn seed(&self) -> Seed {
        let (mut entropy, _) = self.0.to_entropy_array();
        let mut seed = [0; 32];
        seed.copy_from_slice(&entropy[..32]);
        entropy.zeroize();
        let taken = Seed::from_bytes(seed);
        seed.zeroize();
        taken
    }

    /// The words in their order.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + Clone + '_ {
        self.0.words()
    }

    /// Whether the word at a position (from 1) is this one, in any case: for asking whether somebody has written them down.
    pub fn is_word(&self, position: usize, answer: &str) -> bool {
        let answer = Zeroizing::new(answer.trim().to_lowercase());
        position.checked_sub(1).and_then(|index| self.words().nth(index)) == Some(answer.as_str())
    }

    /// All on one line, to be parsed again.
    pub fn phrase(&self) -> Zeroizing<String> {
        // Long enough from the start, so that no shorter copy stays behind.
        let mut phrase = Zeroizing::new(String::with_capacity(COUNT * 9));
        for word in self.words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        phrase
    }
}

impl core::fmt::Debug for SeedWords {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SeedWords(..)")
    }
}

/// A word without the numbers and signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_alphabetic())
}

/// Words of the list that somebody may have meant: those with the fewest slips, and of these first those that begin alike, since
/// the first four letters of a word are no other word's.
fn nearest(word: &str) -> Vec<&'static str> {
    let alike = |other: &str| word.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let mut near: Vec<(usize, usize, &'static str)> = Language::English
        .word_list()
        .iter()
        .map(|other| (strsim::osa_distance(word, other), alike(other), *other))
        .filter(|(slips, alike, _)| *slips <= SLIPS || *alike >= 4)
        .map(|(slips, alike, other)| (slips.min(SLIPS), alike, other))
        .collect();
    near.sort_by_key(|&(slips, alike, other)| (slips, core::cmp::Reverse(alike), other));
    near.into_iter().map(|(_, _, other)| other).take(PROPOSALS).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn words_of(bytes: [u8; 32]) -> SeedWords {
        SeedWords::from_seed(&Seed::from_bytes(bytes))
    }

    /// Some seeds, reproducible.
    fn seeds() -> impl Iterator<Item = [u8; 32]> {
        (0..200_u8).map(|n| core::array::from_fn(|i| n.wrapping_mul(31).wrapping_add(i as u8).wrapping_mul(n | 1)))
    }

    fn unknown(text: &str) -> Vec<UnknownWord> {
        match SeedWords::parse(text) {
            Err(WordsError::Unknown(words)) => words,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn words_are_those_of_the_test_vectors_of_bip_39() {
        let repeated = |words: &str, times: usize, last: &str| format!("{} {last}", [words; 3][..times].join(" "));
        let legal = "legal winner thank year wave sausage worth useful";
        let letter = "letter advice cage absurd amount doctor acoustic avoid";
        let vectors = [
            ([0x00; 32], format!("{}art", "abandon ".repeat(23))),
            ([0x7f; 32], repeated(legal, 2, "legal winner thank year wave sausage worth title")),
            ([0x80; 32], repeated(letter, 2, "letter advice cage absurd amount doctor acoustic bless")),
            ([0xff; 32], format!("{}vote", "zoo ".repeat(23))),
        ];
        for (seed, phrase) in vectors {
            assert_eq!(*words_of(seed).phrase(), phrase);
            assert_eq!(*SeedWords::parse(&phrase).unwrap().seed().expose(), seed);
        }
    }

    #[test]
    fn a_seed_comes_back_from_its_words() {
        for seed in seeds() {
            let words = words_of(seed);
            assert_eq!(words.words().count(), COUNT);
            assert_eq!(*SeedWords::parse(&words.phrase()).unwrap().seed().expose(), seed);
        }
    }

    #[test]
    fn words_are_read_in_any_case_with_numbers_and_commas_on_many_lines() {
        let words = words_of([0x80; 32]);
        let sheet: String =
            words.words().enumerate().map(|(i, word)| format!("{}. {},\r\n", i + 1, word.to_uppercase())).collect();
        assert_eq!(*SeedWords::parse(&sheet).unwrap().seed().expose(), [0x80; 32]);
    }

    #[test]
    fn a_word_too_few_or_too_many_is_counted() {
        let phrase = words_of([0x80; 32]).phrase();
        let (fewer, _) = phrase.rsplit_once(' ').unwrap();
        assert_eq!(SeedWords::parse(fewer).unwrap_err(), WordsError::Count(23));
        assert_eq!(SeedWords::parse(&format!("{} zoo", *phrase)).unwrap_err(), WordsError::Count(25));
        assert_eq!(SeedWords::parse(" 1. 2. ").unwrap_err(), WordsError::Count(0));
        assert!(SeedWords::parse(fewer).unwrap_err().to_string().contains("24 words, but these are 23"));
    }

    #[test]
    fn every_unknown_word_is_named_with_its_place_and_the_nearest_words() {
        let phrase = words_of([0x80; 32]).phrase().replacen("cage", "cgae", 1).replacen("bless", "blessing", 1);
        let unknown = unknown(&phrase);
        assert_eq!((unknown[0].position, unknown[0].word.as_str(), unknown[0].nearest[0]), (3, "cgae", "cage"));
        assert_eq!((unknown[1].position, unknown[1].word.as_str(), unknown[1].nearest[0]), (24, "blessing", "bless"));
        assert_eq!(unknown.len(), 2);
        let text = SeedWords::parse(&phrase).unwrap_err().to_string();
        assert!(text.contains("word 3 (\"cgae\") is not in the list of words; do you mean \"cage\""), "{text}");
    }

    #[test]
    fn a_word_like_no_other_gets_no_proposal() {
        let phrase = words_of([0x80; 32]).phrase().replacen("cage", "xqzzyvwk", 1);
        assert_eq!(unknown(&phrase)[0].nearest, Vec::<&str>::new());
        assert!(!SeedWords::parse(&phrase).unwrap_err().to_string().contains("do you mean"));
    }

    #[test]
    fn words_in_another_language_are_unknown_and_never_a_panic() {
        let phrase = words_of([0x80; 32]).phrase().replacen("letter", "ÄÖÜß日本", 1);
        assert_eq!(unknown(&phrase)[0].word, "äöüß日本");
    }

    #[test]
    fn words_in_another_order_or_one_other_word_are_told_apart_from_a_wallet() {
        let phrase = words_of([0x80; 32]).phrase();
        for wrong in [phrase.replacen("cage absurd", "absurd cage", 1), phrase.replacen("cage", "zoo", 1)] {
            assert_eq!(SeedWords::parse(&wrong).unwrap_err(), WordsError::Checksum);
        }
    }

    #[test]
    fn a_missing_letter_leads_back_to_the_word_or_to_three_others_as_near() {
        for word in Language::English.word_list().iter().step_by(40).filter(|word| word.len() > 4) {
            for cut in 0..word.len() {
                let slip = format!("{}{}", &word[..cut], &word[cut + 1..]);
                if Language::English.find_word(&slip).is_none() {
                    let near = nearest(&slip);
                    let as_near = near.iter().filter(|other| strsim::osa_distance(&slip, other) == 1).count();
                    assert!(near.contains(word) || as_near == PROPOSALS, "{slip}: {word}");
                }
            }
        }
    }

    #[test]
    fn an_answer_is_compared_with_the_word_at_its_position() {
        let words = words_of([0x80; 32]);
        assert!(words.is_word(1, " Letter ") && words.is_word(24, "bless"));
        assert!(!words.is_word(2, "letter") && !words.is_word(0, "letter") && !words.is_word(25, "bless"));
        assert!(!words.is_word(1, ""));
    }

    #[test]
    fn words_are_not_printed() {
        assert_eq!(format!("{:?}", words_of([0; 32])), "SeedWords(..)");
    }
}
