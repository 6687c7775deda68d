//! Right, but for a third worker that wasn't there: it takes a lock and gives it back.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
        Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
    ];
    let c = vec![Lock('a'), Unlock('a')];
    Program { memory: Memory::Shared, workers: vec![a, b, c] }
}
