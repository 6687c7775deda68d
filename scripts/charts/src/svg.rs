//! Text in SVG and HTML.

use std::fmt::Write;

/// Text for an HTML or SVG document, attribute values included.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The text as a link that needs no file.
pub(crate) fn data_uri(csv: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._,/".contains(c);
    let mut uri = String::from("data:text/csv;charset=utf-8,");
    for c in csv.chars() {
        if plain(c) {
            uri.push(c);
        } else {
            for byte in c.to_string().bytes() {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}
