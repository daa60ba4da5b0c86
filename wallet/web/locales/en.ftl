# The wallet's page in English. Another language is a file like this one; a test compares their keys and values.
# Speak of euros and kilowatt-hours, of what happens and what to do. Say "you" for the household.

## Frame

skip = Skip to content
brand-home = hushwatt, to the overview
lock = Lock
nav-label = Main
nav-overview = Overview
nav-energy = Energy
nav-trades = Trades
nav-history = History
nav-send = Send
nav-receive = Receive
nav-proofs = Proofs
nav-meters = Meters
nav-contacts = Contacts
nav-settings = Settings
nav-more = More
foot-zone = Times are those of { $zone }.
foot-local = This page is served by your own machine. Nothing on it comes from anywhere else.
back = Back
save = Save
saved = Saved.
remove = Remove
copy = Copy
copied = Copied
optional = (optional)
exactly = exactly { $amount }
field-empty = Please fill this in.
choice-wrong = Please choose one from the list.
number-wrong = Please write a whole number.
date-wrong = Please choose a day.
time-wrong = Please choose a time of that day.

## How far the wallet has read

sync-starting = Connecting …
sync-done = Up to date, { $time }
sync-left = { $windows ->
    [one] One window to read, about { $span }
   *[other] { $windows } windows to read, about { $span }
 }
sync-windows = { $windows ->
    [one] One window to read
   *[other] { $windows } windows to read
 }
sync-trouble = Not up to date: { $reason }
sync-unreached = No node answers. As of { $time }
sync-progress = Reading the ledger

## Times

moment-today = today, { $time }
moment-tomorrow = tomorrow, { $time }
moment-yesterday = yesterday, { $time }
moment-other = { $date }, { $time }
span-moment = a moment
span-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
 }
span-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
 }
span-days = { $count ->
    [one] 1 day
   *[other] { $count } days
 }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

## Amounts that people type

amount-empty = Please write an amount.
amount-no-number = This is no amount. Write it like 12.50, without a sign.
amount-grouping = The comma separates thousands and stands before each three digits; decimals have a point: 1,234.56.
amount-too-fine = This has more than { $most } digits after the point, which is the finest that can be counted.
amount-too-large = This is more than there can be.
amount-zero = Please write an amount above zero.

## Who may look

gate-title = This page is locked to one browser
gate-no-session = Open it with the link that the wallet printed when it was started. The link works once; press Enter in the terminal for another one.
gate-start-used = This link was used already, or it is not complete. Press Enter in the terminal for a new one. If it was not you who used it, stop the wallet there and start it again.
gate-home = To the start page
gate-form-title = Nothing was done
gate-form-not-ours = This form was not made by this page for this browser, or it was changed on its way. Go back, load the page again, and repeat what you wanted to do.
gate-form-old = This form lay on the screen for too long. Load the page again, and repeat what you wanted to do.
gate-form-many = Too many forms were sent from this browser. Stop the wallet and start it again.
gate-form-again = This form was sent already. Nothing was done twice; look at the history for what came of it.
gate-form-broken = This form could not be read. Go back and send it again.
gate-form-large = What was sent is larger than the page takes.
gate-form-slow = The form took too long to arrive. Go back and send it again.
missing-title = There is no such page
missing-text = The address may have been mistyped.
error-title = That did not work
error-broke-off = The wallet broke off while it worked on this. Nothing was sent that is not in the history; try again.

## Unlocking

unlock-title = Welcome back
unlock-lead = Your wallet is locked. Its keys are in the encrypted file only.
unlock-idle = Nobody was here for a while, so the wallet locked itself.
unlock-submit = Unlock
unlock-form-lost = The wallet was locked in between, so nothing was done. Unlock it and repeat what you wanted to do.
passphrase-label = Passphrase
passphrase-current = Passphrase until now
passphrase-new = New passphrase
passphrase-again = New passphrase, once more
passphrase-empty = Please write the passphrase.
passphrase-wrong = This is not the passphrase. Mind the case of letters and the keyboard's language.
passphrase-wait = { $seconds ->
    [one] Too many wrong passphrases: try again in a second.
   *[other] Too many wrong passphrases: try again in { $seconds } seconds.
 }
