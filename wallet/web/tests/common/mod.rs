//! A page on a port of its own, with a wallet that is played, and a client that sends exactly what a test says.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

pub mod cabinet;
pub mod desk;
pub mod html;
pub mod http;

use std::{sync::Arc, thread};

use hushwatt_wallet_web::{Clock, Server, ServerOptions, StartLinks, desk::Keeper};
use tokio::sync::oneshot;

use self::{
    cabinet::Cabinet,
    http::{Answer, Request},
};

/// A page, a form on it, and what is typed into its fields.
pub type Step<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// A running page.
pub struct Town {
    pub port: u16,
    pub clock: Clock,
    pub links: StartLinks,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Town {
    pub fn with(keeper: Arc<dyn Keeper>) -> Self {
        let clock = Clock::default();
        let options = ServerOptions {
            clock: clock.clone(),
            utc: true,
            nodes: vec!["https://node.example.org".to_owned()],
            ..ServerOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(Server::bind(options, keeper)).unwrap();
        let (port, links) = (server.port(), server.start_links());
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(server.serve(async { drop(stopped.await) })).unwrap();
        });
        Town { port, clock, links, stop: Some(stop), thread: Some(thread) }
    }

    /// A request as this page's own browser would send it, without a cookie.
    pub fn get(&self, path: &str) -> Request {
        Request::new(self.port, "GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        Request::new(self.port, "POST", path).header("Origin", &format!("http://127.0.0.1:{}", self.port))
    }

    /// The token of a new start link.
    pub fn start_path(&self) -> String {
        let link = self.links.next();
        link.strip_prefix(&format!("http://127.0.0.1:{}", self.port)).unwrap().to_owned()
    }

    /// A browser that opened the start link.
    pub fn browser(&self) -> Browser<'_> {
        let answer = self.get(&self.start_path()).send();
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Browser { town: self, cookie }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A page with a played wallet, and that wallet.
pub fn played() -> (Town, Arc<Cabinet>) {
    let cabinet = Arc::new(Cabinet::locked());
    (Town::with(cabinet.clone()), cabinet)
}

/// Keeps its cookie, follows nothing by itself.
pub struct Browser<'a> {
    pub town: &'a Town,
    pub cookie: String,
}

impl Browser<'_> {
    pub fn get(&self, path: &str) -> Answer {
        self.town.get(path).header("Cookie", &self.cookie).send()
    }

    /// Loads a page and sends its form with these fields, and whatever hidden ones it has.
    pub fn submit(&self, page: &str, form: &str, fields: &[(&str, &str)]) -> Answer {
        let loaded = self.get(page);
        assert_eq!(loaded.status, 200, "{page}: {}", loaded.body);
        self.send_form(&loaded.body, form, fields)
    }

    /// Sends a form of a page that was loaded before.
    pub fn send_form(&self, body: &str, form: &str, fields: &[(&str, &str)]) -> Answer {
        let (action, mut all) = html::form(body, form);
        all.retain(|(name, _)| !fields.iter().any(|(own, _)| own == name));
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(&action, &all)
    }

    pub fn post(&self, path: &str, fields: &[(String, String)]) -> Answer {
        self.town.post(path).header("Cookie", &self.cookie).form(fields).send()
    }

    /// Follows a redirect.
    pub fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.get(answer.header("location").unwrap())
    }

    pub fn unlock(&self) {
        let answer = self.submit("/unlock", "unlock", &[("passphrase", desk::PASSPHRASE)]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.body);
    }
}
