//! The executors that tminus measures: one a file; this file is their registry.
//!
//! To add one: a file, its `mod` line and its line in [`visit`], and its Cargo feature.

pub mod hand;
pub mod heap;
pub mod heap_ready;
pub mod deque;
pub mod deque_nbio;
pub mod streams;
pub mod borrowed;
pub mod processes;
#[cfg(feature = "tokio-process")]
pub mod tokio_process;
#[cfg(feature = "tokio")]
pub mod tokio_current_thread;
#[cfg(feature = "tokio")]
pub mod tokio_multi_thread;
#[cfg(feature = "async-std")]
pub mod async_std;
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(feature = "smol")]
pub mod smol_local;
#[cfg(feature = "futures")]
pub mod futures_lite;
#[cfg(feature = "futures")]
pub mod futures_local_pool;
#[cfg(feature = "futures")]
pub mod futures_thread_pool;
pub mod threads;
#[cfg(all(feature = "uring", target_os = "linux"))]
mod uring;
#[cfg(all(feature = "uring", target_os = "linux"))]
pub mod monoio;
#[cfg(all(feature = "uring", target_os = "linux"))]
pub mod compio;
#[cfg(all(feature = "uring", target_os = "linux"))]
pub mod glommio;
#[cfg(feature = "exotic")]
pub mod nio;
#[cfg(feature = "exotic")]
pub mod may;
#[cfg(feature = "exotic")]
pub mod embassy;
#[cfg(feature = "exotic")]
pub mod bevy_tasks;

use tminus_contract::visit::ExecutorVisitor;

/// Shows every executor that is compiled in to `visitor`, in the order of reports.
pub fn visit(visitor: &mut impl ExecutorVisitor) {
    visitor.visit::<heap::Heap>();
    visitor.visit::<heap_ready::HeapReady>();
    visitor.visit::<deque::Deque>();
    visitor.visit::<deque_nbio::DequeNbio>();
    #[cfg(feature = "tokio")]
    visitor.visit::<tokio_current_thread::TokioCurrentThread>();
    #[cfg(feature = "tokio")]
    visitor.visit::<tokio_multi_thread::TokioMultiThread>();
    #[cfg(feature = "async-std")]
    visitor.visit::<async_std::AsyncStd>();
    #[cfg(feature = "smol")]
    visitor.visit::<smol::Smol>();
    #[cfg(feature = "smol")]
    visitor.visit::<smol_local::SmolLocal>();
    #[cfg(feature = "futures")]
    visitor.visit::<futures_lite::FuturesLite>();
    #[cfg(feature = "futures")]
    visitor.visit::<futures_local_pool::FuturesLocalPool>();
    #[cfg(feature = "futures")]
    visitor.visit::<futures_thread_pool::FuturesThreadPool>();
    visitor.visit::<threads::Threads>();
    #[cfg(all(feature = "uring", target_os = "linux"))]
    visitor.visit::<self::monoio::Monoio>();
    #[cfg(all(feature = "uring", target_os = "linux"))]
    visitor.visit::<self::compio::Compio>();
    #[cfg(all(feature = "uring", target_os = "linux"))]
    visitor.visit::<self::glommio::Glommio>();
    #[cfg(feature = "exotic")]
    visitor.visit::<self::nio::Nio>();
    #[cfg(feature = "exotic")]
    visitor.visit::<self::may::May>();
    #[cfg(feature = "exotic")]
    visitor.visit::<self::embassy::Embassy>();
    #[cfg(feature = "exotic")]
    visitor.visit::<self::bevy_tasks::BevyTasks>();
}
