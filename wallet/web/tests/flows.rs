//! What a household does on the page, step by step, with a wallet that is played.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::{Arc, atomic::Ordering};

use common::{
    Town,
    cabinet::Cabinet,
    desk::{ADDRESS, HOSTILE, PASSPHRASE, WORDS},
    html::{form, tags},
    played,
};
use hushwatt_ledger::units::{Credit, Quantity, Timestamp, Utility};
use hushwatt_wallet_web::{
    desk::ProofOf,
    model::{AuctionRule, HistoryKind, Side},
};

const CHOSEN: [(&str, &str); 2] =
    [("new_passphrase", "four good words here"), ("new_passphrase_again", "four good words here")];

#[test]
fn first_run_makes_a_wallet_shows_its_words_and_asks_for_three() {
    let cabinet = Arc::new(Cabinet::empty());
    let town = Town::with(cabinet.clone());
    let browser = town.browser();
    assert_eq!(browser.get("/").header("location"), Some("/welcome"));
    assert_eq!(browser.get("/settings").header("location"), Some("/welcome"));
    assert!(browser.get("/welcome/create").body.contains("https://node.example.org"));
    // What is wrong is said where it is, and nothing is made.
    for (fields, field) in [
        (vec![("new_passphrase", "short"), ("new_passphrase_again", "short")], "new_passphrase"),
        (
            vec![("new_passphrase", "long enough to be one"), ("new_passphrase_again", "another")],
            "new_passphrase_again",
        ),
        (vec![CHOSEN[0], CHOSEN[1], ("nodes", " ")], "nodes"),
        (vec![CHOSEN[0], CHOSEN[1], ("nodes", "https://unreachable.example")], "nodes"),
    ] {
        let answer = browser.submit("/welcome/create", "create", &fields);
        let body = browser.follow(&answer).body;
        assert!(body.contains(&format!("id=\"create-{field}-error\"")), "{field}");
    }
    let made = browser.submit("/welcome/create", "create", &CHOSEN);
    assert_eq!(made.header("location"), Some("/words"));
    let sheet = browser.follow(&made).body;
    let words = tags(&sheet).into_iter().find(|tag| tag.get("id") == Some("words")).unwrap();
    let list = sheet[words.place..].split("</ol>").next().unwrap();
    assert_eq!(list.matches("<li>").count(), 24);
    assert!(sheet.contains("22\u{a0}October 2026") && sheet.contains("id=\"words-next\""));
    assert!(browser.get("/").body.contains("id=\"backup-reminder\""));
    // The labels say which.
    let ask = browser.get("/words/confirm").body;
    let numbers: Vec<usize> = ask
        .split(">Word ")
        .skip(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap())
        .collect();
    assert_eq!(numbers.len(), 3);
    let all: Vec<&str> = WORDS.split(' ').collect();
    let word = |place: usize| all[numbers[place] - 1];
    let wrong = browser.submit(
        "/words/confirm",
        "confirm-words",
        &[("word-1", word(0)), ("word-2", "zoo"), ("word-3", word(2))],
    );
    let body = browser.follow(&wrong).body;
    assert!(body.contains("id=\"confirm-words-word-2-error\"") && !body.contains("value=\"zoo\""));
    assert!(!cabinet.played.words_confirmed.load(Ordering::SeqCst));
    let right = [("word-1", word(0)), ("word-2", word(1)), ("word-3", word(2))];
    assert_eq!(browser.submit("/words/confirm", "confirm-words", &right).header("location"), Some("/"));
    assert!(cabinet.played.words_confirmed.load(Ordering::SeqCst));
    // They are not shown any more without the passphrase.
    assert_eq!(browser.get("/words").header("location"), Some("/settings#words-section"));
    // And there is no second first run.
    assert_eq!(browser.get("/welcome/create").header("location"), Some("/"));
}

#[test]
fn a_wallet_comes_back_from_its_words() {
    let town = Town::with(Arc::new(Cabinet::empty()));
    let browser = town.browser();
    let with = |words: &'static str, birthday: &'static str| {
        vec![CHOSEN[0], CHOSEN[1], ("words", words), ("birthday", birthday)]
    };
    let wrong = browser.submit("/welcome/words", "restore-words", &with("abandon abandon", ""));
    assert!(browser.follow(&wrong).body.contains("id=\"restore-words-words-error\""));
    let wrong = browser.submit("/welcome/words", "restore-words", &with(WORDS, "yesterday"));
    assert!(browser.follow(&wrong).body.contains("id=\"restore-words-birthday-error\""));
    let back = browser.submit("/welcome/words", "restore-words", &with(WORDS, "2026-10-22"));
    assert_eq!(back.header("location"), Some("/"));
    assert!(browser.follow(&back).body.contains("Your wallet is back"));
}

