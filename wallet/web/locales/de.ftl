# Die Seite des Wallets auf Deutsch. Eine weitere Sprache ist eine Datei wie diese; ein Test vergleicht Schlüssel und Werte.
# Rede von Euro und Kilowattstunden, davon, was geschieht und was zu tun ist. Der Haushalt wird geduzt.

## Rahmen

skip = Zum Inhalt
brand-home = hushwatt, zur Übersicht
lock = Sperren
nav-label = Hauptmenü
nav-overview = Übersicht
nav-energy = Energie
nav-trades = Handel
nav-history = Verlauf
nav-send = Senden
nav-receive = Empfangen
nav-proofs = Nachweise
nav-meters = Zähler
nav-contacts = Kontakte
nav-settings = Einstellungen
nav-more = Mehr
foot-zone = Alle Zeiten gelten für { $zone }.
foot-local = Diese Seite kommt von deinem eigenen Rechner. Nichts darauf kommt von anderswo.
back = Zurück
save = Speichern
saved = Gespeichert.
remove = Entfernen
copy = Kopieren
copied = Kopiert
optional = (freiwillig)
exactly = genau { $amount }
field-empty = Bitte ausfüllen.
choice-wrong = Bitte wähle etwas aus der Liste.
number-wrong = Bitte gib eine ganze Zahl ein.
date-wrong = Bitte wähle einen Tag.
time-wrong = Bitte wähle eine Uhrzeit dieses Tages.

## Wie weit das Wallet gelesen hat

sync-starting = Verbindung wird aufgebaut …
sync-done = Aktuell, { $time } Uhr
sync-left = { $windows ->
    [one] Noch ein Zeitfenster zu lesen, etwa { $span }
   *[other] Noch { $windows } Zeitfenster zu lesen, etwa { $span }
 }
sync-windows = { $windows ->
    [one] Noch ein Zeitfenster zu lesen
   *[other] Noch { $windows } Zeitfenster zu lesen
 }
sync-trouble = Nicht aktuell: { $reason }
sync-unreached = Kein Knoten antwortet. Stand { $time } Uhr
sync-progress = Das Buch wird gelesen

## Zeiten

moment-today = heute, { $time } Uhr
moment-tomorrow = morgen, { $time } Uhr
moment-yesterday = gestern, { $time } Uhr
moment-other = { $date }, { $time } Uhr
span-moment = einen Augenblick
span-minutes = { $count ->
    [one] 1 Minute
   *[other] { $count } Minuten
 }
span-hours = { $count ->
    [one] 1 Stunde
   *[other] { $count } Stunden
 }
span-days = { $count ->
    [one] 1 Tag
   *[other] { $count } Tage
 }
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember

## Beträge, die jemand eintippt

amount-empty = Bitte gib einen Betrag ein.
amount-no-number = Das ist kein Betrag. Schreib ihn wie 12,50, ohne Vorzeichen.
amount-grouping = Der Punkt trennt Tausender und steht vor je drei Ziffern; vor Nachkommastellen steht ein Komma: 1.234,56.
amount-too-fine = Das hat mehr als { $most } Nachkommastellen; feiner lässt es sich nicht zählen.
amount-too-large = Das ist mehr, als es geben kann.
amount-zero = Bitte gib einen Betrag über null ein.

## Wer hineinsehen darf

gate-title = Diese Seite gehört zu einem einzigen Browser
gate-no-session = Öffne sie mit dem Link, den das Wallet beim Start ausgegeben hat. Der Link gilt einmal; mit der Eingabetaste im Terminal gibt es einen neuen.
gate-start-used = Dieser Link wurde schon benutzt, oder er ist nicht vollständig. Mit der Eingabetaste im Terminal gibt es einen neuen. Falls nicht du ihn benutzt hast, beende das Wallet dort und starte es neu.
gate-home = Zur Startseite
gate-form-title = Es wurde nichts getan
gate-form-not-ours = Dieses Formular stammt nicht von dieser Seite für diesen Browser, oder es wurde unterwegs verändert. Geh zurück, lade die Seite neu und wiederhole, was du tun wolltest.
gate-form-old = Dieses Formular stand zu lange auf dem Bildschirm. Lade die Seite neu und wiederhole, was du tun wolltest.
gate-form-many = Von diesem Browser kamen zu viele Formulare. Beende das Wallet und starte es neu.
gate-form-again = Dieses Formular wurde schon abgeschickt. Nichts wurde doppelt getan; im Verlauf steht, was daraus geworden ist.
gate-form-broken = Dieses Formular war nicht lesbar. Geh zurück und schick es noch einmal ab.
gate-form-large = Das ist größer, als die Seite annimmt.
gate-form-slow = Das Formular brauchte zu lange. Geh zurück und schick es noch einmal ab.
missing-title = Diese Seite gibt es nicht
missing-text = Vielleicht ist die Adresse vertippt.
error-title = Das hat nicht geklappt
error-broke-off = Das Wallet hat dabei abgebrochen. Es wurde nichts gesendet, was nicht im Verlauf steht; versuch es noch einmal.

## Entsperren

