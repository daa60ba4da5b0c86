//! Where a request comes from: only this page may ask, under this machine's own names. A foreign `Host` is DNS rebinding; a
//! foreign `Origin` or `Sec-Fetch-Site` is another web site in the same browser.

use axum::http::{HeaderMap, HeaderName, Method, Uri, header};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// It was meant for another host.
    Host,
    /// Another site asks.
    Site,
    /// It would be shown inside of another page.
    Frame,
}

/// Checks `Host`, `Origin` and fetch metadata.
pub(crate) fn check(port: u16, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Foreign> {
    let host = host(headers).ok_or(Foreign::Host)?;
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
    let is_own = |name: &str| own.iter().any(|own| own.eq_ignore_ascii_case(name));
    if !is_own(host) || uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
        return Err(Foreign::Host);
    }
    let site = single(headers, &FETCH_SITE).map_err(|()| Foreign::Site)?;
    // `none` is somebody who typed the address or followed a link from outside the browser.
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Foreign::Site);
    }
    let dest = single(headers, &FETCH_DEST).map_err(|()| Foreign::Frame)?;
    if dest.is_some_and(|dest| matches!(dest, "iframe" | "frame" | "embed" | "object" | "fencedframe")) {
        return Err(Foreign::Frame);
    }
    let origin = single(headers, &header::ORIGIN).map_err(|()| Foreign::Site)?;
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    match origin {
        Some(origin) if origin.strip_prefix("http://").is_some_and(|name| name.eq_ignore_ascii_case(host)) => Ok(()),
        // A page without referrer sends no origin with its forms (Fetch, "append a request Origin header"). The browser itself
        // then says that it was this page: no script can set that header.
        None | Some("null") if changes => {
            if site == Some("same-origin") {
                Ok(())
            } else {
                Err(Foreign::Site)
            }
        }
        None => Ok(()),
        Some(_) => Err(Foreign::Site),
    }
}

/// The one `Host` header.
fn host(headers: &HeaderMap) -> Option<&str> {
    single(headers, &header::HOST).ok().flatten()
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ask(method: &Method, headers: &[(&'static str, &'static str)]) -> Result<(), Foreign> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        check(8420, method, &Uri::from_static("/"), &map)
    }

    const OWN: (&str, &str) = ("host", "127.0.0.1:8420");

    #[test]
    fn only_this_machines_own_names_with_the_port_are_hosts() {
        for own in ["127.0.0.1:8420", "localhost:8420", "LOCALHOST:8420", "[::1]:8420"] {
            assert_eq!(ask(&Method::GET, &[("host", own)]), Ok(()), "{own}");
        }
        for foreign in
            ["127.0.0.1", "127.0.0.1:8421", "evil.example:8420", "localhost.evil.example:8420", "0.0.0.0:8420", ""]
        {
            assert_eq!(ask(&Method::GET, &[("host", foreign)]), Err(Foreign::Host), "{foreign}");
        }
        assert_eq!(ask(&Method::GET, &[]), Err(Foreign::Host));
        assert_eq!(ask(&Method::GET, &[OWN, ("host", "evil.example")]), Err(Foreign::Host));
    }

    #[test]
    fn an_absolute_target_must_name_the_same_host() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.1:8420"));
        let uri = Uri::from_static("http://evil.example/");
        assert_eq!(check(8420, &Method::GET, &uri, &headers), Err(Foreign::Host));
    }

    #[test]
    fn other_sites_may_not_even_look() {
        for site in ["cross-site", "same-site", "unheard-of"] {
            assert_eq!(ask(&Method::GET, &[OWN, ("sec-fetch-site", site)]), Err(Foreign::Site), "{site}");
        }
        assert_eq!(ask(&Method::GET, &[OWN, ("sec-fetch-site", "none")]), Ok(()));
        assert_eq!(ask(&Method::GET, &[OWN, ("origin", "http://evil.example")]), Err(Foreign::Site));
        assert_eq!(ask(&Method::GET, &[OWN, ("sec-fetch-dest", "iframe")]), Err(Foreign::Frame));
    }

    #[test]
    fn a_form_must_be_this_pages_own() {
        assert_eq!(ask(&Method::POST, &[OWN, ("origin", "http://127.0.0.1:8420")]), Ok(()));
        assert_eq!(ask(&Method::POST, &[OWN, ("origin", "null"), ("sec-fetch-site", "same-origin")]), Ok(()));
        for refused in [
            &[OWN][..],
            &[OWN, ("origin", "null")],
            &[OWN, ("sec-fetch-site", "none")],
            &[OWN, ("origin", "null"), ("sec-fetch-site", "none")],
            &[OWN, ("origin", "http://localhost:8420")],
            &[OWN, ("origin", "https://127.0.0.1:8420")],
            &[OWN, ("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-site")],
            &[OWN, ("origin", "http://127.0.0.1:8420"), ("origin", "http://evil.example")],
        ] {
            assert_eq!(ask(&Method::POST, refused), Err(Foreign::Site), "{refused:?}");
        }
    }
}
