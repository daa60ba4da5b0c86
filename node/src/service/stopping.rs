//! What the parts of a node share to stop together.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether the node is stopping.
#[derive(Clone, Default)]
pub(crate) struct Stopping(Arc<AtomicBool>);

impl Stopping {
    /// Asks all parts to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether they were asked to.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
