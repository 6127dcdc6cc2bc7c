//! The files of criterion 0.3 to 0.8: `GROUP/FUNCTION/VALUE/BASELINE/benchmark.json` and
//! `sample.json`, where a benchmark may lack its function, its value, or both.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tminus_contract::error::{Error, Result};
use tminus_contract::sample::Sample;
use tminus_record::text::escape;

use super::name::Name;

/// Criterion's own names end at 64 bytes; groups, functions and values are directories.
const MAX_DEPTH: usize = 3;
const MAX_ENTRIES: usize = 200_000;
const MAX_BENCHMARKS: usize = 10_000;
const MAX_NAME_FILE_BYTES: u64 = 64 << 10;
const MAX_SAMPLE_FILE_BYTES: u64 = 16 << 20;
/// Above it a float no longer holds each whole number.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// The measurements of one benchmark by criterion.
#[derive(Default)]
pub(super) struct Measured {
    /// When the file was written.
    pub(super) ended_unix_ns: u64,
    /// At least one.
    pub(super) samples: Vec<Sample>,
}

/// Criterion's `SavedSample`.
#[derive(Deserialize)]
struct Saved {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// Refuses what names no directory beside criterion's own.
///
/// # Errors
/// [`Error::Usage`].
pub(super) fn check_baseline(baseline: &str) -> Result<()> {
    let parts: Vec<Component<'_>> = Path::new(baseline).components().collect();
    match parts[..] {
        [Component::Normal(name)] if name == baseline => Ok(()),
        _ => Err(Error::Usage(format!(
            "`{}` is no name of a baseline, as `cargo bench -- --save-baseline NAME` takes it",
            baseline.escape_debug()
        ))),
    }
}

/// Returns the directories below `root` that hold a benchmark's `baseline`, sorted.
///
/// # Errors
/// [`Error::File`]; [`Error::Usage`] if there is none, or far more than benchmarks make.
pub(super) fn benchmarks(root: &Path, baseline: &str) -> Result<Vec<PathBuf>> {
    let shown = || escape(&root.display().to_string());
    let (mut found, mut entries, mut is_other) = (Vec::new(), 0, false);
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let failed = |cause| Error::File { path: folder.clone(), cause };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            entries += 1;
            if entries > MAX_ENTRIES || found.len() > MAX_BENCHMARKS {
                return Err(Error::Usage(format!("{}: too large for criterion's", shown())));
            }
            is_other |= Path::new(&entry.file_name()).extension().is_some_and(|it| it == "cbor");
            // A link is no directory here.
            if !entry.file_type().map_err(failed)?.is_dir() {
                continue;
            }
            let path = entry.path();
            let holds = || fs::symlink_metadata(path.join("benchmark.json")).is_ok();
            if depth == 0 || entry.file_name() != baseline || !holds() {
                folders.push((path, depth + 1));
            } else if depth > MAX_DEPTH {
                let path = escape(&path.display().to_string());
                return Err(Error::Usage(format!(
                    "{path}: deeper than criterion writes; is {} its directory?",
                    shown()
                )));
            } else {
                found.push(path);
            }
        }
    }
    if found.is_empty() && is_other {
        return Err(Error::Usage(format!(
            "{}: holds what `cargo criterion` measured, whose files (*.cbor) cannot be read; measure with \
             `cargo bench`",
            shown()
        )));
    }
    if found.is_empty() {
        return Err(Error::Usage(format!(
            "{}: no benchmark of criterion's in there (expected */{}/benchmark.json)",
            shown(),
            escape(baseline)
        )));
    }
    found.sort();
    Ok(found)
}

/// Reads one of [`benchmarks`], which lies below `root`: its name and what was measured. Where its
/// name cannot be read it is called as its directory is.
///
/// # Errors
/// [`Error::File`]; [`Error::Foreign`] for what is not as criterion writes it.
pub(super) fn read(root: &Path, directory: &Path) -> (Name, Result<Measured>) {
    match name(directory) {
        Ok(name) => (name, measured(directory)),
        Err(error) => {
            let below = directory.parent().and_then(|it| it.strip_prefix(root).ok());
            (Name::of_directory(below.unwrap_or(directory)), Err(error))
        }
    }
}

fn name(directory: &Path) -> Result<Name> {
    let file = directory.join("benchmark.json");
    let (name, _) = json::<Name>(&file, MAX_NAME_FILE_BYTES)?;
    name.check().map_err(|expected| foreign(&file, 1, expected))?;
    Ok(name)
}

fn measured(directory: &Path) -> Result<Measured> {
    let file = directory.join("sample.json");
    let (saved, ended_unix_ns) = json::<Saved>(&file, MAX_SAMPLE_FILE_BYTES)?;
    let samples = samples(&saved).map_err(|expected| foreign(&file, 1, expected))?;
    Ok(Measured { ended_unix_ns, samples })
}

fn samples(saved: &Saved) -> std::result::Result<Vec<Sample>, String> {
    let Saved { iters, times } = saved;
    if iters.is_empty() || iters.len() != times.len() {
        return Err(format!(
            "expected as many times as iterations, at least one; got {} and {}",
            times.len(),
            iters.len()
        ));
    }
    let sample = |(iterations, time): (&f64, &f64)| {
        if iterations.fract() != 0.0 {
            return Err(format!("expected whole iterations, got {iterations}"));
        }
        let iterations = whole(*iterations, "iterations")?;
        let wall_ns = whole(time.round(), "nanoseconds")?;
        Ok(Sample { ops: iterations, iterations, wall_ns, ..Sample::default() })
    };
    iters.iter().zip(times).map(sample).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both are ruled out")]
fn whole(number: f64, what: &str) -> std::result::Result<u64, String> {
    if (1.0..=MAX_WHOLE).contains(&number) {
        Ok(number as u64)
    } else {
        Err(format!("expected {what} from 1 to 2^53, got {number}"))
    }
}

/// Returns a file's contents, and when it was written.
fn json<T: DeserializeOwned>(path: &Path, max_bytes: u64) -> Result<(T, u64)> {
    let failed = |cause| Error::File { path: shown(path), cause };
    let meta = fs::symlink_metadata(path).map_err(failed)?;
    if !meta.is_file() {
        return Err(foreign(path, 1, "expected a plain file, no link".into()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(foreign(path, 1, format!("expected at most {} KiB", max_bytes >> 10)));
    }
    let value = serde_json::from_slice(&bytes).map_err(|error| {
        foreign(path, error.line(), format!("expected what criterion writes: {error}"))
    })?;
    let written = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let written_ns = written.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    Ok((value, written_ns))
}

fn foreign(path: &Path, line: usize, expected: String) -> Error {
    Error::Foreign { path: shown(path), line, expected: escape(&expected) }
}

/// Returns the path, safe to show: names of directories come from anywhere.
pub(super) fn shown(path: &Path) -> PathBuf {
    escape(&path.display().to_string()).into()
}
