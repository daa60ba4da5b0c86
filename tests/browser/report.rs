//! The auditor's report as people get it: the page in a browser, the file on paper; in both languages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    axe,
    browser::{Browser, installed, pictures, skip},
    looks::look,
    rich::rich,
};

/// What a report says in a language.
struct Words {
    language: &'static str,
    title: &'static str,
    verdict: &'static str,
    /// Begins what comes after the page of answers.
    evidence: &'static str,
    /// Ends the page of answers.
    last: &'static str,
}

const BOTH: [Words; 2] = [
    Words {
        language: "en",
        title: "Audit of a settlement chain",
        verdict: "The chain holds.",
        evidence: "Windows: what meters reported",
        last: "compare block and digest above with what others see.",
    },
    Words {
        language: "de",
        title: "Prüfung einer Abrechnungskette",
        verdict: "Die Kette hält der Prüfung stand.",
        evidence: "Zeitfenster: was die Zähler gemeldet haben",
        last: "mit dem zu vergleichen, was andere sehen.",
    },
];

/// A report of a chain that has something of everything.
struct Report {
    folder: TempDir,
}

static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let (chain, folder) = (rich(), tempfile::tempdir().unwrap());
    let file = folder.path().join("chain.hwl");
    fs::write(&file, chain.file()).unwrap();
    let network = chain.world.network().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hushwatt"));
    command.args(["audit", "report"]).arg(&file).args(["--network", &network]);
    let told = command.arg("--out").arg(folder.path().join("report")).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    Report { folder }
});

impl Report {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("report").join(name)
    }

    fn data(&self) -> Value {
        serde_json::from_slice(&fs::read(self.file("report.json")).unwrap()).unwrap()
    }

    fn questions(&self) -> usize {
        self.data()["questions"].as_array().unwrap().len()
    }
}

/// Texts of all elements that a CSS selector finds and that a person can see.
fn seen(browser: &Browser, css: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(arguments[0])]
        .filter(one => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
        .filter(one => one.getBoundingClientRect().width > 5 && one.getBoundingClientRect().height > 5)
        .map(one => one.textContent.trim());";
    serde_json::from_value(browser.session.run(script, &[json!(css)])).unwrap()
}

/// Charts whose bars and lines reach beyond the drawing, and those that show nothing.
fn bad_charts(browser: &Browser) -> Value {
    let script = "return [...document.querySelectorAll('.plot svg')].filter(chart => {
        const frame = chart.getBoundingClientRect(), drawn = [...chart.querySelectorAll('rect, path:not(.grid)')];
        const inside = drawn.every(one => {
            const box = one.getBoundingClientRect();
            return box.left >= frame.left - 3 && box.right <= frame.right + 3 && box.top >= frame.top - 3 && box.bottom <= frame.bottom + 3;
        });
        const ink = one => getComputedStyle(one)[one.tagName === 'rect' ? 'fill' : 'stroke'];
        return !inside || frame.height < 50 || !drawn.length || drawn.some(one => ['none', 'rgb(255, 255, 255)'].includes(ink(one)));
    }).map(chart => chart.getAttribute('aria-labelledby'));";
    browser.session.run(script, &[])
}

/// Nothing at all may be found, not even what keeps nobody out.
fn flawless(browser: &Browser, what: &str) {
    let Some(script) = axe::axe() else { return };
    assert_eq!(axe::all_findings(browser, script), Vec::<Value>::new(), "{what}");
}

#[test]
fn the_page_is_whole_on_desk_and_phone_and_nothing_complains() {
    let Some(browser) = Browser::start() else { return };
    let questions = REPORT.questions();
    for words in &BOTH {
        let name = format!("report-{}", words.language);
        browser.session.console();
        browser.open(&format!("file://{}", REPORT.file(&format!("report.{}.html", words.language)).display()));
        assert_eq!(seen(&browser, "h1"), [words.title]);
        assert!(browser.text(".banner").starts_with(words.verdict), "{}", browser.text(".banner"));
        // This network makes no totals: of them there is nothing to count.
        for (part, many) in
            [(".word", questions), (".question", questions), (".counts", questions - 1), (".repeat", questions)]
        {
            let texts = seen(&browser, &format!("ol.answers > li {part}"));
            assert!(texts.len() == many && texts.iter().all(|text| !text.is_empty()), "{part}: {texts:?}");
        }
        assert!(seen(&browser, "h2").contains(&words.evidence.to_owned()));
        // Every chart draws something, within its frame, and has a table and words beside it.
        let charts = seen(&browser, "figure h3").len();
        assert!(charts >= 4 && seen(&browser, "figure figcaption").len() == charts);
        assert_eq!(bad_charts(&browser), json!([]));
        assert_eq!(seen(&browser, "table"), Vec::<String>::new(), "tables are folded");
        flawless(&browser, &name);
        look(&browser, &name);
        browser.session.run("for (const one of document.querySelectorAll('details')) one.open = true;", &[]);
        let tables = seen(&browser, "table");
        assert!(tables.len() >= charts && tables.iter().all(|table| !table.is_empty()));
        flawless(&browser, &name);
        browser.phone();
        flawless(&browser, &name);
        assert_eq!(bad_charts(&browser), json!([]));
        browser.desk();
        look(&browser, &format!("{name}-tables"));
        assert_eq!(browser.session.console(), Vec::<String>::new());
    }
}

