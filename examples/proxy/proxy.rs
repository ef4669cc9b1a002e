//! Passes each request on to UPSTREAM, which modules.toml names, and its answer back: the method, the
//! path below the route, the query, the headers and the body. The answer streams.

use std::env;
use std::io::{self, Read, Write};

use wagi_http::{Request, Response};

const COPIED_BYTES: usize = 64 << 10;

fn main() {
    if let Err(error) = forward() {
        eprintln!("proxy: {error}");
        println!("Status: 502 Bad Gateway\nContent-Type: text/plain\n\nThe upstream can't be asked: {error}.");
    }
}

fn forward() -> Result<(), Box<dyn std::error::Error>> {
    let mut url = variable("UPSTREAM") + &variable("X_RAW_PATH_INFO");
    let query = variable("QUERY_STRING");
    if !query.is_empty() {
        url = url + "?" + &query;
    }
    let mut body = Vec::new();
    io::stdin().read_to_end(&mut body)?;
    let method = variable("REQUEST_METHOD");
    let mut request = Request::new(&method, &url).body(&body);
    for (name, value) in headers() {
        request = request.header(&name, &value);
    }
    answer(request.send()?)?;
    Ok(())
}

/// Those of the client. Host and what is of the connection alone is left out by the server.
fn headers() -> Vec<(String, String)> {
    let client = env::var("REMOTE_ADDR").unwrap_or_default();
    let mut headers: Vec<_> = env::vars()
        .filter_map(|(name, value)| Some((name.strip_prefix("HTTP_")?.replace('_', "-"), value)))
        .collect();
    headers.push(("X-Forwarded-For".to_string(), client));
    headers
}

fn answer(mut response: Response) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Status: {}", response.status())?;
    for (name, value) in response.headers()? {
        if !["connection", "keep-alive", "transfer-encoding"].contains(&name.as_str()) {
            writeln!(out, "{name}: {value}")?;
        }
    }
    writeln!(out)?;
    let mut buffer = vec![0; COPIED_BYTES];
    loop {
        let count = response.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        out.write_all(&buffer[..count])?;
        out.flush()?;
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
