//! multipart/form-data (RFC 7578) read as a stream: what is held is one buffer, whatever the size of
//! the parts.

use std::io::Read;

const BUFFER_BYTES: usize = 64 << 10;
const BOUNDARY_BYTES_MAX: usize = 70; // RFC 2046 5.1.1.
const PARTS_MAX: usize = 100;

pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: String,
}

pub struct Multipart<R> {
    body: R,
    buffer: Vec<u8>,    // Read and not yet used.
    delimiter: Vec<u8>, // CRLF, two dashes and the boundary.
    at_line_end: bool, // The buffer begins with the line end before a part's content.
    parts: usize,
}

impl<R: Read> Multipart<R> {
    pub fn new(content_type: &str, body: R) -> Result<Self, String> {
        let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
            return Err(format!("its type is {content_type:?}, not multipart/form-data"));
        }
        let boundary = parameter(parameters, "boundary").unwrap_or_default();
        if boundary.is_empty() || boundary.len() > BOUNDARY_BYTES_MAX {
            return Err("it has no boundary that could be used".to_string());
        }
        // The first delimiter has no line before it; with this one, all look alike.
        let buffer = b"\r\n".to_vec();
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        let mut form = Multipart { body, buffer, delimiter, at_line_end: false, parts: 0 };
        form.read_content(|_preamble| ())?;
        Ok(form)
    }

    /// The head of the next part, or None after the last. REQUIRES: the content of the one before it
    /// has been read.
    pub fn next_part(&mut self) -> Result<Option<Part>, String> {
        self.fill(2)?;
        if self.buffer.starts_with(b"--") {
            return Ok(None);
        }
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(format!("it has more than {PARTS_MAX} parts"));
        }
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() >= BUFFER_BYTES {
                return Err("the head of a part is too long".to_string());
            }
            self.fill(self.buffer.len() + 1)?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        // The second line end stays: of a part without content it begins the delimiter.
        self.buffer.drain(..end + 2);
        self.at_line_end = true;
        Ok(Some(parse_head(&head)))
    }

    /// Gives the content of this part to `take`, piece by piece.
    pub fn read_content(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), String> {
        if std::mem::take(&mut self.at_line_end) {
            self.fill(self.delimiter.len())?;
            if !self.buffer.starts_with(&self.delimiter) {
                self.buffer.drain(..2);
            }
        }
        loop {
            if let Some(end) = find(&self.buffer, &self.delimiter) {
                take(&self.buffer[..end]);
                self.buffer.drain(..end + self.delimiter.len());
                return Ok(());
            }
            // A delimiter may have begun in the last bytes.
            let certain = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
            take(&self.buffer[..certain]);
            self.buffer.drain(..certain);
            self.fill(self.buffer.len() + 1)?;
        }
    }

    /// Reads until at least `wanted` bytes are buffered.
    fn fill(&mut self, wanted: usize) -> Result<(), String> {
        while self.buffer.len() < wanted {
            let have = self.buffer.len();
            self.buffer.resize(have + BUFFER_BYTES, 0);
            let count = self.body.read(&mut self.buffer[have..]).map_err(|error| error.to_string())?;
            self.buffer.truncate(have + count);
            if count == 0 {
                return Err("it ends too early".to_string());
            }
        }
        Ok(())
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = bytes[from..].iter().position(|&byte| byte == wanted[0]) {
        let at = from + found;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn parse_head(head: &str) -> Part {
    let mut part = Part { name: String::new(), file_name: None, content_type: String::new() };
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        if name.eq_ignore_ascii_case("content-disposition") {
            part.name = parameter(value, "name").unwrap_or_default();
            part.file_name = parameter(value, "filename");
        } else if name.eq_ignore_ascii_case("content-type") {
            part.content_type = value.trim().to_string();
        }
    }
    part
}

/// The value of `wanted` in "form-data; name=a; filename=\"b\"". Browsers send a quote inside a value
/// as %22.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    while !rest.is_empty() {
        let name_end = rest.find(|next| next == '=' || next == ';').unwrap_or(rest.len());
        let name = rest[..name_end].trim();
        rest = &rest[name_end..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix("=\"") {
            let end = after.find('"').unwrap_or(after.len());
            value.push_str(&after[..end]);
            rest = after[end..].strip_prefix('"').unwrap_or("");
        } else if let Some(after) = rest.strip_prefix('=') {
            value.push_str(after.split(';').next().unwrap_or_default().trim());
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.replace("%22", "\"").replace("%0D%0A", " "));
        }
        rest = rest.split_once(';').map_or("", |(_, after)| after);
    }
    None
}
