//! Where everything stands on pages of A4, from top to bottom.

use pdf_writer::{Content, Name, Str};

use super::metrics::{Font, encode, wrap};
use crate::paper::document::{AnswerLine, Block, Chart, Document, Fact, Ink, Mark, Shape, Table};

/// A4, in points.
pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;
const LEFT: f32 = 44.0;
const RIGHT: f32 = WIDTH - LEFT;
const TOP: f32 = HEIGHT - 38.0;
const BOTTOM: f32 = 40.0;
/// Baseline of what stands on every page.
const FOOT: f32 = 24.0;
/// Distance of baselines, in sizes of the font.
const LEADING: f32 = 1.32;
/// The same on the page of answers, which is one page: closer where the words of a language need more lines.
const ANSWERS_LEADING: [f32; 4] = [LEADING, 1.27, 1.22, 1.17];
/// Of all that is no heading.
const BODY: f32 = 9.0;
const SMALL: f32 = 6.9;
const CELL: f32 = 6.9;
/// Where the names of facts end, and the words of answers.
const NAMES: f32 = 128.0;
const WORDS: f32 = 66.0;
/// Width of the labels beside a chart, and height of its drawing.
const LABELS: f32 = 58.0;
const DRAWING: f32 = 92.0;
/// Between two columns of a table, and the narrowest that one is made.
const GUTTER: f32 = 9.0;
const NARROWEST: f32 = 44.0;

type Colour = [f32; 3];

const TEXT: Colour = [0.09, 0.14, 0.12];
const SOFT: Colour = [0.33, 0.38, 0.36];
const LINE: Colour = [0.8, 0.79, 0.75];
const MAIN: Colour = [0.06, 0.37, 0.29];
const SECOND: Colour = [0.66, 0.35, 0.06];
const BAD: Colour = [0.64, 0.15, 0.11];
const FAINT: Colour = [0.52, 0.57, 0.55];

fn colour(ink: Ink) -> Colour {
    match ink {
        Ink::Main => MAIN,
        Ink::Second => SECOND,
        Ink::Bad => BAD,
        Ink::Soft => FAINT,
    }
}

/// A place that readers offer to jump to.
pub(super) struct Bookmark {
    pub title: String,
    pub page: usize,
    pub top: f32,
}

/// All pages.
pub(super) struct Laid {
    pub pages: Vec<Content>,
    pub marks: Vec<Bookmark>,
}

/// Lays a document out.
pub(super) fn lay_out(document: &Document) -> Laid {
    let [widest, closer @ ..] = ANSWERS_LEADING.map(|leading| Sheet::answers(document, leading));
    let mut sheet = closer.into_iter().fold(widest, |sheet, closer| if sheet.done.is_empty() { sheet } else { closer });
    for section in &document.sections {
        sheet.heading(&section.title, section.blocks.first());
        for block in &section.blocks {
            sheet.block(block);
        }
    }
    let Sheet { page, mut done, marks, .. } = sheet;
    done.push(page);
    let count = done.len().to_string();
    for (number, page) in (1..).zip(&mut done) {
        let footer = document.footer.replace("{0}", &number.to_string()).replace("{1}", &count);
        show(page, LEFT, FOOT, &Style { font: Font::Regular, size: SMALL, colour: SOFT }, &encode(&footer));
    }
    Laid { pages: done, marks }
}

#[derive(Clone, Copy)]
struct Style {
    font: Font,
    size: f32,
    colour: Colour,
}

impl Style {
    const fn new(font: Font, size: f32, colour: Colour) -> Self {
        Style { font, size, colour }
    }

    fn leading(&self) -> f32 {
        self.size * LEADING
    }

    fn width(&self, text: &[u8]) -> f32 {
        self.font.width(text, self.size)
    }
}

const PLAIN: Style = Style::new(Font::Regular, BODY, TEXT);
const CAPTION: Style = Style::new(Font::Regular, 7.6, SOFT);
const CODE: Style = Style::new(Font::Code, 7.4, TEXT);
const HEADER: Style = Style::new(Font::Bold, CELL, SOFT);
const CELLS: Style = Style::new(Font::Regular, CELL, TEXT);