unlock-title = Willkommen zurück
unlock-lead = Dein Wallet ist gesperrt. Seine Schlüssel liegen nur in der verschlüsselten Datei.
unlock-idle = Eine Weile war niemand da, deshalb hat sich das Wallet gesperrt.
unlock-submit = Entsperren
unlock-form-lost = Das Wallet wurde zwischendurch gesperrt, deshalb wurde nichts getan. Entsperre es und wiederhole, was du tun wolltest.
passphrase-label = Passphrase
passphrase-current = Bisherige Passphrase
passphrase-new = Neue Passphrase
passphrase-again = Neue Passphrase, noch einmal
passphrase-empty = Bitte gib die Passphrase ein.
passphrase-wrong = Das ist nicht die Passphrase. Achte auf Groß- und Kleinschreibung und auf die Sprache der Tastatur.
passphrase-wait = { $seconds ->
    [one] Zu viele falsche Passphrasen: versuch es in einer Sekunde wieder.
   *[other] Zu viele falsche Passphrasen: versuch es in { $seconds } Sekunden wieder.
 }
passphrase-short = Nimm mindestens { $count } Zeichen: gut sind vier Wörter, die nichts miteinander zu tun haben.
passphrase-differ = Die beiden sind nicht gleich.
passphrase-submit = Passphrase ändern
passphrase-changed = Die Passphrase ist geändert. Ältere Sicherungen öffnen sich weiterhin mit der alten.
ask-again = Wird noch einmal gefragt, damit das niemand an deinem Bildschirm tun kann.

## Erster Start

welcome-title = Willkommen
welcome-lead = Deine Gemeinschaft rechnet ihre Energie in einem gemeinsamen Buch ab. Niemand kann daraus lesen, was du verbrauchst, verdienst oder zahlst. Dieses Wallet hält deinen Teil davon: auf diesem Rechner, verschlüsselt, ohne jemanden dazwischen.
welcome-create = Neues Wallet
welcome-create-text = Du bist neu hier. Es dauert zwei Minuten und braucht ein Blatt Papier.
welcome-words = Mit 24 Wörtern wiederherstellen
welcome-words-text = Du hast dein Blatt. Was in den letzten Wochen geschah, wird wiedergefunden.
welcome-file = Aus einer Sicherung wiederherstellen
welcome-file-text = Du hast eine Sicherungsdatei und ihre Passphrase. Alles darin wird wiedergefunden.
create-title = Neues Wallet
create-lead = Wähle, was das Wallet auf diesem Rechner öffnet, und sag, wo deine Gemeinschaft ist.
create-passphrase-hint = Sie verschlüsselt die Datei auf diesem Rechner. Gut sind vier Wörter, die nichts miteinander zu tun haben.
create-submit = Wallet anlegen
nodes-label = Knoten deiner Gemeinschaft
nodes-hint = Adressen wie https://node.example.org, eine je Zeile. Zwei oder mehr werden miteinander verglichen, damit einer auffällt, der lügt.
nodes-none = Bitte gib die Adresse von mindestens einem Knoten an.
network-label = Code deiner Gemeinschaft
network-hint = Die ersten Zeichen oder der ganze Code, den dir deine Gemeinschaft auf Papier oder am Telefon genannt hat. Ein anderes Netz wird dann abgelehnt.
restore-words-title = Mit 24 Wörtern wiederherstellen
restore-words-lead = Die Wörter bringen deine Schlüssel zurück. Danach liest das Wallet, was die Knoten noch haben: meist die letzten drei Monate. Älteres steht nur in einer Sicherungsdatei.
restore-words-label = Die 24 Wörter in ihrer Reihenfolge
restore-words-hint = Mit Leerzeichen oder auf eigenen Zeilen; Nummern dazwischen schaden nicht.
restore-birthday-label = Geburtstag des Wallets
restore-birthday-hint = Er steht auf dem Blatt. Ohne ihn liest das Wallet alles, und das dauert länger.
restore-file-title = Aus einer Sicherung wiederherstellen
restore-file-lead = Die Datei wird auf diesem Rechner gelesen und geht nirgendwohin sonst.
restore-file-label = Sicherungsdatei
restore-file-none = Bitte wähle eine Datei.
restore-file-passphrase = Passphrase der Sicherungsdatei
restore-submit = Wallet wiederherstellen
restore-done = Dein Wallet ist wieder da. Es liest jetzt, was seitdem geschah.

## Das Blatt mit den Wörtern

sheet-title = Dein Sicherungsblatt
sheet-lead = Druck das aus oder schreib es ab, und verwahre es dort, wo dein Pass liegt. Wer diese Wörter hat, hat dein Geld und liest deine Energie. Niemand wird dich je danach fragen.
sheet-birthday = Geburtstag
sheet-network = Netz
sheet-nodes = Knoten
sheet-address = Adresse
sheet-limits = Die Wörter allein bringen zurück, wozu die Knoten noch Hinweise haben, meist drei Monate. Leg ab und zu auch eine Sicherungsdatei an: sie bringt alles zurück.
sheet-next = Ich habe sie aufgeschrieben
sheet-done = Fertig
sheet-print = Drucken
confirm-title = Drei Wörter, bitte
confirm-lead = Schau auf dein Blatt, nicht auf den Bildschirm: so zeigt sich, ob es lesbar ist.
confirm-word = Wort { $number }
confirm-wrong = Das ist nicht Wort { $number } auf dem Blatt.
confirm-submit = Prüfen
confirm-look-again = Wörter noch einmal zeigen
confirm-later = Später
confirm-done = Deine Wörter stimmen. Verwahre das Blatt gut. Eine Sicherungsdatei, ab und zu angelegt, bewahrt den Rest.

## Übersicht

