//! Eight electricity meters in one cohort and four periods of two hours.
//!
//! * 0: all share, eight of nine sellers' trades are shared; both totals are asked for and released. One window was corrected in
//!   time, one too late.
//! * 1: meter 5 does not share, 6 shares wrongly, 7 did not attest; the rest is released.
//! * 2: meter 7 did not attest, so two others are drawn and left out too; two members release, which is one too few.
//! * 3: nobody asks.

use std::{collections::BTreeMap, path::Path, sync::Arc, sync::LazyLock};

use hushwatt_audits::{
    NoProgress,
    totals::{Of, Total, TotalsAsked, TotalsFacts, TotalsReport, TotalsWanted, report, totals_from_reader},
};
use hushwatt_crypto::commitment::Opening;
use hushwatt_ledger::{
    storage::{ChainLog, SimDisk},
    transaction::{
        build::Built,
        registry::RegistryChange,
        request::Target,
        share::{Subject, TradeId},
    },
    units::{MeterId, Period, Timestamp, Utility, Window},
};

use crate::kit::{
    ANNA, BERT, CARLA, START, TREASURY, World,
    build::Bid,
    electricity,
    totals::{Community, METERS, cohort, committee, members, setup},
};

const HOUR: u64 = 3600;
/// What the third meter corrects a window of period 0 to, in time: exported, imported.
pub const CORRECTED: (u32, u32) = (1_001, 77);

#[derive(Clone)]
pub struct Story {
    pub community: Community,
    pub records: Vec<(Vec<u8>, Vec<u8>)>,
    /// How many blocks there were when something had happened.
    pub marks: BTreeMap<&'static str, u64>,
    /// Of each trade that was shared: watt-hours and price.
    pub sold: Vec<(u64, u64)>,
    /// Who was left out in the last of the periods that were asked for.
    pub drawn: Vec<u32>,
}

/// A time so many hours and seconds after the start.
pub fn at(hours: u64, seconds: u64) -> Timestamp {
    START.plus(hours * HOUR + seconds)
}

static STORY: LazyLock<Story> = LazyLock::new(Story::tell);

pub fn story() -> &'static Story {
    &STORY
}

