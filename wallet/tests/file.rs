//! Wallet files and backups as a user has them: on a real disk, damaged, foreign, locked, protected.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use hushwatt_wallet::file::{FileError, Passphrase, Strength, WalletFile, backup};
use tempfile::TempDir;

const CONTENT: &[u8] = b"ten euros in three notes";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

fn sun() -> Passphrase {
    passphrase("sun")
}

/// A folder with a wallet file, which is closed.
fn wallet() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ada.wallet");
    WalletFile::create_with(&path, &sun(), CONTENT, Strength::FOR_TESTS).unwrap();
    (folder, path)
}

/// A folder with a backup.
fn backed_up() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ada.age");
    backup::write_with(&path, &sun(), CONTENT, Strength::FOR_TESTS).unwrap();
    (folder, path)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn open_error(path: &Path) -> FileError {
    WalletFile::open(path, &sun()).unwrap_err()
}

/// Length of what comes before the contents: name and version, the length of the box, the box, its checksum.
fn head(file: &[u8]) -> usize {
    22 + usize::try_from(u32::from_le_bytes(file[18..22].try_into().unwrap())).unwrap() + 16
}

#[test]
fn what_was_saved_is_there_when_the_file_is_opened_again() {
    let (_folder, path) = wallet();
    for content in [&b""[..], &[7; 3], &[9; 300_000]] {
        let (mut file, _) = WalletFile::open(&path, &sun()).unwrap();
        file.save(b"in between").unwrap();
        file.save(content).unwrap();
        drop(file);
        assert_eq!(**WalletFile::open(&path, &sun()).unwrap().1, *content);
    }
}

#[test]
fn nothing_readable_is_in_the_file_and_two_saves_look_different() {
    let (_folder, path) = wallet();
    let (mut file, _) = WalletFile::open(&path, &sun()).unwrap();
    file.save(CONTENT).unwrap();
    let first = fs::read(&path).unwrap();
    file.save(CONTENT).unwrap();
    let second = fs::read(&path).unwrap();
    for secret in [CONTENT, b"AGE-SECRET-KEY", b"X25519 age1"] {
        assert!(!first.windows(secret.len()).any(|window| window == secret));
    }
    assert_ne!(first, second);
}

#[test]
fn another_passphrase_opens_nothing_and_says_so() {
    let (_folder, path) = wallet();
    for wrong in ["Sun", "sun ", "s", "sunn"] {
        let error = WalletFile::open(&path, &passphrase(wrong)).unwrap_err();
        assert!(matches!(error, FileError::WrongPassphrase { .. }), "{error}");
    }
    assert!(matches!(Passphrase::new(""), Err(FileError::EmptyPassphrase)));
    assert_eq!(format!("{:?}", sun()), "Passphrase(..)");
}

#[test]
fn a_file_cut_off_anywhere_is_damaged_and_stays_as_it_is() {
    let (_folder, path) = wallet();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = open_error(&path);
        assert!(matches!(error, FileError::Damaged { .. }), "{length}: {error}");
        assert_eq!(fs::read(&path).unwrap(), whole[..length]);
    }
}

#[test]
fn a_flipped_bit_anywhere_is_noticed_and_never_taken_for_a_wrong_passphrase() {
    let (_folder, path) = wallet();
    let whole = fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&path, &flipped).unwrap();
        let error = open_error(&path);
        let named = match place {
            // The format's name, its version, and its end.
            0..16 => matches!(error, FileError::OtherKind { .. }),
            16..18 => matches!(error, FileError::OtherVersion { .. } | FileError::OtherKind { .. }),
            _ => matches!(error, FileError::Damaged { .. }),
        };
        assert!(named, "byte {place}: {error}");
        assert_eq!(fs::read(&path).unwrap(), flipped);
    }
}

#[test]
fn bytes_after_the_end_are_damage() {
    let (_folder, path) = wallet();
    let mut longer = fs::read(&path).unwrap();
    longer.push(0);
    fs::write(&path, &longer).unwrap();
    assert!(matches!(open_error(&path), FileError::Damaged { .. }));
}

#[test]
fn the_head_of_one_wallet_does_not_open_the_contents_of_another() {
    let ((_a, first), (_b, second)) = (wallet(), wallet());
    let (one, two) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    fs::write(&first, [&one[..head(&one)], &one[head(&one)..]].concat()).unwrap();
    WalletFile::open(&first, &sun()).unwrap();
    fs::write(&first, [&one[..head(&one)], &two[head(&two)..]].concat()).unwrap();
    assert!(matches!(open_error(&first), FileError::Damaged { .. }));
}

