//! A member who left: when her time is over, nothing of her is in any byte of any file of the node, the gateway, the wallets and
//! the registrar, the chain audits, a new node takes it over, and the community goes on (protocol section 9). Until then the same
//! search finds everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use hushwatt::local_network::{LocalError, patiently};
use hushwatt_ledger::{
    block::Block,
    parameters::Parameters,
    transaction::{Action, hints::encode_hints},
    units::{Credit, Timestamp},
};
use hushwatt_vault::{FileError, Kind, KindText, Passphrase, SealedFile};
use hushwatt_wallet::file::WalletFile;

use crate::{
    curve::Curve,
    day::{Home, STILL, parameters, pass},
    office::Office,
    scan::Needles,
    slaves::Now,
    support::{PASSPHRASE, Purse, hushwatt, number, string, text},
    village::{Plan, START, Village},
};

const HOUR: u64 = 3_600;
/// Hours that are lived; energy of the second is traded.
const HOURS: u64 = 4;
const RETENTION: u64 = 40 * HOUR;
/// When she leaves: 17 June 2026, 0:00 UTC.
const END: Timestamp = Timestamp(1_781_654_400);
/// What Anna's registers show at first, and count in each hour and in the one after: numbers that nothing else is.
const REGISTERS: (u64, u64) = (812_345_678, 734_512_943);
const COUNTED: [(u64, u64); HOURS as usize + 1] =
    [(1_139, 2_311), (1_151, 2_333), (1_163, 2_339), (1_171, 2_341), (1_181, 2_347)];
/// Views that the consensus engine keeps, and some more.
const ENGINE: usize = 330;
const ANNA: usize = 0;
const BERT: usize = 1;

enum AnyRegister {}

impl Kind for AnyRegister {
    const TEXT: KindText = KindText { name: "hushwatt-register", called: "register of persons", remedy: "", close: "" };
}

/// All folders of the community, and what names Anna in them.
struct Everywhere {
    folders: BTreeMap<&'static str, PathBuf>,
    needles: Needles,
}

impl Everywhere {
    /// What is found in which folder: in the files as they are, and in what their owners can open of them.
    fn found(&self) -> BTreeSet<(&'static str, String)> {
        let mut found = BTreeSet::new();
        for (place, folder) in &self.folders {
            let opened = tempfile::tempdir().unwrap();
            open_all(folder, opened.path());
            for folder in [folder, opened.path()] {
                found.extend(self.needles.names_in(folder).into_iter().map(|name| (*place, name)));
            }
        }
        found
    }
}

/// Puts what encrypted files below a folder hold into files of another.
fn open_all(from: &Path, to: &Path) {
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            open_all(&entry.path(), to);
            continue;
        }
        // On a copy: opening locks, and cleans up beside the file.
        let place = tempfile::tempdir().unwrap();
        let copy = place.path().join("copy");
        if fs::copy(entry.path(), &copy).is_err() {
            continue;
        }
        let wallet = WalletFile::open(&copy, &passphrase).map(|(_, content)| content);
        let register = || SealedFile::<AnyRegister>::open(&copy, &passphrase).map(|(_, content)| content);
        match wallet.or_else(|_| register()) {
            Ok(content) => fs::write(to.join(entry.file_name()), &content[..]).unwrap(),
            Err(FileError::OtherKind { .. } | FileError::Damaged { .. }) => {}
            Err(other) => panic!("{}: {other}", entry.path().display()),
        }
    }
}

/// Whether a transaction moves money or energy, and so has hints for those that it goes to.
fn moves(action: &Action) -> bool {
    !matches!(action, Action::Attest(_) | Action::Mint(_))
}

/// The hints of what moves money or energy, of blocks after a height.
fn hints_since(village: &Village, height: u64, needles: &mut Needles) {
    for block in village.chain.iter().filter(|block| block.block.header.height > height) {
        let Block { header, transactions, .. } = &block.block;
        for (transaction, hints) in transactions.iter().zip(&block.hints) {
            if moves(transaction.action()) && !hints.is_empty() {
                needles.bytes("hints", &encode_hints(hints)[..48]);
            }
        }
        assert_eq!(transactions.len(), block.hints.len(), "block {}", header.height);
    }
}

