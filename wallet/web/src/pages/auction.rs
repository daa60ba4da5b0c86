//! Orders of the sealed-bid auction: placing one, and what became of all of them.

use hushwatt_ledger::{
    parameters::AuctionParameters,
    units::{Price, Timestamp, Utility, Window},
};
use maud::{Markup, html};

use super::{energy::utility_key, send::amount_error};
use crate::{
    desk::{About, NewOrder},
    html::{Form, Icon, Input, Section, energy, icon, moment, page, price, table, whole_money},
    model::{OrderStanding, OrderView, Side},
    room::{Outcome, Room, see},
    text::{self, read_energy, read_price},
};

const FORM: &str = "/trades/auction";
const CANCEL: &str = "/trades/auction/cancel";
/// Orders that are shown; the history has all.
const MOST: usize = 60;
const SELL: &str = "sell";
const BUY: &str = "buy";

pub(crate) async fn form(room: Room) -> Outcome {
    let t = room.t;
    let (about, windows, settings, now) =
        room.ask(|desk| (desk.about(), desk.windows_taking_orders(), desk.settings(), desk.now())).await?;
    let Some(auction) = about.parameters.auction.filter(|_| !about.view_only) else { return Ok(see("/trades")) };
    let form = Form::new(&room, "auction", FORM);
    // What was refused is shown again for the same kind.
    let typed = form.value("utility", room.query.get("utility"));
    let wished = about.utilities.iter().copied().find(|utility| utility.name() == typed);
    let utility = wished.or(about.utilities.first().copied()).unwrap_or(Utility::Electricity);
    let body = html! {
        p { a.back href="/trades" { (icon(Icon::Back)) (t.say("nav-trades")) } }
        @if about.utilities.len() > 1 {
            nav.tabs aria-label=(t.say("offer-utility")) {
                @for one in &about.utilities {
                    a href={ (FORM) "?utility=" (one.name()) } aria-current=[(*one == utility).then_some("true")] { (t.key(utility_key(*one))) }
                }
            }
        }
        section.card.narrow {
            p { (t.say("auction-lead")) }
            p.notice { (icon(Icon::Warning)) span { (t.say("auction-limits")) } }
            @if settings.operator.is_none() {
                p.notice.warn id="auction-no-operator" { (icon(Icon::Warning)) span { (t.say("auction-no-operator")) " " a href="/settings" { (t.say("nav-settings")) } } }
            }
            @if windows.is_empty() {
                p.empty id="auction-closed" { (closed(&room, &about, &auction, now)) }
            } @else {
                (form.show(&t.say("auction-submit"), &fields(&room, &form, &about, &windows, utility, now)))
            }
        }
    };
    Ok(page(&room, Section::Trades, &t.say("auction-title"), &body))
}

fn fields(room: &Room, form: &Form<'_>, about: &About, windows: &[Window], utility: Utility, now: Timestamp) -> Markup {
    let (t, face) = (room.t, room.face());
    let bounds = about.parameters.prices_of(utility);
    let limit = |micro_euro| Price::new(micro_euro).map(|value| text::price(t, utility, value)).unwrap_or_default();
    let (floor, cap) = (limit(bounds.floor), limit(bounds.cap));
    let sides = [(SELL.to_owned(), t.say("auction-sell")), (BUY.to_owned(), t.say("auction-buy"))];
    let starts: Vec<(String, String)> = windows
        .iter()
        .map(|window| about.parameters.window_start(*window))
        .map(|start| (start.0.to_string(), face.moment(start, now)))
        .collect();
    let latest = starts.last().map(|(value, _)| value.clone()).unwrap_or_default();
    html! {
        (Form::hidden("utility", utility.name()))
        (form.select(&Input { name: "side", label: t.say("auction-side"), value: SELL.to_owned(), ..Input::default() }, &sides))
        (form.select(&Input { name: "window", label: t.say("auction-window"), hint: Some(t.say("auction-window-hint")), value: latest, ..Input::default() }, &starts))
        (form.input(&Input {
            name: "quantity",
            label: t.say("auction-quantity"),
            hint: Some(t.say("auction-quantity-hint")),
            inputmode: Some("decimal"),
            unit: Some(text::energy_unit(utility)),
            most: Some(16),
            ..Input::default()
        }))
        (form.input(&Input {
            name: "limit",
            label: t.say("auction-limit"),
            hint: Some(t.fill("auction-limit-hint", [("floor", floor.into()), ("cap", cap.clone().into())])),
            inputmode: Some("decimal"),
            unit: Some(text::price_unit(utility)),
            most: Some(16),
            ..Input::default()
        }))
        p.hint { (t.fill("auction-lock", [("cap", cap.into())])) }
        (form.little_company())
        (form.passphrase(Some(t.say("review-passphrase"))))
    }
}

/// Which auction is the next to take orders.
fn closed(room: &Room, about: &About, auction: &AuctionParameters, now: Timestamp) -> String {
    let parameters = &about.parameters;
    // The first window whose orders are not over, which is the next one to be settled.
    let over = parameters.attestation_deadline.saturating_add(auction.order_term);
    let window = parameters.window_at(now.minus(over));
    let (start, from) = (parameters.window_start(window), parameters.attest_until(window));
    let face = room.face();
    let [window, time] = [start, from].map(|time| face.moment(time, now));
    room.t.fill("auction-closed", [("window", window.into()), ("time", time.into())])
}

