//! The server under test: a task for each connection, which serves one request after the other, and
//! an actor that all of them ask.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Join, Listener, Stream};

use super::actor::Actor;
use super::generator::Generator;
use super::load::Load;
use super::message::{self, Requests};
use super::recipe::Recipe;
use super::schedule::Schedule;

/// Bytes that one read takes at most, as in `echo`.
const READ_BYTES: usize = 4_096;

/// The state that the server's tasks share.
struct Shared {
    recipe: Recipe,
    actor: Actor,
    /// The first error of a task.
    error: Mutex<Option<Wrong>>,
}

/// The server's tasks, and the generator at the other ends of its connections.
pub(super) struct Service<E: Executor> {
    shared: Arc<Shared>,
    /// `None` while its thread is at work.
    generator: Option<Generator>,
    /// Here the generator says that it has ended: an executor need not know of other threads.
    bell: E::Stream,
    /// A task for each connection; it gives how many requests it served.
    serving: Vec<E::Join<u64>>,
    actor: E::Join<()>,
    sent: u64,
}

/// Listens on a free port.
pub(super) async fn listen<E: Executor>(executor: E) -> Result<E::Listener, Wrong> {
    Ok(executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?)
}

impl<E: Executor> Service<E> {
    /// Opens so many connections and spawns the tasks that serve them.
    pub(super) async fn open(
        executor: E,
        listener: &mut E::Listener,
        recipe: Recipe,
        connections: usize,
    ) -> Result<Self, Wrong> {
        let address = listener.local_addr()?;
        let mut generator = Generator::ring_at(address, recipe.lengths)?;
        // The system completes a connection before it is accepted, and they are accepted in order.
        let bell = listener.accept().await?;
        let shared =
            Arc::new(Shared { recipe, actor: Actor::new(connections), error: Mutex::default() });
        let mut serving = Vec::with_capacity(connections);
        for _ in 0..connections {
            generator.connect(address)?;
            let stream = listener.accept().await?;
            serving.push(executor.spawn(shared.clone().serve(executor, stream)));
        }
        let acting = shared.clone();
        let actor = executor.spawn(async move { acting.actor.act().await });
        Ok(Self { shared, generator: Some(generator), bell, serving, actor, sent: 0 })
    }

    /// Sends all requests of `schedule`, while `meter` takes the region, and returns both what came
    /// of them and the meter.
    ///
    /// # Errors
    /// The first mistake of the server, or in what it answered.
    pub(super) async fn ask(
        &mut self,
        schedule: Arc<Schedule>,
        meter: Meter,
    ) -> Result<(Load, Meter), Wrong> {
        let generator = self.generator.take();
        let generator = generator.ok_or_else(|| Wrong::Answer("it has failed before".into()))?;
        self.sent += schedule.requests as u64;
        let thread = generator.start(schedule, meter)?;
        let (rung, _) = self.bell.read(Buf::with_capacity(1)).await;
        let ended = thread.join().map_err(|_| Wrong::Panic("the generator panicked".into()))?;
        // A bell that breaks is the executor's mistake; one that is silent is the generator's.
        let load = ended.load.map_err(|wrong| self.reason(wrong))?;
        Wrong::unless_equal("bytes that rang the bell", 1, rung?)?;
        self.generator = Some(ended.generator);
        Ok((load, ended.meter))
    }

    /// Closes all connections and waits for the tasks.
    ///
    /// # Errors
    /// The first mistake of a task, or that some requests were not served.
    pub(super) async fn close(self) -> Result<(), Wrong> {
        let Self { shared, generator, bell, serving, actor, sent } = self;
        drop((generator, bell));
        let mut served = 0;
        for task in serving {
            served += task.join().await?;
        }
        actor.join().await?;
        if let Some(wrong) = shared.error() {
            return Err(wrong);
        }
        Wrong::unless_equal("requests served", sent, served)
    }

    /// Returns the reason of the generator's error: that of the server's, if there is one.
    fn reason(&self, of_generator: Wrong) -> Wrong {
        self.shared.error().unwrap_or(of_generator)
    }
}

impl Shared {
    /// Serves a connection until its end; returns how many requests there were.
    async fn serve<E: Executor>(self: Arc<Self>, executor: E, mut stream: E::Stream) -> u64 {
        let mut served = 0;
        let ended = self.clone().serve_all(executor, &mut stream, &mut served).await;
        self.actor.leave();
        if let Err(wrong) = ended {
            // Before the stream is closed: the generator's error is only what follows.
            self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(wrong);
        }
        served
    }

    async fn serve_all<E: Executor>(
        self: Arc<Self>,
        executor: E,
        stream: &mut E::Stream,
        served: &mut u64,
    ) -> Result<(), Wrong> {
        let recipe = self.recipe;
        let mut input = Buf::with_capacity(READ_BYTES);
        let mut output = Buf::with_capacity(recipe.lengths.answer);
        let mut requests = Requests::new(recipe.lengths.request);
        loop {
            let (read, filled) = stream.read(input).await;
            if read? == 0 {
                return requests.ended();
            }
            requests.add(&filled);
            input = filled;
            while let Some(number) = requests.next()? {
                let status = match recipe.spawn {
                    false => recipe.serve(executor, &self.actor, number).await?,
                    true => {
                        let shared = self.clone();
                        let request = executor.spawn(async move {
                            recipe.serve(executor, &shared.actor, number).await
                        });
                        request.join().await??
                    }
                };
                message::answer(&mut output, number, status);
                let (written, emptied) = stream.write_all(output).await;
                written?;
                output = emptied;
                *served += 1;
            }
        }
    }

    fn error(&self) -> Option<Wrong> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
