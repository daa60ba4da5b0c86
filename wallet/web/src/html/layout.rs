//! The frame around every page: head, navigation, messages, how far the wallet has read, foot.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{Form, Icon, icon};
use crate::{
    app::App,
    room::{Hall, Room, explain},
    security::session::Flash,
    text::{Key, Language, Tongue},
    vault::News,
};

/// A part of the page that the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Energy,
    Trades,
    History,
    Send,
    Receive,
    Proofs,
    Meters,
    Contacts,
    Settings,
    /// On narrow screens: what does not fit into the bar.
    More,
}

impl Section {
    pub const ALL: [Section; 11] = [
        Section::Overview,
        Section::Energy,
        Section::Trades,
        Section::History,
        Section::Send,
        Section::Receive,
        Section::Proofs,
        Section::Meters,
        Section::Contacts,
        Section::Settings,
        Section::More,
    ];

    pub fn path(self) -> &'static str {
        match self {
            Section::Overview => "/",
            Section::Energy => "/energy",
            Section::Trades => "/trades",
            Section::History => "/history",
            Section::Send => "/send",
            Section::Receive => "/receive",
            Section::Proofs => "/proofs",
            Section::Meters => "/meters",
            Section::Contacts => "/contacts",
            Section::Settings => "/settings",
            Section::More => "/more",
        }
    }

    pub fn title(self) -> Key {
        match self {
            Section::Overview => Key("nav-overview"),
            Section::Energy => Key("nav-energy"),
            Section::Trades => Key("nav-trades"),
            Section::History => Key("nav-history"),
            Section::Send => Key("nav-send"),
            Section::Receive => Key("nav-receive"),
            Section::Proofs => Key("nav-proofs"),
            Section::Meters => Key("nav-meters"),
            Section::Contacts => Key("nav-contacts"),
            Section::Settings => Key("nav-settings"),
            Section::More => Key("nav-more"),
        }
    }

    pub fn icon(self) -> Icon {
        match self {
            Section::Overview => Icon::Home,
            Section::Energy => Icon::Energy,
            Section::Trades => Icon::Trades,
            Section::History => Icon::History,
            Section::Send => Icon::Send,
            Section::Receive => Icon::Receive,
            Section::Proofs => Icon::Proof,
            Section::Meters => Icon::Meter,
            Section::Contacts => Icon::People,
            Section::Settings => Icon::Settings,
            Section::More => Icon::More,
        }
    }

    fn bar_class(self) -> Option<&'static str> {
        match self {
            Section::More => Some("bar more"),
            _ if self.in_bar() => Some("bar"),
            _ => None,
        }
    }

    /// Whether it has a place in the bar of a narrow screen.
    pub fn in_bar(self) -> bool {
        matches!(self, Section::Overview | Section::Energy | Section::Trades | Section::History | Section::More)
    }
}

fn answer(status: StatusCode, markup: Markup) -> Response {
    let mut response = (status, markup.into_string()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn document(app: &App, t: Tongue, title: &str, kind: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(t.language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " – hushwatt" }
                link rel="stylesheet" href=(app.assets.style);
                link rel="icon" href=(app.assets.icon) type="image/svg+xml";
                script src=(app.assets.script) defer {}
            }
            body class=(kind) {
                a.skip href="#main" { (t.say("skip")) }
                (body)
            }
        }
    }
}

fn brand() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false" {
            rect.tile width="32" height="32" rx="9" {}
            path.bolt d="M18.2 5.5L9 18h6l-1.4 8.5L23 14h-6z" {}
        }
        span.name { "hushwatt" }
    }
}

fn flashes(flashes: &[Flash]) -> Markup {
    html! {
        @if !flashes.is_empty() {
            div.flashes role="status" {
                @for flash in flashes {
                    p.flash.good[flash.good].bad[!flash.good] {
                        (icon(if flash.good { Icon::Good } else { Icon::Warning }))
                        span { (flash.text) }
                    }
                }
            }
        }
    }
}

/// How far the wallet has read, in a sentence, and what is wrong.
pub(crate) fn sync_text(hall: &Hall, news: &News) -> String {
    let t = hall.t;
    let Some(sync) = &news.sync else { return t.say("sync-starting") };
    if let Some(trouble) = &news.trouble {
        return t.fill("sync-trouble", [("reason", explain(t, trouble).into())]);
    }
    let face = hall.face();
    if !sync.reached {
        return t.fill("sync-unreached", [("time", face.time(sync.as_of).into())]);
    }
    if sync.done {
        return t.fill("sync-done", [("time", face.time(sync.as_of).into())]);
    }
    match sync.seconds_left {
        Some(seconds) => {
            t.fill("sync-left", [("windows", sync.windows_left.into()), ("span", face.span(seconds).into())])
        }
        None => t.fill("sync-windows", [("windows", sync.windows_left.into())]),
    }
}

