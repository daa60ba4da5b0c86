//! What the member was asked, and what he answers: one file, for ever. A question is written down before anything is answered,
//! and an answer before it is sent; so whatever happens, he never answers two sets of one period and target, nor two sets of one
//! period that have a meter in common, nor the same one differently, and follows no chain but the one whose questions are here.
//!
//! | | |
//! |---|---|
//! | header | network |
//! | record, part a | a question: height and digest of its block, the request's statement, and what exactly the total is over: the numbers of the meters, or the commitment to the energy of the trades; or an answer, or that it is final: number of the question; or what was refused: statement, block; or the last period whose shares were erased: its number |
//! | record, part b | of an answer the two sums of shares; of what was refused the reason |

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::{NetworkId, sharing::Share};
use hushwatt_ledger::{
    block::BlockDigest,
    codec::{DecodeError, Reader, Writer},
    committee::MAX_COHORT,
    storage::{AppendFile, Disk, Format, Frame, StorageError},
    transaction::{
        Statement,
        request::{RequestStatement, Target},
    },
    units::{MeterId, Period},
};
use zeroize::Zeroizing;

/// Longest reason that is written down, in bytes.
const MOST_REASON: usize = 512;

static ANSWERS: Format = Format {
    what: "hushwatt answers of a committee's member",
    magic: *b"HWANSWR",
    version: 2,
    content: ("network", 32),
    // Left out and within are a cohort together.
    a: ("question", 128 + 8 * MAX_COHORT as u32),
    b: ("answer", MOST_REASON as u32),
};

const ASKED: u8 = 1;
const ANSWER: u8 = 2;
const FINAL: u8 = 3;
const REFUSED: u8 = 4;
const ERASED: u8 = 5;
const METERS: u8 = 0;
const TRADES: u8 = 1;

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
    /// A meter of it was in another total of the period.
    #[error("meter {} was in another total of this period, asked for in block {height}; no second one with it is ever answered", meter.0)]
    InAnother {
        /// Which meter.
        meter: MeterId,
        /// Where the other total was asked for.
        height: u64,
    },
    /// It cannot be the chain whose questions are here.
    #[error(
        "the chain has another block {0} than the one in which this member was asked: either nodes show him a chain of their own, or the validators signed two. He answers nothing on this one; ask the community which is right"
    )]
    OtherChain(u64),
}

/// What exactly a total is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Over {
    /// These meters, in ascending order.
    Meters(Vec<MeterId>),
    /// The trades whose energy opens this commitment.
    Trades([u8; 32]),
}

/// A block, by which a chain is told from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockAt {
    /// Its height.
    pub height: u64,
    /// Its digest.
    pub digest: BlockDigest,
}

/// A question that the rules allow.
#[derive(Clone, Debug)]
pub struct Question {
    /// What was asked.
    pub statement: RequestStatement,
    /// In which block.
    pub block: BlockAt,
    /// What the total is over.
    pub over: Over,
    /// The sums of shares that answer it.
    pub answer: Option<[Share; 2]>,
    /// Whether they are on the ledger.
    pub is_final: bool,
    record: u64,
}

