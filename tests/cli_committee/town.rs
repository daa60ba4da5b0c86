//! A member and a registrar in a small town whose node is played: asked, answered, killed, and never another answer.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use hushwatt_client::{BlockRecord, KeyFile, KeyRole, frames, sealing_file::write_sealing, status_file::SILENCE};
use hushwatt_committee::folder::MemberFolder;
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    block::Certificate,
    transaction::{
        Action, Transaction,
        build::Built,
        hints::{decode_hints, encode_hints},
        request::Target,
        share::Subject,
    },
    units::{MeterId, Period, Timestamp},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    kit::totals::{Community, METERS, attested, shared},
    scan::Needles,
    support::{PlayedNode, Run, text},
};

const COHORT: Target = Target::Cohort(0);

pub fn command(folder: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hushwatt"));
    command.env("HUSHWATT_COMMITTEE_FOLDER", folder).arg("committee").args(arguments);
    command
}

pub fn committee(folder: &str, arguments: &[&str]) -> Run {
    let output = command(folder, arguments).output().expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// The word for why a command failed.
pub fn failed(folder: &str, arguments: &[&str]) -> String {
    let run = committee(folder, &[arguments, &["--json"]].concat());
    assert_eq!(run.code, 1, "{run:?}");
    let error: Value = serde_json::from_str(run.err.lines().last().unwrap()).unwrap();
    error["kind"].as_str().unwrap().to_owned()
}

/// How time is told to be simulated, if it is.
fn simulated_flag(simulated: bool) -> &'static [&'static str] {
    if simulated { &["--simulated"] } else { &[] }
}

pub struct Town {
    place: TempDir,
    pub community: Arc<Mutex<Community>>,
    node: PlayedNode,
    network: String,
    genesis: String,
    pub period: Period,
    /// Whether another registrar's request comes into a block before one that is handed in.
    another: Arc<AtomicBool>,
}

fn status_of(community: &Community) -> Vec<u8> {
    let (world, parent) = (&community.world, &community.world.parent);
    let status = serde_json::json!({
        "network": world.network().to_string(), "height": parent.height, "time": parent.time.0,
        "digest": hex(&parent.digest.0), "state_root": "", "epoch": 0, "peers": 3, "ready": true,
    });
    serde_json::to_vec(&status).unwrap()
}

fn blocks_from(community: &Community, from: u64) -> Vec<u8> {
    let world = &community.world;
    let mut bytes = Vec::new();
    for (block, hints) in world.chain.iter().filter(|(block, _)| block.header.height >= from) {
        let (body, certificate) = (block.encode(), Certificate::encode_optional(Some(&world.certify(block))));
        let hints = Some(hints.iter().map(|hints| encode_hints(hints)).collect());
        frames::encode(&BlockRecord { height: block.header.height, body, certificate, hints }, &mut bytes);
    }
    bytes
}

/// A transaction that is handed in: in a block at once, or refused; `another` of a registrar comes before a request.
fn hand_in(community: &mut Community, submission: &[u8], another: bool) -> (u16, Vec<u8>) {
    let (length, rest) = submission.split_first_chunk::<4>().unwrap();
    let (transaction, hints) = rest.split_at(u32::from_le_bytes(*length) as usize);
    let hints = decode_hints(hints).unwrap();
    let world = &mut community.world;
    let at = world.after(60);
    if let Err(rejection) = world.verdict_on_bytes(at, transaction, &hints) {
        let error =
            serde_json::json!({"error": {"code": "rejected", "rule": "rule", "message": rejection.to_string()}});
        return (422, serde_json::to_vec(&error).unwrap());
    }
    let transaction = Transaction::decode(world.network(), transaction).unwrap();
    let answer = serde_json::json!({"status": "waiting", "id": hex(&transaction.id().0)});
    let is_request = matches!(transaction.action(), Action::Request(_));
    if is_request && another {
        let request = community.request_by(0, COHORT, &community.left_out());
        community.world.accept(at, &[request]);
    } else {
        world.accept(at, &[Built::new(transaction, hints)]);
    }
    (200, serde_json::to_vec(&answer).unwrap())
}

