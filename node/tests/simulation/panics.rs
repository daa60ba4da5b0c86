//! Panics of simulated validators: the runtime ends the task where one happens, as a process of its own would end, so
//! somebody has to look at them.

use std::{
    cell::RefCell,
    panic::{self, PanicHookInfo},
    sync::{Mutex, Once},
};

thread_local! {
    static HEARD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Panics on threads that nobody watches and that no test is: helpers of a library.
static STRAY: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn hear(info: &PanicHookInfo<'_>) -> bool {
    let heard = HEARD.with(|heard| {
        let mut heard = heard.borrow_mut();
        heard.as_mut().map(|heard| heard.push(info.to_string())).is_some()
    });
    if !heard && std::thread::current().name().is_none() {
        STRAY.lock().unwrap().push(info.to_string());
    }
    heard
}

/// Runs something; gives what it gives, or its panic, and every panic heard on this thread meanwhile.
pub fn watch<T>(body: impl FnOnce() -> T) -> (std::thread::Result<T>, Vec<String>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !hear(info) {
                before(info);
            }
        }));
    });
    HEARD.with(|heard| *heard.borrow_mut() = Some(Vec::new()));
    let ended = panic::catch_unwind(panic::AssertUnwindSafe(body));
    let mut heard = HEARD.with(|heard| heard.borrow_mut().take()).unwrap_or_default();
    heard.append(&mut STRAY.lock().unwrap());
    (ended, heard)
}
