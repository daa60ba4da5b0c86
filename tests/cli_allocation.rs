//! `hushwatt audit allocate` and `check-allocation` as an allocator and the members of a community use them: a chain, a folder
//! of openings, a node.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "../audits/tests/allocation/story.rs"]
mod story;
#[path = "cli_node/support.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use story::{Story, key_text};
use support::{Run, text};

/// The allocator's folder.
struct Desk {
    folder: tempfile::TempDir,
    story: Story,
}

fn audit(arguments: &[&str]) -> Run {
    let command = Command::new(env!("CARGO_BIN_EXE_hushwatt")).arg("audit").args(arguments).output();
    let output = command.expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

impl Desk {
    fn new(rule: &str) -> Self {
        let desk = Desk { folder: tempfile::tempdir().unwrap(), story: Story::tell() };
        fs::write(desk.path("key.toml"), key_text(rule, "window")).unwrap();
        desk.bring();
        desk
    }

    /// Chain and openings as they are now.
    fn bring(&self) {
        fs::write(self.path("chain.hwl"), self.story.file()).unwrap();
        fs::create_dir_all(self.path("openings")).unwrap();
        for file in self.story.openings() {
            let path = self.path("openings").join(format!("{}.json", file.meter.0));
            fs::write(path, file.to_json().unwrap().as_bytes()).unwrap();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn allocate(&self, out: &str, slips: &str) -> Run {
        let at = |name: &str| self.path(name);
        let (key, openings, chain) = (at("key.toml"), at("openings"), at("chain.hwl"));
        let (out, slips) = (at(out), at(slips));
        audit(&[
            "allocate",
            text(&key),
            "--openings",
            text(&openings),
            "--chain",
            text(&chain),
            "--out",
            text(&out),
            "--slips",
            text(&slips),
        ])
    }

    fn check(&self, file: &str, more: &[&str]) -> Run {
        let (file, chain, key) = (self.path(file), self.path("chain.hwl"), self.path("key.toml"));
        audit(&[&["check-allocation", text(&file), "--chain", text(&chain), "--key", text(&key)], more].concat())
    }

    fn slip(&self, meter: u32) -> PathBuf {
        self.path("slips").join(format!("meter-{meter}.json"))
    }
}

#[test]
fn a_community_allocates_and_every_member_checks() {
    let desk = Desk::new("dynamic");
    let said = desk.allocate("june.json", "slips").ok();
    assert!(said.contains("2 periods allocated") && said.contains("3 slips") && said.contains("delete them"), "{said}");
    let network = desk.story.world.network().to_string();
    for (meter, allocated) in [(1, 856), (2, 624), (0, 33)] {
        let slip = desk.slip(meter);
        let words = desk.check("june.json", &["--network", &network, "--slip", text(&slip)]).ok();
        let amount = format!("meter {meter} was allocated 0.{allocated:03} kWh");
        assert!(words.contains("THE ALLOCATION HOLDS") && words.contains(&amount), "{words}");
        let data = desk.check("june.json", &["--slip", text(&slip), "--json"]).ok();
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!((&data["holds"], &data["slip"]["allocated"]), (&json!(true), &json!(allocated)));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&desk.path("slips")), mode(&desk.slip(1))), (0o700, 0o600));
    }
    // No reading and no allocation is in what everybody sees.
    let public = fs::read_to_string(desk.path("june.json")).unwrap();
    assert!(!public.contains("value") && !public.contains("blinding"), "{public}");
    // Nothing that exists is replaced.
    assert_eq!(desk.allocate("june.json", "other").code, 1);
    assert_eq!(desk.allocate("other.json", "slips").code, 1);
}

#[test]
fn another_key_a_changed_file_or_a_foreign_slip_is_status_1() {
    let desk = Desk::new("priority");
    desk.allocate("june.json", "slips").ok();
    fs::write(desk.path("key.toml"), key_text("dynamic", "window")).unwrap();
    let run = desk.check("june.json", &[]);
    assert!(run.code == 1 && run.out.contains("THIS DIFFERS from what you asked for"), "{run:?}");
    fs::write(desk.path("key.toml"), key_text("priority", "window")).unwrap();
    let change = |pointer: &str, new: &dyn Fn(&Value) -> Value| {
        let mut file: Value = serde_json::from_slice(&fs::read(desk.path("june.json")).unwrap()).unwrap();
        let field = file.pointer_mut(pointer).unwrap();
        *field = new(field);
        fs::write(desk.path("changed.json"), file.to_string()).unwrap();
        desk.check("changed.json", &[])
    };
    let run = change("/shared/0/allocations", &|parts| json!([parts[1], parts[0], parts[2]]));
    assert!(run.code == 1 && run.out.contains("DOES NOT HOLD") && run.out.contains("FAILS"), "{run:?}");
    let run = change("/shared", &|shared| json!([shared[0]]));
    assert!(run.code == 1 && run.out.contains("LEFT OUT"), "{run:?}");
    let run = change("/format", &|_| json!("hushwatt allocation 9"));
    assert!(run.code == 1 && run.err.contains("hushwatt allocation 1"), "{run:?}");
    fs::write(desk.path("changed.json"), "no json").unwrap();
    assert_eq!(desk.check("changed.json", &[]).code, 1);
    let mut slip: Value = serde_json::from_slice(&fs::read(desk.slip(1)).unwrap()).unwrap();
    slip["parts"][0]["opening"]["value"] = json!(999_999);
    fs::write(desk.path("lie.json"), slip.to_string()).unwrap();
    let run = desk.check("june.json", &["--slip", text(&desk.path("lie.json"))]);
    assert!(run.code == 1 && run.out.contains("YOUR SLIP"), "{run:?}");
}

#[test]
fn what_cannot_be_judged_is_status_3_and_nothing_is_allocated_without_a_member() {
    let desk = Desk::new("dynamic");
    fs::remove_file(desk.path("openings/2.json")).unwrap();
    let run = desk.allocate("june.json", "slips");
    assert!(run.code == 1 && run.err.contains("meter 2") && !desk.path("june.json").exists(), "{run:?}");
    desk.bring();
    desk.allocate("june.json", "slips").ok();
    let run = desk.check("no-such-file", &[]);
    assert!(run.code == 3 && run.err.contains("could not read"), "{run:?}");
    let file = desk.path("june.json");
    let run = audit(&["check-allocation", text(&file), "--chain", "no-such-chain"]);
    assert!(run.code == 3 && run.err.contains("could not open"), "{run:?}");
    let run = audit(&["check-allocation", text(&file), "--node", "http://127.0.0.1:9"]);
    assert!(run.code == 3 && run.err.contains("cannot be reached"), "{run:?}");
    assert_eq!(audit(&["check-allocation", text(&file)]).code, 2);
}

#[test]
fn a_correction_makes_an_allocation_void_until_it_is_made_anew() {
    let mut desk = Desk::new("hybrid");
    desk.allocate("june.json", "slips").ok();
    desk.story.correct();
    fs::write(desk.path("chain.hwl"), desk.story.file()).unwrap();
    let run = desk.check("june.json", &[]);
    assert!(run.code == 1 && run.out.contains("posted since it was made: meter 2"), "{run:?}");
    // The members' openings are old as well.
    let run = desk.allocate("anew.json", "new-slips");
    assert!(run.code == 1 && run.err.contains("Ask its household for a new file"), "{run:?}");
    desk.bring();
    desk.allocate("again.json", "newer-slips").ok();
    desk.check("again.json", &[]).ok();
}
