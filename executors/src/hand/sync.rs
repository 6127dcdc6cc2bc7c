//! State that threads share, and state of the loop's own thread: std's, and in the models of
//! `loom_tests` loom's, which tries the interleavings of several threads and sees which looks at a
//! cell without being allowed to.
//!
//! `--cfg tminus_loom` and not the usual `--cfg loom`, which would change other crates too.

#[cfg(not(all(test, tminus_loom)))]
mod chosen {
    pub(crate) use std::cell::Cell;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
    pub(crate) use std::sync::{Mutex, MutexGuard};
    pub(crate) use std::thread::{Thread, current, park, park_timeout, yield_now};

    /// How often a thread that posts lets the loop go first.
    pub(crate) const COURTESY: u32 = 1_000;

    macro_rules! shared {
        (static $name:ident: $type:ty = each $value:expr;) => {
            static $name: $type = [const { $value }; INBOX_COUNT];
        };
        (static $name:ident: $type:ty = $value:expr;) => {
            static $name: $type = $value;
        };
    }
    pub(crate) use shared;

    macro_rules! constant {
        (fn $name:ident() -> $type:ty $body:block) => {
            const fn $name() -> $type $body
        };
    }
    pub(crate) use constant;

    macro_rules! own {
        (static $name:ident: $type:ty = $value:expr;) => {
            ::std::thread_local! { static $name: $type = const { $value } }
        };
    }
    pub(crate) use own;
}

#[cfg(all(test, tminus_loom))]
mod chosen {
    pub(crate) use loom::cell::Cell;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use loom::thread::{Thread, current, park, yield_now};

    /// A model that waited would never end.
    pub(crate) const COURTESY: u32 = 1;

    pub(crate) fn park_timeout(_timeout: std::time::Duration) {
        unimplemented!("no time passes in a model");
    }

    macro_rules! shared {
        (static $name:ident: $type:ty = each $value:expr;) => {
            ::loom::lazy_static! { static ref $name: $type = ::std::array::from_fn(|_| $value); }
        };
        (static $name:ident: $type:ty = $value:expr;) => {
            ::loom::lazy_static! { static ref $name: $type = $value; }
        };
    }
    pub(crate) use shared;

    macro_rules! constant {
        (fn $name:ident() -> $type:ty $body:block) => {
            fn $name() -> $type $body
        };
    }
    pub(crate) use constant;

    macro_rules! own {
        (static $name:ident: $type:ty = $value:expr;) => {
            ::loom::thread_local! { static $name: $type = $value }
        };
    }
    pub(crate) use own;
}

pub(crate) use chosen::*;
