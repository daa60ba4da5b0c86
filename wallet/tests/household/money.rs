//! Paying: saved before it is seen, resumed after a crash, released when it is void, and what two copies of a wallet see.

use hushwatt_ledger::units::{Credit, Timestamp};
use hushwatt_wallet::household::{
    SendRequest,
    views::{BackupState, EntryState, HistoryFilter, HistoryKind, Waiting},
};

use crate::street::{ANNA, BERT, EURO, Street, available, total};

fn to(address: &str, amount: u64) -> SendRequest {
    SendRequest {
        to: address.to_owned(),
        amount: Credit(amount),
        message: Some("Danke für den Kuchen".to_owned()),
        label: Some("cake".to_owned()),
        pieces: 1,
        allow_small_company: false,
    }
}

#[test]
fn a_payment_arrives_and_both_sides_see_what_it_was() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    assert_eq!((total(&anna), available(&anna)), (80 * EURO, Credit(80 * EURO)));
    bert.add_contact("Anna", &anna.address()).unwrap();
    anna.add_contact("Bert", &bert.address()).unwrap();
    let prepared = anna.send(&to("Bert", 3 * EURO)).unwrap();
    assert_eq!(anna.state_of(&prepared.id), Some(EntryState::Prepared));
    assert!(prepared.hides_among >= 8, "it hides among {}", prepared.hides_among);
    let overview = anna.overview(Vec::new());
    assert!(overview.pending.iter().any(|one| one.reason == Waiting::OnItsWay), "{:?}", overview.pending);
    assert_eq!(overview.total, Credit(80 * EURO), "what is on its way still counts");

    assert_eq!(street.hand_in(&mut anna), 1);
    street.feed(&mut bert);
    assert_eq!(anna.state_of(&prepared.id), Some(EntryState::Final));
    assert_eq!((total(&anna), total(&bert)), (77 * EURO, 83 * EURO));
    let sent = &anna.history(&HistoryFilter::default())[0];
    assert_eq!((sent.kind, sent.amount, sent.state), (HistoryKind::Sent, -3_000_000, EntryState::Final));
    assert_eq!(sent.counterparty.as_deref(), Some("Bert"));
    assert_eq!((sent.label.as_deref(), sent.message.as_deref()), (Some("cake"), Some("Danke für den Kuchen")));
    let received = &bert.history(&HistoryFilter::default())[0];
    assert_eq!((received.kind, received.amount), (HistoryKind::Received, 3_000_000));
    assert_eq!(received.message.as_deref(), Some("Danke für den Kuchen"));
    assert_eq!(received.label, None, "labels are nobody else's");

    // It can be spent after the next settlement, and is told when that is.
    let waits = bert.overview(Vec::new());
    assert_eq!((waits.available, waits.pending_total), (Credit(80 * EURO), Credit(3 * EURO)));
    let expected = waits.pending[0].expected.unwrap();
    assert!(expected >= bert.now() && expected <= Timestamp(bert.now().0 + 700), "{expected:?}");

    let found = |text: &str| {
        let filter = HistoryFilter { text: Some(text.to_owned()), ..HistoryFilter::default() };
        anna.history(&filter).len()
    };
    assert_eq!((found("CAKE"), found("kuchen"), found("bert"), found("rent")), (1, 1, 1, 0));
}

#[test]
fn a_payment_that_was_saved_when_the_power_failed_is_handed_in_after_it() {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    let address = street.household(BERT, "bert").address();
    let prepared = anna.send(&to(&address, 3 * EURO)).unwrap();
    let bytes = anna.to_hand_in()[0].bytes.clone();
    drop(anna);

    let mut anna = street.reopen("anna");
    assert_eq!(anna.state_of(&prepared.id), Some(EntryState::Prepared));
    assert_eq!(anna.to_hand_in()[0].bytes, bytes, "the very same transaction, nothing is signed again");
    // Everything else is free, what it spends is not: another payment takes other money.
    let other = anna.send(&to(&address, 75 * EURO));
    assert!(other.is_err(), "ten euros are set aside, and one bucket's four pieces give at most forty");
    let other = anna.send(&to(&address, 30 * EURO)).unwrap();
    assert_ne!(other.id, prepared.id);
    assert_eq!(street.hand_in(&mut anna), 2);
    assert_eq!(anna.state_of(&prepared.id), Some(EntryState::Final));
    assert_eq!(anna.state_of(&other.id), Some(EntryState::Final));
    assert_eq!(total(&anna), 47 * EURO);
}

#[test]
fn a_payment_that_was_taken_before_the_power_failed_is_found_final() {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    let address = street.household(BERT, "bert").address();
    let prepared = anna.send(&to(&address, 3 * EURO)).unwrap();
    let mut copy = anna;
    street.hand_in(&mut copy);
    drop(copy);
    let mut anna = street.reopen("anna");
    street.feed(&mut anna);
    assert_eq!(anna.state_of(&prepared.id), Some(EntryState::Final));
    assert_eq!((total(&anna), anna.to_hand_in().len()), (77 * EURO, 0));
}

