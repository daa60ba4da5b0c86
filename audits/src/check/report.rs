//! The verdict on a disclosure, for machines; its [`Display`](std::fmt::Display) is the same for people.

use hushwatt_crypto::{
    NetworkId,
    designated::{VerifierKey, VerifierSecret},
    hash::hex,
    meter::Register,
};
use hushwatt_ledger::{
    disclosure::{
        Ask, At, Calendar, Cents, Checked, Claim, DisclosureError, Facts, Hours, Inquiry, Party, Proven, ProvenPayment,
        ProvenPeriod, Span, Statement, Tariff,
    },
    parameters::Parameters,
    transaction::attest::WindowStatus,
    units::{Timestamp, Utility},
};
use serde::Serialize;

/// A chain that ends so much before the disclosure was made is an old one, in seconds.
const LAG: u64 = 3600;

/// What the verifier expects, as far as he says so.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// His name as he told it to the prover.
    pub verifier: Option<String>,
    /// What he gave the prover for this one time.
    pub nonce: Option<String>,
    /// His community's network.
    pub network: Option<NetworkId>,
    /// The tariff that a bill should be by.
    pub tariff: Option<Tariff>,
    /// His disclosure key.
    pub key: Option<VerifierKey>,
    /// The same, if he showed that he has its secret.
    pub held: Option<HeldKey>,
    /// His request. It says all of the above but the tariff, and what the answer has to be about.
    pub request: Option<Inquiry>,
    /// The time, for what expires; on a network with simulated time that of the chain's last block counts.
    pub now: Option<Timestamp>,
}

/// A disclosure key whose secret was there.
#[derive(Clone, Copy, Debug)]
pub struct HeldKey(VerifierKey);

impl From<&VerifierSecret> for HeldKey {
    fn from(secret: &VerifierSecret) -> Self {
        HeldKey(*secret.key())
    }
}

/// Whether a disclosure proves something to this verifier, and what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckReport {
    /// The proof holds, and it was made for whoever asks: all there is to say in one word. What is meant for one verifier holds for him
    /// alone: see [`Answer::secret_given`].
    pub holds: bool,
    /// Whether the ledger bears the proof out, whomever it was made for.
    pub proof_holds: bool,
    /// What kind of disclosure.
    pub kind: &'static str,
    /// What is proven; nothing if the proof does not hold.
    pub proven: Option<Shown>,
    /// Why the proof does not hold.
    pub failure: Option<NotHeld>,
    /// Whom it was made for.
    pub verifier: Match,
    /// For which occasion.
    pub nonce: Match,
    /// What for, in the prover's words.
    pub purpose: String,
    /// When it was made, unix seconds, by the prover's own clock.
    pub made: u64,
    /// The network.
    pub network: Match,
    /// The digest of a bill's tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Match>,
    /// What an answer to a request has beside that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Whether it answers the request that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers_request: Option<bool>,
    /// Whether the network's clock is a made-up one.
    pub simulated_time: bool,
    /// The last block of the chain it was held against.
    pub tip: Tip,
    /// What to be careful about, in words.
    pub warnings: Vec<&'static str>,
}

/// A proof that convinces who has a key, and nobody else: he could have made it himself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Answer {
    /// Whose.
    pub key: Match,
    /// Whether the key's secret was there when this was checked. If not, nobody knows here whether it is the verifier's alone: the proof
    /// holds for whoever alone has it, and for nobody else.
    pub secret_given: bool,
    /// The last second in which it is of use, unix seconds.
    pub expires: u64,
    /// Whether that is over.
    pub expired: bool,
}

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Tip {
    /// Its height.
    pub height: u64,
    /// Its time, unix seconds.
    pub time: u64,
}

/// Why a proof does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NotHeld {
    /// The rule's name.
    pub rule: String,
    /// In words.
    pub message: String,
}

/// A text of the disclosure beside what the verifier expects.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Match {
    /// What it says.
    pub stated: String,
    /// What was expected.
    pub expected: Option<String>,
    /// Whether they agree.
    pub comparison: Comparison,
}

