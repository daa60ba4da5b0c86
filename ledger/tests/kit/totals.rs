//! A community with a committee: its meters attest a period of two hours, share, complain, ask and release.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use hushwatt_crypto::{
    Label, SecretScalar,
    commitment::Opening,
    hint::Hint,
    keys::OneTimeSecret,
    order_seal::SealingKey,
    range::RangeBits,
    schnorr,
    sharing::{Coefficients, Member, SealedShare, Share, combine},
    signature::{Signature, SigningKey},
};
use hushwatt_ledger::{
    committee::{Cohort, CohortMeter, Committee, CommitteeMember},
    note::Asset,
    parameters::{Parameters, PeriodTimes, TotalsParameters},
    rules,
    transaction::{
        Action, Complain, Envelope, HintsDigest, Transaction,
        attest::WindowStatus,
        build::Built,
        complain::{ComplainPlan, ComplainStatement, WrongShare},
        registry::RegistryChange,
        release::ReleasePlan,
        request::{RequestPlan, Target},
        share::{Authority, ShareMaker, SharePlace, SharePlan, Subject, TradeId},
    },
    units::{MeterId, Period, Timestamp, Utility, Window},
};

use super::{
    ANNA, BERT, CARLA, Reading, Setup, World,
    build::Bid,
    electricity,
    forge::{signed_again, tampered},
};

/// Electricity meters, all in cohort 0; two water meters follow, in none.
pub const METERS: usize = 8;

/// Quick periods: everything about one is over ten hours after it closed.
pub fn totals() -> TotalsParameters {
    const HOUR: u64 = 3600;
    TotalsParameters {
        period: 2 * HOUR,
        close_term: 14 * HOUR,
        share_term: 2 * HOUR,
        complaint_term: HOUR,
        request_term: 4 * HOUR,
        release_term: 3 * HOUR,
        k_min: 4,
    }
}

/// What the community is made from.
pub fn setup() -> Setup {
    let owners = [ANNA, BERT, CARLA];
    let mut meters: Vec<_> =
        (0..METERS).map(|n| (Utility::Electricity, RangeBits::Bits16, owners[n % owners.len()])).collect();
    meters.extend([(Utility::Water, RangeBits::Bits16, BERT), (Utility::Water, RangeBits::Bits16, CARLA)]);
    let setup = Setup::default();
    Setup { parameters: Parameters { totals: Some(totals()), ..setup.parameters }, meters, notes: 14, ..setup }
}

/// A member of the committee, with his secrets.
#[derive(Clone)]
pub struct TestMember {
    pub number: Member,
    pub key: SigningKey,
    pub sealing: SealingKey,
}

/// A community, some time after its committee was named.
#[derive(Clone)]
pub struct Community {
    pub world: World,
    pub members: Vec<TestMember>,
    /// The first whole period.
    pub period: Period,
    /// Of each meter and window what opens its sums: exported, imported.
    pub windows: BTreeMap<(usize, Window), [Opening; 2]>,
    /// Of each trade what opens what was delivered, its price and the seller's key.
    pub trades: BTreeMap<TradeId, (Opening, u64, OneTimeSecret)>,
    /// Windows of meters of which nothing is known.
    pub missing: BTreeSet<(usize, Window)>,
    /// Hints of the Shares that were accepted, by subject: what members keep.
    pub shared: BTreeMap<(Period, Subject), Built>,
}

/// Members with keys of their own, from a number on.
pub fn members(count: u8, from: u8) -> Vec<TestMember> {
    let member = |place: u8| {
        let mut secret = [0; 32];
        secret[0] = from + place;
        TestMember {
            number: Member::at(place).unwrap(),
            key: SigningKey::from_bytes(&[from + place; 32]),
            sealing: SealingKey::from_bytes(&secret).unwrap(),
        }
    };
    (0..count).map(member).collect()
}

/// The committee of these members.
pub fn committee(threshold: u8, members: &[TestMember]) -> Committee {
    let public =
        |member: &TestMember| CommitteeMember { key: member.key.verifying_key(), sealing: *member.sealing.public() };
    Committee::new(threshold, members.iter().map(public).collect()).unwrap()
}

