//! Readings past the retention: gone from the file with their keys, kept as sums by day, and the wallet goes on (protocol
//! section 9).

use std::collections::BTreeSet;

use hushwatt_crypto::meter::{DayKey, Register};
use hushwatt_ledger::{
    parameters::Parameters,
    transaction::Action,
    units::{Credit, MeterId, Timestamp, Window},
};
use hushwatt_wallet::{
    file::WalletFile,
    household::{AgentSettings, Household, ProofRequest, ProofSubject, SendRequest, Settings, views::HistoryFilter},
};

use crate::{
    scan::Needles,
    street::{ANNA, BERT, EURO, HOUR, Street, passphrase, total},
    support::{START, Setup},
};

const DAY: u64 = 86_400;
const METER: MeterId = MeterId(ANNA as u32);
/// Windows that are measured: three days of hours.
const WINDOWS: u64 = 72;

/// Three days of readings, every hour of which gave as much as its number says; the retention is three days too.
fn measured() -> (Street, Household) {
    let parameters = Parameters { retention: 3 * DAY, correction_term: 2 * DAY, ..Setup::default().parameters };
    let mut street = Street::of(&Setup { parameters, ..Setup::default() });
    let mut anna = street.household(ANNA, "anna");
    anna.pair(&street.pairing_code(ANNA), Some("roof")).unwrap();
    for hour in 0..WINDOWS {
        let end = street.community.genesis.parameters.window_end(street.window(hour));
        street.block_at(end);
        street.attest(gave(hour));
    }
    street.feed(&mut anna);
    (street, anna)
}

/// Given in each interval of an hour.
fn gave(hour: u64) -> u32 {
    7_100 + hour as u32
}

/// The measured hours of a day.
fn hours_of(street: &Street, day: u64) -> Vec<u64> {
    (0..WINDOWS).filter(|hour| street.start_of(street.window(*hour)).day() == START.day() + day).collect()
}

/// The keys of days, and the readings of hours as the file has them.
fn needles(street: &Street) -> Needles {
    let mut needles = Needles::default();
    let mut key = DayKey::from_bytes(START.day(), [50 + ANNA as u8; 32]);
    for day in 0..3 {
        needles.bytes(&format!("key of day {day}"), key.expose());
        key = key.next(street.community.genesis.network());
    }
    for hour in 0..WINDOWS {
        needles.text(&format!("hour {hour}"), &format!("[{},5]", gave(hour)));
    }
    needles
}

/// What whoever has the file and its passphrase finds in it.
fn found(street: &Street, needles: &Needles) -> BTreeSet<String> {
    let (_, bytes) = WalletFile::open(&street.path("anna"), &passphrase()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("content"), &bytes[..]).unwrap();
    needles.names_in(folder.path())
}

fn rows(household: &Household) -> usize {
    household.energy(Timestamp(0), Timestamp(u64::MAX)).len()
}

/// Two of the three days are past the retention.
fn two_days_later(street: &mut Street, anna: &mut Household) {
    street.block_at(START.plus(5 * DAY + HOUR));
    street.feed(anna);
}

#[test]
fn readings_past_the_retention_leave_the_file_with_their_keys_and_sums_by_day_stay() {
    let (mut street, mut anna) = measured();
    assert!(anna.forgettable_readings().is_empty());
    assert!(anna.forget_readings().unwrap().is_empty(), "nothing goes before its time");
    two_days_later(&mut street, &mut anna);
    anna.save().unwrap();
    let (history, money) = (anna.history(&HistoryFilter::default()), total(&anna));
    drop(anna);
    let needles = needles(&street);
    let hours: Vec<String> = (0..WINDOWS).map(|hour| format!("hour {hour}")).collect();
    let before = found(&street, &needles);
    assert!(hours.iter().all(|hour| before.contains(hour)) && before.contains("key of day 0"), "{before:?}");

    let mut anna = street.reopen("anna");
    let [first, second, third] = [0, 1, 2].map(|day| hours_of(&street, day));
    let due = anna.forgettable_readings();
    assert_eq!((due.windows, due.keys), (first.len() + second.len(), 1));
    assert_eq!(anna.forget_readings().unwrap(), due);
    drop(anna);
    let mut kept: BTreeSet<String> = third.iter().map(|hour| format!("hour {hour}")).collect();
    let later: Vec<u64> = (0..WINDOWS).filter(|hour| *hour > third[third.len() - 1]).collect();
    kept.extend(later.iter().map(|hour| format!("hour {hour}")));
    kept.insert("key of day 2".to_owned());
    assert_eq!(found(&street, &needles), kept);

    let anna = street.reopen("anna");
    assert_eq!(rows(&anna), WINDOWS as usize - first.len() - second.len());
    let days = anna.energy_by_day(Timestamp(0), Timestamp(u64::MAX));
    let sums: Vec<(u64, u64, u64)> =
        days.iter().map(|row| (row.start.day() - START.day(), row.exported, row.imported)).collect();
    let sum = |hours: &[u64]| hours.iter().map(|hour| 4 * u64::from(gave(*hour))).sum::<u64>();
    assert_eq!(sums, [(0, sum(&first), 20 * first.len() as u64), (1, sum(&second), 20 * second.len() as u64)]);
    assert_eq!((anna.history(&HistoryFilter::default()), total(&anna)), (history, money));
}

