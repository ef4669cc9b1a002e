//! HTTP requests from a guest of wagi: the import module `wasi_experimental_http`.
//!
//! ```no_run
//! use std::io::Read;
//! let mut response = wagi_http::Request::new("GET", "https://api.example.com/").send()?;
//! let mut text = String::new();
//! response.read_to_string(&mut text)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A call that must wait suspends this guest alone. The module's `allowed_hosts` say whom it may call;
//! docs/outbound.md has the rules.

use std::fmt;
use std::io::{self, Read};

mod imports {
    #[link(wasm_import_module = "wasi_experimental_http")]
    extern "C" {
        pub fn req(
            url: *const u8,
            url_len: usize,
            method: *const u8,
            method_len: usize,
            headers: *const u8,
            headers_len: usize,
            body: *const u8,
            body_len: usize,
            status: *mut u16,
            handle: *mut u32,
        ) -> u32;
        pub fn close(handle: u32) -> u32;
        pub fn header_get(
            handle: u32,
            name: *const u8,
            name_len: usize,
            buffer: *mut u8,
            size: usize,
            written: *mut usize,
        ) -> u32;
        pub fn headers_get_all(
            handle: u32,
            buffer: *mut u8,
            size: usize,
            written: *mut usize,
        ) -> u32;
        pub fn body_read(handle: u32, buffer: *mut u8, size: usize, count: *mut usize) -> u32;
    }
}

/// Why a call failed, by the number that the host gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    InvalidHandle,
    NoMemory,
    MemoryAccess,
    BufferTooSmall,
    HeaderNotFound,
    NotUtf8,
    /// The destination isn't in `allowed_hosts`, or has an address that its entry doesn't permit.
    NotAllowed,
    InvalidMethod,
    InvalidHeaders,
    InvalidUrl,
    /// No connection, no answer, or one that makes no sense; the server's log says more.
    RequestFailed,
    Runtime,
    /// More responses are open than `http_max_concurrency`.
    TooMany,
    Unknown(u32),
}

impl Error {
    fn from(code: u32) -> Result<(), Error> {
        Err(match code {
            0 => return Ok(()),
            1 => Error::InvalidHandle,
            2 => Error::NoMemory,
            3 => Error::MemoryAccess,
            4 => Error::BufferTooSmall,
            5 => Error::HeaderNotFound,
            6 => Error::NotUtf8,
            7 => Error::NotAllowed,
            8 => Error::InvalidMethod,
            9 => Error::InvalidHeaders,
            10 => Error::InvalidUrl,
            11 => Error::RequestFailed,
            12 => Error::Runtime,
            13 => Error::TooMany,
            other => Error::Unknown(other),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Error::InvalidHandle => "no such response",
            Error::NoMemory => "the module exports no memory",
            Error::MemoryAccess => "memory out of bounds",
            Error::BufferTooSmall => "the buffer is too small",
            Error::HeaderNotFound => "there is no such header",
            Error::NotUtf8 => "this isn't UTF-8",
            Error::NotAllowed => "the destination isn't in allowed_hosts",
            Error::InvalidMethod => "this is no method",
            Error::InvalidHeaders => "these are no headers",
            Error::InvalidUrl => "this is no URL",
            Error::RequestFailed => "the request failed",
            Error::Runtime => "the server failed",
            Error::TooMany => "too many responses are open",
            Error::Unknown(code) => return write!(f, "unknown error {code}"),
        };
        f.write_str(text)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        io::Error::new(io::ErrorKind::Other, error)
    }
}

/// A request to be sent. Host and Content-Length are the server's to set.
pub struct Request<'a> {
    method: &'a str,
    url: &'a str,
    headers: String,
    body: &'a [u8],
}

impl<'a> Request<'a> {
    pub fn new(method: &'a str, url: &'a str) -> Self {
        Request { method, url, headers: String::new(), body: &[] }
    }

    /// One more header; a line break in it makes send() fail.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        // A line break would begin another header. No header has a NUL, so that the host refuses it.
        let one_line = |text: &str| text.replace('\n', "\0");
        self.headers += &format!("{}:{}\n", one_line(name), one_line(value));
        self
    }

    pub fn body(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }

    /// Sends it and waits for the head of its answer.
    pub fn send(self) -> Result<Response, Error> {
        let (mut status, mut handle) = (0, 0);
        let code = unsafe {
            imports::req(
                self.url.as_ptr(),
                self.url.len(),
                self.method.as_ptr(),
                self.method.len(),
                self.headers.as_ptr(),
                self.headers.len(),
                self.body.as_ptr(),
                self.body.len(),
                &mut status,
                &mut handle,
            )
        };
        Error::from(code).map(|()| Response { handle, status })
    }
}

/// An answer, whose body is read as it comes. Dropping it gives up what wasn't read.
pub struct Response {
    handle: u32,
    status: u16,
}

impl Response {
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first value of a header; None where there is none.
    pub fn header(&self, name: &str) -> Result<Option<String>, Error> {
        match text(|buffer, size, written| unsafe {
            imports::header_get(self.handle, name.as_ptr(), name.len(), buffer, size, written)
        }) {
            Err(Error::HeaderNotFound) => Ok(None),
            other => other.map(Some),
        }
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> Result<Vec<(String, String)>, Error> {
        let lines = text(|buffer, size, written| unsafe {
            imports::headers_get_all(self.handle, buffer, size, written)
        })?;
        let pair = |line: &str| line.split_once(':').map(|(n, v)| (n.to_string(), v.to_string()));
        Ok(lines.lines().filter_map(pair).collect())
    }
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        let code = unsafe {
            imports::body_read(self.handle, buffer.as_mut_ptr(), buffer.len(), &mut count)
        };
        Error::from(code)?;
        Ok(count)
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        unsafe { imports::close(self.handle) };
    }
}

/// A text that the host writes; where the buffer is too small it says what would do.
fn text(mut call: impl FnMut(*mut u8, usize, *mut usize) -> u32) -> Result<String, Error> {
    let mut buffer = vec![0; 1024];
    let mut written = 0;
    let mut code = call(buffer.as_mut_ptr(), buffer.len(), &mut written);
    if Error::from(code) == Err(Error::BufferTooSmall) && written > buffer.len() {
        buffer.resize(written, 0);
        code = call(buffer.as_mut_ptr(), buffer.len(), &mut written);
    }
    Error::from(code)?;
    buffer.truncate(written);
    String::from_utf8(buffer).map_err(|_| Error::NotUtf8)
}
