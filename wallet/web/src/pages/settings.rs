//! Settings: language, locking, nodes, what the wallet may do on its own; and below, what asks for the passphrase.

use hushwatt_ledger::units::{Price, Utility};
use hushwatt_wallet::amount::AmountError;
use maud::{Markup, html};

use super::{energy::utility_key, secrets, send::amount_error, welcome::read_nodes};
use crate::{
    desk::About,
    html::{Form, Input, Section, facts, page},
    model::{AgentSettings, AuctionRule, BuyRule, SellRule, Settings},
    room::{Instead, Outcome, Room},
    text::{self, Language, Tongue, read_energy, read_euro, read_price},
};

const PAGE: &str = "/settings";
/// Minutes after which the page can lock itself; 0 is never.
const LOCK_AFTER: [u32; 6] = [1, 5, 15, 30, 60, 0];

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let (settings, nodes, about, confirmed, backup) = room
        .ask(|desk| (desk.settings(), desk.nodes(), desk.about(), desk.words_confirmed(), desk.overview().backup))
        .await?;
    let face = room.face();
    let birthday = face.date_of(about.birthday);
    let rows = [
        (t.say("sheet-network"), html! { code.long { (about.network) } }),
        (t.say("sheet-address"), html! { code.long { (about.address) } }),
        (t.say("sheet-birthday"), html! { time datetime=(birthday) { (face.date(birthday)) } }),
        (t.say("settings-version"), html! { (env!("CARGO_PKG_VERSION")) }),
    ];
    let card = |id: &str, title: String, content: Markup| {
        html! { section.card id={ (id) "-section" } aria-labelledby={ (id) "-title" } { h2 id={ (id) "-title" } { (title) } (content) } }
    };
    let body = html! {
        div.stack {
            (card("general", t.say("settings-general"), general_form(&room, &settings)))
            (card("nodes", t.say("settings-nodes"), nodes_form(&room, &nodes, &settings)))
            @if !about.view_only { (card("agent", t.say("settings-agent"), agent_form(&room, &settings.agent, &about))) }
            (card("backup", t.say("settings-backup"), secrets::backup_form(&room, backup)))
            @if !about.view_only { (card("words", t.say("settings-words"), secrets::words_form(&room, confirmed))) }
            (card("passphrase", t.say("settings-passphrase"), secrets::passphrase_form(&room)))
            (card("export", t.say("settings-export"), secrets::export_form(&room)))
            (card("view-key", t.say("settings-view-key"), secrets::view_key_form(&room)))
            (card("about", t.say("settings-about"), facts(&rows)))
            (card("erase", t.say("settings-erase"), secrets::erase_form(&room)))
        }
    };
    Ok(page(&room, Section::Settings, &t.say("nav-settings"), &body))
}

fn general_form(room: &Room, settings: &Settings) -> Markup {
    let t = room.t;
    let form = Form::new(room, "general", "/settings/general");
    let languages: Vec<(String, String)> =
        Language::ALL.into_iter().map(|one| (one.code().to_owned(), one.name().to_owned())).collect();
    let mut minutes = LOCK_AFTER.to_vec();
    if !minutes.contains(&settings.auto_lock_minutes) {
        minutes.insert(0, settings.auto_lock_minutes);
    }
    let locks: Vec<(String, String)> = minutes
        .into_iter()
        .map(|minutes| {
            let text =
                if minutes == 0 { t.say("settings-lock-never") } else { room.face().span(u64::from(minutes) * 60) };
            (minutes.to_string(), text)
        })
        .collect();
    let fields = html! {
        div.grid {
            (form.select(&Input { name: "language", label: t.say("settings-language"), value: t.language.code().to_owned(), ..Input::default() }, &languages))
            (form.select(&Input {
                name: "lock",
                label: t.say("settings-lock"),
                hint: Some(t.say("settings-lock-hint")),
                value: settings.auto_lock_minutes.to_string(),
                ..Input::default()
            }, &locks))
            (form.input(&Input {
                name: "company",
                label: t.say("settings-company"),
                hint: Some(t.say("settings-company-hint")),
                value: settings.smallest_company.to_string(),
                inputmode: Some("numeric"),
                most: Some(3),
                ..Input::default()
            }))
            (form.input(&Input {
                name: "backup_days",
                label: t.say("settings-backup-days"),
                value: settings.backup_days.to_string(),
                inputmode: Some("numeric"),
                most: Some(3),
                ..Input::default()
            }))
        }
    };
    form.show_quiet(&t.say("save"), &fields)
}