/// How two texts compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// To the last character.
    Same,
    /// Not at all, or not quite.
    Different,
    /// Nothing was expected.
    NotAsked,
}

/// What is proven, in units of people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// The maker paid.
    PaymentMade(ShownPayment),
    /// The maker, who owns the address, was paid.
    PaymentReceived(ShownPayment),
    /// The maker delivered or bought.
    Delivery {
        /// Contract id, in hexadecimal.
        contract: String,
        /// Which side the maker is.
        party: Party,
        /// What.
        utility: Utility,
        /// Its window's first second.
        from: u64,
        /// The first second after it.
        until: u64,
        /// Base units: Wh or litres.
        delivered: u32,
        /// Micro-euro per base unit.
        price: u32,
        /// What was paid for it.
        micro_euro: u64,
        /// Block of the contract.
        opened: Tip,
        /// Block of the delivery.
        settled: Tip,
    },
    /// A meter attested.
    Reading {
        /// Number of the meter.
        meter: u32,
        /// What it measures.
        utility: Utility,
        /// `export` or `import`.
        register: &'static str,
        /// The interval's first second.
        from: u64,
        /// The first second after it.
        until: u64,
        /// Base units: Wh or litres.
        value: u32,
        /// How the meter came by it; `corrected` if the meter posted it in the place of what it had attested.
        status: &'static str,
        /// Id of the attestation or correction, in hexadecimal.
        transaction: String,
        /// Its block.
        attested: Tip,
        /// Block of the last correction, if the value was replaced since.
        #[serde(skip_serializing_if = "Option::is_none")]
        replaced: Option<Tip>,
    },
    /// The maker can spend.
    Balance {
        /// At least so much.
        at_least_micro_euro: u64,
        /// In so many notes.
        notes: usize,
        /// The least hidden of them is one of so many.
        smallest_set: usize,
    },
    /// A meter's imports come to this bill.
    Bill {
        /// Of what.
        period: ShownPeriod,
        /// What the supplier calls its prices.
        tariff: String,
        /// Their digest, in hexadecimal.
        tariff_digest: String,
        /// What is to be paid, tax included.
        gross_cents: Cents,
    },
    /// A meter stayed below a limit.
    Peak {
        /// Of what.
        period: ShownPeriod,
        /// Which hours; none for all.
        hours: Vec<String>,
        /// Base units an hour: watts, or litres an hour.
        limit_per_hour: u32,
    },
    /// A meter's readings add up to this.
    Energy {
        /// Of what.
        period: ShownPeriod,
        /// Base units: Wh or litres.
        total: u64,
    },
    /// The maker's trades add up to this.
    SharedEnergy {
        /// Which side the maker was.
        party: Party,
        /// What.
        utility: Utility,
        /// From when until when.
        #[serde(flatten)]
        span: ShownSpan,
        /// How many days that is.
        days: u32,
        /// Whose days.
        time_zone: String,
        /// Of so many contracts.
        contracts: usize,
        /// Of so many orders of auctions.
        orders: usize,
        /// Base units: Wh or litres.
        total: u64,
    },
}

/// What a proof about a period is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownPeriod {
    /// Number of the meter.
    pub meter: u32,
    /// What it measures.
    pub utility: Utility,
    /// `export` or `import`.
    pub register: &'static str,
    /// From when until when.
    #[serde(flatten)]
    pub span: ShownSpan,
    /// How many days that is.
    pub days: u32,
    /// Whose days.
    pub time_zone: String,
    /// The block after which the readings were in force.
    pub height: u64,
    /// How many intervals count.
    pub intervals: usize,
    /// When nothing was attested: these times count as nothing.
    pub absent: Vec<ShownSpan>,
    /// What the meter did not know: these times count as nothing.
    pub missing: Vec<ShownSpan>,
    /// Windows that were estimated or substituted.
    pub estimated: usize,
    /// Windows that were attested late.
    pub late: usize,
    /// Windows whose corrected values count.
    pub corrected: usize,
    /// Windows that were corrected since.
    pub replaced: usize,
}