overview-available = Verfügbar
overview-total = Alles zusammen
overview-as-of = Stand
overview-pending = Unterwegs
overview-settlement = Nächste Abrechnung
overview-settlement-in = In { $span }. Geld, das seit der letzten kam, ist dann verfügbar.
overview-latest = Zuletzt
overview-all = Alles
overview-agent = Für dich erledigt
overview-share = von Nachbarn
overview-no-meter = Kopple deinen Zähler, um deine Energie zu sehen, Überschuss zu verkaufen und deinen Verbrauch nachzuweisen.
overview-pair = Zähler koppeln
overview-view-only = Dieses Wallet kann nur hineinsehen. Zum Ausgeben nimm das mit den 24 Wörtern.
waiting-settlement = Wartet auf die nächste Abrechnung
waiting-way = Wechselgeld einer Zahlung, die noch nicht endgültig ist
waiting-ordered = Zurückgelegt für bestellte Energie
waiting-until = bis
waiting-soon = bald
backup-words = Deine 24 Wörter sind noch nicht bestätigt. Ohne sie bringt nichts dieses Wallet zurück, wenn der Rechner verloren geht.
backup-words-do = Wörter zeigen
backup-never = Es gibt noch keine Sicherungsdatei. Die Wörter allein bringen nur die letzten Wochen zurück.
backup-old = { $days ->
    [one] Die letzte Sicherungsdatei ist einen Tag alt.
   *[other] Die letzte Sicherungsdatei ist { $days } Tage alt.
 }
backup-recent = { $days ->
    [0] Die letzte Sicherungsdatei ist von heute.
    [one] Die letzte Sicherungsdatei ist einen Tag alt.
   *[other] Die letzte Sicherungsdatei ist { $days } Tage alt.
 }
backup-do = Sicherung anlegen

## Energie

energy-imported = Aus dem Netz bezogen
energy-exported = Ins Netz gegeben
energy-bought = Von Nachbarn gekauft
energy-sold = An Nachbarn verkauft
energy-shared = davon mit Nachbarn geteilt
energy-none = Von diesem Tag gibt es noch nichts.
energy-days = Andere Tage
energy-day = Tag
energy-day-before = Tag davor
energy-day-after = Tag danach
energy-show = Zeigen
energy-utilities = Arten von Energie
energy-table = Dasselbe als Tabelle
energy-caption = Energie am { $date } nach Zeitfenstern
energy-local = Vom Gateway, noch nicht im Buch
energy-local-hint = Das sagt das Gateway an deinem Zähler. Es zählt, was später im Buch steht.
energy-chart = Energie am { $date } in { $unit }: Balken nach oben wurden ins Netz gegeben, Balken nach unten daraus bezogen. Die Tabelle darunter sagt dasselbe.
energy-unit = { $unit } je Zeitfenster; nach oben gegeben, nach unten bezogen
energy-note = { $time }: bezogen { $imported }, gegeben { $exported }, geteilt { $shared }
utility-electricity = Strom
utility-water = Wasser
utility-heat = Wärme
status-measured = gemessen
status-substituted = Ersatzwert
status-estimated = geschätzt
status-late = verspätet
status-missing = fehlt

## Handel

trades-make-offer = Energie anbieten
trades-from-link = Mit Link kaufen
trades-ready = Bereit zur Lieferung
trades-ready-text = Dein Zähler hat diese Zeitfenster gemeldet, und Nachbarn haben bei dir bestellt.
trades-ready-agent = Dein Wallet liefert das von selbst. Du kannst es auch jetzt tun.
trades-deliver = Liefern
trades-board = Was Nachbarn anbieten
trades-board-empty = Gerade bietet niemand etwas an.
trades-board-trouble = Die Angebote konnten nicht gelesen werden: { $reason }
trades-seller = von { $name }
trades-order = Bestellen
trades-order-this = Angebot { $number } bestellen
trades-contracts = Vereinbart
trades-caption = Deine Verträge, die neuesten Zeitfenster zuerst
trades-none = Es wurde noch nichts vereinbart.
trades-side = Du
trades-buyer = kaufst
trades-seller-side = verkaufst
trades-quantity = Menge
trades-price = Preis
trades-money = Betrag
trades-state = Stand
trades-own = Deine Angebote
trades-show = Zeigen
trades-show-own = Dein Angebot { $number } zeigen
contract-open = offen
contract-until = lieferbar bis
contract-part = teilweise geliefert
contract-delivered = geliefert
contract-expired = nicht geliefert, Geld zurück

