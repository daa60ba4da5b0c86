//! What the member was asked, and what he answers: one file, for ever. A question is written down before anything is answered,
//! and an answer before it is sent; so whatever happens, he never answers two sets of one period and target, nor the same one
//! differently.
//!
//! | | |
//! |---|---|
//! | header | network |
//! | record, part a | a question: the request's statement and its block; or an answer, or that it is final: number of the question; or what was refused: statement, block |
//! | record, part b | of an answer the two sums of shares; of what was refused the reason |

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::{NetworkId, sharing::Share};
use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    committee::MAX_COHORT,
    storage::{AppendFile, Disk, Format, Frame, StorageError},
    transaction::{
        Statement,
        request::{RequestStatement, Target},
    },
    units::Period,
};
use zeroize::Zeroizing;

/// Longest reason that is written down, in bytes.
const MOST_REASON: usize = 512;

static ANSWERS: Format = Format {
    what: "hushwatt answers of a committee's member",
    magic: *b"HWANSWR",
    version: 1,
    content: ("network", 32),
    a: ("question", 64 + 4 * MAX_COHORT as u32),
    b: ("answer", MOST_REASON as u32),
};

const ASKED: u8 = 1;
const ANSWER: u8 = 2;
const FINAL: u8 = 3;
const REFUSED: u8 = 4;

/// Why answers cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// The file.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Of another network.
    #[error("{} is of another network: it was copied; move it away", .0.display())]
    Foreign(PathBuf),
    /// A record that cannot be read.
    #[error("record {record} of {} cannot be read: it was written by another version; start that one", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Number of the record, from 0.
        record: u64,
    },
    /// Another set was asked for before: that one is answered, ever.
    #[error("another set was asked for before, in block {0}; no other one of this period and target is ever answered")]
    OtherSet(u64),
}

/// A question that the rules allow.
#[derive(Clone, Debug)]
pub struct Question {
    /// What was asked.
    pub statement: RequestStatement,
    /// In which block.
    pub height: u64,
    /// The sums of shares that answer it.
    pub answer: Option<[Share; 2]>,
    /// Whether they are on the ledger.
    pub is_final: bool,
    record: u64,
}

/// A question that is not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedRequest {
    /// What was asked.
    pub statement: RequestStatement,
    /// In which block.
    pub height: u64,
    /// Why not.
    pub reason: String,
}

/// All of them.
#[derive(Debug)]
pub struct Answers {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    network: NetworkId,
    /// Closed after an error.
    file: Option<AppendFile>,
    questions: BTreeMap<(Period, Target), Question>,
    refused: Vec<RefusedRequest>,
}

impl Answers {
    /// Opens the file, or makes it. Whoever calls is the only one who has it open.
    ///
    /// # Errors
    /// [`AnswersError`].
    pub fn open(disk: Arc<dyn Disk>, path: &Path, network: &NetworkId) -> Result<Self, AnswersError> {
        let file = AppendFile::open_or_create(&*disk, path, &ANSWERS, &network.0)?;
        if file.content() != network.0 {
            return Err(AnswersError::Foreign(path.to_path_buf()));
        }
        let mut answers = Answers {
            disk,
            path: path.to_path_buf(),
            network: *network,
            file: None,
            questions: BTreeMap::new(),
            refused: Vec::new(),
        };
        for record in 0..file.len() {
            let read = answers.read(record, &file.read(record)?);
            read.map_err(|_| AnswersError::Record { path: path.to_path_buf(), record })?;
        }
        answers.file = Some(file);
        Ok(answers)
    }