/// A time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownSpan {
    /// The first second.
    pub from: u64,
    /// The first second after it.
    pub until: u64,
    /// The same by the period's clock.
    #[serde(skip)]
    pub local: [String; 2],
}

/// A payment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownPayment {
    /// Whom it pays.
    pub address: String,
    /// How much.
    pub micro_euro: u64,
    /// Id of the transaction, in hexadecimal.
    pub transaction: String,
    /// Which of its outputs, from 0.
    pub output: u8,
    /// Whether it is new credit from the treasury.
    pub minted: bool,
    /// Whether another note has its one-time key.
    pub shared_key: bool,
    /// Its block.
    pub paid: Tip,
}

impl From<At> for Tip {
    fn from(at: At) -> Self {
        Tip { height: at.height, time: at.time.0 }
    }
}

impl Match {
    pub(crate) fn new(stated: &str, expected: Option<&str>) -> Self {
        let comparison = match expected {
            None => Comparison::NotAsked,
            Some(expected) if expected == stated => Comparison::Same,
            Some(_) => Comparison::Different,
        };
        Match { stated: stated.to_owned(), expected: expected.map(str::to_owned), comparison }
    }

    fn differs(&self) -> bool {
        self.comparison == Comparison::Different
    }
}

impl Shown {
    fn of(proven: &Proven, network: &NetworkId, parameters: &Parameters) -> Self {
        match proven {
            Proven::PaymentMade(payment) => Shown::PaymentMade(ShownPayment::of(payment, network)),
            Proven::PaymentReceived(payment) => Shown::PaymentReceived(ShownPayment::of(payment, network)),
            Proven::Delivery(delivery) => Shown::Delivery {
                contract: hex(&delivery.contract.0),
                party: delivery.party,
                utility: delivery.utility,
                from: parameters.window_start(delivery.window).0,
                until: parameters.window_end(delivery.window).0,
                delivered: delivery.delivered.0,
                price: delivery.price.micro_euro(),
                micro_euro: delivery.paid.0,
                opened: delivery.opened.into(),
                settled: delivery.settled.into(),
            },
            Proven::Reading(reading) => Shown::Reading {
                meter: reading.meter.0,
                utility: reading.utility,
                register: register_name(reading.register),
                from: reading.start.0,
                until: reading.start.plus(reading.length).0,
                value: reading.value.0,
                status: reading.status.map_or("corrected", WindowStatus::name),
                transaction: hex(&reading.transaction.0),
                attested: reading.at.into(),
                replaced: reading.corrected.map(Tip::from),
            },
            Proven::Balance { at_least, notes, smallest_ring } => {
                Shown::Balance { at_least_micro_euro: at_least.0, notes: *notes, smallest_set: *smallest_ring }
            }
            Proven::Bill(bill) => Shown::Bill {
                period: ShownPeriod::of(&bill.period),
                tariff: bill.tariff.name().to_owned(),
                tariff_digest: hex(&bill.tariff.digest()),
                gross_cents: bill.gross,
            },
            Proven::Peak(peak) => Shown::Peak {
                period: ShownPeriod::of(&peak.period),
                hours: peak.hours.iter().map(Hours::to_string).collect(),
                limit_per_hour: peak.limit,
            },
            Proven::Energy(energy) => Shown::Energy { period: ShownPeriod::of(&energy.period), total: energy.total },
            Proven::Shared(shared) => Shown::SharedEnergy {
                party: shared.party,
                utility: shared.utility,
                span: ShownSpan::of(&shared.span, &shared.calendar),
                days: shared.days,
                time_zone: shared.calendar.name().to_owned(),
                contracts: shared.contracts,
                orders: shared.orders,
                total: shared.total,
            },
        }
    }
}

fn register_name(register: Register) -> &'static str {
    match register {
        Register::Export => "export",
        Register::Import => "import",
    }
}

