//! Trading with neighbours: what was agreed and how it stands, what others offer, what this household offers.

use hushwatt_ledger::units::{Timestamp, Utility, Window};
use maud::{Markup, html};

use super::{auction, energy::utility_key, history::short};
use crate::{
    desk::DeskResult,
    html::{Form, Icon, Section, energy, icon, moment, page, price, table, whole_money},
    model::{ContractState, ContractView, OfferView, Side},
    room::{Outcome, Room},
};

/// Contracts that are shown; the history has all.
const MOST: usize = 60;

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let (contracts, orders, board, own, ready, about, settings, now) = room
        .ask(|desk| {
            let board = desk.board();
            let (contracts, own, ready) = (desk.contracts(), desk.own_offers(), desk.deliverable());
            (contracts, desk.orders(), board, own, ready, desk.about(), desk.settings(), desk.now())
        })
        .await?;
    let body = html! {
        @if !about.view_only {
            div.actions.row {
                a.button.primary id="go-offer" href="/trades/offer" { (icon(Icon::Sun)) span { (t.say("trades-make-offer")) } }
                a.button.quiet id="go-link" href="/trades/buy" { (icon(Icon::Plug)) span { (t.say("trades-from-link")) } }
                @if about.parameters.auction.is_some() {
                    a.button.quiet id="go-auction" href="/trades/auction" { (icon(Icon::Trades)) span { (t.say("auction-go")) } }
                }
            }
        }
        @if !ready.is_empty() && !about.view_only {
            section.card aria-labelledby="ready-title" {
                h2 id="ready-title" { (t.say("trades-ready")) }
                p.hint { (if settings.agent.deliver { t.say("trades-ready-agent") } else { t.say("trades-ready-text") }) }
                ul.entries { @for (utility, window) in &ready { li { (deliverable(&room, *utility, *window, about.parameters.window_start(*window), now)) } } }
            }
        }
        section.card aria-labelledby="board-title" {
            h2 id="board-title" { (t.say("trades-board")) }
            (offers(&room, &board, now))
        }
        section.card aria-labelledby="contracts-title" data-reload {
            h2 id="contracts-title" { (t.say("trades-contracts")) }
            (agreed(&room, &contracts, now))
        }
        @if about.parameters.auction.is_some() {
            section.card aria-labelledby="auction-heading" data-reload {
                h2 id="auction-heading" { (t.say("auction-heading")) }
                (auction::placed(&room, &orders, about.view_only, now))
            }
        }
        @if !own.is_empty() {
            section.card aria-labelledby="own-title" {
                h2 id="own-title" { (t.say("trades-own")) }
                ul.entries { @for (place, offer) in own.iter().enumerate() { li { (own_offer(&room, place, offer, now)) } } }
            }
        }
    };
    Ok(page(&room, Section::Trades, &t.say("nav-trades"), &body))
}

fn deliverable(room: &Room, utility: Utility, window: Window, start: Timestamp, now: Timestamp) -> Markup {
    let t = room.t;
    let name = utility.name();
    html! {
        div.what {
            strong { (moment(&room.face(), start, now)) }
            span.hint { (t.key(utility_key(utility))) }
        }
        div.much {
            a.button.quiet href={ "/trades/deliver?utility=" (name) "&window=" (window.0) } { (t.say("trades-deliver")) }
        }
    }
}