auction-title = In der Auktion handeln
auction-heading = Auktion
auction-go = In der Auktion handeln
auction-lead = Ist ein Zeitfenster gemessen, treffen alle versiegelten Aufträge einmal aufeinander: ein Preis für alle, zwischen den Limits. Andere sehen deinen Auftrag nie; der Marktbetreiber sieht Limit und Menge, aber nicht, von wem sie sind.
auction-limits = Dein Limit ist ein Preis, den du wirklich bekommen oder zahlen kannst: Nenn keinen, den du nicht willst. Stehen nur ein Verkauf und ein Kauf einander gegenüber, verrät der Preis jedem das Limit des anderen.
auction-side = Was möchtest du?
auction-sell = verkaufen
auction-buy = kaufen
auction-window = Zeitfenster
auction-window-hint = Diese sind gemessen und nehmen gerade Aufträge an.
auction-quantity = Wie viel
auction-quantity-hint = Höchstens; vielleicht wird nur ein Teil gehandelt.
auction-limit = Limit
auction-limit-hint = Was du mindestens nimmst oder höchstens zahlst; zwischen { $floor } und { $cap }.
auction-lock = Beim Kauf wird der Höchstpreis ({ $cap }) für alles zurückgelegt; was nicht gezahlt wird, kommt binnen einer Stunde zurück.
auction-submit = Auftrag geben
auction-done = Unterschrieben. Der Marktbetreiber wird um die Zulassung gebeten; unten steht, wie weit es ist.
auction-closed = Gerade nimmt keine Auktion Aufträge an. Die nächste ist für das Zeitfenster von { $window }; sie nimmt Aufträge nach { $time } an.
auction-no-operator = Dieses Wallet kennt den Marktbetreiber noch nicht. Seine Adresse gehört in die Einstellungen.
auction-none = Du hast noch in keiner Auktion gehandelt.
auction-caption = Deine Aufträge, die neuesten Zeitfenster zuerst
auction-you = Du
auction-ordered = Auftrag
auction-your-limit = Limit
auction-traded = Gehandelt
auction-price = Preis
auction-money = Betrag
auction-state = Stand
auction-sells = verkaufst
auction-buys = kaufst
auction-awaits-operator = wartet auf den Marktbetreiber
auction-awaits-block = unterwegs
auction-open = in der Auktion
auction-until = entschieden bis
auction-filled = gehandelt
auction-filled-part = teilweise gehandelt, der Rest kam zurück
auction-not-traded = nicht gehandelt, alles kam zurück
auction-expired = nicht rechtzeitig entschieden, alles kam zurück
auction-given-up = aufgegeben, nichts wurde ausgegeben
auction-cancel = Zurücknehmen
auction-cancel-this = Auftrag { $number } zurücknehmen
auction-cancelled = Zurückgenommen. Was dafür zurückgelegt war, ist wieder frei.

offer-title = Energie anbieten
offer-lead = Ein Angebot ist ein unterschriebener Link. Wer ihn hat, kann bestellen, solange es gilt; du lieferst, sobald dein Zähler das Zeitfenster gemessen hat. Was du nicht hast, musst du nicht liefern.
offer-utility = Was
offer-window = Zeitfenster
offer-window-hint = Wann die Energie gegeben wird; genannt ist der Beginn.
offer-quantity = Wie viel
offer-quantity-hint = Höchstens; es kann weniger bestellt und geliefert werden.
offer-price = Preis
offer-price-hint = Zwischen { $floor } und { $cap }, in Schritten von { $step }.
offer-valid = Gilt für
offer-until = Gilt bis
offer-publish = Ans schwarze Brett der Gemeinschaft
offer-publish-hint = Dort ist dann mit dem Angebot deine Adresse zu lesen. Ohne das gibst du den Link selbst weiter.
offer-submit = Anbieten
offer-signed = Dein Angebot ist unterschrieben.
offer-published = Dein Angebot hängt am schwarzen Brett.
offer-made-title = Dein Angebot
offer-pass-on = Weitergeben
offer-code = Der Link des Angebots als QR-Code

order-title = Energie bestellen
order-link-title = Mit Link kaufen
order-link = Link des Angebots
order-link-hint = Er beginnt mit hushwatt:offer
order-open = Ansehen
order-what = Was
order-seller = Verkauft von
order-offered = Angeboten
order-all = Alles kostet
order-quantity = Wie viel bestellst du?
order-quantity-hint = Alles oder weniger.
order-explain = Der Preis wird zurückgelegt, bis geliefert ist. Was nicht geliefert wird, kommt von selbst zurück.
order-own = Das ist dein eigenes Angebot.
order-submit = Bestellen und Geld zurücklegen
order-done = Bestellt. Der Vertrag steht unten; das Geld ist zurückgelegt, bis geliefert wird.

deliver-title = Liefern
deliver-explain = Was dein Zähler in diesem Zeitfenster gemessen hat, geht an die, die es bestellt haben, der höchste Preis zuerst. Damit wirst du bezahlt.
deliver-submit = Jetzt liefern
deliver-done = Geliefert. Das Geld kommt mit der nächsten Abrechnung.

## Verlauf

history-empty = Es ist noch nichts geschehen.
history-filter = Suchen und filtern
history-text = Enthält
history-kind = Art
history-any = Alle
history-from = Von
history-until = Bis
history-search = Suchen
history-clear = Alles zeigen
history-count = { $count ->
    [0] Keine Einträge
    [one] Ein Eintrag
   *[other] { $count } Einträge
 }
history-csv = Als CSV herunterladen
history-pages = Seiten des Verlaufs
history-page = Seite { $number } von { $pages }
history-newer = Neuere
history-older = Ältere
history-with = { $kind } · { $name }
history-top-up = Eingezahlt
history-received = Empfangen
history-sent = Gesendet
history-moved = Umgeschichtet
history-ordered = Bestellt
history-bought = Gekauft
history-expired = Nicht geliefert
history-sold = Verkauft
history-burned = Ausgezahlt
history-auction-sell = Auktion: Verkauf
history-auction-buy = Auktion: Kauf
history-not-traded = Auktion: nicht gehandelt
state-final = endgültig
state-awaits-operator = unterschrieben, wartet auf den Marktbetreiber
state-prepared = unterschrieben, wartet auf einen Knoten
state-submitted = unterwegs
state-released = aufgegeben, Geld zurück
entry-page-title = Eintrag
entry-gone = Dieser Eintrag war nicht zu finden. Vielleicht hat er sich geändert; such ihn in der Liste.
entry-time = Wann
entry-state = Stand
entry-reason = Warum
entry-with = Mit
entry-message = Nachricht
entry-energy = Energie
entry-window = Zeitfenster
entry-price = Preis
entry-fee = Gebühr
entry-block = Block
entry-id = Nummer
entry-prove = Jemandem nachweisen
entry-label = Notiz
entry-label-title = Deine Notiz
entry-label-hint = Nur du siehst sie.

