//! Differences that make two runs incomparable. Another version of an executor is no reason: it is
//! what one compares.

use std::collections::BTreeMap;

use tminus_record::Header;
use tminus_record::machine::{self, Difference, UNKNOWN, Weight};

/// Returns why the runs should not be compared, a reason each; empty if they can be.
#[must_use]
pub fn differences(baseline: &Header, candidate: &Header) -> Vec<String> {
    let of_weight = |it: &Difference| it.weight == Weight::Incomparable;
    let mut found: Vec<String> = facts(baseline, candidate)
        .iter()
        .filter(|it| of_weight(it))
        .map(Difference::side_by_side)
        .collect();
    found.extend(unknown(baseline, candidate));
    if baseline.clock != candidate.clock {
        found.push("one ran on the real clock, the other on a virtual one".into());
    }
    found.extend(workloads(baseline, candidate));
    found.extend(features(baseline, candidate).into_iter().map(|it| it.text));
    found
}

/// Returns what else differs between the runs and may have moved figures: the state of the machine,
/// the version of tminus.
#[must_use]
pub fn notes(baseline: &Header, candidate: &Header) -> Vec<String> {
    let found = facts(baseline, candidate);
    let noted = found.iter().filter(|it| it.weight != Weight::Incomparable);
    noted.map(Difference::side_by_side).collect()
}

fn facts(baseline: &Header, candidate: &Header) -> Vec<Difference> {
    let [a, b] = [baseline, candidate].map(|it| (&it.provenance.machine, &it.provenance.build));
    machine::differences(a, b)
}

/// Reads one text of a header.
type Text = fn(&Header) -> &String;

/// Returns a fact that a run must know of itself to be compared with another, and that one of these
/// does not know.
fn unknown(baseline: &Header, candidate: &Header) -> Option<String> {
    let lacks = |value: Text| [baseline, candidate].map(value).contains(&&UNKNOWN.to_owned());
    let facts: [(&str, Text); 5] = [
        ("the CPU", |it| &it.provenance.machine.cpu),
        ("the compiler", |it| &it.provenance.build.rustc),
        ("the target", |it| &it.provenance.build.target),
        ("the build profile", |it| &it.provenance.build.profile),
        ("the allocator", |it| &it.provenance.build.allocator),
    ];
    let unknown = facts.iter().filter(|(_, value)| lacks(*value)).map(|(what, _)| *what);
    let unknown: Vec<&str> = unknown.collect();
    (!unknown.is_empty()).then(|| format!("no record of {}", unknown.join(", ")))
}

/// Returns those of [`differences`] that a change may well bring: crates that gained features and
/// lost none. A new executor enables what it needs in a crate that others use too.
#[must_use]
pub fn gains(baseline: &Header, candidate: &Header) -> Vec<String> {
    let gains = features(baseline, candidate).into_iter().filter(|it| it.is_gain);
    gains.map(|it| it.text).collect()
}

/// A crate whose features differ.
struct Features {
    text: String,
    /// The second has all that the first has.
    is_gain: bool,
}

/// Returns the workloads whose op or version differs.
fn workloads<'a>(a: &'a Header, b: &'a Header) -> impl Iterator<Item = String> + 'a {
    a.workloads.iter().filter_map(|ours| {
        let theirs = b.workloads.iter().find(|theirs| theirs.id == ours.id)?;
        if ours.op != theirs.op {
            let (id, ours, theirs) = (&ours.id, &ours.op, &theirs.op);
            return Some(format!(
                "an op of `{id}` is one {ours} in one and one {theirs} in the other"
            ));
        }
        (ours.version != theirs.version).then(|| {
            format!(
                "`{}` is version {} in one and {} in the other",
                ours.id, ours.version, theirs.version
            )
        })
    })
}

/// Returns the crates of the executors whose features differ. Of another version that is so without
/// a user's doing where a dependency became optional: a feature with the name of a crate does not
/// count there.
fn features(a: &Header, b: &Header) -> Vec<Features> {
    let [ours, theirs] = [a, b].map(|header| {
        let crates = header.executors.iter().flat_map(|facts| &facts.crates);
        crates.map(|(name, about)| (name, version_and_features(about))).collect::<BTreeMap<_, _>>()
    });
    let is_crate =
        |name: &str| [a, b].iter().any(|header| header.provenance.build.crates.contains_key(name));
    let differing = ours.iter().filter_map(|(name, (version, of_a))| {
        let (other, of_b) = theirs.get(name)?;
        let counts = |feature: &&&str| version == other || !is_crate(feature);
        let same = of_a.iter().filter(counts).eq(of_b.iter().filter(counts));
        let is_gain = of_a.iter().filter(counts).all(|feature| of_b.contains(feature));
        let [of_a, of_b] = [of_a, of_b].map(|features| features.join(", "));
        let text = format!("`{name}` has the features [{of_a}] in one and [{of_b}] in the other");
        (!same).then_some(Features { text, is_gain })
    });
    differing.collect()
}

/// Returns `1.54.1`, and `net` and `rt`, of `1.54.1 [net, rt]`.
fn version_and_features(about: &str) -> (&str, Vec<&str>) {
    let (version, features) = about.split_once(" [").unwrap_or((about, ""));
    let features = features.trim_end_matches(']').split(", ").filter(|feature| !feature.is_empty());
    (version, features.collect())
}
