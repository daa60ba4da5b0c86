//! What does not hold is refused, and why is said.

use hushwatt_audits::allocation::{AllocateError, Allocation, Period, SharingKey, SlipFlaw};
use hushwatt_crypto::{NetworkId, SecretScalar, commitment::Opening, meter::Register};
use hushwatt_ledger::units::{Interval, MeterId};

use crate::story::{Story, key, key_text};

/// The allocation as its file, changed.
fn changed(allocation: &Allocation, change: impl FnOnce(&mut serde_json::Value)) -> Allocation {
    let mut file: serde_json::Value = serde_json::from_str(&allocation.to_json().unwrap()).unwrap();
    change(&mut file);
    Allocation::from_json(file.to_string().as_bytes()).unwrap()
}

#[test]
fn a_changed_allocation_does_not_hold() {
    let story = Story::tell();
    let key = key("hybrid", "interval");
    let (allocation, slips) = story.allocate(&key);
    let fails = |allocation: &Allocation, what: &str| {
        let report = story.check(allocation, None, &key);
        assert!(!report.holds, "{what}: {report}");
        report
    };
    // One Wh from one member to another, with commitments that still add up.
    let unit = Opening::new(1, SecretScalar::zero()).commit();
    let mut moved = allocation.clone();
    let parts = &mut moved.shared[0].allocations;
    parts[0] = hushwatt_crypto::Element::new(parts[0].point() + unit.point());
    parts[1] = hushwatt_crypto::Element::new(parts[1].point() - unit.point());
    let report = fails(&moved, "moved");
    assert_eq!((report.not_holding.len(), report.periods_that_hold), (1, 7));
    assert_eq!(report.not_holding[0].from, report.from);
    // Two intervals' proofs swapped, two members' parts swapped, one interval under another's time.
    let swap = |field: &'static str| {
        changed(&allocation, |file| {
            let first = file["shared"][0][field].take();
            let second = file["shared"][1][field].take();
            (file["shared"][0][field], file["shared"][1][field]) = (second, first);
        })
    };
    assert_eq!(fails(&swap("proof"), "proofs swapped").not_holding.len(), 2);
    assert_eq!(fails(&swap("allocations"), "parts swapped").not_holding.len(), 2);
    let mut members = allocation.clone();
    members.shared[2].allocations.swap(0, 1);
    assert_eq!(fails(&members, "members swapped").not_holding.len(), 1);
    let mut other_time = allocation.clone();
    other_time.shared.remove(7);
    other_time.shared[6].period = Period(other_time.shared[6].period.0 + 1);
    let report = fails(&other_time, "another time");
    assert_eq!((report.not_holding.len(), report.left_out.len()), (1, 1));
    // An interval left out.
    let mut short = allocation.clone();
    short.shared.remove(3);
    let report = fails(&short, "left out");
    assert_eq!((report.not_holding.len(), report.left_out.len()), (0, 1));
    assert!(report.to_string().contains("LEFT OUT"), "{report}");
    let mut nothing = allocation.clone();
    nothing.shared.clear();
    assert_eq!(fails(&nothing, "nothing").left_out.len(), 8);
    // A slip of it is none of the changed one.
    assert_eq!(slips[0].opens(&moved), Err(SlipFlaw::OtherAllocation));
}

#[test]
fn another_key_is_refused_even_if_only_its_order_or_a_share_differs() {
    let story = Story::tell();
    let agreed = key("static", "interval");
    let (allocation, _) = story.allocate(&agreed);
    let others = [
        key_text("static", "interval").replace("333334", "333332").replacen("333333", "333335", 1),
        key_text("static", "interval").replace("producers = [0, 1]", "producers = [0]"),
        key_text("static", "interval").replace("producers = [0, 1]", "producers = [1, 0]"),
        key_text("static", "interval").replace("Stromgasse", "Wassergasse"),
        key_text("hybrid", "interval"),
    ];
    for other in others {
        let other = SharingKey::from_toml(&other).unwrap();
        // The file says the agreed key, whoever checks expects another.
        let report = story.check(&allocation, None, &other);
        assert!(!report.holds && report.not_holding.is_empty());
        assert!(report.to_string().contains("NOT FOR WHAT YOU ASKED"), "{report}");
        // The file says the other key.
        let mut lie = allocation.clone();
        lie.key = other.clone();
        let report = story.check(&lie, None, &other);
        assert_eq!((report.holds, report.not_holding.len()), (false, 8), "{report}");
    }
    let mut foreign = allocation.clone();
    foreign.network = NetworkId([7; 32]);
    let report = hushwatt_audits::allocation::check(
        &foreign,
        None,
        &story.facts(&allocation),
        &hushwatt_audits::allocation::Expected { network: Some(*story.world.network()), key: None },
        &mut hushwatt_audits::NoProgress,
    );
    assert!(!report.holds);
}

