//! The classic instances on the four hand-written loops, to the exact line.
//!
//! The clock is virtual, so that no line depends on how fast this machine is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tminus::App;
use tminus_contract::show::Show;
use tminus_contract::{Clock, Config};

const LOOPS: [&str; 4] = ["heap", "heap-ready", "deque", "deque-nbio"];

/// What the demo of the workload shows on each loop.
fn shown(workload: &str) -> [(&'static str, String); 4] {
    let registry = App::new().registry();
    LOOPS.map(|executor| {
        let shown: Arc<Mutex<String>> = Arc::default();
        let shows = shown.clone();
        let print = Arc::new(move |text: &str| shows.lock().unwrap().push_str(text));
        let (tick, config) =
            (Duration::from_secs(1), Config { clock: Clock::Virtual, ..Config::workers(1) });
        let show = Show { print, tick, recorder: None, interrupt: None };
        let (workload, info) =
            (registry.find_workload(workload).unwrap(), registry.find_executor(executor).unwrap());
        (workload.demo)(info, &config, show).unwrap();
        let shown = shown.lock().unwrap().clone();
        (executor, shown)
    })
}

#[test]
fn squares_nested_sums_printed_sums_and_displays() {
    let computing =
        |numbers: &[u32]| numbers.iter().map(|n| format!("Computing square of  {n}\n")).collect();
    let interleaved: String = computing(&[1, 10, 2, 20, 3, 30, 4, 40, 5, 6]);
    let nested: String = computing(&[1, 10, 2, 20, 3, 30, 4, 40, 5, 50]);
    let expected = format!(
        "squares(1..=6) beside squares(10, 20, 30, 40):\n{interleaved}\
         yielded 1, 100, 4, 400, 9, 900, 16, 1600, 25, 36\n\
         \nsum_of_squares([1..5]) beside sum_of_squares([10..50]), each awaiting square:\n{nested}\
         sum_of_squares [1, 2, 3, 4, 5] 55\nsum_of_squares [10, 20, 30, 40, 50] 5500\n\
         \nprint_sum_of_squares(3, 4) beside print_sum_of_squares(30, 40):\n\
         square 3\nsquare 30\nsquare 4\n25\nsquare 40\n2500\n\
         \ndisplay(\"ABC\") beside display(\"123\"):\nA\n1\nB\n2\nC\n3\n\
         \ndisplay(\"ABC\"), then display(\"123\") in the same task:\nA\nB\nC\n1\n2\n3\n"
    );
    for (executor, shown) in shown("squares") {
        let order = "the classic order, 45 of 45 lines";
        let closing = format!("({order}; {executor} promises first in, first out)\n");
        assert_eq!(shown, expected.clone() + &closing, "{executor}");
    }
}

#[test]
fn the_spinner_draws_fifty_frames_and_erases_itself_before_the_answer() {
    let over = |text: &str| format!("{text}{}", "\u{8}".repeat(14));
    let frames: String = "|/-\\"
        .chars()
        .cycle()
        .take(50)
        .map(|frame| over(&format!("{frame} thinking ...")))
        .collect();
    let erased = over(&" ".repeat(14));
    for (executor, shown) in shown("spinner") {
        let (first, rest) = shown.split_once('\n').unwrap();
        let object =
            format!("spinner object:  <pending task spin(\"thinking ...\") on {executor}>");
        assert_eq!(first, object);
        assert_eq!(rest, format!("{frames}{erased}answer:  42\n"), "{executor}");
    }
}