impl Town {
    pub fn of(community: Community) -> Self {
        let place = tempfile::tempdir().unwrap();
        let genesis = place.path().join("genesis.json");
        fs::write(&genesis, community.world.genesis.bytes()).unwrap();
        let (network, period) = (community.world.network().to_string(), community.period);
        let key = KeyFile { role: KeyRole::Registrar, key: community.world.registrars[1].clone() };
        key.write_new(&place.path().join("registrar.key")).unwrap();
        let community = Arc::new(Mutex::new(community));
        let shared = community.clone();
        // The body of a post is remembered before its answer is made.
        let posts: Arc<Mutex<Option<crate::support::Posts>>> = Arc::default();
        let known = posts.clone();
        let another = Arc::new(AtomicBool::new(false));
        let hastier = another.clone();
        let node = PlayedNode::start(move |request, _| {
            let mut community = shared.lock().unwrap();
            if request == "GET /v1/status" {
                return (200, status_of(&community));
            }
            if let Some(rest) = request.strip_prefix("GET /v1/blocks?from=") {
                return (200, blocks_from(&community, rest.split('&').next().unwrap().parse().unwrap()));
            }
            if request.starts_with("POST /v1/transactions") {
                let posts = known.lock().unwrap().clone().unwrap();
                let body = posts.lock().unwrap().last().unwrap().1.clone();
                return hand_in(&mut community, &body, hastier.load(Ordering::SeqCst));
            }
            (404, Vec::new())
        });
        *posts.lock().unwrap() = Some(node.posted.clone());
        let genesis = text(&genesis).to_owned();
        Town { place, community, node, network, genesis, period, another }
    }

    fn path(&self, name: &str) -> String {
        text(&self.place.path().join(name)).to_owned()
    }

    /// A folder of a member of the committee.
    pub fn member(&self, place: usize) -> String {
        let folder = self.path(&format!("member-{place}"));
        fs::create_dir(&folder).unwrap();
        let member = self.community.lock().unwrap().members[place].clone();
        let key = KeyFile { role: KeyRole::Committee, key: member.key };
        key.write_new(&Path::new(&folder).join("committee.key")).unwrap();
        write_sealing(&member.sealing, &Path::new(&folder).join("sealing.key")).unwrap();
        let new = ["init", "--genesis", &self.genesis, "--network", &self.network, "--node", &self.node.url];
        let simulated = self.community.lock().unwrap().world.genesis.simulated_time;
        committee(&folder, &[&new[..], simulated_flag(simulated)].concat()).ok();
        folder
    }

    /// What was sealed for a member, to be looked for: the beginning of each share, and all names.
    pub fn shares_of(&self, place: usize) -> (Needles, BTreeSet<String>) {
        let (mut needles, mut all) = (Needles::default(), BTreeSet::new());
        let community = self.community.lock().unwrap();
        for meter in 0..METERS {
            let subject = Subject::Meter(MeterId(meter as u32));
            for sharing in 0..2 {
                let (_, sealed) = community.sealed(subject, sharing, &community.members[place]);
                let name = format!("share {sharing} of meter {meter}");
                needles.bytes(&name, &sealed.0[..48]);
                all.insert(name);
            }
        }
        (needles, all)
    }

    fn ask(&self, more: &[&str]) -> Run {
        let key = self.path("registrar.key");
        let period = self.period.0.to_string();
        let usual =
            ["ask", "--key", &key, "--node", &self.node.url, "--network", &self.network, "--genesis", &self.genesis];
        committee("none", &[&usual[..], &["--period", &period], more].concat())
    }

    fn released(&self) -> usize {
        let community = self.community.lock().unwrap();
        let total = community.world.ledger().total(self.period, COHORT).unwrap();
        total.map_or(0, |total| total.released.len())
    }

