//! On narrow screens: the parts that do not fit into the bar.

use axum::response::Response;
use maud::html;

use crate::{
    html::{Section, icon, page},
    room::Room,
};

pub(crate) async fn show(room: Room) -> Response {
    let body = html! {
        ul.choices id="more" {
            @for section in Section::ALL.into_iter().filter(|section| !section.in_bar()) {
                li { a href=(section.path()) { (icon(section.icon())) span { (room.t.key(section.title())) } } }
            }
        }
    };
    page(&room, Section::More, &room.t.say("nav-more"), &body)
}