passphrase-short = Use at least { $count } characters: four words that have nothing to do with each other are good.
passphrase-differ = The two are not the same.
passphrase-submit = Change passphrase
passphrase-changed = The passphrase was changed. Backups made before still open with the old one.
ask-again = Asked again, so that nobody at your screen can do this.

## First run

welcome-title = Welcome
welcome-lead = Your community settles its energy on a shared ledger. Nobody can read from it what you use, earn or pay. This wallet holds your part of it: on this machine, encrypted, with nobody in between.
welcome-create = New wallet
welcome-create-text = You are new here. It takes two minutes and a sheet of paper.
welcome-words = Restore from 24 words
welcome-words-text = You have your sheet. What happened within the last weeks is found again.
welcome-file = Restore from a backup file
welcome-file-text = You have a backup file and its passphrase. Everything in it is found again.
create-title = New wallet
create-lead = Choose what opens the wallet on this machine, and say where your community is.
create-passphrase-hint = It encrypts the file on this machine. Four words that have nothing to do with each other are good.
create-submit = Create wallet
nodes-label = Your community's nodes
nodes-hint = Addresses like https://node.example.org, one on each line. Two or more are compared with each other, so that one that lies is noticed.
nodes-none = Please write the address of at least one node.
network-label = Your community's code
network-hint = The first letters or all of the code that your community told you on paper or on the phone. Another network is then refused.
restore-words-title = Restore from 24 words
restore-words-lead = The words bring back your keys. The wallet then reads what the nodes still have: usually the last three months. What is older is in a backup file only.
restore-words-label = The 24 words, in their order
restore-words-hint = With blanks or on lines of their own; numbers in between do no harm.
restore-birthday-label = Birthday of the wallet
restore-birthday-hint = It is on the sheet. Without it the wallet reads everything, which takes longer.
restore-file-title = Restore from a backup file
restore-file-lead = The file is read on this machine and goes nowhere else.
restore-file-label = Backup file
restore-file-none = Please choose a file.
restore-file-passphrase = Passphrase of the backup file
restore-submit = Restore wallet
restore-done = Your wallet is back. It now reads what happened since.

## The sheet with the words

sheet-title = Your backup sheet
sheet-lead = Print this or copy it by hand, and keep it where you keep your passport. Whoever has these words has your money and reads your energy. Nobody will ever ask you for them.
sheet-birthday = Birthday
sheet-network = Network
sheet-nodes = Nodes
sheet-address = Address
sheet-limits = The words alone bring back what the nodes still have hints for, usually three months. Make a backup file as well, now and then: it brings back everything.
sheet-next = I have written them down
sheet-done = Done
sheet-print = Print
confirm-title = Three words, please
confirm-lead = Look at your sheet, not at the screen: this is to see that it can be read.
confirm-word = Word { $number }
confirm-wrong = This is not word { $number } on the sheet.
confirm-submit = Check
confirm-look-again = Show the words again
confirm-later = Later
confirm-done = Your words are right. Keep the sheet safe. A backup file, made now and then, keeps the rest.

## Overview

overview-available = Available
overview-total = All together
overview-as-of = As of
overview-pending = On the way
overview-settlement = Next settlement
overview-settlement-in = In { $span }. Money that came since the last one can be spent then.
overview-latest = Latest
overview-all = Everything
overview-agent = Done for you
overview-share = from neighbours
overview-no-meter = Pair your meter to see your energy, to sell what is left over and to prove what you used.
overview-pair = Pair a meter
overview-view-only = This wallet only looks. To spend, use the one that has the 24 words.
waiting-settlement = Waits for the next settlement
waiting-way = Change of a payment that is not final yet
waiting-ordered = Set aside for energy that you ordered
waiting-until = until
waiting-soon = soon
backup-words = Your 24 words are not confirmed yet. Without them nothing brings this wallet back if the machine is lost.
backup-words-do = Show the words
backup-never = There is no backup file yet. The words alone bring back the last weeks only.
backup-old = { $days ->
    [one] The last backup file is one day old.
   *[other] The last backup file is { $days } days old.
 }
backup-recent = { $days ->
    [0] The last backup file is of today.
    [one] The last backup file is one day old.
   *[other] The last backup file is { $days } days old.
 }
backup-do = Make a backup

## Energy