/// Hundredths of a point are finer than any printer.
fn rounded(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

fn show(page: &mut Content, x: f32, y: f32, style: &Style, text: &[u8]) {
    let [red, green, blue] = style.colour;
    page.set_fill_rgb(red, green, blue);
    page.begin_text().set_font(Name(style.font.name()), style.size);
    page.next_line(rounded(x), rounded(y)).show(Str(text)).end_text();
}

fn bar(page: &mut Content, [red, green, blue]: Colour, x: f32, y: f32, width: f32, height: f32) {
    page.set_fill_rgb(red, green, blue);
    page.rect(rounded(x), rounded(y), rounded(width), rounded(height)).fill_nonzero();
}

fn stroke(page: &mut Content, [red, green, blue]: Colour, width: f32, points: &[(f32, f32)]) {
    page.set_stroke_rgb(red, green, blue).set_line_width(width);
    for (place, (x, y)) in points.iter().enumerate() {
        let (x, y) = (rounded(*x), rounded(*y));
        if place == 0 {
            page.move_to(x, y)
        } else {
            page.line_to(x, y)
        };
    }
    page.stroke();
}

/// The page that is being filled; `y` is where the next thing may begin.
struct Sheet {
    page: Content,
    done: Vec<Content>,
    marks: Vec<Bookmark>,
    y: f32,
    /// Distance of baselines, in sizes of the font.
    leading: f32,
}

impl Sheet {
    /// The page of answers, with this distance of baselines; what comes after it has the usual one.
    fn answers(document: &Document, leading: f32) -> Self {
        let mut sheet = Sheet { page: Content::new(), done: Vec::new(), marks: Vec::new(), y: TOP, leading };
        sheet.first_page(document);
        sheet.leading = LEADING;
        sheet
    }

    /// Begins a new page unless there is so much room on this one. Says whether it did.
    fn room(&mut self, height: f32) -> bool {
        let is_full = self.y - height < BOTTOM;
        if is_full {
            self.done.push(std::mem::replace(&mut self.page, Content::new()));
            self.y = TOP;
        }
        is_full
    }

    fn gap(&mut self, height: f32) {
        self.y -= height;
    }

    /// Lines of a text from `x` to `right`.
    fn lines(&mut self, x: f32, right: f32, style: &Style, text: &str) {
        let leading = style.size * self.leading;
        for line in wrap(&encode(text), style.font, style.size, right - x) {
            self.room(leading);
            self.y -= leading;
            // The descenders of a line stay above where the next thing begins.
            show(&mut self.page, x, self.y + 0.25 * style.size, style, &line);
        }
    }

    /// How high a text will be.
    fn height(&self, x: f32, right: f32, style: &Style, text: &str) -> f32 {
        wrap(&encode(text), style.font, style.size, right - x).len() as f32 * style.size * self.leading
    }

    fn mark(&mut self, title: &str) {
        let (page, top) = (self.done.len(), rounded(self.y + 4.0));
        self.marks.push(Bookmark { title: title.to_owned(), page, top });
    }

    fn heading(&mut self, title: &str, first: Option<&Block>) {
        self.gap(16.0);
        // Never alone at the end of a page.
        self.room(if matches!(first, Some(Block::Chart(_))) { DRAWING + 110.0 } else { 90.0 });
        self.mark(title);
        self.lines(LEFT, RIGHT, &Style::new(Font::Bold, 13.0, TEXT), title);
        self.gap(4.0);
    }

    fn rule(&mut self) {
        stroke(&mut self.page, LINE, 0.5, &[(LEFT, self.y), (RIGHT, self.y)]);
    }

    fn first_page(&mut self, document: &Document) {
        self.lines(LEFT, RIGHT, &Style::new(Font::Bold, 9.0, SOFT), "hushwatt");
        self.lines(LEFT, RIGHT, &Style::new(Font::Bold, 17.0, TEXT), &document.title);
        self.gap(4.0);
        if let Some(warning) = &document.warning {
            self.lines(LEFT, RIGHT, &Style::new(Font::Bold, BODY, BAD), warning);
        }
        let verdict = if document.holds { MAIN } else { BAD };
        self.lines(LEFT, RIGHT, &Style::new(Font::Bold, 11.5, verdict), &document.verdict);
        self.gap(4.0);
        self.facts(&document.failure);
        self.facts(&document.about);
        self.gap(8.0);
        self.mark(&document.answers_title);
        self.lines(LEFT, RIGHT, &Style::new(Font::Bold, 11.5, TEXT), &document.answers_title);
        self.gap(2.0);
        for answer in &document.answers {
            self.answer(answer);
        }
        self.gap(3.0);
        for block in &document.repeat {
            match block {
                Block::Text(text) => self.lines(LEFT, RIGHT, &Style::new(Font::Regular, SMALL, SOFT), text),
                block => self.block(block),
            }
        }
    }

    fn answer(&mut self, answer: &AnswerLine) {
        let (x, small) = (LEFT + WORDS, Style::new(Font::Regular, SMALL - 0.4, SOFT));
        let question = Style::new(Font::Bold, 8.2, TEXT);
        let beside = [Some(&answer.counts), answer.why.as_ref(), Some(&answer.repeat)];
        let beside: Vec<&String> = beside.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let height = |text: &&String| self.height(x, RIGHT, &small, text);
        let below = beside.iter().map(height).sum::<f32>();
        self.room(5.0 + self.height(x, RIGHT, &question, &answer.question) + below);
        self.rule();
        self.gap(1.5);
        let colour = match answer.mark {
            Mark::Holds => MAIN,
            Mark::Fails => BAD,
            Mark::Unanswered => SOFT,
        };
        let top = self.y;
        self.lines(LEFT, x - 6.0, &Style::new(Font::Bold, 8.2, colour), &answer.word);
        let below = self.y;
        self.y = top;
        self.lines(x, RIGHT, &question, &answer.question);
        for text in beside {
            self.lines(x, RIGHT, &small, text);
        }
        self.y = self.y.min(below) - 2.0;
    }

    fn facts(&mut self, facts: &[Fact]) {
        let x = LEFT + NAMES;
        for fact in facts {
            let style = if fact.code { CODE } else { Style { size: 8.2, ..PLAIN } };
            let name = Style::new(Font::Regular, 8.2, SOFT);
            let height = self.height(x, RIGHT, &style, &fact.value);
            self.room(height.max(self.height(LEFT, x - 6.0, &name, &fact.name)));
            let top = self.y;
            self.lines(LEFT, x - 6.0, &name, &fact.name);
            let below = self.y;
            self.y = top;
            self.lines(x, RIGHT, &style, &fact.value);
            self.y = self.y.min(below);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Text(text) => {
                self.lines(LEFT, RIGHT, &PLAIN, text);
                self.gap(3.0);
            }
            Block::Command(command) => {
                self.lines(LEFT, RIGHT, &CODE, command);
                self.gap(2.0);
            }
            Block::Facts(facts) => self.facts(facts),
            Block::Chart(chart) => self.chart(chart),
            Block::Table(table) => self.table(table),
        }
    }

    fn chart(&mut self, chart: &Chart) {
        let title = Style::new(Font::Bold, BODY, SOFT);
        let legend = if chart.legend.is_empty() { 0.0 } else { CAPTION.leading() };
        let around = title.leading() + 6.0 + 14.0 + legend + self.height(LEFT, RIGHT, &CAPTION, &chart.told) + 10.0;
        self.gap(6.0);
        self.room(DRAWING + around);
        self.lines(LEFT, RIGHT, &title, &chart.title);
        self.gap(6.0);
        let (x, ground) = (LEFT + LABELS, self.y - DRAWING);
        self.drawing(chart, x, ground);
        self.y = ground - 4.0;
        self.times(&chart.times, x);
        if !chart.legend.is_empty() {
            self.legend(&chart.legend, x);
        }
        self.gap(2.0);
        self.lines(LEFT, RIGHT, &CAPTION, &chart.told);
        self.gap(6.0);
    }

    fn drawing(&mut self, chart: &Chart, left: f32, ground: f32) {
        let small = Style::new(Font::Regular, SMALL, SOFT);
        let page = &mut self.page;
        for (place, label) in (0u8..).zip(&chart.scale) {
            let (label, y) = (encode(label), ground + DRAWING * (1.0 - f32::from(place) / 2.0));
            show(page, left - 5.0 - small.width(&label), y - 0.35 * SMALL, &small, &label);
            stroke(page, LINE, 0.5, &[(left, y), (RIGHT, y)]);
        }
        let x = |units: u64| left + (RIGHT - left) * units as f32 / Chart::WIDTH as f32;
        let y = |units: u64| ground + DRAWING * units as f32 / Chart::HEIGHT as f32;
        for shape in &chart.shapes {
            match shape {
                Shape::Bar { ink, x: from, width, y: below, height } => {
                    let (from, to) = (x(*from), x(from + width));
                    bar(page, colour(*ink), from, y(*below), to - from, y(below + height) - y(*below));
                }
                Shape::Steps { ink, lines } => {
                    for line in lines {
                        let points: Vec<(f32, f32)> = line.iter().map(|(at, up)| (x(*at), y(*up))).collect();
                        stroke(page, colour(*ink), 1.4, &points);
                    }
                }
            }
        }
    }

    fn times(&mut self, times: &[(u64, String)], left: f32) {
        let small = Style::new(Font::Regular, SMALL, SOFT);
        let all = times.iter().map(|(slots, _)| slots).sum::<u64>().max(1) as f32;
        self.y -= small.leading();
        let mut before = 0;
        for (slots, label) in times {
            let x = left + (RIGHT - left) * before as f32 / all;
            show(&mut self.page, x, self.y + 2.0, &small, &encode(label));
            before += slots;
        }
    }

    fn legend(&mut self, legend: &[(Ink, String)], left: f32) {
        self.y -= CAPTION.leading();
        let mut x = left;
        for (ink, meaning) in legend {
            let meaning = encode(meaning);
            bar(&mut self.page, colour(*ink), x, self.y + 1.5, 6.0, 6.0);
            show(&mut self.page, x + 9.0, self.y + 2.0, &CAPTION, &meaning);
            x += 9.0 + CAPTION.width(&meaning) + 12.0;
        }
    }

    fn table(&mut self, table: &Table) {
        let columns = Columns::of(table);
        self.gap(6.0);
        self.room(60.0);
        self.lines(LEFT, RIGHT, &CAPTION, &table.caption);
        self.header(&columns, table);
        for row in &table.rows {
            let cells: Vec<Vec<Vec<u8>>> = row
                .iter()
                .zip(&columns.widths)
                .map(|(cell, width)| wrap(&encode(cell), CELLS.font, CELL, *width))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(1) as f32 * CELLS.leading();
            if self.room(height + 1.0) {
                self.header(&columns, table);
            }
            self.row(&columns, table, &CELLS, &cells);
        }
        if let Some(left_out) = &table.left_out {
            self.lines(LEFT, RIGHT, &CAPTION, left_out);
        }
        self.gap(6.0);
    }

    fn header(&mut self, columns: &Columns, table: &Table) {
        let titles = table.columns.iter().zip(&columns.widths);
        let titles: Vec<_> =
            titles.map(|(column, width)| wrap(&encode(&column.title), HEADER.font, CELL, *width)).collect();
        self.row(columns, table, &HEADER, &titles);
        self.gap(1.0);
        self.rule();
        self.gap(1.0);
    }

    fn row(&mut self, columns: &Columns, table: &Table, style: &Style, cells: &[Vec<Vec<u8>>]) {
        let mut x = LEFT;
        for ((lines, width), column) in cells.iter().zip(&columns.widths).zip(&table.columns) {
            for (line, place) in lines.iter().zip(1u16..) {
                let right = if column.number { width - style.width(line) } else { 0.0 };
                let y = self.y - f32::from(place) * style.leading() + 0.25 * style.size;
                show(&mut self.page, x + right, y, style, line);
            }
            x += width + GUTTER;
        }
        self.y -= cells.iter().map(Vec::len).max().unwrap_or(1) as f32 * style.leading();
    }
}

/// How wide each column is.
struct Columns {
    widths: Vec<f32>,
}

impl Columns {
    /// As wide as the widest cell and the longest word of the title; the widest give way where it is too much.
    fn of(table: &Table) -> Self {
        let mut widths = Vec::new();
        for (place, column) in table.columns.iter().enumerate() {
            let words = column.title.split(' ').map(|word| HEADER.width(&encode(word)));
            let cells = table.rows.iter().filter_map(|row| row.get(place)).map(|cell| CELLS.width(&encode(cell)));
            widths.push(words.chain(cells).fold(0.0, f32::max).ceil());
        }
        let room = RIGHT - LEFT - GUTTER * widths.len().saturating_sub(1) as f32;
        loop {
            let over = widths.iter().sum::<f32>() - room;
            let widest = widths.iter_mut().max_by(|a, b| a.total_cmp(b)).filter(|widest| **widest > NARROWEST);
            let Some(widest) = widest.filter(|_| over > 0.0) else { break };
            *widest = (*widest - over.min(24.0)).max(NARROWEST);
        }
        let spare = (room - widths.iter().sum::<f32>()).max(0.0) / widths.len().max(1) as f32;
        Columns { widths: widths.into_iter().map(|width| width + spare.min(40.0)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::document::Column;

    fn table(cells: &[&str]) -> Table {
        let columns = cells.iter().map(|_| Column { title: "A title".to_owned(), number: false }).collect();
        let rows = vec![cells.iter().map(|cell| (*cell).to_owned()).collect()];
        Table { caption: String::new(), columns, rows, left_out: None }
    }

    #[test]
    fn columns_fill_the_page_and_the_widest_give_way() {
        let room = RIGHT - LEFT;
        let all = |columns: &Columns| columns.widths.iter().sum::<f32>() + GUTTER * (columns.widths.len() - 1) as f32;
        let long = "word ".repeat(200);
        let columns = Columns::of(&table(&["1", &long, "2"]));
        assert!(all(&columns) <= room + 0.1 && columns.widths[1] > 5.0 * columns.widths[0]);
        let few = Columns::of(&table(&["1", "2"]));
        assert!(all(&few) < room && few.widths[0] >= HEADER.width(b"title"));
    }
}
