//! The life of a price inside its child: that of a cell without a workload and an executor.

use std::io;

use tminus_contract::workload::{Budget, Wrong};

use super::{End, Pace, Port, account, failure, meter, report};
use crate::prices;
use crate::protocol::{Failed, Message};
use crate::spec::{Mode, Spec};

/// As little as tells a price: a set has a dozen of them beside its cells.
const BUDGET: Budget = Budget::Batches { total_ns: 2_000_000, batches: 10 };

/// Runs the price that the spec names, in this process, and says on `port` what came of it.
///
/// # Errors
/// Only those of the port; what goes wrong in the price is a message.
pub fn run_price(spec: &Spec, port: &Port) -> io::Result<()> {
    port.send(&Message::hello())?;
    if spec.cell.id() != spec.id || matches!(spec.mode, Mode::Conform) {
        let reason = format!("{} is no price", spec.id);
        return port.send(&Message::Failed { kind: Failed::Spec, reason });
    }
    match measured(spec, port) {
        Ok(end) => port.send_all(&report(&end)),
        Err(wrong) => port.send(&failure(wrong)),
    }
}

fn measured(spec: &Spec, port: &Port) -> Result<End, Wrong> {
    let refused = |error: io::Error| Wrong::Refused(format!("{}: {error}", spec.id));
    let mut act = prices::stage(&spec.cell.label).map_err(refused)?;
    let mut meter = meter(spec);
    let mut pace = Pace::new(BUDGET, spec, port);
    while let Some(iterations) = pace.next(&mut meter)? {
        meter.iterations = iterations;
        let before = meter.samples.len();
        let running = meter.start();
        act(iterations)?;
        meter.stop(running, iterations);
        account::of_sample(&meter, before)?;
    }
    meter.end();
    Ok(End { order: None, meter })
}
