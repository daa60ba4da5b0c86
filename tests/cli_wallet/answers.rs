//! A verifier asks, a household looks and answers, and only who asked is convinced: with the real program on both sides.

use std::fs;

use hushwatt_crypto::designated::VerifierSecret;
use hushwatt_ledger::{
    disclosure::{Ask, Inquiry},
    units::{Credit, Timestamp, Window},
};
use rand_core::OsRng;
use serde_json::Value;

use crate::{
    support::{Purse, hushwatt, names, number, string, text},
    trade::pair,
    village::{Counted, Plan, Village},
};

/// Who asks, with a folder of his own.
struct Office {
    folder: tempfile::TempDir,
    network: String,
    url: String,
}

impl Office {
    fn new(village: &Village) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (network, url) = (village.genesis.network().to_string(), village.url());
        let office = Office { folder, network, url };
        let made = hushwatt(&[], &["audit", "disclosure-key", "--out", &office.path("office.key")]).ok();
        assert!(made.contains("Public:  hwverify1"), "{made}");
        let again = hushwatt(&[], &["audit", "disclosure-key", "--out", &office.path("office.key")]);
        assert!(again.code == 1 && again.err.contains("exists already"), "{again:?}");
        office
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn request(&self, kind: &[&str], file: &str, more: &[&str]) -> crate::support::Run {
        let (key, out) = (self.path("office.key"), self.path(file));
        let by = ["--network", &self.network, "--key", &key, "--name", "Tax office", "--purpose", "Tax return"];
        let rest = ["--expires", "2099-01-01", "--out", &out];
        hushwatt(&[], &[&["audit", "request"], kind, &by, &rest, more].concat())
    }

    fn check(&self, answer: &str, more: &[&str]) -> crate::support::Run {
        hushwatt(&[], &[&["audit", "check", answer, "--node", &self.url], more].concat())
    }
}