pub(crate) async fn general(room: Room) -> Outcome {
    let number = |name: &'static str| {
        room.fields.get(name).trim().parse::<u32>().map_err(|_| room.again(PAGE, name, room.t.say("number-wrong")))
    };
    let (lock, company, days) = (number("lock")?, number("company")?, number("backup_days")?);
    let language = Language::from_code(room.fields.get("language")).unwrap_or(room.t.language);
    room.try_ask(PAGE, "", move |desk| {
        let mut settings = desk.settings();
        settings.language = language.code().to_owned();
        settings.auto_lock_minutes = lock;
        settings.smallest_company = company;
        settings.backup_days = days;
        desk.set_settings(settings)
    })
    .await?;
    room.app.vault.set_idle(lock);
    room.visitor.session.set_language(Some(language));
    room.done(PAGE, Tongue::new(language).say("saved"))
}

fn nodes_form(room: &Room, nodes: &[String], settings: &Settings) -> Markup {
    let t = room.t;
    let form = Form::new(room, "nodes", "/settings/nodes");
    let field = Input {
        name: "nodes",
        label: t.say("nodes-label"),
        hint: Some(t.say("settings-nodes-hint")),
        value: nodes.join("\n"),
        ..Input::default()
    };
    let local = Input {
        name: "gateways",
        label: t.say("gateways-label"),
        hint: Some(t.say("gateways-hint")),
        value: settings.gateways.join("\n"),
        may_be_empty: true,
        ..Input::default()
    };
    let operator = Input {
        name: "operator",
        label: t.say("operator-label"),
        hint: Some(t.say("operator-hint")),
        value: settings.operator.clone().unwrap_or_default(),
        may_be_empty: true,
        ..Input::default()
    };
    let fields = html! { (form.area(&field, 3)) (form.area(&local, 2)) (form.input(&operator)) };
    form.show_quiet(&t.say("save"), &fields)
}

pub(crate) async fn nodes(room: Room) -> Outcome {
    let nodes = read_nodes(room.fields.get("nodes"));
    if nodes.is_empty() {
        return Err(room.again(PAGE, "nodes", room.t.say("nodes-none")));
    }
    let gateways = read_nodes(room.fields.get("gateways"));
    let operator = room.fields.filled("operator").map(str::to_owned);
    room.try_ask(PAGE, "nodes", move |desk| desk.set_nodes(nodes)).await?;
    room.try_ask(PAGE, "operator", move |desk| {
        let mut settings = desk.settings();
        settings.operator = operator;
        desk.set_settings(settings)
    })
    .await?;
    room.try_ask(PAGE, "gateways", move |desk| {
        let mut settings = desk.settings();
        settings.gateways = gateways;
        desk.set_settings(settings)
    })
    .await?;
    room.app.vault.hurry();
    room.done(PAGE, room.t.say("saved"))
}

/// What a rule is about before somebody chose: the community's first utility.
fn agent_utility(about: &About) -> Utility {
    about.utilities.first().copied().unwrap_or(Utility::Electricity)
}

