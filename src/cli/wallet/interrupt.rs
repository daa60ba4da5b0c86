//! What to say when somebody interrupts a wait. Everything is on disk at every moment, so the program may simply end.

use std::{
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tokio::signal::unix::{SignalKind, signal};

use super::error::WalletCommandError;

/// Exit status of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Ends at SIGINT or SIGTERM. To be called within a runtime.
pub(super) fn told_to_stop() -> Result<impl Future<Output = ()> + Send + 'static, WalletCommandError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(WalletCommandError::System)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(WalletCommandError::System)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for a signal on a thread of its own.
fn on_signal(then: impl FnOnce() + Send + 'static) -> Result<(), WalletCommandError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(WalletCommandError::System)?;
    let told = {
        let _within = runtime.enter();
        told_to_stop()?
    };
    thread::spawn(move || {
        runtime.block_on(told);
        then();
    });
    Ok(())
}

/// A sentence for whoever interrupts from now on.
pub(super) struct Farewell(Arc<Mutex<Option<String>>>);

impl Farewell {
    /// Says this when the program is interrupted while it lives.
    pub fn new(text: String) -> Result<Self, WalletCommandError> {
        let said = Arc::new(Mutex::new(Some(text)));
        let shared = said.clone();
        on_signal(move || {
            if let Some(text) = shared.lock().unwrap_or_else(PoisonError::into_inner).take() {
                eprintln!("\n{text}");
            }
            process::exit(INTERRUPTED);
        })?;
        Ok(Farewell(said))
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// True once the program was told to stop; for loops that end by themselves.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>, WalletCommandError> {
    let flag = Arc::new(AtomicBool::new(false));
    let shared = flag.clone();
    on_signal(move || shared.store(true, Ordering::SeqCst))?;
    Ok(flag)
}
