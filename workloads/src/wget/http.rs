//! As much of HTTP/1.1 as fetching a page takes, and the pages, each byte of which can be checked.

use std::io::Write as _;

use tminus_contract::Buf;
use tminus_contract::workload::Wrong;

/// Room for a request.
pub(super) const REQUEST_BYTES: usize = 512;

/// Room for the head of a response.
pub(super) const HEAD_BYTES: usize = 256;

/// The end of a head.
const END: &[u8] = b"\r\n\r\n";

/// Bytes at the start of a page that hold its number.
const NUMBER_BYTES: usize = 8;

/// Writes the request for the page `number` into `buf`; the `last` one closes its connection.
pub(super) fn request(buf: &mut Buf, number: u64, last: bool) {
    let connection = if last { "close" } else { "keep-alive" };
    fill(buf, |mut room| {
        let _fits = write!(
            room,
            "GET /{number} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n"
        );
        room.len()
    });
}

/// Writes the response with the page `number` of `bytes` bytes into `buf`, which has room for it.
pub(super) fn respond(buf: &mut Buf, number: u64, bytes: usize) {
    fill(buf, |mut room| {
        let _fits = write!(room, "HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n");
        let (page, rest) = room.split_at_mut(bytes);
        for (byte, position) in page.iter_mut().zip(0..) {
            *byte = byte_at(number, position);
        }
        let head = &number.to_be_bytes()[..bytes.min(NUMBER_BYTES)];
        page[..head.len()].copy_from_slice(head);
        rest.len()
    });
}

/// Has `write` fill the storage of `buf`; it returns how much of that is left.
fn fill(buf: &mut Buf, write: impl FnOnce(&mut [u8]) -> usize) {
    let left = write(buf.storage_mut());
    buf.set_len(buf.capacity() - left);
}

/// Returns the byte of a page behind its number.
#[inline]
fn byte_at(number: u64, position: usize) -> u8 {
    position.to_le_bytes()[0].wrapping_mul(167) ^ number.to_le_bytes()[0]
}

/// A request as it arrives, in one piece or several.
#[derive(Default)]
pub(super) struct Asked(Vec<u8>);

impl Asked {
    /// Adds a piece; at the end of the head returns the number of the page, and whether the request
    /// is the last on its connection.
    pub(super) fn add(&mut self, piece: &[u8]) -> Result<Option<(u64, bool)>, Wrong> {
        if piece.is_empty() {
            return Err(wrong("the stream ended in the head of a request"));
        }
        self.0.extend_from_slice(piece);
        if self.0.len() > REQUEST_BYTES {
            return Err(wrong("the head of a request is too long"));
        }
        let Some(start) = self.0.windows(3).position(|window| window == &END[..3]) else {
            return Ok(None);
        };
        match &self.0[start..] {
            end if end.len() < END.len() => return Ok(None),
            end if end != END => return Err(wrong("the head of a request has no end")),
            _ => {}
        }
        let asked = std::str::from_utf8(&self.0).ok().and_then(parsed);
        self.0.clear();
        asked.map(Some).ok_or_else(|| wrong("a request is no GET of a page"))
    }
}

fn parsed(head: &str) -> Option<(u64, bool)> {
    let mut lines = head.split("\r\n");
    let path = lines.next()?.strip_prefix("GET /")?.strip_suffix(" HTTP/1.1")?;
    Some((path.parse().ok()?, lines.any(|line| line == "Connection: close")))
}

/// A page as it arrives, in one piece or several.
pub(super) struct Page {
    number: u64,
    bytes: usize,
    /// What has come of the head, until it is whole.
    head: Option<Vec<u8>>,
    /// Bytes that have come behind it.
    come: usize,
}

impl Page {
    /// Makes the page `number` of `bytes` bytes, of which nothing has come.
    pub(super) fn new(number: u64, bytes: usize) -> Self {
        Self { number, bytes, head: Some(Vec::new()), come: 0 }
    }