#[test]
fn foreign_files_are_refused_and_neither_changed_nor_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("somebody's");
    let (_keep, backup) = backed_up();
    let age = fs::read(backup).unwrap();
    let foreign: [&[u8]; 6] = [
        b"\0",
        b"hello, world\n",
        b"hushwatt-wallets 1\n",
        b"hushwatt-wallet one\n",
        b"hushwatt-wallet 12345678901\n",
        &age,
    ];
    for bytes in foreign {
        fs::write(&path, bytes).unwrap();
        let error = open_error(&path);
        assert!(matches!(error, FileError::OtherKind { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(names(folder.path()), ["somebody's"]);
    }
    assert!(matches!(open_error(folder.path()), FileError::Io { .. }));
}

#[test]
fn a_file_of_a_later_version_is_named_as_such() {
    let (_folder, path) = wallet();
    let later = [b"hushwatt-wallet 2\n", &fs::read(&path).unwrap()[18..]].concat();
    fs::write(&path, &later).unwrap();
    let error = open_error(&path);
    assert!(matches!(&error, FileError::OtherVersion { found, known: 1, .. } if found == "2"), "{error}");
    assert!(error.to_string().contains("has format 2, this program reads format 1"));
    assert_eq!(fs::read(&path).unwrap(), later);
}

#[test]
fn a_missing_file_is_missing_and_opening_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(open_error(&folder.path().join("ada.wallet")), FileError::Missing { .. }));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn creating_overwrites_nothing_whatever_has_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("foreign"), "diary").unwrap();
    fs::write(path("empty"), "").unwrap();
    fs::create_dir(path("folder")).unwrap();
    symlink(path("nowhere"), path("link")).unwrap();
    for name in ["foreign", "empty", "folder", "link"] {
        let error = WalletFile::create_with(&path(name), &sun(), CONTENT, Strength::FOR_TESTS).unwrap_err();
        assert!(matches!(error, FileError::Exists { .. }), "{error}");
        let error = backup::write_with(&path(name), &sun(), CONTENT, Strength::FOR_TESTS).unwrap_err();
        assert!(matches!(error, FileError::Exists { .. }), "{error}");
    }
    assert_eq!(fs::read(path("foreign")).unwrap(), b"diary");
    assert_eq!(names(folder.path()), ["empty", "folder", "foreign", "link"]);
    let error = WalletFile::create_with(&path("no/such"), &sun(), CONTENT, Strength::FOR_TESTS).unwrap_err();
    assert!(error.to_string().contains("could not open the folder"), "{error}");
    assert!(WalletFile::create_with(Path::new("/"), &sun(), CONTENT, Strength::FOR_TESTS).is_err());
}

