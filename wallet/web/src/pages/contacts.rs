//! People the household knows. The list is in the encrypted file only.

use maud::html;

use super::history::short;
use crate::{
    html::{Form, Input, Section, page},
    room::{Outcome, Room},
};

const PAGE: &str = "/contacts";

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let contacts = room.ask(|desk| desk.contacts()).await?;
    let add = Form::new(&room, "add-contact", "/contacts/add");
    let fields = html! {
        (add.input(&Input { name: "name", label: t.say("contact-name"), most: Some(100), ..Input::default() }))
        (add.area(&Input {
            name: "address",
            label: t.say("contact-address"),
            hint: Some(t.say("contact-address-hint")),
            most: Some(1024),
            ..Input::default()
        }, 3))
    };
    let body = html! {
        div.columns {
            section.card aria-labelledby="contacts-title" {
                h2 id="contacts-title" { (t.say("contacts-known")) }
                @if contacts.is_empty() { p.empty { (t.say("contacts-none")) } }
                ul.entries {
                    @for (place, contact) in contacts.iter().enumerate() {
                        li {
                            div.what {
                                strong { (contact.name) }
                                code.hint title=(contact.address) { (short(&contact.address)) }
                            }
                            div.much.row {
                                @let id = format!("pay-{place}");
                                (Form::new(&room, &id, "/send").wrap(None, &html! {
                                    (Form::hidden("to", &contact.name))
                                    (Form::hidden("start", "on"))
                                    button.quiet type="submit" aria-label=(t.fill("contact-pay", [("name", contact.name.as_str().into())])) { (t.say("nav-send")) }
                                }))
                                @let id = format!("forget-{place}");
                                (Form::new(&room, &id, "/contacts/remove").wrap(None, &html! {
                                    (Form::hidden("name", &contact.name))
                                    button.quiet type="submit" aria-label=(t.fill("contact-remove", [("name", contact.name.as_str().into())])) { (t.say("remove")) }
                                }))
                            }
                        }
                    }
                }
            }
            section.card aria-labelledby="add-contact-title" {
                h2 id="add-contact-title" { (t.say("contact-add")) }
                (add.show_quiet(&t.say("contact-submit"), &fields))
            }
        }
    };
    Ok(page(&room, Section::Contacts, &t.say("nav-contacts"), &body))
}

pub(crate) async fn add(room: Room) -> Outcome {
    let (name, address) = (room.fields.get("name").to_owned(), room.fields.get("address").to_owned());
    let asked = room.ask(move |desk| desk.add_contact(&name, &address)).await?;
    asked.map_err(|error| {
        let field = if error.kind == "contact_exists" || error.kind == "too_long" { "name" } else { "address" };
        room.again(PAGE, field, room.explain(&error))
    })?;
    room.done(PAGE, room.t.say("contact-added"))
}

pub(crate) async fn remove(room: Room) -> Outcome {
    let name = room.fields.get("name").to_owned();
    room.try_ask(PAGE, "", move |desk| desk.remove_contact(&name)).await?;
    room.done(PAGE, room.t.say("contact-removed"))
}
