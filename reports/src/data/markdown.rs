//! The report as Markdown: the matrix, then a table for each workload and size; and the parts that
//! a README can take of it.

pub mod readme;
pub mod splice;

use tminus_judge::rank::{Group, Ranking, Row, Standing};
use tminus_judge::verdict::Limits;
use tminus_record::Run;

use crate::findings;
use crate::model::matrix::{Column, Entry, Matrix, MatrixRow};
use crate::words::escape::markdown as text;
use crate::words::number::{self, Unit};
use crate::words::{self, sources};

/// Returns the whole report: the command, the matrix, the tables, what failed and what was left
/// out.
#[must_use]
pub fn report(run: &Run, ranking: &Ranking) -> String {
    let mut out = String::from("# Which async executor is faster\n\n");
    out += &matrix(run, ranking);
    for group in &ranking.groups {
        out.push('\n');
        table(&mut out, group);
    }
    if !ranking.groups.is_empty() {
        out += &format!("\n{}\n", marks(&ranking.limits));
    }
    crossings(&mut out, ranking);
    scaling(&mut out, ranking);
    reasons(&mut out, ranking);
    out
}

/// Returns the matrix of slowdowns with the command that made it.
#[must_use]
pub fn matrix(run: &Run, ranking: &Ranking) -> String {
    let mut out = format!("{}\n\n", made_by(run));
    table_of(&mut out, &Matrix::of(ranking));
    out
}

/// Writes the table of slowdowns, and how to read it.
fn table_of(out: &mut String, matrix: &Matrix) {
    heads(out, matrix);
    matrix.rows.iter().for_each(|row| slowdowns(out, row));
    how_to_read(out, matrix);
}

fn heads(out: &mut String, matrix: &Matrix) {
    // A line break keeps columns narrow; GitHub allows it inside a table. No head can stand over
    // several columns, so a category stands over its first.
    let head = |column: &Column| format!("{}<br>{}", text(&column.workload), text(&column.params));
    let mut heads: Vec<String> = matrix.columns.iter().map(head).collect();
    for span in matrix.categories() {
        let category = text(&matrix.columns[span.start].category);
        heads[span.start] = format!("*{category}:*<br>{}", heads[span.start]);
    }
    let last = ["geometric<br>mean", "place"].map(String::from);
    line(out, [String::from("executor")].into_iter().chain(heads).chain(last));
    let rule = std::iter::once("---").chain(std::iter::repeat_n("---:", matrix.columns.len() + 2));
    line(out, rule.map(String::from));
}

fn slowdowns(out: &mut String, row: &MatrixRow) {
    let entries = row.entries.iter().map(|entry| match entry {
        Entry::Ratio { factor, standing, .. } => marked(&number::factor(factor), Some(*standing)),
        Entry::Reason(_) | Entry::Missing => "–".into(),
    });
    let mean = row.mean.map_or_else(|| "–".into(), |mean| format!("{}×", number::plain(mean)));
    let last = [mean, words::place(row.place)];
    line(out, [text(&row.label())].into_iter().chain(entries).chain(last));
}

fn how_to_read(out: &mut String, matrix: &Matrix) {
    let count = words::count(matrix.common.len() as u64, "column");
    let how_to_read = format!(
        "Slowdown against the fastest executor of each column. {} – was not measured or has no ratio. The \
         geometric mean is over the {count} that the executors have in common; places that overlap cannot \
         be told apart.",
        marks(&matrix.limits)
    );
    let notes = [Some(how_to_read), findings::flips(matrix), findings::below_one(matrix).map(text)];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    *out += &format!("\n{}\n", notes.join(" "));
    suspects(out, &matrix.suspicions);
}

/// Writes the suspicions against figures, below the table that shows them.
fn suspects(out: &mut String, suspicions: &[String]) {
    if !suspicions.is_empty() {
        let all: String = suspicions.iter().map(|it| format!("- {}\n", text(it))).collect();
        *out += &format!("\n{} is suspect:\n\n{all}", text(words::SUSPECT));
    }
}

/// Formats a factor with the mark of its standing.
fn marked(factor: &str, standing: Option<Standing>) -> String {
    match standing {
        Some(Standing::Best) => format!("**{factor}**"),
        Some(Standing::CannotTell) => format!("{factor}?"),
        Some(Standing::Slower) | None => factor.into(),
    }
}