    /// The questions that the rules allow, by period and target.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.questions.values()
    }

    /// One of them.
    pub fn question(&self, period: Period, target: Target) -> Option<&Question> {
        self.questions.get(&(period, target))
    }

    /// What is not answered, in the order of the blocks.
    pub fn refused(&self) -> &[RefusedRequest] {
        &self.refused
    }

    /// Writes a question down that the rules allow; durable when this returns. From then on no other set of its period and
    /// target is taken.
    ///
    /// # Errors
    /// [`AnswersError::OtherSet`], [`AnswersError::Storage`].
    pub fn ask(&mut self, statement: &RequestStatement, height: u64) -> Result<(), AnswersError> {
        let key = (statement.period, statement.target);
        match self.questions.get(&key) {
            Some(before) if before.statement.left_out == statement.left_out => return Ok(()),
            Some(before) => return Err(AnswersError::OtherSet(before.height)),
            None => {}
        }
        let record = self.append(&with_height(ASKED, statement, height), &[])?;
        let question = Question { statement: statement.clone(), height, answer: None, is_final: false, record };
        self.questions.insert(key, question);
        Ok(())
    }

    /// Writes the answer to a question down; durable when this returns. The first one stands.
    ///
    /// # Errors
    /// [`AnswersError::Storage`].
    pub fn answer(&mut self, period: Period, target: Target, sums: [Share; 2]) -> Result<(), AnswersError> {
        let Some(question) = self.questions.get(&(period, target)).filter(|question| question.answer.is_none()) else {
            return Ok(());
        };
        let a = numbered(ANSWER, question.record);
        let bytes = Zeroizing::new([&sums[0].to_bytes()[..], &sums[1].to_bytes()[..]].concat());
        self.append(&a, &bytes)?;
        if let Some(question) = self.questions.get_mut(&(period, target)) {
            question.answer = Some(sums);
        }
        Ok(())
    }

    /// Writes down that an answer is on the ledger.
    ///
    /// # Errors
    /// [`AnswersError::Storage`].
    pub fn finish(&mut self, period: Period, target: Target) -> Result<(), AnswersError> {
        let Some(question) = self.questions.get(&(period, target)).filter(|question| !question.is_final) else {
            return Ok(());
        };
        let a = numbered(FINAL, question.record);
        self.append(&a, &[])?;
        if let Some(question) = self.questions.get_mut(&(period, target)) {
            question.is_final = true;
        }
        Ok(())
    }

    /// Writes down what is not answered, and why. What is written down already is not written again.
    ///
    /// # Errors
    /// [`AnswersError::Storage`].
    pub fn refuse(&mut self, statement: &RequestStatement, height: u64, reason: &str) -> Result<(), AnswersError> {
        let known = |refused: &RefusedRequest| refused.height == height && refused.statement == *statement;
        if self.refused.iter().any(known) {
            return Ok(());
        }
        let reason: String = reason.chars().take(MOST_REASON / 4).collect();
        self.append(&with_height(REFUSED, statement, height), reason.as_bytes())?;
        self.refused.push(RefusedRequest { statement: statement.clone(), height, reason });
        Ok(())
    }

    /// After a failed append what the file has is read again: it counts.
    fn append(&mut self, a: &[u8], b: &[u8]) -> Result<u64, AnswersError> {
        if self.file.is_none() {
            *self = Self::open(self.disk.clone(), &self.path, &self.network)?;
        }
        let appended = match &mut self.file {
            Some(file) => file.append(a, b),
            None => return Err(AnswersError::Foreign(self.path.clone())),
        };
        if appended.is_err() {
            self.file = None;
        }
        Ok(appended?)
    }

    /// Total on any bytes.
    fn read(&mut self, record: u64, frame: &Frame) -> Result<(), DecodeError> {
        let mut reader = Reader::new(&frame.a);
        match reader.u8()? {
            ASKED if frame.b.is_empty() => {
                let (height, statement) = (reader.u64()?, RequestStatement::decode(&mut reader)?);
                let key = (statement.period, statement.target);
                let question = Question { statement, height, answer: None, is_final: false, record };
                if self.questions.insert(key, question).is_some() {
                    return Err(DecodeError::NotCanonical);
                }
            }
            ANSWER => {
                let question = self.numbered(reader.u64()?)?;
                let (first, rest) = frame.b.split_first_chunk().ok_or(DecodeError::Truncated)?;
                let second = rest.try_into().map_err(|_| DecodeError::LengthOutOfRange)?;
                question.answer = Some([Share::decode(first)?, Share::decode(second)?]);
            }
            FINAL if frame.b.is_empty() => self.numbered(reader.u64()?)?.is_final = true,
            REFUSED => {
                let (height, statement) = (reader.u64()?, RequestStatement::decode(&mut reader)?);
                let reason = String::from_utf8(frame.b.clone()).map_err(|_| DecodeError::NotCanonical)?;
                self.refused.push(RefusedRequest { statement, height, reason });
            }
            _ => return Err(DecodeError::UnknownTag),
        }
        reader.finish()
    }

    fn numbered(&mut self, record: u64) -> Result<&mut Question, DecodeError> {
        self.questions.values_mut().find(|question| question.record == record).ok_or(DecodeError::NotCanonical)
    }
}

