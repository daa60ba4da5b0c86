//! Requests: read back as they were made, refused when anything in them was changed, and answered by nothing else.

use hushwatt_crypto::{NetworkId, address::Address, designated::VerifierSecret, meter::Register};
use hushwatt_ledger::{
    disclosure::{
        Ask, Calendar, Claim, Day, Hours, Inquiry, InquiryError, MAX_INQUIRY_BYTES, Party, Period, Statement, Tariff,
    },
    transaction::open::ContractId,
    units::{Credit, MeterId, Timestamp, Utility},
};
use serde_json::{Value, json};

use crate::{
    kit::{ANNA, BERT},
    scene::{Scene, rng, scene, verifier},
};

fn file(inquiry: &Inquiry) -> Value {
    serde_json::from_str(&inquiry.to_json().unwrap()).unwrap()
}

/// As a wallet of the story's network sees it.
fn verdict(scene: &Scene, file: &Value) -> Result<(), InquiryError> {
    Inquiry::from_json(file.to_string().as_bytes())?.accept(scene.world.network(), scene.world.now())
}

#[test]
fn a_request_reads_back_as_file_and_as_link() {
    let scene = scene();
    for (inquiry, _) in scene.answers() {
        let text = inquiry.to_json().unwrap();
        assert_eq!(Inquiry::from_json(text.as_bytes()).unwrap(), inquiry);
        let link = inquiry.to_link().unwrap();
        assert!(Inquiry::is_link(&link) && !Inquiry::is_link(&text));
        assert!(link.starts_with("hushwatt:request?") && link.len() < 2_000, "{}", link.len());
        assert_eq!(Inquiry::from_link(&format!(" {link}\n")).unwrap(), inquiry);
        inquiry.accept(scene.world.network(), scene.world.now()).unwrap();
        assert_eq!(inquiry.audience().verifier(), "Finanzamt Köln");
        assert_eq!((inquiry.audience().nonce().len(), inquiry.key()), (32, verifier().key()));
    }
    for wrong in ["", "hushwatt:request?", "hushwatt:request?####", "hushwatt:offer?hwo1", "request"] {
        assert!(Inquiry::from_link(wrong).is_err(), "{wrong}");
    }
    let (first, _) = scene.answers().remove(0);
    let link = first.to_link().unwrap();
    for place in "hushwatt:request?".len()..link.len() {
        let mut letters = link.clone().into_bytes();
        letters[place] = if letters[place] == b'A' { b'B' } else { b'A' };
        let read = Inquiry::from_link(&String::from_utf8(letters).unwrap());
        let accepted = read.and_then(|read| read.accept(scene.world.network(), scene.world.now()));
        assert!(accepted.is_err(), "letter {place}");
    }
}

#[test]
fn a_tariff_that_no_request_holds_is_not_asked_about() {
    let scene = scene();
    // Sixteen zones, each but the last of 32 entries of hours.
    let entries = vec!["\"Mon,Tue,Wed,Thu,Fri 03:15-04:45\""; 32].join(", ");
    let zone = |number: usize| format!("{{ name = \"{number}\", price = \"1 ct/kWh\", hours = [{entries}] }},");
    let zones: String = (0..15).map(zone).collect();
    let text = format!(
        "format = \"hushwatt tariff 1\"\nname = \"Long\"\nutility = \"electricity\"\ntime_zone = \"Europe/Berlin\"\n\
         standing_charge = \"0 EUR/day\"\nminimum = \"0 EUR\"\nvat = \"0 %\"\n\
         zone = [{zones}{{ name = \"rest\", price = \"1 ct/kWh\" }}]\n"
    );
    let tariff = Tariff::from_toml(&text).unwrap();
    let period = Period::new(Day::parse("2025-06-15").unwrap(), Day::parse("2025-06-16").unwrap(), 1).unwrap();
    let ask = Ask::Bill { meter: MeterId(0), period, tariff };
    let network = *scene.world.network();
    let refused = Inquiry::new(network, ("a", "b"), Timestamp(9), ask, &verifier(), &mut rng(1)).unwrap_err();
    assert!(matches!(refused, InquiryError::TooLong));
}

