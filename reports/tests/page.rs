//! A real Chromium reads the page: every interaction, with keyboard and mouse, in the dark, on a
//! narrow screen, without scripts, with hostile names. Where no browser is found the tests say that
//! they were skipped. Nothing here depends on how long something takes.

#[path = "page/chromium.rs"]
mod chromium;
#[expect(dead_code, reason = "made for the tests of the library, which use all of it")]
#[path = "../src/testing/fixture.rs"]
mod fixture;
#[path = "../src/testing/fixture_past.rs"]
mod fixture_past;
#[path = "page/looks.rs"]
mod looks;
#[path = "page/matrix.rs"]
mod matrix;
#[path = "page/numbers.rs"]
mod numbers;
#[path = "page/stage.rs"]
mod stage;
#[path = "page/still.rs"]
mod still;

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use chromium::{Browser, Page};
use stage::Stage;

type Test = fn(&mut Page<'_>, &Stage);
/// With the text of axe-core.
type Check = fn(&mut Page<'_>, &Stage, &str);

const TESTS: [(&str, Test); 33] = [
    ("scripts_change_nothing_at_first", matrix::scripts_change_nothing_at_first),
    ("families_threads_and_capabilities_filter", matrix::families_threads_and_capabilities_filter),
    ("any_column_sorts", matrix::any_column_sorts),
    (
        "a_baseline_gives_the_ratios_of_the_program",
        matrix::a_baseline_gives_the_ratios_of_the_program,
    ),
    ("a_metric_gives_the_ratios_of_the_program", matrix::a_metric_gives_the_ratios_of_the_program),
    ("weights_give_a_weighted_geometric_mean", matrix::weights_give_a_weighted_geometric_mean),
    ("who_lacks_a_column_is_outside_the_mean", matrix::who_lacks_a_column_is_outside_the_mean),
    ("a_link_shows_the_same_view", matrix::a_link_shows_the_same_view),
    ("back_and_forward_go_through_the_views", matrix::back_and_forward_go_through_the_views),
    ("hover_shows_value_interval_and_rounds", matrix::hover_shows_value_interval_and_rounds),
    ("escape_closes_what_hover_shows", matrix::escape_closes_what_hover_shows),
    ("every_floor_has_its_factor", matrix::every_floor_has_its_factor),
    ("a_nonsense_address_does_no_harm", matrix::a_nonsense_address_does_no_harm),
    ("all_can_be_done_by_keyboard", looks::all_can_be_done_by_keyboard),
    ("the_chooser_shows_one_answer", looks::the_chooser_shows_one_answer),
    ("tables_of_groups_sort", looks::tables_of_groups_sort),
    ("any_column_of_a_table_sorts", looks::any_column_of_a_table_sorts),
    ("what_the_reader_folds_stays_folded", looks::what_the_reader_folds_stays_folded),
    ("dark_as_the_system_or_the_reader_says", looks::dark_as_the_system_or_the_reader_says),
    ("a_narrow_screen_scrolls_only_inside", looks::a_narrow_screen_scrolls_only_inside),
    ("printed_all_stays_on_the_paper", looks::printed_all_stays_on_the_paper),
    ("without_scripts_all_is_said", looks::without_scripts_all_is_said),
    ("hostile_names_do_no_harm", looks::hostile_names_do_no_harm),
    ("a_link_sorts_the_tables", looks::a_link_sorts_the_tables),
    ("the_script_writes_numbers_as_the_program", numbers::the_script_writes_numbers_as_the_program),
    ("still::links_lead_to_files", still::links_lead_to_files),
    (
        "still::a_reader_walks_from_the_overview_to_a_cell",
        still::a_reader_walks_from_the_overview_to_a_cell,
    ),
    ("still::nothing_is_missing_without_scripts", still::nothing_is_missing_without_scripts),
    ("still::a_narrow_screen_scrolls_only_inside", still::a_narrow_screen_scrolls_only_inside),
    ("still::printed_all_stays_on_the_paper", still::printed_all_stays_on_the_paper),
    ("still::dark_as_the_system_says", still::dark_as_the_system_says),
    ("still::the_keyboard_reaches_every_link", still::the_keyboard_reaches_every_link),
    ("still::hostile_names_do_no_harm", still::hostile_names_do_no_harm),
];

fn main() {
    let arguments = Arguments::from_args();
    let (program, axe) = (chromium::find(), looks::axe());
    say_what_is_skipped(program.is_none(), axe.is_none());
    let theatre = Theatre {
        stage: Arc::new(Stage::new()),
        browser: Arc::new(Mutex::new(program.as_deref().map(Browser::start))),
        is_closed: program.is_none(),
    };
    let mut trials: Vec<Trial> =
        TESTS.iter().map(|(name, test)| theatre.quiet_trial(name, *test)).collect();
    let checks: [(&str, Check); 2] = [
        ("no_barrier_is_found", looks::no_barrier_is_found),
        ("still::no_barrier_is_found", still::no_barrier_is_found),
    ];
    for (name, check) in checks {
        let axe = axe.clone();
        trials.push(theatre.trial(name, axe.is_none(), move |page, stage| {
            check(page, stage, axe.as_deref().expect("else it is skipped"));
        }));
    }
    let policy = still::the_policy_lets_nothing_run;
    trials.push(theatre.trial("still::the_policy_lets_nothing_run", false, policy));
    trials.push(theatre.trial("speed", true, looks::report_speed));
    let conclusion = libtest_mimic::run(&arguments, trials);
    // `exit` drops nothing, and the browser would stay.
    drop(theatre);
    conclusion.exit();
}

/// Past the capture of tests: one that was skipped must not look like one that passed.
fn say_what_is_skipped(lacks_browser: bool, lacks_axe: bool) {
    let why = match (lacks_browser, lacks_axe) {
        (true, _) => "no Chromium found; scripts/browser installs one, TMINUS_CHROMIUM names one",
        (false, true) => "no axe-core for the accessibility check; scripts/browser installs it",
        (false, false) => return,
    };
    writeln!(std::io::stderr(), "NOT RUN: tests of the page: {why}").expect("stderr");
}

/// One browser for all tests, which take turns.
struct Theatre {
    stage: Arc<Stage>,
    browser: Arc<Mutex<Option<Browser>>>,
    is_closed: bool,
}

impl Theatre {
    fn trial<F>(&self, name: &str, is_skipped: bool, test: F) -> Trial
    where
        F: Fn(&mut Page<'_>, &Stage) + Send + 'static,
    {
        let (stage, browser) = (Arc::clone(&self.stage), Arc::clone(&self.browser));
        let runner = move || -> Result<(), Failed> {
            // A test that failed leaves no harm: the next has a page of its own.
            let mut browser = browser.lock().unwrap_or_else(PoisonError::into_inner);
            let browser = browser.as_mut().ok_or("no Chromium found")?;
            test(&mut browser.page(), &stage);
            Ok(())
        };
        Trial::test(name, runner).with_ignored_flag(is_skipped || self.is_closed)
    }

    /// Returns a test after which the page must have had nothing to complain of and asked for
    /// nothing.
    fn quiet_trial(&self, name: &str, test: Test) -> Trial {
        self.trial(name, false, move |page, stage| {
            test(page, stage);
            assert_eq!(page.complaints(&stage.all()), [""; 0]);
        })
    }
}