fn agent_form(room: &Room, agent: &AgentSettings, about: &About) -> Markup {
    let t = room.t;
    let form = Form::new(room, "agent", "/settings/agent");
    let main = agent_utility(about);
    let sells = agent.sell.map_or(main, |rule| rule.utility);
    let buys = agent.buy.map_or(main, |rule| rule.utility);
    let utilities: Vec<(String, String)> =
        about.utilities.iter().map(|one| (one.name().to_owned(), t.key(utility_key(*one)))).collect();
    // The choice of the kind stands beside the field: every unit that it may mean is shown.
    let units = |unit_of: fn(Utility) -> &'static str| {
        let mut units: Vec<&str> = Vec::new();
        for unit in about.utilities.iter().map(|one| unit_of(*one)) {
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        units.join(" · ")
    };
    let (price_units, energy_units) = (units(text::price_unit), units(text::energy_unit));
    let number = |name, label, value: String, unit| Input {
        name,
        label,
        value,
        unit: Some(unit),
        inputmode: Some("decimal"),
        may_be_empty: true,
        most: Some(16),
        ..Input::default()
    };
    let which = |name, value: Utility| {
        html! {
            @if utilities.len() > 1 {
                (form.select(&Input { name, label: t.say("offer-utility"), value: value.name().to_owned(), ..Input::default() }, &utilities))
            } @else {
                (Form::hidden(name, value.name()))
            }
        }
    };
    let price = |rule: Option<u32>, utility| {
        rule.and_then(Price::new).map(|price| text::plain_price(t, utility, price)).unwrap_or_default()
    };
    let fields = html! {
        p.hint { (t.say("agent-lead")) }
        (form.tick("deliver", &t.say("agent-deliver"), Some(&t.say("agent-deliver-hint")), agent.deliver))
        (form.tick("tidy", &t.say("agent-tidy"), Some(&t.say("agent-tidy-hint")), agent.tidy))
        (form.tick("any_company", &t.say("agent-company"), None, agent.allow_small_company))
        (form.tick("forget", &t.say("agent-forget"), Some(&t.say("agent-forget-hint")), agent.forget))
        (form.tick("share_totals", &t.say("agent-share"), Some(&t.say("agent-share-hint")), agent.share_totals))
        fieldset {
            legend { (t.say("agent-sell")) }
            (form.tick("sell", &t.say("agent-sell-on"), None, agent.sell.is_some()))
            div.grid {
                (which("sell_utility", sells))
                (form.input(&number("sell_price", t.say("agent-sell-price"), price(agent.sell.map(|rule| rule.price_micro_euro), sells), &price_units)))
                (form.input(&number("sell_percent", t.say("agent-sell-percent"), agent.sell.map_or(80, |rule| rule.percent_of_yesterday).to_string(), "%")))
            }
        }
        fieldset {
            legend { (t.say("agent-buy")) }
            (form.tick("buy", &t.say("agent-buy-on"), None, agent.buy.is_some()))
            div.grid {
                (which("buy_utility", buys))
                (form.input(&number("buy_price", t.say("agent-buy-price"), price(agent.buy.map(|rule| rule.max_price_micro_euro), buys), &price_units)))
                (form.input(&number("buy_window", t.say("agent-buy-window"), agent.buy.map(|rule| text::plain_energy(t, buys, rule.per_window.into())).unwrap_or_default(), &energy_units)))
                (form.input(&number("buy_day", t.say("agent-buy-day"), agent.buy.map(|rule| text::plain_euro(t, rule.per_day_micro_euro)).unwrap_or_default(), "€")))
            }
        }
        @if about.parameters.auction.is_some() {
            fieldset {
                legend { (t.say("agent-auction")) }
                p.hint { (t.say("agent-auction-lead")) }
                div.grid {
                    @for utility in &about.utilities {
                        @let rule = agent.auction_of(*utility).copied();
                        @for (name, label, value) in auction_fields(t, about, *utility, rule) {
                            (form.input(&number(name, label, value, text::price_unit(*utility))))
                        }
                    }
                }
            }
        }
        (form.passphrase(Some(t.say("agent-passphrase"))))
    };
    form.show_quiet(&t.say("save"), &fields)
}

