//! A file browser over the volume /files: folders as lists of links, files as they are. modules.toml
//! gives it this folder of examples, read-only.
//!
//! A path is refused here when it names "..", and outside this program as well: a program reaches
//! nothing but the volumes that it was given.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};

const ROOT: &str = "/files";
const SNIFFED_BYTES: usize = 1024;
const COPIED_BYTES: usize = 64 << 10;

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td{padding:.15rem 1rem .15rem 0}
td+td{text-align:right;opacity:.7;font-variant-numeric:tabular-nums}";

enum Refusal {
    NotFound,
    BadMethod,
    Failed(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Refusal::Failed(error)
    }
}

fn main() {
    if let Err(refusal) = answer() {
        let (status, text) = match refusal {
            Refusal::NotFound => ("404 Not Found", "There is no such file or folder."),
            Refusal::BadMethod => ("405 Method Not Allowed\nAllow: GET, HEAD", "Only GET works."),
            Refusal::Failed(error) => {
                eprintln!("files: {error}");
                ("500 Internal Server Error", "This can't be read.")
            }
        };
        println!("Status: {status}\nContent-Type: text/plain\n\n{text}");
    }
}

fn answer() -> Result<(), Refusal> {
    let method = env::var("REQUEST_METHOD").unwrap_or_default();
    if method != "GET" && method != "HEAD" {
        return Err(Refusal::BadMethod);
    }
    let requested = env::var("PATH_INFO").unwrap_or_default();
    let names: Vec<&str> = requested.split('/').filter(|name| !name.is_empty()).collect();
    if names.iter().any(|name| name.starts_with('.') || name.contains('\0')) {
        return Err(Refusal::NotFound);
    }
    let path = format!("{ROOT}/{}", names.join("/"));
    // What can't be looked at, such as a link that leads out of the volume, isn't there.
    let found = fs::metadata(&path).map_err(|_| Refusal::NotFound)?;
    if !found.is_dir() {
        return send_file(&path, method == "HEAD");
    }
    if !requested.ends_with('/') {
        // So that the links of the list, which are relative, begin in the folder.
        let folder = env::var("SCRIPT_NAME").unwrap_or_default()
            + &env::var("X_RAW_PATH_INFO").unwrap_or_default();
        println!("Location: {folder}/\nStatus: 301\n");
        return Ok(());
    }
    send_list(&path, &names)
}

fn send_list(path: &str, names: &[&str]) -> Result<(), Refusal> {
    let mut folders = Vec::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        match fs::metadata(entry.path()) {
            Ok(found) if found.is_dir() => folders.push(name),
            Ok(found) => files.push((name, found.len())),
            Err(_) => {}
        }
    }
    folders.sort();
    files.sort();

    let title = escape(&format!("/{}", names.join("/")));
    println!("Content-Type: text/html; charset=utf-8\n");
    println!("<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>");
    println!("<meta name=viewport content='width=device-width'><style>{STYLE}</style>");
    println!("<h1>{title}</h1><table>");
    if !names.is_empty() {
        println!("<tr><td><a href='../'>../</a><td>");
    }
    for name in folders {
        println!("<tr><td><a href='./{}/'>{}/</a><td>", percent(&name), escape(&name));
    }
    for (name, size) in files {
        println!("<tr><td><a href='./{}'>{}</a><td>{size}", percent(&name), escape(&name));
    }
    println!("</table><p><a href=/>All examples</a></p>");
    Ok(())
}

fn send_file(path: &str, head_only: bool) -> Result<(), Refusal> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut first = Vec::new();
    (&file).take(SNIFFED_BYTES as u64).read_to_end(&mut first)?;
    println!("Content-Type: {}\nContent-Length: {size}", content_type(path, &first));
    println!("X-Content-Type-Options: nosniff\n");
    if head_only {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    let mut copied = out.write_all(&first);
    let mut piece = vec![0; COPIED_BYTES];
    while copied.is_ok() {
        let count = file.read(&mut piece)?;
        if count == 0 {
            break;
        }
        copied = out.write_all(&piece[..count]);
    }
    if let Err(error) = copied.and_then(|()| out.flush()) {
        eprintln!("files: the client went away: {error}");
    }
    Ok(())
}

fn content_type(path: &str, first: &[u8]) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        _ if is_text(first) => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whether the beginning of a file is UTF-8 without control characters; a character may be cut short.
fn is_text(first: &[u8]) -> bool {
    let valid = match std::str::from_utf8(first) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && first.len() == SNIFFED_BYTES,
    };
    valid && !first.iter().any(|byte| *byte < b' ' && !b"\t\n\r\x0c".contains(byte))
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                (byte as char).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
