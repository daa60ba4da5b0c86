//! A day of a community: four validators, wallets, and gateways as processes, for electricity and water; energy and water are
//! traded from what the gateways metered.

use std::{collections::BTreeMap, path::PathBuf};

use hushwatt_gateway::keys::Keys;
use hushwatt_ledger::{
    parameters::{Parameters, PriceBounds, UtilityPrices},
    transaction::attest::WindowStatus,
    units::{Credit, Timestamp, Utility},
};
use hushwatt_wallet::household::PairingCode;
use rand_core::{OsRng, RngCore};
use serde_json::Value;

use crate::{
    choices::choices,
    curve::{Curve, made},
    kills::MEMORY,
    p1::{Stamp, telegram},
    process::{Process, free_port},
    pty::Pty,
    slaves::{Now, mbus, sunspec},
    support::{Purse, hushwatt, number, string, text},
    town::{Settings, chain_of, lay_out, opened},
    village::{Plan, START, Village},
};

const HOUR: u64 = 3_600;
/// Hours that are lived.
const HOURS: u64 = 24;
/// The hour in which what was traded is counted, from the first on.
const TRADED: u64 = 9;
/// Quantities within so many seconds of a boundary stay as they are.
pub const STILL: u64 = 60;

/// A home: what its meter counts, its wallet, and its gateway.
pub struct Home {
    pub curve: Curve,
    pub purse: Purse,
    line: Option<Pty>,
    pub process: Process,
    pub keys: Keys,
}

struct Place {
    name: &'static str,
    utility: Utility,
    driver: &'static str,
    direction: Option<&'static str>,
}

/// By their meters' numbers.
const PLACES: [Place; 5] = [
    Place { name: "roof", utility: Utility::Electricity, driver: "p1", direction: None },
    Place { name: "flat", utility: Utility::Electricity, driver: "p1", direction: None },
    Place { name: "shop", utility: Utility::Electricity, driver: "sunspec", direction: None },
    Place { name: "well", utility: Utility::Water, driver: "mbus", direction: Some("export") },
    Place { name: "bath", utility: Utility::Water, driver: "mbus", direction: None },
];

pub fn parameters() -> Parameters {
    Parameters {
        interval: HOUR,
        ring_min: 2,
        ring_cap: 64,
        credit_epoch: 600,
        seal_after: 3_600,
        append_slot: 900,
        auction: None,
        // Water: EUR 1 to 10 per cubic metre, which is 1,000 to 10,000 micro-euro per litre.
        prices: UtilityPrices {
            water: Some(PriceBounds { price_step: 10, floor: 10, cap: 10_000 }),
            ..UtilityPrices::default()
        },
        ..Parameters::default()
    }
}

/// What a home counts in each hour.
fn counted(place: usize, first: Timestamp) -> Vec<(u64, u64)> {
    let made = made(&mut choices(), first, HOUR, HOURS as usize + 6);
    let hours = made.into_iter().enumerate().map(|(hour, (import, export))| match PLACES[place].name {
        // Enough to sell in the hour that is traded.
        "roof" => (import, if hour as u64 == TRADED { 2_300 } else { export }),
        "well" => (200 + import, 0),
        "bath" => (import / 10, 0),
        _ => (import, export),
    });
    hours.collect()
}

impl Home {
    /// With the meter of a place, which counts like this.
    pub fn set_up(village: &Village, now: &Now, place: usize, curve: Curve) -> Self {
        let (Place { name, driver, direction, .. }, genesis) = (&PLACES[place], &village.genesis);
        let purse = Purse::new(village);
        let home = village.home(place);
        let mut schedule = zeroize::Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut schedule[..]);
        let keys =
            || Keys { signing: home.key().clone(), day: home.pairing.day_key.clone(), schedule: schedule.clone() };
        let code = PairingCode { meter: home.pairing.meter, day_key: home.pairing.day_key.clone() };
        let file = purse.path("code");
        std::fs::write(&file, code.encode(genesis.network()).as_str()).unwrap();
        purse.json(&["pair", "--code-file", text(&file), "--label", name]);