    fn pass_to(&self, when: fn(&Community) -> Timestamp) {
        let mut community = self.community.lock().unwrap();
        let at = when(&community);
        community.pass_to(at.plus(1));
    }

    /// Complaints are over, and the lots are drawn.
    fn settle(&self) {
        self.community.lock().unwrap().settle();
    }

    /// Releases that were handed in, by who and what.
    fn handed(&self) -> Vec<Vec<u8>> {
        let community = self.community.lock().unwrap();
        let posted = self.node.posted.lock().unwrap();
        let transactions = posted.iter().map(|(_, body)| {
            let (length, rest) = body.split_first_chunk::<4>().unwrap();
            Transaction::decode(community.world.network(), &rest[..u32::from_le_bytes(*length) as usize]).unwrap()
        });
        transactions
            .filter_map(|transaction| match transaction.action() {
                Action::Release(release) => Some(
                    release.statement.shares.iter().flat_map(|share| share.value.0.to_bytes()).collect::<Vec<u8>>(),
                ),
                _ => None,
            })
            .collect()
    }
}

/// A running member, ended with the test.
pub struct Running(Child);

impl Running {
    /// Runs until the member has said how he is.
    pub fn start(folder: &str) -> Self {
        let told = Path::new(folder).join("status.json");
        let _ = fs::remove_file(&told);
        let running = Self::spawn(folder);
        wait_for("the status", || told.exists());
        running
    }

    fn spawn(folder: &str) -> Self {
        let simulated = MemberFolder::at(Path::new(folder)).genesis().unwrap().simulated_time;
        let mut command = command(folder, &[&["run", "--log-level", "warn"], simulated_flag(simulated)].concat());
        Running(command.stdout(Stdio::null()).spawn().unwrap())
    }

    /// By SIGTERM; says whether he ended in order.
    pub fn stop(mut self) -> bool {
        Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        self.0.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} does not come about");
        sleep(Duration::from_millis(100));
    }
}

pub fn status(folder: &str) -> (i32, Value) {
    let run = committee(folder, &["status", "--json"]);
    (run.code, serde_json::from_str(&run.out).unwrap_or(Value::Null))
}

/// What the member said last becomes so old that he would have said something since.
fn grow_old(folder: &str) {
    let path = Path::new(folder).join("status.json");
    let mut told: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    told["told"] = (told["told"].as_u64().unwrap() - SILENCE - 1).into();
    fs::write(&path, serde_json::to_vec(&told).unwrap()).unwrap();
}

#[test]
fn a_registrar_asks_and_a_member_answers_once_though_he_is_killed() {
    let town = Town::of(shared());
    let folder = town.member(0);
    let running = Running::start(&folder);
    wait_for("the shares", || status(&folder).1["periods"][0]["right"] == 8);
    assert_eq!(failed(&folder, &["init", "--node", "http://127.0.0.1:1"]), "exists");
    // Killed while he has nothing to say: nobody knows at once, but how old the answer is is said, and what he kept is there.
    drop(running);
    let (_, told) = status(&folder);
    assert_eq!((&told["periods"][0]["right"], &told["running"]), (&Value::from(8), &Value::from(true)));
    assert!(told["age"].as_u64().unwrap() < SILENCE, "{told}");
    grow_old(&folder);
    let (code, told) = status(&folder);
    assert_eq!((code, &told["periods"][0]["right"], &told["running"]), (2, &Value::from(8), &Value::from(false)));
    assert!(committee(&folder, &["status"]).out.contains("DOES NOT RUN, or hangs"));
    // Nothing is asked before its time, by whom it may not, or without a look at it.
    town.ask(&["--cohort", "0", "--yes"]).refused(&["it can be asked for after"]);
    town.pass_to(|community| community.times().complain);
    town.ask(&["--cohort", "0", "--yes"]).refused(&["lots", "after the next block"]);
    town.settle();
    town.ask(&["--cohort", "1", "--yes"]).refused(&["cohort"]);
    town.ask(&["--trades", "electricity", "--yes"]).refused(&["trades"]);
    town.ask(&["--cohort", "0"]).refused(&["say --yes", "Meters that are in", "8: 0, 1, 2, 3, 4, 5, 6, 7"]);
    assert!(town.node.posted.lock().unwrap().is_empty());
    let asked = town.ask(&["--cohort", "0", "--yes", "--json"]).ok();
    let asked: Value = serde_json::from_str(&asked).unwrap();
    assert_eq!((asked["is_final"].as_bool(), asked["left_out"].as_array().unwrap().len()), (Some(true), 0));
    town.ask(&["--cohort", "0", "--yes"]).refused(&["error"]);

    let running = Running::start(&folder);
    wait_for("the release", || town.released() == 1);
    drop(running);
    // Whatever he had written down when he was killed: he goes on, and says nothing else.
    let running = Running::start(&folder);
    wait_for("the end", || status(&folder).1["requests"][0]["state"] == "released");
    let (code, told) = status(&folder);
    assert_eq!((code, told["running"].as_bool()), (0, Some(true)), "{told}");
    assert!(committee(&folder, &["status"]).out.contains("released"));
    assert!(running.stop());
    let (code, told) = status(&folder);
    assert_eq!((code, told["running"].as_bool()), (2, Some(false)), "one who stops says so: {told}");
    let handed = town.handed();
    assert!(!handed.is_empty() && handed.iter().all(|release| *release == handed[0]));
    assert_eq!(town.released(), 1);
}

