//! What a tool said, read from what it printed and how it exited.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a tool says of the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Slower.
    Regressed,
    /// Faster.
    Improved,
    /// No change that matters.
    Same,
    /// The tool itself says that it cannot tell.
    Open,
    /// The tool holds the machine unfit, and gives no verdict.
    Refused,
    /// It ended in another way than its documentation gives.
    Failed,
}

/// A verdict and the change that the tool estimates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// Slower, faster, neither.
    pub verdict: Verdict,
    /// Positive is slower.
    pub change_percent: Option<f64>,
}

impl Said {
    /// Without a number.
    pub fn only(verdict: Verdict) -> Self {
        Self { verdict, change_percent: None }
    }

    fn by(is_significant: bool, change_percent: f64) -> Self {
        let verdict = match is_significant {
            false => Verdict::Same,
            true if change_percent > 0.0 => Verdict::Regressed,
            true => Verdict::Improved,
        };
        Self { verdict, change_percent: Some(change_percent) }
    }
}

/// criterion: the sentence below its figures; the change is that of the mean, as it stores it.
pub fn criterion(printed: &str, estimates: Option<&Value>) -> Said {
    let verdict = if printed.contains("Performance has regressed.") {
        Verdict::Regressed
    } else if printed.contains("Performance has improved.") {
        Verdict::Improved
    } else if printed.contains("Change within noise threshold.")
        || printed.contains("No change in performance detected.")
    {
        Verdict::Same
    } else {
        Verdict::Failed
    };
    let change = estimates.and_then(|it| it["mean"]["point_estimate"].as_f64());
    Said { verdict, change_percent: change.map(|change| change * 100.0) }
}

/// tango: a star behind the change is its mark of significance.
pub fn tango(printed: &str, cell: &str) -> Said {
    let line = printed.lines().find(|line| line.starts_with(cell));
    let word = line.and_then(|line| line.split_whitespace().last()).unwrap_or_default();
    let number = word.trim_end_matches('*').trim_end_matches('%');
    number
        .parse()
        .map_or(Said::only(Verdict::Failed), |change| Said::by(word.ends_with('*'), change))
}

/// zenbench, two closures in one program: its `significant=` in the output for programs.
pub fn zenbench_group(printed: &str) -> Said {
    let line = printed.lines().find(|line| line.contains("benchmark=candidate"));
    let field = |name: &str| {
        let words = line.into_iter().flat_map(|line| line.split([' ', '|']));
        words.filter_map(|word| word.strip_prefix(name)).next()
    };
    let change = field("vs_base_pct=").and_then(|text| text.parse().ok());
    match (field("significant="), change) {
        (Some(significant), Some(change)) => Said::by(significant == "true", change),
        _ => Said::only(Verdict::Failed),
    }
}

/// zenbench when it confirms: exit 0 no regression, 1 a regression, 2 neither, with a reason in
/// `printed`.
pub fn zenbench_confirmed(code: Option<i32>, printed: &str) -> Said {
    let has = |words: &[&str]| words.iter().any(|word| printed.contains(word));
    let verdict = match code {
        Some(0) if has(&["verdict=improvement", " improvement ("]) => Verdict::Improved,
        Some(0) => Verdict::Same,
        Some(1) => Verdict::Regressed,
        Some(2) if has(&["INVALID c", "UNCONFIRMED", "cannot promote"]) => Verdict::Refused,
        Some(2) if has(&["verdict=inconclusive", " inconclusive ("]) => Verdict::Open,
        _ => Verdict::Failed,
    };
    let after = |mark: &str| printed.split_once(mark)?.1.split_once('%')?.0.trim().parse().ok();
    Said { verdict, change_percent: after("estimate=").or_else(|| after("::only: ")) }
}

/// `zenbench pair`: its exit, and the row of the candidate in the table that it prints.
pub fn zenbench_pair(code: Option<i32>, printed: &str) -> Said {
    let row = printed.lines().find(|line| line.contains(",\"candidate\","));
    let columns: Vec<&str> = row.unwrap_or_default().split(',').collect();
    let word = columns.get(11).map_or("", |word| word.trim_matches('"'));
    let verdict = match (code, word) {
        (Some(0), "improvement") => Verdict::Improved,
        (Some(0), "equivalent" | "non_inferior") => Verdict::Same,
        (Some(1), "regression") => Verdict::Regressed,
        (Some(2), "invalid") => Verdict::Refused,
        (Some(2), "inconclusive") => Verdict::Open,
        _ => Verdict::Failed,
    };
    Said { verdict, change_percent: columns.get(4).and_then(|text| text.parse().ok()) }
}