#[test]
fn a_correction_ends_an_allocation_and_says_whose() {
    let mut story = Story::tell();
    let key = key("dynamic", "window");
    let (allocation, _) = story.allocate(&key);
    story.correct();
    let report = story.check(&allocation, None, &key);
    assert!(!report.holds);
    assert_eq!((report.periods_that_hold, report.not_holding.len()), (1, 1));
    assert_eq!(report.not_holding[0].posted_since, [2]);
    assert!(report.warnings.iter().any(|warning| warning.contains("made anew")));
    // Made anew it holds; with the old openings it cannot be made.
    let (anew, _) = story.allocate(&key);
    assert!(story.check(&anew, None, &key).holds);
    let old = Story::tell().openings();
    assert!(matches!(
        story.allocate_from(&key, &old),
        Err(AllocateError::WrongOpening { meter: MeterId(2), register: Register::Import, .. })
    ));
}

#[test]
fn what_members_gave_must_be_all_right_and_for_the_allocator() {
    let story = Story::tell();
    let (key, files) = (key("dynamic", "interval"), story.openings());
    let refused = |change: &dyn Fn(&mut Vec<hushwatt_audits::allocation::Openings>)| {
        let mut files = files.clone();
        change(&mut files);
        story.allocate_from(&key, &files).map(|_| ()).unwrap_err()
    };
    assert_eq!(refused(&|files| files.clear()), AllocateError::NoOpenings);
    assert_eq!(refused(&|files| drop(files.remove(1))), AllocateError::NoFile { meter: MeterId(1) });
    assert_eq!(refused(&|files| files.push(files[0].clone())), AllocateError::Twice(MeterId(0)));
    assert_eq!(refused(&|files| files[1].meter = MeterId(4)), AllocateError::NotInKey(MeterId(4)));
    assert!(matches!(refused(&|files| files[1].made_for.clear()), AllocateError::ForAnother { .. }));
    let foreign = refused(&|files| files[1].network = NetworkId([7; 32]));
    assert!(matches!(foreign, AllocateError::ForeignNetwork { meter: MeterId(1), .. }));
    assert_eq!(refused(&|files| files[1].until = files[1].from), AllocateError::NothingInCommon);
    let first = files[0].from;
    let lacking = refused(&|files| drop(files[2].readings.remove(&first)));
    assert_eq!(lacking, AllocateError::NoOpening { meter: MeterId(2), register: Register::Import, interval: first });
    let one_side = refused(&|files| files[0].readings.get_mut(&first).unwrap().export = None);
    assert_eq!(one_side, AllocateError::NoOpening { meter: MeterId(0), register: Register::Export, interval: first });
    let wrong = refused(&|files| {
        let opened = files[2].readings.get_mut(&first).unwrap();
        opened.import.as_mut().unwrap().value += 1;
    });
    assert_eq!(wrong, AllocateError::WrongOpening { meter: MeterId(2), register: Register::Import, interval: first });
    // What is not in the key's interest need not be given: only producers give what they gave.
    let mut less = files.clone();
    less[2].readings.values_mut().for_each(|opened| opened.export = None);
    assert!(story.allocate_from(&key, &less).is_ok());
    // Of the time that all files have in common only.
    let mut shorter = files.clone();
    shorter[1].until = Interval(first.0 + 3);
    assert_eq!(story.allocate_from(&key, &shorter).unwrap().0.shared.len(), 3);
    // A meter of another utility, or of none.
    for wrong in ["3", "9"] {
        let key =
            SharingKey::from_toml(&key_text("dynamic", "interval").replace("meter = 2 ", &format!("meter = {wrong} ")))
                .unwrap();
        let mut files = files.clone();
        files[2].meter = MeterId(wrong.parse().unwrap());
        assert!(matches!(story.allocate_from(&key, &files), Err(AllocateError::NoSuchMeter { .. })));
    }
}

#[test]
fn a_slip_opens_its_own_part_only() {
    let story = Story::tell();
    let (allocation, slips) = story.allocate(&key("dynamic", "window"));
    assert_eq!(slips[0].opens(&allocation), Ok(()));
    let flaw = |change: &dyn Fn(&mut hushwatt_audits::allocation::Slip)| {
        let mut slip = slips[0].clone();
        change(&mut slip);
        slip.opens(&allocation)
    };
    assert_eq!(flaw(&|slip| slip.meter = MeterId(2)), Err(SlipFlaw::Opening));
    assert_eq!(flaw(&|slip| slip.meter = MeterId(3)), Err(SlipFlaw::NoMember(MeterId(3))));
    assert_eq!(flaw(&|slip| slip.parts[1].1.value += 1), Err(SlipFlaw::Opening));
    assert_eq!(flaw(&|slip| drop(slip.parts.pop())), Err(SlipFlaw::Periods));
    assert_eq!(flaw(&|slip| slip.parts[1].0.0 += 1), Err(SlipFlaw::Periods));
    assert_eq!(flaw(&|slip| slip.allocation[0] ^= 1), Err(SlipFlaw::OtherAllocation));
    let mut wrong = slips[0].clone();
    wrong.parts[0].1.value += 1;
    let report = story.check(&allocation, Some(&wrong), &allocation.key.clone());
    assert!(!report.holds && report.slip.is_none() && report.to_string().contains("YOUR SLIP"));
}
