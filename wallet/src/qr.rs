//! QR codes of addresses, payment links and offers: as SVG for a page, as text for a terminal.

use qrcode::{Color, EcLevel, QrCode};

/// Most bytes that the largest QR code holds.
const MOST: usize = 2953;
/// Light modules around the code, without which scanners do not find it.
const QUIET: usize = 4;

/// Why a text got no QR code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// More than the largest code holds.
    #[error("a QR code holds at most {MOST} bytes, but this text has {0}; hand it over as a file or a link instead")]
    TooLong(usize),
}

/// What a terminal's letters are painted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Light letters on a dark ground, as most terminals have it.
    Dark,
    /// Dark letters on a light ground.
    Light,
}

/// A QR code: a square of dark and light modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    side: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The smallest code of a text. It stays readable with 15 % of it covered, or 7 % if the text is too long for that.
    pub fn new(text: &str) -> Result<Self, QrError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .or_else(|_| QrCode::with_error_correction_level(text, EcLevel::L))
            .map_err(|_| QrError::TooLong(text.len()))?;
        Ok(Qr { side: code.width(), dark: code.into_colors().into_iter().map(|color| color == Color::Dark).collect() })
    }

    /// Modules along one side, the quiet zone included.
    pub fn side(&self) -> usize {
        self.side + 2 * QUIET
    }

    /// Whether the module in this column and row is dark; the quiet zone and everything outside is light.
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        let inside = |place: usize| place.checked_sub(QUIET).filter(|place| *place < self.side);
        match (inside(column), inside(row)) {
            (Some(column), Some(row)) => self.dark[row * self.side + column],
            _ => false,
        }
    }

    /// An SVG element of one light square and one dark path, scaled by its surroundings. `label` is read out by screen readers.
    /// Colours are attributes, so a page's content security policy may forbid styles.
    pub fn svg(&self, label: &str) -> String {
        let side = self.side();
        let mut path = String::new();
        for row in 0..side {
            let mut column = 0;
            while column < side {
                let run = (column..side).take_while(|column| self.is_dark(*column, row)).count();
                if run > 0 {
                    path.push_str(&format!("M{column} {row}h{run}v1h-{run}z"));
                }
                column += run.max(1);
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
             shape-rendering=\"crispEdges\"><title>{}</title><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
             <path fill=\"#000\" d=\"{path}\"/></svg>",
            escaped(label)
        )
    }

    /// Lines of half blocks, two modules to a letter. What the letters paint depends on the terminal's background.
    pub fn terminal(&self, background: Background) -> String {
        let side = self.side();
        let painted = |column, row| match background {
            Background::Light => self.is_dark(column, row),
            // Below the last row nothing is painted, or the last line would be twice as thick as it should be.
            Background::Dark => row < side && !self.is_dark(column, row),
        };
        let mut text = String::new();
        for row in (0..side).step_by(2) {
            for column in 0..side {
                text.push(match (painted(column, row), painted(column, row + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use rqrr::PreparedImage;

    use super::*;

    /// What a scanner reads in a picture of so many modules along a side.
    fn scanned(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
        const PIXELS: usize = 4;
        let pixel = |x: usize, y: usize| if is_dark(x / PIXELS, y / PIXELS) { 20 } else { 240 };
        let mut image = PreparedImage::prepare_from_greyscale(side * PIXELS, side * PIXELS, pixel);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    /// The modules that an SVG paints, from its dark path.
    fn painted_by(svg: &str, side: usize) -> Vec<bool> {
        let path = svg.split("fill=\"#000\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut modules = vec![false; side * side];
        for run in path.split('M').skip(1) {
            let (place, length) = run.split_once('h').unwrap();
            let (column, row) = place.split_once(' ').unwrap();
            let (column, row): (usize, usize) = (column.parse().unwrap(), row.parse().unwrap());
            let (length, end) = length.split_once('v').unwrap();
            assert_eq!(end, format!("1h-{length}z"));
            let start = row * side + column;
            modules[start..start + length.parse::<usize>().unwrap()].fill(true);
        }
        modules
    }

    fn texts() -> Vec<String> {
        vec![
            "x".to_owned(),
            "hushwatt:offer?v=1&p=qpzry9x8gf2tvdw0s3jn54khce6mua7l".to_owned(),
            "Grüße, 1.234,56 €".to_owned(),
            "q".repeat(700),
        ]
    }

    #[test]
    fn a_scanner_reads_what_the_svg_shows() {
        for text in texts() {
            let code = Qr::new(&text).unwrap();
            let modules = painted_by(&code.svg("code"), code.side());
            assert_eq!(scanned(code.side(), |column, row| modules[row * code.side() + column]), text);
        }
    }

    #[test]
    fn a_scanner_reads_what_a_terminal_shows_on_both_backgrounds() {
        for text in texts() {
            let code = Qr::new(&text).unwrap();
            for background in [Background::Dark, Background::Light] {
                let shown = code.terminal(background);
                let lines: Vec<Vec<char>> = shown.lines().map(|line| line.chars().collect()).collect();
                assert!(lines.len() == code.side().div_ceil(2) && lines.iter().all(|line| line.len() == code.side()));
                let is_dark = |column: usize, row: usize| {
                    let letter = lines[row / 2][column];
                    let painted = letter == '█' || letter == if row.is_multiple_of(2) { '▀' } else { '▄' };
                    painted == (background == Background::Light)
                };
                assert_eq!(scanned(code.side(), is_dark), text);
            }
        }
    }

    #[test]
    fn a_quiet_zone_is_around_the_code() {
        let code = Qr::new("x").unwrap();
        assert_eq!(code.side(), 21 + 8);
        for place in 0..code.side() {
            for edge in [0, 3, code.side() - 4, code.side() - 1] {
                assert!(!code.is_dark(place, edge) && !code.is_dark(edge, place));
            }
        }
        assert!(code.is_dark(4, 4) && !code.is_dark(1000, 4));
    }

    #[test]
    fn a_label_cannot_break_out_of_its_element() {
        let svg = Qr::new("x").unwrap().svg("</title><script>\"&");
        assert!(svg.contains("<title>&lt;/title&gt;&lt;script&gt;&quot;&amp;</title>"));
        assert!(!svg.contains("style"));
    }

    #[test]
    fn the_longest_text_fits_and_a_longer_one_is_refused() {
        assert_eq!(Qr::new(&"q".repeat(MOST)).unwrap().side(), 177 + 8);
        let error = Qr::new(&"q".repeat(MOST + 1)).unwrap_err();
        assert_eq!(error, QrError::TooLong(MOST + 1));
        assert!(error.to_string().contains("at most 2953 bytes, but this text has 2954"));
    }
}
