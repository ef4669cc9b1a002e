//! A calculator: an HTML form whose expression arrives in the query, and exact fractions inside, so
//! that 0.1 + 0.2 is 0.3.
//!
//! Everything that came from outside is escaped before it goes into the page.

mod arithmetic;
mod parser;

use std::env;

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
form{display:flex;gap:.5rem}
input{flex:1;font:1.25rem ui-monospace,monospace;padding:.5rem}
button{font:inherit;padding:0 1.5rem}
output,pre{display:block;font:1.5rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere;margin:1.5rem 0}
pre{font-size:1rem;white-space:pre-wrap}
small{opacity:.7}";

fn main() {
    let query = env::var("QUERY_STRING").unwrap_or_default();
    let expression = query_value(&query, "expression").unwrap_or_default();
    if expression.trim().is_empty() {
        print_page("200 OK", "", "");
        return;
    }
    match parser::evaluate(&expression) {
        Ok(value) => {
            let result = format!("<output>= {}</output>", escape(&value.to_string()));
            print_page("200 OK", &expression, &result);
        }
        Err(error) => {
            let result = format!(
                "<pre>{}\n{}^ {}</pre>",
                escape(&expression),
                " ".repeat(error.at),
                escape(&error.message)
            );
            print_page("400 Bad Request", &expression, &result);
        }
    }
}

fn print_page(status: &str, expression: &str, result: &str) {
    println!("Status: {status}");
    println!("Content-Type: text/html; charset=utf-8");
    println!();
    println!("<!doctype html><html lang=en><meta charset=utf-8><title>Calculator</title>");
    println!("<meta name=viewport content='width=device-width'><style>{STYLE}</style>");
    println!("<h1>Calculator</h1><form>");
    println!(
        "<input name=expression aria-label=Expression autofocus autocomplete=off \
         placeholder='(1 + 2) * 3 / 4' value=\"{}\"><button>Calculate</button></form>",
        escape(expression)
    );
    println!("{result}");
    println!(
        "<p><small>+ − * / % ^ and brackets, with exact fractions. \
         <a href=/>All examples</a></small>"
    );
}

/// The decoded value of `name` in a query string.
fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name).then(|| decode(value))
    })
}

/// Undoes a form's encoding. Bytes that aren't UTF-8 become replacement characters.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' => "&amp;".to_string(),
            '<' => "&lt;".to_string(),
            '>' => "&gt;".to_string(),
            '"' => "&quot;".to_string(),
            '\'' => "&#39;".to_string(),
            other => other.to_string(),
        })
        .collect()
}
