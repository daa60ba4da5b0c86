//! Which requests are answered, and what every answer carries: nothing from outside, nothing inside of others, nothing kept.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The names under which the page may be opened.
pub(super) struct Names(Vec<String>);

impl Names {
    /// The loopback's names with the port, and the others that are listed.
    pub fn new(port: u16, others: &[String]) -> Self {
        let own = ["127.0.0.1", "localhost", "[::1]"].map(str::to_owned);
        Names(own.iter().chain(others).map(|name| format!("{name}:{port}")).collect())
    }

    fn contains(&self, host: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(host))
    }
}

/// Refuses what no browser of the house and no wallet would ask.
pub(super) fn check(
    names: &Names,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), (StatusCode, &'static str)> {
    let host = single(headers, &header::HOST).ok().flatten();
    let authority = uri.authority().map(axum::http::uri::Authority::as_str);
    let right =
        host.filter(|host| names.contains(host) && authority.is_none_or(|other| other.eq_ignore_ascii_case(host)));
    let Some(host) = right else {
        // Nothing is said to whom it does not concern.
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "there is nothing under this name: see page.hosts in gateway.toml\n",
        ));
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "nothing can be changed here: only GET and HEAD are answered\n"));
    }
    let foreign = Err((StatusCode::FORBIDDEN, "other web sites may not ask: open this page by its own address\n"));
    match single(headers, &HeaderName::from_static("sec-fetch-site")) {
        Ok(None | Some("none" | "same-origin")) => {}
        _ => return foreign,
    }
    match single(headers, &header::ORIGIN) {
        Ok(None) => Ok(()),
        Ok(Some(origin)) if origin.strip_prefix("http://").is_some_and(|own| own.eq_ignore_ascii_case(host)) => Ok(()),
        _ => foreign,
    }
}

/// A header that is there once or not at all.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
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
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), usb=(), serial=()"),
        (HeaderName::from_static("x-dns-prefetch-control"), "off"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: Method, headers: &[(&'static str, &'static str)]) -> Option<u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let names = Names::new(8430, &["gateway.local".to_owned()]);
        check(&names, &method, &Uri::from_static("/"), &map).err().map(|(status, _)| status.as_u16())
    }

    #[test]
    fn only_listed_names_with_the_port_are_answered() {
        for own in ["127.0.0.1:8430", "LOCALHOST:8430", "[::1]:8430", "gateway.local:8430"] {
            assert_eq!(ask(Method::GET, &[("host", own)]), None, "{own}");
        }
        for foreign in ["127.0.0.1", "127.0.0.1:1", "evil.example:8430", "gateway.local.evil.example:8430", ""] {
            assert_eq!(ask(Method::GET, &[("host", foreign)]), Some(421), "{foreign}");
        }
        assert_eq!(ask(Method::GET, &[]), Some(421));
        assert_eq!(ask(Method::GET, &[("host", "localhost:8430"), ("host", "evil.example")]), Some(421));
    }

    #[test]
    fn nothing_can_be_changed_and_no_other_site_may_ask() {
        const OWN: (&str, &str) = ("host", "localhost:8430");
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
            assert_eq!(ask(method, &[OWN]), Some(405));
        }
        assert_eq!(ask(Method::HEAD, &[OWN]), None);
        assert_eq!(ask(Method::GET, &[OWN, ("sec-fetch-site", "cross-site")]), Some(403));
        assert_eq!(ask(Method::GET, &[OWN, ("origin", "http://evil.example")]), Some(403));
        assert_eq!(ask(Method::GET, &[OWN, ("origin", "http://localhost:8430")]), None);
    }
}
