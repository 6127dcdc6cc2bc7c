//! Requests to a valgrind that may run this process: it counts between two of them.
//!
//! A request is a few instructions that change nothing, in an order that no compiler writes;
//! valgrind knows them, a machine passes over them. The numbers are those of `callgrind.h`.

use std::arch::asm;

use tminus_contract::sample::Edge;

/// `VG_USERREQ__START_INSTRUMENTATION`, for all threads.
const START: u64 = 0x4354_0004;

/// `VG_USERREQ__STOP_INSTRUMENTATION`.
const STOP: u64 = 0x4354_0005;

/// Tells valgrind of an edge.
#[inline(never)]
pub(super) fn mark(edge: Edge) {
    let code = if edge == Edge::Begin { START } else { STOP };
    request(&[code, 0, 0, 0, 0, 0]);
}

#[cfg(target_arch = "x86_64")]
fn request(arguments: &[u64; 6]) {
    // SAFETY: rdi is turned by 128 bits, so it is what it was, and rbx is exchanged with itself.
    // Valgrind reads the arguments, which live, and writes only rdx.
    unsafe {
        asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(), inout("rdx") 0_u64 => _, out("rdi") _,
            options(nostack),
        );
    }
}

#[cfg(target_arch = "aarch64")]
fn request(arguments: &[u64; 6]) {
    // SAFETY: x12 is turned by 128 bits, so it is what it was, and x10 is combined with itself.
    // Valgrind reads the arguments, which live, and writes only x3.
    unsafe {
        asm!(
            "ror x12, x12, #3", "ror x12, x12, #13", "ror x12, x12, #51", "ror x12, x12, #61",
            "orr x10, x10, x10",
            in("x4") arguments.as_ptr(), inout("x3") 0_u64 => _, out("x12") _,
            options(nostack),
        );
    }
}
