//! Luxembourg's encrypted frames: AES-128-GCM with a 12 byte tag (Smarty P1 specification, section 3.2.5).
//!
//! `DB`, 8 and the system title (8 bytes), `82` and the length of the rest (2 bytes), the security byte `30`, the frame
//! counter (4 bytes), the encrypted telegram, the tag. The nonce is title and counter; authenticated with it are the
//! security byte and an authentication key, which in Luxembourg is the same for everybody.

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes128;
use zeroize::Zeroizing;

use super::NAME;
use crate::{DriverError, Secret};

/// First byte of a frame.
pub(super) const TAG: u8 = 0xDB;
/// Authenticated and encrypted, suite 0.
const SECURITY: u8 = 0x30;
/// What Luxembourg's specification sets as authentication key for all meters.
const LUXEMBOURG: [u8; 16] =
    [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];
/// Tag, title's length, title, length's length, length, security byte, counter.
const HEAD: usize = 1 + 1 + 8 + 1 + 2 + 1 + 4;
/// Bytes of the authentication tag.
const TAG_BYTES: usize = 12;

type Cipher = AesGcm<Aes128, U12, U12>;

/// How long the frame is that begins here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    /// No frame begins here.
    No,
    /// Too few bytes to tell.
    Unknown,
    /// So many bytes in all.
    Is(usize),
}

pub(super) fn length(bytes: &[u8]) -> Length {
    let fixed = [(0, TAG), (1, 8), (10, 0x82), (13, SECURITY)];
    if fixed.iter().any(|(at, want)| bytes.get(*at).is_some_and(|byte| byte != want)) {
        return Length::No;
    }
    match (bytes.get(11), bytes.get(12), bytes.get(13)) {
        (Some(high), Some(low), Some(_)) => {
            let length = 13 + usize::from(u16::from_be_bytes([*high, *low]));
            if length < HEAD + TAG_BYTES { Length::No } else { Length::Is(length) }
        }
        _ => Length::Unknown,
    }
}

/// Whether the bytes begin with a frame's head.
pub(super) fn is_head(bytes: &[u8]) -> bool {
    matches!(length(bytes), Length::Is(_))
}

/// The customer's key, ready.
pub(super) struct Sealer {
    key: Zeroizing<Vec<u8>>,
    authenticated: Zeroizing<Vec<u8>>,
}

impl Sealer {
    /// Without `authentication`, Luxembourg's. An empty one means that nothing further is authenticated.
    pub(super) fn new(key: &Secret, authentication: Option<&Secret>) -> Result<Self, DriverError> {
        if key.0.len() != 16 {
            return Err(wrong("the key must have 16 bytes (32 hexadecimal digits)"));
        }
        let given = authentication.map_or(&LUXEMBOURG[..], |secret| &secret.0);
        let authenticated = match given {
            [] => Vec::new(),
            [SECURITY, rest @ ..] if rest.len() == 16 => given.to_vec(),
            _ if given.len() == 16 => core::iter::once(SECURITY).chain(given.iter().copied()).collect(),
            _ => return Err(wrong("the authentication key must have 16 bytes (32 hexadecimal digits), or none")),
        };
        Ok(Self { key: key.0.clone(), authenticated: Zeroizing::new(authenticated) })
    }

    /// The telegram in a frame.
    pub(super) fn open(&self, frame: &[u8]) -> Result<Zeroizing<Vec<u8>>, DriverError> {
        let title = frame.get(2..10).unwrap_or_default();
        let counter = frame.get(HEAD - 4..HEAD).unwrap_or_default();
        let nonce = [title, counter].concat();
        let (text, tag) =
            frame.get(HEAD..).and_then(|rest| rest.split_last_chunk::<TAG_BYTES>()).unwrap_or((&[], &[0; TAG_BYTES]));
        let misfit = || wrong("the key does not fit the telegrams of this meter, or the line is disturbed");
        let nonce = <[u8; 12]>::try_from(nonce).map_err(|_| misfit())?;
        let cipher = Cipher::new_from_slice(&self.key).map_err(|_| misfit())?;
        let mut text = Zeroizing::new(text.to_vec());
        let (nonce, tag) = (GenericArray::from_slice(&nonce), GenericArray::from_slice(tag));
        cipher.decrypt_in_place_detached(nonce, &self.authenticated, &mut text, tag).map_err(|_| misfit())?;
        Ok(text)
    }
}

fn wrong(what: &str) -> DriverError {
    DriverError::Key { format: NAME, what: what.to_owned() }
}
