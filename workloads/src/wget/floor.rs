//! The floor of `wget`: the same system calls in a straight line, in which nothing waits.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

use tminus_contract::Buf;
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::http::{self, Asked, Page};
use super::{Times, Wget, record};

/// One thread is client and server in turns: over loopback all that is read is there already.
pub(super) struct StraightLine {
    listener: TcpListener,
    address: SocketAddr,
    request: Buf,
    response: Buf,
    input: Box<[u8]>,
}

impl Floor<Wget> for StraightLine {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "one request at a time: connect, accept, the two messages, close";

    fn stage(workload: &Wget) -> Result<Self, Wrong> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            request: Buf::with_capacity(http::REQUEST_BYTES),
            response: Buf::with_capacity(http::HEAD_BYTES + workload.bytes),
            input: vec![0; 4_096].into_boxed_slice(),
        })
    }

    fn sample(&mut self, workload: &Wget, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
        let visits = workload.visits(iterations);
        let mut all: Vec<Times> = Vec::new();
        let running = meter.start();
        for client in 0..workload.clients {
            let mut times = Vec::new();
            for connection in 0..visits.connections {
                let first = (client << 40) + connection * visits.requests;
                self.visit(first, visits.requests, workload.bytes, &mut times)?;
            }
            all.push(times);
        }
        meter.stop(running, workload.all_requests(iterations));
        workload.verify(iterations, &all)?;
        record(&all, meter);
        Ok(())
    }
}

impl StraightLine {
    /// Fetches so many pages over one connection.
    fn visit(
        &mut self,
        first: u64,
        requests: u64,
        bytes: usize,
        times: &mut Times,
    ) -> Result<(), Wrong> {
        let mut began = Instant::now();
        let mut client = TcpStream::connect(self.address)?;
        let (mut server, _) = self.listener.accept()?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        for number in first..first + requests {
            http::request(&mut self.request, number, number + 1 == first + requests);
            client.write_all(&self.request)?;
            self.serve(&mut server, bytes)?;
            let mut page = Page::new(number, bytes);
            while !page.add(piece(&mut client, &mut self.input)?)? {}
            let ended = Instant::now();
            times.push((began, ended));
            began = ended;
        }
        Ok(())
    }

    fn serve(&mut self, server: &mut TcpStream, bytes: usize) -> Result<(), Wrong> {
        let mut asked = Asked::default();
        loop {
            if let Some((number, _)) = asked.add(piece(server, &mut self.input)?)? {
                http::respond(&mut self.response, number, bytes);
                return Ok(server.write_all(&self.response)?);
            }
        }
    }
}

/// Reads once.
fn piece<'a>(stream: &mut TcpStream, input: &'a mut [u8]) -> Result<&'a [u8], Wrong> {
    let read = stream.read(input)?;
    Ok(&input[..read])
}