/// A cohort of these meters, each with an owner.
pub fn cohort(meters: impl IntoIterator<Item = (u32, u16)>) -> Cohort {
    let entry = |(meter, owner)| CohortMeter { meter: MeterId(meter), owner };
    Cohort::new(meters.into_iter().map(entry).collect()).unwrap()
}

fn sum(openings: &[Opening]) -> Opening {
    let blinding = SecretScalar::sum(openings.iter().map(|opening| &opening.blinding));
    Opening::new(openings.iter().map(|opening| opening.value).sum(), blinding)
}

impl Community {
    /// Committee and cohorts are named, nothing is attested.
    pub fn named(setup: &Setup, cohorts: &[Cohort]) -> Self {
        let mut world = World::new(setup);
        let members = members(5, 40);
        for change in [RegistryChange::Committee(committee(3, &members)), RegistryChange::Cohorts(cohorts.to_vec())] {
            let change = world.change_registry(change);
            world.accept(world.after(60), &[change]);
        }
        let period = Period(world.parameters().period_of(world.window(0)).unwrap().0 + 1);
        Community {
            world,
            members,
            period,
            windows: BTreeMap::new(),
            trades: BTreeMap::new(),
            missing: BTreeSet::new(),
            shared: BTreeMap::new(),
        }
    }

    /// The same with all electricity meters in one cohort, each of an owner of its own.
    pub fn new() -> Self {
        Self::named(&setup(), &[cohort((0..METERS as u32).map(|n| (n, n as u16)))])
    }

    pub fn times(&self) -> PeriodTimes {
        self.parameters().times(self.period)
    }

    pub fn parameters(&self) -> TotalsParameters {
        self.world.parameters().totals.unwrap()
    }

    pub fn committee(&self) -> Committee {
        self.world.ledger().committee_of(self.period).unwrap().unwrap()
    }

    /// The windows of a period.
    pub fn windows_of(&self, period: Period) -> Vec<Window> {
        let parameters = self.world.parameters();
        let first = parameters.window_at(self.parameters().start(period)).0;
        (first..first + parameters.windows_per_period().unwrap()).map(Window).collect()
    }

    /// What a meter attests of every window: so much more in each, and by each meter.
    pub fn value(meter: usize, window: Window) -> (u32, u32) {
        let n = (window.0 % 24) as u32;
        (100 * (meter as u32 + 1) + n, 30 + 7 * meter as u32 + 2 * n)
    }

    /// An Attest of all windows from the meter's next one until the end of a period.
    pub fn attest(&mut self, meter: usize, until: Period) -> Built {
        let first = self.world.ledger().meter(MeterId(meter as u32)).unwrap().next_window;
        let last = *self.windows_of(until).last().unwrap();
        let now = self.world.now();
        let readings: Vec<Reading> = (first.0..=last.0)
            .map(|window| {
                if self.missing.contains(&(meter, Window(window))) {
                    return self.world.reading(WindowStatus::Missing, 0, 0);
                }
                let (export, import) = Self::value(meter, Window(window));
                let late = now > self.world.parameters().attest_until(Window(window));
                let status = if late { WindowStatus::Late } else { WindowStatus::Measured };
                self.world.reading(status, export, import)
            })
            .collect();
        let plan = self.world.attest_plan(meter, first, &readings, self.world.valid_until());
        for (window, openings) in (first.0..).map(Window).zip(&plan.windows) {
            self.windows.insert((meter, window), [&openings.export, &openings.import].map(|openings| sum(openings)));
        }
        self.world.attest_with(meter, plan)
    }

    /// Every meter attests everything until the end of the period, just after it.
    pub fn attest_all(&mut self) {
        self.world.pass(self.parameters().end(self.period).plus(30));
        let all: Vec<Built> = (0..self.world.meters.len()).map(|meter| self.attest(meter, self.period)).collect();
        self.world.accept(self.world.after(60), &all);
    }