#[test]
fn of_a_member_who_left_nothing_is_in_any_file_of_anybody() {
    let parameters = Parameters { correction_term: 0, delivery_term: 8 * HOUR, retention: RETENTION, ..parameters() };
    let mut village = Village::found(&Plan { parameters: parameters.clone(), ..Plan::default() });
    let first = parameters.window_start(village.genesis.first_window());
    let now = Now::default();
    now.set(START);
    let curve = |registers, counted: &[_]| Curve::through(first, HOUR, registers, counted).still_at_boundaries(STILL);
    let mut homes = vec![
        Home::set_up(&village, &now, ANNA, curve(REGISTERS, &COUNTED)),
        Home::set_up(&village, &now, BERT, curve((40_000, 70_000), &[(400, 0); HOURS as usize])),
    ];
    let euro = Credit::from_euro(10);
    village.fund(&[(homes[ANNA].purse.address, euro), (homes[BERT].purse.address, euro)]);
    let office = Office::new();
    office.init(&village);
    office.json(&["add", "--from", text(&office.path("anna.toml"))]);
    fs::remove_file(office.path("anna.toml")).unwrap();
    office.json(&["meter", "begin", "anna", "0", "--at", "2026-06-16"]);

    let mut needles = Needles::default();
    needles.bytes("reading key", homes[ANNA].keys.day.expose());
    needles.text("name", "Anna Sunshine").text("address", "Sonnenweg 1");
    for hour in 1..=HOURS {
        let (import, export) = homes[ANNA].curve.at(first.plus(hour * HOUR));
        needles.bytes("register", &import.to_le_bytes());
        needles.bytes("register", &export.to_le_bytes());
    }
    for (import, export) in &COUNTED[..HOURS as usize] {
        needles.text("reading", &format!("[{export},{import}]"));
    }

    // Anna sells, is paid, and pays.
    let before = village.chain.len() as u64;
    let (anna, bert) = (&homes[ANNA].purse, &homes[BERT].purse);
    let offered = anna.json(&["trade", "offer", "2", "--utility", "electricity", "--at", "06:00", "--price", "0.20"]);
    let id = &string(&offered, "/id")[..8];
    bert.json(&["trade", "buy", id, "--quantity", "1.5", "--yes", "--small-company"]);
    let to = bert.address.encode(village.genesis.network());
    anna.json(&["send", &to, "3.33", "--yes", "--small-company"]);
    for boundary in (0..=HOURS).map(|hour| first.plus(hour * HOUR)) {
        for time in [boundary.minus(10), boundary.plus(10)] {
            if time > village.now() {
                pass(&mut village, &now, &mut homes, time);
            }
        }
        if boundary > first {
            let window = parameters.window_at(boundary.minus(1));
            village.attest(window, &[]);
        }
    }
    let lived = first.plus(HOURS * HOUR);
    pass(&mut village, &now, &mut homes, lived.plus(1_300));
    for home in &mut homes {
        home.process.wait("all is on the ledger", |status| number(status, "/queue/next_window") >= lived.0);
    }
    let sealed = parameters.attest_until(parameters.window_at(first.plus(HOUR))).plus(1);
    if village.now() < sealed {
        pass(&mut village, &now, &mut homes, sealed);
    }
    let delivered = homes[ANNA].purse.json(&["trade", "deliver", "--yes", "--small-company"]);
    assert_eq!(string(&delivered, "/0/state"), "final", "{delivered}");
    village.settle();
    hints_since(&village, before, &mut needles);
    assert_eq!(homes[ANNA].purse.available(), 10_000_000 - 3_330_000 + 300_000);
    // Bert reads what he was paid while there are hints of it.
    assert_eq!(homes[BERT].purse.available(), 10_000_000 + 3_330_000 - 300_000);
    assert_eq!(homes[ANNA].purse.json(&["energy", "--all"]).as_array().map(Vec::len), Some(HOURS as usize));

    let folders = [
        ("node", village.net.folder(0).to_path_buf()),
        ("gateway", village.folder().join("roof")),
        ("wallet", homes[ANNA].purse.folder().to_path_buf()),
        ("wallet of another", homes[BERT].purse.folder().to_path_buf()),
        ("registrar", office.place.path().to_path_buf()),
        // Logs of gateways, and whatever else lies around.
        ("village", village.folder().to_path_buf()),
    ];
    let everywhere = Everywhere { folders: folders.into(), needles };
    let there = |found: &BTreeSet<(&'static str, String)>, place: &str| -> Vec<String> {
        found.iter().filter(|(at, _)| *at == place).map(|(_, name)| name.clone()).collect()
    };
    let found = everywhere.found();
    assert_eq!(there(&found, "node"), ["hints"]);
    assert_eq!(there(&found, "gateway"), ["reading key", "register"]);
    assert_eq!(there(&found, "wallet"), ["reading", "reading key"]);
    assert_eq!(there(&found, "registrar"), ["address", "name"]);

    // She leaves; nothing goes before its time.
    office.json(&["meter", "end", "anna", "0", "--at", "2026-06-17"]);
    let refused = office.failed(&["erase", "anna", "--node", &village.url(), "--yes"]);
    assert_eq!(refused, "open");
    let over = END.plus(RETENTION + 1);
    now.set(over);
    village.to(over);
    for home in &mut homes {
        home.process.wait("her days are on the ledger", |status| number(status, "/queue/next_window") >= END.0);
    }
    // A gateway forgets by days, and the register before a gap with the day in which the gap ended.
    for hour in [1, 25, 49, 50] {
        pass(&mut village, &now, &mut homes, over.plus(hour * HOUR));
    }
    homes[ANNA].purse.json(&["forget", "--yes"]);
    office.json(&["erase", "anna", "--node", &village.url(), "--yes"]);
    let node = village.net.folder(0).to_path_buf();
    hushwatt(&[], &["node", "forget", "--folder", text(&node)]).ok();

    // The wallet pays with what it has the openings of.
    let sent = homes[ANNA].purse.json(&["send", &to, "1.11", "--yes", "--small-company"]);
    assert_eq!(string(&sent, "/state"), "final");
    village.settle();
    assert_eq!(homes[BERT].purse.available(), 10_000_000 + 3_330_000 - 300_000 + 1_110_000);

    // The engine itself drops what it has of blocks that are so many views old.
    for _ in 0..ENGINE {
        village.step(30);
    }
    // A new node takes the whole chain over from one that forgot.
    let (genesis, folder) = (village.genesis.clone(), village.folder().join("new node"));
    let new = village.net.add_follower(&genesis, &folder).unwrap();
    village.net.start(new).unwrap();
    patiently::<(), LocalError>("the new node has the chain", || {
        let tips = [0, new].map(|place| village.net.client(place).status().map(|status| status.state_root));
        Ok(matches!(tips, [Ok(old), Ok(new)] if old == new).then_some(()))
    })
    .unwrap();

    // The last votes of a validator that stopped are its operator's to give up.
    let _purses: Vec<Purse> = homes.into_iter().map(Home::end).collect();
    village.net.stop_all().unwrap();
    hushwatt(&[], &["node", "forget", "--folder", text(&node), "--with-votes"]).ok();
    let files: Vec<_> = everywhere.folders.values().map(|folder| everywhere.needles.find(folder)).collect();
    assert_eq!(everywhere.found(), BTreeSet::new(), "{files:?}");
    let chain = village.folder().join("whole.hwl");
    hushwatt(&[], &["node", "export", "--folder", text(&node), "--out", text(&chain)]).ok();
    let network = village.genesis.network().to_string();
    hushwatt(&[], &["audit", "verify", text(&chain), "--network", &network]).ok();
}
