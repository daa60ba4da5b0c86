//! The board: what sellers offer, for everybody to read. In memory only, bounded, and no part of the ledger: a node keeps an
//! offer while somebody could open a contract on it, and whoever reads gets all of them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use hushwatt_client::SignedOffer;
use hushwatt_crypto::address::Address;
use hushwatt_ledger::{Rejection, parameters::Parameters, rules::trading, units::Timestamp};

use crate::{
    Source,
    source::{Crowded, Room, Shares},
};

/// Offers of a board.
const MOST_OFFERS: usize = 10_000;
/// Offers of one seller.
const MOST_OF_SELLER: usize = 200;
/// No offer stands longer, in seconds: a day and an hour, so that what is renewed daily leaves no gap.
const LONGEST: u64 = 25 * 3600;

/// Why an offer was not put on the board.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BoardRefusal {
    /// The ledger would refuse a contract on it.
    #[error("no contract can be opened on this offer now: {0}")]
    Rule(Rejection),
    /// It is over.
    #[error("the offer is over: make a new one")]
    Over,
    /// It stands too long.
    #[error("an offer stands for at most 25 hours: let it end sooner, and renew it")]
    TooLong,
    /// The seller has many.
    #[error("the seller has {MOST_OF_SELLER} offers on this board: wait until one is over, or offer more at once")]
    Seller,
    /// There is no room, or this client has had his share.
    #[error("the board has no room for more offers of yours: try again later, or at another node")]
    Full,
}

impl BoardRefusal {
    /// The rule's name, unless it is about room.
    pub fn rule(&self) -> Option<String> {
        match self {
            BoardRefusal::Rule(rejection) => Some(rejection.name()),
            BoardRefusal::Over => Some("OfferOver".to_owned()),
            BoardRefusal::TooLong => Some("OfferTooLong".to_owned()),
            BoardRefusal::Seller => Some("OffersOfSeller".to_owned()),
            BoardRefusal::Full => None,
        }
    }
}

struct Entry {
    encoded: Vec<u8>,
    seller: [u8; 64],
    source: Source,
}

/// Offers, each until it is over.
pub(crate) struct Board {
    parameters: Arc<Parameters>,
    shares: Shares,
    /// By their ids: the order tells nothing about who came when.
    entries: BTreeMap<[u8; 32], Entry>,
    sellers: HashMap<[u8; 64], usize>,
    /// The last second of each.
    ends: BTreeSet<(Timestamp, [u8; 32])>,
    /// All of them, as they are handed out; nothing after a change.
    body: Option<Arc<[u8]>>,
}

impl Board {
    /// An empty one.
    pub fn new(parameters: Arc<Parameters>) -> Self {
        Self::with_room(parameters, MOST_OFFERS)
    }

    fn with_room(parameters: Arc<Parameters>, items: usize) -> Self {
        Board {
            parameters,
            shares: Shares::new(Room { items, bytes: items * SignedOffer::LENGTH }),
            entries: BTreeMap::new(),
            sellers: HashMap::new(),
            ends: BTreeSet::new(),
            body: None,
        }
    }

    /// Puts an offer on the board; one that is there already stays as it is.
    pub fn post(&mut self, offer: &SignedOffer, source: Source, now: Timestamp) -> Result<(), BoardRefusal> {
        self.drop_over(now);
        let id = offer.id();
        if self.entries.contains_key(&id) {
            return Ok(());
        }
        let end = self.last_second(offer, now)?;
        let seller = seller(&offer.offer().seller);
        if self.sellers.get(&seller).is_some_and(|count| *count >= MOST_OF_SELLER) {
            return Err(BoardRefusal::Seller);
        }
        self.shares.admits(source, SignedOffer::LENGTH).map_err(|crowded| match crowded {
            Crowded::Full | Crowded::Share => BoardRefusal::Full,
        })?;
        self.shares.add(source, SignedOffer::LENGTH);
        *self.sellers.entry(seller).or_insert(0) += 1;
        self.ends.insert((end, id));
        self.entries.insert(id, Entry { encoded: offer.encode(), seller, source });
        self.body = None;
        Ok(())
    }

    /// All offers that are not over, one encoding after the other.
    pub fn all(&mut self, now: Timestamp) -> Arc<[u8]> {
        self.drop_over(now);
        let entries = &self.entries;
        let body =
            self.body.get_or_insert_with(|| entries.values().flat_map(|entry| &entry.encoded).copied().collect());
        body.clone()
    }

