//! A download, live: the pieces of a page as they come, until its end.

use std::net::{Ipv4Addr, SocketAddr};

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Join, Listener, Stream};

use super::http::{self, Page};
use super::server;
use crate::live::line;

/// The page that is fetched, and its bytes.
const NUMBER: u64 = 7;
const BYTES: usize = 10_000;

/// Fetches a page from a server on the same executor.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let mut listener = executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = listener.local_addr()?;
    line(&show, format_args!("listening on {address}"));
    let client = fetch(executor, address, show.clone());
    let client = executor.spawn(show.task("client", client));
    let stream = listener.accept().await?;
    let server = executor.spawn(show.task("server", server::serve(stream, BYTES)));
    client.join().await??;
    server.join().await??;
    Ok(())
}

async fn fetch<E: Executor>(executor: E, address: SocketAddr, show: Show) -> Result<(), Wrong> {
    let mut stream = executor.connect(address).await?;
    let mut request = Buf::with_capacity(http::REQUEST_BYTES);
    http::request(&mut request, NUMBER, true);
    line(&show, String::from_utf8_lossy(&request).lines().next().unwrap_or_default());
    let (written, _) = stream.write_all(request).await;
    written?;
    let (mut page, mut input, mut is_first) =
        (Page::new(NUMBER, BYTES), Buf::with_capacity(4_096), true);
    loop {
        let (read, filled) = stream.read(input).await;
        let read = read?;
        if std::mem::take(&mut is_first) {
            line(&show, String::from_utf8_lossy(&filled).lines().next().unwrap_or_default());
        }
        line(&show, format_args!("data: {read} bytes"));
        if page.add(&filled)? {
            break;
        }
        input = filled;
    }
    line(&show, format_args!("end: {BYTES} bytes, each of them right"));
    Ok(())
}