/// The two limits of a utility's rule: name, label and value of their fields.
fn auction_fields(
    t: Tongue,
    about: &About,
    utility: Utility,
    rule: Option<AuctionRule>,
) -> [(&'static str, String, String); 2] {
    let plain = |limit: Option<u32>| {
        limit.and_then(Price::new).map(|limit| text::plain_price(t, utility, limit)).unwrap_or_default()
    };
    let [sell, buy] = auction_names(utility);
    let [to_sell, to_buy] = if about.utilities.len() > 1 {
        let name = || [("utility", t.key(utility_key(utility)).into())];
        [t.fill("agent-auction-sell-of", name()), t.fill("agent-auction-buy-of", name())]
    } else {
        [t.say("agent-auction-sell"), t.say("agent-auction-buy")]
    };
    [
        (sell, to_sell, plain(rule.and_then(|rule| rule.sell_from_micro_euro))),
        (buy, to_buy, plain(rule.and_then(|rule| rule.buy_up_to_micro_euro))),
    ]
}

/// The names of their fields.
fn auction_names(utility: Utility) -> [&'static str; 2] {
    match utility {
        Utility::Electricity => ["auction_sell_electricity", "auction_buy_electricity"],
        Utility::Water => ["auction_sell_water", "auction_buy_water"],
        Utility::Heat => ["auction_sell_heat", "auction_buy_heat"],
    }
}

/// The rules for auctions that were typed. Of a utility without fields nothing is known, and its rule is gone.
fn read_auction_rules(room: &Room, agent: &mut AgentSettings) -> Result<(), Instead> {
    for utility in Utility::ALL {
        let limit = |name: &'static str| {
            let typed = room.fields.filled(name).map(|text| read_price(room.t, utility, text));
            let read = typed.transpose().map_err(|error| room.again(PAGE, name, amount_error(room, &error)))?;
            Ok::<_, Instead>(read.map(Price::micro_euro))
        };
        let [sell, buy] = auction_names(utility);
        let (sell_from_micro_euro, buy_up_to_micro_euro) = (limit(sell)?, limit(buy)?);
        agent.set_auction(AuctionRule { utility, sell_from_micro_euro, buy_up_to_micro_euro });
    }
    Ok(())
}

pub(crate) async fn agent(room: Room) -> Outcome {
    let fields = &room.fields;
    let wrong = |field: &'static str, error: AmountError| room.again(PAGE, field, amount_error(&room, &error));
    let utility = |name: &str| {
        Utility::ALL.into_iter().find(|utility| utility.name() == fields.get(name)).unwrap_or(Utility::Electricity)
    };
    let mut agent = AgentSettings {
        deliver: fields.is_set("deliver"),
        tidy: fields.is_set("tidy"),
        allow_small_company: fields.is_set("any_company"),
        share_totals: fields.is_set("share_totals"),
        forget: fields.is_set("forget"),
        sell: None,
        buy: None,
        auction: Vec::new(),
    };
    if fields.is_set("sell") {
        let utility = utility("sell_utility");
        let price =
            read_price(room.t, utility, fields.get("sell_price")).map_err(|error| wrong("sell_price", error))?;
        let percent: u32 = fields.get("sell_percent").trim().parse().unwrap_or(0);
        if !(1..=100).contains(&percent) {
            return Err(room.again(PAGE, "sell_percent", room.t.say("agent-percent-wrong")));
        }
        agent.sell = Some(SellRule { utility, price_micro_euro: price.micro_euro(), percent_of_yesterday: percent });
    }
    if fields.is_set("buy") {
        let utility = utility("buy_utility");
        let price = read_price(room.t, utility, fields.get("buy_price")).map_err(|error| wrong("buy_price", error))?;
        let per_window =
            read_energy(room.t, utility, fields.get("buy_window")).map_err(|error| wrong("buy_window", error))?;
        let per_day = read_euro(room.t, fields.get("buy_day")).map_err(|error| wrong("buy_day", error))?;
        agent.buy = Some(BuyRule {
            utility,
            max_price_micro_euro: price.micro_euro(),
            per_window: per_window.0,
            per_day_micro_euro: per_day.0,
        });
    }
    read_auction_rules(&room, &mut agent)?;
    // It lets the wallet spend: as spending does, it asks.
    room.ask_passphrase(PAGE).await?;
    room.try_ask(PAGE, "", move |desk| {
        let mut settings = desk.settings();
        settings.agent = agent;
        desk.set_settings(settings)
    })
    .await?;
    room.done(PAGE, room.t.say("saved"))
}
