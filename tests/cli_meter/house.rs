//! A meter behind a converter, a gateway that is set up for it and runs, the household's wallet, and the network.

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    support::{Purse, Run, program, string, text},
    telegram::{Shown, telegram},
    village::{Plan, Village},
    workshop::{START, Workshop},
};

/// Longer than anything takes.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A meter behind a converter, a gateway that is set up for it, and the network.
pub struct House {
    pub workshop: Workshop,
    pub village: Village,
    /// The household's wallet, paired.
    pub wallet: Purse,
    meter: TcpListener,
    pub page: u16,
    /// What the meter shows.
    pub shown: Shown,
}

/// A running gateway and its line. It is killed when it is dropped.
pub struct Gateway {
    child: Child,
    line: TcpStream,
}

impl House {
    pub fn build() -> Self {
        let workshop = Workshop::new();
        let plan = Plan { foreign: vec![workshop.make_key()], ..Plan::default() };
        let village = Village::found(&plan);
        let genesis = &village.genesis;
        fs::write(workshop.path("genesis.json"), genesis.bytes()).unwrap();
        let url = village.url();
        let more = ["--simulated", "--node", url.as_str()];
        workshop.init("genesis.json", genesis.network(), &more).ok();
        let wallet = Purse::new(&village);
        let paired = workshop.json(&["pair", "--address", &wallet.address.encode(genesis.network())]);
        fs::write(wallet.path("code"), string(&paired, "/code")).unwrap();
        wallet.run(&["pair", "--code-file", text(&wallet.path("code"))]).ok();

        fs::write(workshop.path("mapping.toml"), MAPPING).unwrap();
        let meter = TcpListener::bind("127.0.0.1:0").unwrap();
        let page = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = workshop.folder().join("gateway.toml");
        let settings: String = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(|line| match line {
                line if line.starts_with("port = ") => {
                    let mapping = workshop.path("mapping.toml");
                    format!("port = \"tcp:{}\"\nmapping_file = \"{}\"\n", meter.local_addr().unwrap(), text(&mapping))
                }
                line if line.starts_with("# listen = ") => format!("listen = \"127.0.0.1:{page}\"\n"),
                line => format!("{line}\n"),
            })
            .collect();
        fs::write(&path, settings).unwrap();
        let shown = Shown { at: START, import: 4_711_234, export: 815_678 };
        House { workshop, village, wallet, meter, page, shown }
    }

    pub fn start(&self) -> Gateway {
        let folder = self.workshop.folder();
        let log = fs::File::options().create(true).append(true).open(self.workshop.path("log.txt")).unwrap();
        let mut command = program(&[("HUSHWATT_METER_FOLDER", text(&folder))], &["meter", "run", "--simulated"]);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let (line, _) = self.meter.accept().unwrap();
        Gateway { child, line }
    }

    /// The meter goes on counting until then, and says so each minute.
    pub fn count_until(&mut self, gateway: &mut Gateway, time: u64, import: u64, export: u64) {
        while self.shown.at < time {
            self.shown.at += 60;
            self.shown.import += import;
            self.shown.export += export;
            gateway.line.write_all(telegram(self.shown).as_bytes()).unwrap();
        }
    }

    pub fn status(&self) -> (i32, Value) {
        let Run { code, out, err } = self.workshop.run(&["status", "--json"]);
        (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error} in {out}{err}")))
    }

    /// Looks at the status until this holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let (_, status) = self.status();
            if holds(&status) {
                return status;
            }
            let log = || fs::read_to_string(self.workshop.path("log.txt")).unwrap();
            assert!(started.elapsed() < PATIENCE, "not {what}: {status:#}\n{}", log());
            thread::sleep(Duration::from_millis(300));
        }
    }
}

impl Gateway {
    /// As systemd stops it.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A portal's table: interval in UTC, kWh taken and given.
const MAPPING: &str = r#"
separator = ";"
time = "start"
time_format = "%Y-%m-%d %H:%M"
zone = "UTC"
interval = "15 min"
[[value]]
column = "import"
direction = "import"
unit = "kWh"
[[value]]
column = "export"
direction = "export"
unit = "kWh"
"#;