/// What others offer: each with a button that opens the order.
fn offers(room: &Room, board: &DeskResult<Vec<OfferView>>, now: Timestamp) -> Markup {
    let t = room.t;
    let board = match board {
        Ok(board) => board,
        Err(error) => {
            return html! { p.notice.warn id="board-trouble" { (icon(Icon::Warning)) span { (t.fill("trades-board-trouble", [("reason", room.explain(error).into())])) } } };
        }
    };
    let others: Vec<&OfferView> = board.iter().filter(|offer| !offer.own).collect();
    html! {
        @if others.is_empty() {
            p.empty { (t.say("trades-board-empty")) }
        } @else {
            ul.entries id="board" {
                @for (place, offer) in others.iter().enumerate() {
                    li {
                        div.what {
                            strong { (energy(t, offer.utility, offer.quantity.0.into())) " · " (price(t, offer.utility, offer.price)) }
                            span.hint { (t.key(utility_key(offer.utility))) " · " (moment(&room.face(), offer.start, now)) }
                            span.hint { (t.fill("trades-seller", [("name", short(&offer.seller).into())])) }
                        }
                        div.much {
                            (whole_money(t, i64::try_from(offer.total.0).unwrap_or(i64::MAX)))
                            @let id = format!("pick-{place}");
                            (Form::new(room, &id, "/trades/pick").wrap(None, &html! {
                                (Form::hidden("link", &offer.link))
                                button.quiet type="submit" id={ (id) "-submit" } aria-label=(t.fill("trades-order-this", [("number", (place + 1).into())])) { (t.say("trades-order")) }
                            }))
                        }
                    }
                }
            }
        }
    }
}

fn agreed(room: &Room, contracts: &[ContractView], now: Timestamp) -> Markup {
    let t = room.t;
    if contracts.is_empty() {
        return html! { p.empty { (t.say("trades-none")) } };
    }
    let columns = [
        t.say("meter-window"),
        t.say("trades-side"),
        t.say("trades-quantity"),
        t.say("trades-price"),
        t.say("trades-money"),
        t.say("trades-state"),
    ];
    let rows: Vec<Vec<Markup>> = contracts
        .iter()
        .take(MOST)
        .map(|contract| {
            let quantity = u64::from(contract.quantity.0);
            vec![
                moment(&room.face(), contract.start, now),
                html! { (match contract.side { Side::Buyer => t.say("trades-buyer"), Side::Seller => t.say("trades-seller-side") }) },
                html! {
                    @match contract.delivered {
                        Some(delivered) if u64::from(delivered.0) != quantity => {
                            (energy(t, contract.utility, delivered.0.into())) " / " (energy(t, contract.utility, quantity))
                        }
                        _ => { (energy(t, contract.utility, quantity)) }
                    }
                },
                price(t, contract.utility, contract.price),
                whole_money(t, i64::try_from(contract.money.0).unwrap_or(i64::MAX)),
                state(room, contract, now),
            ]
        })
        .collect();
    table("contracts", &t.say("trades-caption"), &columns, &rows)
}

fn state(room: &Room, contract: &ContractView, now: Timestamp) -> Markup {
    let t = room.t;
    let part = contract.delivered.is_some_and(|delivered| delivered < contract.quantity);
    html! {
        @match contract.state {
            ContractState::Open => {
                span.state.open { (t.say("contract-open")) }
                small.hint { (t.say("contract-until")) " " (moment(&room.face(), contract.until, now)) }
            }
            ContractState::Delivered => {
                span.state.good { (if part { t.say("contract-part") } else { t.say("contract-delivered") }) }
            }
            ContractState::Expired => { span.state.over { (t.say("contract-expired")) } }
        }
    }
}

fn own_offer(room: &Room, place: usize, offer: &OfferView, now: Timestamp) -> Markup {
    let t = room.t;
    let id = format!("own-{place}");
    html! {
        div.what {
            strong { (energy(t, offer.utility, offer.quantity.0.into())) " · " (price(t, offer.utility, offer.price)) }
            span.hint { (moment(&room.face(), offer.start, now)) }
            span.hint { (t.say("offer-until")) " " (moment(&room.face(), offer.valid_until, now)) }
        }
        div.much {
            (Form::new(room, &id, "/trades/pick").wrap(None, &html! {
                (Form::hidden("link", &offer.link))
                button.quiet type="submit" aria-label=(t.fill("trades-show-own", [("number", (place + 1).into())])) { (t.say("trades-show")) }
            }))
        }
    }
}
