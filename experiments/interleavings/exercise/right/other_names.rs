//! Other locks altogether, one at a time.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('c'), Load('x'), Add(1), Store('x'), Unlock('c'),
        Lock('d'), Load('y'), Add(1), Store('y'), Unlock('d'),
    ];
    let b = vec![
        Lock('d'), Load('y'), Add(1), Store('y'), Unlock('d'),
        Lock('c'), Load('x'), Add(1), Store('x'), Unlock('c'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
