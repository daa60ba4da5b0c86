//! What each role of a community learns: one table, from which `docs/gdpr/roles.md` is made, which tests hold against the
//! tests that it names, and which the demo uses for its page.
//!
//! Everybody with the chain learns the same ([`Role::Everybody`]); every other role learns that, and beyond it only what
//! has a row of its own.

mod paper;
mod table;

pub use paper::paper;
pub use table::ROWS;

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Anybody with the chain: other members, the public, an auditor to whom nothing was proven.
    Everybody,
    /// Who runs a node, with a vote or without.
    Node,
    /// The other side of one payment or contract.
    Counterparty,
    /// The market operator of the auctions.
    Operator,
    /// Who mints, tops up and pays out.
    Treasury,
    /// Who keeps the register of persons and signs changes of keys.
    Registrar,
    /// Who holds shares of what opens sums, and releases totals together with others.
    Member,
    /// The box beside a meter, and whoever can open it.
    Gateway,
    /// Who was given a view-only key.
    Viewer,
    /// To whom a household proves something: an auditor, a tax office, a landlord.
    Verifier,
}

/// What there is to learn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thing {
    /// Prices.
    Prices,
    /// That something happened.
    Activity,
    /// What was put on the board.
    Offers,
    /// What a meter counted in an interval.
    Readings,
    /// What was taken or given, or has to be paid, in a period.
    Sums,
    /// How much was ordered, delivered or filled.
    Quantities,
    /// The price limit of an order.
    Limits,
    /// Amounts of payments and balances.
    Money,
    /// Who pays or trades with whom.
    Parties,
    /// Names, and whose meter or address it is.
    Persons,
    /// From which internet address something was handed in, and when.
    Connections,
}

/// How much of it somebody learns, from nothing to all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Learns {
    /// Nothing.
    Never,
    /// Nothing for certain: he can guess.
    Guess,
    /// What the household itself decides to show.
    Consent,
    /// What concerns those he deals with, or whose device he looks after.
    Own,
    /// All of it.
    All,
}

/// How long he can know it from what honest programs keep. Whoever makes copies of his own keeps those.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// It is on the ledger.
    Ledger,
    /// It is nowhere.
    Never,
    /// It is in records of his own.
    Kept,
    /// It is in the operator's book.
    Book,
    /// It is on a board.
    Board,
    /// It is in the register of persons.
    Register,
    /// It is in the gateway's store.
    Store,
    /// It is among a committee member's shares.
    Shares,
    /// It is only in the memory of a server.
    Connection,
}

/// One role and one thing.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Who.
    pub role: Role,
    /// Of what.
    pub thing: Thing,
    /// How much.
    pub learns: Learns,
    /// In words; begins in the middle of a sentence and has no full stop.
    pub what: &'static str,
    /// How long.
    pub until: Until,
    /// The tests that show it, as `path::name`; none where it is no program that tells it.
    pub tests: &'static [&'static str],
}

impl Role {
    /// All of them, in the order in which they are told.
    pub const ALL: [Role; 10] = [
        Role::Everybody,
        Role::Node,
        Role::Counterparty,
        Role::Operator,
        Role::Treasury,
        Role::Registrar,
        Role::Member,
        Role::Gateway,
        Role::Viewer,
        Role::Verifier,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Everybody => "Everybody",
            Role::Node => "Validator",
            Role::Counterparty => "Counterparty",
            Role::Operator => "Market operator",
            Role::Treasury => "Treasury",
            Role::Registrar => "Registrar",
            Role::Member => "Member of the committee",
            Role::Gateway => "Meter gateway",
            Role::Viewer => "Holder of a view-only key",
            Role::Verifier => "Verifier",
        }
    }

    /// Its name in the German privacy notice.
    pub fn german(self) -> &'static str {
        match self {
            Role::Everybody => "Alle",
            Role::Node => "Validatoren",
            Role::Counterparty => "Gegenseite",
            Role::Operator => "Marktbetreiber",
            Role::Treasury => "Kasse",
            Role::Registrar => "Registerstelle",
            Role::Member => "Mitglied des Ausschusses",
            Role::Gateway => "Gateway am Zähler",
            Role::Viewer => "Inhaber eines Leseschlüssels",
            Role::Verifier => "Prüfende",
        }
    }

    /// Who that is.
    pub fn about(self) -> &'static str {
        match self {
            Role::Everybody => "anybody who has the chain: other members, the public, the auditor who verifies it",
            Role::Node => "who runs a node, with a vote (validator) or without (follower)",
            Role::Counterparty => "the other side of one payment, or of one contract",
            Role::Operator => "who opens and clears the sealed orders of the auctions he was registered for",
            Role::Treasury => "who mints and burns credit, tops households up and pays them out",
            Role::Registrar => "who keeps the register of persons; registrars together also sign changes of keys",
            Role::Member => {
                "who holds shares of what opens the sums of meters and trades; as many together as the threshold release a total"
            }
            Role::Gateway => "the box beside the meter, and whoever can open it",
            Role::Viewer => "to whom a household gave a key that sees and cannot spend",
            Role::Verifier => "to whom a household proves something: an auditor, a tax office, a landlord, a neighbour",
        }
    }

    /// What it learns beyond everybody, in the order of the table.
    pub fn rows(self) -> impl Iterator<Item = &'static Row> {
        ROWS.iter().filter(move |row| row.role == self)
    }
}

