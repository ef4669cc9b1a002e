//! A form with a file upload, and the program that receives it: the body is read as it arrives, and so
//! a file may be larger than the program's memory. Of each file it shows the name, type, size, SHA-256
//! and first bytes; nothing is kept.

mod multipart;
mod sha256;

use std::env;
use std::io::{self, Read};

use multipart::{Multipart, Part};
use sha256::Sha256;

const TEXT_BYTES_MAX: usize = 4096; // Of a field that isn't a file; more is counted but not shown.
const PREVIEW_BYTES: usize = 16;

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
form{display:grid;gap:1rem;justify-items:start}
input,button{font:inherit;padding:.25rem .5rem}
table{border-collapse:collapse;margin:1rem 0;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;overflow-wrap:anywhere}
th{white-space:nowrap;font-weight:normal;opacity:.7}
code{font:.9rem ui-monospace,monospace}";

const FORM: &str = "<form method=post enctype='multipart/form-data'>
<label>A note <input name=note></label>
<label>Files <input type=file name=file multiple required></label>
<button>Upload</button></form>";

fn main() {
    if env::var("REQUEST_METHOD").as_deref() != Ok("POST") {
        print_page("200 OK", FORM);
        return;
    }
    let content_type = env::var("CONTENT_TYPE").unwrap_or_default();
    match receive(&content_type, io::stdin().lock()) {
        Ok(report) => print_page("200 OK", &(report + "<p><a href=''>Another one</a></p>")),
        Err(message) => {
            let message = format!("<p>This upload can't be read: {}.</p>", escape(&message));
            print_page("400 Bad Request", &(message + FORM));
        }
    }
}

fn print_page(status: &str, content: &str) {
    println!("Status: {status}\nContent-Type: text/html; charset=utf-8\n");
    println!("<!doctype html><html lang=en><meta charset=utf-8><title>Upload</title>");
    println!("<meta name=viewport content='width=device-width'><style>{STYLE}</style>");
    println!("<h1>Upload</h1>{content}<p><a href=/>All examples</a></p>");
}

fn receive(content_type: &str, body: impl Read) -> Result<String, String> {
    let mut form = Multipart::new(content_type, body)?;
    let mut report = String::new();
    while let Some(part) = form.next_part()? {
        report += &match part.file_name.is_some() {
            true => describe_file(&part, &mut form)?,
            false => describe_field(&part, &mut form)?,
        };
    }
    Ok(if report.is_empty() { "<p>The form was empty.</p>".to_string() } else { report })
}

fn describe_file(part: &Part, form: &mut Multipart<impl Read>) -> Result<String, String> {
    let mut digest = Sha256::new();
    let mut first = Vec::new();
    let mut size = 0_u64;
    form.read_content(|bytes| {
        size += bytes.len() as u64;
        digest.update(bytes);
        let wanted = (PREVIEW_BYTES - first.len()).min(bytes.len());
        first.extend_from_slice(&bytes[..wanted]);
    })?;
    let rows = [
        ("name", escape(part.file_name.as_deref().unwrap_or_default())),
        ("type", escape(&part.content_type)),
        ("size", format!("{size} bytes")),
        ("SHA-256", format!("<code>{}</code>", hex(&digest.finish(), ""))),
        ("begins", format!("<code>{}</code>", hex(&first, " "))),
    ];
    let rows: String = rows
        .iter()
        .map(|(name, value)| format!("<tr><th>{name}<td>{value}\n"))
        .collect();
    Ok(format!("<table>{rows}</table>"))
}

fn describe_field(part: &Part, form: &mut Multipart<impl Read>) -> Result<String, String> {
    let mut text = Vec::new();
    let mut size = 0;
    form.read_content(|bytes| {
        size += bytes.len();
        let wanted = (TEXT_BYTES_MAX - text.len()).min(bytes.len());
        text.extend_from_slice(&bytes[..wanted]);
    })?;
    let more = if size > text.len() { "…" } else { "" };
    let text = escape(&String::from_utf8_lossy(&text));
    Ok(format!("<p>{}: {text}{more}</p>\n", escape(&part.name)))
}

fn hex(bytes: &[u8], separator: &str) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(separator)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
