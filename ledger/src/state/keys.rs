//! Keys of state entries: a prefix byte, then big-endian numbers, so that ranges run in the order of time and number.
//!
//! Prefix 0 is local to an index (its tip, where transactions and blocks stand, contracts and auctions of each window, an audit's
//! own books) and no part of the state root; all others are state.

use crate::{
    block::BlockDigest,
    note::{Asset, BucketId, NoteNumber},
    transaction::{TransactionId, open::ContractId, order::OrderId, request::Target, share::TradeId},
    units::{Epoch, MeterId, Period, Price, Timestamp, Utility, Window},
};

/// Entries that are no part of the state.
pub(crate) const LOCAL: u8 = 0;
const COUNTERS: u8 = b'C';
const NOTE: u8 = b'N';
const BUCKET: u8 = b'B';
const MEMBER: u8 = b'M';
const IMAGE: u8 = b'I';
const CONTRACT: u8 = b'K';
const EXPIRY: u8 = b'X';
const WAITING: u8 = b'W';
const ENERGY_WAITING: u8 = b'E';
const APPEND: u8 = b'A';
const METER: u8 = b'R';
const VALIDATORS: u8 = b'V';
const METER_KEY: u8 = b'S';
const WINDOW: u8 = b'F';
const AUCTION: u8 = b'U';
const ORDER: u8 = b'O';
const OPERATOR: u8 = b'P';
const COMMITTEE: u8 = b'G';
const COHORT: u8 = b'H';
const METERED_PERIOD: u8 = b'T';
const TRADE: u8 = b'Q';
const TOTAL: u8 = b'L';
const LOT: u8 = b'D';
const PRICE_CLASS: u8 = b'Y';

pub(crate) fn counters() -> Vec<u8> {
    vec![COUNTERS]
}