/// `tminus gate --json` on one cell.
pub fn gate(printed: &str) -> Said {
    let Ok(said) = serde_json::from_str::<Value>(printed) else {
        return Said::only(Verdict::Failed);
    };
    let cell = &said["cells"][0];
    let verdict = match (said["end"].as_str(), cell["verdict"].as_str()) {
        (Some("unfit"), _) => Verdict::Refused,
        (_, Some("regressed")) => Verdict::Regressed,
        (_, Some("improved")) => Verdict::Improved,
        (_, Some("equivalent")) => Verdict::Same,
        (Some(_), Some(_)) => Verdict::Open,
        _ => Verdict::Failed,
    };
    let ratio = cell["judged"]["ratio"]["median"].as_f64();
    Said { verdict, change_percent: ratio.map(|ratio| (ratio - 1.0) * 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criterion_says_it_in_a_sentence() {
        let estimates = serde_json::json!({"mean": {"point_estimate": 0.025}});
        let said = criterion("x\n   Performance has regressed.\n", Some(&estimates));
        assert_eq!(said, Said { verdict: Verdict::Regressed, change_percent: Some(2.5) });
        assert_eq!(criterion("Change within noise threshold.", None).verdict, Verdict::Same);
        assert_eq!(criterion("", None).verdict, Verdict::Failed);
    }

    #[test]
    fn tango_marks_with_a_star() {
        let line = "yield_many      [ 560.1 us ... 571.2 us ]      +1.98%*\n";
        let regressed = Said { verdict: Verdict::Regressed, change_percent: Some(1.98) };
        assert_eq!(tango(line, "yield_many"), regressed);
        assert_eq!(tango(&line.replace('*', ""), "yield_many").verdict, Verdict::Same);
        assert_eq!(tango(&line.replace('+', "-"), "yield_many").verdict, Verdict::Improved);
        assert_eq!(tango("error", "yield_many").verdict, Verdict::Failed);
    }

    #[test]
    fn zenbench_says_whether_it_is_significant() {
        let line =
            "group=two benchmark=candidate | vs_base_pct=+3.10 ci=[+3.0% +3.2%] significant=true";
        assert_eq!(zenbench_group(line).verdict, Verdict::Regressed);
        let line = line.replace("true", "false");
        assert_eq!(
            zenbench_group(&line),
            Said { verdict: Verdict::Same, change_percent: Some(3.1) }
        );
        assert_eq!(zenbench_group("").verdict, Verdict::Failed);
    }

    #[test]
    fn zenbench_confirms_by_its_exit() {
        let line = "process_comparison estimate=+3.1234% interval=[+3%,+4%] verdict=regression";
        let regressed = Said { verdict: Verdict::Regressed, change_percent: Some(3.1234) };
        assert_eq!(zenbench_confirmed(Some(1), line), regressed);
        let line =
            "  one-x::only: -0.5000% [-1%, +2%] inconclusive (method)\n INCONCLUSIVE/INVALID: x";
        let open = Said { verdict: Verdict::Open, change_percent: Some(-0.5) };
        assert_eq!(zenbench_confirmed(Some(2), line), open);
        let line = "[zenbench] INVALID confirmation: flagged resource observations";
        assert_eq!(zenbench_confirmed(Some(2), line).verdict, Verdict::Refused);
        assert_eq!(zenbench_confirmed(Some(2), "unknown option").verdict, Verdict::Failed);
        assert_eq!(zenbench_confirmed(None, "").verdict, Verdict::Failed);
    }

    #[test]
    fn zenbench_pair_says_it_in_a_row() {
        let row = |word| {
            format!(
                "\"x\",\"candidate\",5,5,4.14,0.1,\"fixed_block\",true,true,-1,2,\"{word}\",1,1,0"
            )
        };
        let regressed = Said { verdict: Verdict::Regressed, change_percent: Some(4.14) };
        assert_eq!(zenbench_pair(Some(1), &row("regression")), regressed);
        assert_eq!(zenbench_pair(Some(2), &row("invalid")).verdict, Verdict::Refused);
        assert_eq!(zenbench_pair(Some(2), "").verdict, Verdict::Failed);
    }

    #[test]
    fn the_gate_says_it_in_json() {
        let said = |end, verdict| {
            let ratio = serde_json::json!({"ratio": {"median": 1.03}});
            let cell = serde_json::json!({"verdict": verdict, "judged": ratio});
            gate(&serde_json::json!({"end": end, "cells": [cell]}).to_string())
        };
        assert_eq!(said("regressed", "regressed").verdict, Verdict::Regressed);
        assert_eq!(said("unfit", "regressed").verdict, Verdict::Refused);
        assert_eq!(said("pass", "inconclusive").verdict, Verdict::Open);
        assert_eq!(gate("{}").verdict, Verdict::Failed);
    }
}
