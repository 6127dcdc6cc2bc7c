//! The owned, always initialised buffer of all IO.

use std::ops::{Deref, DerefMut};

/// A fixed allocation, initialised throughout, with the length that is in use.
///
/// It dereferences to the bytes in use. `storage` gives the whole allocation to an executor that
/// reads into it; completion executors keep the allocation while the kernel writes to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buf {
    storage: Box<[u8]>,
    /// Never beyond `storage.len()`.
    len: usize,
}

impl Buf {
    /// Makes a zeroed buffer of `capacity` bytes, none of them in use.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { storage: vec![0; capacity].into_boxed_slice(), len: 0 }
    }

    /// Makes a buffer that is full of `bytes`.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self { storage: bytes.into(), len: bytes.len() }
    }

    /// Returns how many bytes fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.len()
    }

    /// Sets how many bytes are in use.
    ///
    /// # Panics
    /// If `len` is beyond the capacity.
    pub fn set_len(&mut self, len: usize) {
        assert!(
            len <= self.storage.len(),
            "length {len} beyond the capacity {}",
            self.storage.len()
        );
        self.len = len;
    }

    /// Returns the whole allocation, used or not.
    #[must_use]
    pub fn storage(&self) -> &[u8] {
        &self.storage
    }

    /// Returns the whole allocation, used or not, to read into.
    #[must_use]
    pub fn storage_mut(&mut self) -> &mut [u8] {
        &mut self.storage
    }
}

impl Deref for Buf {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.storage[..self.len]
    }
}

impl DerefMut for Buf {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.storage[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_what_is_in_use() {
        let mut buf = Buf::with_capacity(8);
        assert!(buf.is_empty());
        buf.storage_mut()[..2].copy_from_slice(b"hi");
        buf.set_len(2);
        assert_eq!(&*buf, b"hi");
        assert_eq!(Buf::from_slice(b"hi").capacity(), 2);
    }

    #[test]
    #[should_panic(expected = "beyond the capacity")]
    fn length_beyond_capacity_is_refused() {
        Buf::with_capacity(1).set_len(2);
    }
}