impl Thing {
    /// All of them, in the order in which they are told.
    pub const ALL: [Thing; 11] = [
        Thing::Prices,
        Thing::Activity,
        Thing::Offers,
        Thing::Readings,
        Thing::Sums,
        Thing::Quantities,
        Thing::Limits,
        Thing::Money,
        Thing::Parties,
        Thing::Persons,
        Thing::Connections,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Thing::Prices => "prices",
            Thing::Activity => "activity",
            Thing::Offers => "offers",
            Thing::Readings => "readings",
            Thing::Sums => "sums",
            Thing::Quantities => "quantities",
            Thing::Limits => "limits",
            Thing::Money => "money",
            Thing::Parties => "parties",
            Thing::Persons => "persons",
            Thing::Connections => "connections",
        }
    }

    /// What that is.
    pub fn about(self) -> &'static str {
        match self {
            Thing::Prices => "clearing prices, prices of contracts, floor and cap",
            Thing::Activity => "that a meter posted a window; that a transaction of some kind was made, and when",
            Thing::Offers => "what a household puts on the nodes' boards: its address, window, quantity and price",
            Thing::Readings => "what a meter counted in an interval, taken or given",
            Thing::Sums => "what a household took or gave, or has to pay, in a period",
            Thing::Quantities => {
                "how much energy a contract or an order is about, and how much of it was delivered or filled"
            }
            Thing::Limits => "the least that a seller takes, the most that a buyer pays, in an auction",
            Thing::Money => "amounts of payments, balances",
            Thing::Parties => "who pays whom, who trades with whom",
            Thing::Persons => "names and addresses of people, whose meter or wallet it is",
            Thing::Connections => "from which internet address something was handed in, and when",
        }
    }
}

impl Learns {
    /// For a cell of the matrix.
    pub fn word(self) -> &'static str {
        match self {
            Learns::Never => "-",
            Learns::Guess => "can guess",
            Learns::Consent => "if shown",
            Learns::Own => "own",
            Learns::All => "all",
        }
    }
}

impl Until {
    /// In words, after "until" or alone.
    pub fn words(self) -> &'static str {
        match self {
            Until::Ledger => "for good: it is on the ledger",
            Until::Never => "",
            Until::Kept => "as long as he keeps his own records",
            Until::Book => "a day after the auction is over",
            Until::Board => "25 hours at most, in the memory of nodes",
            Until::Register => "until the person is erased from the register",
            Until::Store => "until it is attested and the retention is over",
            Until::Shares => "until the period's total can be released no more",
            Until::Connection => "while the connection is served; the program writes it nowhere",
        }
    }
}

/// What a role learns of a thing: its own row, or what everybody learns. `None` only if the table lacks a row of
/// everybody's, which a test excludes.
pub fn row(role: Role, thing: Thing) -> Option<&'static Row> {
    let of = |role| ROWS.iter().find(move |row: &&Row| row.role == role && row.thing == thing);
    of(role).or_else(|| of(Role::Everybody))
}