#[test]
fn a_tax_office_asks_for_totals_and_learns_no_more() {
    let mut village = Village::found(&Plan::default());
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    village.fund(&[(anna.address, Credit::from_euro(10)), (bert.address, Credit::from_euro(10))]);
    pair(&village, &anna, 0);
    pair(&village, &bert, 1);
    village.set_up_gateway(0, &anna.address);
    village.set_up_gateway(1, &bert.address);
    let window = Window(village.window().0 + 1);
    let start = village.genesis.parameters.window_start(window).0;
    let clock = format!("{:02}:00", start / 3600 % 24);
    let offered = anna.json(&["trade", "offer", "1.5", "--at", &clock, "--price", "0.18"]);
    bert.json(&["trade", "buy", string(&offered, "/link"), "--quantity", "1", "--yes", "--small-company"]);
    let counted = [Counted { home: 0, exported: 800, imported: 40 }, Counted { home: 1, exported: 0, imported: 900 }];
    village.attest(window, &counted);
    village.seal_energy(window);
    let contracts = anna.json(&["trade", "contracts", "--open"]);
    let contract = string(&contracts, "/0/id").to_owned();
    anna.json(&["trade", "deliver", "--yes", "--small-company"]);

    let office = Office::new(&village);
    let days = ["--from", "2026-06-16", "--until", "2026-06-17"];
    let shared = [&["shared", "--side", "sold"][..], &days].concat();
    let made = office.request(&shared, "shared.json", &["--json"]).json();
    assert_eq!(names(&made), ["expires", "file", "key", "link", "nonce"]);
    let request = office.path("shared.json");
    assert!(office.request(&shared, "shared.json", &[]).code == 1, "no request is replaced");

    // Anna looks, from the link and from the file, and nothing is told by that.
    for given in [string(&made, "/link"), &request] {
        let seen = anna.json(&["requests", "show", given]);
        assert_eq!(names(&seen), ["asks", "expires", "key", "kind", "learns", "purpose", "verifier"]);
        assert_eq!(
            string(&seen, "/asks"),
            "the electricity you sold to others of the community on 2026-06-16, total only"
        );
    }
    let words = anna.run(&["requests", "show", &request]).ok();
    for word in
        ["Tax office asks: the electricity you sold", "Tax return", "which contracts", "not convinced", "hwverify1"]
            .into_iter()
            .chain(["The name   is what whoever asks calls himself: compare the key with the one he gave you"])
    {
        assert!(words.contains(word), "{word} in\n{words}");
    }
    assert_eq!(anna.json(&["prove", "given"]), Value::Array(Vec::new()));

    // She is asked before anything is written, and then answers.
    let file = anna.path("answer.json");
    assert_eq!(anna.failed(&["answer", &request, "--out", text(&file)]), "needs_yes");
    assert!(!file.exists());
    let told = anna.json(&["answer", &request, "--yes", "--out", text(&file)]);
    assert_eq!(string(&told, "/verifier"), "Tax office");
    let tells = string(&told, "/tells");
    assert!(
        tells.contains("you sold to others of the community 0.8\u{a0}kWh in all, in one contract or order"),
        "{tells}"
    );
    assert_eq!(anna.failed(&["answer", &request, "--yes", "--out", text(&file)]), "write");
    assert_eq!(anna.json(&["prove", "given"])[0]["verifier"], Value::from("Tax office"));

    // The office is convinced; others are not, whatever they say.
    let answer = text(&file).to_owned();
    let key = office.path("office.key");
    let words = office.check(&answer, &["--request", &request, "--key", &key]).ok();
    assert!(
        words.contains("sold at least 0.800 kWh of electricity") && words.contains("this is the answer"),
        "{words}"
    );
    assert!(words.contains("THE PROOF HOLDS.\n") && !words.contains("WHOEVER ALONE HAS THE SECRET"), "{words}");
    // Who was handed both files is told what that is worth.
    let words = office.check(&answer, &["--request", &request]).ok();
    assert!(words.contains("WHOEVER ALONE HAS THE SECRET") && !words.contains("THE PROOF HOLDS.\n"), "{words}");
    let shown = office.check(&answer, &["--request", &request, "--json"]).json();
    assert_eq!((number(&shown, "/proven/total"), &shown["answers_request"]), (800, &Value::from(true)));
    assert_eq!(office.check(&answer, &["--key", string(&made, "/key")]).code, 0);
    let others = office.check(&answer, &["--verifier", "Tax office", "--nonce", string(&made, "/nonce")]);
    assert!(others.code == 1 && others.out.contains("PROVES NOTHING TO ANYBODY ELSE"), "{others:?}");

    // An old answer passes for no new request; what is no request is no judgement.
    assert_eq!(office.request(&shared, "again.json", &[]).code, 0);
    let replayed = office.check(&answer, &["--request", &office.path("again.json")]);
    assert!(replayed.code == 1 && replayed.out.contains("THIS IS NO ANSWER"), "{replayed:?}");
    let nothing = office.check(&answer, &["--request", &answer]);
    assert!(nothing.code == 3 && nothing.err.contains("not a request"), "{nothing:?}");

    // All other kinds of both sides.
    let clock = format!("2026-06-16T{clock}:00Z");
    let kinds: [(&Purse, Vec<&str>, &str); 5] = [
        (&anna, vec!["contract", &contract, "--side", "sold"], "delivered 0.800 kWh"),
        (&bert, vec!["contract", &contract, "--side", "bought"], "bought 0.800 kWh"),
        (&anna, vec!["reading", "0", "--at", &clock, "--side", "given"], "Meter 0 attested an export"),
        (&bert, [&["energy", "1"][..], &days].concat(), "Meter 1 took 0.900 kWh"),
        (&bert, [&["shared", "--side", "bought"][..], &days].concat(), "bought at least 0.800 kWh"),
    ];
    for (place, (purse, kind, expected)) in kinds.into_iter().enumerate() {
        let (asked, file) = (format!("{place}.json"), purse.path(&format!("answer-{place}.json")));
        office.request(&kind, &asked, &[]).ok();
        let asked = office.path(&asked);
        purse.json(&["answer", &asked, "--yes", "--out", text(&file)]);
        let words = office.check(text(&file), &["--request", &asked]).ok();
        assert!(words.contains(expected), "{expected} in\n{words}");
    }

    // The totals need no request either.
    let (energy, sold) = (bert.path("energy.json"), anna.path("sold.json"));
    let by = ["--time-zone", "Europe/Berlin", "--for", "Carla", "--nonce", "5"];
    bert.json(&[&["prove", "energy", "1", "--out", text(&energy)][..], &days, &by].concat());
    anna.json(&[&["prove", "shared", "--side", "sold", "--out", text(&sold)][..], &days, &by].concat());
    for (file, expected) in [(&energy, "Meter 1 took 0.900 kWh"), (&sold, "sold at least 0.800 kWh")] {
        let words = office.check(text(file), &["--verifier", "Carla", "--nonce", "5"]).ok();
        assert!(words.contains(expected), "{expected} in\n{words}");
    }
    assert_eq!(bert.failed(&[&["prove", "energy", "0"][..], &days, &by].concat()), "proof");
    assert_eq!(bert.failed(&[&["prove", "shared", "--utility", "heat"][..], &days, &by].concat()), "proof");

    // A request of somebody else's meter, an expired one, a changed one.
    office.request(&[&["energy", "0"][..], &days].concat(), "foreign.json", &[]).ok();
    let refused = bert.path("refused.json");
    let answer = |request: &str| bert.failed(&["answer", request, "--yes", "--out", text(&refused)]);
    assert_eq!(answer(&office.path("foreign.json")), "proof");
    let (network, secret) = (*village.genesis.network(), VerifierSecret::random(&mut OsRng).unwrap());
    let ask = Ask::PaymentMade { to: anna.address, amount: Credit::from_euro(1) };
    let old = Inquiry::new(network, ("Tax office", "rent"), Timestamp(start - 3600), ask, &secret, &mut OsRng).unwrap();
    assert_eq!(answer(&old.to_link().unwrap()), "request");
    let changed = fs::read_to_string(&request).unwrap().replace("Tax return", "Tax refund");
    fs::write(office.path("changed.json"), changed).unwrap();
    assert_eq!(answer(&office.path("changed.json")), "request");
    assert_eq!(answer(&office.path("none.json")), "read");
    assert!(!refused.exists());
}