impl Question {
    /// Its period and target.
    pub fn key(&self) -> (Period, Target) {
        (self.statement.period, self.statement.target)
    }
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
    /// The number of each question's record.
    numbers: BTreeMap<u64, (Period, Target)>,
    /// The blocks of the questions.
    blocks: BTreeMap<u64, BlockDigest>,
    refused: Vec<RefusedRequest>,
    erased: Option<Period>,
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
            numbers: BTreeMap::new(),
            blocks: BTreeMap::new(),
            refused: Vec::new(),
            erased: None,
        };
        for record in 0..file.len() {
            let read = answers.read(record, &file.read(record)?);
            read.map_err(|_| AnswersError::Record { path: path.to_path_buf(), record })?;
        }
        answers.file = Some(file);
        Ok(answers)
    }

    /// The questions that the rules allow, by period and target.
    pub fn questions(&self) -> impl DoubleEndedIterator<Item = &Question> {
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

    /// Whether it was refused before: then it stays so.
    pub fn is_refused(&self, statement: &RequestStatement, height: u64) -> bool {
        self.refused.iter().any(|refused| refused.height == height && refused.statement == *statement)
    }

    /// Whether a block can be of the chain whose questions are here.
    ///
    /// # Errors
    /// [`AnswersError::OtherChain`] if there is another one in its place.
    pub fn same_chain(&self, block: &BlockAt) -> Result<(), AnswersError> {
        let other = self.blocks.get(&block.height).is_some_and(|known| *known != block.digest);
        if other { Err(AnswersError::OtherChain(block.height)) } else { Ok(()) }
    }

    /// Writes a question down that the rules allow; durable when this returns. From then on no other set of its period and
    /// target is taken, nor one with a meter of it.
    ///
    /// # Errors
    /// [`AnswersError::OtherSet`], [`AnswersError::InAnother`]; [`AnswersError::OtherChain`] if it comes before a question that was
    /// written down, or in another block of the same height: whoever reads a chain again finds every question known;
    /// [`AnswersError::Storage`].
    pub fn ask(&mut self, statement: &RequestStatement, block: &BlockAt, over: &Over) -> Result<(), AnswersError> {
        // What could not be synced may be there all the same.
        self.reopen()?;
        let (period, target) = (statement.period, statement.target);
        match self.questions.get(&(period, target)) {
            Some(before) if before.over == *over => return Ok(()),
            Some(before) => return Err(AnswersError::OtherSet(before.block.height)),
            None => {}
        }
        for other in self.questions.range((period, Target::Cohort(0))..).map(|(_, other)| other) {
            if other.statement.period != period {
                break;
            }
            if let Some(meter) = common(&other.over, over) {
                return Err(AnswersError::InAnother { meter, height: other.block.height });
            }
        }
        self.same_chain(block)?;
        if let Some((last, _)) = self.blocks.last_key_value()
            && block.height < *last
        {
            return Err(AnswersError::OtherChain(*last));
        }
        let record = self.append(&asked(statement, block, over), &[])?;
        self.insert(Question {
            statement: statement.clone(),
            block: *block,
            over: over.clone(),
            answer: None,
            is_final: false,
            record,
        });
        Ok(())
    }

    fn insert(&mut self, question: Question) {
        let key = (question.statement.period, question.statement.target);
        self.blocks.entry(question.block.height).or_insert(question.block.digest);
        self.numbers.insert(question.record, key);
        self.questions.insert(key, question);
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
        if self.is_refused(statement, height) {
            return Ok(());
        }
        let reason: String = reason.chars().take(MOST_REASON / 4).collect();
        self.append(&refused(statement, height), reason.as_bytes())?;
        self.refused.push(RefusedRequest { statement: statement.clone(), height, reason });
        Ok(())
    }

    /// The last period whose shares were erased: that one and all before it are over, whatever part of the chain is known.
    pub fn erased(&self) -> Option<Period> {
        self.erased
    }

    /// Writes down that shares of a period are erased; durable when this returns.
    ///
    /// # Errors
    /// [`AnswersError::Storage`].
    pub fn erase(&mut self, period: Period) -> Result<(), AnswersError> {
        if self.erased >= Some(period) {
            return Ok(());
        }
        self.append(&numbered(ERASED, period.0), &[])?;
        self.erased = Some(period);
        Ok(())
    }

    /// After a failed append what the file has is read again: it counts.
    /// After an error the file is read again.
    fn reopen(&mut self) -> Result<(), AnswersError> {
        if self.file.is_none() {
            *self = Self::open(self.disk.clone(), &self.path, &self.network)?;
        }
        Ok(())
    }

    fn append(&mut self, a: &[u8], b: &[u8]) -> Result<u64, AnswersError> {
        self.reopen()?;
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
                let block = BlockAt { height: reader.u64()?, digest: BlockDigest(reader.array()?) };
                let statement = RequestStatement::decode(&mut reader)?;
                let over = decode_over(&mut reader)?;
                if self.questions.contains_key(&(statement.period, statement.target)) {
                    return Err(DecodeError::NotCanonical);
                }
                self.insert(Question { statement, block, over, answer: None, is_final: false, record });
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
            ERASED if frame.b.is_empty() => self.erased = self.erased.max(Some(Period(reader.u64()?))),
            _ => return Err(DecodeError::UnknownTag),
        }
        reader.finish()
    }

    fn numbered(&mut self, record: u64) -> Result<&mut Question, DecodeError> {
        let key = self.numbers.get(&record).ok_or(DecodeError::NotCanonical)?;
        self.questions.get_mut(key).ok_or(DecodeError::NotCanonical)
    }
}