fn key(prefix: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![prefix];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(crate) fn note(number: NoteNumber) -> Vec<u8> {
    key(NOTE, &[&number.0.to_be_bytes()])
}

pub(crate) fn bucket(id: BucketId) -> Vec<u8> {
    key(BUCKET, &[&id.0.to_be_bytes()])
}

/// All buckets.
pub(crate) fn all_buckets() -> (Vec<u8>, Vec<u8>) {
    (vec![BUCKET], vec![BUCKET + 1])
}

/// Reads the bucket of a bucket's key; `None` for any other key.
pub(crate) fn bucket_of(key: &[u8]) -> Option<BucketId> {
    let number = key.strip_prefix(&[BUCKET])?.try_into().ok()?;
    Some(BucketId(u64::from_be_bytes(number)))
}

pub(crate) fn member(id: BucketId, position: u32) -> Vec<u8> {
    key(MEMBER, &[&id.0.to_be_bytes(), &position.to_be_bytes()])
}

/// All places of a bucket.
pub(crate) fn members_of(id: BucketId) -> (Vec<u8>, Vec<u8>) {
    let until = id.0.checked_add(1).map_or(vec![MEMBER + 1], |next| member(BucketId(next), 0));
    (member(id, 0), until)
}

/// Whether it is the key of a key image.
pub(crate) fn is_image(key: &[u8]) -> bool {
    key.first() == Some(&IMAGE)
}

/// Whether it is the key of a state entry.
pub(crate) fn is_state(key: &[u8]) -> bool {
    let prefixes = [
        COUNTERS,
        NOTE,
        BUCKET,
        MEMBER,
        IMAGE,
        CONTRACT,
        EXPIRY,
        WAITING,
        ENERGY_WAITING,
        APPEND,
        METER,
        VALIDATORS,
        METER_KEY,
        WINDOW,
        AUCTION,
        ORDER,
        OPERATOR,
        COMMITTEE,
        COHORT,
        METERED_PERIOD,
        TRADE,
        TOTAL,
        LOT,
        PRICE_CLASS,
    ];
    key.first().is_some_and(|prefix| prefixes.contains(prefix))
}

pub(crate) fn image(image: &[u8; 32]) -> Vec<u8> {
    key(IMAGE, &[image])
}

pub(crate) fn contract(id: &ContractId) -> Vec<u8> {
    key(CONTRACT, &[&id.0])
}

/// A contract by its deadline.
pub(crate) fn expiry(deadline: Timestamp, id: &ContractId) -> Vec<u8> {
    key(EXPIRY, &[&deadline.0.to_be_bytes(), &id.0])
}

/// All contracts whose deadline is before `now`.
pub(crate) fn expiries_before(now: Timestamp) -> (Vec<u8>, Vec<u8>) {
    (vec![EXPIRY], key(EXPIRY, &[&now.0.to_be_bytes()]))
}

/// A credit note that waits for its bucket.
pub(crate) fn waiting(number: NoteNumber) -> Vec<u8> {
    key(WAITING, &[&number.0.to_be_bytes()])
}

/// All credit notes that wait.
pub(crate) fn all_waiting() -> (Vec<u8>, Vec<u8>) {
    (vec![WAITING], vec![WAITING + 1])
}

/// A meter's energy note that waits for its window's deadline.
pub(crate) fn energy_waiting(deadline: Timestamp, asset: &Asset, group: u16, number: NoteNumber) -> Vec<u8> {
    let mut writer = crate::codec::Writer::new();
    asset.encode(&mut writer);
    key(ENERGY_WAITING, &[&deadline.0.to_be_bytes(), &writer.finish(), &group.to_be_bytes(), &number.0.to_be_bytes()])
}

/// All energy notes whose deadline is before `now`.
pub(crate) fn energy_before(now: Timestamp) -> (Vec<u8>, Vec<u8>) {
    (vec![ENERGY_WAITING], key(ENERGY_WAITING, &[&now.0.to_be_bytes()]))
}

/// The part of an energy key that names deadline, asset and group: notes with the same one share a bucket.
pub(crate) fn energy_group_of(key: &[u8]) -> &[u8] {
    &key[..key.len().saturating_sub(8)]
}

/// An energy change note that waits for its append boundary.
pub(crate) fn append(at: Timestamp, bucket: BucketId, number: NoteNumber) -> Vec<u8> {
    key(APPEND, &[&at.0.to_be_bytes(), &bucket.0.to_be_bytes(), &number.0.to_be_bytes()])
}

/// All energy change notes that wait.
pub(crate) fn all_appends() -> (Vec<u8>, Vec<u8>) {
    (vec![APPEND], vec![APPEND + 1])
}

/// All energy change notes whose boundary is at or before `now`.
pub(crate) fn appends_until(now: Timestamp) -> (Vec<u8>, Vec<u8>) {
    (vec![APPEND], key(APPEND, &[&now.plus(1).0.to_be_bytes()]))
}

pub(crate) fn meter(id: MeterId) -> Vec<u8> {
    key(METER, &[&id.0.to_be_bytes()])
}

/// A meter's class and key, where they are not those of the genesis any more.
pub(crate) fn meter_key(id: MeterId) -> Vec<u8> {
    key(METER_KEY, &[&id.0.to_be_bytes()])
}

/// All meters whose key was replaced.
pub(crate) fn all_meter_keys() -> (Vec<u8>, Vec<u8>) {
    (vec![METER_KEY], vec![METER_KEY + 1])
}

/// Reads the meter of such a key.
pub(crate) fn meter_of(key: &[u8]) -> Option<MeterId> {
    let number = key.strip_prefix(&[METER_KEY])?.try_into().ok()?;
    Some(MeterId(u32::from_be_bytes(number)))
}

/// What is in force of a meter's window, for as long as it can be corrected.
pub(crate) fn window(id: MeterId, window: Window) -> Vec<u8> {
    key(WINDOW, &[&id.0.to_be_bytes(), &window.0.to_be_bytes()])
}

/// Whether it is the key of what only whoever checks rules needs: a meter's window or period, a trade, trades of a price, a
/// total.
pub(crate) fn is_for_rules_only(key: &[u8]) -> bool {
    key.first().is_some_and(|prefix| [WINDOW, METERED_PERIOD, TRADE, PRICE_CLASS, TOTAL].contains(prefix))
}

/// The committee from a time on.
pub(crate) fn committee(from: Timestamp) -> Vec<u8> {
    key(COMMITTEE, &[&from.0.to_be_bytes()])
}

/// All committees that were named at or before a time.
pub(crate) fn committees_until(time: Timestamp) -> (Vec<u8>, Vec<u8>) {
    let until = time.0.checked_add(1).map_or(vec![COMMITTEE + 1], |next| committee(Timestamp(next)));
    (vec![COMMITTEE], until)
}

/// A cohort from a time on.
pub(crate) fn cohort(from: Timestamp, place: u8) -> Vec<u8> {
    key(COHORT, &[&from.0.to_be_bytes(), &[place]])
}

/// All cohorts that were named at a time.
pub(crate) fn cohorts_of(from: Timestamp) -> (Vec<u8>, Vec<u8>) {
    (cohort(from, 0), cohorts_until(from).1)
}

/// All cohorts that were named at or before a time.
pub(crate) fn cohorts_until(time: Timestamp) -> (Vec<u8>, Vec<u8>) {
    let until = time.0.checked_add(1).map_or(vec![COHORT + 1], |next| cohort(Timestamp(next), 0));
    (vec![COHORT], until)
}

/// Reads from when on a cohort is in force.
pub(crate) fn named_at(key: &[u8]) -> Option<Timestamp> {
    let (time, _) = key.strip_prefix(&[COHORT])?.split_first_chunk::<8>()?;
    Some(Timestamp(u64::from_be_bytes(*time)))
}

/// What a meter attested of a period.
pub(crate) fn metered_period(period: Period, meter: MeterId) -> Vec<u8> {
    key(METERED_PERIOD, &[&period.0.to_be_bytes(), &meter.0.to_be_bytes()])
}

/// What was delivered in a trade of a period.
pub(crate) fn trade(period: Period, utility: Utility, trade: &TradeId) -> Vec<u8> {
    key(TRADE, &[&period.0.to_be_bytes(), &[utility.code()], &trade.0])
}

/// All trades of a period and utility.
pub(crate) fn trades_of(period: Period, utility: Utility) -> (Vec<u8>, Vec<u8>) {
    let of = key(TRADE, &[&period.0.to_be_bytes(), &[utility.code()]]);
    // An id has 32 bytes, so this is beyond the last.
    let beyond = [of.as_slice(), &[u8::MAX; 33]].concat();
    (of, beyond)
}

/// Reads the trade at the end of a trade's key.
pub(crate) fn trailing_trade(key: &[u8]) -> Option<TradeId> {
    key.last_chunk::<32>().map(|bytes| TradeId(*bytes))
}

/// The trades of a period that have one price.
pub(crate) fn price_class(period: Period, utility: Utility, price: Price) -> Vec<u8> {
    key(PRICE_CLASS, &[&period.0.to_be_bytes(), &[utility.code()], &price.micro_euro().to_be_bytes()])
}

/// All prices of a period and utility.
pub(crate) fn price_classes_of(period: Period, utility: Utility) -> (Vec<u8>, Vec<u8>) {
    let of = key(PRICE_CLASS, &[&period.0.to_be_bytes(), &[utility.code()]]);
    // A price has 4 bytes, so this is beyond the last.
    let beyond = [of.as_slice(), &[u8::MAX; 5]].concat();
    (of, beyond)
}

/// Reads the price at the end of such a key.
pub(crate) fn trailing_price(key: &[u8]) -> Option<Price> {
    Price::new(u32::from_be_bytes(*key.last_chunk()?))
}

/// A total that was asked for.
pub(crate) fn total(period: Period, target: Target) -> Vec<u8> {
    key(TOTAL, &[&period.0.to_be_bytes(), &target.code()])
}

/// What draws the lots of a period.
pub(crate) fn lot(period: Period) -> Vec<u8> {
    key(LOT, &[&period.0.to_be_bytes()])
}

/// What was metered, traded, shared, drawn and asked for of all periods before one.
pub(crate) fn periods_before(period: Period) -> [(Vec<u8>, Vec<u8>); 5] {
    [METERED_PERIOD, TRADE, PRICE_CLASS, LOT, TOTAL]
        .map(|prefix| (vec![prefix], key(prefix, &[&period.0.to_be_bytes()])))
}

/// An auction, after the last second in which it may be cleared.
pub(crate) fn auction(deadline: Timestamp, utility: Utility, window: Window) -> Vec<u8> {
    key(AUCTION, &[&deadline.0.to_be_bytes(), &[utility.code()], &window.0.to_be_bytes()])
}

/// All auctions.
pub(crate) fn all_auctions() -> (Vec<u8>, Vec<u8>) {
    (vec![AUCTION], vec![AUCTION + 1])
}

/// All auctions that could be cleared before `now` only.
pub(crate) fn auctions_before(now: Timestamp) -> (Vec<u8>, Vec<u8>) {
    (vec![AUCTION], key(AUCTION, &[&now.0.to_be_bytes()]))
}

/// Reads the utility and window of an auction's key; `None` for any other key.
pub(crate) fn auction_of(key: &[u8]) -> Option<(Utility, Window)> {
    let (_, rest) = key.strip_prefix(&[AUCTION])?.split_first_chunk::<8>()?;
    let (utility, window) = rest.split_first()?;
    Some((Utility::from_code(*utility)?, Window(u64::from_be_bytes(window.try_into().ok()?))))
}

/// An order of an auction.
pub(crate) fn order(deadline: Timestamp, utility: Utility, window: Window, id: &OrderId) -> Vec<u8> {
    key(ORDER, &[&deadline.0.to_be_bytes(), &[utility.code()], &window.0.to_be_bytes(), &id.0])
}

/// All orders of an auction.
pub(crate) fn orders_of(deadline: Timestamp, utility: Utility, window: Window) -> (Vec<u8>, Vec<u8>) {
    let of = key(ORDER, &[&deadline.0.to_be_bytes(), &[utility.code()], &window.0.to_be_bytes()]);
    // An id has 32 bytes, so this is beyond the last.
    let beyond = [of.as_slice(), &[u8::MAX; 33]].concat();
    (of, beyond)
}

/// Reads the order at the end of an order's key.
pub(crate) fn trailing_order(key: &[u8]) -> Option<OrderId> {
    key.last_chunk::<32>().map(|bytes| OrderId(*bytes))
}

/// The market operator from a time on, where he changes.
pub(crate) fn operator(from: Timestamp) -> Vec<u8> {
    key(OPERATOR, &[&from.0.to_be_bytes()])
}

/// All operators that were named at or before a time.
pub(crate) fn operators_until(time: Timestamp) -> (Vec<u8>, Vec<u8>) {
    let until = time.0.checked_add(1).map_or(vec![OPERATOR + 1], |next| operator(Timestamp(next)));
    (vec![OPERATOR], until)
}

/// The validators from an epoch on, where they change.
pub(crate) fn validators(from: Epoch) -> Vec<u8> {
    key(VALIDATORS, &[&from.0.to_be_bytes()])
}

/// All changes of the validators that are in force in an epoch, or were before.
pub(crate) fn validators_until(epoch: Epoch) -> (Vec<u8>, Vec<u8>) {
    let until = epoch.0.checked_add(1).map_or(vec![VALIDATORS + 1], |next| validators(Epoch(next)));
    (vec![VALIDATORS], until)
}

/// Which block a local index is the state after.
pub(crate) fn tip() -> Vec<u8> {
    vec![LOCAL, b'T']
}

/// In which block a transaction stands.
pub(crate) fn place_of_transaction(id: &TransactionId) -> Vec<u8> {
    key(LOCAL, &[b"X", &id.0])
}

/// At which height a block stands.
pub(crate) fn place_of_block(digest: &BlockDigest) -> Vec<u8> {
    key(LOCAL, &[b"D", &digest.0])
}

/// The contracts of a window.
pub(crate) fn contracts_of_window(window: Window) -> Vec<u8> {
    key(LOCAL, &[b"W", &window.0.to_be_bytes()])
}

/// A contract of a window, by block and place of its Open.
pub(crate) fn contract_of_window(window: Window, height: u64, place: u32) -> Vec<u8> {
    key(LOCAL, &[b"W", &window.0.to_be_bytes(), &height.to_be_bytes(), &place.to_be_bytes()])
}

/// What a contract was about.
pub(crate) fn contract_terms(id: &ContractId) -> Vec<u8> {
    key(LOCAL, &[b"K", &id.0])
}

/// How a contract ended.
pub(crate) fn contract_end(id: &ContractId) -> Vec<u8> {
    key(LOCAL, &[b"Z", &id.0])
}

/// The auctions of a window, by utility.
pub(crate) fn auction_of_window(window: Window, utility: Utility) -> Vec<u8> {
    key(LOCAL, &[b"A", &window.0.to_be_bytes(), &[utility.code()]])
}

/// The auctions of all windows from one to before another.
pub(crate) fn auctions_of_windows(from: Window, until: Window) -> (Vec<u8>, Vec<u8>) {
    let of = |window: Window| key(LOCAL, &[b"A", &window.0.to_be_bytes()]);
    (of(from), of(until))
}

/// Reads the window and utility of such a key.
pub(crate) fn window_of_auction(key: &[u8]) -> Option<(Window, Utility)> {
    let (window, utility) = key.strip_prefix(&[LOCAL, b'A'])?.split_first_chunk::<8>()?;
    let [utility] = utility else { return None };
    Some((Window(u64::from_be_bytes(*window)), Utility::from_code(*utility)?))
}

/// How an auction ended.
pub(crate) fn auction_end(window: Window, utility: Utility) -> Vec<u8> {
    key(LOCAL, &[b"Y", &window.0.to_be_bytes(), &[utility.code()]])
}

/// An entry of an audit that keeps its books beside the state that it replays.
pub fn audit_book(parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![LOCAL, b'B'];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// Where to cut the entries of one prefix, so that no piece grows with the ledger: notes by their number, members by their
/// bucket's, key images by their first byte. The first cut is the beginning of the prefix, the last its end.
pub(crate) fn cuts(prefix: u8, notes: u64, buckets: u64) -> Vec<Vec<u8>> {
    // A count that no ledger reaches does not make cuts without end.
    let numbered = |count: u64, step: u64| {
        (1..=(count / step).min(1 << 16)).map(move |piece| key(prefix, &[&(piece * step).to_be_bytes()]))
    };
    let mut cuts = vec![vec![prefix]];
    match prefix {
        NOTE | WAITING => cuts.extend(numbered(notes, 1 << 15)),
        BUCKET => cuts.extend(numbered(buckets, 1 << 12)),
        MEMBER => cuts.extend(numbered(buckets, 1 << 8)),
        IMAGE => cuts.extend((1..=u8::MAX).map(|first| vec![prefix, first])),
        _ => {}
    }
    cuts.push(vec![prefix + 1]);
    cuts
}

/// Reads the note number at the end of a waiting, energy or append key.
pub(crate) fn trailing_note(key: &[u8]) -> Option<NoteNumber> {
    key.last_chunk::<8>().map(|bytes| NoteNumber(u64::from_be_bytes(*bytes)))
}

/// Reads the bucket of an append key.
pub(crate) fn append_bucket(key: &[u8]) -> Option<BucketId> {
    key.get(9..17)?.first_chunk::<8>().map(|bytes| BucketId(u64::from_be_bytes(*bytes)))
}

/// Reads the contract at the end of an expiry key.
pub(crate) fn trailing_contract(key: &[u8]) -> Option<ContractId> {
    key.last_chunk::<32>().map(|bytes| ContractId(*bytes))
}

/// The kinds of entries that are events for a wallet.
pub(crate) enum Kind {
    Note(NoteNumber),
    Member(BucketId, u32),
    Contract(ContractId),
    Auction(Utility, Window),
    Other,
}

/// Reads a key back.
pub(crate) fn classify(key: &[u8]) -> Kind {
    let Some((prefix, rest)) = key.split_first() else { return Kind::Other };
    let read = || match *prefix {
        NOTE => Some(Kind::Note(NoteNumber(u64::from_be_bytes(rest.try_into().ok()?)))),
        MEMBER => {
            let (bucket, position) = rest.split_first_chunk::<8>()?;
            let position = u32::from_be_bytes(position.try_into().ok()?);
            Some(Kind::Member(BucketId(u64::from_be_bytes(*bucket)), position))
        }
        CONTRACT => Some(Kind::Contract(ContractId(rest.try_into().ok()?))),
        AUCTION => auction_of(key).map(|(utility, window)| Kind::Auction(utility, window)),
        _ => None,
    };
    read().unwrap_or(Kind::Other)
}