/// A name for files, the command, what the household is shown, what it would tell, what the office reads.
type Kind<'a> = (&'a str, &'a [&'a str], [&'a str; 4], &'a str, &'a str);

#[test]
fn a_bill_a_peak_and_a_balance_convince_who_asked_and_nobody_else() {
    let mut village = Village::found(&Plan::default());
    let bert = Purse::new(&village);
    village.fund(&[(bert.address, Credit::from_euro(10))]);
    pair(&village, &bert, 1);
    village.set_up_gateway(1, &bert.address);
    let window = Window(village.window().0 + 1);
    village.attest(window, &[Counted { home: 1, exported: 0, imported: 900 }]);
    village.seal_energy(window);

    let office = Office::new(&village);
    let (tariff, dearer) = (bert.path("tariff.toml"), bert.path("dearer.toml"));
    bert.json(&["prove", "tariff-example", "--out", text(&tariff)]);
    fs::write(&dearer, fs::read_to_string(&tariff).unwrap().replace("5 EUR", "6 EUR")).unwrap();
    let days = ["--from", "2026-06-16", "--until", "2026-06-17"];
    let bill = [&["bill", "1", "--tariff", text(&tariff)][..], &days].concat();
    let hours = ["--hours", "Mon-Fri 0-24"];
    let peak = [&["peak", "1", "--limit", "1 kW"][..], &hours, &days].concat();
    let balance = vec!["balance", "7.50"];
    // What is asked, in the household's words; what it would tell; what the office then reads.
    let kinds: [Kind<'_>; 3] = [
        (
            "bill",
            &bill,
            [
                "what meter 1 has to pay on 2026-06-16",
                "41.9 ct/kWh Mon-Fri 17:00-20:00",
                "Price      33.7 ct/kWh at all",
                "19 %",
            ],
            "meter 1 has to pay €5.95 on 2026-06-16",
            "The electricity that meter 1 took comes to 5.95 EUR, tax included.",
        ),
        (
            "peak",
            &peak,
            [
                "that meter 1 never took from the grid more than 1\u{a0}kWh an hour",
                "Mon-Fri",
                "not how much",
                "no single",
            ],
            "meter 1 never took from the grid more than 1\u{a0}kWh an hour (Mon-Fri 00:00-24:00) on 2026-06-16",
            "Meter 1 never took more than 1.000 kW",
        ),
        (
            "balance",
            &balance,
            [
                "that you have at least €7.50, and not how much",
                "marks of the pieces",
                "when each is spent",
                "not convinced",
            ],
            "you have at least €7.50, in",
            "7.500000 EUR",
        ),
    ];
    for (name, kind, asks, tells, reads) in kinds {
        let (first, again) = (format!("{name}.json"), format!("{name}-again.json"));
        let made = office.request(kind, &first, &["--json"]).json();
        office.request(kind, &again, &[]).ok();
        let (request, again) = (office.path(&first), office.path(&again));
        for given in [string(&made, "/link"), &request] {
            let words = bert.run(&["requests", "show", given]).ok();
            asks.iter().for_each(|word| assert!(words.contains(word), "{word} in\n{words}"));
        }
        let file = bert.path(&format!("answer-{name}.json"));
        assert_eq!(bert.failed(&["answer", &request, "--out", text(&file)]), "needs_yes");
        let told = bert.json(&["answer", &request, "--yes", "--out", text(&file)]);
        assert!(string(&told, "/tells").contains(tells), "{tells} in {told}");
        let answer = text(&file);
        let words = office.check(answer, &["--request", &request]).ok();
        assert!(words.contains(reads) && words.contains("this is the answer"), "{reads} in\n{words}");
        // Nobody else is convinced, and no other request is answered by it.
        let others = office.check(answer, &["--verifier", "Tax office", "--nonce", string(&made, "/nonce")]);
        assert!(others.code == 1 && others.out.contains("PROVES NOTHING TO ANYBODY ELSE"), "{others:?}");
        let stranger = VerifierSecret::random(&mut OsRng).unwrap().key().encode();
        assert_eq!(office.check(answer, &["--key", &stranger]).code, 1);
        let replayed = office.check(answer, &["--request", &again]);
        assert!(replayed.code == 1 && replayed.out.contains("THIS IS NO ANSWER"), "{replayed:?}");
        // Changed on its way.
        let changed = bert.path(&format!("changed-{name}.json"));
        fs::write(&changed, fs::read_to_string(&file).unwrap().replace("Tax return", "Tax refund")).unwrap();
        assert_eq!(office.check(text(&changed), &["--request", &request]).code, 1);
    }
    // The request's tariff is the one that the answer must be by, and another one is refused.
    let (bill_request, answer) = (office.path("bill.json"), bert.path("answer-bill.json"));
    let shown = office.check(text(&answer), &["--request", &bill_request, "--json"]).json();
    assert_eq!((number(&shown, "/proven/gross_cents"), string(&shown, "/tariff/comparison")), (595, "same"));
    let other = ["--request", &bill_request, "--tariff", text(&dearer)];
    assert_eq!(office.check(text(&answer), &other).code, 1);
    // What is not so is not answered.
    let refused = bert.path("refused.json");
    let wrong: [(&str, Vec<&str>); 3] = [
        ("high.json", [&["peak", "1", "--limit", "800 W"][..], &days].concat()),
        ("rich.json", vec!["balance", "10.01"]),
        ("foreign.json", [&["bill", "0", "--tariff", text(&tariff)][..], &days].concat()),
    ];
    for (name, kind) in wrong {
        office.request(&kind, name, &[]).ok();
        assert_eq!(bert.failed(&["answer", &office.path(name), "--yes", "--out", text(&refused)]), "proof", "{name}");
    }
    assert!(!refused.exists());
    let bad = office.request(&[&["bill", "1", "--tariff", &bill_request][..], &days].concat(), "bad.json", &[]);
    assert!(bad.code == 1 && bad.err.contains("is not a tariff"), "{bad:?}");
}

#[test]
fn a_payment_is_asked_for_by_address_and_amount() {
    let mut village = Village::found(&Plan::default());
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    village.fund(&[(anna.address, Credit::from_euro(10)), (bert.address, Credit::from_euro(10))]);
    let address = string(&bert.json(&["address"]), "/address").to_owned();
    anna.json(&["send", &address, "2.50", "--yes", "--small-company"]);
    village.settle();
    bert.json(&["balance"]);
    let office = Office::new(&village);
    for (purse, kind, expected) in [
        (&anna, "payment-made", "Whoever made this proof paid 2.500000 EUR to"),
        (&bert, "payment-received", "was paid 2.500000 EUR at his own address"),
    ] {
        let (name, file) = (format!("{kind}.json"), purse.path("answer.json"));
        office.request(&[kind, &address, "2.50"], &name, &[]).ok();
        purse.json(&["answer", &office.path(&name), "--yes", "--out", text(&file)]);
        let words = office.check(text(&file), &["--request", &office.path(&name)]).ok();
        assert!(words.contains(expected), "{expected} in\n{words}");
    }
    office.request(&["payment-made", &address, "2.51"], "more.json", &[]).ok();
    let out = anna.path("more.json");
    assert_eq!(anna.failed(&["answer", &office.path("more.json"), "--yes", "--out", text(&out)]), "proof");
    let wrong = office.request(&["payment-made", "hw1nonsense", "2.50"], "wrong.json", &[]);
    assert!(wrong.code == 1 && wrong.err.contains("the address is none of that network"), "{wrong:?}");
    let past = ["--expires", "2020-01-01", "--out", &office.path("past.json")];
    let by = ["--network", &office.network, "--key", &office.path("office.key"), "--name", "a", "--purpose", "b"];
    let past = hushwatt(&[], &[&["audit", "request", "payment-made", &address, "1"], &by[..], &past].concat());
    assert!(past.code == 1 && past.err.contains("would have expired already"), "{past:?}");
}
