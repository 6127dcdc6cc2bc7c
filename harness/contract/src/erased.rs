//! An executor behind dynamic calls, for all that is never timed.
//!
//! A cell is compiled for its executor. The rules of the contract, demos and probes of order are
//! compiled once, against [`Erased`]: it boxes futures and outputs and hands them to the executor,
//! which stores, polls and drops them as it does any others.

use std::any::Any;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::{Command, ExitStatus};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use super::{
    Buf, CancelJoin, Capabilities, Config, Executor, ExecutorInfo, Join, JoinError, Listener,
    Process, Stream,
};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Output = Box<dyn Any + Send>;
type Work = Box<dyn FnOnce() -> Output + Send>;
type Root = Box<dyn FnOnce(Erased) -> Boxed<'static, Output> + Send>;

/// An executor that runs, whichever it is.
#[derive(Clone, Copy)]
pub struct Erased(&'static dyn Object);

impl Erased {
    /// Erases the type of `executor`.
    #[must_use]
    pub fn new<E: Executor>(executor: E) -> Self {
        // An executor is zero-sized: this allocates nothing and leaks nothing.
        Self(Box::leak(Box::new(executor)))
    }

    /// Spawns a task that keeps `large` across a yield, and returns what its join gives. Neither
    /// the future nor its output is in a box: the executor itself finds room for them.
    ///
    /// # Errors
    /// [`JoinError`] if the executor lost the value, or kept it where its alignment forbids.
    pub fn carry(self, large: Large) -> impl Future<Output = Result<Large, JoinError>> + Send {
        self.0.carry(large)
    }
}

/// More bytes than executors keep beside a task, aligned more than they are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(align(128))]
pub struct Large(pub [u8; 4_096]);

/// Starts an executor whose type is erased.
#[derive(Clone, Copy, Debug)]
pub struct Start(fn(&Config, Root) -> Output);

impl Start {
    /// Returns what starts `E`.
    pub(super) fn of<E: Executor>() -> Self {
        Self(|config, root| E::run(config, move |executor| root(Erased::new(executor))))
    }

    /// Does what [`Executor::run`] does.
    ///
    /// # Panics
    /// Resumes the panic of the root, if the root panicked.
    pub fn run<F, T>(self, config: &Config, root: impl FnOnce(Erased) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        value((self.0)(config, Box::new(move |executor| boxed(root(executor)))))
    }
}

impl Executor for Erased {
    const ID: &'static str = "erased";
    const CAPABILITIES: Capabilities = Capabilities::borrowing("erased");
    type Join<T: Send + 'static> = ErasedJoin<T>;
    type CancelJoin<T: Send + 'static> = ErasedCancelJoin<T>;
    type Listener = ErasedListener;
    type Stream = ErasedStream;

    fn info(self) -> ExecutorInfo {
        self.0.info()
    }

    /// # Panics
    /// Always: it stands for an executor that runs already. [`ExecutorInfo::start`] starts one.
    fn run<F, T>(_: &Config, _: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        panic!("an erased executor runs already")
    }

    fn spawn<F>(self, future: F) -> ErasedJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        ErasedJoin(self.0.spawn(boxed(future)), PhantomData)
    }

    fn spawn_cancellable<F>(self, future: F) -> ErasedCancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        ErasedCancelJoin(self.0.spawn_cancellable(boxed(future)), PhantomData)
    }

    fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let work = self.0.remote(Box::new(move || Box::new(work())));
        move || value(work())
    }

    fn spawn_blocking<W, R>(
        self,
        work: W,
    ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let called = self.0.spawn_blocking(Box::new(move || Box::new(work())));
        async move { called.await.map(value) }
    }

    fn now(self) -> Instant {
        self.0.now()
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        self.0.sleep_until(deadline)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        self.0.yield_now()
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<ErasedListener>> + Send + 'static {
        self.0.bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<ErasedStream>> + Send + 'static {
        self.0.connect(address)
    }

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        self.0.start_process(command)
    }
}

/// The handle of a task of an [`Erased`] executor.
pub struct ErasedJoin<T>(Box<dyn Task>, PhantomData<fn() -> T>);

impl<T: Send + 'static> Join<T> for ErasedJoin<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.0.join().await.map(value)
    }

    fn detach(self) {
        self.0.detach();
    }
}