#[test]
fn a_payment_that_no_block_took_is_released_by_the_ledgers_time_and_not_before() {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    let address = street.household(BERT, "bert").address();
    let prepared = anna.send(&to(&address, 3 * EURO)).unwrap();
    street.block_at(prepared.valid_until);
    street.feed(&mut anna);
    assert_eq!(anna.state_of(&prepared.id), Some(EntryState::Prepared), "a block of this time could still take it");
    street.block_at(prepared.valid_until.plus(1));
    street.feed(&mut anna);
    assert_eq!(anna.state_of(&prepared.id), Some(EntryState::Released));
    assert_eq!((total(&anna), available(&anna)), (80 * EURO, Credit(80 * EURO)));
    let history = anna.history(&HistoryFilter::default());
    let entry = history.iter().find(|entry| entry.state == EntryState::Released).unwrap();
    assert_eq!((entry.kind, entry.amount), (HistoryKind::Sent, 0));
    assert!(entry.reason.as_deref().unwrap().contains("nothing was spent"));
    // And again: this time it is paid.
    anna.send(&to(&address, 3 * EURO)).unwrap();
    street.hand_in(&mut anna);
    assert_eq!(total(&anna), 77 * EURO);
}

#[test]
fn two_copies_of_a_wallet_do_not_harm_each_other() {
    let mut street = Street::new();
    let (mut here, mut there) = (street.household(ANNA, "here"), street.household(ANNA, "there"));
    let address = street.household(BERT, "bert").address();
    there.add_contact("Bert", &address).unwrap();
    let first = here.send(&to(&address, 3 * EURO)).unwrap();
    let second = there.send(&to(&address, 3 * EURO)).unwrap();
    assert_ne!(first.id, second.id);
    street.hand_in(&mut here);
    street.feed(&mut there);
    // Either they chose the same piece of money, and the second is void, or it can still be paid.
    match there.state_of(&second.id) {
        Some(EntryState::Released) => {
            let filter = HistoryFilter::default();
            let released =
                there.history(&filter).into_iter().find(|entry| entry.state == EntryState::Released).unwrap();
            assert!(released.reason.unwrap().contains("another copy"));
        }
        state => {
            assert_eq!(state, Some(EntryState::Prepared));
            street.hand_in(&mut there);
            street.feed(&mut here);
            assert_eq!(total(&here), 74 * EURO);
        }
    }
    assert_eq!((total(&here), available(&here)), (total(&there), available(&there)));
    // The other copy knows what was paid, and to whom if it knows the payee.
    let filter = HistoryFilter { kinds: vec![HistoryKind::Sent], ..HistoryFilter::default() };
    let seen = there.history(&filter).into_iter().rfind(|entry| entry.state == EntryState::Final).unwrap();
    assert_eq!((seen.amount, seen.counterparty.as_deref()), (-3_000_000, Some("Bert")));
}

#[test]
fn what_cannot_be_paid_is_refused_and_nothing_is_set_aside() {
    let street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    let address = street.household(BERT, "bert").address();
    for (request, kind) in [
        (to(&address, 0), "zero_amount"),
        (to(&address, 81 * EURO), "insufficient_money"),
        (to("Nobody", EURO), "address"),
        (SendRequest { message: Some("x".repeat(63)), ..to(&address, EURO) }, "too_long"),
    ] {
        assert_eq!(anna.send(&request).unwrap_err().kind(), kind);
    }
    assert_eq!((anna.to_hand_in().len(), available(&anna)), (0, Credit(80 * EURO)));
}

#[test]
fn money_is_split_and_merged_without_loss() {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    anna.split(false).unwrap();
    street.hand_in(&mut anna);
    street.next_settlement();
    street.feed(&mut anna);
    assert_eq!(total(&anna), 80 * EURO);
    let pieces = anna.wallet().notes().filter(|note| !note.spent && note.opening.value > 0).count();
    assert_eq!(pieces, 15);
    anna.merge(true).unwrap();
    street.hand_in(&mut anna);
    assert_eq!(total(&anna), 80 * EURO);
    assert_eq!(anna.history(&HistoryFilter::default())[0].kind, HistoryKind::Moved);
}

#[test]
fn the_backup_reminder_goes_from_words_to_file() {
    let street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    assert_eq!(anna.backup_state(), BackupState::Never, "who restores from words has them");
    anna.backup(&street.path("backup"), &crate::street::passphrase(), hushwatt_wallet::file::Strength::FOR_TESTS)
        .unwrap();
    assert_eq!(anna.backup_state(), BackupState::Recent { days: 0 });
}
