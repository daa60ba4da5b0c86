//! The report as a PDF file for paper and archives: the same document as the HTML file. Built-in fonts, no compression, no
//! clock: from the same report the same bytes.
//!
//! * `layout.rs`: where everything stands on the pages. `metrics.rs`: the fonts.

mod layout;
mod metrics;

use pdf_writer::{Finish, Name, Pdf, Rect, Ref, TextStr};

use self::{
    layout::{HEIGHT, Laid, WIDTH, lay_out},
    metrics::Font,
};
use super::document::Document;

const CATALOG: i32 = 1;
const PAGES: i32 = 2;
const INFO: i32 = 3;
const OUTLINE: i32 = 4;
/// The fonts, and then two objects a page: itself and what is on it.
const FIRST_FONT: i32 = 5;
const FIRST_PAGE: i32 = FIRST_FONT + Font::ALL.len() as i32;

/// The whole file; `id` tells it from other reports.
pub(super) fn file(document: &Document, id: [u8; 16]) -> Vec<u8> {
    let Laid { pages, marks } = lay_out(document);
    let count = pages.len() as i32;
    let page_ref = |place: i32| Ref::new(FIRST_PAGE + 2 * place);
    let mark_ref = |place: i32| Ref::new(FIRST_PAGE + 2 * count + place);
    let mut pdf = Pdf::new();
    pdf.set_file_id((id.to_vec(), id.to_vec()));

    let mut catalog = pdf.catalog(Ref::new(CATALOG));
    catalog.pages(Ref::new(PAGES)).outlines(Ref::new(OUTLINE)).lang(TextStr(document.language.code()));
    catalog.viewer_preferences().display_doc_title(true);
    catalog.finish();
    pdf.document_info(Ref::new(INFO)).title(TextStr(&document.title)).producer(TextStr("hushwatt"));
    pdf.pages(Ref::new(PAGES)).kids((0..count).map(page_ref)).count(count);
    for (font, place) in Font::ALL.into_iter().zip(FIRST_FONT..) {
        let mut written = pdf.type1_font(Ref::new(place));
        written.base_font(Name(font.base())).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (content, place) in pages.into_iter().zip(0..) {
        let (page_id, content_id) = (page_ref(place), Ref::new(FIRST_PAGE + 2 * place + 1));
        let mut page = pdf.page(page_id);
        page.parent(Ref::new(PAGES)).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(content_id);
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        for (font, at) in Font::ALL.into_iter().zip(FIRST_FONT..) {
            fonts.pair(Name(font.name()), Ref::new(at));
        }
        fonts.finish();
        resources.finish();
        page.finish();
        pdf.stream(content_id, content.finish().as_slice());
    }

    let last = marks.len() as i32 - 1;
    let mut outline = pdf.outline(Ref::new(OUTLINE));
    outline.count(marks.len() as i32);
    if last >= 0 {
        outline.first(mark_ref(0)).last(mark_ref(last));
    }
    outline.finish();
    for (mark, place) in marks.iter().zip(0..) {
        let mut item = pdf.outline_item(mark_ref(place));
        item.parent(Ref::new(OUTLINE)).title(TextStr(&mark.title));
        if place > 0 {
            item.prev(mark_ref(place - 1));
        }
        if place < last {
            item.next(mark_ref(place + 1));
        }
        item.dest().page(page_ref(mark.page as i32)).xyz(0.0, mark.top, None);
    }
    pdf.finish()
}