#[test]
fn a_wallet_comes_back_from_a_backup_file() {
    let town = Town::with(Arc::new(Cabinet::empty()));
    let browser = town.browser();
    let send = |content: &[u8]| {
        let (action, mut fields) = form(&browser.get("/welcome/file").body, "restore-file");
        fields.retain(|(name, _)| name == "form");
        let mut typed = CHOSEN.to_vec();
        typed.push(("file_passphrase", "that of the file"));
        fields.extend(typed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        town.post(&action).header("Cookie", &browser.cookie).multipart(&fields, ("file", content)).send()
    };
    let wrong = send(b"holiday.jpg");
    assert!(browser.follow(&wrong).body.contains("id=\"restore-file-file-error\""), "{}", wrong.body);
    assert!(browser.follow(&send(b"")).body.contains("id=\"restore-file-file-error\""));
    let back = send(b"age-encryption.org/v1 and the rest");
    assert_eq!(back.header("location"), Some("/"), "{}", back.body);
}

#[test]
fn paying_goes_by_a_form_a_review_and_the_passphrase() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    for (fields, field) in [
        ([("to", ""), ("amount", "1")], "to"),
        ([("to", "nobody"), ("amount", "1")], "to"),
        ([("to", ADDRESS), ("amount", "")], "amount"),
        ([("to", ADDRESS), ("amount", "0")], "amount"),
        ([("to", ADDRESS), ("amount", "-3")], "amount"),
        ([("to", ADDRESS), ("amount", "1.2345678")], "amount"),
    ] {
        let answer = browser.submit("/send", "send", &fields);
        let body = browser.follow(&answer).body;
        assert!(body.contains(&format!("id=\"send-{field}-error\"")), "{fields:?}");
    }
    let fields = [("to", ADDRESS), ("amount", "12.501"), ("message", "Rent"), ("label", "November")];
    let review = browser.submit("/send", "send", &fields);
    let page = browser.follow(&review).body;
    assert!(
        page.contains("€12.50") && page.contains("€12.501") && page.contains(ADDRESS) && page.contains("64 others")
    );
    assert!(cabinet.played.payments.lock().unwrap().is_empty());
    // The way back keeps what was typed.
    let back = tags(&page)
        .into_iter()
        .find_map(|tag| Some(tag.get("href")?.to_owned()).filter(|href| href.starts_with("/send?")));
    assert!(browser.get(&back.unwrap()).body.contains("value=\"Rent\""));
    let paid = browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE)]);
    assert_eq!(paid.header("location"), Some("/"));
    let payments = cabinet.played.payments.lock().unwrap().clone();
    assert_eq!(payments.len(), 1);
    assert_eq!((payments[0].to.as_str(), payments[0].amount), (ADDRESS, Credit(12_501_000)));
    assert_eq!((payments[0].message.as_deref(), payments[0].label.as_deref()), (Some("Rent"), Some("November")));
    assert!(!payments[0].any_company);
    // The message is shown once.
    assert!(browser.get("/").body.contains("hides among 64") && !browser.get("/").body.contains("hides among 64"));
}

#[test]
fn a_payment_link_says_what_the_form_does_not_and_a_name_means_a_contact() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let review = browser.submit("/send", "send", &[("to", "hushwatt:rent"), ("amount", "")]);
    let page = browser.follow(&review).body;
    assert!(page.contains("€7.50"));
    browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE)]);
    // What was typed counts more than the link.
    let review = browser.submit("/send", "send", &[("to", "hushwatt:rent"), ("amount", "3")]);
    let page = browser.follow(&review).body;
    browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE)]);
    let review = browser.submit("/send", "send", &[("to", HOSTILE), ("amount", "4")]);
    let page = browser.follow(&review).body;
    browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE)]);
    let amounts: Vec<u64> = cabinet.played.payments.lock().unwrap().iter().map(|payment| payment.amount.0).collect();
    assert_eq!(amounts, [7_500_000, 3_000_000, 4_000_000]);
    assert!(cabinet.played.payments.lock().unwrap().iter().all(|payment| payment.to == ADDRESS));
}

#[test]
fn little_company_is_a_question_before_anything_is_signed() {
    let (town, cabinet) = played();
    cabinet.played.small_company.store(true, Ordering::SeqCst);
    let browser = town.browser();
    browser.unlock();
    let first = browser.submit("/send", "send", &[("to", ADDRESS), ("amount", "5")]);
    let asked = browser.follow(&first);
    let page = browser.follow(&asked).body;
    assert!(page.contains("id=\"confirm-any_company\""), "{page}");
    let without = browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE)]);
    let page = browser.follow(&without).body;
    assert!(page.contains("only 3 others") && cabinet.played.payments.lock().unwrap().is_empty());
    let with = browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE), ("any_company", "on")]);
    assert_eq!(with.header("location"), Some("/"));
    assert!(cabinet.played.payments.lock().unwrap()[0].any_company);
}

