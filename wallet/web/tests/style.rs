//! The style, measured: contrast of every pair of colours that text or a drawing has, in light and in dark; and that nothing in it
//! or in the script comes from outside.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/page.js");

type Palette = BTreeMap<String, [f64; 3]>;

/// Custom colours of the first block that begins with this.
fn palette(start: &str, base: &Palette) -> Palette {
    let block = STYLE.split(start).nth(1).unwrap().split('}').next().unwrap();
    let mut palette = base.clone();
    for line in block.split(';') {
        if let Some((name, value)) = line.split("--").nth(1).and_then(|line| line.split_once(": #")) {
            let channel =
                |place: usize| f64::from(u8::from_str_radix(&value.trim()[place..place + 2], 16).unwrap()) / 255.0;
            palette.insert(name.trim().to_owned(), [channel(0), channel(2), channel(4)]);
        }
    }
    palette
}

fn themes() -> [(&'static str, Palette); 2] {
    let light = palette(":root {", &Palette::new());
    let dark = palette("@media (prefers-color-scheme: dark) {\n  :root {", &light);
    [("light", light), ("dark", dark)]
}

/// Relative luminance, as WCAG 2.2 defines it.
fn luminance(color: &[f64; 3]) -> f64 {
    let part = |value: f64| if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    0.2126 * part(color[0]) + 0.7152 * part(color[1]) + 0.0722 * part(color[2])
}

fn contrast(palette: &Palette, front: &str, back: &str) -> f64 {
    let (a, b) = (luminance(&palette[front]), luminance(&palette[back]));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_has_a_contrast_of_at_least_four_and_a_half_in_both_themes() {
    for (theme, palette) in themes() {
        for (front, back) in [
            ("text", "ground"),
            ("text", "card"),
            ("text", "sunken"),
            ("soft", "ground"),
            ("soft", "card"),
            ("soft", "sunken"),
            ("main", "ground"),
            ("main", "card"),
            ("main", "sunken"),
            ("main-hover", "ground"),
            ("main-hover", "card"),
            ("on-main", "main"),
            ("on-main", "main-hover"),
            ("on-main", "shared"),
            ("on-tint", "tint"),
            ("on-warn", "warn"),
            ("on-bad", "bad"),
            ("on-danger", "danger"),
        ] {
            let ratio = contrast(&palette, front, back);
            assert!(ratio >= 4.5, "{theme}: {front} on {back} is {ratio:.2}");
        }
    }
}

#[test]
fn lines_fields_and_drawings_that_mean_something_have_a_contrast_of_at_least_three() {
    for (theme, palette) in themes() {
        for (front, back) in [
            ("edge", "card"),
            ("edge", "ground"),
            ("focus", "ground"),
            ("focus", "card"),
            ("out", "card"),
            ("in", "card"),
            ("shared", "card"),
            ("main", "tint"),
            ("danger", "card"),
        ] {
            let ratio = contrast(&palette, front, back);
            assert!(ratio >= 3.0, "{theme}: {front} on {back} is {ratio:.2}");
        }
        // The shared part is told from what it lies on by hatching, not by colour alone.
        assert!(contrast(&palette, "shared", "hatch") >= 2.0, "{theme}");
    }
}

#[test]
fn both_themes_define_the_same_colours_and_no_rule_uses_another() {
    let [(_, light), (_, dark)] = themes();
    assert_eq!(light.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>());
    for used in STYLE.split("var(--").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(light.contains_key(used) || used == "shadow", "{used}");
    }
    // After the palettes and before the rules for paper, no colour is written out.
    let rules = STYLE.split("*, *::before").nth(1).unwrap().split("@media print").next().unwrap();
    assert!(!rules.contains(": #") && !rules.contains("rgb("), "a colour outside of the palettes");
}

#[test]
fn nothing_comes_from_outside() {
    for text in [STYLE, SCRIPT] {
        assert!(
            !text.contains("http:") && !text.contains("https:") && !text.contains("@import") && !text.contains("url(")
        );
    }
    for dangerous in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "setAttribute(\"on",
        "localStorage",
        "sessionStorage",
    ] {
        assert!(!SCRIPT.contains(dangerous), "{dangerous}");
    }
    assert!(SCRIPT.len() < 6_000, "the script is to stay small: {}", SCRIPT.len());
}

#[test]
fn motion_print_and_keyboard_have_their_rules() {
    for rule in
        [":focus-visible", "prefers-reduced-motion", "@media print", "forced-colors", "prefers-color-scheme: dark"]
    {
        assert!(STYLE.contains(rule), "{rule}");
    }
}
