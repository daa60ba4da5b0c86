//! The books of an audit as bytes, in the ledger's encoding: what is read back is what was written, or an error. A field that is not
//! written does not compile.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use hushwatt_crypto::{
    Element, Point,
    range::RangeBits,
    set_hash::SetHash,
    sharing::{Member, PublicSum},
    signature::VerifyingKey,
};
use hushwatt_ledger::{
    block::{BlockDigest, Parent},
    codec::{DecodeError, Reader, Writer},
    committee::{Cohort, Committee},
    genesis::Meter,
    note::{Asset, BucketId},
    state::OrderKeys,
    transaction::{
        TransactionId,
        open::{ContractId, ContractTerms},
        order::{OrderId, OrderTerms},
        request::Target,
        share::TradeId,
    },
    units::{MeterId, Period, Timestamp, Utility, Window},
    validators::ValidatorSet,
};

/// Something that an audit keeps between its runs.
pub(crate) trait Kept: Sized {
    fn keep(&self, writer: &mut Writer);
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// What is kept of a struct: every field, in this order; but not those after `without`, which are empty between two blocks.
macro_rules! kept {
    ($type:ty { $($field:ident),+ $(,)? } $(without $empty:ident)?) => {
        impl $crate::folder::Kept for $type {
            fn keep(&self, writer: &mut hushwatt_ledger::codec::Writer) {
                let Self { $($field,)+ $($empty: _)? } = self;
                $($crate::folder::Kept::keep($field, writer);)+
            }
            fn read(
                reader: &mut hushwatt_ledger::codec::Reader<'_>,
            ) -> Result<Self, hushwatt_ledger::codec::DecodeError> {
                Ok(Self { $($field: $crate::folder::Kept::read(reader)?,)+ $($empty: Default::default())? })
            }
        }
    };
}

/// What is kept of an enum: the variant's number, then every field of it.
macro_rules! kept_enum {
    ($type:ty { $($tag:literal => $variant:ident { $($field:ident),* }),+ $(,)? }) => {
        impl $crate::folder::Kept for $type {
            fn keep(&self, writer: &mut hushwatt_ledger::codec::Writer) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        writer.u8($tag);
                        $($crate::folder::Kept::keep($field, writer);)*
                    })+
                }
            }
            fn read(
                reader: &mut hushwatt_ledger::codec::Reader<'_>,
            ) -> Result<Self, hushwatt_ledger::codec::DecodeError> {
                match reader.u8()? {
                    $($tag => Ok(Self::$variant { $($field: $crate::folder::Kept::read(reader)?),* }),)+
                    _ => Err(hushwatt_ledger::codec::DecodeError::UnknownTag),
                }
            }
        }
    };
}

/// A struct around one value.
macro_rules! kept_inside {
    ($($type:ident),+) => {$(
        impl $crate::folder::Kept for $type {
            fn keep(&self, writer: &mut hushwatt_ledger::codec::Writer) {
                $crate::folder::Kept::keep(&self.0, writer);
            }
            fn read(
                reader: &mut hushwatt_ledger::codec::Reader<'_>,
            ) -> Result<Self, hushwatt_ledger::codec::DecodeError> {
                $crate::folder::Kept::read(reader).map($type)
            }
        }
    )+};
}

/// What the ledger encodes itself.
macro_rules! kept_by_the_ledger {
    ($($type:ty),+) => {$(
        impl Kept for $type {
            fn keep(&self, writer: &mut Writer) {
                self.encode(writer);
            }
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                <$type>::decode(reader)
            }
        }
    )+};
}

macro_rules! kept_number {
    ($($number:ident),+) => {$(
        impl Kept for $number {
            fn keep(&self, writer: &mut Writer) {
                writer.$number(*self);
            }
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.$number()
            }
        }
    )+};
}

pub(crate) use {kept, kept_enum, kept_inside};

kept_number!(u8, u32, u64);
kept_inside!(Timestamp, Window, Period, MeterId, BucketId, BlockDigest, TransactionId, ContractId, OrderId, TradeId);
kept_by_the_ledger!(Asset, ContractTerms, OrderTerms, ValidatorSet, Committee, Cohort);
kept!(Meter { utility, class, key });
kept!(Parent { height, digest, time, set_hash });
kept!(PublicSum { commitment, coefficients });
kept_enum!(OrderKeys { 0 => Sell { payout, rest, bucket }, 1 => Buy { refund } });