#[test]
fn each_kind_is_offered_and_shown_in_its_own_unit_and_within_its_own_prices() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let electricity = browser.get("/trades/offer").body;
    assert!(electricity.contains("€0.01/kWh") && electricity.contains("€1.00/kWh"), "{electricity}");
    let path = "/trades/offer?utility=water";
    let water = browser.get(path).body;
    assert!(water.contains("€1.00/m³") && water.contains("€5.00/m³") && water.contains("€0.05/m³"), "{water}");
    assert!(water.contains("<span class=\"unit\">l</span>") && !water.contains("kWh"), "{water}");
    // A mistake leads back to the same kind.
    let answer = browser.submit(path, "offer", &[("quantity", "150"), ("price", "much")]);
    let again = browser.follow(&answer).body;
    assert!(again.contains("id=\"offer-price-error\"") && again.contains("€5.00/m³"), "{again}");
    browser.submit(path, "offer", &[("quantity", "150"), ("price", "2.50")]);
    let offer = cabinet.played.offers.lock().unwrap()[0];
    assert_eq!((offer.utility, offer.quantity, offer.price_micro_euro), (Utility::Water, Quantity(150), 2_500));
    // The month shows litres beside kilowatt-hours, each with its money.
    let overview = browser.get("/").body;
    assert!(overview.contains("6,240\u{a0}l") && overview.contains("1,560\u{a0}l"), "{overview}");
    assert!(overview.contains("210.4\u{a0}kWh") && overview.contains("id=\"share-of-water\""), "{overview}");
}

#[test]
fn offers_are_made_picked_and_delivered() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let (_, fields) = form(&browser.get("/trades/offer").body, "offer");
    let window = fields.iter().find(|(name, _)| name == "window").unwrap().1.clone();
    for (field, value) in [("quantity", "many"), ("quantity", "0"), ("price", "-1"), ("window", "soon")] {
        let mut all = vec![("quantity", "2.5"), ("price", "0.25")];
        all.retain(|(name, _)| *name != field);
        all.push((field, value));
        let answer = browser.submit("/trades/offer", "offer", &all);
        assert!(browser.follow(&answer).body.contains(&format!("id=\"offer-{field}-error\"")), "{field}={value}");
    }
    let gold = [("quantity", "2.5"), ("price", "0.25"), ("utility", "gold")];
    let answer = browser.submit("/trades/offer", "offer", &gold);
    assert!(browser.follow(&answer).body.contains("id=\"offer-error\""));
    let made = browser.submit("/trades/offer", "offer", &[("quantity", "2.5"), ("price", "0.25")]);
    let page = browser.follow(&made).body;
    assert!(page.contains("hushwatt:offer?own") && page.contains("on the board"));
    let offer = cabinet.played.offers.lock().unwrap()[0];
    assert_eq!((offer.quantity, offer.price_micro_euro, offer.publish), (Quantity(2_500), 250, true));
    assert_eq!(offer.at, Timestamp(window.parse().unwrap()));
    // From the board, and with a link.
    let picked = browser.submit("/trades", "pick-0", &[]);
    let order = browser.follow(&picked).body;
    assert!(order.contains("value=\"2.5\"") && order.contains("€0.625"), "{order}");
    let done = browser.send_form(&order, "order", &[("quantity", "1.2"), ("passphrase", PASSPHRASE)]);
    assert_eq!(done.header("location"), Some("/trades"));
    assert_eq!(cabinet.played.orders.lock().unwrap()[0], ("hushwatt:offer?other".to_owned(), Some(Quantity(1_200))));
    let wrong = browser.submit("/trades/buy", "link", &[("link", "https://evil.example")]);
    assert!(browser.follow(&wrong).body.contains("id=\"link-link-error\""));
    let own = browser.submit("/trades/buy", "link", &[("link", "hushwatt:offer?own")]);
    assert!(own.header("location").unwrap().starts_with("/trades/offer/made"));
    let ready = tags(&browser.get("/trades").body)
        .into_iter()
        .find_map(|tag| Some(tag.get("href")?.to_owned()).filter(|href| href.starts_with("/trades/deliver?")))
        .unwrap();
    let wrong = browser.submit(&ready, "deliver", &[("passphrase", "no")]);
    assert!(browser.follow(&wrong).body.contains("id=\"deliver-passphrase-error\""));
    assert_eq!(browser.submit(&ready, "deliver", &[("passphrase", PASSPHRASE)]).header("location"), Some("/trades"));
    assert_eq!(cabinet.played.deliveries.lock().unwrap()[0].0, Utility::Electricity);
}