    /// An empty block at a time, in steps no longer than anything waits for.
    pub fn pass_to(&mut self, at: Timestamp) {
        while self.world.now().plus(6 * 3600) < at {
            self.world.pass(self.world.after(6 * 3600));
        }
        self.world.pass(at);
    }

    /// A meter shares what opens its sums.
    pub fn share(&mut self, meter: usize) -> Built {
        let sums = self.sums(meter);
        self.share_openings(meter, [&sums[0], &sums[1]])
    }

    /// What opens a meter's sums of the period.
    pub fn sums(&self, meter: usize) -> [Opening; 2] {
        let of = |place: usize| {
            let windows = self.windows_of(self.period).into_iter();
            sum(&windows.map(|window| self.windows[&(meter, window)][place].clone()).collect::<Vec<_>>())
        };
        [of(0), of(1)]
    }

    /// A meter corrects a window.
    pub fn correct(&mut self, meter: usize, window: Window, export: u32, import: u32) -> Built {
        let reading = self.world.measured(export, import);
        let plan = self.world.correct_plan(meter, window, &reading, self.world.valid_until());
        self.windows.insert((meter, window), [&plan.export, &plan.import].map(|openings| sum(openings)));
        self.world.correct_with(meter, plan)
    }

    /// A meter seals for each member what is the next one's share of its exports.
    pub fn share_wrongly(&mut self, meter: usize) -> Built {
        let (built, opening) = (self.share(meter), self.sums(meter)[0].clone());
        let wrong = self.exchanged(&built, &opening);
        signed_again(&wrong, &self.world.meters[meter].key)
    }

    /// A seller does so with what he delivered.
    pub fn share_trade_wrongly(&mut self, utility: Utility, trade: TradeId) -> Built {
        let (opening, _, secret) = self.trades[&trade].clone();
        let built = self.share_trade(utility, trade);
        let wrong = self.exchanged(&built, &opening);
        let (network, id) = (*self.world.network(), *wrong.transaction.id());
        let proof = schnorr::sign(&network, secret.secret(), &id.0, &mut self.world.rng).unwrap();
        tampered(&wrong, |_, action| {
            let Action::Share(share) = action else { panic!("no Share") };
            share.authority = Authority::Seller(proof);
        })
    }

    /// Each member's share of the first opening is the next one's; nothing is signed again.
    fn exchanged(&mut self, built: &Built, opening: &Opening) -> Built {
        let Action::Share(share) = built.transaction.action() else { panic!("no Share") };
        let (statement, mut hints, network) = (share.statement.clone(), built.hints.clone(), *self.world.network());
        let points = statement.sharings[0].coefficients.clone();
        let of = Coefficients::new(points, self.committee().quorum()).unwrap().of(&opening.commit());
        let places = self.members.iter().map(|member| statement.sealed_for(member.number, &hints)[0]);
        let places: Vec<(SharePlace, SealedShare)> = places.collect();
        let opened = self.members.iter().zip(&places);
        let opened =
            opened.map(|(member, (place, sealed))| sealed.open(&network, &member.sealing, &place.context(&of)));
        let mut next: Vec<Share> = opened.map(Option::unwrap).collect();
        next.rotate_left(1);
        for (((hint, member), (place, _)), share) in hints.iter_mut().zip(&self.members).zip(&places).zip(&next) {
            let (to, context) = (member.sealing.public(), place.context(&of));
            *hint = SealedShare::seal(&network, to, &context, share, &mut self.world.rng).into();
        }
        let mut wrong = tampered(built, |envelope, action| {
            let Action::Share(share) = action else { panic!("no Share") };
            envelope.hints = HintsDigest::of(&network, &hints);
            let sealed = hints.iter().map(|hint| SealedShare::from(hint).digest(&network));
            share.statement.sharings[0].sealed = sealed.take(next.len()).collect();
        });
        wrong.hints = hints;
        wrong
    }

