//! Serving the page from a terminal.

use std::{
    io::{BufRead, IsTerminal},
    process::{Command, Stdio},
    sync::Arc,
    thread,
};

use crate::{
    config::{WebConfig, WebError},
    household::HouseholdKeeper,
    server::{Server, ServerOptions, StartLinks},
};

/// Serves the wallet's page until the program is told to stop (`Ctrl-C`, `SIGTERM`). Prints the link that opens it.
///
/// # Errors
/// [`WebError`]: the port is taken, there is no such language, or the system gives no thread.
pub fn serve(config: WebConfig) -> Result<(), WebError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let keeper = Arc::new(HouseholdKeeper::new(config.wallet_path));
        let options = ServerOptions {
            port: config.port,
            language: config.language,
            nodes: config.nodes,
            ..ServerOptions::default()
        };
        let server = Server::bind(options, keeper).await?;
        let links = server.start_links();
        let link = links.next();
        say(&link);
        if config.open_browser {
            open_browser(&link);
        }
        if std::io::stdin().is_terminal() {
            more_links(links);
        }
        server.serve(stop_signal()).await
    })
}

#[allow(clippy::print_stdout, reason = "the link is what the command is for")]
fn say(link: &str) {
    println!("Your wallet's page, for one browser on this machine:\n\n  {link}\n");
    println!("The link works once. Enter makes another one; Ctrl-C locks the wallet and stops.");
}

/// Another link with each line: for another browser, or after this one was closed.
fn more_links(links: StartLinks) {
    // It ends with the program: there is no waking somebody who reads a terminal.
    let reader = move || {
        for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
            say(&links.next());
        }
    };
    if let Err(error) = thread::Builder::new().name("start-links".to_owned()).spawn(reader) {
        tracing::warn!(%error, "no further links can be made");
    }
}

/// Asks the system for a browser. Other users of the machine may see the link in the list of processes for a moment; it works
/// once, and the passphrase is asked for behind it.
fn open_browser(link: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        tracing::warn!(%error, "no browser could be opened: copy the link");
    }
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