    /// The last second in which a contract can be opened on the offer, if one can be now.
    fn last_second(&self, offer: &SignedOffer, now: Timestamp) -> Result<Timestamp, BoardRefusal> {
        let (offer, parameters) = (offer.offer(), &self.parameters);
        let bounds = parameters.prices_of(offer.utility);
        trading::price_is_on_the_step(&bounds, offer.price)
            .and_then(|()| trading::price_is_allowed(&bounds, offer.price))
            .and_then(|()| trading::opened_not_too_early(parameters, offer.window, now))
            .and_then(|()| trading::opened_not_too_late(parameters, offer.window, now))
            .map_err(BoardRefusal::Rule)?;
        if offer.valid_until < now {
            return Err(BoardRefusal::Over);
        }
        if offer.valid_until > now.plus(LONGEST) {
            return Err(BoardRefusal::TooLong);
        }
        Ok(offer.valid_until.min(parameters.open_until(offer.window)))
    }

    fn drop_over(&mut self, now: Timestamp) {
        while let Some((end, id)) = self.ends.first().copied().filter(|(end, _)| *end < now) {
            self.ends.remove(&(end, id));
            self.body = None;
            let Some(entry) = self.entries.remove(&id) else { continue };
            self.shares.remove(entry.source, SignedOffer::LENGTH);
            if let Some(count) = self.sellers.get_mut(&entry.seller) {
                *count -= 1;
                if *count == 0 {
                    self.sellers.remove(&entry.seller);
                }
            }
        }
    }
}

