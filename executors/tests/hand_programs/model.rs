//! The model: an executor that interprets programs with no futures, no wakers and no pointers. It
//! looks through everything it has for whatever comes next.

use super::{END_MS, Op, Programs, SLOTS};

/// What the timers that fire at one moment do to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Discipline {
    /// All of them queue up at once; a task that is woken queues up behind them.
    Queue,
    /// Each is a resumption in the heap; a task that another wakes before its own timer has come
    /// goes behind those of this moment, and its timer then finds it queued already.
    Heap,
}

/// Interprets the programs and gives what happened.
pub(crate) fn run(programs: &Programs, discipline: Discipline) -> Vec<String> {
    let task = Task { stage: Stage::Unborn, next: 0, held: false, queued: false, told: false };
    let mut model = Model {
        programs,
        discipline,
        now_ms: 0,
        log: Vec::new(),
        tasks: vec![task; programs.len()],
        ready: Vec::new(),
        timers: Vec::new(),
        signals: [0; SLOTS],
        waiting: [const { Vec::new() }; SLOTS],
        joiners: Vec::new(),
    };
    model.spawn(0);
    model.spawn(1);
    while model.turn() {}
    model.log
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Unborn,
    /// Goes on with its next step whenever it is polled.
    Runs,
    Sleeps {
        since_ms: u64,
        until_ms: u64,
    },
    Waits {
        slot: usize,
        signals: u64,
    },
    Joins(usize),
    /// Has cancelled itself, which happens at the end of its poll.
    Doomed,
    Done,
    Panicked,
    Cancelled,
}

#[derive(Clone, Copy)]
struct Task {
    stage: Stage,
    /// Its next step.
    next: usize,
    /// Its handle is in the world's keeping.
    held: bool,
    /// It is in `ready`, or running.
    queued: bool,
    /// Its waker is known: it has been polled.
    told: bool,
}

struct Model<'a> {
    programs: &'a Programs,
    discipline: Discipline,
    now_ms: u64,
    log: Vec<String>,
    tasks: Vec<Task>,
    ready: Vec<usize>,
    /// Deadline and task, in the order in which they were armed.
    timers: Vec<(u64, usize)>,
    signals: [u64; SLOTS],
    waiting: [Vec<usize>; SLOTS],
    /// Who joins whom.
    joiners: Vec<(usize, usize)>,
}

