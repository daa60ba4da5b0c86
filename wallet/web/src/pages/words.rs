//! The 24 words: a sheet to print, and three of them asked for.

use axum::response::Response;
use maud::html;

use crate::{
    html::{Form, Input, facts, sheet_page},
    room::{Outcome, Room, see},
};

/// Which words are asked for: three that depend on the wallet, so that they are the same when the form is shown again.
fn asked(network: &str, address: &str) -> [usize; 3] {
    let sum = network
        .bytes()
        .chain(address.bytes())
        .fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    // One of each third.
    [1 + sum % 8, 9 + sum / 8 % 8, 17 + sum / 64 % 8]
}

pub(crate) async fn show(room: Room) -> Outcome {
    let Some(words) = room.visitor.session.words(room.app.clock.now()) else {
        return Ok(see("/settings#words-section"));
    };
    let t = room.t;
    let (about, nodes, confirmed) = room.ask(|desk| (desk.about(), desk.nodes(), desk.words_confirmed())).await?;
    let face = room.face();
    let birthday = face.date_of(about.birthday);
    let rows = [
        (t.say("sheet-birthday"), html! { time datetime=(birthday) { (face.date(birthday)) } }),
        (t.say("sheet-network"), html! { code { (about.network) } }),
        (t.say("sheet-nodes"), html! { (nodes.join(", ")) }),
        (t.say("sheet-address"), html! { code { (about.address) } }),
    ];
    let done = Form::new(&room, "words-done", "/words/done");
    let body = html! {
        p.lead { (t.say("sheet-lead")) }
        ol.words id="words" {
            @for word in words.split(' ') { li { span { (word) } } }
        }
        (facts(&rows))
        p.hint { (t.say("sheet-limits")) }
        div.actions.row.screen {
            @if confirmed {
                (done.show(&t.say("sheet-done"), &html! {}))
            } @else {
                a.button.primary id="words-next" href="/words/confirm" { (t.say("sheet-next")) }
            }
            button.quiet type="button" id="print" data-print hidden { (t.say("sheet-print")) }
        }
    };
    Ok(sheet_page(&room, &t.say("sheet-title"), &body))
}

pub(crate) async fn ask(room: Room) -> Outcome {
    let t = room.t;
    let about = room.ask(|desk| desk.about()).await?;
    let form = Form::new(&room, "confirm-words", "/words/confirm");
    let names = ["word-1", "word-2", "word-3"];
    let fields = html! {
        @for (name, number) in names.into_iter().zip(asked(&about.network, &about.address)) {
            (form.input(&Input {
                name,
                label: t.fill("confirm-word", [("number", number.into())]),
                ..Input::default()
            }))
        }
    };
    let later = Form::new(&room, "words-later", "/words/done");
    let body = html! {
        p.lead { (t.say("confirm-lead")) }
        (form.show(&t.say("confirm-submit"), &fields))
        div.actions.row {
            a.button.quiet href="/words" { (t.say("confirm-look-again")) }
            (later.show_quiet(&t.say("confirm-later"), &html! {}))
        }
    };
    Ok(sheet_page(&room, &t.say("confirm-title"), &body))
}

pub(crate) async fn confirm(room: Room) -> Outcome {
    const FORM: &str = "/words/confirm";
    let about = room.ask(|desk| desk.about()).await?;
    let numbers = asked(&about.network, &about.address);
    let names = ["word-1", "word-2", "word-3"];
    let given: Vec<(usize, String)> =
        names.into_iter().zip(numbers).map(|(name, number)| (number, room.fields.get(name).to_owned())).collect();
    let outcome = room.ask(move |desk| desk.confirm_words(&given)).await?;
    outcome.map_err(|error| match error.word {
        Some(number) => {
            let place = numbers.iter().position(|one| *one == number).unwrap_or(0);
            room.again(FORM, names[place], room.t.fill("confirm-wrong", [("number", number.into())]))
        }
        None => room.again(FORM, "", room.explain(&error)),
    })?;
    room.visitor.session.hide_words();
    room.done("/", room.t.say("confirm-done"))
}

/// The words have been looked at.
pub(crate) async fn done(room: Room) -> Response {
    room.visitor.session.hide_words();
    see("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_asked_for_are_three_different_ones_of_the_24() {
        for address in ["a", "hw1qxyz", "hw1qabc", "another", ""] {
            let [first, second, third] = asked("3f9a", address);
            assert!((1..=8).contains(&first) && (9..=16).contains(&second) && (17..=24).contains(&third));
        }
    }
}
