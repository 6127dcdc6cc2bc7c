//! The echo, live: three connections, each sends three lines and shows what comes back. The system
//! decides which socket is ready first, so no order of theirs is the classic one.

use std::net::{Ipv4Addr, SocketAddr};

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Executor, Join, Listener, Stream};

use super::{READ_BYTES, serve};
use crate::live::line;

const LINES: [&str; 3] = ["ready", "set", "lift-off!"];

/// Plays server and clients.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let mut listener = executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = listener.local_addr()?;
    line(&show, format_args!("listening on {address}"));
    let (mut clients, mut servers) = (Vec::new(), Vec::new());
    for label in ["A", "B", "C"] {
        let client = executor.connect(address).await?;
        let server = serve(listener.accept().await?);
        servers.push(executor.spawn(show.task(&format!("server of {label}"), server)));
        line(&show, format_args!("{label} is connected"));
        let client = talk(client, show.clone(), label);
        clients.push(executor.spawn(show.task(&format!("client {label}"), client)));
    }
    for client in clients {
        client.join().await??;
    }
    let mut echoed = 0;
    for server in servers {
        echoed += server.join().await??;
    }
    line(&show, format_args!("{echoed} bytes echoed on 3 connections"));
    Ok(())
}

async fn talk<S: Stream>(mut stream: S, show: Show, label: &'static str) -> Result<(), Wrong> {
    let mut buf = Buf::with_capacity(READ_BYTES);
    for sent in LINES {
        line(&show, format_args!("{label} sends    {sent}"));
        let (written, _) = stream.write_all(Buf::from_slice(sent.as_bytes())).await;
        written?;
        let mut back = Vec::new();
        while back.len() < sent.len() {
            let (read, filled) = stream.read(buf).await;
            if read? == 0 {
                return Err(Wrong::Answer(format!("{label}: the stream ended early")));
            }
            back.extend_from_slice(&filled);
            buf = filled;
        }
        let back = String::from_utf8_lossy(&back);
        line(&show, format_args!("{label} got back {back}"));
        if back != sent {
            return Err(Wrong::differs("the line that came back", sent, back));
        }
    }
    Ok(())
}