#[test]
fn an_order_is_placed_in_the_auction_shown_and_taken_back() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let good = || vec![("side", "buy"), ("quantity", "1.5"), ("limit", "0.25"), ("passphrase", PASSPHRASE)];
    for (field, value) in
        [("quantity", "many"), ("limit", "-1"), ("side", "both"), ("window", "soon"), ("passphrase", "no")]
    {
        let mut all = good();
        all.retain(|(name, _)| *name != field);
        all.push((field, value));
        let answer = browser.submit("/trades/auction", "auction", &all);
        let page = browser.follow(&answer).body;
        assert!(page.contains(&format!("id=\"auction-{field}-error\"")), "{field}={value}: {page}");
    }
    assert!(cabinet.played.auction_orders.lock().unwrap().is_empty());
    let page = browser.get("/trades/auction").body;
    assert!(
        page.contains("between €0.01/kWh and €1.00/kWh") && page.contains("a price that you may really get or pay")
    );
    assert!(page.contains("id=\"auction-no-operator\""), "the operator is not known yet");
    let (_, fields) = form(&page, "auction");
    let window = fields.iter().find(|(name, _)| name == "window").unwrap().1.clone();
    let done = browser.submit("/trades/auction", "auction", &good());
    assert_eq!(done.header("location"), Some("/trades"));
    let order = cabinet.played.auction_orders.lock().unwrap()[0];
    assert_eq!((order.side, order.quantity, order.limit_micro_euro), (Side::Buyer, Quantity(1_500), 250));
    assert_eq!((order.at, order.any_company), (Timestamp(window.parse().unwrap()), false));
    // Too little company is asked about, and only then passed over.
    cabinet.played.small_company.store(true, Ordering::SeqCst);
    let asked =
        browser.submit("/trades/auction?utility=water", "auction", &[("quantity", "150"), ("limit", "2"), good()[3]]);
    let page = browser.follow(&asked).body;
    assert!(page.contains("id=\"auction-any_company\"") && page.contains("€5.00/m³"), "{page}");
    browser.send_form(&page, "auction", &[("passphrase", PASSPHRASE), ("any_company", "on")]);
    let order = cabinet.played.auction_orders.lock().unwrap()[1];
    assert_eq!((order.utility, order.side, order.any_company), (Utility::Water, Side::Seller, true));
    // What became of all of them, and one can still be taken back.
    let page = browser.get("/trades").body;
    for words in
        ["waits for the market operator", "traded in part, the rest came back", "not traded", "not cleared in time"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("action=\"/trades/auction/cancel\"").count(), 1);
    browser.submit("/trades", "cancel-0", &[]);
    assert_eq!(cabinet.played.cancelled.lock().unwrap()[0].0, [1; 64]);
    // Between auctions the page says when the next one begins.
    cabinet.played.between_auctions.store(true, Ordering::SeqCst);
    let page = browser.get("/trades/auction").body;
    assert!(page.contains("id=\"auction-closed\"") && !page.contains("id=\"auction-submit\""), "{page}");
}

#[test]
fn the_operator_and_the_rules_for_auctions_are_settings() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let operator = [("operator", "https://market.example.org")];
    assert_eq!(browser.submit("/settings", "nodes", &operator).header("location"), Some("/settings"));
    let kept = || cabinet.played.settings.lock().unwrap().clone();
    assert_eq!(kept().operator.as_deref(), Some("https://market.example.org"));
    let wrong = browser.submit("/settings", "agent", &[("auction_buy_water", "much"), ("passphrase", PASSPHRASE)]);
    assert!(browser.follow(&wrong).body.contains("id=\"agent-auction_buy_water-error\""));
    let rules = [("auction_sell_electricity", "0.12"), ("auction_buy_water", "1.80"), ("passphrase", PASSPHRASE)];
    assert_eq!(browser.submit("/settings", "agent", &rules).header("location"), Some("/settings"));
    let water = AuctionRule { utility: Utility::Water, sell_from_micro_euro: None, buy_up_to_micro_euro: Some(1_800) };
    assert_eq!(kept().agent.auction.len(), 2);
    assert_eq!(kept().agent.auction_of(Utility::Water), Some(&water));
    let page = browser.get("/settings").body;
    assert!(page.contains("value=\"0.12\"") && page.contains("Water: buy up to"), "{page}");
    // Other forms leave them, and an empty field takes a rule away.
    browser.submit("/settings", "general", &[]);
    assert_eq!(kept().agent.auction.len(), 2);
    browser.submit("/settings", "agent", &[("auction_buy_water", ""), ("passphrase", PASSPHRASE)]);
    assert_eq!(kept().agent.auction.len(), 1);
    browser.submit("/settings", "nodes", &[("operator", " ")]);
    assert_eq!(kept().operator, None);
}

