//! Who may use the page: the browser that opened the start link. The link works once and becomes a cookie; what belongs to one
//! browser only (messages, drafts, downloads) is kept with it, in memory.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    forms::Forms,
    token::{Token, short_name},
};
use crate::{fields::Fields, text::Language};

/// Browsers at the same time; the one that was quiet for longest gives way.
const MOST_SESSIONS: usize = 8;
/// A browser that asks nothing for so long is forgotten.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
const MOST_DRAFTS: usize = 32;
const MOST_DOWNLOADS: usize = 64;
/// A file that was made for downloading is there for so long.
const DOWNLOAD_LIFETIME: Duration = Duration::from_secs(600);
/// The 24 words are shown for so long after the passphrase was given.
const WORDS_LIFETIME: Duration = Duration::from_secs(600);

/// A message that the next page shows once.
#[derive(Clone)]
pub(crate) struct Flash {
    pub good: bool,
    pub text: String,
}

/// A form's content between two pages, so that it is in no address: browsers keep addresses.
#[derive(Clone, Default)]
pub(crate) struct Draft {
    /// The form that sent it.
    pub action: String,
    pub fields: Fields,
    /// What is wrong with it, and with which field.
    pub error: Option<(&'static str, String)>,
}

/// A file to be downloaded.
#[derive(Clone)]
pub(crate) struct Download {
    pub name: String,
    pub kind: &'static str,
    pub bytes: Arc<Zeroizing<Vec<u8>>>,
    made: Duration,
}

/// One browser.
pub(crate) struct Session {
    cookie: Token,
    state: Mutex<State>,
}

struct State {
    forms: Forms,
    language: Option<Language>,
    flashes: Vec<Flash>,
    drafts: VecDeque<(String, Draft)>,
    downloads: VecDeque<(String, Download)>,
    words: Option<(Duration, Zeroizing<String>)>,
    used: Duration,
}

impl Session {
    fn new(now: Duration) -> Self {
        let state = State {
            forms: Forms::new(),
            language: None,
            flashes: Vec::new(),
            drafts: VecDeque::new(),
            downloads: VecDeque::new(),
            words: None,
            used: now,
        };
        Session { cookie: Token::random(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cookie's value.
    pub fn cookie(&self) -> Zeroizing<String> {
        self.cookie.text()
    }

    /// Works with the forms' tokens.
    pub fn forms<T>(&self, work: impl FnOnce(&mut Forms) -> T) -> T {
        work(&mut self.state().forms)
    }

    pub fn language(&self) -> Option<Language> {
        self.state().language
    }

    pub fn set_language(&self, language: Option<Language>) {
        self.state().language = language;
    }

    pub fn flash(&self, good: bool, text: String) {
        self.state().flashes.push(Flash { good, text });
    }

    pub fn take_flashes(&self) -> Vec<Flash> {
        std::mem::take(&mut self.state().flashes)
    }

    /// Keeps a draft; passphrases and words are never in one.
    pub fn keep_draft(&self, mut draft: Draft) -> String {
        draft.fields.forget_secrets();
        let name = short_name();
        let mut state = self.state();
        state.drafts.push_back((name.clone(), draft));
        if state.drafts.len() > MOST_DRAFTS {
            state.drafts.pop_front();
        }
        name
    }

    pub fn draft(&self, name: &str) -> Option<Draft> {
        self.state().drafts.iter().find(|(own, _)| own == name).map(|(_, draft)| draft.clone())
    }

    /// Makes a file ready for downloading; gives its name in the address.
    pub fn keep_download(&self, name: String, kind: &'static str, bytes: Zeroizing<Vec<u8>>, now: Duration) -> String {
        let key = short_name();
        let mut state = self.state();
        state.downloads.push_back((key.clone(), Download { name, kind, bytes: Arc::new(bytes), made: now }));
        if state.downloads.len() > MOST_DOWNLOADS {
            state.downloads.pop_front();
        }
        key
    }

    pub fn download(&self, key: &str, now: Duration) -> Option<Download> {
        let mut state = self.state();
        state.downloads.retain(|(_, file)| now.saturating_sub(file.made) <= DOWNLOAD_LIFETIME);
        state.downloads.iter().find(|(own, _)| own == key).map(|(_, file)| file.clone())
    }

    /// Lets the 24 words be shown for a while.
    pub fn show_words(&self, words: Zeroizing<String>, now: Duration) {
        self.state().words = Some((now, words));
    }

    pub fn words(&self, now: Duration) -> Option<Zeroizing<String>> {
        let mut state = self.state();
        if state.words.as_ref().is_some_and(|(at, _)| now.saturating_sub(*at) > WORDS_LIFETIME) {
            state.words = None;
        }
        state.words.as_ref().map(|(_, words)| words.clone())
    }

    pub fn hide_words(&self) {
        self.state().words = None;
    }

    /// Forgets everything about the wallet: it was locked.
    pub fn forget(&self) {
        let mut state = self.state();
        state.flashes.clear();
        state.drafts.clear();
        state.downloads.clear();
        state.words = None;
    }
}

/// All browsers, and the start link.
#[derive(Default)]
pub(crate) struct Sessions {
    state: Mutex<Doorway>,
}

#[derive(Default)]
struct Doorway {
    start: Option<Token>,
    open: Vec<Arc<Session>>,
}

impl Sessions {
    fn state(&self) -> MutexGuard<'_, Doorway> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new start link's token. One made before and not used is void.
    pub fn new_start(&self) -> Zeroizing<String> {
        let token = Token::random();
        let text = token.text();
        self.state().start = Some(token);
        text
    }

    /// Exchanges the start token for a session, once.
    pub fn redeem(&self, token: &str, now: Duration) -> Option<Arc<Session>> {
        let mut doorway = self.state();
        if !doorway.start.as_ref().is_some_and(|start| start.is(token)) {
            return None;
        }
        doorway.start = None;
        let session = Arc::new(Session::new(now));
        doorway.open.push(session.clone());
        if doorway.open.len() > MOST_SESSIONS {
            let quiet = doorway.open.iter().enumerate().min_by_key(|(_, session)| session.state().used);
            if let Some((place, _)) = quiet {
                doorway.open.remove(place);
            }
        }
        Some(session)
    }

    /// The session of a cookie. All are compared, each in constant time.
    pub fn find(&self, cookie: &str, now: Duration) -> Option<Arc<Session>> {
        let mut doorway = self.state();
        doorway.open.retain(|session| now.saturating_sub(session.state().used) <= LIFETIME);
        let mut found = None;
        for session in &doorway.open {
            if session.cookie.is(cookie) {
                found = Some(session.clone());
            }
        }
        if let Some(session) = &found {
            session.state().used = now;
        }
        found
    }

    /// Forgets what all browsers know about the wallet.
    pub fn forget(&self) {
        self.state().open.iter().for_each(|session| session.forget());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_start_token_is_exchanged_once() {
        let sessions = Sessions::default();
        let start = sessions.new_start();
        assert!(sessions.redeem("0", Duration::ZERO).is_none());
        let session = sessions.redeem(&start, Duration::ZERO).unwrap();
        assert!(sessions.redeem(&start, Duration::ZERO).is_none());
        assert!(sessions.find(&session.cookie(), Duration::ZERO).is_some());
        assert!(sessions.find(&start, Duration::ZERO).is_none());
    }

    #[test]
    fn a_new_start_link_voids_the_one_before() {
        let sessions = Sessions::default();
        let (first, second) = (sessions.new_start(), sessions.new_start());
        assert!(sessions.redeem(&first, Duration::ZERO).is_none());
        assert!(sessions.redeem(&second, Duration::ZERO).is_some());
    }

    #[test]
    fn a_quiet_session_ends() {
        let sessions = Sessions::default();
        let session = sessions.redeem(&sessions.new_start(), Duration::ZERO).unwrap();
        assert!(sessions.find(&session.cookie(), LIFETIME).is_some());
        assert!(sessions.find(&session.cookie(), LIFETIME * 2 + Duration::from_secs(1)).is_none());
    }

    #[test]
    fn downloads_and_words_are_there_for_a_while_and_gone_after_locking() {
        let session = Session::new(Duration::ZERO);
        let key =
            session.keep_download("a.json".to_owned(), "application/json", Zeroizing::new(vec![1]), Duration::ZERO);
        session.show_words(Zeroizing::new("abandon".to_owned()), Duration::ZERO);
        assert!(session.download(&key, DOWNLOAD_LIFETIME).is_some() && session.words(WORDS_LIFETIME).is_some());
        let late = DOWNLOAD_LIFETIME.max(WORDS_LIFETIME) + Duration::from_secs(1);
        assert!(session.download(&key, late).is_none() && session.words(late).is_none());
        let draft = session.keep_draft(Draft::default());
        session.forget();
        assert!(session.draft(&draft).is_none());
    }
}
