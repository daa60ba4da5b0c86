//! What the register has about a person, for people.

use hushwatt_ledger::units::Credit;
use hushwatt_registrar::person::Person;
use hushwatt_wallet::amount::{Locale, format_credit};

use crate::cli::{moments::moment, table::pairs};

/// Several lines: a name, and what belongs to it.
pub(super) fn of(person: &Person) -> String {
    let details = &person.details;
    let mut rows = vec![
        ("Case", person.case.to_string()),
        ("Name", details.name.clone()),
        ("Address", lines(&details.address)),
        ("E-mail", details.email.clone().unwrap_or_else(none)),
        ("Telephone", details.phone.clone().unwrap_or_else(none)),
        ("Since", moment(person.added)),
        ("Legal basis", details.basis.text().to_owned()),
    ];
    let consents: Vec<String> = person
        .consents
        .iter()
        .map(|consent| match consent.withdrawn {
            None => format!("{}, given {}", consent.purpose, moment(consent.given)),
            Some(time) => format!("{}, given {}, withdrawn {}", consent.purpose, moment(consent.given), moment(time)),
        })
        .collect();
    rows.push(("Consents", lines(&consents)));
    let meters: Vec<String> = person
        .meters
        .iter()
        .map(|link| match link.until {
            None => format!("meter {} since {}", link.meter, moment(link.from)),
            Some(until) => format!("meter {} from {} until {}", link.meter, moment(link.from), moment(until)),
        })
        .collect();
    rows.push(("Meters", lines(&meters)));
    let money: Vec<String> = person
        .money
        .iter()
        .map(|money| {
            let amount = format_credit(Locale::English, Credit(money.amount));
            let state = money.settled.map_or_else(|| "open".to_owned(), |time| format!("paid {}", moment(time)));
            format!("{} {}: {amount} for {}, {state}", money.kind.text(), money.number, money.text)
        })
        .collect();
    rows.push(("Money", lines(&money)));
    if let Some(restriction) = &person.restricted {
        rows.push(("Restricted", format!("{}, since {}", restriction.why, moment(restriction.since))));
    }
    pairs(&rows)
}

fn none() -> String {
    "none".to_owned()
}

fn lines(lines: &[String]) -> String {
    if lines.is_empty() { none() } else { lines.join("\n") }
}
