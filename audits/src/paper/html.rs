//! The report as one HTML file: no script, nothing from elsewhere, readable in light and dark, on a phone, on paper and by a
//! screen reader. Everything that is not markup is escaped when it is put in.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::document::{AnswerLine, Block, Chart, Document, Fact, Ink, Mark, Section, Shape, Table};

const STYLE: &str = include_str!("style.css");
/// A file that is opened from a disk has no headers: it forbids itself everything but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole page.
pub(super) fn page(document: &Document) -> String {
    let code = document.language.code();
    let page = html! {
        (DOCTYPE)
        html lang=(code) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (document.title) " – hushwatt" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { p.brand { "hushwatt" } h1 { (document.title) } }
                main {
                    @if let Some(warning) = &document.warning { p.warning { strong { (warning) } } }
                    p.banner.holds[document.holds].fails[!document.holds] role="status" { (document.verdict) }
                    @if !document.failure.is_empty() { section.failure { (facts(&document.failure)) } }
                    section { (facts(&document.about)) }
                    section aria-labelledby="answers" {
                        h2 #answers { (document.answers_title) }
                        ol.answers { @for line in &document.answers { (answer(line)) } }
                        @for block in &document.repeat { (self::block(block, document)) }
                    }
                    @for section in &document.sections { (evidence(section, document)) }
                }
            }
        }
    };
    page.into_string() + "\n"
}

fn answer(line: &AnswerLine) -> Markup {
    let mark = match line.mark {
        Mark::Holds => "word holds",
        Mark::Fails => "word fails",
        Mark::Unanswered => "word unanswered",
    };
    html! {
        li {
            p class=(mark) { (line.word) }
            div {
                p.question { (line.question) }
                @if let Some(why) = &line.why { p { (why) } }
                @if !line.counts.is_empty() { p.counts { (line.counts) } }
                p.repeat { (line.repeat) }
            }
        }
    }
}

fn facts(facts: &[Fact]) -> Markup {
    html! {
        dl {
            @for fact in facts {
                div { dt { (fact.name) } dd { @if fact.code { code { (fact.value) } } @else { (fact.value) } } }
            }
        }
    }
}

fn evidence(section: &Section, document: &Document) -> Markup {
    html! {
        section.evidence aria-labelledby=(section.id) {
            h2 #(section.id) { (section.title) }
            @for block in &section.blocks { (self::block(block, document)) }
        }
    }
}

fn block(block: &Block, document: &Document) -> Markup {
    match block {
        Block::Text(text) => html! { p { (text) } },
        Block::Command(command) => html! { pre { code { (command) } } },
        Block::Facts(list) => facts(list),
        Block::Chart(chart) => self::chart(chart),
        Block::Table(table) => self::table(table, document),
    }
}

fn chart(chart: &Chart) -> Markup {
    let view = format!("0 0 {} {}", Chart::WIDTH, Chart::HEIGHT);
    let (title, told) = (format!("chart-{}", chart.id), format!("told-{}", chart.id));
    let heights = [0, Chart::HEIGHT / 2, Chart::HEIGHT].map(|y| format!("M0 {y}H{}", Chart::WIDTH));
    html! {
        figure {
            h3 #(title) { (chart.title) }
            div.plot {
                div.scale aria-hidden="true" { @for label in &chart.scale { span { (label) } } }
                svg viewBox=(view) preserveAspectRatio="none" role="img" aria-labelledby=(title) aria-describedby=(told) {
                    path.grid d=(heights.concat()) {}
                    @for shape in &chart.shapes { (self::shape(shape)) }
                }
            }
            div.times aria-hidden="true" {
                @for (slots, label) in &chart.times { span style={ "flex-grow:" (slots) } { (label) } }
            }
            @if !chart.legend.is_empty() {
                ul.legend { @for (ink, meaning) in &chart.legend { li { (swatch(*ink)) (meaning) } } }
            }
            figcaption #(told) { (chart.told) }
        }
    }
}

fn swatch(ink: Ink) -> Markup {
    html! { svg viewBox="0 0 1 1" aria-hidden="true" { rect class=(ink.class()) width="1" height="1" {} } }
}

fn shape(shape: &Shape) -> Markup {
    match shape {
        Shape::Bar { ink, x, width, y, height } => html! {
            rect class=(ink.class()) x=(x) y=(Chart::HEIGHT - y - height) width=(width) height=(height) {}
        },
        Shape::Steps { ink, lines } => {
            let point = |place: usize, (x, y): &(u64, u64)| {
                format!("{}{x} {}", if place == 0 { "M" } else { "L" }, Chart::HEIGHT - y)
            };
            let line = |line: &Vec<(u64, u64)>| {
                line.iter().enumerate().map(|(place, at)| point(place, at)).collect::<String>()
            };
            html! { path class=(ink.class()) d=(lines.iter().map(line).collect::<String>()) {} }
        }
    }
}

fn table(table: &Table, document: &Document) -> Markup {
    let as_table = document.language.say(super::messages::Message::AsTable);
    html! {
        details {
            summary { (as_table) ": " (table.caption) }
            div.scroll tabindex="0" role="region" aria-label=(table.caption) {
                table {
                    caption { (table.caption) }
                    thead { tr { @for column in &table.columns { th scope="col" class=[column.number.then_some("number")] { (column.title) } } } }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                @for (place, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                                    @if place == 0 {
                                        th scope="row" class=[column.number.then_some("number")] { (cell) }
                                    } @else {
                                        td class=[column.number.then_some("number")] { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(left_out) = &table.left_out { p { (left_out) } }
        }
    }
}