#[test]
fn every_request_for_a_total_is_shown_and_sharing_for_them_can_be_switched_off() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    assert!(browser.get("/meters").body.contains("href=\"/meters/totals\""));
    let page = browser.get("/meters/totals").body;
    for part in [
        "16\u{a0}November 2026 (UTC)",
        "by registrar 2 (3f9a3f9a)",
        "Electricity, cohort 1 of 12 meters; nobody is left out",
        "Electricity, cohort 1 of 12 meters; 3 are left out",
        ": in it",
        ": left out",
        "No meter of yours is in it.",
        "what 9 meters took and gave together, and of no single one",
        "Water: trades that sellers shared, at prices that at least eight of them had",
        "by 1 of 5 members of the committee, 3 are needed",
        "The sum is known.",
        "This wallet shares your sales for totals of trades",
        "Shared: 21. Under way: 1. Planned: 4.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("The sum is known.").count(), 2);
    let allowed = || cabinet.played.settings.lock().unwrap().agent.share_totals;
    let (action, mut fields) = form(&browser.get("/settings").body, "agent");
    assert!(fields.iter().any(|(name, _)| name == "share_totals"), "on unless it is switched off");
    fields.retain(|(name, _)| name != "share_totals" && name != "passphrase");
    fields.push(("passphrase".to_owned(), PASSPHRASE.to_owned()));
    assert_eq!(browser.post(&action, &fields).header("location"), Some("/settings"));
    assert!(!allowed());
    assert!(browser.get("/meters/totals").body.contains("This wallet shares none of your sales"));
    browser.submit("/settings", "agent", &[("share_totals", "on"), ("passphrase", PASSPHRASE)]);
    assert!(allowed());
    browser.submit("/settings", "general", &[("language", "de")]);
    let page = browser.get("/meters/totals").body;
    assert!(page.contains("Gruppe 1 mit 12 Zählern; 3 sind ausgelassen"), "{page}");
    assert!(page.contains("was 9 Zähler zusammen bezogen und eingespeist haben, und von keinem einzelnen"));
}

#[test]
fn the_history_is_searched_labelled_and_downloaded() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let all = browser.get("/history").body;
    assert!(all.contains("12 entries") && all.contains("signed, waits for a node") && all.contains("given up"));
    let found = browser.submit("/history", "filter", &[("kind", HistoryKind::Received.key())]);
    let page = browser.follow(&found).body;
    assert!(page.contains("One entry"), "{page}");
    let csv = tags(&page).into_iter().find(|tag| tag.get("id") == Some("csv")).unwrap().get("href").unwrap().to_owned();
    let table = browser.get(&csv);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(table.header("content-disposition").unwrap().starts_with("attachment"));
    assert_eq!(table.body, format!("{},20000000\r\n", "02".repeat(32)));
    assert_eq!(browser.get("/history.csv").body.lines().count(), 12);
    let entry = tags(&page)
        .into_iter()
        .find_map(|tag| Some(tag.get("href")?.to_owned()).filter(|href| href.starts_with("/history/entry")))
        .unwrap();
    assert!(browser.get(&entry).body.contains("id=\"entry-prove\""));
    let labelled = browser.submit(&entry, "label", &[("label", "From Anna")]);
    assert!(browser.follow(&labelled).body.contains("value=\"From Anna\""));
    assert_eq!(cabinet.played.labels.lock().unwrap()[0], ("02".repeat(32), Some("From Anna".to_owned())));
    assert_eq!(browser.get("/history/entry?e=000000").header("location"), Some("/history"));
}