pub(crate) async fn place(room: Room) -> Outcome {
    let t = room.t;
    let wrong = |field| room.again(FORM, field, t.say("choice-wrong"));
    let utility = Utility::ALL.into_iter().find(|utility| utility.name() == room.fields.get("utility"));
    let utility = utility.ok_or_else(|| wrong(""))?;
    let side = match room.fields.get("side") {
        SELL => Side::Seller,
        BUY => Side::Buyer,
        _ => return Err(wrong("side")),
    };
    let at = room.fields.get("window").parse::<u64>().map_err(|_| wrong("window"))?;
    let quantity = read_energy(t, utility, room.fields.get("quantity"))
        .map_err(|error| room.again(FORM, "quantity", amount_error(&room, &error)))?;
    let limit = read_price(t, utility, room.fields.get("limit"))
        .map_err(|error| room.again(FORM, "limit", amount_error(&room, &error)))?;
    room.ask_passphrase(FORM).await?;
    let order = NewOrder {
        side,
        utility,
        at: Timestamp(at),
        quantity,
        limit_micro_euro: limit.micro_euro(),
        any_company: room.fields.is_set("any_company"),
    };
    let placed = room.ask(move |desk| desk.place_order(&order)).await?;
    placed.map_err(|error| room.again_or_with_little_company(FORM, &error))?;
    room.app.vault.hurry();
    room.done("/trades", t.say("auction-done"))
}

/// Takes an order back that the operator has not admitted.
pub(crate) async fn cancel(room: Room) -> Outcome {
    let orders = room.ask(|desk| desk.orders()).await?;
    let named = |order: &&OrderView| order.id.to_string() == room.fields.get("order");
    let Some(id) = orders.iter().find(named).map(|order| order.transaction) else { return Ok(see("/trades")) };
    let cancelled = room.ask(move |desk| desk.cancel_order(&id)).await?;
    match cancelled {
        Ok(()) => room.done("/trades", room.t.say("auction-cancelled")),
        Err(error) => {
            room.visitor.session.flash(false, room.explain(&error));
            Ok(see("/trades"))
        }
    }
}

/// All orders with what became of them.
pub(super) fn placed(room: &Room, orders: &[OrderView], view_only: bool, now: Timestamp) -> Markup {
    let t = room.t;
    if orders.is_empty() {
        return html! { p.empty { (t.say("auction-none")) } };
    }
    let columns = [
        t.say("meter-window"),
        t.say("auction-you"),
        t.say("auction-ordered"),
        t.say("auction-your-limit"),
        t.say("auction-traded"),
        t.say("auction-price"),
        t.say("auction-money"),
        t.say("auction-state"),
    ];
    let priced = |utility, micro_euro: Option<u32>| {
        micro_euro.and_then(Price::new).map(|value| price(t, utility, value)).unwrap_or_default()
    };
    let row = |(place, order): (usize, &OrderView)| {
        vec![
            moment(&room.face(), order.start, now),
            html! { (match order.side { Side::Buyer => t.say("auction-buys"), Side::Seller => t.say("auction-sells") }) },
            energy(t, order.utility, order.quantity.0.into()),
            priced(order.utility, order.limit_micro_euro),
            html! { @if let Some(filled) = order.filled { (energy(t, order.utility, filled.0.into())) } },
            priced(order.utility, order.price_micro_euro),
            html! { @if order.money.0 > 0 { (whole_money(t, i64::try_from(order.money.0).unwrap_or(i64::MAX))) } },
            html! {
                (state(room, order, now))
                @if order.state == OrderStanding::AwaitsOperator && !view_only { (cancel_form(room, place, &order.id.to_string())) }
            },
        ]
    };
    let rows: Vec<Vec<Markup>> = orders.iter().take(MOST).enumerate().map(row).collect();
    table("auction-orders", &t.say("auction-caption"), &columns, &rows)
}

fn cancel_form(room: &Room, place: usize, order: &str) -> Markup {
    let t = room.t;
    let id = format!("cancel-{place}");
    let label = t.fill("auction-cancel-this", [("number", (place + 1).into())]);
    Form::new(room, &id, CANCEL).wrap(
        None,
        &html! {
            (Form::hidden("order", order))
            button.quiet type="submit" aria-label=(label) { (t.say("auction-cancel")) }
        },
    )
}

fn state(room: &Room, order: &OrderView, now: Timestamp) -> Markup {
    let t = room.t;
    let part = order.filled.is_some_and(|filled| filled < order.quantity);
    let until = || html! { small.hint { (t.say("auction-until")) " " (moment(&room.face(), order.until, now)) } };
    html! {
        @match order.state {
            OrderStanding::AwaitsOperator => { span.state.open { (t.say("auction-awaits-operator")) } (until()) }
            OrderStanding::AwaitsBlock => { span.state.open { (t.say("auction-awaits-block")) } (until()) }
            OrderStanding::Open => { span.state.open { (t.say("auction-open")) } (until()) }
            OrderStanding::Traded => {
                span.state.good { (if part { t.say("auction-filled-part") } else { t.say("auction-filled") }) }
            }
            OrderStanding::NotTraded => { span.state.over { (t.say("auction-not-traded")) } }
            OrderStanding::Expired => { span.state.over { (t.say("auction-expired")) } }
            OrderStanding::GivenUp => {
                span.state.over { (t.say("auction-given-up")) }
                @if let Some(reason) = &order.reason { small.hint { (reason) } }
            }
        }
    }
}
