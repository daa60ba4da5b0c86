//! What the pages and the PDF files say.

use std::{env, fs, path::Path, process::Command};

use hushwatt_audits::{
    Count, Question, Report, Verdict,
    paper::{Language, Part, render},
};

use crate::{
    chain::{Chain, TIP, story},
    html, rich,
};

pub fn page(report: &Report, language: Language) -> String {
    String::from_utf8(render(report, Part::Html(language)).unwrap()).unwrap()
}

/// The text of a PDF file, page by page, in one line each.
fn pdf_pages(report: &Report, language: Language) -> Vec<String> {
    let bytes = render(report, Part::Pdf(language)).unwrap();
    let file = lopdf::Document::load_mem(&bytes).expect("a PDF file");
    let pages: Vec<u32> = file.get_pages().into_keys().collect();
    let text = |page: &u32| file.extract_text(&[*page]).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    pages.iter().map(text).collect()
}

/// A chain whose last block is damaged, and one whose last block is not final.
fn failing() -> (Report, Report) {
    let mut broken = story(TIP);
    let body = &mut broken.records.last_mut().unwrap().0;
    *body.last_mut().unwrap() ^= 1;
    let mut open = story(TIP);
    open.uncertified(TIP);
    (broken.audit(), open.audit())
}

#[test]
fn a_report_that_holds_answers_every_question_in_every_language() {
    let report = rich::report();
    for (language, holds, yes) in
        [(Language::English, "The chain holds.", "Yes"), (Language::German, "Die Kette hält der Prüfung stand.", "Ja")]
    {
        let page = html::checked(&page(&report, language));
        assert!(
            page.text.contains(holds) && page.text.contains("2025-06-15") == (language == Language::English),
            "{language:?}"
        );
        let answered = report.questions.iter().filter(|answer| answer.verdict == Verdict::Holds).count();
        assert_eq!(page.count("p", "word holds"), answered);
        assert_eq!(page.count("p", "word unanswered"), report.questions.len() - answered);
        assert!(page.text.contains(&format!(" {yes} ")));
        // Every chart has its table, and no heading is empty.
        assert!(page.count("figure", "") >= 7 && page.count("table", "") >= 8);
    }
}

#[test]
fn a_report_that_fails_says_where_in_every_form() {
    let (broken, open) = failing();
    assert!(!broken.holds() && !open.holds());
    let failure = broken.failure.clone().unwrap();
    for language in Language::ALL {
        let page = html::checked(&page(&broken, language));
        assert!(page.text.contains(&failure.message) && page.text.contains(&failure.rule));
        assert_eq!((page.count("p", "word fails"), page.count("p", "banner fails")), (1, 1));
        let pages = pdf_pages(&broken, language);
        assert!(pages.iter().any(|page| page.contains(&failure.rule)), "{pages:?}");
        // Nothing was recomputed, so that nothing is shown.
        assert_eq!(page.count("figure", ""), 0);
    }
    let page_of_open = html::checked(&page(&open, Language::English));
    assert!(page_of_open.text.contains("The chain holds only up to block 7."));
    assert!(html::checked(&page(&open, Language::German)).text.contains("nur bis Block 7 stand"));
    assert!(page_of_open.count("figure", "") > 0);
}

#[test]
fn what_cannot_be_answered_says_why() {
    let report = Chain::empty().audit();
    assert!(report.holds());
    for (language, word) in [(Language::English, "Cannot be answered"), (Language::German, "Nicht zu beantworten")] {
        let page = html::checked(&page(&report, language));
        let unanswered: Vec<&Verdict> = report
            .questions
            .iter()
            .map(|answer| &answer.verdict)
            .filter(|verdict| **verdict != Verdict::Holds)
            .collect();
        assert!(unanswered.len() > 6, "{report}");
        assert_eq!(page.text.matches(word).count(), unanswered.len());
        for verdict in unanswered {
            let Verdict::CannotBeAnswered { why, .. } = verdict else { panic!("{verdict:?}") };
            assert_eq!(page.text.contains(why.as_str()), language == Language::English, "{why}");
        }
    }
}

#[test]
fn pages_and_pdf_files_have_the_same_numbers() {
    let report = rich::report();
    for language in Language::ALL {
        let page = html::checked(&page(&report, language));
        let pdf = pdf_pages(&report, language).join(" ");
        // Each number of the tables on the page is in the file.
        let cells: Vec<&String> =
            page.cells.iter().filter(|cell| cell.chars().any(|one| one.is_ascii_digit())).collect();
        assert!(cells.len() > 100);
        let pdf_without: String = pdf.split_whitespace().collect();
        for cell in cells {
            let cell: String = cell.split(|one: char| one.is_whitespace() || one == '\u{a0}').collect();
            assert!(pdf_without.contains(&cell), "{cell} is not in the PDF file");
        }
        let euro = if language == Language::English { "160.00" } else { "160,00" };
        assert!(page.text.contains(euro) && pdf.contains(euro));
    }
}

