//! Files are strict: one thing means one thing, and nothing in them goes unread.

use hushwatt_audits::allocation::{Allocation, FileError, Openings, SharingKey, Slip};
use serde_json::{Value, json};

use crate::story::{Story, key, key_text};

fn with(text: &str, pointer: &str, new: Value) -> String {
    let mut file: Value = serde_json::from_str(text).unwrap();
    *file.pointer_mut(pointer).unwrap() = new;
    file.to_string()
}

#[test]
fn what_is_no_key_is_refused() {
    let text = key_text("static", "interval");
    let refused = |text: &str| SharingKey::from_toml(text).unwrap_err();
    for (from, to, why) in [
        ("333334", "333333", "do not add up"),
        (", share_ppm = 333334", "", "of every member"),
        ("\"static\"", "\"dynamic\"", "has no shares"),
        ("meter = 2,", "meter = 1,", "named twice"),
        ("[0, 1]", "[0, 0]", "named twice"),
        ("[0, 1]", "[]", "producers"),
        ("\"Stromgasse\"", "\"\"", "have names"),
    ] {
        let error = refused(&text.replace(from, to));
        assert!(matches!(&error, FileError::Key(_)) && error.to_string().contains(why), "{to}: {error}");
    }
    assert!(matches!(refused(&text.replace("Stromgasse", "a\\u202e")), FileError::Text { .. }));
    for broken in [text.replace("rule", "rul"), format!("{text}more = 1\n"), text.replace("\"static\"", "\"fair\"")] {
        assert!(matches!(refused(&broken), FileError::Syntax(_)));
    }
    let members: Vec<String> = (0..101).map(|meter| format!("{{ meter = {meter} }}")).collect();
    let many = format!("members = [{}]", members.join(", "));
    let at = key_text("dynamic", "interval");
    let at = &at[..at.find("members").unwrap()];
    assert!(refused(&format!("{at}{many}")).to_string().contains("1 to 100 members"));
}

#[test]
fn what_is_no_allocation_slip_or_opening_is_refused() {
    let story = Story::tell();
    let (allocation, slips) = story.allocate(&key("dynamic", "window"));
    let text = allocation.to_json().unwrap();
    let refused = |pointer: &str, new: Value| {
        let read = Allocation::from_json(with(&text, pointer, new).as_bytes());
        read.err().unwrap_or_else(|| panic!("{pointer} is accepted"))
    };
    assert!(matches!(refused("/format", json!("hushwatt allocation 2")), FileError::Format { .. }));
    for pointer in ["/network", "/shared/0/proof", "/shared/0/allocations/0"] {
        assert!(matches!(refused(pointer, json!("AB")), FileError::Field { .. }), "{pointer}");
    }
    for (pointer, new) in [
        ("/shared/0/allocations/0", json!("00".repeat(32))),
        ("/shared/0/allocations", json!([])),
        ("/shared/0/period", json!(0)),
        ("/shared/0/period", json!(allocation.shared[1].period.0)),
        ("/until", json!(allocation.from.0)),
        ("/until", json!(allocation.from.0 + 4000)),
        ("/until", json!(u64::MAX)),
    ] {
        assert!(matches!(refused(pointer, new.clone()), FileError::Field { .. }), "{pointer} {new}");
    }
    assert!(matches!(refused("/key/members/0/meter", json!(2)), FileError::Key(_)));
    assert!(matches!(refused("/key", json!({})), FileError::Syntax(_)));

    let slip = slips[0].to_json().unwrap();
    for (pointer, new) in [
        ("/allocation", json!("ab")),
        ("/parts/0/opening/blinding", json!("ff".repeat(32))),
        ("/parts/0/opening/blinding", json!("AB".repeat(32))),
        ("/parts/0/opening/value", json!(-1)),
    ] {
        let error = Slip::from_json(with(&slip, pointer, new).as_bytes()).err().unwrap();
        assert!(!error.to_string().contains("ffff"), "a secret is not quoted: {error}");
    }
    let openings = &story.openings()[0];
    let file = openings.to_json().unwrap();
    let read = Openings::from_json(file.as_bytes()).unwrap();
    assert_eq!(*read.to_json().unwrap(), *file);
    for (pointer, new) in [
        ("/format", json!("hushwatt openings 0")),
        ("/readings/0/interval", json!(openings.from.0 + 1)),
        ("/readings/0/interval", json!(openings.from.0 - 1)),
        ("/made_for", json!("a\u{202e}b")),
    ] {
        assert!(Openings::from_json(with(&file, pointer, new).as_bytes()).is_err(), "{pointer}");
    }
}
