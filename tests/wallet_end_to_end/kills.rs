//! A wallet that is killed in the middle of payments, again and again.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use hushwatt_ledger::{
    transaction::{Transaction, TransactionId},
    units::Credit,
};
use hushwatt_wallet::household::views::{EntryState, HistoryFilter, HistoryKind};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    home::{Home, path, payment},
    relay::Relay,
    village::{Plan, Village},
};

/// Wallet file and payee for a child, which pays a cent.
const WALLET: &str = "HUSHWATT_TEST_WALLET";
const PAYEE: &str = "HUSHWATT_TEST_PAYEE";
const CENT: Credit = Credit(10_000);
const START: Credit = Credit::from_euro(90);
/// Between two settlements, in which all change can be spent again.
const KILLS_A_SETTLEMENT: u64 = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// Not a test by itself: what the processes do that the test below kills.
#[test]
fn child_pays_a_cent() {
    let Some(wallet) = std::env::var_os(WALLET) else { return };
    let mut home = Home::open(Path::new(&wallet));
    home.catch_up();
    say("ready");
    let sent = home.get().send(&payment(&std::env::var(PAYEE).unwrap(), CENT)).unwrap();
    say("signed");
    while home.get().state_of(&sent.id) != Some(EntryState::Final) {
        home.round();
        std::thread::sleep(Duration::from_millis(10));
    }
    say("final");
}

fn say(word: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\n{word}").and_then(|()| out.flush()).unwrap();
}

/// This binary again, running only the function above.
struct Payer {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Payer {
    fn start(wallet: &Path, payee: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::child_pays_a_cent", "--nocapture", "--test-threads=1"])
            .env(WALLET, wallet)
            .env(PAYEE, payee)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Payer { child, out }
    }

    /// Waits until it says this.
    fn says(&mut self, word: &str) {
        let mut line = String::new();
        while line.trim() != word {
            line.clear();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "a child ended before it said \"{word}\"");
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn finish(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

/// Anna's wallet behind a relay that sees all she hands in, and Bert, whom she pays.
struct Street {
    village: Village,
    relay: Relay,
    wallet: PathBuf,
    bert: Home,
    payee: String,
}

impl Street {
    fn new() -> Self {
        let mut village = Village::found(&Plan::default());
        let relay = Relay::before(&village.url(), None);
        let anna = Home::new(&village, "anna.wallet", std::slice::from_ref(&relay.url));
        let bert = Home::new(&village, "bert.wallet", &[village.url()]);
        let half = Credit(START.0 / 2);
        village.fund(&[(anna.address(), half), (anna.address(), half)]);
        let (wallet, payee) = (path(&village, "anna.wallet"), bert.get().address());
        Street { village, relay, wallet, bert, payee }
    }

    fn payer(&self) -> Payer {
        Payer::start(&self.wallet, &self.payee)
    }

    /// Whether something of Anna's is neither final nor given up.
    fn is_under_way(&self) -> bool {
        let under_way = |state| matches!(state, EntryState::Prepared | EntryState::Submitted);
        let anna = Home::open(&self.wallet);
        let history = anna.get().history(&HistoryFilter::default());
        history.iter().any(|entry| under_way(entry.state))
    }

    /// Her payments, by what nodes were given: the same number always means the same bytes.
    fn handed_in(&self) -> BTreeMap<TransactionId, Vec<u8>> {
        let mut seen: BTreeMap<TransactionId, Vec<u8>> = BTreeMap::new();
        for bytes in self.relay.submissions() {
            let known = seen.entry(*self.read(&bytes).id()).or_insert_with(|| bytes.clone());
            assert!(*known == bytes, "one transaction was handed in in two forms");
        }
        seen
    }

    fn read(&self, bytes: &[u8]) -> Transaction {
        let (length, rest) = bytes.split_first_chunk::<4>().unwrap();
        Transaction::decode(self.village.genesis.network(), &rest[..u32::from_le_bytes(*length) as usize]).unwrap()
    }

    fn nothing_was_signed_twice(&self) {
        let mut spent = BTreeMap::new();
        for (id, bytes) in self.handed_in() {
            for spend in self.read(&bytes).action().spends() {
                let before = spent.insert(*spend.image.as_bytes(), id);
                assert_eq!(before, None, "two transactions spend the same money");
            }
        }
    }
}

#[test]
fn a_wallet_killed_at_any_moment_of_a_payment_loses_nothing_and_signs_nothing_twice() {
    let full = std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full");
    let kills = if full { 200 } else { 20 };
    let seed = std::env::var("HUSHWATT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut street = Street::new();

    // One is left alone: how long a payment takes here.
    let mut payer = street.payer();
    payer.says("ready");
    let start = Instant::now();
    payer.says("signed");
    let signing = start.elapsed();
    payer.says("final");
    let whole = start.elapsed();
    payer.finish();

    let (mut under_way, mut untouched) = (0, 0);
    for kill in 1..=kills {
        let mut payer = street.payer();
        // Every other one where it matters most: between signing and the end.
        let (word, most) = if kill % 2 == 0 { ("ready", whole) } else { ("signed", whole - signing) };
        payer.says(word);
        std::thread::sleep(most.mul_f64(rng.gen_range(0.0..1.1)));
        payer.kill();
        if street.is_under_way() {
            under_way += 1
        } else {
            untouched += 1
        }
        if kill % KILLS_A_SETTLEMENT == 0 {
            street.village.settle();
        }
    }
    eprintln!(
        "seed {seed}: {under_way} of {kills} kills left a payment under way, {untouched} did not; one takes {whole:?}"
    );
    assert!(under_way > 0, "no kill came in the middle of a payment");

    let mut anna = Home::open(&street.wallet);
    let start = Instant::now();
    let open = |anna: &Home| {
        let history = anna.get().history(&HistoryFilter::default());
        history.iter().any(|entry| entry.state != EntryState::Final)
    };
    while open(&anna) {
        assert!(start.elapsed() < PATIENCE, "a payment never became final");
        anna.round();
        std::thread::sleep(Duration::from_millis(50));
    }
    street.village.settle();
    anna.catch_up();
    street.bert.catch_up();
    street.nothing_was_signed_twice();
    let sent = HistoryFilter { kinds: vec![HistoryKind::Sent], ..HistoryFilter::default() };
    let payments = anna.get().history(&sent);
    assert_eq!(payments.len(), street.handed_in().len());
    let paid = CENT.0 * payments.len() as u64;
    assert_eq!(street.bert.total(), Credit(paid));
    assert_eq!((anna.total(), anna.available()), (Credit(START.0 - paid), Credit(START.0 - paid)));
}
