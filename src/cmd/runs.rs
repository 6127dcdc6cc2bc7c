//! Run files as a user names them: a file, a directory that holds some, or `latest`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tminus_harness::store::{self, Run, TornLine};

/// The run file that `path` means; `latest` is looked for in `out`.
///
/// # Errors
/// Where there is none, with how to make one.
pub(super) fn find(path: &Path, out: &Path) -> anyhow::Result<PathBuf> {
    let path = if path == Path::new("latest") && !path.exists() { out } else { path };
    let kind = fs::metadata(path);
    match kind {
        Ok(kind) if kind.is_dir() => newest(path),
        Ok(_) => Ok(path.into()),
        Err(_) if path == out => {
            bail!("{}: no run yet; make one with `{} run`", path.display(), program())
        }
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Reads the run file that `path` means, and says on stderr if its last line was torn.
///
/// # Errors
/// As [`find`], and what is wrong with the file.
pub(super) fn read(path: &Path, out: &Path) -> anyhow::Result<(PathBuf, Run)> {
    let path = find(path, out)?;
    let (run, torn) = store::read(&path)?;
    say_torn(&path, torn);
    Ok((path, run))
}

/// Says on stderr that the last line was torn.
pub(super) fn say_torn(path: &Path, torn: Option<TornLine>) {
    if let Some(TornLine { line, bytes }) = torn {
        super::say(format_args!(
            "{}, line {line}: torn by a kill, its {bytes} bytes dropped",
            path.display()
        ));
    }
}

/// The program as the user typed it, for commands that are printed to be typed.
pub(super) fn program() -> String {
    std::env::args_os()
        .next()
        .map_or_else(|| "tminus".into(), |word| word.to_string_lossy().into_owned())
}

/// The run file that was written to last.
fn newest(directory: &Path) -> anyhow::Result<PathBuf> {
    let at = || directory.display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).with_context(at)? {
        let path = entry.with_context(at)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            // A pipe of such a name would be waited for.
            let known = fs::metadata(&path).ok().filter(fs::Metadata::is_file);
            let modified = known.and_then(|known| known.modified().ok());
            found.extend(modified.map(|modified| (modified, path)));
        }
    }
    let newest = found.into_iter().max().map(|(_, path)| path);
    newest.with_context(|| format!("{}: no run file (*.jsonl) in this directory", at()))
}
