//! Names of executors and workloads: they stand in their own crates, in tests and in documents.

use std::collections::BTreeSet;

use super::source::{files, product};

/// Returns the ids of all executors and workloads, in quotes, as their files declare them.
fn ids() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for path in files() {
        let begins = match path.iter().next().and_then(|top| top.to_str()) {
            Some("executors") => "const ID: &'static str = ",
            Some("workloads") => "id: ",
            _ => continue,
        };
        let lines = product(&path);
        let said = lines.iter().filter_map(|line| line.trim().strip_prefix(begins));
        let quoted = said.filter(|rest| rest.starts_with('"'));
        ids.extend(quoted.map(|rest| rest.trim_end_matches([',', ';']).to_owned()));
    }
    ids
}

#[test]
fn ids_stand_in_their_own_crates() {
    let ids = ids();
    assert!(ids.len() > 20, "{ids:?}");
    let mut found = BTreeSet::new();
    for path in files() {
        if ["harness", "reports", "src"].iter().any(|top| path.starts_with(top)) {
            for line in product(&path) {
                let named = ids.iter().filter(|id| line.contains(*id));
                found.extend(named.map(|id| format!("{}: {id}", path.display())));
            }
        }
    }
    // Those that stand elsewhere, when this test came, are debts: a new one is seen in the
    // snapshot.
    insta::assert_snapshot!("ids_elsewhere", found.into_iter().collect::<Vec<_>>().join("\n"));
}