energy-imported = Taken from the grid
energy-exported = Given to the grid
energy-bought = Bought from neighbours
energy-sold = Sold to neighbours
energy-shared = of it shared with neighbours
energy-none = There is nothing of this day yet.
energy-days = Other days
energy-day = Day
energy-day-before = Day before
energy-day-after = Day after
energy-show = Show
energy-utilities = Kinds of energy
energy-table = The same as a table
energy-caption = Energy of { $date }, by settlement window
energy-local = From the gateway, not on the ledger yet
energy-local-hint = What the gateway at your meter says. What counts is what is on the ledger later.
energy-chart = Energy of { $date } in { $unit }: bars upwards are what was given to the grid, bars downwards what was taken. The table below says the same.
energy-unit = { $unit } in each settlement window; upwards given, downwards taken
energy-note = { $time }: taken { $imported }, given { $exported }, shared { $shared }
utility-electricity = Electricity
utility-water = Water
utility-heat = Heat
status-measured = measured
status-substituted = substituted
status-estimated = estimated
status-late = late
status-missing = missing

## Trades

trades-make-offer = Offer energy
trades-from-link = Buy with a link
trades-ready = Ready to deliver
trades-ready-text = Your meter has posted these windows, and neighbours have ordered from you.
trades-ready-agent = Your wallet delivers these by itself. You can do it now as well.
trades-deliver = Deliver
trades-board = What neighbours offer
trades-board-empty = Nobody offers anything right now.
trades-board-trouble = The board could not be read: { $reason }
trades-seller = from { $name }
trades-order = Order
trades-order-this = Order offer { $number }
trades-contracts = Agreed
trades-caption = Your contracts, the latest windows first
trades-none = Nothing was agreed yet.
trades-side = You
trades-buyer = buy
trades-seller-side = sell
trades-quantity = Quantity
trades-price = Price
trades-money = Amount
trades-state = State
trades-own = Your offers
trades-show = Show
trades-show-own = Show your offer { $number }
contract-open = open
contract-until = can be delivered until
contract-part = delivered in part
contract-delivered = delivered
contract-expired = not delivered, money back

auction-title = Order in the auction
auction-heading = Auction
auction-go = Order in the auction
auction-lead = After a window is measured, everybody's sealed orders meet once: one price for all, between the limits. Others never see your order; the market operator sees limit and quantity, not whose they are.
auction-limits = Your limit is a price that you may really get or pay: do not name one that you would not want. With one order to sell and one to buy, each learns the other's limit from the price.
auction-side = What do you want?
auction-sell = sell
auction-buy = buy
auction-window = Settlement window
auction-window-hint = These are measured and take orders now.
auction-quantity = How much
auction-quantity-hint = At most; perhaps only a part is traded.
auction-limit = Limit
auction-limit-hint = The least that you take, or the most that you pay; between { $floor } and { $cap }.
auction-lock = To buy, the highest price ({ $cap }) is set aside for everything; what is not paid comes back within the hour.
auction-submit = Place the order
auction-done = Signed. The market operator is asked to admit it; below you see how far it is.
auction-closed = No auction takes orders right now. The next one is for the window of { $window }; it takes orders after { $time }.
auction-no-operator = This wallet does not know the market operator yet. The operator's address belongs in the settings.
auction-none = You have ordered nothing in an auction yet.
auction-caption = Your orders, the latest windows first
auction-you = You
auction-ordered = Ordered
auction-your-limit = Limit
auction-traded = Traded
auction-price = Price
auction-money = Amount
auction-state = State
auction-sells = sell
auction-buys = buy
auction-awaits-operator = waits for the market operator
auction-awaits-block = on its way
auction-open = in the auction
auction-until = over by
auction-filled = traded
auction-filled-part = traded in part, the rest came back
auction-not-traded = not traded, all came back
auction-expired = not cleared in time, all came back
auction-given-up = given up, nothing was spent
auction-cancel = Take back
auction-cancel-this = Take back order { $number }
auction-cancelled = Taken back. What it set aside is free again.