#[test]
fn the_answers_stand_on_the_first_page_and_every_page_has_its_number() {
    let mut report = rich::report();
    // The most that is said of totals.
    let totals = report.questions.iter_mut().find(|answer| answer.question == Question::Totals).unwrap();
    totals.verdict = Verdict::Holds;
    let counts = [Count::Shared, Count::SharedWrongly, Count::TotalsAsked, Count::TotalsReleased, Count::Releases];
    totals.counts = counts.into_iter().map(|count| (count, 1_234_567)).collect();
    for (language, of) in [(Language::English, "page 1 of"), (Language::German, "Seite 1 von")] {
        let pages = pdf_pages(&report, language);
        // The end of how the last answer is repeated.
        let last = if language == Language::English { "released share opens its sum." } else { "seine Summe öffnet." };
        assert!(pages[0].contains(last), "{}", pages[0]);
        assert!(pages[0].contains("1,234,567") || pages[0].contains("1.234.567"));
        assert!(pages[0].contains(&format!("{of} {}", pages.len())));
        let bytes = render(&report, Part::Pdf(language)).unwrap();
        let file = lopdf::Document::load_mem(&bytes).unwrap();
        let catalog = file.catalog().unwrap();
        assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), language.code().as_bytes());
        assert!(catalog.has(b"Outlines") && file.trailer.has(b"ID") && file.trailer.has(b"Info"));
        for forbidden in [&b"/JavaScript"[..], b"/JS", b"/URI", b"/Launch", b"/EmbeddedFile", b"/CreationDate"] {
            assert!(!bytes.windows(forbidden.len()).any(|window| window == forbidden));
        }
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let (mut report, _) = failing();
    let hostile = "</title><script>alert(1)</script><img src=x onerror=alert(1)> \"'&amp; (\\) Tj ET {0}";
    let failure = report.failure.as_mut().unwrap();
    failure.message = hostile.to_owned();
    failure.rule = hostile.to_owned();
    report.network = hostile.to_owned();
    for language in Language::ALL {
        let page = html::checked(&page(&report, language));
        assert!(page.text.contains(hostile) && page.count("script", "") + page.count("img", "") == 0);
        let pages = pdf_pages(&report, language);
        assert!(pages.iter().any(|page| page.contains("(\\) Tj ET")), "{pages:?}");
    }
}

#[test]
fn a_table_has_an_end_and_says_so() {
    let mut report = rich::report();
    let days = &mut report.evidence.as_mut().unwrap().days;
    let day = days[0];
    *days = (0..1_000)
        .map(|place| hushwatt_audits::evidence::Day { day: day.day + place, from: day.from + place * 86_400, ..day })
        .collect();
    let page = html::checked(&page(&report, Language::English));
    assert!(page.text.contains("The newest 400 of 1,000 rows. All of them are in report.json."));
    let pages = pdf_pages(&report, Language::English);
    assert!((10..80).contains(&pages.len()), "{}", pages.len());
    // The heading of a table stands on each of its pages.
    assert!(pages.iter().filter(|page| page.contains("Certificates") && page.contains("Votes")).count() > 5);
}

/// Where this process is to write the files, and nothing else: then it was started by the test below.
const MAKES: &str = "HUSHWATT_TEST_MAKES_REPORT";

#[test]
fn another_process_with_other_threads_makes_the_same_bytes() {
    if let Some(folder) = env::var_os(MAKES) {
        return write_all(&rich::rich().audit(), Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let report = rich::report();
    for threads in ["1", "2", "5"] {
        let folder = folder.path().join(threads);
        fs::create_dir(&folder).unwrap();
        let child = Command::new(env::current_exe().unwrap())
            .args(["forms::another_process_with_other_threads_makes_the_same_bytes", "--exact"])
            .envs([("RAYON_NUM_THREADS", threads), ("TZ", "Asia/Tokyo"), ("LANG", "de_DE.UTF-8")])
            .env(MAKES, &folder)
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        for part in Part::ALL {
            let made = fs::read(folder.join(part.file_name())).unwrap();
            assert!(made == render(&report, part).unwrap(), "{} with {threads} threads", part.file_name());
        }
    }
}

fn write_all(report: &Report, folder: &Path) {
    for part in Part::ALL {
        fs::write(folder.join(part.file_name()), render(report, part).unwrap()).unwrap();
    }
}
