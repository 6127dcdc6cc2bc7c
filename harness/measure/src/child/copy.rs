//! A program in a file without a name: no kill leaves it behind, and its pages are its own.

use std::fs::File;
use std::io;
use std::path::Path;

use super::Program;

impl Program {
    /// Copies the program that is running into a file without a name beside other files of
    /// `directory`, so that it can be [read anew](Self::read_anew), which the pages of a running
    /// program cannot.
    ///
    /// # Errors
    /// The error that keeps the copy from being written or run: no room, or a place where nothing
    /// may be run. On other systems than Linux it is always [`io::ErrorKind::Unsupported`].
    pub fn copied_to(directory: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        return linux::copy(directory);
        #[cfg(not(target_os = "linux"))]
        Err(io::Error::new(io::ErrorKind::Unsupported, directory.display().to_string()))
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::AsRawFd;
    use std::process::{Command, Stdio};

    use nix::fcntl::{OFlag, open};
    use nix::sys::stat::Mode;

    use super::{File, Path, Program, io};

    pub(super) fn copy(directory: &Path) -> io::Result<Program> {
        let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_CLOEXEC;
        let mut copy = File::from(open(directory, flags, Mode::S_IRWXU)?);
        io::copy(&mut File::open("/proc/self/exe")?, &mut copy)?;
        // Pages that are not on the disk yet are not forgotten.
        copy.sync_all()?;
        // A file that is open for writing cannot be run.
        let held = File::open(format!("/proc/self/fd/{}", copy.as_raw_fd()))?;
        drop(copy);
        let path = format!("/proc/self/fd/{}", held.as_raw_fd());
        // Found out once, and not by every child.
        Command::new(&path)
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(Program { _held: Some(held), ..Program::new(path) })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_no_name_and_runs() {
        let here = tempfile::tempdir().expect("a directory");
        let program = match Program::copied_to(here.path()) {
            Ok(program) => program,
            Err(error) => {
                // A file system without such files, or on which nothing may be run.
                return assert!(error.raw_os_error().is_some(), "{error}");
            }
        };
        assert_eq!(std::fs::read_dir(here.path()).expect("a directory").count(), 0);
        program.read_anew();
        let said =
            std::process::Command::new(&program.path).arg("--list").output().expect("it runs");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains("a_copy_has_no_name_and_runs: test"), "{said}");
    }

    #[test]
    fn where_there_is_no_place_for_it_that_is_said() {
        assert!(Program::copied_to(Path::new("/nowhere/at/all")).is_err());
    }
}
