//! Every text of a report that is of the report's own, in every language: one row a message. A row without one of its texts does
//! not compile. What the questions ask has its English in `questions.rs`, and its German in `german.rs`.
//!
//! `{0}`, `{1}`, .. are places to fill, the same in every language.

use super::language::Language;

macro_rules! messages {
    ($($name:ident: $english:literal, $german:literal;)+) => {
        /// A text of a report.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Message { $($name,)+ }

        impl Message {
            #[cfg(test)]
            pub const ALL: &'static [Message] = &[$(Message::$name,)+];

            /// In this language, its places not filled.
            pub const fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Message::$name, Language::English) => $english,
                    (Message::$name, Language::German) => $german,)+
                }
            }
        }
    };
}

messages! {
    // The first page.
    Title: "Audit of a settlement chain", "Prüfung einer Abrechnungskette";
    Simulated: "Simulated time: this network is a demonstration or a test. Nothing in it happened.",
        "Simulierte Zeit: Dieses Netz ist eine Vorführung oder ein Test. Nichts davon ist geschehen.";
    Holds: "The chain holds. No question is answered with no.", "Die Kette hält der Prüfung stand. Keine Frage wird mit Nein beantwortet.";
    HoldsUpTo: "The chain holds only up to block {0}. What is behind it is not final.",
        "Die Kette hält der Prüfung nur bis Block {0} stand. Was danach kommt, ist nicht endgültig.";
    DoesNotHold: "The chain does not hold.", "Die Kette hält der Prüfung nicht stand.";
    Network: "Network", "Netz";
    AuditedUntil: "Audited until", "Geprüft bis";
    BlockAt: "block {0}, {1} UTC", "Block {0}, {1} UTC";
    TipDigest: "Digest of that block", "Prüfsumme dieses Blocks";
    StateRoot: "State root, recomputed", "Zustandswurzel, nachgerechnet";
    Software: "Software", "Programm";
    SoftwareIs: "hushwatt {0}, protocol version {1}, report format {2}", "hushwatt {0}, Protokollversion {1}, Berichtsformat {2}";
    Community: "Community", "Gemeinschaft";
    CommunityIs: "since {0} UTC; at its start {1} and {2}, of which {3} must agree to a change",
        "seit {0} UTC; zu Beginn {1} und {2}, von denen {3} einer Änderung zustimmen müssen";
    Validators: "validators: {0}", "Prüfknoten: {0}";
    Registrars: "registrars: {0}", "Registerführer: {0}";
    Meters: "Meters", "Zähler";
    FailsAtBlock: "Block", "Block";
    FailsAtByte: "Byte of the file", "Byte der Datei";
    FailsInTransaction: "Transaction", "Transaktion";
    TransactionIs: "number {0} of the block, counted from 0: {1}", "Nummer {0} des Blocks, von 0 gezählt: {1}";
    Unreadable: "unreadable", "nicht lesbar";
    TransactionId: "Its id", "Deren Kennung";
    BrokenRule: "Broken rule", "Verletzte Regel";
    RuleInWords: "The rule in words", "Die Regel in Worten (englisch)";
    Answers: "Answers", "Antworten";
    AnswerHolds: "Yes", "Ja";
    AnswerFails: "No", "Nein";
    AnswerUnknown: "Cannot be answered", "Nicht zu beantworten";
    Counted: "Counted: {0}", "Gezählt: {0}";
    Repeat: "To repeat it: {0}", "Zum Nachprüfen: {0}";
    RepeatAll: "All answers are repeated from the chain alone, by anybody; {0} stands for the chain file:",
        "Alle Antworten kann jeder allein aus der Kette nachprüfen; {0} steht für die Kettendatei:";
    RepeatReport: "That this report says what the chain says:", "Dass dieser Bericht sagt, was die Kette sagt:";
    RepeatCompare: "A chain that was cut short is a valid shorter chain: compare block and digest above with what others see.",
        "Eine abgeschnittene Kette ist eine gültige kürzere Kette: Block und Prüfsumme oben sind mit dem zu vergleichen, was andere sehen.";
    Footer: "hushwatt, audit of network {2}…, page {0} of {1}", "hushwatt, Prüfung des Netzes {2}…, Seite {0} von {1}";

    // Counts, as the answers name them.
    CountBlocks: "blocks", "Blöcke";
    CountTransactions: "transactions", "Transaktionen";
    CountCertificates: "certificates", "Zertifikate";
    CountVotes: "votes", "Stimmen";
    CountCoveredByLater: "blocks final by the certificate of a later one", "Blöcke, die durch das Zertifikat eines späteren endgültig sind";
    CountValidators: "validators", "Prüfknoten";
    CountValidatorChanges: "changes of the validators", "Wechsel der Prüfknoten";
    CountNotFinal: "blocks that are not final", "nicht endgültige Blöcke";
    CountRingSignatures: "ring signatures", "Ringsignaturen";
    CountRangeProofs: "range proofs", "Bereichsbeweise";
    CountCommittedValues: "hidden values in them", "verborgene Werte darin";
    CountHandleProofs: "proofs of deliveries and fills", "Beweise zu Lieferungen und Zuteilungen";
    CountClaimSignatures: "signatures of sellers", "Unterschriften von Verkäufern";
    CountMeterSignatures: "signatures of meters", "Unterschriften von Zählern";
    CountTreasurySignatures: "signatures of the treasury", "Unterschriften der Kasse";
    CountRegistrarSignatures: "signatures of registrars", "Unterschriften von Registerführern";
    CountOperatorSignatures: "signatures of the market operator", "Unterschriften des Marktbetreibers";
    CountClearingProofs: "proofs of clearings", "Beweise von Abrechnungen";
    CountMemberSignatures: "signatures of the committee", "Unterschriften des Ausschusses";
    CountKeyImages: "key images, no two alike", "Schlüsselbilder, keine zwei gleich";
    CountNotes: "notes", "Noten";
    CountMinted: "issued", "ausgegeben";
    CountBurned: "taken back", "zurückgenommen";
    CountFees: "fees", "Gebühren";
    CountInCirculation: "in circulation", "im Umlauf";
    CountOpened: "opened", "eröffnet";
    CountSettled: "settled", "erfüllt";
    CountRefunded: "refunded after their deadline", "nach Fristablauf erstattet";
    CountOpen: "open", "offen";
    CountDeliveries: "deliveries", "Lieferungen";
    CountPayments: "payouts and refunds, each recomputed", "Auszahlungen und Erstattungen, jede nachgerechnet";
    CountClearings: "clearings", "Abrechnungen";
    CountEnergyNotes: "notes made by meters", "von Zählern erzeugte Noten";
    CountReceipts: "contracts delivered to", "belieferte Verträge";
    CountSellOrders: "orders to sell", "Verkaufsaufträge";
    CountWindows: "windows of a utility", "Zeitfenster je Sparte";
    CountPrices: "prices", "Preise";
    CountCorrections: "corrections", "Berichtigungen";
    CountCorrectedWindows: "corrected windows", "berichtigte Zeitfenster";
    CountReplacedMeters: "replaced meters", "ersetzte Zähler";
    CountAuctions: "auctions", "Auktionen";
    CountCleared: "cleared at a proven price", "zu einem bewiesenen Preis abgerechnet";
    CountNothingTraded: "proven to trade nothing", "bewiesen ohne Handel";
    CountExpired: "not cleared, all given back", "nicht abgerechnet, alles zurückgegeben";
    CountOrders: "orders", "Aufträge";
    CountOrdersCleared: "orders cleared", "abgerechnete Aufträge";
    CountOrdersGivenBack: "orders given back", "zurückgegebene Aufträge";
    CountOrdersOpen: "orders open", "offene Aufträge";
    CountMeters: "meters", "Zähler";
    CountMetersMissed: "meters that missed windows", "Zähler mit versäumten Zeitfenstern";
    CountMeasured: "measured", "gemessen";
    CountSubstituted: "substituted", "ersetzt";
    CountEstimated: "estimated", "geschätzt";
    CountLate: "late", "verspätet";
    CountMissing: "missing", "fehlend";
    CountNotPosted: "not posted", "nicht gemeldet";
    CountStillDue: "still due", "noch fällig";
    CountShared: "openings shared", "geteilte Öffnungen";
    CountSharedWrongly: "complaints", "Beanstandungen";
    CountTotalsAsked: "totals asked for", "verlangte Summen";
    CountTotalsReleased: "released by enough members", "von genügend Mitgliedern freigegeben";
    CountReleases: "releases", "Freigaben";

    // The evidence.
    Electricity: "Electricity", "Strom";
    Water: "Water", "Wasser";
    Heat: "Heat", "Wärme";
    AsTable: "Table", "Tabelle";
    LeftOut: "The newest {0} of {1} rows. All of them are in report.json.", "Die neuesten {0} von {1} Zeilen. Alle stehen in report.json.";
    Day: "Day", "Tag";
    WindowUtc: "Window, UTC", "Zeitfenster, UTC";
    Utility: "Utility", "Sparte";
    Block: "Block", "Block";
    Windows: "Windows: what meters reported", "Zeitfenster: was die Zähler gemeldet haben";
    WindowsTold: "Readings due, one a meter and window: {0}. Measured or substituted in time: {1}; estimated, late, missing or not posted: {2}; still due: {3}.",
        "Fällige Meldungen, eine je Zähler und Zeitfenster: {0}. Rechtzeitig gemessen oder ersetzt: {1}; geschätzt, verspätet, fehlend oder nicht gemeldet: {2}; noch fällig: {3}.";
    WindowsChart: "{0}: readings by day", "{0}: Meldungen je Tag";
    NotesChart: "{0}: energy notes by window", "{0}: Energienoten je Zeitfenster";
    NotesTold: "One note a meter and window with a reading in time. Notes: {0}, windows: {1}. How much energy each holds is hidden.",
        "Eine Note je Zähler und Zeitfenster mit rechtzeitiger Meldung. Noten: {0}, Zeitfenster: {1}. Wie viel Energie jede enthält, ist verborgen.";
    LegendInTime: "measured or substituted", "gemessen oder ersetzt";
    LegendMissed: "estimated, late, missing or not posted", "geschätzt, verspätet, fehlend oder nicht gemeldet";
    LegendDue: "still due", "noch fällig";
    WindowsOver: "Windows", "Zeitfenster";
    WindowsComplete: "Complete", "Vollständig";
    Expected: "Due", "Fällig";
    Measured: "Measured", "Gemessen";
    Substituted: "Substituted", "Ersetzt";
    Estimated: "Estimated", "Geschätzt";
    Late: "Late", "Verspätet";
    Missing: "Missing", "Fehlend";
    NotPosted: "Not posted", "Nicht gemeldet";
    StillDue: "Still due", "Noch fällig";
    WindowsCaption: "{0}: readings of the windows that begin on each day", "{0}: Meldungen zu den Zeitfenstern, die an dem Tag beginnen";
    Prices: "Prices", "Preise";
    NoAuctionsHere: "No auction had an order.", "Zu keiner Auktion gab es einen Auftrag.";
    PriceChart: "{0}: clearing price by window, {1}", "{0}: Preis je Zeitfenster, {1}";
    PriceDayChart: "{0}: mean clearing price by day, {1}", "{0}: mittlerer Preis je Tag, {1}";
    PriceTold: "Prices: {0}, from {1} to {2} {3}. Each is proven to follow from exactly the orders that the ledger had accepted.",
        "Preise: {0}, von {1} bis {2} {3}. Für jeden ist bewiesen, dass er aus genau den Aufträgen folgt, die angenommen waren.";
    OrdersChart: "{0}: sealed orders by day", "{0}: versiegelte Aufträge je Tag";
    OrdersWindowChart: "{0}: sealed orders by window", "{0}: versiegelte Aufträge je Zeitfenster";
    OrdersTold: "Orders to buy: {0}, to sell: {1}. Quantities, limits and names stay sealed.",
        "Kaufaufträge: {0}, Verkaufsaufträge: {1}. Mengen, Preisgrenzen und Namen bleiben versiegelt.";
    ToBuy: "To buy", "Kauf";
    ToSell: "To sell", "Verkauf";
    AuctionsByDay: "{0}: auctions by day, prices in {1}", "{0}: Auktionen je Tag, Preise in {1}";
    AuctionsByWindow: "{0}: every auction, the newest first, prices in {1}", "{0}: jede Auktion, die neueste zuerst, Preise in {1}";
    Auctions: "Auctions", "Auktionen";
    Cleared: "Cleared", "Abgerechnet";
    NothingTraded: "No trade", "Ohne Handel";
    Expired: "Expired", "Verfallen";
    StillOpen: "Open", "Offen";
    Lowest: "Lowest", "Niedrigster";
    Mean: "Mean", "Mittel";
    Highest: "Highest", "Höchster";
    Price: "Price", "Preis";
    HowItEnded: "How it ended", "Wie sie endete";
    EndedCleared: "cleared, proof holds", "abgerechnet, Beweis stimmt";
    EndedNothing: "nothing traded, proof holds", "kein Handel, Beweis stimmt";
    EndedExpired: "not cleared, all given back", "nicht abgerechnet, alles zurückgegeben";
    EndedOpen: "open", "offen";
    Contracts: "Contracts by fate", "Verträge nach ihrem Ausgang";
    NoContractsHere: "No contract was opened.", "Es wurde kein Vertrag eröffnet.";
    ContractsChart: "{0}: contracts by the day of their window", "{0}: Verträge nach dem Tag ihres Zeitfensters";
    ContractsTold: "Contracts: {0}. Delivered to: {1}; expired, the buyer's money went back: {2}; open: {3}.",
        "Verträge: {0}. Beliefert: {1}; verfallen, das Geld ging zurück: {2}; offen: {3}.";
    ContractsCaption: "{0}: contracts by the day of their window, prices in {1}", "{0}: Verträge nach dem Tag ihres Zeitfensters, Preise in {1}";
    Opened: "Opened", "Eröffnet";
    Delivered: "Delivered", "Beliefert";
    MissedMeters: "Meters that missed windows", "Zähler mit versäumten Zeitfenstern";
    NoMeterMissed: "No meter missed a window.", "Kein Zähler hat ein Zeitfenster versäumt.";
    MetersMissedTold: "Meters that missed windows: {0} of {1}. A meter stands here under its number; whose it is, the ledger does not know.",
        "Zähler mit versäumten Zeitfenstern: {0} von {1}. Ein Zähler steht hier mit seiner Nummer; wem er gehört, weiß die Kette nicht.";
    MissedByMeter: "Missed windows by meter", "Versäumte Zeitfenster je Zähler";
    Stretches: "Stretches of missed windows, UTC", "Zusammenhängende versäumte Zeitfenster, UTC";
    Meter: "Meter", "Zähler";
    From: "From", "Von";
    Until: "Until", "Bis";
    Status: "Status", "Status";
    Corrections: "Corrections and replaced meters", "Berichtigungen und ersetzte Zähler";
    NoCorrectionsHere: "No reading was corrected.", "Kein Zählwert wurde berichtigt.";
    CorrectionsTold: "Corrected windows: {0}. What was minted stays; the difference in money is for the parties to settle.",
        "Berichtigte Zeitfenster: {0}. Was erzeugt wurde, bleibt; den Geldunterschied gleichen die Beteiligten aus.";
    CorrectedCaption: "Corrected windows", "Berichtigte Zeitfenster";
    Times: "Times", "Wie oft";
    ReplacedCaption: "Meters that were given another key", "Zähler, die einen anderen Schlüssel bekamen";
    NoReplacedHere: "No meter was given another key.", "Kein Zähler bekam einen anderen Schlüssel.";
    Class: "Class", "Klasse";
    Bits: "{0} bits", "{0} Bit";
    Key: "Key", "Schlüssel";
    Supply: "Supply and fees", "Geldmenge und Gebühren";
    SupplyChart: "Credit in circulation by day, EUR", "Guthaben im Umlauf je Tag, EUR";
    SupplyTold: "Issued {0}, taken back {1}, fees {2}; in circulation {3}. The sums are public, the amounts of payments are not.",
        "Ausgegeben {0}, zurückgenommen {1}, Gebühren {2}; im Umlauf {3}. Die Summen sind öffentlich, die Beträge der Zahlungen nicht.";
    SupplyCaption: "Credit at the end of each day since the chain began, EUR", "Guthaben am Ende jedes Tages seit Beginn der Kette, EUR";
    Issued: "Issued", "Ausgegeben";
    TakenBack: "Taken back", "Zurückgenommen";
    Fees: "Fees", "Gebühren";
    InCirculation: "In circulation", "Im Umlauf";
    Blocks: "Blocks and certificates", "Blöcke und Zertifikate";
    BlocksChart: "Transactions by day", "Transaktionen je Tag";
    BlocksTold: "Transactions: {0}, blocks: {1}, certificates: {2}, votes: {3}. The longest time between two blocks was {4}, before block {5}.",
        "Transaktionen: {0}, Blöcke: {1}, Zertifikate: {2}, Stimmen: {3}. Die längste Zeit zwischen zwei Blöcken war {4}, vor Block {5}.";
    BlocksCaption: "Blocks by day", "Blöcke je Tag";
    KindsCaption: "Transactions by kind and day", "Transaktionen nach Art und Tag";
    BlocksColumn: "Blocks", "Blöcke";
    FirstBlock: "First", "Erster";
    LastBlock: "Last", "Letzter";
    LongestPause: "Longest pause", "Längste Pause";
    Certificates: "Certificates", "Zertifikate";
    Votes: "Votes", "Stimmen";
    ValidatorsColumn: "Validators", "Prüfknoten";
    Transfers: "Transfers", "Zahlungen";
    Attests: "Attestations", "Meldungen";
    Corrects: "Corrections", "Berichtigungen";
    Opens: "Contracts", "Verträge";
    Delivers: "Deliveries", "Lieferungen";
    Sells: "Sell orders", "Verkauf";
    Buys: "Buy orders", "Kauf";
    Clears: "Clearings", "Abrechnungen";
    Mints: "Issues", "Ausgaben";
    Burns: "Returns", "Rücknahmen";
    RegistryChanges: "Registry", "Register";
    Shares: "Openings shared", "Geteilte Öffnungen";
    Complaints: "Complaints", "Beschwerden";
    TotalRequests: "Requests for totals", "Anfragen nach Summen";
    Releases: "Releases", "Freigaben";
    Registry: "Changes of the registry", "Änderungen des Registers";
    NoRegistryChanges: "The registrars changed nothing.", "Die Registerführer haben nichts geändert.";
    RegistryCaption: "Every change, the newest first", "Jede Änderung, die neueste zuerst";
    Number: "No.", "Nr.";
    TimeUtc: "Time, UTC", "Zeit, UTC";
    What: "What", "Was";
    SignedBy: "Signed by", "Unterschrieben von";
    RegistrarNumber: "registrar {0}", "Registerführer {0}";
    ChangedValidators: "validators: {0} from block {1} on, {2} joined, {3} left", "Prüfknoten: {0} ab Block {1}, {2} dazu, {3} weg";
    ChangedMeter: "meter {0} ({1}): class {2} bits, key {3}", "Zähler {0} ({1}): Klasse {2} Bit, Schlüssel {3}";
    ChangedOperator: "market operator: key {0}", "Marktbetreiber: Schlüssel {0}";
    ChangedCommittee: "committee for totals: {0} members, {1} of whom must agree", "Ausschuss für Summen: {0} Mitglieder, {1} davon müssen zustimmen";
    ChangedCohorts: "cohorts for totals: {0}, with {1} meters", "Gruppen für Summen: {0} mit {1} Zählern";
    Terms: "What was agreed at the start", "Was zu Beginn vereinbart wurde";
    TermsTold: "From the genesis, of which the network id is the digest: nobody can change it without it being another network.",
        "Aus dem Anfangsblock, dessen Prüfsumme die Netzkennung ist: Wer daran etwas ändert, hat ein anderes Netz.";
    TermInterval: "Metering interval", "Messintervall";
    TermWindow: "Window of settlement", "Zeitfenster der Abrechnung";
    TermDeadline: "Meters report within, after the window", "Frist der Zähler nach dem Zeitfenster";
    TermDelivery: "Sellers deliver within, after that", "Frist der Verkäufer danach";
    TermCorrection: "Readings may be corrected for", "Zählwerte können berichtigt werden";
    TermRetention: "Messages to recipients are kept for", "Nachrichten an Empfänger werden aufbewahrt";
    TermRing: "Notes among which a spend hides", "Noten, unter denen sich eine Ausgabe verbirgt";
    TermRingIs: "whole buckets, at least {0} transactions, cut above {1} notes", "ganze Töpfe, mindestens {0} Transaktionen, ab {1} Noten geteilt";
    TermPrices: "{0}: floor, cap and step", "{0}: Unter-, Obergrenze und Stufe";
    TermPricesAre: "{0}, {1}, {2} {3}", "{0}, {1}, {2} {3}";
    TermFee: "Fee of a transfer or contract", "Gebühr je Zahlung oder Vertrag";
    TermAuctions: "Auctions", "Auktionen";
    TermAuctionsAre: "orders for {0}, clearing within {1}, at most {2} orders", "Aufträge {0} lang, Abrechnung binnen {1}, höchstens {2} Aufträge";
    TermNone: "none", "keine";
    TermTotals: "Totals", "Summen";
    TermTotalsAre: "periods of {0}, at least {1} meters", "Zeiträume von {0}, mindestens {1} Zähler";
    TermOperator: "Market operator at the start", "Marktbetreiber zu Beginn";
    Yes: "yes", "ja";
    No: "no", "nein";
    Limits: "What this report cannot say", "Was dieser Bericht nicht sagen kann";
    LimitHidden: "Amounts, quantities, limits of orders and who traded with whom are hidden from this audit, as from everybody. The proofs show that they are right, not what they are.",
        "Beträge, Mengen, Preisgrenzen von Aufträgen und wer mit wem gehandelt hat, sind dieser Prüfung verborgen wie allen anderen. Die Beweise zeigen, dass sie stimmen, nicht, was sie sind.";
    LimitMeters: "That a meter measured rightly is not on the ledger: compare with the grid operator's readings.",
        "Ob ein Zähler richtig gemessen hat, steht nicht auf der Kette: Dazu sind die Ablesungen des Netzbetreibers zu vergleichen.";
    LimitOperator: "Whether the market operator refused somebody's order is not on the ledger.",
        "Ob der Marktbetreiber jemandes Auftrag abgelehnt hat, steht nicht auf der Kette.";
    LimitTime: "All times are those of the chain, in UTC. Days are days in UTC.", "Alle Zeiten sind die der Kette, in UTC. Tage sind Tage in UTC.";
    Seconds: "{0} s", "{0} s";
    Minutes: "{0} min", "{0} min";
    Hours: "{0} h", "{0} h";
    Days: "{0} days", "{0} Tage";
    Never: "not possible", "nicht möglich";
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).map(|part| part.split_once('}').unwrap().0).collect()
    }

    #[test]
    fn every_message_is_there_in_every_language_with_the_same_places() {
        for message in Message::ALL {
            let [english, german] = Language::ALL.map(|language| message.text(language));
            assert!(!english.trim().is_empty() && !german.trim().is_empty(), "{message:?}");
            assert_eq!(places(english), places(german), "{message:?}");
            assert!(places(english).iter().all(|place| place.parse::<usize>().is_ok()), "{message:?}");
        }
    }

    #[test]
    fn sentences_are_translated() {
        let alike = |message: &&Message| message.text(Language::English) == message.text(Language::German);
        let alike: Vec<&Message> = Message::ALL.iter().filter(alike).collect();
        // Words that both languages have, and places alone.
        assert!(alike.iter().all(|message| message.text(Language::English).len() <= 20), "{alike:?}");
    }
}