#[test]
fn what_is_kept_of_forgotten_readings_opens_the_sum_of_the_ledgers_commitments() {
    let (mut street, mut anna) = measured();
    two_days_later(&mut street, &mut anna);
    anna.forget_readings().unwrap();
    let until = START.day() + 2;
    let forgotten = |window: Window| street.start_of(window).day() < until;
    let attested = street.blocks.iter().flat_map(|next| &next.block.transactions);
    let own = attested.filter_map(|transaction| match transaction.action() {
        Action::Attest(attest) if attest.statement.meter == METER => Some(attest),
        _ => None,
    });
    let (mut exports, mut imports) = (Vec::new(), Vec::new());
    for attest in own {
        for (_, window) in attest.statement.indexed_windows().filter(|(window, _)| forgotten(*window)) {
            exports.extend(window.values().export.iter().map(|point| *point.point()));
            imports.extend(window.values().import.iter().map(|point| *point.point()));
        }
    }
    let sum = anna.forgotten_sum(METER).unwrap();
    let committed = exports.into_iter().reduce(|one, other| one + other).unwrap();
    assert_eq!(*sum.export.commit_point().unwrap().point(), committed);
    let committed = imports.into_iter().reduce(|one, other| one + other).unwrap();
    assert_eq!(*sum.import.commit_point().unwrap().point(), committed);
}

#[test]
fn a_wallet_that_forgot_reads_the_ledger_again_without_counting_twice_and_goes_on() {
    let (mut street, mut anna) = measured();
    two_days_later(&mut street, &mut anna);
    anna.forget_readings().unwrap();
    let (left, days) = (rows(&anna), anna.energy_by_day(Timestamp(0), Timestamp(u64::MAX)));
    anna.rescan().unwrap();
    street.feed(&mut anna);
    assert_eq!((rows(&anna), anna.energy_by_day(Timestamp(0), Timestamp(u64::MAX))), (left, days.clone()));
    // Paired again with the code of the first day: what was forgotten stays so.
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.feed(&mut anna);
    assert_eq!((rows(&anna), anna.energy_by_day(Timestamp(0), Timestamp(u64::MAX))), (left, days));
    assert!(anna.forget_readings().unwrap().keys == 1, "and that key goes with the next time");

    let forgotten = street.start_of(street.window(0));
    let kept = street.start_of(street.window(WINDOWS - 1));
    let prove = |anna: &mut Household, at| {
        let subject = ProofSubject::Reading { meter: METER, at, register: Register::Export };
        anna.prove(&ProofRequest {
            subject,
            verifier: "Carla".to_owned(),
            nonce: at.0.to_string(),
            purpose: String::new(),
        })
    };
    assert!(prove(&mut anna, forgotten).is_err());
    assert!(prove(&mut anna, kept).is_ok());
    let to = street.household(BERT, "bert").address();
    let request =
        SendRequest { to, amount: Credit(EURO), message: None, label: None, pieces: 1, allow_small_company: true };
    let before = total(&anna);
    anna.send(&request).unwrap();
    street.hand_in(&mut anna);
    assert_eq!(total(&anna), before - EURO);
}

#[test]
fn the_agent_forgets_by_itself_unless_it_is_told_not_to() {
    let (mut street, mut anna) = measured();
    two_days_later(&mut street, &mut anna);
    let settings = |forget| {
        let agent = AgentSettings { deliver: false, tidy: false, forget, ..AgentSettings::default() };
        Settings { agent, ..Settings::default() }
    };
    anna.set_settings(settings(false)).unwrap();
    assert!(anna.agent_step(&[]).actions.is_empty());
    assert_eq!(rows(&anna), WINDOWS as usize);
    anna.set_settings(settings(true)).unwrap();
    let work = anna.agent_step(&[]);
    assert_eq!(work.actions.len(), 1);
    assert!(work.actions[0].text.contains("past the retention") && !work.actions[0].failed);
    assert!(anna.agent_step(&[]).actions.is_empty());
    assert!(rows(&anna) < WINDOWS as usize);
    drop(anna);
    let stored = street.reopen("anna");
    assert!(stored.forgettable_readings().is_empty(), "it is in the file");
}