#[test]
fn proofs_are_made_for_somebody_and_downloaded() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let some = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![("verifier", "Bank"), ("nonce", "4711"), ("purpose", "Loan"), ("passphrase", PASSPHRASE)];
        all.extend(more);
        all
    };
    let page = "/proofs/new?kind=balance";
    for (missing, value) in [("verifier", " "), ("nonce", ""), ("amount", "much")] {
        let mut all = some(&[("amount", "50")]);
        all.retain(|(name, _)| *name != missing);
        all.push((missing, value));
        let answer = browser.submit(page, "prove", &all);
        assert!(browser.follow(&answer).body.contains(&format!("id=\"prove-{missing}-error\"")), "{missing}");
    }
    let made = browser.submit(page, "prove", &some(&[("amount", "50")]));
    let body = browser.follow(&made).body;
    let link = tags(&body).into_iter().find(|tag| tag.get("id") == Some("proof-download")).unwrap();
    let file = browser.get(link.get("href").unwrap());
    assert_eq!((file.body.as_str(), file.header("content-type")), ("{\"played\":true}", Some("application/json")));
    assert!(file.header("content-disposition").unwrap().contains("hushwatt-proof-balance.json"));
    // Another browser with its own session does not get it.
    assert_eq!(town.browser().get(link.get("href").unwrap()).header("location"), Some("/settings"));
    browser.submit("/proofs/new?kind=payment", "prove", &some(&[]));
    browser.submit("/proofs/new?kind=delivery", "prove", &some(&[]));
    browser.submit(
        "/proofs/new?kind=reading",
        "prove",
        &some(&[("day", "2026-11-21"), ("time", "09:15"), ("register", "export")]),
    );
    let proofs = cabinet.played.proofs.lock().unwrap().clone();
    assert_eq!(proofs.len(), 4);
    assert_eq!(proofs[0].of, ProofOf::BalanceAtLeast(Credit(50_000_000)));
    assert!(matches!(&proofs[1].of, ProofOf::Payment(id) if id.0 == [2; 64]));
    assert!(matches!(&proofs[2].of, ProofOf::Delivery(id) if id.0 == [2; 32]));
    assert!(matches!(proofs[3].of, ProofOf::Reading { at: Timestamp(1_795_252_500), exported: true, .. }));
    assert!(proofs.iter().all(|proof| proof.verifier == "Bank" && proof.nonce == "4711" && proof.purpose == "Loan"));
}

#[test]
fn settings_are_kept_and_the_language_follows() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let fields = [("language", "de"), ("lock", "30"), ("company", "16"), ("backup_days", "14")];
    let answer = browser.submit("/settings", "general", &fields);
    assert!(browser.follow(&answer).body.contains("Gespeichert."));
    let settings = cabinet.played.settings.lock().unwrap().clone();
    assert_eq!((settings.language.as_str(), settings.auto_lock_minutes), ("de", 30));
    assert_eq!((settings.smallest_company, settings.backup_days), (16, 14));
    let rules = [
        ("deliver", "on"),
        ("sell", "on"),
        ("sell_price", "0,22"),
        ("sell_percent", "75"),
        ("buy", "on"),
        ("buy_price", "0,30"),
        ("buy_window", "1,5"),
        ("buy_day", "2"),
        ("passphrase", PASSPHRASE),
    ];
    let mut wrong = rules.to_vec();
    wrong.retain(|(name, _)| *name != "sell_percent");
    wrong.push(("sell_percent", "175"));
    let answer = browser.submit("/settings", "agent", &wrong);
    assert!(browser.follow(&answer).body.contains("id=\"agent-sell_percent-error\""));
    assert_eq!(browser.submit("/settings", "agent", &rules).header("location"), Some("/settings"));
    let agent = cabinet.played.settings.lock().unwrap().agent.clone();
    let (sell, buy) = (agent.sell.unwrap(), agent.buy.unwrap());
    assert_eq!((sell.price_micro_euro, sell.percent_of_yesterday), (220, 75));
    assert_eq!((buy.max_price_micro_euro, buy.per_window, buy.per_day_micro_euro), (300, 1_500, 2_000_000));
    let nodes = browser.submit("/settings", "nodes", &[("nodes", "https://a.example/\nhttps://b.example")]);
    assert_eq!(nodes.header("location"), Some("/settings"));
    assert_eq!(*cabinet.played.nodes.lock().unwrap(), ["https://a.example", "https://b.example"]);
    let wrong = browser.submit("/settings", "nodes", &[("nodes", "not a node")]);
    assert!(browser.follow(&wrong).body.contains("id=\"nodes-nodes-error\""));
}

#[test]
fn whether_old_readings_are_deleted_is_a_switch_that_the_page_shows_as_it_is() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let kept = || cabinet.played.settings.lock().unwrap().agent.clone();
    let before = kept();
    assert!(before.forget, "it is on until somebody turns it off");
    let untouched = || form(&browser.get("/settings").body, "agent");
    let switch = || untouched().1.iter().any(|(name, _)| name == "forget");
    let turn = |on: bool, passphrase: &str| {
        let (action, mut fields) = untouched();
        fields.retain(|(name, _)| !["forget", "passphrase"].contains(&name.as_str()));
        fields.extend(on.then(|| ("forget".to_owned(), "on".to_owned())));
        fields.push(("passphrase".to_owned(), passphrase.to_owned()));
        browser.post(&action, &fields)
    };
    let refused = turn(false, "");
    assert!(browser.follow(&refused).body.contains("id=\"agent-passphrase-error\""));
    assert!(kept().forget && switch(), "it asks for the passphrase");
    for on in [false, true] {
        assert_eq!(turn(on, PASSPHRASE).header("location"), Some("/settings"));
        assert_eq!((kept().forget, switch()), (on, on));
    }
    assert_eq!(kept(), before, "nothing else changed");
}

