//! What travels in the 64 memo bytes of a hint beside value and blinding (protocol section 3): a payer's words, and what a
//! wallet notes for itself.
//!
//! * Message: tag 2, length, text. To a payee.
//! * Change: tag 1, numbers of the notes spent, micro-euro that left to others, tag of the payee, authenticator. To
//!   oneself: a wallet that only looks, or a second wallet of the same seed, learns from it what was spent on what.
//! * Order: tag 3, as the change's, with the order's limit in place of what left.
//!
//! The authenticator is keyed by the view secret and bound to the transaction's context, which no other transaction has:
//! nobody else can write or copy one. Other tags mean nothing.

use hushwatt_crypto::{
    Label, NetworkId, address::Address, context::Context, hash::Hasher, hint::MEMO_LENGTH, keys::ViewKey,
};
use hushwatt_ledger::{
    note::NoteNumber,
    transaction::{build::Memo, spend::MAX_INPUTS},
    units::{Credit, Price},
};
use zeroize::Zeroizing;

/// Longest message of a payment, in bytes of UTF-8.
pub const MAX_MESSAGE: usize = MEMO_LENGTH - 2;

const CHANGE: u8 = 1;
const MESSAGE: u8 = 2;
const ORDER: u8 = 3;
const NO_NOTE: u64 = u64::MAX;
const TAG_LENGTH: usize = 7;
const MAC_LENGTH: usize = 16;
/// Tag byte, note numbers, amount, payee: what is authenticated.
const CHANGE_LENGTH: usize = 1 + 8 * MAX_INPUTS + 8 + TAG_LENGTH;
const _: () = assert!(CHANGE_LENGTH + MAC_LENGTH == MEMO_LENGTH);

/// Names a payee to the payer's own wallets: compare it with [`crate::Wallet::payee_tag`] of the addresses you know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PayeeTag(pub [u8; TAG_LENGTH]);

/// What a wallet notes for itself beside the change of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangeMemo {
    /// The notes it spends.
    pub(crate) spent: Vec<NoteNumber>,
    /// What leaves to others, without the fee.
    pub(crate) left: Credit,
    /// To whom, if it is one.
    pub(crate) payee: Option<PayeeTag>,
    /// The limit, if it is an order of the auction: no hint says it, and nothing leaves with it.
    pub(crate) limit: Option<Price>,
}

impl ChangeMemo {
    pub(crate) fn seal(&self, network: &NetworkId, view: &ViewKey, context: Context) -> Memo {
        let mut memo: Memo = Zeroizing::new([0; MEMO_LENGTH]);
        let numbers = self.spent.iter().map(|number| number.0).chain(std::iter::repeat(NO_NOTE)).take(MAX_INPUTS);
        let parts = numbers.chain([self.limit.map_or(self.left.0, |limit| limit.micro_euro().into())]);
        let bytes = parts.flat_map(u64::to_le_bytes).chain(self.payee.map_or([0; TAG_LENGTH], |tag| tag.0));
        memo[0] = if self.limit.is_some() { ORDER } else { CHANGE };
        memo[1..].iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        let mac = authenticator(network, view, context, &memo[..CHANGE_LENGTH]);
        memo[CHANGE_LENGTH..].copy_from_slice(&mac);
        memo
    }

    /// Reads a memo that one's own wallet wrote for this transaction; anything else is `None`.
    pub(crate) fn open(network: &NetworkId, view: &ViewKey, context: Context, memo: &Memo) -> Option<Self> {
        let mac = authenticator(network, view, context, &memo[..CHANGE_LENGTH]);
        if ![CHANGE, ORDER].contains(&memo[0]) || memo[CHANGE_LENGTH..] != mac {
            return None;
        }
        let mut numbers = [0u64; MAX_INPUTS + 1];
        for (number, bytes) in numbers.iter_mut().zip(memo[1..].chunks_exact(8)) {
            *number = u64::from_le_bytes(bytes.try_into().ok()?);
        }
        let (amount, spent) = numbers.split_last()?;
        let spent = spent.iter().filter(|number| **number != NO_NOTE).map(|number| NoteNumber(*number)).collect();
        let tag = memo[CHANGE_LENGTH - TAG_LENGTH..CHANGE_LENGTH].try_into().ok()?;
        let payee = Some(PayeeTag(tag)).filter(|tag| tag.0 != [0; TAG_LENGTH]);
        if memo[0] == CHANGE {
            return Some(ChangeMemo { spent, left: Credit(*amount), payee, limit: None });
        }
        let limit = Price::new(u32::try_from(*amount).ok()?)?;
        Some(ChangeMemo { spent, left: Credit::ZERO, payee, limit: Some(limit) })
    }
}

fn authenticator(network: &NetworkId, view: &ViewKey, context: Context, bytes: &[u8]) -> [u8; MAC_LENGTH] {
    let secret = view.secret().to_bytes();
    let hasher = Hasher::new(network, Label::ChangeMemo).part(&secret[..]).part(context.as_bytes()).part(bytes);
    first(&hasher.finish32())
}

pub(crate) fn payee_tag(network: &NetworkId, view: &ViewKey, payee: &Address) -> PayeeTag {
    let secret = view.secret().to_bytes();
    let hasher = Hasher::new(network, Label::PayeeTag).part(&secret[..]);
    PayeeTag(first(&hasher.part(payee.view.as_bytes()).part(payee.spend.as_bytes()).finish32()))
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    let mut short = [0; N];
    short.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    short
}

