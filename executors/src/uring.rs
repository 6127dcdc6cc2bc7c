//! Whether this machine lets us use io_uring, asked once and shared by the three executors on it.
//!
//! It makes one ring of two entries (some 40 us) and never reads a setting to guess from: only the
//! kernel knows what its seccomp filter, its limits and its sysctl add up to.

use std::io;
use std::sync::OnceLock;

/// Where Linux 6.6 and newer switch io_uring off.
const SWITCH: &str = "/proc/sys/kernel/io_uring_disabled";

/// Returns whether a ring can be made.
///
/// # Errors
/// The reason why not, with the way out.
pub(crate) fn available() -> Result<(), String> {
    static PROBE: OnceLock<Result<(), String>> = OnceLock::new();
    PROBE
        .get_or_init(|| {
            let switch = || std::fs::read_to_string(SWITCH).unwrap_or_default();
            io_uring::IoUring::new(2).map(drop).map_err(|error| reason(&error, switch().trim()))
        })
        .clone()
}

/// Returns what to tell the user of `error`, while [`SWITCH`] reads `switch`.
fn reason(error: &io::Error, switch: &str) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied if matches!(switch, "1" | "2") => {
            "io_uring is switched off: `sysctl -w kernel.io_uring_disabled=0`".into()
        }
        io::ErrorKind::PermissionDenied => {
            "io_uring is forbidden, as in most containers: allow it in the seccomp profile".into()
        }
        io::ErrorKind::OutOfMemory => {
            "io_uring may lock too little memory: raise `ulimit -l`".into()
        }
        io::ErrorKind::Unsupported => {
            "the kernel has no io_uring: Linux 5.11 or newer is needed".into()
        }
        _ => format!("io_uring cannot be set up: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_names_its_way_out() {
        // EPERM, ENOSYS, ENOMEM, EMFILE.
        let told = |code, switch| reason(&io::Error::from_raw_os_error(code), switch);
        assert!(told(1, "2").contains("kernel.io_uring_disabled=0"));
        assert!(told(1, "0").contains("seccomp"));
        assert!(told(38, "").contains("Linux 5.11"));
        assert!(told(12, "0").contains("ulimit -l"));
        assert!(told(24, "0").contains("cannot be set up"));
    }
}