/// A meter that both are over.
fn common(one: &Over, other: &Over) -> Option<MeterId> {
    let (Over::Meters(one), Over::Meters(other)) = (one, other) else { return None };
    one.iter().find(|meter| other.binary_search(meter).is_ok()).copied()
}

fn asked(statement: &RequestStatement, block: &BlockAt, over: &Over) -> Vec<u8> {
    let mut writer = Writer::new();
    statement.encode(writer.u8(ASKED).u64(block.height).bytes(&block.digest.0));
    match over {
        Over::Meters(meters) => {
            writer.u8(METERS).u16(u16::try_from(meters.len()).unwrap_or(u16::MAX));
            for meter in meters {
                writer.u32(meter.0);
            }
        }
        Over::Trades(energy) => {
            writer.u8(TRADES).bytes(energy);
        }
    }
    writer.finish()
}

fn decode_over(reader: &mut Reader<'_>) -> Result<Over, DecodeError> {
    match reader.u8()? {
        METERS => {
            let count = usize::from(reader.u16()?);
            if count > MAX_COHORT {
                return Err(DecodeError::LengthOutOfRange);
            }
            let meters: Vec<MeterId> =
                (0..count).map(|_| Ok(MeterId(reader.u32()?))).collect::<Result<_, DecodeError>>()?;
            let ascend = meters.windows(2).all(|pair| pair[0] < pair[1]);
            if ascend { Ok(Over::Meters(meters)) } else { Err(DecodeError::NotCanonical) }
        }
        TRADES => Ok(Over::Trades(reader.array()?)),
        _ => Err(DecodeError::UnknownTag),
    }
}

fn refused(statement: &RequestStatement, height: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    statement.encode(writer.u8(REFUSED).u64(height));
    writer.finish()
}

