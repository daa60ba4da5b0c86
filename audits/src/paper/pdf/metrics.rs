//! The built-in fonts of every PDF reader: how wide their characters are, and which there are (WinAnsi, all that German needs).

/// A font that every reader has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Font {
    Regular,
    Bold,
    /// For digests and commands.
    Code,
}

impl Font {
    pub const ALL: [Font; 3] = [Font::Regular, Font::Bold, Font::Code];

    /// Its name by the PDF standard.
    pub const fn base(self) -> &'static [u8] {
        match self {
            Font::Regular => b"Helvetica",
            Font::Bold => b"Helvetica-Bold",
            Font::Code => b"Courier",
        }
    }

    /// Its name in this document.
    pub const fn name(self) -> &'static [u8] {
        match self {
            Font::Regular => b"F1",
            Font::Bold => b"F2",
            Font::Code => b"F3",
        }
    }

    /// Width of a text, in points, at a size in points.
    pub fn width(self, text: &[u8], size: f32) -> f32 {
        let width = |code: &u8| match self {
            Font::Code => CODE,
            Font::Regular => width_in(&REGULAR, *code),
            Font::Bold => width_in(&BOLD, *code),
        };
        text.iter().map(|code| f32::from(width(code))).sum::<f32>() * size / 1_000.0
    }
}

/// Code of the first character that has a width.
const FIRST: u8 = 32;
/// Every character of Courier, in thousandths of its size.
const CODE: u16 = 600;

fn width_in(widths: &[u16; 224], code: u8) -> u16 {
    code.checked_sub(FIRST).and_then(|place| widths.get(usize::from(place))).copied().unwrap_or_default()
}

/// Codes 128 to 159 of WinAnsi.
#[rustfmt::skip]
const HIGH: [char; 32] = [
    '\u{20ac}', '\u{2022}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{2022}', '\u{17d}', '\u{2022}', '\u{2022}', '\u{2018}', '\u{2019}', '\u{201c}',
    '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{2022}',
    '\u{17e}', '\u{178}',
];

/// A text in WinAnsi; what it does not have becomes a question mark, and controls become blanks.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let code = |letter: char| match letter {
        '\u{0}'..='\u{1f}' | '\u{7f}' => b' ',
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
        _ => match HIGH.iter().position(|high| *high == letter) {
            Some(place) => 128 + place as u8,
            None => b'?',
        },
    };
    text.chars().map(code).collect()
}

/// Lines no wider than this, in points. Words break only where one alone is wider.
pub(super) fn wrap(text: &[u8], font: Font, size: f32, width: f32) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    for word in text.split(|code| *code == b' ').filter(|word| !word.is_empty()) {
        let longer: Vec<u8> = if line.is_empty() { word.to_vec() } else { [&line[..], b" ", word].concat() };
        if font.width(&longer, size) <= width {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for code in word {
            line.push(*code);
            if line.len() > 1 && font.width(&line, size) > width {
                line.pop();
                lines.push(std::mem::replace(&mut line, vec![*code]));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Helvetica, in thousandths of its size, from code 32 on (Adobe's font metrics).
#[rustfmt::skip]
const REGULAR: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584, 350, 556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350, 350, 222,
    222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667, 278, 333, 556, 556, 556, 556, 260, 556, 333,
    737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778,
    584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278,
    278, 278, 556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// Helvetica-Bold, in thousandths of its size, from code 32 on (Adobe's font metrics).
#[rustfmt::skip]
const BOLD: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
    556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
    280, 389, 584, 350, 556, 350, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350, 350, 278,
    278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 350, 500, 667, 278, 333, 556, 556, 556, 556, 280, 556, 333,
    737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778,
    584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278,
    278, 278, 611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_and_the_euro_sign_have_codes_and_widths() {
        assert_eq!(encode("Zähler für 5 €, „gut“ – m\u{b3}"), b"Z\xe4hler f\xfcr 5 \x80, \x84gut\x93 \x96 m\xb3");
        assert_eq!(encode("a\u{1b}\n\u{4e2d}b"), b"a  ?b");
        // Widths from Adobe's metrics: H 722, a 556, space 278, sharp s 611.
        assert_eq!(Font::Regular.width(&encode("Ha ß"), 1_000.0), (722 + 556 + 278 + 611) as f32);
        assert_eq!(Font::Bold.width(b"Ha", 1_000.0), (722 + 556) as f32);
        assert_eq!(Font::Code.width(b"abc", 10.0), 18.0);
    }

    #[test]
    fn lines_fit_and_no_letter_is_lost() {
        let text = encode("Eine Zeile, und eine Prüfsumme: 0123456789abcdef0123456789abcdef0123456789abcdef");
        let lines = wrap(&text, Font::Regular, 10.0, 90.0);
        assert!(lines.len() > 3 && lines.iter().all(|line| Font::Regular.width(line, 10.0) <= 90.0));
        let without = |text: &[u8]| text.iter().filter(|code| **code != b' ').copied().collect::<Vec<_>>();
        assert_eq!(without(&lines.concat()), without(&text));
        assert_eq!(wrap(b"", Font::Bold, 10.0, 90.0), [Vec::<u8>::new()]);
        // One letter always fits.
        assert_eq!(wrap(b"mm", Font::Regular, 10.0, 1.0).len(), 2);
    }
}