    /// A meter shares whatever it likes.
    pub fn share_openings(&mut self, meter: usize, openings: [&Opening; 2]) -> Built {
        let committee = self.committee();
        let plan = SharePlan {
            period: self.period,
            subject: Subject::Meter(MeterId(meter as u32)),
            openings: openings.to_vec(),
            committee: &committee,
            valid_until: self.world.valid_until(),
        };
        let world = &mut self.world;
        plan.build(&world.genesis, ShareMaker::Meter(&world.meters[meter].key), &mut world.rng).unwrap()
    }

    /// A seller shares what opens what he delivered.
    pub fn share_trade(&mut self, utility: Utility, trade: TradeId) -> Built {
        let (opening, _, secret) = self.trades[&trade].clone();
        self.share_trade_as(utility, trade, &opening, &secret)
    }

    /// Somebody shares something about a trade.
    pub fn share_trade_as(
        &mut self,
        utility: Utility,
        trade: TradeId,
        opening: &Opening,
        secret: &OneTimeSecret,
    ) -> Built {
        let committee = self.committee();
        let plan = SharePlan {
            period: self.period,
            subject: Subject::Trade { utility, trade },
            openings: vec![opening],
            committee: &committee,
            valid_until: self.world.valid_until(),
        };
        plan.build(&self.world.genesis, ShareMaker::Seller(secret), &mut self.world.rng).unwrap()
    }

    /// Puts Shares on the ledger, a minute later.
    pub fn accept_shares(&mut self, shares: Vec<Built>) {
        self.world.accept(self.world.after(60), &shares);
        for built in shares {
            let Action::Share(share) = built.transaction.action() else { panic!("no Share") };
            self.shared.insert((share.statement.period, share.statement.subject), built);
        }
    }

    /// Puts these into a block, a minute later.
    pub fn accept(&mut self, built: &[Built]) {
        self.world.accept(self.world.after(60), built);
    }

    /// So many meters, the first ones, share.
    pub fn share_first(&mut self, count: usize) {
        self.pass_to(self.times().close.plus(1));
        let shares = (0..count).map(|meter| self.share(meter)).collect();
        self.accept_shares(shares);
    }

    /// A member's sealed share of something that was shared.
    pub fn sealed(&self, subject: Subject, sharing: usize, member: &TestMember) -> (SharePlace, SealedShare) {
        let built = &self.shared[&(self.period, subject)];
        let Action::Share(share) = built.transaction.action() else { panic!("no Share") };
        share.statement.sealed_for(member.number, &built.hints)[sharing]
    }

    /// A member's complaint; nothing to say if the share is right.
    pub fn complain(&mut self, subject: Subject, sharing: usize, member: usize) -> Option<Built> {
        let member = self.members[member].clone();
        let (place, sealed) = self.sealed(subject, sharing, &member);
        let of = self.world.ledger().shared(&place).unwrap()?.of;
        let plan = ComplainPlan { wrong: WrongShare { place, sealed, of }, valid_until: self.world.valid_until() };
        let world = &mut self.world;
        plan.build(&world.genesis, &member.sealing, &member.key, &mut world.rng).ok()
    }

    /// A member shows a share that is right, which the builder does not do.
    pub fn complain_of_a_right_share(&mut self, subject: Subject, member: usize) -> Built {
        let member = self.members[member].clone();
        let (place, sealed) = self.sealed(subject, 0, &member);
        let context = place.context(&self.world.ledger().shared(&place).unwrap().unwrap().of);
        let network = *self.world.network();
        let opened = sealed.show(&network, &member.sealing, &context, &mut self.world.rng).unwrap();
        let envelope =
            Envelope { network, valid_until: self.world.valid_until(), hints: HintsDigest::of(&network, &[]) };
        let statement = ComplainStatement { place, sealed, opened };
        let complain = Complain { statement, signature: Signature([0; 64]) };
        let built = Built::new(Transaction::new(envelope, Action::Complain(complain)), Vec::new());
        signed_by(self, &built, &member.key)
    }