## Senden

send-title = Geld senden
send-to = An
send-to-hint = Eine Adresse, ein Zahlungslink oder der Name eines Kontakts.
send-to-empty = Bitte sag, wer bezahlt werden soll.
send-contacts = Deine Kontakte
send-amount = Betrag
send-amount-hint = { $amount } sind verfügbar. Lass das Feld leer, wenn der Zahlungslink den Betrag nennt.
send-message = Nachricht
send-message-hint = Sie liest, wer das Geld bekommt, und sonst niemand. Höchstens 62 Zeichen.
send-message-long = Die Nachricht ist zu lang: höchstens 62 Zeichen, wobei Umlaute und Sonderzeichen doppelt oder mehr zählen.
send-label = Notiz
send-label-hint = Nur du siehst sie.
send-next = Prüfen
send-done = { $amount } an { $name } unterschrieben und unterwegs. Die Zahlung verbirgt sich unter { $company } anderen.
review-title = Stimmt das so?
review-you-send = Du sendest
review-to = An
review-no-fee = keine
review-left = Danach verfügbar
review-company = Verborgen unter
review-company-many = { $count ->
    [one] einem anderen
   *[other] { $count } anderen
 }
review-any-company = Trotzdem jetzt, mit wenig Gesellschaft
review-any-company-hint = Es gibt weniger andere, unter denen sich die Zahlung verbirgt, als deine Einstellungen verlangen.
review-passphrase = Wird noch einmal gefragt, bevor Geld fließt.
review-submit = Jetzt senden
review-change = Etwas ändern

## Empfangen

receive-title = Geld empfangen
receive-address = Deine Adresse
receive-asks = Zahlt dir { $amount }
receive-code = Dasselbe als QR-Code
receive-link = Zahlungslink
receive-address-text = Adresse
receive-plain = Ohne Betrag
receive-hint = Du kannst sie jedem geben. Niemand sieht daran, was du hast oder wer dir zahlt.
receive-request = Einen Betrag anfordern
receive-request-text = Mach einen Link und einen Code, die den Betrag schon nennen.
receive-amount = Betrag
receive-message = Nachricht
receive-message-hint = Wer zahlt, sieht sie, und sie kommt mit dem Geld zurück.
receive-submit = Link machen

## Nachweise

