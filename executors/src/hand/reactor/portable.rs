//! Any system that the crate `polling` knows: kqueue, event ports, poll, IOCP.
//!
//! Oneshot, the one mode that all of them have: a socket is told of once and then asked for again,
//! which is a system call more for each wait, and five a wait on Linux where `epoll` needs one.
//!
//! A system must be told of a socket before that is closed, also where a task was dropped on a
//! foreign thread. So a copy of the socket's descriptor is kept here until the loop has forgotten
//! it: twice as many descriptors, and such a socket closes when the loop reads its letters.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use polling::{Events, Poller};
use socket2::Socket;

use super::{Event, Timeout};

/// The poller of a loop.
pub(super) struct System {
    poller: Arc<Poller>,
    events: RefCell<Events>,
    sources: RefCell<Vec<Option<Source>>>,
}

/// A socket that the poller knows.
struct Source {
    socket: Socket,
    /// Which ways the poller has been asked for.
    asked: [bool; 2],
}

/// Wakes a loop that waits.
pub(crate) struct Bell(Arc<Poller>);

impl Bell {
    /// Wakes the loop.
    pub(crate) fn ring(&self) {
        // A system that cannot even do that will say so to the loop.
        let _ = self.0.notify();
    }
}

impl System {
    pub(super) fn open() -> io::Result<(Self, Bell)> {
        let poller = Arc::new(Poller::new()?);
        let bell = Bell(poller.clone());
        Ok((Self { poller, events: RefCell::default(), sources: RefCell::default() }, bell))
    }

    pub(super) fn add(&self, socket: &Socket, index: u32) -> io::Result<()> {
        let socket = socket.try_clone()?;
        let nothing = polling::Event::none(index as usize);
        // SAFETY: the copy is kept in `sources` until it has been deleted from the poller.
        unsafe { self.poller.add(&socket, nothing) }?;
        let mut sources = self.sources.borrow_mut();
        if sources.len() <= index as usize {
            sources.resize_with(index as usize + 1, || None);
        }
        sources[index as usize] = Some(Source { socket, asked: [false; 2] });
        Ok(())
    }

    pub(super) fn remove(&self, index: u32) {
        let source = self.sources.borrow_mut()[index as usize].take();
        source.into_iter().for_each(|source| self.delete(source));
    }

    fn delete(&self, source: Source) {
        if self.poller.delete(&source.socket).is_err() {
            // The poller may still know it: it must not be closed.
            std::mem::forget(source);
        }
    }

    /// Asks for the ways that tasks wait for.
    pub(super) fn watch(&self, index: u32, wanted: [bool; 2]) -> io::Result<()> {
        let mut sources = self.sources.borrow_mut();
        // Forgotten already, if the wakes of an event did that.
        let Some(Some(source)) = sources.get_mut(index as usize) else { return Ok(()) };
        if source.asked == wanted {
            return Ok(());
        }
        let [readable, writable] = wanted;
        let interest = polling::Event::new(index as usize, readable, writable);
        self.poller.modify(&source.socket, interest)?;
        source.asked = wanted;
        Ok(())
    }

    /// Waits for events, at most `timeout`, and tells each.
    pub(super) fn wait(&self, timeout: Option<Timeout>, tell: impl Fn(Event)) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        events.clear();
        self.poller.wait(&mut events, timeout.map(|timeout| timeout.gap))?;
        for event in events.iter() {
            if let Some(Some(source)) = self.sources.borrow_mut().get_mut(event.key) {
                source.asked = [false; 2];
            }
            // An event of neither way is an error or a hang-up: the calls will tell.
            let neither = !event.readable && !event.writable;
            let ways = [event.readable || neither, event.writable || neither];
            // Never the end: the system says again what it has said, when it is asked again.
            tell(Event { index: event.key as u32, ways, ended: false });
        }
        Ok(())
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let sources = std::mem::take(self.sources.get_mut());
        sources.into_iter().flatten().for_each(|source| self.delete(source));
    }
}
