//! Requests for totals, from the terminal.

use hushwatt_ledger::parameters::{Parameters, TotalsParameters};

use crate::{
    support::{Purse, number},
    village::{Plan, Village},
};

#[test]
fn who_asked_for_totals_is_listed_and_sharing_for_them_is_a_setting() {
    let plan = Plan::default();
    let totals = Some(TotalsParameters::default());
    let village = Village::found(&Plan { parameters: Parameters { totals, ..plan.parameters }, ..plan });
    let anna = Purse::new(&village);
    let told = anna.run(&["totals"]).ok();
    assert!(told.contains("Nobody has asked for a total.\n\nThis wallet shares your sales for totals"), "{told}");
    let mine = anna.run(&["totals", "--mine"]).ok();
    assert!(mine.contains("Nobody has asked for a total that your meter is in."), "{mine}");
    let json = anna.json(&["totals"]);
    assert_eq!(
        (json["requests"].as_array().map(Vec::len), number(&json, "/own_sales/planned")),
        (Some(0), 0),
        "{json}"
    );
    assert_eq!(json["own_sales"]["allowed"].as_bool(), Some(true));

    assert!(anna.run(&["settings"]).ok().contains("shares sales for totals of the community's trades"));
    anna.run(&["settings", "set", "--share-totals", "no"]).ok();
    assert!(anna.run(&["settings"]).ok().contains("shares no sales for totals"));
    assert_eq!(anna.json(&["totals"])["own_sales"]["allowed"].as_bool(), Some(false));
    assert!(anna.run(&["totals"]).ok().contains("This wallet shares no sales for totals"));
}

#[test]
fn a_community_without_totals_says_so() {
    let village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    assert_eq!(anna.run(&["totals"]).ok().trim(), "Your community makes no totals.");
}