offer-title = Offer energy
offer-lead = An offer is a signed link. Whoever has it can order until it ends; you deliver once your meter has measured the window. What you do not have, you need not deliver.
offer-utility = What
offer-window = Settlement window
offer-window-hint = When the energy is given, by its start.
offer-quantity = How much
offer-quantity-hint = At most; less can be ordered and delivered.
offer-price = Price
offer-price-hint = Between { $floor } and { $cap }, in steps of { $step }.
offer-valid = Holds for
offer-until = Holds until
offer-publish = Put it on the community's board
offer-publish-hint = Your address can then be read there with the offer. Without it, you pass the link on yourself.
offer-submit = Make the offer
offer-signed = Your offer is signed.
offer-published = Your offer is on the board.
offer-made-title = Your offer
offer-pass-on = Pass it on
offer-code = The offer's link as a QR code

order-title = Order energy
order-link-title = Buy with a link
order-link = Offer's link
order-link-hint = It starts with hushwatt:offer
order-open = Look at it
order-what = What
order-seller = Seller
order-offered = Offered
order-all = All of it costs
order-quantity = How much do you order?
order-quantity-hint = All of it or less.
order-explain = The price is set aside until the seller delivers. What is not delivered comes back by itself.
order-own = This is your own offer.
order-submit = Order and set the money aside
order-done = Ordered. The contract is below; the money is set aside until it is delivered.

deliver-title = Deliver
deliver-explain = What your meter measured in this window goes to those who ordered it, the highest price first. You are paid with it.
deliver-submit = Deliver now
deliver-done = Delivered. The money arrives with the next settlement.

## History

history-empty = Nothing has happened yet.
history-filter = Search and filter
history-text = Contains
history-kind = Kind
history-any = All
history-from = From
history-until = Until
history-search = Search
history-clear = Show everything
history-count = { $count ->
    [0] No entries
    [one] One entry
   *[other] { $count } entries
 }
history-csv = Download as CSV
history-pages = Pages of the history
history-page = Page { $number } of { $pages }
history-newer = Newer
history-older = Older
history-with = { $kind } · { $name }
history-top-up = Paid in
history-received = Received
history-sent = Sent
history-moved = Rearranged
history-ordered = Ordered
history-bought = Bought
history-expired = Not delivered
history-sold = Sold
history-burned = Paid out
history-auction-sell = Auction: to sell
history-auction-buy = Auction: to buy
history-not-traded = Auction: not traded
state-final = final
state-awaits-operator = signed, waits for the market operator
state-prepared = signed, waits for a node
state-submitted = on its way
state-released = given up, money back
entry-page-title = Entry
entry-gone = This entry could not be found. It may have changed; look for it in the list.
entry-time = When
entry-state = State
entry-reason = Why
entry-with = With
entry-message = Message
entry-energy = Energy
entry-window = Settlement window
entry-price = Price
entry-fee = Fee
entry-block = Block
entry-id = Number
entry-prove = Prove this to somebody
entry-label = Note
entry-label-title = Your note
entry-label-hint = Only you see it.

## Send

send-title = Send money
send-to = To
send-to-hint = An address, a payment link, or a contact's name.
send-to-empty = Please say whom to pay.
send-contacts = Your contacts
send-amount = Amount
send-amount-hint = { $amount } are available. Leave it empty if the payment link says how much.
send-message = Message
send-message-hint = The payee reads it, and nobody else. At most 62 letters.
send-message-long = The message is too long: at most 62 letters, of which umlauts and signs count twice or more.
send-label = Note
send-label-hint = Only you see it.
send-next = Review
send-done = { $amount } to { $name } signed and on the way. It hides among { $company } others.
review-title = Is this right?
review-you-send = You send
review-to = To
review-no-fee = none
review-left = Available afterwards
review-company = Hides among
review-company-many = { $count ->
    [one] one other
   *[other] { $count } others
 }
review-any-company = Do it now, with little company
review-any-company-hint = There are fewer others to hide among than your settings ask for.
review-passphrase = Asked again before money moves.
review-submit = Send now
review-change = Change something

## Receive

receive-title = Receive money
receive-address = Your address
receive-asks = Pays you { $amount }
receive-code = The same as a QR code
receive-link = Payment link
receive-address-text = Address
receive-plain = Without an amount
receive-hint = You can give it to everybody. Nobody can see from it what you own, or who paid you.
receive-request = Ask for an amount
receive-request-text = Make a link and a code that already say how much.
receive-amount = Amount
receive-message = Message
receive-message-hint = The payer sees it, and it comes back with the money.
receive-submit = Make the link

