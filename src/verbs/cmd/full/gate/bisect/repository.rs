//! A bare repository of our own, in which `git bisect` runs and from which cargo takes the crate.
//! It borrows the objects of the user's repository, so nothing is written there: no file, index,
//! HEAD, reference or state of a bisect.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};
use tminus_measure::git;
use tminus_record::text::escape;

use super::step::Outcome;
use crate::cli;

/// The repository in which commits are looked for.
pub(super) struct Repository {
    path: PathBuf,
    /// Where cargo finds it.
    pub(super) url: String,
    pub(super) good: String,
    pub(super) bad: String,
    /// Another bisect of the crate would change the state of this one.
    _lock: File,
}

/// What git knows in the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The first bad commit.
    Found(String),
    /// It is one of these: the others could not be judged.
    Among(Vec<String>),
}

impl Repository {
    /// Makes the repository for `--path`, with its good and its bad revision.
    ///
    /// # Errors
    /// A directory in no repository; revisions that it lacks, or that are not in this order.
    pub(super) fn open(arguments: &cli::Bisect) -> anyhow::Result<Self> {
        let cli::Bisect { path: theirs, name, good, bad, out, .. } = arguments;
        let place = theirs.display();
        let ask =
            |words: &[&str]| git::ask(theirs, words).map_err(|why| anyhow!("{place}: git: {why}"));
        let revision = |name: &str| {
            let commit = format!("{name}^{{commit}}");
            let told = ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]);
            told.map(|it| it.trim().to_owned())
                .with_context(|| format!("{}: no revision of {place}", escape(name)))
        };
        ensure!(theirs.is_dir(), "{place}: no such directory");
        let objects = ask(&["rev-parse", "--git-path", "objects"])?;
        let objects = theirs.join(objects.trim_end_matches('\n'));
        let objects = fs::canonicalize(&objects).with_context(|| objects.display().to_string())?;
        let (good, bad) = (revision(good)?, revision(bad)?);
        let path = out.join("builds").join("bisect").join(name);
        let at = || path.display().to_string();
        fs::create_dir_all(&path).with_context(at)?;
        let path = fs::canonicalize(&path).with_context(at)?;
        let lock = lock(&path)?;
        let own = Self { url: url(&path), path, good, bad, _lock: lock };
        own.ask(&["init", "--quiet", "--bare"])?;
        let objects = objects.to_str().filter(|it| !it.contains(['\n', '"']));
        let objects = objects.context("a path of a repository that git cannot name")?;
        fs::write(own.path.join("objects/info/alternates"), format!("{objects}\n"))?;
        own.ask(&["update-ref", "refs/heads/good", &own.good])?;
        own.ask(&["update-ref", "refs/heads/bad", &own.bad])?;
        own.ask(&["symbolic-ref", "HEAD", "refs/heads/bad"])?;
        Ok(own)
    }

    /// Begins anew.
    pub(super) fn start(&self) -> anyhow::Result<()> {
        self.ask(&["bisect", "start", "--no-checkout", &self.bad, &self.good]).map(drop)
    }

    /// Returns the commit that git proposes.
    pub(super) fn proposed(&self) -> anyhow::Result<String> {
        Ok(self.ask(&["rev-parse", "--verify", "BISECT_HEAD"])?.trim().to_owned())
    }

    /// Tells git of the commit that it proposed.
    ///
    /// # Errors
    /// What git says against it, unless the search is over.
    pub(super) fn mark(&self, outcome: &Outcome) -> anyhow::Result<()> {
        let word = match outcome {
            Outcome::Good(_) => "good",
            Outcome::Bad(_) => "bad",
            Outcome::Open | Outcome::Skipped(_) => "skip",
        };
        match self.ask(&["bisect", word]) {
            // So it also ends where only skipped ones are left.
            Err(why) if self.ended()?.is_none() => Err(why),
            Err(_) | Ok(_) => Ok(()),
        }
    }

    /// Returns what git knows, once it knows.
    pub(super) fn ended(&self) -> anyhow::Result<Option<Ended>> {
        Ok(read(&self.ask(&["bisect", "log"])?))
    }

    /// Returns the commit before this one; the good revision where there is none.
    pub(super) fn parent(&self, commit: &str) -> String {
        let told = self.ask(&["rev-parse", "--verify", &format!("{commit}^")]);
        told.map_or_else(|_| self.good.clone(), |it| it.trim().to_owned())
    }

    /// Returns a commit in a line, safe to show: `4a1f0e2 2026-09-21 Wake less`.
    pub(super) fn named(&self, commit: &str) -> String {
        let words = ["show", "--no-patch", "--date=short", "--format=%h %cd %s", commit];
        escape(self.ask(&words).unwrap_or_else(|_| commit.to_owned()).trim())
    }

    fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        // Some configurations let git find no bare repository by itself.
        let words = [&["--git-dir=."], words].concat();
        git::ask(&self.path, &words).map_err(|why| anyhow!("git: {why}"))
    }
}

/// Keeps other bisects of the crate waiting.
fn lock(path: &Path) -> anyhow::Result<File> {
    let file = path.with_extension("lock");
    let at = || file.display().to_string();
    let open = File::create(&file).with_context(at)?;
    if matches!(open.try_lock(), Err(fs::TryLockError::WouldBlock)) {
        crate::cmd::say(format_args!("another bisect of this crate is at work: waiting"));
        open.lock().with_context(at)?;
    }
    Ok(open)
}

/// Returns the address of a directory.
fn url(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let letter = |byte: &u8| match byte {
        b'/' | b'.' | b'_' | b'-' => char::from(*byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let path: String = path.as_os_str().as_bytes().iter().map(letter).collect();
    format!("file://{path}")
}

/// Reads the log of a bisect.
fn read(log: &str) -> Option<Ended> {
    let commits = |start: &str| -> Vec<String> {
        let lines = log.lines().filter_map(|line| line.strip_prefix(start)?.split_once(']'));
        lines.map(|(commit, _)| commit.to_owned()).collect()
    };
    let found = commits("# first bad commit: [").pop().map(Ended::Found);
    let among = commits("# possible first bad commit: [");
    found.or_else(|| (!among.is_empty()).then_some(Ended::Among(among)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_how_it_ended() {
        let log = "git bisect start\n# bad: [bbb] two\ngit bisect bad bbb\n";
        assert_eq!(read(log), None);
        let found = format!("{log}# first bad commit: [abc] it [sic]\n");
        assert_eq!(read(&found), Some(Ended::Found("abc".into())));
        let among = format!(
            "{log}# only skipped commits left to test\n# possible first bad commit: [a] x\n\
             # possible first bad commit: [b] y\n"
        );
        assert_eq!(read(&among), Some(Ended::Among(vec!["a".into(), "b".into()])));
    }

    #[test]
    fn an_address_holds_no_letter_with_a_meaning() {
        assert_eq!(url(Path::new("/a b/c#d%?\"")), "file:///a%20b/c%23d%25%3F%22");
    }
}