    /// A request by the first registrar.
    pub fn request(&self, target: Target, left_out: &[u32]) -> Built {
        self.request_of(self.period, target, left_out)
    }

    /// A request by another registrar.
    pub fn request_by(&self, registrar: usize, target: Target, left_out: &[u32]) -> Built {
        let left_out = left_out.iter().map(|meter| MeterId(*meter)).collect();
        let plan = RequestPlan { period: self.period, target, left_out, valid_until: self.world.valid_until() };
        plan.build(&self.world.genesis, &self.world.registrars[registrar]).unwrap()
    }

    pub fn request_of(&self, period: Period, target: Target, left_out: &[u32]) -> Built {
        let left_out = left_out.iter().map(|meter| MeterId(*meter)).collect();
        let plan = RequestPlan { period, target, left_out, valid_until: self.world.valid_until() };
        plan.build(&self.world.genesis, &self.world.registrars[0]).unwrap()
    }

    /// Complaints are over, and lots are drawn.
    pub fn settle(&mut self) {
        self.pass_to(self.times().complain.plus(1));
        self.world.pass(self.world.after(1));
    }

    /// Who has to be left out of the meters' total.
    pub fn left_out(&self) -> Vec<u32> {
        let ledger = self.world.ledger();
        let cohort = ledger.cohort(self.period, 0).unwrap().unwrap();
        let (shared, lot) = (ledger.sharers(self.period, &cohort).unwrap(), ledger.lot(self.period).unwrap().unwrap());
        let left_out = rules::totals::left_out(
            self.world.network(),
            self.period,
            &cohort,
            |meter| shared.contains_key(meter),
            &lot,
        );
        left_out.into_iter().map(|meter| meter.0).collect()
    }

    /// The others of the first [`METERS`].
    pub fn within(&self) -> Vec<u32> {
        let left_out = self.left_out();
        (0..METERS as u32).filter(|meter| !left_out.contains(meter)).collect()
    }

    /// The meters' total is asked for as soon as it can be.
    pub fn ask(&mut self, left_out: &[u32]) {
        self.settle();
        let request = self.request(Target::Cohort(0), left_out);
        self.world.accept(self.world.after(60), &[request]);
    }

    fn opened(&self, member: &TestMember, subject: Subject, sharing: usize) -> Share {
        let (place, sealed) = self.sealed(subject, sharing, member);
        let of = self.world.ledger().shared(&place).unwrap().unwrap().of;
        sealed.open(self.world.network(), &member.sealing, &place.context(&of)).unwrap()
    }

    /// A member's release of the first cohort's total over these meters.
    pub fn release(&self, member: usize, meters: &[u32]) -> Built {
        self.release_of(member, Target::Cohort(0), meters)
    }

    /// The same of any cohort's.
    pub fn release_of(&self, member: usize, target: Target, meters: &[u32]) -> Built {
        let member = &self.members[member];
        let sum = |sharing: usize| {
            let shares: Vec<Share> =
                meters.iter().map(|meter| self.opened(member, Subject::Meter(MeterId(*meter)), sharing)).collect();
            Share::sum(shares.iter().map(|share| (1, share)))
        };
        self.release_sums(member, target, [sum(0), sum(1)])
    }

    /// A member's release of the total over all trades that were shared.
    pub fn release_trades(&self, member: usize, utility: Utility) -> Built {
        let member = &self.members[member];
        let shares: Vec<(u64, Share)> = self
            .shared
            .keys()
            .filter_map(|(period, subject)| match subject {
                Subject::Trade { trade, .. } if *period == self.period => {
                    Some((self.trades[trade].1, self.opened(member, *subject, 0)))
                }
                _ => None,
            })
            .collect();
        let energy = Share::sum(shares.iter().map(|(_, share)| (1, share)));
        let money = Share::sum(shares.iter().map(|(price, share)| (*price, share)));
        self.release_sums(member, Target::Trades(utility), [energy, money])
    }

