//! The style, the script and the icon: in the program, served from memory, each under a name with its digest so that a browser
//! may keep it.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::security::token::hex;

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/page.js");
const ICON: &str = include_str!("../assets/icon.svg");

/// Their paths.
pub(crate) struct Assets {
    pub style: String,
    pub script: String,
    pub icon: String,
}

impl Assets {
    pub fn new() -> Self {
        let path = |name: &str, ending: &str, content: &str| {
            let digest = hex(&Sha256::digest(content.as_bytes())[..8]);
            format!("/assets/{name}.{digest}.{ending}")
        };
        Assets {
            style: path("style", "css", STYLE),
            script: path("page", "js", SCRIPT),
            icon: path("icon", "svg", ICON),
        }
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<Response> {
        let (kind, content) = match path {
            _ if path == self.style => ("text/css; charset=utf-8", STYLE),
            _ if path == self.script => ("text/javascript; charset=utf-8", SCRIPT),
            _ if path == self.icon => ("image/svg+xml", ICON),
            _ => return None,
        };
        let mut response = (StatusCode::OK, content).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
        Some(response)
    }
}
