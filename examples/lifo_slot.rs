//! A known fact, to be seen: tokio's slot for the task that was woken last lets it wait.
//!
//! Built with `--cfg tokio_unstable`, as `scripts/lifo-slot` does, this is tminus with one executor
//! more: tokio's `multi_thread` runtime without that slot. Without the flag tokio has no such
//! setting, and this program only says so.

#![cfg_attr(
    not(tokio_unstable),
    expect(clippy::print_stderr, reason = "what it says is all it does")
)]

#[cfg(tokio_unstable)]
mod slotless {
    use std::future::Future;
    use std::io;
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};

    use tminus::prelude::*;
    use tminus_executors::tokio_multi_thread::TokioMultiThread as Tokio;
    use tokio::runtime::Builder;

    /// tokio's `multi_thread` runtime without the slot.
    #[derive(Clone, Copy)]
    pub(crate) struct Slotless(Tokio);

    impl Executor for Slotless {
        const ID: &'static str = "tokio-slotless";
        const CAPABILITIES: Capabilities =
            Capabilities { name: "tokio multi_thread without a LIFO slot", ..Tokio::CAPABILITIES };
        type Join<T: Send + 'static> = <Tokio as Executor>::Join<T>;
        type CancelJoin<T: Send + 'static> = <Tokio as Executor>::CancelJoin<T>;
        type Listener = <Tokio as Executor>::Listener;
        type Stream = <Tokio as Executor>::Stream;

        fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
        where
            F: Future<Output = T> + Send + 'static,
            T: Send + 'static,
        {
            let mut builder = Builder::new_multi_thread();
            let runtime = builder.worker_threads(config.workers).enable_all().disable_lifo_slot();
            let runtime = runtime.build().expect("tokio starts");
            let root = runtime.spawn(async move { root(Self(Tokio)).await });
            match runtime.block_on(root) {
                Ok(value) => value,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }

        fn spawn<F>(self, future: F) -> Self::Join<F::Output>
        where
            F: Future + Send + 'static,
            F::Output: Send + 'static,
        {
            self.0.spawn(future)
        }

        fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
        where
            F: Future + Send + 'static,
            F::Output: Send + 'static,
        {
            self.0.spawn_cancellable(future)
        }

        fn spawn_blocking<W, R>(
            self,
            work: W,
        ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
        where
            W: FnOnce() -> R + Send + 'static,
            R: Send + 'static,
        {
            self.0.spawn_blocking(work)
        }

        fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
        where
            W: FnOnce() -> R + Send + 'static,
            R: Send + 'static,
        {
            self.0.remote(work)
        }

        fn sleep_until(self, until: Instant) -> impl Future<Output = Duration> + Send + 'static {
            self.0.sleep_until(until)
        }

        fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
            self.0.yield_now()
        }

        fn bind(
            self,
            address: SocketAddr,
        ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static {
            self.0.bind(address)
        }

        fn connect(
            self,
            address: SocketAddr,
        ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
            self.0.connect(address)
        }
    }
}

#[cfg(tokio_unstable)]
fn main() -> std::process::ExitCode {
    tminus::App::new().executor::<slotless::Slotless>().main()
}

#[cfg(not(tokio_unstable))]
fn main() -> std::process::ExitCode {
    eprintln!("error: built without `--cfg tokio_unstable`: use scripts/lifo-slot");
    std::process::ExitCode::from(2)
}