impl Kept for bool {
    fn keep(&self, writer: &mut Writer) {
        writer.u8(u8::from(*self));
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

impl Kept for u128 {
    fn keep(&self, writer: &mut Writer) {
        writer.bytes(&self.to_le_bytes());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(u128::from_le_bytes)
    }
}

impl Kept for usize {
    fn keep(&self, writer: &mut Writer) {
        writer.u64(*self as u64);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        usize::try_from(reader.u64()?).map_err(|_| DecodeError::LengthOutOfRange)
    }
}

impl<const N: usize> Kept for [u8; N] {
    fn keep(&self, writer: &mut Writer) {
        writer.bytes(self);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array()
    }
}

impl Kept for String {
    fn keep(&self, writer: &mut Writer) {
        self.len().keep(writer);
        writer.bytes(self.as_bytes());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = Kept::read(reader)?;
        String::from_utf8(reader.bytes(length)?.to_vec()).map_err(|_| DecodeError::NotCanonical)
    }
}

impl<T: Kept> Kept for Option<T> {
    fn keep(&self, writer: &mut Writer) {
        writer.u8(u8::from(self.is_some()));
        self.iter().for_each(|value| value.keep(writer));
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => Ok(None),
            1 => T::read(reader).map(Some),
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

/// A count, then so many.
fn keep_all<'a, T: Kept + 'a>(all: impl ExactSizeIterator<Item = &'a T>, writer: &mut Writer) {
    all.len().keep(writer);
    all.for_each(|one| one.keep(writer));
}

impl<T: Kept> Kept for Vec<T> {
    fn keep(&self, writer: &mut Writer) {
        keep_all(self.iter(), writer);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = usize::read(reader)?;
        // Nothing is reserved: a wrong count ends with the bytes.
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(T::read(reader)?);
        }
        Ok(all)
    }
}

impl<T: Kept + Ord> Kept for BTreeSet<T> {
    fn keep(&self, writer: &mut Writer) {
        keep_all(self.iter(), writer);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Vec::<T>::read(reader).map(BTreeSet::from_iter)
    }
}

impl<K: Kept + Ord, V: Kept> Kept for BTreeMap<K, V> {
    fn keep(&self, writer: &mut Writer) {
        self.len().keep(writer);
        for (key, value) in self {
            key.keep(writer);
            value.keep(writer);
        }
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Vec::<(K, V)>::read(reader).map(BTreeMap::from_iter)
    }
}

impl<K: Kept + Ord + Hash, V: Kept> Kept for HashMap<K, V> {
    fn keep(&self, writer: &mut Writer) {
        self.len().keep(writer);
        for (key, value) in self.iter().collect::<BTreeMap<_, _>>() {
            key.keep(writer);
            value.keep(writer);
        }
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Vec::<(K, V)>::read(reader).map(HashMap::from_iter)
    }
}

impl<A: Kept, B: Kept> Kept for (A, B) {
    fn keep(&self, writer: &mut Writer) {
        self.0.keep(writer);
        self.1.keep(writer);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::read(reader)?, B::read(reader)?))
    }
}

impl<A: Kept, B: Kept, C: Kept> Kept for (A, B, C) {
    fn keep(&self, writer: &mut Writer) {
        self.0.keep(writer);
        self.1.keep(writer);
        self.2.keep(writer);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::read(reader)?, B::read(reader)?, C::read(reader)?))
    }
}

impl Kept for Utility {
    fn keep(&self, writer: &mut Writer) {
        writer.u8(self.code());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)
    }
}

impl Kept for RangeBits {
    fn keep(&self, writer: &mut Writer) {
        writer.count(self.bits());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bits = usize::from(reader.u8()?);
        let all = [RangeBits::Bits16, RangeBits::Bits32, RangeBits::Bits64];
        all.into_iter().find(|class| class.bits() == bits).ok_or(DecodeError::UnknownTag)
    }
}

impl Kept for VerifyingKey {
    fn keep(&self, writer: &mut Writer) {
        writer.bytes(self.as_bytes());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.verifying_key()
    }
}

impl Kept for Point {
    fn keep(&self, writer: &mut Writer) {
        writer.element(self);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.point()
    }
}

impl Kept for Element {
    fn keep(&self, writer: &mut Writer) {
        writer.element(self);
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.element()
    }
}

impl Kept for [PublicSum; 2] {
    fn keep(&self, writer: &mut Writer) {
        self.iter().for_each(|sum| sum.keep(writer));
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok([PublicSum::read(reader)?, PublicSum::read(reader)?])
    }
}

impl Kept for Member {
    fn keep(&self, writer: &mut Writer) {
        writer.u8(self.place());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Member::at(reader.u8()?).ok_or(DecodeError::LengthOutOfRange)
    }
}

impl Kept for Target {
    fn keep(&self, writer: &mut Writer) {
        match self {
            Target::Cohort(place) => writer.u8(0).u8(*place),
            Target::Trades(utility) => writer.u8(1).u8(utility.code()),
        };
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => reader.u8().map(Target::Cohort),
            1 => Utility::read(reader).map(Target::Trades),
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

impl Kept for RistrettoPoint {
    fn keep(&self, writer: &mut Writer) {
        writer.element(&Element::new(*self));
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.element().map(|element| *element.point())
    }
}

impl Kept for CompressedRistretto {
    fn keep(&self, writer: &mut Writer) {
        writer.bytes(self.as_bytes());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(CompressedRistretto)
    }
}

impl Kept for SetHash {
    fn keep(&self, writer: &mut Writer) {
        writer.element(&self.element());
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.element().map(|element| SetHash::from_element(&element))
    }
}