#[test]
fn every_request_has_its_own_nonce() {
    let (scene, mut rng) = (scene(), rng(1));
    let ask = Ask::Delivery { contract: scene.contract, party: Party::Buyer };
    let mut nonces = [0; 8].map(|_| {
        let (network, secret) = (*scene.world.network(), verifier());
        let inquiry = Inquiry::new(network, ("a", "b"), Timestamp(9), ask.clone(), &secret, &mut rng).unwrap();
        inquiry.audience().nonce().to_owned()
    });
    nonces.sort();
    assert!(nonces.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn every_changed_field_of_a_request_is_found() {
    let scene = scene();
    let other_key = VerifierSecret::random(&mut rng(2)).unwrap().key().encode();
    let mut kinds = 0;
    for (inquiry, _) in scene.answers() {
        let good = file(&inquiry);
        verdict(&scene, &good).unwrap();
        let refused = |pointer: &str, new: Value| {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = new.clone();
            assert!(matches!(verdict(&scene, &bad), Err(InquiryError::Possession)), "{pointer}: {new}");
        };
        refused("/verifier", json!("Finanzamt Bonn"));
        refused("/nonce", json!("0"));
        refused("/purpose", json!("another purpose"));
        refused("/expires", json!(inquiry.expires().0 + 1));
        refused("/key", json!(other_key));
        refused("/possession/challenge", json!("01".to_owned() + &"00".repeat(31)));
        refused("/possession/response", json!("01".to_owned() + &"00".repeat(31)));
        let asks = good["asks"].as_object().unwrap();
        let (kind, fields) = asks.iter().next().unwrap();
        for (name, value) in fields.as_object().unwrap() {
            let new = match (name.as_str(), value) {
                ("address", _) => json!(scene.world.address(ANNA).encode(scene.world.network())),
                ("contract", _) => json!("07".repeat(32)),
                ("party", _) => json!("buyer"),
                ("register", Value::String(of)) if of == "import" => json!("export"),
                ("register", _) => json!("import"),
                ("utility", _) => json!("heat"),
                ("from", _) => json!("2025-06-14"),
                ("until", _) => json!("2025-06-17"),
                ("time_zone", _) => json!("Europe/Vienna"),
                ("hours", _) => json!([]),
                ("tariff", tariff) => {
                    let mut other = tariff.clone();
                    other["zone"][0]["price"] = json!("99.8 ct/kWh");
                    other
                }
                (_, Value::Number(number)) => json!(number.as_u64().unwrap() + 1),
                _ => panic!("{name} has no change in this test"),
            };
            refused(&format!("/asks/{kind}/{name}"), new);
            kinds += 1;
        }
    }
    assert_eq!(kinds, 31, "fields of all kinds");
    // The same fields, the other kind.
    let (inquiry, _) = scene.answers().remove(0);
    let mut bad = file(&inquiry);
    bad["asks"] = json!({ "payment_received": bad["asks"]["payment_made"] });
    assert!(matches!(verdict(&scene, &bad), Err(InquiryError::Possession)));
}

#[test]
fn an_expired_or_foreign_request_is_not_answered() {
    let scene = scene();
    let (inquiry, _) = scene.answers().remove(2);
    let own = *scene.world.network();
    inquiry.accept(&own, inquiry.expires()).unwrap();
    let late = inquiry.accept(&own, inquiry.expires().plus(1)).unwrap_err();
    assert!(matches!(late, InquiryError::Expired));
    let foreign = inquiry.accept(&NetworkId([7; 32]), scene.world.now()).unwrap_err();
    assert!(matches!(foreign, InquiryError::ForeignNetwork { asked, .. } if asked == own));
}

#[test]
fn what_is_no_request_is_refused_where_it_is_read() {
    let scene = scene();
    let good = file(&scene.answers().remove(4).0);
    let read = |file: &Value| Inquiry::from_json(file.to_string().as_bytes()).unwrap_err();
    for name in good.as_object().unwrap().keys() {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(name);
        assert!(matches!(read(&bad), InquiryError::Syntax(_)), "{name}");
    }
    let with = |pointer: &str, new: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = new;
        read(&bad)
    };
    let mut bad = good.clone();
    bad["more"] = json!(1);
    assert!(matches!(read(&bad), InquiryError::Syntax(_)));
    assert!(matches!(with("/format", json!("hushwatt request 2")), InquiryError::Format { .. }));
    assert!(matches!(with("/verifier", json!("")), InquiryError::Nameless));
    assert!(matches!(with("/purpose", json!("")), InquiryError::Nameless));
    assert!(matches!(with("/nonce", json!("")), InquiryError::Nameless));
    assert!(matches!(with("/purpose", json!("a\u{202e}")), InquiryError::Text { field: "purpose", .. }));
    assert!(matches!(with("/asks/energy/until", json!("2026-06-17")), InquiryError::Field(_)));
    assert!(matches!(with("/asks/energy/time_zone", json!("europe/berlin")), InquiryError::Field(_)));
    assert!(matches!(with("/possession/response", json!("ff".repeat(32))), InquiryError::Field(_)));
    assert!(matches!(with("/key", json!("hwverify1")), InquiryError::Field(_)));
    let long = vec![b' '; MAX_INQUIRY_BYTES + 1];
    assert!(matches!(Inquiry::from_json(&long), Err(InquiryError::TooLong)));
    assert!(matches!(Inquiry::from_json(b"\xff"), Err(InquiryError::Syntax(_))));
    let text = scene.answers().remove(4).0.to_json().unwrap();
    assert!((0..text.len()).all(|end| Inquiry::from_json(&text.as_bytes()[..end]).is_err()));
}

#[test]
fn an_answer_answers_its_own_request_only() {
    let scene = scene();
    let parameters = scene.world.parameters();
    let all = scene.answers();
    for (place, (inquiry, _)) in all.iter().enumerate() {
        for (other, (_, answer)) in all.iter().enumerate() {
            assert_eq!(inquiry.is_answered_by(answer.statement(), parameters), place == other);
        }
    }
    // A replay: the same question, another nonce. And all else that a request says.
    let (inquiry, answer) = &all[3];
    let again = Inquiry::new(
        *scene.world.network(),
        ("Finanzamt Köln", "support of 2026"),
        inquiry.expires(),
        inquiry.ask().clone(),
        &verifier(),
        &mut rng(3),
    )
    .unwrap();
    assert!(!again.is_answered_by(answer.statement(), parameters));
    let network = NetworkId([7; 32]);
    let foreign = Statement { network, ..answer.statement().clone() };
    assert!(!inquiry.is_answered_by(&foreign, parameters));
    // What was made without a request answers none.
    for plain in scene.all().iter().filter(|one| one.statement().audience.designation().is_none()) {
        assert!(!inquiry.is_answered_by(plain.statement(), parameters));
    }
}

#[test]
fn an_answer_is_about_exactly_what_was_asked() {
    let scene = scene();
    let parameters = scene.world.parameters();
    let claims: Vec<Claim> = scene.answers().iter().map(|(_, answer)| answer.statement().claim.clone()).collect();
    let start = parameters.window_start(scene.world.window(0));
    let (bert, anna): (Address, Address) = (scene.world.address(BERT), scene.world.address(ANNA));
    let amount = Credit(crate::scene::PAID);
    let (one, two) = (Day::parse("2025-06-15").unwrap(), Day::parse("2025-06-16").unwrap());
    let period = Period::new(one, two, 1).unwrap();
    let longer = Period::new(one, Day::parse("2025-06-17").unwrap(), 2).unwrap();
    let calendar = || Calendar::new("Europe/Berlin").unwrap();
    let vienna = || Calendar::new("Europe/Vienna").unwrap();
    let (meter, contract, electricity) = (MeterId(0), scene.contract, Utility::Electricity);
    let (export, import) = (Register::Export, Register::Import);
    let energy = |meter, register, period, calendar| Ask::Energy { meter, register, period, calendar };
    let shared = |party, utility, period, calendar| Ask::Shared { party, utility, period, calendar };
    let bill = |meter, period, tariff: &Tariff| Ask::Bill { meter, period, tariff: tariff.clone() };
    let peak = |meter, register, period, calendar, hours: &[Hours], limit| {
        let hours = hours.to_vec();
        Ask::Peak { meter, register, period, calendar, hours, limit }
    };
    let asked: Vec<Ask> = scene.answers().iter().map(|(inquiry, _)| inquiry.ask().clone()).collect();
    let tariff = asked.iter().find_map(|ask| if let Ask::Bill { tariff, .. } = ask { Some(tariff) } else { None });
    let tariff = tariff.unwrap().clone();
    let (hours, limit) = (vec![Hours::parse("Sun 3:15-4").unwrap()], 1_000);
    let nearly = [
        vec![Ask::PaymentMade { to: anna, amount }, Ask::PaymentMade { to: bert, amount: Credit(amount.0 + 1) }],
        vec![Ask::PaymentReceived { to: anna, amount }, Ask::PaymentReceived { to: bert, amount: Credit(1) }],
        vec![
            Ask::Delivery { contract: ContractId([7; 32]), party: Party::Seller },
            Ask::Delivery { contract, party: Party::Buyer },
        ],
        vec![
            Ask::Reading { meter: MeterId(1), at: start.plus(1000), register: export },
            Ask::Reading { meter, at: start.plus(899), register: export },
            Ask::Reading { meter, at: start.plus(1800), register: export },
            Ask::Reading { meter, at: start.plus(1000), register: import },
        ],
        vec![
            energy(MeterId(1), import, period, calendar()),
            energy(meter, export, period, calendar()),
            energy(meter, import, longer, calendar()),
            energy(meter, import, period, vienna()),
        ],
        vec![
            shared(Party::Buyer, electricity, period, calendar()),
            shared(Party::Seller, Utility::Water, period, calendar()),
            shared(Party::Seller, electricity, longer, calendar()),
            shared(Party::Seller, electricity, period, vienna()),
        ],
        vec![
            bill(MeterId(1), period, &tariff),
            bill(meter, longer, &tariff),
            bill(meter, period, &Tariff::from_toml(Tariff::EXAMPLE).unwrap()),
        ],
        vec![
            peak(MeterId(1), export, period, calendar(), &hours, limit),
            peak(meter, import, period, calendar(), &hours, limit),
            peak(meter, export, longer, calendar(), &hours, limit),
            peak(meter, export, period, vienna(), &hours, limit),
            peak(meter, export, period, calendar(), &[], limit),
            peak(meter, export, period, calendar(), &hours, limit + 1),
        ],
        vec![Ask::Balance { at_least: Credit(14_999_999) }, Ask::Balance { at_least: Credit(15_000_001) }],
    ];
    assert_eq!(nearly.len(), claims.len());
    for ((claim, wrong), (inquiry, _)) in claims.iter().zip(nearly).zip(scene.answers()) {
        assert!(inquiry.ask().fits(claim, parameters));
        assert_eq!(inquiry.ask().name(), claim.name());
        assert!(wrong.iter().all(|ask| !ask.fits(claim, parameters)), "{}", claim.name());
    }
    let whole = Ask::Reading { meter, at: start.plus(900), register: export };
    assert!(whole.fits(&claims[3], parameters), "any second of the interval");
}
