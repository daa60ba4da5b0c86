//! The thread that verifies what is handed in.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};

use super::Job;
use crate::{NodeError, SubmitError, core::Shared, lock::lock};

/// Stops when it is dropped, after the batch that it is at; what waits then is refused.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub fn start(shared: &Arc<Shared>) -> Result<Self, NodeError> {
        let working = shared.clone();
        let thread = std::thread::Builder::new()
            .name("hushwatt-intake".to_owned())
            .spawn(move || while step(&working) {})
            .map_err(NodeError::Thread)?;
        Ok(Worker { shared: shared.clone(), thread: Some(thread) })
    }
}

/// Waits for something to do and does it; says whether to go on.
fn step(shared: &Shared) -> bool {
    let intake = &shared.intake;
    let batch: Vec<Job> = {
        let mut queue = lock(&intake.queue);
        loop {
            if queue.is_closed() {
                return false;
            }
            let batch = queue.take();
            if !batch.is_empty() || intake.tidy.load(Ordering::Relaxed) {
                break batch;
            }
            queue = intake.wake.wait(queue).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    };
    if batch.is_empty() {
        shared.tidy(&mut lock(&intake.journal));
    } else {
        shared.process(batch);
    }
    true
}

impl Drop for Worker {
    fn drop(&mut self) {
        lock(&self.shared.intake.queue).close();
        self.shared.intake.wake.notify_all();
        // The last owner of the node may be a callback on that very thread, which then ends by itself.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            // It ends without a result, or with a panic that was reported already.
            let _ = thread.join();
        }
        loop {
            let rest = lock(&self.shared.intake.queue).take();
            if rest.is_empty() {
                break;
            }
            rest.into_iter().for_each(|job| (job.reply)(Err(SubmitError::Stopping)));
        }
    }
}