impl ShownSpan {
    fn of(span: &Span, calendar: &Calendar) -> Self {
        let local = [span.from, span.until].map(|time| calendar.minute(time));
        ShownSpan { from: span.from.0, until: span.until.0, local }
    }
}

impl ShownPeriod {
    fn of(proven: &ProvenPeriod) -> Self {
        let span = |span: &Span| ShownSpan::of(span, &proven.calendar);
        ShownPeriod {
            meter: proven.meter.0,
            utility: proven.utility,
            register: register_name(proven.register),
            span: span(&proven.span),
            days: proven.days,
            time_zone: proven.calendar.name().to_owned(),
            height: proven.height,
            intervals: proven.intervals,
            absent: proven.absent.iter().map(span).collect(),
            missing: proven.missing.iter().map(span).collect(),
            estimated: proven.estimated,
            late: proven.late,
            corrected: proven.corrected,
            replaced: proven.replaced,
        }
    }
}

impl ShownPayment {
    fn of(proven: &ProvenPayment, network: &NetworkId) -> Self {
        let payment = &proven.payment;
        ShownPayment {
            address: payment.address.encode(network),
            micro_euro: payment.amount.0,
            transaction: hex(&payment.place.transaction.0),
            output: payment.output,
            minted: proven.minted,
            shared_key: proven.shared_key,
            paid: proven.at.into(),
        }
    }
}

impl CheckReport {
    pub(super) fn new(
        statement: &Statement,
        facts: &dyn Facts,
        verdict: Result<Checked, DisclosureError>,
        asked: &Asked,
    ) -> Self {
        let (genesis, tip) = (facts.genesis(), facts.tip());
        let audience = &statement.audience;
        let (proven, failure) = match verdict {
            Ok(checked) => (Some(Shown::of(&checked.proven, genesis.network(), &genesis.parameters)), None),
            Err(error) => (None, Some(NotHeld { rule: error.name(), message: error.to_string() })),
        };
        // What a request says need not be said again.
        let request = asked.request.as_ref();
        let verifier = asked.verifier.as_deref().or(request.map(|request| request.audience().verifier()));
        let nonce = asked.nonce.as_deref().or(request.map(|request| request.audience().nonce()));
        let network = asked.network.or(request.map(|request| *request.network()));
        let held = asked.held.map(|held| held.0);
        let key = held.or(asked.key).or(request.map(|request| *request.key()));
        let expected = network.map(|network| network.to_string());
        let now = if genesis.simulated_time { Some(tip.time) } else { asked.now };
        let answer = audience.designation().map(|designation| Answer {
            key: Match::new(&designation.key.encode(), key.map(|key| key.encode()).as_deref()),
            secret_given: held.is_some_and(|held| held == designation.key),
            expires: designation.expires.0,
            expired: now.is_some_and(|now| now > designation.expires),
        });
        let answers_request =
            request.map(|request| request.verify().is_ok() && request.is_answered_by(statement, &genesis.parameters));
        let tariff = match &statement.claim {
            Claim::Bill(bill) => {
                let asked_for = request.and_then(|request| match request.ask() {
                    Ask::Bill { tariff, .. } => Some(tariff),
                    _ => None,
                });
                let expected = asked.tariff.as_ref().or(asked_for).map(|tariff| hex(&tariff.digest()));
                Some(Match::new(&hex(&bill.tariff.digest()), expected.as_deref()))
            }
            _ => None,
        };
        let mut report = CheckReport {
            holds: false,
            proof_holds: failure.is_none(),
            kind: statement.claim.name(),
            proven,
            failure,
            verifier: Match::new(audience.verifier(), verifier),
            nonce: Match::new(audience.nonce(), nonce),
            purpose: audience.purpose().to_owned(),
            made: statement.made.0,
            network: Match::new(&statement.network.to_string(), expected.as_deref()),
            tariff,
            answer,
            answers_request,
            simulated_time: genesis.simulated_time,
            tip: tip.into(),
            warnings: Vec::new(),
        };
        let texts = [&report.verifier, &report.nonce, &report.network];
        let differs = texts.into_iter().chain(&report.tariff).any(Match::differs);
        // Of somebody else's key it is not known who has it: he could have made the file himself.
        let convinces =
            report.answer.as_ref().is_none_or(|answer| answer.key.comparison == Comparison::Same && !answer.expired);
        report.holds = report.proof_holds && !differs && convinces && report.answers_request != Some(false);
        report.warnings = report.warnings(&statement.claim);
        report
    }