#[test]
fn who_is_left_out_is_told_before_it_is_asked() {
    let mut community = attested();
    community.share_first(METERS - 1);
    community.settle();
    let list = |meters: Vec<u32>| meters.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let (left_out, within) = (list(community.left_out()), list(community.within()));
    let town = Town::of(community);
    let told = town.ask(&["--cohort", "0"]);
    assert_eq!(told.code, 1);
    let left_out = format!("Left out, for ever         {left_out}\n");
    for part in ["Did not share, or wrongly  7", &left_out, &format!("5: {within}\n")] {
        assert!(told.err.contains(part), "{part}: {}", told.err);
    }
    let stranger = town.path("stranger.key");
    let key = KeyFile::random(KeyRole::Registrar, &mut rand_core::OsRng);
    key.write_new(Path::new(&stranger)).unwrap();
    let usual = ["ask", "--key", &stranger, "--node", &town.node.url, "--network", &town.network, "--cohort", "0"];
    let arguments = [&usual[..], &["--period", "3", "--genesis", &town.genesis]].concat();
    assert_eq!(failed("none", &arguments), "input");
}

/// A member keeps shares until nothing can be asked any more, and then in no byte of any file.
#[test]
fn shares_of_a_period_that_is_over_are_in_no_file_of_the_folder() {
    let town = Town::of(shared());
    let folder = town.member(0);
    let (needles, all) = town.shares_of(0);
    let found = || needles.names_in(Path::new(&folder));
    assert_eq!(found(), BTreeSet::new());
    let running = Running::start(&folder);
    wait_for("the shares", || found() == all);
    // Killed, and started again when it is over.
    drop(running);
    assert_eq!(found(), all);
    town.pass_to(|community| community.times().release);
    let running = Running::start(&folder);
    wait_for("their end", || found().is_empty());
    assert!(running.stop());
    assert_eq!(found(), BTreeSet::new());
}

/// What a registrar is told is his own request, and no other one of the same total.
#[test]
fn who_comes_second_is_told_so() {
    let mut community = shared();
    community.settle();
    let town = Town::of(community);
    town.another.store(true, Ordering::SeqCst);
    let asked = town.ask(&["--cohort", "0", "--yes", "--json"]);
    assert_eq!((asked.code, asked.out.as_str()), (1, ""), "{asked:?}");
    let error: Value = serde_json::from_str(asked.err.lines().last().unwrap()).unwrap();
    assert_eq!(error["kind"], "rule");
    assert_eq!(town.node.posted.lock().unwrap().len(), 1, "it was taken, and came too late");
}