/// A message to a payee; `None` if it is longer than [`MAX_MESSAGE`].
pub(crate) fn message_memo(text: &str) -> Option<Memo> {
    let mut memo: Memo = Zeroizing::new([0; MEMO_LENGTH]);
    let length = u8::try_from(text.len()).ok().filter(|_| text.len() <= MAX_MESSAGE)?;
    (memo[0], memo[1]) = (MESSAGE, length);
    memo[2..2 + text.len()].copy_from_slice(text.as_bytes());
    Some(memo)
}

/// A payer's words. They come from a stranger: what would steer a terminal becomes a space.
pub(crate) fn read_message(memo: &Memo) -> Option<String> {
    if memo[0] != MESSAGE {
        return None;
    }
    let text = std::str::from_utf8(memo[2..].get(..usize::from(memo[1]))?).ok()?;
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    Some(text).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_crypto::keys::{Account, Seed};

    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn account(seed: u8) -> Account {
        Account::from_seed(&NETWORK, &Seed::from_bytes([seed; 32])).unwrap()
    }

    fn change() -> ChangeMemo {
        let payee = Some(payee_tag(&NETWORK, account(1).view(), account(2).address()));
        ChangeMemo { spent: vec![NoteNumber(0), NoteNumber(77)], left: Credit(5_000_000), payee, limit: None }
    }

    #[test]
    fn a_change_memo_reads_back_for_its_own_view_key_and_transaction_only() {
        let (own, other) = (account(1), account(2));
        let [here, there] = [1, 2].map(|serial| Context::of_mint(&NETWORK, serial));
        let memo = change().seal(&NETWORK, own.view(), here);
        assert_eq!(ChangeMemo::open(&NETWORK, own.view(), here, &memo), Some(change()));
        assert_eq!(ChangeMemo::open(&NETWORK, own.view(), there, &memo), None, "copied into another transaction");
        assert_eq!(ChangeMemo::open(&NETWORK, other.view(), here, &memo), None, "written by somebody else");
        assert_eq!(ChangeMemo::open(&NetworkId([8; 32]), own.view(), here, &memo), None);
        for place in 0..MEMO_LENGTH {
            let mut changed = memo.clone();
            changed[place] ^= 1;
            assert_eq!(ChangeMemo::open(&NETWORK, own.view(), here, &changed), None, "byte {place}");
        }
        assert_eq!(read_message(&memo), None);
    }

    #[test]
    fn four_notes_and_none_fit_a_change_memo() {
        let context = Context::of_mint(&NETWORK, 1);
        for count in 0..=4 {
            let spent = (0..count).map(NoteNumber).collect();
            let change = ChangeMemo { spent, left: Credit(u64::MAX), payee: None, limit: None };
            let memo = change.seal(&NETWORK, account(1).view(), context);
            assert_eq!(ChangeMemo::open(&NETWORK, account(1).view(), context, &memo), Some(change));
        }
    }

    #[test]
    fn an_order_tells_its_own_wallet_its_limit() {
        let (own, context) = (account(1), Context::of_mint(&NETWORK, 1));
        for limit in [1, 185, (1 << 31) - 1] {
            let limit = Price::new(limit);
            let order = ChangeMemo { spent: vec![NoteNumber(7)], left: Credit::ZERO, payee: None, limit };
            let memo = order.seal(&NETWORK, own.view(), context);
            assert_eq!(ChangeMemo::open(&NETWORK, own.view(), context, &memo), Some(order));
            assert_eq!(ChangeMemo::open(&NETWORK, account(2).view(), context, &memo), None);
            let mut other = memo.clone();
            other[0] = CHANGE;
            assert_eq!(ChangeMemo::open(&NETWORK, own.view(), context, &other), None, "the kind is authenticated");
        }
    }

    #[test]
    fn a_message_reads_back_up_to_its_longest_and_a_longer_one_is_none() {
        for text in ["a", "Grüße aus der Küche ☀", &"x".repeat(MAX_MESSAGE)] {
            let memo = message_memo(text).unwrap();
            assert_eq!(read_message(&memo).as_deref(), Some(text));
            assert_eq!(ChangeMemo::open(&NETWORK, account(1).view(), Context::of_mint(&NETWORK, 1), &memo), None);
        }
        assert!(message_memo(&"x".repeat(MAX_MESSAGE + 1)).is_none());
    }

    #[test]
    fn a_memo_that_is_no_text_is_no_message_and_control_characters_are_spaces() {
        let memo = |bytes: &[u8]| {
            let mut memo: Memo = Zeroizing::new([0; MEMO_LENGTH]);
            memo[..bytes.len()].copy_from_slice(bytes);
            read_message(&memo)
        };
        assert_eq!(memo(&[]), None);
        assert_eq!(memo(&[MESSAGE, 0]), None, "no words");
        assert_eq!(memo(&[MESSAGE, 2, 0xff, 0xfe]), None, "no UTF-8");
        assert_eq!(memo(&[MESSAGE, 63]), None, "longer than the memo");
        assert_eq!(memo(&[MESSAGE, 255]), None);
        assert_eq!(memo(&[9, 1, b'a']), None, "an unknown tag");
        assert_eq!(memo(&[MESSAGE, 4, b'a', 0x1b, b'\n', b'b']).as_deref(), Some("a  b"));
    }

    #[test]
    fn tags_of_payees_differ_by_payer_and_payee() {
        let tag = |payer: u8, payee: u8| payee_tag(&NETWORK, account(payer).view(), account(payee).address());
        assert_eq!(tag(1, 2), tag(1, 2));
        assert_ne!(tag(1, 2), tag(1, 3));
        assert_ne!(tag(1, 2), tag(3, 2));
    }
}
