//! The workloads: one a file, written once against the contract; this file is their registry.
//!
//! To add one: a file, its `mod` line and its line in [`visit`].

mod start_line;
mod live;
mod timekeeper;
mod promise;
mod inline;
mod fairness;
mod queue;
mod compute;
mod suspends;
mod sleepers;
mod ticks;
mod at_work;
mod descriptors;

mod countdown;
mod squares;
mod spinner;
mod echo;
mod yield_many;
mod spawn_many;
mod ping_pong;
mod timers;
mod memory;
mod chained_spawn;
mod skynet;
mod request_reply;
mod channel;
mod fan_out;
mod coroutine;
mod wget;
mod responsive;
mod handover;
mod third;
mod blocked_worker;
mod idle;
mod wakeup;
mod blocking;
mod process;
#[cfg(target_os = "linux")]
mod service;

#[cfg(test)]
mod testing;

use tminus_contract::visit::WorkloadVisitor;

/// Shows every workload to `visitor`, in the order of reports.
pub fn visit(visitor: &mut impl WorkloadVisitor) {
    visitor.visit::<countdown::Countdown>();
    visitor.visit::<squares::Squares>();
    visitor.visit::<spinner::Spinner>();
    visitor.visit::<echo::Echo>();
    visitor.visit::<yield_many::YieldMany>();
    visitor.visit::<spawn_many::SpawnMany>();
    visitor.visit::<ping_pong::PingPong>();
    visitor.visit::<timers::Timers>();
    visitor.visit::<memory::Memory>();
    visitor.visit::<chained_spawn::ChainedSpawn>();
    visitor.visit::<skynet::Skynet>();
    visitor.visit::<request_reply::RequestReply>();
    visitor.visit::<channel::Channel>();
    visitor.visit::<fan_out::FanOut>();
    visitor.visit::<coroutine::Coroutine>();
    visitor.visit::<wget::Wget>();
    visitor.visit::<responsive::Responsive>();
    visitor.visit::<handover::Handover>();
    visitor.visit::<third::Third>();
    visitor.visit::<blocked_worker::BlockedWorker>();
    visitor.visit::<idle::Idle>();
    visitor.visit::<wakeup::Wakeup>();
    visitor.visit::<blocking::Blocking>();
    visitor.visit::<process::Processes>();
    #[cfg(target_os = "linux")]
    visitor.visit::<service::Server>();
}
