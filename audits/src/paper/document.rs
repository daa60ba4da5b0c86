//! What a report says, in one language and without a form: HTML and PDF are made from the same document, so that neither can say
//! what the other does not.

use super::language::Language;

/// The whole report.
pub(super) struct Document {
    pub language: Language,
    pub title: String,
    /// What stands above all: that nothing in it happened, if so.
    pub warning: Option<String>,
    /// Whether the chain holds.
    pub holds: bool,
    /// The same in words.
    pub verdict: String,
    /// What the report is about.
    pub about: Vec<Fact>,
    /// Where the chain fails.
    pub failure: Vec<Fact>,
    /// Heading of the answers.
    pub answers_title: String,
    /// One a question.
    pub answers: Vec<AnswerLine>,
    /// How to repeat all of it.
    pub repeat: Vec<Block>,
    pub sections: Vec<Section>,
    /// On every page of paper: `{0}` is its number, `{1}` how many there are.
    pub footer: String,
}

/// A name and what stands beside it.
pub(super) struct Fact {
    pub name: String,
    pub value: String,
    /// Digests, keys and commands stand in a font of their own.
    pub code: bool,
}

impl Fact {
    pub fn new(name: String, value: String) -> Self {
        Fact { name, value, code: false }
    }

    pub fn code(name: String, value: String) -> Self {
        Fact { name, value, code: true }
    }
}

/// How a question is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    Holds,
    Fails,
    Unanswered,
}

/// A question with its answer.
pub(super) struct AnswerLine {
    pub mark: Mark,
    /// The answer in a word or two.
    pub word: String,
    pub question: String,
    /// Why there is none.
    pub why: Option<String>,
    /// What was counted on the way.
    pub counts: String,
    /// How anybody repeats it.
    pub repeat: String,
}

/// A part of the evidence.
pub(super) struct Section {
    /// Names it in links.
    pub id: String,
    pub title: String,
    pub blocks: Vec<Block>,
}

pub(super) enum Block {
    Text(String),
    Command(String),
    Facts(Vec<Fact>),
    Chart(Chart),
    Table(Table),
}

/// A colour with a meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    /// As it should be.
    Main,
    /// Something beside it.
    Second,
    /// What went wrong or is missing.
    Bad,
    /// What is not decided yet.
    Soft,
}

impl Ink {
    /// Its class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Ink::Main => "main",
            Ink::Second => "second",
            Ink::Bad => "bad",
            Ink::Soft => "soft-ink",
        }
    }
}

/// Values over time, on an axis from 0.
pub(super) struct Chart {
    /// Names it in links.
    pub id: String,
    pub title: String,
    /// What it shows, for those who do not see it.
    pub told: String,
    /// Of the axis of values: its end, its half, 0.
    pub scale: [String; 3],
    /// Of the axis of time: each over so many equal parts of it.
    pub times: Vec<(u64, String)>,
    /// Meaning of the colours, if there are several.
    pub legend: Vec<(Ink, String)>,
    pub shapes: Vec<Shape>,
}

impl Chart {
    /// Width of every drawing in its units, from left to right.
    pub const WIDTH: u64 = 10_000;
    /// Height of every drawing in its units, from the ground up.
    pub const HEIGHT: u64 = 1_000;
}

/// A part of a drawing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// From `x` and `y` on, `y` being counted from the ground up.
    Bar { ink: Ink, x: u64, width: u64, y: u64, height: u64 },
    /// A line over each stretch, joined where the next one begins.
    Steps { ink: Ink, lines: Vec<Vec<(u64, u64)>> },
}

/// Rows under a heading.
pub(super) struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
    /// What is said where rows were left out.
    pub left_out: Option<String>,
}

pub(super) struct Column {
    pub title: String,
    /// Numbers are flush right.
    pub number: bool,
}
