//! The questions, how to repeat their answers, and why there is none, in German. Their English is in `questions.rs`.

use super::language::Language;
use crate::questions::{Question, Unanswerable};

/// What is asked.
pub(super) fn question(question: Question, language: Language) -> &'static str {
    if language == Language::English {
        return question.text();
    }
    match question {
        Question::Blocks => "Ist die Kette vollständig, und folgt jeder Block aus dem vorigen?",
        Question::Certificates => "Haben mehr als zwei Drittel der Prüfknoten jeden Block unterschrieben?",
        Question::Proofs => "Stimmt jeder Beweis und jede Unterschrift?",
        Question::DoubleSpend => "Wurde jede Note höchstens einmal ausgegeben?",
        Question::Supply => "Ist kein Guthaben aus dem Nichts entstanden?",
        Question::Contracts => "Ist jeder Vertrag erfüllt, erstattet oder noch offen?",
        Question::PaidForDelivered => "Ist jede Zahlung der Preis mal die gelieferte Menge?",
        Question::DeliveredWithinAttested => "Wurde nicht mehr geliefert, als die Zähler gemeldet haben?",
        Question::ClearingPrices => "Stimmen die Preise, zu denen Auktionen abgerechnet wurden?",
        Question::TariffLimits => "Liegt jeder Preis zwischen Unter- und Obergrenze und auf der Preisstufe?",
        Question::Corrections => "Ist jede Berichtigung eines Zählwerts aufgeführt?",
        Question::MissedWindows => {
            "Sind die Meldungen jedes Zählers lückenlos verkettet, und ist jedes versäumte Zeitfenster aufgeführt?"
        }
        Question::Totals => {
            "Geht jede Summe über genügend viele, wurde sie nur einmal verlangt, und öffnet sie, was freigegeben wurde?"
        }
    }
}

/// How anybody repeats the answer.
pub(super) fn repeat(question: Question, language: Language) -> &'static str {
    if language == Language::English {
        return question.repeat();
    }
    match question {
        Question::Blocks => {
            "Mit leerem Zustand beginnen, die Regeln des Protokolls der Reihe nach auf die Transaktionen jedes Blocks anwenden und die Prüfsumme des vorigen Blocks sowie die Wurzeln der Transaktionen und des Zustands mit jedem Blockkopf vergleichen."
        }
        Question::Certificates => {
            "Die Schlüssel der Prüfknoten dem Anfangsblock und den Änderungen der Registerführer entnehmen, jede Ed25519-Stimme über die Prüfsumme ihres Blocks prüfen und zählen, ob mehr als zwei Drittel für jeden Block oder einen nach ihm gestimmt haben."
        }
        Question::Proofs => {
            "Jede Ringsignatur, jeden Bereichs- und Schaltkreisbeweis und jede Unterschrift über ihre eigene Transaktion und die Noten der Töpfe prüfen, die sie nennt."
        }
        Question::DoubleSpend => "Die Schlüsselbilder aller Eingänge auflisten und nach zwei gleichen suchen.",
        Question::Supply => {
            "Die öffentlichen Summen aller Ausgaben von Guthaben zusammenzählen, die aller Rücknahmen und die Gebühr jeder Zahlung, jedes eröffneten Vertrags und jedes Kaufauftrags abziehen; prüfen, dass die Festlegungen, die in jede Transaktion eingehen, denen gleichen, die herauskommen."
        }
        Question::Contracts => {
            "Die eröffneten Verträge auflisten, die streichen, die eine Lieferung nennt oder deren Frist vorbei ist, und den Rest mit den offenen Verträgen der Kette vergleichen."
        }
        Question::PaidForDelivered => {
            "Die Festlegung jeder gelieferten Menge und jeder Zuteilung einer Abrechnung mit dem öffentlichen Preis malnehmen und genau diese Festlegungen unter den Noten suchen, die der Block erzeugt."
        }
        Question::DeliveredWithinAttested => {
            "Die Festlegungen jedes gemeldeten Zeitfensters zur Note seines Zählers zusammenzählen; prüfen, dass jede Lieferung und jeder Verkaufsauftrag nur Noten des eigenen Zeitfensters ausgibt und genau deren Summe übergibt oder behält."
        }
        Question::ClearingPrices => {
            "Die Aufträge auflisten, die für jedes Zeitfenster angenommen wurden; prüfen, dass seine Abrechnung genau diese nennt, und ihren Schaltkreisbeweis mit dem öffentlichen Preis und ihren Festlegungen prüfen."
        }
        Question::TariffLimits => {
            "Den Preis jedes Vertrags mit Unter-, Obergrenze und Stufe im Anfangsblock vergleichen, den jeder Abrechnung mit Unter- und Obergrenze."
        }
        Question::Corrections => {
            "Der Meldekette jedes Zählers nach ihren Nummern folgen, die Berichtigungen auflisten und vergleichen, was danach von jedem Zeitfenster in den Aufzeichnungen der Kette gilt."
        }
        Question::MissedWindows => {
            "Der Meldekette jedes Zählers von seinem ersten Zeitfenster an nach ihren Nummern folgen und die Zeitfenster auflisten, die er weder gemessen noch ersetzt gemeldet hat."
        }
        Question::Totals => {
            "Die Festlegungen des Zeitraums jedes Zählers und jedes Handels zusammenzählen samt dem, was davon geteilt und nicht beanstandet wurde; aus den Losen bestimmen, wer auszulassen ist; prüfen, dass jede Anfrage genau diese auslässt, dass genügend viele dabei sind und keine zweimal gestellt wurde; prüfen, dass jeder freigegebene Anteil seine Summe öffnet."
        }
    }
}

