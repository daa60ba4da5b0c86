//! The report for people (protocol section 10): the same answers and evidence as HTML and as PDF, in English and German; for
//! machines as JSON; signed by the auditor; and held against a chain by anybody.
//!
//! From the same report the same bytes: no clock, no machine, no order of threads, nothing from elsewhere is in them. HTML and PDF
//! are made from one document (`document.rs`), which `compose/` makes from a [`Report`].
//!
//! * `language.rs`, `messages.rs`, `german.rs`: every text in every language, and how numbers and times are written.
//! * `html.rs`, `pdf/`: the two forms. `seal.rs`: the auditor's signature. `compare.rs`: whether files are what a chain says.
//!   `claimed.rs`: what of them is taken over for that.

mod claimed;
mod compare;
mod compose;
mod document;
mod german;
mod html;
mod language;
mod messages;
mod pdf;
mod seal;

use hushwatt_crypto::{Label, NetworkId, hash::Hasher};

pub use self::{
    compare::{Claim, ClaimError, Comparison, Difference},
    language::Language,
    seal::{MAX_SEAL_BYTES, SEAL_NAME, Seal, SealError},
};
use crate::report::Report;

/// A file of a report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The data.
    Json,
    /// For screens.
    Html(Language),
    /// For paper and archives.
    Pdf(Language),
}

impl Part {
    /// All that a report can have.
    pub const ALL: [Part; 5] = [
        Part::Json,
        Part::Html(Language::English),
        Part::Html(Language::German),
        Part::Pdf(Language::English),
        Part::Pdf(Language::German),
    ];

    /// The data, and both forms in each of these languages.
    pub fn of(languages: &[Language]) -> Vec<Part> {
        let wanted = |part: &Part| match part {
            Part::Json => true,
            Part::Html(language) | Part::Pdf(language) => languages.contains(language),
        };
        Part::ALL.into_iter().filter(wanted).collect()
    }

    /// Its name in a folder.
    pub const fn file_name(self) -> &'static str {
        match self {
            Part::Json => "report.json",
            Part::Html(Language::English) => "report.en.html",
            Part::Html(Language::German) => "report.de.html",
            Part::Pdf(Language::English) => "report.en.pdf",
            Part::Pdf(Language::German) => "report.de.pdf",
        }
    }

    /// No such file of a report is longer, in bytes. The data have a row for each window of each utility, some 15 MB a year where a
    /// window is a quarter of an hour; the forms have tables of at most some hundred rows.
    pub const fn max_bytes(self) -> usize {
        match self {
            Part::Json => 256 << 20,
            Part::Html(_) | Part::Pdf(_) => 16 << 20,
        }
    }

    /// From its name in a folder.
    pub fn from_file_name(name: &str) -> Option<Self> {
        Part::ALL.into_iter().find(|part| part.file_name() == name)
    }
}

/// Makes a file of a report.
///
/// # Errors
/// If the data cannot be written as JSON.
pub fn render(report: &Report, part: Part) -> serde_json::Result<Vec<u8>> {
    Ok(match part {
        Part::Json => (serde_json::to_string_pretty(report)? + "\n").into_bytes(),
        Part::Html(language) => html::page(&compose::document(report, language)).into_bytes(),
        Part::Pdf(language) => pdf::file(&compose::document(report, language), pdf_id(report, language)?),
    })
}

/// Tells a PDF file from those of other reports.
fn pdf_id(report: &Report, language: Language) -> serde_json::Result<[u8; 16]> {
    let json = render(report, Part::Json)?;
    let hash =
        Hasher::new(&network(report), Label::AuditReport).part(b"pdf").part(language.code().as_bytes()).part(&json);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finish32()[..16]);
    Ok(id)
}

/// The network of a report.
pub(crate) fn network(report: &Report) -> NetworkId {
    // A report has its network from a genesis, so that the digits are always there.
    report.network.parse().unwrap_or(NetworkId::NONE)
}
