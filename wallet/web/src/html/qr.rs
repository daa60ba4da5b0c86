//! A text as a QR code, drawn by the wallet: dark on light whatever the theme, because cameras want it so.

use hushwatt_wallet::qr::Qr;
use maud::{Markup, PreEscaped, html};

/// Draws a text; nothing if it is too long for a code: it always stands beside it as text. `label` is what a screen reader says.
pub(crate) fn qr(text: &str, label: &str) -> Markup {
    html! {
        @if let Ok(code) = Qr::new(text) {
            // The wallet's drawing has the label escaped and nothing else of what others wrote.
            div.qr { (PreEscaped(code.svg(label))) }
        }
    }
}