#[test]
fn files_are_readable_by_their_owner_only_also_after_a_save() {
    let (folder, path) = wallet();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (mut file, _) = WalletFile::open(&path, &sun()).unwrap();
    file.save(b"x").unwrap();
    backup::write_with(&folder.path().join("b.age"), &sun(), CONTENT, Strength::FOR_TESTS).unwrap();
    assert_eq!(names(folder.path()), ["ada.wallet", "ada.wallet.lock", "b.age"]);
    for name in names(folder.path()) {
        assert_eq!(folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn an_open_wallet_is_in_use_and_a_closed_one_is_free() {
    let (_folder, path) = wallet();
    let (file, _) = WalletFile::open(&path, &sun()).unwrap();
    assert!(matches!(open_error(&path), FileError::InUse { .. }));
    drop(file);
    drop(WalletFile::open(&path, &sun()).unwrap());
    // Somebody who got the passphrase wrong does not keep it locked.
    assert!(WalletFile::open(&path, &passphrase("wind")).is_err());
    WalletFile::open(&path, &sun()).unwrap();
}

#[test]
fn a_wallet_behind_a_link_is_locked_and_saved_where_it_lies() {
    let (folder, path) = wallet();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    let (mut file, _) = WalletFile::open(&link, &sun()).unwrap();
    assert!(matches!(open_error(&path), FileError::InUse { .. }));
    file.save(b"new").unwrap();
    drop(file);
    assert!(link.is_symlink() && !path.is_symlink());
    assert_eq!(**WalletFile::open(&path, &sun()).unwrap().1, *b"new");
}

#[test]
fn a_file_that_took_the_place_of_an_open_wallet_is_not_overwritten() {
    let ((_a, path), (_b, other)) = (wallet(), wallet());
    let (mut file, _) = WalletFile::open(&path, &sun()).unwrap();
    for replacement in [fs::read(&other).unwrap(), b"diary".to_vec(), Vec::new()] {
        fs::write(&path, &replacement).unwrap();
        assert!(matches!(file.save(b"new"), Err(FileError::Replaced { .. })));
        assert!(matches!(file.change_passphrase(&sun(), &passphrase("wind")), Err(FileError::Replaced { .. })));
        assert_eq!(fs::read(&path).unwrap(), replacement);
    }
    fs::remove_file(&path).unwrap();
    file.save(b"new").unwrap();
    drop(file);
    assert_eq!(**WalletFile::open(&path, &sun()).unwrap().1, *b"new");
}

#[test]
fn only_the_passphrase_of_the_file_passes_the_check() {
    let (_folder, path) = wallet();
    let (file, _) = WalletFile::open(&path, &sun()).unwrap();
    file.check_passphrase(&sun()).unwrap();
    assert!(matches!(file.check_passphrase(&passphrase("wind")), Err(FileError::WrongPassphrase { .. })));
}

#[test]
fn a_changed_passphrase_opens_later_files_and_the_old_one_only_earlier_ones() {
    let (_folder, path) = wallet();
    let earlier = fs::read(&path).unwrap();
    let (mut file, _) = WalletFile::open(&path, &sun()).unwrap();
    file.set_strength(Strength::FOR_TESTS);
    let wind = passphrase("wind");
    assert!(matches!(file.change_passphrase(&wind, &wind), Err(FileError::WrongPassphrase { .. })));
    assert_eq!(fs::read(&path).unwrap(), earlier);
    file.change_passphrase(&sun(), &wind).unwrap();
    file.check_passphrase(&wind).unwrap();
    file.save(b"later").unwrap();
    drop(file);
    assert!(matches!(open_error(&path), FileError::WrongPassphrase { .. }));
    assert_eq!(**WalletFile::open(&path, &wind).unwrap().1, *b"later");
    // The key is another one as well: an old head does not open new contents.
    let later = fs::read(&path).unwrap();
    fs::write(&path, [&earlier[..head(&earlier)], &later[head(&later)..]].concat()).unwrap();
    assert!(matches!(open_error(&path), FileError::Damaged { .. }));
    fs::write(&path, earlier).unwrap();
    assert_eq!(**WalletFile::open(&path, &sun()).unwrap().1, *CONTENT);
}

#[test]
fn erasing_overwrites_where_the_file_lies_and_leaves_no_name() {
    let (folder, path) = wallet();
    // A second name of the same file shows what became of its bytes.
    let bytes = folder.path().join("same bytes");
    fs::hard_link(&path, &bytes).unwrap();
    let before = fs::read(&path).unwrap();
    let (file, _) = WalletFile::open(&path, &sun()).unwrap();
    file.erase().unwrap();
    assert_eq!(names(folder.path()), ["same bytes"]);
    let after = fs::read(&bytes).unwrap();
    assert_eq!(after.len(), before.len());
    let kept = before.iter().zip(&after).filter(|(before, after)| before == after).count();
    assert!(kept < before.len() / 10, "{kept} of {} bytes are as before", before.len());
}

#[test]
fn erasing_leaves_a_file_that_took_the_place_of_the_wallet() {
    let (_folder, path) = wallet();
    let (file, _) = WalletFile::open(&path, &sun()).unwrap();
    fs::write(&path, "diary").unwrap();
    assert!(matches!(file.erase(), Err(FileError::Replaced { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"diary");
}

#[test]
fn a_backup_is_a_plain_file_of_age_with_nothing_before_the_contents() {
    let (_folder, path) = backed_up();
    assert!(fs::read(&path).unwrap().starts_with(b"age-encryption.org/v1\n-> scrypt "));
    assert_eq!(**backup::read(&path, &sun()).unwrap(), *CONTENT);
}

#[test]
fn a_backup_that_may_only_be_read_can_be_read() {
    let (_folder, path) = backed_up();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    backup::read(&path, &sun()).unwrap();
}

#[test]
fn a_backup_cut_off_or_flipped_anywhere_is_refused() {
    let (_folder, path) = backed_up();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = backup::read(&path, &sun()).unwrap_err();
        assert!(matches!(error, FileError::Damaged { .. }), "{length}: {error}");
    }
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&path, &flipped).unwrap();
        assert!(backup::read(&path, &sun()).is_err(), "byte {place}");
    }
}

#[test]
fn another_passphrase_or_another_file_is_no_backup() {
    let (folder, path) = backed_up();
    let error = backup::read(&path, &passphrase("wind")).unwrap_err();
    assert!(matches!(error, FileError::BackupRefused { .. }), "{error}");
    let nothing = folder.path().join("nothing");
    assert!(matches!(backup::read(&nothing, &sun()), Err(FileError::Missing { .. })));
    let other = folder.path().join("other");
    fs::write(&other, "a diary, longer than the first line of age").unwrap();
    assert!(matches!(backup::read(&other, &sun()), Err(FileError::NotABackup { .. })));
    let (_keep, wallet) = wallet();
    assert!(matches!(backup::read(&wallet, &sun()), Err(FileError::NotABackup { .. })));
}