        let line = (*driver == "p1").then(Pty::new);
        let port = match *driver {
            "p1" => format!("serial:{}", line.as_ref().unwrap().path()),
            "mbus" => format!("tcp:{}", mbus(now, curve.clone())),
            _ => format!("tcp:{}", sunspec(now, curve.clone())),
        };
        // Every home asks two nodes.
        let nodes = [place, place + 1].map(|node| village.net.client(node % village.net.len()).base().to_string());
        let page = free_port();
        let settings = Settings { name, nodes: &nodes, driver, port: &port, pace: 10, page };
        let folder: PathBuf = village.folder().join(name);
        lay_out(genesis, &folder, place, &purse.address, &settings, &keys());
        if let Some(direction) = direction {
            let file = folder.join("gateway.toml");
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, format!("{text}[reading]\ndirection = \"{direction}\"\n")).unwrap();
        }
        let process = Process::start(&folder, page, &[]);
        Home { curve, purse, line, process, keys: keys() }
    }

    /// Its meter speaks, if it is one that speaks unasked.
    fn speak(&self, now: Timestamp) {
        if let Some(line) = &self.line {
            assert!(line.send(&telegram(now, Stamp::Right, self.curve.at(now))), "the gateway has its line open");
        }
    }

    fn has_read(&mut self, time: Timestamp) {
        let received = |status: &Value| status["registers"]["received"].as_u64().unwrap_or(0);
        self.process.wait("the meter is read", |status| received(status) >= time.0);
    }

    /// Its gateway ends; its wallet stays.
    pub fn end(self) -> Purse {
        self.process.terminate();
        self.purse
    }

    /// What it has on the ledger is what its meter counted, in the direction that its meter counts.
    fn check(&self, village: &Village, place: usize, first: Timestamp, hours: u64) {
        let nodes = [village.node().base().clone()];
        let chain = chain_of(&village.genesis, place, &nodes);
        let attested = opened(&village.genesis, &self.keys.day, &chain);
        let name = PLACES[place].name;
        let mut sums = (0, 0);
        for hour in 0..hours {
            let one = &attested[&(first.0 / HOUR + hour)];
            let (from, to) = (self.curve.at(first.plus(hour * HOUR)), self.curve.at(first.plus((hour + 1) * HOUR)));
            let (import, export) = match name {
                "well" => (0, to.0 - from.0),
                "bath" => (to.0 - from.0, 0),
                _ => (to.0 - from.0, to.1 - from.1),
            };
            assert_eq!((u64::from(one.import), u64::from(one.export)), (import, export), "{name}, {one:?}");
            assert_eq!(one.status, WindowStatus::Measured, "{name}, {one:?}");
            sums = (sums.0 + import, sums.1 + export);
        }
        // And the household's wallet shows it all.
        let utility = PLACES[place].utility.name().to_lowercase();
        let rows = self.purse.json(&["energy", "--all", "--utility", &utility]);
        let rows: BTreeMap<u64, &Value> =
            rows.as_array().unwrap().iter().map(|row| (number(row, "/start_time"), row)).collect();
        let shown = (0..hours).map(|hour| rows[&(first.0 + hour * HOUR)]);
        let shown =
            shown.fold((0, 0), |sums, row| (sums.0 + number(row, "/imported"), sums.1 + number(row, "/exported")));
        assert_eq!(shown, sums, "{name}");
    }
}

/// All clocks go on, and all meters are read.
pub fn pass(village: &mut Village, now: &Now, homes: &mut [Home], time: Timestamp) {
    // The meters' first: what they count must not be older than what the gateways call now.
    now.set(time);
    village.to(time);
    homes.iter().for_each(|home| home.speak(time));
    homes.iter_mut().for_each(|home| home.has_read(time));
}

