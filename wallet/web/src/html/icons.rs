//! Small drawings, 24 by 24, in the colour of the text beside them. They say nothing that the text does not.

use maud::{Markup, PreEscaped, html};

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Home,
    Energy,
    Trades,
    History,
    Send,
    Receive,
    Proof,
    Meter,
    People,
    Settings,
    More,
    Lock,
    Back,
    Forward,
    Warning,
    Good,
    Sun,
    Plug,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Icon::Home => "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-5h4v5",
            Icon::Energy => "M13 3L5 14h6l-1 7 8-11h-6z",
            Icon::Trades => "M4 8h13l-3.5-3.5M20 16H7l3.5 3.5",
            Icon::History => "M12 8v4.5l3 2M4 12a8 8 0 108-8 8 8 0 00-6 2.7L4 9M4 4.5V9h4.5",
            Icon::Send => "M12 19V5M6 11l6-6 6 6",
            Icon::Receive => "M12 5v14M6 13l6 6 6-6",
            Icon::Proof => "M12 3l7 3v5.5c0 4.3-2.9 7.7-7 9.5-4.1-1.8-7-5.2-7-9.5V6zM8.8 12l2.3 2.3 4.1-4.4",
            Icon::Meter => "M4.5 17a8.5 8.5 0 1115 0M12 14l3.5-4.5M11 14.2a1 1 0 102 0 1 1 0 10-2 0",
            Icon::People => {
                "M9 11a3.2 3.2 0 100-6.4A3.2 3.2 0 009 11zM3 19.5c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M15.5 11a2.8 2.8 0 000-5.6M17 14.3c2.4.5 4 2.4 4 5.2"
            }
            Icon::Settings => "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4",
            Icon::More => {
                "M4 12a1 1 0 102 0 1 1 0 10-2 0M11 12a1 1 0 102 0 1 1 0 10-2 0M18 12a1 1 0 102 0 1 1 0 10-2 0"
            }
            Icon::Lock => "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3",
            Icon::Back => "M15 5l-7 7 7 7",
            Icon::Forward => "M9 5l7 7-7 7",
            Icon::Warning => "M12 4L2.8 20h18.4zM12 10v4.5M12 17.2v.1",
            Icon::Good => "M12 21a9 9 0 100-18 9 9 0 000 18zM8 12.2l2.8 2.8L16 9.5",
            Icon::Sun => {
                "M12 16a4 4 0 100-8 4 4 0 000 8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M18.4 5.6L17 7M7 17l-1.4 1.4"
            }
            Icon::Plug => "M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 01-11 0zM12 17v4",
        }
    }
}

/// Draws it. Hidden from screen readers.
pub(crate) fn icon(icon: Icon) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" {
            path d=(PreEscaped(icon.path())) fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" {}
        }
    }
}
