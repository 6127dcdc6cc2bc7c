//! What a made-up child, a script of the shell, says as its protocol has it, and the spec that it
//! gets. The tests of `child` inside this crate share it.

/// Greets.
pub(crate) const HELLO: &str = r#"echo '{"message":"hello","protocol":1,"version":"sh"}';"#;
/// Gives a sample of four ops.
pub(crate) const SAMPLE: &str = r#"echo '{"message":"sample","ops":4,"iterations":1,"wall_ns":9,"cpu_ns":9,"voluntary_switches":0,"involuntary_switches":0}';"#;
/// Says that it is done.
pub(crate) const DONE: &str = r#"echo '{"message":"done"}';"#;

/// The id of its cell.
pub(crate) const CELL: &str = "squares/tasks=1/heap";
