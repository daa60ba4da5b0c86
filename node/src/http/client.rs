//! Who asks: the address that limits are counted by. It is never logged and never kept with a request.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::LazyLock,
};

use axum::http::HeaderMap;

/// The header in which a reverse proxy names the client.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// A client: an IPv4 address, or an IPv6 network of 64 bits, since that much is one household's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ClientId(IpAddr);

/// The other end of the connection.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub IpAddr);

impl ClientId {
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => ClientId(address.into()),
            IpAddr::V6(address) => ClientId(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()),
        }
    }

    /// The client as a number that tells nothing about its address.
    pub fn number(self) -> u64 {
        NUMBERS.hash_one(self)
    }

    /// The client of a request: the peer, unless that is a trusted proxy, which names it. Of the addresses named, those on
    /// the right were added last; the first from there that is no trusted proxy is the client.
    pub fn resolve(Peer(peer): Peer, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == address.to_canonical());
        let mut client = peer;
        let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect();
        let mut named = lines.iter().rev().flat_map(|line| line.rsplit(','));
        while is_trusted(&client) {
            match named.next().and_then(|text| parse(text.trim())) {
                Some(address) => client = address,
                None => break,
            }
        }
        ClientId::of(client)
    }
}

/// Keys the hash of clients: another one in each process.
static NUMBERS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok();
    bare.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn resolve(peer: &str, forwarded: &[&str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        ClientId::resolve(Peer(peer.parse().unwrap()), &headers, &trusted).0
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let cases: [(&str, &[&str], &str); 8] = [
            ("192.0.2.7", &["198.51.100.1"], "192.0.2.7"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1:4711, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["nonsense"], "10.0.0.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["[2001:db8:1:2:3:4:5:6]:80"], "2001:db8:1:2::"),
            ("10.0.0.1", &["198.51.100.1, nonsense, 10.0.0.2"], "10.0.0.2"),
        ];
        for (peer, forwarded, client) in cases {
            assert_eq!(resolve(peer, forwarded), client.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let id = |text: &str| ClientId::of(text.parse().unwrap());
        assert!(id("2001:db8::1") == id("2001:db8::ffff:1"));
        assert!(id("2001:db8::1") != id("2001:db8:0:1::1"));
        assert!(id("::ffff:192.0.2.1") == id("192.0.2.1"));
    }
}
