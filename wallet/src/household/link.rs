//! Payment links: `hushwatt:ADDRESS?amount=12.34&message=Rent`, for QR codes and mails. The amount is in euros with a
//! decimal point, whatever the language.

use hushwatt_crypto::{NetworkId, address::Address};
use hushwatt_ledger::units::Credit;

use super::HouseholdError;
use crate::MAX_MESSAGE;

const SCHEME: &str = "hushwatt:";
/// Longest link that is read.
const MAX_LINK: usize = 1024;

/// Whom to pay, and perhaps how much and with which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLink {
    /// Whom.
    pub to: Address,
    /// How much.
    pub amount: Option<Credit>,
    /// What to write.
    pub message: Option<String>,
}

impl PaymentLink {
    /// As text.
    pub fn encode(&self, network: &NetworkId) -> String {
        let mut link = format!("{SCHEME}{}", self.to.encode(network));
        let amount = self.amount.map(|amount| format!("amount={}", plain_euro(amount)));
        let message = self.message.as_ref().map(|message| format!("message={}", escape(message)));
        for (place, part) in amount.into_iter().chain(message).enumerate() {
            link.push(if place == 0 { '?' } else { '&' });
            link.push_str(&part);
        }
        link
    }

    /// Reads a link, or a bare address.
    ///
    /// # Errors
    /// [`HouseholdError::Link`] and [`HouseholdError::Address`] say what is wrong.
    pub fn decode(network: &NetworkId, text: &str) -> Result<Self, HouseholdError> {
        let text = text.trim();
        if text.len() > MAX_LINK {
            return Err(HouseholdError::Link("it is too long"));
        }
        let body = match text.split_once(':') {
            Some((scheme, body)) if scheme.eq_ignore_ascii_case("hushwatt") => body,
            Some(_) => return Err(HouseholdError::Link("it starts with something else")),
            None => text,
        };
        let (address, query) = body.split_once('?').unwrap_or((body, ""));
        let to = Address::decode(network, address).map_err(|_| HouseholdError::Address(address.to_owned()))?;
        let mut link = PaymentLink { to, amount: None, message: None };
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("amount", value)) if link.amount.is_none() => link.amount = Some(read_euro(value)?),
                Some(("message", value)) if link.message.is_none() => link.message = Some(read_message(value)?),
                // Something that must not be passed over would change who is paid or how much.
                _ => return Err(HouseholdError::Link("it asks for something this program does not know")),
            }
        }
        Ok(link)
    }
}

fn plain_euro(amount: Credit) -> String {
    let (euro, micro) = (amount.0 / 1_000_000, amount.0 % 1_000_000);
    if micro == 0 { euro.to_string() } else { format!("{euro}.{micro:06}").trim_end_matches('0').to_owned() }
}

fn read_euro(text: &str) -> Result<Credit, HouseholdError> {
    let wrong = HouseholdError::Link("its amount is not a number of euros like 12.34");
    let (euro, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if euro.is_empty() || !digits(euro) || !digits(part) || part.len() > 6 || text.ends_with('.') {
        return Err(wrong);
    }
    let micro: Option<u64> = format!("{part:0<6}").parse().ok();
    let total = euro.parse::<u64>().ok().and_then(|euro| euro.checked_mul(1_000_000)?.checked_add(micro?));
    match total {
        Some(0) => Err(HouseholdError::ZeroAmount),
        Some(total) => Ok(Credit(total)),
        None => Err(wrong),
    }
}

fn read_message(text: &str) -> Result<String, HouseholdError> {
    let message = unescape(text).ok_or(HouseholdError::Link("its message is damaged"))?;
    if message.len() > MAX_MESSAGE {
        return Err(HouseholdError::TooLong { what: "a message", limit: MAX_MESSAGE });
    }
    Ok(message)
}

fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_first_chunk::<2>()?;
        rest = after;
        let digits =
            core::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_crypto::keys::{Account, Seed};

    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn address() -> Address {
        *Account::from_seed(&NETWORK, &Seed::from_bytes([3; 32])).unwrap().address()
    }

    #[test]
    fn links_read_back() {
        let messages = [None, Some("Miete & Strom, 50 % für März?".to_owned())];
        for message in messages {
            for amount in [None, Some(Credit(1)), Some(Credit(12_340_000)), Some(Credit(7_000_000))] {
                let link = PaymentLink { to: address(), amount, message: message.clone() };
                assert_eq!(PaymentLink::decode(&NETWORK, &link.encode(&NETWORK)).unwrap(), link);
            }
        }
        let bare = PaymentLink::decode(&NETWORK, &address().encode(&NETWORK)).unwrap();
        assert_eq!(bare, PaymentLink { to: address(), amount: None, message: None });
    }

    #[test]
    fn links_that_are_not_understood_are_refused() {
        let address = address().encode(&NETWORK);
        for (bad, kind) in [
            (format!("bitcoin:{address}"), "link"),
            (format!("hushwatt:{address}?amount=1,50"), "link"),
            (format!("hushwatt:{address}?amount=-1"), "link"),
            (format!("hushwatt:{address}?amount=0"), "zero_amount"),
            (format!("hushwatt:{address}?amount=1.0000001"), "link"),
            (format!("hushwatt:{address}?amount=99999999999999999999"), "link"),
            (format!("hushwatt:{address}?amount=1&amount=2"), "link"),
            (format!("hushwatt:{address}?req-split=1"), "link"),
            (format!("hushwatt:{address}?message=%F"), "link"),
            (format!("hushwatt:{address}?message=%FF"), "link"),
            (format!("hushwatt:{address}?message={}", "x".repeat(63)), "too_long"),
            (format!("hushwatt:{}", &address[1..]), "address"),
            ("x".repeat(2000), "link"),
        ] {
            let refused = PaymentLink::decode(&NETWORK, &bad).unwrap_err();
            assert_eq!(refused.kind(), kind, "{bad}: {refused}");
        }
    }
}
