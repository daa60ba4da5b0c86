//! Encryption by age, in memory: under a passphrase, which is slow on purpose, and to a file's own key, which is fast.
//!
//! Nothing here compares or branches on secrets beyond what age does; lengths are public.

use std::io::{self, Read, Write};

use age::{
    DecryptError, Decryptor, EncryptError, Encryptor, Identity, Recipient, scrypt, secrecy::ExposeSecret, x25519,
};
use zeroize::Zeroizing;

use crate::{Passphrase, Strength};

/// How every file of age begins.
pub(crate) const AGE_MAGIC: &[u8] = b"age-encryption.org/v1\n";

/// Why something sealed did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was not encrypted with a passphrase in a format of age that this program knows.
    Foreign,
    /// The passphrase or key does not fit (or what the key is checked against is damaged).
    Key,
    /// It was cut off, flipped or lengthened.
    Damaged,
    /// Testing the passphrase is too much work.
    TooMuchWork,
}

/// A sealed file's own key: a key pair of age, its secret kept in the file under the passphrase.
pub(crate) struct FileKey(x25519::Identity);

impl FileKey {
    /// A fresh one, from the system's randomness.
    pub(crate) fn generate() -> Self {
        FileKey(x25519::Identity::generate())
    }

    /// Puts the key under a passphrase. Costs what `strength` says.
    pub(crate) fn seal(&self, passphrase: &Passphrase, strength: Strength) -> io::Result<Vec<u8>> {
        seal_with_passphrase(passphrase, strength, self.0.to_string().expose_secret().as_bytes())
    }

    /// Takes it out again. Costs what the strength was.
    pub(crate) fn open(sealed: &[u8], passphrase: &Passphrase) -> Result<Self, Refused> {
        let text = open_with_passphrase(sealed, passphrase)?;
        let text = core::str::from_utf8(&text).map_err(|_| Refused::Damaged)?;
        text.parse().map(FileKey).map_err(|_| Refused::Damaged)
    }

    /// Encrypts to the key: microseconds, and a second for a gigabyte.
    pub(crate) fn encrypt(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        encrypt(&self.0.to_public(), plain)
    }

    /// Decrypts what [`FileKey::encrypt`] gave.
    pub(crate) fn decrypt(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
        decrypt(&self.0, sealed)
    }
}

/// A file of age under a passphrase.
pub(crate) fn seal_with_passphrase(passphrase: &Passphrase, strength: Strength, plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut recipient = scrypt::Recipient::new(passphrase.secret());
    recipient.set_work_factor(strength.exponent());
    encrypt(&recipient, plain)
}

/// What such a file holds.
pub(crate) fn open_with_passphrase(sealed: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let mut identity = scrypt::Identity::new(passphrase.secret());
    identity.set_max_work_factor(Strength::MOST.exponent());
    decrypt(&identity, sealed)
}

fn encrypt(recipient: &dyn Recipient, plain: &[u8]) -> io::Result<Vec<u8>> {
    let encryptor = Encryptor::with_recipients(core::iter::once(recipient)).map_err(|error| match error {
        EncryptError::Io(error) => error,
        other => io::Error::other(other.to_string()),
    })?;
    // A tag of 16 bytes for each 64 KiB, and the header.
    let mut sealed = Vec::with_capacity(plain.len() + plain.len() / 4096 + 1024);
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(sealed)
}

fn decrypt(identity: &dyn Identity, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let decryptor = Decryptor::new_buffered(sealed).map_err(refusal)?;
    let mut reader = decryptor.decrypt(core::iter::once(identity)).map_err(refusal)?;
    // What comes out is shorter than what goes in: the vector never moves, so no copy of it stays behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len() + 64));
    reader.read_to_end(&mut plain).map_err(|_| Refused::Damaged)?;
    Ok(plain)
}

fn refusal(error: DecryptError) -> Refused {
    match error {
        DecryptError::UnknownFormat | DecryptError::NoMatchingKeys => Refused::Foreign,
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => Refused::Key,
        DecryptError::ExcessiveWork { .. } => Refused::TooMuchWork,
        _ => Refused::Damaged,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text).unwrap()
    }

    #[test]
    fn a_key_comes_back_from_under_its_passphrase_and_opens_what_it_encrypted() {
        let key = FileKey::generate();
        let encrypted = key.encrypt(b"ten euros").unwrap();
        let sealed = key.seal(&passphrase("sun"), Strength::FOR_TESTS).unwrap();
        let again = FileKey::open(&sealed, &passphrase("sun")).unwrap();
        assert_eq!(**again.decrypt(&encrypted).unwrap(), *b"ten euros");
    }

    #[test]
    fn another_passphrase_or_another_key_does_not_fit() {
        let key = FileKey::generate();
        let sealed = key.seal(&passphrase("sun"), Strength::FOR_TESTS).unwrap();
        assert_eq!(FileKey::open(&sealed, &passphrase("Sun")).err(), Some(Refused::Key));
        let encrypted = key.encrypt(b"ten euros").unwrap();
        assert_eq!(FileKey::generate().decrypt(&encrypted).err(), Some(Refused::Foreign));
    }

    #[test]
    fn a_file_that_asks_for_an_hour_of_work_is_refused_at_once() {
        let sealed = seal_with_passphrase(&passphrase("sun"), Strength::FOR_TESTS, b"x").unwrap();
        let at = sealed.windows(3).position(|three| three == b" 1\n").unwrap();
        let greedy = [&sealed[..at], b" 30\n", &sealed[at + 3..]].concat();
        assert_eq!(open_with_passphrase(&greedy, &passphrase("sun")).err(), Some(Refused::TooMuchWork));
    }

    #[test]
    fn contents_longer_than_a_chunk_of_age_come_back() {
        let plain: Vec<u8> = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
        let key = FileKey::generate();
        assert_eq!(**key.decrypt(&key.encrypt(&plain).unwrap()).unwrap(), plain);
    }
}
