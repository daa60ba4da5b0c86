//! A registrar's folder whose making was cut short, and what no making leaves.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use std::{
    fs,
    path::{Path, PathBuf},
};

use hushwatt_ledger::{
    genesis::Genesis,
    storage::{make_private_folder, write_private_file},
};
use hushwatt_registrar::{
    Registrar, RegistrarError,
    backups::{self, Restore, Rotation},
    folder::RegistrarFolder,
};
use hushwatt_vault::Strength;
use kit::{LATE, Office, START, details, open, sun};
use rand_core::OsRng;

fn names(folder: &RegistrarFolder) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn genesis(office: &Office) -> Genesis {
    Genesis::parse(office.genesis.bytes()).unwrap()
}

/// How far the writing of one file came: bytes of its draft, and whether they have the file's name too.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Draft(usize),
    Named,
}

const CUTS: [Cut; 4] = [Cut::Draft(0), Cut::Draft(7), Cut::Draft(usize::MAX), Cut::Named];

/// Leaves a private file as a writing does that is cut off. Two that ran at once leave two drafts.
fn cut_private(path: &Path, bytes: &[u8], cut: Cut) {
    let [draft, other] = ["new", "1.new"].map(|end| PathBuf::from(format!("{}.{end}", path.display())));
    let left = match cut {
        Cut::Draft(left) => left.min(bytes.len()),
        Cut::Named => bytes.len(),
    };
    for draft in [&draft, &other] {
        write_private_file(draft, &bytes[..left]).unwrap();
    }
    if matches!(cut, Cut::Named) {
        fs::hard_link(&draft, path).unwrap();
    }
}

/// Every folder that an `init` which is cut short leaves, made of a whole one: the states between its steps, told apart by a text.
fn cut_short(whole: &RegistrarFolder, place: &Path) -> Vec<(String, RegistrarFolder)> {
    let mut states = Vec::new();
    let mut state = |what: String, make: &dyn Fn(&RegistrarFolder)| {
        let folder = RegistrarFolder::at(&place.join(states.len().to_string()));
        make(&folder);
        states.push((what, folder));
    };
    let (key, genesis) = (fs::read(whole.key_file()).unwrap(), fs::read(whole.genesis_file()).unwrap());
    let register = fs::read(whole.register_file()).unwrap();
    let made = |folder: &RegistrarFolder| make_private_folder(folder.path()).unwrap();
    let with_key = |folder: &RegistrarFolder| {
        made(folder);
        write_private_file(&folder.key_file(), &key).unwrap();
    };
    let with_genesis = |folder: &RegistrarFolder| {
        with_key(folder);
        write_private_file(&folder.genesis_file(), &genesis).unwrap();
    };
    let locked = |folder: &RegistrarFolder| {
        with_genesis(folder);
        fs::write(folder.path().join("register.hwr.lock"), b"").unwrap();
    };
    state("no folder".to_owned(), &|_| {});
    state("an empty folder".to_owned(), &made);
    for cut in CUTS {
        state(format!("key {cut:?}"), &|folder| {
            made(folder);
            cut_private(&folder.key_file(), &key, cut);
        });
    }
    state("the key".to_owned(), &with_key);
    for cut in CUTS {
        state(format!("genesis {cut:?}"), &|folder| {
            with_key(folder);
            cut_private(&folder.genesis_file(), &genesis, cut);
        });
    }
    state("the genesis".to_owned(), &with_genesis);
    state("the lock".to_owned(), &locked);
    for is_named in [true, false] {
        for left in [None, Some(0), Some(7), Some(register.len())] {
            state(format!("register {is_named} {left:?}"), &|folder| {
                locked(folder);
                if is_named {
                    fs::write(folder.register_file(), b"").unwrap();
                }
                if let Some(left) = left {
                    fs::write(folder.path().join("register.hwr.saving"), &register[..left]).unwrap();
                }
            });
        }
    }
    states
}

const WHOLE: [&str; 4] = ["genesis.json", "register.hwr", "register.hwr.lock", "registrar.key"];

#[test]
fn an_init_that_was_cut_short_at_any_step_is_done_again_and_keeps_the_key() {
    let office = Office::new();
    let signer = office.open().signer();
    let mut kept = 0;
    for (what, folder) in cut_short(&office.folder(), &office.path("states")) {
        let has_key = folder.key_file().exists();
        kept += usize::from(has_key);
        assert!(!folder.has_register(), "{what}");
        folder.check_free(&office.genesis).unwrap();
        let made = Registrar::create(&folder, genesis(&office), &sun(), Strength::FOR_TESTS, &mut OsRng)
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(made.signer() == signer, has_key, "{what}");
        drop(made);
        assert_eq!(names(&folder), WHOLE, "{what}");
        assert!(folder.has_register() && open(&folder).people().is_empty(), "{what}");
        let again = Registrar::create(&folder, genesis(&office), &sun(), Strength::FOR_TESTS, &mut OsRng);
        assert!(matches!(again, Err(RegistrarError::NotEmpty { .. })), "{what}");
    }
    assert!(kept > 10);
}

#[test]
fn a_backup_is_restored_into_a_folder_whose_making_was_cut_short() {
    let office = Office::new();
    let mut registrar = office.open();
    registrar.add(details("Anna"), START, &mut OsRng).unwrap();
    let rotation = Rotation { keep: 1, days: None };
    let to = office.path("backups");
    let made = backups::make(&mut registrar, &to, &sun(), Strength::FOR_TESTS, rotation, LATE).unwrap().made;
    drop(registrar);
    for (what, folder) in cut_short(&office.folder(), &office.path("states")) {
        let restore = Restore {
            folder: &folder,
            genesis: genesis(&office),
            backup: &made,
            backup_passphrase: &sun(),
            receipts: None,
            passphrase: &sun(),
            strength: Strength::FOR_TESTS,
        };
        let (registrar, restored) =
            backups::restore(restore, &mut OsRng).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(restored.people, 1, "{what}");
        drop(registrar);
        assert_eq!(names(&folder), WHOLE, "{what}");
        assert_eq!(open(&folder).people()[0].details.name, "Anna", "{what}");
    }
}

#[test]
fn what_no_init_leaves_is_in_the_way_and_stays() {
    let office = Office::new();
    let names = [
        "diary",
        "genesis.json",
        "genesis.json.old",
        "registrar.key.x.new",
        "registrar.key.new/",
        "register.hwr",
        "register.hwr.retired",
        "register.hwr.saving/",
        "register.hwr.new",
    ];
    for (number, name) in names.into_iter().enumerate() {
        let folder = RegistrarFolder::at(&office.path(&number.to_string()));
        let path = folder.path().join(name);
        fs::create_dir_all(if name.ends_with('/') { &path } else { path.parent().unwrap() }).unwrap();
        if !name.ends_with('/') {
            fs::write(&path, b"somebody's").unwrap();
        }
        let made = Registrar::create(&folder, genesis(&office), &sun(), Strength::FOR_TESTS, &mut OsRng);
        let entry = name.trim_end_matches('/');
        assert!(matches!(made, Err(RegistrarError::NotEmpty { entry: found, .. }) if found == entry), "{name}");
        assert!(path.exists() && !folder.key_file().exists(), "{name}: nothing was written");
    }
}
