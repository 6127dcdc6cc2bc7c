//! `tminus report --splice`: the matrix and its picture in a README, whole or not at all.

use std::fs;
use std::path::{self, Path, PathBuf};

use anyhow::{Context as _, ensure};
use tminus_judge::rank::Ranking;
use tminus_measure::files::{Tree, replace};
use tminus_record::Run;
use tminus_reports::data::markdown::{readme, splice};
use tminus_reports::draw;
use tminus_reports::draw::picture::Theme;
use tminus_reports::words::escape::shell;
use tminus_reports::words::sources;

use crate::cli::{self, ReadmePart};

/// Puts the parts that `document` has markers for into it, and the picture into its directory.
pub(super) fn splice(
    arguments: &cli::Report,
    document: &Path,
    run: &Run,
    ranking: &Ranking,
) -> anyhow::Result<()> {
    let at = || document.display().to_string();
    // A link stays a link: what it leads to is replaced.
    let document = fs::canonicalize(document).with_context(at)?;
    ensure!(document.is_file(), "{}: is no plain file", at());
    let old = fs::read_to_string(&document).with_context(at)?;
    let beside = document.parent().unwrap_or(Path::new("/"));
    let directory = directory(arguments, beside)?;
    let below = directory.strip_prefix(beside).unwrap_or(&directory);
    let heat = draw::matrix::draw(ranking, &sources::line(run));
    let mut parts = readme::parts(run, ranking, &heat, &below.to_string_lossy());
    let only = arguments.part.map(|part| match part {
        ReadmePart::Picture => "picture",
        ReadmePart::Matrix => "matrix",
    });
    parts.retain(|part| only.is_none_or(|only| part.name == only));
    let new = splice::splice(&old, &parts, &command(arguments)).with_context(at)?;
    if new.parts.contains(&"picture") {
        // A link below the document could lead anywhere.
        let tree = Tree::open_or_create(beside)?;
        for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let picture = below.join(format!("{}-{word}.svg", heat.name));
            tree.write(&picture, heat.file(theme).as_bytes())?;
        }
    }
    replace(&document, new.text.as_bytes()).with_context(at)
}

/// Returns where the pictures go. The link to them leads from the document downwards, so it holds
/// wherever the repository is.
fn directory(arguments: &cli::Report, beside: &Path) -> anyhow::Result<PathBuf> {
    let Some(asked) = &arguments.pictures else { return Ok(beside.join("pictures")) };
    let near = fs::canonicalize(asked).or_else(|_| path::absolute(asked))?;
    ensure!(
        near.starts_with(beside) && near != *beside,
        "--pictures {}: expected a directory below that of the Markdown file",
        asked.display()
    );
    Ok(near)
}

/// Returns the command to do the same again, without the run, which is of this machine.
fn command(arguments: &cli::Report) -> String {
    let path = |path: &PathBuf| path.display().to_string();
    let mut words = vec!["tminus".to_owned(), "report".into(), "RUN".into()];
    for (flag, value) in [("--splice", &arguments.splice), ("--pictures", &arguments.pictures)] {
        words.extend(value.iter().flat_map(|value| [flag.to_owned(), path(value)]));
    }
    match arguments.part {
        Some(ReadmePart::Picture) => words.extend(["--part".into(), "picture".into()]),
        Some(ReadmePart::Matrix) => words.extend(["--part".into(), "matrix".into()]),
        None => {}
    }
    words.extend(arguments.filters.words());
    words.iter().map(|word| shell(word)).collect::<Vec<_>>().join(" ")
}