fn numbered(kind: u8, number: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(kind).u64(number);
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

    fn at(height: u64) -> BlockAt {
        BlockAt { height, digest: BlockDigest([height as u8; 32]) }
    }

    fn over(meters: impl IntoIterator<Item = u32>) -> Over {
        Over::Meters(meters.into_iter().map(MeterId).collect())
    }

    fn share(byte: u8) -> Share {
        let mut bytes = [0; Share::LENGTH];
        bytes[0] = byte;
        Share::decode(&bytes).unwrap()
    }

    #[test]
    fn a_question_that_was_written_but_not_synced_is_written_once() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        // Its record reached the disk, the error came after.
        open(&disk).ask(&request(5, Target::Cohort(0), &[]), &at(100), &over(0..9)).unwrap();
        answers.file = None;
        answers.ask(&request(5, Target::Cohort(0), &[]), &at(100), &over(0..9)).unwrap();
        let records = disk.contents(Path::new(PATH)).unwrap().len();
        assert_eq!(open(&disk).questions.len(), 1);
        answers.ask(&request(5, Target::Cohort(0), &[]), &at(100), &over(0..9)).unwrap();
        assert_eq!(disk.contents(Path::new(PATH)).unwrap().len(), records);
    }

    #[test]
    fn one_set_of_a_period_and_target_is_answered_and_no_other_ever() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        let (cohort, trades) = (Target::Cohort(0), Target::Trades(Utility::Heat));
        let some = Over::Trades([1; 32]);
        answers.ask(&request(5, cohort, &[]), &at(100), &over(0..9)).unwrap();
        answers.ask(&request(5, cohort, &[]), &at(100), &over(0..9)).unwrap();
        answers.ask(&request(5, trades, &[]), &at(101), &some).unwrap();
        answers.ask(&request(6, cohort, &[1, 2, 3]), &at(102), &over(4..9)).unwrap();
        for _ in 0..2 {
            let other = answers.ask(&request(5, cohort, &[1, 2, 3]), &at(103), &over(4..9));
            assert!(matches!(other, Err(AnswersError::OtherSet(100))));
            // The same request of other cohorts or trades.
            let other = answers.ask(&request(5, cohort, &[]), &at(103), &over(0..8));
            assert!(matches!(other, Err(AnswersError::OtherSet(100))));
            let other = answers.ask(&request(5, trades, &[]), &at(103), &Over::Trades([2; 32]));
            assert!(matches!(other, Err(AnswersError::OtherSet(101))));
            answers = open(&disk);
        }
        assert_eq!(answers.questions().count(), 3);
    }

    #[test]
    fn no_meter_is_in_two_totals_of_a_period_whatever_the_cohorts_are_called() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        answers.ask(&request(5, Target::Cohort(0), &[]), &at(100), &over(0..9)).unwrap();
        for _ in 0..2 {
            let all_but_one = answers.ask(&request(5, Target::Cohort(1), &[]), &at(101), &over(1..9));
            assert!(matches!(all_but_one, Err(AnswersError::InAnother { meter: MeterId(1), height: 100 })));
            let one_in_common = answers.ask(&request(5, Target::Cohort(200), &[]), &at(101), &over(8..20));
            assert!(matches!(one_in_common, Err(AnswersError::InAnother { meter: MeterId(8), height: 100 })));
            answers = open(&disk);
        }
        answers.ask(&request(5, Target::Cohort(1), &[]), &at(101), &over(9..20)).unwrap();
        answers.ask(&request(6, Target::Cohort(1), &[]), &at(101), &over(1..9)).unwrap();
    }

    #[test]
    fn a_chain_that_has_another_block_or_an_earlier_question_is_not_the_one() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        answers.ask(&request(5, Target::Cohort(0), &[]), &at(100), &over(0..9)).unwrap();
        for _ in 0..2 {
            let forked = BlockAt { digest: BlockDigest([9; 32]), ..at(100) };
            assert!(matches!(answers.same_chain(&forked), Err(AnswersError::OtherChain(100))));
            assert!(answers.same_chain(&at(100)).is_ok() && answers.same_chain(&at(99)).is_ok());
            for block in [forked, at(99)] {
                let asked = answers.ask(&request(6, Target::Cohort(0), &[]), &block, &over(0..9));
                assert!(matches!(asked, Err(AnswersError::OtherChain(100))));
            }
            answers = open(&disk);
        }
        assert_eq!(answers.questions().count(), 1);
    }

    #[test]
    fn the_first_answer_stands_and_is_there_after_reopening() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        let cohort = Target::Cohort(3);
        // Nothing was asked.
        answers.answer(Period(5), cohort, [share(1), share(2)]).unwrap();
        answers.ask(&request(5, cohort, &[]), &at(100), &over(0..9)).unwrap();
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
    fn the_last_period_that_was_erased_is_known_for_ever() {
        let disk = SimDisk::new();
        let mut answers = open(&disk);
        assert_eq!(answers.erased(), None);
        for (erased, last) in [(7, 7), (5, 7), (9, 9)] {
            answers.erase(Period(erased)).unwrap();
            assert_eq!(answers.erased(), Some(Period(last)));
            answers = open(&disk);
            assert_eq!(answers.erased(), Some(Period(last)));
        }
    }

    #[test]
    fn no_bytes_of_a_record_panic_and_wrong_ones_are_refused() {
        let mut answers = open(&SimDisk::new());
        let mut read = |a: &[u8], b: &[u8]| answers.read(0, &Frame { number: 0, a: a.to_vec(), b: b.to_vec() });
        let question = |over: &Over| asked(&request(5, Target::Cohort(0), &[1, 2, 3]), &at(7), over);
        let (asked, trades) = (question(&over([4, 5, 9])), question(&Over::Trades([3; 32])));
        for bytes in [&asked, &trades] {
            for length in 0..bytes.len() {
                assert!(read(&bytes[..length], &[]).is_err(), "{length}");
            }
        }
        assert!(read(&question(&over([4, 9, 5])), &[]).is_err(), "not in order");
        assert!(read(&asked, &[1]).is_err());
        assert!(read(&numbered(ANSWER, 0), &[0; 128]).is_err(), "nothing was asked");
        assert!(read(&asked, &[]).is_ok());
        assert!(read(&asked, &[]).is_err(), "asked twice");
        assert!(read(&numbered(ANSWER, 0), &[0; 127]).is_err());
        assert!(read(&numbered(ANSWER, 0), &[255; 128]).is_err());
        assert!(read(&numbered(ANSWER, 0), &[0; 128]).is_ok());
        assert!(read(&numbered(9, 0), &[]).is_err());
        assert!(read(&numbered(ERASED, 5), &[1]).is_err() && read(&numbered(ERASED, 5)[..8], &[]).is_err());
        assert!(read(&numbered(ERASED, 5), &[]).is_ok());
    }
}