/// The handle of a task of an [`Erased`] executor that can be cancelled.
pub struct ErasedCancelJoin<T>(Box<dyn CancelTask>, PhantomData<fn() -> T>);

impl<T: Send + 'static> Join<T> for ErasedCancelJoin<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.0.join().await.map(value)
    }

    fn detach(self) {
        self.0.detach();
    }
}

impl<T: Send + 'static> CancelJoin<T> for ErasedCancelJoin<T> {
    async fn cancel(self) -> Option<T> {
        self.0.cancel().await.map(value)
    }
}

/// A listening socket of an [`Erased`] executor.
pub struct ErasedListener(Box<dyn Accept>);

impl Listener for ErasedListener {
    type Stream = ErasedStream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn accept(&mut self) -> impl Future<Output = io::Result<ErasedStream>> + Send {
        self.0.accept()
    }
}

/// A connected socket of an [`Erased`] executor.
pub struct ErasedStream(Box<dyn Exchange>);

impl Stream for ErasedStream {
    fn read(&mut self, buf: Buf) -> impl Future<Output = (io::Result<usize>, Buf)> + Send {
        self.0.read(buf)
    }

    fn write_all(&mut self, buf: Buf) -> impl Future<Output = (io::Result<()>, Buf)> + Send {
        self.0.write_all(buf)
    }
}

/// A child process of an [`Erased`] executor.
pub(crate) struct ErasedProcess(Box<dyn Child>);

impl Stream for ErasedProcess {
    fn read(&mut self, buf: Buf) -> impl Future<Output = (io::Result<usize>, Buf)> + Send {
        self.0.read(buf)
    }

    fn write_all(&mut self, buf: Buf) -> impl Future<Output = (io::Result<()>, Buf)> + Send {
        self.0.write_all(buf)
    }
}

impl Process for ErasedProcess {
    fn close_input(&mut self) {
        self.0.close_input();
    }

    fn kill(&mut self) -> io::Result<()> {
        self.0.kill()
    }

    fn exit(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + Send {
        self.0.exit()
    }
}

pin_project! {
    /// Polls its future and boxes the output: the executor, and nothing here, drops the future.
    struct Boxing<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future<Output: Send + 'static>> Future for Boxing<F> {
    type Output = Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Output> {
        self.project().future.poll(context).map(|output| Box::new(output) as Output)
    }
}

fn boxed<F>(future: F) -> Boxed<'static, Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    Box::pin(Boxing { future })
}

/// Returns the output as what it was before it was boxed.
fn value<T: 'static>(output: Output) -> T {
    *output.downcast().expect("an executor gives each task's output to its own handle")
}

/// [`Executor`] with boxes.
trait Object: Send + Sync {
    fn info(&self) -> ExecutorInfo;
    fn spawn(&self, future: Boxed<'static, Output>) -> Box<dyn Task>;
    fn spawn_cancellable(&self, future: Boxed<'static, Output>) -> Box<dyn CancelTask>;
    fn carry(&self, large: Large) -> Boxed<'static, Result<Large, JoinError>>;
    fn remote(&self, work: Work) -> Work;
    fn spawn_blocking(&self, work: Work) -> Boxed<'static, Result<Output, JoinError>>;
    fn now(&self) -> Instant;
    fn sleep_until(&self, deadline: Instant) -> Boxed<'static, Duration>;
    fn yield_now(&self) -> Boxed<'static, ()>;
    fn bind(&self, address: SocketAddr) -> Boxed<'static, io::Result<ErasedListener>>;
    fn connect(&self, address: SocketAddr) -> Boxed<'static, io::Result<ErasedStream>>;
    fn start_process(&self, command: Command) -> Boxed<'static, io::Result<ErasedProcess>>;
}

impl<E: Executor> Object for E {
    fn info(&self) -> ExecutorInfo {
        Executor::info(*self)
    }

    fn spawn(&self, future: Boxed<'static, Output>) -> Box<dyn Task> {
        Box::new(Executor::spawn(*self, future))
    }

    fn spawn_cancellable(&self, future: Boxed<'static, Output>) -> Box<dyn CancelTask> {
        Box::new(Executor::spawn_cancellable(*self, future))
    }

    fn carry(&self, large: Large) -> Boxed<'static, Result<Large, JoinError>> {
        let executor = *self;
        let carried = Executor::spawn(executor, async move {
            Executor::yield_now(executor).await;
            let place = (&raw const large).addr();
            assert!(place.is_multiple_of(align_of::<Large>()), "a future is not aligned");
            large
        });
        Box::pin(Join::join(carried))
    }

    fn remote(&self, work: Work) -> Work {
        Box::new(Executor::remote(*self, work))
    }

    fn spawn_blocking(&self, work: Work) -> Boxed<'static, Result<Output, JoinError>> {
        Box::pin(Executor::spawn_blocking(*self, work))
    }

