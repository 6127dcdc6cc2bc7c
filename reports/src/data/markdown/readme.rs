//! The parts of a README: the picture of the matrix for light and dark, and the matrix as a
//! table.

use tminus_contract::Family;
use tminus_judge::rank::Ranking;
use tminus_record::Run;

use super::splice::Part;
use super::{heads, how_to_read, line, slowdowns, text};
use crate::draw::picture::Picture;
use crate::model::matrix::{Matrix, MatrixRow};
use crate::words::escape::{xml, xml_within};
use crate::words::{number, sources};

/// Returns the parts that a README can have markers for: `picture`, with the two files of `heat` in
/// the directory `pictures` as seen from the README, and `matrix`.
#[must_use]
pub fn parts(run: &Run, ranking: &Ranking, heat: &Picture, pictures: &str) -> Vec<Part> {
    vec![
        Part { name: "picture", text: picture(run, heat, pictures) },
        Part { name: "matrix", text: matrix(run, ranking) },
    ]
}

/// Characters of the text beside a picture: a finding that names many executors, and what is drawn.
const MAX_ALT: usize = 1_000;

/// Returns the picture for both themes: browsers take the file that goes with theirs; GitHub knows
/// `<picture>` too.
fn picture(run: &Run, heat: &Picture, pictures: &str) -> String {
    let link = |theme: &str| xml(&url(&format!("{pictures}/{}-{theme}.svg", heat.name)));
    format!(
        "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{}\">\n  \
         <img alt=\"{}\" src=\"{}\">\n</picture>\n\n*{}.*\n",
        link("dark"),
        xml_within(&format!("{}: {}", heat.title, heat.subtitle), MAX_ALT),
        link("light"),
        text(&sources::line(run)),
    )
}

fn matrix(run: &Run, ranking: &Ranking) -> String {
    let mut out = format!("*{}.", text(&sources::line(run)));
    if let Some(twin) = &ranking.twin {
        let id = text(twin.cell.id().as_str());
        out += &format!(" A/A, {id} run twice: {}.", number::change(&twin.ratio));
    }
    out += "*\n\n";
    table(&mut out, &Matrix::of(ranking));
    out
}

/// Writes the executors that people ship first, and the hand-written loops below them, for scale.
fn table(out: &mut String, matrix: &Matrix) {
    let (loops, shipped): (Vec<&MatrixRow>, Vec<&MatrixRow>) =
        matrix.rows.iter().partition(|row| row.family == Family::Hand);
    heads(out, matrix);
    shipped.iter().for_each(|row| slowdowns(out, row));
    if !loops.is_empty() {
        let blanks = std::iter::repeat_n(String::new(), matrix.columns.len() + 2);
        line(out, std::iter::once(String::from("*hand-written, for scale:*")).chain(blanks));
    }
    loops.iter().for_each(|row| slowdowns(out, row));
    how_to_read(out, matrix);
}

/// Formats a path in a link: what means something in URLs or in `srcset` is written as bytes.
fn url(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let byte = |byte: u8| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw;
    use crate::testing::fixture;

    #[test]
    fn what_a_readme_gets() {
        let (run, mut ranking) = (fixture::run(), fixture::ranking());
        ranking.groups.truncate(3);
        let heat = draw::matrix::draw(&ranking, &sources::line(&run));
        let parts = parts(&run, &ranking, &heat, "docs/my pictures");
        let all: Vec<String> =
            parts.into_iter().map(|part| format!("{}:\n{}", part.name, part.text)).collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn hostile_names_stay_text() {
        let ranking = fixture::hostile();
        let run = fixture::run_of(&ranking);
        let heat = draw::matrix::draw(&ranking, &sources::line(&run));
        for part in parts(&run, &ranking, &heat, "\"><script>") {
            let bad =
                ["<script", "\u{1b}", "\u{202e}"].iter().find(|bad| part.text.contains(**bad));
            assert_eq!(bad, None, "{}", part.text);
        }
    }
}
