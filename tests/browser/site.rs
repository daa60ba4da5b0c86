//! A small web server within the test: pages to try the harness on, and those of an attacker.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// A page: headers of its own, and HTML.
#[derive(Clone, Default)]
pub struct Page {
    pub headers: Vec<(&'static str, String)>,
    pub html: String,
}

impl Page {
    pub fn html(html: impl Into<String>) -> Self {
        Page { headers: Vec::new(), html: html.into() }
    }
}

/// Pages on a port of this machine, until the test ends.
pub struct Site {
    pub port: u16,
}

impl Site {
    /// Serves these pages, whatever the host is called.
    pub fn serve(pages: BTreeMap<&'static str, Page>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pages = Arc::new(pages);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let pages = pages.clone();
                // Each on its own: browsers open connections that they may use later. One that goes away is no failure.
                thread::spawn(move || drop(answer(stream, &pages)));
            }
        });
        Site { port }
    }

    /// Address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn answer(mut stream: TcpStream, pages: &BTreeMap<&'static str, Page>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    let path = first.split(' ').nth(1).and_then(|path| path.split('?').next()).unwrap_or_default();
    let missing = Page::html("<!doctype html><title>Nothing</title>");
    let (status, page) = pages.get(path).map_or(("404 Not Found", &missing), |page| ("200 OK", page));
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n");
    for (name, value) in &page.headers {
        head += &format!("{name}: {value}\r\n");
    }
    write!(stream, "{head}content-length: {}\r\n\r\n{}", page.html.len(), page.html)
}