#[test]
fn a_day_of_a_community_is_metered_traded_and_audited() {
    let utilities = PLACES.iter().map(|place| place.utility).collect();
    let plan = Plan { validators: 4, homes: PLACES.len(), utilities, parameters: parameters(), ..Plan::default() };
    let mut village = Village::found(&plan);
    let parameters = village.genesis.parameters.clone();
    let first = parameters.window_start(village.genesis.first_window());
    assert_eq!(first, START.plus(1_200));
    let now = Now::default();
    now.set(START);
    let curve =
        |place| Curve::through(first, HOUR, (40_000, 70_000), &counted(place, first)).still_at_boundaries(STILL);
    let mut homes: Vec<Home> =
        (0..PLACES.len()).map(|place| Home::set_up(&village, &now, place, curve(place))).collect();
    let euro = Credit::from_euro(10);
    let funded: Vec<_> = homes.iter().map(|home| (home.purse.address, euro)).collect();
    village.fund(&funded);

    // Sold in advance: by the roof to the flat, and by the well to the bath.
    let traded = first.plus(TRADED * HOUR);
    let clock = format!("{:02}:00", traded.0 / HOUR % 24);
    let [roof, flat, _, well, bath] = [0, 1, 2, 3, 4].map(|place: usize| &homes[place].purse);
    for (seller, buyer, offer, ordered) in
        [(roof, flat, ["2", "electricity", "0.20"], "1.5"), (well, bath, ["300", "water", "1.80"], "100")]
    {
        let offered = ["trade", "offer", offer[0], "--utility", offer[1], "--at", &clock, "--price", offer[2]];
        let offered = seller.json(&offered);
        let id = &string(&offered, "/id")[..8];
        let bought = buyer.json(&["trade", "buy", id, "--quantity", ordered, "--yes", "--small-company"]);
        assert_eq!(string(&bought, "/state"), "final");
    }

    let mut hour = 0;
    for boundary in (0..=HOURS).map(|hour| first.plus(hour * HOUR)) {
        for time in [boundary.minus(10), boundary.plus(10)] {
            if time > village.now() {
                pass(&mut village, &now, &mut homes, time);
            }
        }
        if boundary > first {
            let window = parameters.window_at(boundary.minus(1));
            village.attest(window, &[]);
        }
        // Delivered as soon as its energy is sealed.
        let sealed = parameters.attest_until(parameters.window_at(traded));
        if boundary >= sealed.plus(1) && hour == 0 {
            hour = (boundary.0 - first.0) / HOUR;
            for (seller, utility) in [(0, "electricity"), (3, "water")] {
                let contracts = homes[seller].purse.json(&["trade", "contracts", "--open"]);
                assert_eq!(string(&contracts, "/0/state"), "open", "{contracts}");
                let delivered = homes[seller].purse.json(&["trade", "deliver", "--yes", "--small-company"]);
                assert_eq!(string(&delivered, "/0/state"), "final", "{utility}: {delivered}");
            }
        }
    }
    // The last hour's times are drawn from its first twenty minutes.
    let end = first.plus(HOURS * HOUR);
    pass(&mut village, &now, &mut homes, end.plus(1_300));
    for home in &mut homes {
        let next = |status: &Value| status["queue"]["next_window"].as_u64().unwrap();
        let status = home.process.wait("all is on the ledger", |status| next(status) >= end.0);
        assert_eq!(status["warnings"].as_array().unwrap().len(), 0, "{status}");
    }
    village.settle();
    village.settle();

    for (place, home) in homes.iter().enumerate() {
        home.check(&village, place, first, HOURS);
        let memory = home.process.peak_memory();
        eprintln!("{}: at most {} MB", PLACES[place].name, memory >> 20);
        assert!(memory < MEMORY, "{}: {memory} bytes", PLACES[place].name);
    }
    // 1.5 kWh at 0.20, and 100 l at 1.80 a cubic metre.
    let available: Vec<u64> = homes.iter().map(|home| home.purse.available()).collect();
    assert_eq!(available, [10_300_000, 9_700_000, 10_000_000, 10_180_000, 9_820_000]);
    for home in homes {
        home.end();
    }
    let file = village.folder().join("day.hwl");
    hushwatt(&[], &["node", "export", "--url", &village.url(), "--out", text(&file)]).ok();
    let network = village.genesis.network().to_string();
    eprintln!("{}", hushwatt(&[], &["audit", "verify", text(&file), "--network", &network]).ok());
}
