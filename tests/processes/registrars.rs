//! What the registrars do to change the validators, with the program.

use std::{fs, path::PathBuf};

use hushwatt_crypto::{hash::hex, signature::VerifyingKey};
use hushwatt_ledger::{block::Block, units::Epoch, validators::ValidatorSet};
use hushwatt_node::{
    client::ClientError,
    config::{KeyFile, KeyRole},
};

use crate::{
    bank::PIECE,
    town::{Town, hushwatt, patiently, text},
};

/// These validators from the next epoch on: written down, signed by two, handed in at a node. Waits until the change is in
/// force; gives the height from which on it is.
pub fn change(town: &Town, serial: u64, validators: &[VerifyingKey], at: usize) -> u64 {
    let file = town.folder.join(format!("change-{serial}.json"));
    let genesis = town.net.folder(at).join("genesis.json");
    let lines: Vec<String> = validators.iter().map(|key| format!("validator:{}", hex(key.as_bytes()))).collect();
    let (number, lines) = (serial.to_string(), lines.join(","));
    let new = ["node", "registry", "new", "--genesis", text(&genesis), "--serial", &number, "--validators", &lines];
    done(&[&new[..], &["--out", text(&file)]].concat());
    for (number, _) in town.registrars.iter().enumerate().take(2) {
        let key = key_file(town, number);
        done(&["node", "registry", "sign", "--key", text(&key), "--genesis", text(&genesis), text(&file)]);
    }
    let url = town.net.client(at).base().to_string();
    let epoch = patiently("a change of the validators is final", || {
        let told = done(&["node", "registry", "submit", "--url", &url, text(&file)]);
        let (_, epoch) = told.split_once("in force from epoch ")?;
        Some(epoch.split_once(' ').unwrap().0.parse::<u64>().unwrap())
    });
    let first = town.genesis.parameters.first_height(Epoch(epoch));
    town.reaches(at, first);
    first
}

fn done(arguments: &[&str]) -> String {
    let told = hushwatt(arguments);
    assert_eq!(told.code, Some(0), "{arguments:?}: {told:?}");
    told.out
}

fn key_file(town: &Town, registrar: usize) -> PathBuf {
    let path = town.folder.join(format!("registrar-{registrar}.key"));
    if !fs::exists(&path).unwrap() {
        let key = town.registrars[registrar].clone();
        KeyFile { role: KeyRole::Registrar, key }.write_new(&path).unwrap();
    }
    path
}

/// Waits until this validator's vote stands in a certificate from a height on, in which these are the validators.
pub fn votes(town: &Town, key: &VerifyingKey, validators: &[VerifyingKey], from: u64, at: usize) {
    let index = ValidatorSet::new(validators.to_vec()).unwrap().index_of(key).unwrap();
    patiently("a validator votes", || {
        let mut voted = false;
        let read = town.net.client(at).blocks(from, PIECE, |record| {
            let decoded = Block::decode_record(town.genesis.network(), &record.body, &record.certificate);
            let certificate = decoded.unwrap().1;
            voted |= certificate
                .is_some_and(|one| one.signatures.iter().any(|(signer, _)| usize::from(*signer) == usize::from(index)));
            Ok::<_, ClientError>(())
        });
        (read.is_ok() && voted).then_some(())
    });
}