/// Explains the marks.
fn marks(limits: &Limits) -> String {
    format!(
        "**Bold** is {}, ? is {}, the others are {}. In full: {}.",
        words::standing(Standing::Best),
        words::standing(Standing::CannotTell),
        words::standing(Standing::Slower),
        findings::standing_note(limits)
    )
}

fn made_by(run: &Run) -> String {
    let provenance = &run.header.provenance;
    let command: Vec<String> = provenance.command.iter().map(|part| text(part)).collect();
    format!(
        "Made by <code>{}</code> on {}, {}.",
        command.join(" "),
        text(&sources::cpu(&provenance.machine)),
        sources::rounds(run),
    )
}

fn table(out: &mut String, group: &Group) {
    let metric = words::metric(&group.metric, &group.op);
    *out += &format!("## {}\n\n", text(&words::group(group)));
    let heads = ["rank", "executor", &metric, "95 % interval", "factor", "rounds"];
    line(out, heads.map(text).into_iter());
    line(out, ["---:", "---", "---:", "---:", "---:", "---:"].map(String::from).into_iter());
    let unit = Unit::of(&group.metric);
    for row in group.rows.iter().filter(|row| row.median.is_some()) {
        line(out, cells(row, unit).into_iter());
    }
}

fn cells(row: &Row, unit: Unit) -> [String; 6] {
    let median = row.median.unwrap_or(f64::NAN);
    let factor = row.ratio.as_ref().map_or_else(String::new, number::factor);
    let mark = if row.suspicions.is_empty() { "" } else { words::SUSPECT };
    let name = text(format!("{} {mark}", words::executor(&row.cell)).trim_end());
    [
        words::rank(row),
        name,
        number::value(unit, median, row.interval),
        row.interval.map_or_else(String::new, |ends| number::interval(unit, median, ends)),
        marked(&factor, row.standing),
        row.rounds.to_string(),
    ]
}

/// Crossings of one workload and parameter that are said.
const MOST_CROSSINGS: usize = 5;

/// Writes which executors change places as a parameter grows.
fn crossings(out: &mut String, ranking: &Ranking) {
    if ranking.crossings.is_empty() {
        return;
    }
    *out += &format!("\n## Crossings\n\n{}.\n\n", words::capital(findings::CROSSINGS_NOTE));
    for all in &ranking.crossings {
        let subject = findings::crossings_subject(all);
        for told in findings::crossings_told(all, MOST_CROSSINGS) {
            *out += &format!("- {}\n", text(&format!("{subject}: {told}")));
        }
    }
}

/// Writes what more workers do to executors.
fn scaling(out: &mut String, ranking: &Ranking) {
    let Some(first) = ranking.scalings.first() else { return };
    *out += &format!("\n## Scaling\n\n{}.\n\n", words::capital(&findings::scaling_note(first)));
    for scaling in &ranking.scalings {
        let subject = words::subject(&scaling.title, &scaling.params);
        for scaled in &scaling.executors {
            let told = format!("{subject}: {}", findings::scaling_told(scaled));
            *out += &format!("- {}\n", text(&told));
        }
    }
}

fn reasons(out: &mut String, ranking: &Ranking) {
    for (which, title) in [("failed", "Failed"), ("excluded", "Left out")] {
        let all = words::unmeasured(ranking, which).map(|(row, reason)| {
            format!("- {}: {}\n", text(row.cell.id().as_str()), text(&reason))
        });
        let all: String = all.collect();
        if !all.is_empty() {
            *out += &format!("\n## {title}\n\n{all}");
        }
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    *out += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
}

#[cfg(test)]
mod tests {
    use crate::testing::fixture;

    #[test]
    fn the_matrix_of_a_readme() {
        insta::assert_snapshot!(super::matrix(&fixture::run(), &fixture::ranking()));
    }

    #[test]
    fn every_table_row_has_as_many_cells_as_its_head() {
        for ranking in [fixture::ranking(), fixture::hostile()] {
            let text = super::report(&fixture::run_of(&ranking), &ranking);
            let mut columns = None;
            for line in text.lines() {
                let bars = line.replace("\\|", "").matches('|').count();
                if bars == 0 {
                    columns = None;
                } else {
                    assert_eq!(bars, *columns.get_or_insert(bars), "{line}");
                }
            }
            assert!(!text.contains("<script"), "{text}");
        }
    }
}
