//! A browser as a person uses it: opens pages, fills fields, clicks, looks; on a desk or a phone, by day or by night.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::webdriver::{Element, Refused, Session};

/// How long a page may take to show something, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
/// Desk.
const DESK: (u32, u32) = (1280, 900);
/// A narrow phone: what WCAG 2.2 asks to work without scrolling sideways (1.4.10).
const PHONE: (u32, u32) = (320, 690);
/// The name of an attacker's host, which this browser believes to be on this machine: as after DNS rebinding.
pub const ATTACKER: &str = "attacker.example";

/// A browser with a profile of its own.
pub struct Browser {
    pub session: Session,
    /// Where downloads go.
    downloads: PathBuf,
    _folder: TempDir,
}

impl Browser {
    /// A new one, on a desk by day. `None`, and a word why, where there is no Chromium and none is demanded.
    pub fn start() -> Option<Self> {
        let missing: Vec<&str> = ["chromium", "chromedriver"].into_iter().filter(|name| !installed(name)).collect();
        if !missing.is_empty() {
            skip(&format!("{} missing: install the packages chromium and chromium-driver", missing.join(" and ")));
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let downloads = folder.path().join("downloads");
        fs::create_dir(&downloads).unwrap();
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let size = format!("--window-size={},{}", DESK.0, DESK.1);
        // Nothing outside this machine is ever asked for a name.
        let names = format!("--host-resolver-rules=MAP {ATTACKER} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
        let mut arguments = vec![
            "--headless",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--force-color-profile=srgb",
            "--hide-scrollbars",
            "--lang=en-GB",
            &profile,
            &size,
            &names,
        ];
        // Chromium's sandbox does not start for the superuser, as whom continuous integration runs.
        if is_superuser() {
            arguments.push("--no-sandbox");
        }
        let preferences = json!({
            "download.default_directory": downloads,
            "intl.accept_languages": "en-GB,en",
            "credentials_enable_service": false,
        });
        let session = Session::start(&json!({ "args": arguments, "prefs": preferences }));
        let browser = Browser { session, downloads, _folder: folder };
        browser.desk();
        browser.dark(false);
        Some(browser)
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.session.post("/url", &json!({ "url": url })).unwrap();
    }

    /// What the address bar says.
    pub fn url(&self) -> String {
        self.session.get("/url").unwrap().as_str().unwrap().to_owned()
    }

    /// Waits for the one element that has this id.
    pub fn by_id(&self, id: &str) -> Element {
        self.wait_for(&by_id(id))
    }

    /// Waits for the first element that a CSS selector finds.
    pub fn wait_for(&self, css: &str) -> Element {
        let found = self.until(|| self.session.elements(css).into_iter().next());
        found.unwrap_or_else(|| self.fail(&format!("nothing is \"{css}\"")))
    }

    /// Whether a CSS selector finds something now.
    pub fn has(&self, css: &str) -> bool {
        !self.session.elements(css).is_empty()
    }

    /// Puts this in place of what a field holds.
    pub fn fill(&self, id: &str, text: &str) {
        self.with(&by_id(id), |field| {
            self.session.element_post(field, "clear", &json!({}))?;
            self.session.element_post(field, "value", &json!({ "text": text }))
        });
    }

    /// Names the file of a file field.
    pub fn choose_file(&self, id: &str, file: &Path) {
        self.with(&by_id(id), |field| self.session.element_post(field, "value", &json!({ "text": file })));
    }

    /// Sets the value of a field that is not typed into letter by letter: a date, a choice.
    pub fn set(&self, id: &str, value: &str) {
        self.by_id(id);
        let script = "const field = document.getElementById(arguments[0]); field.value = arguments[1];
            field.dispatchEvent(new Event('input', {bubbles: true}));
            field.dispatchEvent(new Event('change', {bubbles: true})); return field.value;";
        let now = self.session.run(script, &[json!(id), json!(value)]);
        assert_eq!(now, json!(value), "field {id} does not take {value}");
    }

    /// Clicks on what has this id.
    pub fn click(&self, id: &str) {
        self.click_css(&by_id(id));
    }

    /// Clicks on the first thing that a CSS selector finds.
    pub fn click_css(&self, css: &str) {
        self.with(css, |element| self.session.element_post(element, "click", &json!({})));
    }

    /// The text that a person reads in what a CSS selector finds.
    pub fn text(&self, css: &str) -> String {
        let text = self.with(css, |element| self.session.element_get(element, "text"));
        text.as_str().unwrap().to_owned()
    }

    /// Does something with what a CSS selector finds; again where the page loaded itself anew in between.
    fn with(&self, css: &str, act: impl Fn(&Element) -> Result<Value, Refused>) -> Value {
        let done = self.until(|| match act(&self.wait_for(css)) {
            Err(refused) if refused.error == "stale element reference" => None,
            done => Some(done),
        });
        match done {
            Some(Ok(done)) => done,
            Some(Err(refused)) => self.fail(&format!("\"{css}\" could not be used: {}", refused.message)),
            None => self.fail(&format!("\"{css}\" never held still")),
        }
    }

    /// All that a person reads on the page.
    pub fn page(&self) -> String {
        self.text("body")
    }

    /// All that a person reads within a frame of the page.
    pub fn framed(&self, id: &str) -> String {
        self.by_id(id);
        let frame = json!({ "using": "css selector", "value": by_id(id) });
        let frame = self.session.post("/element", &frame).unwrap();
        self.session.post("/frame", &json!({ "id": frame })).unwrap();
        let text = self.page();
        self.session.post("/frame", &json!({ "id": null })).unwrap();
        text
    }

    /// Waits until the page says this; does not load it again.
    pub fn reads(&self, text: &str) {
        if self.until(|| self.page().contains(text).then_some(())).is_none() {
            self.fail(&format!("the page does not say \"{text}\""));
        }
    }

    /// Loads the page again until it says this.
    pub fn comes_to_read(&self, text: &str) {
        let read = || {
            self.session.post("/refresh", &json!({})).unwrap();
            self.page().contains(text).then_some(())
        };
        if self.until(read).is_none() {
            self.fail(&format!("the page never came to say \"{text}\""));
        }
    }

    /// Looks until there is something, or patience ends.
    pub fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let start = Instant::now();
        loop {
            let found = look();
            if found.is_some() || start.elapsed() > PATIENCE {
                return found;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends a test with what the page shows, and a picture of it.
    pub fn fail(&self, reason: &str) -> ! {
        let picture = self.screenshot("failed");
        let script = "return document.body ? document.body.innerText : '';";
        let shown: String = self.session.run(script, &[]).as_str().unwrap_or_default().chars().take(2000).collect();
        panic!("{reason}: at {}, in {}:\n{shown}", self.url(), picture.display());
    }

    /// As on a desk.
    pub fn desk(&self) {
        self.screen(DESK, 1, false);
    }

    /// As on a phone.
    pub fn phone(&self) {
        self.screen(PHONE, 2, true);
    }

    fn screen(&self, (width, height): (u32, u32), scale: u32, mobile: bool) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile });
        self.session.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Whether the person prefers dark pages.
    pub fn dark(&self, dark: bool) {
        let scheme = json!({ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } });
        self.session.devtools("Emulation.setEmulatedMedia", &json!({ "features": [scheme] }));
    }

    /// Whether pages may run scripts of their own.
    pub fn scripts(&self, run: bool) {
        self.session.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": !run }));
    }

    /// How many pixels the page is wider than the screen.
    pub fn overflow(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
        self.session.run(script, &[]).as_i64().unwrap()
    }

    /// Takes a picture of the whole page and keeps it as `target/browser-screenshots/NAME.png`.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let picture =
            self.session.devtools("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": true }));
        let path = pictures().join(format!("{name}.png"));
        fs::write(&path, base64(picture["data"].as_str().unwrap())).unwrap();
        path
    }

    /// Waits for a file whose name ends so, which the page made the browser download.
    pub fn download(&self, ending: &str) -> PathBuf {
        let whole = || {
            let files = fs::read_dir(&self.downloads).unwrap().map(|entry| entry.unwrap().path());
            files.filter(|path| path.to_string_lossy().ends_with(ending)).max()
        };
        self.until(whole).unwrap_or_else(|| self.fail(&format!("no file \"{ending}\" was downloaded")))
    }

    /// Cookies of the page that is open, as WebDriver gives them: those that scripts cannot read too.
    pub fn cookies(&self) -> Vec<Value> {
        self.session.get("/cookie").unwrap().as_array().unwrap().clone()
    }
}

fn by_id(id: &str) -> String {
    format!("[id=\"{id}\"]")
}

/// Says why a test does nothing here; where everything must be there it fails instead.
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{reason}");
    eprintln!("skipped: {reason}");
}

/// Whether a program can be run.
pub fn installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// Where pictures are kept.
pub fn pictures() -> PathBuf {
    // Beside the folder for tests' own files.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser-screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn is_superuser() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Bytes from base64 as the driver writes it: standard letters, padded.
fn base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').map(value).collect();
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4);
    for group in letters.chunks(4) {
        let joined = group.iter().fold(0u32, |sum, six| sum << 6 | u32::from(*six)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&joined.to_be_bytes()[1..group.len()]);
    }
    bytes
}
