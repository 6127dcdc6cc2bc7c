//! Addresses of pages: made of the name alone, harmless as a part of a path, and no two alike.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use tminus_history::Place;

use crate::draw::picture::slug;

/// The addresses of things by their names.
pub(super) struct Addresses(BTreeMap<String, String>);

impl Addresses {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut taken = BTreeSet::new();
        let mut all = BTreeMap::new();
        for name in names {
            let mut address = address(name);
            // Only names that were made to collide do.
            while !taken.insert(address.clone()) {
                address.push('x');
            }
            all.insert(name.to_owned(), address);
        }
        Self(all)
    }

    /// Returns the name of the page of `name`, without `.html`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns name and address of all, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, address)| (name.as_str(), address.as_str()))
    }
}

/// Returns the id, within a page, of what it says of `what` in `place`: it too made of names alone.
pub(super) fn anchor(what: &str, place: &Place) -> String {
    let Place { cpu, cores, target, profile, allocator, virtual_clock } = place;
    address(&format!(
        "series {what}\n{cpu}\n{cores}\n{target}\n{profile}\n{allocator}\n{virtual_clock}"
    ))
}

/// Returns the name itself where it is one for a file; else what is left of it, and a part of its
/// hash.
fn address(name: &str) -> String {
    let plain = slug(name);
    if plain == name && !plain.is_empty() {
        return plain;
    }
    let hash = Sha256::digest(name.as_bytes());
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{plain}-{hash}").trim_start_matches('-').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_and_are_harmless() {
        assert_eq!(address("tokio-current-thread"), "tokio-current-thread");
        assert_eq!(address("squares/tasks=1000/heap"), "squares-tasks-1000-heap-c2d0cd67");
        let long = "x".repeat(10_000);
        for name in ["../../etc/passwd", "..", ".", "", "a/b", "A", "\u{202e}", "<script>", &long] {
            let address = address(name);
            let is_plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(address.bytes().all(is_plain) && !address.is_empty(), "{name}: {address}");
            assert!(address.len() < 80 && !address.starts_with('-'), "{address}");
        }
    }

    #[test]
    fn no_two_are_alike() {
        let names = ["a/b", "a=b", "a b", "a,b", "A-b", "a-b"];
        let addresses = Addresses::of(names.into_iter());
        let all: BTreeSet<&str> = names.iter().filter_map(|name| addresses.get(name)).collect();
        assert_eq!(all.len(), names.len());
    }
}