#[test]
fn what_a_gateway_says_is_shown_beside_the_ledger_and_marked() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let page = "/energy?day=2026-11-21";
    assert!(!browser.get(page).body.contains("energy-local"));
    let fields = [("nodes", "https://a.example"), ("gateways", "http://gateway.local:8430")];
    assert_eq!(browser.submit("/settings", "nodes", &fields).header("location"), Some("/settings"));
    assert_eq!(cabinet.played.settings.lock().unwrap().gateways, ["http://gateway.local:8430"]);
    let body = browser.get(page).body;
    assert!(body.contains("From the gateway, not on the ledger yet"), "{body}");
    let (_, table) = body.split_once("id=\"energy-local\"").unwrap();
    assert!(table.contains("0.432") && table.contains("(2/4)"), "{table}");
}

#[test]
fn the_passphrase_is_changed_and_the_old_one_opens_nothing_any_more() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let fields = [("passphrase", PASSPHRASE), CHOSEN[0], CHOSEN[1]];
    assert_eq!(browser.submit("/settings", "change-passphrase", &fields).header("location"), Some("/settings"));
    browser.submit("/", "lock", &[]);
    let old = browser.submit("/unlock", "unlock", &[("passphrase", PASSPHRASE)]);
    assert!(browser.follow(&old).body.contains("id=\"unlock-passphrase-error\""));
    assert_eq!(browser.submit("/unlock", "unlock", &[("passphrase", CHOSEN[0].1)]).header("location"), Some("/"));
}

#[test]
fn backups_and_exports_are_downloaded_and_the_view_only_key_is_shown() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let made = browser.submit("/settings", "backup", &[("passphrase", PASSPHRASE), CHOSEN[0], CHOSEN[1]]);
    let page = browser.follow(&made).body;
    let link = |page: &str| {
        let all = tags(page);
        let links = all.into_iter().filter_map(|tag| tag.get("href").map(str::to_owned));
        links.filter(|href| href.starts_with("/download?")).collect::<Vec<_>>()
    };
    let file = browser.get(&link(&page)[0]);
    assert!(file.body.starts_with("age-encryption.org/v1"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"hushwatt-backup-2026-11-21.age\""));
    let made = browser.submit("/settings", "export", &[("passphrase", PASSPHRASE)]);
    assert_eq!(link(&browser.follow(&made).body).len(), 2);
    let key = browser.submit("/settings", "view-key", &[("passphrase", PASSPHRASE)]);
    assert!(key.status == 200 && key.body.contains("hwview1played"));
}

#[test]
fn erasing_needs_the_word_and_the_passphrase_and_leaves_nothing() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let unsure = browser.submit("/settings", "erase", &[("sure", "yes"), ("passphrase", PASSPHRASE)]);
    assert!(browser.follow(&unsure).body.contains("id=\"erase-sure-error\""));
    let gone = browser.submit("/settings", "erase", &[("sure", "erase"), ("passphrase", PASSPHRASE)]);
    assert_eq!(gone.header("location"), Some("/"));
    assert_eq!(browser.get("/").header("location"), Some("/welcome"));
    assert!(browser.get("/welcome").body.contains("was erased"));
}

#[test]
fn contacts_and_meters_are_added() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let wrong = browser.submit("/contacts", "add-contact", &[("name", "Bert"), ("address", "nowhere")]);
    let page = browser.follow(&wrong).body;
    assert!(page.contains("id=\"add-contact-address-error\"") && page.contains("value=\"Bert\""));
    browser.submit("/contacts", "add-contact", &[("name", "Bert"), ("address", ADDRESS)]);
    assert_eq!(cabinet.played.contacts.lock().unwrap()[1].name, "Bert");
    let pay = browser.submit("/contacts", "pay-1", &[]);
    assert!(browser.follow(&pay).body.contains(">Bert</textarea>"));
    browser.submit("/contacts", "forget-0", &[]);
    assert_eq!(cabinet.played.contacts.lock().unwrap().len(), 1);
    let wrong = browser.submit("/meters", "pair", &[("code", "bitcoin:1")]);
    assert!(browser.follow(&wrong).body.contains("id=\"pair-code-error\""));
    let right = browser.submit("/meters", "pair", &[("code", "hwmeter1secret"), ("name", "Roof")]);
    let page = browser.follow(&right).body;
    assert!(page.contains("is paired") && !page.contains("hwmeter1secret"));
    assert_eq!(*cabinet.played.codes.lock().unwrap(), ["hwmeter1secret"]);
}

