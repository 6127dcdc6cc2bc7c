//! What a child may say, and when; what it may not.

use super::*;

const HELLO: &str = r#"{"message":"hello","protocol":1,"version":"a test"}"#;
const SAMPLE: &str = r#"{"message":"sample","ops":4,"iterations":1,"wall_ns":9,"cpu_ns":9,"voluntary_switches":0,"involuntary_switches":0}"#;
const DONE: &str = r#"{"message":"done"}"#;
const METRIC: &str = r#"{"message":"metric","name":"start_ns","value":1}"#;

fn dialogue(mode: Mode, prologue: bool) -> Dialogue {
    let id = "squares/tasks=1/heap".parse().unwrap();
    let cell = tminus_record::Cell::from_id(&id).unwrap();
    Dialogue::new(&Spec { mode, ..Spec::new(cell) }, prologue)
}

fn hear(lines: &[&str]) -> Result<Dialogue, String> {
    let mut dialogue = dialogue(Mode::Measure, false);
    lines.iter().try_for_each(|line| dialogue.hear(line.as_bytes()))?;
    Ok(dialogue)
}

#[test]
fn a_good_child_is_believed() {
    let dialogue = hear(&[HELLO, SAMPLE, SAMPLE, METRIC, DONE]).unwrap();
    assert_eq!(dialogue.end(), Some(&SelfReport::Done));
    assert_eq!(dialogue.heard.samples.len(), 2);
    assert_eq!(dialogue.heard.metrics["start_ns"].to_bits(), 1.0_f64.to_bits());
}

#[test]
fn each_message_out_of_place_is_named() {
    let name = r#"{"message":"metric","name":"../x","value":1}"#;
    let huge = r#"{"message":"metric","name":"x","value":1e999}"#;
    let empty = r#"{"message":"distribution","name":"x","count":0,"histogram":""}"#;
    let elapsed = r#"{"message":"elapsed","wall_ns":1,"ops":1}"#;
    let other = HELLO.replace(":1", ":7");
    let nothing = SAMPLE.replace("\"ops\":4", "\"ops\":0");
    let with = |from: &str, to: &str| SAMPLE.replace(from, to);
    let most = u64::MAX.to_string();
    let [ops, wall, cpu] = ["ops\":4", "wall_ns\":9", "cpu_ns\":9"].map(|figure| {
        let (name, _) = figure.split_once(':').unwrap();
        with(figure, &format!("{name}:{most}"))
    });
    let hour = with("wall_ns\":9", "wall_ns\":3600000000000");
    let [none, two] = ["0", "2"].map(|it| with("iterations\":1", &format!("iterations\":{it}")));
    let absurd = r#"{"message":"metric","name":"x","value":-1e300}"#;
    let cases: [(&[&str], &str); 20] = [
        (&[HELLO, &ops], "ops = 18446744073709551615"),
        (&[HELLO, &wall], "wall_ns = 18446744073709551615"),
        (&[HELLO, &cpu], "cpu_ns = 18446744073709551615"),
        (&[HELLO, &hour], "3600s in timed regions"),
        (&[HELLO, &none], "a sample of nothing"),
        (&[HELLO, SAMPLE, &two], "a sample of 2 iterations instead of 1"),
        (&[HELLO, absurd], "beyond 1e18"),
        (&[SAMPLE], "before `hello`"),
        (&[HELLO, HELLO], "a second `hello`"),
        (&[&other], "protocol 7"),
        (&[HELLO, DONE], "without a sample"),
        (&[HELLO, SAMPLE, DONE, DONE], "after the last one"),
        (&[HELLO, METRIC, METRIC], "a second one"),
        (&[HELLO, &nothing], "a sample of nothing"),
        (&[HELLO, name], "the name"),
        (&[HELLO, huge], "no message"),
        (&[HELLO, empty], "V2 encoding"),
        (&[HELLO, elapsed], "not asked for"),
        (&[HELLO, "hi\u{1b}"], "`hi\\u{1b}`"),
        (&[""], "no message"),
    ];
    for (lines, expected) in cases {
        let reason = hear(lines).err().unwrap_or_default();
        assert!(reason.contains(expected), "{lines:?}: {reason}");
    }
}

#[test]
fn a_child_does_what_it_was_told() {
    let cell = || tminus_record::Cell::from_id(&"squares/tasks=1/heap".parse().unwrap()).unwrap();
    let spec = Spec { iterations: Some(3), ..Spec::new(cell()) };
    let verify = Spec { mode: Mode::Verify, ..Spec::new(cell()) };
    let three = SAMPLE.replace("iterations\":1", "iterations\":3");
    for (spec, good, bad) in [(&spec, three.as_str(), SAMPLE), (&verify, SAMPLE, &three)] {
        let mut dialogue = Dialogue::new(spec, false);
        for line in [HELLO, good, good] {
            dialogue.hear(line.as_bytes()).unwrap();
        }
        let reason = dialogue.hear(bad.as_bytes()).unwrap_err();
        assert!(reason.starts_with("a sample of "), "{reason}");
    }
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let reason = dialogue(Mode::Measure, false).hear(b"\xff\xfe").unwrap_err();
    assert!(reason.starts_with("not UTF-8"), "{reason}");
}

#[test]
fn a_reason_is_one_short_safe_line() {
    let failed =
        format!(r#"{{"message":"failed","kind":"panic","reason":"a\nb{}"}}"#, "x".repeat(1000));
    let dialogue = hear(&[HELLO, &failed]).unwrap();
    let Some(SelfReport::Failed(Failed::Panic, reason)) = dialogue.end() else { panic!() };
    assert!(reason.starts_with("a\\nbx") && reason.len() < 510, "{reason}");
}
#[test]
fn a_prologue_is_passed_over_where_it_is_allowed() {
    let said = ["", "running 1 test", HELLO, DONE];
    let mut dialogue = self::dialogue(Mode::Conform, true);
    said.iter().for_each(|line| dialogue.hear(line.as_bytes()).unwrap());
    assert_eq!(dialogue.end(), Some(&SelfReport::Done));
    // Not after `hello`, not what looks like a message, and not where it was not allowed.
    let mut dialogue = self::dialogue(Mode::Conform, true);
    assert!(dialogue.hear(DONE.as_bytes()).is_err());
    dialogue.hear(HELLO.as_bytes()).unwrap();
    assert!(dialogue.hear(b"running 1 test").is_err());
    assert!(self::dialogue(Mode::Conform, false).hear(b"running 1 test").is_err());
}
