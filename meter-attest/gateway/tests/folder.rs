//! The folder of a gateway: whole or none, whatever a making left that was cut short.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{meter::DayKey, range::RangeBits, signature::SigningKey};
use hushwatt_gateway::{
    folder::{FolderError, GatewayFolder},
    keys::Keys,
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    storage::write_private_file,
    units::{Timestamp, Utility},
};
use zeroize::Zeroizing;

const START: u64 = 20_241 * 86_400;
const SETTINGS: &str = "meter = 0\n";

fn genesis() -> Genesis {
    let key = |byte| SigningKey::from_bytes(&[byte; 32]).verifying_key();
    let new = NewGenesis {
        time: Timestamp(START),
        simulated_time: true,
        parameters: Parameters::default(),
        validators: vec![key(1)],
        registrars: vec![key(4)],
        registrar_quorum: 1,
        treasury: key(2),
        operator: None,
        meters: vec![Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: key(7) }],
    };
    new.build().unwrap()
}

fn keys() -> Keys {
    let day = DayKey::from_bytes(START / 86_400, [9; 32]);
    Keys { signing: SigningKey::from_bytes(&[7; 32]), day, schedule: Zeroizing::new([4; 32]) }
}

fn create(folder: &Path) -> Result<(), FolderError> {
    GatewayFolder::at(folder).create(&genesis(), SETTINGS, &keys())
}

/// All paths below a folder, from it on.
fn below(folder: &Path, base: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        all.push(entry.path().strip_prefix(base).unwrap().to_path_buf());
        if entry.path().is_dir() {
            below(&entry.path(), base, all);
        }
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    below(folder, folder, &mut all);
    all.sort();
    all
}

/// A making that is cut short leaves what comes before some step, and of the next file a draft with any part of it.
#[test]
fn a_making_that_was_cut_short_is_made_again() {
    let place = tempfile::tempdir().unwrap();
    let model = place.path().join("model");
    create(&model).unwrap();
    let whole = listed(&model);
    let steps = ["keys", "state", "inbox/correct", "inbox/done", "inbox/refused", "gateway.toml", "genesis.json"];
    for done in 0..steps.len() {
        let folder = place.path().join(format!("cut-{done}"));
        fs::create_dir(&folder).unwrap();
        let make = |name: &str| {
            let from = model.join(name);
            if from.is_dir() {
                fs::create_dir_all(folder.join(name)).unwrap();
            } else {
                write_private_file(&folder.join(name), &fs::read(from).unwrap()).unwrap();
            }
        };
        steps[..done].iter().for_each(|name| make(name));
        if model.join(steps[done]).is_file() {
            let bytes = fs::read(model.join(steps[done])).unwrap();
            write_private_file(&folder.join(format!("{}.new", steps[done])), &bytes[..bytes.len() / 2]).unwrap();
        }
        create(&folder).unwrap();
        assert_eq!(listed(&folder), whole, "cut short before {}", steps[done]);
        assert_eq!(fs::read(folder.join("genesis.json")).unwrap(), genesis().bytes());
        assert!(GatewayFolder::at(&folder).keys().unwrap().signing.verifying_key() == keys().signing.verifying_key());
    }
}

#[test]
fn what_no_making_leaves_is_in_the_way() {
    let place = tempfile::tempdir().unwrap();
    let names =
        ["notes.txt", "genesis.json", "view", "state/journal-0", "inbox/june.csv", "gateway.toml", "keys.x.new"];
    for (number, name) in names.into_iter().enumerate() {
        let folder = place.path().join(number.to_string());
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "somebody's").unwrap();
        let refused = create(&folder).unwrap_err();
        let first = name.split('/').next().unwrap();
        assert!(matches!(&refused, FolderError::NotEmpty { entry, .. } if entry == first), "{name}: {refused}");
        assert!(!folder.join("keys").exists(), "{name}: nothing was written");
    }
}
