//! Messages: decryption (general-glo-ciphering, security suites 0 and 1) and the data-notification (IEC 62056-5-3).

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aes::Aes128;
use aes_gcm::{AeadInPlace, AesGcm, KeyInit};
use zeroize::Zeroizing;

use crate::{DriverError, Secret};

use super::NAME;
use super::axdr::{Data, Reader};

/// AES-128-GCM with the tag of 12 bytes that DLMS has.
type Gcm = AesGcm<Aes128, U12, U12>;

/// What a meter pushed.
#[derive(Debug)]
pub(super) struct Notification {
    /// Date and time of the message, as twelve bytes, if it has them.
    pub(super) at: Option<Vec<u8>>,
    /// What it says.
    pub(super) body: Data,
    /// System title of the sender, if it was encrypted.
    pub(super) title: Option<Vec<u8>>,
}

/// The customer's keys.
#[derive(Clone)]
pub(super) struct Keys {
    /// Encryption key.
    pub(super) encryption: Option<Secret>,
    /// Authentication key.
    pub(super) authentication: Option<Secret>,
}

fn malformed(what: String) -> DriverError {
    DriverError::Malformed { format: NAME, what }
}

fn key(what: &str) -> DriverError {
    DriverError::Key { format: NAME, what: what.to_owned() }
}

/// Reads a message.
///
/// # Errors
/// It is not a notification, or encrypted with another key or in another way.
pub(super) fn read(message: &[u8], keys: &Keys) -> Result<Notification, DriverError> {
    match message.first() {
        Some(0x0f) => notification(message, None),
        Some(0xdb) => {
            let (title, plain) = decrypt(message, keys)?;
            if plain.first() != Some(&0x0f) {
                return Err(key(
                    "what was decrypted is no message of a meter; the key is another meter's, or mistyped",
                ));
            }
            notification(&plain, Some(title)).map_err(|error| match error {
                // Without an authentication tag a wrong key shows only here.
                DriverError::Malformed { what, .. } => key(&format!("what was decrypted makes no sense ({what})")),
                other => other,
            })
        }
        Some(tag) => {
            let name = match tag {
                0xc2 | 0xc8 => "an event notification",
                0xdc => "a message with dedicated ciphering",
                0xdd => "a message with general ciphering",
                0xdf => "a signed message",
                0xc4 | 0xc0 | 0xc1 | 0xc5 => "an answer to a question, not a push",
                0x60..=0x63 => "the setting up of a connection, not a push",
                _ => "a message",
            };
            Err(DriverError::Unsupported { what: format!("{NAME}: {name} (tag {tag:02X}h) is not supported") })
        }
        None => Err(malformed("an empty message".to_owned())),
    }
}

/// System title and plain text.
fn decrypt(message: &[u8], keys: &Keys) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), DriverError> {
    let mut reader = Reader::new(message);
    let mut parts = || -> Result<_, String> {
        reader.byte()?;
        let length = reader.length()?;
        let title = reader.take(length)?;
        let length = reader.length()?;
        if length != reader.rest().len() {
            return Err(format!("encrypted data of {} bytes, not {length} as they say", reader.rest().len()));
        }
        Ok((title, reader.byte()?, reader.take(4)?, reader.rest()))
    };
    let (title, control, counter, text) = parts().map_err(malformed)?;
    if title.len() != 8 {
        return Err(malformed(format!("a system title of {} bytes, not 8", title.len())));
    }
    if control & 0x0f > 1 || control & 0xc0 != 0 {
        let what = format!("{NAME}: encryption in a way that is not supported (security control {control:02X}h)");
        return Err(DriverError::Unsupported { what });
    }
    let secret = keys.encryption.as_ref();
    let secret = secret.ok_or_else(|| key("encrypted; give the key that the grid operator has for its customer"))?;
    let cipher = Gcm::new_from_slice(&secret.0).map_err(|_| key("the key must have 16 bytes"))?;
    let nonce: Vec<u8> = title.iter().chain(counter).copied().collect();
    let nonce = GenericArray::from_slice(&nonce);
    if control & 0x10 == 0 {
        if control & 0x20 == 0 {
            return Ok((title.to_vec(), Zeroizing::new(text.to_vec())));
        }
        let mut plain = Zeroizing::new(text.to_vec());
        // Without a tag it is counter mode alone, which is its own reverse.
        let done = cipher.encrypt_in_place_detached(nonce, &[], &mut plain);
        return done.map(|_| (title.to_vec(), plain)).map_err(|_| malformed("too long to decrypt".to_owned()));
    }
    let authentication = keys.authentication.as_ref();
    let authentication =
        authentication.ok_or_else(|| key("authenticated; give the authentication key of the grid operator as well"))?;
    let Some((text, tag)) = text.split_last_chunk::<12>() else {
        return Err(malformed("too short for its authentication tag".to_owned()));
    };
    let mut aad = Zeroizing::new(vec![control]);
    aad.extend_from_slice(&authentication.0);
    let mut plain = Zeroizing::new(Vec::new());
    let done = if control & 0x20 == 0 {
        aad.extend_from_slice(text);
        let done = cipher.decrypt_in_place_detached(nonce, &aad, &mut [], GenericArray::from_slice(tag));
        plain.extend_from_slice(text);
        done
    } else {
        plain.extend_from_slice(text);
        cipher.decrypt_in_place_detached(nonce, &aad, &mut plain, GenericArray::from_slice(tag))
    };
    done.map_err(|_| key("the authentication tag does not fit: a key is wrong, or the message was changed"))?;
    Ok((title.to_vec(), plain))
}

/// A data-notification: invoke number, date and time, body.
fn notification(message: &[u8], title: Option<Vec<u8>>) -> Result<Notification, DriverError> {
    let mut reader = Reader::new(message);
    let mut parts = || -> Result<_, String> {
        reader.take(5)?;
        // Date and time are an octet string without tag, or, with some meters, with it.
        let length = match reader.byte()? {
            0x09 if reader.rest().first() == Some(&12) => reader.byte()?,
            length => length,
        };
        let at = match length {
            0 => None,
            12 => Some(reader.take(12)?.to_vec()),
            other => return Err(format!("a date of {other} bytes")),
        };
        let body = reader.data()?;
        if !reader.rest().is_empty() {
            return Err(format!("{} bytes after the message", reader.rest().len()));
        }
        Ok((at, body))
    };
    let (at, body) = parts().map_err(|what| malformed(format!("the notification: {what}")))?;
    Ok(Notification { at, body, title })
}