proofs-lead = Zeig einer Person eine Sache, und sonst nichts. Jeder Nachweis ist eine Datei, die sie selbst am Buch prüft.
proofs-given = Was du nachgewiesen hast
proofs-given-caption = Nachweise, die du gegeben hast, die neuesten zuerst
proof-payment = Eine Zahlung
proof-payment-text = Dass du eine Zahlung geleistet oder bekommen hast, und wie hoch sie war.
proof-delivery = Eine Lieferung
proof-delivery-text = Wie viel Energie in einem Handel geliefert wurde, und zu welchem Preis.
proof-reading = Ein Messwert
proof-reading-text = Was dein Zähler in einem Messintervall gemessen hat.
proof-balance = Genug Geld
proof-balance-text = Dass du mindestens einen Betrag hast, ohne zu sagen, wie viel. Man wird bemerken, wenn gerade dieses Geld ausgegeben wird.
proof-which-payment = Welche Zahlung
proof-no-payment = Es gibt noch keine Zahlung, die sich nachweisen ließe.
proof-which-contract = Welcher Handel
proof-no-contract = Es gibt noch keine Lieferung, die sich nachweisen ließe.
proof-day = Tag
proof-time = Beginn des Intervalls
proof-time-hint = Jede Uhrzeit darin genügt.
proof-register = Zählwerk
proof-amount = Mindestens
proof-amount-hint = Man erfährt, dass du so viel oder mehr hast.
proof-verifier = Für wen
proof-verifier-hint = Der Name, unter dem man sich dort kennt. Für alle anderen ist der Nachweis nichts wert.
proof-nonce = Nummer der Anfrage
proof-nonce-hint = Du bekommst sie genannt, damit ein alter Nachweis nicht als neuer durchgeht.
proof-purpose = Wofür
proof-purpose-hint = Es steht im Nachweis.
proof-passphrase = Wird noch einmal gefragt, bevor etwas über dich weitergegeben wird.
proof-submit = Nachweis machen
proof-when = Wann
proof-what = Was
proof-made-title = Dein Nachweis
proof-made-text = Die Datei sagt, was du hier siehst, und nicht mehr. Sie liegt zehn Minuten bereit.
proof-download = Nachweis herunterladen
proof-check = So wird er geprüft
proof-check-text = Wer ihn bekommt, ruft das auf, mit einem Knoten seines Vertrauens:
proof-answer = Eine Anfrage beantworten
proof-answer-text = Jemand hat dir eine Anfrage geschickt, als Link oder Datei. Deine Antwort überzeugt nur diese Person oder Stelle, sonst niemanden.
request-paste = Die Anfrage
request-paste-hint = Füg den Link ein, oder alles, was in der Datei steht. Du siehst, was gefragt ist, bevor etwas gesagt wird.
request-next = Ansehen
request-title = Eine Anfrage
request-who = Wer fragt
request-asks = Was gefragt ist
request-payment-made = Dass du { $amount } gezahlt hast, und zwar an
request-payment-received = Dass du { $amount } bekommen hast, und dass die Adresse dir gehört
request-delivery-sold = Wie viel du im Handel { $id } geliefert hast
request-delivery-bought = Wie viel du im Handel { $id } gekauft hast
request-reading-taken = Was Zähler { $meter } in einem Intervall ({ $time }) aus dem Netz bezogen hat, nur dieser eine Wert
request-reading-given = Was Zähler { $meter } in einem Intervall ({ $time }) ins Netz eingespeist hat, nur dieser eine Wert
request-energy-taken = Was Zähler { $meter } vom { $from } bis zum { $last } aus dem Netz bezogen hat, nur die Summe
request-energy-given = Was Zähler { $meter } vom { $from } bis zum { $last } ins Netz eingespeist hat, nur die Summe
request-shared-sold = Was du vom { $from } bis zum { $last } an andere der Gemeinschaft verkauft hast, nur die Summe ({ $utility })
request-shared-bought = Was du vom { $from } bis zum { $last } von anderen der Gemeinschaft gekauft hast, nur die Summe ({ $utility })
request-bill = Was für den Bezug von Zähler { $meter } vom { $from } bis zum { $last } nach „{ $tariff }“ zu zahlen ist, nur der Betrag:
request-peak-taken = Dass Zähler { $meter } vom { $from } bis zum { $last } nie mehr als { $limit } in der Stunde bezogen hat, nicht wie viel es war
request-peak-given = Dass Zähler { $meter } vom { $from } bis zum { $last } nie mehr als { $limit } in der Stunde eingespeist hat, nicht wie viel es war
request-balance = Dass du mindestens { $amount } hast, nicht wie viel
request-prices-else = zu allen anderen Zeiten
request-prices-tier = { $surcharge } mehr über { $above }
request-prices-rest = { $standing } und mindestens { $minimum }, dazu { $vat } Steuer
request-learns = Außerdem erfährt man
request-learns-payment = Welche Zahlung im Buch deine war.
request-learns-delivery = Auf welcher Seite dieses Handels du bist. Zeit und Preis stehen ohnehin im Buch.
request-learns-reading = Aus welcher Meldung des Zählers der Wert ist.
request-learns-energy = Keinen einzelnen Messwert.
request-learns-shared = Welche Handel und Auktionsgebote deine waren, aber nicht, um wie viel es jeweils ging.
request-learns-balance = Kennzeichen der gezeigten Geldstücke: Man sieht später, wann jedes ausgegeben wird und mit welcher Zahlung, aber nicht, an wen.
request-tells-below = nie mehr als { $limit } in der Stunde
request-tells-at-least = mindestens { $amount }
request-others = Andere
request-others-text = Deine Antwort überzeugt sie nicht: Wer gefragt hat, könnte sie selbst erfunden haben.
request-until = Zu beantworten bis
request-key = Schlüssel der Stelle
request-name = Der Name
request-name-text = So nennt sich, wer fragt, selbst: Vergleich den Schlüssel mit dem, den du von der Stelle hast.
request-tells = Du sagst
request-submit = Antworten
request-changed = Was du sagen würdest, hat sich inzwischen geändert. Sieh es dir noch einmal an.

## Zähler

meters-paired = Deine Zähler
meters-none = Es ist noch kein Zähler gekoppelt.
meter-pair = Zähler koppeln
meter-pair-text = Das Gateway deines Zählers zeigt einmal einen Code. Damit liest dieses Wallet, was der Zähler meldet. Ausgeben lässt sich damit nichts.
meter-code = Kopplungscode
meter-code-hint = Er beginnt mit hwmeter.
meter-name = Name
meter-name-hint = Wie du ihn nennst: Dach, Wohnung, Wärmepumpe.
meter-pair-submit = Koppeln
meter-pair-done = Der Zähler ist gekoppelt. Das Wallet liest jetzt, was er seitdem gemeldet hat.
meter-number = Zähler { $number }
meter-windows = { $count ->
    [0] noch nichts gelesen
    [one] ein Zeitfenster gelesen
   *[other] { $count } Zeitfenster gelesen
 }
meter-last = zuletzt
meter-nothing-yet = Er hat noch nichts gemeldet.
meter-readings = Letzte Messwerte
meter-readings-caption = Was deine Zähler zuletzt gemeldet haben, das Neueste zuerst
meter-window = Zeitfenster
meter-meter = Zähler
meter-status = Messwert

stretch-day = { $date } (UTC)
stretch-days = { $first } bis { $last } (UTC)
stretch-hours = { $date }, { $from } bis { $until } (UTC)
stretch-moments = { $first }, { $from } bis { $last }, { $until } (UTC)

## Summen