impl Model<'_> {
    fn say(&mut self, task: usize, what: &str) {
        self.log.push(format!("{} ms, task {task}: {what}", self.now_ms));
    }

    /// Polls the next task, or lets time pass. False if nothing can happen any more.
    fn turn(&mut self) -> bool {
        if self.discipline == Discipline::Heap
            && let Some(task) = self.fire()
        {
            if !self.tasks[task].queued {
                self.poll(task);
            }
        } else if !self.ready.is_empty() {
            let task = self.ready.remove(0);
            if self.lives(task) {
                self.poll(task);
            }
        } else if let Some(&(deadline_ms, _)) = self.timers.iter().min_by_key(|timer| timer.0) {
            assert!(deadline_ms < END_MS);
            self.now_ms = deadline_ms;
            while self.discipline == Discipline::Queue
                && let Some(task) = self.fire()
            {
                self.wake(task);
            }
        } else {
            return false;
        }
        true
    }

    /// Returns the next timer that is due, if there is one: its task.
    fn fire(&mut self) -> Option<usize> {
        let due = self.timers.iter().position(|timer| timer.0 <= self.now_ms)?;
        Some(self.timers.remove(due).1)
    }

    fn lives(&self, task: usize) -> bool {
        use Stage::{Cancelled, Done, Panicked, Unborn};
        !matches!(self.tasks[task].stage, Unborn | Done | Panicked | Cancelled)
    }

    fn wake(&mut self, task: usize) {
        if self.lives(task) && !self.tasks[task].queued {
            self.tasks[task].queued = true;
            self.ready.push(task);
        }
    }

    fn spawn(&mut self, task: usize) {
        if self.tasks[task].stage == Stage::Unborn {
            self.tasks[task].stage = Stage::Runs;
            self.tasks[task].held = true;
            self.wake(task);
        }
    }

    /// Returns whether what the task waits for has come; says what came of it.
    fn may_go_on(&mut self, task: usize) -> bool {
        match self.tasks[task].stage {
            Stage::Sleeps { since_ms, until_ms } if until_ms <= self.now_ms => {
                self.timers.retain(|timer| timer.1 != task);
                self.say(task, &format!("waited {} ms", self.now_ms - since_ms));
            }
            Stage::Waits { slot, signals } if self.signals[slot] == signals => {
                self.waiting[slot].push(task);
                return false;
            }
            Stage::Joins(other) if !self.lives(other) => self.say_joined(task, other),
            Stage::Sleeps { .. } | Stage::Joins(_) => return false,
            _ => {}
        }
        self.tasks[task].stage = Stage::Runs;
        true
    }

    fn say_joined(&mut self, task: usize, other: usize) {
        let joined = match self.tasks[other].stage {
            Stage::Done => format!("joined {other}"),
            Stage::Panicked => "joined a panic".into(),
            _ => "joined nothing".into(),
        };
        self.say(task, &joined);
    }

    /// Runs the task on to its next suspension or its end.
    fn poll(&mut self, task: usize) {
        self.tasks[task].queued = true;
        self.tasks[task].told = true;
        let mut again = false;
        if self.may_go_on(task) {
            loop {
                let Some(&op) = self.programs[task].get(self.tasks[task].next) else {
                    return self.end(task, Stage::Done);
                };
                self.tasks[task].next += 1;
                self.say(task, &format!("{op:?}"));
                again |= matches!(op, Op::Yield | Op::Sleep(0));
                again |= matches!(op, Op::Poke(other) if other == task);
                if matches!(op, Op::Panic) {
                    return self.end(task, Stage::Panicked);
                }
                again |= matches!(op, Op::Signal(slot) if self.waiting[slot].contains(&task));
                if self.suspends(task, op) {
                    break;
                }
            }
        }
        self.tasks[task].queued = false;
        if self.tasks[task].stage == Stage::Doomed {
            self.end(task, Stage::Cancelled);
        } else if again {
            self.wake(task);
        }
    }

    /// Does one step; true if the task suspends there.
    fn suspends(&mut self, task: usize, op: Op) -> bool {
        let held = |it: &mut Self, other: usize| std::mem::take(&mut it.tasks[other].held);
        let now_ms = self.now_ms;
        match op {
            Op::Yield => return true,
            Op::Sleep(ms) => {
                let until_ms = now_ms + ms;
                self.tasks[task].stage = Stage::Sleeps { since_ms: now_ms, until_ms };
                if ms > 0 {
                    self.timers.push((until_ms, task));
                }
                return true;
            }
            Op::Spawn(other) => self.spawn(other),
            Op::Wait(slot) => {
                self.tasks[task].stage = Stage::Waits { slot, signals: self.signals[slot] };
                self.waiting[slot].push(task);
                return true;
            }
            Op::Signal(slot) => {
                self.signals[slot] += 1;
                let waiting = std::mem::take(&mut self.waiting[slot]);
                waiting.into_iter().for_each(|other| self.wake(other));
            }
            Op::Poke(other) if self.tasks[other].told => self.wake(other),
            Op::Join(other) if held(self, other) => {
                if self.lives(other) {
                    self.tasks[task].stage = Stage::Joins(other);
                    self.joiners.push((other, task));
                    return true;
                }
                self.say_joined(task, other);
            }
            Op::Cancel(other) if held(self, other) => {
                if other == task {
                    self.tasks[task].stage = Stage::Doomed;
                    return true;
                }
                if self.lives(other) {
                    self.end(other, Stage::Cancelled);
                }
                let done = self.tasks[other].stage == Stage::Done;
                let value = done.then_some(other);
                self.say(task, &format!("cancelled, which gave {value:?}"));
            }
            Op::Poke(_) | Op::Join(_) | Op::Cancel(_) | Op::Panic => {}
        }
        false
    }

    fn end(&mut self, task: usize, how: Stage) {
        self.say(task, "dropped");
        self.tasks[task].stage = how;
        self.timers.retain(|timer| timer.1 != task);
        let joiner = self.joiners.iter().position(|(other, _)| *other == task);
        if let Some(index) = joiner {
            let (_, joiner) = self.joiners.remove(index);
            self.wake(joiner);
        }
    }
}
