//! The account of a tracer: which thread made which call inside the region.

use std::collections::HashMap;

use tminus_contract::sample::Edge;
use tminus_record::text::escape;

use super::{Calls, Thread};

/// Threads that are told apart; a child may start any number.
const MAX_THREADS: usize = 64;

/// The calls seen so far.
#[derive(Default)]
pub(super) struct Tally {
    /// Between the marks now.
    inside: bool,
    regions: u64,
    /// A mark came where the other one was due.
    is_torn: bool,
    /// The threads that live.
    places: HashMap<i32, Place>,
    threads: Vec<Thread>,
}

/// A thread's place among `threads`.
struct Place {
    index: usize,
    /// Its name is the one that it has now.
    is_named: bool,
}

impl Tally {
    /// Notes a mark.
    pub(super) fn mark(&mut self, edge: Edge) {
        let begins = edge == Edge::Begin;
        self.is_torn |= self.inside == begins;
        self.inside = begins;
        self.regions += u64::from(begins);
    }

    /// Notes a call of the thread `id`, whose name is asked for when it may be another.
    pub(super) fn call(&mut self, id: i32, call: &str, name: impl FnOnce() -> String) {
        if !self.inside {
            return;
        }
        let threads = &mut self.threads;
        let place = self.places.entry(id).or_insert_with(|| {
            if threads.len() <= MAX_THREADS {
                threads.push(Thread { name: "others".into(), ..Thread::default() });
            }
            Place { index: threads.len() - 1, is_named: threads.len() > MAX_THREADS }
        });
        let thread = &mut threads[place.index];
        if !place.is_named {
            thread.name = escape(name().trim());
        }
        // This is how a thread names itself.
        place.is_named = call != "prctl" || place.index == MAX_THREADS;
        *thread.by_name.entry(call.into()).or_default() += 1;
    }

    /// Notes the end of the thread `id`: another one may have its id later.
    pub(super) fn end(&mut self, id: i32) {
        self.places.remove(&id);
    }

    /// Returns the calls of the one region, in which so many `ops` were done.
    ///
    /// # Errors
    /// It was not marked, or not once.
    pub(super) fn into_calls(self, ops: u64) -> Result<Calls, String> {
        if self.is_torn || self.inside || self.regions != 1 {
            return Err(format!(
                "the child marked {} regions{} instead of one",
                self.regions,
                if self.is_torn || self.inside { ", not all of them whole," } else { "" }
            ));
        }
        let mut calls = Calls { ops, threads: self.threads, ..Calls::default() };
        for (name, count) in calls.threads.iter().flat_map(|thread| &thread.by_name) {
            *calls.by_name.entry(name.clone()).or_default() += count;
        }
        Ok(calls)
    }
}
