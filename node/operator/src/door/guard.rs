//! Which requests are answered, and what every answer carries: nothing for web pages, nothing kept.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::Authority};

/// The names under which the door may be asked.
pub(super) struct Names {
    /// With the door's port.
    own: Vec<String>,
    /// As they are listed: a proxy passes them on with its own port, or none.
    listed: Vec<String>,
}

impl Names {
    /// The loopback's names with the port, and those that are listed.
    pub fn new(port: u16, listed: &[String]) -> Self {
        let own = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
        Names { own: own.to_vec(), listed: listed.to_vec() }
    }

    fn contains(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => name,
            _ => host,
        };
        self.own.iter().any(|own| own.eq_ignore_ascii_case(host))
            || self.listed.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Why a request is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// It asks for another name.
    Name,
    /// A web page asks.
    Page,
}

/// Refuses what no wallet would ask.
pub(super) fn check(names: &Names, uri: &Uri, headers: &HeaderMap) -> Result<(), Foreign> {
    let host = single(headers, &header::HOST).ok().flatten();
    let authority = uri.authority().map(Authority::as_str);
    let right =
        host.filter(|host| names.contains(host) && authority.is_none_or(|other| other.eq_ignore_ascii_case(host)));
    if right.is_none() {
        return Err(Foreign::Name);
    }
    // Browsers send these, wallets do not.
    let page = [header::ORIGIN, HeaderName::from_static("sec-fetch-site"), header::COOKIE];
    if page.iter().any(|name| headers.contains_key(name)) { Err(Foreign::Page) } else { Ok(()) }
}

/// A header that is there once or not at all.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(());
    }
    first.map(|value| value.to_str().map_err(|_| ())).transpose()
}

/// Sets what every answer carries.
pub(super) fn harden(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(headers: &[(&'static str, &'static str)]) -> Option<Foreign> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let names = Names::new(8450, &["operator.example.org".to_owned(), "[2001:db8::7]".to_owned()]);
        check(&names, &Uri::from_static("/"), &map).err()
    }

    #[test]
    fn only_the_loopback_and_listed_names_are_answered() {
        for own in [
            "127.0.0.1:8450",
            "LOCALHOST:8450",
            "[::1]:8450",
            "operator.example.org",
            "operator.example.org:443",
            "[2001:db8::7]:8450",
            "[2001:db8::7]",
        ] {
            assert_eq!(ask(&[("host", own)]), None, "{own}");
        }
        for foreign in ["127.0.0.1", "127.0.0.1:1", "evil.example:8450", "operator.example.org.evil.example", "::1", ""]
        {
            assert_eq!(ask(&[("host", foreign)]), Some(Foreign::Name), "{foreign}");
        }
        assert_eq!(ask(&[]), Some(Foreign::Name));
        assert_eq!(ask(&[("host", "localhost:8450"), ("host", "evil.example")]), Some(Foreign::Name));
    }

    #[test]
    fn no_web_page_may_ask() {
        const OWN: (&str, &str) = ("host", "localhost:8450");
        for sign in [("origin", "http://localhost:8450"), ("sec-fetch-site", "same-origin"), ("cookie", "a=b")] {
            assert_eq!(ask(&[OWN, sign]), Some(Foreign::Page), "{sign:?}");
        }
    }
}
