//! Making an offer: what, when, how much, at which price; then its link and its code.

use hushwatt_ledger::units::{Price, Timestamp, Utility};
use maud::html;

use super::{energy::utility_key, receive::copyable, send::amount_error};
use crate::{
    desk::{About, NewOffer},
    html::{Form, Icon, Input, Section, energy, facts, icon, moment, page, price, qr, whole_money},
    room::{Outcome, Room, see},
    text::{self, read_energy, read_price},
};

const FORM: &str = "/trades/offer";
/// Windows that can be chosen.
const MOST_WINDOWS: u64 = 96;

/// Windows for which an offer can be made now: the running one and those that follow.
fn windows(about: &About, now: Timestamp) -> Vec<Timestamp> {
    let parameters = &about.parameters;
    let first = parameters.window_at(now).0;
    let many = (parameters.open_lead / parameters.window.max(1)).clamp(1, MOST_WINDOWS);
    (first..=first.saturating_add(many))
        .map(|window| parameters.window_start(hushwatt_ledger::units::Window(window)))
        .collect()
}

pub(crate) async fn form(room: Room) -> Outcome {
    let t = room.t;
    let (about, now) = room.ask(|desk| (desk.about(), desk.now())).await?;
    let face = room.face();
    let form = Form::new(&room, "offer", FORM);
    // What was refused is shown again for the same kind.
    let typed = form.value("utility", room.query.get("utility"));
    let wished = about.utilities.iter().copied().find(|utility| utility.name() == typed);
    let utility = wished.or(about.utilities.first().copied()).unwrap_or(Utility::Electricity);
    let starts: Vec<(String, String)> =
        windows(&about, now).into_iter().map(|start| (start.0.to_string(), face.moment(start, now))).collect();
    // The next one: of the running one a part is gone.
    let next = starts.get(1).map(|(value, _)| value.clone()).unwrap_or_default();
    let limit = |micro_euro| Price::new(micro_euro).map(|value| text::price(t, utility, value)).unwrap_or_default();
    let bounds = about.parameters.prices_of(utility);
    let limits = t.fill(
        "offer-price-hint",
        [
            ("floor", limit(bounds.floor).into()),
            ("cap", limit(bounds.cap).into()),
            ("step", limit(bounds.price_step).into()),
        ],
    );
    let hours = |hours: u64| ((hours * 3600).to_string(), face.span(hours * 3600));
    let fields = html! {
        (Form::hidden("utility", utility.name()))
        (form.select(&Input { name: "window", label: t.say("offer-window"), hint: Some(t.say("offer-window-hint")), value: next, ..Input::default() }, &starts))
        (form.input(&Input {
            name: "quantity",
            label: t.say("offer-quantity"),
            hint: Some(t.say("offer-quantity-hint")),
            inputmode: Some("decimal"),
            unit: Some(text::energy_unit(utility)),
            most: Some(16),
            ..Input::default()
        }))
        (form.input(&Input {
            name: "price",
            label: t.say("offer-price"),
            hint: Some(limits),
            inputmode: Some("decimal"),
            unit: Some(text::price_unit(utility)),
            most: Some(16),
            ..Input::default()
        }))
        (form.select(&Input { name: "valid", label: t.say("offer-valid"), value: (6 * 3600).to_string(), ..Input::default() }, &[hours(2), hours(6), hours(12), hours(24)]))
        (form.tick("publish", &t.say("offer-publish"), Some(&t.say("offer-publish-hint")), true))
    };
    let body = html! {
        p { a.back href="/trades" { (icon(Icon::Back)) (t.say("nav-trades")) } }
        @if about.utilities.len() > 1 {
            // Each kind has its own units and limits.
            nav.tabs aria-label=(t.say("offer-utility")) {
                @for one in &about.utilities {
                    a href={ (FORM) "?utility=" (one.name()) } aria-current=[(*one == utility).then_some("true")] { (t.key(utility_key(*one))) }
                }
            }
        }
        section.card.narrow {
            p { (t.say("offer-lead")) }
            (form.show(&t.say("offer-submit"), &fields))
        }
    };
    Ok(page(&room, Section::Trades, &t.say("offer-title"), &body))
}

pub(crate) async fn make(room: Room) -> Outcome {
    let number = |name: &str| room.fields.get(name).parse::<u64>().ok();
    let utility = Utility::ALL.into_iter().find(|utility| utility.name() == room.fields.get("utility"));
    let utility = utility.ok_or_else(|| room.again(FORM, "", room.t.say("choice-wrong")))?;
    let at = number("window").ok_or_else(|| room.again(FORM, "window", room.t.say("choice-wrong")))?;
    let quantity = read_energy(room.t, utility, room.fields.get("quantity"))
        .map_err(|error| room.again(FORM, "quantity", amount_error(&room, &error)))?;
    if quantity.0 == 0 {
        return Err(room.again(FORM, "quantity", room.t.say("amount-zero")));
    }
    let price = read_price(room.t, utility, room.fields.get("price"))
        .map_err(|error| room.again(FORM, "price", amount_error(&room, &error)))?;
    let offer = NewOffer {
        utility,
        at: Timestamp(at),
        quantity,
        price_micro_euro: price.micro_euro(),
        valid_for: number("valid").unwrap_or(6 * 3600).min(24 * 3600),
        publish: room.fields.is_set("publish"),
    };
    let made = room.try_ask(FORM, "price", move |desk| desk.make_offer(&offer)).await?;
    let mut draft = crate::security::session::Draft::default();
    draft.fields.set("link", &made.link);
    room.visitor
        .session
        .flash(true, if offer.publish { room.t.say("offer-published") } else { room.t.say("offer-signed") });
    Ok(room.with_draft("/trades/offer/made", draft))
}

pub(crate) async fn made(room: Room) -> Outcome {
    let t = room.t;
    let link = room.draft().fields.get("link").to_owned();
    let asked = link.clone();
    let (offer, now) = room.ask(move |desk| (desk.read_offer(&asked), desk.now())).await?;
    let Ok(offer) = offer else { return Ok(see("/trades")) };
    let rows = [
        (t.say("meter-window"), moment(&room.face(), offer.start, now)),
        (t.say("trades-quantity"), energy(t, offer.utility, offer.quantity.0.into())),
        (t.say("trades-price"), price(t, offer.utility, offer.price)),
        (t.say("trades-money"), whole_money(t, i64::try_from(offer.total.0).unwrap_or(i64::MAX))),
        (t.say("offer-until"), moment(&room.face(), offer.valid_until, now)),
    ];
    let body = html! {
        p { a.back href="/trades" { (icon(Icon::Back)) (t.say("nav-trades")) } }
        section.card.narrow aria-labelledby="offer-made-title" {
            h2 id="offer-made-title" { (t.say("offer-pass-on")) }
            (qr(&link, &t.say("offer-code")))
            (copyable(&room, "offer-link", &link))
            (facts(&rows))
        }
    };
    Ok(page(&room, Section::Trades, &t.say("offer-made-title"), &body))
}
