//! Signals as this process found them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::libc;

/// Returns whether `signal` is ignored: `nohup` and the shell of a background job leave it so, and
/// mean it.
pub(crate) fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: no action is set, and the one that there is is written to a place of its size.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroes are a valid value of this struct of integers, and so is what the system
    // writes.
    let action = unsafe { action.assume_init() };
    asked == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Lets a write beyond `ulimit -f` fail instead of ending this process: then it can say so, and
/// clean up. Programs that it starts are not changed.
pub fn outlive_file_limit() {
    // Where the system has no such handler it has no such signal.
    let _ = signal_hook::flag::register(libc::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_told_from_what_is_not() {
        // The standard library ignores it at the start of every program.
        assert!(is_ignored(libc::SIGPIPE));
        assert!(!is_ignored(libc::SIGWINCH));
    }
}