totals-title = Summen
totals-lead = Eine Registerstelle deiner Gemeinschaft kann fragen, was viele Zähler zusammen bezogen und eingespeist haben oder was gehandelt wurde. Jede Anfrage steht hier.
totals-link = Wer wonach gefragt hat
totals-page = Angefragte Summen
totals-explain = Wer fragt, erfährt eine Summe über viele und von keinem einzelnen Zähler oder Geschäft, was es war.
totals-none = Niemand hat eine Summe angefragt.
totals-off = Deine Gemeinschaft bildet keine Summen.
totals-asked = Angefragt
totals-by = { $time }, von Registerstelle { $number } ({ $key })
totals-over = Worüber
totals-meters = { $utility }, Gruppe { $cohort } mit { $meters } Zählern
totals-meters-unknown = Gruppe { $cohort } mit { $meters } Zählern
totals-out = { $count ->
    [0] keiner ist ausgelassen
    [one] einer ist ausgelassen
   *[other] { $count } sind ausgelassen
 }
totals-trades = { $utility }: Geschäfte, die Verkäufer geteilt haben, zu Preisen, die mindestens acht davon hatten
totals-released = Freigegeben
totals-released-by = von { $released } der { $members } Mitglieder des Gremiums, { $needed } sind nötig
totals-known = Die Summe ist bekannt.
totals-yours = Du
totals-own-in = { $meters }: darin
totals-own-out = { $meters }: ausgelassen
totals-own-none = Keiner deiner Zähler ist darin.
totals-own-unpaired = Nicht bekannt, weil kein Zähler gekoppelt ist.
totals-own-trades = Deine Verkäufe, die dieses Wallet geteilt hat, sind zu solchen Preisen darin.
totals-learns = Wer fragt, erfährt
totals-learns-meters = was { $count } Zähler zusammen bezogen und eingespeist haben, und von keinem einzelnen
totals-learns-trades = wie viel im Ganzen gehandelt wurde und für wie viel Geld, und von keinem einzelnen Geschäft
totals-own-title = Deine Verkäufe
totals-shares-on = Dieses Wallet teilt deine Verkäufe für Summen über Geschäfte, jeden einmal und zu einem zufälligen Zeitpunkt.
totals-shares-off = Dieses Wallet teilt keinen deiner Verkäufe für Summen über Geschäfte.
totals-shares-count = Geteilt: { $shared }. Unterwegs: { $under }. Geplant: { $planned }.

## Kontakte

contacts-known = Leute, die du kennst
contacts-none = Noch niemand.
contact-add = Jemanden hinzufügen
contact-name = Name
contact-address = Adresse
contact-address-hint = Eine Adresse oder ein Zahlungslink dieser Person.
contact-submit = Hinzufügen
contact-added = Hinzugefügt.
contact-removed = Entfernt.
contact-pay = An { $name } senden
contact-remove = { $name } entfernen

## Einstellungen

settings-general = Allgemein
settings-language = Sprache
settings-lock = Sperren nach
settings-lock-hint = Wenn niemand etwas tut. Ein gesperrtes Wallet liest nichts und tut nichts von selbst.
settings-lock-never = nie
settings-company = Mindestens so viel Gesellschaft
settings-company-hint = Unter wie vielen anderen sich eine Zahlung mindestens verbergen muss; 0 für das, was deine Gemeinschaft festgelegt hat. Darunter wirst du gefragt.
settings-backup-days = Tage, bis eine Sicherung alt ist
settings-nodes = Knoten
settings-nodes-hint = Einer je Zeile. Mit zwei oder mehr fällt auf, wenn einer lügt oder etwas zurückhält.
operator-label = Marktbetreiber
operator-hint = Wo die Auktionen deiner Gemeinschaft Aufträge annehmen, etwa https://market.example.org; leer für keinen. Wer es sein muss, steht im Buch.
gateways-label = Gateways an deinen Zählern
gateways-hint = Eines je Zeile, etwa http://gateway.local:8430; leer für keines. Sie zeigen Messwerte, bevor sie im Buch stehen.
settings-agent = Von selbst
settings-backup = Sicherungsdatei
settings-words = Die 24 Wörter
settings-passphrase = Passphrase
settings-export = Deine Daten
settings-view-key = Kopie nur zum Ansehen
settings-about = Über dieses Wallet
settings-version = Version
settings-erase = Löschen

agent-lead = Was das Wallet ohne Rückfrage tun darf, solange es offen ist.
agent-deliver = Liefern, was bei mir bestellt wurde
agent-deliver-hint = Sobald der Zähler das Zeitfenster gemeldet hat. Sonst lieferst du rechtzeitig von Hand.
agent-tidy = Geld in brauchbaren Stücken halten
agent-tidy-hint = Damit du vor der nächsten Abrechnung mehrmals handeln kannst.
agent-company = Auch bei wenig Gesellschaft weitermachen
agent-forget = Alte Messwerte löschen
agent-forget-hint = Wenn auch die Gemeinschaft sie nicht mehr aufbewahrt. Tagessummen, Geld und Verlauf bleiben; eine Rechnung oder ein Messwert aus dieser Zeit lässt sich dann nicht mehr beweisen.
agent-share = Meine Verkäufe für Summen der Gemeinschaft teilen
agent-share-hint = Jeden Verkauf einmal, einzeln und zu einem zufälligen Zeitpunkt. Geöffnet wird nur die Summe über mindestens acht Geschäfte zum selben Preis, außer es verabreden sich so viele Mitglieder des Gremiums, wie zum Öffnen nötig sind.
agent-sell = Verkaufen
agent-sell-on = Anbieten, was ich voraussichtlich ins Netz gebe
agent-sell-price = Preis
agent-sell-percent = Anteil am gleichen Zeitfenster von gestern
agent-percent-wrong = Bitte gib eine Zahl von 1 bis 100 ein.
agent-buy = Kaufen
agent-buy-on = Vom schwarzen Brett bestellen
agent-buy-price = Höchstens für
agent-buy-window = Höchstens je Zeitfenster
agent-buy-day = Höchstens am Tag
agent-auction = Auktionen
agent-auction-lead = Einmal je Auktion: Was deine Zähler ins Netz gegeben haben, wird bis hinunter zum einen Preis verkauft; was sie bezogen haben und kein Vertrag deckt, bis hinauf zum anderen gekauft. Ein leerer Preis heißt: nicht. Ein Limit ist ein Preis, der wirklich gezahlt werden kann.
agent-auction-sell = Verkaufen ab
agent-auction-buy = Kaufen bis
agent-auction-sell-of = { $utility }: verkaufen ab
agent-auction-buy-of = { $utility }: kaufen bis
agent-passphrase = Wird noch einmal gefragt, weil das Wallet damit ausgeben darf.

