//! What the script asks for while a page is open: how far the wallet has read, and whether anything changed.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::{html::sync_text, room::Hall, vault::Door};

pub(crate) async fn show(hall: Hall) -> Response {
    let open = matches!(hall.app.vault.door(), Door::Open(_));
    let news = hall.app.vault.news();
    let status = serde_json::json!({
        "open": open,
        "text": if open { sync_text(&hall, &news) } else { String::new() },
        "done": news.is_up_to_date(),
        "height": news.sync.as_ref().map_or(0, |sync| sync.height),
        "tip": news.sync.as_ref().map_or(0, |sync| sync.tip),
        // As text: a script's numbers are too coarse.
        "mark": news.mark.to_string(),
    });
    let mut response = status.to_string().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