impl Story {
    fn tell() -> Self {
        let mut world = World::before_the_first_block(&setup());
        let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 14]).collect();
        let mint = world.mint(&payees);
        let period = Period(world.parameters().period_of(world.window(0)).unwrap().0 + 1);
        let community = Community {
            world,
            members: members(5, 40),
            period,
            windows: BTreeMap::new(),
            trades: BTreeMap::new(),
            shared: BTreeMap::new(),
            missing: std::collections::BTreeSet::new(),
        };
        let mut story =
            Story { community, records: Vec::new(), marks: BTreeMap::new(), sold: Vec::new(), drawn: Vec::new() };
        story.accept(at(0, 60), &[mint]);
        story.mark("minted");
        story.name();
        let contracts = story.open();
        story.attest(at(4, 30), 0..METERS, 0);
        let until = story.community.world.parameters().attest_until(story.window());
        story.pass(until.plus(1));
        story.deliver(&contracts);
        let correction = story.community.correct(2, story.window(), CORRECTED.0, CORRECTED.1);
        story.accept(story.now().plus(60), &[correction]);
        story.attest(at(10, 30), 0..METERS - 1, 3);
        story.first_period();
        story.second_period();
        story.third_period();
        story.pass_to(at(33, 0));
        story
    }

    fn now(&self) -> Timestamp {
        self.community.world.now()
    }

    fn mark(&mut self, name: &'static str) {
        self.marks.insert(name, self.records.len() as u64);
    }

    fn accept(&mut self, time: Timestamp, built: &[Built]) {
        let block = self.community.world.accept(time, built);
        self.records.push((block.encode(), self.community.world.certify(&block).encode()));
    }

    fn pass(&mut self, time: Timestamp) {
        self.accept(time, &[]);
    }

    fn pass_to(&mut self, time: Timestamp) {
        while self.now().plus(6 * HOUR) < time {
            self.pass(self.now().plus(6 * HOUR));
        }
        self.pass(time);
    }

    /// The last window of period 0, in which energy is traded.
    pub fn window(&self) -> Window {
        *self.community.windows_of(self.period(0)).last().unwrap()
    }

    /// The n-th period, from 0.
    pub fn period(&self, n: u64) -> Period {
        Period(self.community.parameters().period_at(at(2, 0)).0 + n)
    }

    fn name(&mut self) {
        let cohorts = vec![cohort((0..METERS as u32).map(|n| (n, n as u16)))];
        let committee = committee(3, &self.community.members);
        for change in [RegistryChange::Committee(committee), RegistryChange::Cohorts(cohorts)] {
            let change = self.community.world.change_registry(change);
            self.accept(self.now().plus(60), &[change]);
        }
    }

    /// Nine contracts, in which Anna sells.
    fn open(&mut self) -> Vec<Built> {
        let (window, world) = (self.window(), &mut self.community.world);
        let buyers = [BERT, BERT, BERT, CARLA, CARLA, CARLA, TREASURY, TREASURY, TREASURY];
        let opens: Vec<Built> = (0..)
            .zip(buyers)
            .map(|(n, buyer)| {
                let bid = Bid { buyer, seller: ANNA, utility: Utility::Electricity, window, price: 210, quantity: 90 };
                let notes = world.spendable(buyer, hushwatt_ledger::note::Asset::Credit);
                world.open_with(&notes[n as usize % 3..][..1], &bid)
            })
            .collect();
        self.accept(self.now().plus(60), &opens);
        self.mark("opened");
        opens
    }

    /// Meters attest everything until the end of a period.
    fn attest(&mut self, time: Timestamp, meters: std::ops::Range<usize>, period: u64) {
        self.pass_to(time);
        let period = self.period(period);
        let all: Vec<Built> = meters.map(|meter| self.community.attest(meter, period)).collect();
        self.accept(self.now().plus(60), &all);
    }

    fn deliver(&mut self, opens: &[Built]) {
        let (window, community) = (self.window(), &mut self.community);
        let world = &mut community.world;
        let mut deliveries = Vec::new();
        for (n, open) in (0..).zip(opens) {
            let (contract, watt_hours) = (world.contract_of(open), 13 + 7 * n);
            let claims = &world.households[ANNA].claims;
            let claim = claims.iter().find(|claim| claim.contract == contract).unwrap().clone();
            let price = u64::from(claim.terms.price.micro_euro());
            let opening = Opening::new(watt_hours, claim.delivered_blinding);
            community.trades.insert(TradeId::from(contract), (opening, price, claim.secret));
            deliveries.push((contract, watt_hours as u32));
            self.sold.push((watt_hours, price));
        }
        self.sold.pop();
        let notes = world.spendable(ANNA, electricity(window));
        let built: Vec<Built> = [(&notes[..1], &deliveries[..5]), (&notes[1..], &deliveries[5..])]
            .into_iter()
            .map(|(notes, deliveries)| {
                let plan = world.deliver_plan(ANNA, notes, deliveries);
                world.deliver_with(plan)
            })
            .collect();
        self.accept(self.now().plus(60), &built);
    }

    fn put_shares(&mut self, shares: Vec<(Subject, Built)>) {
        let built: Vec<Built> = shares.iter().map(|(_, built)| built.clone()).collect();
        self.accept(self.now().plus(60), &built);
        let period = self.community.period;
        self.community.shared.extend(shares.into_iter().map(|(subject, built)| ((period, subject), built)));
    }

    fn meters(&mut self, meters: &[usize]) -> Vec<(Subject, Built)> {
        let share = |meter: &usize| (Subject::Meter(MeterId(*meter as u32)), self.community.share(*meter));
        meters.iter().map(share).collect()
    }

    fn first_period(&mut self) {
        self.pass_to(at(18, 1));
        let mut shares = self.meters(&[0, 1, 2, 3, 4, 5, 6, 7]);
        // The last one is never shared.
        let first = self.community.trades.iter().filter(|(_, (opening, ..))| opening.value < 13 + 7 * 8);
        for trade in first.map(|(trade, _)| *trade).collect::<Vec<TradeId>>() {
            let utility = Utility::Electricity;
            shares.push((Subject::Trade { utility, trade }, self.community.share_trade(utility, trade)));
        }
        self.put_shares(shares);
        // Too late for any total: the windows that Community knows stay those that count.
        let counted = self.community.windows.clone();
        self.pass_to(at(19, 0));
        let late = self.community.correct(0, self.window(), 5, 5);
        self.accept(self.now().plus(60), &[late]);
        self.community.windows = counted;
    }

    fn second_period(&mut self) {
        self.community.period = self.period(1);
        self.pass_to(at(20, 1));
        let mut shares = self.meters(&[0, 1, 2, 3, 4]);
        let [exported, imported] = self.community.sums(6);
        let more = Opening::new(exported.value + 1, exported.blinding);
        shares.push((Subject::Meter(MeterId(6)), self.community.share_openings(6, [&more, &imported])));
        self.put_shares(shares);
        let complaint = self.community.complain(Subject::Meter(MeterId(6)), 0, 1).unwrap();
        self.accept(self.now().plus(60), &[complaint]);

        // Meanwhile the first period is asked for and released, by five, two, one and four.
        self.community.period = self.period(0);
        self.pass_to(at(21, 1));
        self.mark("before the request");
        let requests = [Target::Cohort(0), Target::Trades(Utility::Electricity)];
        let requests = requests.map(|target| self.community.request(target, &[]));
        self.accept(self.now().plus(60), &requests);
        let all: Vec<u32> = (0..METERS as u32).collect();
        for (member, mark) in [(4, "one release"), (1, "two releases"), (0, "three releases"), (3, "four releases")] {
            let release = self.community.release(member, &all);
            self.accept(self.now().plus(60), &[release]);
            self.mark(mark);
        }
        let trades = [2, 3, 4].map(|member| self.community.release_trades(member, Utility::Electricity));
        self.accept(self.now().plus(60), &trades);
    }

    fn third_period(&mut self) {
        self.community.period = self.period(2);
        self.pass_to(at(22, 1));
        let shares = self.meters(&[0, 1, 2, 3, 4, 5, 6]);
        self.put_shares(shares);

        self.community.period = self.period(1);
        self.release_but_three(at(23, 1), &[0, 1, 2]);
        self.community.period = self.period(2);
        self.release_but_three(at(25, 1), &[0, 1]);
        self.mark("one release is missing");
    }

    fn release_but_three(&mut self, time: Timestamp, members: &[usize]) {
        self.pass_to(time);
        // The block after the first one that comes after complaints draws.
        self.pass(self.now().plus(1));
        self.drawn = self.community.left_out();
        let request = self.community.request(Target::Cohort(0), &self.drawn);
        self.accept(self.now().plus(60), &[request]);
        let within = self.community.within();
        let releases: Vec<Built> = members.iter().map(|member| self.community.release(*member, &within)).collect();
        self.accept(self.now().plus(60), &releases);
    }

    /// The chain's first blocks as a file.
    pub fn file(&self, blocks: u64) -> Vec<u8> {
        file_of(&self.community.world, self.records.iter().take(blocks as usize))
    }

    pub fn blocks(&self) -> u64 {
        self.records.len() as u64
    }

    /// What the first blocks say.
    pub fn facts(&self, blocks: u64, supply_at: Option<Timestamp>) -> TotalsFacts {
        facts_of(&self.community.world, &self.file(blocks), supply_at)
    }

    /// What the whole chain says.
    pub fn report(&self, asked: &TotalsAsked) -> TotalsReport {
        let supply_at = asked.bank.as_ref().map(|bank| bank.time());
        report(&self.facts(self.blocks(), supply_at), asked).unwrap()
    }

    /// What the first blocks say, with nothing asked beside.
    pub fn report_of(&self, mark: &str) -> TotalsReport {
        report(&self.facts(self.marks[mark], None), &TotalsAsked::default()).unwrap()
    }

    /// Watt-hours that the counted meters gave and took in a period, added up from what they measured.
    pub fn plain(&self, period: u64, meters: &[usize]) -> (u64, u64) {
        let mut sums = (0, 0);
        for meter in meters {
            for window in self.community.windows_of(self.period(period)) {
                let corrected = *meter == 2 && window == self.window();
                let (export, import) = if corrected { CORRECTED } else { Community::value(*meter, window) };
                sums.0 += u64::from(export);
                sums.1 += u64::from(import);
            }
        }
        sums
    }
}

/// Blocks with their certificates as a file.
pub fn file_of<'a>(world: &World, records: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    let disk = Arc::new(SimDisk::new());
    let mut log = ChainLog::open(disk, Path::new("chain.hwl"), world.genesis.bytes()).unwrap();
    for (body, certificate) in records {
        log.append(body, certificate).unwrap();
    }
    let mut file = Vec::new();
    log.export(&mut file).unwrap();
    file
}

/// What a file says.
pub fn facts_of(world: &World, file: &[u8], supply_at: Option<Timestamp>) -> TotalsFacts {
    let wanted = TotalsWanted { network: *world.network(), supply_at };
    totals_from_reader(file, 0, &wanted, &mut NoProgress).unwrap()
}

/// The cohort's total of the n-th period.
pub fn of_cohort(report: &TotalsReport, period: u64) -> &Total {
    let start = at(2 + 2 * period, 0).0;
    let found = |total: &&Total| total.from == start && matches!(total.of, Of::Cohort { .. });
    report.totals.iter().find(found).unwrap()
}
