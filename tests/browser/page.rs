//! A wallet's page, served within the test.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use hushwatt_wallet::file::Strength;
use hushwatt_wallet_web::{HouseholdKeeper, Server, ServerOptions, StartLinks};
use tokio::{runtime::Builder, sync::oneshot};

/// A page on a port of its own, until it is dropped.
pub struct Page {
    pub port: u16,
    links: StartLinks,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl Page {
    /// Serves a wallet file, which need not be there yet; a first run proposes these nodes.
    pub fn serve(wallet: &Path, nodes: &[String]) -> Self {
        let (options, path) =
            (ServerOptions { nodes: nodes.to_vec(), utc: true, ..ServerOptions::default() }, wallet.to_owned());
        let (stop, stopped) = oneshot::channel();
        let (told, tells) = mpsc::channel();
        let server = thread::spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let keeper = HouseholdKeeper::with_strength(path, Strength::FOR_TESTS);
                let server = Server::bind(options, Arc::new(keeper)).await.unwrap();
                told.send((server.port(), server.start_links())).unwrap();
                // Dropped without a word is to stop too.
                server.serve(async { drop(stopped.await) }).await.unwrap();
            });
        });
        let (port, links) = tells.recv().unwrap();
        Page { port, links, stop: Some(stop), server: Some(server) }
    }

    /// A link that opens it once.
    pub fn start_link(&self) -> String {
        self.links.next()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.server.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "the page's server broke off");
    }
}
