//! What is right holds, for all rules, and is told in words and as data.

use hushwatt_audits::{
    NoProgress,
    allocation::{Allocation, Expected, Slip, check},
    check::Comparison,
};

use crate::story::{Story, key};

#[test]
fn every_rule_holds_for_intervals_and_for_windows() {
    let story = Story::tell();
    for rule in ["static", "dynamic", "hybrid", "priority"] {
        for (per, periods) in [("interval", 8), ("window", 2)] {
            let key = key(rule, per);
            let (allocation, slips) = story.allocate(&key);
            assert_eq!((allocation.shared.len(), slips.len()), (periods, 3));
            let read = Allocation::from_json(allocation.to_json().unwrap().as_bytes()).unwrap();
            assert_eq!(read, allocation);
            let report = story.check(&read, Some(&slips[0]), &key);
            assert!(report.holds, "{rule} {per}: {report}");
            assert_eq!((report.periods_that_hold, report.not_members.len()), (periods, 0));
            assert_eq!((report.network.comparison, report.agreed_key.comparison), (Comparison::Same, Comparison::Same));
        }
    }
}

#[test]
fn slips_add_up_to_what_the_key_gives_of_the_hours() {
    let story = Story::tell();
    // Hour by hour: 1013 and 500 Wh given; 401, 702 and 37 Wh taken, then 999, nothing known and 0.
    let expected = [("dynamic", [356 + 500, 624, 33]), ("priority", [401 + 500, 612, 0])];
    for (rule, expected) in expected {
        let key = key(rule, "window");
        let (allocation, slips) = story.allocate(&key);
        for (slip, expected) in slips.iter().zip(expected) {
            let slip = Slip::from_json(slip.to_json().unwrap().as_bytes()).unwrap();
            let shown = story.check(&allocation, Some(&slip), &key).slip.unwrap();
            assert_eq!((shown.meter, shown.allocated, shown.parts.len()), (slip.meter.0, expected, 2), "{rule}");
        }
    }
}

#[test]
fn a_gap_is_told_and_counts_as_zero() {
    let story = Story::tell();
    let key = key("dynamic", "interval");
    let (allocation, slips) = story.allocate(&key);
    let report = story.check(&allocation, Some(&slips[1]), &key);
    let gaps: Vec<(u32, usize)> = report.without_reading.iter().map(|gap| (gap.meter, gap.periods)).collect();
    assert_eq!(gaps, [(2, 4)]);
    let parts = report.slip.as_ref().unwrap().parts.clone();
    assert!(parts[..4].iter().all(|part| part.allocated > 0) && parts[4..].iter().all(|part| part.allocated == 0));
    let text = report.to_string();
    for word in ["THE ALLOCATION HOLDS", "Stromgasse", "Ms Huber", "meter 2 in 4 periods", "kWh", "(as you asked)"] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
}

#[test]
fn who_names_no_key_or_network_is_warned() {
    let story = Story::tell();
    let (allocation, _) = story.allocate(&key("priority", "window"));
    let report = check(&allocation, None, &story.facts(&allocation), &Expected::default(), &mut NoProgress);
    assert!(report.holds);
    let text = report.to_string();
    assert!(text.contains("--key") && text.contains("--network") && text.contains("(not compared)"), "{text}");
}
