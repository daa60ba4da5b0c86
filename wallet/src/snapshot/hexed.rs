//! Bytes as hexadecimal text in a snapshot. What they passed through is wiped: some are secrets.

use hushwatt_crypto::{NetworkId, Point, SecretScalar};
use hushwatt_ledger::{
    codec::{Reader, Writer},
    transaction::{
        TransactionId,
        open::{ContractId, ContractTerms},
        order::{OrderId, OrderTerms},
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// A value that is written as the hexadecimal digits of its bytes.
#[derive(Clone, Copy)]
pub(super) struct Hex<T>(pub(super) T);

/// A value with canonical bytes.
pub(super) trait Bytes: Sized {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>>;
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl<T: Bytes> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.to_bytes();
        let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
        for byte in bytes.iter() {
            let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
        serializer.serialize_str(&text)
    }
}

struct Digits<T>(std::marker::PhantomData<T>);

impl<T: Bytes> de::Visitor<'_> for Digits<T> {
    type Value = Hex<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hexadecimal digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Hex<T>, E> {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let byte = |pair: &[u8]| {
            let [high, low] = pair else { return None };
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
        for pair in text.as_bytes().chunks(2) {
            bytes.push(byte(pair).ok_or_else(|| E::custom("these are no hexadecimal digits"))?);
        }
        T::from_bytes(&bytes).map(Hex).ok_or_else(|| E::custom("these bytes are no such value"))
    }
}

impl<'de, T: Bytes> Deserialize<'de> for Hex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Digits(std::marker::PhantomData))
    }
}

macro_rules! arrays {
    ($($kind:ty: |$value:ident| $bytes:expr, |$array:ident| $back:expr;)+) => {
        $(impl Bytes for $kind {
            fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
                let $value = self;
                Zeroizing::new($bytes.to_vec())
            }
            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                let $array = bytes.try_into().ok()?;
                $back
            }
        })+
    };
}

arrays! {
    [u8; 32]: |value| value, |array| Some(array);
    NetworkId: |value| value.0, |array| Some(NetworkId(array));
    TransactionId: |value| value.0, |array| Some(TransactionId(array));
    ContractId: |value| value.0, |array| Some(ContractId(array));
    OrderId: |value| value.0, |array| Some(OrderId(array));
    Point: |value| value.as_bytes(), |array| Point::decode(array).ok();
    SecretScalar: |value| SecretScalar::to_bytes(value), |array| SecretScalar::decode(array).ok();
}

macro_rules! encoded {
    ($($kind:ty),+) => {
        $(impl Bytes for $kind {
            fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
                let mut writer = Writer::new();
                self.encode(&mut writer);
                Zeroizing::new(writer.finish())
            }

            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                let mut reader = Reader::new(bytes);
                let value = <$kind>::decode(&mut reader).ok()?;
                reader.finish().ok()?;
                Some(value)
            }
        })+
    };
}

encoded!(ContractTerms, OrderTerms);