fn with_height(kind: u8, statement: &RequestStatement, height: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    statement.encode(writer.u8(kind).u64(height));
    writer.finish()
}

fn numbered(kind: u8, record: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(kind).u64(record);
    writer.finish()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_ledger::{
        storage::SimDisk,
        units::{MeterId, Utility},
    };

    use super::*;

    const NETWORK: NetworkId = NetworkId([4; 32]);
    const PATH: &str = "answers.hwa";

    fn open(disk: &SimDisk) -> Answers {
        Answers::open(Arc::new(disk.clone()), Path::new(PATH), &NETWORK).unwrap()
    }

    fn request(period: u64, target: Target, left_out: &[u32]) -> RequestStatement {
        let left_out = left_out.iter().map(|meter| MeterId(*meter)).collect();
        RequestStatement { period: Period(period), target, left_out, registrar: 0 }
    }

    fn share(byte: u8) -> Share {
        let mut bytes = [0; Share::LENGTH];
        bytes[0] = byte;
        Share::decode(&bytes).unwrap()
    }

    #[test]
    fn one_set_of_a_period_and_target_is_answered_and_no_other_ever() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        let (cohort, trades) = (Target::Cohort(0), Target::Trades(Utility::Heat));
        answers.ask(&request(5, cohort, &[]), 100).unwrap();
        answers.ask(&request(5, cohort, &[]), 100).unwrap();
        answers.ask(&request(5, trades, &[]), 101).unwrap();
        answers.ask(&request(6, cohort, &[1, 2, 3]), 102).unwrap();
        for _ in 0..2 {
            let other = answers.ask(&request(5, cohort, &[1, 2, 3]), 103);
            assert!(matches!(other, Err(AnswersError::OtherSet(100))));
            answers = open(&disk);
        }
        assert_eq!(answers.questions().count(), 3);
    }

    #[test]
    fn the_first_answer_stands_and_is_there_after_reopening() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        let cohort = Target::Cohort(3);
        // Nothing was asked.
        answers.answer(Period(5), cohort, [share(1), share(2)]).unwrap();
        answers.ask(&request(5, cohort, &[]), 100).unwrap();
        answers.answer(Period(5), cohort, [share(1), share(2)]).unwrap();
        answers.answer(Period(5), cohort, [share(3), share(4)]).unwrap();
        answers.refuse(&request(5, cohort, &[7]), 101, "no").unwrap();
        answers.refuse(&request(5, cohort, &[7]), 101, "no").unwrap();
        for round in 0..2 {
            let question = answers.question(Period(5), cohort).unwrap();
            let sums = question.answer.clone().unwrap();
            assert_eq!(sums[0].to_bytes()[..], share(1).to_bytes()[..], "round {round}");
            assert_eq!(sums[1].to_bytes()[..], share(2).to_bytes()[..]);
            assert_eq!(question.is_final, round == 1);
            assert_eq!(answers.refused().len(), 1);
            answers.finish(Period(5), cohort).unwrap();
            answers = open(&disk);
        }
        let other = Answers::open(Arc::new(disk), Path::new(PATH), &NetworkId([5; 32]));
        assert!(matches!(other, Err(AnswersError::Foreign(_))));
    }

    #[test]
    fn no_bytes_of_a_record_panic_and_wrong_ones_are_refused() {
        let mut answers = open(&SimDisk::new());
        let mut read = |a: &[u8], b: &[u8]| answers.read(0, &Frame { number: 0, a: a.to_vec(), b: b.to_vec() });
        let asked = with_height(ASKED, &request(5, Target::Cohort(0), &[1, 2, 3]), 7);
        for length in 0..asked.len() {
            assert!(read(&asked[..length], &[]).is_err(), "{length}");
        }
        assert!(read(&asked, &[1]).is_err());
        assert!(read(&numbered(ANSWER, 0), &[0; 128]).is_err(), "nothing was asked");
        assert!(read(&asked, &[]).is_ok());
        assert!(read(&asked, &[]).is_err(), "asked twice");
        assert!(read(&numbered(ANSWER, 0), &[0; 127]).is_err());
        assert!(read(&numbered(ANSWER, 0), &[255; 128]).is_err());
        assert!(read(&numbered(ANSWER, 0), &[0; 128]).is_ok());
        assert!(read(&numbered(9, 0), &[]).is_err());
    }
}