## Proofs

proofs-lead = Show one thing to one person, and nothing else. Each proof is a file that they check against the ledger themselves.
proofs-given = What you have proven
proofs-given-caption = Proofs that you handed out, newest first
proof-payment = A payment
proof-payment-text = That you made or received a payment, and how much it was.
proof-delivery = A delivery
proof-delivery-text = How much energy was delivered in one trade, and at which price.
proof-reading = A reading
proof-reading-text = What your meter measured in one interval.
proof-balance = Enough money
proof-balance-text = That you have at least an amount, without saying how much. They will notice when just this money is spent.
proof-which-payment = Which payment
proof-no-payment = There is no payment yet that could be proven.
proof-which-contract = Which trade
proof-no-contract = There is no delivery yet that could be proven.
proof-day = Day
proof-time = Start of the interval
proof-time-hint = Any time within it will do.
proof-register = Register
proof-amount = At least
proof-amount-hint = They learn that you have this much or more.
proof-verifier = For whom
proof-verifier-hint = Their name as they know it. The proof is worth nothing to anybody else.
proof-nonce = Their question's number
proof-nonce-hint = They give you one, so that an old proof cannot be passed off as new.
proof-purpose = What for
proof-purpose-hint = It stands in the proof.
proof-passphrase = Asked again before something about you is handed over.
proof-submit = Make the proof
proof-when = When
proof-what = What
proof-made-title = Your proof
proof-made-text = The file says what you see here, and nothing more. It is ready for ten minutes.
proof-download = Download the proof
proof-check = How it is checked
proof-check-text = Whoever gets it runs this, with a node that they trust:
proof-answer = Answer a request
proof-answer-text = Somebody sent you a request, as a link or a file. Your answer convinces them, and nobody else.
request-paste = The request
request-paste-hint = Paste the link, or all that is in the file. You see what is asked before anything is told.
request-next = Look at it
request-title = A request
request-who = Who asks
request-asks = What they ask
request-payment-made = That you paid { $amount } to
request-payment-received = That you were paid { $amount }, and that the address is yours
request-delivery-sold = How much you delivered in the trade { $id }
request-delivery-bought = How much you bought in the trade { $id }
request-reading-taken = What meter { $meter } took from the grid in one interval ({ $time }), that one value
request-reading-given = What meter { $meter } gave to the grid in one interval ({ $time }), that one value
request-energy-taken = What meter { $meter } took from the grid from { $from } to { $last }, total only
request-energy-given = What meter { $meter } gave to the grid from { $from } to { $last }, total only
request-shared-sold = What you sold to others of the community from { $from } to { $last }, total only ({ $utility })
request-shared-bought = What you bought from others of the community from { $from } to { $last }, total only ({ $utility })
request-bill = What has to be paid for what meter { $meter } took from { $from } to { $last } under “{ $tariff }”, the amount only:
request-peak-taken = That meter { $meter } never took more than { $limit } an hour from { $from } to { $last }, and not how much it was
request-peak-given = That meter { $meter } never gave more than { $limit } an hour from { $from } to { $last }, and not how much it was
request-balance = That you have at least { $amount }, and not how much
request-prices-else = at all other times
request-prices-tier = { $surcharge } more above { $above }
request-prices-rest = { $standing } and at least { $minimum }, plus { $vat } tax
request-learns = They also learn
request-learns-payment = Which payment in the ledger was yours.
request-learns-delivery = Which side of this trade you are. Its time and price are in the ledger anyway.
request-learns-reading = Which posting of the meter it is from.
request-learns-energy = No single reading.
request-learns-shared = Which trades and auction orders were yours, but not how much each one was.
request-learns-balance = Marks of the pieces of money that were shown: they see later when each is spent, and by which payment, though not to whom.
request-tells-below = never more than { $limit } an hour
request-tells-at-least = at least { $amount }
request-others = Others
request-others-text = Your answer does not convince them: whoever asked could have made it up.
request-until = May be answered until
request-key = Their key
request-name = The name
request-name-text = is what whoever asks calls themselves: compare the key with the one they gave you.
request-tells = You tell
request-submit = Answer
request-changed = What you would tell has changed meanwhile. Look at it once more.

