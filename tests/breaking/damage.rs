//! Damage to text and bytes as it comes: by a disk, by a kill, by hand, by malice.

use fastrand::Rng;

use crate::structure;

/// Numbers that no run holds.
const NUMBERS: [&str; 18] = [
    "0",
    "-1",
    "1e308",
    "-1e308",
    "1e999",
    "1e-320",
    "-0.0",
    "0.5",
    "4294967295",
    "4294967296",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "1",
    "100000000",
    "NaN",
];

/// Texts that act on a terminal, a page, a table, a path or a parser; as they stand in JSON.
pub(crate) const TEXTS: [&str; 15] = [
    r"\u001b[2J\u001b]0;x\u0007",
    r"\u009b31m\u0085",
    r"a\u202eb\u2028c\ufeff",
    "<script>alert(1)</script>",
    "'\\\"><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "| [x](javascript:alert(1)) | `<img src=x>` |",
    "../../../../etc/passwd",
    "a/b/c/d/e/f",
    r"a\nb\r\nc\td",
    r"\u0000",
    r"\ud83d\ude00",
    "",
    " ",
];

/// Damages `bytes` in one to three ways; `other` is what pieces are taken from.
pub(crate) fn damage(bytes: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    // Most of what is no JSON any more comes no further than the parser.
    if rng.u32(0..3) > 0
        && let Some(damaged) = structure::damage(bytes, rng)
    {
        return damaged;
    }
    let mut damaged = bytes.to_vec();
    for _ in 0..rng.usize(1..=3) {
        damaged = once(damaged, other, rng);
    }
    damaged
}

/// Changes some bytes of a database and keeps its length, so that its pages stay pages.
pub(crate) fn in_place(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    /// Its first page begins with what marks it.
    const HEAD: usize = 100;
    let mut damaged = bytes.to_vec();
    for _ in 0..rng.usize(1..=4) {
        let at = rng.usize(HEAD.min(damaged.len() - 1)..damaged.len());
        let byte = &mut damaged[at];
        *byte = match *byte {
            b'0'..=b'9' => b"09e-."[rng.usize(0..5)],
            b' '..=b'~' => b"\x1b<=\"\\\x9b\n|A"[rng.usize(0..9)],
            _ => rng.u8(..),
        };
    }
    damaged
}

fn once(mut bytes: Vec<u8>, other: &[u8], rng: &mut Rng) -> Vec<u8> {
    if bytes.is_empty() {
        return other[..rng.usize(0..=other.len())].to_vec();
    }
    let at = rng.usize(0..bytes.len());
    let end = (at + rng.usize(0..200)).min(bytes.len());
    match rng.u32(0..16) {
        0 => bytes[at] ^= 1 << rng.u32(0..8),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..end)),
        3 => bytes.insert(at, rng.u8(..)),
        4 => bytes[at..end].iter_mut().for_each(|byte| *byte = rng.u8(..)),
        5 if !other.is_empty() => {
            let from = rng.usize(0..other.len());
            let to = (from + rng.usize(0..300)).min(other.len());
            drop(bytes.splice(at..end, other[from..to].iter().copied()));
        }
        6 => return lines(&bytes, rng),
        7 => return nested(bytes, rng),
        8..=11 => {
            return token(
                bytes,
                rng,
                |byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte),
                number,
            );
        }
        _ => return text(bytes, rng),
    }
    bytes
}

/// Doubles, drops or swaps a line.
fn lines(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let [one, other] = [rng.usize(0..lines.len()), rng.usize(0..lines.len())];
    match rng.u32(0..3) {
        0 => lines.insert(other, lines[one]),
        1 => drop(lines.remove(one)),
        _ => lines.swap(one, other),
    }
    lines.concat()
}

/// Opens very many brackets where a value begins.
fn nested(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let starts: Vec<usize> = positions(&bytes, |byte| byte == b':');
    let Some(at) = rng.choice(starts) else { return bytes };
    let what: &[u8] = if rng.bool() { b"[" } else { b"{\"a\":" };
    drop(bytes.splice(at + 1..at + 1, what.repeat(rng.usize(1..20_000))));
    bytes
}

/// Puts another token in the place of one whose bytes are all of a kind.
fn token(
    mut bytes: Vec<u8>,
    rng: &mut Rng,
    is_part: impl Fn(u8) -> bool,
    new: impl Fn(&mut Rng) -> Vec<u8>,
) -> Vec<u8> {
    // Numbers begin after these.
    let is_start = |at: &usize| {
        b":[,".contains(&bytes[*at]) && bytes.get(at + 1).is_some_and(|it| is_part(*it))
    };
    let starts: Vec<usize> = (0..bytes.len()).filter(is_start).collect();
    let Some(start) = rng.choice(starts) else { return bytes };
    let length = bytes[start + 1..].iter().take_while(|byte| is_part(**byte)).count();
    drop(bytes.splice(start + 1..start + 1 + length, new(rng)));
    bytes
}

fn number(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(0..4) {
        0 => ["null", "true", "[]", "{}", "\"1\""][rng.usize(0..5)].into(),
        _ => NUMBERS[rng.usize(0..NUMBERS.len())].into(),
    }
}

/// Puts a hostile text in the place of one, whether it is a name or a value.
fn text(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let quotes = positions(&bytes, |byte| byte == b'"');
    if quotes.len() < 2 {
        return bytes;
    }
    let first = rng.usize(0..quotes.len() - 1);
    let new = match rng.u32(0..20) {
        0 => "x".repeat(rng.usize(1..100_000)),
        _ => TEXTS[rng.usize(0..TEXTS.len())].into(),
    };
    let end = quotes[first + 1];
    // A part of the text stays, in half of all: an id must look like one to be read on.
    let start = if rng.bool() { quotes[first] + 1 } else { end };
    drop(bytes.splice(start..end, new.into_bytes()));
    bytes
}

fn positions(bytes: &[u8], is_it: impl Fn(u8) -> bool) -> Vec<usize> {
    (0..bytes.len()).filter(|at| is_it(bytes[*at])).collect()
}