/// Why there is no answer.
pub(super) fn why(reason: Unanswerable, language: Language) -> String {
    if language == Language::English {
        return reason.to_string();
    }
    match reason {
        Unanswerable::Stopped { block } => {
            return format!("nicht beantwortet: Das Nachrechnen endete bei Block {block}");
        }
        Unanswerable::NoBlocks => "noch ist kein Block endgültig",
        Unanswerable::NoTransactions => "noch gibt es keine Transaktion",
        Unanswerable::NothingSpent => "noch wurde keine Note ausgegeben",
        Unanswerable::NothingMinted => "noch wurde kein Guthaben ausgegeben",
        Unanswerable::NoContracts => "noch wurde kein Vertrag eröffnet",
        Unanswerable::NothingPaid => "noch wurde nichts geliefert oder abgerechnet",
        Unanswerable::NothingDelivered => "noch wurde keine Energie geliefert oder in einer Auktion angeboten",
        Unanswerable::NoAuctions => "in diesem Netz gibt es keine Auktionen",
        Unanswerable::NoOrders => "keine Auktionen auf dieser Kette: Noch gab es keinen Auftrag",
        Unanswerable::NoAuctionEnded => "noch ist keine Auktion zu Ende",
        Unanswerable::NoPrices => "noch gibt es keinen Preis",
        Unanswerable::NoCorrections => "in diesem Netz lassen sich Zählwerte nicht berichtigen",
        Unanswerable::NoMeters => "in diesem Netz gibt es keine Zähler",
        Unanswerable::NoWindowOver => "noch ist kein Zeitfenster vorbei",
        Unanswerable::NoTotals => "in diesem Netz gibt es keine Summen",
        Unanswerable::NothingAsked => "noch wurde keine Summe verlangt",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_asked_and_repeated_in_every_language() {
        for one in Question::ALL {
            let [asked, asked_german] = Language::ALL.map(|language| question(one, language));
            let [repeated, repeated_german] = Language::ALL.map(|language| repeat(one, language));
            assert!(asked.ends_with('?') && asked_german.ends_with('?') && asked != asked_german);
            assert!(repeated.ends_with('.') && repeated_german.ends_with('.') && repeated != repeated_german);
        }
    }
}
