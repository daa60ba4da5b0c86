//! Readings past the retention, from the terminal.

use std::{fs, thread, time::Duration};

use crate::{
    support::{Purse, number},
    trade::pair,
    village::{Counted, Plan, Village},
};

/// A village in which the first window of Anna's meter was attested.
fn attested() -> (Village, Purse) {
    let mut village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    pair(&village, &anna, 0);
    village.set_up_gateway(0, &anna.address);
    let window = village.genesis.first_window();
    village.attest(window, &[Counted { home: 0, exported: 800, imported: 40 }]);
    (village, anna)
}

/// A day more than that window is kept.
fn pass_retention(village: &mut Village) {
    let (window, parameters) = (village.genesis.first_window(), &village.genesis.parameters);
    let past = parameters.window_end(window).plus(parameters.retention + 86_400);
    village.to(past);
}

#[test]
fn readings_past_the_retention_are_listed_deleted_when_that_is_confirmed_and_shown_by_day() {
    let (mut village, anna) = attested();
    assert_eq!(anna.run(&["forget", "--dry-run"]).ok().trim(), "Nothing is past the retention.");
    assert_eq!(anna.json(&["energy", "--all"]).as_array().map(Vec::len), Some(1));

    pass_retention(&mut village);
    let listed = anna.json(&["forget", "--dry-run"]);
    assert_eq!((number(&listed, "/windows"), listed["deleted"].as_bool()), (1, Some(false)), "{listed}");
    assert_eq!(anna.failed(&["forget"]), "needs_yes");
    assert_eq!(number(&anna.json(&["forget", "--dry-run"]), "/windows"), 1);
    let told = anna.json(&["forget", "--yes"]);
    assert_eq!((number(&told, "/windows"), number(&told, "/keys"), told["deleted"].as_bool()), (1, 1, Some(true)));
    let energy = anna.json(&["energy", "--all"]);
    assert_eq!((number(&energy, "/0/exported"), number(&energy, "/0/imported")), (800, 40), "{energy}");
    assert_eq!(number(&energy, "/0/day_start_time") % 86_400, 0);
    assert!(anna.run(&["energy", "--all"]).ok().contains("By day, since the readings were deleted"));
    assert_eq!(anna.run(&["forget", "--yes"]).ok().trim(), "Nothing is past the retention.");
    let settings = anna.run(&["settings"]).ok();
    assert!(settings.contains("deletes readings that are past the retention"), "{settings}");
    anna.run(&["settings", "set", "--forget-readings", "no"]).ok();
    assert!(anna.run(&["settings"]).ok().contains("keeps all readings"));
}

/// The wallet file is the one of before or the one after, and the next call does what is left to do.
#[test]
fn killed_with_minus_nine_forgetting_goes_on_with_the_next_call() {
    let (mut village, anna) = attested();
    anna.json(&["energy", "--all"]);
    pass_retention(&mut village);
    assert_eq!(number(&anna.json(&["forget", "--dry-run"]), "/windows"), 1);
    let before = fs::read(anna.file()).unwrap();
    let (mut killed, mut was_there) = (0, 0);
    for step in 0..8 {
        fs::write(anna.file(), &before).unwrap();
        let mut child = anna.start(&["forget", "--yes", "--json"]);
        thread::sleep(Duration::from_millis(25 * step));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        let left = number(&anna.json(&["forget", "--yes"]), "/windows");
        was_there += u32::from(left == 1);
        assert_eq!(anna.run(&["forget", "--dry-run"]).ok().trim(), "Nothing is past the retention.");
        let energy = anna.json(&["energy", "--all"]);
        assert_eq!((number(&energy, "/0/exported"), number(&energy, "/0/imported")), (800, 40), "{energy}");
    }
    assert!(killed > 0 && was_there > 0, "{killed} killed, {was_there} before it was done");
}