    /// Verifies a piece: status, length, and each byte; returns whether the page is whole.
    pub(super) fn add(&mut self, piece: &[u8]) -> Result<bool, Wrong> {
        if piece.is_empty() {
            return Err(wrong(&format!("page {}: the stream ended early", self.number)));
        }
        let Some(head) = &mut self.head else { return self.add_body(piece) };
        head.extend_from_slice(piece);
        let Some(end) = head.windows(END.len()).position(|window| window == END) else {
            return Ok(false);
        };
        let head = self.head.take().unwrap_or_default();
        let (head, body) = head.split_at(end + END.len());
        self.verify(&String::from_utf8_lossy(head))?;
        self.add_body(body)
    }

    fn verify(&self, head: &str) -> Result<(), Wrong> {
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap_or_default();
        Wrong::unless_equal("status of a page", "HTTP/1.1 200 OK", status)?;
        let length = lines.find_map(|line| line.strip_prefix("Content-Length: "));
        let expected = self.bytes.to_string();
        Wrong::unless_equal("length of a page", expected.as_str(), length.unwrap_or("none"))
    }

    fn add_body(&mut self, piece: &[u8]) -> Result<bool, Wrong> {
        let number = self.number.to_be_bytes();
        for (byte, position) in piece.iter().zip(self.come..) {
            let expected = match number.get(position) {
                Some(of_number) => *of_number,
                None => byte_at(self.number, position),
            };
            if *byte != expected {
                let what = format!("page {}, byte {position}", self.number);
                return Err(Wrong::differs(&what, expected, byte));
            }
        }
        self.come += piece.len();
        if self.come > self.bytes {
            let what = format!("bytes of page {}", self.number);
            return Err(Wrong::differs(&what, self.bytes, self.come));
        }
        Ok(self.come == self.bytes)
    }
}

fn wrong(reason: &str) -> Wrong {
    Wrong::Answer(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(number: u64, bytes: usize) -> Buf {
        let mut buf = Buf::with_capacity(HEAD_BYTES + bytes);
        respond(&mut buf, number, bytes);
        buf
    }

    #[test]
    fn requests_are_read_in_any_pieces() {
        let mut buf = Buf::with_capacity(REQUEST_BYTES);
        for (number, last) in [(0, true), (u64::MAX, false)] {
            request(&mut buf, number, last);
            let mut asked = Asked::default();
            for cut in 1..buf.len() {
                assert_eq!(asked.add(&buf[..cut]), Ok(None));
                assert_eq!(asked.add(&buf[cut..]), Ok(Some((number, last))), "{cut}");
            }
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let refused = |text: &[u8]| Asked::default().add(text).is_err();
        assert!(refused(b"") && refused(b"POST /1 HTTP/1.1\r\n\r\n"));
        assert!(refused(b"GET /1 HTTP/1.1\r\n\r\r"));
        assert!(refused(b"GET /x HTTP/1.1\r\n\r\n") && refused(&[b'a'; REQUEST_BYTES + 1]));
    }

    #[test]
    fn pages_are_verified_in_any_pieces() {
        let sent = response(700, 20);
        for cut in 1..sent.len() {
            let mut page = Page::new(700, 20);
            assert_eq!(page.add(&sent[..cut]), Ok(false));
            assert_eq!(page.add(&sent[cut..]), Ok(true), "{cut}");
        }
        assert_eq!(Page::new(7, 1).add(&response(7, 1)), Ok(true));
    }

    #[test]
    fn another_status_length_byte_or_page_fails() {
        let said = |number, bytes, sent: &[u8]| {
            Page::new(number, bytes).add(sent).expect_err("it lies").to_string()
        };
        let mut sent = response(7, 20);
        assert!(said(7, 21, &sent).starts_with("length of a page: expected 21, got 20"));
        assert!(said(8, 20, &sent).starts_with("page 8, byte 7: expected 8, got 7"));
        assert_eq!(said(7, 20, b""), "page 7: the stream ended early");
        let last = sent.len() - 1;
        sent[last] ^= 1;
        assert!(said(7, 20, &sent).starts_with("page 7, byte 19: expected "));
        let text = "status of a page: expected HTTP/1.1 200 OK, got HTTP/1.1 404 Not Found";
        assert_eq!(said(7, 20, b"HTTP/1.1 404 Not Found\r\n\r\n"), text);
        let longer = [&response(7, 20)[..], b"\0"].concat();
        assert!(Page::new(7, 20).add(&longer).is_err());
    }
}