#[test]
fn a_request_is_shown_in_plain_words_and_answered_as_it_was_shown() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    *cabinet.played.told.lock().unwrap() = Some(412_300);
    assert!(browser.get("/proofs").body.contains("href=\"/proofs/request\""));
    // What is no request is said where it was pasted.
    for wrong in [" ", "hushwatt:offer?"] {
        let answer = browser.submit("/proofs/request", "request", &[("request", wrong)]);
        assert!(browser.follow(&answer).body.contains("id=\"request-request-error\""), "{wrong}");
    }
    assert_eq!(browser.get("/proofs/request/review").header("location"), Some("/proofs/request"));
    for (request, words) in [
        (
            "energy",
            &["What meter 3 took from the grid from 1\u{a0}January 2026 to 31\u{a0}December 2026", "No single"][..],
        ),
        ("shared", &["What you sold to others of the community", "total only (Electricity)", "Which trades"]),
        ("payment", &["That you paid €450.00 to", "Which payment in the ledger was yours."]),
        ("received", &["That you were paid €450.00, and that the address is yours"]),
        ("delivery", &["How much you bought in the trade 02020202"]),
        ("reading", &["What meter 3 took from the grid in one interval", "that one value"]),
        (
            "bill",
            &[
                "What has to be paid for what meter 3 took",
                "41.9 ct/kWh, Mon-Fri 17:00-20:00 (&quot;&gt;&lt;script",
                "33.7 ct/kWh, at all other times (day)",
                "2.5 ct/kWh more above 350 kWh",
                "0.42 EUR/day and at least 5 EUR, plus 19 % tax",
                "No single",
            ],
        ),
        (
            "peak",
            &[
                "That meter 3 never took more than 4.5\u{a0}kWh an hour",
                "(Mon-Fri 17:00-20:00)",
                "never more than 412.3",
            ],
        ),
        ("balance", &["That you have at least €450.00, and not how much", "when each is spent", "at least €412.3"]),
    ] {
        let answer = browser.submit("/proofs/request", "request", &[("request", request)]);
        let body = browser.follow(&answer).body;
        let name = "compare the key with the one they gave you";
        for word in words.iter().chain(&["hwverify1qplayed", "412.3", "could have made it up", name]) {
            assert!(body.contains(word), "{word} in {body}");
        }
    }
    browser.submit("/settings", "general", &[("language", "de")]);
    let answer = browser.submit("/proofs/request", "request", &[("request", "energy")]);
    assert!(browser.follow(&answer).body.contains("Vergleich den Schlüssel mit dem, den du von der Stelle hast"));
    browser.submit("/settings", "general", &[("language", "en")]);
    let review = || {
        let answer = browser.submit("/proofs/request", "request", &[("request", "energy")]);
        answer.header("location").unwrap().to_owned()
    };
    // Nothing is told without the passphrase, nor another number than the one that was shown.
    let refused = browser.submit(&review(), "answer", &[("passphrase", "another")]);
    assert!(browser.follow(&refused).body.contains("aria-invalid=\"true\""));
    let changed = browser.submit(&review(), "answer", &[("passphrase", PASSPHRASE), ("told", "1 kWh")]);
    assert!(browser.follow(&changed).body.contains("What you would tell has changed meanwhile"));
    assert!(cabinet.played.answers.lock().unwrap().is_empty());
    let made = browser.submit(&review(), "answer", &[("passphrase", PASSPHRASE)]);
    let body = browser.follow(&made).body;
    assert!(
        body.contains("hushwatt audit check hushwatt-answer.json --node URL --request REQUEST --key KEY-FILE"),
        "{body}"
    );
    let link = tags(&body).into_iter().find(|tag| tag.get("id") == Some("proof-download")).unwrap();
    let file = browser.get(link.get("href").unwrap());
    assert_eq!((file.body.as_str(), file.header("content-type")), ("{\"answered\":true}", Some("application/json")));
    assert_eq!(*cabinet.played.answers.lock().unwrap(), ["energy"]);
    // What this wallet cannot prove has no button.
    *cabinet.played.told.lock().unwrap() = None;
    let body = browser.get(&review()).body;
    assert!(body.contains("id=\"request-refused\"") && !body.contains("id=\"answer\""), "{body}");
}