    pub fn release_sums(&self, member: &TestMember, target: Target, sums: [Share; 2]) -> Built {
        let (period, valid_until) = (self.period, self.world.valid_until());
        let plan = ReleasePlan { period, target, member: member.number, sums, valid_until };
        plan.build(&self.world.genesis, &member.key)
    }

    /// What releases add up to: as anybody computes it.
    pub fn open(&self, target: Target, releases: &[Built]) -> [u64; 2] {
        let total = self.world.ledger().total(self.period, target).unwrap().unwrap();
        [0, 1].map(|place| {
            let shares: Vec<_> = releases
                .iter()
                .map(|built| {
                    let Action::Release(release) = built.transaction.action() else { panic!("no Release") };
                    (release.statement.member, release.statement.shares[place])
                })
                .collect();
            combine(self.committee().quorum(), &shares, &total.sums[place].commitment).unwrap()
        })
    }
}

/// A complaint or release, signed again by whoever has this key.
pub fn signed_by(community: &Community, built: &Built, key: &SigningKey) -> Built {
    let signature = key.sign(community.world.network(), Label::CommitteeSignature, &built.transaction.id().0);
    tampered(built, |_, action| match action {
        Action::Complain(complain) => complain.signature = signature,
        Action::Release(release) => release.signature = signature,
        _ => panic!("another kind"),
    })
}

static ATTESTED: LazyLock<Community> = LazyLock::new(|| {
    let mut community = Community::new();
    community.attest_all();
    community
});

/// A copy of a community whose first period is attested, made once a test binary.
pub fn attested() -> Community {
    ATTESTED.clone()
}

static SHARED: LazyLock<Community> = LazyLock::new(|| {
    let mut community = attested();
    community.share_first(METERS);
    community
});

/// The same, and every meter has shared.
pub fn shared() -> Community {
    SHARED.clone()
}

/// A community in which so many meters shared, and lots are drawn.
pub fn settled(sharers: usize) -> Community {
    let mut community = attested();
    community.share_first(sharers);
    community.settle();
    community
}

/// Ten contracts of the period's first window, nine delivered: by Bert five and by Carla four.
pub fn traded() -> Community {
    // The one that is not delivered has a price of its own.
    traded_at(|n| if n < 9 { 150 } else { 160 })
}

/// The same, each at its price.
pub fn traded_at(price: impl Fn(u32) -> u32) -> Community {
    let mut community = Community::new();
    let window = community.windows_of(community.period)[0];
    let world = &mut community.world;
    let bids: Vec<Bid> = (0..10)
        .map(|n| Bid {
            buyer: ANNA,
            seller: if n < 5 { BERT } else { CARLA },
            utility: Utility::Electricity,
            window,
            price: price(n),
            quantity: 20,
        })
        .collect();
    let notes = world.spendable(ANNA, Asset::Credit);
    let opens: Vec<Built> =
        bids.iter().zip(&notes).map(|(bid, note)| world.open_with(std::slice::from_ref(note), bid)).collect();
    let contracts: Vec<_> = opens.iter().map(|open| world.contract_of(open)).collect();
    world.accept(world.after(60), &opens);
    community.attest_all();
    let world = &mut community.world;
    world.pass(world.parameters().attest_until(window).plus(1));
    let much = |n: usize| 5 + n as u32;
    let bert: Vec<_> = (0..5).map(|n| (contracts[n], much(n))).collect();
    let carla: Vec<_> = (5..9).map(|n| (contracts[n], much(n))).collect();
    let delivers = [world.deliver(BERT, electricity(window), &bert), world.deliver(CARLA, electricity(window), &carla)];
    for (n, (contract, much)) in bert.into_iter().chain(carla).enumerate() {
        let claimed = world.claimed(if n < 5 { BERT } else { CARLA }, contract, much);
        let opening = Opening::new(u64::from(much), claimed.delivered_blinding);
        community.trades.insert(contract.into(), (opening, u64::from(bids[n].price), claimed.claim));
    }
    let world = &mut community.world;
    world.accept(world.after(60), &delivers);
    community.pass_to(community.times().close.plus(1));
    community
}