fn sync_line(room: &Room) -> Markup {
    let news = room.app.vault.news();
    let sync = news.sync.as_ref();
    let done = news.is_up_to_date();
    html! {
        div.sync.busy[!done] id="sync" data-status="/status" data-mark=(news.mark) {
            span.dot aria-hidden="true" {}
            p id="sync-text" role="status" aria-live="polite" { (sync_text(room, &news)) }
            @if let Some(sync) = sync.filter(|sync| !sync.done && sync.tip > 0) {
                progress id="sync-progress" max=(sync.tip) value=(sync.height) aria-label=(room.t.say("sync-progress")) {}
            }
        }
    }
}

/// A page of the open wallet.
pub(crate) fn page(room: &Room, section: Section, title: &str, body: &Markup) -> Response {
    let t = room.t;
    let shown = room.visitor.session.take_flashes();
    let current = |one: Section| (one == section).then_some("page");
    let in_more = !section.in_bar();
    let lock = Form::new(room, "lock", "/lock");
    let frame = html! {
        div.frame {
            header.top {
                a.brand href="/" aria-label=(t.say("brand-home")) { (brand()) }
                (sync_line(room))
                (lock.wrap(None, &html! {
                    button.lock type="submit" id="lock-submit" { (icon(Icon::Lock)) span { (t.say("lock")) } }
                }))
            }
            nav.nav aria-label=(t.say("nav-label")) {
                ul {
                    @for one in Section::ALL {
                        li class=[one.bar_class()] {
                            a href=(one.path()) aria-current=[current(one)] class=[(one == Section::More && in_more).then_some("inside")] {
                                (icon(one.icon())) span { (t.key(one.title())) }
                            }
                        }
                    }
                }
            }
            main id="main" tabindex="-1" {
                (flashes(&shown))
                h1 { (title) }
                (body)
            }
            (foot(room))
        }
    };
    answer(StatusCode::OK, document(&room.app, t, title, "inside", &frame))
}

fn foot(hall: &Hall) -> Markup {
    html! {
        footer.foot {
            p { (hall.t.fill("foot-zone", [("zone", hall.face().zone_name().into())])) }
            p { (hall.t.say("foot-local")) }
        }
    }
}

/// A page before the wallet is open.
pub(crate) fn hall_page(hall: &Hall, title: &str, body: &Markup) -> Response {
    let t = hall.t;
    let shown = hall.visitor.session.take_flashes();
    let frame = html! {
        div.hall {
            header.top { p.brand { (brand()) } (languages(hall)) }
            main id="main" tabindex="-1" {
                (flashes(&shown))
                h1 { (title) }
                (body)
            }
            (foot(hall))
        }
    };
    answer(StatusCode::OK, document(&hall.app, t, title, "outside", &frame))
}

/// The other languages.
fn languages(hall: &Hall) -> Markup {
    let form = Form::new(hall, "language", "/language");
    let back = html! { (Form::hidden("back", &hall.visitor.path)) };
    form.wrap(None, &html! {
        (back)
        @for language in Language::ALL {
            @if language != hall.t.language {
                button.link type="submit" name="language" value=(language.code()) lang=(language.code()) { (language.name()) }
            }
        }
    })
}

/// A page to print: no navigation.
pub(crate) fn sheet_page(room: &Room, title: &str, body: &Markup) -> Response {
    let shown = room.visitor.session.take_flashes();
    let frame = html! {
        div.hall.sheet {
            header.top { p.brand { (brand()) } }
            main id="main" tabindex="-1" {
                (flashes(&shown))
                h1 { (title) }
                (body)
            }
        }
    };
    answer(StatusCode::OK, document(&room.app, room.t, title, "outside", &frame))
}

/// A page with a sentence, for whoever has no session or did something that is refused. It shows nothing of a wallet.
pub(crate) fn bare(app: &App, t: Tongue, status: StatusCode, title: String, text: &str) -> Response {
    let frame = html! {
        div.hall {
            header.top { p.brand { (brand()) } }
            main id="main" tabindex="-1" {
                h1 { (title) }
                p.lead { (text) }
                p { a href="/" { (t.say("gate-home")) } }
            }
        }
    };
    answer(status, document(app, t, &title, "outside", &frame))
}
