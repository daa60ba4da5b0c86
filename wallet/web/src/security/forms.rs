//! The hidden field of every form: proof that this page made it for this session and this action, good for one use.
//!
//! It is a random number, the time and a MAC of both and the action's path under the session's key, so nothing is kept for a form
//! that is never sent. A form that is sent twice has the answer of the first time: a double click pays once.

use std::{collections::HashMap, time::Duration};

use hmac::{Hmac, Mac};
use rand_core::{OsRng, RngCore};
use sha2::Sha256;
use tokio::sync::watch;

use super::token::{Token, hex, unhex};

/// Name of the hidden field.
pub(crate) const FIELD: &str = "form";
/// How long a form may lie on the screen.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// Forms of one session within that time that are remembered as sent. Nobody sends so many; where one does, no more are taken.
const MOST_SENT: usize = 50_000;

const NONCE: usize = 16;
const TIME: usize = 8;
const MAC: usize = 32;

/// Where the answer to a form leads, once it is known.
pub(crate) type Outcome = watch::Receiver<Option<String>>;

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormError {
    /// No token, another session's, another action's, or made up.
    NotOurs,
    /// It lay about for too long.
    TooOld,
    /// Too many.
    TooMany,
}

/// What becomes of a form.
pub(crate) enum Taken {
    /// The first time: the sender tells where its answer leads.
    First(watch::Sender<Option<String>>),
    /// It was sent before.
    Again(Outcome),
}

/// The forms of one session.
pub(crate) struct Forms {
    key: Token,
    sent: HashMap<[u8; NONCE], (Duration, Outcome)>,
}

impl Forms {
    pub fn new() -> Self {
        Forms { key: Token::random(), sent: HashMap::new() }
    }

    /// A token for a form with this action.
    pub fn issue(&self, path: &str, now: Duration) -> String {
        let mut bytes = [0; NONCE + TIME + MAC];
        OsRng.fill_bytes(&mut bytes[..NONCE]);
        bytes[NONCE..NONCE + TIME].copy_from_slice(&now.as_secs().to_be_bytes());
        let mac = self.mac(&bytes[..NONCE + TIME], path).finalize().into_bytes();
        bytes[NONCE + TIME..].copy_from_slice(&mac);
        hex(&bytes)
    }

    /// Takes a form that was sent to `path`. The MAC is compared in constant time.
    pub fn take(&mut self, token: &str, path: &str, now: Duration) -> Result<Taken, FormError> {
        let bytes = unhex::<{ NONCE + TIME + MAC }>(token).ok_or(FormError::NotOurs)?;
        let (signed, mac) = bytes.split_at(NONCE + TIME);
        self.mac(signed, path).verify_slice(mac).map_err(|_| FormError::NotOurs)?;
        let (nonce, time) = signed.split_at(NONCE);
        let made = time.try_into().map_or(0, u64::from_be_bytes);
        if now.as_secs().saturating_sub(made) > LIFETIME.as_secs() {
            return Err(FormError::TooOld);
        }
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| FormError::NotOurs)?;
        if let Some((_, outcome)) = self.sent.get(&nonce) {
            return Ok(Taken::Again(outcome.clone()));
        }
        // What is too old is refused for that reason and need not be remembered.
        self.sent.retain(|_, (at, _)| now.saturating_sub(*at) <= LIFETIME + Duration::from_secs(60));
        if self.sent.len() >= MOST_SENT {
            return Err(FormError::TooMany);
        }
        let (tell, outcome) = watch::channel(None);
        self.sent.insert(nonce, (now, outcome));
        Ok(Taken::First(tell))
    }

    /// A name for something that must not be in an address as it is: the browser keeps addresses.
    pub fn handle(&self, id: &str) -> String {
        let mac = self.mac(id.as_bytes(), "\0handle").finalize().into_bytes();
        hex(&mac[..12])
    }

    fn mac(&self, bytes: &[u8], path: &str) -> Hmac<Sha256> {
        let mut key = [0; 64];
        key[..32].copy_from_slice(self.key.bytes());
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(&(bytes.len() as u64).to_be_bytes());
        mac.update(bytes);
        mac.update(path.as_bytes());
        mac
    }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn is_first(taken: Result<Taken, FormError>) -> bool {
        matches!(taken, Ok(Taken::First(_)))
    }

    #[test]
    fn a_form_is_taken_once_and_its_answer_is_remembered() {
        let mut forms = Forms::new();
        let token = forms.issue("/send", START);
        let Ok(Taken::First(tell)) = forms.take(&token, "/send", START) else { panic!("refused") };
        tell.send_replace(Some("/history".to_owned()));
        drop(tell);
        let Ok(Taken::Again(outcome)) = forms.take(&token, "/send", START) else { panic!("taken twice") };
        assert_eq!(outcome.borrow().as_deref(), Some("/history"));
    }

    #[test]
    fn a_form_is_of_its_session_and_its_action() {
        let (mut forms, mut other) = (Forms::new(), Forms::new());
        let token = forms.issue("/send", START);
        assert!(matches!(other.take(&token, "/send", START), Err(FormError::NotOurs)));
        assert!(matches!(forms.take(&token, "/settings/erase", START), Err(FormError::NotOurs)));
        assert!(is_first(forms.take(&token, "/send", START)));
    }

    #[test]
    fn a_form_with_any_letter_changed_is_refused() {
        let mut forms = Forms::new();
        let token = forms.issue("/send", START);
        for place in 0..token.len() {
            let mut letters = token.clone().into_bytes();
            letters[place] = if letters[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(letters).unwrap();
            assert!(matches!(forms.take(&changed, "/send", START), Err(FormError::NotOurs)), "{place}");
        }
        assert!(matches!(forms.take("", "/send", START), Err(FormError::NotOurs)));
    }

    #[test]
    fn a_form_grows_old_and_cannot_be_sent_again_after_that_either() {
        let mut forms = Forms::new();
        let (sent, left) = (forms.issue("/send", START), forms.issue("/send", START));
        assert!(is_first(forms.take(&sent, "/send", START + LIFETIME)));
        let later = START + LIFETIME * 2 + Duration::from_secs(120);
        let fresh = forms.issue("/send", later);
        assert!(is_first(forms.take(&fresh, "/send", later)));
        assert_eq!(forms.sent.len(), 1);
        for token in [sent, left] {
            assert!(matches!(forms.take(&token, "/send", later), Err(FormError::TooOld)));
        }
    }
}