## Meters

meters-paired = Your meters
meters-none = No meter is paired yet.
meter-pair = Pair a meter
meter-pair-text = Your meter's gateway shows a code once. It lets this wallet read what the meter posts. It cannot spend anything.
meter-code = Pairing code
meter-code-hint = It starts with hwmeter.
meter-name = Name
meter-name-hint = What you call it: roof, flat, heat pump.
meter-pair-submit = Pair
meter-pair-done = The meter is paired. The wallet now reads what it has posted since.
meter-number = meter { $number }
meter-windows = { $count ->
    [0] nothing read yet
    [one] one window read
   *[other] { $count } windows read
 }
meter-last = last
meter-nothing-yet = It has posted nothing yet.
meter-readings = Last readings
meter-readings-caption = What your meters posted last, newest first
meter-window = Window
meter-meter = Meter
meter-status = Reading

stretch-day = { $date } (UTC)
stretch-days = { $first } to { $last } (UTC)
stretch-hours = { $date }, { $from } to { $until } (UTC)
stretch-moments = { $first }, { $from } to { $last }, { $until } (UTC)

## Totals

totals-title = Totals
totals-lead = A registrar of your community can ask for what many meters took and gave together, or for what was traded. Every request is listed here.
totals-link = Who asked for what
totals-page = Totals that were asked for
totals-explain = Whoever asks learns a sum over many, and of no single meter or trade what it was.
totals-none = Nobody has asked for a total.
totals-off = Your community makes no totals.
totals-asked = Asked
totals-by = { $time }, by registrar { $number } ({ $key })
totals-over = Over
totals-meters = { $utility }, cohort { $cohort } of { $meters } meters
totals-meters-unknown = cohort { $cohort } of { $meters } meters
totals-out = { $count ->
    [0] nobody is left out
    [one] one is left out
   *[other] { $count } are left out
 }
totals-trades = { $utility }: trades that sellers shared, at prices that at least eight of them had
totals-released = Released
totals-released-by = by { $released } of { $members } members of the committee, { $needed } are needed
totals-known = The sum is known.
totals-yours = Yours
totals-own-in = { $meters }: in it
totals-own-out = { $meters }: left out
totals-own-none = No meter of yours is in it.
totals-own-unpaired = Not known, as no meter is paired.
totals-own-trades = Your sales that this wallet shared are in it, at such prices.
totals-learns = The asker learns
totals-learns-meters = what { $count } meters took and gave together, and of no single one
totals-learns-trades = how much was traded and for how much money in all, and of no single trade
totals-own-title = Your sales
totals-shares-on = This wallet shares your sales for totals of trades, each once and at a random time.
totals-shares-off = This wallet shares none of your sales for totals of trades.
totals-shares-count = Shared: { $shared }. Under way: { $under }. Planned: { $planned }.

## Contacts

contacts-known = People you know
contacts-none = Nobody yet.
contact-add = Add somebody
contact-name = Name
contact-address = Address
contact-address-hint = An address or a payment link of theirs.
contact-submit = Add
contact-added = Added.
contact-removed = Removed.
contact-pay = Send to { $name }
contact-remove = Remove { $name }

## Settings

settings-general = General
settings-language = Language
settings-lock = Lock after
settings-lock-hint = When nobody does anything. A locked wallet reads nothing and does nothing by itself.
settings-lock-never = never
settings-company = Least company
settings-company-hint = With how many others a payment must hide at least; 0 for what your community set. Below, you are asked.
settings-backup-days = Days until a backup is old
settings-nodes = Nodes
settings-nodes-hint = One on each line. With two or more, one that lies or keeps something back is noticed.
operator-label = Market operator
operator-hint = Where your community's auctions take orders, like https://market.example.org; empty for none. Who it must be, the ledger says.
gateways-label = Gateways at your meters
gateways-hint = One on each line, like http://gateway.local:8430; empty for none. They show readings before they are on the ledger.
settings-agent = By itself
settings-backup = Backup file
settings-words = The 24 words
settings-passphrase = Passphrase
settings-export = Your data
settings-view-key = View-only copy
settings-about = About this wallet
settings-version = Version
settings-erase = Erase

