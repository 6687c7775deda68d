//! A slot that two workers give to each other, in a browser. `turn.rs` is what the terminal runs; the message is the slot's word
//! alone.

#[path = "../src/turn.rs"]
#[rustfmt::skip]
mod turn;

use std::sync::atomic::AtomicU32;

use crate::calls::{give, notify, wait};
use crate::{Line, Worker};
use turn::{FREE, FULL, Turn};

/// Nobody closes the connection here.
struct Closed;

fn closed() -> Closed {
    Closed
}

mod io {
    pub(super) type Result<T> = std::result::Result<T, super::Closed>;
}

fn sleep(word: &AtomicU32, says: u32) -> io::Result<()> {
    wait(word, says);
    Ok(())
}

fn wake(word: &AtomicU32) {
    notify(word, 1);
}

/// A slot for one message. All zeros is its beginning.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Slot {
    word: Line<AtomicU32>,
    closed: Line<AtomicU32>,
}

/// Worker 0 fills the slot and waits until it is free again, `trips` times; worker 1 the other way round. Returns how often.
fn round_trips(slot: &Slot, worker: &Worker<'_>, trips: u32, spins: bool) -> f64 {
    let (mine, others) = if worker.number == 0 { (FREE, FULL) } else { (FULL, FREE) };
    let made = worker.timed(|| {
        (0..trips)
            .take_while(|_| {
                let turn = Turn { word: &slot.word.0, round: 0, closed: &slot.closed.0, spins };
                let is_mine = turn.wait(mine).is_ok();
                turn.change(others);
                is_mine
            })
            .count()
    });
    made as f64
}

give! {
    /// An end that waits looks again and again.
    fn spinning_round_trips(slot: Slot, worker, trips: u32) -> f64 {
        round_trips(slot, worker, trips, true)
    }

    /// An end that waits sleeps until it is woken.
    fn sleeping_round_trips(slot: Slot, worker, trips: u32) -> f64 {
        round_trips(slot, worker, trips, false)
    }
}
