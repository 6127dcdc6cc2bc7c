//! A real Chromium reads the page: every interaction, with keyboard and mouse, in the dark, on a
//! narrow screen, without scripts, with hostile names. Where no browser is found the tests say that
//! they were skipped. Nothing here depends on how long something takes.

#[path = "page/chromium.rs"]
mod chromium;
#[expect(dead_code, reason = "made for the tests of the library, which use all of it")]
#[path = "../src/fixture.rs"]
mod fixture;
#[path = "../src/fixture_past.rs"]
mod fixture_past;
#[path = "page/looks.rs"]
mod looks;
#[path = "page/matrix.rs"]
mod matrix;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use tminus_harness::rank::Ranking;
use tminus_harness::store::Run;
use tminus_reports::conformance::Conformance;
use tminus_reports::gallery::Gallery;
use tminus_reports::past::Past;
use tminus_reports::{Beside, html};

use chromium::{Browser, Page};

/// The pages under test as files, and what they show.
pub(crate) struct Stage {
    pub(crate) run: Run,
    pub(crate) ranking: Ranking,
    /// The address of the page of `run`.
    pub(crate) url: String,
    /// The address of a page of hostile names.
    pub(crate) hostile: String,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let tried = fixture_past::CONFORMANCE.as_bytes();
        let tried = Conformance::parse(tried).expect("as it is printed");
        let write = |name: &str, run: &Run, ranking: &Ranking| {
            let path = folder.path().join(name);
            let past = Past::of(fixture_past::log(run, ranking, 20), run, ranking);
            let gallery = Gallery::of(run, ranking).with_trends(&past.trends(ranking));
            let beside = Beside { past: Some(&past), conformance: Some(&tried) };
            let page = html::page(run, ranking, &gallery, &beside);
            std::fs::write(&path, page).expect("written");
            format!("file://{}", path.display())
        };
        let run = fixture::measured();
        let ranking = fixture::rank(&run);
        let hostile = fixture::hostile();
        let (url, hostile) = (
            write("index.html", &run, &ranking),
            write("hostile.html", &fixture::run_of(&hostile), &hostile),
        );
        Self { run, ranking, url, hostile, folder }
    }
}

type Test = fn(&mut Page<'_>, &Stage);

const TESTS: [(&str, Test); 19] = [
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
    ("a_nonsense_address_does_no_harm", matrix::a_nonsense_address_does_no_harm),
    ("all_can_be_done_by_keyboard", looks::all_can_be_done_by_keyboard),
    ("the_chooser_shows_one_answer", looks::the_chooser_shows_one_answer),
    ("tables_of_groups_sort", looks::tables_of_groups_sort),
    ("dark_as_the_system_or_the_reader_says", looks::dark_as_the_system_or_the_reader_says),
    ("a_narrow_screen_scrolls_only_inside", looks::a_narrow_screen_scrolls_only_inside),
    ("printed_all_stays_on_the_paper", looks::printed_all_stays_on_the_paper),
    ("without_scripts_all_is_said", looks::without_scripts_all_is_said),
    ("hostile_names_do_no_harm", looks::hostile_names_do_no_harm),
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
    let lacks_axe = axe.is_none();
    let check = move |page: &mut Page<'_>, stage: &Stage| {
        looks::no_barrier_is_found(page, stage, axe.as_deref().expect("else it is skipped"));
    };
    trials.push(theatre.trial("no_barrier_is_found", lacks_axe, check));
    trials.push(theatre.trial("speed", true, looks::report_speed));
    let conclusion = libtest_mimic::run(&arguments, trials);
    // `exit` drops nothing, and the browser would stay.
    drop(theatre);
    conclusion.exit();
}

/// Past the capture of tests: one that was skipped must not look like one that passed.
fn say_what_is_skipped(lacks_browser: bool, lacks_axe: bool) {
    let why = match (lacks_browser, lacks_axe) {
        (true, _) => {
            "SKIPPED, all: no Chromium found; scripts/browser installs one, TMINUS_CHROMIUM names one"
        }
        (false, true) => "SKIPPED, the accessibility check: scripts/browser installs axe-core",
        (false, false) => return,
    };
    writeln!(std::io::stderr(), "page: {why}").expect("stderr");
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

    /// A test after which the page must have had nothing to complain of and asked for nothing.
    fn quiet_trial(&self, name: &str, test: Test) -> Trial {
        self.trial(name, false, move |page, stage| {
            test(page, stage);
            assert_eq!(page.complaints(&[&stage.url, &stage.hostile]), [""; 0]);
        })
    }
}

/// The page of a run file that `TMINUS_RUN` names, as a file in the folder of `stage`.
pub(crate) fn page_of_run(stage: &Stage) -> Option<String> {
    let path = PathBuf::from(std::env::var_os("TMINUS_RUN")?);
    let run = tminus_harness::store::read(&path).expect("a run file").0;
    let ranking = fixture::rank(&run);
    let page = stage.folder.path().join("run.html");
    let text = html::page(&run, &ranking, &Gallery::of(&run, &ranking), &Beside::default());
    std::fs::write(&page, text).expect("written");
    Some(format!("file://{}", page.display()))
}