agent-lead = What the wallet may do while it is open, without asking.
agent-deliver = Deliver what was ordered from me
agent-deliver-hint = As soon as the meter has posted the window. Without it, you deliver by hand in time.
agent-tidy = Keep money in usable pieces
agent-tidy-hint = So that you can act several times before the next settlement.
agent-company = Go on when there is little company to hide in
agent-forget = Delete old readings
agent-forget-hint = When the community keeps them no longer either. Sums by day, money and history stay; a bill or a reading of that time cannot be proven any more.
agent-share = Share my sales for totals of the community
agent-share-hint = Each sale once, alone and at a random time. Only the sum over at least eight trades of one price is ever opened, unless as many members of the committee as are needed for that agree to open more.
agent-sell = Sell
agent-sell-on = Offer what I am expected to give to the grid
agent-sell-price = Price
agent-sell-percent = Share of yesterday's same window
agent-percent-wrong = Please write a number from 1 to 100.
agent-buy = Buy
agent-buy-on = Order from the board
agent-buy-price = At most for
agent-buy-window = At most in each window
agent-buy-day = At most in a day
agent-auction = Auctions
agent-auction-lead = Once in each auction: what your meters gave is sold down to the one price, what they took and no contract covers is bought up to the other. Leave a price empty for none. A limit is a price that you may really get or pay.
agent-auction-sell = Sell from
agent-auction-buy = Buy up to
agent-auction-sell-of = { $utility }: sell from
agent-auction-buy-of = { $utility }: buy up to
agent-passphrase = Asked again, since it lets the wallet spend.

backup-explain = One encrypted file with everything in it: contacts, notes, history, proofs. It opens with age, a program that is not ours.
backup-passphrase-hint = For this file only; it may be another one than the wallet's. Without it the file is worth nothing.
backup-submit = Make a backup file
backup-made = Your backup file is ready. Put it somewhere that is not this machine.
downloads-title = Ready to download
downloads-text = These are there for ten minutes, and until the wallet is locked.
download-gone = This file is not there any more. Make it again.
export-explain = Everything this wallet knows about you, as JSON and as tables (CSV), to read or to take elsewhere. It is not encrypted. It cannot spend.
export-submit = Export my data
export-made = Your data is ready.
words-confirmed = You have shown that you wrote them down.
words-unconfirmed = You have not shown yet that you wrote them down.
words-explain = Whoever sees them has your money. Look around before you go on.
words-submit = Show the words
view-key-explain = A key with which another wallet sees everything and spends nothing: for a tax adviser, or for a device that you carry around.
view-key-submit = Show the view-only key
view-key-text = Whoever has this sees all you own, receive and measure. It cannot be taken back.
erase-explain = Deletes the wallet from this machine. What is on the ledger stays; with the 24 words or a backup file you can have it again, without them never.
erase-word = ERASE
erase-sure = Write { $word } if you are sure
erase-not-sure = This is not the word: nothing was erased.
erase-submit = Erase the wallet
erase-done = The wallet was erased from this machine. A solid-state disk may keep parts of the encrypted file for a while.

## Errors, by their kind: what stands before the wallet's own words in languages other than English

error-kind-file = Something is wrong with a file
error-kind-insufficient_money = There is not enough money that can be spent at once
error-kind-insufficient_energy = There is not enough energy to deliver
error-kind-small_company = There are too few others to hide among right now
error-kind-wallet = The wallet could not do that
error-kind-nodes = No node could be used
error-kind-ledger = The ledger does not fit together
error-kind-offer = Something is wrong with the offer
error-kind-genesis = The network's founding document is not valid
error-kind-content = What is in the file cannot be used
error-kind-address = This is no address of your community
error-kind-link = This is no payment link
error-kind-pairing = This is no pairing code
error-kind-zero_amount = An amount must be above zero
error-kind-too_long = This is too long
error-kind-view_only = This wallet only looks
error-kind-unknown = There is no such thing
error-kind-contact_exists = There is a contact of this name already
error-kind-no_trade = This cannot be traded
error-kind-operator = The market operator cannot be asked
error-kind-foreign_backup = This backup is of another community
error-kind-write = A file could not be written
error-kind-proof = This cannot be proven
error-kind-request = This request is not to be answered
error-kind-words = Something is wrong with the words
error-kind-network = This is another community's network