    fn warnings(&self, claim: &Claim) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        let mut warn = |when: bool, text: &'static str| {
            if when {
                warnings.push(text);
            }
        };
        let open = |field: &Match| field.comparison == Comparison::NotAsked;
        warn(
            self.verifier.stated.is_empty(),
            "The proof names nobody whom it was made for: anyone could have handed you this file.",
        );
        warn(
            open(&self.verifier) && !self.verifier.stated.is_empty(),
            "You did not say whom it should be made for (--verifier): anyone could have handed you this file.",
        );
        warn(self.nonce.stated.is_empty(), "The proof has no nonce: it may be an old one, made for another occasion.");
        warn(
            open(&self.nonce) && !self.nonce.stated.is_empty(),
            "You did not say which nonce you gave (--nonce): it may be an old proof, made for another occasion.",
        );
        warn(
            open(&self.network),
            "You did not say which network is yours (--network): compare the network id with your community's.",
        );
        let answer = self.answer.as_ref();
        warn(
            answer.is_some_and(|answer| !answer.secret_given),
            "It holds only for whoever alone has the secret of the key that it was made for (--key with the key's file): who has that secret can make such a file, of anything.",
        );
        warn(answer.is_some_and(|answer| answer.expired), "The time for which it was made is over: ask again.");
        warn(
            self.answers_request == Some(false),
            "It is no answer to the request that you named: it says something else, or was made for another one.",
        );
        warn(
            self.simulated_time,
            "The network's time is simulated: it is a demo or a test, and nothing in it happened.",
        );
        warn(
            matches!(claim, Claim::Balance(_)) && self.made > self.tip.time.saturating_add(LAG),
            "The chain ends before the proof was made: money that was spent since is not known here. Get the newest blocks.",
        );
        let shared = matches!(
            &self.proven,
            Some(Shown::PaymentMade(payment) | Shown::PaymentReceived(payment)) if payment.shared_key
        );
        warn(
            shared,
            "Another note has the same key as this payment's: only one of them can ever be spent. Ask the payee whether it came.",
        );
        let missing = matches!(self.proven, Some(Shown::Reading { status: "missing", .. }));
        let replaced = matches!(self.proven, Some(Shown::Reading { replaced: Some(_), .. }));
        warn(
            replaced,
            "The meter has corrected this value since: it is not in force any more. Ask for the corrected one.",
        );
        warn(missing, "The meter did not know this value and said so: the zero stands for nothing.");
        warn(
            self.tariff.as_ref().is_some_and(open),
            "You did not say which tariff (--tariff): the prices are those its maker put in. Compare the digest with your tariff's.",
        );
        let period = match &self.proven {
            Some(Shown::Bill { period, .. } | Shown::Peak { period, .. } | Shown::Energy { period, .. }) => {
                Some(period)
            }
            _ => None,
        };
        warn(
            period.is_some_and(|period| !period.absent.is_empty() || !period.missing.is_empty()),
            "There are no readings for a part of the period: it counts as if nothing had been used then.",
        );
        warn(
            period.is_some_and(|period| period.replaced > 0),
            "The meter has corrected readings of this period since: ask for a newer proof.",
        );
        let over = period.map(|period| &period.span).or(match &self.proven {
            Some(Shown::SharedEnergy { span, .. }) => Some(span),
            _ => None,
        });
        warn(
            over.is_some_and(|span| span.until > self.tip.time),
            "The period is not over yet on this chain: it counts as far as it was attested.",
        );
        warnings
    }
}