/// Standard output of a program of poppler.
fn poppler(program: &str, arguments: &[&str], file: &Path) -> Vec<u8> {
    let told = Command::new(program).args(arguments).args([file, Path::new("-")]).output().unwrap();
    assert!(told.status.success() && told.stderr.is_empty(), "{program}: {}", String::from_utf8_lossy(&told.stderr));
    told.stdout
}

/// The text of a page, in the order in which it was written, with single blanks.
fn text(file: &Path, page: usize) -> String {
    let page = page.to_string();
    let text = String::from_utf8(poppler("pdftotext", &["-raw", "-enc", "UTF-8", "-f", &page, "-l", &page], file));
    text.unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A page as it is drawn.
struct Drawn {
    width: usize,
    /// How dark each point is, row by row.
    points: Vec<u8>,
}

/// All pages, each point a fiftieth of an inch; and pictures of them for people.
fn drawn(file: &Path, name: &str) -> Vec<Drawn> {
    let folder = tempfile::tempdir().unwrap();
    let draw = |more: &[&str], into: &Path| {
        let told = Command::new("pdftoppm").args(more).args([file, into]).output().unwrap();
        assert!(told.status.success() && told.stderr.is_empty(), "{told:?}");
    };
    draw(&["-r", "80", "-png"], &pictures().join(name));
    draw(&["-r", "50", "-gray"], &folder.path().join("page"));
    let mut files: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| Drawn::read(&fs::read(file).unwrap())).collect()
}

impl Drawn {
    /// From a portable graymap: three lines of text, then a byte a point.
    fn read(bytes: &[u8]) -> Self {
        let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
        let mut line = || std::str::from_utf8(parts.next().unwrap()).unwrap().to_owned();
        let (magic, size, depth) = (line(), line(), line());
        assert_eq!((magic.as_str(), depth.as_str()), ("P5", "255"));
        let (width, height) = size.split_once(' ').unwrap();
        let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
        let points: Vec<u8> = parts.next().unwrap().iter().map(|light| 255 - light).collect();
        assert_eq!(points.len(), width * height);
        Drawn { width, points }
    }

    /// Which part of the points of these rows and columns is dark, of the page from 0 to 1.
    fn ink(&self, rows: [f64; 2], columns: [f64; 2]) -> f64 {
        let within = |at: usize, of: usize, [from, to]: [f64; 2]| (from..to).contains(&(at as f64 / of as f64));
        let height = self.points.len() / self.width;
        let inside =
            self.points.iter().enumerate().filter(|(at, _)| {
                within(at / self.width, height, rows) && within(at % self.width, self.width, columns)
            });
        let (all, dark) = inside.fold((0, 0), |(all, dark), (_, point)| (all + 1, dark + u32::from(*point > 60)));
        f64::from(dark) / f64::from(all)
    }
}

/// What is asked, as it stands in the page.
fn questions(page: &str) -> Vec<String> {
    let after = page.split("<p class=\"question\">").skip(1);
    after.map(|text| text.split("</p>").next().unwrap().replace("&amp;", "&")).collect()
}

#[test]
fn the_paper_has_all_answers_on_its_first_page_and_nothing_outside_of_its_margins() {
    let missing: Vec<&str> = ["pdftoppm", "pdftotext"].into_iter().filter(|name| !installed(name)).collect();
    if !missing.is_empty() {
        return skip(&format!("{} missing: install the package poppler-utils", missing.join(" and ")));
    }
    let everywhere = [0.0, 1.0];
    for words in &BOTH {
        let file = REPORT.file(&format!("report.{}.pdf", words.language));
        let pages = drawn(&file, &format!("report-{}-page", words.language));
        let told = (1..=pages.len()).map(|page| text(&file, page)).collect::<Vec<_>>();
        assert!((3..12).contains(&pages.len()), "{} pages", pages.len());
        let answers = &told[0];
        assert!(answers.contains(words.title) && answers.contains(words.verdict), "{answers}");
        let page = fs::read_to_string(REPORT.file(&format!("report.{}.html", words.language))).unwrap();
        let questions = questions(&page);
        assert_eq!(questions.len(), REPORT.questions());
        let mut at = 0;
        for question in &questions {
            at += answers[at..].find(question).unwrap_or_else(|| panic!("\"{question}\" is not in {answers}"));
        }
        assert!(answers[at..].contains(words.last), "the page of answers goes on: {:?}", told[1]);
        assert!(told[1].starts_with(words.evidence), "{}", told[1]);
        for (number, (page, text)) in (1..).zip(pages.iter().zip(&told)) {
            assert!(text.contains(&format!(" {number} ")), "page {number} has no number: {text}");
            // More than what stands on every page below, and less than a page that was painted over.
            let ink = page.ink([0.0, 0.95], everywhere);
            assert!((0.002..0.4).contains(&ink), "page {number}: {ink}");
            let margins = [[everywhere, [0.0, 0.05]], [everywhere, [0.95, 1.0]], [[0.0, 0.02], everywhere]];
            for [rows, columns] in margins.into_iter().chain([[[0.98, 1.0], everywhere]]) {
                assert_eq!(page.ink(rows, columns), 0.0, "page {number} is written on outside of its margins");
            }
        }
        assert!(pages[0].ink([0.05, 0.9], everywhere) > 0.02, "the first page is nearly empty");
    }
}
