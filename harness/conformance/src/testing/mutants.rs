//! The mutants: what each breaks, which rule names it, and what is seen.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How a mutant shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The reason holds this text.
    Text(&'static str),
    /// The rule does not end.
    Hang,
}
use Seen::{Hang, Text};

/// A mutant as data.
#[derive(Debug)]
pub struct Entry {
    /// Which it is.
    pub mutant: Mutant,
    /// What it does wrong.
    pub about: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
    /// How many workers it must have for that.
    pub workers: usize,
    /// How that shows.
    pub seen: Seen,
}

macro_rules! mutants {
    ($($name:ident $about:literal $rule:literal $workers:literal $seen:expr;)*) => {
        /// A way in which the reference executor can be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mutant { $(#[doc = $about] $name),* }

        /// Every mutant, in the order of [`Mutant`].
        pub const ALL: &[Entry] = &[$(Entry {
            mutant: Mutant::$name,
            about: $about,
            rule: $rule,
            workers: $workers,
            seen: $seen,
        }),*];
    };
}

mutants! {
    AtMostAHundred "tasks beyond a hundred wait until others have ended"
        "tasks-are-concurrent" 1 Hang;
    SpawnRunsInline "spawn polls the task before it returns"
        "spawn-runs-nothing" 1 Text("inside the call of `spawn`");
    JoinLosesValue "a join of a large value says that it was cancelled"
        "join-gives-value" 1 Text("cancelled");
    JoinOfEndedHangs "a join that begins after the end of the task never ends"
        "join-after-end" 1 Hang;
    DetachCancels "detach cancels"
        "detach-runs-on" 1 Text("dropped before its end");
    SpawnFromTaskLost "what a task spawns never starts, but for the root's"
        "spawn-from-tasks" 1 Hang;
    LosesEveryThousandth "every thousandth task is forgotten"
        "many-tasks" 1 Hang;
    LosesEveryThird "every third task is dropped by the call that spawns it"
        "many-tasks" 1 Text("cancelled");
    RunsTwiceOnly "the third run panics"
        "run-again" 1 Text("out of runs");
    CancelOnlyFlags "cancel sets a flag and returns"
        "cancel-drops-first" 1 Text("before the future was dropped");
    CancelWaitsForTheEnd "cancel waits until the task ends by itself"
        "cancel-drops-first" 2 Hang;
    CancelLosesOutput "cancel never gives the output"
        "cancel-gives-output" 1 Text("no output");
    CancelOfEndedHangs "a cancel of a task that has ended never ends"
        "cancel-gives-output" 1 Hang;
    CancelDetaches "cancel lets the task run on"
        "cancel-stops" 1 Text("after its cancel");
    CancelTakesTheNext "cancel drops the task that was spawned next, too"
        "cancel-only-its-task" 1 Text("cancelled");
    CancelSkipsTheWoken "cancel does not wait for a task that was just woken"
        "cancel-race" 1 Text("before the drop");
    TimerEarly "timers fire 300 us early"
        "timer-never-early" 1 Text("early");
    TimerCutToMillis "deadlines are cut to a millisecond"
        "timer-never-early" 2 Text("early");
    SleepDoesNotSuspend "a sleep whose deadline has passed is ready at once"
        "sleep-suspends" 1 Text("did not suspend");
    SleepIsReady "a sleep is ready at once, whatever its deadline"
        "sleep-suspends" 1 Text("did not suspend");
    SleepTellsNothing "a sleep says that it waited for no time"
        "sleep-tells-waited" 1 Text("and said 0ns");
    SleepCountsFromItsMaking "a sleep counts from its making, not from its first poll"
        "sleep-tells-waited" 1 Text("or less, and said");
    TimersSerial "timers fire in the order in which they were armed"
        "sleeps-overlap" 1 Hang;
    SleepKeepsItsFirstWaker "a sleep wakes the waker that it was first polled with"
        "sleep-wakes-last-waker" 1 Hang;
    DroppedSleepTakesAnother "a sleep that is dropped removes one with the same deadline"
        "dropped-sleeps" 1 Hang;
    YieldIsReady "yield_now is ready at once"
        "yield-suspends" 1 Text("did not suspend");
    YieldGoesFirst "a task that yields goes to the front of the queue"
        "yield-lets-others-run" 1 Text("others had run");
    EverySixtyFirstIsTheNewest "every 61st poll takes the newest task, not the oldest"
        "order-fair" 1 Text("round");
    BatchesReversed "the queue is emptied a batch at a time, the newest first"
        "order-fifo-yields" 1 Text("round");
    SpawnsGoFirst "a spawned task goes to the front of the queue"
        "order-fifo-spawns" 1 Text("the first polls");
    WokenGoFirst "a task that another one wakes goes to the front of the queue"
        "order-fifo-wakes" 1 Text("the wakes");
    SpawnsComeLate "a spawned task joins the queue when the spawning one has had its turn"
        "order-fifo-mixed" 1 Text("a wake, a spawn, a yield");
    WakeRunsInline "a wake by another task polls the task before it returns"
        "order-fifo-mixed" 1 Text("a spawn, a wake, a yield");
    StarvesOne "every seventh task runs only when no other is ready"
        "starves-no-task" 1 Hang;
    InboxOnlyWhenIdle "wakes from outside count only when no task is ready"
        "starves-no-wake" 1 Text("did not end in 5 s");
    TimersOnlyWhenIdle "timers fire only when no task is ready"
        "starves-no-timer" 1 Text("did not end in 5 s");
    SleepersLengthenTurns "a turn has a resumption for each task that is ready or asleep, and timers fire between two"
        "sleepers-take-no-turns" 1 Text("came before a sleep that was over");
    SocketsOnlyWhenIdle "sockets are looked at only when no task is ready"
        "starves-no-io" 1 Text("did not end in 5 s");
    ForeignWakeRingsNot "a wake from outside does not rouse a parked worker"
        "wake-from-thread" 1 Hang;
    WakeLostInPoll "a wake during the poll of the task is lost"
        "wake-during-poll" 1 Hang;
    WakeLostAfterPoll "a wake just after the poll, before the task counts as idle, is lost"
        "wake-race" 1 Hang;
    WakesTwice "each wake queues the task twice, though it is queued"
        "wake-storm" 1 Text("wakes led to");
    PollsAllTheTime "tasks are polled all the time, woken or not"
        "one-poll-a-wake" 1 Text("wakes led to");
    PollsAfterTheEnd "a future is polled once more after it has completed"
        "no-poll-after-end" 1 Text("after they had completed");
    WakeAfterEndPanics "a wake of a task that has ended panics"
        "wake-after-end" 1 Text("ended long ago");
    WakeAfterRunPanics "a wake after the run panics"
        "wake-after-run" 1 Text("the run is over");
    WakerKeepsTheFuture "a future lives as long as the wakers of its task"
        "wakers-keep-nothing" 1 Text("while wakers are kept");
    LeaksPanicked "the future of a task that panicked is leaked"
        "futures-dropped-once" 1 Text("that panicked: ");
    LeaksOutput "the output of a detached task is leaked"
        "outputs-dropped-once" 1 Text("detached");
    DropsOutputTwice "an output is dropped before it is given to its join"
        "outputs-dropped-once" 1 Text("outputs that were joined");
    LeaksLeftTasks "tasks that are left are leaked"
        "left-tasks-dropped" 1 Text("when the run ended");
    SwallowsPanic "the join of a panic says that the task was cancelled"
        "panic-reaches-join" 1 Text("Cancelled");
    PanicKillsWorker "a panic of a task ends its worker"
        "panic-leaves-usable" 2 Hang;
    RootPanicIsAnother "run panics with a text of its own"
        "root-panic-resumes" 1 Text("as another one");
    AWorkerTooMany "one worker more than was asked for"
        "workers-as-declared" 2 Text("on 2 workers");
    AWorkerTooFew "one worker less than was asked for"
        "workers-as-declared" 2 Text("at most 1 tasks ran at once");
    RootOnTheCaller "the root is driven on the thread that called run"
        "root-is-spawned" 1 Text("no worker");
    ThreadLeft "the thread of the timers stays"
        "threads-end" 1 Text("threads before");
    DescriptorLeft "a descriptor stays"
        "descriptors-end" 1 Text("descriptors before");
    LaterRunsLeaveMore "a descriptor stays of each run but the first"
        "runs-do-not-pile-up" 1 Text("after six");
    ReadCorrupts "the last byte of a read of more than 4 KiB is wrong"
        "io-echo" 1 Text("came as");
    ReadCorruptsAll "the last byte of each read is wrong"
        "io-echo" 1 Text("came as");
    EndOfStreamHangs "the end of a stream is taken for nothing to read"
        "io-end-of-stream" 1 Hang;
    ShortReadIsTheEnd "after a read that did not fill the buffer comes the end of the stream"
        "io-reads-again" 1 Text("the end of the stream");
    SocketsArmedOnce "a socket that was ready once is never armed again"
        "io-reads-again" 2 Hang;
    WriteAllWritesOnce "write_all returns after the first write"
        "io-writes-again" 1 Text("were written");
    AcceptsEverySecond "of two connections that wait, one is dropped"
        "io-many" 1 Hang;
    RefusedHangs "a refused connection is waited for"
        "io-refused" 1 Hang;
    DropKeepsOpen "a stream that is dropped stays open"
        "io-drop-closes" 1 Text("was dropped read");
    ReadBlocks "a read blocks its worker"
        "io-waits-block-nobody" 1 Hang;
    CancelledReadKeepsSocket "a read that is dropped keeps its socket"
        "io-cancel-of-read" 1 Text("read that was cancelled read");
    CallLosesValue "a blocking call says that it was cancelled"
        "blocking-gives-value" 1 Text("Cancelled");
    CallSwallowsPanic "the caller of a blocking call that panicked hears that it was cancelled"
        "blocking-panic-reaches-caller" 1 Text("Cancelled");
    CallRunsInline "a blocking call runs where it is asked for"
        "blocking-runs-elsewhere" 1 Text("on a thread that runs tasks");
    CallOnAWorker "a blocking call is a task like any other"
        "blocking-holds-up-nobody" 1 Text("held up the tasks");
    CallsBeyondAHundredLost "blocking calls beyond a hundred at once are lost"
        "blocking-many" 1 Text("Cancelled");
    CallThreadLeft "the thread of a blocking call stays"
        "blocking-threads-end" 1 Text("threads before");
    ProcessCorrupts "the last byte of each read of a process's output is wrong"
        "process-echoes" 1 Text("came as");
    ExitIsSuccess "every process is said to have succeeded"
        "process-exit-code" 1 Text("the exit code 1 ended with");
    KillDoesNothing "killing a process does nothing"
        "process-kill" 1 Hang;
    AtMostTenProcesses "more than ten processes at once are refused"
        "process-many" 1 Text("too many processes");
    ExitBlocks "waiting for a process blocks the worker"
        "process-waits-block-nobody" 1 Hang;
}

/// The mutant of this process, by its number.
static OF_PROCESS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The mutant of the run that has this thread alone, by its number.
    static OF_THREAD: Cell<usize> = const { Cell::new(0) };
}

impl Mutant {
    /// Returns its place in the table, from 1: 0 is no mutant.
    #[must_use]
    pub const fn number(self) -> usize {
        self as usize + 1
    }

    /// Makes this process the mutant of that name; one that is not known breaks nothing.
    pub fn turn_on(name: &str) {
        let entry = ALL.iter().find(|entry| entry.name() == name);
        OF_PROCESS.store(entry.map_or(0, |entry| entry.mutant.number()), Relaxed);
    }

    /// Makes what runs on this thread the mutant with that number.
    pub(crate) fn turn_on_here(number: usize) {
        OF_THREAD.set(number);
    }

    /// Returns whether this thread, or else this process, is to be this mutant.
    pub(crate) fn is_on(self) -> bool {
        let number = self.number();
        OF_THREAD.get() == number || OF_PROCESS.load(Relaxed) == number
    }
}

impl Entry {
    /// Returns the mutant's name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:?}", self.mutant)
    }
}
