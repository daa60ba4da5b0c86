//! The wire of the W3C WebDriver protocol, as far as these tests speak it: JSON over HTTP with a `chromedriver` that is
//! started for one browser and ended with it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

/// What WebDriver calls an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Longer than any command takes, that for a slow page included.
const PATIENCE: Duration = Duration::from_secs(120);
/// A picture of a long page, in base64, stays far below.
const MAX_ANSWER: u64 = 64 << 20;

/// What the driver says when it does not do something.
#[derive(Debug)]
pub struct Refused {
    /// A word of the protocol, as `no such element`.
    pub error: String,
    pub message: String,
}

/// An element of the page that is open.
#[derive(Clone, Debug)]
pub struct Element(String);

/// A browser of its own with its driver.
pub struct Session {
    agent: ureq::Agent,
    driver: Child,
    /// Process id of the browser.
    browser: Option<u64>,
    base: String,
}

impl Session {
    /// Starts a driver, and a browser with these options of Chromium.
    pub fn start(options: &Value) -> Self {
        let mut command = Command::new("chromedriver");
        command.args(["--port=0", "--log-level=SEVERE"]);
        let mut driver = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let port = port(&mut driver);
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build();
        let base = format!("http://127.0.0.1:{port}/session");
        let mut session = Session { agent: config.into(), driver, browser: None, base };
        let logs = json!({ "browser": "ALL" });
        let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logs });
        let made = session.post("", &json!({ "capabilities": { "alwaysMatch": capabilities } })).unwrap();
        session.browser = made.pointer("/capabilities/goog:processID").and_then(Value::as_u64);
        session.base = format!("{}/{}", session.base, made["sessionId"].as_str().unwrap());
        session
    }

    /// `GET` of what the session has under a path.
    pub fn get(&self, path: &str) -> Result<Value, Refused> {
        answer(self.agent.get(format!("{}{path}", self.base)).call())
    }

    /// `POST` to a path of the session.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        answer(self.agent.post(format!("{}{path}", self.base)).send_json(body))
    }

    /// `DELETE` of what the session has under a path.
    pub fn delete(&self, path: &str) -> Result<Value, Refused> {
        answer(self.agent.delete(format!("{}{path}", self.base)).call())
    }

    /// All elements that a CSS selector finds now.
    pub fn elements(&self, css: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": css })).unwrap();
        found.as_array().unwrap().iter().map(|one| Element(one[ELEMENT].as_str().unwrap().to_owned())).collect()
    }

    pub fn element_get(&self, element: &Element, what: &str) -> Result<Value, Refused> {
        self.get(&format!("/element/{}/{what}", element.0))
    }

    pub fn element_post(&self, element: &Element, what: &str, body: &Value) -> Result<Value, Refused> {
        self.post(&format!("/element/{}/{what}", element.0), body)
    }

    /// The body of a function, run within the page; gives what it returns.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments })).unwrap()
    }

    /// The same for a body that calls its last argument with the result.
    pub fn run_waiting(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": arguments })).unwrap()
    }

    /// What pages wrote to the console, and what the browser wrote there of them, since this was last asked.
    pub fn console(&self) -> Vec<String> {
        let lines = self.post("/se/log", &json!({ "type": "browser" })).unwrap();
        let line = |entry: &Value| format!("{} {}", entry["level"], entry["message"]);
        lines.as_array().unwrap().iter().map(line).collect()
    }

    /// A command of the Chrome DevTools Protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let closed = self.delete("").is_ok();
        // The driver does not take a browser with it that it could not close.
        if let (false, Some(browser)) = (closed, self.browser) {
            let _ = Command::new("kill").arg(browser.to_string()).status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver found free, which it tells in its first lines.
fn port(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut seen = String::new();
    for line in lines {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().unwrap();
        }
        seen += &line;
    }
    panic!("chromedriver did not start: {seen}");
}

fn answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Refused> {
    let mut answer = answer.expect("chromedriver answers");
    let accepted = answer.status().is_success();
    let bytes = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().unwrap();
    let mut told: Value = serde_json::from_slice(&bytes).unwrap();
    let value = told["value"].take();
    if accepted {
        return Ok(value);
    }
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Err(Refused { error: text("error"), message: text("message") })
}
