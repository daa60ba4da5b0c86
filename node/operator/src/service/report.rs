//! What is told: the status, as a file that only its owner may read.

use std::{collections::BTreeMap, path::Path, time::Duration};

use hushwatt_client::status_file::StatusFile;
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::storage::{PrivateDisk, StorageError};

use super::{Service, clear::Progress};
use crate::{
    book::AuctionKey,
    status::{AuctionStatus, STATUS_FORMAT, Status, Warning, of_book},
};

/// What was told last.
pub(super) struct Report {
    file: Option<StatusFile>,
    last: Status,
}

impl Report {
    pub fn at(file: Option<&Path>) -> Self {
        Report { file: file.map(StatusFile::at), last: Status::default() }
    }

    /// Tells it if it says something new. It may be lost: a failure is only logged.
    fn put(&mut self, status: Status, now: Duration) {
        let Some(file) = &mut self.file else { return };
        let is_news = Status { now: self.last.now, height: self.last.height, ..status.clone() } != self.last;
        log(file.tell(&PrivateDisk, &status, is_news, now).map(drop));
        self.last = status;
    }
}

fn log(written: Result<(), StorageError>) {
    if let Err(error) = written {
        tracing::warn!(%error, "the status could not be written");
    }
}

impl Service {
    pub(super) fn publish(&mut self) {
        let (status, now) = (self.status(), self.parts.clock.monotonic());
        self.report.put(status, now);
    }

    /// Tells that the operator stops.
    pub fn stop(self) {
        if let Some(file) = &self.report.file {
            log(file.stop(&PrivateDisk, &self.status()));
        }
    }

    /// What stands where.
    pub fn status(&self) -> Status {
        let (genesis, now) = (&self.parts.genesis, self.parts.clock.now());
        let mut auctions: BTreeMap<(u64, String), AuctionStatus> = {
            let all = of_book(&genesis.parameters, &self.book(), now);
            all.into_iter().map(|auction| ((auction.window, auction.utility.clone()), auction)).collect()
        };
        for (key, progress) in &self.progress {
            let place = (key.window.0, key.utility.name().to_owned());
            let auction =
                auctions.entry(place).or_insert_with(|| AuctionStatus::of(&genesis.parameters, *key, None, now));
            auction.on_ledger = progress.on_ledger;
            auction.unopened = progress.unopened;
            auction.answer.clone_from(&progress.answer);
        }
        Status {
            format: STATUS_FORMAT.to_owned(),
            network: genesis.network().to_string(),
            key: hex(self.parts.keys.public().as_bytes()),
            simulated_time: genesis.simulated_time,
            now: now.0,
            started: Some(self.started.0),
            height: self.tip.map(|tip| tip.height),
            nodes: self.parts.nodes.state(),
            auctions: auctions.into_values().collect(),
            warnings: self.warnings(),
        }
    }

    fn warnings(&self) -> Vec<Warning> {
        let warning = |code: &str, alarm, text: String| Warning { code: code.to_owned(), alarm, text };
        let mut all = Vec::new();
        if !self.reached && self.tip.is_some() || !self.parts.nodes.state().iter().any(|node| node.fault.is_none()) {
            let text = "no node answers: auctions wait, and expire if none comes back in time";
            all.push(warning("nodes", true, text.to_owned()));
        }
        if let Some(disk) = &self.disk {
            all.push(warning("disk", true, disk.clone()));
        }
        if self.registered == Some(false) {
            let text = "the ledger's operator has another key: nothing that this one admits or clears is taken. Hand the registrars this one's key (\"hushwatt operator key\"), or stop it";
            all.push(warning("operator", true, text.to_owned()));
        }
        all.extend(self.progress.iter().filter_map(|(key, progress)| of_auction(*key, progress)));
        if self.registered.is_none() {
            let text = "the genesis names no operator: the registrars must have registered this one's key (\"hushwatt operator key\")";
            all.push(warning("operator", false, text.to_owned()));
        }
        all
    }
}

fn of_auction(key: AuctionKey, progress: &Progress) -> Option<Warning> {
    let warning = |code: &str, text| Some(Warning { code: code.to_owned(), alarm: true, text });
    if progress.unopened > 0 {
        return warning(
            "unopened",
            format!(
                "{} orders of {key} on the ledger cannot be opened from the book: it cannot be cleared, and they expire. Was the folder lost or set back?",
                progress.unopened
            ),
        );
    }
    let rule = progress.refused.as_ref()?;
    warning("refused", format!("the nodes refuse the clearing of {key} (rule {rule})"))
}
