//! What a form sent: named texts, wiped when dropped, and perhaps a file.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, Multipart, Request},
    http::header,
};
use bytes::Bytes;
use zeroize::Zeroizing;

/// Most that a form without a file may be.
const MOST_FORM: usize = 64 * 1024;
/// Most that a form with a file may be: a household's backup of many years.
const MOST_UPLOAD: usize = 64 * 1024 * 1024;
const MOST_FIELDS: usize = 64;

/// Why a form could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldsError {
    TooLarge,
    /// Not one of the two kinds of forms, or damaged.
    NotAForm,
}

/// The fields of a form.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    texts: Vec<(String, Zeroizing<String>)>,
    file: Option<Arc<Zeroizing<Vec<u8>>>>,
}

impl Fields {
    /// Reads the body of a request. Files are read only where one is expected.
    pub async fn read(request: Request, with_file: bool) -> Result<Self, FieldsError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => {
                let body = to_bytes(request.into_body(), MOST_FORM).await.map_err(|_| FieldsError::TooLarge)?;
                Ok(Self::parse(&body))
            }
            "multipart/form-data" if with_file => Self::read_multipart(request).await,
            _ => Err(FieldsError::NotAForm),
        }
    }

    /// Reads `a=1&b=2`.
    pub fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body).take(MOST_FIELDS);
        let texts = pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect();
        Fields { texts, file: None }
    }

    async fn read_multipart(request: Request) -> Result<Self, FieldsError> {
        let (parts, body) = request.into_parts();
        let body: Bytes = to_bytes(body, MOST_UPLOAD).await.map_err(|_| FieldsError::TooLarge)?;
        let request = Request::from_parts(parts, Body::from(body));
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| FieldsError::NotAForm)?;
        let mut fields = Fields::default();
        while let Some(part) = multipart.next_field().await.map_err(|_| FieldsError::NotAForm)? {
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let bytes = part.bytes().await.map_err(|_| FieldsError::NotAForm)?;
            if is_file {
                fields.file = Some(Arc::new(Zeroizing::new(bytes.to_vec())));
            } else if bytes.len() <= MOST_FORM && fields.texts.len() < MOST_FIELDS {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| FieldsError::NotAForm)?;
                fields.texts.push((name, Zeroizing::new(text)));
            } else {
                return Err(FieldsError::TooLarge);
            }
        }
        Ok(fields)
    }

    /// A field's text; nothing if it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.texts.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }

    /// A field's text without blanks around it, if there is any.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    /// Whether a box was ticked.
    pub fn is_set(&self, name: &str) -> bool {
        self.texts.iter().any(|(own, _)| own == name)
    }

    pub fn file(&self) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        self.file.clone()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.texts.retain(|(own, _)| own != name);
        self.texts.push((name.to_owned(), Zeroizing::new(value.to_owned())));
    }

    /// Drops passphrases, words, pairing codes and files: a form is shown again without them.
    pub fn forget_secrets(&mut self) {
        let secret = |name: &str| ["passphrase", "word", "code", "key"].iter().any(|kind| name.contains(kind));
        self.texts.retain(|(name, _)| !secret(name));
        self.file = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_missing_ones_are_empty() {
        let fields = Fields::parse(b"to=Anna+%26+Bert&amount=12%2C50&kind=a&kind=b&tick=on&broken=%FF%zz");
        assert_eq!((fields.get("to"), fields.get("amount"), fields.get("nothing")), ("Anna & Bert", "12,50", ""));
        assert_eq!(fields.get("kind"), "a");
        assert!(fields.is_set("tick") && !fields.is_set("tack"));
    }

    #[test]
    fn secrets_are_not_kept() {
        let mut fields = Fields::parse(b"passphrase=a&new_passphrase=b&words=c&word-3=d&code=e&to=f");
        fields.forget_secrets();
        assert_eq!(fields.texts.len(), 1);
        assert_eq!(fields.get("to"), "f");
    }
}
