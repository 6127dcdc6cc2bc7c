//! The examples of each verb: its help shows them, and tests run them in this order.

/// A command and what it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Example {
    /// The words of the verb; none for tminus itself.
    pub(crate) verb: &'static str,
    /// The line to type.
    pub(crate) line: &'static str,
    /// Its purpose, in one line.
    pub(crate) about: &'static str,
    /// Whether a test runs it, in a directory with two runs and no repository; else it is only
    /// parsed.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests ask"))]
    pub(crate) runs: bool,
}

const fn runs(verb: &'static str, line: &'static str, about: &'static str) -> Example {
    Example { verb, line, about, runs: true }
}

const fn parses(verb: &'static str, line: &'static str, about: &'static str) -> Example {
    Example { verb, line, about, runs: false }
}

/// All of them.
pub(crate) const EXAMPLES: &[Example] = &[
    parses("", "tminus run --profile quick", "Measure the smallest matrix, in under a minute"),
    runs("", "tminus rank", "Rank the executors of the newest run"),
    runs("", "tminus demo countdown -e heap --clock virtual", "Play a workload, without waiting"),
    parses(
        "run",
        "tminus run --profile quick -e 'heap*,smol' -w yield_many",
        "Some executors on one workload",
    ),
    parses(
        "run",
        "tminus run -w ping_pong -p pairs=1,pairs=8,pairs=32",
        "Three sizes of one's own",
    ),
    parses("run", "tminus run -w ping_pong --sweep pairs=1..1000/7", "Seven sizes, for a curve"),
    parses(
        "run",
        "tminus run -w spawn_many -e 'tokio-multi-thread,smol' --workers scale",
        "How much more workers gain",
    ),
    runs(
        "run",
        "tminus run squares/tasks=10/heap --rounds 6 --out runs",
        "One cell, into another directory",
    ),
    runs("run", "tminus run --resume", "Go on with the newest run"),
    runs(
        "list",
        "tminus list cells --profile quick",
        "What a quick run measures, and what it leaves out",
    ),
    runs(
        "list",
        "tminus list executors 'tokio*' smol",
        "Executors, with what each borrows or lacks",
    ),
    runs("list", "tminus list workloads squares", "A workload with its parameters and metrics"),
    runs("list", "tminus list workloads -w @fairness", "The workloads of a category"),
    runs(
        "list",
        "tminus list rules -e heap --json",
        "The rules that are tried on an executor, for a program",
    ),
    runs("verify", "tminus verify -e heap -w squares,countdown", "The results of some cells"),
    parses(
        "verify",
        "tminus verify -e smol --only rules --verbose",
        "The contract alone, a line a rule",
    ),
    parses(
        "verify",
        "tminus verify --json > verified.json",
        "For `report` and `site --conformance`",
    ),
    runs(
        "demo",
        "tminus demo countdown -e heap --clock virtual",
        "The classic countdown, without waiting",
    ),
    runs(
        "demo",
        "tminus demo spinner -e tokio-current-thread --tick 20ms",
        "The classic spinner, fifty times as fast",
    ),
    runs(
        "demo",
        "tminus demo squares -e tokio-multi-thread/w2 --busy 200us --timeline who.svg",
        "A picture of which worker ran which task",
    ),
    runs(
        "profile",
        "tminus profile -w yield_many -p tasks=10 -e heap,deque",
        "Polls, wakes and allocations of two executors",
    ),
    runs("profile", "tminus profile -w squares -e smol --json > counts.json", "For a program"),
    runs("rank", "tminus rank", "The newest run"),
    runs("rank", "tminus rank latest -w yield_many -e 'heap*,smol*'", "A part of it"),
    runs(
        "rank",
        "tminus rank before.jsonl -m cpu_ns_per_op --figures",
        "Another run, by processor time",
    ),
    runs("rank", "tminus rank --json > ranking.json", "For a program"),
    runs("compare", "tminus compare before.jsonl latest", "An older run and the newest"),
    runs(
        "compare",
        "tminus compare before.jsonl latest --margin 2% --markdown comment.md",
        "For a pull request: changes below 2 % do not matter",
    ),
    runs(
        "explain",
        "tminus explain squares/tasks=10/heap squares/tasks=10/deque --rounds 1",
        "Why one executor is slower than another, after a short look",
    ),
    parses(
        "explain",
        "tminus explain timers/timers=1000/smol/w1 timers/timers=1000/smol/w2 --json",
        "Two worker counts, for a program",
    ),
    parses(
        "gate",
        "tminus gate --baseline main --candidate HEAD",
        "Two revisions of the repository here",
    ),
    parses(
        "gate",
        "tminus gate --patch tokio=../tokio/tokio -e 'tokio-*'",
        "With and without a crate replaced",
    ),
    parses(
        "gate",
        "tminus gate --baseline ./old --candidate ./new --budget 5m --markdown verdict.md",
        "Two programs, in five minutes, for a pull request",
    ),
    parses(
        "versions",
        "tminus versions tokio --last 12 -e 'tokio-*' -w yield_many,timers",
        "The newest twelve releases of tokio",
    ),
    parses(
        "versions",
        "tminus versions async-executor --versions 1.13.2,1.13.3,1.14.0 -e smol-local --json",
        "Three releases, for a program",
    ),
    parses(
        "bisect",
        "tminus bisect --crate smol --path ../smol --good v2.0.0 --bad HEAD squares/tasks=10/smol-local",
        "Which commit since a release",
    ),
    runs("history", "tminus history add latest", "Keep the newest run"),
    runs("history", "tminus history check", "Which cells changed between the runs"),
    runs(
        "history add",
        "tminus history add before.jsonl latest",
        "Two runs; those that are in it add nothing",
    ),
    runs("history list", "tminus history list", "The runs with their numbers"),
    runs("history show", "tminus history show 'squares/*' --last 10", "Cells run by run"),
    runs(
        "history check",
        "tminus history check -e heap --min-change 5%",
        "Only large changes of one executor",
    ),
    runs("history export", "tminus history export 1 --out kept", "The first run as it was added"),
    runs("report", "tminus report", "A page beside the newest run"),
    runs(
        "report",
        "tminus report latest --out page --db target/tminus/history.db",
        "With what a history says of its cells",
    ),
    runs(
        "report",
        "tminus report --compare before.jsonl latest --out changes",
        "What changed between two runs",
    ),
    parses("report", "tminus report --splice README.md", "Its matrix and picture into a README"),
    parses("import", "tminus import", "The newest of `cargo bench`, from target/criterion"),
    parses(
        "import",
        "tminus import a/criterion b/criterion --here",
        "Two processes, so two rounds, of this machine",
    ),
    runs("site", "tminus site docs", "Pages of the history, for example for GitHub Pages"),
    runs("export", "tminus export -f bencher", "The newest run for Bencher"),
    runs(
        "export",
        "tminus export latest -f github-action-benchmark > benchmarks.json",
        "Into a file",
    ),
    runs("doctor", "tminus doctor", "What disturbs figures on this machine, and what helps"),
    parses("doctor", "tminus doctor --strict && tminus run", "Measure only where it makes sense"),
    runs(
        "spec",
        "tminus spec squares/tasks=10/heap | tminus cell",
        "One cell in a process of one's own",
    ),
    parses(
        "spec",
        "tminus spec squares/tasks=1000/heap | perf record tminus cell",
        "The same under a profiler",
    ),
    runs("completions", "tminus completions bash > tminus.bash", "For bash: `source tminus.bash`"),
    runs("completions", "tminus completions zsh > _tminus", "For zsh: into a directory of $fpath"),
    runs(
        "completions",
        "tminus completions fish > tminus.fish",
        "For fish: into ~/.config/fish/completions",
    ),
    runs("man", "tminus man > tminus.1", "The page of the program: `man ./tminus.1`"),
    runs("man", "tminus man history add > tminus-history-add.1", "The page of a verb"),
];