    fn now(&self) -> Instant {
        Executor::now(*self)
    }

    fn sleep_until(&self, deadline: Instant) -> Boxed<'static, Duration> {
        Box::pin(Executor::sleep_until(*self, deadline))
    }

    fn yield_now(&self) -> Boxed<'static, ()> {
        Box::pin(Executor::yield_now(*self))
    }

    fn bind(&self, address: SocketAddr) -> Boxed<'static, io::Result<ErasedListener>> {
        let bound = Executor::bind(*self, address);
        Box::pin(async move { Ok(ErasedListener(Box::new(bound.await?))) })
    }

    fn connect(&self, address: SocketAddr) -> Boxed<'static, io::Result<ErasedStream>> {
        let connected = Executor::connect(*self, address);
        Box::pin(async move { Ok(ErasedStream(Box::new(connected.await?))) })
    }

    fn start_process(&self, command: Command) -> Boxed<'static, io::Result<ErasedProcess>> {
        let started = Executor::start_process(*self, command);
        Box::pin(async move { Ok(ErasedProcess(Box::new(started.await?))) })
    }
}

/// [`Join`] with boxes.
trait Task: Send {
    fn join(self: Box<Self>) -> Boxed<'static, Result<Output, JoinError>>;
    fn detach(self: Box<Self>);
}

impl<J: Join<Output>> Task for J {
    fn join(self: Box<Self>) -> Boxed<'static, Result<Output, JoinError>> {
        Box::pin(Join::join(*self))
    }

    fn detach(self: Box<Self>) {
        Join::detach(*self);
    }
}

/// [`CancelJoin`] with boxes.
trait CancelTask: Task {
    fn cancel(self: Box<Self>) -> Boxed<'static, Option<Output>>;
}

impl<J: CancelJoin<Output>> CancelTask for J {
    fn cancel(self: Box<Self>) -> Boxed<'static, Option<Output>> {
        Box::pin(CancelJoin::cancel(*self))
    }
}

/// [`Listener`] with boxes.
trait Accept: Send {
    fn local_addr(&self) -> io::Result<SocketAddr>;
    fn accept(&mut self) -> Boxed<'_, io::Result<ErasedStream>>;
}

impl<L: Listener> Accept for L {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Listener::local_addr(self)
    }

    fn accept(&mut self) -> Boxed<'_, io::Result<ErasedStream>> {
        Box::pin(async { Ok(ErasedStream(Box::new(Listener::accept(self).await?))) })
    }
}

/// [`Stream`] with boxes.
trait Exchange: Send {
    fn read(&mut self, buf: Buf) -> Boxed<'_, (io::Result<usize>, Buf)>;
    fn write_all(&mut self, buf: Buf) -> Boxed<'_, (io::Result<()>, Buf)>;
}

impl<S: Stream> Exchange for S {
    fn read(&mut self, buf: Buf) -> Boxed<'_, (io::Result<usize>, Buf)> {
        Box::pin(Stream::read(self, buf))
    }

    fn write_all(&mut self, buf: Buf) -> Boxed<'_, (io::Result<()>, Buf)> {
        Box::pin(Stream::write_all(self, buf))
    }
}

/// [`Process`] with boxes.
trait Child: Exchange {
    fn close_input(&mut self);
    fn kill(&mut self) -> io::Result<()>;
    fn exit(&mut self) -> Boxed<'_, io::Result<ExitStatus>>;
}

impl<P: Process> Child for P {
    fn close_input(&mut self) {
        Process::close_input(self);
    }

    fn kill(&mut self) -> io::Result<()> {
        Process::kill(self)
    }

    fn exit(&mut self) -> Boxed<'_, io::Result<ExitStatus>> {
        Box::pin(Process::exit(self))
    }
}