fn seller(address: &Address) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(address.view.as_bytes());
    bytes[32..].copy_from_slice(address.spend.as_bytes());
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_client::Offer;
    use hushwatt_crypto::{
        NetworkId,
        keys::{Account, Seed},
    };
    use hushwatt_ledger::{
        parameters::{PriceBounds, UtilityPrices},
        units::{Price, Quantity, Utility, Window},
    };
    use rand_core::OsRng;

    use super::*;

    const NETWORK: NetworkId = NetworkId([3; 32]);
    const NOW: Timestamp = Timestamp(1_800_000_000);
    const ONE: Source = Source::Client(1);

    fn account() -> Account {
        Account::from_seed(&NETWORK, &Seed::random(&mut OsRng)).unwrap()
    }

    fn sign(account: &Account, change: impl FnOnce(&mut Offer)) -> SignedOffer {
        let mut offer = Offer {
            seller: *account.address(),
            utility: Utility::Electricity,
            window: Parameters::default().window_at(NOW),
            quantity: Quantity(1_000),
            price: Price::new(200).unwrap(),
            valid_until: NOW.plus(3_600),
        };
        change(&mut offer);
        SignedOffer::sign(&NETWORK, offer, account, &mut OsRng).unwrap()
    }

    fn board(items: usize) -> Board {
        Board::with_room(Arc::new(Parameters::default()), items)
    }

    #[test]
    fn everybody_gets_all_offers_in_the_order_of_their_ids() {
        let mut board = board(100);
        let mut offers: Vec<SignedOffer> = (0..5).map(|_| sign(&account(), |_| {})).collect();
        assert!(board.all(NOW).is_empty());
        for offer in offers.iter().chain(&offers) {
            board.post(offer, ONE, NOW).unwrap();
        }
        offers.sort_by_key(SignedOffer::id);
        let expected: Vec<u8> = offers.iter().flat_map(SignedOffer::encode).collect();
        assert_eq!(*board.all(NOW), expected);
        assert!(Arc::ptr_eq(&board.all(NOW), &board.all(NOW)));
    }

    #[test]
    fn an_offer_leaves_the_board_when_it_is_over_or_its_window_is() {
        let mut board = board(100);
        let seller = account();
        let short = sign(&seller, |offer| offer.valid_until = NOW.plus(60));
        let window = Parameters::default().window_at(NOW.minus(2 * 3600));
        let closing = sign(&seller, |offer| (offer.window, offer.valid_until) = (window, NOW.plus(7_200)));
        let last = Parameters::default().open_until(window);
        assert!(last < closing.offer().valid_until);
        board.post(&short, ONE, NOW).unwrap();
        board.post(&closing, ONE, NOW).unwrap();
        assert_eq!(board.all(NOW.plus(60)).len(), 2 * SignedOffer::LENGTH);
        assert_eq!(*board.all(NOW.plus(61)), closing.encode());
        assert_eq!(*board.all(last), closing.encode());
        assert!(board.all(last.plus(1)).is_empty());
        assert!(board.sellers.is_empty() && board.shares.taken().items == 0 && board.ends.is_empty());
        assert_eq!(board.post(&short, ONE, NOW.plus(61)), Err(BoardRefusal::Over));
    }

    #[test]
    fn an_offer_that_nobody_could_take_up_is_refused_with_the_rule() {
        let mut board = board(100);
        let window = |back: u64| move |offer: &mut Offer| offer.window = Window(offer.window.0 - back);
        let price = |price| move |offer: &mut Offer| offer.price = Price::new(price).unwrap();
        type Change = Box<dyn FnOnce(&mut Offer)>;
        let cases: [(Change, BoardRefusal, &str); 7] = [
            (Box::new(price(205)), BoardRefusal::Rule(Rejection::PriceStep), "PriceStep"),
            (Box::new(price(1_010)), BoardRefusal::Rule(Rejection::PriceOutOfRange), "PriceOutOfRange"),
            (Box::new(window(4)), BoardRefusal::Rule(Rejection::OpenTooLate), "OpenTooLate"),
            (Box::new(|offer| offer.window.0 += 26), BoardRefusal::Rule(Rejection::OpenTooEarly), "OpenTooEarly"),
            (Box::new(|offer| offer.window.0 = u64::MAX), BoardRefusal::Rule(Rejection::OpenTooEarly), "OpenTooEarly"),
            (Box::new(|offer| offer.valid_until = NOW.minus(1)), BoardRefusal::Over, "OfferOver"),
            (Box::new(|offer| offer.valid_until = NOW.plus(LONGEST + 1)), BoardRefusal::TooLong, "OfferTooLong"),
        ];
        for (change, refusal, rule) in cases {
            let offer = sign(&account(), change);
            assert_eq!(board.post(&offer, ONE, NOW), Err(refusal.clone()));
            assert_eq!(refusal.rule().as_deref(), Some(rule));
        }
        assert!(board.all(NOW).is_empty() && board.shares.taken().items == 0);
        board.post(&sign(&account(), |offer| offer.valid_until = NOW.plus(LONGEST)), ONE, NOW).unwrap();
    }

    #[test]
    fn an_offer_keeps_to_the_prices_of_its_utility() {
        let water = Some(PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 });
        let prices = UtilityPrices { water, ..UtilityPrices::default() };
        let mut board = Board::with_room(Arc::new(Parameters { prices, ..Parameters::default() }), 100);
        let mut post = |utility, price| {
            let offer = sign(&account(), |offer| (offer.utility, offer.price) = (utility, Price::new(price).unwrap()));
            board.post(&offer, ONE, NOW)
        };
        let refused = |rule| Err(BoardRefusal::Rule(rule));
        assert_eq!(post(Utility::Water, 3_050), Ok(()));
        assert_eq!(post(Utility::Water, 3_010), refused(Rejection::PriceStep));
        assert_eq!(post(Utility::Water, 200), refused(Rejection::PriceOutOfRange));
        assert_eq!(post(Utility::Electricity, 3_050), refused(Rejection::PriceOutOfRange));
        assert_eq!(post(Utility::Electricity, 210), Ok(()));
    }

    #[test]
    fn no_seller_fills_the_board_and_no_client_either() {
        let mut board = board(1_000);
        let seller = account();
        let numbered = |number: u32| sign(&seller, |offer| offer.quantity = Quantity(number));
        for number in 1..=MOST_OF_SELLER as u32 {
            board.post(&numbered(number), ONE, NOW).unwrap();
        }
        assert_eq!(board.post(&numbered(10_000), Source::Client(2), NOW), Err(BoardRefusal::Seller));
        // What is there already is no further offer.
        board.post(&numbered(7), ONE, NOW).unwrap();
        // Many sellers of one client.
        let mut board = self::board(10);
        let posted = |board: &mut Board, source| {
            (0..10).take_while(|_| board.post(&sign(&account(), |_| {}), source, NOW).is_ok()).count()
        };
        assert_eq!(posted(&mut board, ONE), 8);
        assert_eq!(board.post(&sign(&account(), |_| {}), ONE, NOW), Err(BoardRefusal::Full));
        assert_eq!(BoardRefusal::Full.rule(), None);
        assert_eq!(posted(&mut board, Source::Client(2)), 2);
        assert_eq!(posted(&mut board, Source::Client(3)), 0);
        // When they are over there is room again.
        let later = NOW.plus(3_601);
        board.post(&sign(&account(), |offer| offer.valid_until = later), Source::Client(3), later).unwrap();
        assert_eq!(board.all(later).len(), SignedOffer::LENGTH);
    }
}