backup-explain = Eine verschlüsselte Datei mit allem: Kontakten, Notizen, Verlauf, Nachweisen. Sie öffnet sich mit age, einem Programm, das nicht von uns ist.
backup-passphrase-hint = Nur für diese Datei; es darf eine andere sein als die des Wallets. Ohne sie ist die Datei nichts wert.
backup-submit = Sicherungsdatei anlegen
backup-made = Deine Sicherungsdatei liegt bereit. Leg sie irgendwohin, nur nicht auf diesen Rechner.
downloads-title = Bereit zum Herunterladen
downloads-text = Das liegt zehn Minuten bereit, und bis das Wallet gesperrt wird.
download-gone = Diese Datei ist nicht mehr da. Mach sie noch einmal.
export-explain = Alles, was dieses Wallet über dich weiß, als JSON und als Tabellen (CSV), zum Lesen oder Mitnehmen. Es ist nicht verschlüsselt. Ausgeben lässt sich damit nichts.
export-submit = Meine Daten ausgeben
export-made = Deine Daten liegen bereit.
words-confirmed = Du hast gezeigt, dass du sie aufgeschrieben hast.
words-unconfirmed = Du hast noch nicht gezeigt, dass du sie aufgeschrieben hast.
words-explain = Wer sie sieht, hat dein Geld. Sieh dich um, bevor du weitermachst.
words-submit = Wörter zeigen
view-key-explain = Ein Schlüssel, mit dem ein anderes Wallet alles sieht und nichts ausgibt: für die Steuerberatung, oder für ein Gerät, das du bei dir trägst.
view-key-submit = Schlüssel zum Ansehen zeigen
view-key-text = Wer ihn hat, sieht alles, was du hast, bekommst und misst. Er lässt sich nicht zurücknehmen.
erase-explain = Löscht das Wallet von diesem Rechner. Was im Buch steht, bleibt; mit den 24 Wörtern oder einer Sicherungsdatei bekommst du es wieder, ohne sie nie.
erase-word = LÖSCHEN
erase-sure = Schreib { $word }, wenn du sicher bist
erase-not-sure = Das ist nicht das Wort: es wurde nichts gelöscht.
erase-submit = Wallet löschen
erase-done = Das Wallet ist von diesem Rechner gelöscht. Eine SSD behält vielleicht noch eine Weile Teile der verschlüsselten Datei.

## Fehler nach ihrer Art: steht vor den englischen Worten des Wallets

error-kind-file = Mit einer Datei stimmt etwas nicht
error-kind-insufficient_money = Es ist nicht genug Geld da, das auf einmal ausgegeben werden kann
error-kind-insufficient_energy = Es ist nicht genug Energie da, um zu liefern
error-kind-small_company = Gerade gibt es zu wenige andere, unter denen man sich verbirgt
error-kind-wallet = Das konnte das Wallet nicht
error-kind-nodes = Kein Knoten war zu gebrauchen
error-kind-ledger = Das Buch passt nicht zusammen
error-kind-offer = Mit dem Angebot stimmt etwas nicht
error-kind-genesis = Das Gründungsdokument des Netzes ist nicht gültig
error-kind-content = Was in der Datei steht, ist nicht zu gebrauchen
error-kind-address = Das ist keine Adresse deiner Gemeinschaft
error-kind-link = Das ist kein Zahlungslink
error-kind-pairing = Das ist kein Kopplungscode
error-kind-zero_amount = Ein Betrag muss über null liegen
error-kind-too_long = Das ist zu lang
error-kind-view_only = Dieses Wallet kann nur hineinsehen
error-kind-unknown = Das gibt es nicht
error-kind-contact_exists = Einen Kontakt mit diesem Namen gibt es schon
error-kind-no_trade = Das lässt sich nicht handeln
error-kind-operator = Der Marktbetreiber kann nicht gefragt werden
error-kind-foreign_backup = Diese Sicherung gehört zu einer anderen Gemeinschaft
error-kind-write = Eine Datei konnte nicht geschrieben werden
error-kind-proof = Das lässt sich nicht nachweisen
error-kind-request = Auf diese Anfrage solltest du nicht antworten
error-kind-words = Mit den Wörtern stimmt etwas nicht
error-kind-network = Das ist das Netz einer anderen Gemeinschaft
